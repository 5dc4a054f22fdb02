/*
 * What bounds a transaction of ours, until its end only: how long it waits, works, stands still
 * and lasts, and whom its COMMIT waits for. A role's own limits do not count in it.
 */
#include "postgres.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* $2 to $4 times in ms. */
#define LIMITS_QUERY(path, schema)                                                                 \
	"SELECT pg_catalog.set_config('search_path', " path ", true),\n"                           \
	"       " schema ",\n"                                                                     \
	"       session_user,\n"                                                                   \
	"       pg_catalog.pg_backend_pid(),\n"                                                    \
	"       pg_catalog.set_config('lock_timeout', $2, true),\n"                                \
	"       pg_catalog.set_config('statement_timeout', $3, true),\n"                           \
	"       pg_catalog.set_config('idle_in_transaction_session_timeout', $4, true),\n"         \
	"       pg_catalog.set_config('client_min_messages', 'warning', true)"

enum { LIMITS_PATH, LIMITS_SCHEMA, LIMITS_SESSION_USER, LIMITS_PID };

/* From 17 on. A timer that runs already is not set anew, whatever is set: it can only be stopped
 * (assign_transaction_timeout() in the server's postgres.c). */
#define NO_TRANSACTION_TIMEOUT ",\n       pg_catalog.set_config('transaction_timeout', '0', true)"

/* $1 schema or NULL: the search path, and the target schema, NULL if there is none. The path is
 * written out, because "$user" and a schema that may not be used are something else to another
 * role. */
#define FIRST_LIMITS_QUERY                                                                         \
	LIMITS_QUERY("\n"                                                                          \
		     "           (SELECT "                                                         \
		     "pg_catalog.string_agg(pg_catalog.quote_ident(path.name), ', '\n"             \
		     "                                         ORDER BY path.place)\n"             \
		     "              FROM pg_catalog.unnest(" SQL_SCHEMA                            \
		     "::name || pg_catalog.current_schemas(false)\n"                               \
		     "                                     || 'pg_temp'::name)\n"                  \
		     "                   WITH ORDINALITY AS path (name, place))",                  \
		     "(" SQL_FIND_SCHEMA ")")
/* $1 that path. */
#define NEXT_LIMITS_QUERY LIMITS_QUERY("$1", "NULL")

static const char *const limits_queries[2][2] = {
	{FIRST_LIMITS_QUERY, FIRST_LIMITS_QUERY NO_TRANSACTION_TIMEOUT},
	{NEXT_LIMITS_QUERY, NEXT_LIMITS_QUERY NO_TRANSACTION_TIMEOUT},
};

/*
 * $1 in ms. Locks are given back behind COMMIT's wait for a synchronous standby, which no timeout
 * bounds: COMMIT waits for this server's own disk only, and replicated() for the rest, without
 * them. Is there a rest?
 */
#define HOLD_QUERY(more)                                                                           \
	"SELECT asked.level NOT IN ('off', 'local') AND asked.standbys <> '',\n"                   \
	"       pg_catalog.set_config('synchronous_commit',\n"                                     \
	"                             CASE asked.level WHEN 'off' THEN 'off' ELSE 'local' END,\n"  \
	"                             true),\n"                                                    \
	"       pg_catalog.set_config('idle_in_transaction_session_timeout', $1, true)" more "\n"  \
	"  FROM (SELECT pg_catalog.current_setting('synchronous_commit') AS level,\n"              \
	"               pg_catalog.current_setting('synchronous_standby_names') AS standbys\n"     \
	"        OFFSET 0) AS asked"

static const char hold_query[] = HOLD_QUERY("");
/* $2 in ms */
static const char hold_query_17[] =
	HOLD_QUERY(",\n       pg_catalog.set_config('transaction_timeout', $2, true)");
/* Of an engine whose settings are not PostgreSQL's. */
static const char hold_query_elsewhere[] =
	"SELECT false,\n"
	"       pg_catalog.set_config('idle_in_transaction_session_timeout', $1, true)";

static bool has_transaction_timeout(const struct postgres *pg)
{
	return is_postgresql(pg) && PQserverVersion(pg->connection) >= 170000;
}

/* Not NULL: a time as a setting has it. */
static const char *time_text(double ms, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_addf(&buf, "%.0fms", ms < INT_MAX ? ms : INT_MAX);
	return buffer_text(&buf);
}

