#include "index.h"
#include "../base/hash.h"
#include "lookup.h"
#include "text.h"

#include <string.h>

/* An index on its way: look-up tables that live in scratch memory. */
struct building {
	const struct reconcile_registry *registry;
	struct lookup tables_by_name;
	struct lookup types_by_text;
	struct indexed_table *tables;
	size_t table_count;
	const char **type_texts;
	size_t type_count;
	size_t *table_of_column;
	size_t *type_of_column;
};

/* No more tables than that can there be: TABLE rows, and changes of name from column to column. */
static size_t table_bound(const struct reconcile_registry *registry)
{
	size_t bound = registry->table_count;
	for (size_t i = 0; i < registry->column_count; i++)
		bound += i == 0 ||
			 !text_same(registry->columns[i].table, registry->columns[i - 1].table);
	return bound;
}

static size_t table_position(struct building *building, const char *name)
{
	uint64_t hash = hash_name(HASH_INIT, name);
	size_t probe = 0, i;
	while ((i = lookup_next(&building->tables_by_name, hash, &probe)) != LOOKUP_NONE)
		if (strcmp(building->tables[i].name, name) == 0)
			return i;
	lookup_add(&building->tables_by_name, hash, building->table_count);
	building->tables[building->table_count].name = name;
	return building->table_count++;
}

static size_t type_position(struct building *building, const char *text)
{
	uint64_t hash = hash_name(HASH_INIT, text);
	size_t probe = 0, i;
	while ((i = lookup_next(&building->types_by_text, hash, &probe)) != LOOKUP_NONE)
		if (text_same(building->type_texts[i], text))
			return i;
	lookup_add(&building->types_by_text, hash, building->type_count);
	building->type_texts[building->type_count] = text;
	return building->type_count++;
}

static bool building_init(struct building *building, struct arena *scratch)
{
	size_t tables = table_bound(building->registry);
	size_t columns = building->registry->column_count;
	building->tables = arena_array(scratch, tables, sizeof(*building->tables));
	building->type_texts = arena_array(scratch, columns, sizeof(*building->type_texts));
	building->table_of_column = arena_array(scratch, columns, sizeof(size_t));
	building->type_of_column = arena_array(scratch, columns, sizeof(size_t));
	return building->tables && building->type_texts && building->table_of_column &&
	       building->type_of_column &&
	       lookup_init(&building->tables_by_name, tables, scratch) &&
	       lookup_init(&building->types_by_text, columns, scratch);
}

/* Gives every column its table and type, and every table its number of columns. */
static void building_sort(struct building *building)
{
	const struct reconcile_registry *registry = building->registry;
	for (size_t i = 0; i < registry->table_count; i++) {
		size_t table = table_position(building, registry->tables[i].name);
		building->tables[table].row = &registry->tables[i];
	}
	for (size_t i = 0; i < registry->column_count; i++) {
		const struct reconcile_column *row = &registry->columns[i];
		const struct reconcile_column *last = i > 0 ? row - 1 : NULL;
		building->table_of_column[i] = last && text_same(last->table, row->table)
						       ? building->table_of_column[i - 1]
						       : table_position(building, row->table);
		building->type_of_column[i] = last && text_same(last->type, row->type)
						      ? building->type_of_column[i - 1]
						      : type_position(building, row->type);
		building->tables[building->table_of_column[i]].column_count++;
	}
}

uint64_t index_fingerprint(const struct index *index)
{
	uint64_t hash = HASH_INIT;
	for (size_t i = 0; i < index->table_count; i++) {
		const struct indexed_table *table = &index->tables[i];
		hash = hash_text(hash, table->row ? "TABLE" : "ALTER");
		hash = hash_text(hash, table->name);
		for (size_t j = 0; j < table->column_count; j++) {
			const struct reconcile_column *row = table->columns[j].row;
			unsigned char kinds[] = {(unsigned char)row->nullability,
						 (unsigned char)row->default_value.kind};
			hash = hash_text(hash, row->column);
			hash = hash_text(hash, row->type);
			hash = hash_bytes(hash, kinds, sizeof(kinds));
			hash = hash_text(hash, row->default_value.text);
		}
		/* The end of the columns: no name is empty. */
		hash = hash_text(hash, "");
	}
	return hash;
}

/* Copies to size, each table's columns side by side. */
static bool building_finish(const struct building *building, struct index *index,
			    struct arena *arena)
{
	size_t column_count = building->registry->column_count;
	struct indexed_table *tables = arena_array(arena, building->table_count, sizeof(*tables));
	const char **names = arena_array(arena, building->table_count, sizeof(*names));
	const char **types = arena_array(arena, building->type_count, sizeof(*types));
	struct indexed_column *columns = arena_array(arena, column_count, sizeof(*columns));
	if (!tables || !names || !types || !columns)
		return false;

	struct indexed_column *free_place = columns;
	for (size_t i = 0; i < building->table_count; i++) {
		tables[i] = building->tables[i];
		tables[i].columns = free_place;
		free_place += tables[i].column_count;
		names[i] = tables[i].name;
		building->tables[i].column_count = 0; /* from here on: how many are in place */
	}
	for (size_t i = 0; i < column_count; i++) {
		size_t table = building->table_of_column[i];
		size_t place = building->tables[table].column_count++;
		size_t first = (size_t)(tables[table].columns - columns);
		columns[first + place] = (struct indexed_column){
			.row = &building->registry->columns[i],
			.type = building->type_of_column[i],
		};
	}
	for (size_t i = 0; i < building->type_count; i++)
		types[i] = building->type_texts[i];
	*index = (struct index){
		.registry = building->registry,
		.tables = tables,
		.table_count = building->table_count,
		.table_names = names,
		.type_texts = types,
		.type_count = building->type_count,
	};
	return true;
}

/* All findings are errors, and there is one. */
static void refuse(const struct finding *first, struct error *err)
{
	size_t more = 0;
	for (const struct finding *finding = first->next; finding; finding = finding->next)
		more++;
	if (more > 0)
		error_set(err, RECONCILE_BAD_REGISTRY, "%s (and %zu more)", first->shown.text,
			  more);
	else
		error_set(err, RECONCILE_BAD_REGISTRY, "%s", first->shown.text);
	error_hint(err, "%s%srun `manage validate`", first->shown.hint ? first->shown.hint : "",
		   first->shown.hint ? "; " : "");
}

bool index_build(struct index *index, const struct reconcile_registry *registry,
		 struct arena *arena, struct error *err)
{
	*index = (struct index){0};
	struct arena scratch = {0};
	struct finding *findings;
	bool good = registry_check(registry, NULL, &scratch, &findings, err);
	if (!good && err->status == RECONCILE_OK)
		refuse(findings, err);
	if (good) {
		struct building building = {.registry = registry};
		good = building_init(&building, &scratch);
		if (good) {
			building_sort(&building);
			good = building_finish(&building, index, arena);
		}
		if (!good)
			error_memory(err);
	}
	arena_release(&scratch);
	return good;
}
