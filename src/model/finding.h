/* A finding about a registry: "registry/x.def:12: error: column 'a.b': ...". */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "../base/buffer.h"
#include "index.h"

struct check {
	const struct reconcile_registry *registry;
	struct arena *arena;
	struct problem **next; /* where the next finding goes */
	size_t fatal;
	bool failed; /* out of memory */
	/* Rows of a table stand together, and types are few: what was looked at is not looked at
	 * again. A type is known by its address. */
	const char *table; /* the last column's, if its name is good */
	uint64_t table_hash;
	const char *good_types[8];
	size_t good_type_count;
};

/* What a finding is about. */
struct subject {
	enum { REGISTRY = 0, TABLE, COLUMN } kind;
	const char *file;
	int line;
	const char *table;
	const char *column;
};

struct subject table_subject(const struct reconcile_table *row);
struct subject column_subject(const struct reconcile_column *row);

/* "PLACE: error: SUBJECT: what 'quoted'rest"; quoted NULL: without it; rest NULL: "". */
void finding_add(struct check *check, bool fatal, const struct subject *subject, const char *what,
		 const char *quoted, const char *rest);
/* A fatal one, in one text. */
void finding_fault(struct check *check, const struct subject *subject, const char *what);
/* Declared twice; where first. */
void finding_twice(struct check *check, const struct subject *subject, const struct subject *first);
/* The whole text as it is; NULL: memory ran out. */
void finding_problem(struct check *check, bool fatal, const char *text);

#endif
