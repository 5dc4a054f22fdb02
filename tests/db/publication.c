/* A real subscriber stops when the publisher sends it a table or a column that it lacks: the plan
 * says so, with what is to be run there. */
#include "../support/cluster.h"
#include "boot.h"

#include <libpq-fe.h>
#include <stdio.h>

static void execute(const char *url, const char *sql)
{
	PGconn *connection = PQconnectdb(url);
	cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
	PGresult *result = PQexec(connection, sql);
	cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK ||
			  PQresultStatus(result) == PGRES_TUPLES_OK,
		  "%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

static void database_of(const struct cluster *cluster, const char *name, char url[400])
{
	PQconninfoOption *parts = PQconninfoParse(cluster->url, NULL);
	int length = 0;
	for (PQconninfoOption *part = parts; part != NULL && part->keyword != NULL; part++)
		if (part->val != NULL && strcmp(part->keyword, "dbname") != 0)
			length += snprintf(url + length, 400 - (size_t)length, "%s='%s' ",
					   part->keyword, part->val);
	snprintf(url + length, 400 - (size_t)length, "dbname='%s'", name);
	PQconninfoFree(parts);
}

struct pair {
	struct cluster cluster;
	char publisher[400], subscriber[400];
};

/* Two databases of one server: the slot is made beforehand, as a subscription to the own server
 * would wait for itself (manual, "CREATE SUBSCRIPTION"); so would the first copy of a table, whose
 * slot waits for every transaction that runs. */
static void pair_new(struct pair *pair)
{
	pair->cluster = cluster_new("wal_level = logical");
	execute(pair->cluster.url, "CREATE DATABASE publisher");
	execute(pair->cluster.url, "CREATE DATABASE subscriber");
	database_of(&pair->cluster, "publisher", pair->publisher);
	database_of(&pair->cluster, "subscriber", pair->subscriber);
}

static void subscribe(const struct pair *pair, const char *publication)
{
	char sql[900];
	execute(pair->publisher, publication);
	execute(pair->publisher,
		"SELECT pg_create_logical_replication_slot('everything', 'pgoutput')");
	int length = snprintf(sql, sizeof(sql), "CREATE SUBSCRIPTION everything CONNECTION '");
	for (const char *c = pair->publisher; *c != '\0'; c++)
		length += snprintf(sql + length, sizeof(sql) - (size_t)length,
				   *c == '\'' ? "''" : "%c", *c);
	snprintf(sql + length, sizeof(sql) - (size_t)length,
		 "' PUBLICATION p WITH (create_slot = false, slot_name = 'everything', copy_data = "
		 "false)");
	execute(pair->subscriber, sql);
}

static const struct reconcile_finding *finding_about(const struct reconcile_report *report,
						     const char *table)
{
	for (size_t i = 0; i < reconcile_report_finding_count(report); i++) {
		const struct reconcile_finding *one = reconcile_report_finding(report, i);
		bool same = table == NULL ? one->table == NULL
					  : one->table != NULL && strcmp(one->table, table) == 0;
		if (strcmp(one->code, "publication") == 0 && same)
			return one;
	}
	return NULL;
}

/* What is to be run on the subscriber, taken from the plan. */
static void run_there(const struct pair *pair, const struct reconcile_finding *finding,
		      const char *what)
{
	cr_assert(finding != NULL, "no word of %s", what);
	cr_expect_not(finding->error);
	const char *sql = strstr(finding->hint, "first: ");
	cr_assert(sql != NULL, "%s", finding->hint);
	execute(pair->subscriber, sql + strlen("first: "));
}

static int look(const struct pair *pair, const struct reconcile_registry *registry, bool apply,
		struct reconcile_report **report)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.url = pair->publisher;
	options.mode = apply ? RECONCILE_MODE_APPLY : RECONCILE_MODE_CHECK;
	options.log_level = RECONCILE_LOG_OFF;
	return reconcile(registry, &options, report);
}

static void apply(const struct pair *pair, const struct reconcile_registry *registry)
{
	struct reconcile_report *report;
	int status = look(pair, registry, true, &report);
	cr_assert_eq(status, RECONCILE_OK, "%s", reconcile_report_error(report)->message);
	reconcile_report_free(report);
}

