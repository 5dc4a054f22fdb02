/* Who is in the way. */
#include "postgres.h"
#include <string.h>

/*
 * $1 schema or NULL, $2 table or NULL, $3 the role that changes it, or NULL: the session's own.
 * Who holds what an ALTER of the table waits for, a row each, oldest transaction first: a lock on
 * it, on a partition of it or on their TOAST tables; their row in pg_class, which a GRANT that is
 * not committed has replaced without a lock on the table; one on history that keeps rows out of it;
 * the reconcilers' lock of the schema; of a table that is not there, whoever is about to create one
 * in the schema, or to drop the schema. What the role may not see of another's session is NULL
 * (manual, "pg_stat_activity"); every role sees the numbers of processes in the views of progress,
 * replication and subscriptions. An autovacuum worker is the only process with a database that
 * works for no user.
 *
 * It is written in pieces: what depends on the server's version stands between them.
 */
static const char table_query[] =
	"WITH RECURSIVE changer AS (\n"
	"    SELECT coalesce($3::name, current_user) AS role\n"
	"), target AS (\n"
	"    SELECT c.oid\n"
	"      FROM pg_catalog.pg_class c\n"
	"      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
	"     WHERE n.nspname = " SQL_SCHEMA "::name AND c.relname = $2::name\n"
	"    UNION\n"
	"    SELECT i.inhrelid\n"
	"      FROM pg_catalog.pg_inherits i JOIN target ON i.inhparent = target.oid\n"
	"), place AS (\n"
	"    SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = " SQL_SCHEMA "::name\n"
	"), held AS (\n"
	"    SELECT l.pid, l.virtualtransaction, l.relation\n"
	"      FROM pg_catalog.pg_locks l\n"
	"     WHERE l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()\n"
	"       AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d\n"
	"                          WHERE d.datname = pg_catalog.current_database())\n"
	"       AND (l.locktype = 'relation'\n"
	"            AND (l.relation IN (SELECT oid FROM target)\n"
	"                 OR l.relation IN (SELECT c.reltoastrelid\n"
	"                                     FROM pg_catalog.pg_class c JOIN target ON c.oid = "
	"target.oid)\n"
	"                 OR l.relation = (SELECT c.oid FROM pg_catalog.pg_class c, place\n"
	"                                   WHERE c.relnamespace = place.oid\n"
	"                                     AND c.relname = '" HISTORY_TABLE "')\n"
	"                    AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock',\n"
	"                                   'ExclusiveLock', 'AccessExclusiveLock')\n"
	"                 OR l.mode = 'AccessExclusiveLock'\n"
	"                    AND $2 <> '' AND NOT EXISTS (SELECT FROM target)\n"
	"                    AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c\n"
	"                                     WHERE c.oid = l.relation)\n"
	"                    AND EXISTS (SELECT FROM pg_catalog.pg_locks o, place\n"
	"                                 WHERE o.granted AND o.locktype = 'object'\n"
	"                                   AND o.classid = 2615 /* pg_namespace */\n"
	"                                   AND o.objid = place.oid\n"
	"                                   AND o.virtualtransaction = l.virtualtransaction))\n"
	"            OR l.locktype = 'object' AND l.classid = 2615\n"
	"               AND l.objid = (SELECT oid FROM place)\n"
	"               AND l.mode = 'AccessExclusiveLock'\n"
	"            OR l.locktype = 'advisory' AND l.classid = " SQL_LOCK_CLASS "\n"
	"               AND l.objid::int8 = (" SQL_LOCK_OBJECT "::int8 & 4294967295)\n"
	"               AND l.objsubid = 2)\n"
	"    UNION ALL\n"
	"    SELECT l.pid, l.virtualtransaction, c.oid\n"
	"      FROM target\n"
	"      JOIN pg_catalog.pg_class c ON c.oid = target.oid\n"
	"      JOIN pg_catalog.pg_locks l\n"
	"        ON l.locktype = 'transactionid' AND l.transactionid = c.xmax\n"
	"     WHERE l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()\n";

