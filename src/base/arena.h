/* Memory that is freed all at once: one arena a handle. The only caller of malloc(). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

/* Zeroed = empty and ready. By pointer: what is allocated outlives the call. */
struct arena {
	struct arena_block *blocks;
	size_t bytes;       /* asked of malloc() so far */
	size_t block_count; /* calls of malloc() so far */
};

/* size bytes, zeroed, aligned for any type; NULL when memory ran out. size 0 is valid. */
void *arena_alloc(struct arena *arena, size_t size);
/* count elements of size bytes, zeroed; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* Copies; NULL when memory ran out, and for text NULL. */
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);
/* The same, and which of the two it is: NULL is copied too. false: memory ran out. */
__attribute__((warn_unused_result)) bool arena_copy(const char **copy, struct arena *arena,
						    const char *text);
/* Frees everything; the arena is then empty and ready. */
void arena_release(struct arena *arena);

/* Tests: the n-th block asked for from now on (1 = the next) fails, and all after it, on
 * this thread; 0: none. */
void arena_fail_after(unsigned n);

#endif
