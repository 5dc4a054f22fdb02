/* What validate says without a database, held against what the databases do. */
#include "../../src/model/advice.h"
#include "../support/database.h"
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct definition {
	const char *type;
	const char *text; /* of DEFAULT_SQL; NULL: none */
};

/* Is that code among the findings about a column? */
static bool has_finding(const char *table, const char *column, struct definition definition,
			unsigned databases, const char *code)
{
	const struct reconcile_column row = {
		.table = table,
		.column = column,
		.type = definition.type,
		.default_value = {definition.text ? RECONCILE_DEFAULT_SQL : RECONCILE_NO_DEFAULT,
				  definition.text},
	};
	const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "test", NULL, 0, &row, 1};
	struct arena arena = {0};
	struct error err = {0};
	struct finding *one;
	bool found = false;
	registry_check(&registry, adviser_for(databases), &arena, &one, &err);
	for (; one; one = one->next)
		found = found || strcmp(one->shown.code, code) == 0;
	arena_release(&arena);
	return found;
}

/* ---- SQLite --------------------------------------------------------------- */

/* NULL: it works; otherwise what SQLite says. */
static char *sqlite_refusal(const char *setup, const char *column, struct definition definition)
{
	sqlite3 *db;
	char *sql = sqlite3_mprintf("ALTER TABLE t ADD COLUMN %s %s DEFAULT (%s)", column,
				    definition.type, definition.text ? definition.text : "NULL");
	char *message = NULL;
	cr_assert(sqlite3_open(":memory:", &db) == SQLITE_OK);
	cr_assert(sqlite3_exec(db, setup, NULL, NULL, NULL) == SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK && !message)
		message = sqlite3_mprintf("refused");
	sqlite3_free(sql);
	sqlite3_close(db);
	return message;
}

static void expect_sqlite(const char *setup, struct definition definition, bool predicted)
{
	char *refusal = sqlite_refusal(setup, "c", definition);
	cr_expect(predicted == (refusal != NULL), "%s DEFAULT (%s): %s, and SQLite says %s",
		  definition.type, definition.text ? definition.text : "",
		  predicted ? "a finding" : "no finding", refusal ? refusal : "nothing");
	sqlite3_free(refusal);
}

Test(validate, sqlite_refuses_the_defaults_that_are_found_and_no_other)
{
	static const char *const defaults[] = {
		"NULL",
		"TRUE",
		"false",
		"0",
		"-1",
		"+1",
		"- -1",
		"-(1)",
		"((1))",
		"1.5",
		".5",
		"1.",
		"1e5",
		"1e-5",
		"-1E+5",
		"0x1e",
		"0x1e+5",
		"'a'",
		"''",
		"'it''s'",
		"-'a'",
		"x'00'",
		"X'ff'",
		"x 'ff'",
		"CAST('1' AS INT)",
		"CAST(-1 AS varchar(3))",
		"CAST(CAST(1 AS INT) AS TEXT)",
		"-CAST(1 AS INT)",
		"CAST(1 + 1 AS INT)",
		"CAST(CURRENT_DATE AS TEXT)",
		"CURRENT_TIMESTAMP",
		"current_date",
		"CURRENT_TIME",
		"1 + 1",
		"'a' || 'b'",
		"abs(1)",
		"random()",
		"now()",
		"datetime('now')",
		"~1",
		"NOT 1",
		"'a' COLLATE nocase",
		"1 IS NULL",
		"'a' LIKE 'b'",
		"1 IN (1, 2)",
		"CASE WHEN 1 THEN 'a' ELSE 'b' END",
		"E'a'",
		"e'a\\n'",
		"$$a$$",
		"$x$a$x$",
		"'a'::text",
		"ARRAY[1]",
		"ARRAY['a']",
		"DATE '2020-01-01'",
		"INTERVAL '1 day'",
		"B'1'",
		"abc",
		"\"abc\"",
		"current_user",
		"'a' 'b'",
	};
	static const char *const always[] = {"sqlite-quoting", "sqlite-syntax", "bare-default"};
	size_t refused = 0;
	for (size_t i = 0; i < COUNT(defaults); i++) {
		const struct definition definition = {"TEXT", defaults[i]};
		bool predicted = false;
		for (size_t j = 0; j < COUNT(always); j++)
			predicted = predicted ||
				    has_finding("t", "c", definition, FOR_SQLITE, always[j]);
		/* A word of PostgreSQL's is a column's name here, which is no function but
		 * refused all the same. */
		if (strcmp(defaults[i], "current_user") != 0)
			expect_sqlite("CREATE TABLE t (a)", definition, predicted);
		predicted = predicted ||
			    has_finding("t", "c", definition, FOR_SQLITE, "sqlite-default");
		expect_sqlite("CREATE TABLE t (a); INSERT INTO t VALUES (1)", definition,
			      predicted);
		refused += predicted;
	}
	cr_expect(refused > 20 && refused < COUNT(defaults) - 20, "%zu", refused);
}

