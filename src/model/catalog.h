/*
 * What a database holds, as far as one read asked for it: a snapshot of relations with their
 * attributes. Filled by a backend, read by the diff. All memory is the arena's.
 */
#ifndef MODEL_CATALOG_H
#define MODEL_CATALOG_H

#include "../base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A type as the database itself tells types apart; equal ids are the same type.
 * PostgreSQL: pg_type.oid and typmod (-1: none). SQLite: the affinity (one of
 * 'A' blob, 'B' text, 'C' numeric, 'D' integer, 'E' real) and -1.
 */
struct type_id {
	uint32_t type;
	int32_t modifier;
	bool modifier_unknown; /* the reader cannot see it (information_schema, arrays) */
};

/* The ids that a comparison of default texts must know. No type of PostgreSQL has an OID that
 * is one of SQLite's letters (pg_type.dat). */
enum {
	TYPE_POSTGRES_BOOLEAN = 16,
	TYPE_SQLITE_BLOB = 'A',
	TYPE_SQLITE_TEXT = 'B',
	TYPE_SQLITE_NUMERIC = 'C',
	TYPE_SQLITE_INTEGER = 'D',
	TYPE_SQLITE_REAL = 'E',
};

struct attribute {
	const char *name;
	const char *type_text;     /* as the database would print it; NULL: not asked for yet */
	const char *default_value; /* SQL text; NULL: none (and for generated columns) */
	struct type_id type;
	int16_t number; /* grows along the relation; from 1, and a dropped column leaves a gap */
	bool not_null;
	bool primary_key;    /* PostgreSQL: always false, not_null says it all */
	bool generated;      /* GENERATED ALWAYS ...: not writable */
	bool identity;       /* filled by the database although it has no default */
	bool default_unread; /* there is a default, but its text was not to be had */
};

enum relation_kind {
	RELATION_ABSENT = 0,
	RELATION_TABLE,
	RELATION_FOREIGN, /* the name is taken by something that is not a plain table */
};

struct relation {
	const char *name; /* as asked for */
	enum relation_kind kind;
	const char *kind_text; /* FOREIGN: "a view", "a partition", ...; never NULL then */
	const struct attribute *attributes; /* in the relation's own order */
	size_t attribute_count;
};

struct catalog {
	const char *schema;               /* NULL when the read did not learn it */
	const struct relation *relations; /* one a name asked for, in the same order */
	size_t relation_count;
	struct relation history;     /* read in a transaction only */
	const struct type_id *types; /* one a type text asked for, in the same order */
	size_t type_count;
};

/* The attribute of that exact name, or NULL. ignore_case: ASCII letters are equal (SQLite). */
const struct attribute *relation_attribute(const struct relation *relation, const char *name,
					   bool ignore_case);

/* Of everything but type_text, which is not always asked for. For this database alone, whose types
 * have these numbers. */
uint64_t relation_fingerprint(const struct relation *relation);

/* The same type, as far as both sides know. */
bool type_equal(const struct type_id *a, const struct type_id *b);

#endif
