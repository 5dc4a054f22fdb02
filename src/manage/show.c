#include "manage.h"

#include "json.h"

#include <string.h>

#define INDENT 2
#define VALUE_COLUMN 15

static void print_field(const struct terminal *terminal, const char *name, const char *value)
{
	int used;

	if (!value || !*value)
		return;
	terminal_spaces(terminal, INDENT);
	used = INDENT + terminal_styled(terminal, STYLE_DIM, name);
	terminal_spaces(terminal, VALUE_COLUMN - used);
	terminal_wrap(terminal, STYLE_PLAIN, VALUE_COLUMN, value);
}

/* Two texts of which either may be missing. */
static void print_pair(const struct terminal *terminal, const char *name, const char *one,
		       const char *between, const char *other)
{
	char text[600];

	snprintf(text, sizeof(text), "%s%s%s", one ? one : "", one && other ? between : "",
		 other ? other : "");
	print_field(terminal, name, text);
}

static void print_change(const struct manage *manage, const struct reconcile_history_row *row,
			 const struct reconcile_database *database)
{
	const struct terminal *out = &manage->out;
	char text[100];

	snprintf(text, sizeof(text), "Change %lld", row->id);
	terminal_styled(out, STYLE_BOLD, text);
	fputs(", ", out->stream);
	manage_print_place(manage, out, database);
	fputs("\n\n", out->stream);
	print_field(out, "action", row->action);
	if (row->object)
		print_field(out, "object", row->object);
	else
		print_pair(out, "object", row->table_name, ".", row->column_name);
	print_field(out, row->object ? "file" : "definition", row->definition);
	print_field(out, "sha256", row->checksum);
	/* What an older library wrote had come to its end, or would not be there. */
	print_field(out, "outcome", row->outcome ? row->outcome : "applied");
	print_field(out, "started", row->started_at);
	print_field(out, "applied", row->applied_at);
	snprintf(text, sizeof(text), "%.1f ms, %lld %s", row->duration_ms, row->attempts,
		 row->attempts == 1 ? "try" : "tries");
	print_field(out, "took", text);
	print_pair(out, "by", row->db_user, " from ", row->host);
	print_pair(out, "application", row->application, ", reconcile ", row->version);
	print_field(out, "run", row->run_id);
	print_pair(out, "registry", row->registry, ", fingerprint ", row->fingerprint);
	if (!row->sql)
		return;
	fputc('\n', out->stream);
	terminal_lines(out, STYLE_CYAN, INDENT, row->sql);
}

static int fail_absent(struct manage *manage)
{
	char message[100];

	snprintf(message, sizeof(message), "history has no change %lld", manage->arguments.id);
	return manage_fail(manage,
			   &(struct reconcile_error){
				   .status = RECONCILE_FAILED,
				   .message = message,
				   .hint = "'manage history --limit 0' lists them",
			   },
			   NULL);
}

int show_command(struct manage *manage)
{
	struct reconcile_history_filter filter = RECONCILE_HISTORY_FILTER_INIT;
	const struct reconcile_history_row *row;
	struct reconcile_history *history;
	int status;

	filter.id = manage->arguments.id;
	status = manage_read_history(manage, &filter, &history);
	if (status != RECONCILE_OK)
		return status;
	row = reconcile_history_row(history, 0);
	if (!row)
		status = fail_absent(manage);
	else if (manage->arguments.format != FORMAT_JSON)
		print_change(manage, row, reconcile_history_database(history));
	else if (!json_change(manage, history))
		status = manage_out_of_memory(manage);
	reconcile_history_free(history);
	return status;
}
