/*
 * Types, told apart by the server itself: a text is parsed and described as the type of a
 * parameter, never executed. It works without privileges and on a standby.
 */
#include "postgres.h"
#include <stdlib.h>
#include <string.h>

/* A target list holds 1664 entries at most (54011). */
enum { TYPES_A_STATEMENT = 500 };

enum {
	PG_TIME = 1083,
	PG_TIME_ARRAY = 1183,
	PG_TIMETZ = 1266,
	PG_TIMETZ_ARRAY = 1270,
	PG_TIMESTAMP = 1114,
	PG_TIMESTAMP_ARRAY = 1115,
	PG_TIMESTAMPTZ_ARRAY = 1185,
	PG_INTERVAL = 1186,
	PG_INTERVAL_ARRAY = 1187,
};

#define LOCAL_PATH SQL_LOCAL_PATH("$1::text")

int32_t type_modifier(uint32_t type, int32_t modifier)
{
	switch (type) {
	case PG_TIME:
	case PG_TIME_ARRAY:
	case PG_TIMETZ:
	case PG_TIMETZ_ARRAY:
	case PG_TIMESTAMP:
	case PG_TIMESTAMP_ARRAY:
	case PG_TIMESTAMPTZ:
	case PG_TIMESTAMPTZ_ARRAY:
		return modifier == 6 ? -1 : modifier;
	case PG_INTERVAL:
	case PG_INTERVAL_ARRAY:
		/* Fields above, precision below (utils/timestamp.h): 0x7fff all, 0xffff any. */
		if (modifier >= 0 && (modifier & 0xffff) == 6)
			modifier |= 0xffff;
		return modifier == 0x7fffffff ? -1 : modifier;
	default:
		return modifier;
	}
}

size_t type_statement_count(size_t count)
{
	return (count + TYPES_A_STATEMENT - 1) / TYPES_A_STATEMENT;
}

/*
 * CAST and not ::, so that nothing behind the type is taken for an alias. A line each, so that
 * the server's "LINE 2" means something.
 */
bool type_statements(struct statement *statements, const char *const *texts, size_t count,
		     struct arena *arena)
{
	for (size_t i = 0; i < type_statement_count(count); i++) {
		struct buffer buf = BUFFER_INIT(arena);
		size_t first = i * TYPES_A_STATEMENT;
		buffer_add(&buf, "SELECT ");
		for (size_t j = first; j < count && j < first + TYPES_A_STATEMENT; j++)
			buffer_addf(&buf, "%sCAST($%zu AS %s\n)", j == first ? "" : ",\n       ",
				    j - first + 1, texts[j]);
		statements[i] = (struct statement){.sql = buffer_text(&buf), .describe = true};
		if (statements[i].sql == NULL)
			return false;
	}
	return true;
}

/* The type is the parameter's: a row's description shows the base type of a domain (and its
 * modifier, which is the domain's and not the column's). */
bool type_collect(PGresult *const *results, size_t count, struct type_id *ids)
{
	for (size_t i = 0; i < type_statement_count(count); i++) {
		size_t first = i * TYPES_A_STATEMENT;
		size_t here = count - first < TYPES_A_STATEMENT ? count - first : TYPES_A_STATEMENT;
		const PGresult *result = results[i];
		if (PQnfields(result) != (int)here || PQnparams(result) != (int)here)
			return false;
		for (int j = 0; j < (int)here; j++) {
			Oid type = PQparamtype(result, j);
			int32_t modifier = PQftype(result, j) == type ? PQfmod(result, j) : -1;
			ids[first + (size_t)j] = (struct type_id){
				.type = type,
				.modifier = type_modifier(type, modifier),
			};
		}
	}
	return true;
}

/*
 * Asks for one type, after the schema has been put into the search path. In a transaction a
 * savepoint keeps a refusal from ending it.
 */
static bool describe_one(struct postgres *pg, const char *text, struct type_id *id,
			 struct error *err)
{
	struct arena scratch = {0};
	PGresult *results[3], *undone[1];
	const struct statement undo = {.sql = "ROLLBACK TO SAVEPOINT reconcile_type"};
	struct statement statements[3] = {
		{.sql = "SELECT CASE WHEN $1::text IS NOT NULL THEN\n"
			"       " LOCAL_PATH " END",
		 .parameter_count = 1,
		 .parameters = {parameter_text(pg->settings->schema)},
		 .answer = ONE_ROW("x")},
		{.sql = NULL},
		{.sql = "RELEASE SAVEPOINT reconcile_type"},
	};
	size_t count = 2, failed;
	if (pg->in_transaction) { /* begin() has set the path */
		statements[0] = (struct statement){.sql = "SAVEPOINT reconcile_type"};
		count = 3;
	}
	if (!type_statements(&statements[1], &text, 1, &scratch)) {
		arena_release(&scratch);
		return error_memory(err);
	}
	bool fine = batch_run(pg, statements, count, patience_read_ms(pg), results, &failed, err);
	if (fine && !type_collect(&results[1], 1, id)) {
		fine = error_set(err, RECONCILE_FAILED, "it is not one type");
		/* The text is at fault, as if the server had said so: syntax_error. */
		memcpy(err->sqlstate, "42601", sizeof(err->sqlstate));
	} else if (!fine && pg->in_transaction && failed == 1) {
		struct error ignored = {0};
		batch_run(pg, &undo, 1, patience_read_ms(pg), undone, NULL, &ignored);
		batch_clear(undone, 1);
	}
	batch_clear(results, count);
	arena_release(&scratch);
	return fine;
}

