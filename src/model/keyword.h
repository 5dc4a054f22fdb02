/*
 * The words that a database does not take for a column or a table unless they stand in double
 * quotes. PostgreSQL: those of category R and T of pg_get_keywords() (manual, appendix C), which
 * are neither column nor table names, in any version from 10 to 18 (system_user from 16 on).
 * SQLite: those of sqlite3_keyword_name() that its parser refuses, or takes for something else,
 * where a column or a table is meant (sqlite.org/lang_keywords.html names them all).
 */
#ifndef MODEL_KEYWORD_H
#define MODEL_KEYWORD_H

#include <stddef.h>

enum {
	KEYWORD_POSTGRESQL = 1,
	KEYWORD_SQLITE_COLUMN = 2,
	KEYWORD_SQLITE_TABLE = 4,
};

struct keyword {
	const char *word; /* in small letters */
	unsigned flags;
};

/* In alphabetical order. */
extern const struct keyword keywords[];
extern const size_t keyword_count;

/* The flags of that word, in any case; 0: nobody reserves it. */
unsigned keyword_flags(const char *text, size_t length);

#endif
