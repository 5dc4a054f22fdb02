#include "lookup.h"
#include "../base/hash.h"
#include "text.h"

#include <string.h>

struct lookup_slot {
	uint32_t hash;
	uint32_t position; /* + 1; 0: free */
};

static size_t slots_for(size_t count)
{
	size_t slots = 8;
	while (slots < 2 * count)
		slots *= 2;
	return slots;
}

bool lookup_init(struct lookup *lookup, size_t capacity, struct arena *arena)
{
	*lookup = (struct lookup){0};
	if (capacity > UINT32_MAX / 4)
		return false;
	size_t slots = slots_for(capacity);
	lookup->slots = arena_array(arena, slots, sizeof(*lookup->slots));
	lookup->mask = slots - 1;
	lookup->capacity = capacity;
	return lookup->slots != NULL;
}

void lookup_reset(struct lookup *lookup, size_t count)
{
	size_t slots = slots_for(count);
	memset(lookup->slots, 0, slots * sizeof(*lookup->slots));
	lookup->mask = slots - 1;
}

/* FNV mixes its high bits best; the slot comes from both halves, the check from the high one. */
static size_t first_slot(const struct lookup *lookup, uint64_t hash)
{
	return (size_t)(hash ^ hash >> 32) & lookup->mask;
}

void lookup_add(struct lookup *lookup, uint64_t hash, size_t position)
{
	size_t i = first_slot(lookup, hash);
	while (lookup->slots[i].position)
		i = (i + 1) & lookup->mask;
	lookup->slots[i].hash = (uint32_t)(hash >> 32);
	lookup->slots[i].position = (uint32_t)(position + 1);
}

size_t lookup_next(const struct lookup *lookup, uint64_t hash, size_t *probe)
{
	for (;; (*probe)++) {
		size_t i = (first_slot(lookup, hash) + *probe) & lookup->mask;
		const struct lookup_slot *slot = &lookup->slots[i];
		if (slot->position == 0)
			return LOOKUP_NONE;
		if (slot->hash == (uint32_t)(hash >> 32)) {
			(*probe)++;
			return slot->position - 1;
		}
	}
}

/* The bit of each of eight bytes that tells cases apart. Some other pairs of characters become
 * equal without it too, which a hash may do. */
#define CASE_BITS UINT64_C(0x2020202020202020)

static uint64_t caseless(const char *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, sizeof(word));
	return word | CASE_BITS;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15); /* odd, its bits well spread */
	return hash ^ hash >> 29;
}

/* Eight bytes a step: most names end in the second. */
uint64_t hash_name(uint64_t hash, const char *name)
{
	size_t length = strlen(name), i = 0;
	for (; length - i > sizeof(uint64_t); i += sizeof(uint64_t))
		hash = mix(hash, caseless(&name[i]));
	uint64_t rest = 0; /* up to eight bytes */
	for (; i < length; i++)
		rest = rest << 8 | (unsigned char)name[i];
	/* With the length, so that ("ab", "c") and ("a", "bc") differ. */
	return mix(hash, (rest | CASE_BITS) ^ (uint64_t)length << 56);
}
