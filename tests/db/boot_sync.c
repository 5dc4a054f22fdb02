/* What a start does, as the server and the file see it: as little as possible, and at once. */
#include "boot.h"

#include "../../registry/registry.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

static const enum reconcile_catalog readers[] = {RECONCILE_CATALOG_PG_CATALOG,
						 RECONCILE_CATALOG_INFORMATION_SCHEMA};

/* Lines that begin so; all lines for "". */
static size_t count_lines(const char *text, const char *begin)
{
	size_t count = 0;
	for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		count += strncmp(line, begin, strlen(begin)) == 0;
	return count;
}

/* ---- PostgreSQL ----------------------------------------------------------- */

ON_POSTGRES(boot_sync, in_sync_is_one_statement)
{
	start_must(start, &memstack_registry, RECONCILE_OK);
	for (size_t i = 0; i < COUNT(readers); i++) {
		start->options.catalog = readers[i];
		database_log_start(start->database);
		start_must(start, &memstack_registry, RECONCILE_OK);
		char *statements = database_log_statements(start->database);
		cr_expect_eq(count_lines(statements, ""), 1, "%s", statements);
		cr_expect_eq(strncmp(statements, "SELECT ", 7), 0, "%s", statements);
		free(statements);
	}
}

ON_POSTGRES(boot_sync, in_sync_is_one_statement_through_a_pooler)
{
	if (start->database->pooled_url[0] == '\0')
		cr_skip_test("no PgBouncer");
	start_must(start, &memstack_registry, RECONCILE_OK);
	/* The pooler has no connection to this database yet: it will be one that logs. */
	database_log_start(start->database);
	start->options.url = start->database->pooled_url;
	start_must(start, &memstack_registry, RECONCILE_OK);
	char *statements = database_log_statements(start->database);
	/* PgBouncer passes on what its client said when it connected. */
	size_t own = count_lines(statements, "SET application_name");
	cr_expect_eq(count_lines(statements, "") - own, 1, "%s", statements);
	cr_expect_eq(count_lines(statements, "SELECT "), 1, "%s", statements);
	free(statements);
}

/* Everything that a look could touch is locked so that only ACCESS SHARE is to be had. The views
 * of information_schema take that, on the tables too; pg_catalog is read without even that. */
ON_POSTGRES(boot_sync, in_sync_takes_no_lock_above_access_share)
{
	static const char *const locks[] = {"ACCESS EXCLUSIVE", "EXCLUSIVE"};
	start_must(start, &memstack_registry, RECONCILE_OK);
	/* Rather an error than a test that waits for itself. */
	database_execute(start->database, "ALTER DATABASE %s SET lock_timeout = '1s'",
			 start->database->name);
	start->options.budget_ms = 100;
	for (size_t i = 0; i < COUNT(readers); i++) {
		database_execute(start->database, "BEGIN");
		database_execute(start->database,
				 "LOCK TABLE tenants, users, projects, memories, entity_types,\n"
				 "           task_logs, reconcile_history IN %s MODE",
				 locks[i]);
		/* Those that the whole cluster shares are other tests' too. */
		database_execute(
			start->database,
			"DO $do$ DECLARE name text; BEGIN\n"
			"  FOR name IN SELECT oid::regclass FROM pg_class\n"
			"      WHERE relkind = 'r' AND NOT relisshared AND relnamespace IN\n"
			"            ('pg_catalog'::regnamespace,\n"
			"             'information_schema'::regnamespace) LOOP\n"
			"    EXECUTE 'LOCK TABLE ' || name || ' IN EXCLUSIVE MODE';\n"
			"  END LOOP;\n"
			"END $do$");
		cr_expect_gt(
			database_number(start->database,
					"SELECT count(*) FROM pg_locks\n"
					" WHERE mode = 'ExclusiveLock' AND relation IS NOT NULL\n"
					"   AND pid = pg_backend_pid()"),
			50);
		start->options.catalog = readers[i];
		start_run(start, &memstack_registry);
		expect_status(start, RECONCILE_OK);
		cr_expect_eq(start->counts->present, 41);
		database_execute(start->database, "ROLLBACK");
	}
}

ON_POSTGRES(boot_sync, in_sync_writes_nothing)
{
	start_must(start, &memstack_registry, RECONCILE_OK);
	database_execute(start->database,
			 "ALTER DATABASE %s SET default_transaction_read_only = on",
			 start->database->name);
	for (size_t i = 0; i < COUNT(readers); i++) {
		start->options.catalog = readers[i];
		start_run(start, &memstack_registry);
		expect_status(start, RECONCILE_OK);
	}
}

