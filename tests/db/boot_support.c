#include "boot.h"

#include <stdio.h>

static const struct reconcile_table orders_tables[] = {TABLE("orders")};
static const struct reconcile_column orders_columns[] = {
	COLUMN("orders", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("orders", "name", "VARCHAR(40)", REQUIRED, NO_DEFAULT),
	COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("orders", "amount", "INTEGER", NOT_NULL, DEFAULT("0")),
	COLUMN("orders", "done", "BOOLEAN", NOT_NULL, DEFAULT("0")),
};

const struct reconcile_registry orders_registry = {
	RECONCILE_REGISTRY_LAYOUT, "app", orders_tables, 1, orders_columns, 2};
const struct reconcile_registry newer_orders_registry = REGISTRY(orders_tables, orders_columns);

/* ---- the log ------------------------------------------------------------- */

static const char *level_name(enum reconcile_log_level level)
{
	static const char *const names[] = {"default", "debug", "info", "warn", "error", "off"};
	return names[level];
}

static void keep_record(void *context, const struct reconcile_log_record *record)
{
	struct start *start = context;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	cr_assert(out != NULL, "out of memory");

	fprintf(out, "%s%s %s %s", start->log != NULL ? start->log : "", level_name(record->level),
		record->event, record->message != NULL ? record->message : "");
	for (size_t i = 0; i < record->field_count; i++) {
		const struct reconcile_field *field = &record->fields[i];
		if (field->kind == RECONCILE_FIELD_TEXT || field->kind == RECONCILE_FIELD_SQL)
			fprintf(out, " %s=%s", field->key,
				field->text != NULL ? field->text : "(null)");
		else if (field->kind == RECONCILE_FIELD_INTEGER)
			fprintf(out, " %s=%lld", field->key, field->integer);
		else
			fprintf(out, " %s=%.1fms", field->key, field->ms);
	}
	fputc('\n', out);
	cr_assert(fclose(out) == 0, "out of memory");
	free(start->log);
	start->log = text;
}

size_t start_log_count(const struct start *start, const char *word)
{
	size_t count = 0;
	for (const char *line = start->log; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n'), *found = strstr(line, word);
		count += found != NULL && found < end;
		line = end + 1;
	}
	return count;
}

/* ---- a start ------------------------------------------------------------- */

void start_new(struct start *start, enum engine engine)
{
	*start =
		(struct start){.database = database_new(engine), .options = RECONCILE_OPTIONS_INIT};
	start->options.url = start->database->url;
	start->options.create_database = engine == ENGINE_SQLITE;
	start->options.log = keep_record;
	start->options.log_context = start;
	start->options.log_level = RECONCILE_LOG_INFO;
}

static void forget(struct start *start)
{
	reconcile_report_free(start->report);
	free(start->log);
	start->report = NULL;
	start->log = NULL;
}

void start_free(struct start *start)
{
	forget(start);
	database_free(start->database);
}

int start_run(struct start *start, const struct reconcile_registry *registry)
{
	forget(start);
	start->status = reconcile(registry, &start->options, &start->report);
	cr_assert(start->report != NULL, "no report");
	start->error = reconcile_report_error(start->report);
	start->counts = reconcile_report_counts(start->report);
	return start->status;
}

void start_must(struct start *start, const struct reconcile_registry *registry, int status)
{
	cr_assert(start_run(start, registry) == status, "status %d, not %d: %s", start->status,
		  status, start_told(start));
}

const char *start_told(const struct start *start)
{
	static _Thread_local char text[4000];
	snprintf(text, sizeof(text), "%s\n%s", start->error->message,
		 start->log != NULL ? start->log : "");
	return text;
}

void start_test(void (*test)(struct start *start), enum engine engine)
{
	struct start start;
	start_new(&start, engine);
	test(&start);
	start_free(&start);
}

/* ---- what is not ours ---------------------------------------------------- */

void expect_everywhere(struct start *start, const struct reconcile_registry *registry,
		       const char *said)
{
	static const enum reconcile_catalog readers[] = {RECONCILE_CATALOG_PG_CATALOG,
							 RECONCILE_CATALOG_INFORMATION_SCHEMA};
	static const enum reconcile_mode modes[] = {RECONCILE_MODE_CHECK, RECONCILE_MODE_APPLY};
	char *schema = database_schema(start->database);
	for (size_t r = 0; r < COUNT(readers); r++)
		for (size_t m = 0; m < COUNT(modes); m++) {
			start->options.catalog = readers[r];
			start->options.mode = modes[m];
			start_run(start, registry);
			expect_status(start, RECONCILE_CONFLICT);
			expect_in(start->log, said);
			cr_expect_eq(start->counts->applied, 0);
		}
	start->options.catalog = RECONCILE_CATALOG_AUTO;
	start->options.mode = RECONCILE_MODE_APPLY;
	expect_unchanged(start->database, schema);
}

/* ---- the report ---------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const struct reconcile_item *start_item(const struct start *start, const char *table,
					const char *column)
{
	for (size_t i = 0; i < reconcile_report_item_count(start->report); i++) {
		const struct reconcile_item *item = reconcile_report_item(start->report, i);
		if (same(item->table, table) && same(item->column, column))
			return item;
	}
	return NULL;
}

static const char *shown(const char *text)
{
	return text != NULL ? text : "-";
}

static void print_side(FILE *out, const char *name, const struct reconcile_side *side)
{
	fprintf(out, " %s(%s, %s, %s)", name, shown(side->type),
		side->nullable ? "null" : "not null", shown(side->default_value));
}

char *start_items(const struct start *start)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	cr_assert(out != NULL, "out of memory");
	for (size_t i = 0; i < reconcile_report_item_count(start->report); i++) {
		const struct reconcile_item *item = reconcile_report_item(start->report, i);
		fprintf(out, "%s.%s %s conflicts=%u applied=%d compared=%d cost=%s reason=%s",
			item->table, shown(item->column), reconcile_state_name(item->state),
			item->conflicts, item->applied, item->default_compared,
			reconcile_cost_name(item->cost), shown(item->reason));
		print_side(out, "declared", &item->declared);
		if (item->has_live)
			print_side(out, "live", &item->live);
		fprintf(out, " %s %s:%d\n", shown(item->sql), shown(item->file), item->line);
	}
	cr_assert(fclose(out) == 0, "out of memory");
	return text;
}
