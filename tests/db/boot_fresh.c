/* What is created at once and what is added later end equal, whatever the names and the values. */
#include "boot.h"

#include "../../registry/registry.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>

/* ---- memstack ------------------------------------------------------------- */

/* Could it have been added to a table with rows? SQLite takes no expression then. */
static bool may_come_later(const struct start *start, const struct reconcile_column *column)
{
	if (column->nullability == RECONCILE_REQUIRED ||
	    column->nullability == RECONCILE_PRIMARY_KEY)
		return false;
	return start->database->engine == ENGINE_POSTGRES ||
	       column->default_value.kind != RECONCILE_DEFAULT_SQL;
}

/* The oldest database that this registry could come upon, with a row in each table. */
static size_t make_older(struct start *start)
{
	static const char rows[] =
		"INSERT INTO tenants (id, name) VALUES ('t', 'T');"
		"INSERT INTO users (id, tenant_id, email, hashed_password)"
		" VALUES ('u', 't', 'u@t', 'x');"
		"INSERT INTO projects (id, tenant_id, owner_id, name) VALUES ('p', 't', 'u', 'P');"
		"INSERT INTO memories (id, project_id, author_id, title, content)"
		" VALUES ('m', 'p', 'u', 'M', 'm');"
		"INSERT INTO task_logs (id, group_id, task_type) VALUES ('l', 'g', 'x');";
	size_t dropped = 0;
	start_must(start, &memstack_registry, RECONCILE_OK);
	database_execute(start->database, "%s", rows);
	for (size_t i = 0; i < memstack_registry.column_count; i++) {
		const struct reconcile_column *column = &memstack_registry.columns[i];
		if (!may_come_later(start, column))
			continue;
		database_execute(start->database, "ALTER TABLE %s DROP COLUMN %s", column->table,
				 column->column);
		dropped++;
	}
	database_execute(start->database, "DROP TABLE entity_types");
	database_execute(start->database, "DROP TABLE reconcile_history");
	return dropped;
}

ON_BOTH(boot_fresh, an_upgraded_database_equals_a_fresh_one)
{
	start_must(start, &memstack_registry, RECONCILE_OK);
	char *fresh = database_schema(start->database);
	struct start older;
	start_new(&older, start->database->engine);
	size_t dropped = make_older(&older);
	cr_expect_gt(dropped, 10);

	start_must(&older, &memstack_registry, RECONCILE_OK);
	cr_expect_eq(older.counts->tables_created, 1);
	/* The table that was dropped whole had two of them, and three more. */
	cr_expect_eq(older.counts->applied, dropped + 3);
	expect_unchanged(older.database, fresh);
	expect_value(older.database, "PENDING 0",
		     "SELECT status || ' ' || progress FROM task_logs");
	expect_value(older.database, "10 free", "SELECT max_projects || ' ' || plan FROM tenants");
	start_must(&older, &memstack_registry, RECONCILE_OK);
	cr_expect_eq(older.counts->present, 41);
	cr_expect_eq(older.counts->applied, 0);
	start_free(&older);
}

/* ---- a registry made at run time, of all that is awkward ------------------ */

#define LONG_TABLE "a234567890b234567890c234567890d234567890e234567890f234567890xyz"
/* 63 bytes in 32 characters. */
#define LONG_COLUMN "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx"

static const struct reconcile_table tables[] = {
	TABLE("order"),
	TABLE("Größe 大"),
	TABLE("a \"quoted\" name"),
	TABLE(LONG_TABLE),
	TABLE("O'Brien; DROP TABLE \"order\"; --"),
};

