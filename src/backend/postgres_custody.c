/* Whose a table is, when it is an extension's, and what a tool that was cut off has left in it. */
#include "../model/text.h"
#include "postgres.h"
#include <string.h>

/*
 * $1 schema or NULL, $2 names of tables. A row for each that is there; see the enum. A table's tree
 * is what ALTER goes down to: all that inherit.
 *
 * pg_repack works under an advisory lock of the session: without it, its trigger was left behind by
 * one that was killed (pg_repack.c, REPACK_LOCK_PREFIX; the second key is the OID, moved into
 * int4). Its log table has a column of the table's row type, which makes the server refuse most
 * changes.
 */
#define FACTS(pending)                                                                             \
	"WITH RECURSIVE target AS (\n"                                                             \
	"    SELECT names.place, c.oid, n.nspname, c.relname\n"                                    \
	"      FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)\n"        \
	"      JOIN pg_catalog.pg_class c ON c.relname = names.name::name\n"                       \
	"      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"                         \
	"     WHERE n.nspname = " SQL_SCHEMA "::name\n"                                            \
	"), tree AS (\n"                                                                           \
	"    SELECT target.place, NULL::oid AS parent, target.oid AS member, false AS pending\n"   \
	"      FROM target\n"                                                                      \
	"    UNION\n"                                                                              \
	"    SELECT tree.place, i.inhparent, i.inhrelid, " pending "\n"                            \
	"      FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.member\n"             \
	")\n"                                                                                      \
	"SELECT target.place::int4,\n"                                                             \
	"       (SELECT e.extname\n"                                                               \
	"          FROM pg_catalog.pg_depend d\n"                                                  \
	"          JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid\n"                         \
	"         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = target.oid\n"    \
	"           AND d.refclassid = 'pg_catalog.pg_extension'::regclass\n"                      \
	"           AND d.deptype = 'e'),\n"                                                       \
	"       (SELECT pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE;',\n" \
	"                                 pn.nspname, p.relname, mn.nspname, m.relname)\n"         \
	"          FROM tree\n"                                                                    \
	"          JOIN pg_catalog.pg_class p ON p.oid = tree.parent\n"                            \
	"          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace\n"                   \
	"          JOIN pg_catalog.pg_class m ON m.oid = tree.member\n"                            \
	"          JOIN pg_catalog.pg_namespace mn ON mn.oid = m.relnamespace\n"                   \
	"         WHERE tree.place = target.place AND tree.pending\n"                              \
	"         ORDER BY mn.nspname, m.relname LIMIT 1),\n"                                      \
	"       (SELECT pg_catalog.format('SELECT %I.repack_drop(%L::regclass::oid, 4);',\n"       \
	"                                 fn.nspname, pg_catalog.format('%I.%I', "                 \
	"target.nspname,\n"                                                                        \
	"                                                               target.relname))\n"        \
	"          FROM pg_catalog.pg_trigger t\n"                                                 \
	"          JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid AND f.proname = "                 \
	"'repack_trigger'\n"                                                                       \
	"          JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace\n"                   \
	"         WHERE t.tgrelid = target.oid\n"                                                  \
	"           AND NOT EXISTS (\n"                                                            \
	"               SELECT FROM pg_catalog.pg_locks l\n"                                       \
	"                WHERE l.locktype = 'advisory' AND l.classid = 16185446\n"                 \
	"                  AND l.objid::int8 = (target.oid::int8 + 2147483648) % 4294967296)\n"    \
	"         LIMIT 1),\n"                                                                     \
	"       elsewhere.member, elsewhere.server, elsewhere.remote\n"                            \
	"  FROM target\n"                                                                          \
	"  LEFT JOIN LATERAL (\n"                                                                  \
	"    SELECT pg_catalog.format('%I.%I', n.nspname, m.relname) AS member,\n"                 \
	"           s.srvname AS server,\n"                                                        \
	"           (SELECT pg_catalog.string_agg(o.option_value, '.' ORDER BY o.option_name)\n"   \
	"              FROM pg_catalog.pg_options_to_table(f.ftoptions) o\n"                       \
	"             WHERE o.option_name IN ('schema_name', 'table_name')) AS remote\n"           \
	"      FROM tree\n"                                                                        \
	"      JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = tree.member\n"                    \
	"      JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver\n"                        \
	"      JOIN pg_catalog.pg_class m ON m.oid = tree.member\n"                                \
	"      JOIN pg_catalog.pg_namespace n ON n.oid = m.relnamespace\n"                         \
	"     WHERE tree.place = target.place\n"                                                   \
	"     ORDER BY n.nspname, m.relname LIMIT 1\n"                                             \
	"  ) AS elsewhere ON true"

