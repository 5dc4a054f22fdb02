/*
 * The reader of information_schema: for every engine that speaks the protocol. It sees only what
 * the role has a privilege on, and no modifier of arrays and extension types. On PostgreSQL its
 * blind spots are looked up in pg_catalog, so that both readers tell the same or this one says
 * what it cannot see: kinds of relation that information_schema has no view for, columns that the
 * role has no privilege on, whether a column of a NOT NULL domain is NOT NULL itself, and which of
 * the types without a modifier to be seen could have one.
 */
#include "postgres.h"
#include <stdlib.h>
#include <string.h>

/*
 * $1 schema or NULL: the current one, $2 names of relations. First the row that sets the search
 * path (as in postgres_catalog.c) and how floats are printed, then one for each relation, then one
 * for each column.
 */
#define LOCAL_PATH SQL_LOCAL_PATH("$1::text")
#define PATH_ROW(exact_floats)                                                                     \
	"SELECT NULL::int4 AS relation, NULL::text AS relation_name, NULL::text AS schema,\n"      \
	"       NULL::\"char\" AS kind, NULL::bool AS partition, NULL::int2 AS number,\n"          \
	"       NULL::text AS name, NULL::bool AS not_null, NULL::bool AS identity,\n"             \
	"       NULL::bool AS generated,\n"                                                        \
	"       CASE WHEN $1::text IS NOT NULL THEN " LOCAL_PATH " END AS default_value,\n"        \
	"       " exact_floats " AS data_type, NULL::int4 AS length,\n"                            \
	"       NULL::int4 AS precision, NULL::int4 AS scale, NULL::int4 AS time_precision,\n"     \
	"       NULL::text AS interval_type, NULL::text AS type_schema,\n"                         \
	"       NULL::text AS type_name, NULL::text AS domain_schema,\n"                           \
	"       NULL::text AS domain_name, NULL::bool AS takes_modifier\n"

/* What the row of a relation leaves to those of its columns. */
#define NO_COLUMN                                                                                  \
	"NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,\n"          \
	"       NULL, NULL, NULL, NULL\n"

/* ANY is there because the join alone looks at every column of the schema first. */
#define RELATION_ROWS                                                                              \
	"UNION ALL\n"                                                                              \
	"SELECT names.place::int4, names.name, t.table_schema::text,\n"                            \
	"       CASE t.table_type WHEN 'BASE TABLE' THEN 'r' WHEN 'LOCAL TEMPORARY' THEN 'r'\n"    \
	"                         WHEN 'VIEW' THEN 'v' WHEN 'FOREIGN' THEN 'f'\n"                  \
	"                         WHEN 'FOREIGN TABLE' THEN 'f' -- before 12\n"                    \
	"                         ELSE '?' END::\"char\",\n"                                       \
	"       false, " NO_COLUMN                                                                 \
	"  FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)\n"            \
	"  JOIN information_schema.tables t ON t.table_name::text = names.name\n"                  \
	" WHERE t.table_name::text = ANY ($2::text[])\n"                                           \
	"   AND t.table_schema::text = " SQL_SCHEMA "\n"

#define COLUMN_ROWS(not_null, takes_modifier)                                                      \
	"UNION ALL\n"                                                                              \
	"SELECT names.place::int4, NULL, NULL, NULL, NULL, c.ordinal_position::int2,\n"            \
	"       c.column_name::text, " not_null ",\n"                                              \
	"       c.is_identity::text = 'YES', c.is_generated::text = 'ALWAYS',\n"                   \
	"       c.column_default::text, c.data_type::text,\n"                                      \
	"       c.character_maximum_length::int4, c.numeric_precision::int4,\n"                    \
	"       c.numeric_scale::int4, c.datetime_precision::int4, c.interval_type::text,\n"       \
	"       c.udt_schema::text, c.udt_name::text, c.domain_schema::text,\n"                    \
	"       c.domain_name::text, " takes_modifier "\n"                                         \
	"  FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)\n"            \
	"  JOIN information_schema.columns c ON c.table_name::text = names.name\n"                 \
	" WHERE c.table_name::text = ANY ($2::text[])\n"                                           \
	"   AND c.table_schema::text = " SQL_SCHEMA "\n"
#define NOT_NULL "c.is_nullable::text = 'NO'"

