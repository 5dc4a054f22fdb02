/*
 * The convergence tables, row by row. What we made is in sync, whether with its table or added to
 * rows; so is what another hand wrote in other words; and what differs in one property is in
 * conflict in just that one.
 *
 * Each row is a column, c000, c001, ..., of every one of these tables.
 */
#include "convergence.h"

#include <libpq-fe.h>
#include <stdio.h>

/* What is different in a table. */
static const struct variant {
	const char *table;
	enum reconcile_conflict_kind differs; /* 0: nothing */
	bool ours;                            /* made by reconcile */
	bool no_default;
} variants[] = {
	{"made", 0, true, false},
	{"grown", 0, true, false},
	{"hand", 0, false, false},
	{"type", RECONCILE_CONFLICT_TYPE, false, false},
	{"nullability", RECONCILE_CONFLICT_NULLABILITY, false, false},
	{"default", RECONCILE_CONFLICT_DEFAULT, false, false},
	{"no_default", RECONCILE_CONFLICT_DEFAULT, false, true},
};

struct convergence {
	struct start *start;
	const struct convergence_table *table;
	bool standard;      /* information_schema is read */
	const char *schema; /* of the tables; NULL: the connection's own */
	bool *known;        /* one a row: this server has such a type */
	size_t known_count;
	FILE *told; /* what failed, a line each */
	size_t failed;
};

static FILE *open_text(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);
	cr_assert(out != NULL, "out of memory");
	return out;
}

/* ---- columns --------------------------------------------------------------- */

static bool is_null_text(const char *sql)
{
	return strncmp(sql, "NULL", 4) == 0 || strcmp(sql, "(NULL)") == 0;
}

static bool has_default(const struct convergence_row *row)
{
	const struct reconcile_default *value = &row->default_value;
	return value->kind == RECONCILE_DEFAULT_VALUE ||
	       (value->kind == RECONCILE_DEFAULT_SQL && !is_null_text(value->text));
}

/* Does that table have a column for the row? */
static bool is_in(const struct convergence *c, size_t row, const struct variant *variant)
{
	const struct convergence_row *r = &c->table->rows[row];
	if (!c->known[row] || (variant->no_default && !has_default(r)))
		return false;
	bool grown = strcmp(variant->table, "grown") == 0;
	return !grown || (r->nullability != RECONCILE_REQUIRED && !r->created_only);
}

static void column_name(char name[8], size_t row)
{
	snprintf(name, 8, "c%03zu", row % 1000);
}

static void print_column(FILE *out, const struct convergence_row *row,
			 const struct variant *variant)
{
	bool other_type = variant->differs == RECONCILE_CONFLICT_TYPE;
	bool other_null = variant->differs == RECONCILE_CONFLICT_NULLABILITY;
	bool other_default = variant->differs == RECONCILE_CONFLICT_DEFAULT;
	const char *value = other_default ? row->other_default : row->hand_default;
	fputs(other_type ? row->other_type : row->hand_type, out);
	if (value != NULL && !variant->no_default)
		fprintf(out, " DEFAULT %s", value);
	if ((row->nullability != RECONCILE_NULLABLE) != other_null)
		fputs(" NOT NULL", out);
}

/* What stands before a table's name. */
static const char *prefix(const struct convergence *c)
{
	return c->schema != NULL ? "\"odd.schema\"." : "";
}

static void create_by_hand(struct convergence *c, const struct variant *variant)
{
	char *sql, name[8];
	size_t size;
	FILE *out = open_text(&sql, &size);
	fprintf(out, "CREATE TABLE %s\"%s\" (id INTEGER", prefix(c), variant->table);
	for (size_t i = 0; i < c->table->row_count; i++) {
		if (!is_in(c, i, variant))
			continue;
		column_name(name, i);
		fprintf(out, ",\n  %s ", name);
		print_column(out, &c->table->rows[i], variant);
	}
	fputc(')', out);
	fclose(out);
	database_execute(c->start->database, "%s", sql);
	free(sql);
}

/* ---- registries ------------------------------------------------------------ */

/* All that a registry points at; free() the two arrays and the names. */
struct declaration {
	struct reconcile_table tables[COUNT(variants)];
	struct reconcile_column *columns;
	char (*names)[8];
	struct reconcile_registry registry;
};

