#include "readers.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <reconcile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is there --------------------------------------------------------- */

/*
 * A row a column, of every schema that is not the server's; a relation that is no plain table has
 * one row without column. Types and defaults come out qualified where they need it anywhere; the
 * latter without the table, which makes that slow if it is wide. attgenerated is there from 12 on.
 * The last field: the type can have a modifier, and
 * information_schema does not show it.
 */
static const char live_sql[] =
	"SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),\n"
	"       a.attnotnull, a.attidentity <> '',\n"
	"       coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '',\n"
	"       CASE WHEN to_jsonb(a) ->> 'attgenerated' > '' THEN NULL\n"
	"            ELSE pg_get_expr(d.adbin, 0) END,\n"
	"       t.typmodin::oid <> 0 AND t.typtype <> 'd'\n"
	"         AND (t.typcategory = 'A' OR t.typnamespace <> 'pg_catalog'::regnamespace)\n"
	"  FROM pg_class c\n"
	"  JOIN pg_namespace n ON n.oid = c.relnamespace\n"
	"  LEFT JOIN pg_attribute a\n"
	"    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped\n"
	"   AND c.relkind IN ('r', 'p') AND NOT c.relispartition\n"
	"  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum\n"
	"  LEFT JOIN pg_type t ON t.oid = a.atttypid\n"
	" WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'\n"
	"   AND (c.relkind NOT IN ('r', 'p') OR c.relispartition OR a.attname IS NOT NULL)\n"
	" ORDER BY n.oid, c.oid, a.attnum";

enum { SCHEMA, RELATION, COLUMN, TYPE, NOT_NULL, IDENTITY, GENERATED, DEFAULT, UNSEEN };

static const char *text_of(const PGresult *live, int row, int field)
{
	return PQgetisnull(live, row, field) ? NULL : PQgetvalue(live, row, field);
}

static bool is_true(const PGresult *live, int row, int field)
{
	return *PQgetvalue(live, row, field) == 't';
}

/* "a statement waits for a lock" must not be the end of it. */
static PGconn *connect_alone(const char *url)
{
	PGconn *conn = PQconnectdb(url);
	if (PQstatus(conn) == CONNECTION_OK) {
		PQsetClientEncoding(conn, "UTF8");
		PQclear(PQexec(conn, "SET client_min_messages = warning;"
				     "SET statement_timeout = '20s'; SET lock_timeout = '10s';"
				     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
				     " WHERE datname = current_database()\n"
				     "   AND pid <> pg_backend_pid()"));
		return conn;
	}
	PQfinish(conn);
	return NULL;
}

/* NULL: there is nothing to compare, or nobody to ask. */
static PGresult *read_live(PGconn *conn)
{
	PQclear(PQexec(conn,
		       "BEGIN; SET LOCAL search_path = ''; SET LOCAL extra_float_digits = 3"));
	PGresult *live = PQexec(conn, live_sql);
	bool fine = PQresultStatus(live) == PGRES_TUPLES_OK;
	bool gone = PQstatus(conn) != CONNECTION_OK;
	cr_expect(fine || gone, "%s", PQerrorMessage(conn));
	if (fine && PQntuples(live) > 0) {
		PQclear(PQexec(conn, "ROLLBACK"));
		return live;
	}
	PQclear(live);
	return NULL;
}

/* ---- what is declared ------------------------------------------------------- */

/* The registry of one schema. */
struct declared {
	struct reconcile_table *tables;
	struct reconcile_column *columns;
	size_t table_count, column_count;
	const PGresult *live;
	FILE *out; /* what is told */
};

/* Does a default say something? "NULL::character varying" does not. */
static bool says_something(const char *expression)
{
	return expression != NULL && strcmp(expression, "NULL") != 0 &&
	       strncmp(expression, "NULL::", 6) != 0;
}