/*
 * The same of what a process, $2, waits for; $1 is not used. Who only waits in front of it is in
 * its way too. To pg_blocking_pids() a prepared transaction is process 0.
 */
static const char process_query[] =
	"WITH waiting AS (\n"
	"    SELECT w.* FROM pg_catalog.pg_locks w WHERE w.pid = $2 AND NOT w.granted\n"
	"), changer AS (\n"
	"    SELECT coalesce($3::name, (SELECT a.usename FROM pg_catalog.pg_stat_activity a\n"
	"                                WHERE a.pid = $2)) AS role\n"
	"), target AS (\n"
	"    SELECT w.relation AS oid FROM waiting w WHERE w.locktype = 'relation'\n"
	"), held AS (\n"
	"    SELECT l.pid, l.virtualtransaction, w.relation\n"
	"      FROM waiting w\n"
	"      JOIN pg_catalog.pg_locks l\n"
	"        ON (l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,\n"
	"            l.transactionid, l.classid, l.objid, l.objsubid)\n"
	"           IS NOT DISTINCT FROM\n"
	"           (w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid,\n"
	"            w.transactionid, w.classid, w.objid, w.objsubid)\n"
	"     WHERE coalesce(l.pid, 0) = ANY (pg_catalog.pg_blocking_pids(w.pid))\n";

static const char holder_query[] = "), holder AS (\n"
				   "    SELECT coalesce(";

/* Between them the leader of a parallel worker. */
static const char leader_query[] =
	", held.pid) AS pid,\n"
	"           CASE WHEN held.pid IS NULL THEN held.virtualtransaction END AS prepared,\n"
	"           min(held.relation::int8)::oid AS relation\n"
	"      FROM held LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = held.pid\n"
	"     GROUP BY 1, 2\n"
	"), work AS (\n";

/* Between them whose work shows its progress. */
static const char names_query[] =
	")\n"
	"SELECT holder.pid, coalesce(a.usename, p.owner), nullif(a.application_name, ''), "
	"a.state,\n"
	"       (extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start,\n"
	"                                                                   p.prepared))\n"
	"        * 1000)::double precision,\n"
	"       CASE WHEN holder.prepared IS NOT NULL THEN 'prepared'\n"
	"            WHEN s.pid IS NOT NULL THEN 'subscription'\n"
	"            WHEN r.pid IS NOT NULL THEN 'replication'\n"
	"            WHEN a.pid IS NULL THEN NULL\n"
	"            WHEN a.usesysid IS NULL THEN 'autovacuum'\n"
	"            ELSE work.what END,\n"
	"       CASE WHEN holder.prepared IS NOT NULL THEN pg_catalog.quote_literal(p.gid)\n"
	"            WHEN s.pid IS NOT NULL THEN pg_catalog.quote_ident(s.subname)\n"
	"            ELSE holder.relation::regclass::text END,\n"
	"       CASE WHEN a.query LIKE 'autovacuum: %'\n"
	"            THEN a.query LIKE '%(to prevent wraparound)'\n"
	"            ELSE c.age > c.limit_age OR c.multixact_age > c.multixact_limit_age END,\n"
	"       CASE WHEN a.query LIKE 'autovacuum: %(to prevent wraparound)' THEN NULL\n"
	"            ELSE (SELECT bool_and(pg_catalog.has_table_privilege(\n"
	"                             changer.role, target.oid,\n"
	"                             'UPDATE, DELETE, TRUNCATE'))\n"
	"                    FROM target, changer) END,\n"
	"       (SELECT g.setting::int8 FROM pg_catalog.pg_settings g\n"
	"         WHERE g.name = 'deadlock_timeout'),\n"
	"       (SELECT pg_catalog.format('%I.%I', n.nspname, t.relname)\n"
	"          FROM pg_catalog.pg_class t\n"
	"          JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace\n"
	"         WHERE t.oid = holder.relation AND t.relkind IN ('r', 'p'))\n"
	"  FROM holder\n"
	"  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = holder.pid\n"
	"  LEFT JOIN (SELECT l.virtualtransaction, p.gid, p.owner, p.prepared\n"
	"               FROM pg_catalog.pg_prepared_xacts p\n"
	"               JOIN pg_catalog.pg_locks l\n"
	"                 ON l.locktype = 'transactionid' AND l.transactionid = p.transaction\n"
	"              WHERE l.pid IS NULL) p ON p.virtualtransaction = holder.prepared\n"
	"  LEFT JOIN pg_catalog.pg_stat_subscription s ON s.pid = holder.pid\n"
	"  LEFT JOIN pg_catalog.pg_stat_replication r ON r.pid = holder.pid\n"
	"  LEFT JOIN work ON work.pid = holder.pid\n"
	"  LEFT JOIN LATERAL (\n"
	"      SELECT pg_catalog.age(c.relfrozenxid) AS age,\n"
	"             pg_catalog.mxid_age(c.relminmxid) AS multixact_age,\n"
	"             least(o.own, pg_catalog.current_setting('autovacuum_freeze_max_age')::int8)\n"
	"             AS limit_age,\n"
	"             least(o.multixact_own, pg_catalog.current_setting(\n"
	"                       'autovacuum_multixact_freeze_max_age')::int8)\n"
	"             AS multixact_limit_age\n"
	"        FROM pg_catalog.pg_class c,\n"
	"             LATERAL (SELECT min(option_value::int8)\n"
	"                             FILTER (WHERE option_name = 'autovacuum_freeze_max_age')\n"
	"                             AS own,\n"
	"                             min(option_value::int8) FILTER (\n"
	"                                 WHERE option_name = "
	"'autovacuum_multixact_freeze_max_age')\n"
	"                             AS multixact_own\n"
	"                        FROM pg_catalog.pg_options_to_table(c.reloptions)\n"
	"                       WHERE option_name LIKE 'autovacuum%freeze_max_age') o\n"
	"       WHERE c.oid = holder.relation) c ON true\n"
	" ORDER BY coalesce(a.xact_start, p.prepared) NULLS LAST, holder.pid\n"
	" LIMIT 10";

