/* Who is in the way. */
#include "postgres.h"

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