static const char facts_query[] = FACTS("i.inhdetachpending");
static const char facts_query_before_14[] = FACTS("false");

enum { PLACE, EXTENSION, FINALIZE, REPACK, MEMBER, SERVER, REMOTE };

/* The extensions whose own catalog says what a table is to them, by a table of that catalog. A row:
 * extension, the catalog's schema, whether this role may read it. */
static const char catalogs_query[] =
	"SELECT e.extname, n.nspname,\n"
	"       pg_catalog.has_schema_privilege(n.oid, 'USAGE')\n"
	"       AND pg_catalog.has_table_privilege(c.oid, 'SELECT')\n"
	"  FROM pg_catalog.pg_extension e\n"
	"  JOIN pg_catalog.pg_depend d\n"
	"    ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid\n"
	"   AND d.deptype = 'e' AND d.classid = 'pg_catalog.pg_class'::regclass\n"
	"  JOIN pg_catalog.pg_class c ON c.oid = d.objid\n"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
	" WHERE (e.extname, c.relname) IN (('timescaledb', 'hypertable'), ('pg_ivm', "
	"'pg_ivm_immv'),\n"
	"                                  ('periods', 'system_versioning'),\n"
	"                                  ('pg_partman', 'part_config'))";

#define NAMES "pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)"
#define NAMED_TABLE                                                                                \
	"  FROM " NAMES "\n"                                                                       \
	"  JOIN pg_catalog.pg_class c ON c.relname = names.name::name\n"                           \
	"  JOIN pg_catalog.pg_namespace n\n"                                                       \
	"    ON n.oid = c.relnamespace AND n.nspname = " SQL_SCHEMA "::name\n"

/*
 * $1 schema or NULL, $2 names of tables; @ is the catalog's schema. A row: place; is it only the
 * extension's; what it is; whether only literals may be defaults; the schema, name and columns of
 * the table that keeps its old versions.
 */
static const struct knower {
	const char *extension;
	/* A table that nobody can be asked about counts as managed. */
	bool cautious;
	const char *query;
} knowers[] = {
	/* compression_state: 1 has a columnstore, 2 is one. */
	{"timescaledb", true,
	 "SELECT names.place::int4, h.compression_state = 2 OR h.schema_name = "
	 "'_timescaledb_internal',\n"
	 "       'a hypertable', h.compression_state = 1,\n"
	 "       NULL::name, NULL::name, NULL::name[]\n"
	 "  FROM " NAMES "\n"
	 "  JOIN @.hypertable h\n"
	 "    ON h.schema_name = " SQL_SCHEMA "::name AND h.table_name = names.name::name\n"
	 "UNION ALL\n"
	 "SELECT names.place::int4, true, 'a chunk', false, NULL, NULL, NULL\n"
	 "  FROM " NAMES "\n"
	 "  JOIN @.chunk h\n"
	 "    ON h.schema_name = " SQL_SCHEMA "::name AND h.table_name = names.name::name"},
	{"pg_ivm", true,
	 "SELECT names.place::int4, true, 'an incremental view', false,\n"
	 "       NULL::name, NULL::name, NULL::name[]\n" NAMED_TABLE
	 "  JOIN @.pg_ivm_immv v ON v.immvrelid::oid = c.oid"},
	{"periods", true,
	 "SELECT names.place::int4, false, 'a versioned table', false, hn.nspname, h.relname,\n"
	 "       ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a\n"
	 "              WHERE a.attrelid = h.oid AND a.attnum > 0 AND NOT "
	 "a.attisdropped)\n" NAMED_TABLE
	 "  JOIN @.system_versioning v ON v.table_name::oid = c.oid\n"
	 "  JOIN pg_catalog.pg_class h ON h.oid = v.history_table_name::oid\n"
	 "  JOIN pg_catalog.pg_namespace hn ON hn.oid = h.relnamespace\n"
	 "UNION ALL\n"
	 "SELECT names.place::int4, false, 'the history of a table', false, NULL, NULL, "
	 "NULL\n" NAMED_TABLE "  JOIN @.system_versioning v ON v.history_table_name::oid = c.oid"},
	{"pg_partman", false,
	 "SELECT names.place::int4, true, 'a template table', false,\n"
	 "       NULL::name, NULL::name, NULL::name[]\n"
	 "  FROM " NAMES "\n"
	 "  JOIN @.part_config p\n"
	 "    ON p.template_table = " SQL_SCHEMA " || '.' || names.name"},
};

