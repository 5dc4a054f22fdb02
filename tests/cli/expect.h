/* Command lines as a table: a row is a case with a name; all rows are run and reported. */
#ifndef CLI_EXPECT_H
#define CLI_EXPECT_H

#include "../support/database.h"

struct expectation {
	const char *name;
	const char *command; /* for sh; see expect_environment() */
	int status;          /* exit code */
	const char *out;     /* in standard output; "": that is empty; NULL: whatever */
	const char *err;     /* in standard error; likewise */
	const char *never;   /* in neither; NULL: nothing */
};

/*
 * What the command lines are written with: $MANAGE, the program; $BARE, as it is installed, without
 * a registry; $OWN, it with the registries of tests/cli/own: events, faulty, and one that is not to
 * be read; $SHARED, a shared object with the first of them; $DIR, an empty folder of this
 * test; $URL, its database; $FILE, the SQLite file; $SQL, which runs SQL given on its standard
 * input. Nothing of the caller's own configuration is left, and output is UTF-8.
 */
void expect_environment(const struct database *database);

void expect_rows(const struct expectation *rows, unsigned long count);

#define EXPECT(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* memories and task_logs as they were before the registry's four newest columns, with a row each.
 * The registry's other four tables are not there. */
extern const char old_tables[];

#endif
