#include "model.h"

static const struct reconcile_table tables[] = {TABLE_ROW("order", 1)};
static const struct reconcile_column columns[] = {
	ROW("order", "id", "VARCHAR", PRIMARY_KEY, NO_DEFAULT, 2),
	ROW("order", "tenant", "VARCHAR", PRIMARY_KEY, NO_DEFAULT, 3),
	ROW("order", "who", "VARCHAR(20)", NOT_NULL, VALUE("O'Brien"), 4),
	ROW("order", "at", "TIMESTAMPTZ", NOT_NULL, SQL("now()"), 5),
	ROW("order", "Mixed \"Case\"", "TEXT", NULLABLE, SQL(" (null) "), 6),
	ROW("order", "name", "TEXT", REQUIRED, NO_DEFAULT, 7),
	ROW("notes", "note", "TEXT", NULLABLE, VALUE(""), 8),
};
static const struct reconcile_registry registry = REGISTRY(tables, columns);

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

TestSuite(sql, .init = setup, .fini = teardown);

static struct sql in_schema(const char *schema)
{
	return (struct sql){.dialect = &model_postgres, .schema = schema, .arena = &arena};
}

Test(sql, creates_a_table_with_its_key_and_defaults)
{
	struct sql sql = in_schema("app");
	expect_text("create", sql_create_table(&sql, &index_of_registry.tables[0]),
		    "CREATE TABLE \"app\".\"order\" (\n"
		    "  \"id\" VARCHAR NOT NULL,\n"
		    "  \"tenant\" VARCHAR NOT NULL,\n"
		    "  \"who\" VARCHAR(20) NOT NULL DEFAULT 'O''Brien',\n"
		    "  \"at\" TIMESTAMPTZ NOT NULL DEFAULT (now()),\n"
		    "  \"Mixed \"\"Case\"\"\" TEXT,\n"
		    "  \"name\" TEXT NOT NULL,\n"
		    "  PRIMARY KEY (\"id\", \"tenant\")\n"
		    ");");
}

Test(sql, creates_a_table_without_key_or_schema)
{
	struct sql sql = in_schema(NULL);
	expect_text("create", sql_create_table(&sql, &index_of_registry.tables[1]),
		    "CREATE TABLE \"notes\" (\n"
		    "  \"note\" TEXT DEFAULT ''\n"
		    ");");
}

Test(sql, adds_one_column_on_one_line)
{
	struct sql sql = in_schema("app");
	const struct indexed_table *table = &index_of_registry.tables[0];
	const struct indexed_column *one[] = {&table->columns[2]};
	expect_text("alter", sql_add_columns(&sql, table, one, 1),
		    "ALTER TABLE \"app\".\"order\" ADD COLUMN \"who\" VARCHAR(20) NOT NULL "
		    "DEFAULT 'O''Brien';");
}

Test(sql, adds_several_columns_one_a_line)
{
	struct sql sql = in_schema(NULL);
	const struct indexed_table *table = &index_of_registry.tables[0];
	const struct indexed_column *two[] = {&table->columns[3], &table->columns[4]};
	expect_text("alter", sql_add_columns(&sql, table, two, 2),
		    "ALTER TABLE \"order\"\n"
		    "  ADD COLUMN \"at\" TIMESTAMPTZ NOT NULL DEFAULT (now()),\n"
		    "  ADD COLUMN \"Mixed \"\"Case\"\"\" TEXT;");
}

Test(sql, says_a_column_and_its_default_for_people)
{
	static const struct {
		const char *definition;
		const char *default_value;
	} expected[] = {
		{"VARCHAR NOT NULL", NULL},
		{"VARCHAR NOT NULL", NULL},
		{"VARCHAR(20) NOT NULL DEFAULT 'O''Brien'", "'O''Brien'"},
		{"TIMESTAMPTZ NOT NULL DEFAULT (now())", "(now())"},
		{"TEXT", NULL}, /* DEFAULT_SQL("NULL") is none */
		{"TEXT NOT NULL", NULL},
		{"TEXT DEFAULT ''", "''"},
	};
	struct sql sql = in_schema(NULL);
	for (size_t i = 0; i < COUNT(expected); i++) {
		const char *name = columns[i].column;
		expect_text(name, sql_definition(&sql, &columns[i]), expected[i].definition);
		expect_text(name, sql_default(&sql, &columns[i]), expected[i].default_value);
		cr_expect(column_has_default(&columns[i]) == (expected[i].default_value != NULL),
			  "%s", name);
	}
}

/* ---- what a person could run ---------------------------------------------- */

#define ALTER "ALTER TABLE \"app\".\"t\""
#define C " ALTER COLUMN \"c\" "
#define AND_C ", ALTER COLUMN \"c\" "

