#include "hostile.h"

#include "../support/difference.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <strings.h>

/* ---- texts ---------------------------------------------------------------- */

const char *line_fault(const char *text)
{
	if (text == NULL || *text == '\0')
		return "nothing at all";
	json_t *json = json_string(text);
	json_decref(json);
	if (json == NULL)
		return "not UTF-8";
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		if (*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return "a control character";
	return NULL;
}

static void expect_line(const char *what, const char *text, const char *string)
{
	const char *fault = line_fault(text);
	cr_expect(fault == NULL, "%s of '%s': %s: '%s'", what, string, fault, text);
}

void expect_refusal(const struct start *start, const char *string)
{
	const struct reconcile_error *error = start->error;
	bool postgres = start->database->engine == ENGINE_POSTGRES;
	expect_line("message", error->message, string);
	if (error->hint != NULL)
		expect_line("hint", error->hint, string);
	bool names_place = strstr(error->message, "hostile.def:") != NULL ||
			   strstr(error->message, "table '") != NULL;
	cr_expect(names_place, "of '%s': no place in '%s'", string, error->message);
	cr_expect_eq(start->status, error->status, "%d, %d", start->status, error->status);
	switch (start->status) {
	case RECONCILE_BAD_REGISTRY:
	case RECONCILE_CONFLICT:
		break;
	case RECONCILE_FAILED: /* the server, or our own look at what the server made of it */
		cr_expect(!postgres || error->sqlstate != NULL ||
				  strstr(error->message, "was added, but") != NULL,
			  "'%s': no SQLSTATE: %s", string, error->message);
		break;
	default:
		cr_expect_fail("'%s': status %d: %s", string, start->status, error->message);
	}
}

/* ---- registries ----------------------------------------------------------- */

const char *const place_names[PLACES] = {"table",      "column",      "type", "value",
					 "expression", "description", "file"};

struct reconcile_column place_string(enum place place, const char *string)
{
	struct reconcile_column column = COLUMN("subject", "hostile", "TEXT", NULLABLE, NO_DEFAULT);
	column.file = "hostile.def";
	column.line = 7;
	column.description = string;
	switch (place) {
	case PLACE_TABLE:
		column.table = string;
		break;
	case PLACE_COLUMN:
		column.column = string;
		break;
	case PLACE_TYPE:
		column.type = string;
		break;
	case PLACE_VALUE:
		column.default_value = (struct reconcile_default)DEFAULT(string);
		break;
	case PLACE_EXPRESSION:
		column.default_value = (struct reconcile_default)DEFAULT_SQL(string);
		break;
	case PLACE_DESCRIPTION:
		column.description = string;
		break;
	default:
		column.file = string;
	}
	return column;
}

struct rows rows_new(size_t capacity)
{
	struct rows rows = {.columns = calloc(capacity, sizeof(*rows.columns)),
			    .tables = calloc(capacity, sizeof(*rows.tables)),
			    .capacity = capacity};
	cr_assert(rows.columns != NULL && rows.tables != NULL, "out of memory");
	return rows;
}

void rows_free(struct rows *rows)
{
	free(rows->columns);
	free(rows->tables);
	*rows = (struct rows){0};
}

void rows_add(struct rows *rows, const struct reconcile_column *column, bool with_table)
{
	cr_assert_lt(rows->count, rows->capacity);
	if (with_table)
		rows->tables[rows->table_count++] =
			(struct reconcile_table){column->table, NULL, column->file, column->line};
	rows->columns[rows->count++] = *column;
	cr_assert(rows->table_count == 0 || rows->table_count == rows->count);
}

struct reconcile_registry rows_registry(const struct rows *rows, size_t from, size_t count)
{
	return (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "hostile",
		rows->tables + from,       rows->table_count > 0 ? count : 0,
		rows->columns + from,      count};
}

bool is_valid(const struct reconcile_column *column, const char *engine, const char *string)
{
	const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "hostile", NULL, 0, column, 1};
	struct reconcile_report *report;
	int status = reconcile_validate(&registry, engine, &report);
	cr_assert(report != NULL, "out of memory");
	size_t errors = 0;
	for (size_t i = 0; i < reconcile_report_finding_count(report); i++) {
		const struct reconcile_finding *finding = reconcile_report_finding(report, i);
		errors += finding->error;
		expect_line("finding", finding->text, string);
		if (finding->hint != NULL)
			expect_line("hint", finding->hint, string);
	}
	if (status != RECONCILE_OK) {
		cr_expect_eq(status, RECONCILE_BAD_REGISTRY, "'%s': status %d", string, status);
		cr_expect_gt(errors, 0, "'%s': refused without a word", string);
		expect_line("message", reconcile_report_error(report)->message, string);
	}
	reconcile_report_free(report);
	return status == RECONCILE_OK;
}

