/*
 * The cost tables, row by row: what a start says beforehand that adding a column costs is what the
 * database then does. Nothing but the server's own account counts: the file of the table is another
 * one (a rewrite), the table was read (a scan), the statement failed (impossible), or none of it.
 *
 * Each row is a column, c000, c001, ..., of every table that is asked about.
 */
#include "cost.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

struct costs {
	struct start *start;
	const struct cost_table *table;
	bool *known; /* one a row: this server has such a type */
	size_t known_count;
	size_t seen[RECONCILE_COST_IMPOSSIBLE + 1]; /* what happened, how often */
	size_t failed;
	FILE *told; /* what failed, a line each: told_text, once it is closed */
	char *told_text;
	size_t told_size;
};

/* What happened. */
struct outcome {
	enum reconcile_cost cost;
	char why[256]; /* IMPOSSIBLE */
};

static FILE *open_text(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);
	cr_assert(out != NULL, "out of memory");
	return out;
}

static void column_name(char name[8], size_t row)
{
	snprintf(name, 8, "c%03zu", row % 1000);
}

/* "VARCHAR(20) DEFAULT 'x' NOT NULL": as another hand would write it; free() it. */
static char *definition(const struct cost_row *row)
{
	const struct reconcile_default *value = &row->default_value;
	char *text;
	size_t size;
	FILE *out = open_text(&text, &size);
	fputs(row->type, out);
	if (value->kind == RECONCILE_DEFAULT_SQL) {
		fprintf(out, " DEFAULT (%s)", value->text);
	} else if (value->kind == RECONCILE_DEFAULT_VALUE) {
		fputs(" DEFAULT '", out);
		for (const char *c = value->text; *c != '\0'; c++)
			fprintf(out, *c == '\'' ? "''" : "%c", *c);
		fputc('\'', out);
	}
	fputs(row->nullability == RECONCILE_NULLABLE ? "" : " NOT NULL", out);
	fclose(out);
	return text;
}

/* Starts in check mode, with every row as a column of every table. */
static void predict(struct costs *c, const char *const *tables, size_t table_count)
{
	size_t rows = c->table->row_count, count = 0;
	char(*names)[8] = calloc(rows, sizeof(*names));
	struct reconcile_column *columns = calloc(rows * table_count, sizeof(*columns));
	cr_assert(names != NULL && columns != NULL, "out of memory");
	for (size_t i = 0; i < rows * table_count; i++) {
		const struct cost_row *row = &c->table->rows[i % rows];
		column_name(names[i % rows], i % rows);
		if (c->known[i % rows])
			columns[count++] = (struct reconcile_column){tables[i / rows],
								     names[i % rows],
								     row->type,
								     row->nullability,
								     row->default_value,
								     NULL,
								     "row",
								     (int)(i % rows)};
	}
	const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "costs", NULL, 0, columns, count};
	c->start->options.mode = RECONCILE_MODE_CHECK;
	c->start->options.log_level = RECONCILE_LOG_ERROR;
	start_run(c->start, &registry);
	/* Some can never be added: that is for a person. */
	expect_status(c->start, RECONCILE_CONFLICT);
	free(columns);
	free(names);
}

/* Is it what happened, and is a column refused exactly if it is dear? */
static void compare(struct costs *c, const char *table, size_t i, const struct outcome *outcome)
{
	char name[8];
	column_name(name, i);
	const struct reconcile_item *item = start_item(c->start, table, name);
	bool dear = outcome->cost == RECONCILE_COST_SCAN || outcome->cost == RECONCILE_COST_REWRITE;
	c->seen[outcome->cost]++;
	if (item != NULL && item->state == RECONCILE_MISSING && item->cost == outcome->cost &&
	    item->refused == dear)
		return;
	c->failed++;
	char *text = definition(&c->table->rows[i]);
	fprintf(c->told, "%s: %s: it was %s%s%s", table, text, reconcile_cost_name(outcome->cost),
		outcome->why[0] != '\0' ? ": " : "", outcome->why);
	free(text);
	if (item == NULL)
		fputs("; no item\n", c->told);
	else
		fprintf(c->told, "; predicted: %s, %s, %srefused (%s)\n",
			reconcile_state_name(item->state), reconcile_cost_name(item->cost),
			item->refused ? "" : "not ", item->reason != NULL ? item->reason : "-");
}

static void costs_begin(struct costs *c, struct start *start, const struct cost_table *table,
			long version)
{
	*c = (struct costs){.start = start, .table = table};
	unsetenv("RECONCILE_ALLOW_REWRITE");
	c->told = open_text(&c->told_text, &c->told_size);
	c->known = calloc(table->row_count, sizeof(*c->known));
	cr_assert(c->known != NULL, "out of memory");
	for (size_t i = 0; i < table->row_count; i++) {
		c->known[i] = table->rows[i].since <= version;
		c->known_count += c->known[i];
	}
	for (size_t i = 0; i < table->setup_count; i++)
		if (table->setup[i].since <= version)
			database_execute(start->database, "%s", table->setup[i].sql);
}

