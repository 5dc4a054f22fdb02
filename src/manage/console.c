#include "console.h"

#include <stdlib.h>
#include <string.h>

void console_begin(struct console *console, const char *program, const struct terminal *terminal,
		   size_t total)
{
	const char *kind = getenv("TERM");

	*console = (struct console){.program = program, .terminal = terminal, .total = total};
	/* A dumb terminal cannot erase a line. */
	console->progress = total > 0 && terminal->is_terminal && kind && strcmp(kind, "dumb") != 0;
	clock_gettime(CLOCK_MONOTONIC, &console->start);
}

void console_end(struct console *console)
{
	if (!console->shown)
		return;
	fputs("\r\033[K", console->terminal->stream);
	fflush(console->terminal->stream);
	console->shown = false;
}

static double elapsed_seconds(const struct console *console)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - console->start.tv_sec) +
	       (double)(now.tv_nsec - console->start.tv_nsec) / 1e9;
}

static const char *field_text(const struct reconcile_log_record *record, const char *key)
{
	for (size_t i = 0; i < record->field_count; i++) {
		const struct reconcile_field *field = &record->fields[i];

		if ((field->kind == RECONCILE_FIELD_TEXT || field->kind == RECONCILE_FIELD_SQL) &&
		    strcmp(field->key, key) == 0)
			return field->text;
	}
	return NULL;
}

/* The record as one line: its message, or its event with all fields. */
static void describe(char *line, size_t size, const struct reconcile_log_record *record)
{
	size_t length;

	if (record->message) {
		const char *why = field_text(record, "why");

		const char *sql = field_text(record, "sql");

		if (!why)
			why = field_text(record, "blockers");
		/* "...has to run this": the statement comes first. */
		if (sql && why)
			snprintf(line, size, "%s: %s (%s)", record->message, sql, why);
		else if (sql || why)
			snprintf(line, size, "%s: %s", record->message, sql ? sql : why);
		else
			snprintf(line, size, "%s", record->message);
		return;
	}
	snprintf(line, size, "%s", record->event);
	for (size_t i = 0; i < record->field_count; i++) {
		const struct reconcile_field *field = &record->fields[i];

		length = strlen(line);
		if (field->kind == RECONCILE_FIELD_TEXT && field->text)
			snprintf(line + length, size - length, " %s=%s", field->key, field->text);
		else if (field->kind == RECONCILE_FIELD_INTEGER)
			snprintf(line + length, size - length, " %s=%lld", field->key,
				 field->integer);
		else if (field->kind == RECONCILE_FIELD_MS)
			snprintf(line + length, size - length, " %s=%.1fms", field->key, field->ms);
	}
}

/* Cuts the line to that many columns, so that it can be erased as one line. */
static void cut(char *line, int columns)
{
	size_t length = strlen(line);

	while (columns >= 0 && text_width(line) > columns) {
		/* A whole UTF-8 character: its continuation bytes are 10xxxxxx. */
		do {
			length--;
		} while (length > 0 && ((unsigned char)line[length] & 0xc0) == 0x80);
		line[length] = '\0';
	}
}

static void show(struct console *console, size_t number, const char *what)
{
	char line[512];

	snprintf(line, sizeof(line), "table %zu of %zu, %.1f s: %s",
		 number < console->total ? number : console->total, console->total,
		 elapsed_seconds(console), what);
	cut(line, console->terminal->width - 1);
	fputs("\r\033[K", console->terminal->stream);
	terminal_styled(console->terminal, STYLE_DIM, line);
	fflush(console->terminal->stream);
	console->shown = true;
}

static void progress(struct console *console, const struct reconcile_log_record *record)
{
	const char *table = field_text(record, "table"), *column = field_text(record, "column");
	bool changed = strcmp(record->event, "column_added") == 0 ||
		       strcmp(record->event, "table_created") == 0;
	char line[400];

	if (!changed || !table) {
		describe(line, sizeof(line), record);
		show(console, console->done + 1, line);
		return;
	}
	/* One table is one transaction, but may be several events. */
	if (strcmp(console->table, table) != 0)
		console->done++;
	snprintf(console->table, sizeof(console->table), "%s", table);
	snprintf(line, sizeof(line), "%s%s%s %s", table, column ? "." : "", column ? column : "",
		 strcmp(record->event, "column_added") == 0 ? "added" : "created");
	show(console, console->done, line);
}

void console_log(void *context, const struct reconcile_log_record *record)
{
	struct console *console = context;
	bool waits = strcmp(record->event, "waiting") == 0 || strcmp(record->event, "retry") == 0;
	char line[1024];

	/* The command prints these itself: the error, and what was found. */
	if (strcmp(record->event, "failed") == 0 || strcmp(record->event, "conflict") == 0 ||
	    strcmp(record->event, "extra_required") == 0 || strcmp(record->event, "summary") == 0)
		return;
	if (console->progress && (waits || record->level < RECONCILE_LOG_WARN)) {
		progress(console, record);
		return;
	}
	if (record->level < RECONCILE_LOG_WARN)
		return;
	console_end(console);
	describe(line, sizeof(line), record);
	terminal_styled(console->terminal, STYLE_YELLOW, console->program);
	terminal_styled(console->terminal, STYLE_YELLOW, ": ");
	terminal_text(console->terminal, line);
	fputc('\n', console->terminal->stream);
}
