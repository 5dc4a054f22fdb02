#include "file.h"

#include "buffer.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Only what the file's name or its rights explain is a wrong configuration; a disk that fails, or
 * descriptors that run out (open(2)), are not. */
static bool is_of_path(int number)
{
	static const int numbers[] = {EACCES, EISDIR,  ELOOP, ENAMETOOLONG,
				      ENOENT, ENOTDIR, ENXIO, EPERM};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static bool refuse(const char *verb, int number, struct error *err)
{
	return error_set(err, is_of_path(number) ? RECONCILE_BAD_CONFIG : RECONCILE_FAILED,
			 "cannot %s the file: %s", verb, strerror(number));
}

/* A signal's handler without SA_RESTART, or a slow file system, may interrupt it. */
static int open_file(const char *path)
{
	int descriptor;
	do
		descriptor = open(path, O_RDONLY | O_CLOEXEC);
	while (descriptor < 0 && errno == EINTR);
	return descriptor;
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

	int descriptor = open_file(path);
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