static void costs_end(struct costs *c)
{
	fclose(c->told);
	cr_expect_eq(c->failed, 0, "%zu of %zu:\n%s", c->failed, c->known_count, c->told_text);
	cr_expect_geq(c->known_count, 40, "%zu rows", c->known_count);
	/* A table of costs that are all the same would show nothing. */
	cr_expect_gt(c->seen[RECONCILE_COST_CATALOG], 5);
	cr_expect_gt(c->seen[RECONCILE_COST_IMPOSSIBLE], 5);
	free(c->told_text);
	free(c->known);
}

/* ---- PostgreSQL ------------------------------------------------------------ */

/* The shapes of a table; %1$s is its name. Every one has three rows somewhere. */
static const struct {
	const char *name;
	const char *sql;
} shapes[] = {
	{"plain", "CREATE TABLE %1$s (id int); INSERT INTO %1$s VALUES (1), (2), (3)"},
	{"partitioned", "CREATE TABLE %1$s (id int) PARTITION BY RANGE (id);\n"
			"CREATE TABLE %1$s_a PARTITION OF %1$s FOR VALUES FROM (0) TO (10);\n"
			"CREATE TABLE %1$s_b PARTITION OF %1$s FOR VALUES FROM (10) TO (20)\n"
			" PARTITION BY RANGE (id);\n"
			"CREATE TABLE %1$s_c PARTITION OF %1$s_b FOR VALUES FROM (10) TO (20);\n"
			"INSERT INTO %1$s VALUES (10), (11), (12)"},
	{"inherited", "CREATE TABLE %1$s (id int);\n"
		      "CREATE TABLE %1$s_a () INHERITS (%1$s);\n"
		      "CREATE TABLE %1$s_b () INHERITS (%1$s_a);\n"
		      "INSERT INTO %1$s_b VALUES (1), (2), (3)"},
};

/* The files of a table with all that belongs to it, and how often they were read in this
 * transaction. */
static const char files_sql[] =
	"SELECT string_agg(pg_relation_filenode(oid)::text, ' ' ORDER BY relname),\n"
	"       sum(pg_stat_get_xact_numscans(oid))\n"
	"  FROM pg_class\n"
	" WHERE relname LIKE 'copy_of_%s%%' AND relkind = 'r'";

static PGresult *query(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);
	cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
		  PQerrorMessage(conn));
	return result;
}

/* Adds the column in a transaction that is rolled back, and says what that took. */
static struct outcome measure(PGconn *conn, const char *shape, const struct cost_row *row)
{
	struct outcome outcome = {.cost = RECONCILE_COST_CATALOG};
	char files[512], *text = definition(row), *sql = NULL;
	snprintf(files, sizeof(files), files_sql, shape);
	cr_assert(asprintf(&sql, "ALTER TABLE copy_of_%s ADD COLUMN c %s", shape, text) >= 0);
	PQclear(query(conn, "BEGIN"));
	PGresult *before = query(conn, files), *alter = PQexec(conn, sql);
	if (PQresultStatus(alter) == PGRES_COMMAND_OK) {
		PGresult *after = query(conn, files);
		if (strcmp(PQgetvalue(before, 0, 0), PQgetvalue(after, 0, 0)) != 0)
			outcome.cost = RECONCILE_COST_REWRITE;
		else if (strcmp(PQgetvalue(before, 0, 1), PQgetvalue(after, 0, 1)) != 0)
			outcome.cost = RECONCILE_COST_SCAN;
		PQclear(after);
	} else {
		outcome.cost = RECONCILE_COST_IMPOSSIBLE;
		snprintf(outcome.why, sizeof(outcome.why), "%s",
			 PQresultErrorField(alter, PG_DIAG_MESSAGE_PRIMARY));
	}
	PQclear(before);
	PQclear(alter);
	PQclear(query(conn, "ROLLBACK"));
	free(sql);
	free(text);
	return outcome;
}

/* All that a prediction could leave behind. */
static const struct {
	const char *what, *sql;
} traces[] = {
	{"relations and their files",
	 "SELECT md5(string_agg(concat_ws(':', oid, relname, relnatts,\n"
	 "              pg_relation_filenode(oid)), ' ' ORDER BY oid))\n"
	 "  FROM pg_class"},
	{"types", "SELECT count(*) FROM pg_type"},
	{"functions", "SELECT count(*) FROM pg_proc"},
	{"schemas", "SELECT count(*) FROM pg_namespace"},
	{"defaults", "SELECT count(*) FROM pg_attrdef"},
	{"rows", "SELECT count(*) FROM called"},
	{"numbers", "SELECT concat(last_value, is_called) FROM numbers"},
	{"Odd Numbers", "SELECT concat(last_value, is_called) FROM other.\"Odd Numbers\""},
};

