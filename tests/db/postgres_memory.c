/* Memory that runs out, anywhere: an error, no crash, no leak, and nothing left open. */
#include "postgres_support.h"

static const char *const names[] = {"t", "reconcile_history", "absent"};
static const char *const types[] = {"int", "mood", "varchar(20)"};
static const struct read_request request = {names, 3, types, 3, false};

/* Everything that a session can do, once. Stops at the first failure. */
static bool live(struct fixture *fixture, struct arena *arena)
{
	static const char *const statements[] = {"ALTER TABLE t ADD COLUMN n int"};
	static const struct history_entry entries[] = {{"add_column", "n", "int", "ALTER"}};
	static const struct relation no_history = {.name = HISTORY_TABLE};
	static const struct change change = {
		.table = "t",
		.statements = statements,
		.statement_count = 1,
		.entries = entries,
		.entry_count = 1,
		.run_id = "r",
		.registry = "g",
		.fingerprint = "0123456789abcdef",
		.attempts = 1,
		.host = "h",
		.application = "a",
		.history = &no_history,
	};
	const struct backend *backend = &backend_postgres;
	struct error *err = &fixture->err;
	struct session *session = NULL;
	struct session_facts facts;
	struct blocker *blockers;
	struct reconcile_history_row *rows;
	struct catalog catalog;
	size_t bad, count;
	struct default_pair pairs[] = {
		{.type = "varchar(3)", .declared = "'a'", .live = "'b'"},
		{.type = "int", .declared = "(nosuch())", .live = "1"},
	};
	struct cost_question questions[] = {
		{.definition = "int", .type = "int"},
		{.definition = "int NOT NULL", .type = "int"},
	};
	struct size_question sizes[] = {
		{.name = "t", .count_to = 1},
		{.name = "absent", .count_to = 1},
	};
	bool fine = backend->open(&session, NULL, &fixture->settings, err) &&
		    backend->read(session, &request, &catalog, &bad, arena, err) &&
		    backend->name_types(session, &catalog, arena, err) &&
		    backend->compare_defaults(session, pairs, 2, arena, err) &&
		    backend->assess(session, questions, 2, arena, err) &&
		    backend->measure(session, sizes, 2, arena, err) &&
		    backend->inspect(session, names, 3, &facts, arena, err) &&
		    backend->begin(session, &request, &catalog, arena, err) &&
		    backend->change(session, &change, &request, &catalog, arena, err) &&
		    (backend->rollback(session), true) &&
		    backend->blockers(session, "t", &blockers, &count, arena, err) &&
		    backend->history(session, &(struct history_filter){.limit = 1}, &rows, &count,
				     arena, err);
	backend->close(session);
	return fine;
}

static void fail_everywhere(enum reconcile_catalog reader)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('a');"
			 "CREATE TABLE app.t (a app.mood, b varchar(20) DEFAULT 'x')");
	fixture.settings.schema = "app";
	fixture.settings.catalog = reader;
	unsigned failures = 0;
	for (bool fine = false; !fine; failures++) {
		struct arena arena = {0};
		fixture.err = (struct error){0};
		arena_fail_after(failures + 1);
		fine = live(&fixture, &arena);
		arena_fail_after(0);
		arena_release(&arena);
		if (!fine) {
			cr_expect_eq(fixture.err.status, RECONCILE_FAILED, "%s",
				     fixture.err.message);
			cr_expect_str_eq(fixture.err.message, "out of memory");
		}
	}
	cr_expect_gt(failures, 5); /* an arena asks for a block at a time */
	fixture_free(&fixture);
}

Test(postgres_memory, every_allocation_may_fail)
{
	fail_everywhere(RECONCILE_CATALOG_PG_CATALOG);
}

Test(postgres_memory, every_allocation_may_fail_with_information_schema)
{
	fail_everywhere(RECONCILE_CATALOG_INFORMATION_SCHEMA);
}
