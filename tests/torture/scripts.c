/*
 * Scripts that are killed, that two run at once, and that run beside starting services: history
 * says what is there, each ran once, and in order.
 */
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SCRIPTS 4
#define SERVICES 20
#define LOOKS 6000
#define LOOK_US 5000

#define SCRIPT "exec '%s/manage' script --url '%s' --dir '%s/m' -q "

/* ---- a folder of them ------------------------------------------------------- */

static void write_file(const struct database *database, const char *name, const char *text)
{
	char path[700];
	snprintf(path, sizeof(path), "%s/m/%s", database->folder, name);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "'%s': %s", path,
		  strerror(errno));
}

/* Each makes a table, and notes that it was here. */
static void write_scripts(const struct database *database)
{
	char path[600], name[64], text[300];
	snprintf(path, sizeof(path), "%s/m", database->folder);
	cr_assert(mkdir(path, 0777) == 0, "'%s': %s", path, strerror(errno));
	for (int i = 1; i <= SCRIPTS; i++) {
		snprintf(name, sizeof(name), "%03d_t.up.sql", i);
		snprintf(text, sizeof(text),
			 "CREATE TABLE t%d (a INTEGER); INSERT INTO t%d VALUES (1);\n"
			 "INSERT INTO notes (script) VALUES (%d);\n",
			 i, i, i);
		write_file(database, name, text);
		snprintf(name, sizeof(name), "%03d_t.down.sql", i);
		snprintf(text, sizeof(text),
			 "DELETE FROM notes WHERE script = %d; DROP TABLE t%d;\n", i, i);
		write_file(database, name, text);
	}
}

static void start_over(struct database *database)
{
	memstack_empty(database);
	database_execute(database, "CREATE TABLE notes (id %s, script INTEGER)",
			 database->engine == ENGINE_SQLITE ? "INTEGER PRIMARY KEY"
							   : "SERIAL PRIMARY KEY");
}

/* ---- history and schema ------------------------------------------------------- */

static bool has_table(const char *schema, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = schema; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strncmp(line, name, length) == 0 && line[length] == '.')
			return true;
	return false;
}

/* What the newest row of each script says is what is there. Returns how many are applied. */
static int expect_history(struct database *database, const char *where)
{
	char *schema = database_schema(database);
	bool history = has_table(schema, "reconcile_history");
	int applied = 0;
	for (int i = 1; i <= SCRIPTS; i++) {
		char table[8];
		char *action = NULL;
		snprintf(table, sizeof(table), "t%d", i);
		if (history)
			action = database_value(
				database,
				"SELECT action || ' ' || outcome FROM reconcile_history\n"
				" WHERE object = '%03d_t' ORDER BY id DESC LIMIT 1",
				i);
		bool is_applied = action != NULL && strcmp(action, "script_up applied") == 0;
		bool is_back = action == NULL || *action == '\0' ||
			       strcmp(action, "script_down applied") == 0;
		cr_expect(is_applied || is_back, "%s: script %d is '%s'", where, i, action);
		cr_expect_eq(has_table(schema, table), is_applied,
			     "%s: history says '%s' of script %d:\n%s", where,
			     action != NULL ? action : "", i, schema);
		cr_expect_eq(database_number(database,
					     "SELECT count(*) FROM notes WHERE script = %d", i),
			     is_applied, "%s: script %d", where, i);
		applied += is_applied;
		free(action);
	}
	free(schema);
	return applied;
}

static struct run run_script(const struct database *database, const char *what)
{
	return run(SCRIPT "%s", build_dir(), database->url, database->folder, what);
}

/* The same command again does the rest. */
static void expect_rest(struct database *database, const char *what, int applied, const char *where)
{
	struct run rest = run_script(database, what);
	cr_expect_eq(rest.status, 0, "%s: 'script %s' ends %d: %s", where, what, rest.status,
		     rest.err);
	run_free(&rest);
	cr_expect_eq(expect_history(database, where), applied, "%s", where);
}

/* ---- killed ------------------------------------------------------------------- */

static double now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Returns whether it landed in the middle. */
static bool kill_once(struct database *database, const char *what, double whole_us, int done,
		      const char *where)
{
	useconds_t instant = (useconds_t)(drand48() * 1.2 * whole_us);
	struct process process =
		process_start(SCRIPT "%s", build_dir(), database->url, database->folder, what);
	usleep(instant);
	cr_assert(kill(process.pid, SIGKILL) == 0, "kill: %s", strerror(errno));
	struct run killed = process_wait(&process);
	cr_expect(killed.status == 0 || killed.status == 128 + SIGKILL, "%s: ended %d: %s", where,
		  killed.status, killed.err);
	run_free(&killed);
	memstack_wait_for_sessions(database);
	int applied = expect_history(database, where);
	expect_rest(database, what, done, where);
	return applied > 0 && applied < SCRIPTS;
}

