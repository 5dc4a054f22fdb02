/*
 * On which terms columns are added: what each costs, and whether a table of that size may pay it.
 * The costs are the database's own answers as far as it was asked, the rules otherwise.
 */
#ifndef MODEL_TERMS_H
#define MODEL_TERMS_H

#include "index.h"
#include "sql.h"

struct cost {
	enum reconcile_cost cost;
	const char *reason; /* may be NULL */
};

/* Zeroed and all -1: nothing is known. */
struct table_size {
	long long rows;  /* -1: not known */
	long long bytes; /* without indexes; -1: not known */
	bool exact;      /* rows were counted, not estimated; or are at least that many */
};

/* The database's answer about one definition. */
struct cost_answer {
	const char *definition; /* as sql_definition() writes it */
	struct cost cost;       /* NONE: not asked; the reason says why */
};

struct custody;

struct terms {
	const struct index *index;
	const struct cost_answer *answers; /* sorted by definition */
	size_t answer_count;
	const struct table_size *sizes;  /* one a table of the index; NULL: none is known */
	const struct custody *custodies; /* one a table of the index; NULL: none is known */
	long long allowed_rows; /* a dear column's table may have so many; -1: any number */
};

/* The answer about that definition; NULL: nobody asked. */
const struct cost_answer *terms_answer(const struct terms *terms, const char *definition);
/* What adding the column to that table of the index costs when it has rows. The reason is sql's
 * arena's, the terms' or static. false: memory ran out. */
bool terms_cost(struct cost *cost, const struct terms *terms, const struct sql *sql,
		const struct indexed_table *table, const struct reconcile_column *column);
/* Who looks after that table of the index; NULL: nobody, as far as it is known. */
const struct custody *terms_custody(const struct terms *terms, const struct indexed_table *table);
/* NULL, or why no table of this database can have a column of that name. */
const char *name_obstacle(const struct reconcile_column *column, const struct dialect *dialect);
/* By the rules alone: what is impossible in any case, and what the database need not be asked. */
struct cost cost_by_rule(const struct reconcile_column *column, const struct dialect *dialect);
/* SCAN, REWRITE, UNKNOWN: it keeps everybody out for as long as the table is large. */
bool cost_is_dear(enum reconcile_cost cost);
/* Is it dearer? UNKNOWN may turn out to be a rewrite. */
bool cost_exceeds(enum reconcile_cost cost, enum reconcile_cost other);

/* The size of that table of the index; -1 what is not known. rows 0 means that it is empty for
 * certain: an estimate of 0 is -1 here. */
struct table_size terms_size(const struct terms *terms, const struct indexed_table *table);
/* Why a column of that cost is not added to that table, although it could be: "adding it writes the
 * whole table anew under the lock: WHY (the table: about 12,000 rows, 15 MB)"; NULL: it is added.
 * The arena's. false: memory ran out. */
bool terms_refusal(const char **refusal, const struct terms *terms,
		   const struct indexed_table *table, struct cost cost, struct arena *arena);
/* "about 12,000 rows, 15 MB", "no rows", "of unknown size"; NULL when memory ran out. */
const char *size_text(const struct table_size *size, struct arena *arena);

#endif
