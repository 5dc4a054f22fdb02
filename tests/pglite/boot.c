/*
 * Starts of a service on PGlite: PostgreSQL that is not a server, with one session for everybody,
 * and with pgvector, whose types have a modifier that information_schema has no place for.
 */
#include "../db/boot.h"

#include "../../registry/registry.h"

#include <libpq-fe.h>
#include <stdio.h>

#define ON_PGLITE(name)                                                                            \
	static void name(struct start *start);                                                     \
	Test(pglite, name)                                                                         \
	{                                                                                          \
		start_test(name, ENGINE_PGLITE);                                                   \
	}                                                                                          \
	static void name(struct start *start)

/* ---- columns of every day ------------------------------------------------- */

ON_PGLITE(a_fresh_start_creates_the_tables)
{
	start_must(start, &memstack_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->tables_created, 6);
	cr_expect_eq(start->counts->applied, 41);
	expect_value(start->database, "6",
		     "SELECT count(*) FROM information_schema.tables"
		     " WHERE table_schema = 'public' AND table_name <> 'reconcile_history'");
	expect_value(start->database, "6",
		     "SELECT count(*) FROM reconcile_history WHERE action = 'create_table'");
	start_must(start, &memstack_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 41);
	cr_expect_eq(start->counts->applied, 0);
}

/* How many statements the client sent over a connection that was traced into the file. */
static size_t count_sent(FILE *trace)
{
	char *line = NULL;
	size_t capacity = 0, count = 0;
	rewind(trace);
	while (getline(&line, &capacity, trace) > 0) {
		/* "F<TAB>length<TAB>message ..." (libpq manual, PQtrace). */
		const char *tab = strrchr(line, '\t') != NULL ? strchr(line + 2, '\t') : NULL;
		if (line[0] == 'F' && tab != NULL)
			count += strncmp(tab, "\tExecute", 8) == 0 ||
				 strncmp(tab, "\tQuery", 6) == 0;
	}
	free(line);
	return count;
}

ON_PGLITE(in_sync_it_takes_one_statement)
{
	start_must(start, &memstack_registry, RECONCILE_OK);
	PGconn *conn = PQconnectdb(start->database->url);
	cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
	FILE *trace = tmpfile();
	cr_assert_not_null(trace);
	PQtrace(conn, trace);
	PQsetTraceFlags(conn, PQTRACE_SUPPRESS_TIMESTAMPS);
	start->options.pg = conn;
	start_must(start, &memstack_registry, RECONCILE_OK);
	PQuntrace(conn);
	cr_expect_eq(count_sent(trace), 1, "%zu statements", count_sent(trace));
	fclose(trace);
	PQfinish(conn);
}

ON_PGLITE(what_is_missing_is_added)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	database_execute(start->database, "INSERT INTO orders VALUES (1, 'one')");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	expect_value(start->database, "1 one 0 f",
		     "SELECT concat_ws(' ', id, name, note, amount, done) FROM orders");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 0);
}

ON_PGLITE(what_differs_is_told_and_left_alone)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	database_execute(start->database, "ALTER TABLE orders ADD note integer");
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 2);
	cr_expect_eq(start->counts->conflicts, 1);
	expect_in(start->log, "table=orders column=note kind=type declared=TEXT");
	start->options.mode = RECONCILE_MODE_CHECK;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_CONFLICT);
	const struct reconcile_item *note = start_item(start, "orders", "note");
	cr_assert_not_null(note);
	cr_expect_eq(note->conflicts, RECONCILE_CONFLICT_TYPE);
	cr_expect_str_eq(note->live.type, "integer");
}

/* ---- pgvector ------------------------------------------------------------- */

