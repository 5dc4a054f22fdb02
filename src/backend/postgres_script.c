/* Somebody's own SQL: sent whole, so that the server alone says where a statement ends. */
#include "executor.h"
#include "postgres.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what went wrong, and where ------------------------------------------- */

/* psql's own commands are the most likely reason for a backslash. */
static void hint_at_backslash(const char *text, size_t position, struct error *err)
{
	struct text_place place = text_place(text, position);
	const char *line = text;
	for (size_t i = 1; i < place.line; i++)
		line = strchr(line, '\n') + 1;
	line += strspn(line, " \t");
	if (*line == '\\')
		error_hint(err,
			   "commands with a backslash are psql's, not SQL: write them in SQL, "
			   "or run the file with psql and record it with `manage script stamp`");
}

/* "file:3:7: ..." or, of an error without a place, "file: statement 4: ...". */
static bool script_error(const struct script_text *script, const char *text, size_t done,
			 const PGresult *result, struct error *err)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	struct error found = {0};
	error_from_result(&found, result);
	if (found.class == ERROR_LOST) {
		*err = found;
		return error_prefix(err, "%s", script->file);
	}
	if (position != NULL) {
		size_t character = (size_t)strtoul(position, NULL, 10);
		struct text_place place = text_place(text, character);
		hint_at_backslash(text, character, &found);
		error_prefix(&found, "%s:%zu:%zu", script->file, place.line, place.column);
	} else {
		error_prefix(&found, "%s: statement %zu", script->file, done + 1);
	}
	/* active_sql_transaction */
	if (sqlstate != NULL && strcmp(sqlstate, "25001") == 0)
		error_hint(&found,
			   "begin the file with the line '-- reconcile: no-transaction'; it "
			   "then holds that one statement alone");
	*err = found;
	return false;
}

/* ---- sending -------------------------------------------------------------- */

static bool refuse_copy(struct postgres *pg, const struct script_text *script, size_t done,
			struct error *err)
{
	PQputCopyEnd(pg->connection, "no data");
	error_set(err, RECONCILE_FAILED,
		  "%s: statement %zu: COPY FROM STDIN wants rows, which only psql sends",
		  script->file, done + 1);
	error_hint(err, "write INSERT, or run the file with psql and record it with `manage script "
			"stamp`");
	return false;
}

static void drain_copy(struct postgres *pg)
{
	char *row;
	while (PQgetCopyData(pg->connection, &row, 0) > 0)
		PQfreemem(row);
}

/* All answers; the first error is the one. */
static bool receive(struct postgres *pg, const struct script_text *script, const char *text,
		    struct error *err)
{
	bool fine = true;
	for (size_t done = 0;; done++) {
		if (!batch_wait(pg, INFINITY, err))
			return false;
		PGresult *result = PQgetResult(pg->connection);
		if (result == NULL)
			return fine;
		switch (PQresultStatus(result)) {
		case PGRES_COPY_IN:
			fine = fine && refuse_copy(pg, script, done, err);
			break;
		case PGRES_COPY_OUT:
			drain_copy(pg);
			break;
		case PGRES_COMMAND_OK:
		case PGRES_TUPLES_OK:
		case PGRES_EMPTY_QUERY:
			break;
		default:
			fine = fine && script_error(script, text, done, result, err);
		}
		PQclear(result);
		if (PQstatus(pg->connection) != CONNECTION_OK) {
			pg->dead = true;
			return fine ? error_from_connection(err, pg->connection) : false;
		}
	}
}

static bool execute(struct session *session, const struct script_text *script, bool *ended,
		    struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const char *text = script_begin(script);
	*ended = false;
	if (!script_is_text(script, err))
		return false;
	if (pg->dead || !PQsendQuery(pg->connection, text))
		return error_from_connection(err, pg->connection);
	bool fine = receive(pg, script, text, err);
	if (fine && pg->in_transaction && PQtransactionStatus(pg->connection) == PQTRANS_IDLE) {
		*ended = true;
		pg->in_transaction = false;
	}
	return fine;
}

/* ---- how it ended --------------------------------------------------------- */

/* $1 run, $2 object, $3 outcome */
static const char conclude_text[] =
	"UPDATE %s SET outcome = $3, applied_at = now.at,\n"
	"       duration_ms = extract(epoch FROM now.at - started_at)::double precision * 1000\n"
	"  FROM (SELECT pg_catalog.clock_timestamp() AS at) AS now\n"
	" WHERE run_id = $1 AND object = $2 AND outcome = 'running'";

static bool conclude(struct session *session, const char *run_id, const char *object,
		     const char *outcome, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct arena scratch = {0};
	struct buffer sql = BUFFER_INIT(&scratch);
	const char *table = history_table(pg, pg->schema, &scratch);
	struct statement statements[2] = {role_statement(pg)};
	PGresult *results[2] = {NULL};
	/* In the transaction the role is there already. */
	size_t first = pg->settings->role != NULL && !pg->in_transaction;
	buffer_addf(&sql, conclude_text, table != NULL ? table : "");
	statements[first] = (struct statement){
		.sql = buffer_text(&sql),
		.parameter_count = 3,
		.parameters = {parameter_text(run_id), parameter_text(object),
			       parameter_text(outcome)},
	};
	bool fine = (table != NULL && statements[first].sql != NULL) || error_memory(err);
	fine = fine &&
	       batch_run(pg, statements, first + 1, patience_change_ms(pg), results, NULL, err);
	if (fine && strcmp(PQcmdTuples(results[first]), "1") != 0)
		fine = error_set(err, RECONCILE_FAILED,
				 "'%s' has rolled back the transaction that it ran in, and what "
				 "history said of it",
				 object);
	batch_clear(results, 2);
	arena_release(&scratch);
	return fine;
}

const struct executor executor_postgres = {
	.execute = execute,
	.conclude = conclude,
};
