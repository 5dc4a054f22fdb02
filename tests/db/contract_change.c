/* The contract of a backend: transactions, changes and history. */
#include "contract.h"
#include <stdlib.h>
#include <string.h>

/* ---- transactions --------------------------------------------------------- */

CONTRACT(one_reconciler_at_a_time)
{
	struct session *a = contract_open(c);
	struct session *b = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	require(c, contract_begin(c, a, "t", &catalog, &err), "%s", err.message);

	c->settings.lock_timeout_ms = 30;
	bool second = contract_begin(c, b, "t", &catalog, &err);
	expect(c, !second && err.status == RECONCILE_BUSY && err.class == ERROR_BUSY, "%d %d: %s",
	       err.status, err.class, err.message);

	c->backend->rollback(a);
	error_clear(&err);
	expect(c, contract_begin(c, b, "t", &catalog, &err), "free again: %s", err.message);
	c->backend->rollback(b);
	expect(c, contract_begin(c, a, "t", &catalog, &err), "and again: %s", err.message);
	expect(c, c->backend->commit(a, NULL, &err), "%s", err.message);
	expect(c, contract_begin(c, b, "t", &catalog, &err), "a commit frees it: %s", err.message);
	c->backend->close(b);
	expect(c, contract_begin(c, a, "t", &catalog, &err), "so does a close: %s", err.message);
	c->backend->close(a);
}

CONTRACT(begin_reads_what_is_there_by_then)
{
	struct session *session = contract_open(c);
	expect(c, contract_relation(c, session, "t")->kind == RELATION_ABSENT, "not yet");
	database_execute(c->database, "CREATE TABLE t (x INTEGER, y TEXT)");
	struct error err = {0};
	struct catalog catalog;
	require(c, contract_begin(c, session, "t", &catalog, &err), "%s", err.message);
	expect(c, catalog.relations[0].kind == RELATION_TABLE, "now");
	expect(c, catalog.relations[0].attribute_count == 2, "%zu",
	       catalog.relations[0].attribute_count);
	expect(c, catalog.relations[1].kind == RELATION_ABSENT, "no history");
	c->backend->close(session);
}

CONTRACT(a_commit_is_seen_by_others_and_nothing_before)
{
	struct session *session = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	const char *statement = "CREATE TABLE t (x INTEGER)";
	require(c, contract_begin(c, session, "t", &catalog, &err), "%s", err.message);
	require(c, contract_change(c, session, "t", &statement, 1, &catalog, &err), "%s",
		err.message);
	expect(c, catalog.relations[0].kind == RELATION_TABLE, "read again: the table");
	expect(c, catalog.relations[1].kind == RELATION_TABLE, "read again: history");
	expect(c, contract_kind(c, "t") == RELATION_ABSENT, "nobody else sees it");
	require(c, c->backend->commit(session, NULL, &err), "%s", err.message);
	expect(c, contract_kind(c, "t") == RELATION_TABLE, "everybody does");
	expect(c, contract_history_count(c) == 1, "one row");
	c->backend->close(session);
}

/* One change that is committed, with u told to be the next one's table. */
static void commit_before_u(struct contract *c, struct session *session)
{
	struct error err = {0};
	struct catalog catalog;
	const char *statement = "CREATE TABLE t (x INTEGER)";
	const char *names[] = {"u", HISTORY_TABLE};
	const struct read_request next = {.names = names, .name_count = COUNT(names)};
	require(c,
		contract_begin(c, session, "t", &catalog, &err) &&
			contract_change(c, session, "t", &statement, 1, &catalog, &err) &&
			c->backend->commit(session, &next, &err),
		"%s", err.message);
	expect(c, contract_kind(c, "t") == RELATION_TABLE, "everybody sees it");
}

