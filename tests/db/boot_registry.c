/* A registry that cannot be right is refused before the database is touched. */
#include "boot.h"

#define LONG_NAME "a234567890b234567890c234567890d234567890e234567890f234567890wxyz"

static const struct reconcile_table tables[] = {{"orders", NULL, "app.def", 1}};

static const struct {
	const char *name;
	struct reconcile_column column;
	const char *message; /* is part of it, and so is app.def:7 */
} cases[] = {
	{"empty column",
	 {"orders", "", "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "the name is empty"},
	{"no column",
	 {"orders", NULL, "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "the name is missing"},
	{"64 bytes",
	 {"orders", LONG_NAME, "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "over 63 bytes"},
	{"empty table",
	 {"", "x", "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "the name is empty"},
	{"long table",
	 {LONG_NAME, "x", "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "over 63 bytes"},
	{"control character",
	 {"orders", "a\nb", "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "control character"},
	{"not UTF-8",
	 {"orders", "\xff", "INTEGER", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "UTF-8"},
	{"second clause",
	 {"orders", "x", "int, drop column id", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "'int, drop column id'"},
	{"words behind",
	 {"orders", "x", "int drop column id", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "'int drop column id'"},
	{"second statement",
	 {"orders", "x", "int; drop table orders", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def",
	  7},
	 "'int; drop table orders'"},
	{"comment",
	 {"orders", "x", "int -- x", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "'int -- x'"},
	{"constraint",
	 {"orders", "x", "int references orders", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def",
	  7},
	 "'int references orders'"},
	{"default in the type",
	 {"orders", "x", "int default 1", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "'int default 1'"},
	{"no type",
	 {"orders", "x", "", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "the type"},
	{"serial",
	 {"orders", "x", "serial", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "not a type but a notation"},
	{"default and clause",
	 {"orders", "x", "int", RECONCILE_NULLABLE, DEFAULT_SQL("1, drop column id"), NULL,
	  "app.def", 7},
	 "'1, drop column id'"},
	{"default and bracket",
	 {"orders", "x", "int", RECONCILE_NULLABLE, DEFAULT_SQL("1) , drop column (id"), NULL,
	  "app.def", 7},
	 "'1) , drop column (id'"},
	{"empty expression",
	 {"orders", "x", "int", RECONCILE_NULLABLE, DEFAULT_SQL(""), NULL, "app.def", 7},
	 "the default"},
	{"no default text",
	 {"orders", "x", "int", RECONCILE_NULLABLE, DEFAULT(NULL), NULL, "app.def", 7},
	 "the default has no text"},
	{"NOT NULL alone",
	 {"orders", "x", "int", RECONCILE_NOT_NULL, NO_DEFAULT, NULL, "app.def", 7},
	 "NOT_NULL without a default"},
	{"twice",
	 {"orders", "id", "int", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "app.def:2"},
	{"our own history",
	 {"reconcile_history", "x", "int", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "app.def", 7},
	 "history"},
};

static struct reconcile_registry with(struct reconcile_column columns[2], size_t i)
{
	columns[0] = (struct reconcile_column){"orders",   "id", "INTEGER", RECONCILE_NULLABLE,
					       NO_DEFAULT, NULL, "app.def", 2};
	columns[1] = cases[i].column;
	return (struct reconcile_registry){RECONCILE_REGISTRY_LAYOUT, "app", tables, 1, columns, 2};
}

ON_BOTH(boot_registry, mistakes_are_refused)
{
	database_execute(start->database, "CREATE TABLE orders (id INTEGER)");
	char *schema = database_schema(start->database);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_column columns[2];
		struct reconcile_registry registry = with(columns, i);
		start_run(start, &registry);
		cr_expect_eq(start->status, RECONCILE_BAD_REGISTRY, "%s: status %d: %s",
			     cases[i].name, start->status, start_told(start));
		const char *message = start->error->message;
		cr_expect(strstr(message, "app.def:7: ") != NULL &&
				  strstr(message, cases[i].message) != NULL,
			  "%s: no '%s' in: %s", cases[i].name, cases[i].message, message);
		cr_expect(strchr(message, '\n') == NULL, "%s: %s", cases[i].name, message);
		cr_expect_eq(start_log_count(start, ""), 1, "%s: %s", cases[i].name, start->log);
		cr_expect_eq(start_log_count(start, "error failed"), 1, "%s: %s", cases[i].name,
			     start->log);
	}
	expect_unchanged(start->database, schema);
}

/* What only PostgreSQL can know. SQLite takes any word for a type. */
ON_POSTGRES(boot_registry, a_type_that_the_server_does_not_know)
{
	static const char *const types[] = {"intt", "nowhere.int", "vector(3)", "numeric(0)",
					    "int(3)"};
	static const enum reconcile_mode modes[] = {RECONCILE_MODE_APPLY, RECONCILE_MODE_CHECK};
	database_execute(start->database, "CREATE TABLE orders (id INTEGER)");
	char *schema = database_schema(start->database);
	for (size_t i = 0; i < COUNT(types) * COUNT(modes); i++) {
		struct reconcile_column columns[2];
		struct reconcile_registry registry = with(columns, 0);
		columns[1] = (struct reconcile_column){"orders",           "note",     types[i / 2],
						       RECONCILE_NULLABLE, NO_DEFAULT, NULL,
						       "app.def",          7};
		start->options.mode = modes[i % 2];
		start_run(start, &registry);
		expect_status(start, RECONCILE_BAD_REGISTRY);
		expect_in(start->error->message, "app.def:7: column 'orders.note': type '");
		expect_in(start->error->message, types[i / 2]);
	}
	expect_unchanged(start->database, schema);
}

/* What the server does not take is impossible, and known before the table is touched. */
ON_POSTGRES(boot_registry, a_default_that_the_server_does_not_take)
{
	static const struct {
		struct reconcile_default value;
		const char *part;
	} defaults[] = {
		{DEFAULT("a word"), "invalid input syntax"},
		{DEFAULT_SQL("nosuch()"), "function nosuch() does not exist"},
		{DEFAULT_SQL("id + 1"), "column"},
		{DEFAULT_SQL("count(*)"), "aggregate functions"},
	};
	database_execute(start->database,
			 "CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1)");
	char *schema = NULL;
	for (size_t i = 0; i < COUNT(defaults); i++) {
		struct reconcile_column columns[3];
		struct reconcile_registry registry = with(columns, 0);
		columns[1] = (struct reconcile_column)COLUMN("orders", "fine", "TEXT", NULLABLE,
							     NO_DEFAULT);
		columns[2] = (struct reconcile_column)COLUMN("orders", "bad", "INTEGER", NULLABLE,
							     NO_DEFAULT);
		columns[2].default_value = defaults[i].value;
		registry.column_count = 3;
		start_run(start, &registry);
		expect_status(start, RECONCILE_CONFLICT);
		expect_in(start->error->message, "table 'orders': column 'bad': ");
		expect_in(start->error->message, defaults[i].part);
		cr_expect_eq(start_log_count(start, "error failed"), 1, "%s", start->log);
		cr_expect_eq(start_log_count(start, "warn conflict"), 1, "%s", start->log);
		const struct reconcile_item *bad = start_item(start, "orders", "bad");
		cr_expect(bad != NULL && bad->cost == RECONCILE_COST_IMPOSSIBLE);
		/* The other column is there after the first start. */
		cr_expect_eq(start->counts->applied, i == 0 ? 1 : 0);
		if (i == 0)
			schema = database_schema(start->database);
	}
	expect_unchanged(start->database, schema);
}

/* The server's code for it is the one of a starter that was faster, and trying again is no use. */
ON_POSTGRES(boot_registry, a_column_that_every_table_has)
{
	static const struct reconcile_table system[] = {TABLE("fresh")};
	static const struct reconcile_column columns[] = {
		COLUMN("orders", "id", "INTEGER", NULLABLE, NO_DEFAULT),
		COLUMN("orders", "xmin", "REAL", NULLABLE, NO_DEFAULT),
		COLUMN("orders", "note", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("fresh", "id", "INTEGER", NULLABLE, NO_DEFAULT),
		COLUMN("fresh", "ctid", "INTEGER", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry registry = REGISTRY(system, columns);
	static const char *const schemas[] = {"public", NULL};
	database_execute(start->database, "CREATE TABLE orders (id INTEGER)");
	for (size_t i = 0; i < COUNT(schemas); i++) {
		start->options.schema = schemas[i];
		start_run(start, &registry);
		expect_status(start, RECONCILE_CONFLICT);
		expect_in(start->error->message,
			  "table 'fresh': column 'ctid': every table of PostgreSQL has");
		cr_expect_eq(start->counts->applied, 1 - i);
		cr_expect_eq(start->counts->tables_missing, 1);
		const struct reconcile_item *item = start_item(start, "orders", "xmin");
		cr_assert(item != NULL, "no item");
		cr_expect_eq(item->cost, RECONCILE_COST_IMPOSSIBLE);
		expect_in(item->reason, "every table of PostgreSQL has");
	}
	expect_value(start->database, "1",
		     "SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'");
}

/* The tables before the one that fails stay done, and the report says so. */
ON_POSTGRES(boot_registry, what_was_done_before_a_failure_is_reported)
{
	static const struct reconcile_table two[] = {TABLE("first"), TABLE("second")};
	static const struct reconcile_column columns[] = {
		COLUMN("first", "id", "INTEGER", NULLABLE, NO_DEFAULT),
		COLUMN("second", "id", "INTEGER", NULLABLE, DEFAULT("a word")),
	};
	static const struct reconcile_registry registry = REGISTRY(two, columns);
	start_run(start, &registry);
	expect_status(start, RECONCILE_FAILED);
	expect_in(start->error->message, "table 'second': ");
	expect_value(start->database, "first",
		     "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <>\n"
		     " 'reconcile_history' AND relnamespace = 'public'::regnamespace");
	cr_expect_eq(start_log_count(start, "table_created"), 1, "%s", start->log);
	cr_expect_eq(start->counts->tables_created, 1);
	cr_expect_eq(start->counts->applied, 1);
	cr_expect_eq(start->counts->tables_missing, 1);
	cr_expect_eq(start->counts->missing, 1);
	cr_expect_eq(start->counts->present, 1);
	const struct reconcile_item *item = start_item(start, "first", "id");
	cr_expect(item == NULL || item->state == RECONCILE_PRESENT, "'%s'",
		  reconcile_state_name(item->state));
	expect_in(start->log, " added=1 ");
}

ON_BOTH(boot_registry, nothing_at_all)
{
	static const struct reconcile_registry none = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, NULL, 0};
	struct reconcile_registry other = none;
	start_run(start, &none);
	expect_status(start, RECONCILE_OK);
	start_run(start, NULL);
	expect_status(start, RECONCILE_USAGE);
	other.layout = 2;
	start_run(start, &other);
	expect_status(start, RECONCILE_BAD_REGISTRY);
	expect_in(start->error->message, "layout is 2");
	other = none;
	other.name = "a b";
	start_run(start, &other);
	expect_status(start, RECONCILE_BAD_REGISTRY);
	expect_in(start->error->message, "a registry's name");
}
