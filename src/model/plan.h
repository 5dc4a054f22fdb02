/* What is to be done, a step a table: one transaction each. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "diff.h"

struct plan {
	/* In registry order; impossible ones too, with reason. A table of which only a part can be
	 * had is two steps: what can be done, then what cannot. */
	struct reconcile_step *steps;
	size_t step_count;
	size_t changed_tables;  /* tables that a step is about */
	size_t declared_tables; /* of the registry */
};

bool plan_build(struct plan *plan, const struct diff *diff, const struct sql *sql,
		struct arena *arena, struct error *err);

/* The statements of one table's change. Without anything that can be added: an impossible step, for
 * the obstacle. The cost is the dearest of its columns; UNKNOWN is dearer than a scan. */
bool plan_step(struct reconcile_step *step, const struct table_diff *table, const struct sql *sql,
	       struct arena *arena, struct error *err);

/* What adding this column to a table with rows costs, by rule; *reason says why (static text,
 * or NULL). */
enum reconcile_cost plan_cost(const struct reconcile_column *column, const struct dialect *dialect,
			      const char **reason);

/* A script for psql or sqlite3: each step that can be done in its own transaction, the others as
 * comments; "" without steps. NULL when memory ran out. */
const char *plan_script(const struct plan *plan, const struct sql *sql, const char *registry_name);

#endif
