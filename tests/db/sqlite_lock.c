/* What only SQLite's locks and lent connections have. */
#include "contract.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct arena arena;
	struct database *database;
	struct url url;
	struct session_settings settings;
	struct session *session;
	sqlite3 *other; /* another connection to the same file */
	struct catalog catalog;
	struct error err;
};

static void run_sql(sqlite3 *connection, const char *sql)
{
	int code = sqlite3_exec(connection, sql, NULL, NULL, NULL);
	cr_assert(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(connection));
}

static struct fixture *fixture_new(const char *sql)
{
	struct fixture *f = calloc(1, sizeof(*f));
	cr_assert(f != NULL);
	f->database = database_new(ENGINE_SQLITE);
	database_execute(f->database, "%s", sql);
	cr_assert(url_parse(&f->url, f->database->url, &f->arena, &f->err));
	f->settings = (struct session_settings){
		.url = &f->url, .application = "test", .lock_timeout_ms = 30};
	cr_assert(backend_sqlite.open(&f->session, NULL, &f->settings, &f->err), "%s",
		  f->err.message);
	cr_assert(sqlite3_open(f->database->path, &f->other) == SQLITE_OK);
	return f;
}

static void fixture_free(struct fixture *f)
{
	backend_sqlite.close(f->session);
	sqlite3_close(f->other);
	arena_release(&f->arena);
	database_free(f->database);
	free(f);
}

static const char *const table_name = "t";
static const struct read_request request = {.names = &table_name, .name_count = 1};

static bool read_catalog(struct fixture *f)
{
	size_t bad_type;
	error_clear(&f->err);
	return backend_sqlite.read(f->session, &request, &f->catalog, &bad_type, &f->arena,
				   &f->err);
}

static bool begin(struct fixture *f)
{
	error_clear(&f->err);
	return backend_sqlite.begin(f->session, &request, &f->catalog, &f->arena, &f->err);
}

static bool change(struct fixture *f, const char *sql)
{
	struct history_entry entry = {.action = "add_column", .sql = sql};
	struct change c = {.table = "t",
			   .statements = &sql,
			   .statement_count = 1,
			   .entries = &entry,
			   .entry_count = 1,
			   .run_id = "r",
			   .registry = "test",
			   .fingerprint = "0123456789abcdef",
			   .attempts = 1,
			   .host = "h",
			   .application = "test",
			   .history = &(struct relation){.name = HISTORY_TABLE}};
	return backend_sqlite.change(f->session, &c, &request, &f->catalog, &f->arena, &f->err);
}

static void expect_busy(const struct fixture *f)
{
	cr_expect(f->err.status == RECONCILE_BUSY && f->err.class == ERROR_BUSY, "%d %d: %s",
		  f->err.status, f->err.class, f->err.message);
	cr_expect(strstr(f->err.message, f->database->path) != NULL, "%s", f->err.message);
}

Test(sqlite, a_read_behind_an_exclusive_lock_is_busy)
{
	struct fixture *f = fixture_new("CREATE TABLE t (x INTEGER)");
	run_sql(f->other, "BEGIN EXCLUSIVE");
	cr_expect(!read_catalog(f));
	expect_busy(f);
	run_sql(f->other, "COMMIT");
	cr_expect(read_catalog(f), "%s", f->err.message);
	fixture_free(f);
}

