/* Which changes of history are to be undone: ours, and not undone or overtaken since. */
#include "rollback.h"

#include "base/hash.h"
#include "model/lookup.h"

#include <string.h>

/* History, newest first, and what the newest row about each thing is. */
struct events {
	struct reconcile_history_row *rows;
	size_t count;
	struct lookup newest; /* by table and column */
};

static bool same_name(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_action(const struct reconcile_history_row *row, const char *action)
{
	return row->action != NULL && strcmp(row->action, action) == 0;
}

static bool is_about(const struct reconcile_history_row *row, const char *table, const char *column)
{
	return same_name(row->table_name, table) && same_name(row->column_name, column);
}

static uint64_t hash_place(const char *table, const char *column)
{
	return hash_name(hash_name(HASH_INIT, table), column != NULL ? column : "");
}

/* Is a newer row about that known already? */
static bool is_overtaken(const struct events *events, const char *table, const char *column)
{
	size_t probe = 0, i;
	while ((i = lookup_next(&events->newest, hash_place(table, column), &probe)) != LOOKUP_NONE)
		if (is_about(&events->rows[i], table, column))
			return true;
	return false;
}

/* Tables and columns come and go; everything else in history is no change of ours to them. */
static bool is_change(const struct reconcile_history_row *row)
{
	bool of_column = is_action(row, "add_column") || is_action(row, HISTORY_DROP_COLUMN);
	bool of_table = is_action(row, "create_table") || is_action(row, HISTORY_DROP_TABLE);
	return row->table_name != NULL &&
	       ((of_column && row->column_name != NULL) || (of_table && row->column_name == NULL));
}

static bool is_wanted(const struct rollback *rollback, const struct reconcile_history_row *row)
{
	const struct reconcile_rollback_request *request = rollback->request;
	if (request->table != NULL)
		return is_about(row, request->table, request->column);
	if (request->to > 0)
		return row->id > request->to;
	return rollback->undo_count < (request->last > 0 ? request->last : 1);
}

static void take(struct rollback *rollback, const struct reconcile_history_row *row)
{
	rollback->made[rollback->undo_count] = row->sql;
	rollback->undos[rollback->undo_count++] = (struct reconcile_undo){
		.id = row->id,
		.table = row->table_name,
		.column = row->column_name,
		/* What a table was made of stands in its statement. */
		.definition = row->column_name != NULL ? row->definition : NULL,
		.applied_at = row->applied_at,
		.values = -1,
	};
}

/* Of another registry: that one's to undo, but it may have dropped what was ours. */
static bool is_ours(const struct rollback *rollback, const struct reconcile_history_row *row)
{
	return same_name(row->registry, rollback->declared->registry->name) &&
	       (is_action(row, "add_column") || is_action(row, "create_table"));
}

static void walk(struct rollback *rollback, struct events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct reconcile_history_row *row = &events->rows[i];
		if (!is_change(row))
			continue;
		bool last =
			!is_overtaken(events, row->table_name, row->column_name) &&
			(row->column_name == NULL || !is_overtaken(events, row->table_name, NULL));
		lookup_add(&events->newest, hash_place(row->table_name, row->column_name), i);
		if (last && is_ours(rollback, row) && is_wanted(rollback, row))
			take(rollback, row);
	}
}

static bool check_chosen(const struct rollback *rollback, const struct events *events,
			 struct error *err)
{
	const struct reconcile_rollback_request *request = rollback->request;
	bool known = request->to == 0;
	for (size_t i = 0; i < events->count && !known; i++)
		known = events->rows[i].id == request->to;
	if (!known) {
		error_set(err, RECONCILE_FAILED, "history has no change %lld", request->to);
		error_hint(err, "`manage history --limit 0` lists them");
	} else if (request->table != NULL && rollback->undo_count == 0) {
		error_set(err, RECONCILE_CONFLICT,
			  "history does not say that registry '%s' added column '%s.%s', and it is "
			  "there",
			  rollback->declared->registry->name, request->table, request->column);
		error_hint(err, "what others made, or what came with its table, is not undone");
	}
	return err->status == RECONCILE_OK;
}

bool rollback_choose(struct rollback *rollback, struct error *err)
{
	const struct history_filter all = {.table = rollback->request->table};
	struct boot *boot = rollback->boot;
	struct arena scratch = {0};
	struct events events = {0};
	rollback->undo_count = 0;
	bool fine = boot_history(boot, &all, &events.rows, &events.count, rollback->arena, err);
	if (fine) {
		rollback->undos =
			arena_array(rollback->arena, events.count, sizeof(*rollback->undos));
		rollback->tables =
			arena_array(rollback->arena, events.count, sizeof(*rollback->tables));
		rollback->made =
			arena_array(rollback->arena, events.count, sizeof(*rollback->made));
		fine = (rollback->undos != NULL && rollback->tables != NULL &&
			rollback->made != NULL &&
			lookup_init(&events.newest, events.count, &scratch)) ||
		       error_memory(err);
	}
	if (fine) {
		walk(rollback, &events);
		fine = check_chosen(rollback, &events, err);
	}
	arena_release(&scratch);
	return fine;
}
