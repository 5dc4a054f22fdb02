/*
 * Autovacuum yields, but only to a waiter that has waited for deadlock_timeout (lmgr/proc.c), which
 * is longer than lock_timeout. It need not wait for ACCESS EXCLUSIVE, which everybody else queues
 * behind: SHARE UPDATE EXCLUSIVE is in a vacuum's way too, and in no reader's or writer's.
 */
#include "postgres.h"

static const char limits_query[] = "SELECT pg_catalog.set_config('lock_timeout', $1, true),\n"
				   "       pg_catalog.set_config('statement_timeout', $2, true)";

/* false: out of memory. */
static bool limits_statement(struct statement *statement, double lock_ms, double work_ms,
			     struct arena *scratch)
{
	struct buffer lock = BUFFER_INIT(scratch), work = BUFFER_INIT(scratch);
	buffer_addf(&lock, "%.0fms", lock_ms);
	buffer_addf(&work, "%.0fms", work_ms);
	*statement = (struct statement){
		.sql = limits_query,
		.parameter_count = 2,
		.parameters = {parameter_text(buffer_text(&lock)),
			       parameter_text(buffer_text(&work))},
		.answer = ONE_ROW("x x"),
	};
	return !lock.failed && !work.failed;
}

bool vacuum_pass(struct postgres *pg, const struct change *change, struct error *err)
{
	double lock_ms = (double)pg->settings->lock_timeout_ms,
	       work_ms = (double)pg->settings->statement_timeout_ms,
	       yield_ms = (double)change->yields_ms,
	       all_ms = yield_ms * (double)change->yield_count;
	struct arena scratch = {0};
	struct buffer lock = BUFFER_INIT(&scratch);
	struct statement statements[3];
	PGresult *results[3] = {NULL};

	/* A partitioned table's partitions are locked with it, as ALTER locks them. */
	buffer_add(&lock, "LOCK TABLE ");
	if (change->yield_relations != NULL) {
		buffer_add(&lock, change->yield_relations);
	} else {
		postgres_add_identifier(&lock, pg, pg->schema);
		buffer_add_char(&lock, '.');
		postgres_add_identifier(&lock, pg, change->table);
	}
	buffer_add(&lock, " IN SHARE UPDATE EXCLUSIVE MODE");
	statements[1] = (struct statement){.sql = buffer_text(&lock)};
	bool fine = (statements[1].sql != NULL &&
		     limits_statement(&statements[0], yield_ms, all_ms + work_ms, &scratch) &&
		     limits_statement(&statements[2], lock_ms, work_ms, &scratch)) ||
		    error_memory(err);
	/* The limits alone first: before 11 statement_timeout is taken when a batch begins. */
	fine = fine && batch_run(pg, statements, 1, patience_change_ms(pg), results, NULL, err) &&
	       batch_run(pg, &statements[1], 2, patience_change_ms(pg) + all_ms, &results[1], NULL,
			 err);
	batch_clear(results, 3);
	arena_release(&scratch);
	return fine;
}
