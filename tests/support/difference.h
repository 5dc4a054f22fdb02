/* What one list of texts has and another one has not. */
#ifndef SUPPORT_DIFFERENCE_H
#define SUPPORT_DIFFERENCE_H

#include <stddef.h>

/* "- TEXT" a line for what is missing in found, "+ TEXT" for what is not in wanted; the first few.
 * Both lists are left sorted. NULL: they are equal. free() it. */
char *difference(char **wanted, size_t wanted_count, char **found, size_t found_count);

#endif
