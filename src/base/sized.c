#include "sized.h"

#include <string.h>

bool sized_take(void *own, size_t size, const void *given, size_t least)
{
	size_t given_size;
	memcpy(&given_size, given, sizeof(given_size));
	if (given_size < least || given_size > size)
		return false;
	memset(own, 0, size);
	memcpy(own, given, given_size);
	memcpy(own, &size, sizeof(size));
	return true;
}
