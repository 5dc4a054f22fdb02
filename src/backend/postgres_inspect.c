/* What the role may do, and who is in the way. */
#include "postgres.h"
#include <stdarg.h>
#include <stdio.h>

/*
 * $1 schema or NULL, $2 names of tables. A row for each name (without one: a single row), in
 * their order: 0 schema (NULL: none), 1 session_user, 2 current_user, 3 standby, 4 read-only,
 * 5 may create, 6 may use, 7 history is there, 8 may insert into it, 9 place or NULL, 10 the
 * table's owner (NULL: no such table), 11 we are the owner.
 * Ownership is what ALTER TABLE asks for: no GRANT replaces it (manual, "ALTER TABLE").
 */
static const char inspect_query[] =
	"SELECT n.nspname, session_user, current_user, pg_catalog.pg_is_in_recovery(),\n"
	"       pg_catalog.current_setting('transaction_read_only') = 'on',\n"
	"       pg_catalog.has_schema_privilege(n.oid, 'CREATE'),\n"
	"       pg_catalog.has_schema_privilege(n.oid, 'USAGE'),\n"
	"       h.oid IS NOT NULL, pg_catalog.has_table_privilege(h.oid, 'INSERT'),\n"
	"       names.place::int4, pg_catalog.pg_get_userbyid(c.relowner),\n"
	"       pg_catalog.pg_has_role(c.relowner, 'USAGE')\n"
	"  FROM (SELECT " SQL_SCHEMA "::name AS name) AS target\n"
	"  LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = target.name\n"
	"  LEFT JOIN pg_catalog.pg_class h\n"
	"    ON h.relname = '" HISTORY_TABLE "' AND h.relnamespace = n.oid\n"
	"  LEFT JOIN pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place) ON true\n"
	"  LEFT JOIN pg_catalog.pg_class c\n"
	"    ON c.relname = names.name::name AND c.relnamespace = n.oid\n"
	" ORDER BY names.place";