/* Declares the tables of variants, those that differ or those that do not. */
static void declare(struct declaration *declaration, const struct convergence *c, bool differing)
{
	size_t rows = c->table->row_count, tables = 0, columns = 0;
	*declaration = (struct declaration){0};
	declaration->names = calloc(rows, sizeof(*declaration->names));
	declaration->columns = calloc(rows * COUNT(variants), sizeof(*declaration->columns));
	cr_assert(declaration->names != NULL && declaration->columns != NULL, "out of memory");
	for (size_t i = 0; i < rows; i++)
		column_name(declaration->names[i], i);
	for (size_t v = 0; v < COUNT(variants); v++) {
		if ((variants[v].differs != 0) != differing)
			continue;
		declaration->tables[tables++] =
			(struct reconcile_table){variants[v].table, NULL, NULL, 0};
		for (size_t i = 0; i < rows; i++) {
			const struct convergence_row *row = &c->table->rows[i];
			if (is_in(c, i, &variants[v]))
				declaration->columns[columns++] =
					(struct reconcile_column){variants[v].table,
								  declaration->names[i],
								  row->type,
								  row->nullability,
								  row->default_value,
								  NULL,
								  "row",
								  (int)i};
		}
	}
	declaration->registry = (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "convergence", declaration->tables, tables,
		declaration->columns,      columns};
}

static void forget(struct declaration *declaration)
{
	free(declaration->columns);
	free(declaration->names);
}

/* ---- the database ---------------------------------------------------------- */

/* Some servers list an extension and cannot make it. A type that is looked for in another schema is
 * made there. */
static bool make_extension(struct database *database, const struct convergence_row *row)
{
	database_execute(database,
			 "DO $do$ BEGIN CREATE EXTENSION IF NOT EXISTS %s SCHEMA %s;\n"
			 "EXCEPTION WHEN OTHERS THEN NULL;\n"
			 "END $do$",
			 row->extension, strncmp(row->type, "other.", 6) == 0 ? "other" : "public");
	return database_number(database, "SELECT count(*) FROM pg_extension WHERE extname = '%s'",
			       row->extension) > 0;
}

void convergence_prepare(struct database *database, const struct convergence_table *table,
			 bool *known)
{
	if (database->engine == ENGINE_SQLITE) {
		memset(known, true, table->row_count);
		return;
	}
	int major = database_version(database);
	for (size_t i = 0; i < table->setup_count; i++)
		if (table->setup[i].since <= major)
			database_execute(database, "%s", table->setup[i].sql);
	for (size_t i = 0; i < table->row_count; i++) {
		const struct convergence_row *row = &table->rows[i];
		known[i] = row->since <= major &&
			   (row->extension == NULL || make_extension(database, row));
	}
}

static void set_up(struct convergence *c)
{
	c->known = calloc(c->table->row_count, sizeof(*c->known));
	cr_assert(c->known != NULL, "out of memory");
	convergence_prepare(c->start->database, c->table, c->known);
	for (size_t i = 0; i < c->table->row_count; i++)
		c->known_count += c->known[i];
	for (size_t v = 0; v < COUNT(variants); v++)
		if (!variants[v].ours)
			create_by_hand(c, &variants[v]);
	database_execute(c->start->database,
			 "CREATE TABLE %sgrown (id INTEGER);\n"
			 "INSERT INTO %sgrown VALUES (1), (2), (3)",
			 prefix(c), prefix(c));
}

/* ---- what came of it ------------------------------------------------------- */

static void tell(struct convergence *c, const struct convergence_row *row,
		 const struct variant *variant, const struct reconcile_item *item)
{
	static const char *const kinds[] = {"", "value ", "SQL "};
	const struct reconcile_default *value = &row->default_value;
	c->failed++;
	fprintf(c->told, "%s: %s %s default %s%s: ", variant->table, row->type,
		row->nullability == RECONCILE_NULLABLE ? "null" : "not null", kinds[value->kind],
		value->text != NULL ? value->text : "none");
	if (variant->ours)
		fputs("made by us", c->told);
	else
		print_column(c->told, row, variant);
	if (item == NULL) {
		fputs(": no item\n", c->told);
		return;
	}
	fprintf(c->told, ": %s, conflicts %u, default %s (%s)\n", reconcile_state_name(item->state),
		item->conflicts, item->default_compared ? "compared" : "not compared",
		item->reason != NULL ? item->reason : "-");
	if (item->has_live)
		fprintf(c->told, "\tdeclared %s default %s, live %s default %s\n",
			item->declared.type,
			item->declared.default_value ? item->declared.default_value : "-",
			item->live.type, item->live.default_value ? item->live.default_value : "-");
}

