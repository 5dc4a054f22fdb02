/*
 * Files that a real libSQL has written, and still writes between our starts: its vector index is
 * one that SQLite finds empty, and whose content is in tables beside it.
 */
#include "../../src/backend/sqlite.h"
#include "../db/boot.h"
#include "../support/run.h"

#include <stdio.h>

/* ---- libSQL --------------------------------------------------------------- */

/* FILE and SQL of the environment; it prints the first value of each row. */
static const char program[] =
	"const Database = require(process.env.TEST_LIBSQL + '/libsql');\n"
	"const database = new Database(process.env.TEST_FILE);\n"
	"const statement = database.prepare(process.env.TEST_SQL);\n"
	"if (statement.reader)\n"
	"	console.log(statement.raw().all().map((row) => row[0]).join(' '));\n"
	"else\n"
	"	statement.run();\n"
	"database.close();\n";

/* One statement, through libSQL. */
static struct run libsql(const struct database *database, const char *sql)
{
	const char *modules = getenv("TEST_LIBSQL");
	cr_assert(modules != NULL, "no libSQL: run make test-matrix MATRIX=libsql");
	char path[700];
	snprintf(path, sizeof(path), "%s/libsql.cjs", database->folder);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fputs(program, file) >= 0 && fclose(file) == 0, "'%s'", path);
	cr_assert(setenv("TEST_FILE", database->path, 1) == 0 && setenv("TEST_SQL", sql, 1) == 0);
	return run("node '%s'", path);
}

static void libsql_must(const struct database *database, const char *sql)
{
	struct run ended = libsql(database, sql);
	cr_assert_eq(ended.status, 0, "%s: %s", sql, ended.err);
	run_free(&ended);
}

static void expect_libsql(const struct database *database, const char *wanted, const char *sql)
{
	struct run ended = libsql(database, sql);
	ended.out[strcspn(ended.out, "\n")] = '\0';
	cr_expect(ended.status == 0 && strcmp(ended.out, wanted) == 0, "%s: '%s', not '%s'%s", sql,
		  ended.out, wanted, ended.err);
	run_free(&ended);
}

#define INDEX "CREATE INDEX near ON texts (libsql_vector_idx(embedding))"
#define ROWS                                                                                       \
	"INSERT INTO texts (id, title, embedding) VALUES (1, 'one', vector32('[1,0,0]')),"         \
	" (2, 'two', vector32('[0,1,0]')), (3, NULL, vector32('[0,0,1]'))"
#define NEAREST "SELECT id FROM vector_top_k('near', vector32('[0,0,1]'), 1)"

static const struct reconcile_table tables[] = {TABLE("texts")};
static const struct reconcile_column columns[] = {
	COLUMN("texts", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("texts", "title", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("texts", "embedding", "F32_BLOB(3)", NULLABLE, NO_DEFAULT),
	COLUMN("texts", "note", "TEXT", NOT_NULL, DEFAULT("none")),
	COLUMN("texts", "summary", "F32_BLOB(3)", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_registry registry = {
	RECONCILE_REGISTRY_LAYOUT, "app", tables, 1, columns, 3};
static const struct reconcile_registry newer = REGISTRY(tables, columns);

#define ON_LIBSQL(name) ON_SQLITE(libsql, name)

/* ---- starts --------------------------------------------------------------- */

ON_LIBSQL(columns_are_added_and_the_index_goes_on)
{
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->tables_created, 1);
	libsql_must(start->database, INDEX);
	libsql_must(start->database, ROWS);
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 3);
	cr_expect_eq(start->counts->applied, 0);

	start_must(start, &newer, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 2);
	expect_libsql(start->database, "none none none", "SELECT note FROM texts");
	expect_libsql(start->database, "3", NEAREST);
	libsql_must(start->database,
		    "INSERT INTO texts VALUES (4, 'four', vector32('[0,1,1]'), 'new', NULL)");
	expect_libsql(start->database, "3 4",
		      "SELECT id FROM vector_top_k('near', vector32('[0,0,1]'), 2)");
	expect_libsql(start->database, "ok", "PRAGMA integrity_check");
	start_must(start, &newer, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 0);
}

ON_LIBSQL(what_keeps_the_index_is_foreign)
{
	static const struct {
		const char *table, *whose;
	} cases[] = {
		{"near_shadow", "content of index 'near'"},
		{"libsql_vector_meta_shadow", "a table of libSQL itself"},
		{"keyed_near_shadow", "content of index 'keyed_near'"},
	};
	start_must(start, &registry, RECONCILE_OK);
	libsql_must(start->database, INDEX);
	libsql_must(start->database,
		    "CREATE TABLE keyed (id TEXT PRIMARY KEY, e F32_BLOB(3)) WITHOUT ROWID");
	libsql_must(start->database, "CREATE INDEX keyed_near ON keyed (libsql_vector_idx(e))");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct reconcile_column column =
			COLUMN(cases[i].table, "extra", "TEXT", NULLABLE, NO_DEFAULT);
		const struct reconcile_registry others = {
			RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, &column, 1};
		char *schema = database_schema(start->database);
		start_run(start, &others);
		expect_status(start, RECONCILE_CONFLICT);
		const struct reconcile_item *item = start_item(start, cases[i].table, NULL);
		cr_assert(item != NULL, "%s: %s", cases[i].table, start_told(start));
		cr_expect_eq(item->state, RECONCILE_FOREIGN, "%s", cases[i].table);
		expect_in(item->reason, cases[i].whose);
		expect_unchanged(start->database, schema);
	}
}

/* ---- before a loss -------------------------------------------------------- */

/* SQLite answers from the index. */
ON_LIBSQL(rows_are_counted_past_the_index)
{
	static const char *const names[] = {"texts", "keyed"};
	struct arena arena = {0};
	struct error err = {0};
	struct url url;
	struct session *session;
	start_must(start, &newer, RECONCILE_OK);
	libsql_must(start->database, INDEX);
	libsql_must(start->database, ROWS);
	libsql_must(start->database, "CREATE TABLE keyed (id TEXT PRIMARY KEY, a, b, e F32_BLOB(3))"
				     " WITHOUT ROWID");
	libsql_must(start->database, "CREATE INDEX keyed_near ON keyed (libsql_vector_idx(e))");
	libsql_must(start->database, "INSERT INTO keyed SELECT id, '', '', embedding FROM texts");
	cr_expect_eq(database_number(start->database, "SELECT count(*) FROM texts"), 0,
		     "this SQLite does not ask the index");

	cr_assert(url_parse(&url, start->database->url, &arena, &err), "%s", err.message);
	const struct session_settings settings = {.url = &url, .application = "test"};
	cr_assert(backend_sqlite.open(&session, NULL, &settings, &err), "%s", err.message);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct size_question question = {.name = names[i], .count_to = 10};
		cr_assert(backend_sqlite.measure(session, &question, 1, &arena, &err), "%s",
			  err.message);
		cr_expect(question.size.exact && question.size.rows == 3, "%s: %lld rows", names[i],
			  question.size.rows);
	}
	backend_sqlite.close(session);
	arena_release(&arena);
}

