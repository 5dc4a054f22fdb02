#include "hash.h"

#include <string.h>

uint64_t hash_text(uint64_t hash, const char *text)
{
	static const unsigned char absent = 0xff; /* in no UTF-8 text */
	if (!text)
		return hash_bytes(hash, &absent, 1);
	return hash_bytes(hash, text, strlen(text) + 1);
}
