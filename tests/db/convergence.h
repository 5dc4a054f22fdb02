/*
 * The convergence tables: forms of column, each as a registry declares it and as another hand
 * writes the same and something else. What they are for is in convergence.c.
 */
#ifndef TESTS_DB_CONVERGENCE_H
#define TESTS_DB_CONVERGENCE_H

#include "boot.h"

struct convergence_row {
	int since;             /* PostgreSQL's major version that knows it first */
	const char *extension; /* PostgreSQL: which it comes with; NULL: none */
	const char *type;
	enum reconcile_nullability nullability;
	struct reconcile_default default_value;
	const char *hand_type;    /* the same type in other words */
	const char *hand_default; /* the same default; NULL: none is written */
	const char *other_type;   /* which takes hand_default too */
	const char *other_default;
	unsigned unseen;   /* conflicts that information_schema does not show */
	bool created_only; /* it cannot be added to a table with rows */
};

/* What must be there before the rows can be. */
struct convergence_setup {
	int since;
	const char *sql;
};

struct convergence_table {
	const struct convergence_row *rows;
	size_t row_count;
	const struct convergence_setup *setup;
	size_t setup_count;
};

/* Makes what the rows need; known[i]: this database has such a type. */
void convergence_prepare(struct database *database, const struct convergence_table *table,
			 bool *known);

extern const struct convergence_table convergence_postgres;
extern const struct convergence_table convergence_sqlite;

#endif