/* ---- objects -------------------------------------------------------------- */

/* Everything that can be made in a database, a line each: "kind name"; the parts of a name are
 * divided by the control character 1, which no name of ours has. */
static const char pg_objects_sql[] =
	"WITH own AS (SELECT oid, nspname FROM pg_namespace\n"
	"              WHERE nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema')\n"
	"SELECT 'schema ' || nspname FROM own\n"
	"UNION ALL SELECT CASE relkind WHEN 'r' THEN 'table' ELSE relkind::text END || ' ' ||\n"
	"                 c.relname\n"
	"  FROM pg_class c JOIN own ON own.oid = c.relnamespace\n"
	"UNION ALL SELECT 'column ' || c.relname || chr(1) || a.attname\n"
	"  FROM pg_class c JOIN own ON own.oid = c.relnamespace\n"
	"  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0\n"
	" WHERE c.relkind = 'r'\n"
	"UNION ALL SELECT 'function ' || p.proname\n"
	"  FROM pg_proc p JOIN own ON own.oid = p.pronamespace\n"
	"UNION ALL SELECT 'type ' || t.typname\n" /* but those of tables, and their arrays */
	"  FROM pg_type t JOIN own ON own.oid = t.typnamespace\n"
	" WHERE t.typrelid = 0 AND t.typcategory <> 'A'\n"
	"UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger\n"
	"UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE conrelid <> 0\n"
	"UNION ALL SELECT 'extension ' || extname FROM pg_extension\n"
	"UNION ALL SELECT 'large object ' || oid::text FROM pg_largeobject_metadata";

static const char sqlite_objects_sql[] =
	"SELECT type || ' ' || name FROM sqlite_master\n"
	"UNION ALL SELECT 'column ' || o.name || char(1) || c.name\n"
	"  FROM sqlite_master o, pragma_table_xinfo(o.name) c WHERE o.type = 'table'\n"
	"UNION ALL SELECT 'database ' || name FROM pragma_database_list WHERE name <> 'temp'";

static struct cells read_objects(struct database *database)
{
	return database->engine == ENGINE_POSTGRES ? database_cells(database, pg_objects_sql)
						   : database_cells(database, sqlite_objects_sql);
}

static void expect_object(struct trial *trial, const char *kind, const char *table,
			  const char *column)
{
	if (trial->object_count == trial->object_capacity) {
		trial->object_capacity =
			trial->object_capacity > 0 ? 2 * trial->object_capacity : 1024;
		trial->objects =
			realloc(trial->objects, trial->object_capacity * sizeof(*trial->objects));
		cr_assert(trial->objects != NULL, "out of memory");
	}
	char **object = &trial->objects[trial->object_count++];
	int length = column == NULL ? asprintf(object, "%s%s", kind, table)
				    : asprintf(object, "%s%s\1%s", kind, table, column);
	cr_assert_geq(length, 0, "out of memory");
}

static void compare_objects(const struct trial *trial, const struct cells *live)
{
	char *told = difference(trial->objects, trial->object_count, live->cells, live->rows);
	cr_expect(told == NULL, "lost (-) and never declared (+):\n%s", told);
	free(told);
}

