#include "checksum.h"

#include <stdint.h>
#include <sys/types.h>

#include <sha256.h>

_Static_assert(sizeof(struct checksum) == SHA256_DIGEST_STRING_LENGTH, "with its NUL");

struct checksum checksum_of(const void *data, size_t size)
{
	struct checksum checksum;

	SHA256Data(data, size, checksum.text);
	return checksum;
}
