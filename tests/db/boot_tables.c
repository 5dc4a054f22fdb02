/* What needs a person is said and left alone, and everything else is done all the same. */
#include "boot.h"

#include "../../registry/registry.h"

static const struct reconcile_table tables[] = {TABLE("orders"), TABLE("items")};
static const struct reconcile_column columns[] = {
	COLUMN("orders", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("orders", "name", "VARCHAR(40)", REQUIRED, NO_DEFAULT),
	COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("orders", "amount", "INTEGER", NOT_NULL, DEFAULT("7")),
	COLUMN("items", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("items", "what", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("theirs", "ours", "INTEGER", NULLABLE, DEFAULT("0")),
};
static const struct reconcile_registry registry = REGISTRY(tables, columns);

#define THEIRS "CREATE TABLE theirs (own INTEGER);"

struct refusal {
	const char *name;
	const char *before;
	size_t applied, tables_created; /* of the rest */
	const char *message;
	enum reconcile_state state; /* of the item that tells */
	const char *table, *column;
	const char *log; /* one line has this; NULL: look at the message only */
};

static void expect_refusals(struct start *start, const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct start one;
		start_new(&one, start->database->engine);
		database_execute(one.database, "%s", rows[i].before);
		start_run(&one, &registry);
		cr_expect_eq(one.status, RECONCILE_CONFLICT, "%s: status %d: %s", rows[i].name,
			     one.status, start_told(&one));
		cr_expect(strstr(one.error->message, rows[i].message) != NULL, "%s: no '%s' in: %s",
			  rows[i].name, rows[i].message, one.error->message);
		cr_expect_eq(one.counts->applied, rows[i].applied, "%s: %zu applied", rows[i].name,
			     one.counts->applied);
		cr_expect_eq(one.counts->tables_created, rows[i].tables_created,
			     "%s: %zu tables created", rows[i].name, one.counts->tables_created);
		const struct reconcile_item *item = start_item(&one, rows[i].table, rows[i].column);
		cr_expect(item != NULL && item->state == rows[i].state, "%s: item '%s'",
			  rows[i].name,
			  item != NULL ? reconcile_state_name(item->state) : "(none)");
		cr_expect(item != NULL && item->file != NULL && item->line > 0, "%s: no place",
			  rows[i].name);
		cr_expect_eq(start_log_count(&one, "warn conflict"), 1, "%s: %s", rows[i].name,
			     one.log);
		cr_expect_eq(start_log_count(&one, "error failed"), 1, "%s: %s", rows[i].name,
			     one.log);
		cr_expect_eq(start_log_count(&one, " source=app.def:"), 1, "%s: %s", rows[i].name,
			     one.log);

		/* The next start has nothing to add, changes nothing, and says the same. */
		char *schema = database_schema(one.database);
		start_run(&one, &registry);
		cr_expect_eq(one.status, RECONCILE_CONFLICT, "%s again: %s", rows[i].name,
			     start_told(&one));
		cr_expect_eq(one.counts->applied, 0, "%s again", rows[i].name);
		cr_expect(strstr(one.error->message, rows[i].message) != NULL, "%s again: %s",
			  rows[i].name, one.error->message);
		expect_unchanged(one.database, schema);
		start_free(&one);
	}
}

ON_BOTH(boot_tables, what_needs_a_person)
{
	static const struct refusal rows[] = {
		{"a view where a table should be", THEIRS "CREATE VIEW orders AS SELECT 1 AS id", 3,
		 1, "table 'orders': the name is taken by a view", RECONCILE_FOREIGN, "orders",
		 NULL, NULL},
		{"somebody else's table is missing", "", 6, 2,
		 "table 'theirs': the table does not exist and has no TABLE row in this registry",
		 RECONCILE_MISSING, "theirs", NULL, NULL},
		{"a REQUIRED column is missing",
		 THEIRS
		 "CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1)",
		 5, 1, "table 'orders': column 'name': ", RECONCILE_MISSING, "orders", "name",
		 NULL},
		{"a REQUIRED column is missing in an empty table",
		 THEIRS "CREATE TABLE orders (id INTEGER PRIMARY KEY)", 5, 1,
		 "table 'orders': column 'name': ", RECONCILE_MISSING, "orders", "name", NULL},
		{"a column of the primary key is missing",
		 THEIRS "CREATE TABLE items (x INTEGER); INSERT INTO items VALUES (1)", 6, 1,
		 "table 'items': column 'id': ", RECONCILE_MISSING, "items", "id", NULL},
	};
	expect_refusals(start, rows, COUNT(rows));
}

ON_POSTGRES(boot_tables, what_needs_a_person_on_postgresql)
{
	static const struct refusal rows[] = {
		{"a materialized view", THEIRS "CREATE MATERIALIZED VIEW orders AS SELECT 1 AS id",
		 3, 1, "table 'orders': the name is taken by ", RECONCILE_FOREIGN, "orders", NULL,
		 NULL},
		{"a partition",
		 THEIRS "CREATE TABLE whole (id int, name varchar(40)) PARTITION BY LIST (id);"
			"CREATE TABLE orders PARTITION OF whole FOR VALUES IN (1)",
		 3, 1, "table 'orders': the name is taken by ", RECONCILE_FOREIGN, "orders", NULL,
		 NULL},
		{"a sequence", THEIRS "CREATE SEQUENCE orders", 3, 1,
		 "table 'orders': the name is taken by ", RECONCILE_FOREIGN, "orders", NULL, NULL},
		{"an index", THEIRS "CREATE INDEX orders ON theirs (own)", 3, 1,
		 "table 'orders': the name is taken by ", RECONCILE_FOREIGN, "orders", NULL, NULL},
	};
	expect_refusals(start, rows, COUNT(rows));
}

/* pg_type holds a row for each table: its name may be taken there alone. */
ON_POSTGRES(boot_tables, a_type_of_the_name_needs_a_person)
{
	database_execute(start->database, "CREATE DOMAIN tenants AS int");
	start_must(start, &memstack_registry, RECONCILE_CONFLICT);
	cr_expect(strstr(start_told(start), "table 'tenants': create it: ") != NULL, "%s",
		  start_told(start));
	cr_expect(strstr(start_told(start), "a type has the table's name") != NULL, "%s",
		  start_told(start));
	cr_expect_eq(database_number(start->database,
				     "SELECT count(*) FROM pg_class WHERE relname = 'users'"),
		     0);
}

/* A column that differs is not touched, and keeps nobody from starting unless it is asked for. */
ON_BOTH(boot_tables, a_conflict_is_told_and_left_alone)
{
	static const struct {
		enum reconcile_mode mode;
		enum reconcile_on_conflict on_conflict;
		int status;
	} cases[] = {
		{RECONCILE_MODE_APPLY, RECONCILE_ON_CONFLICT_DEFAULT, RECONCILE_OK},
		{RECONCILE_MODE_APPLY, RECONCILE_ON_CONFLICT_WARN, RECONCILE_OK},
		{RECONCILE_MODE_APPLY, RECONCILE_ON_CONFLICT_FAIL, RECONCILE_CONFLICT},
		{RECONCILE_MODE_CHECK, RECONCILE_ON_CONFLICT_DEFAULT, RECONCILE_CONFLICT},
		{RECONCILE_MODE_WARN, RECONCILE_ON_CONFLICT_FAIL, RECONCILE_OK},
	};
	database_execute(start->database,
			 "CREATE TABLE orders (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL,"
			 " note INTEGER, amount INTEGER NOT NULL DEFAULT 0,"
			 " done BOOLEAN NOT NULL DEFAULT '0', its TEXT, needed TEXT NOT NULL)");
	char *schema = database_schema(start->database);
	for (size_t i = 0; i < COUNT(cases); i++) {
		start->options.mode = cases[i].mode;
		start->options.on_conflict = cases[i].on_conflict;
		start_run(start, &newer_orders_registry);
		expect_status(start, cases[i].status);
		cr_expect_eq(start->counts->conflicts, 1);
		cr_expect_eq(start->counts->extra, 2);
		cr_expect_eq(start->counts->extra_required, 1);
		cr_expect_eq(start_log_count(start, "warn conflict"), 1, "%s", start->log);
		cr_expect_eq(start_log_count(start, "warn extra_required"), 1, "%s", start->log);
		expect_in(start->log, "table=orders column=note kind=type declared=TEXT");
		const struct reconcile_item *note = start_item(start, "orders", "note");
		cr_assert_not_null(note);
		cr_expect_eq(note->state, RECONCILE_CONFLICTING);
		cr_expect_eq(note->conflicts, RECONCILE_CONFLICT_TYPE);
		if (start->database->engine == ENGINE_SQLITE) {
			cr_expect_null(note->sql);
			expect_in(note->reason, "SQLite has no statement");
		} else {
			expect_in(note->sql, "ALTER COLUMN \"note\" TYPE TEXT");
			expect_in(start->log, "ALTER COLUMN \"note\" TYPE TEXT");
		}
	}
	expect_unchanged(start->database, schema);
}

/* Looking only: nothing is done, and the answer is the status. */
ON_BOTH(boot_tables, modes_that_only_look)
{
	static const struct {
		enum reconcile_mode mode;
		int status;
		size_t items;
	} cases[] = {
		{RECONCILE_MODE_CHECK, RECONCILE_PENDING, 3},
		{RECONCILE_MODE_WARN, RECONCILE_OK, 3},
		{RECONCILE_MODE_OFF, RECONCILE_OK, 0},
	};
	start_must(start, &orders_registry, RECONCILE_OK);
	char *schema = database_schema(start->database);
	for (size_t i = 0; i < COUNT(cases); i++) {
		start->options.mode = cases[i].mode;
		start_run(start, &newer_orders_registry);
		expect_status(start, cases[i].status);
		cr_expect_eq(reconcile_report_item_count(start->report), cases[i].items);
		cr_expect_eq(start_log_count(start, "info summary"), 1, "%s", start->log);
	}
	/* Off is off: nobody even looks whether there is a database. */
	start->options.url = start->database->engine == ENGINE_SQLITE
				     ? "sqlite:////nowhere/at/all.db"
				     : "postgresql:///nowhere?host=/nowhere";
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_OK);
	expect_unchanged(start->database, schema);
}
