/* The one call, and the path of a boot from top to bottom. */
#include "boot.h"
#include "model/advice.h"
#include "report.h"

#include <string.h>

/* ---- what the last look means -------------------------------------------- */

/* Something that no apply will put right. */
static const struct table_diff *first_obstacle(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		if (boot->diff.tables[i].obstacle != NULL)
			return &boot->diff.tables[i];
	}
	return NULL;
}

static const struct table_diff *first_denied(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		if (table->missing_count + table->refused_count > 0 &&
		    boot_denial(boot, table) != NULL)
			return table;
	}
	return NULL;
}

static const struct table_diff *first_refused(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		if (boot->diff.tables[i].refused_count > 0)
			return &boot->diff.tables[i];
	}
	return NULL;
}

/* One of count columns is named: what is said of the rest. */
static const char *and_others(size_t count)
{
	return count < 2 ? "" : word_for((long long)count - 1, " and another", " and others");
}

static bool fail_denied(const struct boot *boot, const struct table_diff *table, struct error *err)
{
	const struct denial *denial = boot_denial(boot, table);
	bool first = table->missing_count > 0;
	size_t count = table->missing_count + table->refused_count;
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *one = &boot->diff.tables[i];
		if (one->missing_count + one->refused_count > 0 && boot_denial(boot, one) != NULL)
			announce_denial(boot, one, boot_denial(boot, one));
	}
	error_set(err, denial->conflict ? RECONCILE_CONFLICT : RECONCILE_NOT_PERMITTED,
		  "table '%s': %s '%s'%s: %s", table->table->name,
		  table->create ? "create" : "add column",
		  table->create ? table->table->name
				: (first ? table->missing : table->refused)[0]->row->column,
		  table->create ? "" : and_others(count), denial->why);
	if (boot->read_only.why != NULL)
		error_hint(err, "%s",
			   boot->facts.read_only_hint != NULL
				   ? boot->facts.read_only_hint
				   : "connect to the primary, in a session that may write");
	else if (denial->conflict)
		error_hint(err, "%s%s", denial->grant != NULL ? "let somebody who may run: " : "",
			   denial->grant != NULL
				   ? denial->grant
				   : "give that name, or those columns, back to history");
	else if (denial->grant != NULL)
		error_hint(err,
			   "let the owner run: %s or what `manage plan --format sql` prints; "
			   "or name a role that may with ddl_role or ddl_url",
			   denial->grant);
	else
		error_hint(err, "let the owner run what `manage plan --format sql` prints");
	return false;
}

/* A mere look: the status is the answer, not an error. */
static enum reconcile_status look_status(const struct boot *boot)
{
	if (boot->config->mode == RECONCILE_MODE_WARN || boot->config->mode == RECONCILE_MODE_STAMP)
		return RECONCILE_OK;
	if (boot->diff.conflict_count > 0 || first_obstacle(boot) != NULL ||
	    first_refused(boot) != NULL || boot_is_barred(boot))
		return RECONCILE_CONFLICT;
	return boot_has_work(boot) ? RECONCILE_PENDING : RECONCILE_OK;
}

/* After applying: everything is as declared, or who has to do something. */
static bool check_outcome(const struct boot *boot, struct error *err)
{
	const struct table_diff *denied = first_denied(boot), *obstacle = first_obstacle(boot),
				*refused = first_refused(boot);
	if (denied != NULL)
		return fail_denied(boot, denied, err);
	if (refused != NULL) {
		error_set(err, RECONCILE_CONFLICT, "table '%s': column '%s'%s: %s",
			  refused->table->name, refused->refused[0]->row->column,
			  and_others(refused->refused_count), refused->refusal);
		error_hint(err, "add it when the table may be locked for that long, with "
				"`manage apply --allow-rewrite`, or set allow_rewrite");
		return false;
	}
	if (obstacle != NULL) {
		error_set(err, RECONCILE_CONFLICT, "table '%s': %s", obstacle->table->name,
			  obstacle->obstacle);
		error_hint(err, "change the registry or the database: `manage plan` shows what "
				"cannot be done, and why");
		return false;
	}
	if (boot->diff.conflict_count == 0 ||
	    boot->config->on_conflict != RECONCILE_ON_CONFLICT_FAIL)
		return true;
	error_set(err, RECONCILE_CONFLICT, "%zu column%s not as declared",
		  boot->diff.conflict_count,
		  word_for((long long)boot->diff.conflict_count, " is", "s are"));
	error_hint(err, "this needs a person: `manage status` shows both sides");
	return false;
}

