/* What adding a column costs: tried where it may be, and without a trace. Predictions beside what
 * real tables then do stand in cost_postgres.c. */
#include "postgres_cast.h"

static void assess(struct fixture *fixture, struct cost_question *questions, size_t count)
{
	cr_assert(backend_postgres.assess(fixture->session, questions, count, &fixture->arena,
					  &fixture->err),
		  "%s", fixture->err.message);
}

/* PostgreSQL 10 rewrites for every default. */
#define CONSTANT RECONCILE_COST_SCAN /* stands for: catalog, or rewrite before 11 */

static const struct {
	const char *type, *rest;
	enum reconcile_cost cost;
	const char *reason; /* part of it; NULL: any */
} cases[] = {
	{"int", "", RECONCILE_COST_CATALOG, NULL},
	{"int", "DEFAULT 1", CONSTANT, NULL},
	{"int", "NOT NULL DEFAULT 1", CONSTANT, NULL},
	{"timestamptz", "DEFAULT (now())", CONSTANT, NULL},
	{"timestamptz", "DEFAULT (clock_timestamp())", RECONCILE_COST_REWRITE, "volatile"},
	{"float8", "DEFAULT (random())", RECONCILE_COST_REWRITE, "volatile"},
	{"bigint", "DEFAULT (nextval('numbers'))", RECONCILE_COST_REWRITE, "volatile"},
	{"bigint", "DEFAULT (NextVal('numbers'))", RECONCILE_COST_REWRITE, "volatile"},
	{"bigint", "DEFAULT (my_number())", RECONCILE_COST_REWRITE, "volatile"},
	{"int", "NOT NULL", RECONCILE_COST_IMPOSSIBLE, "may not be NULL"},
	{"int", "NOT NULL DEFAULT (nullif(1, 1))", RECONCILE_COST_IMPOSSIBLE, "may not be NULL"},
	{"int", "DEFAULT (nosuch())", RECONCILE_COST_IMPOSSIBLE, "nosuch"},
	{"int", "DEFAULT 'x'", RECONCILE_COST_IMPOSSIBLE, "invalid input"},
	{"int", "DEFAULT (1 / 0)", RECONCILE_COST_IMPOSSIBLE, "zero"},
	{"varchar(3)", "DEFAULT 'abcd'", RECONCILE_COST_IMPOSSIBLE, "too long"},
	{"int", "CHECK (true)", RECONCILE_COST_SCAN, NULL},
	{"lax", "", RECONCILE_COST_CATALOG, NULL},
	{"positive", "DEFAULT 1", RECONCILE_COST_REWRITE, NULL},
	{"positive", "DEFAULT 0", RECONCILE_COST_IMPOSSIBLE, "positive_check"},
	{"nosuch", "", RECONCILE_COST_IMPOSSIBLE, "nosuch"},
};

static void make_things(struct database *database)
{
	database_execute(
		database,
		"CREATE SEQUENCE numbers;"
		"CREATE FUNCTION my_number() RETURNS bigint LANGUAGE plpgsql VOLATILE"
		"  AS 'BEGIN RETURN nextval(''public.numbers''); END';"
		"CREATE DOMAIN lax AS int; CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
		"CREATE DOMAIN numbered AS bigint DEFAULT nextval('numbers');"
		"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC");
}

static struct cost_question question(struct fixture *fixture, size_t i)
{
	struct buffer buf = BUFFER_INIT(&fixture->arena);
	buffer_addf(&buf, "%s %s", cases[i].type, cases[i].rest);
	return (struct cost_question){.definition = buffer_text(&buf), .type = cases[i].type};
}

