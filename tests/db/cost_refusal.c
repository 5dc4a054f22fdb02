/*
 * A column that is dear is not added to a table with rows unless it is asked for; everything else
 * in the same table is. What is impossible is never tried, and is no reason to leave the rest.
 */
#include "boot.h"

#include <libpq-fe.h>

static const struct reconcile_column dear_columns[] = {
	COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("orders", "seen", "TIMESTAMPTZ", NOT_NULL, DEFAULT_SQL("clock_timestamp()")),
	COLUMN("orders", "done", "BOOLEAN", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_registry dear_registry = {
	RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, dear_columns, COUNT(dear_columns)};

#define FIVE_ROWS "INSERT INTO orders (id) VALUES (1), (2), (3), (4), (5); ANALYZE"

#define PARTITIONED                                                                                \
	"CREATE TABLE orders (id int) PARTITION BY RANGE (id);\n"                                  \
	"CREATE TABLE orders_a PARTITION OF orders FOR VALUES FROM (0) TO (3);\n"                  \
	"CREATE TABLE orders_b PARTITION OF orders FOR VALUES FROM (3) TO (9);\n"
#define INHERITED                                                                                  \
	"CREATE TABLE orders (id int);\n"                                                          \
	"CREATE TABLE orders_a () INHERITS (orders);\n"                                            \
	"CREATE TABLE orders_b () INHERITS (orders_a);\n"

static void expect_refused(struct start *start, const char *name, size_t applied)
{
	const struct reconcile_item *item = start_item(start, "orders", "seen");
	cr_expect_eq(start->status, RECONCILE_CONFLICT, "%s: status %d: %s", name, start->status,
		     start_told(start));
	cr_expect_eq(start->counts->applied, applied, "%s: %zu applied", name,
		     start->counts->applied);
	cr_expect_eq(start->counts->missing, 1, "%s: %zu missing", name, start->counts->missing);
	cr_assert(item != NULL, "%s: no item", name);
	cr_expect_eq(item->state, RECONCILE_MISSING, "%s", name);
	cr_expect_eq(item->cost, RECONCILE_COST_REWRITE, "%s: %s", name,
		     reconcile_cost_name(item->cost));
	cr_expect(item->refused, "%s: not refused", name);
	cr_expect_eq(item->rows, 5, "%s: %lld rows", name, item->rows);
	cr_expect(item->reason != NULL && item->sql != NULL, "%s", name);
	cr_expect(strstr(start->error->message, "orders") != NULL &&
			  strstr(start->error->message, "seen") != NULL,
		  "%s: %s", name, start->error->message);
	cr_expect_eq(database_number(start->database,
				     "SELECT count(*) FROM pg_attribute\n"
				     " WHERE attrelid = 'orders'::regclass AND attname IN\n"
				     "       ('note', 'done', 'seen')"),
		     2, "%s: not the other two", name);
}

static void expect_added(struct start *start, const char *name, size_t applied)
{
	cr_expect_eq(start->status, RECONCILE_OK, "%s: status %d: %s", name, start->status,
		     start_told(start));
	cr_expect_eq(start->counts->applied, applied, "%s: %zu applied", name,
		     start->counts->applied);
	cr_expect_eq(start->counts->missing, 0, "%s: %zu missing", name, start->counts->missing);
	cr_expect_eq(
		database_number(start->database, "SELECT count(*) FROM orders WHERE seen IS NULL"),
		0, "%s", name);
}

ON_POSTGRES(cost, a_dear_column_is_refused_and_the_others_are_added)
{
	unsetenv("RECONCILE_ALLOW_REWRITE");
	static const struct {
		const char *name, *sql;
		long allow;
		bool refused;
	} cases[] = {
		{"by itself",            "CREATE TABLE orders (id int);" FIVE_ROWS,                                0,                      true },
		{"none",                 "CREATE TABLE orders (id int);" FIVE_ROWS,                                RECONCILE_REWRITE_NONE, true },
		{"one row too many",     "CREATE TABLE orders (id int);" FIVE_ROWS,                                4,                      true },
		{"as many rows",         "CREATE TABLE orders (id int);" FIVE_ROWS,                                5,                      false},
		{"any",                  "CREATE TABLE orders (id int);" FIVE_ROWS,                                RECONCILE_REWRITE_ANY,  false},
		{"empty",                "CREATE TABLE orders (id int)",                                           0,                      false},
		{"empty, none",          "CREATE TABLE orders (id int)",                                           RECONCILE_REWRITE_NONE, false},
		{"emptied",              "CREATE TABLE orders (id int);" FIVE_ROWS "; DELETE FROM orders",         0,
		 false															  },
		{"partitions",           PARTITIONED FIVE_ROWS,                                                    0,                      true },
		{"partitions, too many", PARTITIONED FIVE_ROWS,                                                    4,                      true },
		{"partitions, as many",  PARTITIONED FIVE_ROWS,                                                    5,                      false},
		{"empty partitions",     PARTITIONED,							      0,                      false},
		{"heirs",                INHERITED "INSERT INTO orders_b VALUES (1), (2), (3), (4), (5); ANALYZE",
		 0,															true },
		{"heirs, too many",
		 INHERITED "INSERT INTO orders VALUES (1), (2);"
			   "INSERT INTO orders_b VALUES (3), (4), (5); ANALYZE",				   4,		      true },
		{"heirs, as many",
		 INHERITED "INSERT INTO orders VALUES (1), (2);"
			   "INSERT INTO orders_b VALUES (3), (4), (5); ANALYZE",				   5,		      false},
		{"empty heirs",          INHERITED,								0,                      false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		database_execute(start->database, "DROP TABLE IF EXISTS orders CASCADE");
		database_execute(start->database, "%s", cases[i].sql);
		start->options.allow_rewrite = cases[i].allow;

		start->options.mode = RECONCILE_MODE_CHECK;
		start_run(start, &dear_registry);
		cr_expect_eq(start->status,
			     cases[i].refused ? RECONCILE_CONFLICT : RECONCILE_PENDING,
			     "%s: check: status %d: %s", cases[i].name, start->status,
			     start_told(start));

		start->options.mode = RECONCILE_MODE_APPLY;
		start_run(start, &dear_registry);
		if (!cases[i].refused) {
			expect_added(start, cases[i].name, 3);
			continue;
		}
		expect_refused(start, cases[i].name, 2);
		start_run(start, &dear_registry);
		expect_refused(start, cases[i].name, 0);
	}
}

/* Nobody can say beforehand what it costs: it is taken for dear. */
ON_POSTGRES(cost, what_cannot_be_found_out_is_refused)
{
	unsetenv("RECONCILE_ALLOW_REWRITE");
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("orders", "number", "INTEGER", NOT_NULL, DEFAULT_SQL("length('four')")),
	};
	static const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
	char url[512];
	database_role_url(start->database, "plain", url, sizeof(url));
	database_execute(start->database,
			 "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);"
			 "ALTER TABLE orders OWNER TO plain; GRANT ALL ON SCHEMA public TO plain;"
			 "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC",
			 start->database->name);
	start->options.url = url;
	start_run(start, &registry);
	expect_status(start, RECONCILE_CONFLICT);
	cr_expect_eq(start->counts->applied, 1);
	const struct reconcile_item *item = start_item(start, "orders", "number");
	cr_assert(item != NULL);
	cr_expect(item->refused);
	if (database_version(start->database) < 11) { /* the rule knows it */
		cr_expect_eq(item->cost, RECONCILE_COST_REWRITE);
	} else {
		cr_expect_eq(item->cost, RECONCILE_COST_UNKNOWN, "%s",
			     reconcile_cost_name(item->cost));
		cr_expect(item->reason != NULL && strstr(item->reason, "TEMP") != NULL, "%s",
			  item->reason != NULL ? item->reason : "-");
	}

	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start_run(start, &registry);
	expect_status(start, RECONCILE_OK);
	expect_value(start->database, "4", "SELECT number FROM orders");
}

ON_POSTGRES(cost, what_is_impossible_leaves_the_rest_alone)
{
	unsetenv("RECONCILE_ALLOW_REWRITE");
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("orders", "size", "positive", NULLABLE, DEFAULT("0")),
		COLUMN("orders", "done", "BOOLEAN", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
	database_execute(start->database,
			 "CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
			 "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)");
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start_run(start, &registry);
	expect_status(start, RECONCILE_CONFLICT);
	cr_expect_eq(start->counts->applied, 2);
	const struct reconcile_item *item = start_item(start, "orders", "size");
	cr_assert(item != NULL);
	cr_expect_eq(item->cost, RECONCILE_COST_IMPOSSIBLE, "%s", reconcile_cost_name(item->cost));
	cr_expect(!item->refused);
	cr_expect(item->reason != NULL && strstr(item->reason, "positive_check") != NULL, "%s",
		  item->reason != NULL ? item->reason : "-");
}

ON_SQLITE(cost, what_sqlite_refuses_leaves_the_rest_alone)
{
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("orders", "seen", "DATETIME", NOT_NULL, DEFAULT_SQL("CURRENT_TIMESTAMP")),
		COLUMN("orders", "done", "BOOLEAN", NOT_NULL, DEFAULT("0")),
	};
	static const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
	database_execute(start->database,
			 "CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1), (2)");
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY; /* is not what keeps it out */
	for (size_t again = 0; again < 3; again++) {
		/* Nor is a table without rows: in production it will have some. */
		if (again == 2)
			database_execute(start->database, "DELETE FROM orders");
		start_run(start, &registry);
		expect_status(start, RECONCILE_CONFLICT);
		cr_expect_eq(start->counts->applied, again == 0 ? 2 : 0);
		const struct reconcile_item *item = start_item(start, "orders", "seen");
		cr_assert(item != NULL);
		cr_expect_eq(item->cost, RECONCILE_COST_IMPOSSIBLE, "%s",
			     reconcile_cost_name(item->cost));
		cr_expect(!item->refused && item->reason != NULL);
	}
}
