/* One change: begin, change, commit, each a round trip. */
#include "postgres.h"
#include <stdio.h>
#include <string.h>

/*
 * $1 schema or NULL, $2 to $4 times in ms. Until the end of the transaction only. The search path
 * is written out, because "$user" and a schema that may not be used are something else to another
 * role. Last column: session_user.
 */
static const char limits_query[] =
	"SELECT pg_catalog.set_config('lock_timeout', $2, true),\n"
	"       pg_catalog.set_config('statement_timeout', $3, true),\n"
	"       pg_catalog.set_config('idle_in_transaction_session_timeout', $4, true),\n"
	"       pg_catalog.set_config('client_min_messages', 'warning', true),\n"
	"       pg_catalog.set_config('search_path',\n"
	"           (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(path.name), ', '\n"
	"                                         ORDER BY path.place)\n"
	"              FROM pg_catalog.unnest(" SQL_SCHEMA
	"::name || pg_catalog.current_schemas(false)\n"
	"                                     || 'pg_temp'::name)\n"
	"                   WITH ORDINALITY AS path (name, place)), true),\n"
	"       session_user";
enum { LIMITS_SESSION_USER = 5 };

/* Never waits: a blocking wait deadlocks with CREATE INDEX CONCURRENTLY elsewhere. The lock ends
 * with the transaction, so that a pooler cannot strand it. */
static const char lock_query[] =
	"SELECT pg_catalog.pg_try_advisory_xact_lock(" SQL_LOCK_CLASS ", " SQL_LOCK_OBJECT ")";

static const char role_query[] = "SELECT pg_catalog.set_config('role', $1, true)";

/* What depends on who is asking, the current schema above all, is asked before ROLE. */
enum {
	BEGIN,
	LIMITS,
	SCHEMA = OPENING_STATEMENTS,
	LOCK,
	RELATIONS,
	ROLE,
	BEGIN_STATEMENTS,
};

bool opening_statements(const struct postgres *pg, struct statement *statements,
			struct arena *arena)
{
	const struct session_settings *settings = pg->settings;
	struct buffer lock = BUFFER_INIT(arena), work = BUFFER_INIT(arena),
		      idle = BUFFER_INIT(arena);
	buffer_addf(&lock, "%ldms", settings->lock_timeout_ms);
	buffer_addf(&work, "%ldms", settings->statement_timeout_ms);
	buffer_addf(&idle, "%ldms", settings->statement_timeout_ms + 5000);
	/* A default of REPEATABLE READ would still see the old catalog after a wait (42701). */
	statements[BEGIN] = (struct statement){.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"};
	statements[LIMITS] = (struct statement){
		.sql = limits_query,
		.parameter_count = 4,
		.parameters = {parameter_text(settings->schema), parameter_text(buffer_text(&lock)),
			       parameter_text(buffer_text(&work)),
			       parameter_text(buffer_text(&idle))},
	};
	return !lock.failed && !work.failed && !idle.failed;
}

struct statement role_statement(const struct postgres *pg)
{
	return (struct statement){
		.sql = role_query,
		.parameter_count = 1,
		.parameters = {parameter_text(pg->settings->role)},
	};
}

void role_explain(const struct postgres *pg, const char *session_user, struct error *err)
{
	struct arena scratch = {0};
	struct buffer role = BUFFER_INIT(&scratch), user = BUFFER_INIT(&scratch);
	postgres_add_identifier(&role, (void *)(uintptr_t)pg, pg->settings->role);
	postgres_add_identifier(&user, (void *)(uintptr_t)pg, session_user);
	if (role.failed || user.failed || err->class != ERROR_FATAL) {
		arena_release(&scratch);
		return;
	}
	err->status = RECONCILE_NOT_PERMITTED;
	if (strcmp(err->sqlstate, "22023") == 0) /* invalid_parameter_value: no such role */
		error_hint(err, "CREATE ROLE %s; GRANT %s TO %s;", role.data, role.data, user.data);
	else
		error_hint(err, "GRANT %s TO %s;", role.data, user.data);
	arena_release(&scratch);
}

static bool begin_statements(const struct postgres *pg, struct statement *statements,
			     const struct read_request *request, struct arena *scratch)
{
	statements[SCHEMA] = (struct statement){
		.sql = SQL_FIND_SCHEMA,
		.parameter_count = 1,
		.parameters = {parameter_text(pg->settings->schema)},
	};
	statements[LOCK] = statements[SCHEMA];
	statements[LOCK].sql = lock_query;
	statements[ROLE] = role_statement(pg);
	return opening_statements(pg, statements, scratch) &&
	       pg->reader->statement(pg, &statements[RELATIONS], request, scratch);
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
		error_hint(err, "CREATE SCHEMA %s",
			   buffer_text(&buf) == NULL ? schema : buffer_text(&buf));
	}
	arena_release(&scratch);
	return false;
}

