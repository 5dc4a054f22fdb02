/* What history proves that we added is taken away again, when somebody asks for it by name. */
#include "rollback.h"

#include "base/sized.h"
#include "blocker.h"
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct reconcile_rollback {
	struct arena arena; /* holds the rollback itself: released last */
	struct error failure;
	struct reconcile_error error;
	struct reconcile_database database;
	struct reconcile_undo *undos;
	size_t count;
};

/* ---- one change ----------------------------------------------------------- */

/* Did a COMMIT without an answer have its effect? Then the newest row about it is ours. */
static bool was_done(struct rollback *rollback, const struct reconcile_undo *undo, bool *done,
		     struct error *err)
{
	struct boot *boot = rollback->boot;
	const struct history_filter newest = {.table = undo->table, .limit = 1};
	const char *action = undo->column != NULL ? HISTORY_DROP_COLUMN : HISTORY_DROP_TABLE;
	struct reconcile_history_row *rows;
	struct arena arena = {0};
	size_t count;
	bool fine = boot_connect_worker(boot, err) &&
		    boot->backend->history(boot->worker, &newest, &rows, &count, &arena, err);
	*done = fine && count > 0 && rows[0].run_id != NULL && rows[0].action != NULL &&
		strcmp(rows[0].run_id, boot->run_id) == 0 && strcmp(rows[0].action, action) == 0 &&
		(undo->column == NULL ||
		 (rows[0].column_name != NULL && strcmp(rows[0].column_name, undo->column) == 0));
	arena_release(&arena);
	return fine;
}

/* In the open transaction. *left is what the table is then. */
static bool drop(struct rollback *rollback, const struct reconcile_undo *undo,
		 const struct read_request *request, const struct catalog *before, uint64_t *left,
		 struct arena *arena, struct error *err)
{
	struct boot *boot = rollback->boot;
	const struct history_entry entry = {
		.action = undo->column != NULL ? HISTORY_DROP_COLUMN : HISTORY_DROP_TABLE,
		.column = undo->column,
		.definition = undo->definition,
		.sql = undo->sql,
	};
	const struct change_loss loss = {.column = undo->column,
					 .allowed = rollback->request->allow_data_loss};
	struct change change = boot_change(boot, undo->table, &before->history);
	struct catalog after;
	change.registry = rollback->declared->registry->name;
	change.statements = &undo->sql;
	change.statement_count = 1;
	change.entries = &entry;
	change.entry_count = 1;
	change.loss = &loss;
	if (!boot->backend->change(boot->worker, &change, request, &after, arena, err) ||
	    !drop_verify(undo->table, undo->column, &before->relations[0], &after.relations[0],
			 err))
		return false;
	*left = relation_fingerprint(&after.relations[0]);
	return true;
}

/* *left is set as soon as it may be what the table is. */
static bool undo_once(struct rollback *rollback, size_t place, uint64_t *left, struct error *err)
{
	struct boot *boot = rollback->boot;
	const struct backend *backend = boot->backend;
	const struct reconcile_undo *undo = &rollback->undos[place];
	const struct indexed_table *table = &boot->index.tables[rollback->tables[place]];
	const struct read_request request = {.names = &undo->table, .name_count = 1};
	struct arena arena = {0};
	struct catalog before;

	boot->attempts++;
	bool fine = boot_goes_on(boot, err) && boot_connect_worker(boot, err) &&
		    backend->begin(boot->worker, &request, &before, &arena, err);
	if (fine) {
		fine = boot_expect_table(boot, table, &before.relations[0], err) &&
		       drop(rollback, undo, &request, &before, left, &arena, err);
		if (!fine)
			backend->rollback(boot->worker);
		else
			fine = backend->commit(boot->worker, NULL, err);
	}
	arena_release(&arena);
	if (!fine)
		blocker_note(boot, undo->table, err);
	return fine;
}

