/* What is in a script's file. */
#ifndef MANAGE_CONTENT_H
#define MANAGE_CONTENT_H

#include "checksum.h"
#include <reconcile.h>
#include <stdbool.h>

struct content {
	char *text; /* behind it is a NUL */
	size_t length;
	struct checksum checksum; /* of the bytes, as they are */
	bool outside;             /* its first line says that it does not run in a transaction */
};

/* What a command ends with that could not read a file or a folder, by errno: bad, where its name or
 * its rights explain it; FAILED, where the system could not do it. */
enum reconcile_status content_status(int why, enum reconcile_status bad);

/* false: errno says why. Free it with content_free() if it was read. */
bool content_read(struct content *content, const char *path);
void content_free(struct content *content);

#endif
