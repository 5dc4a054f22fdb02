/* Registry against catalog: what is present, missing, in conflict, extra. */
#ifndef MODEL_DIFF_H
#define MODEL_DIFF_H

#include "catalog.h"
#include "default.h"
#include "index.h"
#include "sql.h"
#include "terms.h"

/*
 * What one table lacks. What can be added is in missing and will be, although other columns of the
 * same table cannot be: those are what the obstacle is about.
 */
struct table_diff {
	const struct indexed_table *table;
	const struct relation *relation;
	bool create; /* the table itself is missing, and ours to create */
	/* Only what can be added, in registry order; all columns if create. */
	const struct indexed_column *const *missing;
	size_t missing_count;
	/* Why the table (foreign, or missing and somebody else's) or some of its columns cannot
	 * be had: the first such column, and how many more there are. NULL: nothing is in the way.
	 */
	const char *obstacle;
	size_t obstructed; /* columns that the obstacle keeps away */
	/* What could be added, but not on the terms; why the first of them is not. */
	const struct indexed_column *const *refused;
	size_t refused_count;
	const char *refusal;
};

struct diff {
	struct reconcile_item *items; /* as in reconcile.h, sql and live filled in where known */
	size_t item_count;
	struct reconcile_counts counts;
	const struct table_diff *tables; /* only with something missing, or foreign */
	size_t table_count;
	size_t conflict_count; /* columns that differ; foreign and absent tables not counted */
	/* Present columns with two defaults whose texts do not tell whether they mean the same.
	 * Their items say default_compared = false until diff_settle(). */
	struct default_pair *pairs;
	size_t pair_count;
};

/*
 * Compares; catalog->relations are those of index->tables, in the same order, and its types those
 * of index->type_texts. Items stand in registry order: a table that is missing or foreign, its
 * columns (none of a foreign one), its extra columns. everything: an item for every column;
 * otherwise only for those that are not simply present or merely extra, or are in pairs (the
 * in-sync boot then allocates nothing a column). What is missing is added on the terms. sql writes
 * statements. Linear in the number of declared and live columns.
 */
bool diff_build(struct diff *diff, const struct index *index, const struct catalog *catalog,
		const struct sql *sql, const struct terms *terms, bool everything,
		struct arena *arena, struct error *err);

/* Is the column gone, and nothing else? column NULL: is the table gone? Otherwise err says what
 * else happened. */
bool drop_verify(const char *table, const char *column, const struct relation *before,
		 const struct relation *after, struct error *err);

/* Takes the answers about the pairs into items and counts. false: out of memory. */
bool diff_settle(struct diff *diff, const struct sql *sql);

/* What one table lacks, read alone, during its transaction. What is present is not compared.
 * missing_count 0: nothing is to be done. */
bool diff_table(struct table_diff *diff, const struct indexed_table *table,
		const struct relation *relation, const struct terms *terms, const struct sql *sql,
		struct arena *arena, struct error *err);

/*
 * Did the change do exactly what was planned? before and after are the table's relation as read
 * in the transaction: nothing of before is gone or changed, every planned column is there as
 * declared, nothing else is new. catalog is for its types only. false: FAILED, with what is wrong.
 */
bool diff_verify(const struct table_diff *planned, const struct relation *before,
		 const struct relation *after, const struct catalog *catalog,
		 const struct dialect *dialect, struct error *err);

#endif
