#include "compare.h"
#include "../base/hash.h"
#include "sql.h"
#include "text.h"

#include <string.h>

bool attribute_has_default(const struct attribute *attribute)
{
	return attribute->default_unread ||
	       (attribute->default_value && !expression_is_null(attribute->default_value));
}

static bool type_differs(const struct indexed_column *column, const struct attribute *attribute,
			 const struct catalog *catalog)
{
	return column->type < catalog->type_count &&
	       !type_equal(&catalog->types[column->type], &attribute->type);
}

bool type_is_compared(const struct indexed_column *column, const struct attribute *attribute,
		      const struct catalog *catalog)
{
	return !attribute->type.modifier_unknown || column->type >= catalog->type_count ||
	       type_differs(column, attribute, catalog);
}

unsigned column_conflicts(const struct indexed_column *column, const struct attribute *attribute,
			  const struct catalog *catalog)
{
	unsigned conflicts = 0;
	if (type_differs(column, attribute, catalog))
		conflicts |= RECONCILE_CONFLICT_TYPE;
	/* SQLite's primary keys may lack NOT NULL; declared, it is the same key. */
	bool declared_not_null = column->row->nullability != RECONCILE_NULLABLE;
	if (declared_not_null != (attribute->not_null || attribute->primary_key))
		conflicts |= RECONCILE_CONFLICT_NULLABILITY;
	if (attribute->generated)
		conflicts |= RECONCILE_CONFLICT_GENERATED;
	else if (column_has_default(column->row) != attribute_has_default(attribute))
		conflicts |= RECONCILE_CONFLICT_DEFAULT;
	return conflicts;
}

bool default_is_compared(const struct reconcile_column *column, const struct attribute *attribute)
{
	return attribute->generated || !column_has_default(column) ||
	       !attribute_has_default(attribute) ||
	       (!attribute->default_unread && default_agrees(column, attribute));
}

bool matching_init(struct matching *matching, size_t columns, size_t attributes,
		   struct arena *arena)
{
	matching->attribute_of = arena_array(arena, columns, sizeof(*matching->attribute_of));
	matching->declared = arena_array(arena, attributes, sizeof(*matching->declared));
	return matching->attribute_of && matching->declared &&
	       lookup_init(&matching->lookup, attributes, arena);
}

/* Makes the attributes known by their names. */
static void matching_learn(struct matching *matching, const struct relation *relation)
{
	lookup_reset(&matching->lookup, relation->attribute_count);
	for (size_t i = 0; i < relation->attribute_count; i++)
		lookup_add(&matching->lookup, hash_name(HASH_INIT, relation->attributes[i].name),
			   i);
}

static size_t find(const struct matching *matching, const struct relation *relation,
		   const char *name, bool ignore_case)
{
	uint64_t hash = hash_name(HASH_INIT, name);
	size_t probe = 0, i;
	while ((i = lookup_next(&matching->lookup, hash, &probe)) != LOOKUP_NONE)
		if (text_equal(relation->attributes[i].name, name, ignore_case))
			return i;
	return LOOKUP_NONE;
}

/* Most tables have their columns in the declared order: the attribute behind the last one that was
 * found is tried first, and names are looked up only from the first surprise on. */
void matching_fill(struct matching *matching, const struct indexed_column *columns, size_t count,
		   const struct relation *relation, bool ignore_case)
{
	bool learnt = false;
	size_t next = 0;
	for (size_t i = 0; i < relation->attribute_count; i++)
		matching->declared[i] = false;
	for (size_t i = 0; i < count; i++) {
		const char *name = columns[i].row->column;
		size_t attribute = next;
		if (next == relation->attribute_count ||
		    strcmp(relation->attributes[next].name, name) != 0) {
			if (!learnt)
				matching_learn(matching, relation);
			learnt = true;
			attribute = find(matching, relation, name, ignore_case);
		}
		matching->attribute_of[i] = attribute;
		if (attribute != LOOKUP_NONE) {
			matching->declared[attribute] = true;
			next = attribute + 1;
		}
	}
}
