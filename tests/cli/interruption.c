/* SIGTERM and SIGINT: what runs is cut off and rolled back, also by process 1 of a container. */
#include "../support/run.h"
#include "expect.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOKS 6000
#define LOOK_US 10000

static void wait_for(struct database *database, const char *query)
{
	long met = 0;
	for (int look = 0; look < LOOKS && met == 0; look++) {
		met = database_number(database, "%s", query);
		if (met == 0)
			usleep(LOOK_US);
	}
	cr_assert(met != 0, "this never came true: %s", query);
}

/* A file that a command makes when it has begun. */
static void wait_for_file(const struct database *database, const char *name)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/%s", database->folder, name);
	for (int look = 0; look < LOOKS && access(path, F_OK) != 0; look++)
		usleep(LOOK_US);
	cr_assert(access(path, F_OK) == 0, "'%s' was never made", path);
}

static void expect_ended(struct process *process, pid_t pid, int number)
{
	cr_assert(kill(pid, number) == 0);
	struct run ended = process_wait(process);
	cr_expect(ended.status == 128 + number, "it ended %d: %s%s", ended.status, ended.out,
		  ended.err);
	run_free(&ended);
}

/* Nobody works on after the command has ended. */
static void expect_no_session(struct database *database)
{
	wait_for(database, "SELECT (count(*) = 0)::int FROM pg_stat_activity\n"
			   " WHERE application_name = 'manage' AND datname = current_database()");
}

static struct database *make(enum engine engine)
{
	struct database *database = database_new(engine);
	expect_environment(database);
	database_execute(database, "%s", old_tables);
	return database;
}

#define WAITS "SELECT count(*) FROM " WAITING_LOCKS
#define MISSING                                                                                    \
	"SELECT (count(*) = 0)::int FROM information_schema.columns WHERE column_name = 'task_id'"

static void end_a_wait(int number)
{
	struct database *database = make(ENGINE_POSTGRES);
	database_execute(database, "BEGIN; SELECT * FROM memories");
	setenv("RECONCILE_STATEMENT_TIMEOUT_MS", "200000", 1);
	struct process process =
		process_start("exec \"$MANAGE\" apply --yes -u \"$URL\" --lock-timeout 100s "
			      "--budget 300s");
	wait_for(database, WAITS);
	expect_ended(&process, process.pid, number);
	/* Before the reader is gone: it does not wait any more. */
	expect_no_session(database);
	database_execute(database, "ROLLBACK");
	cr_expect(database_number(database, MISSING) == 1);
	database_free(database);
}

Test(interruption, of_a_wait_for_a_lock)
{
	end_a_wait(SIGTERM);
	end_a_wait(SIGINT);
}

/* The number of the process that the first one has started. */
static pid_t child_of(pid_t parent)
{
	char path[100];
	int child = 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	for (int look = 0; look < LOOKS && child == 0; look++) {
		FILE *file = fopen(path, "r");
		cr_assert(file != NULL, "'%s' cannot be read", path);
		if (fscanf(file, "%d", &child) != 1)
			usleep(LOOK_US);
		fclose(file);
	}
	cr_assert(child != 0, "no child was ever started");
	return (pid_t)child;
}

/* A signal that it does not handle does nothing to it. */
Test(interruption, of_process_1)
{
	struct run can = run("unshare --pid --fork true");
	if (can.status != 0)
		cr_skip_test("no process 1 can be made here: %s", can.err);
	run_free(&can);
	struct database *database = make(ENGINE_POSTGRES);
	database_execute(database, "BEGIN; SELECT * FROM memories");
	setenv("RECONCILE_STATEMENT_TIMEOUT_MS", "200000", 1);
	struct process process =
		process_start("exec unshare --pid --fork \"$MANAGE\" apply --yes -u \"$URL\" "
			      "--lock-timeout 30s --budget 40s");
	wait_for(database, WAITS);
	expect_ended(&process, child_of(process.pid), SIGTERM);
	expect_no_session(database);
	database_execute(database, "ROLLBACK");
	cr_expect(database_number(database, MISSING) == 1);
	database_free(database);
}

