/*
 * At least 5,000 hostile strings where they are only repeated: as a description, as the name of the
 * file of a row, as the name of a registry; and in the lines of a log.
 */
#include "hostile.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { COLUMNS_A_TABLE = 500 };

static char column_names[COLUMNS_A_TABLE][20];

static void name_columns(void)
{
	for (size_t i = 0; i < COUNT(column_names); i++)
		snprintf(column_names[i], sizeof(column_names[i]), "c_%zu", i);
}

/* ---- what a report repeats ------------------------------------------------ */

ON_BOTH(hostile, descriptions)
{
	struct trial trial;
	const char *round[COLUMNS_A_TABLE];
	name_columns();
	trial_begin(&trial, start);
	start->options.detail = true;
	for (size_t count, table = 0;
	     (count = next_round(&trial, PLACE_DESCRIPTION, round, COUNT(round))) > 0; table++) {
		struct rows rows = rows_new(count);
		char name[30];
		snprintf(name, sizeof(name), "subject_%zu", table);
		trial_make_table(&trial, name);
		for (size_t i = 0; i < count; i++) {
			struct reconcile_column column = place_string(PLACE_DESCRIPTION, round[i]);
			column.table = name;
			column.column = column_names[i];
			rows_add(&rows, &column, false);
		}
		trial_apply(&trial, &rows, count);
		trial_is_in_sync(&trial, &rows);
		for (size_t i = 0; i < rows.count; i++) {
			const struct reconcile_item *item =
				start_item(start, name, column_names[i]);
			cr_assert(item != NULL, "'%s'", rows.columns[i].description);
			cr_expect_str_eq(item->description, rows.columns[i].description);
		}
		rows_free(&rows);
	}
	trial_say(&trial, "description");
	trial_end(&trial);
}

/* The file of a row stands in front of what is wrong with the row, whoever finds it. */
ON_BOTH(hostile, files)
{
	struct trial trial;
	trial_begin(&trial, start);
	trial_make_table(&trial, "subject");
	for (size_t i = 0; i < trial.strings.count; i++) {
		const char *string = trial.strings.texts[i];
		struct reconcile_column column = place_string(PLACE_FILE, string);
		struct rows rows = rows_new(1);
		column.description = NULL;
		column.type = "int, drop column own";
		rows_add(&rows, &column, false);
		cr_expect(!is_valid(&column, NULL, string));
		struct reconcile_registry registry = rows_registry(&rows, 0, 1);
		start_run(start, &registry);
		expect_status(start, RECONCILE_BAD_REGISTRY);
		const char *fault = line_fault(start->error->message);
		cr_expect(fault == NULL, "'%s': %s: '%s'", string, fault, start->error->message);
		/* Now and then a type that only the server does not know. */
		rows.columns[0].type = "nosuchtype";
		if (start->database->engine == ENGINE_POSTGRES && i % 20 == 0) {
			start_run(start, &registry);
			expect_status(start, RECONCILE_BAD_REGISTRY);
			fault = line_fault(start->error->message);
			cr_expect(fault == NULL, "'%s': %s: '%s'", string, fault,
				  start->error->message);
		}
		rows_free(&rows);
	}
	trial_end(&trial);
}

Test(hostile, names_of_registries)
{
	struct hostile strings = hostile_new(HOSTILE_STRINGS);
	for (size_t i = 0; i < strings.count; i++) {
		struct reconcile_registry registry = orders_registry;
		registry.name = strings.texts[i];
		struct reconcile_report *report;
		int status = reconcile_validate(&registry, NULL, &report);
		const char *message = reconcile_report_error(report)->message;
		bool plain = strspn(registry.name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						   "abcdefghijklmnopqrstuvwxyz0123456789_-") ==
			     strlen(registry.name);
		plain = plain && strlen(registry.name) >= 1 && strlen(registry.name) <= 63;
		cr_expect_eq(status, plain ? RECONCILE_OK : RECONCILE_BAD_REGISTRY, "'%s': %d",
			     registry.name, status);
		cr_expect(plain || line_fault(message) == NULL, "'%s'", message);
		reconcile_report_free(report);
	}
	hostile_free(&strings);
}

/* ---- the log --------------------------------------------------------------- */

/* Columns with such names that are of another type than declared: each is a record, with the names,
 * both sides and the file in it. */
