#include "postgres.h"
#include <stdlib.h>
#include <string.h>

/* pg_class.relkind (manual, "pg_class"), and 'P' for any partition. NULL: a plain table, or the
 * parent of partitions, which takes a new column for all of them. */
static const char *foreign_text(char kind)
{
	switch (kind) {
	case 'r':
	case 'p':
		return NULL;
	case 'P':
		return "a partition";
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
	default:
		return "not a table";
	}
}

struct row {
	int32_t place;
	int number;
	int row;
};

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* The rows of attributes, sorted by relation and number; the server is not asked to sort, because
 * they nearly always come that way. NULL: out of memory. */
static struct row *attribute_rows(const PGresult *result, size_t *count, struct arena *scratch)
{
	int total = PQntuples(result);
	struct row *rows = arena_array(scratch, (size_t)total, sizeof(*rows));
	bool sorted = true;
	*count = 0;
	for (int i = 0; i < total && rows != NULL; i++) {
		if (PQgetisnull(result, i, 2))
			continue;
		struct row *row = &rows[(*count)++];
		*row = (struct row){value_int32(result, i, 0), value_int16(result, i, 2), i};
		if (*count > 1 && compare_rows(row - 1, row) > 0)
			sorted = false;
	}
	if (rows != NULL && !sorted)
		qsort(rows, *count, sizeof(*rows), compare_rows);
	return rows;
}

/* Sets what kind of thing each relation is, and finds the row of the schema (-1: none). */
static int read_kinds(const PGresult *result, struct relation *relations, size_t count)
{
	int schema_row = -1;
	for (int i = 0; i < PQntuples(result); i++) {
		int32_t place = value_int32(result, i, 0);
		if (place == 0)
			schema_row = i;
		if (place < 1 || (size_t)place > count || PQgetisnull(result, i, 1))
			continue;
		struct relation *relation = &relations[place - 1];
		relation->kind_text = foreign_text(*PQgetvalue(result, i, 1));
		relation->kind = relation->kind_text == NULL ? RELATION_TABLE : RELATION_FOREIGN;
	}
	return schema_row;
}

static bool read_attributes(struct postgres *pg, const PGresult *result, struct relation *relations,
			    size_t count, struct arena *arena, struct arena *scratch,
			    struct error *err)
{
	size_t row_count;
	struct row *rows = attribute_rows(result, &row_count, scratch);
	struct attribute *attributes =
		rows == NULL ? NULL : arena_array(arena, row_count, sizeof(*attributes));
	if (attributes == NULL)
		return error_memory(err);
	for (size_t i = 0; i < row_count; i++) {
		if (!value_text(&attributes[i].name, result, rows[i].row, 3, arena) ||
		    !pg->reader->attribute(pg, &attributes[i], result, rows[i].row, arena))
			return error_memory(err);
		if (rows[i].place < 1 || (size_t)rows[i].place > count)
			continue;
		struct relation *relation = &relations[rows[i].place - 1];
		if (relation->attribute_count++ == 0)
			relation->attributes = &attributes[i];
	}
	return pg->reader->finish == NULL || pg->reader->finish(pg, attributes, row_count, err);
}

bool relations_collect(struct postgres *pg, const PGresult *result,
		       const struct read_request *request, struct catalog *catalog,
		       bool *schema_exists, struct arena *arena, struct error *err)
{
	struct relation *relations = arena_array(arena, request->name_count, sizeof(*relations));
	if (relations == NULL)
		return error_memory(err);
	for (size_t i = 0; i < request->name_count; i++)
		relations[i].name = request->names[i];
	catalog->relations = relations;
	catalog->relation_count = request->name_count;

	int schema_row = read_kinds(result, relations, request->name_count);
	*schema_exists = schema_row >= 0 && !PQgetisnull(result, schema_row, 3);
	if (*schema_exists) {
		if (!value_text(&catalog->schema, result, schema_row, 3, arena))
			return error_memory(err);
	} else if (pg->settings->schema != NULL) {
		catalog->schema = arena_text(arena, pg->settings->schema);
		if (catalog->schema == NULL)
			return error_memory(err);
	}
	struct arena scratch = {0};
	bool fine =
		read_attributes(pg, result, relations, request->name_count, arena, &scratch, err);
	arena_release(&scratch);
	return fine;
}