Test(validate, sqlite_refuses_the_types_that_are_found_and_no_other)
{
	static const char *const types[] = {
		"INTEGER",
		"int[]",
		"int[3]",
		"int[][]",
		"int ARRAY",
		"varchar(20)",
		"varchar (20)",
		"varchar(20)[]",
		"numeric(10,2)",
		"numeric(-10,+2)",
		"numeric(1,2,3)",
		"double precision",
		"character varying(20)",
		"national character varying(3)",
		"timestamp with time zone",
		"timestamp(3) with time zone",
		"time(3) without time zone",
		"interval",
		"interval(3)",
		"interval day to second",
		"interval day to second(3)",
		"interval year to month",
		"public.mood",
		"\"mood\"",
		"\"public\".\"mood\"",
		"\"a b\"",
		"mood \"a\"",
		"geometry(Point,4326)",
		"vector(1536)",
		"enum('a','b')",
		"t(E'a')",
		"t($$a$$)",
		"t(\"a\")",
		"bit varying(8)",
		"order",
		"group",
		"table",
		"index",
		"set",
		"to",
		"in",
		"values",
		"user",
		"end",
		"if",
		"cast",
		"raise",
		"current_date",
		"tag$x",
		"gr\xc3\xb6\xc3\x9f"
		"e",
		"text text text",
	};
	size_t refused = 0;
	for (size_t i = 0; i < COUNT(types); i++) {
		const struct definition definition = {types[i], NULL};
		bool predicted = has_finding("t", "c", definition, FOR_SQLITE, "sqlite-type") ||
				 has_finding("t", "c", definition, FOR_SQLITE, "sqlite-quoting");
		expect_sqlite("CREATE TABLE t (a)", definition, predicted);
		refused += predicted;
	}
	cr_expect(refused > 15 && refused < COUNT(types) - 15, "%zu", refused);
}

Test(validate, sqlite_keeps_the_table_names_that_are_found_and_no_other)
{
	static const char *const names[] = {"sqlite_x", "SQLite_X", "sqlite", "sqlitex",
					    "x_sqlite_"};
	for (size_t i = 0; i < COUNT(names); i++) {
		bool predicted = has_finding(names[i], "c", (struct definition){"INT", NULL},
					     FOR_SQLITE, "sqlite-name");
		sqlite3 *db;
		char *sql = sqlite3_mprintf("CREATE TABLE \"%s\" (c)", names[i]);
		cr_assert(sqlite3_open(":memory:", &db) == SQLITE_OK);
		cr_expect(predicted == (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK), "%s",
			  names[i]);
		sqlite3_free(sql);
		sqlite3_close(db);
	}
}

/* ---- PostgreSQL ----------------------------------------------------------- */

static const char probe_sql[] =
	"CREATE FUNCTION probe(definition text) RETURNS text LANGUAGE plpgsql AS $$\n"
	"DECLARE\n"
	"	before oid;\n"
	"	canonical text;\n"
	"	answer text;\n"
	"BEGIN\n"
	"	CREATE TEMP TABLE p (id int);\n"
	"	INSERT INTO p VALUES (1);\n"
	"	before := pg_relation_filenode('p');\n"
	"	EXECUTE 'ALTER TABLE p ADD COLUMN c ' || definition;\n"
	"	SELECT pg_get_expr(adbin, adrelid) INTO canonical FROM pg_attrdef\n"
	"	 WHERE adrelid = 'p'::regclass;\n"
	"	answer := CASE WHEN pg_relation_filenode('p') = before THEN 'catalog ' ELSE\n"
	"		'rewrite ' END || canonical;\n"
	"	DROP TABLE p;\n"
	"	RETURN answer;\n"
	"EXCEPTION WHEN OTHERS THEN\n"
	"	RETURN 'refused ' || sqlstate;\n"
	"END $$;\n"
	"CREATE SEQUENCE s; SELECT nextval('s')";

