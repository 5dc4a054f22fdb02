/*
 * The race that random starts never hit: A, this test's own connection, makes a change inside a
 * transaction and leaves it open; B, the service, starts and comes to where it cannot go on; then
 * A commits or rolls back.
 */
#include "memstack.h"
#include "session.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often to look whether B has come there, and the pause between two looks. */
#define LOOKS 6000
#define LOOK_US 5000

/* ---- what happens -------------------------------------------------------- */

/* A makes it, of the very definition that B would give it. */
struct change {
	const char *name;
	const char *unmake; /* from a database in sync: what is then missing is up to A and B */
	const char *make;
	const char *record; /* the history row that belongs to it; may be NULL */
	const char *history_of_b;
	bool needed; /* all that B wants, so that after A's COMMIT B has nothing to do */
};

#define RECORD(values)                                                                             \
	"INSERT INTO reconcile_history (run_id, applied_at, registry, fingerprint, sql,\n"         \
	"       duration_ms, attempts, version, action, table_name, column_name)\n"                \
	"VALUES ('a', CURRENT_TIMESTAMP, 'memstack', 'f', 's', 1, 1, '1', " values ")"

static const struct change column = {
	.name = "column",
	.unmake = "ALTER TABLE memories DROP COLUMN task_id",
	.make = "ALTER TABLE memories ADD COLUMN task_id VARCHAR",
	.record = RECORD("'add_column', 'memories', 'task_id'"),
	.history_of_b = "add_column memories.task_id\n",
	.needed = true,
};

static const struct change table = {
	.name = "table",
	.unmake = "DROP TABLE entity_types",
	.make = "CREATE TABLE entity_types (\n"
		"	id          VARCHAR      NOT NULL PRIMARY KEY,\n"
		"	project_id  VARCHAR      NOT NULL,\n"
		"	name        VARCHAR(100) NOT NULL,\n"
		"	description TEXT,\n"
		"	properties  JSON\n"
		")",
	.record = RECORD("'create_table', 'entity_types', NULL"),
	.history_of_b = "create_table entity_types\n",
	.needed = true,
};

/* PostgreSQL: two CREATE TABLE IF NOT EXISTS of history itself meet. */
static const struct change history_itself = {
	.name = "history",
	.unmake = "CREATE SCHEMA IF NOT EXISTS aside;\n"
		  "CREATE TABLE IF NOT EXISTS aside.history\n"
		  "	(LIKE reconcile_history INCLUDING ALL);\n"
		  "DROP TABLE reconcile_history; DROP TABLE entity_types",
	.make = "CREATE TABLE reconcile_history (LIKE aside.history INCLUDING ALL)",
	.history_of_b = "create_table entity_types\n",
};

/* When A ends its transaction. */
enum moment {
	WHILE_WAITING, /* B stands in the server's lock queue */
	AFTER_RETRY,   /* B has given up a try, and pauses or tries again */
	AFTER_CONNECT, /* B has connected; on SQLite it then waits where nobody can see it */
};

/* B's, so that the moment lasts until A has seen it. */
static const int lock_timeout_ms[] = {
	[WHILE_WAITING] = 1000,
	[AFTER_RETRY] = 50,
	[AFTER_CONNECT] = 10000,
};

struct setting {
	const char *name;
	const char *prepare; /* once, on the database; may be NULL */
	const char *begin;   /* A's */
	bool records;        /* A writes history, as a reconciler does */
	bool pooled;         /* B is */
	enum moment moment;
};

/* ---- A ------------------------------------------------------------------ */

struct actor {
	PGconn *pg;
	sqlite3 *sqlite;
};

static struct actor actor_new(const struct database *database)
{
	struct actor a = {0};
	if (database->engine == ENGINE_POSTGRES) {
		a.pg = session_new(database->url, "a");
	} else {
		cr_assert(sqlite3_open(database->path, &a.sqlite) == SQLITE_OK);
		sqlite3_busy_timeout(a.sqlite, 10000);
	}
	return a;
}

static void actor_free(struct actor *a)
{
	PQfinish(a->pg);
	sqlite3_close(a->sqlite);
}

static void actor_run(struct actor *a, const char *sql)
{
	if (a->pg != NULL) {
		session_run(a->pg, sql);
		return;
	}
	int code = sqlite3_exec(a->sqlite, sql, NULL, NULL, NULL);
	cr_assert(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(a->sqlite));
}

/* ---- B ------------------------------------------------------------------ */

static struct process start_b(const struct database *database, const struct setting *setting)
{
	return process_start("exec 2>'%s/log'\n"
			     "export RECONCILE_LOG_LEVEL=debug RECONCILE_LOG_FORMAT=logfmt\n"
			     "export RECONCILE_LOCK_TIMEOUT_MS=%d\n" MEMSTACK_SERVICE,
			     database->folder, lock_timeout_ms[setting->moment],
			     setting->pooled ? database->pooled_url : database->url, build_dir());
}

