#include "arguments.h"

#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Where the reading is. */
struct reader {
	struct arguments *arguments;
	int argc;
	char **argv;
	int index; /* of the word in hand */
};

bool arguments_complain(struct arguments *arguments, const char *format, ...)
{
	va_list list;

	if (arguments->error.status)
		return false;
	va_start(list, format);
	vsnprintf(arguments->message, sizeof(arguments->message), format, list);
	va_end(list);
	snprintf(arguments->hint, sizeof(arguments->hint), "see 'manage help%s%s'",
		 arguments->command ? " " : "", arguments->command ? arguments->command->name : "");
	arguments->error = (struct reconcile_error){
		.status = RECONCILE_USAGE,
		.message = arguments->message,
		.hint = arguments->hint,
	};
	return false;
}

/* The hint of the mistake just noted, when mine is the first one. */
__attribute__((format(printf, 3, 4))) static bool hint(struct arguments *arguments,
						       const char *before, const char *format, ...)
{
	va_list list;

	if (before)
		return false;
	va_start(list, format);
	vsnprintf(arguments->hint, sizeof(arguments->hint), format, list);
	va_end(list);
	return false;
}

/* What an argument says may be a URL that was put in the wrong place. */
static const char *harmless(const char *word)
{
	return strstr(word, "://") || strchr(word, '=') ? "(a connection string)" : word;
}

static const struct option *option_named(const struct command *command, const char *name,
					 size_t length, char letter)
{
	const struct option *tables[] = {command ? command->options : NULL, global_options};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct option *option = tables[i]; option && option->name; option++) {
			if (name ? strlen(option->name) == length &&
					    strncmp(option->name, name, length) == 0
				 : option->letter == letter)
				return option;
		}
	}
	return NULL;
}

/* The first command that takes an option which is none here, or NULL. */
static const struct command *command_taking(const char *name, size_t length, char letter)
{
	for (const struct command *command = commands; command->name; command++) {
		if (option_named(command, name, length, letter))
			return command;
	}
	return NULL;
}

static bool unknown_option(struct arguments *arguments, const char *name, size_t length,
			   char letter)
{
	const struct command *command = arguments->command;
	const struct command *taker = command_taking(name, length, letter);
	const char *before = arguments->error.message, *near = NULL;
	char text[64];

	if (name)
		snprintf(text, sizeof(text), "%.*s", (int)(length < 60 ? length : 60), name);
	else
		snprintf(text, sizeof(text), "%c", letter);
	if (name && !taker)
		near = option_suggest(command, text);
	if (command && taker)
		arguments_complain(arguments, "'%s' does not take the option '-%s%s'",
				   command->name, name ? "-" : "", text);
	else
		arguments_complain(arguments, "unknown option '-%s%s'%s", name ? "-" : "", text,
				   taker ? " before the command" : "");
	if (near)
		return hint(arguments, before, "did you mean '--%s'?", near);
	if (taker && !command)
		return hint(arguments, before, "it belongs behind a command, such as '%s'",
			    taker->name);
	return false;
}

/* 1 for the first of the words in "a|b|c", ..., in any case; 0: none of them. */
static int choice_number(const char *words, const char *value)
{
	size_t length;
	int number = 1;

	/* What syslog and many libraries call that level. */
	if (strstr(words, "|warn|") && strcasecmp(value, "warning") == 0)
		value = "warn";
	length = strlen(value);
	for (const char *word = words; word; number++) {
		const char *end = strchr(word, '|');
		size_t word_length = end ? (size_t)(end - word) : strlen(word);

		if (word_length == length && strncasecmp(word, value, length) == 0)
			return number;
		word = end ? end + 1 : NULL;
	}
	return 0;
}

/* Copies the URL, then leaves of the argument only its scheme: `ps` shows arguments to everybody.
 */
static bool take_secret(struct arguments *arguments, const struct option *option,
			struct secret *field, char *value)
{
	size_t length = strlen(value);
	char *rest = value;
	const char *mask = "***";

	if (length >= sizeof(field->text))
		return arguments_complain(arguments, "option '--%s': the value is over %zu bytes",
					  option->name, sizeof(field->text) - 1);
	memcpy(field->text, value, length + 1);
	if (strstr(value, "://"))
		rest = strstr(value, "://") + 3;
	while (*rest) {
		*rest++ = *mask ? *mask : '\0';
		mask += *mask ? 1 : 0;
	}
	return true;
}

static bool take_count(struct arguments *arguments, const struct option *option, long *field,
		       const char *value)
{
	char *end;

	errno = 0;
	*field = strtol(value, &end, 10);
	if (errno || end == value || *end || *field < 0)
		return arguments_complain(arguments, "option '--%s': '%.40s' is not a number",
					  option->name, harmless(value));
	return true;
}