/* ---- the canary ----------------------------------------------------------- */

static const char canary_sql[] = "CREATE TABLE canary (id integer PRIMARY KEY, word text NOT NULL);"
				 "INSERT INTO canary VALUES (1, 'tweet'), (2, 'O''Brien'), (3, '')";

static void expect_canary(struct database *database)
{
	expect_value(database, "1tweet2O'Brien3",
		     database->engine == ENGINE_POSTGRES
			     ? "SELECT string_agg(id || word, '' ORDER BY id) FROM canary"
			     : "SELECT group_concat(id || word, '') FROM canary ORDER BY id");
}

/* ---- a trial -------------------------------------------------------------- */

static void check_record(void *context, const struct reconcile_log_record *record)
{
	(void)context;
	const char *fault = record->message != NULL ? line_fault(record->message) : NULL;
	cr_expect(fault == NULL, "a record's message: %s: '%s'", fault, record->message);
}

/* A connection of the trial's own, whose commits do not wait for the disk. */
static void open_connection(struct trial *trial)
{
	struct database *database = trial->start->database;
	if (database->engine == ENGINE_POSTGRES) {
		database_execute(database, "SET synchronous_commit = off");
		return;
	}
	int code = sqlite3_open(database->path, &trial->sqlite);
	cr_assert_eq(code, SQLITE_OK, "'%s'", database->path);
	sqlite3_exec(trial->sqlite, "PRAGMA synchronous = off", NULL, NULL, NULL);
}

static void prepare(struct trial *trial)
{
	static const struct reconcile_table tables[] = {TABLE("first")};
	static const struct reconcile_column columns[] = {
		COLUMN("first", "id", "INTEGER", NULLABLE, NO_DEFAULT)};
	static const struct reconcile_registry first = REGISTRY(tables, columns);
	struct start *start = trial->start;

	start->options.log = check_record;
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start_must(start, &first, RECONCILE_OK);
	database_execute(start->database, "%s", canary_sql);
	open_connection(trial);
	struct cells objects = read_objects(start->database);
	for (size_t i = 0; i < objects.rows; i++)
		expect_object(trial, "", objects.cells[i], NULL);
	cells_free(&objects);
}

void trial_begin(struct trial *trial, struct start *start)
{
	*trial = (struct trial){.start = start, .strings = hostile_new(HOSTILE_STRINGS)};
	trial->used = calloc(HOSTILE_STRINGS, sizeof(*trial->used));
	cr_assert(trial->used != NULL, "out of memory");
	prepare(trial);
}

/* All that must be there is, and nothing else; the canary is as it was. */
static void finish(struct trial *trial)
{
	struct cells live = read_objects(trial->start->database);
	compare_objects(trial, &live);
	cells_free(&live);
	expect_canary(trial->start->database);
	for (size_t i = 0; i < trial->object_count; i++)
		free(trial->objects[i]);
	trial->object_count = 0;
	sqlite3_close(trial->sqlite);
	trial->sqlite = NULL;
}

void trial_renew(struct trial *trial)
{
	enum engine engine = trial->start->database->engine;
	finish(trial);
	start_free(trial->start);
	start_new(trial->start, engine);
	prepare(trial);
}

void trial_end(struct trial *trial)
{
	finish(trial);
	free(trial->objects);
	free(trial->used);
	hostile_free(&trial->strings);
}

/* Is it in the round already, under a name that is the same to SQLite (ASCII letters only)? */
static bool has_twin(const char *const *round, size_t count, const char *string)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(round[i], string) == 0)
			return true;
	return false;
}

size_t next_round(struct trial *trial, enum place place, const char **round, size_t most)
{
	bool ignores_case = trial->start->database->engine == ENGINE_SQLITE;
	size_t count = 0;
	for (size_t i = 0; i < trial->strings.count && count < most; i++) {
		const char *string = trial->strings.texts[i];
		if (trial->used[i])
			continue;
		struct reconcile_column column = place_string(place, string);
		trial->used[i] = !is_valid(&column, NULL, string);
		/* The canary itself may be declared, and would get the column. */
		if (trial->used[i] || (place == PLACE_TABLE && strcasecmp(string, "canary") == 0) ||
		    (ignores_case && place <= PLACE_COLUMN && has_twin(round, count, string)))
			continue;
		trial->used[i] = true;
		round[count++] = string;
	}
	return count;
}

