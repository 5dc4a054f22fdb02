/* The place of history: what has its name there, and what a role may do with it. */
#include "../model/text.h"
#include "postgres.h"
#include <string.h>

/*
 * $1 the schema that is changed, or NULL: the current one; $2 history's, or NULL: the same one. One
 * row, whatever is there. A type that belongs to a relation is that relation's.
 */
#define PLACE(generated, rights, from)                                                             \
	"SELECT target.schema::text, n.nspname::text, c.relkind, c.relispartition,\n"              \
	"       EXISTS (SELECT FROM pg_catalog.pg_type t\n"                                        \
	"                WHERE t.typname = '" HISTORY_TABLE "'\n"                                  \
	"                  AND t.typnamespace = n.oid AND t.typrelid = 0),\n"                      \
	"       a.names, a.types, a.modifiers, a.not_nulls, a.filled, a.generated,\n"              \
	"       " rights "\n"                                                                      \
	"  FROM (SELECT " SQL_SCHEMA "::name AS schema) AS target\n"                               \
	"  LEFT JOIN pg_catalog.pg_namespace n\n"                                                  \
	"    ON n.nspname = coalesce($2::text::name, target.schema)\n"                             \
	"  LEFT JOIN pg_catalog.pg_class c\n"                                                      \
	"    ON c.relname = '" HISTORY_TABLE "' AND c.relnamespace = n.oid" from "\n"              \
	"  LEFT JOIN LATERAL (\n"                                                                  \
	"           SELECT pg_catalog.array_agg(a.attname) AS names,\n"                            \
	"                  pg_catalog.array_agg(a.atttypid) AS types,\n"                           \
	"                  pg_catalog.array_agg(a.atttypmod) AS modifiers,\n"                      \
	"                  pg_catalog.array_agg(a.attnotnull) AS not_nulls,\n"                     \
	"                  pg_catalog.array_agg(a.atthasdef OR a.attidentity <> '') AS filled,\n"  \
	"                  pg_catalog.array_agg(" generated ") AS generated\n"                     \
	"             FROM pg_catalog.pg_attribute a\n"                                            \
	"            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS a\n"     \
	"    ON true"

/* $3 role, or NULL: the current one. Row security holds for whoever is no superuser, has no
 * BYPASSRLS, and does not own the table unless it is forced (manual, "Row Security Policies").
 * An identity column's sequence asks for no right, the one of a default does. */
#define RIGHTS                                                                                     \
	"who.rolname::text, pg_catalog.pg_get_userbyid(c.relowner)::text, owns.owns,\n"            \
	"       pg_catalog.has_schema_privilege(who.oid, n.oid, 'USAGE'),\n"                       \
	"       pg_catalog.has_table_privilege(who.oid, c.oid, 'SELECT'),\n"                       \
	"       c.relrowsecurity AND NOT who.rolsuper AND NOT who.rolbypassrls\n"                  \
	"       AND NOT (owns.owns AND NOT c.relforcerowsecurity),\n"                              \
	"       EXISTS (SELECT FROM pg_catalog.pg_policy p\n"                                      \
	"                WHERE p.polrelid = c.oid AND p.polcmd IN ('a', '*') AND "                 \
	"p.polpermissive\n"                                                                        \
	"                  AND EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) AS r (oid)\n"     \
	"                               WHERE CASE r.oid WHEN 0 THEN true ELSE\n"                  \
	"                                         pg_catalog.pg_has_role(who.oid, r.oid,\n"        \
	"                                                                'USAGE') END)),\n"        \
	"       (SELECT s.oid::pg_catalog.regclass::text\n"                                        \
	"          FROM pg_catalog.pg_attrdef f\n"                                                 \
	"          JOIN pg_catalog.pg_depend d\n"                                                  \
	"            ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass\n"                \
	"           AND d.objid = f.oid\n"                                                         \
	"           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass\n"               \
	"          JOIN pg_catalog.pg_class s ON s.oid = d.refobjid\n"                             \
	"         WHERE f.adrelid = c.oid\n"                                                       \
	"           AND CASE s.relkind WHEN 'S' THEN\n"                                            \
	"                   NOT pg_catalog.has_sequence_privilege(who.oid, s.oid, 'USAGE')\n"      \
	"               END\n"                                                                     \
	"         LIMIT 1)"
#define RIGHTS_FROM                                                                                \
	"\n"                                                                                       \
	"  LEFT JOIN pg_catalog.pg_roles who ON who.rolname = coalesce($3::name, current_user)\n"  \
	"  LEFT JOIN LATERAL (SELECT pg_catalog.pg_has_role(who.oid, c.relowner, 'USAGE') AS\n"    \
	"                            owns) AS owns ON true"

#define GENERATED "a.attgenerated <> ''"

