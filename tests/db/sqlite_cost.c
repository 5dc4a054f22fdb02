/* What SQLite says about adding a column in the probe is what it then does in a file with rows. */
#include "sqlite_support.h"
#include <stdio.h>

static const char *const types[] = {
	"INTEGER",
	"VARCHAR(20)",
	"text",
	"REAL",
	"BLOB",
	"NUMERIC(10, 2)",
	"BOOLEAN",
	"double precision",
	"timestamp with time zone",
	"INTEGER[]",
	"\"My \"\"own\"\" type\"",
	"JSON",
	"time(3) with time zone",
	"a.b",
	"VARCHAR('x')",
	"INTEGER AUTOINCREMENT",
};

/* As behind DEFAULT; the first one is no default. */
static const char *const defaults[] = {
	"",
	"0",
	"1",
	"-1",
	"+1",
	"1.5",
	"-0.0",
	"1e3",
	"0x10",
	"0x7fffffffffffffff",
	"0x80000000000000001",
	"9223372036854775807",
	"9223372036854775808",
	"''",
	"'x'",
	"'it''s \"it\"'",
	"'007'",
	"' 1 '",
	"'1e3'",
	"\'tr\xc3\xbcme\'",
	"'two\nlines'",
	"'2020-01-01'",
	"X'00'",
	"X''",
	"TRUE",
	"false",
	"NULL",
	"word",
	"\"x\"",
	"CURRENT_TIMESTAMP",
	"CURRENT_DATE",
	"(0)",
	"(1)",
	"( 1 )",
	"((1))",
	"(-1)",
	"(- -1)",
	"(+1)",
	"(.5)",
	"('x')",
	"(('x'))",
	"(-'x')",
	"(X'00')",
	"(TRUE)",
	"(NULL)",
	"(-NULL)",
	"(CAST(NULL AS INT))",
	"(CAST('1' AS INT))",
	"(CAST(1e3 AS TEXT))",
	"(CAST(X'41' AS TEXT))",
	"(CAST(CAST('1.5' AS REAL) AS INT))",
	"(1 + 1)",
	"('a' || 'b')",
	"(NOT 1)",
	"(~1)",
	"(1 IS NULL)",
	"(CASE WHEN 1 THEN 2 END)",
	"('x' COLLATE nocase)",
	"(CURRENT_TIMESTAMP)",
	"(CURRENT_TIME)",
	"(random())",
	"(datetime('now'))",
	"(abs(-1))",
	"(hex(randomblob(16)))",
	"(no_such_function())",
	"(word)",
	"(\"x\")",
	"(x)",
	"(:parameter)",
	"(SELECT 1)",
	"((SELECT 1))",
	"(now())",
	"(1::int)",
	"($$x$$)",
	"($tag$x$tag$)",
	"(E'x')",
	"(U&'x')",
	"(ARRAY[1, 2])",
	"('{}'::jsonb)",
	"(nextval('s'))",
	"(INTERVAL '1 day')",
	"(gen_random_uuid())",
	"()",
};

static const char *definition_of(char *text, size_t size, const char *type, bool not_null,
				 const char *value)
{
	snprintf(text, size, "%s%s%s%s", type, not_null ? " NOT NULL" : "",
		 *value != '\0' ? " DEFAULT " : "", value);
	return text;
}

/* Rows are looked at only by what the authorizer is then asked about: a pragma that checks them, or
 * a column that is read. */
static int watch(void *looks, int action, const char *first, const char *second,
		 const char *database, const char *trigger)
{
	(void)second;
	(void)database;
	(void)trigger;
	if (action == SQLITE_PRAGMA || (action == SQLITE_READ && strcmp(first, "t") == 0))
		++*(int *)looks;
	return SQLITE_OK;
}

/* Adds it to the file's table, in a transaction that is rolled back. */
static bool really_works(struct file *file, const char *definition, int *looks)
{
	char sql[256];
	snprintf(sql, sizeof(sql), "ALTER TABLE t ADD COLUMN c %s", definition);
	file_run(file, "BEGIN");
	*looks = 0;
	sqlite3_set_authorizer(file->connection, watch, looks);
	bool works = file_try(file, sql) == SQLITE_OK;
	sqlite3_set_authorizer(file->connection, NULL, NULL);
	/* Added, but is it of use? */
	works = works && file_try(file, "INSERT INTO t (x) VALUES (3)") == SQLITE_OK &&
		file_number(file,
			    "SELECT count(*) FROM t WHERE c IS (SELECT c FROM t WHERE x = 3)") == 3;
	file_run(file, "ROLLBACK");
	return works;
}