enum { WHAT_PLACE, WHAT_OWNED, WHAT, WHAT_LITERALS, WHAT_SCHEMA, WHAT_NAME, WHAT_COLUMNS };

/* The custodies on their way. */
struct recognition {
	struct postgres *pg;
	const char *const *names;
	struct custody *custodies;
	size_t count;
	struct arena *arena, *scratch;
	struct parameter parameters[2];
};

static struct custody *custody_at(const struct recognition *one, const PGresult *result, int row)
{
	int32_t place = value_int32(result, row, PLACE);
	return place < 1 || (size_t)place > one->count ? NULL : &one->custodies[place - 1];
}

/* The texts, one behind the other, with values in between as they may be shown. Ends with NULL. */
#define END ((const char *)NULL)

static const char *sentence(struct arena *arena, const char *text, ...)
{
	struct buffer buf = BUFFER_INIT(arena);
	va_list more;
	va_start(more, text);
	for (; text != NULL; text = va_arg(more, const char *))
		text_add_visible(&buf, text);
	va_end(more);
	return buffer_text(&buf);
}

/* ---- the server's own catalog --------------------------------------------- */

/* false: out of memory. */
static bool read_fact(const struct recognition *one, struct custody *custody, const PGresult *facts,
		      int row)
{
	const char *value[REMOTE + 1];
	for (int i = EXTENSION; i <= REMOTE; i++)
		value[i] = PQgetisnull(facts, row, i) ? NULL : PQgetvalue(facts, row, i);
	if (value[EXTENSION] != NULL) {
		custody->owner = sentence(one->arena, "a table of extension '", value[EXTENSION],
					  "', which nobody else alters", END);
		return custody->owner != NULL;
	}
	if (value[FINALIZE] != NULL)
		custody->hindrance = sentence(
			one->arena,
			"a partition is half detached, and would not get it; finish that: ",
			value[FINALIZE], END);
	else if (value[REPACK] != NULL)
		custody->hindrance =
			sentence(one->arena,
				 "pg_repack was cut off and has left a trigger and tables of "
				 "this table's type; remove them: ",
				 value[REPACK], END);
	else if (value[MEMBER] != NULL)
		custody->hindrance = sentence(one->arena, "its partition ", value[MEMBER],
					      " is a foreign table, and no query of the whole "
					      "works any more (42703) unless ",
					      value[REMOTE] != NULL ? value[REMOTE] : "its source",
					      " on server '", value[SERVER],
					      "' has the column first: add it there, then here by "
					      "the statement of the plan",
					      END);
	else
		return true;
	return custody->hindrance != NULL;
}

/* ---- the catalogs of extensions ------------------------------------------- */

static bool read_what(const struct recognition *one, const struct knower *knower,
		      struct custody *custody, const PGresult *result, int row)
{
	const char *text = sentence(one->arena, PQgetvalue(result, row, WHAT), " of extension '",
				    knower->extension, "'", END);
	if (text == NULL)
		return false;
	custody->managed = text;
	if (value_bool(result, row, WHAT_OWNED))
		custody->owner = text;
	custody->literal_defaults_only = value_bool(result, row, WHAT_LITERALS);
	if (PQgetisnull(result, row, WHAT_NAME))
		return true;
	struct elements columns = elements_of(result, row, WHAT_COLUMNS);
	size_t count = (size_t)columns.left;
	struct indexed_table *companion = arena_array(one->arena, 1, sizeof(*companion));
	const char **names = arena_array(one->arena, count, sizeof(*names));
	if (companion == NULL || names == NULL ||
	    !value_text(&companion->name, result, row, WHAT_NAME, one->arena) ||
	    !value_text(&custody->companion_schema, result, row, WHAT_SCHEMA, one->arena))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!elements_text(&names[i], &columns, one->arena))
			return false;
	custody->companion = companion;
	custody->companion_columns = names;
	custody->companion_column_count = count;
	return true;
}

