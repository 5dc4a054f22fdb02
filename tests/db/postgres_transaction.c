/* A COMMIT and the begin behind it, in one round trip: each has its own outcome. */
#include "postgres_support.h"
#include <unistd.h>

static const char *const names[] = {"t"}, *const next_names[] = {"u"};
static const struct read_request request = {.names = names, .name_count = 1},
				 next = {.names = next_names, .name_count = 1};

static bool begin(struct fixture *fixture, const struct read_request *what)
{
	struct catalog catalog;
	return backend_postgres.begin(fixture->session, what, &catalog, &fixture->arena,
				      &fixture->err);
}

static bool change(struct fixture *fixture, const char *statement)
{
	struct change one = {.table = "t", .statements = &statement, .statement_count = 1};
	struct catalog catalog;
	return backend_postgres.change(fixture->session, &one, &request, &catalog, &fixture->arena,
				       &fixture->err);
}

static void expect_nothing_open(struct fixture *fixture)
{
	const PGconn *connection = postgres_of(fixture->session)->connection;
	cr_expect_eq(PQtransactionStatus(connection), PQTRANS_IDLE);
}

/* With a transaction open that has made t. */
static void fixture_changed(struct fixture *fixture)
{
	fixture_open(fixture);
	cr_assert(begin(fixture, &request), "%s", fixture->err.message);
	cr_assert(change(fixture, "CREATE TABLE t (a int)"), "%s", fixture->err.message);
}

static void expect_committed(struct fixture *fixture)
{
	cr_expect(backend_postgres.commit(fixture->session, &next, &fixture->err), "%s",
		  fixture->err.message);
	cr_expect_eq(database_number(fixture->database,
				     "SELECT count(*) FROM pg_class WHERE relname = 't'"),
		     1);
}

/* The server gives a lock to who waits for it before it goes on with our next statement. */
Test(postgres_transaction, another_may_come_in_between)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_changed(&fixture);
	PGconn *other = PQconnectdb(fixture.database->url);
	cr_assert(PQsendQuery(other, "SELECT pg_advisory_lock(" SQL_LOCK_CLASS
				     ", pg_catalog.hashtext('public'))"));
	while (database_number(fixture.database,
			       "SELECT count(*) FROM pg_locks WHERE NOT granted"
			       " AND pid = %d",
			       PQbackendPID(other)) == 0)
		usleep(1000);
	expect_committed(&fixture);
	cr_expect_not(begin(&fixture, &next));
	cr_expect_eq(fixture.err.class, ERROR_BUSY);
	cr_expect_eq(fixture.err.status, RECONCILE_BUSY);
	expect_nothing_open(&fixture);
	PQfinish(other);
	fixture_free(&fixture);
}

Test(postgres_transaction, the_role_may_be_taken_away_in_between)
{
	struct fixture fixture;
	char url[600];
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE ROLE %s_owner; CREATE ROLE %s_app LOGIN;"
			 "GRANT %s_owner TO %s_app;"
			 "GRANT ALL ON SCHEMA public TO %s_owner",
			 fixture.database->name, fixture.database->name, fixture.database->name,
			 fixture.database->name, fixture.database->name);
	char role[100], app[100];
	snprintf(role, sizeof(role), "%s_owner", fixture.database->name);
	snprintf(app, sizeof(app), "%s_app", fixture.database->name);
	database_role_url(fixture.database, app, url, sizeof(url));
	fixture.url.conninfo = url;
	fixture.settings.role = role;
	fixture_changed(&fixture);
	database_execute(fixture.database, "REVOKE %s FROM %s", role, app);
	expect_committed(&fixture);
	cr_expect_not(begin(&fixture, &next));
	cr_expect_eq(fixture.err.status, RECONCILE_NOT_PERMITTED);
	cr_expect_not_null(strstr(fixture.err.hint, "GRANT"), "%s", fixture.err.hint);
	expect_nothing_open(&fixture);
	fixture_close(&fixture);
	database_execute(fixture.database, "DROP OWNED BY %s; DROP ROLE %s, %s", role, role, app);
	fixture_free(&fixture);
}

/* PostgreSQL answers COMMIT with ROLLBACK then, and begins what stands behind it. */
Test(postgres_transaction, a_failed_one_is_not_committed)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_changed(&fixture);
	cr_expect_not(change(&fixture, "nonsense"));
	fixture.err = (struct error){0};
	cr_expect_not(backend_postgres.commit(fixture.session, &next, &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_FATAL);
	cr_expect_not_null(strstr(fixture.err.message, "rolled back"), "%s", fixture.err.message);
	expect_nothing_open(&fixture);
	fixture_free(&fixture);
}

/* A constraint that is checked at COMMIT: it fails, and nothing is begun behind it. */
Test(postgres_transaction, a_commit_that_is_refused_begins_nothing)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE TABLE one (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
	fixture_changed(&fixture);
	cr_assert(change(&fixture, "INSERT INTO one VALUES (1), (1)"));
	cr_expect_not(backend_postgres.commit(fixture.session, &next, &fixture.err));
	cr_expect_str_eq(fixture.err.sqlstate, "23505");
	expect_nothing_open(&fixture);
	fixture.err = (struct error){0};
	cr_expect(begin(&fixture, &request), "%s", fixture.err.message);
	fixture_free(&fixture);
}
