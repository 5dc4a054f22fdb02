#include "plan.h"

#include "item.h"
#include "json.h"
#include "notice.h"
#include "plan_file.h"

#include <string.h>

#define STEP_INDENT 5

struct plan_totals plan_total(const struct reconcile_report *report)
{
	struct plan_totals totals = {0};

	for (size_t i = 0; i < reconcile_report_step_count(report); i++) {
		const struct reconcile_step *step = reconcile_report_step(report, i);

		if (step->cost == RECONCILE_COST_IMPOSSIBLE) {
			totals.impossible++;
			continue;
		}
		if (step->refused) {
			totals.refused++;
			continue;
		}
		totals.steps++;
		if (step->creates_table) {
			totals.tables++;
		} else {
			totals.altered++;
			totals.columns += step->column_count;
		}
	}
	return totals;
}

static enum style cost_style(enum reconcile_cost cost)
{
	switch (cost) {
	case RECONCILE_COST_NONE:
	case RECONCILE_COST_CATALOG:
		return STYLE_GREEN;
	case RECONCILE_COST_UNKNOWN:
	case RECONCILE_COST_SCAN:
	case RECONCILE_COST_REWRITE:
		return STYLE_YELLOW;
	case RECONCILE_COST_IMPOSSIBLE:
		return STYLE_RED;
	}
	return STYLE_PLAIN;
}

/* The dearest column's reason: a step itself has one only when it cannot be done. */
static const char *step_reason(const struct reconcile_report *report,
			       const struct reconcile_step *step)
{
	for (size_t i = 0; !step->reason && i < reconcile_report_item_count(report); i++) {
		const struct reconcile_item *item = reconcile_report_item(report, i);

		if (item->state == RECONCILE_MISSING && item->cost == step->cost && item->column &&
		    item->reason && strcmp(item->table, step->table) == 0)
			return item->reason;
	}
	return step->reason;
}

static void print_step(const struct terminal *terminal, const struct reconcile_report *report,
		       size_t index)
{
	const struct reconcile_step *step = reconcile_report_step(report, index);
	bool impossible = step->cost == RECONCILE_COST_IMPOSSIBLE;
	const char *reason = step_reason(report, step);
	FILE *out = terminal->stream;
	char table[80];

	fprintf(out, "\n%3zu. ", index + 1);
	terminal_styled(terminal, STYLE_BOLD, step->table);
	fprintf(out, ": %s %zu column%s", step->creates_table ? "create with" : "add",
		step->column_count, plural(step->column_count));
	/* A new table costs what it costs; only rows that are there can make a change dear. */
	if (!step->creates_table || impossible) {
		fputs(impossible ? ", " : ", cost: ", out);
		terminal_styled(terminal, cost_style(step->cost), reconcile_cost_name(step->cost));
		fputs(impossible || step->refused
			      ? ""
			      : item_table_size(step->rows, step->bytes, table, sizeof(table)),
		      out);
	}
	if (step->refused) {
		fputs(", ", out);
		terminal_styled(terminal, STYLE_RED, "refused");
	}
	fputc('\n', out);
	if (reason) {
		terminal_spaces(terminal, STEP_INDENT);
		terminal_wrap(terminal, impossible || step->refused ? STYLE_RED : STYLE_DIM,
			      STEP_INDENT, reason);
	}
	for (size_t i = 0; i < step->statement_count; i++)
		terminal_lines(terminal, step->refused ? STYLE_DIM : STYLE_CYAN, STEP_INDENT,
			       step->statements[i]);
}

static void print_totals(const struct terminal *terminal, const struct plan_totals *totals)
{
	FILE *out = terminal->stream;

	fputs("\nTotal: ", out);
	if (totals->tables)
		fprintf(out, "create %zu table%s", totals->tables, plural(totals->tables));
	if (totals->tables && totals->columns)
		fputs(", ", out);
	if (totals->columns)
		fprintf(out, "add %zu column%s to %zu table%s", totals->columns,
			plural(totals->columns), totals->altered, plural(totals->altered));
	if (!totals->steps)
		fputs("nothing that can be done", out);
	else
		fputs("; each table is one transaction", out);
	fputs(".\n", out);
	if (totals->impossible)
		fprintf(out, "%zu step%s cannot be done: that is for a person.\n",
			totals->impossible, plural(totals->impossible));
	if (totals->refused)
		fprintf(out,
			"%zu step%s refused: run %s when the table may be locked for that long,\n"
			"or allow it with --allow-rewrite.\n",
			totals->refused, totals->refused == 1 ? " is" : "s are",
			totals->refused == 1 ? "it" : "them");
}

void plan_print(const struct manage *manage, const struct terminal *terminal,
		const struct reconcile_report *report)
{
	size_t conflicts = reconcile_report_counts(report)->conflicts;
	struct plan_totals totals = plan_total(report);

	fputs("Plan for ", terminal->stream);
	manage_print_place(manage, terminal, reconcile_report_database(report));
	fputs(":\n", terminal->stream);
	for (size_t i = 0; i < reconcile_report_step_count(report); i++)
		print_step(terminal, report, i);
	if (reconcile_report_step_count(report))
		print_totals(terminal, &totals);
	else
		fputs("\nNothing to do.\n", terminal->stream);
	notices_print(terminal, report);
	if (conflicts)
		fprintf(terminal->stream,
			"%zu column%s in conflict: '%s status' shows both sides.\n", conflicts,
			conflicts == 1 ? " is" : "s are", manage->program);
}

static void print_file(const struct manage *manage)
{
	fputs("Written to ", manage->out.stream);
	terminal_text(&manage->out, manage->arguments.out);
	fprintf(manage->out.stream, ". Next: '%s apply --plan ", manage->program);
	terminal_text(&manage->out, manage->arguments.out);
	fputs("'.\n", manage->out.stream);
}

static int print_plan(struct manage *manage, int status, struct reconcile_report *report)
{
	const char *script;

	switch (manage->arguments.format) {
	case FORMAT_JSON:
		return json_report(manage, status, report) ? status : manage_out_of_memory(manage);
	case FORMAT_SQL:
		script = reconcile_report_script(report);
		if (!script)
			return manage_out_of_memory(manage);
		/* As it is: this is for psql or sqlite3, not for a terminal. */
		fputs(script, manage->out.stream);
		return status;
	default:
		plan_print(manage, &manage->out, report);
		if (manage->arguments.out)
			print_file(manage);
		else if (plan_total(report).steps)
			fprintf(manage->out.stream, "Next: '%s apply'.\n", manage->program);
		return status;
	}
}

int plan_command(struct manage *manage)
{
	struct reconcile_report *report;
	int status = manage_look(manage, false, &report);

	if (!report)
		return status;
	if (!manage->arguments.out || plan_file_write(manage, status, report))
		status = print_plan(manage, status, report);
	else
		status = RECONCILE_FAILED;
	reconcile_report_free(report);
	if (status == RECONCILE_PENDING || status == RECONCILE_CONFLICT)
		return manage->arguments.exit_code ? status : RECONCILE_OK;
	return status;
}
