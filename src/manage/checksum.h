/* SHA-256 as text, as sha256sum prints it. */
#ifndef MANAGE_CHECKSUM_H
#define MANAGE_CHECKSUM_H

#include <stddef.h>

struct checksum {
	char text[65]; /* 64 hexadecimal digits */
};

/* Of the bytes. */
struct checksum checksum_of(const void *data, size_t size);

#endif