static struct reconcile_column declare_column(const PGresult *live, int row)
{
	struct reconcile_column column = {
		.table = text_of(live, row, RELATION),
		.column = text_of(live, row, COLUMN),
		.type = text_of(live, row, TYPE),
		.file = "live",
		.line = row + 1,
	};
	const char *expression = text_of(live, row, DEFAULT);
	bool has_default = says_something(expression) && !is_true(live, row, GENERATED);
	if (has_default)
		column.default_value =
			(struct reconcile_default){RECONCILE_DEFAULT_SQL, expression};
	if (is_true(live, row, NOT_NULL))
		column.nullability = has_default ? RECONCILE_NOT_NULL : RECONCILE_REQUIRED;
	/* Of what is no table, which a registry can only take for one. */
	if (column.column == NULL) {
		column.column = "id";
		column.type = "integer";
		column.nullability = RECONCILE_NULLABLE;
	}
	return column;
}

/* Can a registry say this? If not, only for reasons that it is known to have. */
static bool can_be_declared(struct declared *declared, const struct reconcile_column *column)
{
	static const char *const known[] = {"name-encoding", "history-name"};
	const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "live", NULL, 0, column, 1};
	struct reconcile_report *report;
	int status = reconcile_validate(&registry, NULL, &report);
	cr_assert(report != NULL, "out of memory");
	for (size_t i = 0; i < reconcile_report_finding_count(report); i++) {
		const struct reconcile_finding *finding = reconcile_report_finding(report, i);
		/* Before 16 "char" prints a byte of more than 7 bits as it is. */
		bool expected = !finding->error ||
				strstr(finding->text, "backslash before a quote") != NULL ||
				strstr(finding->text, "::\"char\"' is not valid UTF-8") != NULL;
		for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++)
			expected = expected || strcmp(finding->code, known[j]) == 0;
		if (!expected)
			fprintf(declared->out, "no registry can say: %s\n", finding->text);
	}
	reconcile_report_free(report);
	return status == RECONCILE_OK;
}

/* From that row to the end of its schema; the first row behind it. */
static int declare_schema(struct declared *declared, int row)
{
	const PGresult *live = declared->live;
	const char *schema = PQgetvalue(live, row, SCHEMA);
	declared->table_count = declared->column_count = 0;
	for (; row < PQntuples(live) && strcmp(PQgetvalue(live, row, SCHEMA), schema) == 0; row++) {
		struct reconcile_column column = declare_column(live, row);
		if (!can_be_declared(declared, &column))
			continue;
		size_t known = declared->column_count;
		if (known == 0 || strcmp(declared->columns[known - 1].table, column.table) != 0)
			declared->tables[declared->table_count++] =
				(struct reconcile_table){column.table, NULL, "live", row + 1};
		declared->columns[declared->column_count++] = column;
	}
	return row;
}

/* ---- what the readers say --------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *shown(const char *text)
{
	return text != NULL ? text : "-";
}

static void print_item(FILE *out, const char *reader, const struct reconcile_item *item)
{
	fprintf(out, "\t%s: %s conflicts=%u compared=%d reason=%s", reader,
		reconcile_state_name(item->state), item->conflicts, item->default_compared,
		shown(item->reason));
	if (item->has_live)
		fprintf(out, " live(%s, %s, %s, %s)", shown(item->live.type),
			item->live.nullable ? "null" : "not null", shown(item->live.default_value),
			shown(item->live.filled_by));
	if (item->declared.type != NULL)
		fprintf(out, " declared(%s, %s, %s)", item->declared.type,
			item->declared.nullable ? "null" : "not null",
			shown(item->declared.default_value));
	fputc('\n', out);
}

/* What both must say, whoever looks. */
static bool is_right(const struct declared *declared, const struct reconcile_item *item)
{
	if (item->line == 0)
		return item->state == RECONCILE_EXTRA || item->state == RECONCILE_EXTRA_REQUIRED;
	if (item->column == NULL)
		return item->state == RECONCILE_FOREIGN && item->reason != NULL;
	unsigned conflicts = is_true(declared->live, item->line - 1, GENERATED)
				     ? RECONCILE_CONFLICT_GENERATED
				     : 0;
	return item->conflicts == conflicts && item->default_compared &&
	       item->state == (conflicts != 0 ? RECONCILE_CONFLICTING : RECONCILE_PRESENT);
}

