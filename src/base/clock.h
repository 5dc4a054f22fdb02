/* Time and chance: a clock that never goes back, pauses, and random numbers for jitter. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

double clock_ms(void);          /* since some fixed instant, in ms */
void clock_sleep_ms(double ms); /* at least that long, through signals; <= 0: not at all */

/* A pseudo-random sequence of one boot; seeded from the kernel. */
struct chance {
	uint64_t state;
};
void chance_init(struct chance *chance);
uint64_t chance_next(struct chance *chance);

/*
 * Full jitter: uniform in [0, min(cap_ms, base_ms * 2^attempt)], attempt from 0. Replicas
 * that failed together do not come back together.
 */
double chance_backoff_ms(struct chance *chance, unsigned attempt, double base_ms, double cap_ms);

#endif
