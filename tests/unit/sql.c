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
		{"VARCHAR NOT NULL",                        NULL        },
		{"VARCHAR NOT NULL",                        NULL        },
		{"VARCHAR(20) NOT NULL DEFAULT 'O''Brien'", "'O''Brien'"},
		{"TIMESTAMPTZ NOT NULL DEFAULT (now())",    "(now())"   },
		{"TEXT",				    NULL        }, /* DEFAULT_SQL("NULL") is none */
		{"TEXT NOT NULL",                           NULL        },
		{"TEXT DEFAULT ''",                         "''"        },
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
