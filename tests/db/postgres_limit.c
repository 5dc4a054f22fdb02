/* What bounds a transaction: its limits are ours, whatever the role, the database or the server
 * says, and a limit that ended something is named. */
#include "postgres_support.h"
#include "../../src/backend/executor.h"
#include <stdio.h>

static const char *const names[] = {"t"};
static const struct read_request request = {.names = names, .name_count = 1};

/* What the server says in the open transaction. */
static void expect_setting(struct fixture *fixture, const char *name, const char *wanted)
{
	char sql[200];
	snprintf(sql, sizeof(sql), "SELECT pg_catalog.current_setting('%s')", name);
	PGresult *result = PQexec(postgres_of(fixture->session)->connection, sql);
	cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	cr_expect_str_eq(PQgetvalue(result, 0, 0), wanted, "%s is %s, not %s", name,
			 PQgetvalue(result, 0, 0), wanted);
	PQclear(result);
}

static bool begin(struct fixture *fixture)
{
	struct catalog catalog;
	return backend_postgres.begin(fixture->session, &request, &catalog, &fixture->arena,
				      &fixture->err);
}

static bool change(struct fixture *fixture, const char *statement)
{
	struct change one = {
		.table = "t", .statements = &statement, .statement_count = statement != NULL};
	struct catalog catalog;
	return backend_postgres.change(fixture->session, &one, &request, &catalog, &fixture->arena,
				       &fixture->err);
}

/* A role of the test's own, that is the session's and has these settings. */
static void be_role(struct fixture *fixture, char *url, size_t size, const char *set)
{
	struct database *database = fixture->database;
	char role[100];
	snprintf(role, sizeof(role), "%s_app", database->name);
	database_role_url(database, role, url, size);
	database_execute(database, "ALTER ROLE %s SET %s; GRANT ALL ON SCHEMA public TO %s", role,
			 set, role);
	fixture->url.conninfo = url;
}

static void drop_role(struct fixture *fixture)
{
	fixture_close(fixture);
	database_execute(fixture->database, "DROP OWNED BY %s_app; DROP ROLE %s_app",
			 fixture->database->name, fixture->database->name);
	fixture_free(fixture);
}

/* ---- in a transaction ------------------------------------------------------ */

Test(postgres_limit, who_holds_a_table_may_not_stand_still)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	cr_assert(change(&fixture, "CREATE TABLE t (a int)"), "%s", fixture.err.message);
	expect_setting(&fixture, "idle_in_transaction_session_timeout", "1s");
	expect_setting(&fixture, "synchronous_commit", "local");
	fixture_free(&fixture);
}

Test(postgres_limit, never_longer_than_the_wait_for_the_lock_and_a_second)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture.settings.lock_timeout_ms = 50;
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	cr_assert(change(&fixture, "CREATE TABLE t (a int)"), "%s", fixture.err.message);
	expect_setting(&fixture, "idle_in_transaction_session_timeout", "800ms");
	fixture_free(&fixture);
}

/* A slow network is no frozen client: every change would be cut off, again and again. */
Test(postgres_limit, a_slow_network_has_its_time)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	postgres_of(fixture.session)->round_trip_ms = 1500;
	cr_assert(change(&fixture, "CREATE TABLE t (a int)"), "%s", fixture.err.message);
	expect_setting(&fixture, "idle_in_transaction_session_timeout", "3250ms");
	fixture_free(&fixture);
}

/* Less than it is asked for is fine: somebody wants no wait at all. */
Test(postgres_limit, a_commit_that_waits_for_nothing_stays_so)
{
	struct fixture fixture;
	char url[600];
	fixture_new(&fixture);
	be_role(&fixture, url, sizeof(url), "synchronous_commit = off");
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	cr_assert(change(&fixture, "CREATE TABLE t (a int)"), "%s", fixture.err.message);
	expect_setting(&fixture, "synchronous_commit", "off");
	cr_expect_not(fixture.session->unconfirmed);
	drop_role(&fixture);
}

Test(postgres_limit, transaction_timeout_is_ours)
{
	struct fixture fixture;
	char url[600];
	fixture_new(&fixture);
	if (database_version(fixture.database) < 17) {
		fixture_free(&fixture);
		cr_skip_test("there is no transaction_timeout before 17");
	}
	be_role(&fixture, url, sizeof(url), "transaction_timeout = 300");
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	expect_setting(&fixture, "transaction_timeout", "0");
	cr_assert(change(&fixture, "DO 'BEGIN PERFORM pg_sleep(0.5); END'"), "%s",
		  fixture.err.message);
	expect_setting(&fixture, "transaction_timeout", "21s");
	drop_role(&fixture);
}