bool type_find_bad(struct postgres *pg, const char *const *texts, size_t count, size_t *bad_type,
		   struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct type_id id;
		struct error found = {0};
		if (describe_one(pg, texts[i], &id, &found))
			continue;
		if (!error_is_refusal(&found)) {
			if (err->status == RECONCILE_OK)
				*err = found;
			return false;
		}
		*bad_type = i;
		if (err->status != RECONCILE_OK)
			return false;
		error_set(err, RECONCILE_BAD_REGISTRY, "type '%s': %s", texts[i], found.message);
		memcpy(err->sqlstate, found.sqlstate, sizeof(err->sqlstate));
		if (found.hint[0] != '\0')
			error_hint(err, "%s", found.hint);
		return false;
	}
	return error_set(err, RECONCILE_BAD_REGISTRY,
			 "the registry's types are types one by one, but not together");
}

/* ---- live types --------------------------------------------------------- */

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* One by one; what the server refuses stays zeroed. */
static bool resolve_each(struct postgres *pg, const char *const *texts, size_t count,
			 struct type_id *ids, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct error refused = {0};
		if (describe_one(pg, texts[i], &ids[i], &refused) || error_is_refusal(&refused))
			continue;
		if (err->status == RECONCILE_OK)
			*err = refused;
		return false;
	}
	return true;
}

/* Distinct texts, in one round trip if the server takes them all. */
static bool resolve_distinct(struct postgres *pg, const char *const *texts, size_t count,
			     struct type_id *ids, struct arena *scratch, struct error *err)
{
	const struct statement save = {.sql = "SAVEPOINT reconcile_types"};
	const struct statement undo = {.sql = "ROLLBACK TO SAVEPOINT reconcile_types"};
	size_t saved = pg->in_transaction, total = saved + type_statement_count(count);
	struct statement *statements = arena_array(scratch, total, sizeof(*statements));
	PGresult **results = arena_array(scratch, total, sizeof(*results)), *undone[1];
	struct error found = {0};
	if (statements == NULL || results == NULL ||
	    !type_statements(&statements[saved], texts, count, scratch))
		return error_memory(err);
	if (pg->in_transaction)
		statements[0] = save;
	bool fine = batch_run(pg, statements, total, patience_read_ms(pg), results, NULL, &found);
	fine = fine && type_collect(&results[saved], count, ids);
	batch_clear(results, total);
	if (fine)
		return true;
	if (!error_is_refusal(&found)) {
		if (err->status == RECONCILE_OK)
			*err = found;
		return false;
	}
	if (pg->in_transaction) {
		fine = batch_run(pg, &undo, 1, patience_read_ms(pg), undone, NULL, err);
		batch_clear(undone, 1);
		if (!fine)
			return false;
	}
	return resolve_each(pg, texts, count, ids, err);
}

bool type_resolve_live(struct postgres *pg, const char *const *texts, size_t count,
		       struct type_id *ids, struct arena *arena, struct error *err)
{
	const char **distinct = arena_array(arena, count, sizeof(*distinct));
	struct type_id *found = arena_array(arena, count, sizeof(*found));
	size_t distinct_count = 0;
	if (distinct == NULL || found == NULL)
		return error_memory(err);
	if (count == 0)
		return true;
	memcpy(distinct, texts, count * sizeof(*distinct));
	qsort(distinct, count, sizeof(*distinct), compare_texts);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(distinct[distinct_count - 1], distinct[i]) != 0)
			distinct[distinct_count++] = distinct[i];
	if (!resolve_distinct(pg, distinct, distinct_count, found, arena, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char **at = bsearch(&texts[i], distinct, distinct_count, sizeof(*distinct),
					  compare_texts);
		ids[i] = found[at - distinct];
	}
	return true;
}

/* ---- names -------------------------------------------------------------- */

/*
 * $1 schema or NULL, $2 types, $3 their modifiers: a name each, in the same order. With $1 names
 * of types in that schema come out unqualified.
 */
