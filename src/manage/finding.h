/* What validate found, in words. */
#ifndef MANAGE_FINDING_H
#define MANAGE_FINDING_H

#include "terminal.h"

/* The finding's text behind its place, level and code. */
const char *finding_message(const struct reconcile_finding *finding);

/* Its text on one line, its hint on the next; on a terminal both are wrapped. */
void finding_print(const struct terminal *terminal, const struct reconcile_finding *finding);

#endif
