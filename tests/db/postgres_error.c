/* What an error of the server means for us. */
#include "postgres_support.h"

Test(postgres_error, every_class_of_sqlstate)
{
	static const struct {
		const char *sqlstate, *message, *schema;
		enum error_class class;
		enum reconcile_status status;
	} cases[] = {
		{"55P03", NULL, NULL, ERROR_BUSY, RECONCILE_BUSY},
		{"40P01", NULL, NULL, ERROR_RETRY, RECONCILE_BUSY},
		{"40001", NULL, NULL, ERROR_RETRY, RECONCILE_BUSY},
		{"42701", NULL, NULL, ERROR_RETRY, RECONCILE_FAILED},
		{"42P07", NULL, NULL, ERROR_RETRY, RECONCILE_FAILED},
		{"42710", NULL, NULL, ERROR_RETRY, RECONCILE_FAILED},
		{"23505", NULL, "pg_catalog", ERROR_RETRY, RECONCILE_FAILED},
		{"23505", NULL, "public", ERROR_FATAL, RECONCILE_FAILED},
		{"XX000", "tuple concurrently updated", NULL, ERROR_RETRY, RECONCILE_FAILED},
		{"XX000", "something else", NULL, ERROR_FATAL, RECONCILE_FAILED},
		{"53300", NULL, NULL, ERROR_RETRY, RECONCILE_UNREACHABLE},
		{"53100", NULL, NULL, ERROR_FATAL, RECONCILE_FAILED},
		{"57P01", NULL, NULL, ERROR_LOST, RECONCILE_UNREACHABLE},
		{"08006", NULL, NULL, ERROR_LOST, RECONCILE_UNREACHABLE},
		{"57014", NULL, NULL, ERROR_FATAL, RECONCILE_BUSY},
		{"42501", NULL, NULL, ERROR_FATAL, RECONCILE_NOT_PERMITTED},
		{"25006", NULL, NULL, ERROR_FATAL, RECONCILE_NOT_PERMITTED},
		{"28P01", NULL, NULL, ERROR_FATAL, RECONCILE_NOT_PERMITTED},
		{"42601", NULL, NULL, ERROR_FATAL, RECONCILE_FAILED},
		{"23502", NULL, NULL, ERROR_FATAL, RECONCILE_FAILED},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum error_class class;
		enum reconcile_status status;
		sqlstate_classify(cases[i].sqlstate, cases[i].message, cases[i].schema, &class,
				  &status);
		cr_expect_eq(class, cases[i].class, "%s", cases[i].sqlstate);
		cr_expect_eq(status, cases[i].status, "%s", cases[i].sqlstate);
	}
}

Test(postgres_error, a_message_is_one_line)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"one", "one"},
		{"one.\n", "one"},
		{"\n a\n\tb  c\r\n", "a; b c"},
		{"a\nLOCATION:  f, x.c:1\n", "a"},
		{"LOCATION:  f, x.c:1", ""},
		{"", ""},
		{"0123456789abcdef\xc3\xa9", "0123456789abcde"},
		{"0123456789abcd\xc3\xa9z", "0123456789abcd"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[17];
		error_one_line(line, sizeof(line), cases[i].text);
		cr_expect_str_eq(line, cases[i].line);
	}
}

/* Runs statements in a transaction through the backend. */
static bool run_change(struct fixture *fixture, const char *const *statements, size_t count)
{
	static const char *const names[] = {"t"};
	struct read_request request = {.names = names, .name_count = 1};
	struct change change = {.table = "t", .statements = statements, .statement_count = count};
	struct catalog catalog;
	fixture->err = (struct error){0};
	bool fine = backend_postgres.begin(fixture->session, &request, &catalog, &fixture->arena,
					   &fixture->err) &&
		    backend_postgres.change(fixture->session, &change, &request, &catalog,
					    &fixture->arena, &fixture->err) &&
		    backend_postgres.commit(fixture->session, NULL, &fixture->err);
	backend_postgres.rollback(fixture->session);
	return fine;
}