CONTRACT(a_commit_may_be_told_what_comes_next)
{
	struct session *a = contract_open(c), *b = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	database_execute(c->database, "CREATE TABLE u (x INTEGER, y TEXT)");
	commit_before_u(c, a);
	require(c, contract_begin(c, a, "u", &catalog, &err), "%s", err.message);
	expect(c, catalog.relations[0].attribute_count == 2, "u's columns");
	expect(c, catalog.relations[1].kind == RELATION_TABLE, "history");
	c->settings.lock_timeout_ms = 30;
	expect(c, !contract_begin(c, b, "u", &catalog, &err) && err.class == ERROR_BUSY, "%s",
	       err.message);
	error_clear(&err);
	c->backend->rollback(a);
	expect(c, contract_begin(c, b, "u", &catalog, &err), "free again: %s", err.message);
	c->backend->close(b);
	expect(c, contract_history_count(c) == 1, "one row");
	c->backend->close(a);
}

/* Nobody begins it after all. */
static void check_not_begun(struct contract *c, bool by_close)
{
	struct session *a = contract_open(c), *b = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	commit_before_u(c, a);
	if (by_close)
		c->backend->close(a);
	else
		c->backend->rollback(a);
	expect(c, contract_begin(c, b, "u", &catalog, &err), "it is free: %s", err.message);
	c->backend->close(b);
	if (!by_close) {
		expect(c, contract_begin(c, a, "v", &catalog, &err), "for another: %s",
		       err.message);
		c->backend->close(a);
	}
	expect(c, contract_kind(c, "t") == RELATION_TABLE, "what was committed stays");
}

CONTRACT(what_a_commit_began_is_rolled_back)
{
	check_not_begun(c, false);
}

CONTRACT(what_a_commit_began_is_closed)
{
	check_not_begun(c, true);
}

/* Leaves the change behind in the way that is tested, and looks. */
static void check_nothing_left(struct contract *c, bool by_close)
{
	struct session *session = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	const char *statement = "CREATE TABLE t (x INTEGER)";
	require(c, contract_begin(c, session, "t", &catalog, &err), "%s", err.message);
	require(c, contract_change(c, session, "t", &statement, 1, &catalog, &err), "%s",
		err.message);
	if (!by_close) {
		c->backend->rollback(session);
		expect(c, contract_relation(c, session, "t")->kind == RELATION_ABSENT, "to us");
	}
	c->backend->close(session);
	char *schema = database_schema(c->database);
	contract_equal(c, "schema", schema, "");
	free(schema);
	expect(c, contract_history_count(c) == 0, "no history");
}

CONTRACT(a_rollback_leaves_nothing)
{
	check_nothing_left(c, false);
}

CONTRACT(a_close_in_mid_transaction_leaves_nothing)
{
	check_nothing_left(c, true);
}

CONTRACT(a_statement_that_fails_leaves_nothing)
{
	database_execute(c->database, "CREATE TABLE t (x INTEGER); INSERT INTO t (x) VALUES (1)");
	char *before = database_schema(c->database);
	static const char *const statements[] = {
		"ALTER TABLE t ADD COLUMN y INTEGER",
		"ALTER TABLE nowhere ADD COLUMN y INTEGER",
		"ALTER TABLE t ADD COLUMN z INTEGER",
	};
	struct session *session = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	require(c, contract_begin(c, session, "t", &catalog, &err), "%s", err.message);
	bool changed =
		contract_change(c, session, "t", statements, COUNT(statements), &catalog, &err);
	expect(c, !changed && err.status == RECONCILE_FAILED, "%d: %s", err.status, err.message);
	expect(c, strstr(err.message, "nowhere") != NULL, "%s", err.message);
	expect(c, (err.sqlstate[0] != '\0') == (c->variant->engine == ENGINE_POSTGRES), "'%s'",
	       err.sqlstate);
	c->backend->rollback(session);

	char *after = database_schema(c->database);
	contract_equal(c, "schema", after, before);
	free(before);
	free(after);
	error_clear(&err);
	require(c, contract_begin(c, session, "t", &catalog, &err), "goes on: %s", err.message);
	require(c, contract_change(c, session, "t", statements, 1, &catalog, &err), "goes on: %s",
		err.message);
	require(c, c->backend->commit(session, NULL, &err), "%s", err.message);
	c->backend->close(session);
}

