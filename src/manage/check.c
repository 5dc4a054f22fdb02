#include "manage.h"

#include "item.h"
#include "json.h"
#include "notice.h"

/* "registry/memstack.def:12: pending: memories.task_id VARCHAR", as a compiler would say it. */
static void print_finding(const struct terminal *terminal, const struct reconcile_item *item)
{
	FILE *out = terminal->stream;
	bool pending = item_is_pending(item);
	char line[1024];

	if (item->file) {
		terminal_text(terminal, item->file);
		fprintf(out, ":%d: ", item->line);
	}
	terminal_styled(terminal, pending ? STYLE_YELLOW : STYLE_RED,
			pending ? "pending" : "conflict");
	fputs(": ", out);
	terminal_text(terminal, item->table);
	if (!item->column) {
		fputs(pending ? ": the table is missing" : ": the name is taken", out);
	} else {
		fputc('.', out);
		terminal_text(terminal, item->column);
	}
	if (pending && item->declared.type) {
		fputc(' ', out);
		terminal_text(terminal, item_definition(&item->declared, line, sizeof(line)));
	}
	for (unsigned kind = RECONCILE_CONFLICT_TYPE; kind <= RECONCILE_CONFLICT_GENERATED;
	     kind <<= 1) {
		if (!pending && item->conflicts & kind) {
			fputs(", ", out);
			terminal_text(terminal,
				      item_describe_conflict(item, kind, line, sizeof(line)));
		}
	}
	if (item->reason) {
		fputs(" (", out);
		terminal_text(terminal, item->reason);
		fputc(')', out);
	}
	fputc('\n', out);
}

static void print_check(const struct manage *manage, int status,
			const struct reconcile_report *report)
{
	const struct terminal *terminal = &manage->out;
	const struct reconcile_counts *counts = reconcile_report_counts(report);

	for (size_t i = 0; i < reconcile_report_item_count(report); i++) {
		const struct reconcile_item *item = reconcile_report_item(report, i);

		if (!item_comes_with_table(item) &&
		    (item_is_pending(item) || item_is_conflict(item)))
			print_finding(terminal, item);
	}
	notices_print(terminal, report);
	manage_print_place(manage, terminal, reconcile_report_database(report));
	fputs(": ", terminal->stream);
	if (status == RECONCILE_OK)
		terminal_styled(terminal, STYLE_GREEN, "in sync");
	else if (status == RECONCILE_CONFLICT && !counts->conflicts)
		terminal_styled(terminal, STYLE_RED, "for a person");
	else
		terminal_styled(terminal, status == RECONCILE_PENDING ? STYLE_YELLOW : STYLE_RED,
				reconcile_status_name(status));
	fprintf(terminal->stream, ", %zu of %zu column%s present, %zu missing, %zu in conflict\n",
		counts->present, counts->columns, plural(counts->columns), counts->missing,
		counts->conflicts);
}

int check_command(struct manage *manage)
{
	struct reconcile_report *report;
	int status = manage_look(manage, false, &report);

	if (!report)
		return status;
	if (manage->arguments.format == FORMAT_TEXT)
		print_check(manage, status, report);
	else if (!json_report(manage, status, report))
		status = manage_out_of_memory(manage);
	reconcile_report_free(report);
	return status;
}
