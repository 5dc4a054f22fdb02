/* Rolling back against the fake backend: whatever fails, history and tables agree. */
#include "boot_support.h"

#include <stdio.h>

static const char *const added[] = {"one", "two", "three"};

/* What a call said. */
struct undone {
	int status;
	size_t done;
	char message[1100], hint[512];
};

static struct undone roll_back(size_t last)
{
	struct reconcile_options options = quick();
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	struct undone undone = {0};
	request.last = last;
	request.apply = true;
	request.keep_registry = true;
	record_count = 0;
	undone.status = reconcile_rollback(fake.registry, &options, &request, &rollback);
	if (rollback == NULL)
		return undone;
	snprintf(undone.message, sizeof(undone.message), "%s",
		 reconcile_rollback_error(rollback)->message);
	snprintf(undone.hint, sizeof(undone.hint), "%s", reconcile_rollback_error(rollback)->hint);
	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++) {
		const struct reconcile_undo *undo = reconcile_rollback_undo(rollback, i);
		undone.done += undo->state == RECONCILE_UNDO_DONE;
		/* What is published can be shown. */
		cr_expect(undo->table != NULL && undo->sql != NULL, "change %lld, %s", undo->id,
			  undone.message);
	}
	reconcile_rollback_free(rollback);
	return undone;
}

/* a.one, a.two and a.three are there, and history says that we added them. */
static void start(void)
{
	start_without_columns();
	boot();
	cr_assert(is_live("a", "three") && fake.committed.history_count == COUNT(added));
	fake.default_answer = DEFAULT_EQUAL;
	memset(fake.calls, 0, sizeof(fake.calls));
	fake.trace[0] = '\0';
}

static size_t drops(const char *column)
{
	size_t count = 0;
	for (size_t i = 0; i < fake.committed.history_count; i++) {
		const struct fake_history *row = &fake.committed.history[i];
		count +=
			strcmp(row->action, "drop_column") == 0 && strcmp(row->column, column) == 0;
	}
	return count;
}

/* The rules of the seam are kept, and history tells what is there. */
static void expect_agreement(const char *name)
{
	expect_clean(name);
	for (size_t i = 0; i < COUNT(added); i++)
		cr_expect(drops(added[i]) == !is_live("a", added[i]),
			  "%s: %zu rows say that '%s' is gone", name, drops(added[i]), added[i]);
	cr_expect(is_live("a", "id") && is_live("b", "one") && is_live("c", "one"),
		  "%s: more is gone", name);
}

Test(boot_rollback, the_newest_goes_alone)
{
	start();
	struct undone undone = roll_back(0);
	cr_expect(undone.status == RECONCILE_OK && undone.done == 1, "%s", undone.message);
	cr_expect(!is_live("a", "three") && is_live("a", "two") && is_live("a", "one"));
	expect_agreement("the newest");
	cr_expect(count_events("column_dropped", "table=a column=three") == 1);
	expect_calls("a look and a change", FAKE_BEGIN, 1);
}

Test(boot_rollback, values_are_not_lost_unasked)
{
	start();
	fake.rows = 7;
	struct undone undone = roll_back(3);
	cr_expect(undone.status == RECONCILE_CONFLICT && undone.done == 0);
	expect_part("message", undone.message, "7 values would be lost");
	expect_calls("nothing was begun", FAKE_BEGIN, 0);
	expect_part("hint", undone.hint, "--allow-data-loss to lose them");
	expect_agreement("values");
	fake.rows = 1;
	undone = roll_back(3);
	expect_part("message", undone.message, "1 value would be lost");
	expect_part("hint", undone.hint, "--allow-data-loss to lose it");
}

/* Somebody writes a value between the look and the change. */
static void write_rows(struct fake *database)
{
	database->rows = 1;
}

Test(boot_rollback, values_that_were_written_meanwhile_are_kept)
{
	start();
	fake.before_begin = write_rows;
	struct undone undone = roll_back(3);
	cr_expect(undone.status == RECONCILE_CONFLICT && undone.done == 0);
	expect_part("message", undone.message, "holds 1 value, which would be lost");
	expect_agreement("written meanwhile");
	cr_expect(is_live("a", "one") && is_live("a", "two") && is_live("a", "three"));
}

/* false: that call is never made. */
static bool fail_once(enum fake_call call, unsigned n, enum error_class class, bool committed)
{
	char name[64];
	snprintf(name, sizeof(name), "call %d, time %u, class %d%s", (int)call, n, (int)class,
		 committed ? ", committed" : "");
	start();
	fake_fail((struct fake_failure){
		.call = call, .first = n, .count = 1, .class = class, .committed = committed});
	struct undone undone = roll_back(3);
	bool injected = fake.failures[0].injected > 0;
	int expected = injected && class == ERROR_FATAL ? RECONCILE_FAILED : RECONCILE_OK;
	cr_expect(undone.status == expected, "%s: status %d: %s\n  trace: %s", name, undone.status,
		  undone.message, fake.trace);
	expect_agreement(name);
	if (undone.status == RECONCILE_OK)
		cr_expect(undone.done == 3, "%s: %zu are done", name, undone.done);
	/* The same again does the rest. */
	fake.failure_count = 0;
	if (undone.status != RECONCILE_OK)
		roll_back(3);
	expect_agreement(name);
	cr_expect(!is_live("a", "one") && !is_live("a", "two") && !is_live("a", "three"), "%s",
		  name);
	return injected;
}

Test(boot_rollback, every_call_fails_once_with_every_class)
{
	static const enum fake_call places[] = {FAKE_OPEN,  FAKE_HISTORY, FAKE_READ,  FAKE_MEASURE,
						FAKE_BEGIN, FAKE_CHANGE,  FAKE_COMMIT};
	for (size_t i = 0; i < COUNT(places); i++)
		for (int class = ERROR_FATAL; class <= ERROR_UNKNOWN; class ++) {
			unsigned n = 1;
			while (n < 20 && fail_once(places[i], n, (enum error_class) class, false))
				n++;
			cr_expect(n > 1 && n < 20, "call %d, class %d: %u times", (int)places[i],
				  class, n);
		}
}

Test(boot_rollback, an_unanswered_commit_that_happened_counts_once)
{
	for (unsigned n = 1; n <= COUNT(added); n++)
		fail_once(FAKE_COMMIT, n, ERROR_UNKNOWN, true);
}

Test(boot_rollback, memory_runs_out_at_every_place)
{
	unsigned failed = 0;
	bool whole = false;
	for (unsigned n = 1; n <= 60; n++) {
		char name[32];
		snprintf(name, sizeof(name), "block %u", n);
		start();
		arena_fail_after(n);
		struct undone undone = roll_back(3);
		arena_fail_after(0);
		expect_agreement(name);
		cr_expect(undone.status == RECONCILE_OK || undone.status == RECONCILE_FAILED,
			  "%s: status %d: %s", name, undone.status, undone.message);
		if (undone.status == RECONCILE_FAILED && undone.message[0] != '\0')
			expect_part(name, undone.message, "out of memory");
		failed += undone.status != RECONCILE_OK;
		whole = undone.status == RECONCILE_OK;
	}
	cr_expect(failed > 5, "memory never ran out: %u", failed);
	cr_expect(whole, "memory runs out after 60 blocks still");
}
