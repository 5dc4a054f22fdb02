/* What we added is taken away again: only that, only as long as it is what we added, and only when
 * nothing is lost that nobody agreed to lose. */
#include "boot.h"

#include <stdio.h>

static const struct reconcile_table tables[] = {TABLE("orders"), TABLE("items")};
static const struct reconcile_column columns[] = {
	COLUMN("orders", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("orders", "name", "VARCHAR(40)", NULLABLE, NO_DEFAULT),
	COLUMN("orders", "amount", "INTEGER", NOT_NULL, DEFAULT("7")),
	COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("items", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("items", "text", "TEXT", NOT_NULL, DEFAULT("it's")),
};
static const struct reconcile_registry whole = REGISTRY(tables, columns);
/* orders with id and name: what was there before. */
static const struct reconcile_registry former = {
	RECONCILE_REGISTRY_LAYOUT, "app", tables, 1, columns, 2};

static const char older[] = "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY,"
			    " name VARCHAR(40))";

/* The last rollback. */
static struct reconcile_rollback *rollback;
static const struct reconcile_error *failure;

static void forget(void)
{
	reconcile_rollback_free(rollback);
}

TestSuite(rollback, .fini = forget);

static struct reconcile_rollback_request request(void)
{
	return (struct reconcile_rollback_request)RECONCILE_ROLLBACK_INIT;
}

static void run(struct start *start, const struct reconcile_rollback_request *wanted, int status)
{
	reconcile_rollback_free(rollback);
	int now = reconcile_rollback(&former, &start->options, wanted, &rollback);
	failure = reconcile_rollback_error(rollback);
	cr_assert_eq(now, status, "%d, not %d: %s", now, status, failure->message);
	cr_assert_eq(failure->status, status);
}

static const struct reconcile_undo *undo(size_t index)
{
	const struct reconcile_undo *found = reconcile_rollback_undo(rollback, index);
	cr_assert(found != NULL, "there are %zu", reconcile_rollback_count(rollback));
	return found;
}

static void expect_undo(size_t index, const char *table, const char *column,
			enum reconcile_undo_state state, long long values)
{
	const struct reconcile_undo *one = undo(index);
	cr_expect_str_eq(one->table, table);
	cr_expect(column != NULL ? one->column != NULL && strcmp(one->column, column) == 0
				 : one->column == NULL);
	cr_expect_eq(one->state, state, "%s.%s is %s: %s", table, column ? column : "",
		     reconcile_undo_state_name(one->state), one->reason ? one->reason : "");
	cr_expect_eq(one->values, values, "%s: %lld values", one->sql, one->values);
}

static void expect_message(const char *part)
{
	cr_expect(strstr(failure->message, part) != NULL, "'%s' is not in '%s'", part,
		  failure->message);
}

/* The older database, brought in sync. */
static void grow(struct start *start)
{
	database_execute(start->database, "%s", older);
	start_must(start, &whole, RECONCILE_OK);
}

static long events(struct start *start, const char *action)
{
	return database_number(start->database,
			       "SELECT count(*) FROM reconcile_history WHERE action = '%s'",
			       action);
}

/* The schema without history itself. */
static void expect_former(struct start *start)
{
	start_must(start, &former, RECONCILE_OK);
	cr_expect_eq(start->counts->extra, 0);
	cr_expect_eq(start->counts->applied, 0);
}

ON_BOTH(rollback, the_newest_change_is_looked_at_then_undone)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(reconcile_rollback_count(rollback), 1);
	expect_undo(0, "items", NULL, RECONCILE_UNDO_READY, 0);
	cr_expect_eq(events(start, "drop_table"), 0);
	wanted.apply = true;
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "items", NULL, RECONCILE_UNDO_DONE, 0);
	cr_expect_eq(events(start, "drop_table"), 1);
	/* It counts no more: the next one is older. */
	wanted.last = 2;
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "orders", "note", RECONCILE_UNDO_DONE, 0);
	expect_undo(1, "orders", "amount", RECONCILE_UNDO_DONE, 0);
	cr_expect_eq(events(start, "drop_column"), 2);
	wanted.last = 9;
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(reconcile_rollback_count(rollback), 0);
	expect_former(start);
}

ON_BOTH(rollback, up_to_a_change_of_history)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	wanted.apply = true;
	wanted.to = 1;
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(reconcile_rollback_count(rollback), 2);
	expect_undo(1, "orders", "note", RECONCILE_UNDO_DONE, 0);
	wanted.to = 4711;
	run(start, &wanted, RECONCILE_FAILED);
	expect_message("history has no change 4711");
	start_must(start, &whole, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
}