static const char names_query[] =
	"SELECT pg_catalog.format_type(types.type, types.modifier)\n"
	"  FROM (SELECT CASE WHEN $1::text IS NOT NULL THEN\n"
	"               " LOCAL_PATH " END AS path\n"
	"        OFFSET 0) AS local\n"
	"  LEFT JOIN ROWS FROM (pg_catalog.unnest($2::oid[]),\n"
	"                       pg_catalog.unnest($3::int4[]))\n"
	"            WITH ORDINALITY AS types (type, modifier, place) ON true\n"
	" ORDER BY types.place";

static int compare_ids(const void *left, const void *right)
{
	const struct type_id *a = left, *b = right;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return (a->modifier > b->modifier) - (a->modifier < b->modifier);
}

/* The distinct types of attributes without a name, sorted. NULL: out of memory. */
static struct type_id *nameless_types(const struct catalog *catalog, size_t *count,
				      struct arena *scratch)
{
	size_t total = 0, found = 0;
	for (size_t i = 0; i < catalog->relation_count; i++)
		total += catalog->relations[i].attribute_count;
	struct type_id *ids = arena_array(scratch, total, sizeof(*ids));
	if (ids == NULL)
		return NULL;
	for (size_t i = 0; i < catalog->relation_count; i++) {
		const struct relation *relation = &catalog->relations[i];
		for (size_t j = 0; j < relation->attribute_count; j++)
			if (relation->attributes[j].type_text == NULL)
				ids[found++] = relation->attributes[j].type;
	}
	if (found > 0)
		qsort(ids, found, sizeof(*ids), compare_ids);
	*count = 0;
	for (size_t i = 0; i < found; i++)
		if (i == 0 || compare_ids(&ids[*count - 1], &ids[i]) != 0)
			ids[(*count)++] = ids[i];
	return ids;
}

/* The catalog's relations with a name at every attribute. */
static bool put_names(struct catalog *catalog, const struct type_id *ids, const char **names,
		      size_t count, struct arena *arena)
{
	struct relation *relations =
		arena_array(arena, catalog->relation_count, sizeof(*relations));
	for (size_t i = 0; i < catalog->relation_count; i++) {
		const struct relation *relation = &catalog->relations[i];
		struct attribute *attributes =
			arena_array(arena, relation->attribute_count, sizeof(*attributes));
		if (relations == NULL || attributes == NULL)
			return false;
		for (size_t j = 0; j < relation->attribute_count; j++) {
			attributes[j] = relation->attributes[j];
			if (attributes[j].type_text != NULL)
				continue;
			const struct type_id *id =
				bsearch(&attributes[j].type, ids, count, sizeof(*ids), compare_ids);
			attributes[j].type_text = names[id - ids];
		}
		relations[i] = *relation;
		relations[i].attributes = attributes;
	}
	if (relations == NULL)
		return false;
	catalog->relations = relations;
	return true;
}

static bool name_ids(struct postgres *pg, const struct type_id *ids, const char **names,
		     size_t count, struct arena *arena, struct arena *scratch, struct error *err)
{
	int32_t *types = arena_array(scratch, count, sizeof(*types));
	int32_t *modifiers = arena_array(scratch, count, sizeof(*modifiers));
	if (types == NULL || modifiers == NULL)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		types[i] = (int32_t)ids[i].type;
		modifiers[i] = ids[i].modifier;
	}
	struct statement statement = {
		.sql = names_query,
		.parameter_count = 3,
		.parameters = {parameter_text(pg->settings->schema),
			       parameter_int32s(PG_OID_ARRAY, PG_OID, types, count, scratch),
			       parameter_int32s(PG_INT4_ARRAY, PG_INT4, modifiers, count, scratch)},
		.answer = {"t?", (int)count, (int)count},
	};
	if (statement.parameters[1].value == NULL || statement.parameters[2].value == NULL)
		return error_memory(err);
	PGresult *result[1];
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	for (size_t i = 0; i < count && fine; i++) {
		fine = value_text(&names[i], result[0], (int)i, 0, arena);
		if (!fine)
			error_memory(err);
		else if (names[i] == NULL)
			names[i] = "unknown";
	}
	batch_clear(result, 1);
	return fine;
}

bool postgres_name_types(struct session *session, struct catalog *catalog, struct arena *arena,
			 struct error *err)
{
	struct arena scratch = {0};
	size_t count = 0;
	struct type_id *ids = nameless_types(catalog, &count, &scratch);
	const char **names = ids == NULL ? NULL : arena_array(&scratch, count, sizeof(*names));
	bool fine = names != NULL || error_memory(err);
	if (fine && count > 0)
		fine = name_ids(postgres_of(session), ids, names, count, arena, &scratch, err) &&
		       (put_names(catalog, ids, names, count, arena) || error_memory(err));
	arena_release(&scratch);
	return fine;
}
