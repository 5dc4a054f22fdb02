/* The registry alone: validate, and what its codes mean. */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <limits.h>
#include <reconcile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(cli_validate, findings)
{
	static const struct expectation rows[] = {
		{"the example has no errors", "$MANAGE validate", 0,
		 "registry/memstack.def:22: warning[sqlite-default]: column 'tenants.created_at': "
		 "the "
		 "default 'CURRENT_TIMESTAMP' is not constant: SQLite cannot add the column to a "
		 "table "
		 "with rows\n    hint: ",
		 "", "error["},
		{"and on PostgreSQL no warnings", "$MANAGE validate --engine postgresql", 0,
		 "registry memstack: 6 tables, 41 columns, no findings\n", "", "explain"},
		{"warnings are no failure", "$OWN validate -r events", 0,
		 "events.def:8: warning[volatile-default]: column 'events.chance': the default "
		 "calls "
		 "'random', which is volatile: PostgreSQL writes the whole table anew\n    hint: "
		 "add ",
		 "", "error["},
		{"what to do next", "$OWN validate -r events", 0,
		 "registry events: 1 table, 4 columns, 2 warnings\n"
		 "'manage explain CODE' says more about a code.\n"
		 "'--engine postgresql' leaves SQLite's rules out, and the other way round.\n",
		 "", NULL},
		{"of one database", "$OWN validate -r events --engine=sqlite", 0,
		 "warning[sqlite-default]", "", "volatile"},
		{"which needs no such advice", "$OWN validate -r events --engine=sqlite", 0,
		 "says more about a code.\n", "", "leaves"},
		{"of the other", "$OWN validate -r events --engine=postgresql", 0,
		 "warning[volatile-default]", "", "SQLite"},
		{"errors", "$OWN validate -r faulty", 65,
		 "faulty.c:12: error[not-null-without-default]: column 'orders.total': NOT_NULL "
		 "without "
		 "a default cannot be added to a table with rows\n    hint: use NULLABLE, ",
		 "", NULL},
		{"how many", "$OWN validate -r faulty", 65,
		 "registry faulty: 3 tables, 4 columns, 5 errors, 3 warnings\n", "", NULL},
		{"a row without a place", "$OWN validate -r faulty", 65,
		 "registry 'faulty': error[type-serial]: column 'Orders.?': ", "", NULL},
		{"a name that would steer the terminal", "$OWN validate -r faulty", 65,
		 "error[name-encoding]: column '?.x\\x1b[31m': ", "", "\033["},
		{"what is an error for SQLite", "$OWN validate -r faulty --engine sqlite", 65,
		 "error[case-clash]: table 'Orders'", "", "warning["},
		{"is none for PostgreSQL", "$OWN validate -r faulty --engine postgresql", 65,
		 "warning[case-clash]: table 'Orders'", "", NULL},
		{"a registry that may not be read", "$OWN validate -r '?'", 65,
		 "registry: error[layout]: its layout is 99 and this library reads layout 1\n"
		 "    hint: compile the registry with the reconcile.h of this library\n"
		 "registry ?: cannot be read, 1 error\n",
		 "", NULL},
		{"all of them", "$OWN validate", 65, "registry events: 1 table", "", NULL},
		{"no database is asked",
		 "RECONCILE_URL=nowhere://x RECONCILE_CONFIG=/nowhere $MANAGE validate", 0,
		 "registry memstack", "", NULL},
		{"no such engine", "$MANAGE validate --engine mysql", 64, "",
		 "option '--engine': 'mysql' is not one of postgresql|sqlite", NULL},
		{"an engine of another command", "$MANAGE check --engine sqlite", 64, "",
		 "'check' does not take the option '--engine'", NULL},
		{"in colour", "$OWN validate -r faulty --color always", 65,
		 "\033[1mfaulty.c:12: \033[0m\033[31merror[not-null-without-default]\033[0m: "
		 "column",
		 "", NULL},
		{"a service that refuses it says the same",
		 "$OWN check -r faulty -u sqlite://:memory:", 65, "",
		 "faulty.c:12: error[not-null-without-default]: column 'orders.total': NOT_NULL",
		 NULL},
	};

	expect_environment(NULL);
	EXPECT(rows);
}

Test(cli_validate, explain)
{
	static const struct expectation rows[] = {
		{"one", "$MANAGE explain frozen-default", 0,
		 "warning[frozen-default]: a date or time that is frozen for all later rows\n\n"
		 "  As text, PostgreSQL reads 'now', ",
		 "", NULL},
		{"its rows", "$MANAGE explain not-null-without-default", 0,
		 "\n  Wrong:\n    COLUMN( orders, total, \"INTEGER\", NOT_NULL, NO_DEFAULT, "
		 "\"Sum\" )\n"
		 "\n  Right:\n    COLUMN( orders, total, \"INTEGER\", NOT_NULL, DEFAULT(\"0\"), "
		 "\"Sum\" )\n",
		 "", "warning"},
		{"all", "$MANAGE explain", 0,
		 "\n  reserved-word             a name that is a reserved word\n", "", NULL},
		{"mistyped", "$MANAGE explain reservedword", 64, "",
		 "manage: unknown code 'reservedword'\nhint: did you mean 'reserved-word'?\n",
		 NULL},
		{"like none", "$MANAGE explain frobnicate", 64, "",
		 "unknown code 'frobnicate'\nhint: 'manage explain' lists the codes\n", NULL},
		{"two", "$MANAGE explain mixed-case case-clash", 64, "",
		 "'explain' takes no argument 'case-clash'", NULL},
		{"help", "$MANAGE help explain", 0, "explain [CODE] [options]", "", NULL},
		{"help behind it", "$MANAGE explain mixed-case --help", 0,
		 "explain [CODE] [options]", "", NULL},
		{"in colour", "$MANAGE explain layout --color always", 0,
		 "\033[31merror[layout]\033[0m: ", "", NULL},
		{"every code of the list is one",
		 "$MANAGE explain | sed -n 's/^  \\([a-z-]*\\)  .*/\\1/p' | while read -r code; do "
		 "$MANAGE explain $code > /dev/null || exit 1; echo $code; done",
		 0, "sqlite-type", "", NULL},
	};
	struct run result;
	size_t lines = 0;

	expect_environment(NULL);
	EXPECT(rows);
	result = run("$MANAGE explain | grep -c '^  [a-z]'");
	lines = strtoul(result.out, NULL, 10);
	cr_expect(lines == reconcile_rule_count(), "%zu codes in the list", lines);
	run_free(&result);
	/* Nothing is wider than the terminal of 80 columns. */
	result =
		run("for code in '' $($MANAGE explain | sed -n 's/^  \\([a-z-]*\\)  .*/\\1/p'); do "
		    "$MANAGE explain $code; done | LC_ALL=C awk 'length > 80'");
	cr_expect(result.status == 0 && !*result.out, "%s", result.out);
	run_free(&result);
}

