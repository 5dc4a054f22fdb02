#include "../../src/model/compare.h"
#include "model.h"
#include <stdio.h>

/* ---- one column against one attribute ------------------------------------- */

#define TYPE_INT                                                                                   \
	{                                                                                          \
		23, -1, false                                                                      \
	}
#define TYPE_TEXT                                                                                  \
	{                                                                                          \
		25, -1, false                                                                      \
	}

Test(diff, a_column_conflicts_in_kinds)
{
	enum {
		TYPE = RECONCILE_CONFLICT_TYPE,
		NULLS = RECONCILE_CONFLICT_NULLABILITY,
		DEFAULT = RECONCILE_CONFLICT_DEFAULT,
		GENERATED = RECONCILE_CONFLICT_GENERATED,
	};
#define DECLARED(nullability, value)                                                               \
	{                                                                                          \
		"t", "c", "INT", RECONCILE_##nullability, value, NULL, NULL, 0                     \
	}
	/* clang-format off */
	static const struct {
		const char *name;
		struct reconcile_column column;
		struct attribute attribute;
		unsigned conflicts;
		bool compared;
	} cases[] = {
		{"same", DECLARED(NULLABLE, NO_DEFAULT), {.type = TYPE_INT}, 0, true},
		{"other type", DECLARED(NULLABLE, NO_DEFAULT), {.type = TYPE_TEXT}, TYPE, true},
		{"other modifier", DECLARED(NULLABLE, NO_DEFAULT), {.type = {23, 5, false}}, TYPE,
		 true},
		{"modifier unknown", DECLARED(NULLABLE, NO_DEFAULT), {.type = {23, 5, true}}, 0,
		 true},
		{"live NOT NULL", DECLARED(NULLABLE, NO_DEFAULT),
		 {.type = TYPE_INT, .not_null = true}, NULLS, true},
		{"live nullable", DECLARED(REQUIRED, NO_DEFAULT), {.type = TYPE_INT}, NULLS, true},
		{"required", DECLARED(REQUIRED, NO_DEFAULT), {.type = TYPE_INT, .not_null = true},
		 0, true},
		{"SQLite key that lacks NOT NULL", DECLARED(PRIMARY_KEY, NO_DEFAULT),
		 {.type = TYPE_INT, .primary_key = true}, 0, true},
		{"default here only", DECLARED(NULLABLE, VALUE("0")), {.type = TYPE_INT}, DEFAULT,
		 true},
		{"default there only", DECLARED(NULLABLE, NO_DEFAULT),
		 {.type = TYPE_INT, .default_value = "0"}, DEFAULT, true},
		{"equal defaults", DECLARED(NULLABLE, VALUE("0")),
		 {.type = TYPE_INT, .default_value = "'0'::integer"}, 0, true},
		{"defaults that may differ are no conflict", DECLARED(NULLABLE, VALUE("0")),
		 {.type = TYPE_INT, .default_value = "(0 + 0)"}, 0, false},
		{"equal defaults of two types", DECLARED(NULLABLE, VALUE("0")),
		 {.type = TYPE_TEXT, .default_value = "'0'::text"}, TYPE, true},
		{"defaults of two types", DECLARED(NULLABLE, VALUE("0")),
		 {.type = TYPE_TEXT, .default_value = "'1'::text"}, TYPE, false},
		{"a default that cannot be read", DECLARED(NULLABLE, VALUE("0")),
		 {.type = TYPE_INT, .default_unread = true}, 0, false},
		{"an unread default there only", DECLARED(NULLABLE, NO_DEFAULT),
		 {.type = TYPE_INT, .default_unread = true}, DEFAULT, true},
		{"NULL here is none", DECLARED(NULLABLE, SQL("NULL")), {.type = TYPE_INT}, 0, true},
		{"NULL there is none", DECLARED(NULLABLE, NO_DEFAULT),
		 {.type = TYPE_INT, .default_value = "NULL::character varying"}, 0, true},
		{"the value 'null' is one", DECLARED(NULLABLE, VALUE("null")),
		 {.type = TYPE_INT, .default_value = "NULL::text"}, DEFAULT, true},
		{"identity", DECLARED(PRIMARY_KEY, NO_DEFAULT),
		 {.type = TYPE_INT, .not_null = true, .identity = true}, 0, true},
		{"identity instead of a default", DECLARED(NOT_NULL, VALUE("0")),
		 {.type = TYPE_INT, .not_null = true, .identity = true}, DEFAULT, true},
		{"generated", DECLARED(NULLABLE, VALUE("0")), {.type = TYPE_INT, .generated = true},
		 GENERATED, true},
		{"everything", DECLARED(NOT_NULL, VALUE("0")), {.type = TYPE_TEXT},
		 TYPE | NULLS | DEFAULT, true},
	};
	/* clang-format on */
	static const struct type_id types[] = {TYPE_INT};
	static const struct catalog catalog = {.types = types, .type_count = 1};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct indexed_column column = {.row = &cases[i].column};
		unsigned conflicts = column_conflicts(&column, &cases[i].attribute, &catalog);
		cr_expect(conflicts == cases[i].conflicts, "%s: %u", cases[i].name, conflicts);
		cr_expect(default_is_compared(&cases[i].column, &cases[i].attribute) ==
				  cases[i].compared,
			  "%s", cases[i].name);
	}
}