static void check_cases(struct fixture *fixture)
{
	struct cost_question questions[COUNT(cases)];
	bool old = database_version(fixture->database) < 11;
	for (size_t i = 0; i < COUNT(cases); i++)
		questions[i] = question(fixture, i);
	assess(fixture, questions, COUNT(cases));
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum reconcile_cost expected = cases[i].cost;
		const char *reason = questions[i].reason;
		if (expected == CONSTANT && strstr(cases[i].rest, "DEFAULT") != NULL)
			expected = old ? RECONCILE_COST_REWRITE : RECONCILE_COST_CATALOG;
		cr_expect_eq(questions[i].cost, expected, "%s: %s (%s)", questions[i].definition,
			     reconcile_cost_name(questions[i].cost), reason ? reason : "-");
		if (cases[i].reason != NULL)
			cr_expect(reason != NULL && strstr(reason, cases[i].reason) != NULL,
				  "%s: %s", questions[i].definition, reason ? reason : "-");
	}
}

static void expect_no_number(struct fixture *fixture)
{
	char *called = database_value(fixture->database, "SELECT is_called FROM numbers");
	cr_expect_str_eq(called, "f");
	free(called);
}

Test(postgres_assess, each_form_of_column_and_no_trace)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	long before = database_number(fixture.database, "SELECT count(*) FROM pg_class");
	fixture_open(&fixture);
	check_cases(&fixture);
	cr_expect_eq(database_number(fixture.database, "SELECT count(*) FROM pg_class"), before);
	expect_no_number(&fixture);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

/* What servers make of a domain's default differs; it is what the real table gets, and no number is
 * given away to find out. */
Test(postgres_assess, a_domain_s_own_default)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_execute(fixture.database, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
	fixture_open(&fixture);
	struct cost_question question = {.definition = "numbered", .type = "numbered"};
	assess(&fixture, &question, 1);
	expect_no_number(&fixture);
	long before = database_number(fixture.database, "SELECT pg_relation_filenode('t')");
	database_execute(fixture.database, "ALTER TABLE t ADD COLUMN c numbered");
	long after = database_number(fixture.database, "SELECT pg_relation_filenode('t')");
	cr_expect_eq(question.cost,
		     before == after ? RECONCILE_COST_CATALOG : RECONCILE_COST_REWRITE);
	fixture_free(&fixture);
}

