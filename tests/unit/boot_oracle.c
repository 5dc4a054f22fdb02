/* What the boot makes of the database's own answers about costs, sizes and defaults. */
#include "boot_support.h"

#include <stdio.h>

#define REWRITES "every row would get a value of its own"

/* a.one and a.three are cheap, a.two rewrites a table with that many rows. */
static void start_with_a_dear_column(long long rows)
{
	start_without_columns();
	fake.costs[0].definition = "INTEGER NOT NULL DEFAULT '0'";
	fake.costs[0].cost = RECONCILE_COST_REWRITE;
	fake.costs[0].reason = REWRITES;
	fake.rows = rows;
}

Test(boot_oracle, a_dear_column_is_refused_and_the_others_are_added)
{
	start_with_a_dear_column(1000);
	struct outcome outcome = boot();
	expect_status("refused", &outcome, RECONCILE_CONFLICT);
	expect_text("refused", fake.trace,
		    "open read recognise inspect assess measure begin change commit read close");
	cr_expect(is_live("a", "one") && is_live("a", "three") && !is_live("a", "two"));
	expect_applied("refused", &outcome, 2);
	cr_expect(outcome.counts.missing == 1);
	expect_part("refused", outcome.message, "table 'a': column 'two': ");
	expect_part("refused", outcome.message, REWRITES);
	expect_part("refused", outcome.message, "at least 1 row, ");
	expect_part("refused", outcome.hint, "allow_rewrite");
	cr_expect(count_events("conflict", "column=two") == 1);
	cr_expect(count_events("conflict", "sql=ALTER TABLE \"main\".\"a\" ADD COLUMN \"two\"") ==
		  1);
	cr_expect(fake.count_to == 0);
	expect_order("refused");

	/* The next start is no happier, and asks once more. */
	outcome = boot();
	expect_status("again", &outcome, RECONCILE_CONFLICT);
	expect_applied("again", &outcome, 0);
	expect_order("again");
}

/* The owner of the table gets one line with one statement. */
Test(boot_oracle, what_is_denied_is_not_said_to_be_refused_as_well)
{
	fake_reset(&boot_registry);
	fake_have("a", "id");
	fake.costs[0].definition = "INTEGER NOT NULL DEFAULT '0'";
	fake.costs[0].cost = RECONCILE_COST_REWRITE;
	fake.costs[0].reason = REWRITES;
	fake.rows = 1000;
	fake.alter_table = "a";
	fake.may_not_alter = "must be owner of table a";
	struct outcome outcome = boot();
	expect_status("denied", &outcome, RECONCILE_NOT_PERMITTED);
	cr_expect(count_events("conflict", "table=a") == 0);
	cr_expect(count_events("verify_only", "ADD COLUMN \"two\"") == 1);
	cr_expect(count_events("verify_only", "cost=rewrite") == 1);
	expect_order("denied");
}