static void kill_at_random(enum engine engine)
{
	struct database *database = database_new(engine);
	int rounds = part_of(100, 10), middle_up = 0, middle_down = 0;

	write_scripts(database);
	start_over(database);
	double began = now_us();
	expect_rest(database, "up", SCRIPTS, "whole");
	double whole_us = now_us() - began;
	srand48(time(NULL) ^ getpid());
	for (int i = 0; i < rounds; i++) {
		char where[64];
		start_over(database);
		snprintf(where, sizeof(where), "up, round %d", i);
		middle_up += kill_once(database, "up", whole_us, SCRIPTS, where);
		snprintf(where, sizeof(where), "down, round %d", i);
		middle_down += kill_once(database, "down --to base", whole_us, 0, where);
	}
	printf("scripts: %d take %.1f ms; of %d killed at a random instant %d going up and %d "
	       "going "
	       "down had done a part\n",
	       SCRIPTS, whole_us / 1e3, rounds, middle_up, middle_down);
	cr_expect((middle_up > 0 && middle_down > 0) || !part_is_whole(),
		  "no kill landed in the middle");
	database_free(database);
}

Test(scripts, killed_on_postgres)
{
	kill_at_random(ENGINE_POSTGRES);
}

Test(scripts, killed_on_sqlite)
{
	kill_at_random(ENGINE_SQLITE);
}

/* Outside a transaction nobody knows how far it came: that is said, and nothing goes on. */
static void cut_off(enum engine engine, const char *text)
{
	struct database *database = database_new(engine);
	write_scripts(database);
	start_over(database);
	write_file(database, "005_long.sql", text);
	struct process process =
		process_start(SCRIPT "up", build_dir(), database->url, database->folder);
	for (int i = 0;; i++) {
		char *schema = database_schema(database);
		bool begun = has_table(schema, "reconcile_history") &&
			     database_number(database, "SELECT count(*) FROM reconcile_history\n"
						       " WHERE outcome = 'running'") > 0;
		free(schema);
		if (begun)
			break;
		cr_assert(i < LOOKS, "the script never began");
		usleep(LOOK_US);
	}
	/* Another one meanwhile. */
	struct run other = run_script(database, "up");
	cr_expect_eq(other.status, 3, "%s", other.err);
	cr_expect(strstr(other.err, "no end is recorded: it is at work, or was cut off") != NULL,
		  "%s", other.err);
	run_free(&other);
	cr_assert(kill(process.pid, SIGKILL) == 0);
	struct run killed = process_wait(&process);
	run_free(&killed);
	struct run status = run_script(database, "status");
	cr_expect(strstr(status.out, "005_long  unknown: it has begun and no end is recorded") !=
			  NULL,
		  "%s", status.out);
	run_free(&status);
	struct run again = run_script(database, "up");
	cr_expect_eq(again.status, 3, "%s", again.err);
	cr_expect(strstr(again.err, "hint: look at what it has done, as far as it came") != NULL,
		  "%s", again.err);
	run_free(&again);
	struct run looked = run_script(database, "stamp 5");
	cr_expect_eq(looked.status, 0, "%s", looked.err);
	run_free(&looked);
	expect_rest(database, "up", SCRIPTS, "stamped");
	if (engine == ENGINE_POSTGRES)
		database_execute(database,
				 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
				 " WHERE datname = current_database()\n"
				 "   AND pid <> pg_backend_pid()");
	database_free(database);
}

Test(scripts, cut_off_on_postgres)
{
	cut_off(ENGINE_POSTGRES, "-- reconcile: no-transaction\nSELECT pg_sleep(600)");
}

Test(scripts, cut_off_on_sqlite)
{
	cut_off(ENGINE_SQLITE, "-- reconcile: no-transaction\n"
			       "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)\n"
			       "SELECT count(*) FROM n WHERE x < 0;\n");
}

/* ---- at once ------------------------------------------------------------------- */

/* Each ran once, in order, although two ran them beside services that make their tables. */
static void at_once(enum engine engine)
{
	struct database *database = database_new(engine);
	struct process processes[2 + SERVICES];
	write_scripts(database);
	for (int round = 0; round < part_of(5, 1); round++) {
		start_over(database);
		for (int i = 0; i < 2; i++)
			processes[i] = process_start(SCRIPT "up --budget 60s", build_dir(),
						     database->url, database->folder);
		for (int i = 2; i < 2 + SERVICES; i++)
			processes[i] = process_start(MEMSTACK_SERVICE, database->url, build_dir());
		for (int i = 0; i < 2 + SERVICES; i++) {
			struct run ended = process_wait(&processes[i]);
			cr_expect_eq(ended.status, 0, "round %d, process %d ends %d: %s", round, i,
				     ended.status, ended.err);
			run_free(&ended);
		}
		cr_expect_eq(expect_history(database, "at once"), SCRIPTS);
		struct cells notes =
			database_cells(database, "SELECT script FROM notes ORDER BY id");
		cr_expect_eq(notes.rows, SCRIPTS, "%zu notes", notes.rows);
		for (size_t i = 0; i < notes.rows; i++)
			cr_expect_eq(atoi(notes.cells[i]), (int)i + 1,
				     "script %s came as number %zu", notes.cells[i], i + 1);
		cells_free(&notes);
		cr_expect_eq(database_number(database, "SELECT count(*) FROM reconcile_history\n"
						       " WHERE action = 'create_table'"),
			     6);
	}
	database_free(database);
}

Test(scripts, two_at_once_beside_services_on_postgres)
{
	at_once(ENGINE_POSTGRES);
}

Test(scripts, two_at_once_beside_services_on_sqlite)
{
	at_once(ENGINE_SQLITE);
}