ON_BOTH(rollback, one_column_by_its_name)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	wanted.apply = true;
	wanted.table = "orders";
	wanted.column = "amount";
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "orders", "amount", RECONCILE_UNDO_DONE, 0);
	cr_expect_str_eq(undo(0)->definition, "INTEGER NOT NULL DEFAULT '7'");
	char *schema = database_schema(start->database);
	cr_expect(strstr(schema, "amount") == NULL && strstr(schema, "note") != NULL, "%s", schema);
	free(schema);
	wanted.column = "name";
	run(start, &wanted, RECONCILE_CONFLICT);
	expect_message("history does not say that registry 'app' added column 'orders.name'");
}

ON_BOTH(rollback, what_is_still_declared_stays)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	char *before = database_schema(start->database);
	wanted.apply = true;
	wanted.last = 3;
	reconcile_rollback_free(rollback);
	int status = reconcile_rollback(&whole, &start->options, &wanted, &rollback);
	failure = reconcile_rollback_error(rollback);
	cr_expect_eq(status, RECONCILE_CONFLICT);
	expect_message("it is still declared, app.def:");
	char *after = database_schema(start->database);
	cr_expect_str_eq(after, before);
	free(before);
	free(after);
	wanted.keep_registry = true;
	reconcile_rollback_free(rollback);
	status = reconcile_rollback(&whole, &start->options, &wanted, &rollback);
	cr_expect_eq(status, RECONCILE_OK);
	expect_former(start);
}

ON_BOTH(rollback, values_are_counted_and_kept)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	database_execute(start->database,
			 "INSERT INTO orders (id, note) VALUES (1, NULL), (2, 'a'), (3, '');"
			 "INSERT INTO items (id) VALUES (1)");
	wanted.last = 3;
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "items", NULL, RECONCILE_UNDO_READY, 1);
	expect_undo(1, "orders", "note", RECONCILE_UNDO_READY, 2);
	expect_undo(2, "orders", "amount", RECONCILE_UNDO_READY, 3);
	wanted.apply = true;
	run(start, &wanted, RECONCILE_CONFLICT);
	expect_message("'items', is not undone: 1 row would be lost");
	cr_expect_eq(database_number(start->database, "SELECT count(note) FROM orders"), 2);
	wanted.allow_data_loss = true;
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(database_number(start->database, "SELECT count(*) FROM orders"), 3);
	expect_former(start);
}

ON_POSTGRES(rollback, what_nobody_can_count_is_kept)
{
	struct reconcile_rollback_request wanted = request();
	char url[512];
	database_role_url(start->database, "rollback_owner", url, sizeof(url));
	database_execute(start->database, "ALTER SCHEMA public OWNER TO rollback_owner");
	start->options.ddl_role = "rollback_owner";
	database_execute(start->database, "%s", older);
	database_execute(start->database, "ALTER TABLE orders OWNER TO rollback_owner");
	start_must(start, &whole, RECONCILE_OK);
	database_execute(start->database, "INSERT INTO orders (id, note) VALUES (1, 'a');"
					  "REVOKE SELECT ON orders FROM rollback_owner");
	wanted.table = "orders";
	wanted.column = "note";
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "orders", "note", RECONCILE_UNDO_READY, -1);
	/* "for relation orders" up to 10 */
	cr_expect(strstr(undo(0)->reason, "permission denied for ") == undo(0)->reason, "%s",
		  undo(0)->reason);
	wanted.apply = true;
	run(start, &wanted, RECONCILE_CONFLICT);
	expect_message("'orders.note', is not undone: nobody could count what would be lost: "
		       "permission denied for ");
	cr_expect_eq(database_number(start->database, "SELECT count(note) FROM orders"), 1);
	wanted.allow_data_loss = true;
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "orders", "note", RECONCILE_UNDO_DONE, -1);
}

ON_BOTH(rollback, what_somebody_changed_is_his)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	database_execute(start->database, "ALTER TABLE orders DROP COLUMN note;"
					  "ALTER TABLE orders ADD COLUMN note INTEGER DEFAULT 1;"
					  "ALTER TABLE items ADD COLUMN more TEXT");
	wanted.last = 3;
	wanted.apply = true;
	run(start, &wanted, RECONCILE_CONFLICT);
	expect_undo(0, "items", NULL, RECONCILE_UNDO_REFUSED, -1);
	cr_expect_str_eq(undo(0)->reason, "somebody has added column 'more' to it");
	expect_undo(1, "orders", "note", RECONCILE_UNDO_REFUSED, -1);
	cr_expect(strstr(undo(1)->reason, "somebody has changed it: it was TEXT and is ") != NULL,
		  "%s", undo(1)->reason);
	expect_undo(2, "orders", "amount", RECONCILE_UNDO_READY, 0);
	cr_expect_eq(events(start, "drop_column"), 0);
	char *schema = database_schema(start->database);
	cr_expect(strstr(schema, "amount") != NULL, "%s", schema);
	free(schema);
}

