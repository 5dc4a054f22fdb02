/* Who may not change the database is told so, and told what to run; in sync nobody has to. */
#include "boot.h"

#include <stdio.h>

/* The SQL that is to be run stands in the log, in the items and in the script. */
static void expect_told(struct start *start, const char *why)
{
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message, "table 'orders': ");
	expect_in(start->error->message, why);
	cr_expect_not_null(start->error->hint);
	cr_expect_eq(start_log_count(start, "warn verify_only"), 1, "%s", start->log);
	const char *line = strstr(start->log, "warn verify_only");
	if (line == NULL)
		return;
	expect_in(line, "\"orders\"");
	expect_in(line, "\"note\" TEXT");
	const struct reconcile_item *note = start_item(start, "orders", "note");
	cr_expect(note != NULL && note->state == RECONCILE_MISSING && !note->applied);
	const char *script = reconcile_report_script(start->report);
	expect_in(script, "\"note\" TEXT");
	cr_expect_eq(start->counts->applied, 0);
}

static void use_role(struct start *start, const char *role, char url[512])
{
	database_role_url(start->database, role, url, 512);
	start->options.url = url;
}

ON_POSTGRES(boot_rights, a_role_that_does_not_own_the_table)
{
	char url[512];
	start_must(start, &orders_registry, RECONCILE_OK);
	use_role(start, "boot_reader", url);
	database_execute(start->database, "GRANT ALL ON ALL TABLES IN SCHEMA public TO boot_reader;"
					  "GRANT ALL ON SCHEMA public TO boot_reader");
	char *schema = database_schema(start->database);
	start_run(start, &newer_orders_registry);
	expect_told(start, "role 'boot_reader' does not own it (owner '");
	expect_in(start->log, "ALTER TABLE \"public\".\"orders\"");
	const struct reconcile_item *note = start_item(start, "orders", "note");
	cr_expect(note != NULL && note->sql != NULL && strstr(note->sql, "ADD COLUMN \"note\""));
	/* The server has not even been asked. */
	cr_expect_null(start->error->sqlstate);
	expect_unchanged(start->database, schema);

	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);

	/* And what is printed is what is needed. */
	start_run(start, &newer_orders_registry);
	database_execute(start->database, "%s", reconcile_report_script(start->report));
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 5);
}

/* A role without any privilege sees the columns all the same, so it is not fooled. */
ON_POSTGRES(boot_rights, a_role_without_privileges)
{
	char url[512];
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	use_role(start, "boot_nobody", url);
	database_execute(start->database, "REVOKE ALL ON SCHEMA public FROM PUBLIC");
	start->options.schema = "public";
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start->counts->present, 5);
}

ON_POSTGRES(boot_rights, a_role_that_may_not_create)
{
	char url[512];
	use_role(start, "boot_guest", url);
	database_execute(start->database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
	start_run(start, &newer_orders_registry);
	expect_told(start, "role 'boot_guest' lacks CREATE on schema 'public'");
	expect_in(start->log, "CREATE TABLE \"public\".\"orders\"");
	char *schema = database_schema(start->database);
	cr_expect_str_eq(schema, "");
	free(schema);
}

/* An owner that may not create the history: known before anything is begun. */
ON_POSTGRES(boot_rights, an_owner_that_may_not_make_the_history)
{
	char url[512];
	use_role(start, "boot_owner", url);
	database_execute(start->database,
			 "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
			 "CREATE TABLE orders (id int PRIMARY KEY, name varchar(40) NOT NULL);"
			 "ALTER TABLE orders OWNER TO boot_owner");
	char *schema = database_schema(start->database);
	start_run(start, &newer_orders_registry);
	expect_told(start, "reconcile_history");
	expect_unchanged(start->database, schema);
	database_execute(start->database, "GRANT CREATE ON SCHEMA public TO boot_owner");
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	expect_value(start->database, "boot_owner",
		     "SELECT DISTINCT db_user FROM reconcile_history");
}

/* What may be done is done, whoever owns the rest. */
ON_POSTGRES(boot_rights, an_owner_of_one_table_of_two)
{
	static const struct reconcile_table tables[] = {TABLE("orders"), TABLE("items")};
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("items", "note", "TEXT", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry registry = REGISTRY(tables, columns);
	char url[512];
	use_role(start, "boot_half", url);
	database_execute(start->database,
			 "GRANT CREATE ON SCHEMA public TO boot_half; CREATE TABLE orders ();"
			 "CREATE TABLE items (); ALTER TABLE items OWNER TO boot_half");
	start_run(start, &registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message, "table 'orders': ");
	cr_expect_eq(start->counts->applied, 1);
	cr_expect_eq(start->counts->missing, 1);
	cr_expect_eq(start_log_count(start, "info column_added"), 1, "%s", start->log);
	cr_expect_eq(start_log_count(start, "warn verify_only"), 1, "%s", start->log);
}

/* ---- servers and sessions that only read ---------------------------------- */

ON_POSTGRES(boot_rights, a_hot_standby)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	database_standby_wait(start->database);
	start->options.url = start->database->standby_url;
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, ""), 1, "%s", start->log);
	start_run(start, &newer_orders_registry);
	expect_told(start, "the server is a hot standby");
	start->options.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	start->options.mode = RECONCILE_MODE_CHECK;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_PENDING);
}

