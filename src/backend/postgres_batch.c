#include "postgres.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <string.h>

/* However little the budget leaves: a rollback, or a look for the report, is still worth it. */
#define LAST_ANSWER_MS 1000

/* What is left of the budget; infinite while it has not begun. */
static double budget_left_ms(const struct postgres *pg)
{
	const double *end = pg->settings->deadline_ms;
	return end == NULL || *end <= 0 ? INFINITY : *end - clock_ms();
}

/* patience, or what the budget leaves of it; least in any case. */
static double within_budget(const struct postgres *pg, double patience, double least)
{
	double left = budget_left_ms(pg);
	if (left < least)
		left = least;
	return left < patience ? left : patience;
}

double patience_connect_ms(const struct postgres *pg)
{
	return within_budget(pg, (double)pg->settings->connect_timeout_ms, LAST_ANSWER_MS);
}

double patience_read_ms(const struct postgres *pg)
{
	return patience_connect_ms(pg);
}

double patience_change_ms(const struct postgres *pg)
{
	return (double)pg->settings->connect_timeout_ms +
	       (double)pg->settings->statement_timeout_ms + (double)pg->settings->lock_timeout_ms;
}

double patience_begin_ms(const struct postgres *pg)
{
	return within_budget(pg, patience_change_ms(pg),
			     LAST_ANSWER_MS + (double)pg->settings->lock_timeout_ms);
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

struct patience patience_begin(double patience_ms)
{
	double now = clock_ms();
	return (struct patience){.began_ms = now, .deadline_ms = now + patience_ms};
}

/* Only closing is left. Always false. */
static bool lose(struct postgres *pg, struct error *err)
{
	pg->dead = true;
	err->class = ERROR_LOST;
	return false;
}

static bool lose_patience(struct postgres *pg, const struct patience *patience, struct error *err)
{
	double waited = clock_ms() - patience->began_ms;
	if (err->status == RECONCILE_OK)
		error_set(err, RECONCILE_UNREACHABLE,
			  patience->spoke ? "the server's answer had no end for %.0f ms"
					  : "no answer from the server for %.0f ms",
			  waited);
	return lose(pg, err);
}

bool batch_unexpected(struct postgres *pg, struct error *err)
{
	if (err->status == RECONCILE_OK) {
		error_set(err, RECONCILE_UNREACHABLE, "unexpected answer from the server");
		error_hint(err, "is it a PostgreSQL server, or a proxy in front of one?");
	}
	return lose(pg, err);
}

/* Nobody has asked for any; on a lent connection they may be the service's. */
static void discard_notifications(const struct postgres *pg)
{
	PGnotify *notification;
	while (!pg->lent && (notification = PQnotifies(pg->connection)) != NULL)
		PQfreemem(notification);
}

/* How long what was cancelled may take to end. */
enum { CANCEL_PATIENCE_MS = 1000 };

/* The answers come soon then, of which the first is that error. */
#define STOP_PATIENCE_MS 5000.0

/* What cannot be cancelled is not waited for much longer either. */
static void stop_running(struct postgres *pg, struct patience *patience)
{
	char ignored[256];
	PGcancel *request = PQgetCancel(pg->connection);
	pg->stopped = true;
	if (request != NULL)
		PQcancel(request, ignored, sizeof(ignored));
	PQfreeCancel(request);
	double end = clock_ms() + STOP_PATIENCE_MS;
	if (patience->deadline_ms > end)
		patience->deadline_ms = end;
}

/* Lets who watches look. How long until the next look. */
static double look(struct patience *patience)
{
	const struct watch *watch = patience->watch;
	if (watch == NULL)
		return INFINITY;
	if (clock_ms() >= patience->look_ms) {
		watch->look(watch->context);
		patience->look_ms = clock_ms() + watch->every_ms;
	}
	return patience->look_ms - clock_ms();
}

bool batch_input(struct postgres *pg, struct patience *patience, struct error *err)
{
	const struct stop *stop = &pg->settings->stop;
	while (true) {
		bool asks = stop->asked != NULL && !pg->ending && !pg->stopped;
		if (asks && stop_is_asked(stop)) {
			stop_running(pg, patience);
			continue;
		}
		int unsent = PQflush(pg->connection);
		if (unsent < 0)
			return error_from_connection(err, pg->connection);
		/* libpq that has no memory for the end of a pipeline says so here, and waits on. */
		if (err->exhausted || (err->status == RECONCILE_OK &&
				       error_is_memory(PQerrorMessage(pg->connection)))) {
			pg->dead = true;
			return error_memory(err);
		}
		double left = patience->deadline_ms - clock_ms();
		/* A server that is at work would go on, with its locks, after we have left. */
		if (left <= 0 && !pg->cancelled) {
			pg->cancelled = true;
			cancel_ask(pg);
			left = CANCEL_PATIENCE_MS;
			patience->deadline_ms = clock_ms() + left;
		}
		if (left <= 0)
			return lose_patience(pg, patience, err);
		if (asks && left > STOP_LOOK_MS)
			left = STOP_LOOK_MS;
		double next = look(patience);
		if (left > next)
			left = next > 0 ? next : 0;
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
		discard_notifications(pg);
		patience->spoke = true;
		return true;
	}
}

bool batch_wait(struct postgres *pg, struct patience *patience, struct error *err)
{
	if (PQflush(pg->connection) < 0)
		return error_from_connection(err, pg->connection);
	while (PQisBusy(pg->connection))
		if (!batch_input(pg, patience, err))
			return false;
	return true;
}

static bool all_answered(PGresult *const *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (results[i] == NULL)
			return false;
	return true;
}

/* What is received of one batch. */
struct receiving {
	struct postgres *pg;
	const struct statement *statements;
	size_t count, at; /* at: whose answer comes next */
	bool fine;
	bool separated; /* the last thing was the NULL behind an answer */
	bool second;    /* of the two answers to a described statement */
	PGresult **results;
	size_t *failed;
	struct error *err;
};

/* libpq separates the answers of a pipeline by NULL (manual, "Pipeline Mode"); a described
 * statement has two of them, the second one counts. */
static bool receive_separator(struct receiving *receiving)
{
	if (receiving->separated || receiving->at == receiving->count)
		return error_from_connection(receiving->err, receiving->pg->connection);
	receiving->separated = true;
	if (receiving->statements[receiving->at].describe && !receiving->second) {
		receiving->second = true;
	} else {
		receiving->second = false;
		receiving->at++;
	}
	return true;
}

/* Takes result. false: there is no use in receiving more. */
static bool receive_answer(struct receiving *receiving, PGresult *result)
{
	struct postgres *pg = receiving->pg;
	size_t at = receiving->at;
	ExecStatusType status = PQresultStatus(result);
	receiving->separated = false;
	if (at < receiving->count && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)) {
		const struct statement *statement = &receiving->statements[at];
		PQclear(receiving->results[at]);
		receiving->results[at] = result;
		return statement->describe || answer_fits(&statement->answer, result) ||
		       batch_unexpected(pg, receiving->err);
	}
	bool aborted = status == PGRES_PIPELINE_ABORTED && !receiving->fine;
	bool failed = status == PGRES_FATAL_ERROR;
	if (failed && receiving->fine) {
		error_from_result(receiving->err, result);
		*receiving->failed = at;
		receiving->fine = false;
	}
	PQclear(result);
	if (!failed && !(aborted && at < receiving->count))
		return batch_unexpected(pg, receiving->err);
	return PQstatus(pg->connection) == CONNECTION_OK;
}

