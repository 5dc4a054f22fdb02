/*
 * Forms of column on PostgreSQL. Whether adding one reads or writes the table depends on the
 * default's volatility, on the domain's constraints and on the version (manual, ALTER TABLE,
 * "Notes"), and whether it works at all on values.
 */
#include "cost.h"

/* clang-format off */
#define ROW(since, type, null, value) {since, type, RECONCILE_##null, value}

/* Functions that leave a trace when they are called. */
#define TRACE "INSERT INTO called VALUES (1); SELECT 7"

static const struct cost_setup setup[] = {
	{10, "CREATE SCHEMA other"},
	{10, "CREATE SEQUENCE numbers"},
	{10, "CREATE SEQUENCE other.\"Odd Numbers\""},
	{10, "CREATE TABLE called (n int)"},
	{10, "CREATE FUNCTION fixed() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 7'"},
	{10, "CREATE FUNCTION fixed_null() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT NULL::int'"},
	{10, "CREATE FUNCTION steady() RETURNS int STABLE LANGUAGE sql AS 'SELECT 7'"},
	{10, "CREATE FUNCTION steady_count() RETURNS bigint STABLE LANGUAGE sql"
	     " AS 'SELECT count(*) FROM called'"},
	{10, "CREATE FUNCTION inlined() RETURNS int VOLATILE LANGUAGE sql AS 'SELECT 7'"},
	{10, "CREATE FUNCTION shaky() RETURNS int VOLATILE LANGUAGE plpgsql"
	     " AS 'BEGIN RETURN 7; END'"},
	{10, "CREATE FUNCTION shaky_null() RETURNS int VOLATILE LANGUAGE plpgsql"
	     " AS 'BEGIN RETURN NULL; END'"},
	{10, "CREATE FUNCTION other.tracing() RETURNS int VOLATILE LANGUAGE sql AS '" TRACE "'"},
	{10, "CREATE FUNCTION counting() RETURNS bigint VOLATILE LANGUAGE sql"
	     " AS 'SELECT nextval(''numbers'')'"},
	{10, "CREATE FUNCTION failing() RETURNS int IMMUTABLE LANGUAGE plpgsql"
	     " AS 'BEGIN RAISE EXCEPTION ''no''; END'"},
	{10, "CREATE FUNCTION shaky_failing() RETURNS int VOLATILE LANGUAGE plpgsql"
	     " AS 'BEGIN RAISE EXCEPTION ''no''; END'"},
	{10, "CREATE TYPE mood AS ENUM ('sad', 'ok')"},
	{10, "CREATE TYPE other.\"Mood\" AS ENUM ('sad', 'Happy')"},
	{10, "CREATE DOMAIN amount AS numeric(12,2)"},
	{10, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)"},
	{10, "CREATE DOMAIN odd_positive AS positive CHECK (VALUE % 2 = 1)"},
	{10, "CREATE DOMAIN plainly_positive AS positive"},
	{10, "CREATE DOMAIN present AS text CHECK (VALUE IS NOT NULL)"},
	{10, "CREATE DOMAIN needed AS text NOT NULL"},
	{10, "CREATE DOMAIN needed_x AS text NOT NULL DEFAULT 'x'"},
	{10, "CREATE DOMAIN zeroed AS int DEFAULT 0"},
	{10, "CREATE DOMAIN numbered AS bigint DEFAULT nextval('numbers')"},
	{10, "CREATE DOMAIN \"Odd Domain\" AS int CHECK (VALUE <> 7)"},
	{10, "CREATE TYPE pair AS (a int, b text)"},
	{11, "CREATE TYPE checked_pair AS (a positive, b text)"},
	{11, "CREATE DOMAIN pairs AS pair CHECK ((VALUE).a > 0)"},
};