/*
 * Between two answers of ours lies a round trip. Who stands still for longer is frozen, and must
 * not keep a table: the server ends the session, and with it the lock. A slow network is no
 * reason to.
 */
static double idle_ms(const struct postgres *pg)
{
	double wait = (double)pg->settings->lock_timeout_ms + IDLE_ROUND_TRIP_MS;
	double slow = (double)pg->settings->lock_timeout_ms + 2 * pg->round_trip_ms;
	if (wait > IDLE_MS)
		wait = IDLE_MS;
	return slow > wait && pg->round_trip_ms > IDLE_ROUND_TRIP_MS / 2 ? slow : wait;
}

enum { BEGIN, LIMITS };
_Static_assert(LIMITS + 1 == OPENING_STATEMENTS, "LIMITS is the last one");

bool opening_statements(const struct postgres *pg, struct statement *statements, bool holds,
			struct arena *arena)
{
	const struct session_settings *settings = pg->settings;
	const char *lock = time_text((double)settings->lock_timeout_ms, arena);
	const char *work = time_text((double)settings->statement_timeout_ms, arena);
	const char *idle = time_text(holds ? idle_ms(pg) : IDLE_WITHOUT_LOCK_MS, arena);
	/* A default of REPEATABLE READ would still see the old catalog after a wait (42701). */
	statements[BEGIN] = (struct statement){.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"};
	statements[LIMITS] = (struct statement){
		.sql = limits_queries[pg->path != NULL][has_transaction_timeout(pg)],
		.parameter_count = 4,
		.parameters = {parameter_text(pg->path == NULL ? settings->schema : pg->path),
			       parameter_text(lock), parameter_text(work), parameter_text(idle)},
		.answer = {has_transaction_timeout(pg) ? "t t? t i x x x x x" : "t t? t i x x x x",
			   1, 1},
	};
	return lock != NULL && work != NULL && idle != NULL;
}

static bool no_schema(const struct postgres *pg, struct error *err)
{
	const char *schema = pg->settings->schema;
	struct arena scratch = {0};
	struct buffer buf = BUFFER_INIT(&scratch);
	if (schema == NULL) {
		error_set(err, RECONCILE_FAILED,
			  "%s: no schema of the search_path exists, so there is none to create "
			  "tables in",
			  pg->session.place);
		error_hint(err, "CREATE SCHEMA, or set schema");
	} else {
		error_set(err, RECONCILE_FAILED, "%s: schema '%s' does not exist",
			  pg->session.place, schema);
		postgres_add_identifier(&buf, (void *)(uintptr_t)pg, schema);
		if (buffer_text(&buf) != NULL)
			error_hint(err, "CREATE SCHEMA %s", buffer_text(&buf));
	}
	arena_release(&scratch);
	return false;
}

bool opening_collect(struct postgres *pg, PGresult *const *results, struct error *err)
{
	const PGresult *limits = results[LIMITS];
	pg->session.process = value_int32(limits, 0, LIMITS_PID);
	if (pg->path != NULL)
		return true;
	if (PQgetisnull(limits, 0, LIMITS_SCHEMA))
		return no_schema(pg, err);
	snprintf(pg->schema, sizeof(pg->schema), "%s", PQgetvalue(limits, 0, LIMITS_SCHEMA));
	return value_text(&pg->path, limits, 0, LIMITS_PATH, &pg->arena) || error_memory(err);
}

const char *opening_user(PGresult *const *results)
{
	return PQgetvalue(results[LIMITS], 0, LIMITS_SESSION_USER);
}

static const char *hold_answer(const struct postgres *pg)
{
	if (!is_postgresql(pg))
		return "b x";
	return has_transaction_timeout(pg) ? "b x x x" : "b x x";
}

bool hold_statement(const struct postgres *pg, struct statement *statement, size_t work_count,
		    struct arena *arena)
{
	/* Each statement has its own limit; a script has none. */
	double work = (double)pg->settings->statement_timeout_ms * (double)work_count;
	const char *idle = time_text(idle_ms(pg), arena);
	const char *whole = time_text(work > 0 ? work + idle_ms(pg) : 0, arena);
	const char *sql = has_transaction_timeout(pg) ? hold_query_17 : hold_query;
	*statement = (struct statement){
		.sql = is_postgresql(pg) ? sql : hold_query_elsewhere,
		.parameter_count = has_transaction_timeout(pg) ? 2 : 1,
		.parameters = {parameter_text(idle), parameter_text(whole)},
		.answer = {hold_answer(pg), 1, 1},
	};
	return idle != NULL && whole != NULL;
}

void hold_collect(struct postgres *pg, const PGresult *result)
{
	pg->is_partial = value_bool(result, 0, 0);
}

/* ---- who ended it --------------------------------------------------------- */

static void explain_cancel(const struct postgres *pg, double patience_ms, struct error *err)
{
	error_clear(err);
	/* Under a lock it is not begun again and again. */
	error_set(err, pg->in_transaction ? RECONCILE_BUSY : RECONCILE_UNREACHABLE,
		  "no answer from the server for %.0f ms; what it was at is cancelled",
		  patience_ms);
	err->class = pg->in_transaction ? ERROR_FATAL : ERROR_LOST;
	error_hint(err, "look at what the server waits for (pg_stat_activity), or raise "
			"connect_timeout_ms and statement_timeout_ms");
}

/* What was set when the transaction was opened bounds it; the role's limits do not count any more.
 */
static bool has_our_limits(const struct postgres *pg)
{
	return pg->in_transaction && !pg->opening;
}

/* statement_timeout_ms, or the transaction_timeout that is made of it */
static bool is_ours(const struct postgres *pg, double took_ms)
{
	double ours = (double)pg->settings->statement_timeout_ms;
	return pg->in_transaction && ours > 0 && took_ms >= ours;
}

/* Whoever cancels gives no reason, and the server says it in its own language (lc_messages) only:
 * where that is not English, the time tells. */
static void explain_timeout(const struct postgres *pg, double took_ms, struct error *err)
{
	bool requested = strstr(err->message, "user request") != NULL;
	if (requested)
		error_hint(err, "somebody has cancelled it (pg_cancel_backend()), no timeout: ask "
				"why before you start again");
	else if (is_ours(pg, took_ms))
		err->limit = LIMIT_OURS;
	else if (has_our_limits(pg))
		error_hint(err, "what ran has set a statement_timeout of its own, or somebody has "
				"cancelled it (pg_cancel_backend())");
	else
		err->limit = "statement_timeout";
	if (err->limit != NULL)
		error_hint(err, "raise %s if it needs more time", err->limit);
}

void limit_explain(struct postgres *pg, double took_ms, double patience_ms, struct error *err)
{
	bool cancelled = strcmp(err->sqlstate, "57014") == 0; /* query_canceled */
	if (cancelled && pg->cancelled)
		explain_cancel(pg, patience_ms, err);
	else if (cancelled)
		explain_timeout(pg, took_ms, err);
	else if (strcmp(err->sqlstate, "55P03") == 0 && !pg->in_transaction)
		err->limit = "lock_timeout";
	if (strcmp(err->sqlstate, "25P04") != 0) /* transaction_timeout */
		return;
	/* Ours is longer than one statement may take. */
	if (is_ours(pg, took_ms))
		err->limit = LIMIT_OURS;
	else if (has_our_limits(pg))
		error_hint(err,
			   "what ran has set a transaction_timeout of its own: raise it there");
	else
		err->limit = "transaction_timeout";
}

/* ---- where it comes from -------------------------------------------------- */

/*
 * $1 names. A row for each that limits: the name, the time, and the statement that sets it, as
 * pg_settings.source has it (manual, "pg_settings").
 */
static const char source_query[] =
	"SELECT s.name, s.setting || coalesce(s.unit, ''),\n"
	"       CASE s.source\n"
	"           WHEN 'user' THEN pg_catalog.format('ALTER ROLE %I', session_user)\n"
	"           WHEN 'database'\n"
	"           THEN pg_catalog.format('ALTER DATABASE %I', pg_catalog.current_database())\n"
	"           WHEN 'database user'\n"
	"           THEN pg_catalog.format('ALTER ROLE %I IN DATABASE %I', session_user,\n"
	"                                  pg_catalog.current_database())\n"
	"           WHEN 'global' THEN 'ALTER ROLE ALL'\n"
	"           WHEN 'configuration file' THEN 'ALTER SYSTEM'\n"
	"       END,\n"
	"       s.source\n"
	"  FROM pg_catalog.pg_settings s\n"
	" WHERE s.name = ANY ($1::text[]) AND s.setting::int8 > 0\n"
	" ORDER BY s.name";

enum { SOURCE_NAME, SOURCE_VALUE, SOURCE_STATEMENT, SOURCE_WORD };

static bool ask_source(struct postgres *pg, const char *const *names, size_t count,
		       PGresult **result, struct error *err)
{
	struct arena scratch = {0};
	const struct statement statement = {
		.sql = source_query,
		.parameter_count = 1,
		.parameters = {parameter_texts(names, count, &scratch)},
		.answer = ANY_ROWS("t t t? t"),
	};
	bool fine = statement.parameters[0].value != NULL || error_memory(err);
	fine = fine && batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	arena_release(&scratch);
	return fine;
}

/* "lock_timeout is 100ms (ALTER ROLE app)" */
static void add_source(struct buffer *buf, const PGresult *result, int row)
{
	bool known = !PQgetisnull(result, row, SOURCE_STATEMENT);
	buffer_addf(buf, "%s is %s (%s)", PQgetvalue(result, row, SOURCE_NAME),
		    PQgetvalue(result, row, SOURCE_VALUE),
		    PQgetvalue(result, row, known ? SOURCE_STATEMENT : SOURCE_WORD));
}

/* The session's own start-up options, and those that lift the limits. NULL: out of memory. */
static const char *options_without_limits(const struct postgres *pg, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	PQconninfoOption *all = PQconninfo(pg->connection);
	for (const PQconninfoOption *one = all; one != NULL && one->keyword != NULL; one++)
		if (strcmp(one->keyword, "options") == 0 && one->val != NULL)
			buffer_addf(&buf, "%s ", one->val);
	buffer_add(&buf, "-c lock_timeout=0 -c statement_timeout=0");
	if (has_transaction_timeout(pg))
		buffer_add(&buf, " -c transaction_timeout=0");
	PQconninfoFree(all);
	return all != NULL ? buffer_text(&buf) : NULL;
}

bool postgres_limits(struct session *session, const char **standing, const char **options,
		     struct arena *arena, struct error *err)
{
	static const char *const names[] = {"lock_timeout", "statement_timeout",
					    "transaction_timeout"};
	struct postgres *pg = postgres_of(session);
	struct buffer buf = BUFFER_INIT(arena);
	PGresult *result = NULL;
	*standing = *options = NULL;
	if (!is_postgresql(pg))
		return true;
	if (!ask_source(pg, names, sizeof(names) / sizeof(names[0]), &result, err)) {
		PQclear(result);
		return false;
	}
	int count = PQntuples(result);
	for (int row = 0; row < count; row++) {
		buffer_add(&buf, row > 0 ? ", " : "");
		add_source(&buf, result, row);
	}
	PQclear(result);
	if (count == 0)
		return true;
	*standing = buffer_text(&buf);
	*options = options_without_limits(pg, arena);
	return (*standing != NULL && *options != NULL) || error_memory(err);
}

void postgres_explain_limit(struct session *session, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct arena scratch = {0};
	struct buffer buf = BUFFER_INIT(&scratch);
	struct error ignored = {0};
	PGresult *result = NULL;

	if (strcmp(err->limit, LIMIT_OURS) == 0 || !is_postgresql(pg))
		return;
	if (ask_source(pg, &err->limit, 1, &result, &ignored) && PQntuples(result) == 1) {
		add_source(&buf, result, 0);
		size_t length = strlen(err->message);
		if (buffer_text(&buf) != NULL)
			snprintf(err->message + length, sizeof(err->message) - length, ": %s",
				 buf.data);
		if (!PQgetisnull(result, 0, SOURCE_STATEMENT))
			error_hint(
				err,
				"%s SET %s = 0; or a longer time, or connect as a role without it",
				PQgetvalue(result, 0, SOURCE_STATEMENT), err->limit);
		else
			error_hint(err, "raise %s where it is set: %s", err->limit,
				   PQgetvalue(result, 0, SOURCE_WORD));
	} else if (ignored.status == RECONCILE_OK && result != NULL) {
		/* The session has no such limit: it was set in what was ended, or is none. */
		error_hint(err,
			   "the session's own %s is 0: what ran had set one, or somebody has "
			   "cancelled it (pg_cancel_backend())",
			   err->limit);
	}
	PQclear(result);
	arena_release(&scratch);
}
