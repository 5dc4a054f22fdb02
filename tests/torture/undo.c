/*
 * A rollback that is killed: history says what is there, whatever the instant was, and the same
 * command again does the rest.
 */
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROLLBACK                                                                                   \
	"exec '%s/manage' rollback --url '%s' --last 99 --keep-registry --allow-data-loss --yes "  \
	"-q"

/* An older release's tables with rows in them, brought in sync by a start. */
static void start_over(struct database *database)
{
	memstack_empty(database);
	memstack_make_old(database);
	struct run service = run(MEMSTACK_SERVICE, database->url, build_dir());
	cr_assert_eq(service.status, 0, "%s", service.err);
	run_free(&service);
}

/* Is there a line that begins with that, up to the dot or the space that ends a name? */
static bool is_there(const char *schema, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = schema; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strncmp(line, name, length) == 0 && strchr(". ", line[length]) != NULL)
			return true;
	return false;
}

/* Of each thing the newest row of history tells whether it is there. Returns how many are not. */
static size_t expect_history(struct database *database, const char *where)
{
	struct cells rows = database_cells(
		database,
		"SELECT table_name || CASE WHEN column_name IS NULL THEN ''\n"
		"                     ELSE '.' || column_name END, action\n"
		"  FROM reconcile_history AS h\n"
		" WHERE id = (SELECT max(id) FROM reconcile_history AS o\n"
		"              WHERE o.table_name = h.table_name\n"
		"                AND coalesce(o.column_name, '') = coalesce(h.column_name, ''))");
	char *schema = database_schema(database);
	size_t gone = 0;
	cr_expect_eq(rows.rows, 8, "%s: %zu things in history", where, rows.rows);
	for (size_t i = 0; i < rows.rows; i++) {
		const char *name = rows.cells[2 * i], *action = rows.cells[2 * i + 1];
		bool dropped = strncmp(action, "drop_", 5) == 0;
		gone += dropped;
		cr_expect(is_there(schema, name) == !dropped, "%s: history says %s of %s:\n%s",
			  where, action, name, schema);
	}
	cells_free(&rows);
	free(schema);
	return gone;
}

static void expect_the_rest(struct database *database, const char *after, const char *where)
{
	struct run rest = run(ROLLBACK, build_dir(), database->url);
	cr_expect_eq(rest.status, 0, "%s: the next rollback ends %d: %s", where, rest.status,
		     rest.err);
	run_free(&rest);
	memstack_expect_schema(database, after, where);
	cr_expect_eq(expect_history(database, where), 8);
	long rows = database_number(database, "SELECT (SELECT count(*) FROM memories) +\n"
					      "       (SELECT count(*) FROM task_logs)");
	cr_expect_eq(rows, 2 * MEMSTACK_ROWS, "%s: %ld rows are left", where, rows);
}

static double now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void kill_at_random(enum engine engine)
{
	struct database *database = database_new(engine);
	int rounds = part_of(100, 10), nothing = 0, middle = 0, all = 0;

	start_over(database);
	double began = now_us();
	struct run whole = run(ROLLBACK, build_dir(), database->url);
	double whole_us = now_us() - began;
	cr_assert_eq(whole.status, 0, "%s", whole.err);
	run_free(&whole);
	char *after = database_schema(database);
	srand48(time(NULL) ^ getpid());
	for (int i = 0; i < rounds; i++) {
		char where[64];
		useconds_t instant = (useconds_t)(drand48() * 1.2 * whole_us);
		snprintf(where, sizeof(where), "round %d, after %u us", i, (unsigned)instant);
		start_over(database);
		struct process process = process_start(ROLLBACK, build_dir(), database->url);
		usleep(instant);
		cr_assert(kill(process.pid, SIGKILL) == 0, "kill: %s", strerror(errno));
		struct run killed = process_wait(&process);
		cr_expect(killed.status == 0 || killed.status == 128 + SIGKILL, "%s: ended %d: %s",
			  where, killed.status, killed.err);
		run_free(&killed);
		memstack_wait_for_sessions(database);
		size_t gone = expect_history(database, where);
		nothing += gone == 0;
		middle += gone > 0 && gone < 8;
		all += gone == 8;
		expect_the_rest(database, after, where);
	}
	printf("undo: a whole rollback takes %.1f ms; of %d killed at a random instant %d had "
	       "nothing undone, %d a part, %d everything\n",
	       whole_us / 1e3, rounds, nothing, middle, all);
	cr_expect(middle > 0 || !part_is_whole(),
		  "no kill landed in the middle: nothing was shown");
	free(after);
	database_free(database);
}

Test(undo, postgres_at_100_random_instants)
{
	kill_at_random(ENGINE_POSTGRES);
}

Test(undo, sqlite_at_100_random_instants)
{
	kill_at_random(ENGINE_SQLITE);
}
