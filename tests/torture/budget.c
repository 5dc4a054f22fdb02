/* Somebody holds what the service needs, and for longer than its budget lasts. */
#include "memstack.h"
#include "session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct blocker {
	const char *name;
	const char *begin;
	bool busy;         /* begin does not return: the blocker is at work */
	bool everything;   /* nothing can be done meanwhile, not only memories */
	bool unprivileged; /* the service's role owns the tables and may see no other's state */
	const char *state; /* what is said of it; NULL: nothing */
};

static const struct blocker blockers[] = {
	{
		.name = "a transaction left open",
		.begin = "BEGIN; SELECT count(*) FROM memories",
		.state = "idle in transaction for ",
	},
	{
		.name = "a long query",
		.begin = "SELECT pg_sleep(600) FROM memories LIMIT 1",
		.busy = true,
		.state = "active for ",
	},
	{
		.name = "a reconciler that hangs",
		.begin = SESSION_AS_RECONCILER,
		.everything = true,
		.state = "idle in transaction for ",
	},
	{
		.name = "of whom the role may not see much",
		.begin = "BEGIN; SELECT count(*) FROM memories",
		.unprivileged = true,
	},
};

static PGconn *block(struct database *database, const struct blocker *blocker)
{
	PGconn *session = session_new(database->url, "nightly report");
	if (!blocker->busy) {
		session_run(session, blocker->begin);
		return session;
	}
	cr_assert(PQsendQuery(session, blocker->begin) == 1, "%s", PQerrorMessage(session));
	long running = 0;
	for (int look = 0; look < 2000 && running == 0; look++) {
		usleep(5000);
		running = database_number(database,
					  "SELECT count(*) FROM pg_stat_activity\n"
					  " WHERE pid = %d AND wait_event = 'PgSleep'",
					  PQbackendPID(session));
	}
	cr_assert(running == 1, "%s: it does not run", blocker->name);
	return session;
}

static void give_to(struct database *database, const char *role, char *url, size_t size)
{
	database_role_url(database, role, url, size);
	database_execute(database,
			 "GRANT USAGE, CREATE ON SCHEMA public TO %s;\n"
			 "ALTER TABLE memories OWNER TO %s; ALTER TABLE task_logs OWNER TO %s",
			 role, role, role);
}

static void expect_named(const struct blocker *blocker, const struct run *service, int pid)
{
	char wanted[200];
	snprintf(wanted, sizeof(wanted), "pid %d (user postgres, application nightly report, %s",
		 pid, blocker->state != NULL ? blocker->state : "");
	cr_expect(service->status == 75, "%s: the service ended %d", blocker->name,
		  service->status);
	cr_expect(strstr(service->err, wanted) != NULL, "%s: no '%s' in %s", blocker->name, wanted,
		  service->err);
}

/* The SQL that is still to run is there to be had, and no other. */
static void expect_plan(const struct blocker *blocker, const char *url)
{
	struct run plan = run("'%s/manage' plan --format sql --url '%s'", build_dir(), url);
	cr_expect(plan.status == 0, "%s: manage plan ended %d: %s", blocker->name, plan.status,
		  plan.err);
	cr_expect(strstr(plan.out, "ADD COLUMN \"task_id\"") != NULL, "%s: the plan is %s",
		  blocker->name, plan.out);
	cr_expect((strstr(plan.out, "task_logs") != NULL) == blocker->everything &&
			  (strstr(plan.out, "CREATE TABLE") != NULL) == blocker->everything,
		  "%s: the plan is %s", blocker->name, plan.out);
	run_free(&plan);
}

static void spend_budget(const struct blocker *blocker, const char *reference)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	char url[512];
	snprintf(url, sizeof(url), "%s", database->url);
	memstack_make_old(database);
	if (blocker->unprivileged)
		give_to(database, "torture_owner", url, sizeof(url));

	PGconn *session = block(database, blocker);
	int pid = PQbackendPID(session);
	struct run service =
		run("export RECONCILE_BUDGET_MS=1200\n" MEMSTACK_SERVICE, url, build_dir());
	expect_named(blocker, &service, pid);
	run_free(&service);
	expect_plan(blocker, url);
	database_terminate(database, pid);
	PQfinish(session);

	service = run(MEMSTACK_SERVICE, url, build_dir());
	cr_expect(service.status == 0, "%s: the next start ended %d: %s", blocker->name,
		  service.status, service.err);
	memstack_expect_history(database, memstack_history_of_old, blocker->name);
	memstack_expect_schema(database, reference, blocker->name);
	memstack_expect_old_rows(database, blocker->name);
	run_free(&service);
	database_free(database);
}

Test(budget, runs_out_and_the_blocker_is_named)
{
	char *reference = memstack_reference(ENGINE_POSTGRES);
	for (size_t i = 0; i < sizeof(blockers) / sizeof(blockers[0]); i++)
		spend_budget(&blockers[i], reference);
	free(reference);
}