/* PostgreSQL only. */
#define OWN_NOT_NULL                                                                               \
	"CASE WHEN c.domain_name IS NULL THEN " NOT_NULL " ELSE\n"                                 \
	"           (SELECT a.attnotnull\n"                                                        \
	"              FROM pg_catalog.pg_attribute a\n"                                           \
	"              JOIN pg_catalog.pg_class r ON r.oid = a.attrelid\n"                         \
	"              JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace\n"                 \
	"             WHERE n.nspname = " SQL_SCHEMA "::name\n"                                    \
	"               AND r.relname = names.name::name\n"                                        \
	"               AND a.attname::text = c.column_name::text) END"

/* These are asked about only where the standard shows no modifier. */
#define TAKES_MODIFIER                                                                             \
	"c.udt_name::text NOT IN ('_bool', '_bytea', '_date', '_float4', '_float8', '_int2',\n"    \
	"                         '_int4', '_int8', '_json', '_jsonb', '_text', '_uuid')"
/* PostgreSQL only. */
#define OWN_TAKES_MODIFIER                                                                         \
	"CASE WHEN c.data_type::text IN ('ARRAY', 'USER-DEFINED') THEN\n"                          \
	"           (SELECT t.typmodin::oid <> 0\n"                                                \
	"              FROM pg_catalog.pg_type t\n"                                                \
	"              JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace\n"                 \
	"             WHERE n.nspname = c.udt_schema::text::name\n"                                \
	"               AND t.typname = c.udt_name::text::name) END"

/* PostgreSQL only: what the standard has no view for, or (partitions) calls a table, or hides.
 * '-' is KIND_HIDDEN. A column is hidden as in the manual, "columns". */
#define HIDDEN_ROWS                                                                                \
	"UNION ALL\n"                                                                              \
	"SELECT names.place::int4, names.name, n.nspname::text,\n"                                 \
	"       CASE WHEN c.relkind IN ('r', 'p', 'v', 'f') THEN '-'\n"                            \
	"            ELSE c.relkind END::\"char\", c.relispartition,\n"                            \
	"       " NO_COLUMN                                                                        \
	"  FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)\n"            \
	"  JOIN pg_catalog.pg_namespace n ON n.nspname = " SQL_SCHEMA "::name\n"                   \
	"  JOIN pg_catalog.pg_class c\n"                                                           \
	"    ON c.relname = names.name::name AND c.relnamespace = n.oid\n"                         \
	" WHERE c.relispartition OR c.relkind NOT IN ('r', 'p', 'v', 'f')\n"                       \
	"    OR NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')\n"                                 \
	"       AND (NOT (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE,\n"        \
	"                     DELETE, TRUNCATE, REFERENCES, TRIGGER')\n"                           \
	"                 OR pg_catalog.has_any_column_privilege(c.oid,\n"                         \
	"                        'SELECT, INSERT, UPDATE, REFERENCES'))\n"                         \
	"            OR EXISTS (SELECT FROM pg_catalog.pg_attribute a\n"                           \
	"                        WHERE a.attrelid = c.oid AND a.attnum > 0\n"                      \
	"                          AND NOT a.attisdropped\n"                                       \
	"                          AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum,\n"     \
	"                                      'SELECT, INSERT, UPDATE, REFERENCES')))\n"

/* In parts: a compiler need not take a string of more than 4095 characters. */
static const char relations[] = PATH_ROW("NULL::text") RELATION_ROWS;
static const char own_relations[] = PATH_ROW(SQL_EXACT_FLOATS) RELATION_ROWS;
static const char columns[] = COLUMN_ROWS(NOT_NULL, TAKES_MODIFIER);
static const char own_columns[] = COLUMN_ROWS(OWN_NOT_NULL, OWN_TAKES_MODIFIER);
static const char hidden[] = HIDDEN_ROWS;

/* How the rows of the query begin. */
enum {
	ROW_RELATION,  /* int4: the same in all rows of a relation; NULL: of none */
	ROW_NAME,      /* the relation's, in a row that is about it */
	ROW_SCHEMA,    /* where ROW_NAME is, may be NULL */
	ROW_KIND,      /* "char", pg_class.relkind; where ROW_NAME is */
	ROW_PARTITION, /* bool; where ROW_NAME is */
	ROW_NUMBER,    /* int2; NULL: this row is about the relation */
	ROW_ATTRIBUTE, /* the attribute's name */
	ROW_REST,
};

