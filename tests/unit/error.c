#include "../../src/base/error.h"
#include "model.h"

#include <stdio.h>

Test(error, the_first_one_wins)
{
	struct error err = {0};
	cr_expect(!error_set(&err, RECONCILE_BUSY, "table '%s': locked", "orders"));
	cr_expect(!error_set(&err, RECONCILE_FAILED, "rollback failed"));
	cr_expect(!error_memory(&err));
	expect_text("message", err.message, "table 'orders': locked");
	cr_expect(err.status == RECONCILE_BUSY);
}

Test(error, places_are_put_in_front_on_the_way_up)
{
	struct error err = {0};
	cr_expect(!error_prefix(&err, "nowhere"));
	expect_text("no error has no place", err.message, "");
	error_set(&err, RECONCILE_NOT_PERMITTED, "permission denied");
	cr_expect(!error_prefix(&err, "add column '%s'", "note"));
	error_prefix(&err, "table '%s'", "orders");
	expect_text("message", err.message, "table 'orders': add column 'note': permission denied");
}

Test(error, the_hint_is_replaced)
{
	struct error err = {0};
	error_hint(&err, "one");
	error_hint(&err, "%s, then two", err.hint);
	expect_text("hint", err.hint, "one, then two");
}

Test(error, clear_makes_it_ready_again)
{
	struct error err = {0};
	error_set(&err, RECONCILE_FAILED, "x");
	err.class = ERROR_LOST;
	error_clear(&err);
	cr_expect(err.status == RECONCILE_OK && err.class == ERROR_FATAL);
	error_memory(&err);
	expect_text("message", err.message, "out of memory");
	cr_expect(err.status == RECONCILE_FAILED);
}

/* Whatever a file is called and a database says. */
Test(error, a_message_is_one_line_for_any_terminal)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"two\nlines", "two lines"},
		{"a\tb\r\n", "a b  "},
		{"\x1b[2J\x7f\x01", "?[2J??"},
		{"\xc2\x9b"
		 "2J",
		 "??2J"}, /* CSI */
		{"\xc3\xa4 \xe2\x82\xac", "\xc3\xa4 \xe2\x82\xac"},
		{"\xe4 \xff", "? ?"},
		{"\xe2\x82", "??"},      /* cut off */
		{"\xed\xa0\x80", "???"}, /* a surrogate */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		error_set(&err, RECONCILE_FAILED, "%s", cases[i].text);
		error_hint(&err, "%s", cases[i].text);
		expect_text("message", err.message, cases[i].line);
		expect_text("hint", err.hint, cases[i].line);
		error_clear(&err);
		error_set(&err, RECONCILE_FAILED, "x");
		error_prefix(&err, "%s", cases[i].text);
		cr_expect(strncmp(err.message, cases[i].line, strlen(cases[i].line)) == 0, "'%s'",
			  err.message);
		error_scrub(&err, cases[i].text);
		cr_expect(strlen(cases[i].text) < 3 || strncmp(err.message, "***: x", 6) == 0,
			  "'%s'", err.message);
	}
}

/* Fills the message so that its last bytes would be around the end of the room for it. */
static void set_long(struct error *err, size_t fill, const char *end)
{
	char text[4096];
	memset(text, 'x', fill);
	snprintf(text + fill, sizeof(text) - fill, "%s", end);
	error_clear(err);
	error_set(err, RECONCILE_FAILED, "%s", text);
}

static void expect_valid_cut(const char *name, const char *text, size_t size)
{
	size_t length = strlen(text);
	cr_expect(length < size && length > size - 8, "%s: %zu bytes", name, length);
	cr_expect(strcmp(text + length - 3, "...") == 0, "%s: ends in '%s'", name,
		  text + length - 3);
	cr_expect((unsigned char)text[length - 4] == 'x' || length < 5 ||
			  ((unsigned char)text[length - 4] & 0xc0) == 0x80,
		  "%s: a character is cut in two", name);
}

Test(error, a_message_that_does_not_fit_ends_in_three_dots)
{
	struct error err = {0};
	set_long(&err, sizeof(err.message) - 1, "");
	cr_expect(strlen(err.message) == sizeof(err.message) - 1 && !strstr(err.message, "..."));
	for (size_t fill = sizeof(err.message) - 10; fill < sizeof(err.message); fill++) {
		set_long(&err, fill, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
		expect_valid_cut("set", err.message, sizeof(err.message));
		error_prefix(&err, "table 'orders'");
		expect_part("prefix", err.message, "table 'orders': xxx");
		cr_expect(strcmp(err.message + strlen(err.message) - 3, "...") == 0);
	}
}

Test(error, secrets_are_scrubbed)
{
	static const struct {
		const char *name;
		const char *text;
		const char *secret;
		const char *expected;
	} cases[] = {
		{"once", "user u:hunter2@h", "hunter2", "user u:***@h"},
		{"at both ends", "hunter2 is hunter2", "hunter2", "*** is ***"},
		{"side by side", "hunter2hunter2", "hunter2", "******"},
		{"of three bytes", "pw abc, abc", "abc", "pw ***, ***"},
		{"two are too few", "a ab abc", "ab", "a ab abc"},
		{"empty", "nothing", "", "nothing"},
		{"none", "nothing", NULL, "nothing"},
		{"is the mask", "a *** b", "***", "a *** b"},
		{"longer than all", "short", "very long", "short"},
		{"overlapping", "aaaa", "aaa", "***a"},
		{"cut by the dots", "missing \"=\" after hunt...", "hunter2",
		 "missing \"=\" after ***..."},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err = {0};
		error_set(&err, RECONCILE_FAILED, "%s", cases[i].text);
		error_hint(&err, "%s", cases[i].text);
		error_scrub(&err, cases[i].secret);
		expect_text(cases[i].name, err.message, cases[i].expected);
		expect_text(cases[i].name, err.hint, cases[i].expected);
	}
}

Test(error, no_part_of_a_secret_survives_where_the_message_was_cut)
{
	static const char secret[] = "Secret-of-the-database-0123456789";
	struct error err = {0};
	for (size_t fill = sizeof(err.message) - 50; fill < sizeof(err.message); fill++) {
		set_long(&err, fill, secret);
		error_scrub(&err, secret);
		cr_expect(!strstr(err.message, "Sec"), "fill %zu: %s", fill,
			  err.message + fill - 9);
		error_prefix(&err, "connection");
		cr_expect(!strstr(err.message, "Sec"), "fill %zu, with its place", fill);
	}
}

Test(error, a_hint_names_the_command_as_its_users_do)
{
	static const struct {
		const char *hint, *shown;
	} cases[] = {
		{"", ""},
		{"look", "look"},
		{"run `manage plan`", "run `shopctl plan`"},
		{"`manage plan` or `manage apply`", "`shopctl plan` or `shopctl apply`"},
		{"manage it; `managed` and `manage`", "manage it; `managed` and `manage`"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		error_hint(&err, "%s", cases[i].hint);
		error_name_command(&err, "shopctl");
		cr_expect_str_eq(err.hint, cases[i].shown);
	}
	struct error err = {0};
	char full[sizeof(err.hint)];
	memset(full, 'x', sizeof(full));
	memcpy(full + sizeof(full) - 12, "`manage a`", 11);
	error_hint(&err, "%s", full);
	error_name_command(&err, "a-command-with-a-longer-name");
	cr_expect(strlen(err.hint) == sizeof(err.hint) - 1);
	cr_expect(strcmp(err.hint + strlen(err.hint) - 3, "...") == 0);
}
