/* The example service's database, as these tests want it before and after. */
#ifndef TORTURE_MEMSTACK_H
#define TORTURE_MEMSTACK_H

#include "../support/database.h"
#include "../support/run.h"

/* For process_start() and run(): a shell's words that start the service on the URL, in the process
 * of the shell itself. */
#define MEMSTACK_SERVICE "export DATABASE_URL='%s'; exec '%s/service'"

/*
 * An older release's tables, memories and task_logs, without the four newest columns; the other
 * four tables are not there. Both hold MEMSTACK_ROWS rows.
 */
#define MEMSTACK_ROWS 1000
void memstack_make_old(struct database *database);
/* As if it had just been made: nothing is in it. A SQLite file is gone. */
void memstack_empty(struct database *database);
/* Until no other session is there: the server goes on with what it was told before it notices that
 * nobody is there any more. */
void memstack_wait_for_sessions(struct database *database);
/* Every row is as it was, and its new columns hold what they are declared to begin with. */
void memstack_expect_old_rows(struct database *database, const char *where);

/* What history says after a start on an empty database, and on the older one: see
 * memstack_history(). */
extern const char memstack_history_of_empty[], memstack_history_of_old[];
/* "ACTION TABLE[.COLUMN]" of every row of history, sorted, a line each; "" without history. */
char *memstack_history(struct database *database);
void memstack_expect_history(struct database *database, const char *wanted, const char *where);

/* The schema that one start alone makes of an empty database (see database_schema()). */
char *memstack_reference(enum engine engine);
void memstack_expect_schema(struct database *database, const char *wanted, const char *where);

#endif
