/* What is told about one column. The functions that return bool: false when memory ran out. */
#ifndef MODEL_ITEM_H
#define MODEL_ITEM_H

#include "catalog.h"
#include "sql.h"

/* The declared side, and where it is declared. */
bool item_declare(struct reconcile_item *item, const struct reconcile_column *row,
		  const struct sql *sql);
/* The live side. */
void item_show(struct reconcile_item *item, const struct attribute *live);
/* One more reason, behind those that there are. */
bool item_add_reason(struct reconcile_item *item, const char *reason, struct arena *arena);
/* What a person could run about the item's conflicts, or about a required extra column (row NULL);
 * or why there is no statement. Once more when there are more conflicts. */
bool item_advise(struct reconcile_item *item, const struct reconcile_column *row,
		 const struct attribute *live, const struct sql *sql);

#endif
