/*
 * `make test` does a part of what `make torture` does: another part each time, by a seed that
 * scripts/run-tests prints. TEST_WHOLE=1 asks for all of it, TEST_SEED=N for the part of an earlier
 * run.
 */
#ifndef SUPPORT_PART_H
#define SUPPORT_PART_H

#include <stdbool.h>

/* Is everything asked for? */
bool part_is_whole(void);
/* How many rounds of something that is done whole times: all, or a tenth, and at least least. */
int part_of(int whole, int least);
/* The seed of this run. Without TEST_SEED one is made up, and printed. */
unsigned long long part_seed(void);

#endif