CONTRACT(rows_are_kept)
{
	database_execute(c->database,
			 "CREATE TABLE t (x INTEGER); INSERT INTO t (x) VALUES (1), (2), (3)");
	contract_apply(c, "t", "ALTER TABLE t ADD COLUMN y INTEGER NOT NULL DEFAULT 5");
	expect(c, database_number(c->database, "SELECT sum(x * y) FROM t") == 30, "all of them");
}

CONTRACT(several_changes_of_one_session)
{
	static const char *const statements[] = {
		"CREATE TABLE t (x INTEGER)",
		"ALTER TABLE t ADD COLUMN y INTEGER",
		"ALTER TABLE t ADD COLUMN z INTEGER",
	};
	struct session *session = contract_open(c);
	for (size_t i = 0; i < COUNT(statements); i++) {
		struct error err = {0};
		struct catalog catalog;
		require(c, contract_begin(c, session, "t", &catalog, &err), "%s", err.message);
		require(c, contract_change(c, session, "t", &statements[i], 1, &catalog, &err),
			"%s", err.message);
		expect(c, catalog.relations[0].attribute_count == i + 1, "%zu",
		       catalog.relations[0].attribute_count);
		require(c, c->backend->commit(session, NULL, &err), "%s", err.message);
	}
	c->backend->close(session);
	expect(c, contract_history_count(c) == COUNT(statements), "a row each");
}

/* ---- names and values ----------------------------------------------------- */

static const char *const difficult[] = {
	"order",  "MixedCase", "O'Brien", "a\"b",        "\u00fc\u540d\U0001f600",
	"a b;--", "back\\sl",  "$$",      "%s %w %Q %%", "?1 :x @y",
};

CONTRACT(any_name_can_be_a_table_and_a_column)
{
	struct session *session = contract_open(c);
	for (size_t i = 0; i < COUNT(difficult); i++) {
		struct error err = {0};
		struct catalog catalog;
		const char *name = difficult[i];
		struct buffer sql = BUFFER_INIT(&c->arena);
		const char *quoted = contract_identifier(c, session, name);
		buffer_addf(&sql, "CREATE TABLE %s (%s INTEGER)", quoted, quoted);
		const char *statement = buffer_text(&sql);
		bool good = contract_begin(c, session, name, &catalog, &err) &&
			    contract_change(c, session, name, &statement, 1, &catalog, &err) &&
			    c->backend->commit(session, NULL, &err);
		expect(c, good, "'%s': %s", name, err.message);
		if (!good) {
			c->backend->rollback(session);
			continue;
		}
		const struct relation *relation = contract_relation(c, session, name);
		expect(c, relation->kind == RELATION_TABLE, "'%s'", name);
		if (relation->attribute_count == 1)
			contract_equal(c, "column", relation->attributes[0].name, name);
		else
			expect(c, relation->attribute_count == 1, "'%s'", name);
	}
	c->backend->close(session);
	expect(c, contract_history_count(c) == COUNT(difficult), "a row each");
}

CONTRACT(any_text_can_be_a_literal)
{
	struct session *session = contract_open(c);
	for (size_t i = 0; i < COUNT(difficult); i++) {
		char *value = database_value(c->database, "SELECT %s",
					     contract_literal(c, session, difficult[i]));
		contract_equal(c, "literal", value, difficult[i]);
		free(value);
	}
	c->backend->close(session);
}

/* ---- history -------------------------------------------------------------- */

static const struct history_filter everything;

CONTRACT(a_database_without_history_has_no_rows)
{
	expect(c, contract_history_count(c) == 0, "none");
	expect(c, contract_kind(c, HISTORY_TABLE) == RELATION_ABSENT, "and none was made");
}

