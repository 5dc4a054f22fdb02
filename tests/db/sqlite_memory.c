/* Memory that runs out while SQLite is asked: an error, no crash, no leak. */
#include "sqlite_support.h"

/* Every question, once. Stops at the first failure. */
static bool ask(struct file *file, struct arena *arena)
{
	static const char *const definitions[] = {
		"INTEGER NOT NULL DEFAULT 1",       "TEXT DEFAULT (1e3)",
		"TEXT DEFAULT (random())",          "TEXT DEFERRABLE",
		"TEXT DEFAULT 0x80000000000000001",
	};
	struct cost_question questions[20 * COUNT(definitions)] = {0};
	struct default_pair pairs[] = {
		{.type = "TEXT", .declared = "'1'", .live = "1"},
		{.type = "ANY", .declared = "'1'", .live = "1"},
		{.type = "TEXT", .declared = "(abs(1))", .live = "ABS(1)"},
		{.type = "TEXT", .declared = "(abs(1))", .live = "2"},
		{.type = "TEXT", .declared = "(nowhere())", .live = "word"},
	};
	struct size_question sizes[] = {
		{.name = "t", .count_to = 10},
		{.name = "t", .count_to = -1},
	};
	for (size_t i = 0; i < COUNT(questions); i++)
		questions[i].definition = definitions[i % COUNT(definitions)];
	const struct backend *backend = &backend_sqlite;
	struct session *session = NULL;
	bool fine = backend->open(&session, NULL, &file->settings, &file->err) &&
		    backend->assess(session, questions, COUNT(questions), arena, &file->err) &&
		    backend->compare_defaults(session, pairs, COUNT(pairs), arena, &file->err) &&
		    backend->measure(session, sizes, COUNT(sizes), arena, &file->err);
	backend->close(session);
	return fine;
}

Test(sqlite, every_allocation_of_a_question_may_fail)
{
	struct file file;
	file_open(&file, "CREATE TABLE t (x); INSERT INTO t VALUES (1); ANALYZE");
	unsigned failures = 0;
	for (bool fine = false; !fine; failures++) {
		struct arena arena = {0};
		file.err = (struct error){0};
		arena_fail_after(failures + 1);
		fine = ask(&file, &arena);
		arena_fail_after(0);
		arena_release(&arena);
		if (!fine) {
			cr_expect(file.err.status == RECONCILE_FAILED);
			cr_expect(strcmp(file.err.message, "out of memory") == 0, "%s",
				  file.err.message);
		}
	}
	cr_expect(failures > 5, "an arena asks for a block at a time");
	file_close(&file);
}