/* "rewrite random()", "catalog now()", "refused 42883" */
static char *probe(struct database *database, struct definition definition)
{
	char text[500];
	snprintf(text, sizeof(text), "%s DEFAULT (%s)", definition.type, definition.text);
	char *literal = PQescapeLiteral(database->admin, text, strlen(text));
	char *answer = database_value(database, "SELECT probe(%s)", literal);
	PQfreemem(literal);
	return answer;
}

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static bool predicts(struct definition definition, const char *code)
{
	return has_finding("t", "c", definition, FOR_POSTGRESQL, code);
}

/* A function that this version does not have, or a type. */
static bool is_unknown(const char *answer)
{
	return strcmp(answer, "refused 42883") == 0 || strcmp(answer, "refused 42704") == 0;
}

Test(validate, postgres_rewrites_for_the_defaults_that_are_found_and_no_other)
{
	static const struct definition definitions[] = {
		{"float", "random()"},
		{"float", "\"random\"()"},
		{"float", "pg_catalog.random()"},
		{"float", "random ( ) * 2"},
		{"float", "random_normal()"},
		{"text", "'random()'"},
		{"text", "lower('random()')"},
		{"text", "timeofday()"},
		{"text", "md5(random()::text)"},
		{"timestamptz", "clock_timestamp()"},
		{"timestamptz", "statement_timestamp()"},
		{"timestamptz", "transaction_timestamp()"},
		{"timestamptz", "now()"},
		{"timestamptz", "CURRENT_TIMESTAMP"},
		{"timestamp", "LOCALTIMESTAMP"},
		{"date", "CURRENT_DATE"},
		{"text", "CURRENT_USER"},
		{"text", "to_char(now(), 'YYYY')"},
		{"uuid", "gen_random_uuid()"},
		{"uuid", "uuidv4()"},
		{"uuid", "uuidv7()"},
		{"bigint", "nextval('s')"},
		{"bigint", "currval('s')"},
		{"bigint", "lastval()"},
		{"text", "current_setting('server_version')"},
		{"int", "1 + 1"},
		{"text", "E'a'"},
		{"text", "$$random()$$"},
		{"int[]", "ARRAY[1]"},
		{"bigint", "txid_current()"},
	};
	struct database *database = database_new(ENGINE_POSTGRES);
	bool ten = database_version(database) < 11; /* it rewrites for every default */
	size_t rewrites = 0;
	database_execute(database, "%s", probe_sql);
	for (size_t i = 0; i < COUNT(definitions); i++) {
		bool predicted = predicts(definitions[i], "volatile-default");
		char *answer = probe(database, definitions[i]);
		bool rewritten = begins(answer, "rewrite ");
		rewrites += rewritten && predicted;
		if (!is_unknown(answer))
			cr_expect(ten ? rewritten : rewritten == predicted, "%s: predicted %d, %s",
				  definitions[i].text, predicted, answer);
		free(answer);
	}
	cr_expect(rewrites >= 9, "%zu", rewrites);
	database_free(database);
}

static bool still_says(const char *canonical, const char *word)
{
	return strcasestr(canonical, word) != NULL;
}

