#include "file.h"

#include "buffer.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool refuse(const char *verb, int number, struct error *err)
{
	return error_set(err, RECONCILE_BAD_CONFIG, "cannot %s the file: %s", verb,
			 strerror(number));
}

static bool read_all(int descriptor, struct buffer *buf, struct error *err)
{
	char chunk[4096];
	for (;;) {
		ssize_t length = read(descriptor, chunk, sizeof(chunk));
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return refuse("read", errno, err);
		if (length == 0)
			return true;
		buffer_add_n(buf, chunk, (size_t)length);
		if (buf->failed)
			return error_memory(err);
		if (buf->length > FILE_LARGEST)
			return error_set(err, RECONCILE_BAD_CONFIG,
					 "the file is larger than %zu KiB", FILE_LARGEST / 1024);
	}
}

bool file_read(struct file *file, const char *path, struct arena *arena, struct error *err)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	*file = (struct file){0};
	struct buffer buf = BUFFER_INIT(arena);

	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0) {
		file->absent = errno == ENOENT;
		return refuse("open", errno, err);
	}
	bool ok = read_all(descriptor, &buf, err);
	close(descriptor);
	if (!ok)
		return false;

	const char *text = buffer_text(&buf);
	const char *nul = memchr(text, '\0', buf.length);
	if (nul) {
		file->bad_line = 1;
		for (const char *c = text; c < nul; c++)
			file->bad_line += *c == '\n';
		return error_set(err, RECONCILE_BAD_CONFIG, "the line has a NUL byte in it");
	}
	if (strncmp(text, byte_order_mark, 3) == 0)
		text += 3;
	file->text = text;
	return true;
}