Test(diff, a_modifier_that_was_not_seen_was_not_compared)
{
	static const struct {
		const char *name;
		struct type_id declared, live;
		bool compared;
	} cases[] = {
		{"seen", {1043, 7, false}, {1043, 7, false}, true},
		{"not seen", {1043, 7, false}, {1043, -1, true}, false},
		{"not seen, and none declared", {1043, -1, false}, {1043, -1, true}, false},
		{"another type anyway", {1043, 7, false}, {25, -1, true}, true},
	};
	static const struct reconcile_column row = DECLARED(NULLABLE, NO_DEFAULT);
	static const struct indexed_column column = {.row = &row};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct catalog one = {.types = &cases[i].declared, .type_count = 1};
		struct attribute attribute = {.type = cases[i].live};
		cr_expect(type_is_compared(&column, &attribute, &one) == cases[i].compared, "%s",
			  cases[i].name);
		one.type_count = 0;
		cr_expect(type_is_compared(&column, &attribute, &one), "%s, without types",
			  cases[i].name);
	}
}

/* ---- a registry against a catalog ----------------------------------------- */

static const struct reconcile_table tables[] = {
	{"fresh", "A new table", "x.def", 1},
	TABLE_ROW("notes", 2),
	TABLE_ROW("view", 3),
};
static const struct reconcile_column columns[] = {
	ROW("fresh", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 10),
	ROW("fresh", "note", "TEXT", NULLABLE, VALUE("x"), 11),
	ROW("notes", "gone", "TEXT", NOT_NULL, VALUE("x"), 12),
	ROW("notes", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 13),
	{"notes", "other", "INT", RECONCILE_NULLABLE, NO_DEFAULT, "Says what", "x.def", 14},
	ROW("notes", "must", "INT", REQUIRED, NO_DEFAULT, 15),
	ROW("notes", "must too", "INT", PRIMARY_KEY, NO_DEFAULT, 16),
	ROW("notes", "when", "INT", NULLABLE, SQL("now()"), 17),
	ROW("view", "a", "INT", NULLABLE, NO_DEFAULT, 18),
	ROW("view", "b", "INT", NULLABLE, NO_DEFAULT, 19),
	ROW("theirs", "a", "INT", NULLABLE, NO_DEFAULT, 20),
};
static const struct reconcile_registry registry = REGISTRY(tables, columns);
static const struct type_id types[] = {TYPE_INT, TYPE_TEXT};

/* clang-format off */
static const struct attribute notes[] = {
	{.name = "legacy", .type = TYPE_TEXT},
	{.name = "id", .type = TYPE_INT, .not_null = true, .primary_key = true},
	{.name = "other", .type = TYPE_TEXT, .type_text = "text", .not_null = true},
	{.name = "Gone", .type = TYPE_TEXT, .not_null = true, .default_value = "'x'::text"},
	{.name = "urgent", .type = TYPE_INT, .type_text = "integer", .not_null = true},
	{.name = "filled", .type = TYPE_INT, .not_null = true, .identity = true},
	{.name = "computed", .type = TYPE_INT, .not_null = true, .generated = true},
	{.name = "given", .type = TYPE_INT, .not_null = true, .default_value = "0"},
	{.name = "nulled", .type = TYPE_INT, .not_null = true, .default_value = "NULL::integer"},
};
/* clang-format on */
static const struct relation relations[] = {
	{.name = "fresh"},
	{.name = "notes",
	 .kind = RELATION_TABLE,
	 .attributes = notes,
	 .attribute_count = COUNT(notes)},
	{.name = "view", .kind = RELATION_FOREIGN, .kind_text = "a view"},
	{.name = "theirs"},
};
static const struct catalog catalog = {.relations = relations,
				       .relation_count = COUNT(relations),
				       .types = types,
				       .type_count = COUNT(types)};

