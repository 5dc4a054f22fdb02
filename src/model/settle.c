/* What the database said about the defaults that the texts did not settle. */
#include "diff.h"
#include "item.h"

bool diff_settle(struct diff *diff, const struct sql *sql)
{
	for (size_t i = 0; i < diff->pair_count; i++) {
		const struct default_pair *pair = &diff->pairs[i];
		struct reconcile_item *item = &diff->items[pair->item];
		item->default_compared = pair->answer != DEFAULT_NOT_KNOWN;
		if (pair->answer == DEFAULT_NOT_KNOWN &&
		    !item_add_reason(item, pair->why, sql->arena))
			return false;
		if (pair->answer != DEFAULT_DIFFERENT)
			continue;
		if (item->state == RECONCILE_PRESENT) {
			item->state = RECONCILE_CONFLICTING;
			diff->counts.present--;
			diff->counts.conflicts++;
			diff->conflict_count++;
		}
		item->conflicts |= RECONCILE_CONFLICT_DEFAULT;
		if (!item_advise(item, pair->row, pair->attribute, sql))
			return false;
	}
	return true;
}