Test(postgres_limit, a_script_has_no_transaction_timeout)
{
	struct fixture fixture;
	fixture_new(&fixture);
	if (database_version(fixture.database) < 17) {
		fixture_free(&fixture);
		cr_skip_test("there is no transaction_timeout before 17");
	}
	fixture.settings.statement_timeout_ms = 0;
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	cr_assert(change(&fixture, NULL), "%s", fixture.err.message);
	expect_setting(&fixture, "transaction_timeout", "0");
	expect_setting(&fixture, "statement_timeout", "0");
	fixture_free(&fixture);
}

/* ---- a lost session of our own ---------------------------------------------- */

Test(postgres_limit, our_own_lost_session_is_no_other_reconciler)
{
	struct fixture fixture;
	fixture_new(&fixture);
	PGconn *lost = PQconnectdb(fixture.database->url);
	PQclear(PQexec(lost, "BEGIN; SELECT pg_advisory_xact_lock(" SQL_LOCK_CLASS
			     ", pg_catalog.hashtext('public'))"));
	struct left_processes left = {.numbers = {1, PQbackendPID(lost)}, .count = 2};
	fixture.settings.left = &left;
	fixture_open(&fixture);
	cr_expect_not(begin(&fixture));
	cr_expect_eq(fixture.err.class, ERROR_BUSY);
	cr_expect_not_null(strstr(fixture.err.message, "our own"), "%s", fixture.err.message);
	char process[20];
	snprintf(process, sizeof(process), "%d", PQbackendPID(lost));
	cr_expect_not_null(strstr(fixture.err.message, process), "%s", fixture.err.message);
	/* Another one's is still another one's. */
	left.count = 1;
	error_clear(&fixture.err);
	cr_expect_not(begin(&fixture));
	cr_expect_not_null(strstr(fixture.err.message, "another reconciler"), "%s",
			   fixture.err.message);
	PQfinish(lost);
	fixture_free(&fixture);
}

Test(postgres_limit, the_process_is_known)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	cr_expect_eq(fixture.session->process,
		     PQbackendPID(postgres_of(fixture.session)->connection));
	fixture_free(&fixture);
}

/* ---- giving up --------------------------------------------------------------- */

/* Every look at the catalog waits for this one. */
static PGconn *lock_catalog(struct fixture *fixture)
{
	PGconn *holder = PQconnectdb(fixture->database->url);
	PGresult *result =
		PQexec(holder, "BEGIN; LOCK TABLE pg_catalog.pg_attrdef IN ACCESS EXCLUSIVE MODE");
	cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(holder));
	PQclear(result);
	return holder;
}

static bool read_catalog(struct fixture *fixture)
{
	struct catalog catalog;
	size_t bad_type = 0;
	return backend_postgres.read(fixture->session, &request, &catalog, &bad_type,
				     &fixture->arena, &fixture->err);
}

static long count_waiting(struct fixture *fixture)
{
	return database_number(fixture->database,
			       "SELECT count(*) FROM " WAITING_LOCKS " AND relation = "
			       "'pg_catalog.pg_attrdef'::regclass");
}

Test(postgres_limit, who_gives_up_leaves_nothing_at_work)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE TABLE t (a int DEFAULT 1)");
	fixture_open(&fixture);
	fixture.settings.connect_timeout_ms = 300;
	PGconn *holder = lock_catalog(&fixture);
	cr_expect_not(read_catalog(&fixture));
	cr_expect_eq(fixture.err.class, ERROR_LOST);
	cr_expect_not_null(strstr(fixture.err.message, "no answer from the server for 300 ms"),
			   "%s", fixture.err.message);
	cr_expect_eq(count_waiting(&fixture), 0);
	PQfinish(holder);
	fixture_free(&fixture);
}

/* In a transaction a server that is still at work would begin it anew, under the same lock. */
Test(postgres_limit, a_change_that_was_given_up_is_not_tried_again)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	fixture.settings.connect_timeout_ms = 100;
	fixture.settings.statement_timeout_ms = 200; /* the transaction has more */
	cr_expect_not(change(&fixture, "DO 'BEGIN PERFORM pg_sleep(60); END'"));
	cr_expect_eq(fixture.err.class, ERROR_FATAL);
	cr_expect_eq(fixture.err.status, RECONCILE_BUSY);
	cr_expect_eq(database_number(fixture.database,
				     "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
				     "AND pid = %d",
				     (int)fixture.session->process),
		     0);
	fixture_free(&fixture);
}

/* ---- what ended it ------------------------------------------------------------ */

