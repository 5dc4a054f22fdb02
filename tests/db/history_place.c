/* History is never believed through a filter, and its place is looked at before anything is
 * changed: what is in the way is said with the statement that helps, and in sync it does not
 * matter. */
#include "boot.h"

#include <stdio.h>

#define TABLE_NAME "\"public\".reconcile_history"

/* ---- reading ------------------------------------------------------------------ */

static int read_history(struct start *start, char message[600], char hint[600])
{
	struct reconcile_history *history;
	int status = reconcile_history_select(&start->options, NULL, &history);
	const struct reconcile_error *error = reconcile_history_error(history);
	snprintf(message, 600, "%s", error->message);
	snprintf(hint, 600, "%s", error->hint != NULL ? error->hint : "");
	if (status == RECONCILE_OK)
		snprintf(message, 600, "%zu rows", reconcile_history_count(history));
	reconcile_history_free(history);
	return status;
}

static int roll_back(struct start *start)
{
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	request.apply = request.allow_data_loss = request.keep_registry = true;
	int status =
		reconcile_rollback(&newer_orders_registry, &start->options, &request, &rollback);
	reconcile_rollback_free(rollback);
	return status;
}

static int run_script(struct start *start, const char *name, const char *text,
		      enum reconcile_script_action action, bool *done)
{
	const struct reconcile_script script = {.size = sizeof(script),
						.name = name,
						.file = name,
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

static int stamp(struct start *start)
{
	struct reconcile_options options = start->options;
	options.mode = RECONCILE_MODE_STAMP;
	return reconcile(&newer_orders_registry, &options, NULL);
}

/* A service that is no owner, of a history that has rows of a script and of a change. */
static void hide_rows(struct start *start, const char *service, char url[512])
{
	bool done;
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_assert_eq(run_script(start, "001", "CREATE TABLE once ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_OK);
	database_role_url(start->database, service, url, 512);
	database_execute(start->database,
			 "GRANT ALL ON SCHEMA public TO %s;"
			 "GRANT ALL ON ALL TABLES IN SCHEMA public TO %s;"
			 "ALTER TABLE reconcile_history ENABLE ROW LEVEL SECURITY",
			 service, service);
	start->options.url = url;
}

static void expect_all_refused(struct start *start, const char *role)
{
	char message[600], hint[600];
	bool done;
	cr_expect_eq(read_history(start, message, hint), RECONCILE_NOT_PERMITTED, "%s", message);
	expect_in(message, "row security is on for " TABLE_NAME);
	expect_in(message, role);
	expect_in(hint, "ALTER TABLE " TABLE_NAME " DISABLE ROW LEVEL SECURITY;");
	cr_expect_eq(roll_back(start), RECONCILE_NOT_PERMITTED);
	cr_expect_eq(stamp(start), RECONCILE_NOT_PERMITTED);
	cr_expect_eq(run_script(start, "001", "CREATE TABLE twice ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_NOT_PERMITTED);
	cr_expect_not(done);
	cr_expect_eq(run_script(start, "001", "DROP TABLE once", RECONCILE_SCRIPT_DOWN, &done),
		     RECONCILE_NOT_PERMITTED);
	expect_value(start->database, "t",
		     "SELECT to_regclass('once') IS NOT NULL AND to_regclass('twice') IS NULL");
}

ON_POSTGRES(history_place, rows_that_policies_hide)
{
	char url[512], message[600], hint[600];
	bool done;
	hide_rows(start, "place_hidden", url);
	expect_all_refused(start, "'place_hidden'");
	/* In sync nobody asks. */
	start_must(start, &newer_orders_registry, RECONCILE_OK);

	database_execute(start->database,
			 "ALTER TABLE reconcile_history DISABLE ROW LEVEL SECURITY");
	cr_expect_eq(read_history(start, message, hint), RECONCILE_OK);
	cr_expect_eq(run_script(start, "001", "CREATE TABLE twice ()", RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_OK);
	cr_expect_not(done);
}

/* A pooler's server connection keeps nothing of it. */
ON_POSTGRES(history_place, rows_that_policies_hide_behind_a_pooler)
{
	char url[512], message[600], hint[600];
	hide_rows(start, "place_pooled", url);
	if (start->database->pooled_url[0] == '\0')
		return;
	start->options.url = start->database->pooled_url;
	for (int i = 0; i < 3; i++)
		cr_expect_eq(read_history(start, message, hint), RECONCILE_OK, "%s", message);
	start->options.url = url;
	cr_expect_eq(read_history(start, message, hint), RECONCILE_NOT_PERMITTED);
}

/* Who may not see it has somebody else look. */
ON_POSTGRES(history_place, rows_that_the_role_of_the_changes_sees)
{
	char url[512], message[600], hint[600], owner_url[512];
	const char *whole = start->options.url;
	hide_rows(start, "place_service", url);
	database_role_url(start->database, "place_owner", owner_url, sizeof(owner_url));
	database_execute(start->database,
			 "ALTER TABLE reconcile_history OWNER TO place_owner;"
			 "GRANT place_owner TO place_service; ALTER ROLE place_service NOINHERIT;"
			 "GRANT ALL ON SCHEMA public TO place_owner");
	start->options.ddl_role = "place_owner";
	cr_expect_eq(read_history(start, message, hint), RECONCILE_OK, "%s", message);
	cr_expect_str_eq(message, "2 rows");
	start->options.ddl_role = NULL;
	start->options.ddl_url = whole;
	cr_expect_eq(read_history(start, message, hint), RECONCILE_OK, "%s", message);
	cr_expect_str_eq(message, "2 rows");

	start->options.ddl_url = NULL;
	start->options.ddl_role = "place_owner";
	database_execute(start->database, "ALTER TABLE reconcile_history FORCE ROW LEVEL SECURITY");
	cr_expect_eq(read_history(start, message, hint), RECONCILE_NOT_PERMITTED);
	expect_in(hint, "ALTER TABLE " TABLE_NAME " NO FORCE ROW LEVEL SECURITY;");
}

ON_POSTGRES(history_place, no_right_to_read)
{
	char url[512], message[600], hint[600];
	start_must(start, &orders_registry, RECONCILE_OK);
	database_role_url(start->database, "place_blind", url, sizeof(url));
	start->options.url = url;
	cr_expect_eq(read_history(start, message, hint), RECONCILE_NOT_PERMITTED);
	expect_in(message, "role 'place_blind' lacks SELECT on " TABLE_NAME);
	expect_in(hint, "GRANT SELECT ON " TABLE_NAME " TO \"place_blind\";");
}

/* What is said to history's reads is not said to a script behind them. */
ON_POSTGRES(history_place, a_script_has_its_own_row_security)
{
	bool done;
	start_must(start, &orders_registry, RECONCILE_OK);
	cr_expect_eq(run_script(start, "002",
				"CREATE TABLE said AS SELECT current_setting('row_security') AS it",
				RECONCILE_SCRIPT_UP, &done),
		     RECONCILE_OK);
	expect_value(start->database, "on", "SELECT it FROM said");
}

/* The looker sees all; the one who changes may only write, by a policy. */
ON_POSTGRES(history_place, a_row_that_a_policy_lets_in)
{
	char owner_url[512];
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	database_role_url(start->database, "place_writer", owner_url, sizeof(owner_url));
	database_execute(start->database,
			 "GRANT ALL ON SCHEMA public TO place_writer;"
			 "ALTER TABLE orders OWNER TO place_writer;"
			 "GRANT INSERT ON reconcile_history TO place_writer;"
			 "ALTER TABLE reconcile_history ENABLE ROW LEVEL SECURITY;"
			 "CREATE POLICY p ON reconcile_history FOR INSERT WITH CHECK (true)");
	start->options.ddl_url = owner_url;
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	request.apply = request.keep_registry = true;
	cr_expect_eq(
		reconcile_rollback(&newer_orders_registry, &start->options, &request, &rollback),
		RECONCILE_OK, "%s", reconcile_rollback_error(rollback)->message);
	reconcile_rollback_free(rollback);
	expect_value(start->database, "", "SELECT to_regclass('orders')");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
}

/* ---- what stands in its place --------------------------------------------------- */

static const struct {
	const char *name;
	const char *sql; /* instead of history, or to it */
	const char *why;
} places[] = {
	{"a view", "DROP TABLE reconcile_history; CREATE VIEW reconcile_history AS SELECT 1 AS id",
	 "which is a view"},
	{"a materialized view",
	 "DROP TABLE reconcile_history;"
	 "CREATE MATERIALIZED VIEW reconcile_history AS SELECT 1 AS id",
	 "which is a materialized view"},
	{"a sequence", "DROP TABLE reconcile_history; CREATE SEQUENCE reconcile_history",
	 "which is a sequence"},
	{"a composite type",
	 "DROP TABLE reconcile_history; CREATE TYPE reconcile_history AS (a int)",
	 "which is a composite type"},
	{"an enum", "DROP TABLE reconcile_history; CREATE TYPE reconcile_history AS ENUM ('a')",
	 "is the name of a type"},
	{"another column that must have a value",
	 "TRUNCATE reconcile_history; ALTER TABLE reconcile_history ADD \"Ten\"\"ant\" int NOT "
	 "NULL",
	 "column 'Ten\"ant' is NOT NULL and has no default"},
	{"a column that may not be null",
	 "TRUNCATE reconcile_history; ALTER TABLE reconcile_history ALTER column_name SET NOT NULL",
	 "column 'column_name' is NOT NULL"},
	{"a column less", "ALTER TABLE reconcile_history DROP run_id",
	 "column 'run_id' is not there"},
};

static const struct reconcile_finding *history_finding(const struct start *start)
{
	for (size_t i = 0; i < reconcile_report_finding_count(start->report); i++) {
		const struct reconcile_finding *one = reconcile_report_finding(start->report, i);
		if (strcmp(one->code, "history") == 0)
			return one;
	}
	return NULL;
}

/* The look says it with what helps; nothing is changed; in sync it does not matter. */
static void expect_barred(struct start *start, const char *name, const char *why)
{
	start->options.mode = RECONCILE_MODE_CHECK;
	start_run(start, &newer_orders_registry);
	cr_expect_eq(start->status, RECONCILE_CONFLICT, "%s: %d", name, start->status);
	const struct reconcile_finding *finding = history_finding(start);
	cr_assert(finding != NULL, "%s", name);
	cr_expect(finding->error && strstr(finding->text, why) != NULL, "%s: %s", name,
		  finding->text);
	expect_in(finding->hint, "let somebody who may run: ");
	cr_expect_eq(start_log_count(start, "warn history"), 1, "%s: %s", name, start->log);

	start->options.mode = RECONCILE_MODE_APPLY;
	char *schema = database_schema(start->database);
	start_run(start, &newer_orders_registry);
	cr_expect_eq(start->status, RECONCILE_CONFLICT, "%s: %s", name, start_told(start));
	expect_in(start->error->message, "table 'orders': ");
	expect_in(start->error->message, why);
	cr_expect_null(start->error->sqlstate);
	expect_unchanged(start->database, schema);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start_log_count(start, ""), 1, "%s: %s", name, start->log);
}

ON_POSTGRES(history_place, taken_by_something_else)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		char statement[400];
		bool done;
		database_execute(start->database,
				 "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
		start_must(start, &orders_registry, RECONCILE_OK);
		database_execute(start->database, "%s", places[i].sql);
		expect_barred(start, places[i].name, places[i].why);
		cr_expect_eq(run_script(start, "001", "CREATE TABLE once ()", RECONCILE_SCRIPT_UP,
					&done),
			     RECONCILE_CONFLICT, "%s", places[i].name);
		cr_expect_not(done);
		expect_value(start->database, "", "SELECT to_regclass('once')");
		/* And the statement helps. */
		start->options.mode = RECONCILE_MODE_CHECK;
		start_run(start, &newer_orders_registry);
		snprintf(statement, sizeof(statement), "%s",
			 strstr(history_finding(start)->hint, ": ") + 2);
		start->options.mode = RECONCILE_MODE_APPLY;
		database_execute(start->database, "%s", statement);
		start_run(start, &newer_orders_registry);
		cr_expect_eq(start->status, RECONCILE_OK, "%s: %s", places[i].name,
			     start_told(start));
		expect_value(start->database, "3",
			     "SELECT count(*) FROM reconcile_history WHERE action = 'add_column'");
	}
}

/* Rights that the role lacks: the look warns, for the one who applies may be somebody else. */
static void expect_denied(struct start *start, const char *why, const char *grant)
{
	start->options.mode = RECONCILE_MODE_CHECK;
	start_must(start, &newer_orders_registry, RECONCILE_PENDING);
	const struct reconcile_finding *finding = history_finding(start);
	cr_assert(finding != NULL);
	cr_expect_not(finding->error);
	expect_in(finding->text, why);
	expect_in(finding->hint, grant);
	start->options.mode = RECONCILE_MODE_APPLY;
	char *schema = database_schema(start->database);
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message, why);
	cr_expect_null(start->error->sqlstate);
	expect_unchanged(start->database, schema);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
}

/* The tables are the role's own. */
static void own_all(struct start *start, const char *role, char url[512])
{
	database_role_url(start->database, role, url, 512);
	database_execute(start->database, "GRANT ALL ON SCHEMA public TO %s", role);
	start->options.url = url;
	start_must(start, &orders_registry, RECONCILE_OK);
}

ON_POSTGRES(history_place, row_security_that_is_forced)
{
	char url[512];
	own_all(start, "place_forced", url);
	database_execute(start->database, "ALTER TABLE reconcile_history ENABLE ROW LEVEL SECURITY,"
					  " FORCE ROW LEVEL SECURITY");
	expect_denied(start, "no policy lets it be written by role 'place_forced'",
		      "ALTER TABLE " TABLE_NAME " NO FORCE ROW LEVEL SECURITY;");
	/* A policy to write by is enough to start. */
	database_execute(start->database, "CREATE POLICY p ON reconcile_history FOR INSERT TO "
					  "place_forced WITH CHECK (true)");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
}

ON_POSTGRES(history_place, a_sequence_that_may_not_be_used)
{
	char url[512];
	own_all(start, "place_number", url);
	database_execute(start->database,
			 "ALTER TABLE reconcile_history ALTER id DROP IDENTITY;"
			 "CREATE SEQUENCE numbers;"
			 "ALTER TABLE reconcile_history ALTER id SET DEFAULT nextval('numbers')");
	expect_denied(start, "role 'place_number' lacks USAGE on SEQUENCE numbers",
		      "GRANT USAGE ON SEQUENCE numbers TO \"place_number\";");
}

ON_POSTGRES(history_place, an_older_one_that_somebody_else_has_to_complete)
{
	char url[512];
	own_all(start, "place_older", url);
	database_execute(start->database,
			 "ALTER TABLE reconcile_history OWNER TO postgres;"
			 "GRANT ALL ON reconcile_history TO place_older;"
			 "ALTER TABLE reconcile_history DROP outcome, DROP schema_name");
	expect_denied(start, "does not own " TABLE_NAME " (owner 'postgres')",
		      "ALTER TABLE " TABLE_NAME " ADD COLUMN outcome text;");
}

/* ---- SQLite ----------------------------------------------------------------------- */

ON_SQLITE(history_place, taken_in_a_file)
{
	static const struct {
		const char *sql, *why;
	} cases[] = {
		{"DROP TABLE reconcile_history; CREATE VIEW reconcile_history AS SELECT 1 AS id",
		 "which is a view"},
		{"ALTER TABLE reconcile_history DROP COLUMN run_id",
		 "column 'run_id' is not there"},
		{"DROP TABLE reconcile_history; CREATE TABLE reconcile_history (id INT PRIMARY KEY,"
		 " run_id, applied_at, registry, fingerprint, action, table_name, column_name,"
		 " definition, sql, duration_ms, attempts, db_user, host, application, version)",
		 "column 'id' is not numbered by the database"},
		{"DROP TABLE reconcile_history; CREATE TABLE reconcile_history (id INTEGER PRIMARY "
		 "KEY, run_id, applied_at, registry, fingerprint, action, table_name, column_name,"
		 " definition, sql, duration_ms, attempts, db_user NOT NULL, host, application,"
		 " version)",
		 "column 'db_user' is NOT NULL"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *drop = i == 1 ? "DROP VIEW reconcile_history; DROP TABLE orders"
					  : "DROP TABLE reconcile_history; DROP TABLE orders";
		if (i > 0)
			database_execute(start->database, "%s", drop);
		start->options.create_database = true;
		start_must(start, &orders_registry, RECONCILE_OK);
		database_execute(start->database, "%s", cases[i].sql);
		start->options.mode = RECONCILE_MODE_CHECK;
		start_run(start, &newer_orders_registry);
		expect_status(start, RECONCILE_CONFLICT);
		cr_assert_not_null(history_finding(start));
		expect_in(history_finding(start)->text, cases[i].why);
		start->options.mode = RECONCILE_MODE_APPLY;
		char *schema = database_schema(start->database);
		start_run(start, &newer_orders_registry);
		expect_status(start, RECONCILE_CONFLICT);
		expect_in(start->error->message, cases[i].why);
		expect_unchanged(start->database, schema);
		start_must(start, &orders_registry, RECONCILE_OK);
	}
}
