/*
 * model TABLES COLUMNS in-sync|missing
 *
 * The way from a registry of that size to a diff and a plan, against a catalog that has all of it
 * or only each table's first column. No database: scripts/test-instructions counts what it
 * executes.
 */
#include "../../src/model/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The types and defaults of registry.awk, and as PostgreSQL shows them. */
static const struct {
	const char *type;
	enum reconcile_nullability nullability;
	struct reconcile_default declared;
	const char *live;
	struct type_id id;
} kinds[] = {
	{"VARCHAR", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, {1043, -1, false}},
	{"INTEGER", RECONCILE_NOT_NULL, {RECONCILE_DEFAULT_VALUE, "0"}, "0", {23, -1, false}},
	{"TEXT", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, {25, -1, false}},
	{"BOOLEAN", RECONCILE_NOT_NULL, {RECONCILE_DEFAULT_VALUE, "1"}, "true", {16, -1, false}},
	{"TIMESTAMP",
	 RECONCILE_NOT_NULL,
	 {RECONCILE_DEFAULT_SQL, "CURRENT_TIMESTAMP"},
	 "CURRENT_TIMESTAMP",
	 {1114, -1, false}},
	{"VARCHAR(40)", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, {1043, 44, false}},
	{"BIGINT", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, {20, -1, false}},
	{"NUMERIC(12,2)",
	 RECONCILE_NULLABLE,
	 {RECONCILE_NO_DEFAULT, NULL},
	 NULL,
	 {1700, 786438, false}},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void add_identifier(struct buffer *buf, void *context, const char *name)
{
	(void)context;
	buffer_addf(buf, "\"%s\"", name);
}

static void add_literal(struct buffer *buf, void *context, const char *text)
{
	(void)context;
	buffer_addf(buf, "'%s'", text);
}

static const struct dialect dialect = {
	.engine = "postgresql",
	.add_identifier = add_identifier,
	.add_literal = add_literal,
	.many_columns = true,
	.alters_columns = true,
	.has_system_columns = true,
	.drops_expressions = true,
	.script_begin = "BEGIN;",
	.script_end = "COMMIT;",
};

static void *many(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (memory == NULL)
		exit(1);
	return memory;
}

/* Never freed: it is as long as the program. */
static const char *name_of(const char *kind, size_t number)
{
	char *name = many(1, 32);
	snprintf(name, 32, "%s%zu", kind, number + 1);
	return name;
}

static struct reconcile_registry make_registry(size_t tables, size_t columns)
{
	struct reconcile_table *table = many(tables, sizeof(*table));
	struct reconcile_column *column = many(tables * columns, sizeof(*column));
	for (size_t t = 0; t < tables; t++) {
		table[t].name = name_of("t", t);
		for (size_t c = 0; c < columns; c++) {
			size_t kind = c % KINDS;
			column[t * columns + c] = (struct reconcile_column){
				.table = table[t].name,
				.column = name_of("c", c),
				.type = kinds[kind].type,
				.nullability = kinds[kind].nullability,
				.default_value = kinds[kind].declared,
				.description = "A column",
			};
		}
	}
	return (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "model", table, tables, column, tables * columns};
}

static struct catalog make_catalog(const struct reconcile_registry *registry, size_t columns,
				   size_t live)
{
	struct relation *relation = many(registry->table_count, sizeof(*relation));
	struct type_id *types = many(KINDS, sizeof(*types));
	for (size_t i = 0; i < KINDS; i++)
		types[i] = kinds[i].id;
	for (size_t t = 0; t < registry->table_count; t++) {
		struct attribute *attribute = many(live, sizeof(*attribute));
		for (size_t c = 0; c < live; c++)
			attribute[c] = (struct attribute){
				.name = registry->columns[t * columns + c].column,
				.type = kinds[c % KINDS].id,
				.number = (int16_t)(c + 1),
				.not_null = kinds[c % KINDS].nullability == RECONCILE_NOT_NULL,
				.default_value = kinds[c % KINDS].live,
			};
		relation[t] = (struct relation){.name = registry->tables[t].name,
						.kind = RELATION_TABLE,
						.attributes = attribute,
						.attribute_count = live};
	}
	return (struct catalog){.schema = "public",
				.relations = relation,
				.relation_count = registry->table_count,
				.types = types,
				.type_count = KINDS};
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 64;
	size_t tables = (size_t)atol(argv[1]), columns = (size_t)atol(argv[2]);
	bool missing = strcmp(argv[3], "missing") == 0;
	struct reconcile_registry registry = make_registry(tables, columns);
	struct catalog catalog = make_catalog(&registry, columns, missing ? 1 : columns);
	struct arena declared = {0}, found = {0};
	struct error err = {0};
	struct index index;
	struct diff diff = {0};
	struct plan plan = {0};
	struct terms terms = {.index = &index, .allowed_rows = -1};
	struct sql sql = {.dialect = &dialect, .schema = "public", .arena = &found};
	if (!index_build(&index, &registry, &declared, &err) ||
	    !diff_build(&diff, &index, &catalog, &sql, &terms, false, &found, &err) ||
	    !plan_build(&plan, &diff, &sql, &terms, &found, &err)) {
		fprintf(stderr, "model: %s\n", err.message);
		return 1;
	}
	if (diff.pair_count + diff.conflict_count > 0 ||
	    diff.counts.missing != (missing ? tables * (columns - 1) : 0)) {
		fputs("model: the diff is not what it should be\n", stderr);
		return 1;
	}
	arena_release(&declared);
	arena_release(&found);
	return 0;
}
