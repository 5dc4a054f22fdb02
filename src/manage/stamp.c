#include "manage.h"

#include "json.h"

static void print_stamp(const struct manage *manage, const struct reconcile_report *report)
{
	const struct terminal *out = &manage->out;
	const struct reconcile_counts *counts = reconcile_report_counts(report);

	manage_print_place(manage, out, reconcile_report_database(report));
	if (counts->stamped > 0)
		fprintf(out->stream, ": recorded %zu table%s as %s\n", counts->stamped,
			plural(counts->stamped), counts->stamped == 1 ? "it is" : "they are");
	else
		fputs(": nothing to record\n", out->stream);
	if (counts->missing > 0)
		fprintf(out->stream, "Missing: %zu column%s. Next: '%s plan'.\n", counts->missing,
			plural(counts->missing), manage->program);
	if (counts->conflicts > 0)
		fprintf(out->stream, "Conflicts: %zu, not recorded. Next: '%s status'.\n",
			counts->conflicts, manage->program);
}

int stamp_command(struct manage *manage)
{
	struct reconcile_options options = manage->options;
	struct reconcile_report *report;
	int status;

	options.mode = RECONCILE_MODE_STAMP;
	manage_quiet_log(manage, &options, RECONCILE_LOG_ERROR);
	status = reconcile(manage->registry, &options, &report);
	if (!report)
		return manage_out_of_memory(manage);
	if (status != RECONCILE_OK)
		manage_fail(manage, reconcile_report_error(report), report);
	else if (manage->arguments.format != FORMAT_JSON)
		print_stamp(manage, report);
	else if (!json_report(manage, status, report))
		status = manage_out_of_memory(manage);
	reconcile_report_free(report);
	return status;
}
