#include "hostile.h"
#include "hostile_pieces.h"
#include "part.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { LONGEST = 10240, SEED = 20240229 };

/* ---- numbers -------------------------------------------------------------- */

struct dice dice_new(unsigned long long seed)
{
	/* Never 0, and small seeds far from each other. */
	struct dice dice = {(seed + 1) * 0x9e3779b97f4a7c15ULL | 1};
	dice_roll(&dice, 2);
	return dice;
}

size_t dice_roll(struct dice *dice, size_t below)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (size_t)((dice->state * 0x2545f4914f6cdd1dULL >> 33) % below);
}

/* ---- the collection ------------------------------------------------------- */

struct collection {
	struct hostile *hostile;
	size_t capacity;
	size_t *slots; /* index + 1, by hash; 0: free */
	size_t mask;
	struct dice dice;
};

static size_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325ULL; /* FNV-1a */
	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3ULL;
	return (size_t)(value ^ value >> 32);
}

/* Keeps it, unless it is there already. */
static void keep(struct collection *all, const char *text)
{
	struct hostile *hostile = all->hostile;
	size_t slot = hash(text) & all->mask;
	for (; all->slots[slot] != 0; slot = (slot + 1) & all->mask)
		if (strcmp(hostile->texts[all->slots[slot] - 1], text) == 0)
			return;
	if (hostile->count == all->capacity)
		return;
	hostile->texts[hostile->count] = strdup(text);
	cr_assert(hostile->texts[hostile->count] != NULL, "out of memory");
	all->slots[slot] = ++hostile->count;
}

/* A string on its way; always ends in a NUL. */
struct text {
	char bytes[LONGEST + 1];
	size_t length;
};

