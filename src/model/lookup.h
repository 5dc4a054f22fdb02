/*
 * A hash table from names to positions in an array that the caller holds: open addressing, at
 * most half full. The caller compares what it finds; equal hashes are rare.
 */
#ifndef MODEL_LOOKUP_H
#define MODEL_LOOKUP_H

#include "../base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lookup_slot;

struct lookup {
	struct lookup_slot *slots;
	size_t mask;
	size_t capacity; /* how many names it is made for */
};

#define LOOKUP_NONE SIZE_MAX

/* For up to capacity names. false: out of memory. */
bool lookup_init(struct lookup *lookup, size_t capacity, struct arena *arena);
/* Empties it, for at most count names (count not above the capacity): costs as much as count. */
void lookup_reset(struct lookup *lookup, size_t count);
void lookup_add(struct lookup *lookup, uint64_t hash, size_t position);
/* The positions of that hash, one a call: *probe is 0 before the first. LOOKUP_NONE: no more. */
size_t lookup_next(const struct lookup *lookup, uint64_t hash, size_t *probe);

/* A name's hash: the same for names that differ only in the case of ASCII letters. Of this process
 * alone, for it depends on the machine's order of bytes. */
uint64_t hash_name(uint64_t hash, const char *name);

#endif
