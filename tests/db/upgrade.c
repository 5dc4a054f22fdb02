/*
 * Fresh equals upgraded, for registries drawn at random: what is created at once, and what begins
 * as an older half, gets rows and is then upgraded, has the same catalog but for the order of
 * columns.
 *
 * The types and defaults are those of the convergence tables. A failure names the seed.
 */
#include "convergence.h"

#include "../support/difference.h"
#include "../support/hostile.h"

#include <stdio.h>

enum { TABLES_MOST = 8, COLUMNS_MOST = 15, ROWS = 3, NAME_SIZE = 40 };
enum { SEEDS_POSTGRES = 60, SEEDS_SQLITE = 100 };

/* ---- a registry ------------------------------------------------------------ */

/* A registry, and the older half of it. */
struct drawn {
	size_t seed;
	struct dice dice;
	const struct convergence_table *pool;
	const bool *known;
	char table_names[TABLES_MOST][NAME_SIZE];
	char column_names[COLUMNS_MOST][NAME_SIZE];
	struct reconcile_table tables[TABLES_MOST], older_tables[TABLES_MOST];
	struct reconcile_column columns[TABLES_MOST * COLUMNS_MOST];
	struct reconcile_column older_columns[TABLES_MOST * COLUMNS_MOST];
	struct reconcile_registry full, older;
};

/* Those whose every text is a value too, for keys and for what needs a value from the rows. */
static const char *const plain_types[] = {"INTEGER",     "BIGINT",        "TEXT",
					  "VARCHAR(20)", "NUMERIC(10,2)", "REAL"};

static bool chance(struct drawn *drawn, size_t percent)
{
	return dice_roll(&drawn->dice, 100) < percent;
}

static struct reconcile_column draw_plain(struct drawn *drawn, enum reconcile_nullability null)
{
	struct reconcile_column column = COLUMN(NULL, NULL, NULL, NULLABLE, NO_DEFAULT);
	column.type = plain_types[dice_roll(&drawn->dice, COUNT(plain_types))];
	column.nullability = null;
	return column;
}

/* *addable: it may come to a table that has rows. */
static struct reconcile_column draw_from_pool(struct drawn *drawn, bool *addable)
{
	struct reconcile_column column = COLUMN(NULL, NULL, NULL, NULLABLE, NO_DEFAULT);
	const struct convergence_row *row;
	do
		row = &drawn->pool->rows[dice_roll(&drawn->dice, drawn->pool->row_count)];
	while (!drawn->known[row - drawn->pool->rows] || row->nullability == RECONCILE_REQUIRED);
	column.type = row->type;
	column.default_value = row->default_value;
	column.nullability = row->nullability;
	/* The other nullability; no NULL for a domain that refuses it, nor as a NOT NULL's default.
	 */
	if (row->nullability == RECONCILE_NOT_NULL && chance(drawn, 50))
		column.nullability = RECONCILE_NULLABLE;
	else if (row->default_value.kind == RECONCILE_DEFAULT_VALUE && chance(drawn, 30))
		column.nullability = RECONCILE_NOT_NULL;
	*addable = !row->created_only;
	return column;
}

static void draw_table(struct drawn *drawn, const char *name, bool older)
{
	size_t keys = chance(drawn, 70) ? 1 : chance(drawn, 50) ? 2 : 0;
	size_t count = 1 + dice_roll(&drawn->dice, COLUMNS_MOST), kept = 0;
	struct reconcile_column *older_columns = drawn->older_columns + drawn->older.column_count;
	for (size_t i = 0; i < count; i++) {
		bool addable = false;
		struct reconcile_column column;
		if (i < keys)
			column = draw_plain(drawn, RECONCILE_PRIMARY_KEY);
		else if (chance(drawn, 15))
			column = draw_plain(drawn, RECONCILE_REQUIRED);
		else
			column = draw_from_pool(drawn, &addable);
		column.table = name;
		column.column = drawn->column_names[i];
		drawn->columns[drawn->full.column_count++] = column;
		if (older && (!addable || chance(drawn, 50)))
			older_columns[kept++] = column;
	}
	if (kept > 0)
		drawn->older_tables[drawn->older.table_count++] =
			(struct reconcile_table)TABLE(name);
	drawn->older.column_count += kept;
	drawn->tables[drawn->full.table_count++] = (struct reconcile_table)TABLE(name);
}

