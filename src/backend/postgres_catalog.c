/* The reader of pg_catalog: exact, sees columns without privileges, locks no table, and fast. */
#include "postgres.h"

/*
 * $1 names of relations, with a schema $2 its name. A row for each column of each relation that
 * is there, and before them one for the relation: that of its column -1, ctid, which every relation
 * has that is stored. A relation that is not stored, as a view, has its name in all rows.
 *
 * A new connection pays for every catalog, operator and function that a query needs, hence the few
 * of them. The defaults of a relation come as one array: to look for each of them costs more than
 * to print it. pg_get_expr() gets no table, because a default names no column, and with a table it
 * would open and lock it, and wait behind whoever alters it. From 12 on generation expressions are
 * among them, which do name columns (a default's own texts have no bare space in them), so that
 * it would not take them.
 */
#define ROWS(given, schema, generated, defaults)                                                   \
	"SELECT c.oid AS relation,\n"                                                              \
	"       CASE WHEN c.relfilenode = 0::oid THEN c.relname\n"                                 \
	"            WHEN a.attnum > 1 THEN NULL ELSE c.relname END AS relation_name,\n"           \
	"       " given " AS schema, c.relkind, c.relispartition,\n"                               \
	"       CASE WHEN a.attnum > -1 THEN NULL\n"                                               \
	"            ELSE ARRAY(SELECT " defaults "\n"                                             \
	"                         FROM pg_catalog.pg_attrdef d\n"                                  \
	"                        WHERE d.adrelid = c.oid ORDER BY d.adnum) END AS defaults,\n"     \
	"       a.attnum AS number, a.attname, a.atttypid, a.atttypmod, a.attnotnull,\n"           \
	"       a.attidentity, " generated " AS generated, a.atthasdef\n"                          \
	"  FROM pg_catalog.pg_class c\n"                                                           \
	"  LEFT JOIN pg_catalog.pg_attribute a\n"                                                  \
	"    ON a.attrelid = c.oid AND a.attnum > -2 AND NOT a.attisdropped\n"                     \
	" WHERE c.relname = ANY ($1::name[])\n"                                                    \
	"   AND c.relnamespace =\n"                                                                \
	"       pg_catalog.to_regnamespace(pg_catalog.quote_ident(" schema "))::oid"

/* With a schema there is one more row, without relation. It puts the schema in front of the
 * search path until the end of the transaction, which without BEGIN is the end of the pipeline,
 * so that the types that are described after it are found there. */
#define LOCAL_PATH SQL_LOCAL_PATH("$2::text")
#define PATH_ROW                                                                                   \
	"SELECT NULL::oid AS relation, NULL::name AS relation_name, NULL::name AS schema,\n"       \
	"       NULL::\"char\" AS relkind, NULL::bool AS relispartition,\n"                        \
	"       ARRAY[" LOCAL_PATH "] AS defaults, NULL::int2 AS number,\n"                        \
	"       NULL::name AS attname, NULL::oid AS atttypid, NULL::int4 AS atttypmod,\n"          \
	"       NULL::bool AS attnotnull, NULL::\"char\" AS attidentity,\n"                        \
	"       NULL::\"char\" AS generated, NULL::bool AS atthasdef\n"                            \
	"UNION ALL\n"

#define CURRENT "pg_catalog.current_schema()"
#define FIRST_CURRENT "CASE WHEN a.attnum > 1 THEN NULL ELSE " CURRENT " END"
#define ROWS_OF_CURRENT(generated, defaults) ROWS(FIRST_CURRENT, CURRENT, generated, defaults)
#define ROWS_OF_GIVEN(generated, defaults)                                                         \
	PATH_ROW ROWS("NULL::name", "$2::text", generated, defaults)

#define DEFAULT "pg_catalog.pg_get_expr(d.adbin, 0)"
#define DEFAULT_12 "CASE WHEN pg_catalog.strpos(d.adbin::text, '{VAR ') = 0 THEN " DEFAULT " END"
#define DEFAULT_10 "CASE WHEN " SQL_EXACT_FLOATS " IS NOT NULL THEN " DEFAULT " END"

static const char current_query[] = ROWS_OF_CURRENT("a.attgenerated", DEFAULT_12);
static const char current_query_before_12[] = ROWS_OF_CURRENT("''::\"char\"", DEFAULT_10);
static const char given_query[] = ROWS_OF_GIVEN("a.attgenerated", DEFAULT_12);
static const char given_query_before_12[] = ROWS_OF_GIVEN("''::\"char\"", DEFAULT_10);

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
			      const PGresult *result, int row, struct texts *defaults,
			      struct arena *arena)
{
	(void)pg;
	attribute->type.type = (uint32_t)value_int32(result, row, ROW_REST);
	attribute->type.modifier =
		type_modifier(attribute->type.type, value_int32(result, row, ROW_REST + 1));
	attribute->not_null = value_bool(result, row, ROW_REST + 2);
	attribute->identity = value_bool(result, row, ROW_REST + 3); /* '' is the byte 0 */
	attribute->generated = value_bool(result, row, ROW_REST + 4);
	if (!value_bool(result, row, ROW_REST + 5))
		return true;
	/* A generation expression is no default, but it stands among them. */
	if (!texts_next(defaults, attribute->generated ? NULL : &attribute->default_value, arena))
		return false;
	attribute->default_unread = !attribute->generated && attribute->default_value == NULL;
	return true;
}

const struct reader reader_catalog = {
	.statement = catalog_statement,
	.attribute = catalog_attribute,
};
