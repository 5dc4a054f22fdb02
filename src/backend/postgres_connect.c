/* A connection: own, from the first attempt to the last one, or lent. */
#include "postgres.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * libpq quotes what it could not understand, and that may be a part of the password, with quotes
 * of its own: everything from the first to the last one goes.
 */
static void hide_quoted(char *line, size_t size, const char *text)
{
	const char *first = strchr(text, '"'), *last = strrchr(text, '"');
	char safe[600];
	if (first == NULL)
		snprintf(safe, sizeof(safe), "%s", text);
	else
		snprintf(safe, sizeof(safe), "%.*s\"...\"%s", (int)(first - text), text,
			 first == last ? "" : last + 1);
	error_one_line(line, size, safe);
}

/* ---- before connecting -------------------------------------------------- */

/*
 * conninfo_uri_parse_options() in libpq's fe-connect.c takes what stands before the first '@' as
 * user and password unless a '/' comes first. A password with one of them unescaped ends up in
 * the host's or the database's name, and from there in every log line.
 */
static bool check_url(const char *conninfo, struct error *err)
{
	if (!starts(conninfo, "postgresql://") && !starts(conninfo, "postgres://"))
		return true;
	const char *rest = strstr(conninfo, "://") + 3;
	size_t user = strcspn(rest, "@/");
	if (rest[user] == '@')
		rest += user + 1;
	bool ambiguous = memchr(rest, '@', strcspn(rest, "?")) != NULL;
	if (!ambiguous)
		return true;
	error_set(err, RECONCILE_BAD_CONFIG,
		  "connection URL: an '@' or '/' before the host is one too many");
	error_hint(err, "%s: %%40 is '@', %%2F is '/'", connect_encode_hint);
	return false;
}

/* Its name is not repeated: it may be what stands behind an '&' of a password. */
static bool is_unknown_parameter(const char *message)
{
	return strstr(message, "invalid URI query parameter") != NULL ||
	       strstr(message, "invalid connection option") != NULL;
}

static bool check_conninfo(const char *conninfo, struct error *err)
{
	if (!check_url(conninfo, err))
		return false;
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &message);
	if (options != NULL) {
		PQconninfoFree(options);
		return true;
	}
	if (message == NULL || error_is_memory(message)) {
		PQfreemem(message);
		return error_memory(err);
	}
	char line[400];
	hide_quoted(line, sizeof(line), message);
	error_set(err, RECONCILE_BAD_CONFIG, "connection string: %s", line);
	error_hint(err, "%s",
		   is_unknown_parameter(message)
			   ? "libpq has no parameter of that name: host, port, user, sslmode and "
			     "the like; an '&' in a value is %26"
			   : connect_encode_hint);
	PQfreemem(message);
	return false;
}

/* ---- one attempt -------------------------------------------------------- */

static void discard_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

/* Until it is connected or has failed; false: the deadline came first, or it is to stop. */
static bool poll_connection(PGconn *connection, const struct stop *stop, double deadline)
{
	/* After connect_start() PQconnectPoll() may be called too early by this, which it bears. */
	PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
	while (PQstatus(connection) != CONNECTION_BAD) {
		double left = deadline - clock_ms();
		if (left <= 0 || stop_is_asked(stop))
			return false;
		if (stop->asked != NULL && left > STOP_LOOK_MS)
			left = STOP_LOOK_MS;
		struct pollfd wait = {
			.fd = PQsocket(connection),
			.events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT,
		};
		int ready = poll(&wait, 1, left >= INT_MAX ? INT_MAX : (int)left + 1);
		if (ready < 0 && errno != EINTR)
			return true;
		if (ready <= 0)
			continue;
		wanted = PQconnectPoll(connection);
		if (wanted == PGRES_POLLING_OK || wanted == PGRES_POLLING_FAILED)
			return true;
	}
	return true;
}

/* libpq's messages are in English from the one to the other, for connect_classify(). */
struct english {
	locale_t locale, before;
};

