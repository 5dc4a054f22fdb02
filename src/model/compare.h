/* One declared column against one live attribute, and which of a relation's attributes it is. */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include "catalog.h"
#include "default.h"
#include "index.h"
#include "lookup.h"

/* Bits of enum reconcile_conflict_kind. The column's type id is catalog->types[column->type]; a
 * catalog without types compares none. */
unsigned column_conflicts(const struct indexed_column *column, const struct attribute *attribute,
			  const struct catalog *catalog);

/* false: the types are the same as far as the reader could see, but whether the live one has the
 * declared modifier ("(3)"), or one at all, was not to be seen. */
bool type_is_compared(const struct indexed_column *column, const struct attribute *attribute,
		      const struct catalog *catalog);

/* false: there are two defaults, and the texts do not tell whether they mean the same. */
bool default_is_compared(const struct reconcile_column *column, const struct attribute *attribute);

/* Has it a default that says something? "NULL::text" does not. */
bool attribute_has_default(const struct attribute *attribute);

/* Which attribute each declared column is. Made once for many tables, with room for the largest. */
struct matching {
	struct lookup lookup;
	size_t *attribute_of; /* one a declared column; LOOKUP_NONE: it is missing */
	bool *declared;       /* one an attribute */
};

/* false: out of memory. */
bool matching_init(struct matching *matching, size_t columns, size_t attributes,
		   struct arena *arena);
/* Fills it for one table, in time linear in its size. */
void matching_fill(struct matching *matching, const struct indexed_column *columns, size_t count,
		   const struct relation *relation, bool ignore_case);

#endif
