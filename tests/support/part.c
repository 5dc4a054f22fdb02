#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PART = 10 };

bool part_is_whole(void)
{
	const char *whole = getenv("TEST_WHOLE");
	return whole != NULL && *whole != '\0';
}

int part_of(int whole, int least)
{
	int part = whole / PART < least ? least : whole / PART;
	return part_is_whole() || part > whole ? whole : part;
}

unsigned long long part_seed(void)
{
	static bool known;
	static unsigned long long seed;
	if (known)
		return seed;
	const char *given = getenv("TEST_SEED");
	known = true;
	if (given != NULL && *given != '\0') {
		seed = strtoull(given, NULL, 10);
	} else {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		seed = (unsigned long long)now.tv_sec * 1000 +
		       (unsigned long long)now.tv_nsec % 1000;
	}
	printf("TEST_SEED=%llu\n", seed);
	return seed;
}
