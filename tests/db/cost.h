/*
 * The cost tables: forms of column whose addition to a table with rows is first predicted and then
 * done. What they are for is in cost.c.
 */
#ifndef TESTS_DB_COST_H
#define TESTS_DB_COST_H

#include "boot.h"

struct cost_row {
	int since; /* PostgreSQL's major version that knows it first */
	const char *type;
	enum reconcile_nullability nullability;
	struct reconcile_default default_value;
};

/* What must be there before the rows can be. */
struct cost_setup {
	int since;
	const char *sql;
};

struct cost_table {
	const struct cost_row *rows;
	size_t row_count;
	const struct cost_setup *setup;
	size_t setup_count;
};

extern const struct cost_table cost_postgres;
extern const struct cost_table cost_sqlite;

#endif