/* ---- the boot ------------------------------------------------------------- */

/*
 * Look; add what is missing, a table a transaction; look again; until nothing is missing that
 * could be added. Whatever goes wrong on the way, a kill included, the next look starts from what
 * the catalog says then.
 */
static bool converge(struct boot *boot, struct error *err)
{
	const struct table_diff *failed = NULL;

	for (;;) {
		if (boot_look(boot, err)) {
			if (!boot_lacks(boot))
				return boot_expect_look(boot, err);
			if (boot_prepare(boot, err)) {
				if (boot_may_work(boot) && !boot_expect_look(boot, err))
					return false;
				if (boot->config->mode != RECONCILE_MODE_APPLY ||
				    !boot_has_work(boot) || !boot_may_work(boot))
					return true;
				if (boot_apply(boot, &failed, err))
					continue;
			}
		}
		if (!boot_pause(boot, failed, err))
			return false;
		failed = NULL;
	}
}

/* Nothing is added: what is there is recorded. */
static bool record(struct boot *boot, struct error *err)
{
	while (!boot_look(boot, err) || !boot_stamp(boot, err))
		if (!boot_pause(boot, NULL, err))
			return false;
	return true;
}

static bool run_boot(struct boot *boot, struct error *err)
{
	bool converged = boot->config->mode == RECONCILE_MODE_STAMP ? record(boot, err)
								    : converge(boot, err);
	struct error ignored = {0};
	boot_confirm(boot);
	/* Once is enough: what is left is to say how it stands. */
	boot->settings.stop = (struct stop){0};
	/* What was done before it failed must stand in the report. */
	if (!converged && boot->stale && boot->session != NULL)
		boot_look(boot, &ignored);
	boot_mark_applied(boot);
	boot->diff.counts.stamped = boot->stamped_count;
	if (!converged && boot->looked && err->status == RECONCILE_BUSY &&
	    boot->config->mode != RECONCILE_MODE_STAMP)
		announce_left(boot);
	if (!converged)
		return false;
	announce_findings(boot);
	return boot->config->mode != RECONCILE_MODE_APPLY || check_outcome(boot, err);
}

/* Everything that the caller may ask the report about. false: out of memory. */
static bool fill_report(struct reconcile_report *report, struct boot *boot)
{
	struct error why = {0};
	if (!boot_describe(boot, &report->database, &report->arena, &why))
		return false;
	if (boot->looked) {
		report->database.schema = boot->catalog.schema;
		report->items = boot->diff.items;
		report->item_count = boot->diff.item_count;
		report->plan = boot->plan;
		if (!arena_copy(&report->registry_name, &report->arena, boot->index.registry->name))
			return false;
		bool looks = boot->config->mode == RECONCILE_MODE_CHECK ||
			     boot->config->mode == RECONCILE_MODE_WARN;
		if (looks && (report->fingerprint = boot_plan_fingerprint(boot)) == NULL)
			return false;
	}
	report->findings = boot->findings;
	report->finding_count = boot->finding_count;
	report->counts = boot->diff.counts;
	report->elapsed_ms = clock_ms() - boot->began_ms;
	return report_keep_words(report, boot->diff.items, boot->plan.steps);
}

