/* How large a table of a SQLite file is. */
#include "sqlite_support.h"

static void expect_size(struct file *file, const char *name, long long count_to, long long rows,
			bool exact)
{
	struct size_question question = {.name = name, .count_to = count_to};
	cr_assert(backend_sqlite.measure(file->session, &question, 1, &file->arena, &file->err),
		  "%s: %s", name, file->err.message);
	cr_expect(question.size.rows == rows && question.size.exact == exact &&
			  question.size.bytes == -1,
		  "%s to %lld: %lld rows, %d, %lld bytes", name, count_to, question.size.rows,
		  question.size.exact, question.size.bytes);
}

static const char tables[] =
	"CREATE TABLE empty (x);"
	"CREATE TABLE \"the \"\" table\" (x);"
	"CREATE TABLE keyed (x INTEGER PRIMARY KEY, y) WITHOUT ROWID;"
	"CREATE VIEW v AS SELECT x FROM keyed;"
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
	"    INSERT INTO \"the \"\" table\" SELECT i FROM n;"
	"INSERT INTO keyed SELECT x, x % 2 FROM \"the \"\" table\" WHERE x <= 100;";

Test(sqlite, rows_are_counted_as_far_as_asked)
{
	struct file file;
	file_open(&file, tables);
	static const struct {
		const char *name;
		long long count_to, rows;
	} cases[] = {
		{"empty", 0, 0},
		{"empty", 10, 0},
		{"the \" table", 0, 1},
		{"the \" table", 10, 11},
		{"the \" table", 999, 1000},
		{"the \" table", 1000, 1000},
		{"the \" table", 100000, 1000},
		{"THE \" TABLE", 9223372036854775807, 1000},
		{"keyed", 99, 100},
		{"keyed", 100, 100},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_size(&file, cases[i].name, cases[i].count_to, cases[i].rows, true);
	/* What is not a table has no size. */
	expect_size(&file, "v", 10, -1, false);
	expect_size(&file, "nowhere", 10, -1, false);
	file_close(&file);
}

Test(sqlite, an_estimate_is_what_analyze_has_found)
{
	struct file file;
	file_open(&file, tables);
	expect_size(&file, "empty", -1, 0, true);
	expect_size(&file, "the \" table", -1, -1, false);
	file_run(&file, "CREATE INDEX part ON keyed (y) WHERE x < 10; ANALYZE;"
			"INSERT INTO \"the \"\" table\" VALUES (0); INSERT INTO empty VALUES (0)");
	expect_size(&file, "the \" table", -1, 1000, false);
	expect_size(&file, "Keyed", -1, 100, false);
	expect_size(&file, "empty", -1, -1, false);
	expect_size(&file, "nowhere", -1, -1, false);
	file_close(&file);
}

Test(sqlite, counting_waits_for_locks_and_is_busy_then)
{
	struct file file;
	file_open(&file, tables);
	struct size_question question = {.name = "keyed", .count_to = 10};
	file_run(&file, "BEGIN EXCLUSIVE");
	cr_expect(!backend_sqlite.measure(file.session, &question, 1, &file.arena, &file.err));
	cr_expect(file.err.status == RECONCILE_BUSY && file.err.class == ERROR_BUSY, "%s",
		  file.err.message);
	file_run(&file, "ROLLBACK");
	expect_size(&file, "keyed", 10, 11, true);
	file_close(&file);
}

Test(sqlite, an_attached_database_is_measured)
{
	struct file file;
	file_open(&file, "ATTACH ':memory:' AS app; CREATE TABLE app.t (x);"
			 "INSERT INTO app.t VALUES (1), (2); CREATE TABLE main.t (x)");
	file.settings.schema = "app";
	file_lend(&file);
	expect_size(&file, "t", 10, 2, true);
	file_close(&file);
}
