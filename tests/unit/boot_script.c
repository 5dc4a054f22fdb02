/* One run of one script against the fake backend: whatever fails, it runs once or it is known. */
#include "boot_support.h"

#include <stdio.h>

enum { OUTSIDE = 1 };

/* What a call said, and what history knows of the script then. */
struct ran {
	int status;
	bool done;
	char message[1100];
	char hint[1100];
	bool known; /* history has a row of it */
	enum reconcile_script_status state;
};

static struct ran run_script(enum reconcile_script_action action, bool outside)
{
	static const char text[] = "CREATE TABLE x (y INTEGER)";
	struct reconcile_options options = quick();
	struct ran ran = {0};
	const struct reconcile_script script = {
		.size = sizeof(script),
		.name = "001_x",
		.file = "001_x.sql",
		.checksum = "abc",
		.text = text,
		.length = sizeof(text) - 1,
		.outside = outside,
	};
	struct reconcile_scripts *scripts;
	record_count = 0;
	ran.status = reconcile_scripts_open(fake.registry, &options, &scripts);
	if (scripts == NULL)
		return ran;
	if (ran.status == RECONCILE_OK)
		ran.status = reconcile_scripts_run(scripts, &script, action, &ran.done);
	snprintf(ran.message, sizeof(ran.message), "%s", reconcile_scripts_error(scripts)->message);
	snprintf(ran.hint, sizeof(ran.hint), "%s", reconcile_scripts_error(scripts)->hint);
	ran.known = reconcile_scripts_count(scripts) > 0;
	if (ran.known)
		ran.state = reconcile_scripts_state(scripts, 0)->status;
	reconcile_scripts_free(scripts);
	return ran;
}

static void start(void)
{
	fake_reset(&boot_registry);
	fake.sessions_allowed = 2;
}

/* How many rows history has of the script, with that outcome (NULL: any). */
static size_t rows(const char *outcome)
{
	size_t count = 0;
	for (size_t i = 0; i < fake.committed.history_count; i++) {
		const struct fake_history *row = &fake.committed.history[i];
		count += row->object[0] != '\0' &&
			 (outcome == NULL || strcmp(row->outcome, outcome) == 0);
	}
	return count;
}

static void expect_ran(const char *name, const struct ran *ran, int status)
{
	cr_expect(ran->status == status, "%s: status %d, expected %d: %s\n  trace: %s", name,
		  ran->status, status, ran->message, fake.trace);
	expect_clean(name);
}

Test(boot_script, is_one_transaction_with_its_row)
{
	start();
	struct ran ran = run_script(RECONCILE_SCRIPT_UP, false);
	expect_ran("up", &ran, RECONCILE_OK);
	cr_expect(ran.done && ran.state == RECONCILE_SCRIPT_APPLIED);
	cr_expect(fake.committed.executed == 1 && rows("applied") == 1 && rows(NULL) == 1);
	expect_text("trace", fake.trace,
		    "open history open begin change execute conclude commit history close close");
	cr_expect(count_events("script", "applied script=001_x") == 1);
}

Test(boot_script, runs_once)
{
	start();
	run_script(RECONCILE_SCRIPT_UP, false);
	struct ran ran = run_script(RECONCILE_SCRIPT_UP, false);
	expect_ran("again", &ran, RECONCILE_OK);
	cr_expect(!ran.done && fake.committed.executed == 1 && rows(NULL) == 1);
	ran = run_script(RECONCILE_SCRIPT_DOWN, false);
	expect_ran("down", &ran, RECONCILE_OK);
	cr_expect(ran.done && ran.state == RECONCILE_SCRIPT_PENDING);
	ran = run_script(RECONCILE_SCRIPT_DOWN, false);
	cr_expect(!ran.done && fake.committed.executed == 2 && rows(NULL) == 2);
}

Test(boot_script, a_stamp_executes_nothing)
{
	start();
	struct ran ran = run_script(RECONCILE_SCRIPT_STAMP, false);
	expect_ran("stamp", &ran, RECONCILE_OK);
	cr_expect(ran.done && ran.state == RECONCILE_SCRIPT_APPLIED);
	cr_expect(fake.committed.executed == 0 && rows("applied") == 1);
	ran = run_script(RECONCILE_SCRIPT_UNSTAMP, false);
	cr_expect(ran.done && ran.state == RECONCILE_SCRIPT_PENDING);
}

