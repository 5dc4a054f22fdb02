/* pg_catalog and information_schema tell the same story, whatever is in the database. */
#include "boot.h"

#include <stdio.h>

static const struct reconcile_table tables[] = {TABLE("items"), TABLE("events")};
static const struct reconcile_column columns[] = {
	COLUMN("items", "id", "BIGINT", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("items", "name", "VARCHAR(40)", REQUIRED, NO_DEFAULT),
	COLUMN("items", "price", "NUMERIC(10,2)", NOT_NULL, DEFAULT("-1")),
	COLUMN("items", "tags", "TEXT[]", NULLABLE, NO_DEFAULT),
	COLUMN("items", "mood", "mood", NULLABLE, DEFAULT("so-so")),
	COLUMN("items", "code", "code", NULLABLE, NO_DEFAULT),
	COLUMN("items", "bits", "BIT(3)", NULLABLE, NO_DEFAULT),
	COLUMN("items", "mask", "BIT VARYING(5)", NULLABLE, NO_DEFAULT),
	COLUMN("items", "seen", "TIMESTAMP(3) WITH TIME ZONE", NULLABLE, DEFAULT_SQL("now()")),
	COLUMN("items", "Größe", "CHARACTER(2)", NULLABLE, NO_DEFAULT),
	COLUMN("items", "every", "INTERVAL DAY TO SECOND", NULLABLE, NO_DEFAULT),
	COLUMN("items", "body", "JSONB", NULLABLE, DEFAULT("{}")),
	COLUMN("events", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("events", "what", "TEXT", NULLABLE, NO_DEFAULT),
	COLUMN("theirs", "ours", "INTEGER", NULLABLE, DEFAULT("0")),
};
static const struct reconcile_registry registry = REGISTRY(tables, columns);

/* As declared, for the cases to spoil. */
#define ITEMS                                                                                      \
	"CREATE TABLE items (id bigint PRIMARY KEY, name varchar(40) NOT NULL,\n"                  \
	"  price numeric(10,2) NOT NULL DEFAULT -1, tags text[], mood mood DEFAULT 'so-so',\n"     \
	"  code code, bits bit(3), mask varbit(5), seen timestamptz(3) DEFAULT now(),\n"           \
	"  \"Größe\" char(2), every interval day to second, body jsonb DEFAULT '{}');\n"
#define EVENTS "CREATE TABLE events (id int PRIMARY KEY, what text);\n"
#define THEIRS "CREATE TABLE theirs (ours int DEFAULT 0);\n"

static const struct {
	const char *name; /* of a schema of its own, too */
	int status;       /* of a check */
	size_t present, missing, conflicts;
	const char *sql;
} cases[] = {
	{"empty", RECONCILE_CONFLICT, 0, 15, 0, ""},
	{"theirs alone", RECONCILE_PENDING, 1, 14, 0, THEIRS},
	{"in sync", RECONCILE_OK, 15, 0, 0, ITEMS EVENTS THEIRS},
	{"older", RECONCILE_PENDING, 4, 11, 0,
	 "CREATE TABLE items (id bigint PRIMARY KEY, name varchar(40) NOT NULL);" EVENTS
	 "CREATE TABLE theirs (own int)"},
	{"required missing", RECONCILE_CONFLICT, 14, 1, 0,
	 ITEMS EVENTS THEIRS "ALTER TABLE items DROP COLUMN name"},
	{"key missing", RECONCILE_CONFLICT, 14, 1, 0,
	 ITEMS THEIRS "CREATE TABLE events (what text)"},
	{"type", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER body DROP DEFAULT,"
			     "  ALTER body TYPE json, ALTER body SET DEFAULT '{}'"},
	{"length", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER name TYPE varchar(41)"},
	{"no length", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER name TYPE varchar"},
	{"scale", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER price TYPE numeric(10,3)"},
	{"precision of time", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER seen TYPE timestamptz(6)"},
	{"no time zone", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER seen TYPE timestamp(3)"},
	{"bits", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER bits TYPE bit(4), ALTER mask TYPE varbit(6)"},
	{"interval", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER every TYPE interval"},
	{"array of another", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER tags TYPE varchar[]"},
	{"no array", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER tags TYPE text"},
	{"base of the domain", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER code TYPE varchar(10)"},
	{"enum as text", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER mood DROP DEFAULT, ALTER mood TYPE text,"
			     "  ALTER mood SET DEFAULT 'so-so'"},
	{"enum of that schema", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "CREATE TYPE mood AS ENUM ('other', 'so-so')"},
	{"nullability", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER name DROP NOT NULL, ALTER tags SET NOT NULL"},
	{"default", RECONCILE_CONFLICT, 12, 0, 3,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER price SET DEFAULT 1, ALTER body DROP DEFAULT,"
			     "  ALTER tags SET DEFAULT '{}'"},
	{"another function", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ALTER seen SET DEFAULT statement_timestamp()"},
	{"in other words", RECONCILE_OK, 15, 0, 0,
	 ITEMS EVENTS THEIRS
	 "ALTER TABLE items ALTER seen SET DEFAULT CURRENT_TIMESTAMP,"
	 "  ALTER price SET DEFAULT 1 - 2, ALTER body SET DEFAULT '{}'::jsonb || '{ }'"},
	{"generated", RECONCILE_CONFLICT, 14, 0, 1,
	 ITEMS THEIRS "CREATE TABLE events (id int PRIMARY KEY,"
		      "  what text GENERATED ALWAYS AS (id + 1) STORED)"},
	{"identity", RECONCILE_OK, 15, 0, 0,
	 ITEMS THEIRS "CREATE TABLE events (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
		      "  what text)"},
	{"extra", RECONCILE_OK, 15, 0, 0,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ADD mine int[], ADD its varchar(3) DEFAULT 'x',"
			     "  ADD counted int NOT NULL GENERATED BY DEFAULT AS IDENTITY"},
	{"extra generated", RECONCILE_OK, 15, 0, 0,
	 ITEMS EVENTS THEIRS "ALTER TABLE items"
			     "  ADD twice bigint NOT NULL GENERATED ALWAYS AS (id * 2) STORED"},
	{"extra required", RECONCILE_OK, 15, 0, 0,
	 ITEMS EVENTS THEIRS "ALTER TABLE items ADD needed numeric(3,1) NOT NULL"},
	{"dropped", RECONCILE_OK, 15, 0, 0,
	 ITEMS EVENTS "CREATE TABLE theirs (a int, ours int DEFAULT 0, b int);"
		      "ALTER TABLE theirs DROP a, DROP b"},
	{"other case", RECONCILE_PENDING, 14, 1, 0,
	 ITEMS EVENTS "CREATE TABLE theirs (\"Ours\" int)"},
	{"elsewhere", RECONCILE_PENDING, 1, 14, 0,
	 THEIRS "CREATE SCHEMA hidden; CREATE TABLE hidden.items (id bigint PRIMARY KEY);"
		"CREATE TABLE hidden.events (id int PRIMARY KEY, what text)"},
	{"view", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS THEIRS "CREATE VIEW events AS SELECT 1 AS id, 'x'::text AS what"},
	{"materialized view", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS THEIRS "CREATE MATERIALIZED VIEW events AS SELECT 1 AS id"},
	{"foreign table", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS THEIRS "CREATE FOREIGN TABLE events (id int, what text) SERVER nowhere"},
	{"sequence", RECONCILE_CONFLICT, 13, 0, 2, ITEMS THEIRS "CREATE SEQUENCE events"},
	{"index", RECONCILE_CONFLICT, 13, 0, 2, ITEMS THEIRS "CREATE INDEX events ON items (name)"},
	{"composite type", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS THEIRS "CREATE TYPE events AS (id int)"},
	{"partitioned", RECONCILE_OK, 15, 0, 0,
	 ITEMS THEIRS "CREATE TABLE events (id int NOT NULL, what text) PARTITION BY RANGE (id);"
		      "CREATE TABLE first PARTITION OF events FOR VALUES FROM (0) TO (9)"},
	{"partition", RECONCILE_CONFLICT, 13, 0, 2,
	 ITEMS THEIRS "CREATE TABLE whole (id int NOT NULL, what text) PARTITION BY RANGE (id);"
		      "CREATE TABLE events PARTITION OF whole FOR VALUES FROM (0) TO (9)"},
	{"inherited", RECONCILE_OK, 15, 0, 0,
	 ITEMS THEIRS "CREATE TABLE parent (id int, what text);"
		      "CREATE TABLE events (PRIMARY KEY (id)) INHERITS (parent)"},
	{"unlogged", RECONCILE_OK, 15, 0, 0,
	 ITEMS THEIRS "CREATE UNLOGGED TABLE events (id int PRIMARY KEY, what text)"},
};

/* Generated columns are there from 12 on. */
static bool known(struct database *database, size_t i)
{
	return strstr(cases[i].sql, " STORED") == NULL || database_version(database) >= 12;
}

static void prepare(struct database *database)
{
	database_execute(database, "CREATE FOREIGN DATA WRAPPER none;"
				   "CREATE SERVER nowhere FOREIGN DATA WRAPPER none;"
				   "CREATE TYPE public.mood AS ENUM ('so-so', 'good');"
				   "CREATE DOMAIN public.code AS varchar(10) CHECK (value <> '')");
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (!known(database, i))
			continue;
		database_execute(database, "CREATE SCHEMA \"%s\"; SET search_path = \"%s\", public",
				 cases[i].name, cases[i].name);
		database_execute(database, "%s", cases[i].sql);
	}
	database_execute(database, "RESET search_path");
}

static char *check(struct start *start, size_t i, enum reconcile_catalog catalog)
{
	start->options.catalog = catalog;
	start_run(start, &registry);
	const struct reconcile_counts *counts = start->counts;
	cr_expect_eq(start->status, cases[i].status, "%s, reader %d: status %d: %s", cases[i].name,
		     catalog, start->status, start_told(start));
	char *items = start_items(start);
	cr_expect(counts->present == cases[i].present && counts->missing == cases[i].missing &&
			  counts->conflicts == cases[i].conflicts,
		  "%s, reader %d: %zu present, %zu missing, %zu conflicts:\n%s", cases[i].name,
		  catalog, counts->present, counts->missing, counts->conflicts, items);
	return items;
}

static void compare(struct start *start, bool detail)
{
	prepare(start->database);
	start->options.mode = RECONCILE_MODE_CHECK;
	start->options.detail = detail;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (!known(start->database, i))
			continue;
		start->options.schema = cases[i].name;
		char *exact = check(start, i, RECONCILE_CATALOG_PG_CATALOG);
		char *standard = check(start, i, RECONCILE_CATALOG_INFORMATION_SCHEMA);
		cr_expect(strcmp(exact, standard) == 0,
			  "%s: pg_catalog:\n%s\ninformation_schema:\n%s", cases[i].name, exact,
			  standard);
		free(exact);
		free(standard);
	}
}

ON_POSTGRES(boot_readers, both_readers_agree_in_every_detail)
{
	compare(start, true);
}

ON_POSTGRES(boot_readers, both_readers_agree_on_what_differs)
{
	compare(start, false);
}

/* information_schema has no modifier of an array's elements: that is said, and not guessed. */
ON_POSTGRES(boot_readers, what_one_of_them_cannot_see_is_said)
{
	static const struct reconcile_column codes[] = {
		COLUMN("lists", "codes", "VARCHAR(5)[]", NULLABLE, NO_DEFAULT),
		COLUMN("lists", "names", "VARCHAR[]", NULLABLE, NO_DEFAULT),
		COLUMN("lists", "words", "TEXT[]", NULLABLE, NO_DEFAULT),
		COLUMN("lists", "moods", "mood[]", NULLABLE, NO_DEFAULT),
		COLUMN("lists", "mood", "mood", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry lists = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, codes, COUNT(codes)};
	database_execute(start->database,
			 "CREATE TYPE mood AS ENUM ('fine');"
			 "CREATE TABLE lists (codes varchar(6)[], names varchar(6)[],"
			 "  words text[], moods mood[], mood mood)");
	start->options.mode = RECONCILE_MODE_CHECK;
	start_run(start, &lists);
	expect_status(start, RECONCILE_CONFLICT);
	cr_expect_eq(start->counts->conflicts, 2);

	start->options.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	start_run(start, &lists);
	expect_status(start, RECONCILE_OK);
	cr_expect_eq(start->counts->present, COUNT(codes));
	/* Only of types that can have one. */
	cr_expect_eq(reconcile_report_item_count(start->report), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct reconcile_item *item = start_item(start, "lists", codes[i].column);
		cr_assert(item != NULL && item->reason != NULL, "%s", start_told(start));
		expect_in(item->reason, "not compared");
	}
}

/* What one of them adds, the other one finds. */
Test(boot_readers, what_one_adds_is_there_for_the_other)
{
	static const enum reconcile_catalog readers[] = {RECONCILE_CATALOG_PG_CATALOG,
							 RECONCILE_CATALOG_INFORMATION_SCHEMA};
	static const char *const schemas[] = {"theirs alone", "older", "elsewhere", "other case"};
	for (size_t first = 0; first < COUNT(readers); first++) {
		struct start one;
		start_new(&one, ENGINE_POSTGRES);
		prepare(one.database);
		for (size_t i = 0; i < COUNT(schemas); i++) {
			one.options.schema = schemas[i];
			one.options.catalog = readers[first];
			start_run(&one, &registry);
			expect_status(&one, RECONCILE_OK);
			cr_expect_gt(one.counts->applied, 0);
			one.options.catalog = readers[1 - first];
			start_run(&one, &registry);
			expect_status(&one, RECONCILE_OK);
			cr_expect_eq(one.counts->present, COUNT(columns), "%s", schemas[i]);
			cr_expect_eq(one.counts->applied, 0);
		}
		start_free(&one);
	}
}