Test(postgres_assess, through_a_pooler)
{
	struct fixture fixture;
	fixture_new(&fixture);
	if (fixture.database->pooled_url[0] == '\0') {
		fixture_free(&fixture);
		cr_skip_test("no PgBouncer: run through scripts/with-postgres");
	}
	make_things(fixture.database);
	fixture.url.conninfo = fixture.database->pooled_url;
	fixture.settings.schema = "public";
	fixture_open(&fixture);
	check_cases(&fixture);
	expect_no_number(&fixture);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

static char *ask(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	cr_assert_eq(PQntuples(result), 1, "%s: %s", sql, PQerrorMessage(connection));
	char *value = strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return value;
}

/* Whatever the owner of the connection calls his own tables. */
Test(postgres_assess, a_lent_session_keeps_its_tables_and_settings)
{
	static const char everything[] =
		"SELECT concat_ws('|', (SELECT sum(n) FROM pg_temp.reconcile_probe),\n"
		"  (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class\n"
		"    WHERE relnamespace = pg_my_temp_schema()),\n"
		"  current_setting('search_path'), current_setting('lock_timeout'),\n"
		"  current_setting('role'), current_user)";
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	make_things(fixture.database);
	PGconn *connection = PQconnectdb(fixture.database->url);
	PQclear(PQexec(connection, "CREATE TEMP TABLE reconcile_probe (n int);"
				   "INSERT INTO reconcile_probe VALUES (1), (2);"
				   "CREATE TEMP TABLE reconcile_row (n int);"
				   "CREATE TEMP TABLE reconcile_empty (n int)"));
	char *before = ask(connection, everything);
	fixture.settings.pg = connection;
	for (int as_role = 0; as_role < 2; as_role++) {
		fixture.settings.role = as_role ? cast.ddl : NULL;
		fixture_open(&fixture);
		struct cost_question questions[] = {
			{.definition = "int NOT NULL", .type = "int"},
			{.definition = "int", .type = "int"},
		};
		assess(&fixture, questions, 2);
		cr_expect_eq(questions[0].cost, RECONCILE_COST_IMPOSSIBLE);
		cr_expect_eq(questions[1].cost, RECONCILE_COST_CATALOG);
		fixture_close(&fixture);
		char *after = ask(connection, everything);
		cr_expect_str_eq(after, before);
		free(after);
	}
	free(before);
	PQfinish(connection);
	fixture_free(&fixture);
}

/* ---- where it may not be tried --------------------------------------------- */

/* Nothing is answered, but of a domain's constraints the rules know nothing. */
static void expect_not_asked(struct fixture *fixture, const char *reason)
{
	struct cost_question questions[] = {
		{.definition = "int DEFAULT 1", .type = "int"},
		{.definition = "positive DEFAULT 1", .type = "positive"},
		{.definition = "int[]", .type = "int[]"},
	};
	assess(fixture, questions, COUNT(questions));
	for (size_t i = 0; i < COUNT(questions); i++) {
		cr_expect_eq(questions[i].cost,
			     i == 1 ? RECONCILE_COST_UNKNOWN : RECONCILE_COST_NONE, "%s: %s",
			     questions[i].definition, reconcile_cost_name(questions[i].cost));
		cr_assert_not_null(questions[i].reason);
		cr_expect(strstr(questions[i].reason, reason) != NULL, "%s", questions[i].reason);
	}
}

Test(postgres_assess, without_the_right_to_temporary_tables)
{
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	make_things(fixture.database);
	database_execute(fixture.database, "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC",
			 fixture.database->name);
	fixture.url.conninfo = cast.login_url;
	fixture_open(&fixture);
	const char *grant =
		cast_text(&fixture, &cast, true, "(GRANT TEMPORARY ON DATABASE \"%\" TO $L;)");
	char statement[512];
	snprintf(statement, sizeof(statement), "%.*s%s%s", (int)strcspn(grant, "%"), grant,
		 fixture.database->name, strchr(grant, '%') + 1);
	expect_not_asked(&fixture, statement);
	expect_not_asked(&fixture, cast_text(&fixture, &cast, false,
					     "role '$L' lacks TEMPORARY on database"));
	fixture_close(&fixture);

	/* What it says is what helps. */
	database_execute(fixture.database, "%.*s", (int)strlen(statement) - 2, statement + 1);
	fixture_open(&fixture);
	check_cases(&fixture);
	fixture_free(&fixture);
}

/* It is the role's right that counts. */
Test(postgres_assess, as_a_role)
{
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	make_things(fixture.database);
	database_execute(fixture.database, "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC",
			 fixture.database->name);
	fixture.url.conninfo = cast.login_url;
	fixture.settings.role = cast.ddl;
	fixture_open(&fixture);
	expect_not_asked(&fixture,
			 cast_text(&fixture, &cast, false, "role '$L' may not become role '$D'"));
	cast_execute(&fixture, &cast, "GRANT $D TO $L");
	expect_not_asked(&fixture, cast_text(&fixture, &cast, false,
					     "role '$D' lacks TEMPORARY on database"));
	char grant[256];
	snprintf(grant, sizeof(grant), "GRANT TEMPORARY ON DATABASE %s TO $D",
		 fixture.database->name);
	cast_execute(&fixture, &cast, grant);
	check_cases(&fixture);
	fixture.settings.role = "no such role";
	expect_not_asked(&fixture, "role 'no such role' does not exist");
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

Test(postgres_assess, on_a_standby)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_standby_wait(fixture.database);
	fixture.url.conninfo = fixture.database->standby_url;
	fixture_open(&fixture);
	expect_not_asked(&fixture, "the server is a hot standby");
	fixture_free(&fixture);
}

Test(postgres_assess, in_a_read_only_session)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_execute(fixture.database,
			 "ALTER DATABASE %s SET default_transaction_read_only = on",
			 fixture.database->name);
	fixture_open(&fixture);
	expect_not_asked(&fixture, "the session is read-only");
	fixture_free(&fixture);
}

