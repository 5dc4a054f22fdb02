/* The relations that a reader finds, by the names that were asked for. */
#include "postgres.h"
#include <stdlib.h>
#include <string.h>

/* pg_class.relkind (manual, "pg_class"). NULL: a plain table, or the parent of partitions, which
 * takes a new column for all of them. */
const char *relation_foreign_text(char kind, bool partition)
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

struct relation *relation_found(const struct named_relations *named, const char *name, char kind,
				bool partition)
{
	struct relation **found =
		bsearch(name, named->sorted, named->count, sizeof(struct relation *), compare_name);
	if (found == NULL)
		return NULL;
	/* information_schema calls a partition a table, and then names it once more. */
	if ((*found)->kind != RELATION_FOREIGN || partition)
		(*found)->kind_text = relation_foreign_text(kind, partition);
	(*found)->kind = (*found)->kind_text == NULL ? RELATION_TABLE : RELATION_FOREIGN;
	return *found;
}

/* A name that was asked for twice: the search found any of the two. */
static void copy_to_twins(const struct named_relations *named)
{
	struct relation *const *sorted = named->sorted;
	for (size_t i = 1; i < named->count; i++)
		for (size_t j = i; j > 0 && strcmp(sorted[j - 1]->name, sorted[i]->name) == 0; j--)
			if (sorted[i]->kind != RELATION_ABSENT)
				*sorted[j - 1] = *sorted[i];
			else
				*sorted[i] = *sorted[j - 1];
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
	struct named_relations named = {
		.sorted = sorted_relations(relations, request->name_count, &scratch),
		.count = request->name_count,
	};
	bool fine = named.sorted != NULL
			    ? pg->reader->collect(pg, result, &named, &catalog->schema, arena, err)
			    : error_memory(err);
	if (fine)
		copy_to_twins(&named);
	arena_release(&scratch);
	return fine;
}
