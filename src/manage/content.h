/* What is in a script's file. */
#ifndef MANAGE_CONTENT_H
#define MANAGE_CONTENT_H

#include "checksum.h"
#include <stdbool.h>

struct content {
	char *text; /* behind it is a NUL */
	size_t length;
	struct checksum checksum; /* of the bytes, as they are */
	bool outside;             /* its first line says that it does not run in a transaction */
};

/* false: errno says why. Free it with content_free() if it was read. */
bool content_read(struct content *content, const char *path);
void content_free(struct content *content);

#endif