/* Each with the value that a row has when nothing is said. */
static const struct {
	struct reconcile_column column;
	const char *value;
} awkward[] = {
	{COLUMN("order", "id", "INTEGER", NULLABLE, DEFAULT("1")), "1"},
	{COLUMN("order", "user", "VARCHAR(40)", NOT_NULL, DEFAULT("O'Brien")), "O'Brien"},
	{COLUMN("order", "MixedCase", "TEXT", NOT_NULL, DEFAULT("")), ""},
	{COLUMN("order", "group", "TEXT", NOT_NULL, DEFAULT("C:\\new\\'x'")), "C:\\new\\'x'"},
	{COLUMN("order", "select", "TEXT", NULLABLE, DEFAULT("\"now()\" 'now'")),
	 "\"now()\" 'now'"},
	{COLUMN("order", "%s %d", "TEXT", NOT_NULL, DEFAULT("100 %s $1 ?1 :a")), "100 %s $1 ?1 :a"},
	{COLUMN("order", "x, drop column id", "TEXT", NULLABLE, DEFAULT("1, drop column id")),
	 "1, drop column id"},
	{COLUMN("order", "from", "TEXT", NOT_NULL, DEFAULT("'; DROP TABLE \"order\"; --")),
	 "'; DROP TABLE \"order\"; --"},
	{COLUMN("Größe 大", "id", "INTEGER", NULLABLE, NO_DEFAULT), "(null)"},
	{COLUMN("Größe 大", "ключ", "TEXT", NOT_NULL, DEFAULT("日本 🚀 e\u0301")), "日本 🚀 e\u0301"},
	{COLUMN("Größe 大", "two\"quotes\"", "TEXT", NULLABLE, DEFAULT("a\nb\tc\x01")),
	 "a\nb\tc\x01"},
	{COLUMN("a \"quoted\" name", "id", "INTEGER", NULLABLE, NO_DEFAULT), "(null)"},
	{COLUMN("a \"quoted\" name", "\"", "TEXT", NOT_NULL, DEFAULT("\"")), "\""},
	{COLUMN("a \"quoted\" name", " ", "TEXT", NOT_NULL, DEFAULT(" ")), " "},
	{COLUMN("a \"quoted\" name", "[a]`b`", "TEXT", NOT_NULL, DEFAULT("NULL")), "NULL"},
	{COLUMN(LONG_TABLE, "id", "INTEGER", NULLABLE, NO_DEFAULT), "(null)"},
	{COLUMN(LONG_TABLE, LONG_TABLE, "TEXT", NOT_NULL, DEFAULT(LONG_TABLE)), LONG_TABLE},
	{COLUMN(LONG_TABLE, LONG_COLUMN, "INTEGER", NOT_NULL, DEFAULT("-7")), "-7"},
	{COLUMN(LONG_TABLE, "sum", "INTEGER", NOT_NULL, DEFAULT_SQL("3 + (4)")), "7"},
	{COLUMN("O'Brien; DROP TABLE \"order\"; --", "id", "INTEGER", NULLABLE, NO_DEFAULT),
	 "(null)"},
	{COLUMN("O'Brien; DROP TABLE \"order\"; --", "O'Brien", "TEXT", NOT_NULL,
		DEFAULT("DEFAULT")),
	 "DEFAULT"},
};

/* The rows in an order in which the first of each table can be the older release. */
struct awkward_registry {
	struct reconcile_column columns[COUNT(awkward)];
	struct reconcile_registry whole;
};

static void awkward_init(struct awkward_registry *registry)
{
	for (size_t i = 0; i < COUNT(awkward); i++)
		registry->columns[i] = awkward[i].column;
	registry->whole = (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "awkward",     tables, COUNT(tables),
		registry->columns,         COUNT(awkward)};
}

static void quote(char *out, const char *name)
{
	*out++ = '"';
	for (; *name != '\0'; name++) {
		if (*name == '"')
			*out++ = '"';
		*out++ = *name;
	}
	strcpy(out, "\"");
}

