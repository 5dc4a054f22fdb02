/*
 * Tables of other programs: they look like any other, and a column that is added to one breaks its
 * owner. The extensions are real ones, of Debian.
 */
#include "boot.h"

#include <libpq-fe.h>
#include <stdio.h>

static void need_extension(struct start *start, const char *name)
{
	if (database_number(start->database,
			    "SELECT count(*) FROM pg_available_extensions WHERE name = '%s'",
			    name) == 0)
		cr_skip_test("no extension '%s': run scripts/install-deps test", name);
}

/* ---- members of extensions ------------------------------------------------ */

static const struct reconcile_column config_columns[] = {
	COLUMN("part_config", "parent_table", "TEXT", NOT_NULL, DEFAULT("")),
	COLUMN("part_config", "note", "TEXT", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_column template_columns[] = {
	COLUMN("template_public_events", "note", "TEXT", NULLABLE, NO_DEFAULT),
};

#define PARTMAN "CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman"

ON_POSTGRES(foreign, a_table_of_an_extension)
{
	static const struct reconcile_registry registry = OTHERS(config_columns);
	need_extension(start, "pg_partman");
	database_execute(start->database, PARTMAN);
	start->options.schema = "partman";
	expect_everywhere(start, &registry, "a table of extension 'pg_partman'");
	const struct reconcile_item *table = start_item(start, "part_config", NULL);
	cr_assert_not_null(table);
	cr_expect_eq(table->state, RECONCILE_FOREIGN);
	expect_value(start->database, "0",
		     "SELECT count(*) FROM pg_attribute"
		     " WHERE attrelid = 'partman.part_config'::regclass AND attname = 'note'");
}

/* Whose it is comes before whether the role may alter it: the advice would be to take it over. */
ON_POSTGRES(foreign, a_table_of_an_extension_is_no_matter_of_rights)
{
	static const struct reconcile_registry registry = OTHERS(config_columns);
	char url[512];
	need_extension(start, "pg_partman");
	database_execute(start->database, PARTMAN);
	database_role_url(start->database, "foreign_service", url, sizeof(url));
	database_execute(start->database, "GRANT USAGE ON SCHEMA partman TO foreign_service;"
					  "GRANT SELECT ON partman.part_config TO foreign_service");
	start->options.url = url;
	start->options.schema = "partman";
	expect_everywhere(start, &registry, "a table of extension 'pg_partman'");
	expect_not_in(start->error->hint, "GRANT");
}

ON_POSTGRES(foreign, the_template_of_pg_partman)
{
	static const struct reconcile_registry registry = OTHERS(template_columns);
	need_extension(start, "pg_partman");
	database_execute(start->database,
			 PARTMAN "; CREATE TABLE events (id int, at timestamptz NOT NULL)"
				 " PARTITION BY RANGE (at);"
				 "SELECT partman.create_parent('public.events', 'at', 'native',"
				 " 'daily')");
	start->options.schema = "partman";
	expect_everywhere(start, &registry, "pg_partman");
}

/* ---- versions of rows ----------------------------------------------------- */

static const struct reconcile_column account_columns[] = {
	COLUMN("accounts", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("accounts", "note", "TEXT", NOT_NULL, DEFAULT("none")),
};
static const struct reconcile_column volatile_columns[] = {
	COLUMN("accounts", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("accounts", "at", "TIMESTAMPTZ", NULLABLE, DEFAULT_SQL("clock_timestamp()")),
};

#define VERSIONED                                                                                  \
	"CREATE EXTENSION periods CASCADE;"                                                        \
	"CREATE TABLE accounts (id int PRIMARY KEY, began timestamptz, ended timestamptz);"        \
	"SELECT periods.add_system_time_period('accounts', 'began', 'ended');"                     \
	"SELECT periods.add_system_versioning('accounts');"                                        \
	"INSERT INTO accounts (id) VALUES (1)"

/* A history table without the column keeps no value of it, and says nothing. */
ON_POSTGRES(foreign, a_versioned_table_needs_the_column_in_its_history_first)
{
	static const struct reconcile_registry registry = OTHERS(account_columns);
	need_extension(start, "periods");
	database_execute(start->database, VERSIONED);
	expect_everywhere(start, &registry, "extension 'periods'");
	expect_in(start->error->message,
		  "ALTER TABLE \"public\".\"accounts_history\" ADD COLUMN \"note\" TEXT");
	database_execute(start->database,
			 "ALTER TABLE accounts_history ADD COLUMN note TEXT NOT NULL DEFAULT"
			 " 'none'");
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
	database_execute(start->database, "UPDATE accounts SET note = 'two'");
	database_execute(start->database, "UPDATE accounts SET note = 'three'");
	expect_value(start->database, "none,two",
		     "SELECT string_agg(note, ',' ORDER BY began) FROM accounts_history");
}

ON_POSTGRES(foreign, a_versioned_table_is_not_rewritten)
{
	static const struct reconcile_registry registry = OTHERS(volatile_columns);
	need_extension(start, "periods");
	database_execute(start->database,
			 VERSIONED ";"
				   "ALTER TABLE accounts_history ADD COLUMN at timestamptz");
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	expect_everywhere(start, &registry, "periods");
}

/* ---- partitions ----------------------------------------------------------- */

static const struct reconcile_column parent_columns[] = {
	COLUMN("parent", "id", "INTEGER", NULLABLE, NO_DEFAULT),
	COLUMN("parent", "note", "TEXT", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_registry parent = OTHERS(parent_columns);

/* A foreign table gets the column, the table that it stands for does not: no query of the parent
 * works any more (42703). */
ON_POSTGRES(foreign, a_partition_on_another_server)
{
	need_extension(start, "postgres_fdw");
	database_execute(start->database,
			 "CREATE EXTENSION postgres_fdw;"
			 "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;"
			 "CREATE TABLE parent (id int) PARTITION BY LIST (id);"
			 "CREATE TABLE parent_1 PARTITION OF parent FOR VALUES IN (1);"
			 "CREATE FOREIGN TABLE parent_2 PARTITION OF parent FOR VALUES IN (2)"
			 " SERVER elsewhere OPTIONS (schema_name 'app', table_name 'the_second')");
	expect_everywhere(start, &parent, "'elsewhere'");
	expect_in(start->error->message, "app.the_second");
	database_execute(start->database, "ALTER TABLE parent ADD COLUMN note TEXT");
	start_must(start, &parent, RECONCILE_OK);
}

/* DETACH ... CONCURRENTLY that was cut off while it waited for an older reader. */
static void half_detach(struct start *start)
{
	PGconn *reader = PQconnectdb(start->database->url),
	       *cut = PQconnectdb(start->database->url);
	PQclear(PQexec(reader, "BEGIN"));
	PQclear(PQexec(reader, "SELECT * FROM parent"));
	PQclear(PQexec(cut, "SET statement_timeout = '300ms'"));
	PGresult *result = PQexec(cut, "ALTER TABLE parent DETACH PARTITION parent_1 CONCURRENTLY");
	cr_assert_str_eq(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014");
	PQclear(result);
	PQfinish(reader);
	PQfinish(cut);
}

ON_POSTGRES(foreign, a_partition_that_is_half_detached)
{
	if (database_version(start->database) < 14)
		cr_skip_test("DETACH ... CONCURRENTLY is there from 14 on");
	database_execute(start->database,
			 "CREATE TABLE parent (id int) PARTITION BY LIST (id);"
			 "CREATE TABLE parent_1 PARTITION OF parent FOR VALUES IN (1)");
	half_detach(start);
	expect_everywhere(start, &parent,
			  "ALTER TABLE public.parent DETACH PARTITION public.parent_1 FINALIZE");
	database_execute(start->database, "ALTER TABLE parent DETACH PARTITION parent_1 FINALIZE");
	start_must(start, &parent, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
}

/* ---- pg_repack ------------------------------------------------------------ */

static const struct reconcile_column large_columns[] = {
	COLUMN("large", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("large", "note", "TEXT", NULLABLE, NO_DEFAULT),
};

/* The statements by which it begins are pg_repack's own. */
static void begin_repack(struct start *start)
{
	struct cells cells = database_cells(
		start->database,
		"SELECT create_pktype || ';' || create_log || ';' || create_trigger || ';' ||"
		" enable_trigger FROM repack.tables WHERE relid = 'large'::regclass");
	cr_assert_eq(cells.rows, 1);
	database_execute(start->database, "%s", cells.cells[0]);
	cells_free(&cells);
}

ON_POSTGRES(foreign, what_a_killed_pg_repack_left)
{
	static const struct reconcile_registry registry = OTHERS(large_columns);
	need_extension(start, "pg_repack");
	database_execute(start->database,
			 "CREATE EXTENSION pg_repack; CREATE TABLE large (id int PRIMARY KEY)");
	begin_repack(start);
	expect_everywhere(start, &registry, "pg_repack");
	expect_in(start->error->message, "repack.repack_drop(");

	/* While it is at work it is nobody's leftover: the lock keeps us waiting. */
	PGconn *at_work = PQconnectdb(start->database->url);
	PGresult *result = PQexec(at_work, "SELECT pg_advisory_lock(16185446,"
					   " ('large'::regclass::oid::int8 - 2147483648)::int4)");
	cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s", PQerrorMessage(at_work));
	PQclear(result);
	start->options.mode = RECONCILE_MODE_CHECK;
	start_run(start, &registry);
	expect_status(start, RECONCILE_PENDING);
	PQfinish(at_work);
	start->options.mode = RECONCILE_MODE_APPLY;

	database_execute(start->database, "SELECT repack.repack_drop('large'::regclass::oid, 4)");
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
}

/* ---- what would be lost --------------------------------------------------- */

/* An index that lacks rows (one that was built CONCURRENTLY by 14.0 to 14.3, or is damaged). */
ON_POSTGRES(foreign, a_loss_is_not_counted_from_an_index)
{
	static const struct reconcile_registry former = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, large_columns, 1};
	static const struct reconcile_registry registry = OTHERS(large_columns);
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	database_execute(start->database, "CREATE TABLE large (id int PRIMARY KEY)");
	start_must(start, &registry, RECONCILE_OK);
	database_execute(
		start->database,
		"CREATE INDEX lacking ON large (note);"
		"UPDATE pg_index SET indisready = false WHERE indexrelid = 'lacking'::regclass;"
		"INSERT INTO large SELECT n, 'text' FROM generate_series(1, 50) AS n;"
		"UPDATE pg_index SET indisready = true WHERE indexrelid = 'lacking'::regclass;"
		"ALTER DATABASE \"%s\" SET enable_seqscan = off",
		start->database->name);
	request.last = 1;
	request.apply = true;
	cr_expect_eq(reconcile_rollback(&former, &start->options, &request, &rollback),
		     RECONCILE_CONFLICT);
	expect_in(reconcile_rollback_error(rollback)->message, "50 values would be lost");
	reconcile_rollback_free(rollback);
}
