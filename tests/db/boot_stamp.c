/* A database that others made is adopted: history says what was there, and nothing else changes. */
#include "boot.h"

#include <stdio.h>

static const struct reconcile_table tables[] = {TABLE("orders"), TABLE("items")};
static const struct reconcile_column columns[] = {
	COLUMN("orders", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("orders", "name", "VARCHAR(40)", NULLABLE, NO_DEFAULT),
	COLUMN("orders", "amount", "INTEGER", NOT_NULL, DEFAULT("7")),
	COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("items", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("theirs", "own", "INTEGER", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_registry registry = REGISTRY(tables, columns);

/* orders without note, and with an amount that is not as declared. */
static const char others_made[] =
	"CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40),"
	" amount TEXT NOT NULL DEFAULT '7', more TEXT);"
	"CREATE TABLE theirs (own INTEGER)";

#define STAMPS "SELECT count(*) FROM reconcile_history WHERE action = 'stamp'"

static void stamp(struct start *start, size_t stamped)
{
	start->options.mode = RECONCILE_MODE_STAMP;
	start_must(start, &registry, RECONCILE_OK);
	start->options.mode = RECONCILE_MODE_DEFAULT;
	cr_expect_eq(start->counts->stamped, stamped, "%zu stamped", start->counts->stamped);
	cr_expect_eq(start_log_count(start, "info stamped"), stamped, "%s", start->log);
}

ON_BOTH(boot_stamp, what_is_there_is_recorded)
{
	database_execute(start->database, "%s", others_made);
	stamp(start, 2);
	cr_expect_eq(start->counts->missing, 2);
	cr_expect_eq(start->counts->applied, 0);
	char *definition = database_value(start->database,
					  "SELECT definition FROM reconcile_history"
					  " WHERE table_name = 'orders' AND action = 'stamp'");
	cr_expect_str_eq(definition, "id INTEGER NOT NULL, name VARCHAR(40)");
	free(definition);
	cr_expect_eq(database_number(start->database, STAMPS " AND column_name IS NULL"), 2);
	cr_expect_eq(start_log_count(start, "warn conflict"), 1, "%s", start->log);
}

ON_BOTH(boot_stamp, nothing_else_changes)
{
	database_execute(start->database, "%s; CREATE TABLE reconcile_history (id INTEGER)",
			 others_made);
	char *before = database_schema(start->database);
	database_execute(start->database, "DROP TABLE reconcile_history");
	stamp(start, 2);
	database_execute(start->database, "DROP TABLE reconcile_history;"
					  "CREATE TABLE reconcile_history (id INTEGER)");
	char *after = database_schema(start->database);
	cr_expect_str_eq(after, before);
	free(before);
	free(after);
}

ON_BOTH(boot_stamp, a_second_one_records_nothing)
{
	database_execute(start->database, "%s", others_made);
	stamp(start, 2);
	stamp(start, 0);
	database_execute(start->database, "CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY)");
	stamp(start, 1);
	cr_expect_eq(database_number(start->database, STAMPS), 3);
}

ON_BOTH(boot_stamp, what_we_made_is_known)
{
	database_execute(start->database, "CREATE TABLE theirs (own INTEGER)");
	start_must(start, &registry, RECONCILE_OK);
	stamp(start, 1);
	cr_expect_eq(database_number(start->database, STAMPS " AND table_name = 'theirs'"), 1);
}

ON_BOTH(boot_stamp, where_nothing_is_there_is_no_history)
{
	stamp(start, 0);
	database_execute(start->database, "CREATE TABLE reconcile_history (id INTEGER)");
}

ON_BOTH(boot_stamp, the_rest_is_added_later)
{
	database_execute(start->database, "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY,"
					  " name VARCHAR(40)); CREATE TABLE theirs (own INTEGER)");
	stamp(start, 2);
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	cr_expect_eq(database_number(start->database, "SELECT count(*) FROM reconcile_history"), 5);
}
