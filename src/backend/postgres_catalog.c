/* The reader of pg_catalog: exact, sees columns without privileges, locks no table, and fast. */
#include "postgres.h"

/*
 * $1 names of relations, with a schema $2 its name. A row for each column of each relation that
 * is there. A new connection pays for every catalog, operator and function that a query needs,
 * hence the few of them. pg_get_expr() gets no table, because a default names no column, and with
 * a table it would open and lock it, and wait behind whoever alters it. attgenerated is there
 * from 12 on; a generation expression is no default.
 */
#define ROWS(given, schema, generated, is_default)                                                 \
	"SELECT c.oid AS relation, c.relname AS relation_name, " given " AS schema,\n"             \
	"       c.relkind, c.relispartition, a.attnum AS number, a.attname,\n"                     \
	"       a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,\n"                           \
	"       " generated " AS generated,\n"                                                     \
	"       CASE WHEN " is_default " THEN\n"                                                   \
	"            (SELECT pg_catalog.pg_get_expr(d.adbin, 0)\n"                                 \
	"               FROM pg_catalog.pg_attrdef d\n"                                            \
	"              WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum)\n"                     \
	"       END AS default_value\n"                                                            \
	"  FROM pg_catalog.pg_class c\n"                                                           \
	"  LEFT JOIN pg_catalog.pg_attribute a\n"                                                  \
	"    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped\n"                      \
	" WHERE c.relname = ANY ($1::name[])\n"                                                    \
	"   AND c.relnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident(" schema "))"

/* With a schema there is one more row, without relation. It puts the schema in front of the
 * search path until the end of the transaction, which without BEGIN is the end of the pipeline,
 * so that the types that are described after it are found there. */
#define LOCAL_PATH SQL_LOCAL_PATH("$2::text")
#define PATH_ROW                                                                                   \
	"SELECT NULL::oid AS relation, NULL::name AS relation_name, NULL::name AS schema,\n"       \
	"       NULL::\"char\" AS relkind, NULL::bool AS relispartition, NULL::int2 AS number,\n"  \
	"       NULL::name AS attname, NULL::oid AS atttypid, NULL::int4 AS atttypmod,\n"          \
	"       NULL::bool AS attnotnull, NULL::\"char\" AS attidentity,\n"                        \
	"       NULL::\"char\" AS generated,\n"                                                    \
	"       " LOCAL_PATH " AS default_value\n"                                                 \
	"UNION ALL\n"

#define CURRENT "pg_catalog.current_schema()"
/* The name in a relation's first row is enough, unless that column was dropped: then a read that
 * is not brief looks for it. */
#define FIRST_CURRENT "CASE WHEN a.attnum > 1 THEN NULL ELSE " CURRENT " END"
#define ROWS_OF_CURRENT(generated, is_default) ROWS(FIRST_CURRENT, CURRENT, generated, is_default)
#define ROWS_OF_GIVEN(generated, is_default)                                                       \
	PATH_ROW ROWS("NULL::name", "$2::text", generated, is_default)

#define EXACT_DEFAULT "a.atthasdef AND " SQL_EXACT_FLOATS " IS NOT NULL"

static const char current_query[] =
	ROWS_OF_CURRENT("a.attgenerated", "a.atthasdef AND a.attgenerated = ''");
static const char current_query_before_12[] = ROWS_OF_CURRENT("''::\"char\"", EXACT_DEFAULT);
static const char given_query[] =
	ROWS_OF_GIVEN("a.attgenerated", "a.atthasdef AND a.attgenerated = ''");
static const char given_query_before_12[] = ROWS_OF_GIVEN("''::\"char\"", EXACT_DEFAULT);

static bool catalog_statement(const struct postgres *pg, struct statement *statement,
			      const struct read_request *request, struct arena *arena)
{
	const char *schema = target_schema(pg);
	bool old = PQserverVersion(pg->connection) < 120000;
	*statement = (struct statement){
		.parameter_count = schema == NULL ? 1 : 2,
		.parameters = {parameter_names(request->names, request->name_count, arena),
			       parameter_text(schema)},
	};
	if (schema == NULL)
		statement->sql = old ? current_query_before_12 : current_query;
	else
		statement->sql = old ? given_query_before_12 : given_query;
	return statement->parameters[0].value != NULL;
}

static bool catalog_attribute(struct postgres *pg, struct attribute *attribute,
			      const PGresult *result, int row, struct arena *arena)
{
	(void)pg;
	attribute->type.type = (uint32_t)value_int32(result, row, ROW_REST);
	attribute->type.modifier =
		type_modifier(attribute->type.type, value_int32(result, row, ROW_REST + 1));
	attribute->not_null = value_bool(result, row, ROW_REST + 2);
	attribute->identity = value_bool(result, row, ROW_REST + 3); /* '' is the byte 0 */
	attribute->generated = value_bool(result, row, ROW_REST + 4);
	return value_text(&attribute->default_value, result, row, ROW_REST + 5, arena);
}

const struct reader reader_catalog = {
	.statement = catalog_statement,
	.attribute = catalog_attribute,
};
