/* The boot against a backend that fails as it is told to: what is retried, and what never. */
#include "../../src/base/clock.h"
#include "boot_support.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the path without trouble ------------------------------------------------ */

Test(boot, in_sync_is_open_read_close)
{
	fake_reset(&boot_registry);
	fake_have("a", NULL);
	fake_have("b", NULL);
	fake_have("c", NULL);
	struct outcome outcome = boot();
	expect_status("in sync", &outcome, RECONCILE_OK);
	expect_text("in sync", fake.trace, "open read close");
	cr_expect(outcome.counts.present == COLUMN_COUNT && outcome.counts.applied == 0);
	expect_summary_last("in sync");
	cr_expect(record_count == 2, "connected and summary, not %zu records", record_count);
}

Test(boot, three_columns_are_one_change)
{
	start_without_columns();
	struct outcome outcome = boot();
	expect_status("three", &outcome, RECONCILE_OK);
	expect_text("three", fake.trace,
		    "open read recognise inspect assess begin change commit read close");
	cr_expect(fake.statements == 1 && fake.entries == 3);
	expect_applied("three", &outcome, 3);
	expect_all_there("three");
	expect_order("three");
	expect_summary_last("three");
	cr_expect(count_events("column_added", "table=a column=") == 3);
	cr_expect(count_events("summary", "present=5 added=3") == 1, "%s",
		  records[record_count - 1].text);
}

Test(boot, a_transaction_a_table)
{
	fake_reset(&boot_registry);
	struct outcome outcome = boot();
	expect_status("empty", &outcome, RECONCILE_OK);
	expect_text("empty", fake.trace,
		    "open read inspect begin change commit begin change commit begin "
		    "change commit "
		    "read close");
	expect_applied("empty", &outcome, COLUMN_COUNT);
	cr_expect(outcome.counts.tables_created == 3);
	cr_expect(count_events("table_created", NULL) == 3);
	expect_all_there("empty");
	expect_order("empty");
}

static void another_starter(struct fake *database)
{
	(void)database;
	if (fake.calls[FAKE_BEGIN] > 0)
		return;
	fake_have("a", "one");
	fake_have("a", "two");
	fake_have("a", "three");
}

Test(boot, another_starter_was_faster)
{
	start_without_columns();
	fake.before_begin = another_starter;
	struct outcome outcome = boot();
	expect_status("faster", &outcome, RECONCILE_OK);
	expect_text("faster", fake.trace,
		    "open read recognise inspect assess begin rollback read close");
	expect_applied("faster", &outcome, 0);
	expect_order("faster");
}

static void half_as_fast_starter(struct fake *database)
{
	(void)database;
	if (fake.calls[FAKE_BEGIN] == 0)
		fake_have("a", "two");
}

Test(boot, what_another_starter_left_over_is_added)
{
	start_without_columns();
	fake.before_begin = half_as_fast_starter;
	struct outcome outcome = boot();
	expect_status("half", &outcome, RECONCILE_OK);
	expect_text("half", fake.trace,
		    "open read recognise inspect assess begin change commit read close");
	cr_expect(fake.entries == 2);
	expect_applied("half", &outcome, 2);
	expect_order("half");
}

/* ---- one failure, by class ---------------------------------------------------- */

#define ONCE(where, how, state)                                                                    \
	{                                                                                          \
		.call = where, .first = 1, .count = 1, .class = how, .sqlstate = state             \
	}

Test(boot, one_failure_is_retried_by_its_class)
{
	/* clang-format off */
	static const struct {
		const char *name;
		struct fake_failure failure;
		const char *trace;
	} cases[] = {
		{"open refused for now", ONCE(FAKE_OPEN, ERROR_RETRY, "53300"),
		 "open open read recognise inspect assess begin change commit read close"},
		{"read: short of something", ONCE(FAKE_READ, ERROR_RETRY, "53200"),
		 "open read read recognise inspect assess begin change commit read close"},
		{"read: lost", ONCE(FAKE_READ, ERROR_LOST, "57P01"),
		 "open read close open read recognise inspect assess begin change commit read close"},
		{"inspect: lost", ONCE(FAKE_INSPECT, ERROR_LOST, "57P01"),
		 "open read recognise inspect close open read inspect assess begin change commit read close"},
		{"begin: another reconciler", ONCE(FAKE_BEGIN, ERROR_BUSY, NULL),
		 "open read recognise inspect assess begin read begin change commit read close"},
		{"begin: lost", ONCE(FAKE_BEGIN, ERROR_LOST, "08006"),
		 "open read recognise inspect assess begin close open read inspect begin change commit read close"},
		{"change: lock not had", ONCE(FAKE_CHANGE, ERROR_BUSY, "55P03"),
		 "open read recognise inspect assess begin change rollback blockers read begin change commit read close"},
		{"change: deadlock", ONCE(FAKE_CHANGE, ERROR_RETRY, "40P01"),
		 "open read recognise inspect assess begin change rollback read begin change commit read close"},
		{"change: another was faster", ONCE(FAKE_CHANGE, ERROR_RETRY, "42701"),
		 "open read recognise inspect assess begin change rollback read begin change commit read close"},
		{"change: lost", ONCE(FAKE_CHANGE, ERROR_LOST, "57P01"),
		 "open read recognise inspect assess begin change rollback close "
		 "open read inspect begin change commit read close"},
		{"commit: serialization", ONCE(FAKE_COMMIT, ERROR_RETRY, "40001"),
		 "open read recognise inspect assess begin change commit read begin change commit read close"},
		{"last read: lost", {.call = FAKE_READ, .first = 2, .count = 1, .class = ERROR_LOST},
		 "open read recognise inspect assess begin change commit read close open read close"},
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].name;
		start_without_columns();
		fake_fail(cases[i].failure);
		struct outcome outcome = boot();
		expect_status(name, &outcome, RECONCILE_OK);
		expect_text(name, fake.trace, cases[i].trace);
		expect_applied(name, &outcome, 3);
		expect_all_there(name);
		expect_order(name);
		expect_summary_last(name);
		cr_expect(count_events("retry", "injected") == 1, "%s: no retry logged", name);
	}
}