static void draw(struct drawn *drawn, size_t seed, const struct convergence_table *pool,
		 const bool *known)
{
	static const char *const names[] = {"plain_%zu",
					    "Order %zu",
					    "gr\xc3\xb6\xc3\x9f"
					    "e_%zu",
					    "a\"b%zu",
					    "it's %zu",
					    "select %zu, x)"};
	*drawn = (struct drawn){.seed = seed, .dice = dice_new(seed), .pool = pool, .known = known};
	drawn->full = (struct reconcile_registry){.layout = RECONCILE_REGISTRY_LAYOUT,
						  .name = "drawn",
						  .tables = drawn->tables,
						  .columns = drawn->columns};
	drawn->older = drawn->full;
	drawn->older.tables = drawn->older_tables;
	drawn->older.columns = drawn->older_columns;
	for (size_t i = 0; i < COLUMNS_MOST; i++)
		snprintf(drawn->column_names[i], NAME_SIZE,
			 names[dice_roll(&drawn->dice, COUNT(names))], i);
	for (size_t count = 1 + dice_roll(&drawn->dice, TABLES_MOST), i = 0; i < count; i++) {
		snprintf(drawn->table_names[i], NAME_SIZE,
			 names[dice_roll(&drawn->dice, COUNT(names))], i);
		draw_table(drawn, drawn->table_names[i], chance(drawn, 80));
	}
}

/* ---- rows ------------------------------------------------------------------ */

static void print_name(FILE *out, const char *name)
{
	fputc('"', out);
	for (; *name != '\0'; name++)
		fprintf(out, *name == '"' ? "\"\"" : "%c", *name);
	fputc('"', out);
}

/* Every column that needs it gets the number of the row. */
static void insert_row(struct database *database, const char *schema,
		       const struct reconcile_registry *registry, const char *table, int number)
{
	char *sql;
	size_t size, values = 0;
	FILE *out = open_memstream(&sql, &size);
	cr_assert(out != NULL, "out of memory");
	fputs("INSERT INTO ", out);
	print_name(out, schema);
	fputc('.', out);
	print_name(out, table);
	for (size_t i = 0; i < registry->column_count; i++) {
		const struct reconcile_column *column = &registry->columns[i];
		if (column->table != table || column->nullability < RECONCILE_REQUIRED)
			continue;
		fputs(values++ == 0 ? " (" : ", ", out);
		print_name(out, column->column);
	}
	fputs(values == 0 ? " DEFAULT VALUES" : ") VALUES (", out);
	for (size_t i = 0; i < values; i++)
		fprintf(out, "%s'%d'", i == 0 ? "" : ", ", number);
	fputs(values == 0 ? "" : ")", out);
	fclose(out);
	database_execute(database, "%s", sql);
	free(sql);
}

static void insert_rows(struct database *database, const char *schema,
			const struct reconcile_registry *registry)
{
	for (size_t i = 0; i < registry->table_count; i++)
		for (int number = 1; number <= ROWS; number++)
			insert_row(database, schema, registry, registry->tables[i].name, number);
}

/* ---- catalogs -------------------------------------------------------------- */

/* Everything about the tables of a schema but the order of columns; attgenerated is there from 12
 * on. */
