/* Who is in the way, of every kind that can be: real ones, on a server that has them all. */
#include "../../src/backend/executor.h"
#include "../support/cluster.h"
#include "postgres_support.h"

#include <stdio.h>
#include <unistd.h>

static const char settings[] =
	"max_prepared_transactions = 5\nwal_level = logical\nmax_replication_slots = 5\n"
	"max_wal_senders = 5\nwal_retrieve_retry_interval = '100ms'\nautovacuum = off";

struct scene {
	struct cluster cluster;
	PGconn *admin;
	struct arena arena;
};

static void run(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);
	cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
		  PQerrorMessage(connection));
	PQclear(result);
}

static PGconn *connect_as(const struct scene *scene, const char *more)
{
	char url[600];
	snprintf(url, sizeof(url), "%s%s", scene->cluster.url, more);
	PGconn *connection = PQconnectdb(url);
	cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
	return connection;
}

static struct scene scene_new(void)
{
	struct scene scene = {.cluster = cluster_new(settings)};
	scene.admin = connect_as(&scene, "&application_name=the+admin");
	run(scene.admin, "CREATE TABLE t (a int); INSERT INTO t VALUES (1);\n"
			 "CREATE ROLE owner_of_t LOGIN; ALTER TABLE t OWNER TO owner_of_t");
	return scene;
}

static void scene_free(struct scene *scene)
{
	PQfinish(scene->admin);
	arena_release(&scene->arena);
	cluster_free(&scene->cluster);
}

/* As the superuser and as the table's owner, who sees nobody's state: both must be told. */
static const char *const roles[] = {"", "&user=owner_of_t"};

struct seen {
	struct blocker *blockers;
	size_t count;
};

/* At those who keep somebody from the table, or, without one, that process from going on. */
static struct seen look_at(struct scene *scene, const char *role, const char *table, int process)
{
	char text[600];
	struct seen seen;
	struct error err = {0};
	struct session *session;
	snprintf(text, sizeof(text), "%s%s", scene->cluster.url, role);
	struct url url = {.conninfo = text};
	struct session_settings own = {
		.url = &url,
		.application = "test",
		.schema = "public",
		.lock_timeout_ms = 250,
		.statement_timeout_ms = 5000,
		.connect_timeout_ms = 10000,
	};
	cr_assert(backend_postgres.open(&session, NULL, &own, &err), "%s", err.message);
	bool fine = table != NULL ? backend_postgres.blockers(session, table, &seen.blockers,
							      &seen.count, &scene->arena, &err)
				  : executor_postgres.blockers(session, process, &seen.blockers,
							       &seen.count, &scene->arena, &err);
	cr_assert(fine, "%s", err.message);
	backend_postgres.close(session);
	return seen;
}

static struct seen look(struct scene *scene, const char *role, const char *table)
{
	return look_at(scene, role, table, 0);
}

static void expect_text(const char *name, const char *found, const char *wanted)
{
	if (wanted == NULL || found == NULL)
		cr_expect(found == wanted, "%s: '%s', not '%s'", name, found, wanted);
	else
		cr_expect(strstr(found, wanted) != NULL, "%s: '%s' lacks '%s'", name, found,
			  wanted);
}

/* One blocker of that table, for every role. what NULL: an ordinary session. */
static void expect_one(struct scene *scene, const char *table, const char *what, const char *advice)
{
	for (size_t i = 0; i < COUNT(roles); i++) {
		struct seen seen = look(scene, roles[i], table);
		cr_assert(seen.count == 1, "%s%s: %zu blockers", what != NULL ? what : table,
			  roles[i], seen.count);
		expect_text(what != NULL ? what : table, seen.blockers[0].what, what);
		expect_text(what != NULL ? what : table, seen.blockers[0].advice, advice);
		cr_expect(seen.blockers[0].yields_ms == 0);
	}
}

static void expect_nobody(struct scene *scene, const char *table)
{
	for (size_t i = 0; i < COUNT(roles); i++) {
		struct seen seen = look(scene, roles[i], table);
		cr_expect(seen.count == 0, "%s%s: %zu blockers", table, roles[i], seen.count);
	}
}

static void a_prepared_transaction(struct scene *scene)
{
	run(scene->admin, "BEGIN; SELECT * FROM t; PREPARE TRANSACTION 'it''s left'");
	expect_one(scene, "t", "prepared transaction 'it''s left'",
		   "ROLLBACK PREPARED 'it''s left'");
	for (size_t i = 0; i < COUNT(roles); i++) {
		struct seen seen = look(scene, roles[i], "t");
		cr_expect_eq(seen.blockers[0].pid, 0);
		expect_text("owner", seen.blockers[0].user, "postgres");
		expect_text("state", seen.blockers[0].state, NULL);
		expect_text("application", seen.blockers[0].application, NULL);
		cr_expect_gt(seen.blockers[0].age_ms, 0);
	}
	/* Of any transaction that was prepared, the one that has the lock. */
	run(scene->admin, "CREATE TABLE other ()");
	run(scene->admin, "BEGIN; SELECT * FROM other; PREPARE TRANSACTION 'no business of ours'");
	expect_one(scene, "t", "prepared transaction 'it''s left'",
		   "ROLLBACK PREPARED 'it''s left'");
	run(scene->admin, "ROLLBACK PREPARED 'it''s left'");
	run(scene->admin, "ROLLBACK PREPARED 'no business of ours'");
	expect_nobody(scene, "t");
}