enum {
	PID,
	USER,
	APPLICATION,
	STATE,
	AGE,
	KIND,
	NAME,
	WRAPAROUND,
	MAY_PASS, /* NULL: nobody passes it */
	DEADLOCK_TIMEOUT,
	RELATION,
};

static const struct work {
	int version;
	const char *sql; /* process, and what it does */
} works[] = {
	{100000, "    SELECT pid, 'VACUUM' AS what FROM pg_catalog.pg_stat_progress_vacuum\n"},
	{120000, "    UNION ALL\n"
		 "    SELECT pid, 'index' FROM pg_catalog.pg_stat_progress_create_index\n"
		 "    UNION ALL\n"
		 "    SELECT pid, 'VACUUM FULL' FROM pg_catalog.pg_stat_progress_cluster\n"},
	{130000, "    UNION ALL\n"
		 "    SELECT pid, 'ANALYZE' FROM pg_catalog.pg_stat_progress_analyze\n"},
};

/* held: who holds what. NULL: out of memory. */
static const char *write_query(const struct postgres *pg, const char *held, struct arena *scratch)
{
	int version = PQserverVersion(pg->connection);
	struct buffer sql = BUFFER_INIT(scratch);
	buffer_add(&sql, held);
	buffer_add(&sql, holder_query);
	buffer_add(&sql, version >= 130000 ? "a.leader_pid" : "NULL::int4");
	buffer_add(&sql, leader_query);
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (version >= works[i].version)
			buffer_add(&sql, works[i].sql);
	buffer_add(&sql, names_query);
	return buffer_text(&sql);
}