static json_t *document(const char *command, int status)
{
	struct run result = run("%s", command);
	json_error_t error;
	json_t *json = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);

	cr_assert(json != NULL, "%s: %s: %s%s", command, error.text, result.out, result.err);
	cr_expect(result.status == status, "%s: exit code %d", command, result.status);
	run_free(&result);
	return json;
}

static void expect_words(json_t *object, const char *key, const char *words)
{
	json_t *value = json_object_get(object, key);

	if (words)
		cr_expect(json_is_string(value) && strcmp(json_string_value(value), words) == 0,
			  "%s is '%s', not '%s'", key,
			  json_is_string(value) ? json_string_value(value) : "?", words);
	else
		cr_expect(json_is_null(value), "%s is not null", key);
}

static void expect_finding(json_t *registry, size_t index, const char *const words[8], int line)
{
	static const char *const keys[] = {"file",    "level", "code",  "text",
					   "message", "hint",  "table", "column"};
	json_t *finding = json_array_get(json_object_get(registry, "findings"), index);

	cr_assert(json_is_object(finding));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		expect_words(finding, keys[i], words[i]);
	if (line > 0)
		cr_expect(json_integer_value(json_object_get(finding, "line")) == line);
	else
		cr_expect(json_is_null(json_object_get(finding, "line")));
}

Test(cli_validate, json)
{
	static const char *const reserved[] = {
		"faulty.c",
		"warning",
		"reserved-word",
		"faulty.c:11: warning[reserved-word]: column 'orders.user': 'user' is a reserved "
		"word of "
		"PostgreSQL",
		"column 'orders.user': 'user' is a reserved word of PostgreSQL",
		"quote it in every statement of the service, or rename it while that is cheap",
		"orders",
		"user"};
	static const char *const clash[] = {
		"faulty.c",
		"warning",
		"case-clash",
		"faulty.c:2: warning[case-clash]: table 'Orders': the name differs only in case "
		"from "
		"'orders'",
		"table 'Orders': the name differs only in case from 'orders'",
		"rename one of them: SQLite takes both for the same name",
		"Orders",
		NULL};
	static const char *const layout[] = {
		NULL,
		"error",
		"layout",
		"registry: error[layout]: its layout is 99 and this library reads layout 1",
		"its layout is 99 and this library reads layout 1",
		"compile the registry with the reconcile.h of this library",
		NULL,
		NULL};
	json_t *json, *registries;

	expect_environment(NULL);
	json = document("$OWN validate -f json", 65);
	registries = json_object_get(json, "registries");
	expect_words(json, "command", "validate");
	cr_assert(json_array_size(registries) == 3);
	expect_words(json_array_get(registries, 0), "registry", "events");
	cr_expect(json_is_true(json_object_get(json_array_get(registries, 0), "valid")));
	cr_expect(json_is_false(json_object_get(json_array_get(registries, 1), "valid")));
	expect_finding(json_array_get(registries, 1), 0, clash, 2);
	expect_finding(json_array_get(registries, 1), 2, reserved, 11);
	expect_finding(json_array_get(registries, 2), 0, layout, 0);
	json_decref(json);

	json = document("$OWN validate -f json -r events --engine sqlite", 0);
	registries = json_object_get(json, "registries");
	cr_expect(json_array_size(registries) == 1);
	cr_expect(json_array_size(json_object_get(json_array_get(registries, 0), "findings")) == 1);
	json_decref(json);
}

Test(cli_validate, explain_json)
{
	const struct reconcile_rule *wanted = reconcile_rule_find("volatile-default");
	json_t *json, *rules, *rule;

	expect_environment(NULL);
	json = document("$MANAGE explain -f json", 0);
	expect_words(json, "command", "explain");
	cr_expect(json_array_size(json_object_get(json, "rules")) == reconcile_rule_count());
	json_decref(json);

	json = document("$MANAGE explain volatile-default -f json", 0);
	rules = json_object_get(json, "rules");
	rule = json_array_get(rules, 0);
	cr_expect(json_array_size(rules) == 1);
	expect_words(rule, "code", wanted->code);
	expect_words(rule, "level", "warning");
	expect_words(rule, "summary", wanted->summary);
	expect_words(rule, "explanation", wanted->explanation);
	expect_words(rule, "wrong", wanted->wrong);
	expect_words(rule, "right", wanted->right);
	json_decref(json);

	json = document("$MANAGE explain nothing -f json", 64);
	expect_words(json_object_get(json, "error"), "status", "usage");
	json_decref(json);
}
