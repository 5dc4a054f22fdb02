/*
 * The registry made ready for use: its tables in order of first mention (TABLE rows first), each
 * with its columns, and the distinct type texts. Rejects what is wrong in a registry, with file and
 * line.
 */
#ifndef MODEL_INDEX_H
#define MODEL_INDEX_H

#include "../base/arena.h"
#include "../base/error.h"
#include "rule.h"
#include <reconcile.h>
#include <stdint.h>

/* Ours in every database: no registry may declare it. */
#define HISTORY_TABLE "reconcile_history"

struct indexed_column {
	const struct reconcile_column *row;
	size_t type; /* index into type_texts */
};

struct indexed_table {
	const char *name;
	const struct reconcile_table *row; /* NULL: somebody else's, never created */
	const struct indexed_column *columns;
	size_t column_count;
};

struct index {
	const struct reconcile_registry *registry;
	const struct indexed_table *tables;
	size_t table_count;
	const char *const *table_names; /* the names of tables, in the same order */
	const char *const *type_texts;  /* distinct, in order of first use */
	size_t type_count;
};

/* One finding about a registry; its texts are the arena's. */
struct finding {
	struct reconcile_finding shown;
	struct finding *next;
};

/*
 * Checks every row. adviser NULL: only errors are looked for, as a start is not to pay for advice.
 * *findings gets all of them, those of TABLE rows first, each kind in the order of its rows; true
 * if none is an error. err is set only when memory ran out (false then).
 */
struct adviser;
bool registry_check(const struct reconcile_registry *registry, const struct adviser *adviser,
		    struct arena *arena, struct finding **findings, struct error *err);

/* Of everything that is declared: not of descriptions, places and the registry's name, nor of how
 * rows of tables are mixed. */
uint64_t index_fingerprint(const struct index *index);

/* Builds the index. Linear in the registry's size. false: BAD_REGISTRY with the first
 * error as the message (and how many more there are), or FAILED: out of memory. */
bool index_build(struct index *index, const struct reconcile_registry *registry,
		 struct arena *arena, struct error *err);

#endif
