/*
 * A service as it was compiled with the headers of version 0.2.0, in tests/abi/0.2.0: every
 * function and every struct of theirs, on the SQLite file that it is given. It must run with every
 * later library.
 */
#include <reconcile.h>

#include <stdio.h>
#include <string.h>

#define RECONCILE_REGISTRY old
#define RECONCILE_REGISTRY_FILE "service.def"
#include <reconcile-registry.h>

static int failures;

static void expect(const char *what, int holds)
{
	if (holds)
		return;
	printf("abi: %s\n", what);
	failures++;
}

static size_t events;

static void take_event(void *context, const struct reconcile_log_record *record)
{
	events++;
	if (strcmp(record->event, "summary") == 0)
		expect("the log's context", context == &events && record->field_count > 0);
}

static void start(const char *url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	struct reconcile_report *report;
	const struct reconcile_counts *counts;

	/* The last member of each kind that there was. */
	options.url = url;
	options.mode = RECONCILE_MODE_APPLY;
	options.lock_timeout_ms = 300;
	options.log = take_event;
	options.log_context = &events;
	options.log_level = RECONCILE_LOG_DEBUG;
	options.application = "old service";
	options.create_database = true;
	options.detail = true;
	expect("a start", reconcile(&old_registry, &options, &report) == RECONCILE_OK);
	if (!report)
		return;
	counts = reconcile_report_counts(report);
	expect("the report's error", reconcile_report_error(report)->status == RECONCILE_OK);
	expect("the counts", counts->tables == 1 && counts->columns == 2 && counts->present == 2 &&
				     counts->applied == 2 && counts->tables_created == 1 &&
				     counts->tables_missing == 0);
	expect("the items", reconcile_report_item_count(report) == 2);
	const struct reconcile_item *item = reconcile_report_item(report, 1);
	expect("an item",
	       item && strcmp(item->table, "orders") == 0 && strcmp(item->column, "note") == 0 &&
		       item->state == RECONCILE_PRESENT && item->applied &&
		       strcmp(item->declared.type, "TEXT") == 0 &&
		       strcmp(item->description, "What was said") == 0 && item->line > 0);
	expect("the database", strcmp(reconcile_report_database(report)->engine, "sqlite") == 0);
	expect("the log", events > 0);
	reconcile_report_free(report);
}

static void look(const char *url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	struct reconcile_report *report;
	struct reconcile_history *history;
	const struct reconcile_history_row *row;

	options.url = url;
	options.log_level = RECONCILE_LOG_OFF;
	options.mode = RECONCILE_MODE_CHECK;
	expect("a look", reconcile(&old_registry, &options, &report) == RECONCILE_OK);
	expect("its steps", reconcile_report_step_count(report) == 0);
	reconcile_report_free(report);

	expect("history", reconcile_history_read(&options, "orders", 1, &history) == RECONCILE_OK);
	expect("its rows", reconcile_history_count(history) == 1);
	row = reconcile_history_row(history, 0);
	expect("a row", row && strcmp(row->table_name, "orders") == 0 &&
				strcmp(row->application, "old service") == 0 &&
				strcmp(row->registry, "old") == 0 && row->version);
	reconcile_history_free(history);
	expect("no table of that name",
	       reconcile_history_read(&options, "others", 0, &history) == RECONCILE_OK &&
		       reconcile_history_count(history) == 0);
	reconcile_history_free(history);
}

static void rest(const char *url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	struct reconcile_report *report;
	struct reconcile_config *config;

	expect("validate", reconcile_validate(&old_registry, "sqlite", &report) == RECONCILE_OK);
	reconcile_report_free(report);
	options.url = url;
	options.schema = "main";
	expect("the configuration", reconcile_config_load(&options, &config) == RECONCILE_OK);
	expect("a key", strcmp(reconcile_config_get(config, "schema"), "main") == 0);
	reconcile_config_free(config);
	expect("a duration", reconcile_duration_parse("2m") == 120000);
	expect("names", strcmp(reconcile_status_name(75), "busy") == 0 &&
				strcmp(reconcile_state_name(RECONCILE_EXTRA), "extra") == 0 &&
				strcmp(reconcile_cost_name(RECONCILE_COST_SCAN), "scan") == 0);
	expect("a rule", reconcile_rule_find("reserved-word") != NULL);
	expect("a newer library", strcmp(reconcile_version(), "0.1.0") > 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return RECONCILE_USAGE;
	start(argv[1]);
	look(argv[1]);
	rest(argv[1]);
	return failures ? RECONCILE_FAILED : RECONCILE_OK;
}
