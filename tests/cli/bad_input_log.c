/* The log of a service as ops reads it, by person and by machine. */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 64

/* The events of a log, each line of which has to be one. */
struct events {
	size_t count;
	char names[LINES_MAX][40];
};

static void add_event(struct events *events, const char *name, size_t length)
{
	cr_assert(events->count < LINES_MAX);
	snprintf(events->names[events->count++], sizeof(events->names[0]), "%.*s", (int)length,
		 name);
}

/* One object a line, with what every line has. */
static void parse_json(struct events *events, const char *line)
{
	json_error_t error;
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	cr_assert(json_is_object(json), "%s: %s", error.text, line);
	const char *event = json_string_value(json_object_get(json, "event"));
	cr_expect(json_is_string(json_object_get(json, "time")), "%s", line);
	cr_expect(json_is_string(json_object_get(json, "level")), "%s", line);
	cr_assert(event != NULL, "%s", line);
	add_event(events, event, strlen(event));
	json_decref(json);
}

/* key=value or key="value" with a backslash before what would end it; nothing else. */
static void parse_logfmt(struct events *events, const char *line)
{
	const char *at = line;
	size_t keys = 0;

	while (*at) {
		const char *key = at;
		while (isalnum((unsigned char)*at) || *at == '_')
			at++;
		size_t key_length = (size_t)(at - key);
		cr_assert(key_length > 0 && *at == '=', "at '%s' of: %s", at, line);
		const char *value = ++at;
		if (*at == '"') {
			for (at++; *at && *at != '"'; at++)
				at += *at == '\\' && at[1];
			cr_assert(*at == '"', "a quote stays open: %s", line);
			at++;
		} else {
			at += strcspn(at, " \"=");
		}
		cr_assert(*at == ' ' || *at == '\0', "at '%s' of: %s", at, line);
		if (key_length == 5 && strncmp(key, "event", 5) == 0)
			add_event(events, value, (size_t)(at - value));
		static const char *const first[] = {"time", "level", "event"};
		if (keys < 3)
			cr_expect(strncmp(key, first[keys], key_length) == 0, "%s", line);
		keys++;
		at += *at == ' ';
	}
	cr_expect(keys >= 3, "%s", line);
}

/* Text has no event: what it begins with is kept instead. */
static void parse_text(struct events *events, const char *line)
{
	static const char prefix[] = "reconcile: ";

	cr_assert(strncmp(line, prefix, strlen(prefix)) == 0, "%s", line);
	const char *rest = line + strlen(prefix);
	size_t length = strcspn(rest, "=");
	while (length > 0 && rest[length] == '=' && rest[length - 1] != ' ')
		length--;
	if (strncmp(rest, "registry=", 9) == 0)
		add_event(events, "summary", 7);
	else
		add_event(events, rest, length > 30 ? 30 : length);
}

