/*
 * Is what a rollback would take away still what we added? History's own SQL is read back into rows
 * of a registry, and the database is compared with that registry as with any other.
 */
#include "rollback.h"

#include "base/hash.h"
#include "model/definition.h"
#include "model/lookup.h"
#include "oracle.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What history proves, as a registry. */
struct proof {
	struct rollback *rollback;
	struct reconcile_registry *registry;
	struct reconcile_table *tables;
	struct reconcile_column *columns;
	size_t column_room;
	struct lookup known; /* the columns, by table and column */
	struct arena *scratch;
};

__attribute__((format(printf, 3, 4))) static bool
refuse(struct rollback *rollback, struct reconcile_undo *undo, const char *format, ...)
{
	char reason[512];
	va_list list;
	va_start(list, format);
	vsnprintf(reason, sizeof(reason), format, list);
	va_end(list);
	undo->state = RECONCILE_UNDO_REFUSED;
	undo->reason = arena_text(rollback->arena, reason);
	return undo->reason != NULL;
}

/* The same, unless that was asked for. */
#define REFUSE_CHANGED(rollback, ...)                                                              \
	((rollback)->request->even_changed || refuse(rollback, __VA_ARGS__))

static uint64_t hash_place(const char *table, const char *column)
{
	return hash_name(hash_name(HASH_INIT, table), column);
}

/* ---- history as a registry ------------------------------------------------ */

static bool is_known(const struct proof *proof, const char *table, const char *column)
{
	size_t probe = 0, i;
	while ((i = lookup_next(&proof->known, hash_place(table, column), &probe)) != LOOKUP_NONE)
		if (strcmp(proof->columns[i].table, table) == 0 &&
		    strcmp(proof->columns[i].column, column) == 0)
			return true;
	return false;
}

static bool grow_columns(struct proof *proof)
{
	size_t room = proof->column_room > 0 ? 2 * proof->column_room : 64;
	struct reconcile_column *more = arena_array(proof->rollback->arena, room, sizeof(*more));
	struct lookup known;
	if (more == NULL || !lookup_init(&known, room, proof->scratch))
		return false;
	for (size_t i = 0; i < proof->registry->column_count; i++) {
		more[i] = proof->columns[i];
		lookup_add(&known, hash_place(more[i].table, more[i].column), i);
	}
	proof->columns = more;
	proof->column_room = room;
	proof->known = known;
	return true;
}

/* One that was dropped by hand and added again by us is known from the newer row. */
static bool add_column(struct proof *proof, const struct reconcile_column *column)
{
	if (proof->registry->column_count == proof->column_room && !grow_columns(proof))
		return false;
	if (is_known(proof, column->table, column->column))
		return true;
	lookup_add(&proof->known, hash_place(column->table, column->column),
		   proof->registry->column_count);
	proof->columns[proof->registry->column_count++] = *column;
	return true;
}

static bool read_column(struct proof *proof, struct reconcile_undo *undo, bool *readable)
{
	struct reconcile_column column = {.table = undo->table, .column = undo->column};
	*readable = undo->definition != NULL && *undo->table != '\0' && *undo->column != '\0';
	if (*readable &&
	    !definition_read(&column, undo->definition, readable, proof->rollback->arena))
		return false;
	return !*readable || add_column(proof, &column);
}

static bool read_table(struct proof *proof, struct reconcile_undo *undo, const char *made,
		       bool *readable)
{
	struct reconcile_column *columns;
	size_t count;
	*readable = made != NULL && *undo->table != '\0';
	if (*readable &&
	    !definition_read_table(&columns, &count, made, readable, proof->rollback->arena))
		return false;
	for (size_t i = 0; *readable && i < count; i++) {
		columns[i].table = undo->table;
		if (!add_column(proof, &columns[i]))
			return false;
	}
	if (*readable)
		proof->tables[proof->registry->table_count++].name = undo->table;
	return true;
}

static bool read_history(struct proof *proof)
{
	struct rollback *rollback = proof->rollback;
	proof->tables = arena_array(rollback->arena, rollback->undo_count, sizeof(*proof->tables));
	if (proof->tables == NULL || !grow_columns(proof))
		return false;
	for (size_t i = 0; i < rollback->undo_count; i++) {
		struct reconcile_undo *undo = &rollback->undos[i];
		bool readable;
		undo->state = RECONCILE_UNDO_READY;
		if (!(undo->column != NULL
			      ? read_column(proof, undo, &readable)
			      : read_table(proof, undo, rollback->made[i], &readable)) ||
		    (!readable && !refuse(rollback, undo,
					  "what history says of it is none of "
					  "our SQL")))
			return false;
	}
	proof->registry->layout = RECONCILE_REGISTRY_LAYOUT;
	proof->registry->name = "history";
	proof->registry->tables = proof->tables;
	proof->registry->columns = proof->columns;
	return true;
}

/* ---- what is there -------------------------------------------------------- */

