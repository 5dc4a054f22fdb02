/* What a start costs, in things that can be counted: statements, round trips, allocations, bytes.
 */
#include "boot.h"

#include <libpq-fe.h>
#include <malloc.h>
#include <stdio.h>

enum { TABLES = 100, COLUMNS = 20 };

/* TABLES tables of COLUMNS columns each; with only the first one, if that is all. */
struct many {
	struct reconcile_table tables[TABLES];
	struct reconcile_column columns[TABLES * COLUMNS];
	char table_names[TABLES][8];
	char column_names[COLUMNS][8];
	struct reconcile_registry registry;
};

static struct many *many_new(size_t columns)
{
	static const struct {
		const char *type;
		enum reconcile_nullability nullability;
		struct reconcile_default value;
	} kinds[] = {
		{"VARCHAR", RECONCILE_NULLABLE, NO_DEFAULT},
		{"INTEGER", RECONCILE_NOT_NULL, DEFAULT("0")},
		{"VARCHAR(40)", RECONCILE_NULLABLE, NO_DEFAULT},
		{"TIMESTAMP", RECONCILE_NULLABLE, DEFAULT("2020-01-01 00:00:00")},
	};
	struct many *many = calloc(1, sizeof(*many));
	cr_assert_not_null(many);
	for (size_t c = 0; c < COLUMNS; c++)
		snprintf(many->column_names[c], sizeof(many->column_names[c]), "c%zu", c);
	for (size_t t = 0; t < TABLES; t++) {
		snprintf(many->table_names[t], sizeof(many->table_names[t]), "t%zu", t);
		many->tables[t].name = many->table_names[t];
		for (size_t c = 0; c < columns; c++)
			many->columns[t * columns + c] = (struct reconcile_column){
				.table = many->table_names[t],
				.column = many->column_names[c],
				.type = kinds[c % COUNT(kinds)].type,
				.nullability = kinds[c % COUNT(kinds)].nullability,
				.default_value = kinds[c % COUNT(kinds)].value,
			};
	}
	many->registry = (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "many", many->tables, TABLES, many->columns,
		TABLES * columns};
	return many;
}

/* How often a client waits for an answer: that of each Sync. */
static size_t count_round_trips(const char *path)
{
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file);
	char line[65536];
	size_t count = 0;
	while (fgets(line, sizeof(line), file) != NULL)
		count += strncmp(line, "F\t", 2) == 0 && strstr(line, "\tSync") != NULL;
	fclose(file);
	return count;
}

/* One start with a connection that is lent, so that it can be listened to. */
static size_t traced(struct start *start, const struct reconcile_registry *registry, int status)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/trace", start->database->folder);
	PGconn *conn = PQconnectdb(start->database->url);
	FILE *file = fopen(path, "w");
	cr_assert(PQstatus(conn) == CONNECTION_OK && file != NULL);
	PQtrace(conn, file);
	PQsetTraceFlags(conn, PQTRACE_SUPPRESS_TIMESTAMPS);
	start->options.pg = conn;
	start_must(start, registry, status);
	start->options.pg = NULL;
	PQuntrace(conn);
	fclose(file);
	PQfinish(conn);
	return count_round_trips(path);
}

ON_POSTGRES(boot_count, in_sync_is_one_round_trip_whatever_the_size)
{
	struct many *all = many_new(COLUMNS);
	start_must(start, &all->registry, RECONCILE_OK);
	cr_expect_eq(traced(start, &all->registry, RECONCILE_OK), 1);
	cr_expect_eq(start->counts->present, TABLES * COLUMNS);
	database_log_start(start->database);
	start_must(start, &all->registry, RECONCILE_OK);
	char *statements = database_log_statements(start->database),
	     *end = strchr(statements, '\0');
	size_t lines = 0;
	for (const char *at = statements; at < end; at++)
		lines += *at == '\n';
	cr_expect_eq(lines, 1, "%.300s", statements);
	free(statements);
	free(all);
}

/* Two for each table that lacks something (change and look; commit, and begin and look for the
 * next), none for the others, and a number that does not grow for what has to be asked beforehand.
 */
ON_POSTGRES(boot_count, round_trips_for_tables_with_missing_columns)
{
	struct many *first = many_new(1), *all = many_new(COLUMNS);
	start_must(start, &first->registry, RECONCILE_OK);
	all->registry.table_count = 10;
	all->registry.column_count = 10 * COLUMNS;
	size_t ten = traced(start, &all->registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 10 * (COLUMNS - 1));
	all->registry.table_count = 40;
	all->registry.column_count = 40 * COLUMNS;
	size_t thirty = traced(start, &all->registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 30 * (COLUMNS - 1));
	cr_expect_eq(thirty - ten, 2 * 20, "%zu for ten tables, %zu for thirty", ten, thirty);
	free(first);
	free(all);
}

/* What a start has on the heap at its end. The catalog and the diff are there as long as the
 * report; the server's answer is not, and is smaller than they are. */
static size_t heap_of(struct start *start, const struct reconcile_registry *registry)
{
	struct reconcile_report *report;
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	cr_assert_eq(reconcile(registry, &start->options, &report), RECONCILE_OK);
	size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
	reconcile_report_free(report);
	return after - before;
}

static void expect_bytes(struct start *start)
{
	struct many *first = many_new(1), *all = many_new(COLUMNS);
	start->options.url = start->database->url;
	start->options.log = NULL;
	start->options.log_level = RECONCILE_LOG_OFF;
	start_must(start, &first->registry, RECONCILE_OK);
	size_t few = heap_of(start, &first->registry);
	start_must(start, &all->registry, RECONCILE_OK);
	size_t many = heap_of(start, &all->registry);
	size_t columns = TABLES * (COLUMNS - 1);
	cr_expect_leq((many - few) / columns, 200, "%zu bytes a column", (many - few) / columns);
	free(first);
	free(all);
}

ON_BOTH(boot_count, bytes_for_each_declared_column)
{
	expect_bytes(start);
}

/* The library's own, all of them in arena.c. */
static size_t allocations;

void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

static size_t allocations_of(struct start *start, const struct reconcile_registry *registry)
{
	size_t before = allocations;
	cr_assert_eq(reconcile(registry, &start->options, NULL), RECONCILE_OK);
	return allocations - before;
}

/* Blocks of many columns each. */
ON_BOTH(boot_count, allocations_for_each_declared_column)
{
	struct many *first = many_new(1), *all = many_new(COLUMNS);
	start->options.url = start->database->url;
	start_must(start, &first->registry, RECONCILE_OK);
	size_t few = allocations_of(start, &first->registry);
	start_must(start, &all->registry, RECONCILE_OK);
	size_t many = allocations_of(start, &all->registry);
	cr_expect_gt(few, 0);
	cr_expect_lt(many - few, TABLES * (COLUMNS - 1) / 100, "%zu and %zu", few, many);
	free(first);
	free(all);
}