ON_BOTH(rollback, another_default_is_another_column)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	database_execute(start->database,
			 "ALTER TABLE orders DROP COLUMN amount;"
			 "ALTER TABLE orders ADD COLUMN amount INTEGER NOT NULL DEFAULT 8");
	wanted.table = "orders";
	wanted.column = "amount";
	run(start, &wanted, RECONCILE_CONFLICT);
	expect_message("somebody has changed it: it was INTEGER NOT NULL DEFAULT ");
}

ON_BOTH(rollback, what_is_gone_is_nothing_to_do)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	database_execute(start->database, "ALTER TABLE orders DROP COLUMN note; DROP TABLE items");
	wanted.last = 3;
	wanted.apply = true;
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "items", NULL, RECONCILE_UNDO_GONE, -1);
	expect_undo(1, "orders", "note", RECONCILE_UNDO_GONE, -1);
	expect_undo(2, "orders", "amount", RECONCILE_UNDO_DONE, 0);
	expect_former(start);
}

ON_BOTH(rollback, a_table_with_columns_that_we_added_later)
{
	static const struct reconcile_column first[] = {
		COLUMN("items", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT)};
	const struct reconcile_registry small = {
		RECONCILE_REGISTRY_LAYOUT, "app", &tables[1], 1, first, 1};
	struct reconcile_rollback_request wanted = request();
	database_execute(start->database, "%s", older);
	start_must(start, &small, RECONCILE_OK);
	start_must(start, &whole, RECONCILE_OK);
	wanted.to = 0;
	wanted.last = 99;
	wanted.apply = true;
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(reconcile_rollback_count(rollback), 4);
	expect_former(start);
}

ON_BOTH(rollback, another_registry_is_not_ours)
{
	struct reconcile_registry other = whole;
	struct reconcile_rollback_request wanted = request();
	other.name = "other";
	database_execute(start->database, "%s", older);
	start_must(start, &other, RECONCILE_OK);
	wanted.last = 9;
	wanted.apply = true;
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(reconcile_rollback_count(rollback), 0);
}

ON_BOTH(rollback, without_history_there_is_nothing)
{
	struct reconcile_rollback_request wanted = request();
	database_execute(start->database, "%s", older);
	wanted.apply = true;
	run(start, &wanted, RECONCILE_OK);
	cr_expect_eq(reconcile_rollback_count(rollback), 0);
}

ON_BOTH(rollback, only_what_was_looked_at)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	run(start, &wanted, RECONCILE_OK);
	struct reconcile_rollback *seen = rollback;
	rollback = NULL;
	database_execute(start->database, "DROP TABLE items");
	start_must(start, &whole, RECONCILE_OK);
	wanted.apply = true;
	wanted.seen = seen;
	run(start, &wanted, RECONCILE_BUSY);
	expect_message("history has grown since it was looked at");
	reconcile_rollback_free(seen);
}

ON_BOTH(rollback, a_rolled_back_column_comes_back)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	wanted.table = "orders";
	wanted.column = "note";
	wanted.apply = true;
	run(start, &wanted, RECONCILE_OK);
	start_must(start, &whole, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
	run(start, &wanted, RECONCILE_OK);
	expect_undo(0, "orders", "note", RECONCILE_UNDO_DONE, 0);
	cr_expect_eq(events(start, "drop_column"), 2);
}

/* Somebody's uncommitted value is not counted, and keeps us out; when he commits, it counts. */
static void commit_on_retry(void *context, const struct reconcile_log_record *record)
{
	if (strcmp(record->event, "retry") == 0)
		database_execute(context, "COMMIT");
}

ON_POSTGRES(rollback, a_value_that_comes_while_we_wait_is_kept)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	wanted.table = "orders";
	wanted.column = "note";
	wanted.apply = true;
	database_execute(start->database, "BEGIN; INSERT INTO orders (id, note) VALUES (1, 'new')");
	start->options.log = commit_on_retry;
	start->options.log_context = start->database;
	start->options.log_level = RECONCILE_LOG_DEBUG;
	run(start, &wanted, RECONCILE_CONFLICT);
	expect_message("column 'note' holds 1 value, which would be lost");
	cr_expect_eq(database_number(start->database, "SELECT count(note) FROM orders"), 1);
	cr_expect_eq(events(start, "drop_column"), 0);
}

ON_POSTGRES(rollback, what_depends_on_it_stays)
{
	struct reconcile_rollback_request wanted = request();
	grow(start);
	database_execute(start->database, "CREATE VIEW notes AS SELECT note FROM orders");
	wanted.table = "orders";
	wanted.column = "note";
	wanted.apply = true;
	run(start, &wanted, RECONCILE_FAILED);
	expect_message("'orders.note': undo it: ");
	expect_message("other objects depend on it");
	cr_expect_eq(database_number(start->database, "SELECT count(*) FROM notes"), 0);
	cr_expect_eq(events(start, "drop_column"), 0);
}
