/* What an item of a report is to a person, and its words. */
#ifndef MANAGE_ITEM_H
#define MANAGE_ITEM_H

#include <reconcile.h>

/* Every item is exactly one of these. */
bool item_is_applied(const struct reconcile_item *item);
bool item_is_pending(const struct reconcile_item *item);
bool item_is_conflict(const struct reconcile_item *item);
bool item_is_extra(const struct reconcile_item *item);

/* A pending column without a statement of its own: it comes with its table, or not at all. What is
 * to be said stands with the table. */
bool item_comes_with_table(const struct reconcile_item *item);

/* "VARCHAR(20) NOT NULL DEFAULT 'x'", cut at size. Returns line. */
const char *item_definition(const struct reconcile_side *side, char *line, size_t size);

/* ", about 12000 rows, 96 MB": of a table with a missing column, "" when not known. Returns line.
 */
const char *item_table_size(long long rows, long long bytes, char *line, size_t size);

/* One kind of the item's conflicts, with both sides, cut at size. Returns line. */
const char *item_describe_conflict(const struct reconcile_item *item, unsigned kind, char *line,
				   size_t size);

#endif