/* Until it is done, or nobody should try any more. */
static bool undo_one(struct rollback *rollback, size_t place, struct error *err)
{
	struct reconcile_undo *undo = &rollback->undos[place];
	struct boot *boot = rollback->boot;
	const char *column = undo->column;
	double began = clock_ms();
	uint64_t left = 0;
	bool done = undo_once(rollback, place, &left, err);
	while (!done) {
		bool unknown = err->class == ERROR_UNKNOWN;
		if (!boot_pause(boot, NULL, err))
			return error_prefix(err, "change %lld, '%s%s%s': undo it", undo->id,
					    undo->table, column != NULL ? "." : "",
					    column != NULL ? column : "");
		if (!unknown || (was_done(rollback, undo, &done, err) && !done))
			done = undo_once(rollback, place, &left, err);
	}
	/* The next change of the same table finds it as this one has left it. */
	boot->expected[rollback->tables[place]] = left;
	undo->state = RECONCILE_UNDO_DONE;
	undo->reason = NULL;
	announce_undo(boot, undo, clock_ms() - began);
	return true;
}

/* ---- all of them ---------------------------------------------------------- */

/* Nothing is undone unless all of it can be. */
static bool check_undos(const struct rollback *rollback, struct error *err)
{
	for (size_t i = 0; i < rollback->undo_count; i++) {
		const struct reconcile_undo *undo = &rollback->undos[i];
		const char *dot = undo->column != NULL ? "." : "",
			   *column = undo->column != NULL ? undo->column : "";
		bool loses = undo->state == RECONCILE_UNDO_READY && undo->values != 0 &&
			     !rollback->request->allow_data_loss && rollback->request->apply;
		if (undo->state == RECONCILE_UNDO_REFUSED) {
			error_set(err, RECONCILE_CONFLICT,
				  "change %lld, '%s%s%s', is not undone: %s", undo->id, undo->table,
				  dot, column, undo->reason);
			error_hint(err, "nothing was changed; by hand it would be: %s", undo->sql);
			return false;
		}
		if (!loses)
			continue;
		if (undo->values < 0) {
			error_set(err, RECONCILE_CONFLICT,
				  "change %lld, '%s%s%s', is not undone: nobody could count what "
				  "would be lost%s%s",
				  undo->id, undo->table, dot, column,
				  undo->reason != NULL ? ": " : "",
				  undo->reason != NULL ? undo->reason : "");
			error_hint(err, "nothing was changed; let it be counted (the right to read "
					"it, a longer statement_timeout_ms), or give "
					"--allow-data-loss to lose whatever is there");
			return false;
		}
		error_set(err, RECONCILE_CONFLICT,
			  "change %lld, '%s%s%s', is not undone: %lld %s%s would be lost", undo->id,
			  undo->table, dot, column, undo->values,
			  undo->column != NULL ? "value" : "row", word_for(undo->values, "", "s"));
		error_hint(err, "nothing was changed; give --allow-data-loss to lose %s",
			   word_for(undo->values, "it", "them"));
		return false;
	}
	return true;
}

/* Somebody agreed with a list of changes: it must be the same one. */
static bool check_seen(const struct rollback *rollback, struct error *err)
{
	const struct reconcile_rollback *seen = rollback->request->seen;
	bool same = seen == NULL || seen->count == rollback->undo_count;
	for (size_t i = 0; seen != NULL && same && i < seen->count; i++)
		same = seen->undos[i].id == rollback->undos[i].id;
	if (same)
		return true;
	error_set(err, RECONCILE_BUSY, "history has grown since it was looked at");
	error_hint(err, "nothing was changed; look again");
	return false;
}

/* What each table was when it was proved. */
static bool remember_tables(struct boot *boot, struct error *err)
{
	size_t count = boot->catalog.relation_count;
	uint64_t *expected = arena_array(boot->arena, count, sizeof(*expected));
	if (expected == NULL)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		expected[i] = relation_fingerprint(&boot->catalog.relations[i]);
	boot->expected = expected;
	return true;
}

static bool roll_back(struct rollback *rollback, struct error *err)
{
	struct boot *boot = rollback->boot;
	while (!boot_connect(boot, err) || !rollback_choose(rollback, err))
		if (!boot_pause(boot, NULL, err))
			return false;
	if (!check_seen(rollback, err))
		return false;
	if (rollback->undo_count == 0)
		return true;
	while (!rollback_prove(rollback, err))
		if (!boot_pause(boot, NULL, err))
			return false;
	if (!check_undos(rollback, err))
		return false;
	if (!rollback->request->apply)
		return true;
	if (!remember_tables(boot, err))
		return false;
	for (size_t i = 0; i < rollback->undo_count; i++)
		if (rollback->undos[i].state == RECONCILE_UNDO_READY && !undo_one(rollback, i, err))
			return false;
	return true;
}

