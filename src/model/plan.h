/* What is to be done, a step a table: one transaction each. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "diff.h"

struct plan {
	struct reconcile_step *steps; /* in registry order; impossible ones too, with reason */
	size_t step_count;
};

bool plan_build(struct plan *plan, const struct diff *diff, const struct sql *sql,
                struct arena *arena, struct error *err);

/* The statements of one table's change. */
bool plan_step(struct reconcile_step *step, const struct table_diff *table, const struct sql *sql,
               struct arena *arena, struct error *err);

/* What adding this column to a table with rows costs, by rule; *reason says why (static text,
 * or NULL). */
enum reconcile_cost plan_cost(const struct reconcile_column *column, const struct dialect *dialect,
                              const char **reason);

/* A script for psql or sqlite3: each step that can be done in its own transaction, the others as
 * comments. NULL when memory ran out. */
const char *plan_script(const struct plan *plan, const struct sql *sql,
                        const char *registry_name);

#endif
