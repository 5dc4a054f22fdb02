/* Logical replication: whose subscribers stop when a table is not the same there. */
#include "postgres.h"

/*
 * $1 schema or NULL, $2 names of tables, $3 history's schema or NULL: the same. A row for each name
 * that is published, there or not yet: its place, 0 for history, and the publications. An ALTER
 * goes down to all that inherit. A list of columns leaves out what is new (15 and later); a table
 * that is not logged is never sent (manual, "Logical Replication", "Publication").
 */
#define AUDIENCE(only_whole, in_schema)                                                            \
	"WITH RECURSIVE named AS (\n"                                                              \
	"    SELECT place::int4, name::name, " SQL_SCHEMA "::name AS schema\n"                     \
	"      FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)\n"        \
	"    UNION ALL\n"                                                                          \
	"    SELECT 0, '" HISTORY_TABLE "', coalesce($3::text, " SQL_SCHEMA ")::name\n"            \
	"), target AS (\n"                                                                         \
	"    SELECT named.place, n.oid AS schema, c.oid,\n"                                        \
	"           coalesce(c.relpersistence, 'p') AS persistence\n"                              \
	"      FROM named\n"                                                                       \
	"      JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema\n"                       \
	"      LEFT JOIN pg_catalog.pg_class c\n"                                                  \
	"        ON c.relname = named.name AND c.relnamespace = n.oid\n"                           \
	"    UNION\n"                                                                              \
	"    SELECT target.place, c.relnamespace, c.oid, c.relpersistence\n"                       \
	"      FROM pg_catalog.pg_inherits i\n"                                                    \
	"      JOIN target ON i.inhparent = target.oid\n"                                          \
	"      JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid\n"                                 \
	")\n"                                                                                      \
	"SELECT target.place,\n"                                                                   \
	"       pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(p.pubname), ', ')\n"         \
	"  FROM target\n"                                                                          \
	"  JOIN pg_catalog.pg_publication p\n"                                                     \
	"    ON p.puballtables OR " in_schema "\n"                                                 \
	"    OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r\n"                             \
	"                WHERE r.prpubid = p.oid AND r.prrelid = target.oid" only_whole ")\n"      \
	" WHERE target.persistence = 'p' AND (p.pubinsert OR p.pubupdate OR p.pubdelete)\n"        \
	"   AND pg_catalog.current_setting('wal_level') = 'logical'\n"                             \
	" GROUP BY target.place"

static const char audience_query[] = AUDIENCE(
	" AND r.prattrs IS NULL", "EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s\n"
				  "                WHERE s.pnpubid = p.oid AND s.pnnspid = "
				  "target.schema)");
static const char audience_query_before_15[] = AUDIENCE("", "false");

bool audience_statement(const struct postgres *pg, struct statement *statement,
			const char *const *names, size_t count, struct arena *arena)
{
	bool old = PQserverVersion(pg->connection) < 150000;
	*statement = (struct statement){
		.sql = old ? audience_query_before_15 : audience_query,
		.answer = ANY_ROWS("i t"),
		.parameter_count = 3,
		.parameters = {parameter_text(pg->settings->schema),
			       parameter_texts(names, count, arena),
			       parameter_text(pg->settings->history_schema)},
	};
	return statement->parameters[1].value != NULL;
}

bool audience_collect(struct session_facts *facts, const PGresult *result, size_t count,
		      struct arena *arena)
{
	int rows = PQntuples(result);
	if (rows == 0)
		return true;
	struct audience *audiences = arena_array(arena, count, sizeof(*audiences));
	if (audiences == NULL)
		return false;
	for (int row = 0; row < rows; row++) {
		size_t place = (size_t)value_int32(result, row, 0);
		struct audience *audience =
			place == 0 ? &facts->history_audience : &audiences[place - 1];
		if (place <= count && !value_text(&audience->publications, result, row, 1, arena))
			return false;
	}
	facts->audiences = audiences;
	return true;
}
