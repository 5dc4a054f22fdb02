/*
 * Strings that have broken, or could break, a program that puts text into SQL, into a terminal or
 * into a line of a log. Always the same ones, in the same order.
 *
 * They are C strings, as all text of the API: with a NUL in it, a caller hands over what stands
 * before the NUL, which is another string of these. So none has one.
 */
#ifndef SUPPORT_HOSTILE_H
#define SUPPORT_HOSTILE_H

#include <stddef.h>

struct hostile {
	char **texts; /* all different */
	size_t count;
};

/* That many, or a part of them that the seed of this run picks (part.h); free with hostile_free().
 */
struct hostile hostile_new(size_t count);
void hostile_free(struct hostile *hostile);

/* A generator of numbers: the same seed, the same numbers (xorshift64*). */
struct dice {
	unsigned long long state;
};
struct dice dice_new(unsigned long long seed);
/* 0 to below - 1 */
size_t dice_roll(struct dice *dice, size_t below);

#endif