/* Frozen is what said now, or today, and does not any more. */
Test(validate, postgres_freezes_the_defaults_that_are_found_and_no_other)
{
	static const struct definition definitions[] = {
		{"timestamp", "'now'"},
		{"timestamp", "'now()'"},
		{"timestamp", "' NOW '"},
		{"timestamptz", "'today 12:00'"},
		{"date", "'tomorrow'"},
		{"date", "('yesterday')"},
		{"time", "'now'"},
		{"timetz", "'now'"},
		{"time(3) with time zone", "'now'"},
		{"timestamp[]", "'{now}'"},
		{"tstzrange", "'[now,)'"},
		{"\"timestamptz\"", "'now'"},
		{"pg_catalog.date", "'today'"},
		{"text", "'now'"},
		{"text", "'now()'"},
		{"timestamptz", "'now'::timestamptz"},
		{"timestamptz", "'now'::text::timestamptz"},
		{"timestamptz", "timestamptz 'now'"},
		{"timestamptz", "CAST('now' AS timestamptz)"},
		{"timestamptz", "CAST('now'::text AS timestamptz)"},
		{"date", "date 'today' + 1"},
		{"timestamptz", "timestamp with time zone 'now'"},
		{"timestamp", "timestamp(3) 'now'"},
		{"timestamptz", "'now'::pg_catalog.timestamptz"},
		{"timestamptz", "'now'::\"timestamptz\""},
		{"timestamptz", "E'now'"},
		{"timestamptz", "$$now$$"},
		{"date", "date('now')"},
		{"timestamptz", "now()"},
		{"timestamptz", "CURRENT_TIMESTAMP"},
		{"date", "now()::date"},
		{"text", "lower('NOW')"},
	};
	static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};
	struct database *database = database_new(ENGINE_POSTGRES);
	size_t frozen = 0;
	database_execute(database, "%s", probe_sql);
	for (size_t i = 0; i < COUNT(definitions); i++) {
		bool predicted = predicts(definitions[i], "frozen-default"), gone = false;
		char *answer = probe(database, definitions[i]);
		cr_expect(!begins(answer, "refused "), "%s %s: %s", definitions[i].type,
			  definitions[i].text, answer);
		for (size_t j = 0; j < COUNT(words); j++)
			gone = gone || (still_says(definitions[i].text, words[j]) &&
					!still_says(answer, words[j]));
		cr_expect(gone == predicted, "%s DEFAULT (%s): predicted %d, %s",
			  definitions[i].type, definitions[i].text, predicted, answer);
		frozen += gone;
		free(answer);
	}
	cr_expect(frozen > 15 && frozen < COUNT(definitions), "%zu", frozen);
	database_free(database);
}

Test(validate, postgres_refuses_names_and_foreign_functions_as_they_are_found)
{
	static const struct definition definitions[] = {
		{"text", "pending"},
		{"text", "\"x\""},
		{"text", "\"current_user\""},
		{"text", "USER"},
		{"text", "current_user"},
		{"text", "session_user"},
		{"text", "current_role"},
		{"text", "current_catalog"},
		{"text", "current_schema"},
		{"time", "localtime"},
		{"timestamp", "localtimestamp"},
		{"bool", "TRUE"},
		{"text", "NULL::text"},
		{"text", "datetime('now')"},
		{"text", "strftime('%s')"},
		{"text", "hex('a')"},
		{"text", "ifnull('a', 'b')"},
		{"text", "iif(true, 'a', 'b')"},
		{"text", "upper('a')"},
	};
	struct database *database = database_new(ENGINE_POSTGRES);
	database_execute(database, "%s", probe_sql);
	for (size_t i = 0; i < COUNT(definitions); i++) {
		bool predicted = predicts(definitions[i], "bare-default") ||
				 predicts(definitions[i], "foreign-function");
		char *answer = probe(database, definitions[i]);
		cr_expect(begins(answer, "refused ") == predicted, "%s: predicted %d, %s",
			  definitions[i].text, predicted, answer);
		free(answer);
	}
	database_free(database);
}

Test(validate, postgres_has_the_columns_that_are_found_and_no_other)
{
	static const char *const names[] = {"cmax", "cmin", "ctid", "tableoid", "xmax",
					    "xmin", "Xmin", "oid",  "rowid",    "id"};
	struct database *database = database_new(ENGINE_POSTGRES);
	for (size_t i = 0; i < COUNT(names); i++) {
		bool predicted = has_finding("t", names[i], (struct definition){"INT", NULL},
					     FOR_POSTGRESQL, "system-column");
		char sql[200];
		snprintf(sql, sizeof(sql), "CREATE TABLE t%zu (\"%s\" int)", i, names[i]);
		PGresult *result = PQexec(database->admin, sql);
		cr_expect(predicted == (PQresultStatus(result) != PGRES_COMMAND_OK), "%s: %s",
			  names[i], PQresultErrorMessage(result));
		PQclear(result);
	}
	database_free(database);
}