/* A new row of every table has the values that were declared. */
static void expect_values(struct start *start)
{
	char table[200], column[200];
	for (size_t i = 0; i < COUNT(tables); i++) {
		quote(table, tables[i].name);
		database_execute(start->database, "DELETE FROM %s", table);
		database_execute(start->database, "INSERT INTO %s DEFAULT VALUES", table);
	}
	for (size_t i = 0; i < COUNT(awkward); i++) {
		quote(table, awkward[i].column.table);
		quote(column, awkward[i].column.column);
		char *value = database_value(start->database,
					     "SELECT coalesce(CAST(%s AS TEXT), '(null)') FROM %s",
					     column, table);
		cr_expect(strcmp(value, awkward[i].value) == 0, "%s.%s: '%s', not '%s'", table,
			  column, value, awkward[i].value);
		free(value);
	}
}

ON_BOTH(boot_fresh, awkward_names_and_values_when_created)
{
	struct awkward_registry registry;
	awkward_init(&registry);
	start_must(start, &registry.whole, RECONCILE_OK);
	cr_expect_eq(start->counts->tables_created, COUNT(tables));
	expect_values(start);
	start_must(start, &registry.whole, RECONCILE_OK);
	cr_expect_eq(start->counts->present, COUNT(awkward));
	cr_expect_eq(start_log_count(start, ""), 1, "%s", start->log);
}

/* As information_schema and a pooler pass them on, too. */
ON_POSTGRES(boot_fresh, awkward_names_through_a_pooler_and_information_schema)
{
	struct awkward_registry registry;
	awkward_init(&registry);
	start->options.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	if (start->database->pooled_url[0] != '\0')
		start->options.url = start->database->pooled_url;
	start_must(start, &registry.whole, RECONCILE_OK);
	expect_values(start);
	start_must(start, &registry.whole, RECONCILE_OK);
	cr_expect_eq(start->counts->present, COUNT(awkward));
}

/* Everything but the first column of each table is added, to a table with a row. */
ON_BOTH(boot_fresh, awkward_names_and_values_when_added)
{
	struct awkward_registry registry;
	awkward_init(&registry);
	start_must(start, &registry.whole, RECONCILE_OK);
	char *fresh = database_schema(start->database);
	char table[200];
	for (size_t i = 0; i < COUNT(tables); i++) {
		quote(table, tables[i].name);
		database_execute(start->database, "DROP TABLE %s", table);
		database_execute(start->database, "CREATE TABLE %s (id INTEGER%s)", table,
				 i == 0 ? " DEFAULT '1'" : "");
		database_execute(start->database, "INSERT INTO %s DEFAULT VALUES", table);
	}
	/* SQLite cannot add an expression to a table with rows. */
	if (start->database->engine == ENGINE_SQLITE)
		database_execute(start->database, "DELETE FROM " LONG_TABLE);
	start_run(start, &registry.whole);
	if (start->database->engine == ENGINE_SQLITE && start->status == RECONCILE_CONFLICT) {
		expect_in(start->error->message, "table '" LONG_TABLE "': column 'sum': ");
		database_execute(start->database,
				 "ALTER TABLE " LONG_TABLE
				 " ADD COLUMN sum INTEGER NOT NULL DEFAULT (3 + (4))");
		start_run(start, &registry.whole);
	}
	expect_status(start, RECONCILE_OK);
	expect_values(start);
	expect_unchanged(start->database, fresh);
	start_must(start, &registry.whole, RECONCILE_OK);
	cr_expect_eq(start->counts->present, COUNT(awkward));
	cr_expect_eq(start->counts->applied, 0);
}

/* Rows that were there before have the value, too. */
ON_BOTH(boot_fresh, old_rows_have_the_default)
{
	database_execute(start->database, "CREATE TABLE \"order\" (id INTEGER)");
	database_execute(start->database, "INSERT INTO \"order\" VALUES (8), (9)");
	struct awkward_registry registry;
	awkward_init(&registry);
	registry.whole.column_count = 8; /* those of order */
	registry.whole.table_count = 1;
	start_must(start, &registry.whole, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 7);
	expect_value(start->database, "2",
		     "SELECT count(*) FROM \"order\" WHERE \"user\" = 'O''Brien' AND id > 7");
}