ON_POSTGRES(boot_sync, columns_of_one_table_are_one_alter)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	database_execute(start->database, "INSERT INTO orders VALUES (1, 'one')");
	database_log_start(start->database);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	char *statements = database_log_statements(start->database);
	cr_expect_eq(count_lines(statements, "ALTER TABLE \"public\""), 1, "%s", statements);
	cr_expect_eq(count_lines(statements, "COMMIT"), 1, "%s", statements);
	/* Costs are tried out on temporary tables, in a transaction that is rolled back. */
	cr_expect_eq(count_lines(statements, "BEGIN"), 2, "%s", statements);
	cr_expect_eq(count_lines(statements, "ROLLBACK"), 1, "%s", statements);
	cr_expect_eq(count_lines(statements, "CREATE "), count_lines(statements, "CREATE TEMP "),
		     "%s", statements);
	cr_expect_eq(count_lines(statements, "ALTER TABLE"),
		     1 + count_lines(statements, "ALTER TABLE pg_temp."), "%s", statements);
	free(statements);
	cr_expect_eq(start->counts->applied, 3);
	expect_value(start->database, "1 one (null) 0 f",
		     "SELECT format('%%s %%s %%s %%s %%s', id, name, coalesce(note, '(null)'),\n"
		     "              amount, done) FROM orders");
	expect_value(start->database, "3",
		     "SELECT count(*) FROM reconcile_history WHERE action = 'add_column'");
}

/* A pooled connection is somebody else's in the next moment. */
ON_POSTGRES(boot_sync, nothing_is_left_in_a_pooled_session)
{
	static const char session_state[] =
		"SELECT concat_ws(' ', pg_backend_pid(),\n"
		"         current_setting('search_path'), current_setting('lock_timeout'),\n"
		"         current_setting('statement_timeout'),\n"
		"         current_setting('idle_in_transaction_session_timeout'),\n"
		"         current_setting('default_transaction_isolation'),\n"
		"         current_setting('client_min_messages'),\n"
		"         (SELECT count(*) FROM pg_prepared_statements),\n"
		"         (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'\n"
		"             AND database = (SELECT oid FROM pg_database\n"
		"                              WHERE datname = current_database())),\n"
		"         (SELECT count(*) FROM pg_class WHERE relpersistence = 't'),\n"
		"         (SELECT count(*) FROM pg_stat_activity WHERE datname =\n"
		"             current_database() AND backend_type = 'client backend'))";
	if (start->database->pooled_url[0] == '\0')
		cr_skip_test("no PgBouncer");
	PGconn *conn = PQconnectdb(start->database->pooled_url);
	PGresult *before = PQexec(conn, session_state);
	cr_assert_eq(PQresultStatus(before), PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));

	start->options.url = start->database->pooled_url;
	start->options.lock_timeout_ms = 123;
	start->options.statement_timeout_ms = 4567;
	database_execute(start->database, "CREATE SCHEMA app");
	start->options.schema = "app";
	start_must(start, &orders_registry, RECONCILE_OK);       /* creates */
	start_must(start, &newer_orders_registry, RECONCILE_OK); /* adds */
	cr_expect_eq(start->counts->applied, 3);
	start_must(start, &newer_orders_registry, RECONCILE_OK); /* looks */
	static const struct reconcile_table tables[] = {TABLE("broken")};
	static const struct reconcile_column columns[] = {
		COLUMN("broken", "x", "INTEGER", NULLABLE, DEFAULT("not a number"))};
	static const struct reconcile_registry broken = REGISTRY(tables, columns);
	start_must(start, &broken, RECONCILE_FAILED); /* rolls back */

	/* The same server process, as the pool has no other. */
	PGresult *after = PQexec(conn, session_state);
	cr_expect_str_eq(PQgetvalue(after, 0, 0), PQgetvalue(before, 0, 0));
	PQclear(before);
	PQclear(after);
	PQfinish(conn);
}

/* ---- SQLite --------------------------------------------------------------- */

static char *contents(const char *path, size_t *length)
{
	char *text = NULL;
	FILE *file = fopen(path, "rb"), *out = open_memstream(&text, length);
	cr_assert(file != NULL && out != NULL, "'%s'", path);
	for (int byte; (byte = getc(file)) != EOF;)
		putc(byte, out);
	fclose(file);
	fclose(out);
	return text;
}

ON_SQLITE(boot_sync, in_sync_leaves_the_file_alone)
{
	static const char *const modes[] = {"delete", "wal"};
	for (size_t i = 0; i < COUNT(modes); i++) {
		database_execute(start->database, "PRAGMA journal_mode = %s", modes[i]);
		start_must(start, &memstack_registry, RECONCILE_OK);
		size_t length, length_after;
		char *before = contents(start->database->path, &length);
		struct stat stat_before, stat_after;
		cr_assert_eq(stat(start->database->path, &stat_before), 0);

		start_must(start, &memstack_registry, RECONCILE_OK);
		cr_expect_eq(start->counts->present, 41);
		char *after = contents(start->database->path, &length_after);
		cr_expect(length == length_after && memcmp(before, after, length) == 0, "%s",
			  modes[i]);
		cr_assert_eq(stat(start->database->path, &stat_after), 0);
		cr_expect_eq(stat_before.st_mtim.tv_nsec, stat_after.st_mtim.tv_nsec, "%s",
			     modes[i]);
		free(before);
		free(after);
	}
}

