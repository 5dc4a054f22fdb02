/* Somebody's own SQL: sent whole, so that the server alone says where a statement ends. */
#include "../model/statement.h"
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

/* "file:3:7: ...". *placed: err names its place; otherwise it has no position. */
static void script_error(const struct script_text *script, const char *text, bool *placed,
			 const PGresult *result, struct error *err)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	error_from_result(err, result);
	*placed = position != NULL || err->class == ERROR_LOST;
	if (err->class == ERROR_LOST) {
		error_prefix(err, "%s", script->file);
		return;
	}
	if (position != NULL) {
		size_t character = (size_t)strtoul(position, NULL, 10);
		struct text_place place = text_place(text, character);
		hint_at_backslash(text, character, err);
		error_prefix(err, "%s:%zu:%zu", script->file, place.line, place.column);
	}
	/* active_sql_transaction */
	if (sqlstate != NULL && strcmp(sqlstate, "25001") == 0)
		error_hint(err, "begin the file with the line '-- reconcile: no-transaction'; it "
				"then holds that one statement alone");
}

/* "file:12: statement 4: ..." of an error without a position. */
static void place_statement(const struct script_text *script, const char *text, size_t number,
			    struct error *err)
{
	size_t line = statement_line(text, number);
	if (line > 0)
		error_prefix(err, "%s:%zu: statement %zu", script->file, line, number);
	else
		error_prefix(err, "%s: statement %zu", script->file, number);
}

/* ---- sending -------------------------------------------------------------- */

static void refuse_copy(struct postgres *pg, struct error *err)
{
	PQputCopyEnd(pg->connection, "no data");
	error_set(err, RECONCILE_FAILED, "COPY FROM STDIN wants rows, which only psql sends");
	error_hint(err, "write INSERT, or run the file with psql and record it with `manage script "
			"stamp`");
}

/* Reads what nobody wants. false: the connection is gone. */
static bool drain_copy(struct postgres *pg, struct patience *patience, struct error *err)
{
	char *row;
	int length;
	while ((length = PQgetCopyData(pg->connection, &row, 1)) >= 0) {
		PQfreemem(row);
		row = NULL;
		if (length == 0 && !batch_input(pg, patience, err))
			return false;
	}
	return true;
}

/* Did that statement keep what was done before it? A COMMIT of a transaction that had failed is
 * answered as a ROLLBACK (manual, "COMMIT"). */
static bool keeps(PGresult *result)
{
	const char *tag = PQcmdStatus(result);
	return strcmp(tag, "COMMIT") == 0 || strcmp(tag, "PREPARE TRANSACTION") == 0;
}

/* All answers; the first error is the one. *kept: a COMMIT was among them. */
static bool receive(struct postgres *pg, const struct script_text *script, const char *text,
		    bool *kept, struct error *err)
{
	struct error found = {0};
	struct patience patience = patience_begin(INFINITY);
	if (script->watch.look != NULL) {
		patience.watch = &script->watch;
		patience.look_ms = patience.began_ms + script->watch.every_ms;
	}
	size_t unplaced = 0; /* the number of the statement whose error has no position; 0: none */
	for (size_t number = 1;; number++) {
		bool fine = found.status == RECONCILE_OK, placed = false;
		if (!batch_wait(pg, &patience, err))
			return false;
		PGresult *result = PQgetResult(pg->connection);
		if (result == NULL)
			break;
		switch (PQresultStatus(result)) {
		case PGRES_COPY_IN:
			refuse_copy(pg, &found);
			break;
		case PGRES_COPY_OUT:
			if (!drain_copy(pg, &patience, err)) {
				PQclear(result);
				return false;
			}
			break;
		case PGRES_COMMAND_OK:
			*kept = *kept || keeps(result);
			break;
		case PGRES_TUPLES_OK:
		case PGRES_EMPTY_QUERY:
			break;
		default:
			/* Of COPY BOTH, which is for replication, libpq would speak for ever. */
			if (PQresultStatus(result) != PGRES_FATAL_ERROR) {
				PQclear(result);
				return batch_unexpected(pg, err);
			}
			if (fine)
				script_error(script, text, &placed, result, &found);
		}
		PQclear(result);
		if (fine && found.status != RECONCILE_OK && !placed)
			unplaced = number;
		if (PQstatus(pg->connection) != CONNECTION_OK) {
			pg->dead = true;
			if (found.status == RECONCILE_OK)
				return error_from_connection(err, pg->connection);
			break;
		}
	}
	if (found.status == RECONCILE_OK)
		return true;
	if (unplaced > 0)
		place_statement(script, text, unplaced, &found);
	*err = found;
	return false;
}

static bool execute(struct session *session, const struct script_text *script,
		    struct script_end *end, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const char *text = script_begin(script);
	*end = (struct script_end){0};
	if (!script_is_text(script, err))
		return false;
	if (pg->dead || !PQsendQuery(pg->connection, text))
		return error_from_connection(err, pg->connection);
	double began = clock_ms();
	bool fine = receive(pg, script, text, &end->kept, err);
	if (!fine)
		limit_explain(pg, clock_ms() - began, 0, err);
	end->ended = pg->in_transaction && PQtransactionStatus(pg->connection) == PQTRANS_IDLE;
	pg->in_transaction = pg->in_transaction && !end->ended;
	if (!fine && pg->stopped) {
		stop_error(err);
		return error_prefix(err, "%s", script->file);
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
	pg->ending = true;
	fine = fine &&
	       batch_run(pg, statements, first + 1, patience_change_ms(pg), results, NULL, err);
	pg->ending = false;
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
	.limits = postgres_limits,
	.blockers = postgres_process_blockers,
};
