#include "boot_support.h"

#include <stdio.h>

/* ---- what is booted -------------------------------------------------------- */

/* clang-format off */
static const struct reconcile_table tables[] = {
	TABLE_ROW("a", 1), TABLE_ROW("b", 2), TABLE_ROW("c", 3),
};
static const struct reconcile_column columns[] = {
	ROW("a", "id", "TEXT", PRIMARY_KEY, NO_DEFAULT, 11),
	ROW("a", "one", "TEXT", NULLABLE, NO_DEFAULT, 12),
	ROW("a", "two", "INTEGER", NOT_NULL, VALUE("0"), 13),
	ROW("a", "three", "TEXT", NULLABLE, NO_DEFAULT, 14),
	ROW("b", "id", "TEXT", PRIMARY_KEY, NO_DEFAULT, 21),
	ROW("b", "one", "VARCHAR(20)", NULLABLE, NO_DEFAULT, 22),
	ROW("c", "id", "TEXT", PRIMARY_KEY, NO_DEFAULT, 31),
	ROW("c", "one", "TEXT", NULLABLE, NO_DEFAULT, 32),
};
/* clang-format on */
const struct reconcile_registry boot_registry = REGISTRY(tables, columns);
_Static_assert(COUNT(columns) == COLUMN_COUNT, "as boot_support.h says");

struct record records[RECORDS_MAX];
size_t record_count;

static void capture(void *context, const struct reconcile_log_record *record)
{
	(void)context;
	cr_assert(record_count < COUNT(records), "the log has no end");
	struct record *one = &records[record_count++];
	one->level = record->level;
	snprintf(one->event, sizeof(one->event), "%s", record->event);
	int length = snprintf(one->text, sizeof(one->text), "%s",
			      record->message != NULL ? record->message : "");
	for (size_t i = 0; i < record->field_count; i++) {
		const struct reconcile_field *field = &record->fields[i];
		if (length < 0 || (size_t)length >= sizeof(one->text))
			return;
		char *end = one->text + length;
		size_t room = sizeof(one->text) - (size_t)length;
		if ((field->kind == RECONCILE_FIELD_TEXT || field->kind == RECONCILE_FIELD_SQL) &&
		    field->text != NULL)
			length += snprintf(end, room, " %s=%s", field->key, field->text);
		else if (field->kind == RECONCILE_FIELD_INTEGER)
			length += snprintf(end, room, " %s=%lld", field->key, field->integer);
	}
}

size_t count_events(const char *event, const char *part)
{
	size_t count = 0;
	for (size_t i = 0; i < record_count; i++)
		count += strcmp(records[i].event, event) == 0 &&
			 (part == NULL || strstr(records[i].text, part) != NULL);
	return count;
}

struct reconcile_options quick(void)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.url = "postgresql:///fake";
	options.mode = RECONCILE_MODE_APPLY;
	options.on_conflict = RECONCILE_ON_CONFLICT_WARN;
	options.lock_timeout_ms = 1;
	options.statement_timeout_ms = 2;
	options.budget_ms = 60000;
	options.connect_timeout_ms = 10;
	options.log = capture;
	options.log_level = RECONCILE_LOG_DEBUG;
	options.application = "boot-test";
	return options;
}

