#include "manage.h"

#include "json.h"

#include <ctype.h>
#include <string.h>

#define OPTION_COLUMN 30

static void print_options(FILE *out, const struct option *option)
{
	for (; option->name; option++) {
		char form[80] = "    ";

		if (option->letter)
			snprintf(form, sizeof(form), "-%c, ", option->letter);
		if (option->kind == OPTION_ROWS)
			snprintf(form + 4, sizeof(form) - 4, "--%s[=%s]", option->name,
				 option->value);
		else
			snprintf(form + 4, sizeof(form) - 4, "--%s%s%s", option->name,
				 option->value ? " " : "", option->value ? option->value : "");
		/* A form that is too long for its column has its help on the next line. */
		if (strlen(form) >= OPTION_COLUMN)
			fprintf(out, "  %s\n  %*s%s\n", form, OPTION_COLUMN, "", option->help);
		else
			fprintf(out, "  %-*s%s\n", OPTION_COLUMN, form, option->help);
	}
}

/* With the program's name for each `manage`. */
static void print_named(const struct manage *manage, FILE *out, const char *text)
{
	char named[4096];

	naming_copy(named, sizeof(named), text, manage->program, true);
	fputs(named, out);
}

void help_usage(const struct manage *manage, FILE *out)
{
	print_named(manage, out, "Usage: manage [options] COMMAND [options]\n\nCommands:\n");
	for (const struct command *command = commands; command->name; command++)
		fprintf(out, "  %-10s %s\n", command->name, command->summary);
}

static void print_exit_codes(FILE *out)
{
	fputs("\nExit codes:\n", out);
#define X(name, value, meaning) fprintf(out, "  %2d  %s\n", value, meaning);
	RECONCILE_STATUS_LIST(X)
#undef X
	fputs(" 130  ended by SIGINT: what ran is rolled back, what is committed stays\n"
	      " 143  the same by SIGTERM\n",
	      out);
}

static void print_help(const struct manage *manage, FILE *out)
{
	fprintf(out,
		"%s: adds the tables and columns that a database lacks, and says what it did.\n\n",
		manage->program);
	help_usage(manage, out);
	fputs("\nOptions, before or behind the command, as '--url X' or '--url=X':\n", out);
	print_options(out, global_options);
	print_exit_codes(out);
	print_named(
		manage, out,
		"\nExamples:\n"
		"  manage status --url postgresql://app@localhost/app\n"
		"  manage plan\n"
		"  manage apply --yes --url sqlite:///app.db --create\n"
		"  manage check --quiet || echo \"not in sync: $?\"\n"
		"\n"
		"The database is that of --url, RECONCILE_URL, DATABASE_URL or reconcile.ini, in\n"
		"this order. 'manage help COMMAND' says more about one command.\n"
		"\n"
		"What is declared is a registry, compiled in or of a shared object:\n"
		"  cc -I. -shared -fPIC -o service.so registry.c $(pkg-config --cflags reconcile)\n"
		"  manage plan --registry ./service.so:NAME\n"
		"Scripts, history and show need none.\n");
}

static void print_command_help(const struct manage *manage, FILE *out,
			       const struct command *command)
{
	static const char *const operands[] = {
		[OPERAND_NONE] = "",  [OPERAND_COMMAND] = " [COMMAND]", [OPERAND_CODE] = " [CODE]",
		[OPERAND_ID] = " ID", [OPERAND_VERB] = " VERB [WHAT]",
	};

	fprintf(out, "Usage: %s [options] %s%s [options]\n\n", manage->program, command->name,
		operands[command->operand]);
	fprintf(out, "%c%s.\n\n", toupper((unsigned char)command->summary[0]),
		command->summary + 1);
	print_named(manage, out, command->text);
	if (command->options->name) {
		fputs("\nOptions:\n", out);
		print_options(out, command->options);
	}
	fprintf(out, "\n'%s help' lists the options of every command, and the exit codes.\n",
		manage->program);
}

int help_command(struct manage *manage)
{
	const struct arguments *arguments = &manage->arguments;
	const struct command *command = arguments->command;

	/* `help apply` and `apply --help` are the same; `help` alone is about everything. */
	if (arguments->topic && command && command->operand == OPERAND_COMMAND)
		command = command_find(arguments->topic);
	else if (command && command->operand == OPERAND_COMMAND && !arguments->help)
		command = NULL;
	if (command)
		print_command_help(manage, manage->out.stream, command);
	else
		print_help(manage, manage->out.stream);
	return RECONCILE_OK;
}

int version_command(struct manage *manage)
{
	if (manage->arguments.format == FORMAT_JSON)
		return json_version(manage) ? RECONCILE_OK : manage_out_of_memory(manage);
	fprintf(manage->out.stream, "%s %s\n", manage->program, reconcile_version());
	if (!manage->registry_count)
		fputs("no registry is compiled in\n", manage->out.stream);
	for (size_t i = 0; i < manage->registry_count; i++) {
		const struct reconcile_registry *registry = manage->registries[i];
		size_t tables = registry_table_count(registry);

		fputs("registry ", manage->out.stream);
		terminal_text(&manage->out, registry_name(registry));
		fprintf(manage->out.stream, ": %zu table%s, %zu column%s\n", tables, plural(tables),
			registry_column_count(registry), plural(registry_column_count(registry)));
	}
	return RECONCILE_OK;
}
