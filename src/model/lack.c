#include "lack.h"
#include "plan.h"
#include "text.h"

static const char *foreign_obstacle(const struct relation *relation, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "the name is taken by ");
	text_add_visible(&buf, relation->kind_text);
	return buffer_text(&buf);
}

const char *table_obstacle(const struct indexed_table *table, const struct relation *relation,
			   struct arena *arena)
{
	if (relation->kind == RELATION_FOREIGN)
		return foreign_obstacle(relation, arena);
	if (relation->kind == RELATION_ABSENT && !table->row)
		return "the table does not exist and this registry does not declare it with TABLE, "
		       "so it is never created";
	return NULL;
}

static bool is_addable(const struct indexed_column *column, const struct dialect *dialect,
		       const char **reason)
{
	return plan_cost(column->row, dialect, reason) != RECONCILE_COST_IMPOSSIBLE;
}

/* "column 'note': why (and 2 more columns)" */
static const char *column_obstacle(const struct indexed_column *column, const char *reason,
				   size_t more, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "column '");
	text_add_visible(&buf, column->row->column);
	buffer_addf(&buf, "': %s", reason);
	if (more > 0)
		buffer_addf(&buf, " (and %zu more column%s)", more, more > 1 ? "s" : "");
	return buffer_text(&buf);
}

static bool lack_all(struct table_diff *lack, struct arena *arena)
{
	const struct indexed_table *table = lack->table;
	const struct indexed_column **missing =
		arena_array(arena, table->column_count, sizeof(*missing));
	if (!missing)
		return false;
	for (size_t i = 0; i < table->column_count; i++)
		missing[i] = &table->columns[i];
	lack->create = true;
	lack->missing = missing;
	lack->missing_count = table->column_count;
	return true;
}

static bool lack_some(struct table_diff *lack, const struct matching *matching,
		      const struct dialect *dialect, struct arena *arena)
{
	const struct indexed_table *table = lack->table;
	const struct indexed_column *obstructed = NULL;
	const char *why = NULL;
	size_t addable = 0;
	for (size_t i = 0; i < table->column_count; i++) {
		const char *reason;
		if (matching->attribute_of[i] != LOOKUP_NONE)
			continue;
		if (is_addable(&table->columns[i], dialect, &reason)) {
			addable++;
		} else if (lack->obstructed++ == 0) {
			obstructed = &table->columns[i];
			why = reason;
		}
	}
	if (obstructed) {
		lack->obstacle = column_obstacle(obstructed, why, lack->obstructed - 1, arena);
		if (!lack->obstacle)
			return false;
	}
	if (addable == 0)
		return true;
	const struct indexed_column **missing = arena_array(arena, addable, sizeof(*missing));
	if (!missing)
		return false;
	for (size_t i = 0; i < table->column_count; i++) {
		const char *reason;
		if (matching->attribute_of[i] == LOOKUP_NONE &&
		    is_addable(&table->columns[i], dialect, &reason))
			missing[lack->missing_count++] = &table->columns[i];
	}
	lack->missing = missing;
	return true;
}

bool lack_find(struct table_diff *lack, const struct indexed_table *table,
	       const struct relation *relation, const struct matching *matching,
	       const struct dialect *dialect, struct arena *arena)
{
	*lack = (struct table_diff){.table = table, .relation = relation};
	if (relation->kind == RELATION_TABLE)
		return lack_some(lack, matching, dialect, arena);
	if (relation->kind == RELATION_ABSENT && table->row)
		return lack_all(lack, arena);
	lack->obstacle = table_obstacle(table, relation, arena);
	lack->obstructed = table->column_count;
	return lack->obstacle != NULL;
}
