/* A service lends the connection that it has: it is used, and found again as it was. */
#include "boot.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>

/* ---- PostgreSQL ----------------------------------------------------------- */

static char *pg_text(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	cr_assert(PQresultStatus(result) == PGRES_TUPLES_OK ||
			  PQresultStatus(result) == PGRES_COMMAND_OK,
		  "%s: %s", sql, PQerrorMessage(conn));
	char *text = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return text;
}

static void pg_do(PGconn *conn, const char *sql)
{
	free(pg_text(conn, sql));
}

static const char pg_state[] =
	"SELECT concat_ws(' ', pg_backend_pid(), current_setting('search_path'),\n"
	"         current_setting('lock_timeout'), current_setting('statement_timeout'),\n"
	"         current_setting('idle_in_transaction_session_timeout'),\n"
	"         current_setting('client_min_messages'), current_setting('application_name'),\n"
	"         current_setting('default_transaction_isolation'),\n"
	"         (SELECT count(*) FROM pg_prepared_statements),\n"
	"         (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()\n"
	"             AND locktype = 'advisory'),\n"
	"         (SELECT count(*) FROM pg_class WHERE relpersistence = 't'))";

ON_POSTGRES(boot_lent, a_lent_connection_to_postgresql)
{
	PGconn *conn = PQconnectdb(start->database->url);
	pg_do(conn, "SET application_name = 'the service'");
	pg_do(conn, "SET lock_timeout = '77s'");
	pg_do(conn, "SET statement_timeout = '88s'");
	pg_do(conn, "SET default_transaction_isolation = 'serializable'");
	pg_do(conn, "CREATE SCHEMA mine");
	pg_do(conn, "SET search_path = mine, public");
	pg_do(conn, "PREPARE mine AS SELECT 1");
	char *before = pg_text(conn, pg_state);

	start->options.pg = conn;
	start->options.url = "postgresql:///never?host=/nowhere"; /* not looked at */
	start_must(start, &orders_registry, RECONCILE_OK);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	start->options.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	start->options.schema = "public";
	start->options.mode = RECONCILE_MODE_CHECK;
	start_must(start, &newer_orders_registry, RECONCILE_PENDING);

	cr_expect_eq(PQstatus(conn), CONNECTION_OK);
	cr_expect_eq(PQtransactionStatus(conn), PQTRANS_IDLE);
	cr_expect_eq(PQpipelineStatus(conn), PQ_PIPELINE_OFF);
	cr_expect_eq(PQisnonblocking(conn), 0);
	char *after = pg_text(conn, pg_state);
	cr_expect_str_eq(after, before);
	free(before);
	free(after);
	/* In the service's own search path. */
	expect_value(start->database, "mine mine",
		     "SELECT string_agg(relnamespace::regnamespace::text, ' ') FROM pg_class\n"
		     " WHERE relname IN ('orders', 'reconcile_history')");
	PQfinish(conn);
}

ON_POSTGRES(boot_lent, a_connection_in_use_is_refused_and_left_alone)
{
	static const struct {
		const char *before;
		PGTransactionStatusType state;
	} cases[] = {
		{"BEGIN; CREATE TABLE mine (x int)", PQTRANS_INTRANS},
		{"BEGIN; SELECT nosuch()", PQTRANS_INERROR},
	};
	char *schema = database_schema(start->database);
	PGconn *conn = PQconnectdb(start->database->url);
	start->options.pg = conn;
	for (size_t i = 0; i < COUNT(cases); i++) {
		PQclear(PQexec(conn, cases[i].before));
		start_run(start, &orders_registry);
		expect_status(start, RECONCILE_USAGE);
		expect_in(start->error->message, "in a transaction");
		cr_expect_eq(PQtransactionStatus(conn), cases[i].state);
		pg_do(conn, "ROLLBACK");
	}
	PQenterPipelineMode(conn);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_USAGE);
	cr_expect_eq(PQpipelineStatus(conn), PQ_PIPELINE_ON);
	PQexitPipelineMode(conn);
	expect_unchanged(start->database, schema);
	start_must(start, &orders_registry, RECONCILE_OK);
	PQfinish(conn);
}

/* It is never reconnected: that is the service's to do. */
ON_POSTGRES(boot_lent, a_lent_connection_that_is_cut)
{
	PGconn *conn = PQconnectdb(start->database->url);
	start->options.pg = conn;
	database_terminate(start->database, PQbackendPID(conn));
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_UNREACHABLE);
	/* Now it is known to be lost, and refused as it is. */
	start_run(start, &orders_registry);
	cr_expect(start->status == RECONCILE_UNREACHABLE || start->status == RECONCILE_USAGE, "%s",
		  start_told(start));
	PQfinish(conn);
}

ON_POSTGRES(boot_lent, two_connections_at_once_are_refused)
{
	sqlite3 *other;
	PGconn *conn = PQconnectdb(start->database->url);
	cr_assert_eq(sqlite3_open(":memory:", &other), SQLITE_OK);
	start->options.pg = conn;
	start->options.sqlite = other;
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_USAGE);
	sqlite3_close(other);
	PQfinish(conn);
}

/* ---- SQLite ---------------------------------------------------------------- */

