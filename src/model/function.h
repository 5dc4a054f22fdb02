/*
 * Functions that stand in defaults, as far as it is known what they do: those that are volatile to
 * PostgreSQL (pg_proc.provolatile), so that a column with them rewrites its table, and those that
 * only one of the two databases has.
 */
#ifndef MODEL_FUNCTION_H
#define MODEL_FUNCTION_H

#include <stddef.h>

enum {
	FUNCTION_VOLATILE = 1,
	FUNCTION_NOT_IN_POSTGRESQL = 2,
	FUNCTION_NOT_IN_SQLITE = 4,
	FUNCTION_WORD = 8, /* called without brackets */
};

struct function {
	const char *name; /* in small letters */
	unsigned flags;
};

extern const struct function functions[];
extern const size_t function_count;

/* The flags of a name, in any case; 0: not one of these. */
unsigned function_flags(const char *name, size_t length);

#endif
