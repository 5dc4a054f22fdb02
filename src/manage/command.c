#include "command.h"

#include "arguments.h"
#include "suggestion.h"

#include <string.h>

#define IN(field) offsetof(struct arguments, field)

const struct option global_options[] = {
	{"url", 'u', OPTION_SECRET, "URL", IN(url), "postgresql://user@host/db, sqlite:///file.db"},
	{"config", 'c', OPTION_TEXT, "FILE", IN(config_file), "INI file (default: reconcile.ini)"},
	{"env", 'e', OPTION_TEXT, "SECTION", IN(section), "INI section laid over [reconcile]"},
	{"registry", 'r', OPTION_TEXT, "NAME|FILE.so:NAME", IN(registry),
	 "one that is compiled in, or of a shared object"},
	{"schema", 0, OPTION_TEXT, "NAME", IN(schema), "default: the connection's current schema"},
	{"history-schema", 0, OPTION_TEXT, "NAME", IN(history_schema),
	 "PostgreSQL: where history is (default: the same)"},
	{"format", 'f', OPTION_CHOICE, "text|json|sql", IN(format),
	 "of the output; sql: plan only"},
	{"color", 0, OPTION_CHOICE, "auto|always|never", IN(color), "auto: on a terminal"},
	{"quiet", 'q', OPTION_FLAG, NULL, IN(quiet), "log errors only"},
	{"verbose", 'v', OPTION_FLAG, NULL, IN(verbose), "show and log more"},
	{"log-level", 0, OPTION_CHOICE, "debug|info|warn|error|off", IN(log_level),
	 "of the log on standard error"},
	{"log-format", 0, OPTION_CHOICE, "text|logfmt|json", IN(log_format),
	 "of the log on standard error"},
	{"lock-timeout", 0, OPTION_DURATION, "TIME", IN(lock_timeout_ms),
	 "longest wait in a lock queue a try (250ms)"},
	{"statement-timeout", 0, OPTION_DURATION, "TIME", IN(statement_timeout_ms),
	 "longest run of a statement (5s)"},
	{"budget", 0, OPTION_DURATION, "TIME", IN(budget_ms),
	 "for all of applying, retries included (60s)"},
	{"connect-timeout", 0, OPTION_DURATION, "TIME", IN(connect_timeout_ms),
	 "for connecting, a server's start included (10s)"},
	{"catalog", 0, OPTION_CHOICE, "auto|pg_catalog|information_schema", IN(catalog),
	 "which catalog PostgreSQL is read by"},
	{"allow-rewrite", 0, OPTION_ROWS, "ROWS", IN(allow_rewrite),
	 "let apply rewrite tables (of up to ROWS rows)"},
	{"ddl-url", 0, OPTION_SECRET, "URL", IN(ddl_url), "PostgreSQL: connection for the changes"},
	{"ddl-role", 0, OPTION_TEXT, "ROLE", IN(ddl_role), "PostgreSQL: role for the changes"},
	{"create", 0, OPTION_FLAG, NULL, IN(create), "SQLite: make the file if it is not there"},
	{"help", 'h', OPTION_FLAG, NULL, IN(help), "help, also for a command"},
	{"version", 0, OPTION_FLAG, NULL, IN(version), "the same as the command version"},
	{NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

#define EXIT_CODE                                                                                  \
	{                                                                                          \
		"exit-code", 0, OPTION_FLAG, NULL, IN(exit_code),                                  \
			"exit 2 when something is pending, 3 on conflict"                          \
	}
#define OPTIONS_END                                                                                \
	{                                                                                          \
		NULL, 0, OPTION_FLAG, NULL, 0, NULL                                                \
	}

#define DIR_OPTION                                                                                 \
	{                                                                                          \
		"dir", 'd', OPTION_TEXT, "DIR", IN(dir),                                           \
			"the scripts' folder (scripts/migrations)"                                 \
	}

#define DATABASE_OPTION                                                                            \
	{                                                                                          \
		"database", 0, OPTION_TEXT, "SECTION", IN(database),                               \
			"that of a script folder: its INI section"                                 \
	}

static const struct option report_options[] = {EXIT_CODE, OPTIONS_END};

static const struct option plan_options[] = {
	{"out", 'o', OPTION_TEXT, "FILE", IN(out), "write it into FILE, for 'apply --plan'"},
	EXIT_CODE,
	OPTIONS_END,
};

static const struct option apply_options[] = {
	{"yes", 'y', OPTION_FLAG, NULL, IN(yes), "do not ask"},
	{"dry-run", 'n', OPTION_FLAG, NULL, IN(dry_run), "show the plan only, as plan does"},
	{"scripts", 0, OPTION_FLAG, NULL, IN(scripts), "then run the scripts that are pending"},
	DIR_OPTION,
	{"plan", 'p', OPTION_TEXT, "FILE", IN(plan), "do exactly what 'plan --out' wrote"},
	EXIT_CODE,
	OPTIONS_END,
};

static const struct option history_options[] = {
	{"limit", 'l', OPTION_COUNT, "N", IN(limit), "the newest N changes (20); 0: all"},
	{"table", 't', OPTION_TEXT, "NAME", IN(table), "of this table only"},
	{"since", 's', OPTION_MOMENT, "TIME", IN(since),
	 "2h, 3d, 2026-11-21 or 2026-11-21T17:00:00Z"},
	DATABASE_OPTION,
	OPTIONS_END,
};

static const struct option show_options[] = {DATABASE_OPTION, OPTIONS_END};

static const struct option validate_options[] = {
	{"engine", 0, OPTION_CHOICE, "postgresql|sqlite", IN(engine),
	 "by the rules of that one only"},
	OPTIONS_END,
};

static const struct option rollback_options[] = {
	{"last", 0, OPTION_COUNT, "N", IN(last), "the newest N changes (1)"},
	{"to", 0, OPTION_COUNT, "ID", IN(to), "every change newer than that one"},
	{"column", 0, OPTION_PLACE, "T.C", IN(place), "the change that added that column"},
	{"yes", 'y', OPTION_FLAG, NULL, IN(yes), "do not ask"},
	{"dry-run", 'n', OPTION_FLAG, NULL, IN(dry_run), "show only what it would do"},
	{"allow-data-loss", 0, OPTION_FLAG, NULL, IN(allow_data_loss),
	 "also where values would be lost"},
	{"keep-registry", 0, OPTION_FLAG, NULL, IN(keep_registry),
	 "although the next start adds it again"},
	OPTIONS_END,
};

static const struct option script_options[] = {
	DIR_OPTION,
	{"to", 0, OPTION_TEXT, "ID", IN(target), "up, down, stamp: to that number or name"},
	{"dry-run", 'n', OPTION_FLAG, NULL, IN(dry_run), "up, down: show only what would run"},
	{"pending", 0, OPTION_FLAG, NULL, IN(pending), "stamp: record as not done"},
	{"type", 0, OPTION_TEXT, "ENDING", IN(ending), "new: of the files (sql)"},
	{"strict", 0, OPTION_FLAG, NULL, IN(strict), "validate: warnings are findings"},
	OPTIONS_END,
};

static const struct option fresh_options[] = {
	DIR_OPTION,
	{"confirm", 0, OPTION_TEXT, "PHRASE", IN(confirm),
	 "'DELETE ALL DATA', instead of typing it"},
	OPTIONS_END,
};

static const struct option no_options[] = {OPTIONS_END};

const struct command commands[] = {
	{
		.name = "status",
		.summary = "what is declared, applied, pending, in conflict, extra",
		.text = "Reads only. Every declared column is listed with its description; -v adds "
			"its\n"
			"type, default and source line.\n"
			"\n"
			"Examples:\n"
			"  manage status --url sqlite:///app.db\n"
			"  manage status --format json | jq .summary\n",
		.options = report_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = status_command,
	},
	{
		.name = "plan",
		.summary = "the steps that apply would take, their cost and SQL",
		.text = "Reads only. --format sql prints a script for psql or sqlite3.\n"
			"\n"
			"Costs: catalog (instant, whatever the table's size), scan (reads the "
			"whole table\n"
			"under its lock), rewrite (writes it anew under its lock), impossible.\n"
			"\n"
			"Examples:\n"
			"  manage plan\n"
			"  manage plan --format sql > change.sql && psql -f change.sql\n"
			"  manage plan --out plan.json\n",
		.options = plan_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = plan_command,
	},
	{
		.name = "apply",
		.summary = "add what is missing, after asking",
		.text = "Shows the plan, asks on a terminal, then does it: one short transaction a "
			"table.\n"
			"Never drops, renames or retypes. Without a terminal it needs --yes.\n"
			"--plan does what somebody has looked at before, or nothing when the "
			"database has\n"
			"changed since: exit code 75.\n"
			"\n"
			"Examples:\n"
			"  manage apply\n"
			"  manage apply --yes --url sqlite:///app.db --create\n"
			"  manage apply --dry-run\n"
			"  manage plan --out plan.json && manage apply --plan plan.json\n",
		.options = apply_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = apply_command,
	},
	{
		.name = "check",
		.summary = "is it in sync? the exit code is the answer",
		.text = "Reads only. 0: in sync, 2: something is pending, 3: conflict. Each "
			"difference is\n"
			"a line that begins with where the column is declared.\n"
			"\n"
			"Examples:\n"
			"  manage check && ./service\n"
			"  manage check --quiet --format json\n",
		.options = no_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = check_command,
	},
	{
		.name = "history",
		.summary = "what was done, when, by whom, in how long",
		.text = "Newest first. -v adds the run, the tries, the version and the SQL.\n"
			"\n"
			"Examples:\n"
			"  manage history --limit 5\n"
			"  manage history --since 2d --table memories --format json\n",
		.options = history_options,
		.needs_settings = true,
		.run = history_command,
	},
	{
		.name = "show",
		.summary = "one change of history, with its SQL",
		.text = "Example:\n"
			"  manage show 17\n",
		.options = show_options,
		.needs_settings = true,
		.operand = OPERAND_ID,
		.run = show_command,
	},
	{
		.name = "rollback",
		.summary = "take back what history proves that we added",
		.text = "Newest first, and only what nobody has changed since: the database says "
			"so.\n"
			"Values that would be lost are counted. The registry must no longer "
			"declare\n"
			"it, or the next start would add it again.\n"
			"\n"
			"Examples:\n"
			"  manage rollback --dry-run\n"
			"  manage rollback --column memories.mood --allow-data-loss\n"
			"  manage rollback --to 17 --yes\n",
		.options = rollback_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = rollback_command,
	},
	{
		.name = "script",
		.summary = "numbered scripts, for what a registry cannot say",
		.text = "  new NAME         the next number, a file for each way\n"
			"  status           which are applied, pending, changed, cut off\n"
			"  up [N]           run what is pending, or the next N\n"
			"  down [N]         take back the newest, or the newest N\n"
			"  validate         pairs, numbers, checksums, files of other tools\n"
			"  stamp [NAME]     record as applied what is pending, without running it\n"
			"\n"
			"007_name.up.sql and .down.sql, or 007_name.sql; 20260223_1800_name.sql "
			"too. "
			"Each\n"
			"runs once, in one transaction with its row in history. A first line\n"
			"'-- reconcile: no-transaction' is for CREATE INDEX CONCURRENTLY and the "
			"like.\n"
			"NAME and ID are a number, a name, or 'folder/number' where several have "
			"it.\n"
			"Other endings have a program in the configuration: [runner] py = python3 "
			"{file}\n"
			"\n"
			"Examples:\n"
			"  manage script new add_index\n"
			"  manage script up --dry-run\n"
			"  manage script down --to 003\n",
		.options = script_options,
		.needs_settings = true,
		.operand = OPERAND_VERB,
		.run = script_command,
	},
	{
		.name = "fresh",
		.summary = "development: drop what we made, and build it anew",
		.text = "Takes back every script, drops every table and column that history says "
			"we "
			"made,\n"
			"with what is in them, and makes all of it again. What others made stays.\n"
			"Refused unless 'allow_fresh = yes' stands in the configuration's section "
			"that\n"
			"names the database, and 'DELETE ALL DATA' is typed, or said by "
			"--confirm.\n"
			"\n"
			"Example:\n"
			"  manage fresh --env dev\n",
		.options = fresh_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = fresh_command,
	},
	{
		.name = "stamp",
		.summary = "adopt a database: record in history what is there",
		.text = "For a database that others made. Each table that is there gets a row in\n"
			"history, with the columns that are as declared, unless it has one. "
			"Nothing\n"
			"else is changed.\n"
			"\n"
			"Examples:\n"
			"  manage stamp\n"
			"  manage stamp && manage apply --yes\n",
		.options = no_options,
		.needs_settings = true,
		.needs_registry = true,
		.run = stamp_command,
	},
	{
		.name = "validate",
		.summary = "check the registry alone, without a database",
		.text = "All that are compiled in, or the one that --registry names; where none "
			"is\n"
			"compiled in, that of the configuration.\n"
			"\n"
			"Errors: no start accepts the registry; exit code 65. Warnings: it can be "
			"used,\n"
			"and will hurt; exit code 0. --engine says for which database the registry "
			"is:\n"
			"what that one refuses in any case is then an error, and rules of the "
			"other do\n"
			"not count.\n"
			"\n"
			"Examples:\n"
			"  manage validate\n"
			"  manage validate --engine postgresql\n"
			"  manage explain reserved-word\n",
		.options = validate_options,
		.run = validate_command,
	},
	{
		.name = "explain",
		.summary = "the rule behind a code of validate, or all codes",
		.text = "Why it is a rule, what happens otherwise, and a wrong and a right row.\n"
			"\n"
			"Examples:\n"
			"  manage explain\n"
			"  manage explain volatile-default\n",
		.options = no_options,
		.operand = OPERAND_CODE,
		.run = explain_command,
	},
	{
		.name = "version",
		.summary = "the version, and the registries that are compiled in",
		.text = "Example:\n"
			"  manage version\n",
		.options = no_options,
		.run = version_command,
	},
	{
		.name = "help",
		.summary = "this, or more about one command",
		.text = "Example:\n"
			"  manage help apply\n",
		.options = no_options,
		.operand = OPERAND_COMMAND,
		.run = help_command,
	},
	{.name = NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}

const char *command_suggest(const char *name)
{
	const char *best = NULL;

	for (const struct command *command = commands; command->name; command++)
		best = suggestion_better(best, command->name, name);
	return best;
}

const char *code_suggest(const char *name)
{
	const char *best = NULL;

	for (size_t i = 0; i < reconcile_rule_count(); i++)
		best = suggestion_better(best, reconcile_rule(i)->code, name);
	return best;
}

const char *option_suggest(const struct command *command, const char *name)
{
	const char *best = NULL;

	for (const struct option *option = global_options; option->name; option++)
		best = suggestion_better(best, option->name, name);
	for (const struct option *option = command ? command->options : no_options; option->name;
	     option++)
		best = suggestion_better(best, option->name, name);
	return best;
}