/* Items of a look, by table and column ("": the first one of the table). */
static bool learn_items(struct proof *proof, struct lookup *items)
{
	const struct diff *diff = &proof->rollback->boot->diff;
	if (!lookup_init(items, 2 * diff->item_count, proof->scratch))
		return false;
	for (size_t i = 0; i < diff->item_count; i++) {
		const struct reconcile_item *item = &diff->items[i];
		if (i == 0 || diff->items[i - 1].table != item->table)
			lookup_add(items, hash_place(item->table, ""), i);
		if (item->column != NULL)
			lookup_add(items, hash_place(item->table, item->column), i);
	}
	return true;
}

static const struct reconcile_item *find_item(const struct rollback *rollback,
					      const struct lookup *items, const char *table,
					      const char *column)
{
	const struct reconcile_item *all = rollback->boot->diff.items;
	uint64_t hash = hash_place(table, column != NULL ? column : "");
	size_t probe = 0, i;
	while ((i = lookup_next(items, hash, &probe)) != LOOKUP_NONE)
		if (strcmp(all[i].table, table) == 0 &&
		    (column == NULL ||
		     (all[i].column != NULL && strcmp(all[i].column, column) == 0)))
			return &all[i];
	return NULL;
}

/* NULL: memory ran out. */
static const char *side_text(const struct reconcile_side *side, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, side->type != NULL ? side->type : "?");
	buffer_add(&buf, side->nullable ? "" : " NOT NULL");
	if (side->default_value != NULL)
		buffer_addf(&buf, " DEFAULT %s", side->default_value);
	return buffer_text(&buf);
}

static bool refuse_changed_item(struct rollback *rollback, struct reconcile_undo *undo,
				const struct reconcile_item *item, bool alone)
{
	const char *was = side_text(&item->declared, rollback->arena),
		   *is = side_text(&item->live, rollback->arena);
	if (was == NULL || is == NULL)
		return false;
	return refuse(rollback, undo, "somebody has changed %s%s%s: it was %s and is %s",
		      alone ? "" : "its column '", alone ? "it" : item->column, alone ? "" : "'",
		      was, is);
}

/* Is that column what we made? Otherwise the undo is refused, or there is nothing to undo. */
static bool judge_item(struct rollback *rollback, struct reconcile_undo *undo,
		       const struct reconcile_item *item, bool alone)
{
	const char *of = alone ? "" : "its column '", *name = alone ? "it" : item->column,
		   *end = alone ? "" : "'";
	switch (item->state) {
	case RECONCILE_PRESENT:
		return item->default_compared ||
		       REFUSE_CHANGED(rollback, undo,
				      "nobody can tell whether the default of %s%s%s is still ours",
				      of, name, end);
	case RECONCILE_CONFLICTING:
		return rollback->request->even_changed ||
		       refuse_changed_item(rollback, undo, item, alone);
	case RECONCILE_FOREIGN:
		return refuse(rollback, undo, "its table is %s",
			      item->reason != NULL ? item->reason : "something else");
	case RECONCILE_EXTRA:
	case RECONCILE_EXTRA_REQUIRED:
		return alone ||
		       REFUSE_CHANGED(rollback, undo, "somebody has added column '%s' to it",
				      item->column);
	case RECONCILE_MISSING:
		break;
	}
	if (!alone)
		return REFUSE_CHANGED(rollback, undo, "its column '%s' is no longer there",
				      item->column);
	undo->state = RECONCILE_UNDO_GONE;
	return true;
}

static bool judge_table(struct rollback *rollback, struct reconcile_undo *undo,
			const struct reconcile_item *item)
{
	const struct diff *diff = &rollback->boot->diff;
	const struct reconcile_item *end = diff->items + diff->item_count;
	if (item->column == NULL && item->state == RECONCILE_MISSING) {
		undo->state = RECONCILE_UNDO_GONE;
		return true;
	}
	for (const char *table = item->table; item < end && item->table == table; item++)
		if (undo->state == RECONCILE_UNDO_READY &&
		    !judge_item(rollback, undo, item, item->column == NULL))
			return false;
	return true;
}

static const struct indexed_table *find_table(const struct index *index, const char *name)
{
	for (size_t i = 0; i < index->table_count; i++)
		if (strcmp(index->tables[i].name, name) == 0)
			return &index->tables[i];
	return NULL;
}

/* What the registry still says is added again by the next start. */
static bool judge_declared(struct rollback *rollback, struct reconcile_undo *undo)
{
	const struct indexed_table *table = find_table(rollback->declared, undo->table);
	if (table == NULL || rollback->request->keep_registry)
		return true;
	const char *file = NULL;
	int line = 0;
	bool declared = undo->column == NULL;
	if (declared && table->row != NULL) {
		file = table->row->file;
		line = table->row->line;
	}
	for (size_t i = 0; i < table->column_count && !declared; i++) {
		const struct reconcile_column *row = table->columns[i].row;
		if (strcmp(row->column, undo->column) != 0)
			continue;
		declared = true;
		file = row->file;
		line = row->line;
	}
	if (!declared)
		return true;
	char place[256] = "";
	if (file != NULL)
		snprintf(place, sizeof(place), ", %s:%d", file, line);
	return refuse(rollback, undo,
		      "it is still declared%s, and the next start would add it again: remove that "
		      "row, or give --keep-registry",
		      place);
}