Test(boot, a_fatal_failure_is_never_retried)
{
	static const struct {
		enum fake_call call;
		const char *trace;
		bool looked;
	} cases[] = {
		{FAKE_OPEN, "open", false},
		{FAKE_READ, "open read close", false},
		{FAKE_INSPECT, "open read recognise inspect close", true},
		{FAKE_BEGIN, "open read recognise inspect assess begin close", true},
		{FAKE_CHANGE, "open read recognise inspect assess begin change rollback close",
		 true},
		{FAKE_COMMIT, "open read recognise inspect assess begin change commit close", true},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_without_columns();
		fake_fail((struct fake_failure){.call = cases[i].call,
						.first = 1,
						.count = 0,
						.class = ERROR_FATAL,
						.sqlstate = "42501"});
		struct outcome outcome = boot();
		expect_status(cases[i].trace, &outcome, RECONCILE_FAILED);
		expect_text("fatal", fake.trace, cases[i].trace);
		expect_text("fatal", outcome.sqlstate, "42501");
		expect_part("fatal", outcome.message, "injected");
		expect_order(cases[i].trace);
		cr_expect(fake.committed.history_count == 0);
		cr_expect(count_events("retry", NULL) == 0);
		cr_expect(count_events("failed", "injected") == 1);
		if (cases[i].looked)
			expect_summary_last(cases[i].trace);
		else
			cr_expect(count_events("summary", NULL) == 0);
	}
}

Test(boot, a_failure_names_its_table)
{
	fake_reset(&boot_registry);
	fake_fail((struct fake_failure){
		.call = FAKE_CHANGE, .first = 1, .count = 0, .class = ERROR_FATAL, .table = "b"});
	struct outcome outcome = boot();
	expect_status("b", &outcome, RECONCILE_FAILED);
	expect_part("b", outcome.message, "table 'b': create it: injected");
	cr_expect(live("a") != NULL && live("b") == NULL && live("c") == NULL);
	/* What is done stays done, and stands in the report. */
	cr_expect(outcome.counts.applied == 4 && outcome.counts.tables_created == 1,
		  "applied %zu, tables_created %zu", outcome.counts.applied,
		  outcome.counts.tables_created);
	expect_order("b");
	expect_summary_last("b");
}

/* ---- a COMMIT without an answer ------------------------------------------------- */

static const struct {
	const char *name;
	const char *table; /* whose COMMIT has no answer */
	bool empty;        /* the database: tables are created; else columns are added */
} unanswered[] = {
	{"columns, the only table", "a", false},
	{"create, the first table", "a", true},
	{"create, a table in between", "b", true},
	{"create, the last table", "c", true},
};

static struct outcome boot_unanswered(size_t i, bool committed)
{
	if (unanswered[i].empty)
		fake_reset(&boot_registry);
	else
		start_without_columns();
	fake_fail((struct fake_failure){.call = FAKE_COMMIT,
					.first = 1,
					.count = 1,
					.class = ERROR_UNKNOWN,
					.table = unanswered[i].table,
					.committed = committed});
	return boot();
}

Test(boot, an_unanswered_commit_that_happened_counts_once)
{
	for (size_t i = 0; i < COUNT(unanswered); i++) {
		const char *name = unanswered[i].name;
		struct outcome outcome = boot_unanswered(i, true);
		expect_status(name, &outcome, RECONCILE_OK);
		expect_applied(name, &outcome, unanswered[i].empty ? COLUMN_COUNT : 3);
		cr_expect(outcome.counts.tables_created == (unanswered[i].empty ? 3 : 0), "%s",
			  name);
		expect_calls(name, FAKE_OPEN, 2);
		expect_calls(name, FAKE_CLOSE, 2);
		expect_calls(name, FAKE_COMMIT, unanswered[i].empty ? 3 : 1);
		expect_calls(name, FAKE_HISTORY, 1);
		cr_expect(count_events("table_created", NULL) == (unanswered[i].empty ? 3 : 0),
			  "%s", name);
		cr_expect(count_events("column_added", NULL) == (unanswered[i].empty ? 0 : 3), "%s",
			  name);
		expect_all_there(name);
		expect_order(name);
		expect_summary_last(name);
	}
}