CONTRACT(history_comes_back_field_by_field)
{
	static const char *const statement = "CREATE TABLE \"o'rders\" (x INTEGER)";
	static const struct history_entry entries[] = {
		{.action = "create_table", .definition = NULL, .sql = "CREATE 'it'; -- \u540d"},
		{.action = "add_column",
		 .column = "no\"te",
		 .definition = "VARCHAR(20) NOT NULL DEFAULT 'O''Brien'",
		 .sql = "ALTER"},
	};
	const char *names[] = {"o'rders"};
	struct read_request request = {.names = names, .name_count = 1};
	struct change change = {
		.table = "o'rders",
		.statements = &statement,
		.statement_count = 1,
		.entries = entries,
		.entry_count = COUNT(entries),
		.run_id = "7d1c",
		.registry = "mem'stack",
		.fingerprint = "0123456789abcdef",
		.attempts = 3,
		.host = "db-1.example",
		.application = "serv'ice",
		.history = &(struct relation){.name = HISTORY_TABLE},
	};
	struct session *session = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	require(c,
		c->backend->begin(session, &request, &catalog, &c->arena, &err) &&
			c->backend->change(session, &change, &request, &catalog, &c->arena, &err) &&
			c->backend->commit(session, NULL, &err),
		"%s", err.message);
	struct reconcile_history_row *rows;
	size_t count;
	require(c, c->backend->history(session, &everything, &rows, &count, &c->arena, &err), "%s",
		err.message);
	require(c, count == COUNT(entries), "%zu", count);
	expect(c, rows[0].id > rows[1].id, "newest first");
	for (size_t i = 0; i < count; i++) {
		const struct reconcile_history_row *row = &rows[count - 1 - i];
		contract_equal(c, "run_id", row->run_id, change.run_id);
		contract_equal(c, "registry", row->registry, change.registry);
		contract_equal(c, "fingerprint", row->fingerprint, change.fingerprint);
		contract_equal(c, "action", row->action, entries[i].action);
		contract_equal(c, "table_name", row->table_name, change.table);
		contract_equal(c, "column_name", row->column_name, entries[i].column);
		contract_equal(c, "definition", row->definition, entries[i].definition);
		contract_equal(c, "sql", row->sql, entries[i].sql);
		contract_equal(c, "host", row->host, change.host);
		contract_equal(c, "application", row->application, change.application);
		contract_equal(c, "version", row->version, RECONCILE_VERSION);
		expect(c, row->attempts == 3, "%lld", row->attempts);
		expect(c, row->duration_ms >= 0 && row->duration_ms < 60000, "%g",
		       row->duration_ms);
		expect(c, (row->db_user != NULL) == (c->variant->engine == ENGINE_POSTGRES),
		       "SQLite has no users");
		/* 2024-05-01T12:00:00.123Z, in UTC */
		const char *at = row->applied_at != NULL ? row->applied_at : "";
		expect(c,
		       strlen(at) >= 20 && at[4] == '-' && at[7] == '-' && at[10] == 'T' &&
			       at[13] == ':' && at[16] == ':' && at[strlen(at) - 1] == 'Z',
		       "'%s'", at);
	}
	c->backend->close(session);
}

#define LONG_AGO "2001-02-03T04:05:06.007Z"
#define FAR_AWAY "2999-01-01T00:00:00.000Z"