/* ---- the call ------------------------------------------------------------- */

static bool take_request(struct reconcile_rollback_request *request,
			 const struct reconcile_rollback_request *given, struct error *err)
{
	if (given == NULL ||
	    !sized_take(request, sizeof(*request), given,
			SIZED_UP_TO(struct reconcile_rollback_request, keep_registry)))
		return error_set(err, RECONCILE_USAGE,
				 "the request is none: start from RECONCILE_ROLLBACK_INIT");
	if ((request->last > 0) + (request->to != 0) + (request->table != NULL) > 1)
		return error_set(err, RECONCILE_USAGE,
				 "one of last, to and a column can be asked for");
	if (request->to < 0 || (request->table != NULL) != (request->column != NULL))
		return error_set(err, RECONCILE_USAGE, "%s",
				 request->to < 0 ? "there is no change with such a number"
						 : "a column is a table's: both are needed");
	return true;
}

static void run(struct reconcile_rollback *result, const struct index *declared,
		const struct config *config, const struct reconcile_rollback_request *request)
{
	/* Nothing is compared until it is known what there is to compare. */
	static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT,
						       .name = "none"};
	struct error *err = &result->failure;
	struct arena round = {0};
	struct boot boot;
	struct rollback rollback = {
		.boot = &boot, .declared = declared, .request = request, .arena = &result->arena};

	if (boot_begin(&boot, &none, config, &result->arena, &round, err)) {
		snprintf(boot.fingerprint, sizeof(boot.fingerprint), "%016" PRIx64,
			 index_fingerprint(declared));
		roll_back(&rollback, err);
		boot_confirm(&boot);
	}
	if (boot_describe(&boot, &result->database, &result->arena, err) && boot.looked &&
	    !arena_copy(&result->database.schema, &result->arena, boot.catalog.schema))
		error_memory(err);
	/* What was chosen, and never proved, has no states and no statements. */
	if (rollback.is_proven) {
		result->undos = rollback.undos;
		result->count = rollback.undo_count;
	}
	boot_end(&boot);
	arena_release(&round);
}

int reconcile_rollback(const struct reconcile_registry *registry,
		       const struct reconcile_options *options,
		       const struct reconcile_rollback_request *request,
		       struct reconcile_rollback **rollback_out)
{
	struct arena arena = {0};
	struct config config;
	struct index declared;
	struct reconcile_rollback_request own;
	struct reconcile_rollback *result = arena_alloc(&arena, sizeof(*result));

	if (rollback_out == NULL) {
		arena_release(&arena);
		return RECONCILE_USAGE;
	}
	*rollback_out = result;
	if (result == NULL)
		return RECONCILE_FAILED;
	result->arena = arena;
	struct error *err = &result->failure;
	if (config_resolve(&config, options, &result->arena, err) &&
	    take_request(&own, request, err) &&
	    (registry != NULL || error_set(err, RECONCILE_USAGE, "the registry is NULL")) &&
	    index_build(&declared, registry, &result->arena, err)) {
		/* Every item is looked at, and nothing of it is to be added. */
		config.mode = RECONCILE_MODE_CHECK;
		config.detail = true;
		run(result, &declared, &config, &own);
	}
	if (err->status != RECONCILE_OK)
		announce_failure(&config, err);
	result->error = error_publish(err);
	return result->error.status;
}

size_t reconcile_rollback_count(const struct reconcile_rollback *rollback)
{
	return rollback->count;
}

const struct reconcile_undo *reconcile_rollback_undo(const struct reconcile_rollback *rollback,
						     size_t index)
{
	return index < rollback->count ? &rollback->undos[index] : NULL;
}

const struct reconcile_error *reconcile_rollback_error(const struct reconcile_rollback *rollback)
{
	return &rollback->error;
}

const struct reconcile_database *
reconcile_rollback_database(const struct reconcile_rollback *rollback)
{
	return &rollback->database;
}

void reconcile_rollback_free(struct reconcile_rollback *rollback)
{
	if (rollback == NULL)
		return;
	struct arena arena = rollback->arena; /* the rollback lies in it */
	arena_release(&arena);
}

const char *reconcile_undo_state_name(enum reconcile_undo_state state)
{
	static const char *const names[] = {"ready", "done", "gone", "refused"};
	size_t index = (size_t)state;
	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}
