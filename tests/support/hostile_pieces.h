#ifndef SUPPORT_HOSTILE_PIECES_H
#define SUPPORT_HOSTILE_PIECES_H

#include <stddef.h>

enum {
	HOSTILE_MARKS,
	HOSTILE_WORDS,
	HOSTILE_STATEMENTS,
	HOSTILE_CLAUSES,
	HOSTILE_LONG_CLAUSES,
	HOSTILE_LETTERS, /* characters of several bytes */
	HOSTILE_POISONS, /* no text at all, or none for one line */
	HOSTILE_SETS,
};

struct hostile_set {
	const char *const *pieces;
	size_t count;
};

extern const struct hostile_set hostile_sets[HOSTILE_SETS];

#endif
