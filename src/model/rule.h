/*
 * The rules of a registry: what each says, which databases it is about, and the words that explain
 * it to a person. reconcile.h has the public side.
 */
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include <reconcile.h>

/* Sets of databases. */
enum {
	FOR_NONE = 0, /* of what is checked: errors only, no warning is looked for */
	FOR_POSTGRESQL = 1,
	FOR_SQLITE = 2,
	FOR_BOTH = 3,
};

enum rule_id {
	RULE_REGISTRY_MISSING,
	RULE_LAYOUT,
	RULE_ROWS_MISSING,
	RULE_REGISTRY_NAME,
	RULE_NAME_EMPTY,
	RULE_NAME_TOO_LONG,
	RULE_NAME_ENCODING,
	RULE_HISTORY_NAME,
	RULE_DECLARED_TWICE,
	RULE_TABLE_WITHOUT_COLUMNS,
	RULE_TYPE_GRAMMAR,
	RULE_TYPE_SERIAL,
	RULE_DEFAULT_TEXT,
	RULE_DEFAULT_GRAMMAR,
	RULE_UNKNOWN_KIND,
	RULE_NOT_NULL_WITHOUT_DEFAULT,
	RULE_NOT_NULL_DEFAULT_NULL,
	RULE_REQUIRED_WITH_DEFAULT,
	RULE_DESCRIPTION_ENCODING,
	RULE_RESERVED_WORD,
	RULE_MIXED_CASE,
	RULE_NAME_CHARACTERS,
	RULE_CASE_CLASH,
	RULE_SYSTEM_COLUMN,
	RULE_SQLITE_NAME,
	RULE_VOLATILE_DEFAULT,
	RULE_FROZEN_DEFAULT,
	RULE_SQL_IN_VALUE,
	RULE_BARE_DEFAULT,
	RULE_FOREIGN_FUNCTION,
	RULE_SQLITE_DEFAULT,
	RULE_SQLITE_QUOTING,
	RULE_SQLITE_SYNTAX,
	RULE_SQLITE_TYPE,
	RULE_COUNT,
	RULE_FIRST_WARNING = RULE_RESERVED_WORD, /* those before it are errors */
};

struct rule_facts {
	struct reconcile_rule shown; /* all texts are there, and static */
	unsigned about;              /* warnings: the databases, one of which must be checked for */
	unsigned refused_by;         /* warnings: the databases that refuse it in any case */
	const char *hint;            /* what to do; NULL: each finding says so itself */
};

/* The two parts of the list, each from its first rule on. */
extern const struct rule_facts rule_errors[], rule_warnings[];

#endif