Test(sql, alters_a_column_in_one_statement)
{
	enum {
		TYPE = RECONCILE_CONFLICT_TYPE,
		NULLS = RECONCILE_CONFLICT_NULLABILITY,
		DEFAULT = RECONCILE_CONFLICT_DEFAULT,
		GENERATED = RECONCILE_CONFLICT_GENERATED,
	};
	static const struct reconcile_column plain =
		ROW("t", "c", "VARCHAR(20)", NULLABLE, NO_DEFAULT, 1);
	static const struct reconcile_column full =
		ROW("t", "c", "VARCHAR(20)", NOT_NULL, VALUE("x"), 1);
	static const struct reconcile_column call = ROW("t", "c", "INT", NULLABLE, SQL("f()"), 1);
	static const struct reconcile_column whole =
		ROW("t", "c", " bigint ", REQUIRED, NO_DEFAULT, 1);
	static const struct reconcile_column key = ROW("t", "c", "INT", PRIMARY_KEY, NO_DEFAULT, 1);
	/* clang-format off */
	static const struct {
		const char *name;
		const struct reconcile_column *row;
		struct attribute live;
		unsigned conflicts;
		const char *sql;
	} cases[] = {
		{"type", &plain, {.name = "c"}, TYPE,
		 ALTER C "TYPE VARCHAR(20) USING \"c\"::VARCHAR(20);"},
		{"type of a default that is as declared", &full,
		 {.name = "c", .default_value = "'x'"}, TYPE,
		 ALTER C "DROP DEFAULT" AND_C "TYPE VARCHAR(20) USING \"c\"::VARCHAR(20)" AND_C
		 "SET DEFAULT 'x';"},
		{"type of a default that is not declared", &plain,
		 {.name = "c", .default_unread = true}, TYPE | DEFAULT,
		 ALTER C "DROP DEFAULT" AND_C "TYPE VARCHAR(20) USING \"c\"::VARCHAR(20);"},
		{"everything", &full, {.name = "c", .default_value = "0"}, TYPE | NULLS | DEFAULT,
		 ALTER C "DROP DEFAULT" AND_C "TYPE VARCHAR(20) USING \"c\"::VARCHAR(20)" AND_C
		 "SET NOT NULL" AND_C "SET DEFAULT 'x';"},
		{"not null", &full, {.name = "c", .default_value = "'x'"}, NULLS,
		 ALTER C "SET NOT NULL;"},
		{"null", &plain, {.name = "c", .not_null = true}, NULLS, ALTER C "DROP NOT NULL;"},
		{"key", &key, {.name = "c"}, NULLS, ALTER C "SET NOT NULL;"},
		{"default", &call, {.name = "c", .default_value = "1"}, DEFAULT,
		 ALTER C "SET DEFAULT (f());"},
		{"no default", &plain, {.name = "c", .default_value = "1"}, DEFAULT,
		 ALTER C "DROP DEFAULT;"},
		{"identity instead of a default", &full,
		 {.name = "c", .not_null = true, .identity = true}, DEFAULT,
		 ALTER C "DROP IDENTITY" AND_C "SET DEFAULT 'x';"},
		{"identity that accepts no NULL", &plain,
		 {.name = "c", .not_null = true, .identity = true}, NULLS,
		 ALTER C "DROP IDENTITY" AND_C "DROP NOT NULL;"},
		{"identity of another integer type", &whole,
		 {.name = "c", .not_null = true, .identity = true}, TYPE,
		 ALTER C "TYPE  bigint  USING \"c\":: bigint ;"},
		{"identity of no integer type: the type comes later", &full,
		 {.name = "c", .not_null = true, .identity = true}, TYPE | DEFAULT,
		 ALTER C "DROP IDENTITY;"},
		{"generated", &full, {.name = "c", .generated = true}, GENERATED | NULLS,
		 ALTER C "DROP EXPRESSION" AND_C "SET NOT NULL" AND_C "SET DEFAULT 'x';"},
		{"generated, without default", &plain, {.name = "c", .generated = true}, GENERATED,
		 ALTER C "DROP EXPRESSION;"},
		{"generated, of another type: the type comes later", &full,
		 {.name = "c", .not_null = true, .generated = true}, GENERATED | TYPE,
		 ALTER C "DROP EXPRESSION;"},
		{"required extra", NULL, {.name = "c\"d", .not_null = true}, 0,
		 ALTER " ALTER COLUMN \"c\"\"d\" DROP NOT NULL;"},
	};
	/* clang-format on */
	struct sql sql = in_schema("app");
	for (size_t i = 0; i < COUNT(cases); i++) {
		expect_text(cases[i].name,
			    sql_alter_column(&sql, "t", cases[i].row, &cases[i].live,
					     cases[i].conflicts),
			    cases[i].sql);
		expect_text(cases[i].name, sql_alter_obstacle(sql.dialect, &cases[i].live), NULL);
	}
}

Test(sql, says_why_there_is_no_statement)
{
	static const struct attribute plain = {.name = "c"};
	static const struct attribute generated = {.name = "c", .generated = true};
	static const struct reconcile_column row = ROW("t", "c", "INT", NOT_NULL, VALUE("0"), 1);
	struct sql sql = in_schema(NULL);
	sql.dialect = &model_sqlite;
	expect_text("SQLite",
		    sql_alter_column(&sql, "t", &row, &plain, RECONCILE_CONFLICT_NULLABILITY),
		    NULL);
	expect_text("SQLite", sql_alter_column(&sql, "t", NULL, &plain, 0), NULL);
	expect_part("SQLite", sql_alter_obstacle(sql.dialect, &plain), "lang_altertable.html");
	sql.dialect = &model_postgres_10;
	expect_text("10",
		    sql_alter_column(&sql, "t", &row, &generated, RECONCILE_CONFLICT_GENERATED),
		    NULL);
	expect_part("10", sql_alter_obstacle(sql.dialect, &generated), "before PostgreSQL 13");
	expect_text("10", sql_alter_obstacle(sql.dialect, &plain), NULL);
}
