/* A small text file, read whole. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "arena.h"
#include "error.h"

#define FILE_LARGEST ((size_t)64 * 1024)

struct file {
	const char *text; /* without a UTF-8 byte order mark; no NUL in it but the one behind it */
	/* Why file_read() failed. */
	bool absent;  /* there is no such file */
	int bad_line; /* it is about this line, from 1; 0: about the whole */
};

/*
 * BAD_CONFIG when it is not there, may not be read, is larger than FILE_LARGEST, or holds a NUL;
 * FAILED when the system could not read it. The message does
 * not name the file: the caller knows whether that may be told.
 */
bool file_read(struct file *file, const char *path, struct arena *arena, struct error *err);

#endif
