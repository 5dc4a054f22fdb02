/* What stands beside the items of a report: in the way of a change, or its effect on others. */
#ifndef MANAGE_NOTICE_H
#define MANAGE_NOTICE_H

#include "manage.h"

/* Each as "error: ..." or "warning: ...", with what to do below it; a blank line before the first.
 * Nothing when there are none. */
void notices_print(const struct terminal *terminal, const struct reconcile_report *report);

#endif
