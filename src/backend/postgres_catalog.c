/* The reader of pg_catalog: exact, sees columns without privileges, locks no table, and fast. */
#include "postgres.h"
#include <stdlib.h>

/*
 * $1 names of relations, with a schema $2 its name. A row for each relation that is there, with its
 * columns in arrays: a row for each column takes several times the memory, and libpq the time. All
 * arrays of one aggregation are in the same order, whichever it is.
 *
 * The names come from a sub-select, so that the planner does not see how many they are: of
 * thousands it would expect so much work that it has the query compiled first (jit_above_cost),
 * which takes a new connection longer than the work.
 *
 * A new connection pays for every catalog, operator and function that a query needs, hence the few
 * of them. pg_get_expr() gets no table, because a default names no column, and with a table it
 * would open and lock it, and wait behind whoever alters it. attgenerated is there from 12 on; a
 * generation expression is no default.
 */
#define ROWS(current, schema, generated, is_filled, expression)                                    \
	"SELECT c.relname AS name, " current " AS schema, c.relkind, c.relispartition,\n"          \
	"       a.numbers, a.names, a.types, a.modifiers, a.not_nulls, a.identities,\n"            \
	"       a.generated, a.filled,\n"                                                          \
	"       ARRAY(SELECT " expression "\n"                                                     \
	"               FROM pg_catalog.pg_attrdef d\n"                                            \
	"              WHERE d.adrelid = c.oid AND d.adnum = ANY (a.filled)\n"                     \
	"              ORDER BY d.adnum) AS defaults\n"                                            \
	"  FROM pg_catalog.pg_class c,\n"                                                          \
	"       LATERAL (SELECT pg_catalog.array_agg(a.attnum) AS numbers,\n"                      \
	"                       pg_catalog.array_agg(a.attname) AS names,\n"                       \
	"                       pg_catalog.array_agg(a.atttypid) AS types,\n"                      \
	"                       pg_catalog.array_agg(a.atttypmod) AS modifiers,\n"                 \
	"                       pg_catalog.array_agg(a.attnotnull) AS not_nulls,\n"                \
	"                       pg_catalog.array_agg(a.attnum)\n"                                  \
	"                           FILTER (WHERE a.attidentity <> '') AS identities,\n"           \
	"                       " generated " AS generated,\n"                                     \
	"                       pg_catalog.array_agg(a.attnum)\n"                                  \
	"                           FILTER (WHERE " is_filled ") AS filled\n"                      \
	"                  FROM pg_catalog.pg_attribute a\n"                                       \
	"                 WHERE a.attrelid = c.oid AND a.attnum > 0\n"                             \
	"                   AND NOT a.attisdropped) a\n"                                           \
	" WHERE c.relname = ANY ((SELECT $1)::name[])\n"                                           \
	"   AND c.relnamespace =\n"                                                                \
	"       pg_catalog.to_regnamespace(pg_catalog.quote_ident(" schema "))::oid"

/* With a schema there is one more row, without relation. It puts the schema in front of the
 * search path until the end of the transaction, which without BEGIN is the end of the pipeline,
 * so that the types that are described after it are found there. */
#define PATH_ROW                                                                                   \
	"SELECT NULL::name AS name, NULL::name AS schema, NULL::\"char\" AS relkind,\n"            \
	"       NULL::bool AS relispartition, NULL::int2[] AS numbers, NULL::name[] AS names,\n"   \
	"       NULL::oid[] AS types, NULL::int4[] AS modifiers, NULL::bool[] AS not_nulls,\n"     \
	"       NULL::int2[] AS identities, NULL::int2[] AS generated,\n"                          \
	"       NULL::int2[] AS filled, ARRAY[" SQL_LOCAL_PATH("$2::text") "] AS defaults\n"       \
									   "UNION ALL\n"

#define CURRENT "pg_catalog.current_schema()"
#define GENERATED "pg_catalog.array_agg(a.attnum) FILTER (WHERE a.attgenerated <> '')"
#define FILLED "a.atthasdef AND a.attgenerated = ''"
#define EXPRESSION "pg_catalog.pg_get_expr(d.adbin, 0)"
#define NO_NUMBERS "NULL::int2[]"
#define EXACT_EXPRESSION "CASE WHEN " SQL_EXACT_FLOATS " IS NOT NULL THEN " EXPRESSION " END"

static const char current_query[] = ROWS(CURRENT, CURRENT, GENERATED, FILLED, EXPRESSION);
static const char current_query_before_12[] =
	ROWS(CURRENT, CURRENT, NO_NUMBERS, "a.atthasdef", EXACT_EXPRESSION);
static const char given_query[] =
	PATH_ROW ROWS("NULL::name", "$2::text", GENERATED, FILLED, EXPRESSION);
static const char given_query_before_12[] =
	PATH_ROW ROWS("NULL::name", "$2::text", NO_NUMBERS, "a.atthasdef", EXACT_EXPRESSION);
/* In a transaction of ours, which has begun with the search path. */
static const char inner_query[] = ROWS("NULL::name", "$2::text", GENERATED, FILLED, EXPRESSION);
static const char inner_query_before_12[] =
	ROWS("NULL::name", "$2::text", NO_NUMBERS, "a.atthasdef", EXACT_EXPRESSION);