static void expect_named(const char *setting, const char *sqlstate, enum error_class class)
{
	struct fixture fixture;
	char url[600], set[100], role[200];
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE TABLE t (a int DEFAULT 1)");
	snprintf(set, sizeof(set), "%s = 200", setting);
	be_role(&fixture, url, sizeof(url), set);
	fixture_open(&fixture);
	PGconn *holder = lock_catalog(&fixture);
	cr_expect_not(read_catalog(&fixture));
	cr_expect_str_eq(fixture.err.sqlstate, sqlstate);
	cr_expect_eq(fixture.err.class, class, "class %d", fixture.err.class);
	cr_expect_eq(fixture.err.status, RECONCILE_BUSY);
	PQfinish(holder);
	fixture_close(&fixture);
	struct error ignored = {0};
	cr_assert(backend_postgres.open(&fixture.session, NULL, &fixture.settings, &ignored), "%s",
		  ignored.message);
	cr_assert_not_null(fixture.err.limit, "no limit: %s", fixture.err.message);
	backend_postgres.explain_limit(fixture.session, &fixture.err);
	snprintf(role, sizeof(role), "%s is 200ms (ALTER ROLE %s_app)", setting,
		 fixture.database->name);
	cr_expect_not_null(strstr(fixture.err.message, role), "%s", fixture.err.message);
	snprintf(role, sizeof(role), "ALTER ROLE %s_app SET %s", fixture.database->name, setting);
	cr_expect_not_null(strstr(fixture.err.hint, role), "%s", fixture.err.hint);
	drop_role(&fixture);
}

Test(postgres_limit, a_statement_timeout_of_the_role_is_named)
{
	expect_named("statement_timeout", "57014", ERROR_FATAL);
}

Test(postgres_limit, a_lock_timeout_of_the_role_is_named)
{
	expect_named("lock_timeout", "55P03", ERROR_BUSY);
}

/* It would end the next try as well. */
Test(postgres_limit, a_transaction_timeout_of_the_role_is_final)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	int version = database_version(database);
	database_free(database);
	if (version < 17)
		cr_skip_test("there is no transaction_timeout before 17");
	expect_named("transaction_timeout", "25P04", ERROR_FATAL);
}

/* In whatever language the server says it. */
Test(postgres_limit, an_administrator_is_no_timeout)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE TABLE t (a int DEFAULT 1)");
	fixture_open(&fixture);
	PGconn *holder = lock_catalog(&fixture);
	PGconn *administrator = PQconnectdb(fixture.database->url);
	cr_assert(PQsendQuery(
		administrator,
		"DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM " WAITING_LOCKS " AND relation = "
		"'pg_catalog.pg_attrdef'::regclass) LOOP PERFORM pg_sleep(0.01); END LOOP; "
		"PERFORM pg_cancel_backend(pid) FROM " WAITING_LOCKS "; END $$"));
	cr_expect_not(read_catalog(&fixture));
	cr_expect_str_eq(fixture.err.sqlstate, "57014");
	cr_expect_eq(fixture.err.class, ERROR_FATAL);
	cr_expect_null(fixture.err.limit);
	cr_expect_null(strstr(fixture.err.hint, "timeout_ms"), "%s", fixture.err.hint);
	cr_expect_not_null(strstr(fixture.err.hint, "somebody"), "%s", fixture.err.hint);
	PQfinish(administrator);
	PQfinish(holder);
	fixture_free(&fixture);
}

Test(postgres_limit, our_own_timeout_is_ours)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture.settings.statement_timeout_ms = 300;
	fixture_open(&fixture);
	cr_assert(begin(&fixture), "%s", fixture.err.message);
	cr_expect_not(change(&fixture, "DO 'BEGIN PERFORM pg_sleep(60); END'"));
	cr_expect_str_eq(fixture.err.sqlstate, "57014");
	cr_expect_not_null(strstr(fixture.err.hint, "statement_timeout_ms"), "%s",
			   fixture.err.hint);
	fixture_free(&fixture);
}

/* ---- without a limit ------------------------------------------------------------ */

Test(postgres_limit, start_up_options_lift_what_the_role_has)
{
	struct fixture fixture;
	char url[700];
	const char *standing, *options;
	fixture_new(&fixture);
	be_role(&fixture, url, sizeof(url), "lock_timeout = 100");
	strncat(url, "&options=-c%20statement_timeout%3D2s%20-c%20work_mem%3D1234kB",
		sizeof(url) - strlen(url) - 1);
	fixture_open(&fixture);
	cr_assert(executor_postgres.limits(fixture.session, &standing, &options, &fixture.arena,
					   &fixture.err),
		  "%s", fixture.err.message);
	cr_assert_not_null(standing);
	cr_expect_not_null(strstr(standing, "lock_timeout is 100ms (ALTER ROLE "), "%s", standing);
	cr_expect_not_null(strstr(standing, "statement_timeout is 2000ms (client)"), "%s",
			   standing);
	fixture_close(&fixture);
	fixture.settings.options = options;
	fixture_open(&fixture);
	expect_setting(&fixture, "work_mem", "1234kB");
	cr_assert(executor_postgres.limits(fixture.session, &standing, &options, &fixture.arena,
					   &fixture.err));
	cr_expect_null(standing, "%s", standing);
	drop_role(&fixture);
}