CONTRACT(history_can_be_filtered)
{
	contract_apply(c, "a", "CREATE TABLE a (x INTEGER)");
	contract_apply(c, "b", "CREATE TABLE b (x INTEGER)");
	contract_apply(c, "a", "ALTER TABLE a ADD COLUMN y INTEGER");
	static const struct {
		struct history_filter filter;
		const char *found; /* first letters of the tables, newest first */
	} cases[] = {
		{{.limit = 0}, "aba"},
		{{.limit = 2}, "ab"},
		{{.limit = 9}, "aba"},
		{{.table = "a"}, "aa"},
		{{.table = "a", .limit = 1}, "a"},
		{{.table = "b"}, "b"},
		{{.table = "n"}, ""},
		{{.since = LONG_AGO}, "aba"},
		{{.since = FAR_AWAY}, ""},
		{{.since = LONG_AGO, .table = "b", .limit = 1}, "b"},
		{{.id = 2}, "b"},
		{{.id = 2, .table = "a"}, ""},
		{{.id = 4}, ""},
		{{.id = -1}, ""},
	};
	struct session *session = contract_open(c);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_history_row *rows;
		size_t count;
		struct error err = {0};
		require(c,
			c->backend->history(session, &cases[i].filter, &rows, &count, &c->arena,
					    &err),
			"%s", err.message);
		char found[8] = "";
		for (size_t row = 0; row < count && row < sizeof(found) - 1; row++)
			found[row] = rows[row].table_name[0];
		contract_equal(c, "tables", found, cases[i].found);
	}
	c->backend->close(session);
}

/* As the first version made it, and wrote into it. */
static void make_old_history(struct contract *c, bool with_row)
{
	bool postgres = c->variant->engine == ENGINE_POSTGRES;
	database_execute(c->database,
			 "CREATE TABLE reconcile_history (id %s, run_id TEXT, applied_at %s,"
			 " registry TEXT, fingerprint TEXT, action TEXT NOT NULL,"
			 " table_name TEXT NOT NULL, column_name TEXT, definition TEXT, sql TEXT,"
			 " duration_ms DOUBLE PRECISION, attempts BIGINT, db_user TEXT, host TEXT,"
			 " application TEXT, version TEXT)",
			 postgres ? "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
				  : "INTEGER PRIMARY KEY",
			 postgres ? "TIMESTAMPTZ NOT NULL DEFAULT now()" : "TEXT");
	if (with_row)
		database_execute(c->database,
				 "INSERT INTO reconcile_history (applied_at, action, table_name)"
				 " VALUES ('" LONG_AGO "', 'create_table', 'old')");
}

static size_t read_history(struct contract *c, struct reconcile_history_row **rows)
{
	struct session *session = contract_open(c);
	struct error err = {0};
	size_t count;
	require(c, c->backend->history(session, &everything, rows, &count, &c->arena, &err), "%s",
		err.message);
	c->backend->close(session);
	return count;
}

CONTRACT(an_older_history_is_read_as_it_is_and_completed_by_a_change)
{
	struct reconcile_history_row *rows;
	make_old_history(c, true);
	require(c, read_history(c, &rows) == 1, "the old row");
	contract_equal(c, "table", rows[0].table_name, "old");
	contract_equal(c, "applied_at", rows[0].applied_at, LONG_AGO);
	expect(c, rows[0].started_at == NULL && rows[0].outcome == NULL, "nobody wrote it");
	contract_apply(c, "t", "CREATE TABLE t (x INTEGER)");
	contract_apply(c, "t", "ALTER TABLE t ADD COLUMN y INTEGER");
	require(c, read_history(c, &rows) == 3, "one, and two changes");
	contract_equal(c, "outcome", rows[0].outcome, "applied");
	expect(c, rows[0].started_at != NULL && strcmp(rows[0].started_at, rows[0].applied_at) <= 0,
	       "%s, %s", rows[0].started_at, rows[0].applied_at);
	expect(c, rows[2].outcome == NULL, "what was written stays as it was");
}

CONTRACT(a_completed_history_is_as_a_new_one)
{
	make_old_history(c, false);
	contract_apply(c, "t", "CREATE TABLE t (x INTEGER)");
	struct session *session = contract_open(c);
	const struct relation *completed = contract_relation(c, session, HISTORY_TABLE);
	database_execute(c->database, "DROP TABLE t");
	database_execute(c->database, "DROP TABLE reconcile_history");
	contract_apply(c, "t", "CREATE TABLE t (x INTEGER)");
	const struct relation *made = contract_relation(c, session, HISTORY_TABLE);
	require(c, completed->attribute_count == made->attribute_count, "%zu and %zu",
		completed->attribute_count, made->attribute_count);
	for (size_t i = 0; i < made->attribute_count; i++) {
		contract_equal(c, "name", completed->attributes[i].name, made->attributes[i].name);
		expect(c, completed->attributes[i].type.type == made->attributes[i].type.type,
		       "the type of %s", made->attributes[i].name);
	}
	c->backend->close(session);
}

