/* Defaults compared by the server: what means the same, what does not, what nobody can say. */
#include "postgres_support.h"

#define EQUAL DEFAULT_EQUAL
#define DIFFERENT DEFAULT_DIFFERENT
#define NOT_KNOWN DEFAULT_NOT_KNOWN
#define PAIR(answer_wanted, type_text, declared_text, live_text)                                   \
	{                                                                                          \
		answer_wanted, type_text, declared_text, live_text                                 \
	}

struct known_pair {
	enum default_answer answer;
	const char *type, *declared, *live;
};

/* More of them stand in convergence_postgres.c: here is where prints and meanings part. */
static const struct known_pair cases[] = {
	PAIR(EQUAL, "float8", "'1e3'", "1000"),
	PAIR(EQUAL, "int", "'-1'", "'-1'::integer"),
	PAIR(EQUAL, "int[]", "(ARRAY[])", "'{}'::integer[]"),
	PAIR(EQUAL, "int[]", "(ARRAY[1, 2])", "'{1,2}'"),
	PAIR(DIFFERENT, "numeric", "1.5", "1.50"),
	PAIR(EQUAL, "numeric(10,2)", "1.5", "1.50"),
	PAIR(DIFFERENT, "text", "'a'", "'b'"),
	PAIR(DIFFERENT, "text", "'<a & b>'", "'&lt;a &amp; b&gt;'"),
	PAIR(EQUAL, "text", "'<a & b>'", "E'\\x3ca & b\\x3e'"),
	PAIR(DIFFERENT, "text", "'</Item>'", "'</Item> '"),
	PAIR(EQUAL, "text", "'it''s \"now()\"'", "$$it's \"now()\"$$"),

	/* Lengths: an explicit cast cuts, an INSERT does not. */
	PAIR(EQUAL, "varchar(3)", "'abc'", "'abc'::character varying"),
	PAIR(DIFFERENT, "varchar(3)", "'abcd'", "'abc'"),
	PAIR(DIFFERENT, "varchar(3)", "'abc'", "'abcd'::character varying"),
	PAIR(DIFFERENT, "CHARACTER VARYING ( 3 )", "1234", "123"),
	PAIR(EQUAL, "varchar(3)", "'abc  '", "'abc'"),
	PAIR(EQUAL, "varchar(20)", "'abc'::varchar(10)", "'abc'"),
	PAIR(EQUAL, "varchar", "'abc'::varchar(10)", "'abc'"),
	PAIR(EQUAL, "char(5)", "'a'", "'a   '::bpchar"),
	PAIR(DIFFERENT, "char", "'ab'", "'a'"),
	PAIR(EQUAL, "\"char\"", "'a'", "'a'::\"char\""),
	PAIR(EQUAL, "name", "'a'", "'a'::text"),
	PAIR(EQUAL, "bit(3)", "'101'", "B'101'"),
	PAIR(EQUAL, "bit(8)", "'X1F'", "B'00011111'"),
	PAIR(DIFFERENT, "bit(3)", "B'1010'", "B'101'"),
	PAIR(DIFFERENT, "varbit(3)", "B'1010'", "'101'"),
	PAIR(EQUAL, "varbit", "B'101'::bit(3)", "'101'"),
	PAIR(EQUAL, "varchar(3)[]", "'{abc}'", "ARRAY['abc'::text]"),
	PAIR(EQUAL, "varchar(3)[]", "(ARRAY[])", "'{}'::character varying[]"),
	PAIR(NOT_KNOWN, "varchar(3)[]", "'{abcd}'", "'{abc}'"),
	PAIR(NOT_KNOWN, "varchar(3)", "CURRENT_USER", "CURRENT_USER::varchar(3)"),
	PAIR(EQUAL, "short", "'x'", "'x'::character varying"),

	/* The transaction's time, by all its names. */
	PAIR(EQUAL, "timestamptz", "(now())", "CURRENT_TIMESTAMP"),
	PAIR(EQUAL, "timestamptz", "(transaction_timestamp())", "now()"),
	PAIR(EQUAL, "timestamptz(3)", "(now())", "CURRENT_TIMESTAMP"),
	PAIR(EQUAL, "timestamp", "(now())", "CURRENT_TIMESTAMP"),
	PAIR(EQUAL, "timestamp", "(now())", "LOCALTIMESTAMP"),
	PAIR(EQUAL, "timestamp(3)", "(CURRENT_TIMESTAMP)", "LOCALTIMESTAMP"),
	PAIR(EQUAL, "date", "(CURRENT_DATE)", "now()"),
	PAIR(EQUAL, "timestamptz", "(now() - interval '1 day')",
	     "(CURRENT_TIMESTAMP - '1 day'::interval)"),
	PAIR(DIFFERENT, "timestamptz", "(now())", "clock_timestamp()"),
	PAIR(DIFFERENT, "timestamptz", "(now())", "statement_timestamp()"),
	PAIR(DIFFERENT, "timestamptz", "(CURRENT_TIMESTAMP)", "CURRENT_TIMESTAMP(3)"),
	PAIR(DIFFERENT, "timestamptz", "(now())", "CURRENT_DATE"),
	PAIR(DIFFERENT, "text", "'CURRENT_TIMESTAMP'", "'now()'"),
	PAIR(DIFFERENT, "timestamptz", "(other.transaction_timestamp())", "now()"),
	PAIR(EQUAL, "text", "CURRENT_USER", "USER"),
	PAIR(EQUAL, "text", "(lower(current_role))", "lower((CURRENT_USER)::text)"),
	PAIR(DIFFERENT, "text", "CURRENT_USER", "SESSION_USER"),

	PAIR(EQUAL, "timestamp", "(now() AT TIME ZONE 'utc')",
	     "(CURRENT_TIMESTAMP AT TIME ZONE 'utc'::text)"),

	/* What is read anew each time it is looked at. */
	PAIR(NOT_KNOWN, "timestamp", "'now'", "'2024-01-02 03:04:05'::timestamp"),
	PAIR(NOT_KNOWN, "timestamptz", "'Now()'", "'2024-01-02 03:04:05+00'::timestamptz"),
	PAIR(NOT_KNOWN, "date", "'tomorrow'", "'2024-01-02'::date"),
	PAIR(DIFFERENT, "date", "'2024-01-01'", "'2024-01-02'::date"),
	PAIR(DIFFERENT, "text", "'now'", "'tomorrow'"),

	/* A collation is the column's. */
	PAIR(EQUAL, "text", "'x'", "('x'::text COLLATE \"C\")"),
	PAIR(EQUAL, "varchar(3)", "('x' COLLATE \"POSIX\")", "'x'"),
	PAIR(DIFFERENT, "text", "('x COLLATE \"C\"')", "'x'"),

	/* nextval() is not called. */
	PAIR(EQUAL, "bigint", "(nextval('numbers'))", "nextval('public.numbers'::regclass)"),
	PAIR(DIFFERENT, "bigint", "(nextval('numbers'))", "nextval('more'::regclass)"),
	PAIR(DIFFERENT, "bigint", "(nextval('numbers'))", "1"),

	/* What depends on a setting, or on the check of a domain, is not computed. */
	PAIR(NOT_KNOWN, "money", "12.5", "'12.50'::money"),
	PAIR(DIFFERENT, "money", "12.5", "12.75"),
	PAIR(NOT_KNOWN, "pair", "(ROW(1, 2))", "'(1,2)'"),
	PAIR(DIFFERENT, "pair", "(ROW(1, 2))", "ROW(1, 3)"),
	PAIR(DIFFERENT, "positive", "1", "2"),
	PAIR(DIFFERENT, "date", "'2024-01-01'", "clock_timestamp()"),
	PAIR(DIFFERENT, "text", "'a'", "CURRENT_USER"),
	PAIR(DIFFERENT, "text", "'ROW('", "'ARRAY['"),

	/* What cannot be asked. */
	PAIR(NOT_KNOWN, "int", "'x'", "1"),
	PAIR(NOT_KNOWN, "int", "(1 / 0)", "1"),
	PAIR(NOT_KNOWN, "text", "(nosuch())", "'x'"),
	PAIR(NOT_KNOWN, "nosuch", "1", "1"),
	PAIR(NOT_KNOWN, "int", "(other_column + 1)", "1"),
	PAIR(NOT_KNOWN, "int", "($1)", "1"),
};