ON_POSTGRES(boot_rights, a_read_only_session)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	database_execute(start->database,
			 "ALTER DATABASE %s SET default_transaction_read_only = on",
			 start->database->name);
	char *schema = database_schema(start->database);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, ""), 1, "%s", start->log);
	start_run(start, &newer_orders_registry);
	expect_told(start, "the session is read-only");
	expect_unchanged(start->database, schema);
}

/* ---- schemas --------------------------------------------------------------- */

ON_POSTGRES(boot_rights, a_schema_that_is_not_there)
{
	start->options.schema = "nowhere";
	for (int again = 0; again < 2; again++) {
		start_run(start, &newer_orders_registry);
		expect_status(start, RECONCILE_NOT_PERMITTED);
		expect_in(start->error->message, "table 'orders': ");
		expect_in(start->error->message, "there is no such schema");
		expect_in(start->log, "CREATE TABLE \"nowhere\".\"orders\"");
	}
	expect_value(start->database, "0",
		     "SELECT count(*) FROM pg_namespace WHERE nspname = 'nowhere'");
	char *schema = database_schema(start->database);
	cr_expect_str_eq(schema, "");
	free(schema);
	start->options.mode = RECONCILE_MODE_CHECK;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_PENDING);
}

/* No schema of the search path exists. */
ON_POSTGRES(boot_rights, no_current_schema)
{
	database_execute(start->database, "ALTER DATABASE %s SET search_path = nowhere",
			 start->database->name);
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message, "schema");
	expect_value(start->database, "0",
		     "SELECT count(*) FROM pg_class WHERE relname = 'orders'");
}

/* ---- servers that cannot be had -------------------------------------------- */

ON_POSTGRES(boot_rights, servers_that_cannot_be_had)
{
	char host[300], absent[800], role[800], refused[] = "postgresql://u:secret@127.0.0.1:1/db";
	const char *at = strstr(start->database->url, "host=");
	cr_assert_not_null(at);
	snprintf(host, sizeof(host), "%s", at);
	snprintf(absent, sizeof(absent), "postgresql://postgres:secret@/absent?%s", host);
	snprintf(role, sizeof(role),
		 "host='%.*s' port=5432 user=nosuchrole password=secret dbname=%s",
		 (int)strcspn(host + 5, "&"), host + 5, start->database->name);
	const struct {
		const char *url;
		int status;
		const char *message;
		const char *sqlstate;
	} cases[] = {
		{absent, RECONCILE_UNREACHABLE, "database \"absent\" does not exist", "3D000"},
		{role, RECONCILE_NOT_PERMITTED, "role \"nosuchrole\" does not exist", "28000"},
		{refused, RECONCILE_UNREACHABLE, "Connection refused", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* What nobody answers is waited for. */
		start->options.connect_timeout_ms = cases[i].sqlstate != NULL ? 10000 : 300;
		start->options.url = cases[i].url;
		start_run(start, &orders_registry);
		expect_status(start, cases[i].status);
		expect_in(start->error->message, cases[i].message);
		cr_expect_not_null(start->error->hint);
		expect_not_in(start->log, "secret");
		expect_not_in(start->error->message, "secret");
		cr_expect_eq(start_log_count(start, "error failed"), 1, "%s", start->log);
		cr_expect_eq(start_log_count(start, "summary"), 0, "%s", start->log);
		cr_expect(cases[i].sqlstate == NULL
				  ? start->error->sqlstate == NULL
				  : start->error->sqlstate != NULL &&
					    strcmp(start->error->sqlstate, cases[i].sqlstate) == 0,
			  "%s", start->error->sqlstate);
	}
}

/* The test's server lets everybody in; for this one role it asks for a password. */
static void ask_for_password(struct database *database)
{
	database_execute(
		database,
		"DO $do$ BEGIN\n"
		"  EXECUTE format('COPY (VALUES (%%L), (%%L), (%%L)) TO %%L',\n"
		"                 'local all boot_locked scram-sha-256', 'local all all trust',\n"
		"                 'local replication all trust', current_setting('hba_file'));\n"
		"END $do$");
	/* Before 14 it is md5 unless one says so. */
	database_execute(database, "SET password_encryption = 'scram-sha-256';"
				   "ALTER ROLE boot_locked PASSWORD 'the right one'");
	database_execute(database, "SELECT pg_reload_conf()");
}

ON_POSTGRES(boot_rights, a_wrong_password)
{
	char url[512], with_password[600];
	use_role(start, "boot_locked", url);
	ask_for_password(start->database);
	start->options.mode = RECONCILE_MODE_CHECK;
	/* The server reads its file again when it comes to it. */
	for (int i = 0; i < 1000 && start_run(start, &orders_registry) == RECONCILE_PENDING; i++)
		;
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message, "password");

	static const struct {
		const char *password;
		int status;
	} cases[] = {
		{"the%20wrong%20one", RECONCILE_NOT_PERMITTED},
		{"the%20right%20one", RECONCILE_PENDING},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(with_password, sizeof(with_password), "%s&password=%s", url,
			 cases[i].password);
		start->options.url = with_password;
		start_run(start, &orders_registry);
		expect_status(start, cases[i].status);
		expect_not_in(start->log, " one");
		expect_not_in(start->error->message, " one");
		if (cases[i].status != RECONCILE_NOT_PERMITTED)
			continue;
		expect_in(start->error->message, "password authentication failed for user");
		cr_expect_not_null(start->error->hint);
		cr_expect_eq(start_log_count(start, ""), 1, "%s", start->log);
	}
}