static const struct cost_row rows[] = {
	/* Without a default */
	ROW(10, "INTEGER", NULLABLE, NO_DEFAULT),
	ROW(10, "TEXT", NULLABLE, NO_DEFAULT),
	ROW(10, "NUMERIC(10,2)[]", NULLABLE, NO_DEFAULT),
	ROW(10, "XML", NULLABLE, NO_DEFAULT),
	ROW(10, "pair", NULLABLE, NO_DEFAULT),
	ROW(10, "other.\"Mood\"", NULLABLE, NO_DEFAULT),
	ROW(10, "TEXT", NULLABLE, DEFAULT_SQL("NULL")),
	ROW(10, "INTEGER", REQUIRED, NO_DEFAULT),

	/* Constants */
	ROW(10, "INTEGER", NULLABLE, DEFAULT("0")),
	ROW(10, "INTEGER", NOT_NULL, DEFAULT("0")),
	ROW(10, "TEXT", NOT_NULL, DEFAULT("")),
	ROW(10, "TEXT", NULLABLE, DEFAULT("O'Brien \\ \n")),
	ROW(10, "VARCHAR(20)", NOT_NULL, DEFAULT("x")),
	ROW(10, "CHAR(3)", NOT_NULL, DEFAULT("x")),
	ROW(10, "BIT(3)", NULLABLE, DEFAULT("101")),
	ROW(10, "NUMERIC(10,2)", NOT_NULL, DEFAULT("1.5")),
	ROW(10, "BOOLEAN", NOT_NULL, DEFAULT("on")),
	ROW(10, "DATE", NOT_NULL, DEFAULT("2024-02-29")),
	ROW(10, "TIMESTAMPTZ", NULLABLE, DEFAULT("2024-02-29 12:00+02")),
	ROW(10, "INTERVAL", NULLABLE, DEFAULT("1 day")),
	ROW(10, "BYTEA", NULLABLE, DEFAULT("\\x00ff")),
	ROW(10, "JSONB", NOT_NULL, DEFAULT("{\"a\": [1]}")),
	ROW(10, "INTEGER[]", NOT_NULL, DEFAULT("{}")),
	ROW(10, "INT4RANGE", NULLABLE, DEFAULT("[1,5)")),
	ROW(10, "mood", NOT_NULL, DEFAULT("ok")),
	ROW(10, "pair", NULLABLE, DEFAULT("(1,x)")),
	ROW(10, "REGCLASS", NULLABLE, DEFAULT("pg_class")),

	/* Expressions that are constant, or stable */
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("1 + 1")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("'7'::int")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("7.5")),
	ROW(10, "TEXT", NULLABLE, DEFAULT_SQL("7")),
	ROW(10, "TEXT", NOT_NULL, DEFAULT_SQL("lower('A') || 'b'")),
	ROW(10, "TEXT[]", NULLABLE, DEFAULT_SQL("ARRAY['a', 'b']")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("nullif(1, 1)")),
	ROW(10, "TIMESTAMPTZ", NOT_NULL, DEFAULT_SQL("now()")),
	ROW(10, "TIMESTAMPTZ", NULLABLE, DEFAULT_SQL("CURRENT_TIMESTAMP")),
	ROW(10, "TIMESTAMPTZ", NULLABLE, DEFAULT_SQL("statement_timestamp()")),
	ROW(10, "TIMESTAMPTZ", NULLABLE, DEFAULT_SQL("now() + interval '1 day'")),
	ROW(10, "TIMESTAMP(0)", NOT_NULL, DEFAULT_SQL("now()")),
	ROW(10, "DATE", NULLABLE, DEFAULT_SQL("CURRENT_DATE")),
	ROW(10, "TEXT", NOT_NULL, DEFAULT_SQL("CURRENT_USER")),
	ROW(10, "TEXT", NULLABLE, DEFAULT_SQL("current_setting('TimeZone')")),
	ROW(10, "JSONB", NULLABLE, DEFAULT_SQL("jsonb_build_object('at', now())")),
	ROW(10, "BIGINT", NULLABLE, DEFAULT_SQL("txid_current()")),
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("fixed()")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("fixed_null()")),
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("steady()")),
	ROW(10, "BIGINT", NOT_NULL, DEFAULT_SQL("steady_count()")),

	/* Volatile ones */
	ROW(10, "TIMESTAMPTZ", NOT_NULL, DEFAULT_SQL("clock_timestamp()")),
	ROW(10, "DATE", NULLABLE, DEFAULT_SQL("clock_timestamp()")),
	ROW(10, "TEXT", NULLABLE, DEFAULT_SQL("timeofday()")),
	ROW(10, "FLOAT8", NULLABLE, DEFAULT_SQL("random()")),
	ROW(10, "TEXT", NOT_NULL, DEFAULT_SQL("md5(random()::text)")),
	ROW(13, "UUID", NOT_NULL, DEFAULT_SQL("gen_random_uuid()")),
	ROW(18, "UUID", NULLABLE, DEFAULT_SQL("uuidv7()")),
	ROW(10, "BIGINT", NOT_NULL, DEFAULT_SQL("nextval('numbers')")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("nextval('other.\"Odd Numbers\"'::regclass)")),
	ROW(10, "TEXT", NULLABLE, DEFAULT_SQL("'no. ' || nextval('numbers')")),
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("shaky()")),
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("inlined()")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("shaky_null()")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("fixed() + shaky()")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("other.tracing()")),
	ROW(10, "BIGINT", NOT_NULL, DEFAULT_SQL("counting()")),

	/* Domains */
	ROW(10, "amount", NULLABLE, NO_DEFAULT),
	ROW(10, "amount", NOT_NULL, DEFAULT("1.5")),
	ROW(10, "zeroed", NULLABLE, NO_DEFAULT),
	ROW(10, "zeroed", NOT_NULL, DEFAULT("1")),
	ROW(10, "numbered", NULLABLE, NO_DEFAULT),
	ROW(10, "numbered", NULLABLE, DEFAULT("1")),
	ROW(10, "positive", NULLABLE, NO_DEFAULT),
	ROW(10, "positive", NOT_NULL, DEFAULT("1")),
	ROW(10, "odd_positive", NULLABLE, DEFAULT("3")),
	ROW(10, "plainly_positive", NULLABLE, NO_DEFAULT),
	ROW(10, "\"Odd Domain\"", NULLABLE, DEFAULT_SQL("fixed() + 1")),
	ROW(10, "needed", NOT_NULL, DEFAULT("x")),
	ROW(10, "needed_x", NULLABLE, NO_DEFAULT),
	ROW(11, "positive[]", NULLABLE, DEFAULT("{1}")),
	ROW(11, "checked_pair", NULLABLE, DEFAULT("(1,x)")),
	ROW(11, "pairs", NULLABLE, DEFAULT("(1,x)")),

	/* What fails, at least on a table with rows */
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("nullif(1, 1)")),
	ROW(10, "INTEGER", NOT_NULL, DEFAULT_SQL("fixed_null()")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT("a word")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT("")),
	ROW(10, "VARCHAR(3)", NULLABLE, DEFAULT("four")),
	ROW(10, "BIT(3)", NULLABLE, DEFAULT("10")),
	ROW(10, "NUMERIC(3,1)", NOT_NULL, DEFAULT("1000")),
	ROW(10, "JSONB", NULLABLE, DEFAULT("{'a': 1}")),
	ROW(10, "mood", NULLABLE, DEFAULT("Happy")),
	ROW(10, "BOOLEAN", NULLABLE, DEFAULT_SQL("1")),
	ROW(10, "UUID", NULLABLE, DEFAULT_SQL("md5('x')")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("1 / 0")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("nosuch()")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("id + 1")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("(SELECT 1)")),
	ROW(10, "BIGINT", NULLABLE, DEFAULT_SQL("count(*)")),
	ROW(10, "BIGINT", NULLABLE, DEFAULT_SQL("nextval('nosuch')")),
	ROW(10, "TEXT", NULLABLE, DEFAULT_SQL("current_setting('no.such')")),
	ROW(10, "INTEGER", NULLABLE, DEFAULT_SQL("failing()")),
	ROW(10, "REGROLE", NULLABLE, DEFAULT("postgres")),
	ROW(10, "positive", NULLABLE, DEFAULT("0")),
	ROW(10, "positive", NOT_NULL, DEFAULT_SQL("nullif(1, 1)")),
	ROW(10, "odd_positive", NULLABLE, DEFAULT("2")),
	ROW(10, "\"Odd Domain\"", NULLABLE, DEFAULT_SQL("fixed()")),
	ROW(10, "needed", NULLABLE, NO_DEFAULT),
	ROW(10, "present", NULLABLE, NO_DEFAULT),
	ROW(11, "checked_pair", NULLABLE, DEFAULT("(0,x)")),
	ROW(11, "pairs", NULLABLE, DEFAULT("(0,x)")),
};
/* clang-format on */

const struct cost_table cost_postgres = {rows, COUNT(rows), setup, COUNT(setup)};
