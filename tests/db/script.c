/* Two that run scripts on one database: neither builds on what the other has changed meanwhile. */
#include "boot.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT, .name = "none"};

static struct reconcile_scripts *open_scripts(const struct start *start)
{
	struct reconcile_scripts *scripts;
	struct reconcile_options options = start->options;
	int status = reconcile_scripts_open(&none, &options, &scripts);
	cr_assert_eq(status, RECONCILE_OK, "%s", reconcile_scripts_error(scripts)->message);
	return scripts;
}

static int run_text(struct reconcile_scripts *scripts, const char *name, const char *text,
		    enum reconcile_script_action action, bool *done)
{
	const struct reconcile_script script = {
		.size = sizeof(script),
		.name = name,
		.file = name,
		.checksum = "abc",
		.text = text,
		.length = strlen(text),
	};
	return reconcile_scripts_run(scripts, &script, action, done);
}

static int run_script(struct reconcile_scripts *scripts, const char *name,
		      enum reconcile_script_action action, bool *done)
{
	return run_text(scripts, name, "SELECT 1", action, done);
}

static void expect_run(struct reconcile_scripts *scripts, const char *name,
		       enum reconcile_script_action action, int status, bool done)
{
	bool did = !done;
	int ended = run_script(scripts, name, action, &did);
	cr_expect_eq(ended, status, "%s: %d instead of %d: %s", name, ended, status,
		     reconcile_scripts_error(scripts)->message);
	cr_expect_eq(did, done, "%s", name);
}

ON_BOTH(script, is_not_run_on_top_of_another_ones_change)
{
	struct reconcile_scripts *one = open_scripts(start), *other = open_scripts(start);
	expect_run(one, "001_a", RECONCILE_SCRIPT_UP, RECONCILE_OK, true);
	/* The same script: whoever was faster is believed. */
	expect_run(other, "001_a", RECONCILE_SCRIPT_UP, RECONCILE_OK, false);

	expect_run(one, "002_b", RECONCILE_SCRIPT_UP, RECONCILE_OK, true);
	/* For all that it knows 001 is the newest; on it stands 002 now. */
	expect_run(other, "001_a", RECONCILE_SCRIPT_DOWN, RECONCILE_PENDING, false);
	expect_in(reconcile_scripts_error(other)->message, "'002_b'");
	cr_expect_eq(reconcile_scripts_count(other), 2);

	expect_run(other, "002_b", RECONCILE_SCRIPT_DOWN, RECONCILE_OK, true);
	expect_run(one, "003_c", RECONCILE_SCRIPT_UP, RECONCILE_PENDING, false);
	/* With the states of now it chooses anew. */
	expect_run(one, "002_b", RECONCILE_SCRIPT_UP, RECONCILE_OK, true);
	expect_run(one, "003_c", RECONCILE_SCRIPT_UP, RECONCILE_OK, true);
	reconcile_scripts_free(one);
	reconcile_scripts_free(other);
}

/* Only the server knows which table a script waits for. */
ON_POSTGRES(script, who_is_in_its_way_is_named)
{
	char process[40];
	bool done;
	database_execute(start->database, "CREATE TABLE t (a int)");
	PGconn *holder = PQconnectdb(start->database->url);
	PQclear(PQexec(holder, "BEGIN; SELECT FROM t"));
	start->options.budget_ms = 2000;
	struct reconcile_scripts *scripts = open_scripts(start);
	int status = run_text(scripts, "001_a",
			      "CREATE TABLE own (a int); ALTER TABLE t ADD COLUMN b int",
			      RECONCILE_SCRIPT_UP, &done);
	const struct reconcile_error *error = reconcile_scripts_error(scripts);
	cr_expect_eq(status, RECONCILE_BUSY, "%d", status);
	snprintf(process, sizeof(process), "blocked by pid %d (", PQbackendPID(holder));
	expect_in(error->message, process);
	expect_in(error->message, "idle in transaction");
	expect_in(error->hint, "end that transaction or wait for it");
	PQfinish(holder);
	reconcile_scripts_free(scripts);
}