ON_POSTGRES(cost, is_what_postgres_then_does)
{
	struct costs c;
	const char *names[COUNT(shapes)];
	long version = database_number(start->database, "SHOW server_version_num") / 10000;
	costs_begin(&c, start, &cost_postgres, version);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		char copy[32];
		snprintf(copy, sizeof(copy), "copy_of_%s", shapes[i].name);
		database_execute(start->database, shapes[i].sql, shapes[i].name);
		database_execute(start->database, shapes[i].sql, copy);
		names[i] = shapes[i].name;
	}

	char *before[COUNT(traces)];
	for (size_t i = 0; i < COUNT(traces); i++)
		before[i] = database_value(start->database, "%s", traces[i].sql);
	predict(&c, names, COUNT(names));
	for (size_t i = 0; i < COUNT(traces); i++) {
		char *after = database_value(start->database, "%s", traces[i].sql);
		cr_expect(strcmp(before[i], after) == 0, "asking changed %s from %s to %s",
			  traces[i].what, before[i], after);
		free(before[i]);
		free(after);
	}
	for (size_t s = 0; s < COUNT(shapes); s++)
		for (size_t i = 0; i < c.table->row_count; i++)
			if (c.known[i]) {
				struct outcome outcome = measure(start->database->admin,
								 shapes[s].name, &c.table->rows[i]);
				compare(&c, shapes[s].name, i, &outcome);
			}
	cr_expect_gt(c.seen[RECONCILE_COST_REWRITE], 10);
	costs_end(&c);
}

/* ---- SQLite ---------------------------------------------------------------- */

enum { PAGE = 4096 };

/* The file's pages; free() them. */
static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	cr_assert(file != NULL, "%s", path);
	cr_assert(fseek(file, 0, SEEK_END) == 0);
	*size = (size_t)ftell(file);
	rewind(file);
	char *bytes = malloc(*size);
	cr_assert(bytes != NULL && fread(bytes, 1, *size, file) == *size, "%s", path);
	fclose(file);
	return bytes;
}

/* Adds the column to a copy of the file. Some pages of the schema may change, not the table's. */
static struct outcome measure_file(const char *bytes, size_t size, const char *path,
				   const struct cost_row *row)
{
	struct outcome outcome = {.cost = RECONCILE_COST_CATALOG};
	FILE *file = fopen(path, "wb");
	cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);

	sqlite3 *conn = NULL;
	char *text = definition(row), *sql = NULL, *message = NULL;
	cr_assert(asprintf(&sql, "ALTER TABLE plain ADD COLUMN c %s", text) >= 0);
	cr_assert(sqlite3_open_v2(path, &conn, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	if (sqlite3_exec(conn, sql, NULL, NULL, &message) != SQLITE_OK) {
		outcome.cost = RECONCILE_COST_IMPOSSIBLE;
		snprintf(outcome.why, sizeof(outcome.why), "%s", message);
		sqlite3_free(message);
	}
	sqlite3_close(conn);

	size_t after_size, changed = 0;
	char *after = read_file(path, &after_size);
	for (size_t at = 0; at + PAGE <= size && at + PAGE <= after_size; at += PAGE)
		changed += memcmp(bytes + at, after + at, PAGE) != 0;
	if (outcome.cost != RECONCILE_COST_IMPOSSIBLE && changed > 2)
		outcome.cost = RECONCILE_COST_REWRITE;
	free(after);
	free(sql);
	free(text);
	return outcome;
}

ON_SQLITE(cost, is_what_sqlite_then_does)
{
	static const char *const names[] = {"plain"};
	struct costs c;
	char path[600];
	size_t size;
	costs_begin(&c, start, &cost_sqlite, 0);
	database_execute(
		start->database,
		"PRAGMA page_size = %d;\n"
		"CREATE TABLE plain (id INTEGER, padding TEXT);\n"
		"WITH n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 1000)\n"
		"INSERT INTO plain SELECT id, hex(zeroblob(100)) FROM n",
		PAGE);
	char *bytes = read_file(start->database->path, &size);
	cr_assert_gt(size, 20 * PAGE, "%zu", size);
	snprintf(path, sizeof(path), "%s/copy.db", start->database->folder);

	predict(&c, names, 1);
	size_t size_after;
	char *bytes_after = read_file(start->database->path, &size_after);
	cr_expect(size == size_after && memcmp(bytes, bytes_after, size) == 0,
		  "asking left traces");
	for (size_t i = 0; i < c.table->row_count; i++) {
		struct outcome outcome = measure_file(bytes, size, path, &c.table->rows[i]);
		compare(&c, "plain", i, &outcome);
	}
	costs_end(&c);
	free(bytes);
	free(bytes_after);
	unlink(path);
}