static const char place_query[] = PLACE(GENERATED, "NULL", "");
static const char place_query_before_12[] = PLACE("false", "NULL", "");
static const char rights_query[] = PLACE(GENERATED, RIGHTS, RIGHTS_FROM);
static const char rights_query_before_12[] = PLACE("false", RIGHTS, RIGHTS_FROM);

enum {
	TARGET,
	SCHEMA,
	KIND, /* NULL: nothing has the name */
	PARTITION,
	TYPE_TAKEN,
	NAMES,
	TYPES,
	MODIFIERS,
	NOT_NULLS,
	FILLED,
	GENERATED_COLUMNS,
	ROLE, /* from here on: rights */
	OWNER,
	OWNS,
	MAY_USE,
	MAY_READ,
	HIDES,
	MAY_INSERT,
	SEQUENCE,
};

#define PLACE_ANSWER "t? t? c? b? b [t]? [i]?= [i]?= [b]?= [b]?= [b]?="

struct statement history_place_statement(const struct postgres *pg)
{
	bool old = PQserverVersion(pg->connection) < 120000 || !is_postgresql(pg);
	return (struct statement){
		.sql = old ? place_query_before_12 : place_query,
		.answer = ONE_ROW(PLACE_ANSWER " t?"),
		.parameter_count = 2,
		.parameters = {parameter_text(target_schema(pg)),
			       parameter_text(pg->settings->history_schema)},
	};
}

struct statement history_rights_statement(const struct postgres *pg, const char *role)
{
	struct statement statement = history_place_statement(pg);
	if (!is_postgresql(pg))
		return statement;
	bool old = PQserverVersion(pg->connection) < 120000;
	statement.sql = old ? rights_query_before_12 : rights_query;
	statement.answer = (struct answer)ONE_ROW(PLACE_ANSWER " t? t? b? b? b? b? b t?");
	statement.parameter_count = 3;
	statement.parameters[2] = parameter_text(role);
	return statement;
}

static bool read_columns(struct relation *live, const PGresult *result, struct arena *arena)
{
	struct elements names = elements_of(result, 0, NAMES),
			types = elements_of(result, 0, TYPES),
			modifiers = elements_of(result, 0, MODIFIERS),
			not_nulls = elements_of(result, 0, NOT_NULLS),
			filled = elements_of(result, 0, FILLED),
			generated = elements_of(result, 0, GENERATED_COLUMNS);
	size_t count = (size_t)names.left;
	struct attribute *attributes = arena_array(arena, count, sizeof(*attributes));
	if (attributes == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct attribute *one = &attributes[i];
		one->type.type = (uint32_t)elements_int32(&types);
		one->type.modifier = elements_int32(&modifiers);
		one->not_null = elements_bool(&not_nulls);
		one->default_unread = elements_bool(&filled);
		one->generated = elements_bool(&generated);
		if (!elements_text(&one->name, &names, arena))
			return false;
		if (one->name == NULL)
			one->name = "";
	}
	live->attributes = attributes;
	live->attribute_count = count;
	return true;
}

bool history_place_collect(struct history_place *place, const PGresult *result, struct arena *arena)
{
	*place = (struct history_place){.live = {.name = HISTORY_TABLE}};
	if (PQntuples(result) != 1 || PQnfields(result) <= GENERATED_COLUMNS)
		return true;
	if (!value_text(&place->target, result, 0, TARGET, arena) ||
	    !value_text(&place->schema, result, 0, SCHEMA, arena))
		return false;
	if (place->schema == NULL)
		place->state = HISTORY_NO_SCHEMA;
	else if (value_bool(result, 0, TYPE_TAKEN))
		place->state = HISTORY_TYPE_TAKEN;
	if (!PQgetisnull(result, 0, KIND)) {
		place->live.kind_text = relation_foreign_text(*PQgetvalue(result, 0, KIND),
							      value_bool(result, 0, PARTITION));
		place->live.kind =
			place->live.kind_text == NULL ? RELATION_TABLE : RELATION_FOREIGN;
		if (!read_columns(&place->live, result, arena))
			return false;
	}
	place->has_rights = PQnfields(result) > SEQUENCE;
	if (!place->has_rights)
		return true;
	place->owns = value_bool(result, 0, OWNS);
	place->may_use = value_bool(result, 0, MAY_USE);
	place->may_read = value_bool(result, 0, MAY_READ);
	place->hides = value_bool(result, 0, HIDES);
	place->may_insert = value_bool(result, 0, MAY_INSERT);
	return value_text(&place->role, result, 0, ROLE, arena) &&
	       value_text(&place->owner, result, 0, OWNER, arena) &&
	       value_text(&place->sequence, result, 0, SEQUENCE, arena);
}