/* ---- who is in the way ---------------------------------------------------- */

CONTRACT(blockers_are_named_where_the_database_knows_them)
{
	database_execute(c->database, "CREATE TABLE t (x INTEGER)");
	struct session *session = contract_open(c);
	struct blocker *blockers;
	size_t count = 99;
	struct error err = {0};
	require(c, c->backend->blockers(session, "t", &blockers, &count, &c->arena, &err), "%s",
		err.message);
	expect(c, count == 0, "nobody: %zu", count);
	if (c->variant->engine == ENGINE_POSTGRES) {
		database_execute(c->database,
				 "SET application_name = 'reader'; BEGIN; SELECT * FROM t");
		require(c, c->backend->blockers(session, "t", &blockers, &count, &c->arena, &err),
			"%s", err.message);
		require(c, count == 1, "%zu", count);
		expect(c, blockers[0].pid == PQbackendPID(c->database->admin), "%lld",
		       blockers[0].pid);
		contract_equal(c, "application", blockers[0].application, "reader");
		contract_equal(c, "state", blockers[0].state, "idle in transaction");
		expect(c, blockers[0].user != NULL && blockers[0].age_ms >= 0, "%g",
		       blockers[0].age_ms);
		database_execute(c->database, "ROLLBACK");
	}
	c->backend->close(session);
}

/* ---- memory --------------------------------------------------------------- */

/* A whole boot with the n-th block of memory refused; true when it never asked for that many. */
static bool boot_with_memory(struct contract *c, unsigned n)
{
	struct arena arena = {0};
	struct error err = {0};
	struct session *session = NULL;
	struct catalog catalog;
	size_t bad_type;
	const char *statement = "CREATE TABLE t (x INTEGER)";
	const char *type = "INTEGER";
	const char *names[] = {"t", HISTORY_TABLE};
	struct read_request request = {names, COUNT(names), &type, 1, false};
	struct history_entry entry = {.action = "create_table", .sql = statement};
	struct change change = {.table = "t",
				.statements = &statement,
				.statement_count = 1,
				.entries = &entry,
				.entry_count = 1,
				.run_id = "run",
				.registry = "contract",
				.fingerprint = "0123456789abcdef",
				.attempts = 1,
				.host = "host",
				.application = "contract",
				.history = &(struct relation){.name = HISTORY_TABLE}};
	struct session_facts facts;
	struct reconcile_history_row *rows;
	size_t count;

	arena_fail_after(n);
	bool good = c->backend->open(&session, NULL, &c->settings, &err) &&
		    c->backend->read(session, &request, &catalog, &bad_type, &arena, &err) &&
		    c->backend->inspect(session, names, COUNT(names), &facts, &arena, &err) &&
		    c->backend->begin(session, &request, &catalog, &arena, &err) &&
		    c->backend->change(session, &change, &request, &catalog, &arena, &err) &&
		    c->backend->history(session, &everything, &rows, &count, &arena, &err);
	c->backend->close(session);
	arena_fail_after(0);
	arena_release(&arena);
	if (!good)
		contract_equal(c, "message", err.message, "out of memory");
	return good;
}

CONTRACT(memory_may_run_out_anywhere)
{
	unsigned n = 1;
	while (!boot_with_memory(c, n))
		n++;
	expect(c, n > 2, "it was asked for %u times", n);
	expect(c, contract_kind(c, "t") == RELATION_ABSENT, "nothing is left of it");
}
