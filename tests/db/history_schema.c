/* History in a schema of its own: written in the same transaction, read by everybody, and shared
 * without being mixed up. */
#include "boot.h"

#include <stdio.h>

static size_t count_history(struct start *start)
{
	struct reconcile_history *history;
	int status = reconcile_history_select(&start->options, NULL, &history);
	cr_assert_eq(status, RECONCILE_OK, "%s", reconcile_history_error(history)->message);
	size_t count = reconcile_history_count(history);
	reconcile_history_free(history);
	return count;
}

static int run_script(struct start *start, const char *text, enum reconcile_script_action action,
		      bool *done)
{
	const struct reconcile_script script = {.size = sizeof(script),
						.name = "001",
						.file = "001.sql",
						.checksum = "c",
						.text = text,
						.length = strlen(text)};
	struct reconcile_scripts *scripts;
	*done = false;
	int status = reconcile_scripts_open(&orders_registry, &start->options, &scripts);
	if (status == RECONCILE_OK)
		status = reconcile_scripts_run(scripts, &script, action, done);
	reconcile_scripts_free(scripts);
	return status;
}

static int roll_back(struct start *start)
{
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	request.apply = request.keep_registry = true;
	int status =
		reconcile_rollback(&newer_orders_registry, &start->options, &request, &rollback);
	reconcile_rollback_free(rollback);
	return status;
}

static void use(struct start *start, const char *history_schema)
{
	start->options.history_schema = history_schema;
}

ON_POSTGRES(history_schema, keeps_what_was_done)
{
	bool done;
	database_execute(start->database, "CREATE SCHEMA \"Au\"\"dit\"");
	use(start, "Au\"dit");
	start_must(start, &orders_registry, RECONCILE_OK);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	expect_value(start->database, "", "SELECT to_regclass('public.reconcile_history')");
	expect_value(
		start->database, "4 public",
		"SELECT count(*) || ' ' || min(schema_name) FROM \"Au\"\"dit\".reconcile_history");
	/* Row and change in one transaction. */
	expect_value(start->database, "t",
		     "SELECT h.xmin = a.xmin FROM \"Au\"\"dit\".reconcile_history h, pg_attribute a"
		     " WHERE h.column_name = 'note' AND a.attname = 'note'"
		     " AND a.attrelid = 'orders'::regclass");
	cr_expect_eq(count_history(start), 4);
	cr_expect_eq(run_script(start, "CREATE TABLE once ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_OK);
	cr_expect(done);
	cr_expect_eq(run_script(start, "CREATE TABLE once ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_OK);
	cr_expect_not(done);
	cr_expect_eq(roll_back(start), RECONCILE_OK);
	cr_expect_eq(count_history(start), 6);
	start->options.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(count_history(start), 7);
	/* Nothing of it is left on the pooler's connection, and the path is not ours. */
	if (start->database->pooled_url[0] == '\0')
		return;
	start->options.url = start->database->pooled_url;
	database_execute(start->database, "ALTER TABLE orders DROP note");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(count_history(start), 8);
}

/* We make no schema: that is somebody's decision. */
ON_POSTGRES(history_schema, that_is_not_there)
{
	bool done;
	use(start, "audit");
	start->options.mode = RECONCILE_MODE_CHECK;
	start_must(start, &orders_registry, RECONCILE_CONFLICT);
	start->options.mode = RECONCILE_MODE_APPLY;
	start_must(start, &orders_registry, RECONCILE_CONFLICT);
	expect_in(start->error->message, "there is no schema 'audit' to keep history in");
	expect_in(start->error->hint, "CREATE SCHEMA \"audit\";");
	cr_expect_eq(run_script(start, "CREATE TABLE once ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_CONFLICT);
	expect_value(start->database, "", "SELECT to_regclass('once')");
	expect_value(start->database, "0",
		     "SELECT count(*) FROM pg_namespace WHERE nspname = 'audit'");
	cr_expect_eq(count_history(start), 0);
	database_execute(start->database, "CREATE SCHEMA audit");
	start_must(start, &orders_registry, RECONCILE_OK);
	/* In sync it does not matter. */
	database_execute(start->database, "DROP SCHEMA audit CASCADE");
	start_must(start, &orders_registry, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, ""), 1, "%s", start->log);
}

/* Two schemas, one history: a script of one is not the other's, nor is a change. */
ON_POSTGRES(history_schema, that_two_share)
{
	static const char *const schemas[] = {"one", "two"};
	bool done;
	database_execute(start->database, "CREATE SCHEMA one; CREATE SCHEMA two;"
					  "CREATE SCHEMA audit");
	use(start, "audit");
	for (size_t i = 0; i < COUNT(schemas); i++) {
		start->options.schema = schemas[i];
		start_must(start, &newer_orders_registry, RECONCILE_OK);
		cr_expect_eq(run_script(start, "CREATE TABLE once ()", RECONCILE_SCRIPT_UP, &done),
			     RECONCILE_OK);
		cr_expect(done, "%s", schemas[i]);
		cr_expect_eq(count_history(start), 2, "%s", schemas[i]);
	}
	start->options.schema = "one";
	cr_expect_eq(roll_back(start), RECONCILE_OK);
	expect_value(start->database, "two.orders",
		     "SELECT string_agg(schemaname || '.' || tablename, ' ') FROM pg_tables"
		     " WHERE tablename = 'orders'");
	/* History that was moved there says nothing of a schema, and still counts. */
	database_execute(start->database, "UPDATE audit.reconcile_history SET schema_name = NULL"
					  " WHERE schema_name = 'two'");
	start->options.schema = "two";
	cr_expect_eq(run_script(start, "CREATE TABLE once ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_OK);
	cr_expect_not(done);
}

/* Rights are asked for where they are needed, of whoever makes the changes. */
ON_POSTGRES(history_schema, rights)
{
	char url[512], owner_url[512];
	database_role_url(start->database, "schema_service", url, sizeof(url));
	database_role_url(start->database, "schema_owner", owner_url, sizeof(owner_url));
	database_execute(start->database,
			 "CREATE SCHEMA audit; GRANT ALL ON SCHEMA public TO schema_owner;"
			 "GRANT schema_owner TO schema_service;"
			 "ALTER ROLE schema_service NOINHERIT");
	use(start, "audit");
	start->options.url = url;
	start->options.ddl_role = "schema_owner";
	start_must(start, &orders_registry, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message,
		  "role 'schema_owner' lacks USAGE, CREATE on schema 'audit' "
		  "to make 'reconcile_history'");
	database_execute(start->database, "GRANT USAGE, CREATE ON SCHEMA audit TO schema_owner");
	start_must(start, &orders_registry, RECONCILE_OK);
	cr_expect_eq(count_history(start), 1);
	database_execute(start->database, "ALTER TABLE audit.reconcile_history OWNER TO postgres;"
					  "REVOKE CREATE ON SCHEMA audit FROM schema_owner");
	start_must(start, &newer_orders_registry, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->hint,
		  "GRANT INSERT ON \"audit\".\"reconcile_history\" TO \"schema_owner\"");
	database_execute(start->database,
			 "GRANT INSERT ON audit.reconcile_history TO schema_owner");
	start->options.ddl_role = NULL;
	start->options.ddl_url = owner_url;
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	expect_value(start->database, "4", "SELECT count(*) FROM audit.reconcile_history");
}