static struct rows conflicting_rows(struct trial *trial)
{
	enum { TABLES = 4 };
	static char tables[TABLES][30];
	const char *round[TABLES * COLUMNS_A_TABLE];
	size_t count = next_round(trial, PLACE_COLUMN, round, COUNT(round));
	struct rows rows = rows_new(count);
	for (size_t i = 0; i < count; i++) {
		struct reconcile_column column = place_string(PLACE_COLUMN, round[i]);
		char *name = tables[i / COLUMNS_A_TABLE];
		if (i % COLUMNS_A_TABLE == 0) {
			snprintf(name, sizeof(*tables), "subject_%zu", i / COLUMNS_A_TABLE);
			trial_make_table(trial, name);
		}
		column.table = name;
		rows_add(&rows, &column, false);
	}
	trial_apply(trial, &rows, COLUMNS_A_TABLE);
	for (size_t i = 0; i < rows.count; i++) {
		rows.columns[i].type = "INTEGER";
		rows.columns[i].default_value = (struct reconcile_default)DEFAULT("7");
		rows.columns[i].file = trial->strings.texts[i];
	}
	return rows;
}

static void count_record(void *context, const struct reconcile_log_record *record)
{
	size_t *count = context;
	const char *fault = record->message != NULL ? line_fault(record->message) : NULL;
	cr_expect(fault == NULL, "%s: '%s'", fault, record->message);
	(*count)++;
}

/* The lines that a start writes to standard error; free() them. */
static char *read_log(struct start *start, const struct reconcile_registry *registry,
		      enum reconcile_log_format format)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/log", start->database->folder);
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), saved = dup(STDERR_FILENO);
	cr_assert(file >= 0 && saved >= 0);
	start->options.log = NULL;
	start->options.log_format = format;
	dup2(file, STDERR_FILENO);
	int status = start_run(start, registry);
	dup2(saved, STDERR_FILENO);
	close(saved);
	cr_expect_eq(status, RECONCILE_OK, "%d: %s", status, start->error->message);
	long length = lseek(file, 0, SEEK_END);
	char *text = calloc((size_t)length + 1, 1);
	cr_assert(text != NULL, "out of memory");
	cr_assert_eq(pread(file, text, (size_t)length, 0), length);
	close(file);
	return text;
}

/* Is it the record of that column? The strings are exact, unless the line was cut. */
static void expect_json(const char *line, const struct reconcile_column *column)
{
	json_error_t error;
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	cr_assert(json_is_object(json), "%s: %s", error.text, line);
	const char *event = json_string_value(json_object_get(json, "event"));
	cr_assert(event != NULL, "%s", line);
	if (column != NULL) {
		const char *name = json_string_value(json_object_get(json, "column"));
		const char *table = json_string_value(json_object_get(json, "table"));
		cr_expect_str_eq(event, "conflict");
		cr_expect(name != NULL && strcmp(name, column->column) == 0, "'%s': %s",
			  column->column, line);
		cr_expect(table != NULL && strcmp(table, column->table) == 0, "'%s': %s",
			  column->table, line);
	} else {
		cr_expect_str_eq(event, "summary");
	}
	json_decref(json);
}

ON_BOTH(hostile, every_record_is_one_line)
{
	static const enum reconcile_log_format formats[] = {
		RECONCILE_LOG_TEXT, RECONCILE_LOG_LOGFMT, RECONCILE_LOG_JSON};
	struct trial trial;
	size_t records = 0;
	trial_begin(&trial, start);
	struct rows rows = conflicting_rows(&trial);
	struct reconcile_registry registry = rows_registry(&rows, 0, rows.count);
	start->options.mode = RECONCILE_MODE_WARN;
	start->options.log = count_record;
	start->options.log_context = &records;
	start_run(start, &registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(records, rows.count + 1, "%zu records for %zu columns", records, rows.count);
	for (size_t i = 0; i < COUNT(formats); i++) {
		char *log = read_log(start, &registry, formats[i]), *rest = log;
		size_t lines = 0;
		for (char *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL; lines++) {
			const char *fault = line_fault(line);
			cr_expect(fault == NULL, "%s: '%s'", fault, line);
			cr_expect(formats[i] != RECONCILE_LOG_TEXT ||
					  strncmp(line, "reconcile: ", 11) == 0,
				  "'%s'", line);
			cr_expect(formats[i] != RECONCILE_LOG_LOGFMT ||
					  strncmp(line, "time=", 5) == 0,
				  "'%s'", line);
			if (formats[i] == RECONCILE_LOG_JSON && lines <= rows.count)
				expect_json(line, lines < rows.count ? &rows.columns[lines] : NULL);
		}
		cr_expect_eq(lines, records, "%zu lines, %zu records", lines, records);
		free(log);
	}
	rows_free(&rows);
	trial_end(&trial);
}
