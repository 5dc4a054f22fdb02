#include "manage.h"

#include "json.h"

#include <string.h>

static void print_validation(const struct manage *manage, const struct reconcile_registry *registry,
			     int status, const struct reconcile_report *report)
{
	const struct terminal *terminal = &manage->out;
	size_t problems = reconcile_report_problem_count(report);
	size_t tables = registry_table_count(registry);

	for (size_t i = 0; i < problems; i++) {
		terminal_text(terminal, reconcile_report_problem(report, i));
		fputc('\n', terminal->stream);
	}
	fputs("registry ", terminal->stream);
	terminal_styled(terminal, STYLE_BOLD, registry->name);
	fprintf(terminal->stream, ": %zu table%s, %zu column%s, ", tables, plural(tables),
		registry->column_count, plural(registry->column_count));
	if (!problems)
		terminal_styled(terminal, STYLE_GREEN, "no problems");
	else
		fprintf(terminal->stream, "%zu problem%s", problems, plural(problems));
	/* Warnings alone are no reason to fail. */
	fputs(problems && status == RECONCILE_OK ? ", none of them an error\n" : "\n",
	      terminal->stream);
}

/* Validates one; document NULL: as text. OK, BAD_REGISTRY, or FAILED for want of memory. */
static int validate(const struct manage *manage, const struct reconcile_registry *registry,
		    struct json_t *document)
{
	struct reconcile_report *report;
	int status = reconcile_validate(registry, &report);

	if (!report)
		return RECONCILE_FAILED;
	if (document) {
		if (!json_validation_add(document, registry, status, report))
			status = RECONCILE_FAILED;
	} else {
		print_validation(manage, registry, status, report);
	}
	reconcile_report_free(report);
	return status;
}

int validate_command(struct manage *manage)
{
	const char *wanted = manage->arguments.registry;
	bool json = manage->arguments.format == FORMAT_JSON;
	struct json_t *document = json ? json_validation_begin() : NULL;
	int worst = json && !document ? RECONCILE_FAILED : RECONCILE_OK;

	for (size_t i = 0; worst != RECONCILE_FAILED && i < manage->registry_count; i++) {
		const struct reconcile_registry *registry = manage->registries[i];
		int status = RECONCILE_OK;

		if (!wanted || registry == manage->registry)
			status = validate(manage, registry, document);
		if (status != RECONCILE_OK)
			worst = status;
	}
	if (worst == RECONCILE_FAILED || (json && !json_validation_print(manage, document)))
		return manage_out_of_memory(manage);
	return worst;
}
