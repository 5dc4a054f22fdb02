#include "proxy.h"
#include "proxy_message.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <libpq-fe.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 256, CHUNK = 65536 };

struct plan {
	enum proxy_fault fault;
	long place;
	unsigned long seed;
};

struct connection {
	struct proxy *proxy;
	pthread_t thread;
	int client, server;
	bool chosen; /* the plan is for this one */
	bool ready;  /* the first ReadyForQuery was seen */
	bool stalled;
	bool ended; /* under the proxy's mutex */
	struct plan plan;
	struct message_buffer messages; /* of the server, not passed on yet */
	struct message_damage damage;
};

struct proxy {
	char url[600];
	struct sockaddr_un server;
	int listener, wake[2]; /* all threads look at wake[0]: its end is theirs */
	pthread_t thread;
	pthread_mutex_t mutex; /* of all that follows */
	struct connection *connections[CONNECTIONS];
	size_t count;
	unsigned until; /* connections before the chosen one */
	bool armed;
	struct plan plan;
	struct proxy_count counted;
};

/* ---- sending -------------------------------------------------------------- */

/* false: the other end is gone, or the test is over. */
static bool send_all(const struct connection *connection, int to, const void *data, size_t size)
{
	const char *at = data;
	while (size > 0) {
		struct pollfd wait[2] = {{.fd = to, .events = POLLOUT},
					 {.fd = connection->proxy->wake[0], .events = POLLIN}};
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			return false;
		if (wait[1].revents != 0)
			return false;
		ssize_t sent = send(to, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		at += sent > 0 ? sent : 0;
		size -= (size_t)(sent > 0 ? sent : 0);
	}
	return true;
}

/* Waits; false: the client is gone, or the test is over. */
static bool pause_ms(const struct connection *connection, int milliseconds)
{
	struct pollfd wait[2] = {{.fd = connection->client, .events = POLLRDHUP},
				 {.fd = connection->proxy->wake[0], .events = POLLIN}};
	return poll(wait, 2, milliseconds) == 0;
}

static void met(struct connection *connection)
{
	pthread_mutex_lock(&connection->proxy->mutex);
	connection->proxy->counted.met = 1;
	pthread_mutex_unlock(&connection->proxy->mutex);
}

/* ---- what goes wrong at a byte -------------------------------------------- */

/* SO_LINGER of 0: close() sends an RST (socket(7)). */
static void reset(int client)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};
	setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Is it a fault at a byte of that side? */
static bool is_at_byte(enum proxy_fault fault, bool of_client)
{
	if (of_client)
		return fault == PROXY_CUT_CLIENT || fault == PROXY_RESET_CLIENT ||
		       fault == PROXY_STALL_CLIENT;
	return fault == PROXY_CUT_SERVER || fault == PROXY_RESET_SERVER ||
	       fault == PROXY_STALL_SERVER;
}

/* What was read from one side goes to the other, as far as the plan lets it. */
static bool pass(struct connection *connection, bool of_client, const char *data, size_t size)
{
	struct proxy *proxy = connection->proxy;
	const struct plan *plan = &connection->plan;
	int to = of_client ? connection->server : connection->client;
	long before = 0;
	if (connection->chosen) {
		long *total =
			of_client ? &proxy->counted.client_bytes : &proxy->counted.server_bytes;
		pthread_mutex_lock(&proxy->mutex);
		before = *total;
		*total += (long)size;
		pthread_mutex_unlock(&proxy->mutex);
	}
	if (connection->stalled)
		return true;
	if (!connection->chosen || !is_at_byte(plan->fault, of_client) ||
	    before + (long)size <= plan->place)
		return send_all(connection, to, data, size);
	met(connection);
	if (plan->place > before && !send_all(connection, to, data, (size_t)(plan->place - before)))
		return false;
	if (plan->fault == PROXY_RESET_CLIENT || plan->fault == PROXY_RESET_SERVER)
		reset(connection->client);
	connection->stalled =
		plan->fault == PROXY_STALL_CLIENT || plan->fault == PROXY_STALL_SERVER;
	return connection->stalled;
}

/* ---- what goes wrong at a message ----------------------------------------- */

static bool flood(const struct connection *connection, enum proxy_fault fault)
{
	char message[100];
	for (unsigned long number = 0;; number++) {
		size_t size = message_to_flood(message, sizeof(message), fault, number);
		if (!send_all(connection, connection->client, message, size))
			return false;
		bool drips = fault == PROXY_DRIP_NOTICES || fault == PROXY_DRIP_ROW;
		if (drips && !pause_ms(connection, 2))
			return false;
	}
}