void trial_make_table(struct trial *trial, const char *name)
{
	database_execute(trial->start->database,
			 "CREATE TABLE %s (own integer); INSERT INTO %s VALUES (1)", name, name);
	expect_object(trial, "table ", name, NULL);
	expect_object(trial, "column ", name, "own");
}

/* What validate calls an error on this database, this database does not take. */
static void expect_no_alarm(const struct trial *trial, const struct reconcile_column *column)
{
	bool postgres = trial->start->database->engine == ENGINE_POSTGRES;
	const char *string = column->description;
	cr_expect(is_valid(column, postgres ? "postgresql" : "sqlite", string),
		  "'%s' was taken, and validate calls it an error", string);
}

static void expect_row(struct trial *trial, const struct rows *rows, size_t i)
{
	trial->accepted++;
	expect_object(trial, "column ", rows->columns[i].table, rows->columns[i].column);
	if (rows->table_count > 0)
		expect_object(trial, "table ", rows->columns[i].table, NULL);
}

/* One start, on the connection that waits for no disk. */
static bool apply_rows(struct trial *trial, const struct rows *rows, size_t from, size_t count)
{
	struct start *start = trial->start;
	struct reconcile_registry registry = rows_registry(rows, from, count);
	start->options.pg = start->database->admin;
	start->options.sqlite = trial->sqlite;
	start_run(start, &registry);
	start->options.pg = NULL;
	start->options.sqlite = NULL;
	return start->status == RECONCILE_OK;
}

void trial_apply(struct trial *trial, struct rows *rows, size_t a_start)
{
	size_t kept = 0;
	for (size_t from = 0; from < rows->count; from += a_start) {
		size_t end = from + a_start < rows->count ? from + a_start : rows->count;
		bool all = apply_rows(trial, rows, from, end - from);
		for (size_t i = from; i < end; i++) {
			if (!all && (end - from == 1 || !apply_rows(trial, rows, i, 1))) {
				trial->refused++;
				expect_refusal(trial->start, rows->columns[i].description);
				continue;
			}
			expect_row(trial, rows, i);
			expect_no_alarm(trial, &rows->columns[i]);
			rows->columns[kept] = rows->columns[i];
			rows->tables[kept++] = rows->tables[i];
		}
	}
	rows->count = kept;
	rows->table_count = rows->table_count > 0 ? kept : 0;
}

void trial_is_in_sync(struct trial *trial, const struct rows *rows)
{
	static const enum reconcile_catalog readers[] = {RECONCILE_CATALOG_PG_CATALOG,
							 RECONCILE_CATALOG_INFORMATION_SCHEMA};
	struct start *start = trial->start;
	struct reconcile_registry registry = rows_registry(rows, 0, rows->count);
	start->options.mode = RECONCILE_MODE_CHECK;
	for (size_t i = 0; i < COUNT(readers); i++) {
		start->options.catalog = readers[i];
		start_run(start, &registry);
		expect_status(start, RECONCILE_OK);
		cr_expect_eq(start->counts->present, rows->count, "%zu of %zu are present",
			     start->counts->present, rows->count);
	}
	start->options.mode = RECONCILE_MODE_DEFAULT;
	start->options.catalog = RECONCILE_CATALOG_DEFAULT;
}

void trial_say(const struct trial *trial, const char *what)
{
	fprintf(stderr, "%s, %s: %zu strings, %zu columns made, %zu refused by the database\n",
		what, trial->start->database->engine == ENGINE_POSTGRES ? "PostgreSQL" : "SQLite",
		trial->strings.count, trial->accepted, trial->refused);
}