static bool standard_statement(const struct postgres *pg, struct statement *statement,
			       const struct read_request *request, struct arena *arena)
{
	bool known = is_postgresql(pg);
	struct buffer query = BUFFER_INIT(arena);
	buffer_add(&query, known ? own_relations : relations);
	buffer_add(&query, known ? own_columns : columns);
	buffer_add(&query, known ? hidden : "");
	*statement = (struct statement){
		.sql = buffer_text(&query),
		.parameter_count = 2,
		.parameters = {parameter_text(target_schema(pg)),
			       parameter_texts(request->names, request->name_count, arena)},
		.answer = ANY_ROWS("i? t? t? c? b? h? t? b? b? b? t? t? i? i? i? i? t? t? t? t? "
				   "t? b?"),
	};
	return statement->sql != NULL && statement->parameters[1].value != NULL;
}

static void add_qualified(struct buffer *buf, struct postgres *pg, const char *schema,
			  const char *name)
{
	if (schema[0] != '\0') {
		postgres_add_identifier(buf, pg, schema);
		buffer_add_char(buf, '.');
	}
	postgres_add_identifier(buf, pg, name);
}

static bool is_one_of(const char *text, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (strcmp(text, *texts) == 0)
			return true;
	return false;
}

static const char *const with_length[] = {"character", "character varying", "bit", "bit varying",
					  NULL};
static const char *const with_time[] = {"time without time zone", "time with time zone",
					"timestamp without time zone", "timestamp with time zone",
					NULL};

struct column {
	const char *data_type, *interval_type, *type_schema, *type_name, *domain_schema,
		*domain_name;
	int32_t length, precision, scale, time_precision;
	bool has_length, has_precision, has_time_precision;
	bool takes_modifier;
};

/* The text of a result is NUL-terminated in binary format too (libpq manual, PQgetvalue). */
static struct column column_of(const PGresult *result, int row)
{
	return (struct column){
		.data_type = PQgetvalue(result, row, ROW_REST + 4),
		.length = value_int32(result, row, ROW_REST + 5),
		.has_length = !PQgetisnull(result, row, ROW_REST + 5),
		.precision = value_int32(result, row, ROW_REST + 6),
		.has_precision = !PQgetisnull(result, row, ROW_REST + 6),
		.scale = value_int32(result, row, ROW_REST + 7),
		.time_precision = value_int32(result, row, ROW_REST + 8),
		.has_time_precision = !PQgetisnull(result, row, ROW_REST + 8),
		.interval_type = PQgetvalue(result, row, ROW_REST + 9),
		.type_schema = PQgetvalue(result, row, ROW_REST + 10),
		.type_name = PQgetvalue(result, row, ROW_REST + 11),
		.domain_schema = PQgetvalue(result, row, ROW_REST + 12),
		.domain_name = PQgetvalue(result, row, ROW_REST + 13),
		.takes_modifier = value_bool(result, row, ROW_REST + 14),
	};
}

/* "interval day to second(3)": fields only stand behind the key word, never behind a name. */
static void add_interval(struct buffer *buf, const struct column *column)
{
	buffer_add(buf, "interval");
	if (column->interval_type[0] != '\0')
		buffer_addf(buf, " %s", column->interval_type);
	else if (column->has_time_precision)
		buffer_addf(buf, "(%d)", (int)column->time_precision);
}

/* The type of a column as text that the server resolves to the same type. *modifier_unknown:
 * information_schema does not show it. */
static void add_type(struct buffer *buf, struct postgres *pg, const struct column *column,
		     bool *modifier_unknown)
{
	if (column->domain_name[0] != '\0') {
		add_qualified(buf, pg, column->domain_schema, column->domain_name);
		return;
	}
	if (strcmp(column->data_type, "interval") == 0) {
		add_interval(buf, column);
		return;
	}
	add_qualified(buf, pg, column->type_schema, column->type_name);
	if (strcmp(column->data_type, "ARRAY") == 0 ||
	    strcmp(column->data_type, "USER-DEFINED") == 0) {
		*modifier_unknown = column->takes_modifier;
	} else if (is_one_of(column->data_type, with_length)) {
		if (column->has_length)
			buffer_addf(buf, "(%d)", (int)column->length);
	} else if (strcmp(column->data_type, "numeric") == 0) {
		/* Before 16 a negative scale is shown as 2048 more than it is. */
		if (column->has_precision)
			buffer_addf(
				buf, "(%d,%d)", (int)column->precision,
				(int)(column->scale > 1000 ? column->scale - 2048 : column->scale));
	} else if (is_one_of(column->data_type, with_time)) {
		if (column->has_time_precision)
			buffer_addf(buf, "(%d)", (int)column->time_precision);
	}
}

/* ---- attributes --------------------------------------------------------- */

