/* Columns, read back from the SQL by which this library made them (sql.h): what history proves. */
#ifndef MODEL_DEFINITION_H
#define MODEL_DEFINITION_H

#include "../base/arena.h"
#include <reconcile.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Type, nullability and default of "VARCHAR(20) NOT NULL DEFAULT 'x'", as sql_definition() writes
 * it; the name is left alone. A column that refuses NULL without a default is REQUIRED. *readable
 * is false when the text is none of ours. false: out of memory.
 */
bool definition_read(struct reconcile_column *column, const char *text, bool *readable,
		     struct arena *arena);

/* The same for all columns of what sql_create_table() writes, with their names; those of the
 * primary key are PRIMARY_KEY. */
bool definition_read_table(struct reconcile_column **columns, size_t *count, const char *sql,
			   bool *readable, struct arena *arena);

#endif
