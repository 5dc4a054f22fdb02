/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): look-up tables, lock keys and
 * fingerprints. Not for secrets. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_INIT UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *byte = data;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Text with its NUL, so that ("ab", "c") and ("a", "bc") differ. NULL hashes as one byte 0xff. */
uint64_t hash_text(uint64_t hash, const char *text);

#endif