/* Whatever it fails of: that part is done once, and somebody has to look. */
Test(boot_script, a_commit_of_its_own_is_no_second_try)
{
	for (int class = ERROR_FATAL; class <= ERROR_UNKNOWN; class ++) {
		bool unknown = class == ERROR_LOST || class == ERROR_UNKNOWN;
		char name[32];
		snprintf(name, sizeof(name), "class %d", class);
		start();
		fake_fail((struct fake_failure){.call = FAKE_EXECUTE,
						.first = 1,
						.count = 1,
						.class = (enum error_class) class,
						.kept = true});
		struct ran ran = run_script(RECONCILE_SCRIPT_UP, false);
		cr_expect(ran.status != RECONCILE_OK && !ran.done, "%s", name);
		cr_expect(ran.known && ran.state == (unknown ? RECONCILE_SCRIPT_UNKNOWN
							     : RECONCILE_SCRIPT_FAILED),
			  "%s: state %d", name, (int)ran.state);
		cr_expect(strstr(ran.hint, "what stands before its COMMIT was done and stays") !=
				  NULL,
			  "%s: %s", name, ran.hint);
		expect_ran(name, &ran, ran.status);
		ran = run_script(RECONCILE_SCRIPT_UP, false);
		expect_ran(name, &ran, RECONCILE_CONFLICT);
		cr_expect(fake.committed.executed == 1 && rows(NULL) == 1, "%s: executed %zu times",
			  name, fake.committed.executed);
	}
}

/* ---- whatever fails --------------------------------------------------------- */

static const enum fake_call places[] = {FAKE_OPEN,    FAKE_HISTORY,  FAKE_BEGIN, FAKE_CHANGE,
					FAKE_EXECUTE, FAKE_CONCLUDE, FAKE_COMMIT};

/* In a transaction: all of it, once, or nothing. false: that call is never made. */
static bool fail_inside(enum fake_call call, unsigned n, enum error_class class, bool committed)
{
	char name[64];
	snprintf(name, sizeof(name), "call %d, time %u, class %d%s", (int)call, n, (int)class,
		 committed ? ", committed" : "");
	start();
	fake_fail((struct fake_failure){
		.call = call, .first = n, .count = 1, .class = class, .committed = committed});
	struct ran ran = run_script(RECONCILE_SCRIPT_UP, false);
	bool injected = fake.failures[0].injected > 0;
	/* The last look is for those who ask; nothing depends on it. */
	bool fatal = ran.status != RECONCILE_OK;
	cr_expect(!fatal || (injected && class == ERROR_FATAL), "%s: %s", name, ran.message);
	expect_ran(name, &ran, fatal ? RECONCILE_FAILED : RECONCILE_OK);
	cr_expect(fake.committed.executed == rows("applied"), "%s: executed %zu times", name,
		  fake.committed.executed);
	cr_expect(rows(NULL) == rows("applied"), "%s: a row more", name);
	cr_expect(fake.committed.executed == (fatal ? 0 : 1), "%s: %s", name, ran.message);
	fake.failure_count = 0;
	ran = run_script(RECONCILE_SCRIPT_UP, false);
	expect_ran(name, &ran, RECONCILE_OK);
	cr_expect(ran.done == fatal, "%s, again", name);
	cr_expect(fake.committed.executed == 1, "%s, again: executed %zu times", name,
		  fake.committed.executed);
	return injected;
}

Test(boot_script, in_a_transaction_every_call_fails_once_with_every_class)
{
	for (size_t i = 0; i < COUNT(places); i++)
		for (int class = ERROR_FATAL; class <= ERROR_UNKNOWN; class ++) {
			unsigned n = 1;
			while (n < 20 && fail_inside(places[i], n, (enum error_class) class, false))
				n++;
			cr_expect(n > 1 && n < 20, "call %d, class %d: %u times", (int)places[i],
				  class, n);
		}
	fail_inside(FAKE_COMMIT, 1, ERROR_UNKNOWN, true);
}

/* Outside a transaction: never twice, and never without a row that tells of it. */
static bool fail_outside(enum fake_call call, unsigned n, enum error_class class, bool committed)
{
	char name[64];
	snprintf(name, sizeof(name), "outside: call %d, time %u, class %d%s", (int)call, n,
		 (int)class, committed ? ", committed" : "");
	start();
	fake_fail((struct fake_failure){
		.call = call, .first = n, .count = 1, .class = class, .committed = committed});
	struct ran ran = run_script(RECONCILE_SCRIPT_UP, OUTSIDE);
	bool injected = fake.failures[0].injected > 0;
	size_t executed = fake.committed.executed;
	expect_clean(name);
	cr_expect(executed <= rows(NULL) && rows(NULL) <= 1, "%s: executed %zu times, %zu rows",
		  name, executed, rows(NULL));
	cr_expect((ran.status == RECONCILE_OK) == (rows("applied") == 1), "%s: status %d: %s", name,
		  ran.status, ran.message);
	fake.failure_count = 0;
	bool begun = rows("running") + rows("failed") > 0;
	ran = run_script(RECONCILE_SCRIPT_UP, OUTSIDE);
	expect_ran(name, &ran, begun ? RECONCILE_CONFLICT : RECONCILE_OK);
	cr_expect(!begun || fake.committed.executed == executed, "%s: executed again", name);
	if (!begun)
		return injected;
	/* Somebody has looked, and says so. */
	ran = run_script(RECONCILE_SCRIPT_STAMP, OUTSIDE);
	expect_ran(name, &ran, RECONCILE_OK);
	cr_expect(ran.done && ran.state == RECONCILE_SCRIPT_APPLIED, "%s, stamped", name);
	cr_expect(fake.committed.executed == executed, "%s, stamped: executed again", name);
	return injected;
}