static enum reconcile_status boot_with(struct reconcile_report *report,
				       const struct reconcile_registry *registry,
				       const struct config *config)
{
	struct boot boot;
	struct error *err = &report->failure;
	enum reconcile_status status = RECONCILE_OK;

	if (boot_begin(&boot, registry, config, &report->arena, &report->round, err) &&
	    run_boot(&boot, err) && config->mode != RECONCILE_MODE_APPLY)
		status = look_status(&boot);
	if (err->status != RECONCILE_OK) {
		status = err->status;
		announce_failure(config, err);
	}
	if (boot.looked)
		announce_summary(&boot);
	if (!fill_report(report, &boot)) {
		report->item_count = report->plan.step_count = 0;
		error_memory(err);
		status = err->status;
	}
	boot_end(&boot);
	return status;
}

int reconcile(const struct reconcile_registry *registry, const struct reconcile_options *options,
	      struct reconcile_report **report_out)
{
	struct config config;
	struct reconcile_report *report = report_new();
	enum reconcile_status status = RECONCILE_OK;

	if (report_out != NULL)
		*report_out = report;
	if (report == NULL)
		return RECONCILE_FAILED;
	if (!config_resolve(&config, options, &report->arena, &report->failure)) {
		status = report->failure.status;
		announce_failure(&config, &report->failure);
	} else if (config.mode == RECONCILE_MODE_OFF) {
		/* The layout alone is in the same place in all of them. */
		bool readable = registry != NULL && registry->layout == RECONCILE_REGISTRY_LAYOUT;
		LOG(&config.log, RECONCILE_LOG_INFO, "summary", NULL,
		    LOG_TEXT("registry", readable ? registry->name : NULL),
		    LOG_TEXT("mode", "off"));
	} else {
		status = boot_with(report, registry, &config);
	}
	report->error = error_publish(&report->failure);
	if (report_out == NULL)
		reconcile_report_free(report);
	return (int)status;
}

/* ---- the registry alone --------------------------------------------------- */

/* FOR_NONE: there is no such engine. */
static unsigned databases_of(const char *engine)
{
	if (engine == NULL)
		return FOR_BOTH;
	if (strcmp(engine, "postgresql") == 0)
		return FOR_POSTGRESQL;
	return strcmp(engine, "sqlite") == 0 ? FOR_SQLITE : FOR_NONE;
}

/* The findings as an array. */
static bool take_findings(struct reconcile_report *report, const struct finding *first)
{
	size_t count = 0;
	for (const struct finding *one = first; one != NULL; one = one->next)
		count++;
	struct reconcile_finding *findings = arena_array(&report->arena, count, sizeof(*findings));
	if (findings == NULL)
		return error_memory(&report->failure);
	for (const struct finding *one = first; one != NULL; one = one->next)
		findings[report->finding_count++] = one->shown;
	report->findings = findings;
	return true;
}

/* The first error is the report's, if there is one. */
static void fail_findings(struct reconcile_report *report)
{
	const struct reconcile_finding *first = NULL;
	size_t errors = 0;
	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].error && errors++ == 0)
			first = &report->findings[i];
	if (errors > 1)
		error_set(&report->failure, RECONCILE_BAD_REGISTRY, "%s (and %zu more)",
			  first->text, errors - 1);
	else if (first != NULL)
		error_set(&report->failure, RECONCILE_BAD_REGISTRY, "%s", first->text);
	if (first != NULL && first->hint != NULL)
		error_hint(&report->failure, "%s", first->hint);
}

int reconcile_validate(const struct reconcile_registry *registry, const char *engine,
		       struct reconcile_report **report_out)
{
	struct reconcile_report *report = report_new();
	unsigned databases = databases_of(engine);
	struct finding *findings;

	if (report_out != NULL)
		*report_out = report;
	if (report == NULL)
		return RECONCILE_FAILED;
	struct error *err = &report->failure;
	if (databases == FOR_NONE)
		error_set(err, RECONCILE_USAGE, "there is no engine '%.40s'", engine);
	else if ((registry_check(registry, adviser_for(databases), &report->arena, &findings,
				 err) ||
		  err->status == RECONCILE_OK) &&
		 take_findings(report, findings))
		fail_findings(report);
	report->error = error_publish(err);
	int status = (int)err->status;
	if (report_out == NULL)
		reconcile_report_free(report);
	return status;
}