/* In its transaction: nothing of it stays. */
Test(interruption, of_a_script)
{
	struct database *database = make(ENGINE_POSTGRES);
	struct process process = process_start(
		"mkdir \"$DIR/m\" && echo 'CREATE TABLE half (a int); SELECT pg_sleep(600)' "
		">\"$DIR/m/001_slow.sql\" && exec \"$MANAGE\" script up -u \"$URL\" --dir "
		"\"$DIR/m\"");
	wait_for(database, "SELECT count(*) FROM pg_stat_activity\n"
			   " WHERE wait_event = 'PgSleep' AND datname = current_database()");
	expect_ended(&process, process.pid, SIGTERM);
	expect_no_session(database);
	cr_expect(database_number(database, "SELECT (to_regclass('half') IS NULL)::int") == 1);
	database_free(database);
}

static void end_a_program(enum engine engine)
{
	struct database *database = make(engine);
	struct process process = process_start(
		"mkdir \"$DIR/m\" && printf '%%s\\n' 'trap \"echo >$DIR/told; exit 3\" TERM' "
		"'echo >\"$DIR/begun\"; while :; do sleep 0.05; done' >\"$DIR/m/001_slow.sh\" && "
		"printf '[runner]\\nsh = sh {file}\\n' >\"$DIR/x.ini\" && exec \"$MANAGE\" -c "
		"\"$DIR/x.ini\" script up -u \"$URL\" --dir \"$DIR/m\"");
	wait_for_file(database, "begun");
	expect_ended(&process, process.pid, SIGTERM);
	wait_for_file(database, "told");
	/* What history says of it is how it ended. */
	char *outcome = database_value(database, "SELECT outcome FROM reconcile_history\n"
						 " WHERE object = '001_slow'");
	cr_expect(strcmp(outcome, "failed") == 0, "history says '%s'", outcome);
	free(outcome);
	database_free(database);
}

Test(interruption, of_a_program)
{
	end_a_program(ENGINE_POSTGRES);
	end_a_program(ENGINE_SQLITE);
}

/* Somebody else is writing. */
Test(interruption, of_a_wait_for_a_file)
{
	struct database *database = make(ENGINE_SQLITE);
	struct process writer =
		process_start("exec sqlite3 -bail '%s' <<END\nBEGIN EXCLUSIVE;\n.shell touch "
			      "'%s/held'; exec sleep 600\nEND",
			      database->path, database->folder);
	wait_for_file(database, "held");
	struct process process = process_start("echo >\"$DIR/started\"; exec \"$MANAGE\" apply "
					       "--yes -u \"$URL\" --budget 300s -v");
	wait_for_file(database, "started");
	usleep(300000); /* at whatever it is by then: the file is locked all the time */
	expect_ended(&process, process.pid, SIGINT);
	kill(child_of(writer.pid), SIGKILL);
	kill(writer.pid, SIGKILL);
	struct run killed = process_wait(&writer);
	run_free(&killed);
	database_free(database);
}

/* A statement that takes its time without waiting for anybody. */
Test(interruption, of_a_statement)
{
	struct database *database = make(ENGINE_SQLITE);
	struct process process = process_start(
		"mkdir \"$DIR/m\" && echo 'CREATE TABLE half (a int); INSERT INTO half WITH "
		"RECURSIVE n (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT count(*) FROM "
		"n;' >\"$DIR/m/001_slow.sql\" && echo >\"$DIR/started\" && exec \"$MANAGE\" script "
		"up -u \"$URL\" --dir \"$DIR/m\"");
	wait_for_file(database, "started");
	usleep(500000);
	expect_ended(&process, process.pid, SIGTERM);
	cr_expect(database_number(database,
				  "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0);
	database_free(database);
}

/* Nobody is there to answer. */
Test(interruption, of_connecting)
{
	struct database *database = make(ENGINE_SQLITE);
	struct process process =
		process_start("echo >\"$DIR/started\"; exec \"$MANAGE\" check -u "
			      "'postgresql://u@127.0.0.1:1/db' --connect-timeout 300s");
	wait_for_file(database, "started");
	usleep(300000);
	expect_ended(&process, process.pid, SIGTERM);
	database_free(database);
}
