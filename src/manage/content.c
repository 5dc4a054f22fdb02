#include "content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTSIDE "-- reconcile: no-transaction"

static bool starts_outside(const char *text)
{
	size_t length = strlen(OUTSIDE);

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	return strncmp(text, OUTSIDE, length) == 0 &&
	       strspn(text + length, " \t\r") == strcspn(text + length, "\n");
}

enum reconcile_status content_status(int why, enum reconcile_status bad)
{
	static const int numbers[] = {EACCES, EISDIR,  ELOOP, ENAMETOOLONG,
				      ENOENT, ENOTDIR, ENXIO, EPERM};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == why)
			return bad;
	}
	return RECONCILE_FAILED;
}

/* The whole of a file whose size is not known, or may change. read(2) itself, because a stream
 * takes an interrupted call for a failure. */
static bool read_all(struct content *content, int fd)
{
	size_t capacity = 0;
	ssize_t got;

	do {
		if (capacity - content->length < 2) {
			char *more;

			capacity = capacity ? 2 * capacity : 16 * 1024;
			more = realloc(content->text, capacity);
			if (!more)
				return false;
			content->text = more;
		}
		got = read(fd, content->text + content->length, capacity - content->length - 1);
		if (got > 0)
			content->length += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	content->text[content->length] = '\0';
	return got == 0;
}

bool content_read(struct content *content, const char *path)
{
	bool whole;
	int fd, why;

	*content = (struct content){0};
	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return false;
	whole = read_all(content, fd);
	why = errno;
	close(fd);
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