/* From 11 on. */
static const struct known_pair arrays_of_domains[] = {
	PAIR(EQUAL, "positive[]", "(ARRAY[1])", "ARRAY[1]"),
	PAIR(DIFFERENT, "positive[]", "(ARRAY[1])", "ARRAY[2]"),
	PAIR(DIFFERENT, "positive[]", "'{1}'", "'{2}'::positive[]"),
	PAIR(NOT_KNOWN, "positive[]", "(ARRAY[1])", "'{1}'::positive[]"),
	PAIR(NOT_KNOWN, "positive[]", "(ARRAY[1])", "'{1}'::int[]"),
	PAIR(NOT_KNOWN, "positive[]", "'{1}'", "'{1}'::int[]"),
};

static void make_things(struct database *database)
{
	database_execute(database,
			 "CREATE SEQUENCE numbers; CREATE SEQUENCE more; CREATE SCHEMA other;"
			 "CREATE FUNCTION other.transaction_timestamp() RETURNS timestamptz"
			 "  STABLE LANGUAGE plpgsql AS 'BEGIN RETURN now(); END';"
			 "CREATE DOMAIN short AS varchar(5);"
			 "CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
			 "CREATE TYPE pair AS (a int, b positive)");
}

static void compare(struct fixture *fixture, struct default_pair *pairs, size_t count)
{
	cr_assert(backend_postgres.compare_defaults(fixture->session, pairs, count, &fixture->arena,
						    &fixture->err),
		  "%s", fixture->err.message);
}

