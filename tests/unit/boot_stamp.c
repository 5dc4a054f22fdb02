/* A stamp against a backend that fails as it is told to. */
#include "boot_support.h"

Test(boot_stamp, a_stamp_changes_nothing_and_is_retried_like_a_change)
{
	struct reconcile_options options = quick();
	options.mode = RECONCILE_MODE_STAMP;
	start_without_columns();
	fake_fail((struct fake_failure){
		.call = FAKE_BEGIN, .first = 1, .count = 1, .class = ERROR_BUSY});
	struct outcome outcome = boot_with(&options);
	expect_status("stamp", &outcome, RECONCILE_OK);
	expect_text("stamp", fake.trace,
		    "open read begin read begin change commit begin history change commit "
		    "begin history change commit close");
	cr_expect_eq(outcome.counts.stamped, 3);
	cr_expect_eq(outcome.counts.missing, 3);
	cr_expect_eq(fake.committed.history_count, 3);
	cr_expect(fake.violation == NULL, "%s", fake.violation);
	outcome = boot_with(&options);
	cr_expect_eq(outcome.counts.stamped, 0);
	cr_expect_eq(fake.committed.history_count, 3);
}

Test(boot_stamp, a_stamp_that_fails_says_of_which_table)
{
	struct reconcile_options options = quick();
	options.mode = RECONCILE_MODE_STAMP;
	start_without_columns();
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 2,
					.count = 1,
					.class = ERROR_FATAL,
					.sqlstate = "42501"});
	struct outcome outcome = boot_with(&options);
	expect_status("refused", &outcome, RECONCILE_FAILED);
	expect_part("refused", outcome.message, "table 'b': stamp it: ");
	cr_expect_eq(outcome.counts.stamped, 1);
	cr_expect(fake.open_sessions == 0 && !fake.in_transaction);
}

Test(boot_stamp, an_unanswered_commit_that_happened_counts_once)
{
	struct reconcile_options options = quick();
	options.mode = RECONCILE_MODE_STAMP;
	for (unsigned n = 1; n <= 3; n++) {
		start_without_columns();
		fake_fail((struct fake_failure){.call = FAKE_COMMIT,
						.first = n,
						.count = 1,
						.class = ERROR_UNKNOWN,
						.committed = true});
		struct outcome outcome = boot_with(&options);
		expect_status("stamp", &outcome, RECONCILE_OK);
		cr_expect_eq(outcome.counts.stamped, 3, "commit %u: %zu", n,
			     outcome.counts.stamped);
		cr_expect_eq(fake.committed.history_count, 3);
	}
}
