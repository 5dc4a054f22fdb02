#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK ((size_t)4 * 1024)
#define LARGEST_BLOCK ((size_t)256 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t capacity;
	size_t used;
	size_t next_size; /* of the block that follows this one when it is full */
	alignas(max_align_t) unsigned char data[];
};

static _Thread_local unsigned fail_countdown;

void arena_fail_after(unsigned n)
{
	fail_countdown = n;
}

static bool failure_is_due(void)
{
	if (fail_countdown == 0)
		return false;
	if (fail_countdown == 1)
		return true;
	fail_countdown--;
	return false;
}

static struct arena_block *block_new(struct arena *arena, size_t capacity)
{
	if (capacity > SIZE_MAX - sizeof(struct arena_block) || failure_is_due())
		return NULL;
	size_t bytes = sizeof(struct arena_block) + capacity;
	struct arena_block *block = calloc(1, bytes);
	if (!block)
		return NULL;
	block->capacity = capacity;
	arena->bytes += bytes;
	arena->block_count++;
	return block;
}

/* A request that no ordinary block could hold gets one of its own, behind the block in use. */
static void *alloc_own_block(struct arena *arena, size_t size)
{
	struct arena_block *block = block_new(arena, size);
	if (!block)
		return NULL;
	block->used = size;
	block->next_size = FIRST_BLOCK;
	if (arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return block->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t alignment = alignof(max_align_t);
	if (size > SIZE_MAX - alignment)
		return NULL;
	/* Size 0 gets a place of its own too, so that NULL always means failure. */
	size = size ? (size + alignment - 1) / alignment * alignment : alignment;

	struct arena_block *block = arena->blocks;
	if (!block || block->capacity - block->used < size) {
		size_t block_size = block ? block->next_size : FIRST_BLOCK;
		size_t capacity = block_size - sizeof(struct arena_block);
		if (size > capacity)
			return alloc_own_block(arena, size);
		block = block_new(arena, capacity);
		if (!block)
			return NULL;
		block->next_size = block_size < LARGEST_BLOCK ? block_size * 2 : LARGEST_BLOCK;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *result = block->data + block->used;
	block->used += size;
	return result;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(arena, count * size);
}

char *arena_text_n(struct arena *arena, const char *text, size_t length)
{
	if (!text || length == SIZE_MAX)
		return NULL;
	char *copy = arena_alloc(arena, length + 1);
	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return text ? arena_text_n(arena, text, strlen(text)) : NULL;
}

bool arena_copy(const char **copy, struct arena *arena, const char *text)
{
	*copy = arena_text(arena, text);
	return *copy || !text;
}

void arena_release(struct arena *arena)
{
	struct arena_block *block = arena->blocks;
	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
	*arena = (struct arena){0};
}
