/* The reader of pg_catalog: exact, sees columns without privileges, and fast. */
#include "postgres.h"

/*
 * $1 schema or NULL: the current one, $2 names of relations.
 *
 * The first row (place 0) is the schema; with $1 it also puts that schema in front of the search
 * path until the end of the transaction, which without BEGIN is the end of this pipeline, so that
 * the types that are described after it are found there. Then a row for each column of each
 * relation that is there, one without number for a relation without columns. Names of built-in
 * things are qualified: the search path may be anybody's. Only what cannot be had from
 * pg_attribute is looked up elsewhere, and only where it is there: defaults, and domains (user's
 * types begin at FirstNormalObjectId, 16384), which can be NOT NULL by themselves.
 * attgenerated is there from 12 on. pg_get_expr() gets no table: a default names no column, and
 * with a table it would open and lock it, and wait behind whoever alters it.
 */
#define QUERY(generated)                                                                           \
	"SELECT 0 AS place, NULL::\"char\" AS kind, NULL::int2 AS number,\n"                       \
	"       (SELECT n.nspname FROM pg_catalog.pg_namespace n\n"                                \
	"         WHERE n.nspname = " SQL_SCHEMA "::name) AS name,\n"                              \
	"       NULL::oid AS type, NULL::int4 AS modifier, NULL::bool AS not_null,\n"              \
	"       NULL::bool AS identity, NULL::bool AS generated,\n"                                \
	"       CASE WHEN $1::text IS NOT NULL THEN\n"                                             \
	"       " SQL_LOCAL_PATH(                                                                  \
		"$1::text") "\n"                                                                   \
			    "       END AS default_value\n"                                        \
			    "UNION ALL\n"                                                          \
			    "SELECT names.place::int4,\n"                                          \
			    "       CASE WHEN c.relispartition THEN 'P'::\"char\" ELSE c.relkind " \
			    "END,\n"                                                               \
			    "       a.attnum, a.attname, a.atttypid, a.atttypmod,\n"               \
			    "       CASE WHEN a.attnotnull THEN true WHEN a.atttypid < 16384 "     \
			    "THEN false\n"                                                         \
			    "            ELSE (SELECT t.typtype = 'd' AND t.typnotnull\n"          \
			    "                    FROM pg_catalog.pg_type t WHERE t.oid = "         \
			    "a.atttypid) END,\n"                                                   \
			    "       a.attidentity <> '', " generated ",\n"                         \
			    "       CASE WHEN a.atthasdef AND NOT " generated " THEN\n"            \
			    "            (SELECT pg_catalog.pg_get_expr(d.adbin, 0)\n"             \
			    "               FROM pg_catalog.pg_attrdef d\n"                        \
			    "              WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) "  \
			    "END\n"                                                                \
			    "  FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names "       \
			    "(name, place)\n"                                                      \
			    "  JOIN pg_catalog.pg_namespace n ON n.nspname = " SQL_SCHEMA          \
			    "::name\n"                                                             \
			    "  JOIN pg_catalog.pg_class c\n"                                       \
			    "    ON c.relname = names.name::name AND c.relnamespace = n.oid\n"     \
			    "  LEFT JOIN pg_catalog.pg_attribute a\n"                              \
			    "    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"

static const char query[] = QUERY("a.attgenerated <> ''");
static const char query_before_12[] = QUERY("false");

static bool catalog_statement(const struct postgres *pg, struct statement *statement,
			      const struct read_request *request, struct arena *arena)
{
	bool old = PQserverVersion(pg->connection) < 120000;
	*statement = (struct statement){
		.sql = old ? query_before_12 : query,
		.parameter_count = 2,
		.parameters = {parameter_text(pg->settings->schema),
			       parameter_texts(request->names, request->name_count, arena)},
	};
	return statement->parameters[1].value != NULL;
}

static bool catalog_attribute(struct postgres *pg, struct attribute *attribute,
			      const PGresult *result, int row, struct arena *arena)
{
	(void)pg;
	attribute->type.type = (uint32_t)value_int32(result, row, 4);
	attribute->type.modifier = type_modifier(attribute->type.type, value_int32(result, row, 5));
	attribute->not_null = value_bool(result, row, 6);
	attribute->identity = value_bool(result, row, 7);
	attribute->generated = value_bool(result, row, 8);
	return value_text(&attribute->default_value, result, row, 9, arena);
}

const struct reader reader_catalog = {
	.statement = catalog_statement,
	.attribute = catalog_attribute,
};