static struct english english_begin(void)
{
	struct english english = {.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
	if (english.locale != (locale_t)0)
		english.before = uselocale(english.locale);
	return english;
}

static void english_end(struct english english)
{
	if (english.locale == (locale_t)0)
		return;
	uselocale(english.before);
	freelocale(english.locale);
}

/* One attempt's beginning. NULL: out of memory. */
static PGconn *attempt_start(const struct postgres *pg)
{
	/* What stands in front of the URL is its to say otherwise, what stands behind it is not. A
	 * peer that is gone is noticed after 25 s, in a statement that may take hours, too. */
	const char *const keywords[] = {"keepalives_idle",
					"keepalives_interval",
					"keepalives_count",
					"tcp_user_timeout",
					"dbname",
					"client_encoding",
					"fallback_application_name",
					"options", /* without a value it is not given */
					NULL};
	const char *const values[] = {"10",
				      "5",
				      "3",
				      "25000",
				      pg->settings->url->conninfo,
				      "UTF8",
				      pg->settings->application,
				      pg->settings->options,
				      NULL};
	PGconn *connection = PQconnectStartParams(keywords, values, 1);
	if (connection == NULL)
		return NULL;
	/* The SQLSTATE of a failure stands in the message only, and only so. */
	PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(connection, discard_notice, NULL);
	return connection;
}

/* The rest of the one that was started, or a whole one; the caller looks at PQstatus(). NULL: out
 * of memory. */
static PGconn *attempt(const struct postgres *pg, PGconn *started, double deadline, bool *in_time)
{
	struct english english = english_begin();
	PGconn *connection = started != NULL ? started : attempt_start(pg);
	*in_time = connection == NULL || poll_connection(connection, &pg->settings->stop, deadline);
	english_end(english);
	return connection;
}

/* The password, and how a URL spells it (RFC 3986, 2.1 and 2.3). */
static void scrub_password(struct error *err, const char *password)
{
	static const char plain[] = "-._~";
	char encoded[768];
	size_t length = 0;
	if (password == NULL || password[0] == '\0')
		return;
	for (const char *at = password; *at != '\0' && length + 4 < sizeof(encoded); at++) {
		if (isalnum((unsigned char)*at) || strchr(plain, *at) != NULL)
			encoded[length++] = *at;
		else
			length += (size_t)snprintf(encoded + length, 4, "%%%02X",
						   (unsigned)(unsigned char)*at);
	}
	encoded[length] = '\0';
	error_scrub(err, password);
	error_scrub(err, encoded);
}

static const char *or_default(const char *text)
{
	return text == NULL || text[0] == '\0' ? "?" : text;
}

/* Takes ": 28P01" out of the line: it is in the error as a field. */
static void drop_sqlstate(char *line, const char *sqlstate)
{
	char mark[10];
	snprintf(mark, sizeof(mark), ": %s: ", sqlstate);
	char *at = sqlstate[0] == '\0' ? NULL : strstr(line, mark);
	if (at != NULL)
		memmove(at + 2, at + strlen(mark), strlen(at + strlen(mark)) + 1);
}

/* Neither by us nor by a variable of libpq's. Its own defaults may be meant, and seldom are. */
static bool is_nowhere(const char *conninfo)
{
	static const char *const places[] = {"PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *value = getenv(places[i]);
		if (value != NULL && value[0] != '\0')
			return false;
	}
	return conninfo[0] == '\0';
}

/* Sets *err from a failed attempt. true: it may go better later. */
static bool explain(const char *conninfo, const PGconn *connection, bool in_time, double waited_ms,
		    struct error *err)
{
	struct error found = {0};
	char line[700];
	bool again = false;
	if (in_time) {
		again = connect_classify(PQerrorMessage(connection), &found);
		error_one_line(line, sizeof(line), PQerrorMessage(connection));
		drop_sqlstate(line, found.sqlstate);
		if (found.sqlstate[0] == '\0' && error_is_memory(PQerrorMessage(connection)))
			return error_memory(err);
	} else {
		found.status = RECONCILE_UNREACHABLE;
		error_hint(&found, "is the server up, and the network open to it?");
		snprintf(line, sizeof(line), "no answer from host '%s', port %s, for %.0f ms",
			 or_default(PQhost(connection)), or_default(PQport(connection)), waited_ms);
	}
	enum reconcile_status status = found.status;
	found.status = RECONCILE_OK;
	if (status == RECONCILE_BAD_CONFIG) {
		hide_quoted(line, sizeof(line), PQerrorMessage(connection));
		error_set(&found, status, "connection string: %s", line);
	} else {
		error_set(&found, status, "cannot connect to database '%s' as '%s': %s",
			  or_default(PQdb(connection)), or_default(PQuser(connection)), line);
	}
	if (is_nowhere(conninfo))
		error_hint(&found, "nothing says where the database is, so that libpq's default "
				   "was tried: set DATABASE_URL, --url or the key 'url'");
	scrub_password(&found, PQpass(connection));
	*err = found;
	return again;
}

/* ---- all attempts ------------------------------------------------------- */

void connect_start(struct postgres *pg)
{
	struct error ignored = {0};
	if (!check_conninfo(pg->settings->url->conninfo, &ignored))
		return;
	struct english english = english_begin();
	pg->connection = attempt_start(pg);
	struct pollfd wait = {.fd = PQsocket(pg->connection), .events = POLLOUT};
	/* On a local socket the server has the start-up packet at once. */
	if (PQstatus(pg->connection) != CONNECTION_BAD && poll(&wait, 1, 0) > 0)
		PQconnectPoll(pg->connection);
	english_end(english);
}

bool connect_own(struct postgres *pg, struct error *err)
{
	const struct session_settings *settings = pg->settings;
	double start = clock_ms(), deadline = start + patience_connect_ms(pg);
	struct error why = {0};
	struct chance chance;

	/* What was started has been checked. */
	if (pg->connection == NULL && !check_conninfo(settings->url->conninfo, err))
		return false;
	chance_init(&chance);
	for (unsigned number = 0;; number++) {
		bool in_time;
		PGconn *connection = attempt(pg, pg->connection, deadline, &in_time);
		pg->connection = NULL;
		if (connection == NULL)
			return error_memory(err);
		if (in_time && PQstatus(connection) == CONNECTION_OK) {
			PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
			PQsetnonblocking(connection, 1);
			pg->connection = connection;
			return true;
		}
		if (stop_is_asked(&settings->stop)) {
			PQfinish(connection);
			return stop_error(err);
		}
		/* A last attempt that ran out of time says less than the one before it. */
		struct error now = {0};
		bool again = explain(settings->url->conninfo, connection, in_time,
				     clock_ms() - start, &now);
		PQfinish(connection);
		if (in_time || number == 0)
			why = now;
		double left = deadline - clock_ms();
		if (again && left <= 0)
			error_prefix(&why, "gave up after %.0f ms", clock_ms() - start);
		if (!again || left <= 0)
			break;
		if (settings->waiting != NULL)
			settings->waiting(settings->waiting_context, &why);
		double pause = 50 + chance_backoff_ms(&chance, number, 50, 450);
		stop_sleep_ms(&settings->stop, pause < left ? pause : left);
		if (stop_is_asked(&settings->stop))
			return stop_error(err);
	}
	if (err->status == RECONCILE_OK)
		*err = why;
	return false;
}

/* ---- a lent connection -------------------------------------------------- */

/* The one setting of the session that we touch, because all our text is UTF-8. The server reports
 * it, so that poolers know it and put it right for each client. */
static bool set_encoding(struct postgres *pg, const char *encoding, struct error *err)
{
	const struct statement statement = {
		.sql = "SELECT pg_catalog.set_config('client_encoding', $1, false)",
		.parameter_count = 1,
		.parameters = {parameter_text(encoding)},
		.answer = ONE_ROW("x"),
	};
	PGresult *result[1];
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	batch_clear(result, 1);
	return fine;
}

int postgres_descriptor(const struct pg_conn *lent)
{
	return PQsocket(lent);
}

bool connect_lent(struct postgres *pg, struct error *err)
{
	PGconn *connection = pg->settings->pg;
	const char *problem = NULL;
	if (PQstatus(connection) != CONNECTION_OK)
		problem = "is not connected";
	else if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF)
		problem = "is in pipeline mode";
	else if (PQtransactionStatus(connection) == PQTRANS_ACTIVE)
		problem = "has a query running";
	else if (PQtransactionStatus(connection) != PQTRANS_IDLE)
		problem = "is in a transaction";
	if (problem != NULL) {
		error_set(err, RECONCILE_USAGE, "the connection that was lent %s", problem);
		error_hint(err, "lend a connection that is open and idle");
		return false;
	}
	/* Its notice receiver stays: libpq does not tell a receiver's context, so that it could
	 * not be put back. Our transactions keep the server from sending any. */
	pg->connection = connection;
	pg->lent = true;
	pg->lent_nonblocking = PQisnonblocking(connection);
	PQsetnonblocking(connection, 1);
	const char *encoding = PQparameterStatus(connection, "client_encoding");
	/* libpq drops a parameter that it has no memory for, and keeps the number. */
	if (encoding == NULL && PQclientEncoding(connection) > 0)
		encoding = pg_encoding_to_char(PQclientEncoding(connection));
	if (encoding == NULL || strcmp(encoding, "UTF8") == 0)
		return true;
	snprintf(pg->lent_encoding, sizeof(pg->lent_encoding), "%s", encoding);
	if (set_encoding(pg, "UTF8", err))
		return true;
	pg->lent_encoding[0] = '\0';
	return error_prefix(err, "the connection that was lent: client_encoding");
}

void connect_give_back(struct postgres *pg)
{
	struct error ignored = {0};
	if (pg->lent_encoding[0] != '\0')
		set_encoding(pg, pg->lent_encoding, &ignored);
	PQsetnonblocking(pg->connection, pg->lent_nonblocking);
}
