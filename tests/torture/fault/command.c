/*
 * Every allocation and every system call of a command fails once: it does not crash or hang, it
 * says 0 only with all of its output and effect, and otherwise 1 and why; the next start converges.
 * In `make test` one of SAMPLE is tried, at most LARGEST_SAMPLE a command, from a place that the
 * seed chooses.
 */
#include "../../support/part.h"
#include "../../support/torture.h"
#include "fault.h"
#include "shop.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE 10
#define LARGEST_SAMPLE 30
#define WORDS 16
/* More of them would not be read. */
#define REPORTS 5

static const struct command {
	const char *words; /* %C: the config file and so on, see fill() */
	enum shop_state state;
} commands[] = {
	{"check", SHOP_OLD},
	{"status -f json", SHOP_OLD},
	{"plan --out %P", SHOP_OLD},
	{"apply --yes", SHOP_OLD},
	{"apply --plan %A --yes -f json", SHOP_OLD},
	{"script up --dir %S", SHOP_OLD},
	{"history", SHOP_APPLIED},
	/* Said so that the same command again means the same: order.state and all after it. */
	{"rollback --to 2 --yes --keep-registry --allow-data-loss", SHOP_APPLIED},
	{"stamp", SHOP_BY_HAND},
};

struct trial {
	struct shop *shop;
	const struct command *command;
	char *words;
	const char *arguments[WORDS + 4];
	struct program program;
	/* Of the run without a fault. */
	int status;
	char *out;
	char *plan; /* the file that it wrote; NULL: none */
	char *before;
	char *after;
	/* How often so far. */
	unsigned long tried, survived;
};

/* ---- words ---------------------------------------------------------------- */

static const char *fill(const struct trial *trial, const char *word)
{
	if (strcmp(word, "%P") == 0)
		return trial->shop->plan;
	if (strcmp(word, "%A") == 0)
		return trial->shop->agreed_plan;
	return strcmp(word, "%S") == 0 ? trial->shop->scripts : word;
}

static void make_arguments(struct trial *trial)
{
	size_t count = 0;
	trial->arguments[count++] = trial->shop->program;
	trial->arguments[count++] = "--config";
	trial->arguments[count++] = trial->shop->config;
	trial->words = strdup(trial->command->words);
	for (char *word = strtok(trial->words, " "); word != NULL; word = strtok(NULL, " ")) {
		cr_assert(count < WORDS + 3);
		trial->arguments[count++] = fill(trial, word);
	}
	trial->arguments[count] = NULL;
	trial->program = program_new(trial->arguments);
}

static struct faulted run_whole(struct trial *trial)
{
	return program_run(&trial->program, &(struct fault){.at = 0});
}

/* ---- what is the same in every run ---------------------------------------- */

/* Times, durations, sums and the names of runs are not: "0.7", "2026-11-27T..", "(12 ms)",
 * hexadecimal. */
static bool varies(const char *word, size_t length, const char *next)
{
	bool digit = false, hexadecimal = length >= 16;
	for (size_t i = 0; i < length; i++) {
		digit = digit || isdigit((unsigned char)word[i]);
		hexadecimal = hexadecimal && isxdigit((unsigned char)word[i]);
	}
	return digit && (hexadecimal || memchr(word, '.', length) != NULL ||
			 memchr(word, ':', length) != NULL || strncmp(next, " ms", 3) == 0);
}

/* Without what varies, and without the width of columns. */
static char *constant_part(const char *text)
{
	static const char ends[] = " \t\n\",()[]{}";
	char *result = calloc(1, strlen(text) + 1), *to = result;
	cr_assert(result != NULL);
	while (*text != '\0') {
		size_t length = strcspn(text, ends);
		if (length > 0 && !varies(text, length, text + length)) {
			memcpy(to, text, length);
			to += length;
		} else if (length > 0) {
			*to++ = '#';
		}
		text += length;
		if (*text == ' ' && text[1] == ' ')
			text += strspn(text, " ") - 1;
		if (*text != '\0')
			*to++ = *text++;
	}
	return result;
}

/* ---- one fault ------------------------------------------------------------ */