/* Whatever it is to them: nothing of that extension's version is known. false: out of memory. */
static bool suppose_managed(const struct recognition *one, const struct knower *knower,
			    const char *why)
{
	const char *text =
		sentence(one->arena, "a table that may be one of extension '", knower->extension,
			 "', which could not be asked (", why, ")", END);
	for (size_t i = 0; i < one->count && text != NULL && knower->cautious; i++)
		if (one->custodies[i].managed == NULL)
			one->custodies[i].managed = text;
	return text != NULL;
}

static const char *with_schema(const struct recognition *one, const char *query, const char *schema)
{
	struct buffer buf = BUFFER_INIT(one->scratch);
	for (; *query != '\0'; query++)
		if (*query == '@')
			postgres_add_identifier(&buf, one->pg, schema);
		else
			buffer_add_char(&buf, *query);
	return buffer_text(&buf);
}

static bool ask_knower(const struct recognition *one, const struct knower *knower,
		       const char *schema, struct error *err)
{
	struct statement statement = {
		.sql = with_schema(one, knower->query, schema),
		.answer = ANY_ROWS("i b t b t? t? [t]?"),
		.parameter_count = 2,
		.parameters = {one->parameters[0], one->parameters[1]},
	};
	struct error found = {0};
	PGresult *result = NULL;
	if (statement.sql == NULL)
		return error_memory(err);
	bool fine =
		batch_run(one->pg, &statement, 1, patience_read_ms(one->pg), &result, NULL, &found);
	if (!fine && found.class == ERROR_FATAL && found.sqlstate[0] != '\0') {
		/* Another version of it, or a right that went meanwhile. */
		fine = suppose_managed(one, knower, found.message) || error_memory(err);
	} else if (!fine && err->status == RECONCILE_OK) {
		*err = found;
	} else {
		for (int row = 0; fine && row < PQntuples(result); row++) {
			struct custody *custody = custody_at(one, result, row);
			fine = custody == NULL || read_what(one, knower, custody, result, row) ||
			       error_memory(err);
		}
	}
	PQclear(result);
	return fine;
}

static bool ask_knowers(const struct recognition *one, const PGresult *catalogs, struct error *err)
{
	bool fine = true;
	for (int row = 0; fine && row < PQntuples(catalogs); row++)
		for (size_t i = 0; fine && i < sizeof(knowers) / sizeof(knowers[0]); i++) {
			if (strcmp(knowers[i].extension, PQgetvalue(catalogs, row, 0)) != 0)
				continue;
			if (value_bool(catalogs, row, 2))
				fine = ask_knower(one, &knowers[i], PQgetvalue(catalogs, row, 1),
						  err);
			else
				fine = suppose_managed(one, &knowers[i],
						       "no right to read its catalog") ||
				       error_memory(err);
		}
	return fine;
}

bool postgres_recognise(struct session *session, const char *const *names, size_t name_count,
			struct custody *custodies, struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	struct recognition one = {
		.pg = postgres_of(session),
		.names = names,
		.custodies = custodies,
		.count = name_count,
		.arena = arena,
		.scratch = &scratch,
		.parameters = {parameter_text(target_schema(postgres_of(session))),
			       parameter_texts(names, name_count, &scratch)},
	};
	if (!is_postgresql(one.pg)) {
		arena_release(&scratch);
		return true;
	}
	bool old = PQserverVersion(one.pg->connection) < 140000;
	const struct statement statements[2] = {
		{.sql = old ? facts_query_before_14 : facts_query,
		 .answer = ANY_ROWS("i t? t? t? t? t? t?"),
		 .parameter_count = 2,
		 .parameters = {one.parameters[0], one.parameters[1]}},
		{.sql = catalogs_query, .answer = ANY_ROWS("t t b?")},
	};
	PGresult *results[2] = {NULL};
	bool fine = one.parameters[1].value != NULL || error_memory(err);
	fine = fine &&
	       batch_run(one.pg, statements, 2, patience_read_ms(one.pg), results, NULL, err);
	for (int row = 0; fine && row < PQntuples(results[0]); row++) {
		struct custody *custody = custody_at(&one, results[0], row);
		fine = custody == NULL || read_fact(&one, custody, results[0], row) ||
		       error_memory(err);
	}
	fine = fine && ask_knowers(&one, results[1], err);
	batch_clear(results, 2);
	arena_release(&scratch);
	return fine;
}
