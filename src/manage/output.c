#include "output.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

/* A call that a signal interrupts is made again, which stdio's own do not. */
static ssize_t put(void *cookie, const char *data, size_t size)
{
	struct output *output = cookie;
	size_t done = 0;

	while (done < size && !output->why) {
		ssize_t written = write(STDOUT_FILENO, data + done, size - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			output->why = errno;
	}
	/* Fewer than were given is a failure (fopencookie(3)). */
	return (ssize_t)done;
}

bool output_open(struct output *output)
{
	*output = (struct output){0};
	output->stream = fopencookie(output, "w", (cookie_io_functions_t){.write = put});
	if (!output->stream)
		return false;
	if (isatty(STDOUT_FILENO) == 1 && setvbuf(output->stream, NULL, _IOLBF, BUFSIZ) != 0)
		output->why = errno;
	return true;
}

int output_close(struct output *output)
{
	bool failed = ferror(output->stream);

	if (fclose(output->stream) != 0)
		failed = true;
	output->stream = NULL;
	return failed && !output->why ? EIO : output->why;
}