static void check_cases(struct fixture *fixture, const struct known_pair *known, size_t count)
{
	struct default_pair *pairs = calloc(count, sizeof(*pairs));
	cr_assert_not_null(pairs);
	for (size_t i = 0; i < count; i++)
		pairs[i] = (struct default_pair){.type = known[i].type,
						 .declared = known[i].declared,
						 .live = known[i].live};
	compare(fixture, pairs, count);
	for (size_t i = 0; i < count; i++) {
		cr_expect_eq(pairs[i].answer, known[i].answer, "%s: %s and %s: %d (%s)",
			     known[i].type, known[i].declared, known[i].live, pairs[i].answer,
			     pairs[i].why == NULL ? "-" : pairs[i].why);
		cr_expect_eq(pairs[i].why != NULL, pairs[i].answer == NOT_KNOWN, "%s: %s",
			     known[i].type, known[i].declared);
	}
	free(pairs);
}

Test(postgres_default, what_means_the_same)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	fixture_open(&fixture);
	check_cases(&fixture, cases, COUNT(cases));
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

Test(postgres_default, an_array_of_a_domain)
{
	struct fixture fixture;
	fixture_new(&fixture);
	if (database_version(fixture.database) >= 11) {
		make_things(fixture.database);
		fixture_open(&fixture);
		check_cases(&fixture, arrays_of_domains, COUNT(arrays_of_domains));
	}
	fixture_free(&fixture);
}

/* From 14 on these are printed as they were written. */
Test(postgres_default, a_function_in_other_words_is_not_called_different)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	struct default_pair pair = {.type = "timestamp",
				    .declared = "(timezone('utc', now()))",
				    .live = "(now() AT TIME ZONE 'utc'::text)"};
	compare(&fixture, &pair, 1);
	bool since_14 = database_version(fixture.database) >= 14;
	cr_expect_eq(pair.answer, since_14 ? NOT_KNOWN : EQUAL);
	fixture_free(&fixture);
}

/* The target schema need not be the connection's own. */
Test(postgres_default, in_another_schema)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('good', 'bad');"
			 "CREATE SEQUENCE app.numbers");
	fixture.settings.schema = "app";
	fixture_open(&fixture);
	struct default_pair pairs[] = {
		{.type = "mood", .declared = "'good'", .live = "'good'::mood"},
		{.type = "mood", .declared = "'good'", .live = "'bad'::app.mood"},
		{.type = "int8",
		 .declared = "(nextval('numbers'))",
		 .live = "nextval('app.numbers'::regclass)"},
	};
	compare(&fixture, pairs, COUNT(pairs));
	cr_expect_eq(pairs[0].answer, EQUAL);
	cr_expect_eq(pairs[1].answer, DIFFERENT);
	cr_expect_eq(pairs[2].answer, EQUAL);
	fixture_free(&fixture);
}

