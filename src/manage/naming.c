#include "naming.h"

#include <stdio.h>
#include <string.h>

const char *naming_of(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	const char *name = slash ? slash + 1 : argv0;

	if (!name || !*name || strlen(name) > 64)
		return "manage";
	for (const char *c = name; *c; c++) {
		if (*c <= ' ' || *c > '~')
			return "manage";
	}
	return name;
}

void naming_copy(char *out, size_t size, const char *text, const char *program, bool in_help)
{
	static const char usual[] = "manage ";
	size_t length = sizeof(usual) - 1, used = 0;
	char before = '\'';

	for (; *text && used + 1 < size; before = text[-1]) {
		bool quoted = before == '\'' || before == '`';

		if ((quoted || in_help) && strncmp(text, usual, length) == 0) {
			int written = snprintf(out + used, size - used, "%s ", program);

			used += written > 0 ? (size_t)written : 0;
			text += length;
		} else {
			out[used++] = *text++;
		}
	}
	out[used < size ? used : size - 1] = '\0';
}