bool history_ask_place(struct postgres *pg, struct history_place *place, const char *role,
		       struct arena *arena, struct error *err)
{
	const struct statement statement = history_rights_statement(pg, role);
	PGresult *result[1];
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err) &&
		    (history_place_collect(place, result[0], arena) || error_memory(err));
	batch_clear(result, 1);
	return fine;
}

bool history_is_readable(const struct history_place *place)
{
	return !place->has_rights || (place->may_use && place->may_read && !place->hides);
}

/* ---- what is in the way, and what helps ------------------------------------- */

/* A refusal on its way. */
struct lack {
	const struct postgres *pg;
	const struct history_place *place;
	const char *table; /* quoted */
	struct buffer why, fix;
};

static void add_name(struct buffer *buf, const struct lack *lack, const char *name)
{
	postgres_add_identifier(buf, (void *)(uintptr_t)lack->pg, name);
}

/* "role 'x' lacks SELECT on ..." and "GRANT SELECT ON ... TO "x";" */
static void lack_right(struct lack *lack, const char *privilege, const char *kind, const char *what)
{
	buffer_add(&lack->why, lack->why.length > 0 ? "; role '" : "role '");
	text_add_visible(&lack->why, lack->place->role);
	buffer_addf(&lack->why, "' lacks %s on %s%s", privilege, kind, what);
	buffer_addf(&lack->fix, "%sGRANT %s ON %s%s TO ", lack->fix.length > 0 ? " " : "",
		    privilege, kind, what);
	add_name(&lack->fix, lack, lack->place->role);
	buffer_add_char(&lack->fix, ';');
}

/* Row security is on for the role. An owner meets it only when it is forced. */
static void lack_sight(struct lack *lack, const char *effect)
{
	buffer_addf(&lack->why, "row security is on for %s and %s role '", lack->table, effect);
	text_add_visible(&lack->why, lack->place->role);
	buffer_add_char(&lack->why, '\'');
	buffer_addf(&lack->fix, "ALTER TABLE %s %s ROW LEVEL SECURITY;", lack->table,
		    lack->place->owns ? "NO FORCE" : "DISABLE");
}

static bool finish(struct denial *refusal, const struct lack *lack)
{
	if (lack->why.failed || lack->fix.failed)
		return false;
	*refusal = (struct denial){0};
	if (lack->why.length == 0)
		return true;
	refusal->why = buffer_text(&lack->why);
	refusal->grant = buffer_text(&lack->fix);
	return true;
}

static struct lack lack_begin(const struct postgres *pg, const struct history_place *place,
			      const char *table, struct arena *arena)
{
	return (struct lack){
		.pg = pg,
		.place = place,
		.table = table,
		.why = BUFFER_INIT(arena),
		.fix = BUFFER_INIT(arena),
	};
}

static void add_schema_right(struct lack *lack, struct arena *arena)
{
	struct buffer schema = BUFFER_INIT(arena);
	add_name(&schema, lack, lack->place->schema);
	const char *quoted = buffer_text(&schema);
	if (quoted == NULL)
		lack->why.failed = true;
	else
		lack_right(lack, "USAGE", "SCHEMA ", quoted);
}

bool history_refuse_reader(const struct postgres *pg, struct denial *refusal,
			   const struct history_place *place, const char *table,
			   struct arena *arena)
{
	struct lack lack = lack_begin(pg, place, table, arena);
	*refusal = (struct denial){0};
	if (history_is_readable(place) || place->role == NULL)
		return true;
	if (!place->may_use)
		add_schema_right(&lack, arena);
	if (!place->may_read)
		lack_right(&lack, "SELECT", "", table);
	if (place->may_use && place->may_read)
		lack_sight(&lack, "its policies would hide rows from");
	return finish(refusal, &lack);
}

bool history_refuse_writer(const struct postgres *pg, struct denial *refusal,
			   const struct history_place *place, const char *table,
			   const char *const *completing, size_t count, struct arena *arena)
{
	struct lack lack = lack_begin(pg, place, table, arena);
	*refusal = (struct denial){0};
	if (!place->has_rights || place->role == NULL || place->live.kind != RELATION_TABLE)
		return true;
	if (place->hides && !place->may_insert)
		lack_sight(&lack, "no policy lets it be written by");
	if (lack.why.length == 0 && place->sequence != NULL)
		lack_right(&lack, "USAGE", "SEQUENCE ", place->sequence);
	if (lack.why.length == 0 && count > 0 && !place->owns) {
		buffer_add(&lack.why, "role '");
		text_add_visible(&lack.why, place->role);
		buffer_addf(&lack.why, "' does not own %s (owner '", table);
		text_add_visible(&lack.why, place->owner != NULL ? place->owner : "");
		buffer_add(&lack.why, "'), which an older library made and which lacks columns");
		for (size_t i = 0; i < count; i++)
			buffer_addf(&lack.fix, "%s%s;", i > 0 ? " " : "", completing[i]);
	}
	return finish(refusal, &lack);
}
