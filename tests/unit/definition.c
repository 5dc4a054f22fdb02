/* What the library writes into history can be read back: as it was, or not at all. */
#include "../../src/model/definition.h"
#include "model.h"

/* clang-format off */
static const struct reconcile_table tables[] = {TABLE_ROW("t", 1)};
static const struct reconcile_column columns[] = {
	ROW("t", "id", "VARCHAR", PRIMARY_KEY, NO_DEFAULT, 1),
	ROW("t", "a \"quoted\" one", "VARCHAR(20)", NOT_NULL, VALUE("O'Brien, (x"), 2),
	ROW("t", "at", "TIMESTAMP (3) WITH TIME ZONE", NOT_NULL, SQL("now()"), 3),
	ROW("t", "price", "NUMERIC(10, 2)", NULLABLE, VALUE("1.50"), 4),
	ROW("t", "tags", "TEXT[]", NULLABLE, SQL("ARRAY['a,b', $$c)$$]"), 5),
	ROW("t", "required", "\"Default\"", REQUIRED, NO_DEFAULT, 6),
	ROW("t", "empty", "TEXT", NULLABLE, VALUE(""), 7),
	ROW("t", "both", "INTEGER", NULLABLE, SQL("(1) + (2)"), 8),
	ROW("t", "cast", "INTEGER", NULLABLE, SQL("'1'::integer"), 9),
	ROW("t", "tenant", "TEXT", PRIMARY_KEY, NO_DEFAULT, 10),
};
/* clang-format on */
static const struct reconcile_registry registry = REGISTRY(tables, columns);

static struct arena arena;
static struct index index_of_registry;
static struct sql sql;

static void setup(void)
{
	struct error err = {0};
	arena = (struct arena){0};
	cr_assert(index_build(&index_of_registry, &registry, &arena, &err), "%s", err.message);
	sql = (struct sql){.dialect = &model_postgres, .schema = "app", .arena = &arena};
}

static void teardown(void)
{
	arena_release(&arena);
}

TestSuite(definition, .init = setup, .fini = teardown);

static void expect_same(const struct reconcile_column *row, const struct reconcile_column *read)
{
	expect_text(row->column, read->type, row->type);
	cr_expect(read->default_value.kind == row->default_value.kind, "%s: default of kind %d",
		  row->column, (int)read->default_value.kind);
	if (row->default_value.kind != RECONCILE_NO_DEFAULT)
		expect_text(row->column, read->default_value.text, row->default_value.text);
}

Test(definition, of_a_column_is_read_back)
{
	for (size_t i = 0; i < COUNT(columns); i++) {
		struct reconcile_column read = {.column = columns[i].column};
		bool readable = false;
		const char *text = sql_definition(&sql, &columns[i]);
		cr_assert(definition_read(&read, text, &readable, &arena) && readable, "%s", text);
		expect_same(&columns[i], &read);
		/* Alone it does not say that it is of a key. */
		enum reconcile_nullability wanted = columns[i].nullability;
		if (wanted == RECONCILE_PRIMARY_KEY)
			wanted = RECONCILE_REQUIRED;
		cr_expect(read.nullability == wanted, "%s", text);
	}
}

Test(definition, of_a_table_is_read_back)
{
	const char *text = sql_create_table(&sql, &index_of_registry.tables[0]);
	struct reconcile_column *read;
	size_t count;
	bool readable = false;
	cr_assert(definition_read_table(&read, &count, text, &readable, &arena) && readable, "%s",
		  text);
	cr_assert(count == COUNT(columns), "%zu columns of %s", count, text);
	for (size_t i = 0; i < count; i++) {
		expect_text("name", read[i].column, columns[i].column);
		expect_same(&columns[i], &read[i]);
		cr_expect(read[i].nullability == columns[i].nullability, "%s", read[i].column);
	}
}

Test(definition, of_somebody_else_is_not_read)
{
	static const char *const texts[] = {
		"",
		" NOT NULL",
		"TEXT NOT",
		"TEXT DEFAULT",
		"TEXT NOT NULL CHECK (x > 0)",
		"TEXT DEFAULT 1 NOT NULL; DROP TABLE x",
	};
	static const char *const statements[] = {
		"",
		"CREATE TABLE",
		"CREATE TABLE \"t\" (",
		"CREATE TABLE \"t\" (\"a\" TEXT",
		"CREATE TABLE t (a TEXT)",
		"CREATE TABLE \"t\" (\"a\" TEXT, UNIQUE (\"a\"));",
		"CREATE TABLE \"t\" (\"a\" TEXT, PRIMARY KEY (\"b\"));",
		"CREATE TABLE \"t\" (\"a\" TEXT -- \n);",
		"DROP TABLE \"t\";",
	};
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct reconcile_column read = {0};
		bool readable = true;
		cr_expect(definition_read(&read, texts[i], &readable, &arena));
		/* What stands behind DEFAULT may be anything: the database is asked about it. */
		cr_expect(!readable || read.default_value.text != NULL, "'%s'", texts[i]);
	}
	for (size_t i = 0; i < COUNT(statements); i++) {
		struct reconcile_column *read;
		size_t count;
		bool readable = true;
		cr_expect(definition_read_table(&read, &count, statements[i], &readable, &arena));
		cr_expect(!readable, "'%s'", statements[i]);
	}
}