static struct arena arena;
static struct index index_of_registry;

static void setup(void)
{
	struct error err = {0};
	arena = (struct arena){0};
	cr_assert(index_build(&index_of_registry, &registry, &arena, &err), "%s", err.message);
}

static void teardown(void)
{
	arena_release(&arena);
}

static struct diff build(const struct dialect *dialect, bool everything)
{
	struct sql sql = {.dialect = dialect, .arena = &arena};
	struct diff diff;
	struct error err = {0};
	cr_assert(diff_build(&diff, &index_of_registry, &catalog, &sql, &any_terms, everything,
			     &arena, &err),
		  "%s", err.message);
	return diff;
}

/* "table.column state [conflicts] cost reason | sql", a line an item. */
static const char *items_text(const struct diff *diff)
{
	static const char *const states[] = {"present", "missing", "conflict",
					     "foreign", "extra",   "required"};
	static const char *const costs[] = {"-",    "unknown", "catalog",
					    "scan", "rewrite", "impossible"};
	struct buffer buf = BUFFER_INIT(&arena);
	for (size_t i = 0; i < diff->item_count; i++) {
		const struct reconcile_item *item = &diff->items[i];
		buffer_addf(&buf, "%s.%s %s", item->table, item->column ? item->column : "*",
			    states[item->state]);
		if (item->conflicts)
			buffer_addf(&buf, " %u", item->conflicts);
		if (item->cost)
			buffer_addf(&buf, " %s", costs[item->cost]);
		if (item->reason)
			buffer_addf(&buf, " (%s)", item->reason);
		if (item->sql)
			buffer_addf(&buf, " | %s", item->sql);
		buffer_add_char(&buf, '\n');
	}
	return buffer_text(&buf);
}

#define NOBODYS                                                                                    \
	"the table does not exist and has no TABLE row in this registry, so it is "                \
	"never created: add that row, or make the table"
#define NEEDS_ROWS "NOT NULL without default cannot be added to a table with rows"

Test(diff, tells_everything_in_registry_order, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_postgres, true);
	expect_text(
		"items", items_text(&diff),
		"fresh.* missing catalog | CREATE TABLE \"fresh\" (\n"
		"  \"id\" INT NOT NULL,\n"
		"  \"note\" TEXT DEFAULT 'x',\n"
		"  PRIMARY KEY (\"id\")\n"
		");\n"
		"fresh.id missing catalog\n"
		"fresh.note missing catalog\n"
		"notes.gone missing catalog | ALTER TABLE \"notes\" ADD COLUMN \"gone\" TEXT NOT "
		"NULL DEFAULT 'x';\n"
		"notes.id present\n"
		"notes.other conflict 3 | ALTER TABLE \"notes\" ALTER COLUMN \"other\" TYPE INT "
		"USING "
		"\"other\"::INT, ALTER COLUMN \"other\" DROP NOT NULL;\n"
		"notes.must missing impossible (" NEEDS_ROWS ") | ALTER TABLE \"notes\" ADD COLUMN "
		"\"must\" INT NOT NULL;\n"
		"notes.must too missing impossible (a primary key column cannot be added to a "
		"table "
		"with rows) | ALTER TABLE \"notes\" ADD COLUMN \"must too\" INT NOT NULL;\n"
		"notes.when missing catalog | ALTER TABLE \"notes\" ADD COLUMN \"when\" INT "
		"DEFAULT "
		"(now());\n"
		"notes.legacy extra\n"
		"notes.Gone extra\n"
		"notes.urgent required | ALTER TABLE \"notes\" ALTER COLUMN \"urgent\" DROP NOT "
		"NULL;\n"
		"notes.filled extra\n"
		"notes.computed extra\n"
		"notes.given extra\n"
		"notes.nulled required | ALTER TABLE \"notes\" ALTER COLUMN \"nulled\" DROP NOT "
		"NULL;\n"
		"view.* foreign (a view)\n"
		"theirs.* missing impossible (" NOBODYS ")\n"
		"theirs.a missing impossible (" NOBODYS ")\n");
}

Test(diff, counts_every_declared_column_once, .init = setup, .fini = teardown)
{
	for (int everything = 0; everything < 2; everything++) {
		struct diff diff = build(&model_postgres, everything);
		const struct reconcile_counts *counts = &diff.counts;
		cr_expect(counts->tables == 4);
		cr_expect(counts->columns == 11);
		cr_expect(counts->present == 1, "%zu", counts->present);
		cr_expect(counts->missing == 7, "%zu", counts->missing);
		cr_expect(counts->conflicts == 3, "%zu", counts->conflicts);
		cr_expect(counts->present + counts->missing + counts->conflicts == counts->columns);
		cr_expect(counts->extra == 7, "%zu", counts->extra);
		cr_expect(counts->extra_required == 2);
		cr_expect(counts->tables_missing == 2);
		cr_expect(counts->applied == 0 && counts->tables_created == 0);
		cr_expect(diff.conflict_count == 1);
	}
}

