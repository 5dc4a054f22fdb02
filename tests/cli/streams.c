/* Standard output that cannot be written, and descriptors that are closed. */
#include "../support/run.h"
#include "expect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that writes data, in an order in which each has something to say. */
static const char *const commands[] = {
	"help",
	"help apply",
	"--help",
	"version",
	"version -f json",
	"validate",
	"validate -f json",
	"explain",
	"explain -f json",
	"status -u $URL",
	"status -v -u $URL",
	"status -f json -u $URL",
	"check -u $URL",
	"check -f json -u $URL",
	"plan -u $URL",
	"plan -f json -u $URL",
	"plan -f sql -u $URL",
	"plan --out $DIR/plan.json -u $URL",
	"apply --dry-run -u $URL",
	"apply --yes -q -u $URL",
	"apply --yes -q -f json -u $URL",
	"stamp -u $URL",
	"history -u $URL",
	"history -v -u $URL",
	"history -f json -u $URL",
	"show 1 -u $URL",
	"show 1 -f json -u $URL",
	"rollback --dry-run --keep-registry -u $URL",
	"rollback --dry-run --keep-registry -f json -u $URL",
	"script new --dir $DIR/m second",
	"script status --dir $DIR/m -u $URL",
	"script status -f json --dir $DIR/m -u $URL",
	"script validate --dir $DIR/m",
	"script up --dry-run --dir $DIR/m -u $URL",
	"script stamp --dir $DIR/m -u $URL",
};

/* Where standard output goes, and what is said of it. */
static const struct {
	const char *name;
	const char *form; /* for printf: the command */
	const char *said; /* NULL: nothing */
} outputs[] = {
	{"a full disk", "$MANAGE %s > /dev/full",
	 "manage: cannot write to standard output: No space left on device\n"},
	{"a closed descriptor", "$MANAGE %s >&-",
	 "manage: cannot write to standard output: Bad file descriptor\n"},
	/* As `| head` leaves it: a pipe without a reader. */
	{"a closed pipe",
	 "[ -p $DIR/pipe ] || mkfifo $DIR/pipe; exec 5<>$DIR/pipe 6>$DIR/pipe 5<&-; "
	 "$MANAGE %s >&6",
	 NULL},
};

static void prepare(struct database *database)
{
	expect_environment(database);
	database_execute(database, "%s", old_tables);
	struct run made = run("mkdir $DIR/m && echo 'SELECT 1' > $DIR/m/001_first.up.sql && "
			      "$MANAGE apply --yes -q -u $URL");
	cr_assert_eq(made.status, 0, "%s", made.err);
	run_free(&made);
	/* Something to do again. */
	database_execute(database, "ALTER TABLE memories DROP COLUMN task_id");
}

static void try_output(size_t command, size_t output)
{
	char line[400];
	snprintf(line, sizeof(line), outputs[output].form, commands[command]);
	struct run done = run("%s", line);
	cr_expect_eq(done.status, 1, "%s, %s: exit code %d: %s", commands[command],
		     outputs[output].name, done.status, done.err);
	if (outputs[output].said)
		cr_expect(strstr(done.err, outputs[output].said) != NULL, "%s, %s: says: %s",
			  commands[command], outputs[output].name, done.err);
	run_free(&done);
}

/* On SQLite all of them; the output is the same whatever the database. */
Test(cli_streams, output_that_is_lost_is_a_failure)
{
	struct database *database = database_new(ENGINE_SQLITE);
	prepare(database);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		for (size_t j = 0; j < sizeof(outputs) / sizeof(outputs[0]); j++)
			try_output(i, j);
	database_free(database);
}

/* ---- descriptors that are closed ------------------------------------------- */

static const char *const closings[] = {"0<&-", "2>&-", "0<&- 2>&-", "0<&- >&- 2>&-"};

/* false: the words close standard output, which is a failure. */
static bool keeps_output(const char *closing)
{
	return strstr(closing, " >&-") == NULL;
}

static void with_closed(enum engine engine)
{
	struct database *database = database_new(engine);
	expect_environment(database);
	for (size_t i = 0; i < sizeof(closings) / sizeof(closings[0]); i++) {
		database_execute(database, "DROP TABLE IF EXISTS task_logs;\n"
					   "DROP TABLE IF EXISTS memories;\n"
					   "DROP TABLE IF EXISTS reconcile_history");
		database_execute(database, "%s", old_tables);
		struct run done = run("$MANAGE apply --yes -v --budget 3s -u $URL %s", closings[i]);
		cr_expect_eq(done.status, keeps_output(closings[i]) ? 0 : 1, "%s: %d: %s",
			     closings[i], done.status, done.err);
		run_free(&done);
		done = run("$MANAGE check -q -u $URL");
		cr_expect_eq(done.status, 0, "%s: left undone: %s", closings[i], done.out);
		run_free(&done);
	}
	database_free(database);
}

Test(cli_streams, closed_descriptors_on_sqlite)
{
	with_closed(ENGINE_SQLITE);
}

Test(cli_streams, closed_descriptors_on_postgres)
{
	with_closed(ENGINE_POSTGRES);
}

/* A service has no /dev/null in their place: the library's own log must not be written to what is
 * the server's connection by then. */
Test(cli_streams, a_service_with_closed_descriptors)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	expect_environment(database);
	for (size_t i = 0; i < sizeof(closings) / sizeof(closings[0]); i++) {
		database_execute(database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
		struct run done = run("RECONCILE_BUDGET_MS=3000 RECONCILE_LOG_LEVEL=debug "
				      "DATABASE_URL=\"$URL\" %s/service %s",
				      build_dir(), closings[i]);
		cr_expect_eq(done.status, 0, "%s: %d: %s", closings[i], done.status, done.err);
		run_free(&done);
		done = run("$MANAGE check -q -u $URL");
		cr_expect_eq(done.status, 0, "%s: left undone: %s", closings[i], done.out);
		run_free(&done);
	}
	database_free(database);
}
