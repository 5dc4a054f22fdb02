#include "clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define NS_A_SECOND 1000000000L

double clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void clock_sleep_ms(double ms)
{
	const double longest_ms = 1e12; /* some 30 years: keeps the sum inside time_t */
	if (!(ms > 0))
		return;
	if (ms > longest_ms)
		ms = longest_ms;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	time_t seconds = (time_t)(ms / 1e3);
	until.tv_sec += seconds;
	until.tv_nsec += (long)((ms - (double)seconds * 1e3) * 1e6);
	if (until.tv_nsec >= NS_A_SECOND) {
		until.tv_nsec -= NS_A_SECOND;
		until.tv_sec++;
	}
	/* An absolute end: signals, however many, do not make the pause longer. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

void chance_init(struct chance *chance)
{
	if (getrandom(&chance->state, sizeof(chance->state), GRND_NONBLOCK) ==
	    (ssize_t)sizeof(chance->state))
		return;
	/* No entropy yet (early boot): two processes still differ. */
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	chance->state = (uint64_t)now.tv_sec * (uint64_t)NS_A_SECOND + (uint64_t)now.tv_nsec;
	chance->state ^= (uint64_t)getpid() << 32;
}

/* SplitMix64 (Steele, Lea, Flood 2014; https://prng.di.unimi.it/splitmix64.c): any seed is good. */
uint64_t chance_next(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double chance_backoff_ms(struct chance *chance, unsigned attempt, double base_ms, double cap_ms)
{
	double limit = base_ms;
	for (unsigned i = 0; i < attempt && limit > 0 && limit < cap_ms; i++)
		limit *= 2;
	if (limit > cap_ms)
		limit = cap_ms;
	/* 53 bits: every value that a double in [0, 1) can hold evenly. */
	return limit * ((double)(chance_next(chance) >> 11) * 0x1p-53);
}