Test(diff, leaves_out_what_is_in_order_unless_asked, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_postgres, false);
	for (size_t i = 0; i < diff.item_count; i++) {
		cr_expect(diff.items[i].state != RECONCILE_PRESENT);
		cr_expect(diff.items[i].state != RECONCILE_EXTRA);
	}
	cr_expect(diff.item_count == 19 - 1 - 5, "%zu", diff.item_count);
}

Test(diff, an_item_shows_both_sides, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_postgres, true);
	const struct reconcile_item *other = &diff.items[5];
	expect_text("column", other->column, "other");
	expect_text("declared", other->declared.type, "INT");
	cr_expect(other->declared.nullable);
	expect_text("declared", other->declared.default_value, NULL);
	cr_expect(other->has_live);
	expect_text("live", other->live.type, "text");
	cr_expect(!other->live.nullable);
	expect_text("description", other->description, "Says what");
	expect_text("file", other->file, "x.def");
	cr_expect(other->line == 14);

	const struct reconcile_item *gone = &diff.items[3];
	expect_text("default", gone->declared.default_value, "'x'");
	cr_expect(!gone->declared.nullable);
	cr_expect(!gone->has_live);
	expect_text("expression", diff.items[8].declared.default_value, "(now())");

	const struct reconcile_item *given = &diff.items[14];
	expect_text("column", given->column, "given");
	expect_text("live", given->live.default_value, "0");
	cr_expect(given->has_live && given->declared.type == NULL && given->file == NULL);

	expect_text("description", diff.items[0].description, "A new table");
	cr_expect(diff.items[0].line == 1);
	expect_text("theirs is told at its first column", diff.items[17].file, "x.def");
	cr_expect(diff.items[17].line == 20);
}

Test(diff, names_are_exact_unless_the_database_ignores_case, .init = setup, .fini = teardown)
{
	struct diff exact = build(&model_postgres, false);
	struct diff folded = build(&model_sqlite, false);
	cr_expect(folded.counts.present == exact.counts.present + 1);
	cr_expect(folded.counts.missing == exact.counts.missing - 1);
	cr_expect(folded.counts.extra == exact.counts.extra - 1);
}

Test(diff, a_table_gets_what_it_can_have_and_says_what_it_cannot, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_postgres, false);
	cr_assert(diff.table_count == 4);
	const struct table_diff *fresh = &diff.tables[0];
	cr_expect(fresh->create && fresh->missing_count == 2 && !fresh->obstacle);
	cr_expect(fresh->relation == &relations[0]);

	const struct table_diff *partly = &diff.tables[1];
	cr_expect(!partly->create);
	cr_assert(partly->missing_count == 2);
	expect_text("first", partly->missing[0]->row->column, "gone");
	expect_text("second", partly->missing[1]->row->column, "when");
	expect_text("obstacle", partly->obstacle,
		    "column 'must': " NEEDS_ROWS " (and 1 more column)");
	cr_expect(partly->obstructed == 2);

	cr_expect(diff.tables[2].missing_count == 0 && diff.tables[2].obstructed == 2);
	expect_text("view", diff.tables[2].obstacle, "the name is taken by a view");
	cr_expect(diff.tables[3].missing_count == 0 && diff.tables[3].obstructed == 1);
	expect_text("theirs", diff.tables[3].obstacle, NOBODYS);
}

Test(diff, sqlite_cannot_add_an_expression_to_rows, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_sqlite, false);
	const struct table_diff *partly = &diff.tables[1];
	cr_expect(partly->missing_count == 0); /* "gone" is "Gone" here */
	cr_expect(partly->obstructed == 3);
	expect_text("obstacle", partly->obstacle,
		    "column 'must': " NEEDS_ROWS " (and 2 more columns)");
}