Test(sqlite, a_begin_behind_a_writer_is_busy)
{
	struct fixture *f = fixture_new("PRAGMA journal_mode = wal; CREATE TABLE t (x INTEGER)");
	run_sql(f->other, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
	cr_expect(read_catalog(f), "a writer keeps no reader of a WAL out: %s", f->err.message);
	cr_expect(!begin(f));
	expect_busy(f);
	run_sql(f->other, "COMMIT");
	cr_expect(begin(f), "%s", f->err.message);
	fixture_free(f);
}

Test(sqlite, a_commit_behind_a_reader_is_busy_and_rolled_back)
{
	struct fixture *f =
		fixture_new("CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1), (2)");
	sqlite3_stmt *reader;
	cr_assert(sqlite3_prepare_v2(f->other, "SELECT x FROM t", -1, &reader, NULL) == SQLITE_OK);
	cr_assert(sqlite3_step(reader) == SQLITE_ROW);

	cr_assert(begin(f) && change(f, "ALTER TABLE t ADD COLUMN y INTEGER"), "%s",
		  f->err.message);
	cr_expect(!backend_sqlite.commit(f->session, NULL, &f->err));
	expect_busy(f);

	/* Nothing is open any more: the reader goes on, and another one may write. */
	cr_expect(sqlite3_step(reader) == SQLITE_ROW);
	sqlite3_finalize(reader);
	run_sql(f->other, "INSERT INTO t VALUES (3)");
	cr_assert(begin(f), "%s", f->err.message);
	cr_expect(f->catalog.relations[0].attribute_count == 1, "it was rolled back");
	cr_assert(change(f, "ALTER TABLE t ADD COLUMN y INTEGER"), "%s", f->err.message);
	cr_expect(backend_sqlite.commit(f->session, NULL, &f->err), "%s", f->err.message);
	fixture_free(f);
}

Test(sqlite, a_full_disk_is_rolled_back)
{
	/* No page more than there is: the same SQLITE_FULL as of a disk. */
	struct fixture *f = fixture_new("CREATE TABLE t (x INTEGER)");
	backend_sqlite.close(f->session);
	run_sql(f->other, "PRAGMA max_page_count = 2");
	f->settings.sqlite = f->other;
	cr_assert(backend_sqlite.open(&f->session, NULL, &f->settings, &f->err), "%s",
		  f->err.message);
	cr_assert(begin(f), "%s", f->err.message);
	cr_expect(!change(f, "ALTER TABLE t ADD COLUMN y INTEGER"));
	cr_expect(f->err.status == RECONCILE_FAILED && f->err.class == ERROR_FATAL);
	cr_expect(strstr(f->err.message, "disk is full") != NULL &&
			  strstr(f->err.message, f->database->path) != NULL,
		  "%s", f->err.message);
	backend_sqlite.rollback(f->session);
	cr_expect(sqlite3_get_autocommit(f->other));
	cr_expect(read_catalog(f) && f->catalog.relations[0].attribute_count == 1);
	fixture_free(f);
}

Test(sqlite, a_second_statement_is_refused_not_dropped)
{
	static const char *const texts[] = {"ALTER TABLE t ADD COLUMN y INT; DROP TABLE t;", "",
					    ";"};
	struct fixture *f = fixture_new("CREATE TABLE t (x INTEGER)");
	for (size_t i = 0; i < COUNT(texts); i++) {
		cr_assert(begin(f), "%s", f->err.message);
		cr_expect(!change(f, texts[i]), "'%s'", texts[i]);
		cr_expect(strstr(f->err.message, "one statement") != NULL, "%s", f->err.message);
		backend_sqlite.rollback(f->session);
	}
	cr_assert(begin(f) && change(f, "ALTER TABLE t ADD COLUMN y INT;\n "), "%s",
		  f->err.message);
	fixture_free(f);
}

/* ---- lent connections ----------------------------------------------------- */

Test(sqlite, a_running_statement_keeps_a_connection_from_being_lent)
{
	struct fixture *f = fixture_new("CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1)");
	sqlite3_stmt *statement;
	cr_assert(sqlite3_prepare_v2(f->other, "SELECT x FROM t", -1, &statement, NULL) ==
		  SQLITE_OK);
	struct session_settings settings = {.sqlite = f->other, .application = "test"};
	struct session *session;
	cr_expect(backend_sqlite.open(&session, NULL, &settings, &f->err), "prepared is idle: %s",
		  f->err.message);
	backend_sqlite.close(session);

	cr_assert(sqlite3_step(statement) == SQLITE_ROW);
	cr_expect(!backend_sqlite.open(&session, NULL, &settings, &f->err) && session == NULL);
	cr_expect(f->err.status == RECONCILE_USAGE && strstr(f->err.message, "SELECT x") != NULL,
		  "%s", f->err.message);
	cr_expect(sqlite3_step(statement) == SQLITE_DONE, "it still runs");
	sqlite3_finalize(statement);
	fixture_free(f);
}

static int count_call(void *count, int tries)
{
	(void)tries;
	++*(int *)count;
	return 0;
}

Test(sqlite, a_lent_connection_keeps_its_busy_handler)
{
	struct fixture *f = fixture_new("CREATE TABLE t (x INTEGER)");
	sqlite3 *lent;
	cr_assert(sqlite3_open(f->database->path, &lent) == SQLITE_OK);
	int calls = 0;
	sqlite3_busy_handler(lent, count_call, &calls);

	backend_sqlite.close(f->session);
	f->settings.sqlite = lent;
	cr_assert(backend_sqlite.open(&f->session, NULL, &f->settings, &f->err), "%s",
		  f->err.message);
	cr_assert(begin(f) && change(f, "ALTER TABLE t ADD COLUMN y INT") &&
			  backend_sqlite.commit(f->session, NULL, &f->err),
		  "%s", f->err.message);
	run_sql(f->other, "BEGIN IMMEDIATE");
	cr_expect(!begin(f));
	expect_busy(f);
	backend_sqlite.close(f->session);
	f->session = NULL;

	calls = 0;
	cr_expect(sqlite3_exec(lent, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_BUSY);
	cr_expect(calls == 1, "the caller's handler was asked %d times", calls);
	sqlite3_close(lent);
	fixture_free(f);
}

Test(sqlite, a_connection_made_read_only_by_its_owner_is_known)
{
	struct fixture *f = fixture_new("CREATE TABLE t (x INTEGER)");
	backend_sqlite.close(f->session);
	run_sql(f->other, "PRAGMA query_only = on");
	f->settings.sqlite = f->other;
	cr_assert(backend_sqlite.open(&f->session, NULL, &f->settings, &f->err), "%s",
		  f->err.message);
	struct session_facts facts;
	cr_assert(backend_sqlite.inspect(f->session, &table_name, 1, &facts, &f->arena, &f->err),
		  "%s", f->err.message);
	cr_expect(facts.read_only != NULL && strstr(facts.read_only, "query_only") != NULL);
	bool changed = begin(f) && change(f, "ALTER TABLE t ADD COLUMN y INT");
	cr_expect(!changed && f->err.status == RECONCILE_NOT_PERMITTED, "%d: %s", f->err.status,
		  f->err.message);
	fixture_free(f);
}
