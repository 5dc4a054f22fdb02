/* Registry against catalog: what is present, missing, in conflict, extra. */
#ifndef MODEL_DIFF_H
#define MODEL_DIFF_H

#include "catalog.h"
#include "index.h"
#include "sql.h"

/* The columns that one table lacks. */
struct table_diff {
	const struct indexed_table *table;
	const struct relation *relation;
	bool create;                               /* the table itself is missing */
	const struct indexed_column *const *missing; /* in registry order; all of them if create */
	size_t missing_count;
	const char *obstacle; /* why it cannot be done (foreign, somebody else's table that is
	                         missing, a column that cannot be added); NULL: it can */
};

struct diff {
	struct reconcile_item *items; /* as in reconcile.h, sql and live filled in where known */
	size_t item_count;
	struct reconcile_counts counts;
	const struct table_diff *tables; /* only tables with something missing or foreign */
	size_t table_count;
	size_t conflict_count; /* columns that differ; foreign and absent tables not counted */
};

/*
 * Compares. everything: an item for every column; otherwise only for those that are not simply
 * present (the in-sync boot then allocates nothing a column). sql writes statements. Linear in
 * the number of declared and live columns.
 */
bool diff_build(struct diff *diff, const struct index *index, const struct catalog *catalog,
                const struct sql *sql, bool everything, struct arena *arena, struct error *err);

/* The same for one table, read alone, during its transaction. */
bool diff_table(struct table_diff *diff, const struct indexed_table *table,
                const struct relation *relation, const struct catalog *catalog,
                const struct sql *sql, struct arena *arena, struct error *err);

/*
 * Did the change do exactly what was planned? before and after are the table's relation as read
 * in the transaction: nothing of before is gone or changed, every planned column is there as
 * declared, nothing else is new. false: FAILED, with what is wrong.
 */
bool diff_verify(const struct table_diff *planned, const struct relation *before,
                 const struct relation *after, const struct catalog *catalog,
                 const struct dialect *dialect, struct error *err);

/*
 * Same meaning for certain, by the texts alone: declared literal 0 and live "0", "'0'" or
 * "'0'::integer"; an expression and itself up to outer brackets and white space.
 * false: not known.
 */
bool default_text_agrees(const struct reconcile_default *declared, const char *live);

#endif