/* What says nothing of itself has no empty words in its place. */
static void a_session_without_a_name(struct scene *scene)
{
	PGconn *session = connect_as(scene, "&application_name=");
	run(session, "SET application_name = ''; BEGIN; SELECT * FROM t");
	expect_one(scene, "t", NULL, NULL);
	struct seen seen = look(scene, roles[0], "t");
	cr_expect_null(seen.blockers[0].application);
	cr_expect_str_eq(seen.blockers[0].state, "idle in transaction");
	PQfinish(session);
}

/* A table that is not there yet for us is there for whoever is making it. */
static void a_session_that_makes_the_table(struct scene *scene)
{
	run(scene->admin, "BEGIN; CREATE TEMP TABLE scratch ()");
	expect_nobody(scene, "fresh");
	run(scene->admin, "COMMIT; BEGIN; CREATE TABLE fresh ()");
	expect_one(scene, "fresh", NULL, NULL);
	expect_nobody(scene, "t");
	run(scene->admin, "ROLLBACK");
}

/* Each change writes to history. */
static void a_session_that_keeps_history_shut(struct scene *scene)
{
	run(scene->admin, "CREATE TABLE reconcile_history ()");
	run(scene->admin,
	    "BEGIN; SELECT * FROM reconcile_history; LOCK reconcile_history IN ROW EXCLUSIVE MODE");
	expect_nobody(scene, "t");
	run(scene->admin, "LOCK reconcile_history IN SHARE MODE");
	expect_one(scene, "t", NULL, NULL);
	run(scene->admin, "ROLLBACK");
}

/* A statement that waits, or works slowly, until its session is ended. */
static PGconn *begin_slow(struct scene *scene, const char *setting, const char *sql,
			  const char *begun)
{
	PGconn *slow = connect_as(scene, "");
	run(slow, setting);
	cr_assert(PQsendQuery(slow, sql) == 1, "%s", PQerrorMessage(slow));
	cluster_wait(&scene->cluster, begun);
	return slow;
}

static void end_slow(PGconn *slow)
{
	char said[200];
	PGcancel *cancel = PQgetCancel(slow);
	cr_expect(PQcancel(cancel, said, sizeof(said)) == 1, "%s", said);
	PQfreeCancel(cancel);
	for (PGresult *result; (result = PQgetResult(slow)) != NULL;)
		PQclear(result);
	PQfinish(slow);
}

static void an_index_build(struct scene *scene)
{
	if (PQserverVersion(scene->admin) < 120000) /* it shows no progress of it */
		return;
	/* It waits for those who saw the table before. */
	PGconn *reader = connect_as(scene, "");
	run(reader, "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE");
	PGconn *slow = begin_slow(scene, "SELECT 1", "CREATE INDEX CONCURRENTLY i ON t (a)",
				  "SELECT count(*) > 0 FROM pg_stat_progress_create_index\n"
				  " WHERE phase LIKE 'waiting for writers%'");
	for (size_t i = 0; i < COUNT(roles); i++) {
		struct seen seen = look(scene, roles[i], "t");
		size_t named = 0;
		for (size_t b = 0; b < seen.count; b++)
			if (seen.blockers[b].what != NULL) {
				named++;
				expect_text("index", seen.blockers[b].what, "index build on t");
				expect_text("index", seen.blockers[b].advice, "invalid");
			}
		cr_expect(named == 1 && seen.count == 2, "%zu of %zu", named, seen.count);
	}
	end_slow(slow);
	PQfinish(reader);
}

/* Somebody's own VACUUM does not yield. */
static void a_vacuum_by_hand(struct scene *scene)
{
	run(scene->admin, "INSERT INTO t SELECT generate_series(1, 10000)");
	PGconn *slow = begin_slow(scene, "SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1",
				  "VACUUM t", "SELECT count(*) > 0 FROM pg_stat_progress_vacuum");
	expect_one(scene, "t", "VACUUM of t", "wait for the VACUUM");
	end_slow(slow);
}

/* The processes that help a query are not named beside it, where the role may see that they do. */
static void a_parallel_query(struct scene *scene)
{
	if (PQserverVersion(scene->admin) < 130000) /* it does not say whom a worker helps */
		return;
	PGconn *slow =
		begin_slow(scene,
			   PQserverVersion(scene->admin) < 160000 ? "SET force_parallel_mode = on"
								  : "SET debug_parallel_query = on",
			   "SELECT pg_sleep(600) FROM t",
			   "SELECT count(*) > 0 FROM pg_stat_activity\n"
			   " WHERE backend_type = 'parallel worker' AND wait_event = 'PgSleep'");
	struct seen seen = look(scene, roles[0], "t");
	cr_assert_eq(seen.count, 1);
	cr_expect_eq(seen.blockers[0].pid, PQbackendPID(slow));
	end_slow(slow);
}

