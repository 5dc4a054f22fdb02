/* A plan as text for a person: `plan` prints it as data, `apply` shows it before it asks. */
#ifndef MANAGE_PLAN_H
#define MANAGE_PLAN_H

#include "manage.h"

/* What a plan amounts to. Impossible and refused steps count as such only. */
struct plan_totals {
	size_t steps; /* that can be done; a transaction each */
	size_t impossible;
	size_t refused; /* that could be done, at a cost that is not allowed */
	size_t tables;  /* to be created */
	size_t columns; /* to be added to tables that are there */
	size_t altered; /* tables that are there and get columns */
};

struct plan_totals plan_total(const struct reconcile_report *report);
void plan_print(const struct manage *manage, const struct terminal *terminal,
		const struct reconcile_report *report);

#endif
