/* What is already there is written into history, as the baseline of a database that others made. */
#include "boot.h"

#include <string.h>

/* Written before it was stamped, or made by us: there is nothing to add. */
static bool is_recorded(const struct reconcile_history_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *action = rows[i].action != NULL ? rows[i].action : "";
		if (strcmp(action, HISTORY_STAMP) == 0 || strcmp(action, "create_table") == 0)
			return true;
	}
	return false;
}

/* The columns that are as declared: "id VARCHAR NOT NULL, name VARCHAR"; "" if there are none. *at:
 * the first item behind those of the tables before. false: out of memory. */
static bool describe_table(struct buffer *buf, const struct boot *boot,
			   const struct indexed_table *table, size_t *at)
{
	const struct diff *diff = &boot->diff;
	struct sql sql = boot->sql;
	sql.arena = buf->arena;
	for (size_t c = 0; *at < diff->item_count && diff->items[*at].table == table->name;
	     (*at)++) {
		const struct reconcile_item *item = &diff->items[*at];
		if (item->state != RECONCILE_PRESENT)
			continue;
		while (c + 1 < table->column_count && table->columns[c].row->column != item->column)
			c++;
		const char *definition = sql_definition(&sql, table->columns[c].row);
		if (definition == NULL)
			return false;
		buffer_addf(buf, "%s%s %s", buf->length > 0 ? ", " : "", item->column, definition);
	}
	return !buf->failed;
}

/* In the open transaction. *done stays false when history knows the table; *ours: from this run. */
static bool stamp_open(struct boot *boot, const struct indexed_table *table, const char *definition,
		       const struct read_request *request, const struct catalog *before, bool *done,
		       bool *ours, struct arena *arena, struct error *err)
{
	const struct history_entry entry = {
		.action = HISTORY_STAMP, .definition = definition, .sql = ""};
	const struct history_filter filter = {.table = table->name};
	struct change change = boot_change(boot, table->name, &before->history);
	struct reconcile_history_row *rows;
	struct catalog after;
	size_t count = 0;

	if (before->relations[0].kind != RELATION_TABLE)
		return true;
	if (before->history.kind != RELATION_ABSENT &&
	    !boot->backend->history(boot->worker, &filter, &rows, &count, arena, err))
		return false;
	if (count > 0 && is_recorded(rows, count)) {
		*ours = rows[0].run_id != NULL && strcmp(rows[0].run_id, boot->run_id) == 0;
		return true;
	}
	change.entries = &entry;
	change.entry_count = 1;
	*done = boot->backend->change(boot->worker, &change, request, &after, arena, err);
	return *done;
}

static bool stamp_table(struct boot *boot, const struct indexed_table *table,
			const char *definition, struct error *err)
{
	const struct backend *backend = boot->backend;
	const struct read_request request = {.names = &table->name, .name_count = 1};
	struct arena arena = {0};
	struct catalog before;
	size_t place = (size_t)(table - boot->index.tables) + 1;
	bool done = false, ours = false;

	boot->attempts++;
	bool fine = boot_goes_on(boot, err) &&
		    backend->begin(boot->worker, &request, &before, &arena, err);
	if (fine) {
		fine = stamp_open(boot, table, definition, &request, &before, &done, &ours, &arena,
				  err);
		if (!fine || !done)
			backend->rollback(boot->worker);
		else
			fine = backend->commit(boot->worker, NULL, err);
	}
	arena_release(&arena);
	if (!fine && done && err->class == ERROR_UNKNOWN)
		boot->unknown_stamp = place;
	if (!fine)
		return error_prefix(err, "table '%s': stamp it", table->name);
	/* A COMMIT without an answer that had its effect counts once, too. */
	bool settled = ours && boot->unknown_stamp == place;
	if (boot->unknown_stamp == place)
		boot->unknown_stamp = 0;
	if (done || settled) {
		boot->stamped_count++;
		announce_stamp(boot, table);
	}
	return true;
}

bool boot_stamp(struct boot *boot, struct error *err)
{
	size_t at = 0;
	if (!boot_connect_worker(boot, err))
		return false;
	for (size_t i = 0; i < boot->index.table_count; i++) {
		struct arena arena = {0};
		struct buffer definition = BUFFER_INIT(&arena);
		const struct indexed_table *table = &boot->index.tables[i];
		bool fine = describe_table(&definition, boot, table, &at) || error_memory(err);
		if (fine && definition.length > 0)
			fine = stamp_table(boot, table, buffer_text(&definition), err);
		arena_release(&arena);
		if (!fine)
			return false;
	}
	return true;
}
