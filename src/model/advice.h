/* Warnings about one row: what will hurt, although the registry can be used. */
#ifndef MODEL_ADVICE_H
#define MODEL_ADVICE_H

#include "finding.h"

/* About the name of a table; it is a good one. */
void advise_table(struct check *check, const struct subject *subject);
/* About a column whose name, type and default are good ones. */
void advise_column(struct check *check, const struct reconcile_column *row);

#endif