static sqlite3 *lend(struct start *start)
{
	sqlite3 *conn;
	cr_assert_eq(sqlite3_open(start->database->path, &conn), SQLITE_OK);
	start->options.sqlite = conn;
	start->options.url = "sqlite:////never/looked/at.db";
	return conn;
}

static void lite_do(sqlite3 *conn, const char *sql)
{
	cr_assert_eq(sqlite3_exec(conn, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
		     sqlite3_errmsg(conn));
}

static long lite_number(sqlite3 *conn, const char *sql)
{
	sqlite3_stmt *statement;
	cr_assert_eq(sqlite3_prepare_v2(conn, sql, -1, &statement, NULL), SQLITE_OK, "%s",
		     sqlite3_errmsg(conn));
	cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s", sqlite3_errmsg(conn));
	long value = (long)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

ON_SQLITE(boot_lent, a_lent_connection_to_sqlite)
{
	static const char *const pragmas[] = {"PRAGMA busy_timeout", "PRAGMA foreign_keys",
					      "PRAGMA synchronous", "PRAGMA cache_size",
					      "PRAGMA legacy_alter_table"};
	sqlite3 *conn = lend(start);
	lite_do(conn, "PRAGMA busy_timeout = 1234; PRAGMA foreign_keys = ON;"
		      "PRAGMA synchronous = OFF; PRAGMA cache_size = 77;"
		      "CREATE TEMP TABLE mine (x); INSERT INTO mine VALUES (1)");
	long before[COUNT(pragmas)];
	for (size_t i = 0; i < COUNT(pragmas); i++)
		before[i] = lite_number(conn, pragmas[i]);

	start_must(start, &orders_registry, RECONCILE_OK);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	int changes = sqlite3_total_changes(conn);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(sqlite3_total_changes(conn), changes);

	cr_expect_eq(sqlite3_get_autocommit(conn), 1);
	cr_expect_null(sqlite3_next_stmt(conn, NULL));
	for (size_t i = 0; i < COUNT(pragmas); i++)
		cr_expect_eq(lite_number(conn, pragmas[i]), before[i], "%s", pragmas[i]);
	cr_expect_eq(lite_number(conn, "SELECT count(*) FROM mine"), 1);
	cr_expect_eq(lite_number(conn, "SELECT count(*) FROM orders"), 0);
	cr_expect_eq(sqlite3_close(conn), SQLITE_OK);
}

ON_SQLITE(boot_lent, a_connection_in_a_transaction_is_refused_and_left_alone)
{
	sqlite3 *conn = lend(start);
	lite_do(conn, "CREATE TABLE mine (x); BEGIN; INSERT INTO mine VALUES (1)");
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_USAGE);
	expect_in(start->error->message, "transaction");
	cr_expect_eq(sqlite3_get_autocommit(conn), 0);
	lite_do(conn, "COMMIT");
	cr_expect_eq(lite_number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
	start_must(start, &orders_registry, RECONCILE_OK);
	sqlite3_close(conn);
}

ON_SQLITE(boot_lent, a_query_only_connection)
{
	sqlite3 *conn = lend(start);
	start_must(start, &orders_registry, RECONCILE_OK);
	lite_do(conn, "PRAGMA query_only = ON");
	char *schema = database_schema(start->database);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	cr_expect_eq(lite_number(conn, "PRAGMA query_only"), 1);
	expect_unchanged(start->database, schema);
	sqlite3_close(conn);
}

/* A full disk: as many pages as there are, and no more. */
ON_SQLITE(boot_lent, a_full_disk)
{
	sqlite3 *conn = lend(start);
	start_must(start, &orders_registry, RECONCILE_OK);
	lite_do(conn, "INSERT INTO orders VALUES (1, 'one')");
	char *schema = database_schema(start->database);
	static struct reconcile_column columns[300];
	static char names[COUNT(columns)][60];
	struct reconcile_registry wide = newer_orders_registry;
	for (size_t i = 0; i < COUNT(columns); i++) {
		snprintf(names[i], sizeof(names[i]), "a_column_with_a_name_of_some_length_%zu", i);
		columns[i] = (struct reconcile_column){
			"orders", names[i], "TEXT", RECONCILE_NULLABLE, NO_DEFAULT, NULL, NULL, 0};
	}
	wide.columns = columns;
	wide.column_count = COUNT(columns);
	long pages = lite_number(conn, "PRAGMA page_count");
	char pragma[60];
	snprintf(pragma, sizeof(pragma), "PRAGMA max_page_count = %ld", pages);
	lite_do(conn, pragma);

	start_run(start, &wide);
	expect_status(start, RECONCILE_FAILED);
	expect_in(start->error->message, "table 'orders': ");
	expect_in(start->error->message, "full");
	cr_expect_eq(sqlite3_get_autocommit(conn), 1);
	cr_expect_eq(lite_number(conn, "PRAGMA page_count"), pages);
	cr_expect_eq(lite_number(conn, "SELECT count(*) FROM reconcile_history"), 1);
	expect_value(start->database, "ok", "PRAGMA integrity_check");
	expect_unchanged(start->database, schema);

	/* There is room again: the next start does it. */
	lite_do(conn, "PRAGMA max_page_count = 100000");
	start_must(start, &wide, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, COUNT(columns));
	sqlite3_close(conn);
}
