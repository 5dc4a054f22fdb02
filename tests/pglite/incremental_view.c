/* Starts beside the incremental views of pg_ivm, which are tables to the catalog. */
#include "../db/boot.h"

#define ON_PG_IVM(name)                                                                            \
	static void name(struct start *start);                                                     \
	Test(pg_ivm, name)                                                                         \
	{                                                                                          \
		start_test(name, ENGINE_PGLITE);                                                   \
	}                                                                                          \
	static void name(struct start *start)

#define VIEWS                                                                                      \
	"CREATE EXTENSION IF NOT EXISTS pg_ivm;"                                                   \
	"CREATE TABLE orders (id int PRIMARY KEY, amount int); INSERT INTO orders VALUES (1, 10);" \
	"SELECT pgivm.create_immv('totals', 'SELECT sum(amount) AS total FROM orders');"           \
	"SELECT pgivm.create_immv('copies', 'SELECT * FROM orders')"
#define TOTAL "SELECT total FROM totals"
#define COPIES "SELECT string_agg(id || ' ' || amount, ',' ORDER BY id) FROM copies"

/* A column in it breaks every write to the table that it is made of. */
ON_PG_IVM(an_incremental_view_is_foreign)
{
	static const struct reconcile_column columns[] = {
		COLUMN("totals", "total", "BIGINT", NULLABLE, NO_DEFAULT),
		COLUMN("totals", "note", "TEXT", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry registry = OTHERS(columns);
	database_execute(start->database, VIEWS);
	expect_everywhere(start, &registry, "an incremental view of extension 'pg_ivm'");
	const struct reconcile_item *table = start_item(start, "totals", NULL);
	cr_assert_not_null(table);
	cr_expect_eq(table->state, RECONCILE_FOREIGN);
	database_execute(start->database, "INSERT INTO orders VALUES (2, 5)");
	expect_value(start->database, "15", TOTAL);
}

ON_PG_IVM(what_it_is_made_of_is_added_to)
{
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
		COLUMN("orders", "note", "TEXT", NOT_NULL, DEFAULT("none")),
		COLUMN("orders", "unit", "TEXT", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry registry = OTHERS(columns);
	database_execute(start->database, VIEWS);
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 2);
	database_execute(start->database, "INSERT INTO orders VALUES (2, 5, 'two', 'kg');"
					  "UPDATE orders SET amount = 11 WHERE id = 1");
	expect_value(start->database, "16", TOTAL);
	expect_value(start->database, "1 11,2 5", COPIES);
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 0);
}
