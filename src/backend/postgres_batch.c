#include "postgres.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>

double patience_read_ms(const struct postgres *pg)
{
	return (double)pg->settings->connect_timeout_ms;
}

double patience_change_ms(const struct postgres *pg)
{
	return (double)pg->settings->connect_timeout_ms +
	       (double)pg->settings->statement_timeout_ms + (double)pg->settings->lock_timeout_ms;
}

void batch_clear(PGresult **results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		PQclear(results[i]);
		results[i] = NULL;
	}
}

static int send_statement(PGconn *connection, const struct statement *statement)
{
	Oid types[STATEMENT_PARAMETERS];
	const char *values[STATEMENT_PARAMETERS];
	int lengths[STATEMENT_PARAMETERS], formats[STATEMENT_PARAMETERS];

	if (statement->describe)
		return PQsendPrepare(connection, "", statement->sql, 0, NULL) &&
		       PQsendDescribePrepared(connection, "");
	for (int i = 0; i < statement->parameter_count; i++) {
		types[i] = statement->parameters[i].type;
		values[i] = statement->parameters[i].value;
		lengths[i] = statement->parameters[i].length;
		formats[i] = statement->parameters[i].format;
	}
	return PQsendQueryParams(connection, statement->sql, statement->parameter_count, types,
				 values, lengths, formats, 1);
}

bool batch_wait(struct postgres *pg, double patience_ms, struct error *err)
{
	double deadline = clock_ms() + patience_ms;
	while (true) {
		int unsent = PQflush(pg->connection);
		if (unsent < 0)
			return error_from_connection(err, pg->connection);
		if (!PQisBusy(pg->connection))
			return true;
		double left = deadline - clock_ms();
		if (left <= 0) {
			pg->dead = true;
			if (err->status == RECONCILE_OK)
				error_set(err, RECONCILE_UNREACHABLE,
					  "no answer from the server for %.0f ms", patience_ms);
			err->class = ERROR_LOST;
			return false;
		}
		struct pollfd wait = {
			.fd = PQsocket(pg->connection),
			.events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
		};
		int ready = poll(&wait, 1, left >= INT_MAX ? INT_MAX : (int)left + 1);
		if (ready < 0 && errno != EINTR)
			return error_from_connection(err, pg->connection);
		if (ready <= 0 || (wait.revents & ~POLLOUT) == 0)
			continue;
		if (!PQconsumeInput(pg->connection))
			return error_from_connection(err, pg->connection);
		deadline = clock_ms() + patience_ms; /* it speaks */
	}
}

/*
 * Takes everything up to the synchronisation point. libpq separates the answers of a pipeline by
 * NULL (manual, "Pipeline Mode"); a described statement has two of them, the second one counts.
 */
static bool receive(struct postgres *pg, const struct statement *statements, size_t count,
		    double patience_ms, PGresult **results, size_t *failed, struct error *err)
{
	bool fine = true, separated = false, second = false;
	size_t at = 0;
	while (batch_wait(pg, patience_ms, err)) {
		PGresult *result = PQgetResult(pg->connection);
		ExecStatusType status = PQresultStatus(result);
		if (result == NULL) {
			if (separated || at == count) /* nothing comes after it: the link is down */
				return error_from_connection(err, pg->connection);
			separated = true;
			if (statements[at].describe && !second)
				second = true;
			else {
				second = false;
				at++;
			}
			continue;
		}
		separated = false;
		if (status == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return fine;
		}
		if (at < count && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)) {
			PQclear(results[at]);
			results[at] = result;
			continue;
		}
		if (status != PGRES_PIPELINE_ABORTED && fine) {
			error_from_result(err, result);
			*failed = at;
			fine = false;
		}
		PQclear(result);
		if (PQstatus(pg->connection) != CONNECTION_OK)
			return false;
	}
	return false;
}

bool batch_run(struct postgres *pg, const struct statement *statements, size_t count,
	       double patience_ms, PGresult **results, size_t *failed, struct error *err)
{
	size_t guilty = count;
	bool fine = true;
	for (size_t i = 0; i < count; i++)
		results[i] = NULL;
	if (failed != NULL)
		*failed = count;
	if (pg->dead || !PQenterPipelineMode(pg->connection))
		return error_from_connection(err, pg->connection);
	for (size_t i = 0; i < count && fine; i++)
		fine = send_statement(pg->connection, &statements[i]);
	fine = fine && PQpipelineSync(pg->connection);
	if (!fine)
		error_from_connection(err, pg->connection);
	else
		fine = receive(pg, statements, count, patience_ms, results, &guilty, err);
	/* What the server said first stays the message; that it hung up decides what helps. */
	if (!PQexitPipelineMode(pg->connection) || PQstatus(pg->connection) != CONNECTION_OK) {
		pg->dead = true;
		if (fine)
			error_from_connection(err, pg->connection);
		err->class = ERROR_LOST;
		fine = false;
	}
	if (failed != NULL)
		*failed = guilty;
	return fine;
}
