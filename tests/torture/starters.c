/* Replicas that start at once: they wait for each other, and nobody is warned of that. */
#include "memstack.h"
#include "session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define REPLICAS 10

/* They begin when the test lets go of what each of them needs. */
static void start_at_once(struct database *database)
{
	struct process replicas[REPLICAS];
	PGconn *gate = session_new(database->url, "gate");
	/* A read of the catalog waits for it, and counts no try. */
	session_run(gate, "BEGIN; LOCK TABLE pg_catalog.pg_attribute");
	for (int i = 0; i < REPLICAS; i++)
		replicas[i] = process_start(MEMSTACK_SERVICE, database->url, build_dir());
	session_run(gate, "SELECT pg_catalog.pg_sleep(0.3)");
	session_run(gate, "COMMIT");
	PQfinish(gate);
	for (int i = 0; i < REPLICAS; i++) {
		struct run replica = process_wait(&replicas[i]);
		cr_expect(replica.status == 0, "replica %d ended %d: %s", i, replica.status,
			  replica.err);
		cr_expect(strstr(replica.err, "warning") == NULL, "replica %d: %s", i, replica.err);
		run_free(&replica);
	}
}

Test(starters, are_not_warned_of_each_other)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	start_at_once(database);
	memstack_expect_history(database, memstack_history_of_empty, "ten replicas");
	database_free(database);
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		found++;
	return found;
}

/* Who has been waited for that long hangs. */
Test(starters, are_warned_of_one_that_hangs)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	PGconn *hangs = session_new(database->url, "hangs");
	session_run(hangs, SESSION_AS_RECONCILER);
	struct run service = run("export RECONCILE_BUDGET_MS=6000\n" MEMSTACK_SERVICE,
				 database->url, build_dir());
	cr_expect(service.status == 75, "it ended %d: %s", service.status, service.err);
	cr_expect(count(service.err, "reconcile: waiting for a lock") == 1, "%s", service.err);
	cr_expect(count(service.err, "warning: waiting for a lock") == 1, "%s", service.err);
	run_free(&service);
	PQfinish(hangs);
	database_free(database);
}
