#include "json_memory.h"

#include <setjmp.h>
#include <stdlib.h>

/* jansson does not always tell want of memory from bad input: json_string() gives NULL for either,
 * and to the parser a name that found no room is a missing one. */
static bool exhausted;

/* jansson 2.14's parser goes on with a text that it had no room for, and crashes. It is left
 * instead, and what it had taken is given back. way_out: NULL when it does not parse. */
static jmp_buf *way_out;
static struct {
	void **blocks;
	size_t count, capacity;
} parsing;

static bool make_room(void)
{
	size_t capacity = parsing.capacity > 0 ? 2 * parsing.capacity : 64;
	void **blocks;

	if (parsing.count < parsing.capacity)
		return true;
	blocks = realloc(parsing.blocks, capacity * sizeof(void *));
	if (!blocks)
		return false;
	parsing.blocks = blocks;
	parsing.capacity = capacity;
	return true;
}

static void *allocate(size_t size)
{
	void *memory = way_out && !make_room() ? NULL : malloc(size);

	exhausted = exhausted || !memory;
	if (way_out && !memory)
		longjmp(*way_out, 1);
	if (way_out)
		parsing.blocks[parsing.count++] = memory;
	return memory;
}

static void give_back(void *memory)
{
	/* What was taken last goes first, nearly always. */
	for (size_t i = way_out ? parsing.count : 0; i > 0; i--)
		if (parsing.blocks[i - 1] == memory) {
			parsing.blocks[i - 1] = parsing.blocks[--parsing.count];
			break;
		}
	free(memory);
}

void json_watch_memory(void)
{
	json_set_alloc_funcs(allocate, give_back);
}

bool json_is_exhausted(void)
{
	return exhausted;
}

json_t *json_parse(const char *text, size_t length, json_error_t *why)
{
	json_t *volatile document = NULL;
	jmp_buf here;

	way_out = &here;
	if (setjmp(here) == 0)
		document = json_loadb(text, length, JSON_REJECT_DUPLICATES, why);
	else
		while (parsing.count > 0)
			free(parsing.blocks[--parsing.count]);
	way_out = NULL;
	free(parsing.blocks);
	parsing.blocks = NULL;
	parsing.count = parsing.capacity = 0;
	return document;
}
