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

/* On a server that rewrites for every default the other tests' databases allow it. */
#define ON_POSTGRES_AS_IT_COMES(name)                                                              \
	static void name##_as_it_comes(struct start *start);                                       \
	ON_POSTGRES(cost, name)                                                                    \
	{                                                                                          \
		unsetenv("RECONCILE_ALLOW_REWRITE");                                               \
		name##_as_it_comes(start);                                                         \
	}                                                                                          \
	static void name##_as_it_comes(struct start *start)

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

ON_POSTGRES_AS_IT_COMES(a_dear_column_is_refused_and_the_others_are_added)
{
	static const struct {
		const char *name, *sql;
		long allow;
		bool refused;
	} cases[] = {
		{"by itself", "CREATE TABLE orders (id int);" FIVE_ROWS, 0, true},
		{"none", "CREATE TABLE orders (id int);" FIVE_ROWS, RECONCILE_REWRITE_NONE, true},
		{"one row too many", "CREATE TABLE orders (id int);" FIVE_ROWS, 4, true},
		{"as many rows", "CREATE TABLE orders (id int);" FIVE_ROWS, 5, false},
		{"any", "CREATE TABLE orders (id int);" FIVE_ROWS, RECONCILE_REWRITE_ANY, false},
		{"empty", "CREATE TABLE orders (id int)", 0, false},
		{"empty, none", "CREATE TABLE orders (id int)", RECONCILE_REWRITE_NONE, false},
		{"emptied", "CREATE TABLE orders (id int);" FIVE_ROWS "; DELETE FROM orders", 0,
		 false},
		{"partitions", PARTITIONED FIVE_ROWS, 0, true},
		{"partitions, too many", PARTITIONED FIVE_ROWS, 4, true},
		{"partitions, as many", PARTITIONED FIVE_ROWS, 5, false},
		{"empty partitions", PARTITIONED, 0, false},
		{"heirs", INHERITED "INSERT INTO orders_b VALUES (1), (2), (3), (4), (5); ANALYZE",
		 0, true},
		{"heirs, too many",
		 INHERITED "INSERT INTO orders VALUES (1), (2);"
			   "INSERT INTO orders_b VALUES (3), (4), (5); ANALYZE",
		 4, true},
		{"heirs, as many",
		 INHERITED "INSERT INTO orders VALUES (1), (2);"
			   "INSERT INTO orders_b VALUES (3), (4), (5); ANALYZE",
		 5, false},
		{"empty heirs", INHERITED, 0, false},
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
ON_POSTGRES_AS_IT_COMES(what_cannot_be_found_out_is_refused)
{
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("orders", "number", "number", NOT_NULL, DEFAULT("4")),
	};
	static const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
	char url[512];
	database_role_url(start->database, "plain", url, sizeof(url));
	database_execute(start->database,
			 "CREATE DOMAIN number AS int;"
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
	cr_expect_eq(item->cost, RECONCILE_COST_UNKNOWN, "%s", reconcile_cost_name(item->cost));
	cr_expect(item->reason != NULL && strstr(item->reason, "TEMP") != NULL, "%s",
		  item->reason != NULL ? item->reason : "-");

	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start_run(start, &registry);
	expect_status(start, RECONCILE_OK);
	expect_value(start->database, "4", "SELECT number FROM orders");
}

ON_POSTGRES_AS_IT_COMES(what_is_impossible_leaves_the_rest_alone)
{
	/* It is asked about in the order of the definitions. */
	static const struct {
		const char *type;
		struct reconcile_default value;
		const char *why;
	} cases[] = {
		{"positive", DEFAULT("0"), "positive_check"},
		{"BIGINT", DEFAULT("a word"), "a word"},
		{"name", DEFAULT_SQL("nosuch()"), "nosuch()"},
		{"varchar(3)", DEFAULT("four"), "too long"},
	};
	database_execute(start->database, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct reconcile_column columns[] = {
			COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
			{"orders", "size", cases[i].type, RECONCILE_NULLABLE, cases[i].value, NULL,
			 NULL, 0},
			COLUMN("orders", "done", "BOOLEAN", NULLABLE, NO_DEFAULT),
		};
		const struct reconcile_registry registry = {
			RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
		database_execute(start->database,
				 "DROP TABLE IF EXISTS orders;\n"
				 "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)");
		start_run(start, &registry);
		expect_status(start, RECONCILE_CONFLICT);
		cr_expect_eq(start->counts->applied, 2, "%s", cases[i].type);
		const struct reconcile_item *item = start_item(start, "orders", "size");
		cr_assert(item != NULL);
		cr_expect_eq(item->cost, RECONCILE_COST_IMPOSSIBLE, "%s: %s", cases[i].type,
			     reconcile_cost_name(item->cost));
		cr_expect(!item->refused, "%s", cases[i].type);
		cr_expect(item->reason != NULL && strstr(item->reason, cases[i].why) != NULL,
			  "%s: %s", cases[i].type, item->reason != NULL ? item->reason : "-");
	}
}

/*
 * A volatile default may have an effect, and is not called to see what it gives. What it gives may
 * still be what the table does not take: that is found when it is done, and then all of it is taken
 * back.
 */
ON_POSTGRES_AS_IT_COMES(what_only_a_volatile_default_can_tell)
{
	static const struct reconcile_default defaults[] = {DEFAULT_SQL("failing()"),
							    DEFAULT_SQL("nothing()"),
							    DEFAULT_SQL("-1 * nextval('n')")};
	database_execute(start->database,
			 "CREATE SEQUENCE n; CREATE DOMAIN positive AS int CHECK (VALUE > 0);\n"
			 "CREATE FUNCTION failing() RETURNS int VOLATILE LANGUAGE plpgsql\n"
			 " AS 'BEGIN RAISE EXCEPTION ''failing was called''; END';\n"
			 "CREATE FUNCTION nothing() RETURNS int VOLATILE LANGUAGE plpgsql\n"
			 " AS 'BEGIN RETURN NULL; END';\n"
			 "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)");
	char *schema = database_schema(start->database);
	for (size_t i = 0; i < COUNT(defaults); i++) {
		const struct reconcile_column columns[] = {
			COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
			{"orders", "size", "positive", RECONCILE_NOT_NULL, defaults[i], NULL,
			 "app.def", 1},
		};
		const struct reconcile_registry registry = {
			RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
		start->options.mode = RECONCILE_MODE_CHECK;
		start_run(start, &registry);
		expect_status(start, RECONCILE_CONFLICT);
		const struct reconcile_item *item = start_item(start, "orders", "size");
		cr_assert(item != NULL);
		cr_expect_eq(item->cost, RECONCILE_COST_REWRITE, "%s: %s", defaults[i].text,
			     reconcile_cost_name(item->cost));
		cr_expect(item->refused, "%s", defaults[i].text);
		expect_value(start->database, "f", "SELECT is_called FROM n");

		start->options.mode = RECONCILE_MODE_APPLY;
		start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
		start_run(start, &registry);
		expect_status(start, RECONCILE_FAILED);
		expect_in(start->error->message, "orders");
		cr_expect(start->error->sqlstate != NULL, "%s", start_told(start));
		start->options.allow_rewrite = RECONCILE_REWRITE_DEFAULT;
	}
	expect_unchanged(start->database, schema);
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
