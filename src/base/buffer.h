/* Text that grows, in an arena. Failure is sticky: check once, at buffer_text(). */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "arena.h"
#include <stdarg.h>

struct buffer {
	struct arena *arena;
	char *data; /* NUL-terminated whenever not NULL */
	size_t length;
	size_t capacity;
	bool failed; /* memory ran out; everything added since is lost */
};

#define BUFFER_INIT(arena_pointer)                                                                 \
	{                                                                                          \
		.arena = (arena_pointer)                                                           \
	}

void buffer_add(struct buffer *buf, const char *text); /* text NULL adds nothing */
void buffer_add_n(struct buffer *buf, const char *data, size_t length);
void buffer_add_char(struct buffer *buf, char c);
__attribute__((format(printf, 2, 3))) void buffer_addf(struct buffer *buf, const char *format, ...);
/* The text so far ("" when nothing was added); NULL when memory ran out. */
const char *buffer_text(const struct buffer *buf);

/* "try" or "tries": the word that goes with a number of things. */
const char *word_for(long long number, const char *one, const char *several);

#endif
