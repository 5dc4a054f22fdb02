#include "manage.h"

#include "json.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LIMIT 20

/* A column of the table: its share of the width (below 1) or its columns, and its text. */
struct heading {
	const char *name;
	double width;
	int flags;
	bool verbose; /* with -v only */
	const char *(*text)(const struct reconcile_history_row *row, char *line, size_t size);
};

static const char *id_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	snprintf(line, size, "%lld", row->id);
	return line;
}

static const char *when_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	/* To the second: a person can read the rest from --format json. */
	const char *fraction = row->applied_at ? strchr(row->applied_at, '.') : NULL;

	if (!fraction)
		return row->applied_at;
	snprintf(line, size, "%.*sZ", (int)(fraction - row->applied_at), row->applied_at);
	return line;
}

static const char *change_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	if (row->object)
		return row->object;
	snprintf(line, size, "%s%s%s", row->table_name ? row->table_name : "",
		 row->column_name ? "." : "", row->column_name ? row->column_name : "");
	return line;
}

static const char *action_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	(void)line;
	(void)size;
	return row->action;
}

static const char *definition_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	(void)line;
	(void)size;
	return row->definition;
}

static const char *duration_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	snprintf(line, size, "%.1f", row->duration_ms);
	return line;
}

static const char *who_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	snprintf(line, size, "%s%s%s", row->db_user ? row->db_user : "", row->host ? "@" : "",
		 row->host ? row->host : "");
	return line;
}

static const char *tries_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	snprintf(line, size, "%lld", row->attempts);
	return line;
}

static const char *run_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	snprintf(line, size, "%s %s %s", row->run_id ? row->run_id : "",
		 row->application ? row->application : "", row->version ? row->version : "");
	return line;
}

static const char *sql_text(const struct reconcile_history_row *row, char *line, size_t size)
{
	(void)line;
	(void)size;
	return row->sql;
}

static const struct heading headings[] = {
	{"ID", 1, SCOLS_FL_RIGHT, false, id_text},
	{"WHEN", 20, 0, false, when_text},
	{"ACTION", 10, 0, false, action_text},
	{"CHANGE", 0.3, SCOLS_FL_TRUNC, false, change_text},
	{"DEFINITION", 0.2, SCOLS_FL_TRUNC, false, definition_text},
	{"MS", 5, SCOLS_FL_RIGHT, false, duration_text},
	{"BY", 0.15, SCOLS_FL_TRUNC, false, who_text},
	{"TRIES", 5, SCOLS_FL_RIGHT, true, tries_text},
	{"RUN", 0.2, SCOLS_FL_TRUNC, true, run_text},
	{"SQL", 0.2, SCOLS_FL_TRUNC, true, sql_text},
};

#define HEADING_COUNT (sizeof(headings) / sizeof(headings[0]))

/* libsmartcols returns 0 or a negative errno; all of its failures here are want of memory. */
static bool fill_line(struct libscols_line *line, const struct reconcile_history_row *row,
		      bool verbose)
{
	char text[512];
	size_t column = 0;

	if (!line)
		return false;
	for (size_t i = 0; i < HEADING_COUNT; i++) {
		const char *value;

		if (headings[i].verbose && !verbose)
			continue;
		value = headings[i].text(row, text, sizeof(text));
		if (scols_line_set_data(line, column++, value ? value : "") != 0)
			return false;
	}
	return true;
}

/* Cut to a terminal; whole in a file or a pipe. */
static bool is_cut(const struct manage *manage)
{
	return manage->out.is_terminal && !manage->arguments.verbose;
}

static bool fill_table(const struct manage *manage, struct libscols_table *table,
		       const struct reconcile_history *history)
{
	bool verbose = manage->arguments.verbose;

	bool cut = is_cut(manage);

	if (scols_table_set_termforce(table,
				      cut ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER) != 0)
		return false;
	if (cut && scols_table_set_termwidth(table, (size_t)manage->out.width) != 0)
		return false;
	for (size_t i = 0; i < HEADING_COUNT; i++) {
		if (headings[i].verbose && !verbose)
			continue;
		if (!scols_table_new_column(table, headings[i].name, headings[i].width,
					    headings[i].flags))
			return false;
	}
	for (size_t i = 0; i < reconcile_history_count(history); i++) {
		if (!fill_line(scols_table_new_line(table, NULL), reconcile_history_row(history, i),
			       verbose))
			return false;
	}
	return true;
}

static bool print_history(const struct manage *manage, const struct reconcile_history *history)
{
	struct libscols_table *table;
	char *text = NULL, *again = NULL;
	bool complete;

	if (!reconcile_history_count(history)) {
		bool all = !manage->arguments.table && !*manage->arguments.since.text;

		fprintf(manage->out.stream, "No %schanges are recorded.\n", all ? "" : "such ");
		return true;
	}
	/* libsmartcols leaves out a cell that it has no memory for, and does not say so: what comes
	 * out twice the same is whole. */
	table = scols_new_table();
	complete = table && fill_table(manage, table, history) &&
		   scols_print_table_to_string(table, &text) == 0 && text &&
		   scols_print_table_to_string(table, &again) == 0 && again &&
		   strcmp(text, again) == 0;
	/* A failing stream is seen at the end of the run. */
	if (complete) /* as a string the table has no newline behind its last line */
		fprintf(manage->out.stream, "%s\n", text);
	/* Of what was cut nothing tells that it was. */
	if (complete && is_cut(manage)) {
		manage_print(manage, STYLE_DIM, "'manage show ID' tells all about one.");
		fputc('\n', manage->out.stream);
	}
	free(text);
	free(again);
	scols_unref_table(table);
	return complete;
}

int manage_read_history(struct manage *manage, const struct reconcile_history_filter *filter,
			struct reconcile_history **history)
{
	struct reconcile_options options = manage->options;
	int status;

	manage_quiet_log(manage, &options, RECONCILE_LOG_WARN);
	status = reconcile_history_select(&options, filter, history);
	if (!*history)
		return manage_out_of_memory(manage);
	if (status == RECONCILE_OK)
		return status;
	manage_fail(manage, reconcile_history_error(*history), NULL);
	reconcile_history_free(*history);
	return status;
}

int history_command(struct manage *manage)
{
	const struct arguments *arguments = &manage->arguments;
	struct reconcile_history_filter filter = RECONCILE_HISTORY_FILTER_INIT;
	struct reconcile_history *history;
	int status;

	filter.table = arguments->table;
	if (*arguments->since.text)
		filter.since = arguments->since.text;
	/* Since a moment is all since then. */
	if (arguments->limit >= 0)
		filter.limit = (size_t)arguments->limit;
	else if (!filter.since)
		filter.limit = DEFAULT_LIMIT;
	status = manage_read_history(manage, &filter, &history);
	if (status != RECONCILE_OK)
		return status;
	if (!(arguments->format == FORMAT_JSON ? json_history(manage, history)
					       : print_history(manage, history)))
		status = manage_out_of_memory(manage);
	reconcile_history_free(history);
	return status;
}