Test(boot, an_unanswered_commit_that_did_not_happen_is_done_again)
{
	for (size_t i = 0; i < COUNT(unanswered); i++) {
		const char *name = unanswered[i].name;
		struct outcome outcome = boot_unanswered(i, false);
		expect_status(name, &outcome, RECONCILE_OK);
		expect_applied(name, &outcome, unanswered[i].empty ? COLUMN_COUNT : 3);
		expect_calls(name, FAKE_OPEN, 2);
		expect_calls(name, FAKE_COMMIT, unanswered[i].empty ? 4 : 2);
		cr_expect(count_events("table_created", NULL) == (unanswered[i].empty ? 3 : 0),
			  "%s", name);
		expect_all_there(name);
		expect_order(name);
	}
}

/* Somebody else made the change in the end: it is not ours. */
static void other_after_unknown(struct fake *database)
{
	(void)database;
	if (fake.calls[FAKE_OPEN] == 2 && !is_live("a", "one"))
		another_starter(database);
}

Test(boot, an_unanswered_commit_is_not_mistaken_for_anothers)
{
	start_without_columns();
	fake_fail((struct fake_failure){
		.call = FAKE_COMMIT, .first = 1, .count = 1, .class = ERROR_UNKNOWN});
	fake.before_begin = other_after_unknown;
	struct outcome outcome = boot();
	expect_status("other's", &outcome, RECONCILE_OK);
	expect_applied("other's", &outcome, fake.committed.history_count);
	expect_all_there("other's");
	expect_order("other's");
}

/* ---- the budget ------------------------------------------------------------------ */

static const struct blocker somebody = {
	.pid = 4711, .user = "ann", .application = "psql", .state = "idle in transaction"};

Test(boot, a_spent_budget_names_who_is_in_the_way)
{
	struct reconcile_options options = quick();
	options.budget_ms = 300;
	options.lock_timeout_ms = 200;
	options.statement_timeout_ms = 300;
	start_without_columns();
	fake.blocker = somebody;
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 0,
					.class = ERROR_BUSY,
					.sqlstate = "55P03"});
	struct outcome outcome = boot_with(&options);
	expect_status("budget", &outcome, RECONCILE_BUSY);
	expect_part("budget", outcome.message, "budget_ms");
	expect_part("budget", outcome.message, "table 'a'");
	expect_part("budget", outcome.message,
		    "pid 4711 (user ann, application psql, idle in transaction");
	expect_part("budget", outcome.hint, "table a");
	expect_text("budget", outcome.sqlstate, "55P03");
	cr_expect(fake.calls[FAKE_CHANGE] > 1, "it did not try again");
	cr_expect(fake.calls[FAKE_COMMIT] == 0);
	expect_order("budget");
	expect_summary_last("budget");
}

Test(boot, a_spent_budget_is_told_without_knowing_by_whom)
{
	struct reconcile_options options = quick();
	options.budget_ms = 300;
	options.lock_timeout_ms = 200;
	options.statement_timeout_ms = 300;
	start_without_columns();
	fake_fail((struct fake_failure){
		.call = FAKE_BEGIN, .first = 1, .count = 0, .class = ERROR_BUSY});
	fake_fail((struct fake_failure){
		.call = FAKE_BLOCKERS, .first = 1, .count = 0, .class = ERROR_FATAL});
	struct outcome outcome = boot_with(&options);
	expect_status("unknown blocker", &outcome, RECONCILE_BUSY);
	expect_part("unknown blocker", outcome.message, "injected into begin");
	cr_expect(strstr(outcome.message, "into blockers") == NULL);
	expect_order("unknown blocker");
}

static bool stop_asked(void *context)
{
	unsigned *left = context;
	return *left == 0 || --*left == 0;
}

/* At whichever question the answer is yes: nothing is begun any more, nothing is left open, and the
 * next start does the rest. */
Test(boot, may_be_stopped_at_any_point)
{
	struct reconcile_options options = quick();
	options.stop = stop_asked;
	unsigned stopped = 0;
	for (unsigned n = 1; n < 100; n++) {
		unsigned left = n;
		options.stop_context = &left;
		start_without_columns();
		fake_fail((struct fake_failure){
			.call = FAKE_BEGIN, .first = 1, .count = 2, .class = ERROR_BUSY});
		struct outcome outcome = boot_with(&options);
		expect_order("stopped");
		if (outcome.status == RECONCILE_OK)
			break;
		stopped++;
		expect_status("stopped", &outcome, RECONCILE_BUSY);
		expect_part("stopped", outcome.message, "stopped, as it was asked to");
		cr_expect(!fake.in_transaction && fake.calls[FAKE_COMMIT] <= 1);
	}
	cr_expect(stopped > 3 && stopped < 98, "stopped %u times", stopped);
	struct outcome outcome = boot();
	expect_status("the next start", &outcome, RECONCILE_OK);
	expect_all_there("the next start");
}