/* What has become another program's is no longer ours to take away. */
static bool judge_custody(struct rollback *rollback, struct reconcile_undo *undo,
			  const struct indexed_table *table)
{
	const struct custody *custody = terms_custody(&rollback->boot->terms, table);
	if (custody != NULL && custody->owner != NULL)
		return refuse(rollback, undo, "its table is %s", custody->owner);
	if (custody != NULL && custody->hindrance != NULL)
		return refuse(rollback, undo, "%s", custody->hindrance);
	if (custody != NULL && custody->remainder != NULL && undo->column == NULL)
		return refuse(rollback, undo, "%s", custody->remainder);
	return true;
}

static bool judge(struct proof *proof, struct error *err)
{
	struct rollback *rollback = proof->rollback;
	struct boot *boot = rollback->boot;
	struct lookup items;
	if (!learn_items(proof, &items))
		return error_memory(err);
	for (size_t i = 0; i < rollback->undo_count; i++) {
		struct reconcile_undo *undo = &rollback->undos[i];
		if (undo->state != RECONCILE_UNDO_READY)
			continue;
		const struct indexed_table *table = find_table(&boot->index, undo->table);
		const struct reconcile_item *item =
			find_item(rollback, &items, undo->table, undo->column);
		/* Of a table that is foreign there is one item, the table. */
		if (item == NULL)
			item = find_item(rollback, &items, undo->table, NULL);
		if (table == NULL || item == NULL)
			return error_set(err, RECONCILE_FAILED, "table '%s' was not looked at",
					 undo->table);
		rollback->tables[i] = (size_t)(table - boot->index.tables);
		if (!(undo->column != NULL ? judge_item(rollback, undo, item, true)
					   : judge_table(rollback, undo, item)))
			return error_memory(err);
		if (undo->state == RECONCILE_UNDO_READY && !judge_custody(rollback, undo, table))
			return error_memory(err);
		if (undo->state == RECONCILE_UNDO_READY && !judge_declared(rollback, undo))
			return error_memory(err);
	}
	return true;
}

/* ---- what would be lost --------------------------------------------------- */

/* The statement, and how much it would take away. */
static bool measure(struct rollback *rollback, struct arena *scratch, struct error *err)
{
	struct boot *boot = rollback->boot;
	struct size_question *questions =
		arena_array(scratch, rollback->undo_count, sizeof(*questions));
	size_t count = 0;
	struct sql sql = boot->sql;
	sql.arena = rollback->arena;
	if (questions == NULL)
		return error_memory(err);
	for (size_t i = 0; i < rollback->undo_count; i++) {
		struct reconcile_undo *undo = &rollback->undos[i];
		undo->sql = sql_drop(&sql, undo->table, undo->column);
		if (undo->sql == NULL)
			return error_memory(err);
		if (undo->state == RECONCILE_UNDO_READY)
			questions[count++] = (struct size_question){
				.name = undo->table, .column = undo->column, .count_to = LLONG_MAX};
	}
	if (count > 0 && !boot->backend->measure(boot->session, questions, count, scratch, err))
		return false;
	for (size_t i = 0, asked = 0; i < rollback->undo_count; i++)
		if (rollback->undos[i].state == RECONCILE_UNDO_READY) {
			const struct size_question *question = &questions[asked++];
			bool exact = question->size.exact;
			rollback->undos[i].values = exact ? question->size.rows : -1;
			if (!exact &&
			    !arena_copy(&rollback->undos[i].reason, rollback->arena, question->why))
				return error_memory(err);
		}
	return true;
}

/* It is no registry of anybody's: what is wrong with it, is wrong with history. */
static bool index_history(struct rollback *rollback, struct error *err)
{
	if (boot_index(rollback->boot, &rollback->proven, err))
		return true;
	if (err->status == RECONCILE_BAD_REGISTRY) {
		err->status = RECONCILE_CONFLICT;
		error_hint(err, "history was changed by somebody else, nothing was undone; by hand "
				"it is DROP");
	}
	return false;
}

bool rollback_prove(struct rollback *rollback, struct error *err)
{
	struct arena scratch = {0};
	struct proof proof = {
		.rollback = rollback, .registry = &rollback->proven, .scratch = &scratch};
	struct boot *boot = rollback->boot;
	rollback->proven = (struct reconcile_registry){0};
	bool asked;
	rollback->is_proven = false;
	bool fine = read_history(&proof) || error_memory(err);
	if (fine && rollback->proven.column_count > 0)
		fine = index_history(rollback, err) && boot_look(boot, err) &&
		       oracle_custody(boot, true, &asked, err) && judge(&proof, err);
	rollback->is_proven = fine && measure(rollback, &scratch, err);
	arena_release(&scratch);
	return rollback->is_proven;
}