Test(sqlite, each_prediction_is_what_the_file_does)
{
	enum { QUESTIONS = 2 * COUNT(types) * COUNT(defaults) };
	static struct cost_question questions[QUESTIONS];
	static char definitions[QUESTIONS][128];
	struct file file;
	file_open(&file, "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)");
	size_t count = 0;
	for (size_t i = 0; i < COUNT(types); i++)
		for (size_t j = 0; j < COUNT(defaults); j++)
			for (int not_null = 0; not_null < 2; not_null++, count++) {
				questions[count].type = types[i];
				questions[count].definition =
					definition_of(definitions[count], sizeof(definitions[0]),
						      types[i], not_null, defaults[j]);
			}
	cr_assert(backend_sqlite.assess(file.session, questions, count, &file.arena, &file.err),
		  "%s", file.err.message);
	size_t wrong = 0, possible = 0;
	for (size_t i = 0; i < count; i++) {
		int looks;
		bool works = really_works(&file, questions[i].definition, &looks);
		enum reconcile_cost cost =
			works ? RECONCILE_COST_CATALOG : RECONCILE_COST_IMPOSSIBLE;
		wrong += questions[i].cost != cost;
		possible += works;
		const char *reason = questions[i].reason;
		cr_expect(questions[i].cost == cost, "%s: %d, %s", questions[i].definition,
			  questions[i].cost, reason != NULL ? reason : "no reason");
		cr_expect((reason == NULL) == (cost == RECONCILE_COST_CATALOG), "%s",
			  questions[i].definition);
		cr_expect(!works || looks == 0, "%s reads the rows", questions[i].definition);
	}
	cr_expect(wrong == 0, "%zu of %zu", wrong, count);
	cr_expect(possible > count / 4 && possible < count - count / 4, "%zu of %zu", possible,
		  count);
	file_close(&file);
}

/* The watch above sees what it is to see. */
Test(sqlite, a_check_reads_the_rows)
{
	struct file file;
	file_open(&file, "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)");
	int looks;
	cr_expect(really_works(&file, "INTEGER CHECK (c > 0)", &looks) && looks > 0);
	cr_expect(really_works(&file, "INTEGER AS (1) NOT NULL", &looks) && looks > 0);
	file_close(&file);
}

Test(sqlite, a_refusal_says_why)
{
	static const struct {
		const char *definition;
		const char *reason; /* is part of it */
	} cases[] = {
		{"INTEGER DEFAULT (1 + 1)",
		 "SQLite refuses it on a table with rows: Cannot add a column with non-constant "
		 "default"},
		{"INTEGER NOT NULL", "on a table with rows: Cannot add a NOT NULL column"},
		{"time(3) with time zone", "SQLite refuses it: near \"with\": syntax error"},
		{"INTEGER DEFAULT (1::int)", "SQLite refuses it: unrecognized token: \":\""},
		{"INTEGER DEFAULT ($$x$$)",
		 "SQLite refuses it: default value of column [column] is not constant"},
		{"INTEGER NOT NULL DEFAULT (CAST(NULL AS INT))",
		 "NOT NULL constraint failed: table.column"},
		{"INTEGER DEFAULT 0x80000000000000001",
		 "every row that has its default: hex literal"},
		{"TEXT DEFAULT (1e3)",
		 "make that default '1e3' in the rows that there are, and '1000.0' in later ones"},
		/* What SQLite takes, and reads as something else. */
		{"INTEGER DEFERRABLE INITIALLY DEFERRED", "reads its type as 'INTEGER'"},
		{"\"My type\" INTEGER", "reads its type as 'My type'"},
		{"INTEGER NULL", "reads its type as 'INTEGER'"},
		{"INTEGER AS (1)", "reads a generated column in it"},
		{"TEXT DEFAULT (CAST(1 AS a['])) CHECK (1) DEFAULT (CAST(2 AS b[']))",
		 "reads its default as 'CAST(2 AS b['])'"},
		{"TEXT DEFAULT (CAST(1 AS a['])) NOT NULL DEFAULT (CAST(2 AS b[']))",
		 "reads a NOT NULL in it"},
		{"TEXT DEFAULT (CAST(1 AS a['])) REFERENCES b (c) --'])+0)", "SQLite refuses it: "},
		{"TEXT DEFAULT (CAST(1 AS E'\\')) REFERENCES b (c) --'))", "SQLite refuses it: "},
		{"TEXT DEFAULT (CAST(1 AS E'\\')); DROP TABLE \"table\" --'))",
		 "SQLite refuses it: not exactly one statement"},
	};
	struct cost_question questions[COUNT(cases)];
	for (size_t i = 0; i < COUNT(cases); i++)
		questions[i] = (struct cost_question){.definition = cases[i].definition,
						      .type = "INTEGER"};
	struct file file;
	file_open(&file, "CREATE TABLE t (x)");
	cr_assert(backend_sqlite.assess(file.session, questions, COUNT(cases), &file.arena,
					&file.err),
		  "%s", file.err.message);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *reason = questions[i].reason != NULL ? questions[i].reason : "";
		cr_expect(questions[i].cost == RECONCILE_COST_IMPOSSIBLE, "%s: %d",
			  cases[i].definition, questions[i].cost);
		cr_expect(strstr(reason, cases[i].reason) != NULL, "%s: %s", cases[i].definition,
			  reason);
	}
	file_close(&file);
}

