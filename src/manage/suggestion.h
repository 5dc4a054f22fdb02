/* The name that somebody who mistyped one may have meant. */
#ifndef MANAGE_SUGGESTION_H
#define MANAGE_SUGGESTION_H

/* The better of the best so far (NULL: none yet) and one more candidate; a candidate that is far
 * from name is never better. */
const char *suggestion_better(const char *best, const char *candidate, const char *name);

#endif