/* type_text is what is to be resolved, not what is to be shown. */
static bool read_attribute(struct postgres *pg, struct attribute *attribute, const PGresult *result,
			   int row, struct arena *arena)
{
	struct column column = column_of(result, row);
	struct buffer buf = BUFFER_INIT(arena);
	add_type(&buf, pg, &column, &attribute->type.modifier_unknown);
	attribute->type_text = buffer_text(&buf);
	attribute->number = (int16_t)value_int16(result, row, ROW_NUMBER);
	attribute->not_null = value_bool(result, row, ROW_REST);
	attribute->identity = value_bool(result, row, ROW_REST + 1);
	attribute->generated = value_bool(result, row, ROW_REST + 2);
	if (attribute->type_text == NULL ||
	    !value_text(&attribute->name, result, row, ROW_ATTRIBUTE, arena))
		return false;
	/* From 12 on the server itself leaves it out; other engines may show the expression. */
	return attribute->generated ||
	       value_text(&attribute->default_value, result, row, ROW_REST + 3, arena);
}

/* Resolves the texts that read_attribute() left: another round trip. */
static bool resolve_types(struct postgres *pg, struct attribute *attributes, size_t count,
			  struct error *err)
{
	struct arena scratch = {0};
	const char **texts = arena_array(&scratch, count, sizeof(*texts));
	struct type_id *ids = arena_array(&scratch, count, sizeof(*ids));
	bool fine = texts != NULL && ids != NULL;
	for (size_t i = 0; i < count && fine; i++)
		texts[i] = attributes[i].type_text;
	fine = fine ? type_resolve_live(pg, texts, count, ids, &scratch, err) : error_memory(err);
	for (size_t i = 0; i < count && fine; i++) {
		attributes[i].type.type = ids[i].type;
		attributes[i].type.modifier = ids[i].modifier;
		if (ids[i].type != 0) /* otherwise the text is all that is known */
			attributes[i].type_text = NULL;
	}
	arena_release(&scratch);
	return fine;
}

/* ---- rows --------------------------------------------------------------- */

struct row {
	int32_t relation;
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

/* By relation and number: the rows about a relation come before those of its attributes. NULL: out
 * of memory. */
static struct row *sorted_rows(const PGresult *result, size_t *count, struct arena *scratch)
{
	int total = PQntuples(result);
	struct row *rows = arena_array(scratch, (size_t)total, sizeof(*rows));
	*count = 0;
	for (int i = 0; i < total && rows != NULL; i++)
		if (!PQgetisnull(result, i, ROW_RELATION))
			rows[(*count)++] = (struct row){
				.relation = value_int32(result, i, ROW_RELATION),
				.number = value_int16(result, i, ROW_NUMBER),
				.row = i,
			};
	if (rows != NULL)
		qsort(rows, *count, sizeof(*rows), compare_rows);
	return rows;
}

/* false: out of memory. */
static bool read_rows(struct postgres *pg, const PGresult *result, const struct row *rows,
		      size_t row_count, const struct named_relations *named, const char **schema,
		      struct attribute *attributes, size_t *used, struct arena *arena)
{
	struct relation *relation = NULL;
	for (size_t i = 0; i < row_count; i++) {
		int row = rows[i].row;
		if (i == 0 || rows[i - 1].relation != rows[i].relation)
			relation = NULL;
		if (rows[i].number == 0) {
			relation = relation_found(named, PQgetvalue(result, row, ROW_NAME),
						  *PQgetvalue(result, row, ROW_KIND),
						  value_bool(result, row, ROW_PARTITION));
			if (*schema == NULL && !value_text(schema, result, row, ROW_SCHEMA, arena))
				return false;
		}
		if (rows[i].number == 0 || relation == NULL)
			continue;
		struct attribute *attribute = &attributes[(*used)++];
		if (relation->attribute_count++ == 0)
			relation->attributes = attribute;
		if (!read_attribute(pg, attribute, result, row, arena))
			return false;
	}
	return true;
}

static bool standard_collect(struct postgres *pg, const PGresult *result,
			     const struct named_relations *named, const char **schema,
			     struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	size_t row_count, used = 0;
	struct row *rows = sorted_rows(result, &row_count, &scratch);
	struct attribute *attributes =
		rows == NULL ? NULL : arena_array(arena, row_count, sizeof(*attributes));
	bool fine = attributes != NULL &&
		    read_rows(pg, result, rows, row_count, named, schema, attributes, &used, arena);
	fine = fine ? resolve_types(pg, attributes, used, err) : error_memory(err);
	arena_release(&scratch);
	return fine;
}

const struct reader reader_standard = {
	.statement = standard_statement,
	.collect = standard_collect,
};