Test(sqlite, asking_touches_no_file)
{
	static const struct cost_question asked[] = {
		{.definition = "INTEGER DEFAULT 1", .type = "INTEGER"},
		{.definition = "INTEGER DEFAULT (random())", .type = "INTEGER"},
	};
	struct cost_question questions[COUNT(asked)];
	memcpy(questions, asked, sizeof(asked));
	struct file file;
	file_open(&file, "CREATE TABLE \"table\" (x); INSERT INTO \"table\" VALUES (7)");
	/* Nobody else may even read it. */
	file_run(&file, "BEGIN EXCLUSIVE");
	cr_expect(backend_sqlite.assess(file.session, questions, COUNT(questions), &file.arena,
					&file.err),
		  "%s", file.err.message);
	cr_expect(questions[0].cost == RECONCILE_COST_CATALOG &&
		  questions[1].cost == RECONCILE_COST_IMPOSSIBLE);
	file_run(&file, "ROLLBACK");

	file_lend(&file);
	int changes = sqlite3_total_changes(file.connection);
	cr_expect(backend_sqlite.assess(file.session, questions, COUNT(questions), &file.arena,
					&file.err));
	cr_expect(sqlite3_total_changes(file.connection) == changes);
	cr_expect(file_number(&file, "SELECT count(*) FROM pragma_table_xinfo('table')") == 1);
	cr_expect(file_number(&file, "SELECT count(*) FROM sqlite_master") == 1);
	file_close(&file);
}

/* ---- what a change has made ----------------------------------------------- */

/* Executes it as a change of t that makes column c, and rolls it back. */
static void change(struct file *file, const char *statement, const char *definition)
{
	const char *name = "t";
	struct change_column column = {.name = "c", .definition = definition};
	struct history_entry entry = {.action = "add_column", .column = "c", .sql = statement};
	struct read_request request = {.names = &name, .name_count = 1};
	struct change change = {
		.table = name,
		.statements = &statement,
		.statement_count = 1,
		.entries = &entry,
		.entry_count = 1,
		.columns = &column,
		.column_count = 1,
		.run_id = "run",
		.registry = "test",
		.fingerprint = "0123456789abcdef",
		.attempts = 1,
		.history = &(struct relation){.name = HISTORY_TABLE},
	};
	struct catalog catalog;
	error_clear(&file->err);
	cr_assert(backend_sqlite.begin(file->session, &request, &catalog, &file->arena, &file->err),
		  "%s", file->err.message);
	backend_sqlite.change(file->session, &change, &request, &catalog, &file->arena, &file->err);
	backend_sqlite.rollback(file->session);
}

Test(sqlite, a_change_that_sqlite_reads_otherwise_is_refused)
{
	static const struct {
		const char *definition;
		const char *message; /* is part of it; "": it works */
	} cases[] = {
		{"INTEGER", ""},
		{"\"My type\" NOT NULL DEFAULT ''", ""},
		{"text NOT NULL DEFAULT 'it''s'", ""},
		{"TEXT DEFAULT ((CAST(1 AS TEXT)))", ""},
		{"INTEGER DEFERRABLE INITIALLY DEFERRED", "its type as 'INTEGER'"},
		{"TEXT DEFAULT (CAST(1 AS a['])) CHECK (1) DEFAULT (CAST(2 AS b[']))",
		 "its default as 'CAST(2 AS b['])'"},
		{"TEXT DEFAULT (CAST(1 AS E'\\')) COLLATE nocase --'))",
		 "its default as 'CAST(1 AS E'"},
		{"TEXT DEFAULT (CAST(1 AS E'\\')) UNIQUE DEFAULT (2) --'))", "its default as '2'"},
	};
	struct file file;
	file_open(&file, "CREATE TABLE other (x)");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char sql[256];
		snprintf(sql, sizeof(sql), "CREATE TABLE t (\n  \"c\" %s\n)", cases[i].definition);
		change(&file, sql, cases[i].definition);
		bool good = *cases[i].message == '\0';
		cr_expect(file.err.status == (good ? RECONCILE_OK : RECONCILE_BAD_REGISTRY),
			  "%s: %d: %s", sql, file.err.status, file.err.message);
		cr_expect(strstr(file.err.message, cases[i].message) != NULL, "%s: %s", sql,
			  file.err.message);
		cr_expect(file_number(&file, "SELECT count(*) FROM sqlite_master") == 1);
	}
	file_run(&file, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char sql[256];
		snprintf(sql, sizeof(sql), "ALTER TABLE t ADD COLUMN c %s", cases[i].definition);
		change(&file, sql, cases[i].definition);
		bool good = *cases[i].message == '\0';
		cr_expect((file.err.status == RECONCILE_OK) == good, "%s: %d: %s", sql,
			  file.err.status, file.err.message);
		cr_expect(file_number(&file, "SELECT count(*) FROM pragma_table_xinfo('t')") == 1);
	}
	file_close(&file);
}