/* A worker of autovacuum gives way, but not to who waits for lock_timeout only. */
Test(boot, who_gives_way_is_waited_for)
{
	static const struct blocker worker = {.pid = 4711,
					      .what = "autovacuum of a",
					      .advice = "give it time",
					      .yields_ms = 2000};
	start_without_columns();
	fake.blocker = worker;
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 1,
					.class = ERROR_BUSY,
					.sqlstate = "55P03"});
	struct outcome outcome = boot();
	expect_status("gives way", &outcome, RECONCILE_OK);
	cr_expect(fake.calls[FAKE_CHANGE] == 2 && fake.yield_count == 1 && fake.yields_ms == 2000,
		  "%u changes, %zu yield, %ld ms", fake.calls[FAKE_CHANGE], fake.yield_count,
		  fake.yields_ms);
	expect_order("gives way");
}

Test(boot, who_gives_way_does_not_make_the_budget_longer)
{
	struct reconcile_options options = quick();
	options.budget_ms = 300;
	options.lock_timeout_ms = 20;
	options.statement_timeout_ms = 300;
	start_without_columns();
	fake.blocker = (struct blocker){.pid = 4711,
					.what = "autovacuum of a",
					.advice = "give it time",
					.yields_ms = 2000};
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 0,
					.class = ERROR_BUSY,
					.sqlstate = "55P03"});
	struct outcome outcome = boot_with(&options);
	expect_status("budget", &outcome, RECONCILE_BUSY);
	expect_part("budget", outcome.message, "pid 4711 (autovacuum of a)");
	expect_part("budget", outcome.hint, "give it time; what is done");
	cr_expect(fake.yields_ms > 0 && fake.yields_ms <= 300, "%ld ms", fake.yields_ms);
}

/* Whoever has no process is named all the same, and what is not known leaves no empty words. */
Test(boot, what_is_not_known_of_a_blocker_is_left_out)
{
	static const struct {
		struct blocker blocker;
		const char *text;
	} cases[] = {
		{{.what = "prepared transaction 'x'", .user = "ann", .age_ms = 1500},
		 "blocked by prepared transaction 'x' (user ann, for 1.5 s)"},
		{{.pid = 7}, "blocked by pid 7 (doing what this role may not see)"},
		{{.pid = 7, .user = "ann", .state = "active", .age_ms = 100},
		 "blocked by pid 7 (user ann, active for 0.1 s)"},
		{{.pid = 7, .what = "autovacuum of a"}, "blocked by pid 7 (autovacuum of a)"},
	};
	struct reconcile_options options = quick();
	options.budget_ms = 60;
	options.lock_timeout_ms = 20;
	options.statement_timeout_ms = 300;
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_without_columns();
		fake.blocker = cases[i].blocker;
		fake_fail((struct fake_failure){
			.call = FAKE_BEGIN, .first = 1, .count = 0, .class = ERROR_BUSY});
		struct outcome outcome = boot_with(&options);
		expect_part("blocker", outcome.message, cases[i].text);
	}
}

/* Replicas that start at once wait for each other: no cause for a warning; a table's lock is. */
Test(boot, waiting_for_another_starter_is_no_warning)
{
	static const struct {
		const char *sqlstate;
		enum reconcile_log_level level;
	} cases[] = {{NULL, RECONCILE_LOG_INFO}, {"55P03", RECONCILE_LOG_WARN}};
	struct reconcile_options options = quick();
	options.lock_timeout_ms = 10;
	options.statement_timeout_ms = 300;
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_without_columns();
		fake_fail((struct fake_failure){.call = FAKE_BEGIN,
						.first = 1,
						.count = 4,
						.class = ERROR_BUSY,
						.sqlstate = cases[i].sqlstate});
		struct outcome outcome = boot_with(&options);
		expect_status("starter", &outcome, RECONCILE_OK);
		for (size_t r = 0; r < record_count; r++)
			cr_expect(strcmp(records[r].event, "waiting") != 0 ||
					  records[r].level == cases[i].level,
				  "%s: level %d", cases[i].sqlstate, (int)records[r].level);
		cr_expect(count_events("waiting", NULL) == 1);
	}
}

Test(boot, waiting_is_told_but_not_at_every_try)
{
	start_without_columns();
	fake.blocker = somebody;
	fake_fail((struct fake_failure){
		.call = FAKE_BEGIN, .first = 1, .count = 6, .class = ERROR_BUSY});
	struct outcome outcome = boot();
	expect_status("waiting", &outcome, RECONCILE_OK);
	cr_expect(count_events("retry", NULL) == 6);
	cr_expect(count_events("waiting", "pid 4711") == 1, "waiting is told %zu times",
		  count_events("waiting", NULL));
	expect_order("waiting");
}

Test(boot, every_class_ends_with_the_budget)
{
	static const struct {
		enum fake_call call;
		enum error_class class;
	} cases[] = {
		{FAKE_OPEN, ERROR_RETRY},     {FAKE_READ, ERROR_BUSY},
		{FAKE_READ, ERROR_LOST},      {FAKE_INSPECT, ERROR_LOST},
		{FAKE_BEGIN, ERROR_RETRY},    {FAKE_BEGIN, ERROR_LOST},
		{FAKE_CHANGE, ERROR_LOST},    {FAKE_COMMIT, ERROR_RETRY},
		{FAKE_COMMIT, ERROR_UNKNOWN},
	};
	struct reconcile_options options = quick();
	options.budget_ms = 100;
	options.lock_timeout_ms = 10;
	options.statement_timeout_ms = 20;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[64];
		snprintf(name, sizeof(name), "call %d, class %d", (int)cases[i].call,
			 (int)cases[i].class);
		start_without_columns();
		fake_fail((struct fake_failure){
			.call = cases[i].call, .first = 1, .count = 0, .class = cases[i].class});
		struct outcome outcome = boot_with(&options);
		expect_status(name, &outcome, RECONCILE_BUSY);
		cr_expect(fake.calls[cases[i].call] > 1, "%s: not tried again", name);
		cr_expect(fake.committed.history_count == 0, "%s", name);
		expect_order(name);
	}
}

