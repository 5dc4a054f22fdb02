#include "manage.h"

#include "finding.h"
#include "json.h"

#include <string.h>

static void print_count(const struct terminal *terminal, enum style style, size_t count,
			const char *what)
{
	char text[64];

	if (!count)
		return;
	snprintf(text, sizeof(text), "%zu %s%s", count, what, plural(count));
	fputs(", ", terminal->stream);
	terminal_styled(terminal, style, text);
}

/* "registry memstack: 6 tables, 41 columns, 1 error, 2 warnings" */
static void print_summary(const struct terminal *terminal,
			  const struct reconcile_registry *registry, size_t errors, size_t warnings)
{
	size_t tables = registry_table_count(registry), columns = registry_column_count(registry);

	fputs("registry ", terminal->stream);
	terminal_styled(terminal, STYLE_BOLD, registry_name(registry));
	if (registry_is_readable(registry))
		fprintf(terminal->stream, ": %zu table%s, %zu column%s", tables, plural(tables),
			columns, plural(columns));
	else
		fputs(": cannot be read", terminal->stream);
	print_count(terminal, STYLE_RED, errors, "error");
	print_count(terminal, STYLE_YELLOW, warnings, "warning");
	if (!errors && !warnings) {
		fputs(", ", terminal->stream);
		terminal_styled(terminal, STYLE_GREEN, "no findings");
	}
	fputc('\n', terminal->stream);
}

/* Returns whether there was anything to be explained. */
static bool print_validation(const struct terminal *terminal,
			     const struct reconcile_registry *registry,
			     const struct reconcile_report *report)
{
	size_t findings = reconcile_report_finding_count(report), errors = 0;

	for (size_t i = 0; i < findings; i++) {
		const struct reconcile_finding *finding = reconcile_report_finding(report, i);

		finding_print(terminal, finding);
		errors += finding->error;
	}
	print_summary(terminal, registry, errors, findings - errors);
	return findings > 0;
}

/* Validates one; document NULL: as text. OK, BAD_REGISTRY, or FAILED for want of memory. */
static int validate(const struct manage *manage, const struct reconcile_registry *registry,
		    struct json_t *document, bool *found)
{
	static const char *const engines[] = {
		[0] = NULL, [ENGINE_POSTGRESQL] = "postgresql", [ENGINE_SQLITE] = "sqlite"};
	struct reconcile_report *report;
	int status = reconcile_validate(registry, engines[manage->arguments.engine], &report);

	if (!report)
		return RECONCILE_FAILED;
	if (!document)
		*found = print_validation(&manage->out, registry, report) || *found;
	else if (!json_validation_add(document, registry, status, report))
		status = RECONCILE_FAILED;
	reconcile_report_free(report);
	return status;
}

int validate_command(struct manage *manage)
{
	const char *wanted = manage->arguments.registry;
	bool json = manage->arguments.format == FORMAT_JSON, found = false;
	struct json_t *document = json ? json_validation_begin() : NULL;
	int worst = json && !document ? RECONCILE_FAILED : RECONCILE_OK;

	for (size_t i = 0; worst != RECONCILE_FAILED && i < manage->registry_count; i++) {
		const struct reconcile_registry *registry = manage->registries[i];
		int status = RECONCILE_OK;

		if (!wanted || registry == manage->registry)
			status = validate(manage, registry, document, &found);
		if (status != RECONCILE_OK)
			worst = status;
	}
	if (worst == RECONCILE_FAILED || (json && !json_validation_print(manage, document)))
		return manage_out_of_memory(manage);
	if (found) {
		manage_print(manage, STYLE_DIM, "'manage explain CODE' says more about a code.");
		fputc('\n', manage->out.stream);
		if (!manage->arguments.engine) {
			manage_print(manage, STYLE_DIM,
				     "'--engine postgresql' leaves SQLite's rules out, and the "
				     "other way round.");
			fputc('\n', manage->out.stream);
		}
	}
	if (!manage->registry_count && !json) {
		fputs("No registry is compiled in, and none is named: nothing to check.\n",
		      manage->out.stream);
		manage_print(manage, STYLE_PLAIN,
			     "Name one: 'manage validate --registry ./service.so:NAME'.");
		fputc('\n', manage->out.stream);
	}
	return worst;
}
