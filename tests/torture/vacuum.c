/*
 * A table that is being vacuumed for longer than any start lasts: a worker of autovacuum is passed,
 * unless it works against wraparound, and nobody waits for that.
 */
#include "../support/cluster.h"
#include "memstack.h"
#include "session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Few rows a page, and 0.4 s a page. */
static const char slow[] =
	"ALTER TABLE %s SET (fillfactor = 10, autovacuum_vacuum_threshold = 0,\n"
	"       autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100,\n"
	"       autovacuum_vacuum_cost_limit = 1, autovacuum_enabled = false)";

/* `one` is all of memories. */
static const char partitioned[] =
	"ALTER TABLE memories RENAME TO one;\n"
	"CREATE TABLE memories (LIKE one INCLUDING DEFAULTS, PRIMARY KEY (id))\n"
	"       PARTITION BY HASH (id);\n"
	"ALTER TABLE memories ATTACH PARTITION one FOR VALUES WITH (MODULUS 1, REMAINDER 0)";

struct vacuumed {
	struct cluster cluster;
	struct database *database;
	char url[512]; /* as the tables' owner, who is nobody special */
};

static struct vacuumed make(const char *settings, const char *table)
{
	struct vacuumed made = {.cluster = cluster_new(settings)};
	setenv("TEST_PG_URL", made.cluster.url, 1);
	made.database = database_new(ENGINE_POSTGRES);
	memstack_make_old(made.database);
	if (strcmp(table, "memories") != 0) {
		if (database_version(made.database) < 11)
			cr_skip_test("a partitioned table has no primary key here");
		database_execute(made.database, "%s", partitioned);
	}
	database_role_url(made.database, "owner_of_tables", made.url, sizeof(made.url));
	database_execute(made.database,
			 "GRANT USAGE, CREATE ON SCHEMA public TO owner_of_tables;\n"
			 "ALTER TABLE memories OWNER TO owner_of_tables;\n"
			 "ALTER TABLE task_logs OWNER TO owner_of_tables;\n"
			 "ALTER TABLE %s OWNER TO owner_of_tables",
			 table);
	return made;
}

static void end(struct vacuumed *made)
{
	database_free(made->database);
	cluster_free(&made->cluster);
}

/* Until a query in the test's own database gives true. */
static void wait_for(struct vacuumed *made, const char *query)
{
	struct cluster here = {.folder = ""};
	int length = snprintf(here.url, sizeof(here.url), "%s", made->database->url);
	cr_assert((size_t)length < sizeof(here.url));
	cluster_wait(&here, query);
}

static void wait_for_worker(struct vacuumed *made, const char *table)
{
	char query[200];
	snprintf(query, sizeof(query),
		 "SELECT count(*) > 0 FROM pg_stat_progress_vacuum WHERE relid = '%s'::regclass",
		 table);
	wait_for(made, query);
}

/* How many transactions have begun since does not count for a table that is written anew. */
static void vacuum(struct vacuumed *made, const char *table, int transactions)
{
	database_execute(made->database, slow, table);
	database_execute(made->database, "VACUUM FULL %s", table);
	database_execute(made->database, "UPDATE memories SET title = title");
	database_execute(made->database,
			 "CREATE TABLE burnt (a int);\n"
			 "DO $$ BEGIN FOR i IN 1..%d LOOP\n"
			 "  BEGIN INSERT INTO burnt VALUES (1); EXCEPTION WHEN OTHERS THEN NULL;\n"
			 "  END; END LOOP; END $$",
			 transactions);
	database_execute(made->database, "ALTER TABLE %s SET (autovacuum_enabled = true)", table);
	/* Before 15 a session tells at most twice a second what it has done, at a statement's end.
	 */
	database_execute(made->database, "SELECT pg_catalog.pg_sleep(0.6)");
	wait_for_worker(made, table);
}

/* While the start waits for the worker, others come and go. */
static void expect_others_pass(struct vacuumed *made)
{
	wait_for(made, "SELECT count(*) > 0 FROM " WAITING_LOCKS
		       " AND mode = 'ShareUpdateExclusiveLock'");
	PGconn *other = session_new(made->database->url, "somebody");
	session_run(other, "SET lock_timeout = 300; SELECT count(*) FROM memories;\n"
			   "UPDATE memories SET title = title WHERE version = 7");
	PQfinish(other);
}

static void pass_worker(const char *name, const char *table)
{
	struct vacuumed made = make("autovacuum_naptime = 1", table);
	vacuum(&made, table, 0);
	struct process started = process_start(
		"export RECONCILE_BUDGET_MS=20000\n" MEMSTACK_SERVICE, made.url, build_dir());
	expect_others_pass(&made);
	struct run service = process_wait(&started);
	cr_expect(service.status == 0, "%s: the service ended %d: %s", name, service.status,
		  service.err);
	run_free(&service);
	memstack_expect_history(made.database, memstack_history_of_old, name);
	memstack_expect_old_rows(made.database, name);
	end(&made);
}

Test(vacuum, of_a_table_is_passed)
{
	pass_worker("a table", "memories");
}

Test(vacuum, of_a_partition_is_passed)
{
	pass_worker("a partition", "one");
}

/* A script names no table: what its statement waits for is looked at while it does. */
Test(vacuum, of_a_scripts_table_is_passed)
{
	struct vacuumed made = make("autovacuum_naptime = 1", "memories");
	char script[600];
	snprintf(script, sizeof(script), "%s/001_extra.sql", made.database->folder);
	FILE *file = fopen(script, "w");
	cr_assert(file != NULL &&
		  fputs("CREATE TABLE own (a int);\n"
			"ALTER TABLE memories ADD COLUMN extra int;\n",
			file) >= 0 &&
		  fclose(file) == 0);
	vacuum(&made, "memories", 0);
	struct process started = process_start(
		"export RECONCILE_BUDGET_MS=20000; exec '%s/manage' script up --dir '%s' -u '%s'",
		build_dir(), made.database->folder, made.url);
	expect_others_pass(&made);
	struct run ended = process_wait(&started);
	cr_expect(ended.status == 0, "it ended %d: %s%s", ended.status, ended.out, ended.err);
	run_free(&ended);
	cr_expect_eq(database_number(made.database,
				     "SELECT count(*) FROM pg_attribute WHERE attname = 'extra' "
				     "AND attrelid = 'memories'::regclass"),
		     1);
	end(&made);
}

/* The worker yields to nobody, and a role that may not see its query is told so all the same. */
Test(vacuum, against_wraparound_is_named)
{
	struct vacuumed made =
		make("autovacuum_naptime = 1\nautovacuum_freeze_max_age = 100000", "memories");
	vacuum(&made, "memories", 100100);
	struct run service =
		run("export RECONCILE_BUDGET_MS=5000\n" MEMSTACK_SERVICE, made.url, build_dir());
	cr_expect(service.status == 75, "the service ended %d: %s", service.status, service.err);
	cr_expect(strstr(service.err, "autovacuum of memories to prevent wraparound") != NULL, "%s",
		  service.err);
	cr_expect(strstr(service.err, "yields to nobody") != NULL, "%s", service.err);
	cr_expect(strstr(service.err, "end that transaction") == NULL, "%s", service.err);
	run_free(&service);
	end(&made);
}
