#include "manage.h"

#include "json.h"
#include "plan.h"
#include "plan_file.h"
#include "question.h"
#include "script.h"

static void print_applied(const struct manage *manage, const struct reconcile_report *report)
{
	const struct reconcile_counts *counts = reconcile_report_counts(report);
	const struct terminal *terminal = &manage->out;
	FILE *out = terminal->stream;

	for (size_t i = 0; i < reconcile_report_item_count(report); i++) {
		const struct reconcile_item *item = reconcile_report_item(report, i);

		if (!item->applied || !item->column)
			continue;
		terminal_mark(terminal, STYLE_GREEN, MARK_TICK);
		fputc(' ', out);
		terminal_text(terminal, item->table);
		fputc('.', out);
		terminal_text(terminal, item->column);
		fputc('\n', out);
	}
	manage_print_place(manage, terminal, reconcile_report_database(report));
	if (counts->applied)
		fprintf(out, ": applied %zu column%s", counts->applied, plural(counts->applied));
	else
		fprintf(out, ": nothing to do, %zu column%s present", counts->present,
			plural(counts->present));
	if (counts->tables_created)
		fprintf(out, ", %zu table%s created", counts->tables_created,
			plural(counts->tables_created));
	fprintf(out, " (%.0f ms)\n", reconcile_report_elapsed_ms(report));
}

/* The result as data; the plan before it and the progress went to standard error. */
static int show_result(struct manage *manage, int status, const struct reconcile_report *report)
{
	if (status != RECONCILE_OK) {
		struct reconcile_error error = *reconcile_report_error(report);

		/* Findings of a mere look are not an error to the library, but to who applies. */
		if (!error.status)
			error = (struct reconcile_error){
				.status = status,
				.message = "what is left is for a person, nothing was changed",
				.hint = "'manage status' shows it",
			};
		return manage_fail(manage, &error, report);
	}
	if (manage->arguments.format == FORMAT_TEXT)
		print_applied(manage, report);
	else if (!json_report(manage, status, report))
		return manage_out_of_memory(manage);
	return status;
}

static int do_apply(struct manage *manage, const struct reconcile_report *planned)
{
	struct reconcile_options options = manage->options;
	size_t steps = plan_total(planned).steps;
	struct reconcile_report *report;
	int status;

	options.mode = RECONCILE_MODE_APPLY;
	/* Without a file the question was only whether to bring the database in sync. */
	if (manage->arguments.plan)
		options.expected = reconcile_report_fingerprint(planned);
	/* The log is for a file; at a terminal nobody asked for it: the progress line instead. */
	if (manage->own_log && (manage->err.is_terminal || manage->arguments.quiet)) {
		console_begin(&manage->console, manage->program, &manage->err,
			      manage->arguments.quiet ? 0 : steps);
		options.log = console_log;
		options.log_context = &manage->console;
		options.log_level =
			manage->arguments.quiet ? RECONCILE_LOG_ERROR : RECONCILE_LOG_INFO;
	}
	status = reconcile(manage->registry, &options, &report);
	if (options.log)
		console_end(&manage->console);
	if (!report)
		return manage_out_of_memory(manage);
	status = show_result(manage, status, report);
	reconcile_report_free(report);
	return status;
}

/* With the plan in hand: is it to be done? OK, or why not. */
static int decide(struct manage *manage, const struct reconcile_report *report)
{
	size_t steps = plan_total(report).steps;
	char what[64];

	if (!manage->arguments.quiet || (!manage->arguments.yes && question_can_ask(manage)))
		plan_print(manage, &manage->err, report);
	snprintf(what, sizeof(what), "Apply %zu change%s to", steps, plural(steps));
	return question_ask(manage, what, reconcile_report_database(report)->place, report);
}

/* What is there now is in the report: is it what was planned, and shall it be done? */
static int apply_report(struct manage *manage, int status, const struct reconcile_report *report)
{
	if (plan_total(report).steps == 0) {
		/* In sync, or nothing but what is for a person. */
		if (status != RECONCILE_OK && !manage->arguments.quiet)
			plan_print(manage, &manage->err, report);
		return show_result(manage, status, report);
	}
	status = decide(manage, report);
	return status == RECONCILE_OK ? do_apply(manage, report) : status;
}

static int apply_columns(struct manage *manage)
{
	struct reconcile_report *report = NULL;
	struct plan_file file = {0};
	int status = RECONCILE_OK;

	if (manage->arguments.dry_run)
		return plan_command(manage);
	if (manage->arguments.plan) {
		status = plan_file_read(manage, &file);
		if (status != RECONCILE_OK)
			return status;
		/* The terms are those of the plan. */
		manage->options.allow_rewrite = file.allow_rewrite;
	}
	status = manage_look(manage, false, &report);
	if (report && manage->arguments.plan) {
		int same = plan_file_check(manage, &file, report);

		status = same == RECONCILE_OK ? apply_report(manage, status, report) : same;
	} else if (report) {
		status = apply_report(manage, status, report);
	}
	reconcile_report_free(report);
	plan_file_close(&file);
	return status;
}

int apply_command(struct manage *manage)
{
	bool gathers = manage->arguments.scripts && manage->arguments.format == FORMAT_JSON;
	int status;

	if (gathers && !json_gather(manage))
		return manage_out_of_memory(manage);
	status = manage->arguments.scripts ? scripts_check_folder(manage) : RECONCILE_OK;
	/* A folder that cannot be run must not leave a half of the command done. */
	if (status == RECONCILE_OK)
		status = apply_columns(manage);
	/* What the columns are, the scripts may need. */
	if (status == RECONCILE_OK && manage->arguments.scripts)
		status = scripts_up(manage);
	if (gathers && !json_gathered(manage))
		return manage_out_of_memory(manage);
	return status;
}