static const struct format {
	const char *name;
	void (*parse)(struct events *events, const char *line);
} formats[] = {
	{"text", parse_text},
	{"logfmt", parse_logfmt},
	{"json", parse_json},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Runs it and takes its log apart; the log, which is to be freed, in *log. */
static struct events events_of(const struct format *format, const char *command, int status,
			       char **log)
{
	struct events events = {0};
	struct run result = run("RECONCILE_LOG_FORMAT=%s %s", format->name, command);

	cr_assert(result.status == status, "%s: %s: %d: %s", format->name, command, result.status,
		  result.err);
	*log = strdup(result.err);
	for (char *line = result.err, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		cr_assert(end != NULL, "%s: a line has no end: %s", format->name, line);
		*end = '\0';
		format->parse(&events, line);
	}
	cr_expect(events.count > 0, "%s: %s: no line", format->name, command);
	run_free(&result);
	return events;
}

static void environment(const struct database *database)
{
	char relative[PATH_MAX], program[PATH_MAX];

	expect_environment(database);
	snprintf(relative, sizeof(relative), "%s/service", build_dir());
	cr_assert(realpath(relative, program) != NULL, "'%s' is not built", relative);
	setenv("SERVICE", program, 1);
	setenv("RECONCILE_URL", database->url, 1);
	setenv("DATABASE_URL", database->url, 1);
}

static void expect_count(const struct format *format, const struct events *events, const char *name,
			 size_t count, const char *log)
{
	size_t found = 0;

	for (size_t i = 0; i < events->count; i++)
		found += strncmp(events->names[i], name, strlen(name)) == 0;
	cr_expect(found == count, "%s: %zu of '%s', not %zu:\n%s", format->name, found, name, count,
		  log);
}

static void expect_last(const struct format *format, const struct events *events, const char *log)
{
	cr_expect(strcmp(events->names[events->count - 1], "summary") == 0,
		  "%s: the summary is not last:\n%s", format->name, log);
	expect_count(format, events, "summary", 1, log);
}

/* An upgrade, then a start with nothing to do, by the URL and by a lent connection. */
static void a_start(enum engine engine, const char *command)
{
	for (size_t i = 0; i < FORMATS; i++) {
		const struct format *format = &formats[i];
		bool text = format->parse == parse_text;
		struct database *database = database_new(engine);
		char *log;

		environment(database);
		database_execute(database, "%s", old_tables);
		struct events events = events_of(format, command, 0, &log);
		expect_count(format, &events, text ? "table created" : "table_created", 4, log);
		expect_count(format, &events, text ? "column added" : "column_added", 4, log);
		expect_last(format, &events, log);
		cr_expect(events.count == 9, "%s:\n%s", format->name, log);
		free(log);

		events = events_of(format, command, 0, &log);
		cr_expect(events.count == 1, "%s: more than one line in sync:\n%s", format->name,
			  log);
		expect_last(format, &events, log);
		free(log);
		database_free(database);
	}
}

Test(cli_log, a_start_on_sqlite)
{
	a_start(ENGINE_SQLITE, "$SERVICE");
}

Test(cli_log, a_start_on_postgres)
{
	a_start(ENGINE_POSTGRES, "$SERVICE");
}

Test(cli_log, a_lending_start_on_sqlite)
{
	a_start(ENGINE_SQLITE, "$SERVICE --lend");
}

Test(cli_log, a_lending_start_on_postgres)
{
	a_start(ENGINE_POSTGRES, "$SERVICE --lend");
}

/* What goes wrong is a line of its own, before the summary. */
static void a_bad_start(enum engine engine)
{
	for (size_t i = 0; i < FORMATS; i++) {
		const struct format *format = &formats[i];
		bool text = format->parse == parse_text;
		struct database *database = database_new(engine);
		char *log;

		environment(database);
		database_execute(database, "CREATE VIEW memories AS SELECT 1 AS id;"
					   "CREATE TABLE task_logs (id VARCHAR PRIMARY KEY,"
					   " group_id VARCHAR NOT NULL, task_type VARCHAR NOT NULL,"
					   " progress TEXT, needed TEXT NOT NULL, created_at"
					   " TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)");
		struct events events = events_of(format, "$SERVICE", 3, &log);
		expect_count(format, &events, text ? "warning: the name is taken" : "conflict",
			     text ? 1 : 2, log);
		expect_count(format, &events,
			     text ? "warning: an undeclared column" : "extra_required", 1, log);
		expect_count(format, &events, text ? "error: table 'memories'" : "failed", 1, log);
		expect_last(format, &events, log);
		free(log);

		/* Quiet ops: only what needs somebody. */
		events = events_of(format, "RECONCILE_LOG_LEVEL=error $SERVICE", 3, &log);
		cr_expect(events.count == 1, "%s:\n%s", format->name, log);
		expect_count(format, &events, text ? "error: table 'memories'" : "failed", 1, log);
		free(log);

		/* And everything: it begins with the connection. */
		events = events_of(format, "RECONCILE_LOG_LEVEL=debug $SERVICE", 3, &log);
		cr_expect(strstr(events.names[0], "connected") != NULL, "%s:\n%s", format->name,
			  log);
		expect_last(format, &events, log);
		free(log);
		database_free(database);
	}
}

Test(cli_log, a_bad_start_on_sqlite)
{
	a_bad_start(ENGINE_SQLITE);
}

Test(cli_log, a_bad_start_on_postgres)
{
	a_bad_start(ENGINE_POSTGRES);
}

/* A file name with a blank, a quote and a letter of no ASCII stays one value. */
Test(cli_log, a_value_that_needs_quotes)
{
	struct database *database = database_new(ENGINE_SQLITE);

	environment(database);
	for (size_t i = 0; i < FORMATS; i++) {
		char *log;
		struct events events = events_of(&formats[i],
						 "RECONCILE_URL=\"sqlite:///$DIR/a \\\"b\\\" = "
						 "\u00fc.db?mode=rwc\" $SERVICE",
						 0, &log);
		expect_last(&formats[i], &events, log);
		cr_expect(strstr(log, "\u00fc.db") != NULL, "%s", log);
		free(log);
	}
	database_free(database);
}