Test(postgres_default, one_statement)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_log_start(fixture.database);
	fixture_open(&fixture);
	enum { MANY = 300 };
	static struct default_pair pairs[MANY];
	for (size_t i = 0; i < MANY; i++)
		pairs[i] = (struct default_pair){.type = i % 2 ? "varchar(3)" : "int",
						 .declared = "'1'",
						 .live = i % 3 ? "1" : "2"};
	compare(&fixture, pairs, MANY);
	for (size_t i = 0; i < MANY; i++)
		cr_expect_eq(pairs[i].answer, i % 3 ? EQUAL : DIFFERENT);
	char *log = database_log_statements(fixture.database);
	size_t lines = 0;
	for (const char *at = log; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	/* Before 12 floats have to be asked for with all their digits first. */
	size_t settings = database_version(fixture.database) < 12;
	cr_expect_eq(lines, 1 + settings, "%.500s", log);
	cr_expect_not_null(strstr(log, "EXPLAIN "), "%.500s", log);
	free(log);
	fixture_free(&fixture);
}

/* More than a target list holds; and one that the server refuses keeps no other from its answer. */
Test(postgres_default, many_and_one_that_is_refused)
{
	enum { MANY = 1000 };
	static struct default_pair pairs[MANY];
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	for (size_t i = 0; i < MANY; i++)
		pairs[i] = (struct default_pair){
			.type = "varchar(9)",
			.declared = i == 777 ? "(nosuch())" : "'1'",
			.live = i % 7 ? "1" : "2",
		};
	compare(&fixture, pairs, MANY);
	for (size_t i = 0; i < MANY; i++) {
		enum default_answer expected = i % 7 ? EQUAL : DIFFERENT;
		cr_expect_eq(pairs[i].answer, i == 777 ? NOT_KNOWN : expected, "%zu", i);
	}
	cr_expect(strstr(pairs[777].why, "nosuch") != NULL, "%s", pairs[777].why);
	fixture_free(&fixture);
}

/* It needs no privilege to speak of, and neither waits nor writes. */
Test(postgres_default, without_rights_and_beside_a_lock)
{
	struct fixture fixture;
	char url[512];
	fixture_new(&fixture);
	make_things(fixture.database);
	database_role_url(fixture.database, "plain", url, sizeof(url));
	database_execute(fixture.database,
			 "GRANT USAGE ON SCHEMA other TO plain; CREATE TABLE t (id bigint);"
			 "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC;"
			 "ALTER DATABASE %s SET default_transaction_read_only = on",
			 fixture.database->name, fixture.database->name);
	database_execute(fixture.database, "BEGIN; LOCK TABLE t");
	fixture.url.conninfo = url;
	fixture_open(&fixture);
	check_cases(&fixture, cases, COUNT(cases));
	database_execute(fixture.database, "ROLLBACK");
	fixture_free(&fixture);
}

Test(postgres_default, on_a_standby)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	database_standby_wait(fixture.database);
	fixture.url.conninfo = fixture.database->standby_url;
	fixture_open(&fixture);
	check_cases(&fixture, cases, COUNT(cases));
	fixture_free(&fixture);
}

Test(postgres_default, through_a_pooler)
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
	check_cases(&fixture, cases, COUNT(cases));
	fixture_free(&fixture);
}

/* Other settings of the session print other texts, but the same for both. */
Test(postgres_default, whatever_the_session_s_settings)
{
	static const char *const settings[] = {
		"timezone = 'America/St_Johns'",  "datestyle = 'SQL, DMY'",
		"intervalstyle = 'sql_standard'", "bytea_output = 'escape'",
		"extra_float_digits = -10",       "standard_conforming_strings = on",
		"quote_all_identifiers = off",
	};
	struct fixture fixture;
	fixture_new(&fixture);
	make_things(fixture.database);
	for (size_t i = 0; i < COUNT(settings); i++) {
		database_execute(fixture.database, "ALTER DATABASE %s SET %s",
				 fixture.database->name, settings[i]);
		fixture_open(&fixture);
		check_cases(&fixture, cases, COUNT(cases));
		fixture_close(&fixture);
	}
	fixture_free(&fixture);
}

Test(postgres_default, a_connection_that_is_lost)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	database_execute(fixture.database,
			 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
			 " WHERE datname = current_database() AND pid <> pg_backend_pid()");
	struct default_pair pair = {.type = "int", .declared = "1", .live = "'1'"};
	cr_expect_not(backend_postgres.compare_defaults(fixture.session, &pair, 1, &fixture.arena,
							&fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_LOST);
	cr_expect_eq(pair.answer, NOT_KNOWN);
	fixture_free(&fixture);
}