/* Somebody who is asked about every table refuses. */
Test(postgres_assess, an_event_trigger_that_refuses_tables)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_execute(fixture.database,
			 "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql\n"
			 "  AS 'BEGIN RAISE ''not today''; END';"
			 "CREATE EVENT TRIGGER refusing ON ddl_command_start\n"
			 "  WHEN TAG IN ('CREATE TABLE') EXECUTE PROCEDURE refuse()");
	fixture_open(&fixture);
	expect_not_asked(&fixture, "not today");
	expect_nothing_left(&fixture);
	database_execute(fixture.database, "DROP EVENT TRIGGER refusing");
	check_cases(&fixture);
	fixture_free(&fixture);
}

/* ---- limits ---------------------------------------------------------------- */

/* More than one table of columns, of a type that fills its page; and every third is refused. */
Test(postgres_assess, many_questions)
{
	enum { MANY = 400 };
	static struct cost_question questions[MANY];
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE DOMAIN checked AS name CHECK (VALUE <> '')");
	fixture_open(&fixture);
	for (size_t i = 0; i < MANY; i++)
		questions[i] = i % 3 == 0
				       ? (struct cost_question){.definition = "int NOT NULL",
								.type = "int"}
				       : (struct cost_question){.definition = "checked DEFAULT 'x'",
								.type = "checked"};
	assess(&fixture, questions, MANY);
	for (size_t i = 0; i < MANY; i++)
		cr_expect_eq(questions[i].cost,
			     i % 3 == 0 ? RECONCILE_COST_IMPOSSIBLE : RECONCILE_COST_REWRITE,
			     "%zu: %s", i, questions[i].reason);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

/* One that takes too long is not impossible, and the next one is asked all the same. */
Test(postgres_assess, a_default_that_takes_too_long)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql STABLE\n"
			 "  AS 'BEGIN PERFORM pg_sleep(60); RETURN 1; END'");
	fixture.settings.statement_timeout_ms = 300;
	fixture_open(&fixture);
	struct cost_question questions[] = {
		{.definition = "int DEFAULT (slow())", .type = "int"},
		{.definition = "int", .type = "int"},
	};
	assess(&fixture, questions, COUNT(questions));
	cr_expect_eq(questions[0].cost, RECONCILE_COST_UNKNOWN);
	cr_expect(strstr(questions[0].reason, "statement_timeout_ms") != NULL, "%s",
		  questions[0].reason);
	cr_expect_eq(questions[1].cost, RECONCILE_COST_CATALOG);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

/* Nobody who uses the real table notices, and nobody who holds it is waited for. */
Test(postgres_assess, no_lock_on_a_real_table)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_execute(fixture.database, "CREATE TABLE t (n int); BEGIN; LOCK TABLE t");
	fixture_open(&fixture);
	check_cases(&fixture);
	database_execute(fixture.database, "ROLLBACK");
	fixture_free(&fixture);
}

/* A catalog that somebody keeps from being written has to be waited for, and not for long. */
Test(postgres_assess, a_catalog_that_is_locked)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	database_execute(fixture.database, "BEGIN; LOCK TABLE pg_type IN SHARE MODE");
	struct cost_question question = {.definition = "int", .type = "int"};
	cr_expect_not(backend_postgres.assess(fixture.session, &question, 1, &fixture.arena,
					      &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_BUSY, "%s", fixture.err.message);
	database_execute(fixture.database, "ROLLBACK");
	/* The session is as good as new. */
	assess(&fixture, &question, 1);
	cr_expect_eq(question.cost, RECONCILE_COST_CATALOG);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

Test(postgres_assess, a_connection_that_is_lost)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	database_execute(fixture.database,
			 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
			 " WHERE datname = current_database() AND pid <> pg_backend_pid()");
	struct cost_question question = {.definition = "int", .type = "int"};
	cr_expect_not(backend_postgres.assess(fixture.session, &question, 1, &fixture.arena,
					      &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_LOST);
	fixture_free(&fixture);
}
