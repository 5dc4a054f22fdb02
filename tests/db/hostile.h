/*
 * Hostile strings against a real database. It holds a canary, a table with rows; and whatever a
 * registry says, nothing becomes of the database but what was declared.
 */
#ifndef TESTS_DB_HOSTILE_H
#define TESTS_DB_HOSTILE_H

#include "../support/hostile.h"
#include "boot.h"

enum { HOSTILE_STRINGS = 5200 };

/* Where in a row a string may stand. */
enum place {
	PLACE_TABLE,
	PLACE_COLUMN,
	PLACE_TYPE,
	PLACE_VALUE,
	PLACE_EXPRESSION,
	PLACE_DESCRIPTION,
	PLACE_FILE,
	PLACES
};
extern const char *const place_names[PLACES];

/* A column that is fine but for the string, which the description says, too, where it may. */
struct reconcile_column place_string(enum place place, const char *string);

/* ---- what a text has to be ----------------------------------------------- */

/* NULL, or why it cannot stand in one line of a log or of a terminal. */
const char *line_fault(const char *text);
/* The last start was refused as it should be: with a status that fits, and words that can be shown
 * and say where. */
void expect_refusal(const struct start *start, const char *string);

/* ---- registries ----------------------------------------------------------- */

/* Columns, each perhaps with a TABLE row of its own (table names NULL: without). */
struct rows {
	struct reconcile_column *columns;
	struct reconcile_table *tables;
	size_t count, capacity;
	size_t table_count; /* 0 or count */
};

struct rows rows_new(size_t capacity);
void rows_free(struct rows *rows);
void rows_add(struct rows *rows, const struct reconcile_column *column, bool with_table);
/* A part of them as a registry. */
struct reconcile_registry rows_registry(const struct rows *rows, size_t from, size_t count);
/* Does reconcile_validate() take this column, by the rules of that engine (NULL: of both)? What it
 * says is checked. */
bool is_valid(const struct reconcile_column *column, const char *engine, const char *string);

/* ---- a trial -------------------------------------------------------------- */

struct trial {
	struct start *start;
	struct sqlite3 *sqlite; /* a connection to it that waits for no disk */
	struct hostile strings;
	bool *used;     /* which of them next_round() gave */
	char **objects; /* that have to be there: those of before, and what was declared since */
	size_t object_count, object_capacity;
	size_t accepted, refused; /* columns, by the database */
};

/* With the canary in the database, and the history, which comes with the first change. */
void trial_begin(struct trial *trial, struct start *start);
/* All that must be there is, and nothing else; the canary is as it was. */
void trial_end(struct trial *trial);
/* The same, and on with a fresh database. */
void trial_renew(struct trial *trial);

/*
 * At most that many strings that are valid in that place and were not in a round before. If the
 * database ignores case, no two names of a round differ in case only. 0: there are no more.
 */
size_t next_round(struct trial *trial, enum place place, const char **round, size_t most);

/* Such a table with a row and the column "own" is made by other means than ours. */
void trial_make_table(struct trial *trial, const char *name);
/* Has the columns added, that many a start; where the database refuses one, one by one, and checks
 * the refusals. What was not refused must be there in the end. Leaves only those in rows. */
void trial_apply(struct trial *trial, struct rows *rows, size_t a_start);
/* A look with each reader finds all of them, and just as declared. */
void trial_is_in_sync(struct trial *trial, const struct rows *rows);
/* "what: 5200 strings, ..." for whoever runs the test. */
void trial_say(const struct trial *trial, const char *what);

#endif