static bool check_begun(struct postgres *pg, PGresult *const *results,
			const struct read_request *request, struct catalog *catalog,
			struct arena *arena, struct error *err)
{
	if (PQntuples(results[SCHEMA]) == 0)
		return no_schema(pg, err);
	snprintf(pg->schema, sizeof(pg->schema), "%s", PQgetvalue(results[SCHEMA], 0, 0));
	if (value_bool(results[LOCK], 0, 0))
		return relations_collect(pg, results[RELATIONS], request, catalog, arena, err);
	error_set(err, RECONCILE_BUSY, "another reconciler is at work in schema '%s'", pg->schema);
	err->class = ERROR_BUSY;
	return false;
}

bool postgres_begin(struct session *session, const struct read_request *request,
		    struct catalog *catalog, struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct arena scratch = {0};
	struct statement statements[BEGIN_STATEMENTS];
	PGresult *results[BEGIN_STATEMENTS];

	*catalog = (struct catalog){0};
	if (!begin_statements(pg, statements, request, &scratch)) {
		arena_release(&scratch);
		return error_memory(err);
	}
	struct error found = {0};
	size_t failed, count = pg->settings->role == NULL ? ROLE : BEGIN_STATEMENTS;
	pg->in_transaction = true;
	bool fine =
		batch_run(pg, statements, count, patience_change_ms(pg), results, &failed, &found);
	/* Without a role ROLE is the end, which is where a connection breaks. */
	if (!fine && failed == ROLE && count > ROLE)
		role_explain(pg, PQgetvalue(results[LIMITS], 0, LIMITS_SESSION_USER), &found);
	fine = fine && check_begun(pg, results, request, catalog, arena, &found);
	batch_clear(results, count);
	if (!fine && err->status == RECONCILE_OK)
		*err = found;
	if (!fine)
		postgres_rollback(session);
	arena_release(&scratch);
	return fine;
}

bool postgres_change(struct session *session, const struct change *change,
		     const struct read_request *request, struct catalog *catalog,
		     struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct arena scratch = {0};
	size_t count = 0, room = change->statement_count + 3;
	struct statement *statements = arena_array(&scratch, room, sizeof(*statements));
	PGresult **results = arena_array(&scratch, room, sizeof(*results));
	bool fine = false;

	*catalog = (struct catalog){0};
	if (statements == NULL || results == NULL)
		goto out;
	if (change->create_history) {
		statements[count].sql = history_create(pg, &scratch);
		if (statements[count++].sql == NULL)
			goto out;
	}
	for (size_t i = 0; i < change->statement_count; i++)
		statements[count++].sql = change->statements[i];
	if (change->entry_count > 0 && !history_insert(pg, &statements[count++], change, &scratch))
		goto out;
	if (!pg->reader->statement(pg, &statements[count++], request, &scratch))
		goto out;
	fine = batch_run(pg, statements, count, patience_change_ms(pg), results, NULL, err) &&
	       relations_collect(pg, results[count - 1], request, catalog, arena, err);
	batch_clear(results, count);
	arena_release(&scratch);
	return fine;
out:
	arena_release(&scratch);
	return error_memory(err);
}

bool postgres_commit(struct session *session, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {.sql = "COMMIT"};
	PGresult *result[1];
	struct error found = {0};
	bool fine = batch_run(pg, &statement, 1, patience_change_ms(pg), result, NULL, &found);
	/* COMMIT of a transaction that has failed succeeds, as a ROLLBACK (manual, "COMMIT"). */
	if (fine && strcmp(PQcmdStatus(result[0]), "COMMIT") != 0)
		fine = error_set(&found, RECONCILE_FAILED,
				 "the transaction had failed and was rolled back");
	batch_clear(result, 1);
	pg->in_transaction = false;
	if (!fine && found.class == ERROR_LOST) {
		found.class = ERROR_UNKNOWN;
		error_prefix(&found, "COMMIT was sent, its outcome is not known");
	}
	if (!fine && err->status == RECONCILE_OK)
		*err = found;
	return fine;
}

void postgres_rollback(struct session *session)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {.sql = "ROLLBACK"};
	PGresult *result[1];
	struct error ignored = {0};
	if (!pg->in_transaction)
		return;
	pg->in_transaction = false;
	/* A connection that is gone has been rolled back by the server. */
	if (pg->dead || PQtransactionStatus(pg->connection) == PQTRANS_IDLE)
		return;
	batch_run(pg, &statement, 1, patience_change_ms(pg), result, NULL, &ignored);
	batch_clear(result, 1);
}