static void outlast_the_budget(struct fake *database)
{
	(void)database;
	clock_sleep_ms(120);
}

/* commit() was told which table is next, and its turn does not come. */
Test(boot, the_budget_may_end_between_two_tables)
{
	struct reconcile_options options = quick();
	options.budget_ms = 100;
	options.lock_timeout_ms = 10;
	options.statement_timeout_ms = 20;
	fake_reset(&boot_registry);
	fake.after_commit = outlast_the_budget;
	struct outcome outcome = boot_with(&options);
	expect_status("between", &outcome, RECONCILE_BUSY);
	expect_part("between", outcome.message, "table 'b': its turn did not come");
	expect_text("between", fake.trace,
		    "open read inspect begin change commit rollback blockers read close");
	cr_expect_eq(outcome.counts.tables_created, 1);
	expect_order("between");
}

Test(boot, a_blocked_table_keeps_no_other_waiting)
{
	struct reconcile_options options = quick();
	options.budget_ms = 300;
	options.lock_timeout_ms = 100;
	options.statement_timeout_ms = 200;
	fake_reset(&boot_registry);
	fake_have("a", "id");
	fake.blocker = somebody;
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 0,
					.class = ERROR_BUSY,
					.sqlstate = "55P03",
					.table = "a"});
	struct outcome outcome = boot_with(&options);
	expect_status("blocked", &outcome, RECONCILE_BUSY);
	expect_part("blocked", outcome.message, "table 'a'");
	cr_expect(live("b") != NULL && live("c") != NULL && !is_live("a", "one"));
	expect_calls("blocked", FAKE_COMMIT, 2);
	expect_applied("blocked", &outcome, 4);
	cr_expect(outcome.counts.tables_created == 2 && outcome.counts.missing == 3);
	expect_order("blocked");
	expect_summary_last("blocked");
}

Test(boot, the_connection_is_lost_behind_a_blocked_table)
{
	fake_reset(&boot_registry);
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 1,
					.class = ERROR_BUSY,
					.sqlstate = "55P03",
					.table = "a"});
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 1,
					.class = ERROR_LOST,
					.sqlstate = "57P01",
					.table = "b"});
	struct outcome outcome = boot();
	expect_status("lost behind", &outcome, RECONCILE_OK);
	expect_applied("lost behind", &outcome, COLUMN_COUNT);
	expect_calls("lost behind", FAKE_OPEN, 2);
	expect_all_there("lost behind");
	expect_order("lost behind");
}

/* What exists and is not seen would be met for ever (information_schema without privileges). */
Test(boot, an_unseen_table_is_not_met_for_ever)
{
	start_without_columns();
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 0,
					.class = ERROR_RETRY,
					.sqlstate = "42701"});
	struct outcome outcome = boot();
	expect_status("unseen", &outcome, RECONCILE_NOT_PERMITTED);
	expect_part("unseen", outcome.hint, "pg_catalog");
	expect_order("unseen");
}

/* ---- a lent connection -------------------------------------------------------------- */

Test(boot, a_lent_connection_is_never_opened_again)
{
	static const enum fake_call places[] = {FAKE_READ, FAKE_INSPECT, FAKE_BEGIN, FAKE_CHANGE,
						FAKE_COMMIT};
	struct reconcile_options options = quick();
	int lent;
	options.url = NULL;
	options.pg = (struct pg_conn *)&lent;
	for (size_t i = 0; i < COUNT(places); i++) {
		start_without_columns();
		fake_fail((struct fake_failure){.call = places[i],
						.first = 1,
						.count = 1,
						.class = places[i] == FAKE_COMMIT ? ERROR_UNKNOWN
										  : ERROR_LOST});
		struct outcome outcome = boot_with(&options);
		expect_status(fake.trace, &outcome, RECONCILE_FAILED);
		expect_calls("lent", FAKE_OPEN, 1);
		expect_calls("lent", FAKE_CLOSE, 1);
		expect_order("lent");
	}
	start_without_columns();
	fake_fail((struct fake_failure){.call = FAKE_CHANGE,
					.first = 1,
					.count = 1,
					.class = ERROR_BUSY,
					.sqlstate = "55P03"});
	struct outcome outcome = boot_with(&options);
	expect_status("lent, busy", &outcome, RECONCILE_OK);
	expect_calls("lent, busy", FAKE_OPEN, 1);
	expect_applied("lent, busy", &outcome, 3);
	expect_order("lent, busy");
}

/* ---- a change that did something else ------------------------------------------------- */