/* The newest so many changes are taken back. */
static void roll_back(struct start *start, size_t last, bool allowed, int wanted, const char *told)
{
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	request.last = last;
	request.apply = true;
	request.keep_registry = true;
	request.allow_data_loss = allowed;
	int status = reconcile_rollback(&newer, &start->options, &request, &rollback);
	const char *message = reconcile_rollback_error(rollback)->message;
	cr_expect_eq(status, wanted, "%d, not %d: %s", status, wanted, message);
	if (told != NULL)
		expect_in(message, told);
	reconcile_rollback_free(rollback);
}

ON_LIBSQL(a_column_is_taken_back_and_the_index_goes_on)
{
	start_must(start, &registry, RECONCILE_OK);
	start_must(start, &newer, RECONCILE_OK);
	libsql_must(start->database, INDEX);
	libsql_must(start->database, ROWS);
	roll_back(start, 1, false, RECONCILE_OK, NULL);
	roll_back(start, 1, false, RECONCILE_CONFLICT, "3 values would be lost");
	roll_back(start, 1, true, RECONCILE_OK, NULL);
	expect_libsql(start->database, "id title embedding",
		      "SELECT name FROM pragma_table_info('texts')");
	libsql_must(start->database, "INSERT INTO texts VALUES (4, 'four', vector32('[0,1,1]'))");
	expect_libsql(start->database, "3", NEAREST);
	expect_libsql(start->database, "ok", "PRAGMA integrity_check");
}

/* SQLite drops the index with its table, and what libSQL keeps of it is left: under the same name
 * it then makes an index of that. */
ON_LIBSQL(a_table_is_not_dropped_from_under_the_index)
{
	start_must(start, &registry, RECONCILE_OK);
	libsql_must(start->database, INDEX);
	libsql_must(start->database, ROWS);
	for (int allowed = 0; allowed <= 1; allowed++)
		roll_back(start, 1, allowed, RECONCILE_CONFLICT,
			  "libSQL's index 'near' is on it, whose content would be left behind; "
			  "drop that index first, by libSQL: DROP INDEX \"near\"");
	expect_libsql(start->database, "3", NEAREST);

	libsql_must(start->database, "DROP INDEX \"near\"");
	roll_back(start, 1, false, RECONCILE_CONFLICT, "3 rows would be lost");
	roll_back(start, 1, true, RECONCILE_OK, NULL);
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->tables_created, 1);
	libsql_must(start->database, INDEX);
	libsql_must(start->database, "INSERT INTO texts VALUES (4, 'four', vector32('[1,1,1]'))");
	expect_libsql(start->database, "4",
		      "SELECT id FROM vector_top_k('near', vector32('[0,0,1]'), 9)");
}

/* ---- what SQLite cannot read ---------------------------------------------- */

ON_LIBSQL(a_word_of_libsql_is_no_newer_sqlite)
{
	libsql_must(start->database, "CREATE TABLE sessions (token TEXT) RANDOM ROWID");
	for (int mode = 0; mode <= 1; mode++) {
		start->options.mode = mode == 0 ? RECONCILE_MODE_CHECK : RECONCILE_MODE_APPLY;
		start_run(start, &registry);
		expect_status(start, RECONCILE_UNREACHABLE);
		expect_in(start->error->message, "written by libSQL");
		expect_in(start->error->message, "RANDOM ROWID");
		expect_in(start->error->hint, "use libSQL");
		expect_not_in(start->error->hint, "newer");
		expect_not_in(start->error->hint, "backup");
	}
	expect_libsql(start->database, "sessions", "SELECT name FROM sqlite_master");
}
