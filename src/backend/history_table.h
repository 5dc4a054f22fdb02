/* The history table, as both databases have it: made, completed when an older library made it, and
 * read with whatever columns it has. */
#ifndef BACKEND_HISTORY_TABLE_H
#define BACKEND_HISTORY_TABLE_H

#include "../base/arena.h"
#include "../model/catalog.h"
#include "backend.h"
#include <stdbool.h>
#include <stddef.h>

/* Its columns, in this order in the database that describes them. */
enum history_field {
	HISTORY_ID,
	HISTORY_RUN_ID,
	HISTORY_APPLIED_AT,
	HISTORY_REGISTRY,
	HISTORY_FINGERPRINT,
	HISTORY_ACTION,
	HISTORY_TABLE_NAME,
	HISTORY_COLUMN_NAME,
	HISTORY_DEFINITION,
	HISTORY_SQL,
	HISTORY_DURATION_MS,
	HISTORY_ATTEMPTS,
	HISTORY_DB_USER,
	HISTORY_HOST,
	HISTORY_APPLICATION,
	HISTORY_VERSION,
	HISTORY_STARTED_AT, /* from here on they came later than the table: NULLs are allowed */
	HISTORY_OUTCOME,
	HISTORY_OBJECT,
	HISTORY_CHECKSUM,
	HISTORY_SCHEMA_NAME,
	HISTORY_FIELDS
};

struct history_column {
	const char *name;
	const char *definition; /* behind the name in CREATE TABLE and ADD COLUMN */
	const char *expression; /* how it is read */
	bool may_be_null;       /* we write NULL into it */
	/* pg_type.oid of what takes our values, then 0; {0}: any type does. */
	uint32_t types[4];
};

/*
 * Whether that relation can be history: read, or (writes) written too. refusal->why is NULL, or why
 * not, the end of a sentence, and refusal->grant a statement that mends it. table is quoted,
 * alters: the database can change a column. It is no right that is missing: refusal->conflict.
 * false: out of memory.
 */
bool history_table_refuse(struct denial *refusal,
			  const struct history_column columns[HISTORY_FIELDS], const char *table,
			  const struct relation *live, bool writes, bool alters,
			  struct arena *arena);
/* Makes of a refusal the error. Always false. */
bool history_refused(const struct denial *refusal, struct error *err);

/*
 * What makes the table complete: nothing, the table, or the columns that it lacks. statements has
 * room for HISTORY_FIELDS texts. table is quoted; live is the relation as the open transaction sees
 * it. What is no table is left as it is. false: out of memory.
 */
bool history_table_statements(const char **statements, size_t *count,
			      const struct history_column columns[HISTORY_FIELDS],
			      const char *table, const struct relation *live, struct arena *arena);

/* "SELECT id, ..., NULL FROM table", in the order of enum history_field: NULL for what is not
 * there. live without attributes: everything is. NULL: out of memory. */
const char *history_table_select(const struct history_column columns[HISTORY_FIELDS],
				 const char *table, const struct relation *live,
				 struct arena *arena);

/* Does an older table have none of the rows that are asked for? */
bool history_lacks(const struct history_filter *filter, const struct relation *live);

/* Where the text of each field goes; NULL: it is a number. */
void history_texts(struct reconcile_history_row *row, const char **texts[HISTORY_FIELDS]);

#endif
