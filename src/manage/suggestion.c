#include "suggestion.h"

#include <stddef.h>
#include <string.h>

#define LONGEST 32

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits (insert, delete, replace, or swap two neighbours) from one name to the other. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > LONGEST || b_length > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = smallest(above[j] + 1, row[j - 1] + 1,
					  above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
				size_t swapped = rows[(i + 1) % 3][j - 2] + 1;

				row[j] = swapped < row[j] ? swapped : row[j];
			}
		}
	}
	return rows[a_length % 3][b_length];
}

const char *suggestion_better(const char *best, const char *candidate, const char *name)
{
	size_t limit = strlen(name) / 3 + 1; /* one mistake in three letters */

	if (distance(candidate, name) > limit)
		return best;
	return !best || distance(candidate, name) < distance(best, name) ? candidate : best;
}