static const struct reconcile_table texts_tables[] = {TABLE("texts")};
static const struct reconcile_column texts_columns[] = {
	COLUMN("texts", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("texts", "embedding", "vector(1536)", NULLABLE, NO_DEFAULT),
};
/* A release before, and the same with another size by mistake. */
static const struct reconcile_registry without = {
	RECONCILE_REGISTRY_LAYOUT, "app", texts_tables, 1, texts_columns, 1};
static const struct reconcile_registry with = REGISTRY(texts_tables, texts_columns);
static const struct reconcile_column small_columns[] = {
	COLUMN("texts", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("texts", "embedding", "vector(3)", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_registry small = REGISTRY(texts_tables, small_columns);

#define EMBEDDING                                                                                  \
	"SELECT format_type(atttypid, atttypmod) FROM pg_attribute"                                \
	" WHERE attrelid = 'texts'::regclass AND attname = 'embedding'"

ON_PGLITE(a_type_of_an_extension_that_is_not_there)
{
	start_run(start, &with);
	expect_status(start, RECONCILE_BAD_REGISTRY);
	expect_in(start->error->message, "vector(1536)");
	expect_value(start->database, "", "SELECT to_regclass('texts')");
}

ON_PGLITE(a_vector_is_created_with_its_table)
{
	database_execute(start->database, "CREATE EXTENSION vector");
	start_must(start, &with, RECONCILE_OK);
	cr_expect_eq(start->counts->tables_created, 1);
	expect_value(start->database, "vector(1536)", EMBEDDING);
	start_must(start, &with, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 2);
	cr_expect_eq(start->counts->applied, 0);
}

ON_PGLITE(a_vector_is_added_to_a_table_with_rows)
{
	database_execute(start->database, "CREATE EXTENSION vector");
	start_must(start, &without, RECONCILE_OK);
	database_execute(start->database, "INSERT INTO texts VALUES (1)");
	start_must(start, &with, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
	expect_value(start->database, "vector(1536)", EMBEDDING);
	expect_value(start->database, "1", "SELECT id FROM texts WHERE embedding IS NULL");
	start_must(start, &with, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 0);
}

/* The extension's own schema is on the connection's path, behind the target schema. */
ON_PGLITE(a_vector_in_a_schema_of_its_own)
{
	database_execute(start->database, "CREATE EXTENSION vector; CREATE SCHEMA app");
	start->options.schema = "app";
	start_must(start, &with, RECONCILE_OK);
	start_must(start, &with, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 2);
	cr_expect_eq(start->counts->applied, 0);
	expect_value(start->database, "app",
		     "SELECT table_schema FROM information_schema.tables"
		     " WHERE table_name = 'texts'");
	database_execute(start->database, "DROP SCHEMA app CASCADE");
}

/* What each reader makes of a vector of another size: auto is pg_catalog, for it is PostgreSQL. */
ON_PGLITE(a_vector_of_another_size)
{
	static const struct {
		const char *name;
		enum reconcile_catalog catalog;
		bool sees;
	} readers[] = {
		{"auto", RECONCILE_CATALOG_AUTO, true},
		{"pg_catalog", RECONCILE_CATALOG_PG_CATALOG, true},
		{"information_schema", RECONCILE_CATALOG_INFORMATION_SCHEMA, false},
	};
	database_execute(start->database, "CREATE EXTENSION vector");
	start_must(start, &with, RECONCILE_OK);
	start->options.mode = RECONCILE_MODE_CHECK;
	for (size_t i = 0; i < COUNT(readers); i++) {
		start->options.catalog = readers[i].catalog;
		start_run(start, &with);
		cr_expect_eq(start->status, RECONCILE_OK, "%s, in sync: %s", readers[i].name,
			     start_told(start));

		start_run(start, &small);
		cr_expect_eq(start->status, readers[i].sees ? RECONCILE_CONFLICT : RECONCILE_OK,
			     "%s: status %d: %s", readers[i].name, start->status,
			     start_told(start));
		cr_expect_eq(start->counts->conflicts, readers[i].sees, "%s", readers[i].name);
		const struct reconcile_item *item = start_item(start, "texts", "embedding");
		cr_assert(item != NULL, "%s: no item", readers[i].name);
		if (readers[i].sees) {
			cr_expect_eq(item->conflicts, RECONCILE_CONFLICT_TYPE);
			cr_expect_str_eq(item->live.type, "vector(1536)");
			continue;
		}
		cr_expect_eq(item->state, RECONCILE_PRESENT);
		cr_assert(item->reason != NULL, "%s: nothing is said", readers[i].name);
		expect_in(item->reason, "not compared");
	}
}