Test(diff, one_table_alone_gives_the_same, .init = setup, .fini = teardown)
{
	struct diff all = build(&model_postgres, false);
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	for (size_t i = 0; i < all.table_count; i++) {
		const struct table_diff *expected = &all.tables[i];
		struct table_diff one;
		struct error err = {0};
		cr_assert(diff_table(&one, expected->table, expected->relation, &any_terms, &sql,
				     &arena, &err));
		cr_expect(one.create == expected->create);
		cr_expect(one.obstructed == expected->obstructed);
		expect_text("obstacle", one.obstacle, expected->obstacle);
		cr_assert(one.missing_count == expected->missing_count);
		for (size_t j = 0; j < one.missing_count; j++)
			cr_expect(one.missing[j] == expected->missing[j]);
	}
}

Test(diff, refuses_a_catalog_of_another_size, .init = setup, .fini = teardown)
{
	struct catalog small = catalog;
	small.relation_count = 1;
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	struct diff diff;
	struct error err = {0};
	cr_expect(!diff_build(&diff, &index_of_registry, &small, &sql, &any_terms, true, &arena,
			      &err));
	cr_expect(err.status == RECONCILE_FAILED);
}

/* ---- terms ---------------------------------------------------------------- */

/* One a table: "notes" is the second. */
static const struct table_size sizes[] = {
	{-1, -1, false},
	{300, 1572864, false},
	{-1, -1, false},
	{-1, -1, false},
};

static const char refusal[] = "adding it writes the whole table anew under the lock: a volatile "
			      "default (the table: about 300 rows, 1,536 kB)";

static void expect_lack(const struct table_diff *lack, bool refused)
{
	cr_assert(lack->missing_count == (refused ? 1 : 2));
	expect_text("first", lack->missing[0]->row->column, "gone");
	cr_assert(lack->refused_count == (refused ? 1 : 0));
	expect_text("refusal", lack->refusal, refused ? refusal : NULL);
	cr_expect(lack->obstructed == 2);
}

Test(diff, a_dear_column_is_refused_and_the_others_are_not, .init = setup, .fini = teardown)
{
	static const struct cost_answer answers[] = {
		{"INT DEFAULT (now())", {RECONCILE_COST_REWRITE, "a volatile default"}},
	};
	static const struct {
		long long allowed;
		bool refused;
	} cases[] = {{0, true}, {299, true}, {300, false}, {-1, false}};
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool refused = cases[i].refused;
		const struct terms terms = {.index = &index_of_registry,
					    .answers = answers,
					    .answer_count = COUNT(answers),
					    .sizes = sizes,
					    .allowed_rows = cases[i].allowed};
		struct diff diff;
		struct table_diff one;
		struct error err = {0};
		cr_assert(diff_build(&diff, &index_of_registry, &catalog, &sql, &terms, false,
				     &arena, &err));
		const struct reconcile_item *gone = &diff.items[3], *when = &diff.items[7];
		expect_text("when", when->column, "when");
		cr_expect(when->refused == refused);
		cr_expect(when->cost == RECONCILE_COST_REWRITE);
		cr_expect(when->rows == 300 && when->bytes == 1572864);
		expect_text("reason", when->reason, refused ? refusal : "a volatile default");
		expect_text("sql", when->sql,
			    "ALTER TABLE \"notes\" ADD COLUMN \"when\" INT DEFAULT (now());");
		expect_text("gone", gone->column, "gone");
		cr_expect(!gone->refused && gone->rows == 300);
		cr_expect(diff.counts.missing == 7);
		expect_lack(&diff.tables[1], refused);
		cr_assert(diff_table(&one, diff.tables[1].table, &relations[1], &terms, &sql,
				     &arena, &err));
		expect_lack(&one, refused);
		/* A table to be created is a matter of no terms. */
		cr_expect(diff.items[0].rows == -1 && diff.items[0].bytes == -1);
		cr_expect(diff.items[2].rows == -1 && !diff.items[2].refused);
		cr_expect(diff.tables[0].missing_count == 2 && diff.tables[0].refused_count == 0);
		cr_expect(diff.items[diff.item_count - 1].rows == -1);
	}
}

/* ---- what the database fills ---------------------------------------------- */

