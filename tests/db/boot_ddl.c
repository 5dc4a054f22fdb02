/* A service without the right to change tables has another role, or another connection, do it. */
#include "boot.h"

#include <libpq-fe.h>
#include <stdio.h>

/* The service may read and write rows, the owner has everything. */
static void divide(struct start *start, const char *service, const char *owner, char url[512])
{
	char owner_url[512];
	database_role_url(start->database, owner, owner_url, sizeof(owner_url));
	database_role_url(start->database, service, url, 512);
	database_execute(start->database,
			 "ALTER ROLE %s NOINHERIT; GRANT CREATE ON SCHEMA public TO %s;"
			 "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE TABLE orders "
			 "(id int PRIMARY KEY, name varchar(40) NOT NULL); ALTER TABLE orders "
			 "OWNER TO %s; GRANT SELECT, INSERT ON orders TO %s",
			 service, owner, owner, service);
	start->options.url = url;
}

ON_POSTGRES(boot_ddl, a_role_that_the_service_takes_on)
{
	char url[512];
	divide(start, "ddl_service_a", "ddl_owner_a", url);
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->hint, "GRANT \"ddl_owner_a\" TO \"ddl_service_a\"");

	database_execute(start->database, "GRANT ddl_owner_a TO ddl_service_a");
	start->options.ddl_role = "ddl_owner_a";
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	expect_value(start->database, "ddl_owner_a",
		     "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'");
	expect_value(start->database, "ddl_owner_a",
		     "SELECT tableowner FROM pg_tables WHERE tablename = 'reconcile_history'");
	expect_value(start->database, "ddl_service_a",
		     "SELECT DISTINCT db_user FROM reconcile_history");

	/* In sync nobody takes on anything. */
	database_log_start(start->database);
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	char *statements = database_log_statements(start->database);
	expect_not_in(statements, "'role'");
	free(statements);
}

/* The role is gone with the transaction: the pooler's next client is not the owner. */
ON_POSTGRES(boot_ddl, a_role_is_left_behind_by_nobody)
{
	char url[512], lent_url[512];
	divide(start, "ddl_service_b", "ddl_owner_b", url);
	database_execute(start->database, "GRANT ddl_owner_b TO ddl_service_b");
	snprintf(lent_url, sizeof(lent_url), "%s", url);
	PGconn *lent = PQconnectdb(lent_url);
	cr_assert_eq(PQstatus(lent), CONNECTION_OK, "%s", PQerrorMessage(lent));
	start->options.url = NULL;
	start->options.pg = lent;
	start->options.ddl_role = "ddl_owner_b";
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	PGresult *result = PQexec(lent, "SELECT current_user");
	cr_expect_str_eq(PQgetvalue(result, 0, 0), "ddl_service_b");
	PQclear(result);
	PQfinish(lent);

	if (start->database->pooled_url[0] == '\0')
		return;
	database_execute(start->database, "ALTER TABLE orders DROP COLUMN note");
	start->options.pg = NULL;
	start->options.url = start->database->pooled_url;
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	PGconn *pooled = PQconnectdb(start->database->pooled_url);
	cr_assert_eq(PQstatus(pooled), CONNECTION_OK, "%s", PQerrorMessage(pooled));
	for (int i = 0; i < 20; i++) {
		result = PQexec(pooled, "SELECT current_user = session_user");
		cr_expect_str_eq(PQgetvalue(result, 0, 0), "t");
		PQclear(result);
	}
	PQfinish(pooled);
}

ON_POSTGRES(boot_ddl, a_role_that_may_not_be_taken_on)
{
	static const struct {
		const char *role;
		const char *part;
		const char *hint;
	} cases[] = {
		{"ddl_owner_c", "ddl_owner_c", "GRANT \"ddl_owner_c\" TO \"ddl_service_c\""},
		{"ddl_nobody_c", "ddl_nobody_c", "CREATE ROLE"},
	};
	char url[512];
	divide(start, "ddl_service_c", "ddl_owner_c", url);
	char *schema = database_schema(start->database);
	for (size_t i = 0; i < COUNT(cases); i++) {
		start->options.ddl_role = cases[i].role;
		start_run(start, &newer_orders_registry);
		expect_status(start, RECONCILE_NOT_PERMITTED);
		expect_in(start->error->message, cases[i].part);
		expect_in(start->error->hint, cases[i].hint);
		start_run(start, &orders_registry);
		expect_status(start, RECONCILE_OK);
	}
	expect_unchanged(start->database, schema);
}

ON_POSTGRES(boot_ddl, another_connection)
{
	char url[512], owner_url[512];
	divide(start, "ddl_service_d", "ddl_owner_d", url);
	database_role_url(start->database, "ddl_owner_d", owner_url, sizeof(owner_url));
	start->options.ddl_url = owner_url;
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	expect_value(start->database, "ddl_owner_d",
		     "SELECT DISTINCT db_user FROM reconcile_history");

	/* In sync it is not even opened. */
	start->options.ddl_url = "host=/nonexistent";
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	database_execute(start->database, "ALTER TABLE orders DROP COLUMN note");
	start->options.connect_timeout_ms = 1000;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_UNREACHABLE);
	expect_in(start->error->message, "ddl_url");
}

/* Nothing is ever changed in a database that the service does not look at. */
ON_POSTGRES(boot_ddl, another_connection_to_another_database)
{
	struct database *other = database_new(ENGINE_POSTGRES);
	char *schema = database_schema(other);
	database_execute(start->database, "CREATE TABLE orders (id int PRIMARY KEY)");
	start->options.ddl_url = other->url;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_BAD_CONFIG);
	expect_in(start->error->message, "ddl_url");
	expect_in(start->error->message, "another database");
	expect_unchanged(other, schema);
	database_free(other);
}

/* Looks at a hot standby, changes the primary, and waits until the standby shows it. */
ON_POSTGRES(boot_ddl, a_service_that_reads_a_standby)
{
	start_must(start, &orders_registry, RECONCILE_OK);
	database_standby_wait(start->database);
	start->options.ddl_url = start->database->url;
	start->options.url = start->database->standby_url;
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	cr_expect_eq(start->counts->missing, 0);
}
