#include "content.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OUTSIDE "-- reconcile: no-transaction"

static bool starts_outside(const char *text)
{
	size_t length = strlen(OUTSIDE);

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	return strncmp(text, OUTSIDE, length) == 0 &&
	       strspn(text + length, " \t\r") == strcspn(text + length, "\n");
}

/* The whole of a file whose size is not known, or may change. */
static bool read_all(struct content *content, FILE *file)
{
	size_t capacity = 0;

	for (;;) {
		size_t got;

		if (capacity - content->length < 2) {
			char *more;

			capacity = capacity ? 2 * capacity : 16 * 1024;
			more = realloc(content->text, capacity);
			if (!more)
				return false;
			content->text = more;
		}
		got = fread(content->text + content->length, 1, capacity - content->length - 1,
			    file);
		content->length += got;
		if (got == 0)
			break;
	}
	content->text[content->length] = '\0';
	return !ferror(file);
}

bool content_read(struct content *content, const char *path)
{
	FILE *file = fopen(path, "rb");
	bool whole;
	int why;

	*content = (struct content){0};
	if (!file)
		return false;
	whole = read_all(content, file);
	why = errno;
	fclose(file);
	if (!whole) {
		content_free(content);
		errno = why;
		return false;
	}
	content->checksum = checksum_of(content->text, content->length);
	content->outside = starts_outside(content->text);
	return true;
}

void content_free(struct content *content)
{
	free(content->text);
	*content = (struct content){0};
}