Test(diff, what_the_database_fills_is_no_default, .init = setup, .fini = teardown)
{
	static const struct reconcile_column rows[] = {
		ROW("t", "plain", "INT", REQUIRED, NO_DEFAULT, 1),
		ROW("t", "identity", "INT", NOT_NULL, VALUE("0"), 2),
		ROW("t", "key", "INT", REQUIRED, NO_DEFAULT, 3),
		ROW("t", "generated", "INT", NOT_NULL, VALUE("0"), 4),
	};
	static const struct reconcile_registry filled = REGISTRY_WITHOUT_TABLES(rows);
	/* clang-format off */
	static const struct attribute live[] = {
		{.name = "plain", .type = TYPE_INT, .not_null = true},
		{.name = "identity", .type = TYPE_INT, .not_null = true, .identity = true},
		{.name = "key", .type = TYPE_INT, .not_null = true, .identity = true},
		{.name = "generated", .type = TYPE_INT, .not_null = true, .generated = true},
	};
	static const struct {
		const char *by;
		unsigned conflicts;
		const char *sql;
	} expected[] = {
		{NULL, 0, NULL},
		{"identity", RECONCILE_CONFLICT_DEFAULT,
		 "ALTER TABLE \"t\" ALTER COLUMN \"identity\" DROP IDENTITY, ALTER COLUMN "
		 "\"identity\" SET DEFAULT '0';"},
		{"identity", 0, NULL},
		{"generated", RECONCILE_CONFLICT_GENERATED,
		 "ALTER TABLE \"t\" ALTER COLUMN \"generated\" DROP EXPRESSION, ALTER COLUMN "
		 "\"generated\" SET DEFAULT '0';"},
	};
	/* clang-format on */
	static const struct relation relation = {
		.name = "t", .kind = RELATION_TABLE, .attributes = live, .attribute_count = 4};
	const struct catalog one = {
		.relations = &relation, .relation_count = 1, .types = types, .type_count = 1};
	const struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	struct index index;
	struct diff diff;
	struct error err = {0};
	cr_assert(index_build(&index, &filled, &arena, &err), "%s", err.message);
	const struct terms terms = {.index = &index, .allowed_rows = -1};
	cr_assert(diff_build(&diff, &index, &one, &sql, &terms, true, &arena, &err));
	cr_assert(diff.item_count == COUNT(expected));
	cr_expect(diff.pair_count == 0);
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct reconcile_item *item = &diff.items[i];
		expect_text(item->column, item->live.filled_by, expected[i].by);
		expect_text(item->column, item->declared.filled_by, NULL);
		expect_text(item->column, item->sql, expected[i].sql);
		cr_expect(item->conflicts == expected[i].conflicts, "%s", item->column);
		cr_expect(item->default_compared, "%s", item->column);
		cr_expect(item->rows == -1 && item->bytes == -1);
	}
}

/* ---- in sync -------------------------------------------------------------- */

enum { MANY_TABLES = 100, MANY_COLUMNS = 50 };

Test(diff, in_sync_allocates_nothing_that_is_kept)
{
	static char names[MANY_COLUMNS][8];
	static char table_names[MANY_TABLES][8];
	static struct reconcile_column rows[MANY_TABLES * MANY_COLUMNS];
	static struct attribute attributes[MANY_COLUMNS + 1];
	static struct relation live[MANY_TABLES];
	for (size_t i = 0; i < MANY_COLUMNS; i++) {
		sprintf(names[i], "c%zu", i);
		/* The other way round than declared: order does not matter. */
		attributes[MANY_COLUMNS - 1 - i] =
			(struct attribute){.name = names[i], .type = TYPE_INT};
	}
	attributes[MANY_COLUMNS] = (struct attribute){.name = "extra", .type = TYPE_INT};
	for (size_t i = 0; i < MANY_TABLES; i++) {
		sprintf(table_names[i], "t%zu", i);
		live[i] = (struct relation){.name = table_names[i],
					    .kind = RELATION_TABLE,
					    .attributes = attributes,
					    .attribute_count = COUNT(attributes)};
	}
	for (size_t i = 0; i < COUNT(rows); i++)
		rows[i] = (struct reconcile_column){.table = table_names[i / MANY_COLUMNS],
						    .column = names[i % MANY_COLUMNS],
						    .type = "INT"};
	const struct reconcile_registry many = REGISTRY_WITHOUT_TABLES(rows);
	const struct catalog in_sync = {.relations = live,
					.relation_count = MANY_TABLES,
					.types = types,
					.type_count = COUNT(types)};
	struct arena index_arena = {0}, diff_arena = {0};
	struct sql sql = {.dialect = &model_postgres, .arena = &diff_arena};
	struct error err = {0};
	struct index index;
	struct diff diff;
	cr_assert(index_build(&index, &many, &index_arena, &err), "%s", err.message);
	cr_assert(diff_build(&diff, &index, &in_sync, &sql, &any_terms, false, &diff_arena, &err));
	cr_expect(diff.counts.present == COUNT(rows), "%zu", diff.counts.present);
	cr_expect(diff.counts.extra == MANY_TABLES);
	cr_expect(diff.item_count == 0 && diff.table_count == 0);
	cr_expect(diff_arena.block_count == 0 && diff_arena.bytes == 0, "%zu bytes",
		  diff_arena.bytes);

	/* Asked for everything, it does allocate: the measure measures. */
	cr_assert(diff_build(&diff, &index, &in_sync, &sql, &any_terms, true, &diff_arena, &err));
	cr_expect(diff.item_count == COUNT(rows) + MANY_TABLES);
	cr_expect(diff_arena.bytes > diff.item_count * sizeof(struct reconcile_item));
	arena_release(&index_arena);
	arena_release(&diff_arena);
}