static char *read_plan(const struct trial *trial)
{
	FILE *file = fopen(trial->shop->plan, "r");
	char text[32768];
	if (file == NULL)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return constant_part(text);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* NULL: everything that should be there is there; or what is not. */
static const char *find_missing(const struct trial *trial, const struct faulted *faulted,
				const char *contents, const char *plan)
{
	char *out = constant_part(faulted->out);
	const char *why = NULL;
	if (!same(out, trial->out))
		why = "its output is another";
	else if (!same(contents, trial->after))
		why = "the database is not as it should be";
	else if (!same(plan, trial->plan))
		why = "the plan is another";
	free(out);
	return why;
}

/* NULL: it survived; or why it did not. */
static const char *judge(const struct trial *trial, const struct fault *fault,
			 const struct faulted *faulted, const char *contents, const char *plan)
{
	if (faulted->status >= 128)
		return faulted->status == 128 + SIGALRM ? "it hangs" : "it crashed";
	/* A plan that is there is whole. */
	if (plan != NULL && !same(plan, trial->plan))
		return "a part of the plan is there";
	if (faulted->status == trial->status) {
		const char *missing = find_missing(trial, faulted, contents, plan);
		if (missing == NULL || trial->status != 1)
			return missing;
	}
	/* Want of memory is 1; a call may also leave the database out of reach. */
	bool reached = faulted->status != 69 || fault->kind != FAIL_CALL;
	if (faulted->status != 1 && reached)
		return "it does not say 1";
	return strstr(faulted->err, "manage: ") != NULL ? NULL : "it does not say why";
}

/* The same command again, whatever the fault left behind; what is left of a plan is no longer the
 * plan that somebody agreed with. */
static const char *go_on(struct trial *trial)
{
	bool planned = strstr(trial->command->words, "%A") != NULL;
	struct faulted next = planned ? shop_apply(trial->shop) : run_whole(trial);
	char *contents = shop_contents(trial->shop);
	const char *why = NULL;
	if (next.status != trial->status)
		why = "the next one fails";
	else if (!same(contents, trial->after))
		why = "the next one does not bring it in order";
	if (why != NULL)
		fprintf(stderr, "the next one, %d: %s%s\n", next.status, next.err, contents);
	faulted_free(&next);
	free(contents);
	return why;
}

/* With the place of the failure, from another run. */
static void report(struct trial *trial, const struct fault *fault, const struct faulted *faulted,
		   const char *why)
{
	static const char *const kinds[] = {"allocation", "allocation and all after it",
					    "system call"};
	struct fault traced = *fault;
	if (trial->tried - trial->survived > REPORTS)
		return;
	shop_reset(trial->shop);
	traced.trace = true;
	struct faulted again = program_run(&trial->program, &traced);
	cr_expect(false, "%s, %s: %s %lu, error %u: %s",
		  trial->shop->database->engine == ENGINE_SQLITE ? "SQLite" : "PostgreSQL",
		  trial->command->words, kinds[fault->kind], fault->at, fault->error, why);
	cr_log_error("exit %d; %.3000s\n%.2000s\nagain: exit %d (%s: %s), %.4000s", faulted->status,
		     faulted->err, faulted->out, again.status, trial->program.record->name,
		     strerror(trial->program.record->said), again.err);
	faulted_free(&again);
	shop_reset(trial->shop);
}

/* false: the program made fewer calls this time. */
static bool try_fault(struct trial *trial, const struct fault *fault)
{
	bool makes_plan = trial->plan != NULL;
	unlink(trial->shop->plan);
	struct faulted faulted = program_run(&trial->program, fault);
	bool failed = trial->program.record->failed;
	bool untouched = shop_is_untouched(trial->shop);
	char *contents = untouched ? strdup(trial->before) : shop_contents(trial->shop);
	char *plan = makes_plan ? read_plan(trial) : NULL;
	const char *why = judge(trial, fault, &faulted, contents, plan);
	trial->tried += failed;
	/* A start from before, or from after, has been seen. */
	if (why == NULL && !same(contents, trial->before) && !same(contents, trial->after))
		why = go_on(trial);
	trial->survived += failed && why == NULL;
	if (why != NULL)
		report(trial, fault, &faulted, why);
	if (!untouched &&
	    (!same(contents, trial->before) || trial->shop->database->engine == ENGINE_SQLITE))
		shop_reset(trial->shop);
	free(contents);
	free(plan);
	faulted_free(&faulted);
	return failed;
}

/* ---- all of them ---------------------------------------------------------- */

static struct trial begin(enum engine engine, const struct command *command)
{
	struct trial trial = {.command = command};
	trial.shop = shop_new(engine, command->state);
	make_arguments(&trial);
	trial.before = shop_contents(trial.shop);
	struct faulted whole = run_whole(&trial);
	trial.status = whole.status;
	trial.out = constant_part(whole.out);
	trial.plan = read_plan(&trial);
	trial.after = shop_contents(trial.shop);
	cr_assert(whole.status == 0 || whole.status == 2, "%s: %d, %s", command->words,
		  whole.status, whole.err);
	cr_assert(*whole.out != '\0', "%s says nothing", command->words);
	faulted_free(&whole);
	if (!same(trial.before, trial.after))
		shop_reset(trial.shop);
	return trial;
}

static void end(struct trial *trial)
{
	program_free(&trial->program);
	free(trial->words);
	free(trial->out);
	free(trial->plan);
	free(trial->before);
	free(trial->after);
	shop_free(trial->shop);
}

/* How many there are, and of each call how many errors. */
static unsigned long count_calls(struct trial *trial, enum fail_kind kind, unsigned char *errors)
{
	struct faulted counted = program_run(&trial->program, &(struct fault){.kind = kind});
	unsigned long count = trial->program.record->count;
	if (count > FAIL_CALLS_MAX)
		count = FAIL_CALLS_MAX;
	memcpy(errors, trial->program.record->errors, count);
	cr_assert_eq(counted.status, trial->status, "%s: %s", trial->command->words, counted.err);
	faulted_free(&counted);
	if (!same(trial->before, trial->after))
		shop_reset(trial->shop);
	return count;
}

static void try_kind(struct trial *trial, enum fail_kind kind)
{
	static const char *const names[] = {"one allocation fails", "memory is exhausted",
					    "one system call fails"};
	static unsigned char errors[FAIL_CALLS_MAX];
	unsigned long count = count_calls(trial, kind, errors);
	unsigned long sample =
		count / SAMPLE < LARGEST_SAMPLE ? count / SAMPLE + 1 : LARGEST_SAMPLE;
	unsigned long wanted = torture_count(part_is_whole() ? count : sample);
	unsigned long step = wanted < count ? count / wanted : 1;
	trial->tried = trial->survived = 0;
	for (unsigned long at = 1 + part_seed() % step; at <= count; at += step) {
		unsigned variants = kind == FAIL_CALL ? errors[at - 1] : 1;
		/* A sample tries one of a call's errors. */
		unsigned first = step > 1 ? (unsigned)(part_seed() / step + at) % variants : 0;
		for (unsigned i = first; i < variants; i++) {
			try_fault(trial, &(struct fault){.kind = kind, .at = at, .error = i});
			if (step > 1)
				break;
		}
	}
	torture_line(trial->tried, trial->survived, "%s on %s, %s (of %lu)", trial->command->words,
		     trial->shop->database->engine == ENGINE_SQLITE ? "SQLite" : "PostgreSQL",
		     names[kind], count);
}

static void try_command(enum engine engine, size_t index)
{
	struct trial trial = begin(engine, &commands[index]);
	try_kind(&trial, FAIL_MEMORY);
	try_kind(&trial, FAIL_CALL);
	/* As long as the first, and only for the messages. */
	if (part_is_whole())
		try_kind(&trial, FAIL_EXHAUSTED);
	end(&trial);
}

#define COMMAND_TEST(name, index)                                                                  \
	Test(fault, name##_on_sqlite)                                                              \
	{                                                                                          \
		try_command(ENGINE_SQLITE, index);                                                 \
	}                                                                                          \
	Test(fault, name##_on_postgres)                                                            \
	{                                                                                          \
		try_command(ENGINE_POSTGRES, index);                                               \
	}

COMMAND_TEST(check, 0)
COMMAND_TEST(status, 1)
COMMAND_TEST(plan, 2)
COMMAND_TEST(apply, 3)
COMMAND_TEST(apply_of_a_plan, 4)
COMMAND_TEST(script_up, 5)
COMMAND_TEST(history, 6)
COMMAND_TEST(rollback, 7)
COMMAND_TEST(stamp, 8)