static const char *format(struct arena *arena, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static const char *format(struct arena *arena, const char *text, ...)
{
	char line[600];
	va_list arguments;
	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	return arena_text(arena, line);
}

/* Why no change at all can be made: every change writes history. NULL: it can (or no memory). */
static const char *history_problem(const PGresult *result, const char *role, const char *schema,
				   struct arena *arena)
{
	if (!value_bool(result, 0, 7) && !value_bool(result, 0, 5))
		return format(arena,
			      "role '%s' lacks CREATE on schema '%s' to make '" HISTORY_TABLE "'",
			      role, schema);
	if (value_bool(result, 0, 7) && !value_bool(result, 0, 8))
		return format(arena, "role '%s' lacks INSERT on '" HISTORY_TABLE "'", role);
	return NULL;
}

static bool read_facts(const PGresult *result, size_t name_count, struct session_facts *facts,
		       struct arena *arena)
{
	const char *role;
	if (!value_text(&facts->schema, result, 0, 0, arena) ||
	    !value_text(&facts->db_user, result, 0, 1, arena) ||
	    !value_text(&role, result, 0, 2, arena))
		return false;
	if (value_bool(result, 0, 3))
		facts->read_only = "the server is a hot standby";
	else if (value_bool(result, 0, 4))
		facts->read_only = "the session is read-only (default_transaction_read_only)";

	struct denial *alter = arena_array(arena, name_count, sizeof(*alter));
	if (alter == NULL)
		return false;
	facts->alter = alter;
	if (facts->schema == NULL) {
		facts->create.why = "there is no such schema";
		return true;
	}
	const char *problem = NULL;
	bool may_use = value_bool(result, 0, 6), may_create = value_bool(result, 0, 5);
	if (!may_use || !may_create)
		problem = format(arena, "role '%s' lacks %s on schema '%s'", role,
				 may_use ? "CREATE" : "USAGE", facts->schema);
	const char *history = history_problem(result, role, facts->schema, arena);
	facts->create.why = problem != NULL ? problem : history;
	for (int row = 0; row < PQntuples(result); row++) {
		int32_t place = value_int32(result, row, 9);
		if (place < 1 || (size_t)place > name_count || PQgetisnull(result, row, 10))
			continue;
		const char **reason = &alter[place - 1].why;
		if (!value_bool(result, row, 11))
			*reason = format(arena, "role '%s' does not own it (owner '%s')", role,
					 PQgetvalue(result, row, 10));
		else
			*reason = may_use ? history : problem;
		if (*reason == NULL && (!value_bool(result, row, 11) || !may_use))
			return false;
	}
	return true;
}

bool postgres_inspect(struct session *session, const char *const *names, size_t name_count,
		      struct session_facts *facts, struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {
		.sql = inspect_query,
		.parameter_count = 2,
		.parameters = {parameter_text(pg->settings->schema),
			       parameter_texts(names, name_count, arena)},
	};
	*facts = (struct session_facts){0};
	if (statement.parameters[1].value == NULL)
		return error_memory(err);
	PGresult *result[1];
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	if (fine && !read_facts(result[0], name_count, facts, arena))
		fine = error_memory(err);
	batch_clear(result, 1);
	return fine;
}

/*
 * $1 schema or NULL, $2 table or NULL. The sessions (and prepared transactions, without pid) that
 * hold a lock on the table or on a partition of it, which ALTER locks too, or the reconcilers'
 * lock of the schema; oldest transaction first. What the role may not see of another's session
 * is NULL (manual, "pg_stat_activity").
 */
static const char blockers_query[] =
	"WITH RECURSIVE target AS (\n"
	"    SELECT c.oid\n"
	"      FROM pg_catalog.pg_class c\n"
	"      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
	"     WHERE n.nspname = " SQL_SCHEMA "::name AND c.relname = $2::name\n"
	"    UNION\n"
	"    SELECT i.inhrelid\n"
	"      FROM pg_catalog.pg_inherits i JOIN target ON i.inhparent = target.oid\n"
	"), holder AS (\n"
	"    SELECT DISTINCT l.pid\n"
	"      FROM pg_catalog.pg_locks l\n"
	"     WHERE l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()\n"
	"       AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d\n"
	"                          WHERE d.datname = pg_catalog.current_database())\n"
	"       AND (l.locktype = 'relation' AND l.relation IN (SELECT oid FROM target)\n"
	"            OR l.locktype = 'advisory' AND l.classid = " SQL_LOCK_CLASS "\n"
	"               AND l.objid::int8 = (" SQL_LOCK_OBJECT "::int8 & 4294967295)\n"
	"               AND l.objsubid = 2)\n"
	")\n"
	"SELECT holder.pid, a.usename, a.application_name,\n"
	"       CASE WHEN holder.pid IS NULL THEN 'prepared transaction' ELSE a.state END,\n"
	"       (extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)\n"
	"        * 1000)::double precision\n"
	"  FROM holder\n"
	"  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = holder.pid\n"
	" ORDER BY a.xact_start NULLS LAST, holder.pid\n"
	" LIMIT 10";

static bool read_blocker(struct blocker *blocker, const PGresult *result, int row,
			 struct arena *arena)
{
	const char **texts[] = {&blocker->user, &blocker->application, &blocker->state};
	blocker->pid = value_int32(result, row, 0);
	blocker->age_ms = value_double(result, row, 4);
	for (int i = 0; i < 3; i++) {
		if (!value_text(texts[i], result, row, 1 + i, arena))
			return false;
		if (*texts[i] == NULL)
			*texts[i] = "unknown";
	}
	return true;
}

bool postgres_blockers(struct session *session, const char *table, struct blocker **blockers,
		       size_t *count, struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {
		.sql = blockers_query,
		.parameter_count = 2,
		.parameters = {parameter_text(pg->settings->schema), parameter_text(table)},
	};
	PGresult *result[1];
	*blockers = NULL;
	*count = 0;
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	if (fine) {
		size_t total = (size_t)PQntuples(result[0]);
		struct blocker *found = arena_array(arena, total, sizeof(*found));
		fine = found != NULL;
		for (size_t i = 0; i < total && fine; i++)
			fine = read_blocker(&found[i], result[0], (int)i, arena);
		*blockers = fine ? found : NULL;
		*count = fine ? total : 0;
		if (!fine)
			error_memory(err);
	}
	batch_clear(result, 1);
	return fine;
}
