/* Who has no lock on the table, and is in its way all the same: GRANT replaces its row in pg_class,
 * as ADD COLUMN does. */
#include "boot.h"

#include <libpq-fe.h>
#include <stdio.h>

static PGconn *grant(struct start *start)
{
	PGconn *holder = PQconnectdb(start->database->url);
	PGresult *result = PQexec(holder, "BEGIN; GRANT SELECT ON orders TO PUBLIC");
	cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(holder));
	PQclear(result);
	start->options.log_level = RECONCILE_LOG_DEBUG;
	return holder;
}

static void make_orders(struct start *start)
{
	database_execute(start->database,
			 "CREATE TABLE orders (id int PRIMARY KEY, name varchar(40) NOT NULL)");
}

ON_POSTGRES(boot_blocked, a_grant_that_stays_uncommitted_is_named)
{
	char process[40];
	make_orders(start);
	PGconn *holder = grant(start);
	start->options.budget_ms = 2000;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_BUSY);
	snprintf(process, sizeof(process), "blocked by pid %d (", PQbackendPID(holder));
	expect_in(start->error->message, process);
	expect_in(start->error->message, "idle in transaction");
	expect_in(start->error->hint, "end that transaction or wait for it");
	PQfinish(holder);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
}

/* The row has changed meanwhile, which a server before 18 calls an internal error: once more, then.
 */
ON_POSTGRES(boot_blocked, a_grant_that_is_committed_meanwhile_is_waited_for)
{
	make_orders(start);
	PGconn *holder = grant(start);
	cr_assert(PQsendQuery(holder,
			      "DO $$ BEGIN FOR i IN 1..3000 LOOP\n"
			      "  EXIT WHEN EXISTS (SELECT FROM pg_locks l WHERE NOT l.granted\n"
			      "    AND pg_backend_pid() = ANY (pg_blocking_pids(l.pid)));\n"
			      "  PERFORM pg_sleep(0.01); END LOOP; END $$; COMMIT"));
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	size_t failed = database_version(start->database) < 18;
	cr_expect_eq(start_log_count(start, "sqlstate=XX000"), failed, "%s", start_told(start));
	cr_expect_eq(start_log_count(start, "retry"), failed, "%s", start_told(start));
	PQfinish(holder);
}