static void add(struct text *text, const char *piece)
{
	size_t room = LONGEST - text->length;
	size_t length = strnlen(piece, room);
	memcpy(text->bytes + text->length, piece, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

static const char *any(struct dice *dice, size_t set)
{
	return hostile_sets[set].pieces[dice_roll(dice, hostile_sets[set].count)];
}

/* Every piece by itself, and every byte. */
static void keep_pieces(struct collection *all)
{
	for (size_t s = 0; s < HOSTILE_SETS; s++)
		for (size_t i = 0; i < hostile_sets[s].count; i++)
			keep(all, hostile_sets[s].pieces[i]);
	for (int byte = 1; byte < 256; byte++)
		keep(all, (const char[]){(char)byte, '\0'});
}

/* Up to, at and over the 63 bytes of a name, and much longer; a character lies across the end. */
static void keep_lengths(struct collection *all)
{
	static const size_t lengths[] = {61, 62, 63, 64, 65, 66, 127, 128, 255, 256, 1000, LONGEST};
	static const char *const fillers[] = {"a", "'", "\"", "(", " ", "%n"};
	const struct hostile_set *letters = &hostile_sets[HOSTILE_LETTERS];
	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (size_t f = 0; f < COUNT(fillers); f++) {
			struct text text = {.length = 0};
			while (text.length + strlen(fillers[f]) <= lengths[i])
				add(&text, fillers[f]);
			keep(all, text.bytes);
		}
		for (size_t l = 0; l < letters->count && lengths[i] < 100; l++) {
			for (size_t before = 0; before <= strlen(letters->pieces[l]); before++) {
				struct text text = {.length = 0};
				while (text.length + before < lengths[i])
					add(&text, fillers[0]);
				add(&text, letters->pieces[l]);
				keep(all, text.bytes);
			}
		}
	}
}

/* What differs from another one in case or in blanks only. */
static void keep_twin(struct collection *all)
{
	struct text text = {.length = 0};
	const char *other = all->hostile->texts[dice_roll(&all->dice, all->hostile->count)];
	size_t way = dice_roll(&all->dice, 4);
	if (way == 2)
		add(&text, " ");
	add(&text, other);
	if (way == 3)
		add(&text, " ");
	for (char *c = text.bytes; *c != '\0' && way < 2; c++) {
		bool upper = *c >= 'A' && *c <= 'Z', lower = *c >= 'a' && *c <= 'z';
		if (upper || (lower && way == 1))
			*c = (char)(*c ^ 0x20);
	}
	keep(all, text.bytes);
}

/* Pieces in a row: mostly valid text, often nearly a clause, sometimes poisoned. */
static void keep_mixture(struct collection *all)
{
	static const unsigned char recipes[][4] = {
		{HOSTILE_MARKS, HOSTILE_WORDS, HOSTILE_MARKS, HOSTILE_LETTERS},
		{HOSTILE_MARKS, HOSTILE_STATEMENTS, HOSTILE_MARKS, HOSTILE_LETTERS},
		{HOSTILE_MARKS, HOSTILE_MARKS, HOSTILE_MARKS, HOSTILE_CLAUSES},
		{HOSTILE_CLAUSES, HOSTILE_CLAUSES, HOSTILE_CLAUSES, HOSTILE_CLAUSES},
		{HOSTILE_CLAUSES, HOSTILE_LONG_CLAUSES, HOSTILE_CLAUSES, HOSTILE_MARKS},
		{HOSTILE_CLAUSES, HOSTILE_MARKS, HOSTILE_CLAUSES, HOSTILE_WORDS},
		{HOSTILE_LETTERS, HOSTILE_WORDS, HOSTILE_LETTERS, HOSTILE_MARKS},
		{HOSTILE_WORDS, HOSTILE_LETTERS, HOSTILE_STATEMENTS, HOSTILE_POISONS},
	};
	struct text text = {.length = 0};
	const unsigned char *recipe = recipes[dice_roll(&all->dice, COUNT(recipes))];
	size_t pieces = 1 + dice_roll(&all->dice, 6);
	for (size_t i = 0; i < pieces; i++)
		add(&text, any(&all->dice, recipe[dice_roll(&all->dice, 4)]));
	keep(all, text.bytes);
}

/* Now and then no pieces at all. */
static void keep_noise(struct collection *all)
{
	struct text text = {.length = 0};
	for (size_t left = 1 + dice_roll(&all->dice, 70); left > 0; left--)
		add(&text, (const char[]){(char)(1 + dice_roll(&all->dice, 255)), '\0'});
	keep(all, text.bytes);
}

/* Leaves some of them, in their order. */
static void take_part(struct hostile *hostile)
{
	struct dice dice = dice_new(part_seed());
	size_t wanted = (size_t)part_of((int)hostile->count, 1), kept = 0;
	for (size_t i = 0; i < hostile->count; i++) {
		if (dice_roll(&dice, hostile->count - i) < wanted - kept)
			hostile->texts[kept++] = hostile->texts[i];
		else
			free(hostile->texts[i]);
	}
	hostile->count = kept;
}

struct hostile hostile_new(size_t count)
{
	struct hostile hostile = {.texts = calloc(count, sizeof(char *))};
	struct collection all = {.hostile = &hostile, .capacity = count, .dice = dice_new(SEED)};
	size_t slots = 1;
	while (slots < 2 * count)
		slots *= 2;
	all.mask = slots - 1;
	all.slots = calloc(slots, sizeof(*all.slots));
	cr_assert(hostile.texts != NULL && all.slots != NULL, "out of memory");

	keep(&all, "");
	keep_pieces(&all);
	keep_lengths(&all);
	while (hostile.count < count) {
		keep_mixture(&all);
		keep_mixture(&all);
		keep_mixture(&all);
		keep_mixture(&all);
		keep_twin(&all);
		if (dice_roll(&all.dice, 8) == 0)
			keep_noise(&all);
	}
	free(all.slots);
	if (!part_is_whole())
		take_part(&hostile);
	return hostile;
}

void hostile_free(struct hostile *hostile)
{
	for (size_t i = 0; i < hostile->count; i++)
		free(hostile->texts[i]);
	free(hostile->texts);
	*hostile = (struct hostile){0};
}