/* Working memory does not grow with the registry either: one table's worth, whatever is declared.
 */
Test(diff, in_sync_works_in_the_memory_of_one_table, .init = setup, .fini = teardown)
{
	static const struct reconcile_column rows[] = {
		ROW("a", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 1),
		ROW("b", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 2),
		ROW("c", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 3),
	};
	static const struct reconcile_registry three = REGISTRY_WITHOUT_TABLES(rows);
	static const struct relation live[] = {
		{.name = "a",
		 .kind = RELATION_TABLE,
		 .attributes = notes + 1,
		 .attribute_count = 1},
		{.name = "b",
		 .kind = RELATION_TABLE,
		 .attributes = notes + 1,
		 .attribute_count = 1},
		{.name = "c",
		 .kind = RELATION_TABLE,
		 .attributes = notes + 1,
		 .attribute_count = 1},
	};
	const struct catalog in_sync = {
		.relations = live, .relation_count = 3, .types = types, .type_count = 1};
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	struct error err = {0};
	struct index index;
	struct diff diff;
	cr_assert(index_build(&index, &three, &arena, &err), "%s", err.message);
	/* The second block asked for would fail: there is only one. */
	arena_fail_after(2);
	bool built = diff_build(&diff, &index, &in_sync, &sql, &any_terms, false, &arena, &err);
	arena_fail_after(0);
	cr_expect(built, "%s", err.message);
}

/* ---- what a change did ---------------------------------------------------- */

#define ATTRIBUTE_ID                                                                               \
	{                                                                                          \
		.name = "id", .type = TYPE_INT, .not_null = true, .primary_key = true              \
	}
#define ATTRIBUTE_OLD                                                                              \
	{                                                                                          \
		.name = "old", .type = TYPE_TEXT, .default_value = "'a'"                           \
	}
#define ATTRIBUTE_NEW                                                                              \
	{                                                                                          \
		.name = "new", .type = TYPE_INT, .not_null = true, .default_value = "0"            \
	}

