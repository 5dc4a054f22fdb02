/* The database's own limits of time: a script outside a transaction is not cut off by one. */
#include "boot.h"

#include <libpq-fe.h>
#include <stdio.h>

static int run_script(struct start *start, const char *base, const char *text, bool outside,
		      char *log, size_t size)
{
	const struct reconcile_script script = {
		.size = sizeof(script),
		.name = "001_slow",
		.file = "001_slow.sql",
		.text = text,
		.length = strlen(text),
		.checksum = "0",
		.outside = outside,
	};
	struct reconcile_scripts *scripts;
	bool done;
	start->options.url = base;
	cr_assert_eq(reconcile_scripts_open(&orders_registry, &start->options, &scripts),
		     RECONCILE_OK, "%s", reconcile_scripts_error(scripts)->message);
	int status = reconcile_scripts_run(scripts, &script, RECONCILE_SCRIPT_UP, &done);
	snprintf(log, size, "%s; %s", reconcile_scripts_error(scripts)->message,
		 reconcile_scripts_error(scripts)->hint);
	reconcile_scripts_free(scripts);
	return status;
}

/* Longer than the limits allow. */
static int run_slow_script(struct start *start, const char *base, char *log, size_t size)
{
	return run_script(start, base, "SELECT pg_catalog.pg_sleep(0.6)", true, log, size);
}

static void note_limits(void *context, const struct reconcile_log_record *record)
{
	char *noted = context;
	for (size_t i = 0; i < record->field_count; i++)
		if (strcmp(record->fields[i].key, "limits") == 0)
			snprintf(noted, 200, "%s", record->fields[i].text);
}

static void make_role(struct start *start, char *url, size_t size)
{
	char role[100];
	snprintf(role, sizeof(role), "%s_app", start->database->name);
	database_role_url(start->database, role, url, size);
	database_execute(start->database,
			 "ALTER ROLE %s SET statement_timeout = 300;"
			 "ALTER ROLE %s SET lock_timeout = 200; GRANT ALL ON SCHEMA public TO %s",
			 role, role, role);
	if (database_version(start->database) >= 17)
		database_execute(start->database, "ALTER ROLE %s SET transaction_timeout = 300",
				 role);
}

static void drop_role(struct start *start)
{
	database_execute(start->database, "DROP OWNED BY %s_app; DROP ROLE %s_app",
			 start->database->name, start->database->name);
}

ON_POSTGRES(boot_limit, a_script_outside_a_transaction_has_none)
{
	char url[600], told[2200], limits[200] = "";
	make_role(start, url, sizeof(url));
	start->options.log = note_limits;
	start->options.log_context = limits;
	int status = run_slow_script(start, url, told, sizeof(told));
	cr_expect_eq(status, RECONCILE_OK, "%d: %s", status, told);
	cr_expect_str_eq(limits, "");
	expect_value(start->database, "applied", "SELECT outcome FROM reconcile_history");
	drop_role(start);
}

/* A session whose snapshot is older than what begins after this, and which ends when somebody has
 * waited for it longer than the limits allow. */
static PGconn *hold_snapshot(struct start *start)
{
	PGconn *holder = PQconnectdb(start->database->url);
	PGresult *result = PQexec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
	cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s", PQerrorMessage(holder));
	PQclear(result);
	cr_assert(PQsendQuery(
		holder,
		"DO $$ BEGIN FOR i IN 1..3000 LOOP EXIT WHEN EXISTS (\n"
		"    SELECT FROM pg_locks waits JOIN pg_locks own\n"
		"        ON waits.virtualxid = own.virtualtransaction\n"
		"     WHERE NOT waits.granted AND own.pid = pg_backend_pid());\n"
		"  PERFORM pg_sleep(0.01); END LOOP; PERFORM pg_sleep(0.6); END $$; COMMIT"));
	return holder;
}

ON_POSTGRES(boot_limit, an_index_is_built_behind_an_older_snapshot)
{
	char url[600], told[2200];
	make_role(start, url, sizeof(url));
	database_execute(start->database,
			 "CREATE TABLE t (a int); INSERT INTO t VALUES (1);"
			 "ALTER TABLE t OWNER TO %s_app",
			 start->database->name);
	PGconn *holder = hold_snapshot(start);
	int status = run_script(start, url, "CREATE INDEX CONCURRENTLY i ON t (a)", true, told,
				sizeof(told));
	cr_expect_eq(status, RECONCILE_OK, "%d: %s", status, told);
	expect_value(start->database, "t",
		     "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('i')");
	expect_value(start->database, "applied", "SELECT outcome FROM reconcile_history");
	PQfinish(holder);
	drop_role(start);
}