struct outcome boot_with(const struct reconcile_options *options)
{
	struct outcome outcome = {0};
	struct reconcile_report *report = NULL;
	record_count = 0;
	outcome.status = reconcile(fake.registry, options, &report);
	for (size_t i = 0; i < record_count; i++)
		cr_expect(strstr(records[i].text, FAKE_CLOSED) == NULL, "%s", records[i].text);
	outcome.has_report = report != NULL;
	if (report != NULL) {
		const struct reconcile_error *error = reconcile_report_error(report);
		outcome.counts = *reconcile_report_counts(report);
		const char *script = reconcile_report_script(report);
		outcome.has_script = script != NULL;
		cr_expect(script == NULL || strstr(script, FAKE_CLOSED) == NULL,
			  "the script is written with a session that is closed:\n%s", script);
		const char *place = reconcile_report_database(report)->place;
		cr_expect(place == NULL || strcmp(place, FAKE_CLOSED) != 0);
		cr_expect(error->status == outcome.status || error->status == RECONCILE_OK,
			  "report says %d, the call %d", error->status, outcome.status);
		snprintf(outcome.message, sizeof(outcome.message), "%s", error->message);
		snprintf(outcome.hint, sizeof(outcome.hint), "%s", error->hint ? error->hint : "");
		snprintf(outcome.sqlstate, sizeof(outcome.sqlstate), "%s",
			 error->sqlstate ? error->sqlstate : "");
		for (size_t i = 0; i < reconcile_report_item_count(report); i++)
			outcome.marked += reconcile_report_item(report, i)->applied;
	}
	reconcile_report_free(report);
	return outcome;
}

struct outcome boot(void)
{
	struct reconcile_options options = quick();
	return boot_with(&options);
}

/* All but the columns a.one, a.two and a.three. */
void start_without_columns(void)
{
	fake_reset(&boot_registry);
	fake_have("a", "id");
	fake_have("b", NULL);
	fake_have("c", NULL);
}

/* ---- what must hold after every boot, whatever happened --------------------- */

const struct fake_table *live(const char *table)
{
	return fake_table(&fake.committed, table);
}

bool is_live(const char *table, const char *column)
{
	const struct fake_table *found = live(table);
	for (size_t i = 0; found != NULL && i < found->attribute_count; i++) {
		if (strcmp(found->attributes[i].name, column) == 0)
			return true;
	}
	return false;
}

/* Rules of the seam kept, every session closed. */
void expect_clean(const char *name)
{
	cr_expect(fake.violation == NULL, "%s: %s\n  trace: %s", name, fake.violation, fake.trace);
	cr_expect(fake.open_sessions == 0 && !fake.is_started, "%s: a session is left open: %s",
		  name, fake.trace);
	cr_expect(!fake.in_transaction, "%s: a transaction is left open: %s", name, fake.trace);
}

/* And every table before or after its change. */
void expect_order(const char *name)
{
	expect_clean(name);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		const char *table = columns[i].table, *column = columns[i].column;
		size_t rows = fake_history_count(table, NULL) + fake_history_count(table, column);
		cr_expect(rows <= 1, "%s: %zu history rows for %s.%s", name, rows, table, column);
		cr_expect(rows == 0 || is_live(table, column), "%s: %s.%s has history only", name,
			  table, column);
	}
}

void expect_all_there(const char *name)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		cr_expect(is_live(columns[i].table, columns[i].column), "%s: no %s.%s", name,
			  columns[i].table, columns[i].column);
}

void expect_status(const char *name, const struct outcome *outcome, int status)
{
	cr_expect(outcome->status == status, "%s: status %d, expected %d: %s\n  trace: %s", name,
		  outcome->status, status, outcome->message, fake.trace);
}

void expect_applied(const char *name, const struct outcome *outcome, size_t count)
{
	cr_expect(outcome->counts.applied == count, "%s: applied %zu, expected %zu", name,
		  outcome->counts.applied, count);
	cr_expect(outcome->marked == count, "%s: %zu items marked, expected %zu", name,
		  outcome->marked, count);
}

void expect_summary_last(const char *name)
{
	cr_expect(count_events("summary", NULL) == 1, "%s: %zu summaries", name,
		  count_events("summary", NULL));
	cr_expect(record_count > 0 && strcmp(records[record_count - 1].event, "summary") == 0,
		  "%s: the last record is '%s'", name,
		  record_count > 0 ? records[record_count - 1].event : "(none)");
}

void expect_calls(const char *name, enum fake_call call, unsigned count)
{
	cr_expect(fake.calls[call] == count, "%s: call %d was made %u times, expected %u: %s", name,
		  (int)call, fake.calls[call], count, fake.trace);
}
