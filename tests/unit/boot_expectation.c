/* A plan that was agreed with, against a database that somebody else changes at the wrong moment.
 */
#include "boot_support.h"

#include <stdio.h>

/* Of a look at the database as it is; the arena of the test. */
static const char *planned(void)
{
	static char fingerprint[32];
	struct reconcile_options options = quick();
	struct reconcile_report *report;
	options.mode = RECONCILE_MODE_CHECK;
	reconcile(&boot_registry, &options, &report);
	snprintf(fingerprint, sizeof(fingerprint), "%s", reconcile_report_fingerprint(report));
	reconcile_report_free(report);
	return fingerprint;
}

static struct outcome apply_planned(const char *fingerprint)
{
	struct reconcile_options options = quick();
	options.expected = fingerprint;
	return boot_with(&options);
}

/* Nothing that was agreed with was done by halves, and why is said. */
static void expect_moved(const char *name, const struct outcome *outcome, const char *what)
{
	expect_status(name, outcome, RECONCILE_BUSY);
	expect_part(name, outcome->message, what);
	expect_part(name, outcome->message, "has changed since the plan was made");
	expect_part(name, outcome->hint, "make a new plan");
	expect_order(name);
}

Test(boot_expectation, what_was_planned_is_done)
{
	start_without_columns();
	const char *fingerprint = planned();
	cr_assert_eq(strlen(fingerprint), 16);
	struct outcome outcome = apply_planned(fingerprint);
	expect_status("as planned", &outcome, RECONCILE_OK);
	expect_applied("as planned", &outcome, 3);
	expect_all_there("as planned");
}

Test(boot_expectation, the_same_look_is_the_same_fingerprint)
{
	char first[32];
	start_without_columns();
	snprintf(first, sizeof(first), "%s", planned());
	cr_expect_str_eq(planned(), first);
	fake_have("a", "one");
	cr_expect_str_neq(planned(), first);
}

Test(boot_expectation, a_column_more_is_another_database)
{
	start_without_columns();
	const char *fingerprint = planned();
	fake_have("a", "one");
	struct outcome outcome = apply_planned(fingerprint);
	expect_moved("before", &outcome, "the database, the registry or the library");
	cr_expect_eq(fake.calls[FAKE_CHANGE], 0);
	cr_expect_eq(outcome.counts.applied, 0);
}

Test(boot_expectation, nothing_missing_any_more_is_another_database)
{
	start_without_columns();
	const char *fingerprint = planned();
	struct outcome outcome = boot();
	expect_applied("without a plan", &outcome, 3);
	outcome = apply_planned(fingerprint);
	expect_moved("done already", &outcome, "the database, the registry or the library");
}

static void somebody_adds_one(struct fake *database)
{
	(void)database;
	if (fake.calls[FAKE_BEGIN] == 0)
		fake_have("a", "one");
}

Test(boot_expectation, between_look_and_transaction)
{
	start_without_columns();
	const char *fingerprint = planned();
	fake.calls[FAKE_BEGIN] = 0;
	fake.before_begin = somebody_adds_one;
	struct outcome outcome = apply_planned(fingerprint);
	expect_moved("in between", &outcome, "table 'a'");
	cr_expect_eq(fake.calls[FAKE_CHANGE], 0);
	cr_expect(!is_live("a", "two"));
}

Test(boot_expectation, another_try_still_knows_the_plan)
{
	fake_reset(&boot_registry);
	const char *fingerprint = planned();
	fake_fail((struct fake_failure){
		.call = FAKE_BEGIN, .first = 2, .count = 2, .class = ERROR_BUSY});
	struct outcome outcome = apply_planned(fingerprint);
	expect_status("tried again", &outcome, RECONCILE_OK);
	cr_expect_eq(outcome.counts.tables_created, 3);
	expect_all_there("tried again");
}

static void somebody_makes_b(struct fake *database)
{
	(void)database;
	if (fake.calls[FAKE_BEGIN] == 2)
		fake_have("b", NULL);
}

Test(boot_expectation, what_moves_between_two_tries_is_seen)
{
	fake_reset(&boot_registry);
	const char *fingerprint = planned();
	fake_fail((struct fake_failure){
		.call = FAKE_BEGIN, .first = 2, .count = 1, .class = ERROR_BUSY});
	fake.before_begin = somebody_makes_b;
	struct outcome outcome = apply_planned(fingerprint);
	expect_moved("between tries", &outcome, "table 'b'");
	cr_expect_eq(outcome.counts.tables_created, 1);
	cr_expect(is_live("a", "id") && !is_live("c", "id"));
}

Test(boot_expectation, a_look_expects_nothing)
{
	struct reconcile_options options = quick();
	start_without_columns();
	options.mode = RECONCILE_MODE_CHECK;
	options.expected = "0123456789abcdef";
	struct outcome outcome = boot_with(&options);
	expect_status("check", &outcome, RECONCILE_PENDING);
}

Test(boot_expectation, memory_runs_out_while_a_plan_is_made)
{
	struct reconcile_options options = quick();
	char whole[32];
	unsigned failed = 0, made = 0;
	options.mode = RECONCILE_MODE_CHECK;
	start_without_columns();
	snprintf(whole, sizeof(whole), "%s", planned());
	for (unsigned n = 1; n <= 60; n++) {
		struct reconcile_report *report;
		start_without_columns();
		record_count = 0;
		arena_fail_after(n);
		int status = reconcile(&boot_registry, &options, &report);
		arena_fail_after(0);
		const char *script = report != NULL ? reconcile_report_script(report) : "";
		/* The plan; or one whose cost is unknown, says it, and is another; or none. */
		if (status == RECONCILE_PENDING)
			made += strcmp(reconcile_report_fingerprint(report), whole) == 0;
		else if (status == RECONCILE_CONFLICT)
			cr_expect(strstr(script, "is not known: out of memory") != NULL &&
					  strcmp(reconcile_report_fingerprint(report), whole) != 0,
				  "block %u: %s", n, script);
		else
			cr_expect(status == RECONCILE_FAILED, "block %u: status %d", n, status);
		failed += status == RECONCILE_FAILED;
		reconcile_report_free(report);
	}
	cr_expect(failed > 5 && made > 5, "%u times without a plan, %u with it", failed, made);
}

Test(boot_expectation, memory_runs_out_while_a_plan_is_done)
{
	unsigned failed = 0, done = 0;
	for (unsigned n = 1; n <= 60; n++) {
		char name[32];
		snprintf(name, sizeof(name), "block %u", n);
		start_without_columns();
		record_count = 0;
		const char *fingerprint = planned();
		arena_fail_after(n);
		struct outcome outcome = apply_planned(fingerprint);
		arena_fail_after(0);
		expect_order(name);
		if (outcome.status == RECONCILE_OK)
			expect_all_there(name);
		else
			cr_expect(!is_live("a", "one") || outcome.status == RECONCILE_FAILED,
				  "%s: status %d: %s", name, outcome.status, outcome.message);
		failed += outcome.status != RECONCILE_OK;
		done += outcome.status == RECONCILE_OK;
	}
	cr_expect(failed > 5 && done > 5, "%u times not, %u times done", failed, done);
}
