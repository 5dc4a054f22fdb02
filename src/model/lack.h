/* What a table lacks, and why some of it cannot be had. */
#ifndef MODEL_LACK_H
#define MODEL_LACK_H

#include "compare.h"
#include "diff.h"

/* Why nothing can be done about a table that is not there, or whose name is taken; static text or
 * the arena's. NULL also when memory ran out. */
const char *table_obstacle(const struct indexed_table *table, const struct relation *relation,
			   struct arena *arena);

/* Fills lack for a table with a relation of any kind, on the terms; matching is filled when it is a
 * TABLE. false: out of memory. */
bool lack_find(struct table_diff *lack, const struct indexed_table *table,
	       const struct relation *relation, const struct matching *matching,
	       const struct terms *terms, const struct sql *sql, struct arena *arena);

#endif