#define WAITS "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = '%s'"

static void expect_waits(struct scene *scene, const char *name, int process, int pid,
			 const char *what, const char *relation)
{
	for (size_t i = 0; i < COUNT(roles); i++) {
		struct seen seen = look_at(scene, roles[i], NULL, process);
		cr_assert(seen.count == 1, "%s%s: %zu", name, roles[i], seen.count);
		cr_expect_eq(seen.blockers[0].pid, pid, "%s", name);
		expect_text(name, seen.blockers[0].what, what);
		expect_text(name, seen.blockers[0].relation, relation);
	}
}

/* Of a process that waits only the server knows for what. */
static void whom_a_process_waits_for(struct scene *scene)
{
	char waits[200];
	int admin = PQbackendPID(scene->admin);
	cr_expect_eq(look_at(scene, roles[0], NULL, admin).count, 0);
	run(scene->admin, "BEGIN; SELECT FROM t; PREPARE TRANSACTION 'x'");
	snprintf(waits, sizeof(waits), WAITS, "relation");
	PGconn *slow = begin_slow(scene, "SELECT 1", "BEGIN; LOCK TABLE t", waits);
	expect_waits(scene, "prepared", PQbackendPID(slow), 0, "prepared transaction 'x'",
		     "public.t");
	/* Who waits in front of it is in its way, too. */
	PGconn *next = connect_as(scene, "");
	cr_assert(PQsendQuery(next, "SELECT FROM t"));
	cluster_wait(&scene->cluster, "SELECT count(*) = 2 FROM pg_locks WHERE NOT granted");
	expect_waits(scene, "queue", PQbackendPID(next), PQbackendPID(slow), NULL, "public.t");
	end_slow(slow);
	end_slow(next);
	run(scene->admin, "ROLLBACK PREPARED 'x'");
	run(scene->admin, "BEGIN; UPDATE t SET a = a");
	snprintf(waits, sizeof(waits), WAITS, "transactionid");
	slow = begin_slow(scene, "SELECT 1", "UPDATE t SET a = a", waits);
	expect_waits(scene, "a row", PQbackendPID(slow), admin, NULL, NULL);
	end_slow(slow);
	run(scene->admin, "ROLLBACK");
}

/* Both ends of a subscription's first copy, which its subscriber's trigger makes last. */
static void a_subscription_and_its_publisher(struct scene *scene)
{
	PGconn *subscriber;
	/* More than fits on the way: before 13 the end of a COPY is the end of its lock. */
	run(scene->admin, "INSERT INTO t SELECT generate_series(1, 200000)");
	run(scene->admin, "CREATE PUBLICATION p FOR TABLE t");
	run(scene->admin, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
	run(scene->admin, "CREATE DATABASE copied");
	subscriber = connect_as(scene, "&dbname=copied");
	run(subscriber,
	    "CREATE TABLE t (a int); ALTER TABLE t OWNER TO owner_of_t;\n"
	    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS\n"
	    "$$ BEGIN PERFORM pg_catalog.pg_sleep(600); RETURN NEW; END $$;\n"
	    "CREATE TRIGGER dawdle BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE dawdle();\n"
	    "ALTER TABLE t ENABLE ALWAYS TRIGGER dawdle");
	char sql[800];
	snprintf(sql, sizeof(sql),
		 "CREATE SUBSCRIPTION \"The copy\" CONNECTION 'host=%s port=5432 user=postgres "
		 "dbname=postgres' PUBLICATION p WITH (create_slot = false, slot_name = 's')",
		 scene->cluster.folder);
	run(subscriber, sql);
	cluster_wait(&scene->cluster, "SELECT count(*) > 0 FROM pg_stat_activity\n"
				      " WHERE datname = 'copied' AND wait_event = 'PgSleep'");
	expect_one(scene, "t", "replication", "has its copy");

	static const char *const there[] = {"&dbname=copied", "&dbname=copied&user=owner_of_t"};
	for (size_t i = 0; i < COUNT(there); i++) {
		struct seen seen = look(scene, there[i], "t");
		cr_assert(seen.count == 1, "%s: %zu", there[i], seen.count);
		expect_text("subscription", seen.blockers[0].what, "subscription \"The copy\"");
		expect_text("subscription", seen.blockers[0].advice,
			    "ALTER SUBSCRIPTION \"The copy\" DISABLE");
	}
	PQfinish(subscriber);
}

/* One server for all of them: they take their turns. */
Test(postgres_blockers, are_named_whoever_they_are)
{
	struct scene scene = scene_new();
	a_prepared_transaction(&scene);
	a_session_without_a_name(&scene);
	a_session_that_makes_the_table(&scene);
	a_session_that_keeps_history_shut(&scene);
	an_index_build(&scene);
	a_vacuum_by_hand(&scene);
	a_parallel_query(&scene);
	whom_a_process_waits_for(&scene);
	a_subscription_and_its_publisher(&scene);
	scene_free(&scene);
}