/* Looks at every item of the last start that it has one for; the number of them. */
static size_t look(struct convergence *c, const struct variant *variant)
{
	size_t looked = 0;
	for (size_t i = 0; i < c->table->row_count; i++) {
		const struct convergence_row *row = &c->table->rows[i];
		char name[8];
		column_name(name, i);
		if (!is_in(c, i, variant))
			continue;
		const struct reconcile_item *item = start_item(c->start, variant->table, name);
		unsigned conflicts = variant->differs;
		if (c->standard)
			conflicts &= ~row->unseen;
		/* With another type the question does not arise. */
		bool compared = item != NULL && (item->default_compared ||
						 variant->differs == RECONCILE_CONFLICT_TYPE);
		if (item == NULL || item->conflicts != conflicts || !compared ||
		    item->state != (conflicts ? RECONCILE_CONFLICTING : RECONCILE_PRESENT))
			tell(c, row, variant, item);
		looked++;
	}
	return looked;
}

static size_t look_at_all(struct convergence *c, bool differing)
{
	size_t looked = 0;
	for (size_t v = 0; v < COUNT(variants); v++)
		if ((variants[v].differs != 0) == differing)
			looked += look(c, &variants[v]);
	return looked;
}

static void run(struct convergence *c)
{
	struct start *start = c->start;
	struct declaration same, different;
	char *told;
	size_t size;
	c->told = open_text(&told, &size);
	set_up(c);
	declare(&same, c, false);
	declare(&different, c, true);
	if (c->standard)
		start->options.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;

	start->options.schema = c->schema;
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start->options.log_level = RECONCILE_LOG_ERROR;
	start_must(start, &same.registry, RECONCILE_OK);
	start->options.mode = RECONCILE_MODE_CHECK;
	start->options.detail = true;
	start_run(start, &same.registry);
	size_t in_sync = look_at_all(c, false);
	int same_status = start->status;
	start_run(start, &different.registry);
	size_t changed = look_at_all(c, true);

	fclose(c->told);
	cr_expect_eq(c->failed, 0, "%zu of %zu columns:\n%s", c->failed, in_sync + changed, told);
	cr_expect_eq(same_status, RECONCILE_OK, "what is the same: status %d", same_status);
	expect_status(start, RECONCILE_CONFLICT);
	cr_expect_geq(in_sync, 2 * c->known_count, "%zu in sync", in_sync);
	cr_expect_geq(changed, 3 * c->known_count, "%zu changed", changed);
	free(told);
	forget(&same);
	forget(&different);
	free(c->known);
}

ON_POSTGRES(convergence, as_pg_catalog_sees_it)
{
	struct convergence c = {.start = start, .table = &convergence_postgres};
	run(&c);
	cr_expect_geq(c.known_count, 150, "%zu rows", c.known_count);
}

ON_POSTGRES(convergence, as_information_schema_sees_it)
{
	struct convergence c = {.start = start, .table = &convergence_postgres, .standard = true};
	run(&c);
	cr_expect_geq(c.known_count, 150, "%zu rows", c.known_count);
}

/* The types, sequences and functions are found through the connection's own search_path. */
ON_POSTGRES(convergence, in_another_schema)
{
	struct convergence c = {
		.start = start, .table = &convergence_postgres, .schema = "odd.schema"};
	run(&c);
}

ON_SQLITE(convergence, on_sqlite)
{
	struct convergence c = {.start = start, .table = &convergence_sqlite};
	run(&c);
	cr_expect_geq(c.known_count, 60, "%zu rows", c.known_count);
}

/* SQLite shows no expression in a form of its own: values must tell, and these are others each
 * time. */
ON_SQLITE(convergence, what_sqlite_cannot_tell_is_said)
{
	static const struct reconcile_column columns[] = {
		COLUMN("t", "a", "INTEGER", NULLABLE, DEFAULT_SQL("random()")),
		COLUMN("t", "b", "TEXT", NULLABLE, DEFAULT_SQL("hex(randomblob(16))")),
	};
	static const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)};
	database_execute(start->database,
			 "CREATE TABLE t (a INTEGER DEFAULT (-random()),\n"
			 "                b TEXT DEFAULT (hex(randomblob(8) || randomblob(8))))");
	start->options.mode = RECONCILE_MODE_CHECK;
	start->options.detail = true;
	start_run(start, &registry);
	expect_status(start, RECONCILE_OK);
	for (size_t i = 0; i < COUNT(columns); i++) {
		const struct reconcile_item *item = start_item(start, "t", columns[i].column);
		cr_assert(item != NULL, "no item");
		cr_expect(item->state == RECONCILE_PRESENT && !item->default_compared &&
				  item->reason != NULL,
			  "%s", columns[i].column);
	}
}