Test(publication, a_subscriber_of_all_tables)
{
	struct pair pair;
	struct reconcile_report *report;
	struct cluster there;
	pair_new(&pair);
	there = pair.cluster;
	snprintf(there.url, sizeof(there.url), "%s", pair.subscriber);
	execute(pair.publisher, "CREATE TABLE seen (id int PRIMARY KEY)");
	execute(pair.subscriber, "CREATE TABLE seen (id int PRIMARY KEY)");
	subscribe(&pair, "CREATE PUBLICATION p FOR ALL TABLES");

	/* Done as the plan says, nothing stops. */
	cr_expect_eq(look(&pair, &orders_registry, false, &report), RECONCILE_PENDING);
	run_there(&pair, finding_about(report, "orders"), "the new table");
	run_there(&pair, finding_about(report, NULL), "history");
	reconcile_report_free(report);
	apply(&pair, &orders_registry);
	execute(pair.subscriber,
		"ALTER SUBSCRIPTION everything REFRESH PUBLICATION WITH (copy_data = false)");
	cr_expect_eq(look(&pair, &newer_orders_registry, false, &report), RECONCILE_PENDING);
	run_there(&pair, finding_about(report, "orders"), "the new columns");
	cr_expect_null(finding_about(report, NULL));
	reconcile_report_free(report);
	apply(&pair, &newer_orders_registry);
	execute(pair.publisher, "INSERT INTO orders (id, name) VALUES (1, 'a')");
	execute(pair.publisher, "INSERT INTO seen VALUES (1)");
	cluster_wait(&there, "SELECT EXISTS (SELECT FROM seen WHERE id = 1) AND"
			     " EXISTS (SELECT FROM orders WHERE name = 'a' AND note IS NULL)");

	/* And it is true: without it everything stops, other tables too. */
	execute(pair.subscriber, "ALTER TABLE orders DROP note");
	execute(pair.publisher, "INSERT INTO orders (id, name) VALUES (2, 'b')");
	execute(pair.publisher, "INSERT INTO seen VALUES (2)");
	cluster_wait(&pair.cluster, "SELECT count(*) > 0 FROM pg_replication_slots"
				    " WHERE slot_name = 'everything' AND NOT active");
	execute(pair.subscriber, "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM seen WHERE id = 2);"
				 " END $$");
	cluster_free(&pair.cluster);
}

/* A column whose cost had to be asked about is among what subscribers must run. */
Test(publication, the_statement_is_what_is_planned_in_the_end)
{
	static const struct reconcile_table tables[] = {{"orders", NULL, "app.def", 1}};
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
		COLUMN("orders", "name", "VARCHAR(40)", REQUIRED, NO_DEFAULT),
		COLUMN("orders", "share", "INTEGER", NULLABLE, DEFAULT_SQL("abs(7)")),
	};
	static const struct reconcile_registry shares = REGISTRY(tables, columns);
	struct pair pair;
	struct reconcile_report *report;
	pair_new(&pair);
	apply(&pair, &orders_registry);
	execute(pair.publisher, "CREATE PUBLICATION p FOR TABLE orders");
	for (int applies = 0; applies < 2; applies++) {
		int status = look(&pair, &shares, applies, &report);
		cr_expect_eq(status, applies ? RECONCILE_OK : RECONCILE_PENDING);
		const struct reconcile_finding *finding = finding_about(report, "orders");
		cr_assert_not_null(finding);
		cr_expect_not_null(strstr(finding->hint, "\"share\""), "%s", finding->hint);
		reconcile_report_free(report);
	}
	cluster_free(&pair.cluster);
}

/* Which publications send what is new. */
Test(publication, kinds)
{
	static const struct {
		const char *publication;
		int since;
		bool table, history;
	} cases[] = {
		{"CREATE PUBLICATION p FOR ALL TABLES", 0, true, true},
		{"CREATE PUBLICATION p FOR TABLE orders", 0, true, false},
		{"CREATE PUBLICATION p FOR TABLE other", 0, false, false},
		{"CREATE PUBLICATION p", 0, false, false},
		{"CREATE PUBLICATION p FOR TABLES IN SCHEMA public", 150000, true, true},
		{"CREATE PUBLICATION p FOR TABLE orders (id, name)", 150000, false, false},
	};
	struct pair pair;
	pair_new(&pair);
	apply(&pair, &orders_registry);
	execute(pair.publisher, "DROP TABLE reconcile_history; CREATE TABLE other ()");
	PGconn *connection = PQconnectdb(pair.publisher);
	int version = PQserverVersion(connection);
	PQfinish(connection);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_report *report;
		if (version < cases[i].since)
			continue;
		execute(pair.publisher, cases[i].publication);
		cr_expect_eq(look(&pair, &newer_orders_registry, false, &report),
			     RECONCILE_PENDING);
		cr_expect_eq(finding_about(report, "orders") != NULL, cases[i].table, "%s",
			     cases[i].publication);
		cr_expect_eq(finding_about(report, NULL) != NULL, cases[i].history, "%s",
			     cases[i].publication);
		reconcile_report_free(report);
		execute(pair.publisher, "DROP PUBLICATION p");
	}
	cluster_free(&pair.cluster);
}