/* One whole message of the server. false: the connection ends. */
static bool pass_message(struct connection *connection, char *message, size_t size)
{
	struct proxy *proxy = connection->proxy;
	const struct plan *plan = &connection->plan;
	char *changed = NULL;
	if (!connection->ready) {
		connection->ready = message[0] == 'Z';
		return pass(connection, false, message, size);
	}
	pthread_mutex_lock(&proxy->mutex);
	long number = proxy->counted.server_messages++;
	pthread_mutex_unlock(&proxy->mutex);
	if (plan->fault == PROXY_LOSE_COMMIT && message[0] == 'C' &&
	    strcmp(message + 5, "COMMIT") == 0) {
		met(connection);
		return false;
	}
	if (plan->fault < PROXY_FLOOD_NOTICES || number < plan->place)
		return pass(connection, false, message, size);
	if (number == plan->place && plan->fault < PROXY_NO_ROW)
		met(connection);
	if (number == plan->place && plan->fault <= PROXY_DRIP_ROW)
		return flood(connection, plan->fault);
	if (number == plan->place && plan->fault < PROXY_DROP) {
		char before[100];
		size_t length = message_in_front(before, plan->fault, plan->seed);
		if (!send_all(connection, connection->client, before, length))
			return false;
	}
	if (number == plan->place && plan->fault == PROXY_DROP)
		return true;
	if (number == plan->place && plan->fault == PROXY_TWICE &&
	    !pass(connection, false, message, size))
		return false;
	if (plan->fault >= PROXY_NO_ROW &&
	    message_damage(&connection->damage, plan->fault, plan->seed, message, size, &changed,
			   &size))
		met(connection);
	bool fine = size == 0 || pass(connection, false, changed != NULL ? changed : message, size);
	free(changed);
	return fine;
}

/* ---- one connection ------------------------------------------------------- */

static bool relay(struct connection *connection, bool of_client)
{
	char data[CHUNK];
	int from = of_client ? connection->client : connection->server;
	ssize_t size = recv(from, data, sizeof(data), 0);
	if (size <= 0)
		return size < 0 && errno == EINTR;
	if (of_client || !connection->chosen)
		return pass(connection, of_client, data, (size_t)size);
	message_buffer_add(&connection->messages, data, (size_t)size);
	size_t length;
	for (char *message;
	     (message = message_buffer_next(&connection->messages, &length)) != NULL;)
		if (!pass_message(connection, message, length))
			return false;
	return true;
}

static void connection_free(struct connection *connection)
{
	pthread_join(connection->thread, NULL);
	message_buffer_free(&connection->messages);
	free(connection);
}

static void *serve(void *context)
{
	struct connection *connection = context;
	struct pollfd wait[3] = {{.fd = connection->client, .events = POLLIN},
				 {.fd = connection->server, .events = POLLIN},
				 {.fd = connection->proxy->wake[0], .events = POLLIN}};
	while (true) {
		if (poll(wait, 3, -1) < 0 && errno != EINTR)
			break;
		if (wait[2].revents != 0)
			break;
		if (wait[0].revents != 0 && !relay(connection, true))
			break;
		if (wait[1].revents != 0 && !relay(connection, false))
			break;
	}
	pthread_mutex_lock(&connection->proxy->mutex);
	connection->ended = true;
	pthread_mutex_unlock(&connection->proxy->mutex);
	close(connection->server);
	close(connection->client);
	return NULL;
}

/* Connections that have ended make room. */
static void reap(struct proxy *proxy)
{
	struct connection *gone[CONNECTIONS];
	size_t left = 0, gone_count = 0;
	pthread_mutex_lock(&proxy->mutex);
	for (size_t i = 0; i < proxy->count; i++) {
		struct connection *connection = proxy->connections[i];
		if (connection->ended)
			gone[gone_count++] = connection;
		else
			proxy->connections[left++] = connection;
	}
	proxy->count = left;
	pthread_mutex_unlock(&proxy->mutex);
	for (size_t i = 0; i < gone_count; i++)
		connection_free(gone[i]);
}

static void begin(struct proxy *proxy, int client)
{
	reap(proxy);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct connection *connection = calloc(1, sizeof(*connection));
	if (connection == NULL || proxy->count == CONNECTIONS ||
	    connect(server, (const struct sockaddr *)&proxy->server, sizeof(proxy->server)) != 0) {
		free(connection);
		close(server);
		close(client);
		return;
	}
	pthread_mutex_lock(&proxy->mutex);
	*connection = (struct connection){.proxy = proxy, .client = client, .server = server};
	connection->chosen = proxy->armed && proxy->until == 0;
	if (connection->chosen) {
		connection->plan = proxy->plan;
		proxy->armed = false;
	} else if (proxy->armed) {
		proxy->until--;
	}
	proxy->connections[proxy->count++] = connection;
	pthread_mutex_unlock(&proxy->mutex);
	pthread_create(&connection->thread, NULL, serve, connection);
}