static bool has_ended(const struct process *b)
{
	siginfo_t info = {0};
	waitid(P_PID, (id_t)b->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid != 0;
}

static bool has_logged(const struct database *database, const char *event)
{
	struct run grep = run("grep -q 'event=%s ' '%s/log'", event, database->folder);
	bool found = grep.status == 0;
	run_free(&grep);
	return found;
}

static bool has_come(struct database *database, enum moment moment)
{
	if (moment == WHILE_WAITING)
		return database_number(database, "SELECT count(*) FROM pg_stat_activity\n"
						 " WHERE datname = current_database()\n"
						 "   AND wait_event_type = 'Lock'") > 0;
	return has_logged(database, moment == AFTER_RETRY ? "retry" : "connected");
}

static void wait_for_b(struct database *database, const struct process *b, enum moment moment,
		       const char *where)
{
	bool come = false;
	for (int look = 0; look < LOOKS && !come && !has_ended(b); look++) {
		come = has_come(database, moment);
		if (!come)
			usleep(LOOK_US);
	}
	cr_expect(come, "%s: the service never met the open transaction", where);
	if (moment == AFTER_CONNECT) /* and on to its BEGIN; either way it must end well */
		usleep(20 * LOOK_US);
}

/* ---- the race ------------------------------------------------------------ */

static void race(struct database *database, const struct setting *setting,
		 const struct change *change, bool commit, const char *reference)
{
	char where[200];
	struct actor a = actor_new(database);
	/* One row a change: by whoever made it. */
	const char *history = change->history_of_b;
	if (commit && change->needed && !setting->records)
		history = "";

	snprintf(where, sizeof(where), "%s, %s, %s", setting->name, change->name,
		 commit ? "commit" : "rollback");
	database_execute(database, "DELETE FROM reconcile_history; %s", change->unmake);

	actor_run(&a, setting->begin);
	actor_run(&a, change->make);
	if (setting->records && change->record != NULL)
		actor_run(&a, change->record);
	struct process b = start_b(database, setting);
	wait_for_b(database, &b, setting->moment, where);
	actor_run(&a, commit ? "COMMIT" : "ROLLBACK");
	actor_free(&a);

	struct run service = process_wait(&b);
	struct run log = run("cat '%s/log'", database->folder);
	cr_expect(service.status == 0, "%s: the service ended %d: %s", where, service.status,
		  log.out);
	memstack_expect_history(database, history, where);
	memstack_expect_schema(database, reference, where);
	memstack_expect_old_rows(database, where);
	run_free(&service);
	run_free(&log);
}

static void races_on(enum engine engine, const struct setting *setting, const char *reference)
{
	struct database *database = database_new(engine);
	if (setting->prepare != NULL)
		database_execute(database, setting->prepare, database->name);
	memstack_make_old(database);
	struct run service = run(MEMSTACK_SERVICE, database->url, build_dir());
	cr_assert(service.status == 0, "%s: %d: %s", setting->name, service.status, service.err);
	run_free(&service);

	for (int commit = 0; commit < 2; commit++) {
		race(database, setting, &column, commit, reference);
		race(database, setting, &table, commit, reference);
		/* Two reconcilers never get that far: their lock is in front of it. */
		if (engine == ENGINE_POSTGRES && !setting->records)
			race(database, setting, &history_itself, commit, reference);
	}
	database_free(database);
}

static void all_races_on(enum engine engine, const struct setting *settings, size_t count)
{
	char *reference = memstack_reference(engine);
	for (size_t i = 0; i < count; i++)
		races_on(engine, &settings[i], reference);
	free(reference);
	printf("race: %zu settings on %s\n", count,
	       engine == ENGINE_POSTGRES ? "PostgreSQL" : "SQLite");
}

#define REPEATABLE "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tenants"
#define RECONCILER SESSION_AS_RECONCILER
#define SNAPSHOTS "ALTER DATABASE %s SET default_transaction_isolation = 'repeatable read'"

Test(race, on_postgres)
{
	static const struct setting settings[] = {
		{"B waits", NULL, "BEGIN", false, false, WHILE_WAITING},
		{"B retries", NULL, "BEGIN", false, false, AFTER_RETRY},
		{"A is a reconciler", NULL, RECONCILER, true, false, AFTER_RETRY},
		{"A repeatable, B waits", NULL, REPEATABLE, false, false, WHILE_WAITING},
		{"A repeatable, B retries", NULL, REPEATABLE, false, false, AFTER_RETRY},
		{"all repeatable, B waits", SNAPSHOTS, "BEGIN", false, false, WHILE_WAITING},
		{"PgBouncer, B waits", NULL, "BEGIN", false, true, WHILE_WAITING},
		{"PgBouncer, reconciler", NULL, RECONCILER, true, true, AFTER_RETRY},
	};
	all_races_on(ENGINE_POSTGRES, settings, sizeof(settings) / sizeof(settings[0]));
}

#define WAL "PRAGMA journal_mode = wal"
#define IMMEDIATE "BEGIN IMMEDIATE"
#define EXCLUSIVE "BEGIN EXCLUSIVE"

Test(race, on_sqlite)
{
	static const struct setting settings[] = {
		{"B waits", NULL, IMMEDIATE, false, false, AFTER_CONNECT},
		{"B retries", NULL, IMMEDIATE, true, false, AFTER_RETRY},
		{"B cannot even read", NULL, EXCLUSIVE, false, false, AFTER_RETRY},
		{"WAL, B waits", WAL, IMMEDIATE, false, false, AFTER_CONNECT},
		{"WAL, B retries", WAL, IMMEDIATE, true, false, AFTER_RETRY},
	};
	all_races_on(ENGINE_SQLITE, settings, sizeof(settings) / sizeof(settings[0]));
}
