/* Servers that misbehave: whatever comes, a call ends, and what it gives is an answer or LOST. */
#include "../../src/backend/executor.h"
#include "../support/leak.h"
#include "../support/proxy.h"
#include "postgres_support.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* A session through a proxy, on a database with a table. */
struct through {
	struct fixture fixture;
	struct proxy *proxy;
};

static void through_new(struct through *through)
{
	fixture_new(&through->fixture);
	database_execute(through->fixture.database,
			 "CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x',\n"
			 "                n int GENERATED ALWAYS AS IDENTITY)");
	through->proxy = proxy_new(through->fixture.database->url);
	through->fixture.url.conninfo = proxy_url(through->proxy);
}

static void through_free(struct through *through)
{
	fixture_free(&through->fixture);
	proxy_free(through->proxy);
}

/* A read through that fault. */
static bool read_through(struct through *through, enum proxy_fault fault, long place,
			 unsigned long seed, long patience_ms, struct error *err)
{
	static const char *const names[] = {"t"}, *const types[] = {"int", "varchar(3)"};
	const struct read_request request = {names, 1, types, 2, false};
	struct fixture *fixture = &through->fixture;
	struct catalog catalog;
	size_t bad = SIZE_MAX;
	fixture->settings.connect_timeout_ms = 10000;
	proxy_set(through->proxy, fault, 0, place, seed);
	fixture_open(fixture);
	fixture->settings.connect_timeout_ms = patience_ms;
	bool fine = backend_postgres.read(fixture->session, &request, &catalog, &bad,
					  &fixture->arena, err);
	for (size_t i = 0; fine && i < catalog.relations[0].attribute_count; i++)
		cr_expect_not_null(catalog.relations[0].attributes[i].name);
	fixture_close(fixture);
	return fine;
}

/* It speaks all the time, and never answers. */
Test(postgres_server, what_never_ends_is_given_up, .timeout = 60)
{
	static const enum proxy_fault faults[] = {
		PROXY_FLOOD_NOTICES, PROXY_FLOOD_PARAMETERS, PROXY_FLOOD_NOTIFICATIONS,
		PROXY_DRIP_NOTICES,  PROXY_DRIP_ROW,         PROXY_HUGE,
	};
	struct through through;
	int met = 0;
	through_new(&through);
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct error err = {0};
		const char *name = proxy_fault_name(faults[i]);
		cr_expect_not(read_through(&through, faults[i], 3, 1, 300, &err), "%s", name);
		cr_expect_eq(err.class, ERROR_LOST, "%s: %s", name, err.message);
		cr_expect_eq(err.status, RECONCILE_UNREACHABLE, "%s: %s", name, err.message);
		met += proxy_count(through.proxy).met;
	}
	/* Unless the machine was too slow. */
	cr_expect_gt(met, 0);
	through_free(&through);
}

Test(postgres_server, what_no_server_says_is_lost, .timeout = 60)
{
	static const struct {
		enum proxy_fault fault;
		long place;
	} cases[] = {
		{PROXY_COPY_IN, 2},      {PROXY_COPY_OUT, 2},   {PROXY_COPY_BOTH, 2},
		{PROXY_GARBAGE, 2},      {PROXY_READY, 0},      {PROXY_READY, 2},
		{PROXY_EMPTY, 2},        {PROXY_NO_COLUMNS, 0}, {PROXY_FEWER_COLUMNS, 0},
		{PROXY_MORE_COLUMNS, 0},
	};
	struct through through;
	through_new(&through);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err = {0};
		const char *name = proxy_fault_name(cases[i].fault);
		cr_expect_not(
			read_through(&through, cases[i].fault, cases[i].place, 1, 10000, &err),
			"%s at %ld", name, cases[i].place);
		cr_expect_eq(err.class, ERROR_LOST, "%s: %s", name, err.message);
		cr_expect_eq(err.status, RECONCILE_UNREACHABLE, "%s: %s", name, err.message);
		cr_expect(proxy_count(through.proxy).met, "%s", name);
	}
	through_free(&through);
}

/* Values of another shape than the query gives: name, schema, kind, ..., and seven arrays. */
Test(postgres_server, a_value_of_another_shape_is_no_answer, .timeout = 60)
{
	static const struct {
		enum proxy_fault fault;
		unsigned long column;
	} cases[] = {
		{PROXY_NULL, 0},     {PROXY_NULLS, 0},   {PROXY_EMPTIED, 2}, {PROXY_LONGER, 2},
		{PROXY_SHORTER, 3},  {PROXY_EMPTIED, 4}, {PROXY_SHORTER, 4}, {PROXY_LONGER, 5},
		{PROXY_NULL, 5},     {PROXY_SHORTER, 6}, {PROXY_NULL, 7},    {PROXY_EMPTIED, 8},
		{PROXY_SHORTER, 11}, {PROXY_LONGER, 12},
	};
	struct through through;
	through_new(&through);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err = {0};
		const char *name = proxy_fault_name(cases[i].fault);
		cr_expect_not(
			read_through(&through, cases[i].fault, 0, cases[i].column, 10000, &err),
			"%s in column %lu", name, cases[i].column);
		cr_expect_eq(err.class, ERROR_LOST, "%s: %s", name, err.message);
		cr_expect(strstr(err.message, "unexpected answer from the server") != NULL,
			  "%s in column %lu: %s", name, cases[i].column, err.message);
	}
	through_free(&through);
}