/* What is no ordinary session, and what to do about it. */
static void describe_kind(struct blocker *blocker, const char *kind, const char *name,
			  bool wraparound, struct buffer *what, struct buffer *advice)
{
	if (strcmp(kind, "prepared") == 0) {
		buffer_addf(what, "prepared transaction %s", name);
		buffer_addf(advice, "end it with ROLLBACK PREPARED %s or COMMIT PREPARED %s", name,
			    name);
	} else if (strcmp(kind, "subscription") == 0) {
		buffer_addf(what, "subscription %s", name);
		buffer_addf(advice,
			    "let the subscription's copy or transaction end, or ALTER SUBSCRIPTION "
			    "%s DISABLE until this is done",
			    name);
	} else if (strcmp(kind, "replication") == 0) {
		buffer_add(what, "replication");
		buffer_add(advice, "a subscriber copies the table: wait until it has its copy");
	} else if (strcmp(kind, "autovacuum") == 0) {
		buffer_addf(what, "autovacuum of %s%s", name,
			    wraparound ? " to prevent wraparound" : "");
		if (wraparound)
			buffer_add(advice, "a vacuum against wraparound yields to nobody: let it "
					   "end (pg_stat_progress_vacuum shows how far it is)");
		else if (blocker->yields_ms > 0)
			buffer_addf(advice,
				    "autovacuum yields to who waits for %ld ms: give a longer "
				    "budget_ms",
				    blocker->yields_ms);
		else
			buffer_add(advice, "autovacuum yields to who waits with LOCK TABLE, which "
					   "needs UPDATE, DELETE or TRUNCATE on the table");
	} else if (strcmp(kind, "index") == 0) {
		buffer_addf(what, "index build on %s", name);
		buffer_add(advice, "wait for the index: a build that is cut off may leave an "
				   "invalid one behind");
	} else {
		buffer_addf(what, "%s of %s", kind, name);
		buffer_addf(advice, "wait for the %s", kind);
	}
}

static bool read_blocker(struct blocker *blocker, const PGresult *result, int row,
			 struct arena *arena)
{
	const char *kind, *name;
	struct buffer what = BUFFER_INIT(arena), advice = BUFFER_INIT(arena);
	*blocker = (struct blocker){
		.pid = value_int32(result, row, PID),
		.age_ms = value_double(result, row, AGE),
	};
	if (!value_text(&blocker->user, result, row, USER, arena) ||
	    !value_text(&blocker->application, result, row, APPLICATION, arena) ||
	    !value_text(&blocker->state, result, row, STATE, arena) ||
	    !value_text(&kind, result, row, KIND, arena) ||
	    !value_text(&name, result, row, NAME, arena) ||
	    !value_text(&blocker->relation, result, row, RELATION, arena))
		return false;
	if (kind == NULL)
		return true;
	/* The server looks for who is in a waiter's way after deadlock_timeout; a second for it
	 * and for the worker's end. */
	if (strcmp(kind, "autovacuum") == 0 && value_bool(result, row, MAY_PASS))
		blocker->yields_ms = (long)value_int64(result, row, DEADLOCK_TIMEOUT) + 1000;
	describe_kind(blocker, kind, name != NULL ? name : "a table",
		      value_bool(result, row, WRAPAROUND), &what, &advice);
	blocker->what = buffer_text(&what);
	blocker->advice = buffer_text(&advice);
	return blocker->what != NULL && blocker->advice != NULL;
}

static bool ask(struct postgres *pg, const char *held, struct parameter which,
		struct blocker **blockers, size_t *count, struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	const struct statement statement = {
		.sql = write_query(pg, held, &scratch),
		.parameter_count = 3,
		.parameters = {parameter_text(pg->settings->schema), which,
			       parameter_text(pg->settings->role)},
		.answer = ANY_ROWS("i? t? t? t? d? t? t? b? b? l? t?"),
	};
	PGresult *result[1] = {NULL};
	*blockers = NULL;
	*count = 0;
	bool fine = (statement.sql != NULL || error_memory(err)) &&
		    batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
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
	arena_release(&scratch);
	return fine;
}

bool postgres_blockers(struct session *session, const char *table, struct blocker **blockers,
		       size_t *count, struct arena *arena, struct error *err)
{
	return ask(postgres_of(session), table_query, parameter_text(table), blockers, count, arena,
		   err);
}

bool postgres_process_blockers(struct session *session, int32_t process, struct blocker **blockers,
			       size_t *count, struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	struct parameter which = parameter_number(process, &scratch);
	bool fine = (which.value != NULL || error_memory(err)) &&
		    ask(postgres_of(session), process_query, which, blockers, count, arena, err);
	arena_release(&scratch);
	return fine;
}