/* A pooler takes no start-up options; what it was told by SET would be the next client's. */
ON_POSTGRES(boot_limit, one_that_a_pooler_keeps_is_said_beforehand)
{
	char told[2200], limits[200] = "";
	if (start->database->pooled_url[0] == '\0')
		cr_skip_test("there is no pooler");
	database_execute(start->database, "ALTER DATABASE %s SET statement_timeout = 300",
			 start->database->name);
	start->options.log = note_limits;
	start->options.log_context = limits;
	int status = run_slow_script(start, start->database->pooled_url, told, sizeof(told));
	cr_expect_eq(status, RECONCILE_BUSY, "%d: %s", status, told);
	expect_in(limits, "statement_timeout is 300ms (ALTER DATABASE ");
	expect_in(told, "statement_timeout is 300ms (ALTER DATABASE ");
	expect_in(told, "script stamp");
	expect_not_in(told, "statement_timeout_ms");
	expect_value(start->database, "failed", "SELECT outcome FROM reconcile_history");
}

/* The script's own, and not the role's, which does not count in a transaction of ours. */
ON_POSTGRES(boot_limit, a_script_that_sets_one_is_told_of_that_one)
{
	char url[600], told[2200];
	if (database_version(start->database) < 11)
		cr_skip_test("what a script sets is not looked at before its end");
	make_role(start, url, sizeof(url));
	int status = run_script(start, url,
				"SET LOCAL statement_timeout = 100; SELECT pg_catalog.pg_sleep(60)",
				false, told, sizeof(told));
	cr_expect_eq(status, RECONCILE_BUSY, "%d: %s", status, told);
	expect_in(told, "a statement_timeout of its own");
	expect_not_in(told, "ALTER ROLE");
	drop_role(start);
}

/* ---- a rewrite -------------------------------------------------------------- */

static const struct reconcile_column slow_columns[] = {
	COLUMN("orders", "size", "INTEGER", NULLABLE, DEFAULT_SQL("slow()")),
};
static const struct reconcile_registry slow_registry = {
	RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, slow_columns, COUNT(slow_columns)};

/* The role's table of four rows, and a default whose calls a sequence counts, which no rollback
 * takes back. The test is skipped where no transaction has a timeout. */
static void make_slow_default(struct start *start, const char *work, char *url, size_t size)
{
	if (database_version(start->database) < 17)
		cr_skip_test("there is no transaction_timeout before 17");
	make_role(start, url, size);
	database_execute(
		start->database,
		"CREATE SEQUENCE calls; GRANT ALL ON SEQUENCE calls TO %s_app;"
		"CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2), (3), (4);"
		"ALTER TABLE orders OWNER TO %s_app;"
		"CREATE FUNCTION slow() RETURNS int VOLATILE LANGUAGE plpgsql AS $$ BEGIN\n"
		"  PERFORM nextval('calls'); %s; RETURN 1; END $$",
		start->database->name, start->database->name, work);
	start->options.url = url;
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start->options.log_level = RECONCILE_LOG_DEBUG;
}

ON_POSTGRES(boot_limit, a_rewrite_takes_longer_than_the_roles_transactions)
{
	char url[600];
	make_slow_default(start, "PERFORM pg_sleep(0.2)", url, sizeof(url));
	start_must(start, &slow_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
	cr_expect_eq(start_log_count(start, "retry"), 0, "%s", start_told(start));
	expect_value(start->database, "4", "SELECT last_value FROM calls");
	expect_value(start->database, "4", "SELECT sum(size) FROM orders");
	drop_role(start);
}

/* What the rewrite calls sets a limit of its own; the role's did not count. */
ON_POSTGRES(boot_limit, a_rewrite_that_a_limit_ends_is_not_begun_again)
{
	char url[600];
	make_slow_default(start,
			  "SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = 200;"
			  "PERFORM pg_sleep(2)",
			  url, sizeof(url));
	start_run(start, &slow_registry);
	expect_status(start, RECONCILE_BUSY);
	expect_in(start->error->sqlstate, "25P04");
	expect_in(start->error->message, "table 'orders'");
	expect_in(start->error->hint, "a transaction_timeout of its own");
	expect_not_in(start->error->message, "ALTER ROLE");
	cr_expect_eq(start_log_count(start, "retry"), 0, "%s", start_told(start));
	expect_value(start->database, "1", "SELECT last_value FROM calls");
	drop_role(start);
}

/* The catalog is read outside a transaction of ours, as the session finds it. */
ON_POSTGRES(boot_limit, a_look_that_the_databases_limit_ends_is_not_begun_again)
{
	if (database_version(start->database) < 17)
		cr_skip_test("there is no transaction_timeout before 17");
	PGconn *holder = PQconnectdb(start->database->url);
	database_execute(start->database,
			 "CREATE TABLE orders (id int DEFAULT 1);"
			 "ALTER DATABASE %s SET transaction_timeout = 200",
			 start->database->name);
	PQclear(PQexec(holder, "BEGIN; LOCK TABLE pg_catalog.pg_attrdef IN ACCESS EXCLUSIVE MODE"));
	start->options.log_level = RECONCILE_LOG_DEBUG;
	start_run(start, &slow_registry);
	expect_status(start, RECONCILE_BUSY);
	expect_in(start->error->sqlstate, "25P04");
	expect_in(start->error->message, "transaction_timeout is 200ms (ALTER DATABASE ");
	expect_in(start->error->hint, "SET transaction_timeout = 0");
	cr_expect_eq(start_log_count(start, "retry"), 0, "%s", start_told(start));
	PQfinish(holder);
}
