#include "lack.h"
#include "custody.h"
#include "text.h"

static const char *foreign_obstacle(const char *holder, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "the name is taken by ");
	text_add_visible(&buf, holder);
	return buffer_text(&buf);
}

const char *table_obstacle(const struct indexed_table *table, const struct relation *relation,
			   struct arena *arena)
{
	if (relation->kind == RELATION_FOREIGN)
		return foreign_obstacle(relation->kind_text, arena);
	if (relation->kind == RELATION_ABSENT && !table->row)
		return "the table does not exist and has no TABLE row in this registry, so it is "
		       "never created: add that row, or make the table";
	return NULL;
}

/* "column 'note': why (and 2 more columns)" */
static const char *column_obstacle(const struct indexed_column *column, const char *reason,
				   size_t more, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "column '");
	text_add_visible(&buf, column->row->column);
	buffer_addf(&buf, "': %s", reason ? reason : "the database refuses it");
	if (more > 0)
		buffer_addf(&buf, " (and %zu more column%s)", more,
			    word_for((long long)more, "", "s"));
	return buffer_text(&buf);
}

/* A table that is to be made, unless it cannot have one of its columns. */
static bool lack_all(struct table_diff *lack, const struct dialect *dialect, struct arena *arena)
{
	const struct indexed_table *table = lack->table;
	for (size_t i = 0; i < table->column_count; i++) {
		const char *why = name_obstacle(table->columns[i].row, dialect);
		if (!why)
			continue;
		lack->obstructed = table->column_count;
		lack->obstacle = column_obstacle(&table->columns[i], why, 0, arena);
		return lack->obstacle != NULL;
	}
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

/* Sorts the missing columns into what is added, what is refused and what is impossible. */
static bool sort_missing(struct table_diff *lack, const struct matching *matching,
			 const struct terms *terms, const struct sql *sql,
			 const struct indexed_column **missing,
			 const struct indexed_column **refused, struct arena *arena)
{
	const struct indexed_table *table = lack->table;
	const struct indexed_column *obstructed = NULL;
	const char *why = NULL;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct indexed_column *column = &table->columns[i];
		if (matching->attribute_of[i] != LOOKUP_NONE)
			continue;
		struct cost cost;
		const char *refusal;
		if (!terms_cost(&cost, terms, sql, table, column->row) ||
		    !terms_refusal(&refusal, terms, table, cost, arena))
			return false;
		if (cost.cost == RECONCILE_COST_IMPOSSIBLE) {
			if (lack->obstructed++ == 0) {
				obstructed = column;
				why = cost.reason;
			}
		} else if (refusal) {
			if (lack->refused_count == 0)
				lack->refusal = refusal;
			refused[lack->refused_count++] = column;
		} else {
			missing[lack->missing_count++] = column;
		}
	}
	lack->missing = missing;
	lack->refused = refused;
	if (obstructed)
		lack->obstacle = column_obstacle(obstructed, why, lack->obstructed - 1, arena);
	return !obstructed || lack->obstacle;
}

static bool lack_some(struct table_diff *lack, const struct matching *matching,
		      const struct terms *terms, const struct sql *sql, struct arena *arena)
{
	size_t count = 0;
	for (size_t i = 0; i < lack->table->column_count; i++)
		count += matching->attribute_of[i] == LOOKUP_NONE;
	if (count == 0)
		return true;
	const struct custody *custody = terms_custody(terms, lack->table);
	if (custody && custody->owner) {
		lack->obstacle = foreign_obstacle(custody->owner, arena);
		lack->obstructed = lack->table->column_count;
		return lack->obstacle != NULL;
	}
	const struct indexed_column **missing = arena_array(arena, count, sizeof(*missing));
	const struct indexed_column **refused = arena_array(arena, count, sizeof(*refused));
	return missing && refused &&
	       sort_missing(lack, matching, terms, sql, missing, refused, arena);
}

bool lack_find(struct table_diff *lack, const struct indexed_table *table,
	       const struct relation *relation, const struct matching *matching,
	       const struct terms *terms, const struct sql *sql, struct arena *arena)
{
	*lack = (struct table_diff){.table = table, .relation = relation};
	if (relation->kind == RELATION_TABLE)
		return lack_some(lack, matching, terms, sql, arena);
	if (relation->kind == RELATION_ABSENT && table->row)
		return lack_all(lack, sql->dialect, arena);
	lack->obstacle = table_obstacle(table, relation, arena);
	lack->obstructed = table->column_count;
	return lack->obstacle != NULL;
}