Test(diff, a_change_is_verified)
{
	static const struct reconcile_column row = ROW("t", "new", "INT", NOT_NULL, VALUE("0"), 1);
	static const struct attribute before[] = {ATTRIBUTE_ID, ATTRIBUTE_OLD};
	/* clang-format off */
	static const struct {
		const char *name;
		enum relation_kind kind;
		struct attribute after[4];
		size_t count;
		const char *message; /* NULL: as planned */
	} cases[] = {
		{"as planned", RELATION_TABLE, {ATTRIBUTE_ID, ATTRIBUTE_OLD, ATTRIBUTE_NEW}, 3,
		 NULL},
		{"in another order", RELATION_TABLE, {ATTRIBUTE_NEW, ATTRIBUTE_OLD, ATTRIBUTE_ID},
		 3, NULL},
		{"another spelling of the default", RELATION_TABLE,
		 {ATTRIBUTE_ID, ATTRIBUTE_OLD, {.name = "new", .type = TYPE_INT, .not_null = true,
		  .default_value = "(1 - 1)"}}, 3, NULL},
		{"nothing happened", RELATION_TABLE, {ATTRIBUTE_ID, ATTRIBUTE_OLD}, 2,
		 "table 't': column 'new' is still missing after the change"},
		{"one is gone", RELATION_TABLE, {ATTRIBUTE_ID, ATTRIBUTE_NEW}, 2,
		 "table 't': column 'old' is gone after the change"},
		{"one is renamed", RELATION_TABLE,
		 {ATTRIBUTE_ID, {.name = "Old", .type = TYPE_TEXT, .default_value = "'a'"},
		  ATTRIBUTE_NEW}, 3, "table 't': column 'old' is gone after the change"},
		{"one is retyped", RELATION_TABLE,
		 {ATTRIBUTE_ID, {.name = "old", .type = TYPE_INT, .default_value = "'a'"},
		  ATTRIBUTE_NEW}, 3,
		 "table 't': column 'old' is not what it was before the change"},
		{"one lost its default", RELATION_TABLE,
		 {ATTRIBUTE_ID, {.name = "old", .type = TYPE_TEXT}, ATTRIBUTE_NEW}, 3,
		 "table 't': column 'old' is not what it was before the change"},
		{"one became NOT NULL", RELATION_TABLE,
		 {ATTRIBUTE_ID, {.name = "old", .type = TYPE_TEXT, .not_null = true,
		  .default_value = "'a'"}, ATTRIBUTE_NEW}, 3,
		 "table 't': column 'old' is not what it was before the change"},
		{"one more is new", RELATION_TABLE,
		 {ATTRIBUTE_ID, ATTRIBUTE_OLD, ATTRIBUTE_NEW, {.name = "x", .type = TYPE_INT}}, 4,
		 "table 't': column 'x' is new after the change, and was not planned"},
		{"another type", RELATION_TABLE,
		 {ATTRIBUTE_ID, ATTRIBUTE_OLD, {.name = "new", .type = TYPE_TEXT, .not_null = true,
		  .default_value = "0"}}, 3,
		 "table 't': column 'new' was added, but with another type than declared"},
		{"nullable", RELATION_TABLE,
		 {ATTRIBUTE_ID, ATTRIBUTE_OLD, {.name = "new", .type = TYPE_INT,
		  .default_value = "0"}}, 3,
		 "table 't': column 'new' was added, but not with the nullability declared"},
		{"without default", RELATION_TABLE,
		 {ATTRIBUTE_ID, ATTRIBUTE_OLD, {.name = "new", .type = TYPE_INT, .not_null = true}},
		 3, "table 't': column 'new' was added, but not with the default declared"},
		{"no table", RELATION_ABSENT, {{0}}, 0, "table 't': is not there after the change"},
		{"a view now", RELATION_FOREIGN, {{0}}, 0,
		 "table 't': is not a plain table after the change"},
	};
	/* clang-format on */
	const struct indexed_column column = {.row = &row};
	const struct indexed_column *missing[] = {&column};
	const struct indexed_table table = {.name = "t", .columns = &column, .column_count = 1};
	const struct table_diff planned = {.table = &table, .missing = missing, .missing_count = 1};
	const struct relation old = {
		.name = "t", .kind = RELATION_TABLE, .attributes = before, .attribute_count = 2};
	const struct catalog catalog_of_types = {.types = types, .type_count = COUNT(types)};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct relation after = {.name = "t",
					       .kind = cases[i].kind,
					       .attributes = cases[i].after,
					       .attribute_count = cases[i].count};
		struct error err = {0};
		bool good = diff_verify(&planned, &old, &after, &catalog_of_types, &model_postgres,
					&err);
		cr_expect(good == !cases[i].message, "%s", cases[i].name);
		expect_text(cases[i].name, err.message, cases[i].message ? cases[i].message : "");
		cr_expect(good || err.status == RECONCILE_FAILED, "%s", cases[i].name);
	}
}

Test(diff, a_creation_is_verified, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_postgres, false);
	struct attribute after[] = {
		ATTRIBUTE_ID,
		{.name = "note", .type = TYPE_TEXT, .default_value = "'x'::text"},
	};
	struct relation created = {
		.name = "fresh", .kind = RELATION_TABLE, .attributes = after, .attribute_count = 2};
	struct error err = {0};
	cr_expect(diff_verify(&diff.tables[0], &relations[0], &created, &catalog, &model_postgres,
			      &err),
		  "%s", err.message);
	after[1].not_null = true;
	cr_expect(!diff_verify(&diff.tables[0], &relations[0], &created, &catalog, &model_postgres,
			       &err));
	expect_text(
		"message", err.message,
		"table 'fresh': column 'note' was added, but not with the nullability declared");
}

Test(diff, verifying_and_one_table_survive_the_lack_of_memory, .init = setup, .fini = teardown)
{
	struct diff diff = build(&model_postgres, false);
	struct arena empty = {0};
	struct sql sql = {.dialect = &model_postgres, .arena = &empty};
	struct table_diff one;
	struct error err = {0};
	arena_fail_after(1);
	cr_expect(!diff_verify(&diff.tables[1], &relations[1], &relations[1], &catalog,
			       &model_postgres, &err));
	expect_text("verify", err.message, "out of memory");
	for (unsigned n = 1; n <= 2; n++) {
		err = (struct error){0};
		arena_fail_after(n);
		cr_expect(!diff_table(&one, diff.tables[1].table, &relations[1], &any_terms, &sql,
				      &empty, &err));
		expect_text("table", err.message, "out of memory");
	}
	arena_fail_after(0);
	arena_release(&empty);
}
