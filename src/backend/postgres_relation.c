/* From the rows of a reader to relations with their attributes. */
#include "postgres.h"
#include <stdlib.h>
#include <string.h>

/* pg_class.relkind (manual, "pg_class"). NULL: a plain table, or the parent of partitions, which
 * takes a new column for all of them. */
static const char *foreign_text(char kind, bool partition)
{
	if (partition)
		return "a partition";
	switch (kind) {
	case 'r':
	case 'p':
		return NULL;
	case 'v':
		return "a view";
	case 'm':
		return "a materialized view";
	case 'f':
		return "a foreign table";
	case 'i':
	case 'I':
		return "an index";
	case 'S':
		return "a sequence";
	case 'c':
		return "a composite type";
	case KIND_HIDDEN:
		return "a relation with columns that this role does not see through "
		       "information_schema";
	default:
		return "not a table";
	}
}

/* ---- rows --------------------------------------------------------------- */

struct row {
	uint32_t relation;
	int number;
	int row;
};

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->relation != b->relation)
		return a->relation < b->relation ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* The rows of relations, by relation and number: one that names the relation is then the first. The
 * server is not asked to sort, they nearly always come that way. NULL: out of memory. */
static struct row *sorted_rows(const PGresult *result, size_t *count, struct arena *scratch)
{
	int total = PQntuples(result);
	struct row *rows = arena_array(scratch, (size_t)total, sizeof(*rows));
	bool sorted = true;
	*count = 0;
	for (int i = 0; i < total && rows != NULL; i++) {
		uint32_t relation = (uint32_t)value_int32(result, i, ROW_RELATION);
		if (relation == 0)
			continue;
		struct row *row = &rows[(*count)++];
		*row = (struct row){.relation = relation,
				    .number = value_int16(result, i, ROW_NUMBER),
				    .row = i};
		if (*count > 1 && compare_rows(row - 1, row) > 0)
			sorted = false;
	}
	if (rows != NULL && !sorted)
		qsort(rows, *count, sizeof(*rows), compare_rows);
	return rows;
}

/* ---- names -------------------------------------------------------------- */

static int compare_relations(const void *left, const void *right)
{
	const struct relation *const *a = left, *const *b = right;
	return strcmp((*a)->name, (*b)->name);
}

static int compare_name(const void *name, const void *relation)
{
	return strcmp(name, (*(struct relation *const *)relation)->name);
}

/* The relations sorted by name, for looking up. NULL: out of memory. */
static struct relation **sorted_relations(struct relation *relations, size_t count,
					  struct arena *scratch)
{
	struct relation **sorted = arena_array(scratch, count, sizeof(struct relation *));
	for (size_t i = 0; i < count && sorted != NULL; i++)
		sorted[i] = &relations[i];
	if (sorted != NULL && count > 0)
		qsort(sorted, count, sizeof(struct relation *), compare_relations);
	return sorted;
}

/* ---- relations ---------------------------------------------------------- */

/* What the first row of a relation says; NULL if nobody asked for that name. */
static struct relation *begin_relation(const PGresult *result, int row, struct relation **sorted,
				       size_t count)
{
	struct relation **found = bsearch(PQgetvalue(result, row, ROW_NAME), sorted, count,
					  sizeof(struct relation *), compare_name);
	if (found == NULL)
		return NULL;
	/* information_schema calls a partition a table, and then names it once more. */
	if ((*found)->kind != RELATION_FOREIGN)
		(*found)->kind_text = foreign_text(*PQgetvalue(result, row, ROW_KIND),
						   value_bool(result, row, ROW_PARTITION));
	(*found)->kind = (*found)->kind_text == NULL ? RELATION_TABLE : RELATION_FOREIGN;
	return *found;
}

/* A name that was asked for twice: the search found any of the two. */
static void copy_to_twins(struct relation **sorted, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && strcmp(sorted[j - 1]->name, sorted[i]->name) == 0; j--)
			if (sorted[i]->kind != RELATION_ABSENT)
				*sorted[j - 1] = *sorted[i];
			else
				*sorted[i] = *sorted[j - 1];
}

static bool read_relations(struct postgres *pg, const PGresult *result, struct relation *relations,
			   struct catalog *catalog, struct arena *arena, struct arena *scratch,
			   struct error *err)
{
	size_t row_count, used = 0, count = catalog->relation_count;
	struct row *rows = sorted_rows(result, &row_count, scratch);
	struct relation **sorted = sorted_relations(relations, count, scratch), *relation = NULL;
	struct texts defaults = {0};
	struct attribute *attributes =
		rows == NULL ? NULL : arena_array(arena, row_count, sizeof(*attributes));
	if (attributes == NULL || sorted == NULL)
		return error_memory(err);
	for (size_t i = 0; i < row_count; i++) {
		int row = rows[i].row;
		bool first = i == 0 || rows[i - 1].relation != rows[i].relation;
		if (first) {
			relation = NULL;
			defaults = texts_of(result, row, ROW_DEFAULTS);
		}
		/* Once a relation, or in a row that is about the relation only. */
		if ((first || rows[i].number < 1) && !PQgetisnull(result, row, ROW_NAME))
			relation = begin_relation(result, row, sorted, count);
		if (catalog->schema == NULL &&
		    !value_text(&catalog->schema, result, row, ROW_SCHEMA, arena))
			return error_memory(err);
		if (relation == NULL || rows[i].number < 1)
			continue;
		struct attribute *attribute = &attributes[used++];
		if (relation->attribute_count++ == 0)
			relation->attributes = attribute;
		if (!value_text(&attribute->name, result, row, ROW_ATTRIBUTE, arena) ||
		    !pg->reader->attribute(pg, attribute, result, row, &defaults, arena))
			return error_memory(err);
	}
	copy_to_twins(sorted, count);
	return pg->reader->finish == NULL || pg->reader->finish(pg, attributes, used, err);
}

bool relations_collect(struct postgres *pg, const PGresult *result,
		       const struct read_request *request, struct catalog *catalog,
		       struct arena *arena, struct error *err)
{
	struct relation *relations = arena_array(arena, request->name_count, sizeof(*relations));
	const char *schema = target_schema(pg);
	if (relations == NULL)
		return error_memory(err);
	for (size_t i = 0; i < request->name_count; i++)
		relations[i].name = request->names[i];
	catalog->relations = relations;
	catalog->relation_count = request->name_count;
	if (schema != NULL && (catalog->schema = arena_text(arena, schema)) == NULL)
		return error_memory(err);

	struct arena scratch = {0};
	bool fine = read_relations(pg, result, relations, catalog, arena, &scratch, err);
	arena_release(&scratch);
	return fine;
}