/* "2h": the moment two hours ago. Anything else is a moment already, which the library reads. */
static bool take_moment(struct arguments *arguments, const struct option *option,
			struct moment *field, const char *value)
{
	static const struct {
		char letter;
		long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	char *end;
	long number = strtol(value, &end, 10);
	time_t then = time(NULL);
	struct tm parts;

	if (strlen(value) >= sizeof(field->text))
		return arguments_complain(arguments, "option '--%s': '%.40s' is not a moment",
					  option->name, harmless(value));
	snprintf(field->text, sizeof(field->text), "%s", value);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (*value < '0' || *value > '9' || end[0] != units[i].letter || end[1])
			continue;
		/* Before there were computers is since ever. */
		if (number > (long)then / units[i].seconds)
			number = (long)then / units[i].seconds;
		then -= number * units[i].seconds;
		strftime(field->text, sizeof(field->text), "%Y-%m-%dT%H:%M:%SZ",
			 gmtime_r(&then, &parts));
	}
	return true;
}

/* Splits the argument at its first dot. */
static bool take_place(struct arguments *arguments, const struct option *option,
		       struct place *field, char *value)
{
	char *dot = strchr(value, '.');

	if (!dot || dot == value || !dot[1])
		return arguments_complain(arguments, "option '--%s': '%.60s' is not TABLE.COLUMN",
					  option->name, harmless(value));
	*dot = '\0';
	*field = (struct place){.table = value, .column = dot + 1};
	return true;
}

static bool take_value(struct arguments *arguments, const struct option *option, char *value)
{
	const char *before = arguments->error.message;
	void *field = (char *)arguments + option->offset;

	if (!*value)
		return arguments_complain(arguments, "option '--%s': the value is empty",
					  option->name);
	switch (option->kind) {
	case OPTION_FLAG:
		return arguments_complain(arguments, "option '--%s' takes no value", option->name);
	case OPTION_TEXT:
		*(const char **)field = value;
		return true;
	case OPTION_SECRET:
		return take_secret(arguments, option, field, value);
	case OPTION_COUNT:
		return take_count(arguments, option, field, value);
	case OPTION_ROWS:
		if (!take_count(arguments, option, field, value))
			return false;
		if (*(long *)field == 0)
			*(long *)field = RECONCILE_REWRITE_NONE;
		return true;
	case OPTION_CHOICE:
		*(int *)field = choice_number(option->value, value);
		if (*(int *)field)
			return true;
		arguments_complain(arguments, "option '--%s': '%.40s' is not one of %s",
				   option->name, harmless(value), option->value);
		return false;
	case OPTION_PLACE:
		return take_place(arguments, option, field, value);
	case OPTION_MOMENT:
		return take_moment(arguments, option, field, value);
	case OPTION_DURATION:
		*(long *)field = reconcile_duration_parse(value);
		if (*(long *)field >= 1)
			return true;
		arguments_complain(arguments, "option '--%s': '%.40s' is not a duration",
				   option->name, harmless(value));
		return hint(arguments, before, "write 250, 250ms, 5s or 2m, at least 1 ms");
	}
	return false;
}

/* The word behind an option as its value, unless it looks like the next option. */
static bool take_next(struct reader *reader, const struct option *option)
{
	int next = reader->index + 1;

	if (next >= reader->argc || reader->argv[next][0] == '-')
		return arguments_complain(reader->arguments, "option '--%s' needs a value: %s",
					  option->name, option->value);
	reader->index = next;
	return take_value(reader->arguments, option, reader->argv[next]);
}

/* --name, --name=value or --name value. */
static void read_long(struct reader *reader, char *word)
{
	char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *option = option_named(reader->arguments->command, word, length, '\0');

	if (!option)
		unknown_option(reader->arguments, word, length, '\0');
	else if (equals)
		take_value(reader->arguments, option, equals + 1);
	else if (option->kind == OPTION_FLAG)
		*(bool *)((char *)reader->arguments + option->offset) = true;
	else if (option->kind == OPTION_ROWS)
		*(long *)((char *)reader->arguments + option->offset) = RECONCILE_REWRITE_ANY;
	else
		take_next(reader, option);
}

/* -q, -qv, -uURL, -u URL */
static void read_letters(struct reader *reader, char *letters)
{
	for (; *letters; letters++) {
		const struct option *option =
			option_named(reader->arguments->command, NULL, 0, *letters);

		if (!option) {
			unknown_option(reader->arguments, NULL, 0, *letters);
			return;
		}
		if (option->kind == OPTION_FLAG) {
			*(bool *)((char *)reader->arguments + option->offset) = true;
			continue;
		}
		if (letters[1])
			take_value(reader->arguments, option, letters + 1);
		else
			take_next(reader, option);
		return;
	}
}

