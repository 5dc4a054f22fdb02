/* Warnings about a registry: what will hurt, although it can be used. */
#ifndef MODEL_ADVICE_H
#define MODEL_ADVICE_H

#include "finding.h"

/* For registry_check(), by the rules of rule.h that count for the databases, a set of FOR_...; NULL
 * for FOR_NONE. */
const struct adviser *adviser_for(unsigned databases);

#endif
