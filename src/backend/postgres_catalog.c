/* The reader of pg_catalog: exact, sees columns without privileges, locks no table, and fast. */
#include "postgres.h"

/*
 * $1 names of relations, with a schema $2 its name. A row for each column of each relation that
 * is there. A new connection pays for every catalog, operator and function that a query needs,
 * hence the few of them: what is the same in all rows of a relation stands in the first one only
 * (a relation's first column may be dropped, so dropped ones come too, without number);
 * pg_attrdef is looked at where there is a default; pg_get_expr() gets no table, because a
 * default names no column, and with a table it would open and lock it, and wait behind whoever
 * alters it. attgenerated is there from 12 on.
 */
#define QUERY(given, schema, generated, default_value)                                             \
	"SELECT c.oid AS relation,\n"                                                              \
	"       CASE WHEN a.attnum > 1 THEN NULL ELSE c.relname END AS relation_name,\n"           \
	"       CASE WHEN a.attnum > 1 THEN NULL ELSE " given " END AS schema,\n"                  \
	"       c.relkind, c.relispartition,\n"                                                    \
	"       CASE WHEN a.attisdropped THEN NULL ELSE a.attnum END AS number, a.attname,\n"      \
	"       a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,\n"                           \
	"       " generated " AS generated,\n"                                                     \
	"       " default_value " AS default_value\n"                                              \
	"  FROM pg_catalog.pg_class c\n"                                                           \
	"  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0\n"           \
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

#define CURRENT_SCHEMA "pg_catalog.current_schema()"

/* The text of a default, or "" for one whose text is not wanted. */
#define DEFAULT_TEXT(is_default)                                                                   \
	"CASE WHEN " is_default " THEN\n"                                                          \
	"            (SELECT pg_catalog.pg_get_expr(d.adbin, 0)\n"                                 \
	"               FROM pg_catalog.pg_attrdef d\n"                                            \
	"              WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum)\n"                     \
	"       END"
#define DEFAULT_MARK(is_default) "CASE WHEN " is_default " THEN '' END"

#define QUERIES(path, given, schema)                                                               \
	{                                                                                          \
		{path QUERY(given, schema, "a.attgenerated",                                       \
			    DEFAULT_MARK("a.atthasdef AND a.attgenerated = ''")),                  \
		 path QUERY(given, schema, "a.attgenerated",                                       \
			    DEFAULT_TEXT("a.atthasdef AND a.attgenerated = ''"))},                 \
		{                                                                                  \
			path QUERY(given, schema, "''::\"char\"", DEFAULT_MARK("a.atthasdef")),    \
				path QUERY(given, schema, "''::\"char\"",                          \
					   DEFAULT_TEXT("a.atthasdef"))                            \
		}                                                                                  \
	}

/* [before 12][with texts of defaults] */
static const char *const current[2][2] = QUERIES("", CURRENT_SCHEMA, CURRENT_SCHEMA);
static const char *const given[2][2] = QUERIES(PATH_ROW, "NULL::name", "$2::text");

static bool catalog_statement(const struct postgres *pg, struct statement *statement,
			      const struct read_request *request, struct arena *arena)
{
	const char *schema = pg->settings->schema;
	bool old = PQserverVersion(pg->connection) < 120000;
	*statement = (struct statement){
		.sql = (schema == NULL ? current : given)[old][!request->brief],
		.parameter_count = schema == NULL ? 1 : 2,
		.parameters = {parameter_names(request->names, request->name_count, arena),
			       parameter_text(schema)},
	};
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
	if (!value_text(&attribute->default_value, result, row, ROW_REST + 5, arena))
		return false;
	if (attribute->default_value != NULL && attribute->default_value[0] == '\0') {
		attribute->default_value = NULL;
		attribute->default_unread = true;
	}
	return true;
}

const struct reader reader_catalog = {
	.statement = catalog_statement,
	.attribute = catalog_attribute,
};