Test(boot_oracle, what_is_allowed)
{
	static const struct {
		long long rows;
		long allow;
		enum reconcile_cost cost;
		int status;
		unsigned measured;
	} cases[] = {
		{0, 0, RECONCILE_COST_REWRITE, RECONCILE_OK, 1},
		{1, 0, RECONCILE_COST_REWRITE, RECONCILE_CONFLICT, 1},
		{1, 0, RECONCILE_COST_SCAN, RECONCILE_CONFLICT, 1},
		{1, 0, RECONCILE_COST_UNKNOWN, RECONCILE_CONFLICT, 1},
		{1, 0, RECONCILE_COST_CATALOG, RECONCILE_OK, 0},
		{0, 0, RECONCILE_COST_IMPOSSIBLE, RECONCILE_CONFLICT, 0},
		{-1, 0, RECONCILE_COST_REWRITE, RECONCILE_CONFLICT, 1},
		{100, 100, RECONCILE_COST_REWRITE, RECONCILE_OK, 1},
		{101, 100, RECONCILE_COST_REWRITE, RECONCILE_CONFLICT, 1},
		{5000, RECONCILE_REWRITE_ANY, RECONCILE_COST_REWRITE, RECONCILE_OK, 1},
		{5000, RECONCILE_REWRITE_ANY, RECONCILE_COST_UNKNOWN, RECONCILE_OK, 1},
		{5000, RECONCILE_REWRITE_ANY, RECONCILE_COST_IMPOSSIBLE, RECONCILE_CONFLICT, 0},
		{1, RECONCILE_REWRITE_NONE, RECONCILE_COST_REWRITE, RECONCILE_CONFLICT, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_options options = quick();
		start_with_a_dear_column(cases[i].rows);
		fake.costs[0].cost = cases[i].cost;
		options.allow_rewrite = cases[i].allow;
		struct outcome outcome = boot_with(&options);
		char name[32];
		snprintf(name, sizeof(name), "case %zu", i);
		expect_status(name, &outcome, cases[i].status);
		cr_expect(is_live("a", "two") == (cases[i].status == RECONCILE_OK), "%s", name);
		cr_expect(is_live("a", "one"), "%s", name);
		expect_calls(name, FAKE_MEASURE, cases[i].measured);
		expect_order(name);
	}
}

/* A look tells the same as an apply would do, and changes nothing. */
Test(boot_oracle, a_look_tells_what_would_be_refused)
{
	struct reconcile_options options = quick();
	options.mode = RECONCILE_MODE_CHECK;
	start_with_a_dear_column(1000);
	struct outcome outcome = boot_with(&options);
	expect_status("check", &outcome, RECONCILE_CONFLICT);
	expect_text("check", fake.trace, "open read recognise assess measure inspect close");
	options.allow_rewrite = 1000;
	outcome = boot_with(&options);
	expect_status("check, allowed", &outcome, RECONCILE_PENDING);
	options.mode = RECONCILE_MODE_WARN;
	options.allow_rewrite = 0;
	outcome = boot_with(&options);
	expect_status("warn", &outcome, RECONCILE_OK);
}

/* A lock in the way of counting: who applies tries again, who looks says that it is not known. */
Test(boot_oracle, a_table_that_cannot_be_measured)
{
	struct reconcile_options options = quick();
	start_with_a_dear_column(0);
	fake_fail((struct fake_failure){.call = FAKE_MEASURE,
					.first = 1,
					.count = 1,
					.class = ERROR_BUSY,
					.sqlstate = "55P03"});
	struct outcome outcome = boot_with(&options);
	expect_status("apply", &outcome, RECONCILE_OK);
	expect_text("apply", fake.trace,
		    "open read recognise inspect assess measure read measure begin change commit "
		    "read close");

	start_with_a_dear_column(0);
	fake_fail((struct fake_failure){
		.call = FAKE_MEASURE, .first = 1, .class = ERROR_BUSY, .sqlstate = "55P03"});
	options.mode = RECONCILE_MODE_CHECK;
	outcome = boot_with(&options);
	expect_status("check", &outcome, RECONCILE_CONFLICT);
	expect_text("check", fake.trace, "open read recognise assess measure inspect close");
}

Test(boot_oracle, a_definition_is_asked_about_once)
{
	fake_reset(&boot_registry);
	fake_have("a", "id");
	fake_have("b", "id");
	fake_have("c", "id");
	struct outcome outcome = boot();
	expect_status("once", &outcome, RECONCILE_OK);
	/* Five columns, of which three are TEXT. */
	cr_expect(fake.asked == 3, "%zu", fake.asked);
	expect_calls("once", FAKE_ASSESS, 1);
}

Test(boot_oracle, what_the_database_does_not_answer_goes_by_the_rules)
{
	start_without_columns();
	fake.answers_nothing = true;
	struct outcome outcome = boot();
	expect_status("rules", &outcome, RECONCILE_OK);
	expect_applied("rules", &outcome, 3);
}

/* ---- defaults -------------------------------------------------------------- */

/* a.two has another text for its default than the registry. */
static void start_with_another_default(enum default_answer answer)
{
	fake_reset(&boot_registry);
	fake_have("a", NULL);
	fake_have("b", NULL);
	fake_have("c", NULL);
	fake_table(&fake.committed, "a")->attributes[2].default_value = "f(0)";
	fake.default_answer = answer;
}

Test(boot_oracle, the_database_says_whether_defaults_are_the_same)
{
	static const struct {
		enum default_answer answer;
		enum reconcile_on_conflict on_conflict;
		int status;
		size_t conflicts;
		const char *trace;
	} cases[] = {
		{DEFAULT_EQUAL, RECONCILE_ON_CONFLICT_FAIL, RECONCILE_OK, 0,
		 "open read compare_defaults close"},
		{DEFAULT_NOT_KNOWN, RECONCILE_ON_CONFLICT_FAIL, RECONCILE_OK, 0,
		 "open read compare_defaults close"},
		{DEFAULT_DIFFERENT, RECONCILE_ON_CONFLICT_WARN, RECONCILE_OK, 1,
		 "open read compare_defaults read name_types compare_defaults close"},
		{DEFAULT_DIFFERENT, RECONCILE_ON_CONFLICT_FAIL, RECONCILE_CONFLICT, 1,
		 "open read compare_defaults read name_types compare_defaults close"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_options options = quick();
		char name[32];
		snprintf(name, sizeof(name), "case %zu", i);
		options.on_conflict = cases[i].on_conflict;
		start_with_another_default(cases[i].answer);
		struct outcome outcome = boot_with(&options);
		expect_status(name, &outcome, cases[i].status);
		expect_text(name, fake.trace, cases[i].trace);
		cr_expect(outcome.counts.conflicts == cases[i].conflicts, "%s", name);
		cr_expect(outcome.counts.present == COLUMN_COUNT - cases[i].conflicts, "%s", name);
		cr_expect(count_events("conflict", "column=two kind=default") == cases[i].conflicts,
			  "%s", name);
		expect_order(name);
	}
}