/* Answers are missing, doubled, of other bytes: it ends, and nothing crashes. libpq forgets a
 * result when something else begins in the middle of it, as no server does. */
Test(postgres_server, whatever_comes_it_ends, .timeout = 60)
{
	struct through through;
	through_new(&through);
	leak_begin_ignoring();
	for (int fault = PROXY_DROP; fault < PROXY_FAULTS; fault++)
		for (long place = 0; place < 7; place++) {
			struct error err = {0};
			bool fine = read_through(&through, (enum proxy_fault)fault, place,
						 (unsigned long)place * 977, 100, &err);
			cr_expect(fine || err.status != RECONCILE_OK, "%s at %ld",
				  proxy_fault_name((enum proxy_fault)fault), place);
		}
	leak_end_ignoring();
	through_free(&through);
}

static bool script_through(struct through *through, enum proxy_fault fault, const char *text,
			   struct error *err)
{
	struct fixture *fixture = &through->fixture;
	const struct script_text script = {.file = "f", .text = text, .length = strlen(text)};
	struct script_end end;
	proxy_set(through->proxy, fault, 0, 1, 1);
	fixture_open(fixture);
	bool fine = executor_of(fixture->session)->execute(fixture->session, &script, &end, err);
	fixture_close(fixture);
	return fine;
}

/* A script may take its time, but an answer that leads nowhere is none. */
Test(postgres_server, a_script_does_not_spin, .timeout = 60)
{
	static const enum proxy_fault faults[] = {PROXY_COPY_BOTH, PROXY_GARBAGE};
	struct through through;
	through_new(&through);
	leak_begin_ignoring();
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct error err = {0};
		const char *name = proxy_fault_name(faults[i]);
		cr_expect_not(script_through(&through, faults[i], "SELECT 1", &err), "%s", name);
		cr_expect_eq(err.class, ERROR_LOST, "%s: %s", name, err.message);
	}
	leak_end_ignoring();
	struct error err = {0};
	cr_expect(script_through(&through, PROXY_NOTHING,
				 "SELECT generate_series(1, 3000); COPY t TO STDOUT; SELECT 2",
				 &err),
		  "%s", err.message);
	through_free(&through);
}

static int option(const PGconn *connection, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);
	cr_assert_eq(getsockopt(PQsocket(connection), level, name, &value, &size), 0);
	return value;
}

/* What notices a peer that is gone (tcp(7)), in 30 s at most; a URL's own words stand. */
Test(postgres_server, a_dead_peer_is_noticed)
{
	struct through through;
	char own[800];
	through_new(&through);
	struct fixture *fixture = &through.fixture;
	fixture_open(fixture);
	const PGconn *connection = postgres_of(fixture->session)->connection;
	int idle = option(connection, IPPROTO_TCP, TCP_KEEPIDLE),
	    interval = option(connection, IPPROTO_TCP, TCP_KEEPINTVL),
	    count = option(connection, IPPROTO_TCP, TCP_KEEPCNT),
	    unacknowledged = option(connection, IPPROTO_TCP, TCP_USER_TIMEOUT);
	cr_expect_eq(option(connection, SOL_SOCKET, SO_KEEPALIVE), 1);
	cr_expect_leq(idle + interval * count, 30);
	cr_expect(unacknowledged > 0 && unacknowledged <= 30000, "%d", unacknowledged);
	fixture_close(fixture);

	snprintf(own, sizeof(own),
		 "%s keepalives_idle=77 keepalives_interval=7 keepalives_count=8 "
		 "tcp_user_timeout=99000",
		 proxy_url(through.proxy));
	fixture->url.conninfo = own;
	fixture_open(fixture);
	connection = postgres_of(fixture->session)->connection;
	cr_expect_eq(option(connection, IPPROTO_TCP, TCP_KEEPIDLE), 77);
	cr_expect_eq(option(connection, IPPROTO_TCP, TCP_KEEPINTVL), 7);
	cr_expect_eq(option(connection, IPPROTO_TCP, TCP_KEEPCNT), 8);
	cr_expect_eq(option(connection, IPPROTO_TCP, TCP_USER_TIMEOUT), 99000);
	through_free(&through);
}
