/* How many there are decides about words: "there was 1 try", "there were 2 tries". */
#include "boot_support.h"

#include <stdio.h>
#include <string.h>

Test(boot_number, tries)
{
	struct reconcile_options options = quick();
	options.lock_timeout_ms = 50;
	options.statement_timeout_ms = 100;
	fake_reset(&boot_registry);
	fake_fail((struct fake_failure){
		.call = FAKE_BEGIN, .first = 1, .count = 0, .class = ERROR_BUSY});
	/* A try is begun if it can end inside the budget: behind the first one, none can. */
	options.budget_ms = 50;
	struct outcome outcome = boot_with(&options);
	expect_status("one", &outcome, RECONCILE_BUSY);
	expect_part("one", outcome.message, "and there was 1 try: ");
	options.budget_ms = 200;
	outcome = boot_with(&options);
	expect_status("several", &outcome, RECONCILE_BUSY);
	expect_part("several", outcome.message, "and there were ");
	expect_part("several", outcome.message, " tries: ");
}

Test(boot_number, columns_that_may_not_be_added)
{
	static const struct {
		const char *have[3], *text;
	} cases[] = {
		{{"id", NULL, NULL}, "add column 'one' and others: must be owner"},
		{{"id", "one", NULL}, "add column 'two' and another: must be owner"},
		{{"id", "one", "two"}, "add column 'three': must be owner"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		fake_reset(&boot_registry);
		for (size_t j = 0; j < 3 && cases[i].have[j] != NULL; j++)
			fake_have("a", cases[i].have[j]);
		fake.alter_table = "a";
		fake.may_not_alter = "must be owner of table a";
		struct outcome outcome = boot();
		expect_status(cases[i].text, &outcome, RECONCILE_NOT_PERMITTED);
		expect_part("denied", outcome.message, cases[i].text);
	}
}

static const char *const columns[] = {"one", "two", "three"};

Test(boot_number, columns_that_are_refused)
{
	static const char *const texts[] = {
		"column 'one': ", "column 'one' and another: ", "column 'one' and others: "};
	for (size_t i = 0; i < COUNT(texts); i++) {
		fake_reset(&boot_registry);
		fake_have("a", "id");
		for (size_t j = i + 1; j < COUNT(columns); j++)
			fake_have("a", columns[j]);
		fake.costs[0].cost = RECONCILE_COST_REWRITE;
		fake.costs[0].reason = "every row is written";
		fake.rows = 1000;
		struct outcome outcome = boot();
		expect_status(texts[i], &outcome, RECONCILE_CONFLICT);
		expect_part("refused", outcome.message, texts[i]);
	}
}
