/* A finding about a registry: "registry/x.def:12: error[CODE]: column 'a.b': ...". */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "../base/buffer.h"
#include "index.h"
#include "token.h"

struct check;
struct subject;

/* Who looks for warnings: see advice.h. A part of its own, so that a program that only starts has
 * none of it in it. */
struct adviser {
	unsigned databases; /* a set of FOR_..., not FOR_NONE */
	const struct rule_facts *warnings;
	/* About the name of a table; it is a good one. */
	void (*table)(struct check *check, const struct subject *subject);
	/* About a column whose name, type and default are good ones. */
	void (*column)(struct check *check, const struct reconcile_column *row);
};

struct check {
	const struct reconcile_registry *registry;
	const struct adviser *adviser; /* NULL: only errors are looked for */
	struct arena *arena;
	struct finding **next; /* where the next finding goes */
	size_t errors;
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

/* What a finding says: before 'quoted'after. All may be NULL. */
struct wording {
	const char *before;
	const char *quoted; /* made visible: text_add_visible() */
	const char *after;
	const char *hint; /* instead of the rule's own */
};

/* Does the rule count in this check? */
bool finding_counts(const struct check *check, enum rule_id rule);
/* Adds it, counting or not. */
void finding_add(struct check *check, enum rule_id rule, const struct subject *subject,
		 struct wording wording);
/* One text. */
void finding_say(struct check *check, enum rule_id rule, const struct subject *subject,
		 const char *what);
/* About a part of SQL text. */
void finding_add_token(struct check *check, enum rule_id rule, const struct subject *subject,
		       struct wording wording, const struct token *quoted);
/* Declared twice; where first. */
void finding_twice(struct check *check, const struct subject *subject, const struct subject *first);

#endif