static void read_code(struct arguments *arguments, const char *word)
{
	const char *before = arguments->error.message, *near;

	arguments->topic = word;
	if (reconcile_rule_find(word))
		return;
	arguments_complain(arguments, "unknown code '%.60s'", harmless(word));
	near = code_suggest(word);
	if (near)
		hint(arguments, before, "did you mean '%s'?", near);
	else
		hint(arguments, before, "'manage explain' lists the codes");
}

static void read_id(struct arguments *arguments, const char *word)
{
	char *end;

	errno = 0;
	arguments->id = strtoll(word, &end, 10);
	if (errno || end == word || *end || arguments->id <= 0)
		arguments_complain(arguments, "'%.40s' is not the number of a change",
				   harmless(word));
}

static void read_operand(struct reader *reader, const char *word)
{
	struct arguments *arguments = reader->arguments;
	enum operand operand = arguments->command ? arguments->command->operand : OPERAND_NONE;
	const char *before = arguments->error.message, *near;

	if (operand == OPERAND_CODE && !arguments->topic) {
		read_code(arguments, word);
		return;
	}
	if (operand == OPERAND_ID && !arguments->id && !arguments->error.status) {
		read_id(arguments, word);
		return;
	}
	if (operand == OPERAND_VERB && !arguments->verb) {
		arguments->verb = word;
		return;
	}
	if (operand == OPERAND_VERB && !arguments->subject) {
		arguments->subject = word;
		return;
	}
	if (operand == OPERAND_COMMAND && !arguments->topic) {
		arguments->topic = word;
		if (command_find(word))
			return;
	} else if (arguments->command) {
		arguments_complain(arguments, "'%s' takes no argument '%.60s'",
				   arguments->command->name, harmless(word));
		if (strcmp(harmless(word), word) != 0)
			hint(arguments, before, "name the database with '--url'");
		return;
	} else {
		arguments->command = command_find(word);
		if (arguments->command)
			return;
	}
	arguments_complain(arguments, "unknown command '%.60s'", harmless(word));
	near = command_suggest(word);
	if (near)
		hint(arguments, before, "did you mean '%s'?", near);
	else
		hint(arguments, before, "'manage help' lists the commands");
}

/* What single options cannot see. */
static bool check_together(struct arguments *arguments)
{
	const struct command *command = arguments->command;
	bool plans = command && (strcmp(command->name, "plan") == 0 || arguments->dry_run);

	if (arguments->format == FORMAT_SQL && !plans && !arguments->error.status)
		return arguments_complain(arguments, "option '--format': only a plan is printed as "
						     "sql");
	if (command && command->operand == OPERAND_ID && !arguments->id && !arguments->help &&
	    !arguments->error.status)
		return arguments_complain(arguments, "'%s' needs the number of a change",
					  command->name);
	if (command && command->operand == OPERAND_VERB && !arguments->verb && !arguments->help &&
	    !arguments->error.status)
		return arguments_complain(arguments, "'%s' needs to know what to do",
					  command->name);
	if (arguments->quiet && arguments->verbose)
		return arguments_complain(arguments, "options '--quiet' and '--verbose' exclude "
						     "each other");
	if (arguments->exit_code && command && command->run == apply_command && !arguments->dry_run)
		return arguments_complain(arguments, "option '--exit-code' of 'apply' goes with "
						     "'--dry-run' only");
	if (command && command->run == fresh_command && arguments->format == FORMAT_JSON)
		return arguments_complain(arguments, "'fresh' has no JSON");
	if (arguments->plan && arguments->dry_run)
		return arguments_complain(arguments, "options '--plan' and '--dry-run' exclude "
						     "each other");
	return !arguments->error.status;
}

bool arguments_parse(struct arguments *arguments, int argc, char **argv)
{
	struct reader reader = {.arguments = arguments, .argc = argc, .argv = argv, .index = 1};
	bool operands_only = false;

	*arguments = (struct arguments){.limit = -1, .last = -1, .to = -1};
	for (; reader.index < argc; reader.index++) {
		char *word = argv[reader.index];

		if (operands_only || word[0] != '-' || !word[1])
			read_operand(&reader, word);
		else if (strcmp(word, "--") == 0)
			operands_only = true;
		else if (word[1] == '-')
			read_long(&reader, word + 2);
		else
			read_letters(&reader, word + 1);
	}
	if (!arguments->format)
		arguments->format = FORMAT_TEXT;
	return check_together(arguments);
}