/* What information_schema does not show, it says. */
static bool is_alike(const struct declared *declared, const struct reconcile_item *exact,
		     const struct reconcile_item *standard)
{
	bool unseen = exact->line > 0 && exact->column != NULL &&
		      is_true(declared->live, exact->line - 1, UNSEEN);
	bool reasons = unseen ? standard->reason != NULL &&
					strstr(standard->reason, "not compared") != NULL
			      : same(exact->reason, standard->reason);
	return reasons && same(exact->table, standard->table) &&
	       same(exact->column, standard->column) && exact->state == standard->state &&
	       exact->conflicts == standard->conflicts &&
	       exact->default_compared == standard->default_compared &&
	       exact->has_live == standard->has_live &&
	       (unseen || same(exact->live.type, standard->live.type)) &&
	       exact->live.nullable == standard->live.nullable &&
	       same(exact->live.default_value, standard->live.default_value) &&
	       same(exact->live.filled_by, standard->live.filled_by);
}

static void compare_reports(struct declared *declared, const char *schema,
			    const struct reconcile_report *exact,
			    const struct reconcile_report *standard)
{
	size_t count = reconcile_report_item_count(exact);
	if (count != reconcile_report_item_count(standard))
		fprintf(declared->out, "%s: %zu items, and %zu\n", schema, count,
			reconcile_report_item_count(standard));
	for (size_t i = 0; i < count; i++) {
		const struct reconcile_item *one = reconcile_report_item(exact, i);
		const struct reconcile_item *other = reconcile_report_item(standard, i);
		if (other == NULL)
			break;
		if (is_right(declared, one) && is_alike(declared, one, other))
			continue;
		fprintf(declared->out, "%s.%s.%s\n", schema, one->table, shown(one->column));
		print_item(declared->out, "pg_catalog", one);
		print_item(declared->out, "information_schema", other);
	}
}

static struct reconcile_report *look(struct declared *declared, PGconn *conn, const char *schema,
				     enum reconcile_catalog catalog)
{
	const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "live",
		declared->tables,          declared->table_count,
		declared->columns,         declared->column_count};
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.pg = conn;
	options.schema = schema;
	options.catalog = catalog;
	options.config_file = "/dev/null";
	options.mode = RECONCILE_MODE_CHECK;
	options.detail = true;
	options.log_level = RECONCILE_LOG_OFF;
	options.connect_timeout_ms = 10000;
	struct reconcile_report *report;
	int status = reconcile(&registry, &options, &report);
	cr_assert(report != NULL, "out of memory");
	if (status != RECONCILE_OK && status != RECONCILE_CONFLICT)
		fprintf(declared->out, "%s: status %d: %s\n", schema, status,
			reconcile_report_error(report)->message);
	return report;
}

struct readers_told readers_compare(const char *url)
{
	struct readers_told told = {0};
	size_t size;
	PGconn *conn = connect_alone(url);
	PGresult *live = conn != NULL ? read_live(conn) : NULL;
	if (live == NULL) {
		PQfinish(conn);
		return told;
	}
	struct declared declared = {.live = live, .out = open_memstream(&told.differences, &size)};
	size_t rows = (size_t)PQntuples(live);
	declared.tables = calloc(rows, sizeof(*declared.tables));
	declared.columns = calloc(rows, sizeof(*declared.columns));
	cr_assert(declared.tables != NULL && declared.columns != NULL && declared.out != NULL,
		  "out of memory");
	for (int row = 0; row < PQntuples(live);) {
		const char *schema = PQgetvalue(live, row, SCHEMA);
		row = declare_schema(&declared, row);
		struct reconcile_report *exact =
			look(&declared, conn, schema, RECONCILE_CATALOG_PG_CATALOG);
		struct reconcile_report *standard =
			look(&declared, conn, schema, RECONCILE_CATALOG_INFORMATION_SCHEMA);
		compare_reports(&declared, schema, exact, standard);
		told.columns += declared.column_count;
		told.relations += declared.table_count;
		reconcile_report_free(exact);
		reconcile_report_free(standard);
	}
	cr_assert(fclose(declared.out) == 0, "out of memory");
	free(declared.tables);
	free(declared.columns);
	PQclear(live);
	PQfinish(conn);
	if (*told.differences != '\0')
		return told;
	free(told.differences);
	told.differences = NULL;
	return told;
}