#define PG_CATALOG_SQL(generated)                                                                  \
	"SELECT format('%%s.%%s %%s %%s default %%s %%s %%s %%s %%s %%s', c.relname, a.attname,\n" \
	"              format_type(a.atttypid, a.atttypmod), a.attnotnull,\n"                      \
	"              coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'), a.attidentity,\n"        \
	"              " generated ", a.attcollation, a.attstorage, a.attislocal)\n"               \
	"  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0\n"           \
	"  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum\n"                   \
	" WHERE c.relnamespace = '%s'::regnamespace AND c.relkind <> 'i'\n"                        \
	"UNION ALL\n"                                                                              \
	"SELECT format('%%s %%s %%s %%s %%s', relname, relkind, relpersistence, reloptions,\n"     \
	"              relowner::regrole)\n"                                                       \
	"  FROM pg_class WHERE relnamespace = '%s'::regnamespace\n"                                \
	"UNION ALL\n"                                                                              \
	"SELECT format('%%s %%s %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))\n"   \
	"  FROM pg_constraint WHERE connamespace = '%s'::regnamespace\n"                           \
	"UNION ALL\n"                                                                              \
	"SELECT indexdef FROM pg_indexes WHERE schemaname = '%s'\n"                                \
	"UNION ALL\n"                                                                              \
	"SELECT format('%%s %%s', tgrelid::regclass, tgname) FROM pg_trigger"

static const char pg_catalog_sql[] = PG_CATALOG_SQL("a.attgenerated");
static const char pg_catalog_sql_before_12[] = PG_CATALOG_SQL("''");

static const char sqlite_catalog_sql[] =
	"SELECT printf('%s.%s %s %d %s %d %d', o.name, c.name, c.type, c.\"notnull\",\n"
	"              coalesce(c.dflt_value, 'none'), c.pk, c.hidden)\n"
	"  FROM sqlite_master o, pragma_table_xinfo(o.name) c WHERE o.type = 'table'\n"
	"UNION ALL\n"
	"SELECT printf('%s %s %s %d %s %d %s', o.name, i.name, i.origin, i.partial, c.name,\n"
	"              c.\"desc\", c.coll)\n"
	"  FROM sqlite_master o, pragma_index_list(o.name) i, pragma_index_xinfo(i.name) c\n"
	" WHERE o.type = 'table' AND c.key\n"
	"UNION ALL\n"
	"SELECT type || ' ' || name FROM sqlite_master";

static struct cells read_catalog(struct database *database, const char *schema)
{
	if (database->engine == ENGINE_SQLITE)
		return database_cells(database, "%s", sqlite_catalog_sql);
	/* Names of types come out as they are called everywhere but in that schema. */
	return database_version(database) < 12
		       ? database_cells(database, pg_catalog_sql_before_12, schema, schema, schema,
					schema)
		       : database_cells(database, pg_catalog_sql, schema, schema, schema, schema);
}

static void expect_same_catalog(const struct drawn *drawn, struct database *fresh,
				struct database *upgraded, const char *schema)
{
	struct cells wanted = read_catalog(fresh, schema), found = read_catalog(upgraded, schema);
	char *told = difference(wanted.cells, wanted.rows, found.cells, found.rows);
	cr_expect_gt(wanted.rows, drawn->full.column_count);
	cr_expect(told == NULL, "seed %zu, fresh (-) and upgraded (+):\n%s", drawn->seed, told);
	free(told);
	cells_free(&wanted);
	cells_free(&found);
}

/* ---- the property ----------------------------------------------------------- */

static void apply(struct start *start, const struct drawn *drawn,
		  const struct reconcile_registry *registry, const char *what)
{
	start_run(start, registry);
	cr_assert_eq(start->status, RECONCILE_OK, "seed %zu, %s: status %d: %s", drawn->seed, what,
		     start->status, start_told(start));
}

