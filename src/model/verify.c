/* Did a change do exactly what was planned? */
#include "compare.h"
#include "diff.h"

#include <string.h>

static bool wrong(struct error *err, const struct table_diff *planned, const char *column,
		  const char *what)
{
	return error_set(err, RECONCILE_FAILED, "table '%s': column '%s' %s", planned->table->name,
			 column, what);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_attribute(const struct attribute *a, const struct attribute *b)
{
	return type_equal(&a->type, &b->type) && a->not_null == b->not_null &&
	       a->primary_key == b->primary_key && a->generated == b->generated &&
	       a->identity == b->identity && same_text(a->default_value, b->default_value);
}

static const char *difference(unsigned conflicts)
{
	if (conflicts & RECONCILE_CONFLICT_TYPE)
		return "was added, but with another type than declared";
	if (conflicts & RECONCILE_CONFLICT_NULLABILITY)
		return "was added, but not with the nullability declared";
	if (conflicts & RECONCILE_CONFLICT_DEFAULT)
		return "was added, but not with the default declared";
	return "was added, but is generated";
}

/*
 * What must be in the table afterwards: the attributes of before, as columns of which only the name
 * matters, and behind them the planned ones. NULL: out of memory.
 */
static struct indexed_column *expected_columns(const struct table_diff *planned,
					       const struct relation *before, struct arena *arena)
{
	size_t old_count = before->attribute_count;
	struct reconcile_column *rows = arena_array(arena, old_count, sizeof(*rows));
	struct indexed_column *columns =
		arena_array(arena, old_count + planned->missing_count, sizeof(*columns));
	if (!rows || !columns)
		return NULL;
	for (size_t i = 0; i < old_count; i++) {
		rows[i].column = before->attributes[i].name;
		columns[i].row = &rows[i];
	}
	for (size_t i = 0; i < planned->missing_count; i++)
		columns[old_count + i] = *planned->missing[i];
	return columns;
}

static bool verify_columns(const struct table_diff *planned, const struct relation *before,
			   const struct relation *after, const struct catalog *catalog,
			   const struct matching *matching, struct error *err)
{
	size_t old_count = before->attribute_count;
	for (size_t i = 0; i < old_count; i++) {
		const struct attribute *old = &before->attributes[i];
		size_t found = matching->attribute_of[i];
		if (found == LOOKUP_NONE)
			return wrong(err, planned, old->name, "is gone after the change");
		if (!same_attribute(old, &after->attributes[found]))
			return wrong(err, planned, old->name,
				     "is not what it was before the change");
	}
	for (size_t i = 0; i < planned->missing_count; i++) {
		const struct indexed_column *column = planned->missing[i];
		size_t found = matching->attribute_of[old_count + i];
		if (found == LOOKUP_NONE)
			return wrong(err, planned, column->row->column,
				     "is still missing after the change");
		unsigned conflicts = column_conflicts(column, &after->attributes[found], catalog);
		if (conflicts)
			return wrong(err, planned, column->row->column, difference(conflicts));
	}
	for (size_t i = 0; i < after->attribute_count; i++)
		if (!matching->declared[i])
			return wrong(err, planned, after->attributes[i].name,
				     "is new after the change, and was not planned");
	return true;
}

bool diff_verify(const struct table_diff *planned, const struct relation *before,
		 const struct relation *after, const struct catalog *catalog,
		 const struct dialect *dialect, struct error *err)
{
	if (after->kind != RELATION_TABLE)
		return error_set(err, RECONCILE_FAILED, "table '%s': %s after the change",
				 planned->table->name,
				 after->kind == RELATION_ABSENT ? "is not there"
								: "is not a plain table");
	struct arena scratch = {0};
	struct matching matching;
	size_t count = before->attribute_count + planned->missing_count;
	struct indexed_column *columns = expected_columns(planned, before, &scratch);
	bool good = columns && matching_init(&matching, count, after->attribute_count, &scratch);
	if (!good) {
		error_memory(err);
	} else {
		matching_fill(&matching, columns, count, after, dialect->ignores_case);
		good = verify_columns(planned, before, after, catalog, &matching, err);
	}
	arena_release(&scratch);
	return good;
}

bool drop_verify(const char *table, const char *column, const struct relation *before,
		 const struct relation *after, struct error *err)
{
	if (!column)
		return after->kind == RELATION_ABSENT ||
		       error_set(err, RECONCILE_FAILED,
				 "table '%s': is still there after the change", table);
	size_t left = 0;
	for (size_t i = 0; i < before->attribute_count; i++) {
		const struct attribute *old = &before->attributes[i];
		if (strcmp(old->name, column) == 0)
			continue;
		left++;
		const struct attribute *now = relation_attribute(after, old->name, false);
		if (!now || !same_attribute(old, now))
			return error_set(err, RECONCILE_FAILED,
					 "table '%s': column '%s' is not what it was before the "
					 "change",
					 table, old->name);
	}
	return (after->attribute_count == left && left + 1 == before->attribute_count) ||
	       error_set(err, RECONCILE_FAILED,
			 "table '%s': after the change it has not one column less, '%s'", table,
			 column);
}
