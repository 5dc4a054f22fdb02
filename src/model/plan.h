/* What is to be done, a step a table: one transaction each. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "diff.h"

struct plan {
	/* In registry order. A table may have three: what is done, what could be done but is
	 * refused on the terms, and what is impossible. */
	struct reconcile_step *steps;
	size_t step_count;
	size_t changed_tables;    /* tables that a step is about */
	size_t declared_tables;   /* of the registry */
	const char *script_begin; /* what a script says before and after a table's statements */
	const char *script_end;
};

bool plan_build(struct plan *plan, const struct diff *diff, const struct sql *sql,
		const struct terms *terms, struct arena *arena, struct error *err);

/* The statements that add what is missing in one table (missing_count not 0). The cost is the
 * dearest of its columns. */
bool plan_step(struct reconcile_step *step, const struct table_diff *table, const struct sql *sql,
	       const struct terms *terms, struct arena *arena, struct error *err);

/* Of the registry, the relations that were compared with it, and the plan: what a person who agrees
 * with the plan has agreed with. */
uint64_t plan_fingerprint(const struct plan *plan, const struct index *index,
			  const struct catalog *catalog);

/* A script for psql or sqlite3: each step that is done in its own transaction, the others as
 * comments; "" without steps. NULL when memory ran out. */
const char *plan_script(const struct plan *plan, const char *registry_name, struct arena *arena);

#endif