/* Takes everything up to the synchronisation point. */
static bool receive(struct receiving *receiving, double patience_ms)
{
	struct postgres *pg = receiving->pg;
	struct patience patience = patience_begin(patience_ms);
	while (batch_wait(pg, &patience, receiving->err)) {
		PGresult *result = PQgetResult(pg->connection);
		bool synchronized = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
		if (synchronized) {
			PQclear(result);
			bool whole = receiving->at == receiving->count &&
				     (!receiving->fine ||
				      all_answered(receiving->results, receiving->count));
			return whole ? receiving->fine : batch_unexpected(pg, receiving->err);
		}
		if (result == NULL ? !receive_separator(receiving)
				   : !receive_answer(receiving, result))
			return false;
		/* They may come faster than they are read. */
		if (clock_ms() >= patience.deadline_ms)
			return lose_patience(pg, &patience, receiving->err);
	}
	return false;
}

bool batch_run(struct postgres *pg, const struct statement *statements, size_t count,
	       double patience_ms, PGresult **results, size_t *failed, struct error *err)
{
	size_t guilty = count;
	bool fine = true, stopped = pg->stopped;
	struct receiving receiving = {
		.pg = pg,
		.statements = statements,
		.count = count,
		.fine = true,
		.results = results,
		.failed = &guilty,
		.err = err,
	};
	double began = clock_ms();
	pg->cancelled = false;
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
		fine = receive(&receiving, patience_ms);
	double took = clock_ms() - began;
	if (fine && (pg->round_trip_ms <= 0 || took < pg->round_trip_ms))
		pg->round_trip_ms = took;
	if (!fine)
		limit_explain(pg, took, patience_ms, err);
	/* What the server said first stays the message; that it hung up decides what helps, unless
	 * it does so again and again. */
	if (pg->dead || !PQexitPipelineMode(pg->connection) ||
	    PQstatus(pg->connection) != CONNECTION_OK) {
		pg->dead = true;
		if (fine)
			error_from_connection(err, pg->connection);
		if (strcmp(err->sqlstate, "25P04") != 0) /* transaction_timeout */
			err->class = ERROR_LOST;
		fine = false;
	}
	/* A cancel that comes too late would meet the next statement. */
	if (pg->cancelled && !pg->lent)
		pg->dead = true;
	if (pg->stopped && !stopped)
		fine = stop_error(err);
	if (failed != NULL)
		*failed = guilty;
	return fine;
}
