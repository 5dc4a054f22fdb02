/* What is wrong in one row by itself. */
#ifndef MODEL_ROW_H
#define MODEL_ROW_H

#include "finding.h"

/* false: its name is not one to compare with others. */
bool row_check_table(struct check *check, const struct reconcile_table *row);
/* Does the row stand every test? Notes the row's table in the check. */
bool row_check_column(struct check *check, const struct reconcile_column *row);

#endif