enum {
	NAME,
	SCHEMA,
	KIND,
	PARTITION,
	NUMBERS,
	NAMES,
	TYPES,
	MODIFIERS,
	NOT_NULLS,
	IDENTITIES, /* numbers of attributes */
	GENERATED_NUMBERS,
	FILLED_NUMBERS,
	DEFAULTS, /* of those, in the order of their numbers */
};

/* Of what the arrays hold of every attribute there are as many. */
static const struct answer rows_answer =
	ANY_ROWS("t t? c b [h]? [t]?= [i]?= [i]?= [b]?= [h]? [h]? [h]? [t?]");
/* The same, but for the row of the path. */
static const struct answer rows_and_path_answer =
	ANY_ROWS("t? t? c? b? [h]? [t]?= [i]?= [i]?= [b]?= [h]? [h]? [h]? [t?]");

static bool catalog_statement(const struct postgres *pg, struct statement *statement,
			      const struct read_request *request, struct arena *arena)
{
	const char *schema = target_schema(pg);
	bool old = PQserverVersion(pg->connection) < 120000;
	*statement = (struct statement){
		.parameter_count = schema == NULL ? 1 : 2,
		.parameters = {parameter_names(request->names, request->name_count, arena),
			       parameter_text(schema)},
		.answer = rows_answer,
	};
	if (schema == NULL) {
		statement->sql = old ? current_query_before_12 : current_query;
	} else if (pg->in_transaction) {
		statement->sql = old ? inner_query_before_12 : inner_query;
	} else {
		statement->sql = old ? given_query_before_12 : given_query;
		statement->answer = rows_and_path_answer;
	}
	return statement->parameters[0].value != NULL;
}

/* ---- attributes --------------------------------------------------------- */

static int compare_attributes(const void *left, const void *right)
{
	const struct attribute *a = left, *b = right;
	return a->number - b->number;
}

static int compare_number(const void *number, const void *attribute)
{
	return *(const int *)number - ((const struct attribute *)attribute)->number;
}

/* The attribute whose number is the next one; NULL: there is no more. */
static struct attribute *next_attribute(struct attribute *attributes, size_t count,
					struct elements *numbers)
{
	int number = elements_int16(numbers);
	return number == 0
		       ? NULL
		       : bsearch(&number, attributes, count, sizeof(*attributes), compare_number);
}

/* What the arrays hold of each attribute, sorted by number. false: out of memory. */
static bool read_attributes(struct attribute *attributes, size_t count, const PGresult *result,
			    int row, struct arena *arena)
{
	struct elements numbers = elements_of(result, row, NUMBERS),
			names = elements_of(result, row, NAMES),
			types = elements_of(result, row, TYPES),
			modifiers = elements_of(result, row, MODIFIERS),
			not_nulls = elements_of(result, row, NOT_NULLS);
	bool sorted = true;
	for (size_t i = 0; i < count; i++) {
		struct attribute *attribute = &attributes[i];
		attribute->number = (int16_t)elements_int16(&numbers);
		attribute->type.type = (uint32_t)elements_int32(&types);
		attribute->type.modifier =
			type_modifier(attribute->type.type, elements_int32(&modifiers));
		attribute->not_null = elements_bool(&not_nulls);
		sorted = sorted && (i == 0 || attribute[-1].number < attribute->number);
		if (!elements_text(&attribute->name, &names, arena))
			return false;
	}
	if (!sorted)
		qsort(attributes, count, sizeof(*attributes), compare_attributes);
	return true;
}

/* What only some of them are. false: out of memory. */
static bool read_properties(struct attribute *attributes, size_t count, const PGresult *result,
			    int row, struct arena *arena)
{
	struct elements identities = elements_of(result, row, IDENTITIES),
			generated = elements_of(result, row, GENERATED_NUMBERS),
			filled = elements_of(result, row, FILLED_NUMBERS),
			defaults = elements_of(result, row, DEFAULTS);
	struct attribute *attribute;
	while ((attribute = next_attribute(attributes, count, &identities)) != NULL)
		attribute->identity = true;
	while ((attribute = next_attribute(attributes, count, &generated)) != NULL)
		attribute->generated = true;
	while ((attribute = next_attribute(attributes, count, &filled)) != NULL)
		attribute->default_unread = true;
	for (size_t i = 0; i < count; i++) {
		if (!attributes[i].default_unread)
			continue;
		if (!elements_text(&attributes[i].default_value, &defaults, arena))
			return false;
		attributes[i].default_unread = attributes[i].default_value == NULL;
	}
	return true;
}

static bool catalog_collect(struct postgres *pg, const PGresult *result,
			    const struct named_relations *named, const char **schema,
			    struct arena *arena, struct error *err)
{
	(void)pg;
	for (int row = 0; row < PQntuples(result); row++) {
		struct relation *relation = relation_found(named, PQgetvalue(result, row, NAME),
							   *PQgetvalue(result, row, KIND),
							   value_bool(result, row, PARTITION));
		if (relation == NULL)
			continue;
		size_t count = (size_t)elements_of(result, row, NUMBERS).left;
		struct attribute *attributes = arena_array(arena, count, sizeof(*attributes));
		if (attributes == NULL ||
		    (*schema == NULL && !value_text(schema, result, row, SCHEMA, arena)) ||
		    !read_attributes(attributes, count, result, row, arena) ||
		    !read_properties(attributes, count, result, row, arena))
			return error_memory(err);
		relation->attributes = attributes;
		relation->attribute_count = count;
	}
	return true;
}

const struct reader reader_catalog = {
	.statement = catalog_statement,
	.collect = catalog_collect,
};
