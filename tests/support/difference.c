#include "difference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_SHOWN = 20 };

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void sort(char **texts, size_t count)
{
	if (count > 0)
		qsort(texts, count, sizeof(*texts), compare_texts);
}

char *difference(char **wanted, size_t wanted_count, char **found, size_t found_count)
{
	char *text = NULL;
	size_t size = 0, lines = 0, i = 0, j = 0;
	FILE *out = open_memstream(&text, &size);
	cr_assert(out != NULL, "out of memory");
	sort(wanted, wanted_count);
	sort(found, found_count);
	while (i < wanted_count || j < found_count) {
		int order = i == wanted_count  ? 1
			    : j == found_count ? -1
					       : strcmp(wanted[i], found[j]);
		if (order != 0 && lines++ < LINES_SHOWN)
			fprintf(out, "%c %s\n", order < 0 ? '-' : '+',
				order < 0 ? wanted[i] : found[j]);
		i += order <= 0;
		j += order >= 0;
	}
	if (lines > LINES_SHOWN)
		fprintf(out, "and %zu more\n", lines - LINES_SHOWN);
	cr_assert(fclose(out) == 0, "out of memory");
	if (lines > 0)
		return text;
	free(text);
	return NULL;
}