static long number(sqlite3 *conn, const char *sql)
{
	sqlite3_stmt *statement;
	cr_assert_eq(sqlite3_prepare_v2(conn, sql, -1, &statement, NULL), SQLITE_OK, "%s",
		     sqlite3_errmsg(conn));
	cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s", sqlite3_errmsg(conn));
	long value = (long)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

ON_SQLITE(boot_sync, in_sync_does_not_wait_for_a_writer)
{
	sqlite3 *writer;
	start_must(start, &memstack_registry, RECONCILE_OK);
	cr_assert_eq(sqlite3_open(start->database->path, &writer), SQLITE_OK);
	long version = number(writer, "PRAGMA data_version");
	cr_assert_eq(sqlite3_exec(writer,
				  "BEGIN IMMEDIATE;"
				  "INSERT INTO tenants (id, name) VALUES ('t', 'T')",
				  NULL, NULL, NULL),
		     SQLITE_OK);
	start_run(start, &memstack_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	start_run(start, &memstack_registry);
	expect_status(start, RECONCILE_OK);
	/* It changes when any other connection has committed a change. */
	cr_expect_eq(number(writer, "PRAGMA data_version"), version);
	sqlite3_close(writer);
}

/* ---- either --------------------------------------------------------------- */

ON_BOTH(boot_sync, in_sync_says_one_line)
{
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, "table_created"), 1, "%s", start->log);
	cr_expect_eq(start_log_count(start, "info summary"), 1, "%s", start->log);
	cr_expect_eq(start_log_count(start, ""), 2, "%s", start->log);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, ""), 1, "%s", start->log);
	cr_expect_eq(strncmp(start->log, "info summary ", 13), 0, "%s", start->log);
	expect_in(start->log, " tables=1 columns=5 present=5 added=0 conflicts=0 elapsed=");
}

ON_BOTH(boot_sync, each_column_added_is_a_line_and_the_summary_is_last)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, "info column_added"), 3, "%s", start->log);
	cr_expect_eq(start_log_count(start, ""), 4, "%s", start->log);
	const char *summary = strstr(start->log, "info summary");
	cr_assert_not_null(summary);
	expect_in(summary, " present=2 added=3 conflicts=0");
	cr_expect(strchr(summary, '\n')[1] == '\0', "not the last line: %s", start->log);

	cr_expect_eq(start->counts->present, 5);
	cr_expect_eq(start->counts->missing, 0);
	const struct reconcile_item *note = start_item(start, "orders", "note");
	cr_assert_not_null(note);
	cr_expect(note->applied && note->state == RECONCILE_PRESENT);
	const struct reconcile_item *name = start_item(start, "orders", "name");
	cr_expect(name == NULL || !name->applied);
}

/* The column stands in another schema only, whose table has the same name. */
ON_POSTGRES(boot_sync, a_table_of_another_schema_does_not_count)
{
	database_execute(start->database,
			 "CREATE SCHEMA other; CREATE TABLE other.orders (id int PRIMARY KEY,"
			 " name varchar(40) NOT NULL, note int);"
			 "CREATE TABLE orders (id int PRIMARY KEY, name varchar(40) NOT NULL)");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	expect_value(
		start->database, "3",
		"SELECT count(*) FROM information_schema.columns WHERE table_schema = 'other'");
	expect_value(start->database, "5",
		     "SELECT count(*) FROM information_schema.columns\n"
		     " WHERE table_schema = 'public' AND table_name = 'orders'");

	/* Even first in the search path of the role it is not ours, when the schema is named. */
	database_execute(start->database, "ALTER DATABASE %s SET search_path = other, public",
			 start->database->name);
	start->options.schema = "public";
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 5);
	cr_expect_str_eq(reconcile_report_database(start->report)->schema, "public");
}

ON_POSTGRES(boot_sync, tables_are_made_in_the_schema_that_is_named)
{
	database_execute(start->database, "CREATE SCHEMA \"My Schema\"");
	start->options.schema = "My Schema";
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	expect_value(start->database, "orders reconcile_history",
		     "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class\n"
		     " WHERE relkind = 'r' AND relnamespace = '\"My Schema\"'::regnamespace");
	char *public = database_schema(start->database);
	cr_expect_str_eq(public, "");
	free(public);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 5);
}