Test(postgres_error, what_a_real_server_says)
{
	static const struct {
		const char *sql, *sqlstate, *message;
		enum error_class class;
	} cases[] = {
		{"ALTER TABLE t ADD COLUMN a int", "42701", "already exists", ERROR_RETRY},
		{"CREATE TABLE t ()", "42P07", "already exists", ERROR_RETRY},
		{"ALTER TABLE t ADD COLUMN n int NOT NULL", "23502", "null values", ERROR_FATAL},
		{"CREATE UNIQUE INDEX ON t (a)", "23505", "unique index", ERROR_FATAL},
		{"nonsense", "42601", "syntax error", ERROR_FATAL},
		{"SELECT pg_sleep(30)", "57014", "statement timeout", ERROR_FATAL},
		{"ALTER TABLE busy ADD COLUMN a int", "55P03", "lock timeout", ERROR_BUSY},
	};
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE TABLE t (a int); INSERT INTO t VALUES (7777), (7777);"
			 "CREATE TABLE busy ()");
	database_execute(fixture.database, "BEGIN; LOCK TABLE busy");
	fixture.settings.lock_timeout_ms = 20;
	fixture.settings.statement_timeout_ms = 100;
	fixture_open(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *statements[] = {"CREATE TABLE before ()", cases[i].sql,
					    "CREATE TABLE after ()"};
		cr_expect_not(run_change(&fixture, statements, 3), "%s", cases[i].sql);
		cr_expect_str_eq(fixture.err.sqlstate, cases[i].sqlstate);
		cr_expect_eq(fixture.err.class, cases[i].class, "%s", cases[i].sql);
		cr_expect(strstr(fixture.err.message, cases[i].message) != NULL, "%s",
			  fixture.err.message);
		cr_expect_null(strstr(fixture.err.message, "7777"), "%s", fixture.err.message);
	}
	database_execute(fixture.database, "ROLLBACK");
	cr_expect_eq(database_number(fixture.database,
				     "SELECT count(*) FROM pg_class WHERE relname IN ('before', "
				     "'after')"),
		     0);
	/* And the session works on. */
	const char *good[] = {"ALTER TABLE t ADD COLUMN b int"};
	cr_expect(run_change(&fixture, good, 1), "%s", fixture.err.message);
	fixture_free(&fixture);
}

static void cut(struct fixture *fixture)
{
	long pid = database_number(fixture->database, "SELECT pid FROM pg_stat_activity"
						      " WHERE application_name = 'test'"
						      "   AND datname = current_database()");
	database_terminate(fixture->database, (int)pid);
}

Test(postgres_error, a_connection_that_is_cut_is_lost)
{
	struct fixture fixture;
	static const char *const names[] = {"t"};
	struct read_request request = {.names = names, .name_count = 1};
	struct catalog catalog;
	size_t bad;
	fixture_new(&fixture);
	fixture_open(&fixture);
	cut(&fixture);
	cr_expect_not(backend_postgres.read(fixture.session, &request, &catalog, &bad,
					    &fixture.arena, &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_LOST);
	cr_expect_eq(fixture.err.status, RECONCILE_UNREACHABLE);
	cr_expect_null(strchr(fixture.err.message, '\n'));
	fixture_free(&fixture);
}

Test(postgres_error, a_connection_that_is_cut_before_commit_is_unknown)
{
	struct fixture fixture;
	static const char *const names[] = {"t"};
	static const char *const statements[] = {"CREATE TABLE t (a int)"};
	struct read_request request = {.names = names, .name_count = 1};
	struct change change = {.table = "t", .statements = statements, .statement_count = 1};
	struct catalog catalog;
	fixture_new(&fixture);
	fixture_open(&fixture);
	cr_assert(backend_postgres.begin(fixture.session, &request, &catalog, &fixture.arena,
					 &fixture.err));
	cr_assert(backend_postgres.change(fixture.session, &change, &request, &catalog,
					  &fixture.arena, &fixture.err),
		  "%s", fixture.err.message);
	cut(&fixture);
	cr_expect_not(backend_postgres.commit(fixture.session, NULL, &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_UNKNOWN);
	backend_postgres.rollback(fixture.session);
	fixture_close(&fixture);
	cr_expect_eq(database_number(fixture.database,
				     "SELECT count(*) FROM pg_class WHERE relname = 't'"),
		     0);
	fixture_free(&fixture);
}

/* A server that is stopped in the middle of an answer is not waited for without end. */
Test(postgres_error, a_server_that_hangs_is_lost)
{
	struct fixture fixture;
	static const char *const names[] = {"t"};
	struct read_request request = {.names = names, .name_count = 1};
	struct catalog catalog;
	size_t bad;
	fixture_new(&fixture);
	fixture_open(&fixture);
	fixture.settings.connect_timeout_ms = 200;
	/* DDL on the catalog itself, held open: our read waits behind it. */
	database_execute(fixture.database, "BEGIN; LOCK TABLE pg_catalog.pg_attribute");
	cr_expect_not(backend_postgres.read(fixture.session, &request, &catalog, &bad,
					    &fixture.arena, &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_LOST);
	cr_expect_eq(fixture.err.status, RECONCILE_UNREACHABLE);
	cr_expect(strstr(fixture.err.message, "no answer") != NULL, "%s", fixture.err.message);
	database_execute(fixture.database, "ROLLBACK");
	fixture_free(&fixture);
}