static void *accept_all(void *context)
{
	struct proxy *proxy = context;
	struct pollfd wait[2] = {{.fd = proxy->listener, .events = POLLIN},
				 {.fd = proxy->wake[0], .events = POLLIN}};
	while (true) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			break;
		if (wait[1].revents != 0)
			break;
		int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0)
			begin(proxy, client);
	}
	return NULL;
}

/* ---- the proxy ------------------------------------------------------------ */

/* Where the server of that URL listens, and the URL with the proxy's address instead. */
static void understand(struct proxy *proxy, const char *url, unsigned port)
{
	const char *host = "", *number = "5432", *user = "postgres", *name = "postgres";
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	for (PQconninfoOption *one = options; one != NULL && one->keyword != NULL; one++) {
		if (one->val == NULL)
			continue;
		if (strcmp(one->keyword, "host") == 0)
			host = one->val;
		else if (strcmp(one->keyword, "port") == 0)
			number = one->val;
		else if (strcmp(one->keyword, "user") == 0)
			user = one->val;
		else if (strcmp(one->keyword, "dbname") == 0)
			name = one->val;
	}
	proxy->server.sun_family = AF_UNIX;
	snprintf(proxy->server.sun_path, sizeof(proxy->server.sun_path), "%.80s/.s.PGSQL.%.10s",
		 host, number);
	snprintf(proxy->url, sizeof(proxy->url),
		 "host=127.0.0.1 port=%u user='%.100s' dbname='%.100s' sslmode=disable "
		 "gssencmode=disable",
		 port, user, name);
	PQconninfoFree(options);
}

struct proxy *proxy_new(const char *url)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	cr_assert(proxy != NULL && pipe(proxy->wake) == 0);
	proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(bind(proxy->listener, (struct sockaddr *)&address, size) == 0 &&
			  listen(proxy->listener, 100) == 0 &&
			  getsockname(proxy->listener, (struct sockaddr *)&address, &size) == 0,
		  "no port to listen on: %s", strerror(errno));
	understand(proxy, url, ntohs(address.sin_port));
	pthread_mutex_init(&proxy->mutex, NULL);
	pthread_create(&proxy->thread, NULL, accept_all, proxy);
	return proxy;
}

const char *proxy_url(const struct proxy *proxy)
{
	return proxy->url;
}

void proxy_set(struct proxy *proxy, enum proxy_fault fault, unsigned connection, long place,
	       unsigned long seed)
{
	pthread_mutex_lock(&proxy->mutex);
	proxy->plan = (struct plan){.fault = fault, .place = place, .seed = seed};
	proxy->until = connection;
	proxy->armed = true;
	proxy->counted = (struct proxy_count){0};
	pthread_mutex_unlock(&proxy->mutex);
}

struct proxy_count proxy_count(struct proxy *proxy)
{
	pthread_mutex_lock(&proxy->mutex);
	struct proxy_count counted = proxy->counted;
	pthread_mutex_unlock(&proxy->mutex);
	return counted;
}

/* A filter that takes nothing in: the kernel answers no segment any more (socket(7)). */
void proxy_silence(struct proxy *proxy)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &nothing};
	pthread_mutex_lock(&proxy->mutex);
	for (size_t i = 0; i < proxy->count; i++)
		if (!proxy->connections[i]->ended)
			setsockopt(proxy->connections[i]->client, SOL_SOCKET, SO_ATTACH_FILTER,
				   &program, sizeof(program));
	pthread_mutex_unlock(&proxy->mutex);
}

/* Each one's thread reads the end, and closes it. */
void proxy_cut(struct proxy *proxy)
{
	pthread_mutex_lock(&proxy->mutex);
	for (size_t i = 0; i < proxy->count; i++)
		if (!proxy->connections[i]->ended)
			shutdown(proxy->connections[i]->client, SHUT_RDWR);
	pthread_mutex_unlock(&proxy->mutex);
}

void proxy_free(struct proxy *proxy)
{
	close(proxy->wake[1]);
	pthread_join(proxy->thread, NULL);
	for (size_t i = 0; i < proxy->count; i++)
		connection_free(proxy->connections[i]);
	close(proxy->wake[0]);
	close(proxy->listener);
	pthread_mutex_destroy(&proxy->mutex);
	free(proxy);
}