Test(boot, a_change_that_is_not_the_planned_one_is_rolled_back)
{
	static const struct {
		enum fake_sabotage sabotage;
		const char *message;
	} cases[] = {
		{FAKE_ADDS_ANOTHER, "column 'stranger' is new after the change"},
		{FAKE_DROPS_ONE, "column 'id' is gone after the change"},
		{FAKE_LEAVES_OUT, "column 'three' is still missing after the change"},
		{FAKE_RETYPES, "column 'three' was added, but with another type"},
		{FAKE_DROPS_TABLE, "is not there after the change"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_without_columns();
		fake.sabotage = cases[i].sabotage;
		struct outcome outcome = boot();
		expect_status(cases[i].message, &outcome, RECONCILE_FAILED);
		expect_part("sabotage", outcome.message, "table 'a'");
		expect_part("sabotage", outcome.message, cases[i].message);
		expect_text(cases[i].message, fake.trace,
			    "open read recognise inspect assess begin change rollback close");
		cr_expect(live("a")->attribute_count == 1 && fake.committed.history_count == 0,
			  "%s", cases[i].message);
		expect_order(cases[i].message);
		expect_summary_last(cases[i].message);
	}
}

static void somebody_drops_it(struct fake *database)
{
	if (fake.calls[FAKE_COMMIT] == 1) {
		fake_drop(fake_table(&database->committed, "a"), "two");
		database->committed.history_count = 0; /* or it would count as history only */
	}
}

Test(boot, a_column_that_was_dropped_in_between_counts_once)
{
	start_without_columns();
	fake.after_commit = somebody_drops_it;
	struct outcome outcome = boot();
	expect_status("dropped", &outcome, RECONCILE_OK);
	expect_calls("dropped", FAKE_COMMIT, 2);
	expect_applied("dropped", &outcome, 3);
	cr_expect(count_events("summary", "present=5 added=3") == 1, "%s",
		  records[record_count - 1].text);
	expect_all_there("dropped");
	expect_order("dropped");
}

/* ---- everything that can fail, fails once --------------------------------------------- */

/* Needs every function of the seam: a conflict, locks not had for a while, a COMMIT without an
 * answer. */
static void start_with_everything(void)
{
	fake_reset(&boot_registry);
	fake_have("a", "id");
	fake_table(&fake.committed, "a")->attributes[0].type.type = 1;
	fake.blocker = somebody;
	fake_fail((struct fake_failure){.call = FAKE_BEGIN,
					.first = 1,
					.count = 9,
					.class = ERROR_BUSY,
					.sqlstate = "55P03"});
	fake_fail((struct fake_failure){.call = FAKE_COMMIT,
					.first = 2,
					.count = 1,
					.class = ERROR_UNKNOWN,
					.committed = true});
}

/* true: the failure came to pass. */
static bool fail_once(enum fake_call call, unsigned n, enum error_class class)
{
	char name[64];
	start_with_everything();
	fake_fail((struct fake_failure){.call = call, .first = n, .count = 1, .class = class});
	struct outcome outcome = boot();
	snprintf(name, sizeof(name), "call %d, number %u, class %d", (int)call, n, (int)class);
	bool injected = fake.failures[fake.failure_count - 1].injected > 0;
	/* Who blocks is told when it can be; nothing depends on it. */
	bool fatal = injected && class == ERROR_FATAL && call != FAKE_BLOCKERS;
	expect_status(name, &outcome, fatal ? RECONCILE_FAILED : RECONCILE_OK);
	if (!fatal) {
		expect_all_there(name);
		expect_applied(name, &outcome, COLUMN_COUNT - 1);
		expect_summary_last(name);
	}
	expect_order(name);
	return injected;
}

Test(boot, every_call_fails_once_with_every_class)
{
	static const enum fake_call places[] = {FAKE_OPEN,    FAKE_READ,    FAKE_NAME_TYPES,
						FAKE_INSPECT, FAKE_BEGIN,   FAKE_CHANGE,
						FAKE_COMMIT,  FAKE_HISTORY, FAKE_BLOCKERS};
	start_with_everything();
	boot();
	unsigned calls[FAKE_CALLS];
	memcpy(calls, fake.calls, sizeof(calls));
	for (size_t i = 0; i < COUNT(places); i++) {
		cr_expect(calls[places[i]] > 0, "call %d is never made", (int)places[i]);
		for (int class = ERROR_FATAL; class <= ERROR_UNKNOWN; class ++) {
			unsigned n = 1;
			/* Some 15 calls of one function are the most: no end is a failure too. */
			while (n < 40 && fail_once(places[i], n, (enum error_class) class))
				n++;
			cr_expect(n < 40, "call %d, class %d: no end", (int)places[i], class);
		}
	}
}

Test(boot, memory_runs_out_at_every_place)
{
	struct reconcile_options options = quick();
	options.detail = true;
	bool whole = false;
	unsigned failed = 0;
	for (unsigned n = 1; n <= 120; n++) {
		char name[32];
		snprintf(name, sizeof(name), "block %u", n);
		fake_reset(&boot_registry);
		fake_have("a", "id");
		fake_table(&fake.committed, "a")->attributes[0].type.type = 1;
		fake_fail((struct fake_failure){.call = FAKE_COMMIT,
						.first = 1,
						.count = 1,
						.class = ERROR_UNKNOWN,
						.committed = true});
		arena_fail_after(n);
		struct outcome outcome = boot_with(&options);
		arena_fail_after(0);
		cr_expect(outcome.status == RECONCILE_OK || outcome.status == RECONCILE_FAILED,
			  "%s: status %d", name, outcome.status);
		if (outcome.status == RECONCILE_FAILED && outcome.has_report)
			expect_part(name, outcome.message, "out of memory");
		if (outcome.status == RECONCILE_OK)
			expect_all_there(name);
		failed += outcome.status != RECONCILE_OK;
		whole = outcome.status == RECONCILE_OK && outcome.has_script;
		expect_order(name);
	}
	cr_expect(failed > 5, "memory never ran out: %u", failed);
	cr_expect(whole, "memory runs out after 120 blocks still");
}

/* ---- who may not ------------------------------------------------------------------------ */

Test(boot, a_read_only_session_begins_nothing_and_logs_the_sql)
{
	start_without_columns();
	fake.read_only = "a hot standby";
	struct outcome outcome = boot();
	expect_status("standby", &outcome, RECONCILE_NOT_PERMITTED);
	expect_text("standby", fake.trace, "open read recognise inspect close");
	expect_part("standby", outcome.message, "table 'a'");
	expect_part("standby", outcome.message, "a hot standby");
	expect_part("standby", outcome.hint, "primary");
	cr_expect(count_events("verify_only", "ALTER TABLE \"main\".\"a\"") == 1);
	expect_summary_last("standby");
	expect_order("standby");

	fake_have("a", "one");
	fake_have("a", "two");
	fake_have("a", "three");
	outcome = boot();
	expect_status("standby, in sync", &outcome, RECONCILE_OK);
	cr_expect(count_events("verify_only", NULL) == 0);
}

Test(boot, a_role_that_may_do_nothing_begins_nothing)
{
	start_without_columns();
	fake.alter_table = "a";
	fake.may_not_alter = "must be owner of table a";
	struct outcome outcome = boot();
	expect_status("no owner", &outcome, RECONCILE_NOT_PERMITTED);
	expect_text("no owner", fake.trace, "open read recognise inspect close");
	expect_part("no owner", outcome.message, "must be owner");
	cr_expect(count_events("verify_only", "ADD COLUMN \"three\"") == 1);
	expect_order("no owner");

	fake_reset(&boot_registry);
	fake.may_not_create = "permission denied for schema main";
	outcome = boot();
	expect_status("may not create", &outcome, RECONCILE_NOT_PERMITTED);
	expect_text("may not create", fake.trace, "open read inspect close");
	cr_expect(count_events("verify_only", "CREATE TABLE") == 3);
	expect_order("may not create");
}

Test(boot, what_the_role_may_do_is_done)
{
	fake_reset(&boot_registry);
	fake_have("a", "id");
	fake.alter_table = "a";
	fake.may_not_alter = "must be owner of table a";
	struct outcome outcome = boot();
	expect_status("part", &outcome, RECONCILE_NOT_PERMITTED);
	cr_expect(live("b") != NULL && live("c") != NULL && !is_live("a", "one"));
	expect_applied("part", &outcome, 4);
	expect_calls("part", FAKE_INSPECT, 1);
	cr_expect(count_events("verify_only", "table=a") == 1);
	cr_expect(count_events("verify_only", NULL) == 1);
	expect_order("part");
	expect_summary_last("part");
}

/* ---- what is not as declared -------------------------------------------------------------- */

/* a.one has another type; b has an undeclared column that refuses NULL. */
static void start_with_findings(void)
{
	static const struct reconcile_column added =
		ROW("b", "tenant", "TEXT", REQUIRED, NO_DEFAULT, 0);
	fake_reset(&boot_registry);
	fake_have("a", NULL);
	fake_have("b", NULL);
	fake_have("c", NULL);
	fake_table(&fake.committed, "a")->attributes[1].type.type = 1;
	struct fake_table *b = fake_table(&fake.committed, "b");
	b->attributes[b->attribute_count++] =
		(struct attribute){.name = added.column, .type.type = 2, .not_null = true};
}

Test(boot, findings_are_logged_and_counted)
{
	start_with_findings();
	struct outcome outcome = boot();
	expect_status("findings", &outcome, RECONCILE_OK);
	expect_text("findings", fake.trace, "open read read name_types close");
	cr_expect(count_events("conflict", "table=a column=one kind=type") == 1);
	cr_expect(count_events("conflict", "live=a live type source=x.def:12") == 1);
	cr_expect(count_events("extra_required", "table=b column=tenant") == 1);
	cr_expect(count_events("summary", "conflicts=1 extra_required=1") == 1, "%s",
		  records[record_count - 1].text);
	expect_summary_last("findings");
	expect_order("findings");
}

Test(boot, a_conflict_can_be_a_failure)
{
	struct reconcile_options options = quick();
	options.on_conflict = RECONCILE_ON_CONFLICT_FAIL;
	start_with_findings();
	struct outcome outcome = boot_with(&options);
	expect_status("on_conflict", &outcome, RECONCILE_CONFLICT);
	expect_part("on_conflict", outcome.message, "1 column is not as declared");
	cr_expect(count_events("failed", "1 column") == 1);
	expect_summary_last("on_conflict");

	/* What is missing elsewhere is added before. */
	start_with_findings();
	fake.committed.table_count = 2;
	outcome = boot_with(&options);
	expect_status("on_conflict, c missing", &outcome, RECONCILE_CONFLICT);
	expect_applied("on_conflict, c missing", &outcome, 2);
	expect_all_there("on_conflict, c missing");
	expect_order("on_conflict, c missing");
}

Test(boot, a_taken_name_needs_a_person)
{
	fake_reset(&boot_registry);
	fake_have("a", NULL);
	fake_have_view("b");
	struct outcome outcome = boot();
	expect_status("view", &outcome, RECONCILE_CONFLICT);
	expect_part("view", outcome.message, "table 'b'");
	cr_expect(count_events("conflict", "table=b by=a view source=x.def:2") == 1);
	cr_expect(live("c") != NULL, "a view keeps other tables waiting");
	expect_applied("view", &outcome, 2);
	expect_order("view");
	expect_summary_last("view");
}

Test(boot, somebody_elses_table_is_not_created)
{
	/* clang-format off */
	static const struct reconcile_column foreign[] = {
		ROW("theirs", "note", "TEXT", NULLABLE, NO_DEFAULT, 7),
	};
	/* clang-format on */
	static const struct reconcile_registry theirs = REGISTRY_WITHOUT_TABLES(foreign);
	fake_reset(&theirs);
	struct outcome outcome = boot();
	expect_status("theirs", &outcome, RECONCILE_CONFLICT);
	expect_text("theirs", fake.trace, "open read close");
	cr_expect(count_events("conflict", "table=theirs") == 1);
	expect_order("theirs");
}

Test(boot, an_unknown_type_is_the_rows_fault)
{
	fake_reset(&boot_registry);
	fake.bad_type = "VARCHAR(20)";
	struct outcome outcome = boot();
	expect_status("type", &outcome, RECONCILE_BAD_REGISTRY);
	expect_part("type", outcome.message, "x.def:22: column 'b.one': type 'VARCHAR(20)'");
	expect_text("type", fake.trace, "open read close");
	cr_expect(count_events("summary", NULL) == 0);
}

/* ---- modes ---------------------------------------------------------------------------------- */

Test(boot, modes)
{
	/* clang-format off */
	static const struct {
		const char *name;
		enum reconcile_mode mode;
		void (*start)(void);
		int status;
		const char *trace;
	} cases[] = {
		{"check, missing", RECONCILE_MODE_CHECK, start_without_columns, RECONCILE_PENDING,
		 "open read recognise assess measure inspect close"},
		{"check, conflict", RECONCILE_MODE_CHECK, start_with_findings, RECONCILE_CONFLICT,
		 "open read read name_types close"},
		{"warn, missing", RECONCILE_MODE_WARN, start_without_columns, RECONCILE_OK,
		 "open read recognise assess measure inspect close"},
		{"warn, conflict", RECONCILE_MODE_WARN, start_with_findings, RECONCILE_OK,
		 "open read read name_types close"},
		{"off", RECONCILE_MODE_OFF, start_without_columns, RECONCILE_OK, ""},
	};
	/* clang-format on */
	struct reconcile_options options = quick();
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].name;
		cases[i].start();
		struct fake_database before = fake.committed;
		options.mode = cases[i].mode;
		struct outcome outcome = boot_with(&options);
		expect_status(name, &outcome, cases[i].status);
		expect_text(name, fake.trace, cases[i].trace);
		cr_expect(memcmp(&before, &fake.committed, sizeof(before)) == 0,
			  "%s: something was changed", name);
		expect_summary_last(name);
		cr_expect(count_events("failed", NULL) == 0, "%s", name);
		if (cases[i].start == start_with_findings)
			cr_expect(count_events("conflict", NULL) == 1, "%s", name);
	}
}

Test(boot, a_null_registry_or_a_bad_one_opens_nothing)
{
	fake_reset(&boot_registry);
	struct reconcile_options options = quick();
	struct reconcile_report *report = NULL;
	record_count = 0;
	cr_expect(reconcile(NULL, &options, &report) == RECONCILE_USAGE);
	expect_part("NULL", reconcile_report_error(report)->message, "registry is NULL");
	reconcile_report_free(report);
	expect_text("NULL", fake.trace, "");

	/* clang-format off */
	static const struct reconcile_column twice[] = {
		ROW("a", "id", "TEXT", NULLABLE, NO_DEFAULT, 7),
		ROW("a", "id", "TEXT", NULLABLE, NO_DEFAULT, 8),
	};
	/* clang-format on */
	static const struct reconcile_registry bad = REGISTRY_WITHOUT_TABLES(twice);
	cr_expect(reconcile(&bad, &options, NULL) == RECONCILE_BAD_REGISTRY);
	expect_text("bad", fake.trace, "");
	cr_expect(count_events("failed", "x.def:8") == 1);
}