/* Every reader finds every column, and is sure of it. */
static void expect_in_sync(struct start *start, const struct drawn *drawn, const char *what)
{
	bool postgres = start->database->engine == ENGINE_POSTGRES;
	start->options.mode = RECONCILE_MODE_CHECK;
	start->options.detail = true;
	for (int i = 0; i < (postgres ? 2 : 1); i++) {
		start->options.catalog =
			i == 0 ? RECONCILE_CATALOG_DEFAULT : RECONCILE_CATALOG_INFORMATION_SCHEMA;
		apply(start, drawn, &drawn->full, what);
		cr_expect_eq(start->counts->present, drawn->full.column_count, "seed %zu, %s",
			     drawn->seed, what);
		for (size_t j = 0; j < drawn->full.column_count; j++) {
			const struct reconcile_column *column = &drawn->full.columns[j];
			const struct reconcile_item *item =
				start_item(start, column->table, column->column);
			cr_expect(item != NULL && item->default_compared,
				  "seed %zu, %s: %s.%s %s default %s: not compared", drawn->seed,
				  what, column->table, column->column, column->type,
				  column->default_value.text);
		}
	}
	start->options.mode = RECONCILE_MODE_DEFAULT;
	start->options.catalog = RECONCILE_CATALOG_DEFAULT;
	start->options.detail = false;
}

static void expect_fresh_equals_upgraded(struct start *fresh, struct start *upgraded,
					 const struct drawn *drawn, const char *schema)
{
	fresh->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	upgraded->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	apply(fresh, drawn, &drawn->full, "fresh");
	apply(upgraded, drawn, &drawn->older, "older");
	insert_rows(upgraded->database, schema, &drawn->older);
	apply(upgraded, drawn, &drawn->full, "upgraded");
	cr_expect_eq(upgraded->counts->applied,
		     drawn->full.column_count - drawn->older.column_count, "seed %zu", drawn->seed);
	expect_same_catalog(drawn, fresh->database, upgraded->database, schema);
	expect_in_sync(fresh, drawn, "fresh");
	expect_in_sync(upgraded, drawn, "upgraded");
}

/* ---- each database ---------------------------------------------------------- */

ON_SQLITE(upgrade, fresh_equals_upgraded_on_sqlite)
{
	bool *known = calloc(convergence_sqlite.row_count, sizeof(*known));
	cr_assert(known != NULL, "out of memory");
	convergence_prepare(start->database, &convergence_sqlite, known);
	for (size_t seed = 0; seed < SEEDS_SQLITE; seed++) {
		struct drawn drawn;
		struct start fresh, upgraded;
		draw(&drawn, seed, &convergence_sqlite, known);
		start_new(&fresh, ENGINE_SQLITE);
		start_new(&upgraded, ENGINE_SQLITE);
		expect_fresh_equals_upgraded(&fresh, &upgraded, &drawn, "main");
		start_free(&fresh);
		start_free(&upgraded);
	}
	free(known);
}

/* A seed is a schema of the same name in two databases. */
ON_POSTGRES(upgrade, fresh_equals_upgraded_on_postgres)
{
	struct start upgraded;
	bool *known = calloc(convergence_postgres.row_count, sizeof(*known));
	cr_assert(known != NULL, "out of memory");
	start_new(&upgraded, ENGINE_POSTGRES);
	convergence_prepare(start->database, &convergence_postgres, known);
	convergence_prepare(upgraded.database, &convergence_postgres, known);
	for (size_t seed = 0; seed < SEEDS_POSTGRES; seed++) {
		struct drawn drawn;
		char schema[NAME_SIZE];
		draw(&drawn, seed, &convergence_postgres, known);
		snprintf(schema, sizeof(schema), "seed_%zu", seed);
		database_execute(start->database, "CREATE SCHEMA %s", schema);
		database_execute(upgraded.database, "CREATE SCHEMA %s", schema);
		start->options.schema = upgraded.options.schema = schema;
		expect_fresh_equals_upgraded(start, &upgraded, &drawn, schema);
	}
	start_free(&upgraded);
	free(known);
}