Test(boot_script, outside_a_transaction_every_call_fails_once_with_every_class)
{
	for (size_t i = 0; i < COUNT(places); i++)
		for (int class = ERROR_FATAL; class <= ERROR_UNKNOWN; class ++) {
			unsigned n = 1;
			while (n < 20 &&
			       fail_outside(places[i], n, (enum error_class) class, false))
				n++;
			cr_expect(n > 1 && n < 20, "call %d, class %d: %u times", (int)places[i],
				  class, n);
		}
	fail_outside(FAKE_COMMIT, 1, ERROR_UNKNOWN, true);
	fail_outside(FAKE_EXECUTE, 1, ERROR_LOST, true);
}

/* Somebody else runs it while our connection is gone. */
static void run_by_another(struct fake *database)
{
	if (database->calls[FAKE_BEGIN] != 1)
		return;
	database->committed.executed++;
	database->committed.history[database->committed.history_count++] = (struct fake_history){
		.run_id = "another",
		.table = "",
		.action = "script_up",
		.object = "001_x",
		.outcome = "applied",
	};
}

Test(boot_script, an_unanswered_commit_that_did_not_happen_is_not_taken_for_anothers)
{
	start();
	fake_fail((struct fake_failure){
		.call = FAKE_COMMIT, .first = 1, .count = 1, .class = ERROR_UNKNOWN});
	fake.before_begin = run_by_another;
	struct ran ran = run_script(RECONCILE_SCRIPT_UP, false);
	expect_ran("by another", &ran, RECONCILE_OK);
	cr_expect(!ran.done, "somebody else did it");
	cr_expect(fake.committed.executed == 1 && rows("applied") == 1);
	fake_reset(&boot_registry);
	fake.sessions_allowed = 2;
	fake_fail((struct fake_failure){.call = FAKE_COMMIT,
					.first = 1,
					.count = 1,
					.class = ERROR_UNKNOWN,
					.committed = true});
	ran = run_script(RECONCILE_SCRIPT_UP, false);
	expect_ran("by us", &ran, RECONCILE_OK);
	cr_expect(ran.done, "we did it");
	cr_expect(fake.committed.executed == 1 && rows("applied") == 1);
}

Test(boot_script, a_lost_connection_leaves_a_row_that_somebody_has_to_look_at)
{
	start();
	fake_fail((struct fake_failure){
		.call = FAKE_EXECUTE, .first = 1, .count = 1, .class = ERROR_LOST});
	struct ran ran = run_script(RECONCILE_SCRIPT_UP, OUTSIDE);
	expect_ran("lost", &ran, RECONCILE_FAILED);
	cr_expect(rows("running") == 1 && ran.state == RECONCILE_SCRIPT_UNKNOWN);
	ran = run_script(RECONCILE_SCRIPT_UP, OUTSIDE);
	expect_ran("again", &ran, RECONCILE_CONFLICT);
	expect_part("again", ran.message, "no end is recorded: it is at work, or was cut off");

	start();
	fake_fail((struct fake_failure){
		.call = FAKE_EXECUTE, .first = 1, .count = 1, .class = ERROR_FATAL});
	ran = run_script(RECONCILE_SCRIPT_UP, OUTSIDE);
	expect_ran("refused", &ran, RECONCILE_FAILED);
	cr_expect(rows("failed") == 1 && ran.state == RECONCILE_SCRIPT_FAILED);
}

Test(boot_script, memory_runs_out_at_every_place)
{
	unsigned failed = 0;
	bool whole = false;
	for (unsigned n = 1; n <= 60; n++) {
		bool outside = n % 2 == 0;
		unsigned block = (n + 1) / 2;
		char name[48];
		snprintf(name, sizeof(name), "block %u%s", block, outside ? ", outside" : "");
		start();
		arena_fail_after(block);
		struct ran ran = run_script(RECONCILE_SCRIPT_UP, outside);
		arena_fail_after(0);
		expect_clean(name);
		cr_expect(ran.status == RECONCILE_OK || ran.status == RECONCILE_FAILED,
			  "%s: status %d", name, ran.status);
		cr_expect(fake.committed.executed <= rows(NULL), "%s: no row tells of it", name);
		if (!outside)
			cr_expect(fake.committed.executed == rows("applied") &&
					  rows(NULL) == rows("applied"),
				  "%s: half", name);
		failed += ran.status != RECONCILE_OK;
		whole = ran.status == RECONCILE_OK;
	}
	cr_expect(failed > 5, "memory never ran out: %u", failed);
	cr_expect(whole, "memory runs out after 30 blocks still");
}
