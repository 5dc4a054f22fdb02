/* One change: begin, change, commit. A commit and the begin after it are one round trip. */
#include "postgres.h"
#include <stdio.h>
#include <string.h>

/* Never waits: a blocking wait deadlocks with CREATE INDEX CONCURRENTLY elsewhere. The lock ends
 * with the transaction, so that a pooler cannot strand it. */
static const char lock_query[] =
	"SELECT pg_catalog.pg_try_advisory_xact_lock(" SQL_LOCK_CLASS ", " SQL_LOCK_OBJECT ")";

/* The same, and $2: which of these processes has it. */
static const char lock_query_of_ours[] =
	"SELECT pg_catalog.pg_try_advisory_xact_lock(" SQL_LOCK_CLASS ", " SQL_LOCK_OBJECT "),\n"
	"       (SELECT min(l.pid)\n"
	"          FROM pg_catalog.pg_locks l\n"
	"         WHERE l.locktype = 'advisory' AND l.granted AND l.pid = ANY ($2::int4[])\n"
	"           AND l.classid = " SQL_LOCK_CLASS " AND l.objsubid = 2\n"
	"           AND l.objid::int8 = (" SQL_LOCK_OBJECT "::int8 & 4294967295))";

static const char role_query[] = "SELECT pg_catalog.set_config('role', $1, true)";

/* What depends on who is asking, the current schema above all, is asked before ROLE. */
enum {
	LOCK = OPENING_STATEMENTS,
	RELATIONS,
	HISTORY,
	ROLE,
};
_Static_assert(ROLE + 1 == BEGIN_STATEMENTS, "ROLE is the last one");

struct statement role_statement(const struct postgres *pg)
{
	return (struct statement){
		.sql = role_query,
		.parameter_count = 1,
		.parameters = {parameter_text(pg->settings->role)},
		.answer = ONE_ROW("x"),
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

/* *count: how many of them are sent. false: out of memory. */
static bool begin_statements(const struct postgres *pg, struct statement *statements, size_t *count,
			     const struct read_request *request, struct arena *scratch)
{
	const struct left_processes *left = pg->settings->left;
	bool any_left = left != NULL && left->count > 0;
	statements[LOCK] = (struct statement){
		.sql = any_left ? lock_query_of_ours : lock_query,
		.parameter_count = any_left ? 2 : 1,
		.parameters = {parameter_text(target_schema(pg))},
		.answer = {any_left ? "b i?" : "b", 1, 1},
	};
	if (any_left)
		statements[LOCK].parameters[1] = parameter_int32s(
			PG_INT4_ARRAY, PG_INT4, left->numbers, left->count, scratch);
	if (any_left && statements[LOCK].parameters[1].value == NULL)
		return false;
	statements[HISTORY] = history_place_statement(pg);
	statements[ROLE] = role_statement(pg);
	*count = pg->settings->role == NULL ? ROLE : BEGIN_STATEMENTS;
	return opening_statements(pg, statements, false, scratch) &&
	       pg->reader->statement(pg, &statements[RELATIONS], request, scratch);
}

static bool collect_history(struct postgres *pg, const PGresult *result, struct catalog *catalog,
			    struct arena *arena, struct error *err)
{
	struct history_place place;
	if (!history_place_collect(&place, result, arena))
		return error_memory(err);
	pg->history = place.state;
	catalog->history = place.live;
	return true;
}

static bool check_begun(struct postgres *pg, PGresult *const *results,
			const struct read_request *request, struct catalog *catalog,
			struct arena *arena, struct error *err)
{
	if (!opening_collect(pg, results, err))
		return false;
	if (value_bool(results[LOCK], 0, 0))
		return relations_collect(pg, results[RELATIONS], request, catalog, arena, err) &&
		       collect_history(pg, results[HISTORY], catalog, arena, err);
	int32_t ours = PQnfields(results[LOCK]) > 1 ? value_int32(results[LOCK], 0, 1) : 0;
	if (ours != 0)
		error_set(err, RECONCILE_BUSY,
			  "the server has not ended our own lost session yet, process %d", ours);
	else
		error_set(err, RECONCILE_BUSY, "another reconciler is at work in schema '%s'",
			  pg->schema);
	err->class = ERROR_BUSY;
	return false;
}

static void begun_clear(struct begun *begun)
{
	batch_clear(begun->results, begun->count);
	begun->count = 0;
}

/* Sends what begins a transaction; the answers are in pg->begun. */
static bool begin_send(struct postgres *pg, const struct read_request *request, struct error *err)
{
	struct arena scratch = {0};
	struct statement statements[BEGIN_STATEMENTS];
	struct begun *begun = &pg->begun;
	size_t count;

	if (!begin_statements(pg, statements, &count, request, &scratch)) {
		arena_release(&scratch);
		return error_memory(err);
	}
	*begun = (struct begun){.count = count};
	pg->in_transaction = pg->opening = true;
	begun->fine = batch_run(pg, statements, count, patience_begin_ms(pg), begun->results,
				&begun->failed, &begun->err);
	pg->opening = false;
	arena_release(&scratch);
	return true;
}

bool postgres_begin(struct session *session, const struct read_request *request,
		    struct catalog *catalog, struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct begun *begun = &pg->begun;

	*catalog = (struct catalog){0};
	if (begun->count == 0 && !begin_send(pg, request, err))
		return false;
	struct error found = begun->err;
	/* Without a role ROLE is the end, which is where a connection breaks. */
	if (!begun->fine && begun->failed == ROLE && begun->count > ROLE)
		role_explain(pg, opening_user(begun->results), &found);
	bool fine = begun->fine && check_begun(pg, begun->results, request, catalog, arena, &found);
	begun_clear(begun);
	if (!fine && err->status == RECONCILE_OK)
		*err = found;
	if (!fine)
		postgres_rollback(session);
	return fine;
}

enum { LOSS_STATEMENTS = 5 };

/* What is counted before it is lost: nobody writes any more then. */
static bool loss_statements(const struct postgres *pg, struct statement *statements, size_t *count,
			    const struct change *change, struct arena *scratch)
{
	struct buffer lock = BUFFER_INIT(scratch), values = BUFFER_INIT(scratch),
		      table = BUFFER_INIT(scratch);
	if (change->loss == NULL || change->loss->allowed)
		return true;
	postgres_add_identifier(&table, (void *)(uintptr_t)pg, pg->schema);
	buffer_add_char(&table, '.');
	postgres_add_identifier(&table, (void *)(uintptr_t)pg, change->table);
	if (buffer_text(&table) == NULL)
		return false;
	buffer_addf(&lock, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", table.data);
	buffer_addf(&values, "SELECT pg_catalog.count(*) FROM %s", table.data);
	if (change->loss->column != NULL) {
		buffer_add(&values, " WHERE ");
		postgres_add_identifier(&values, (void *)(uintptr_t)pg, change->loss->column);
		buffer_add(&values, " IS NOT NULL");
	}
	/* Only the count is without policies and indexes: the row of history may need them. */
	statements[(*count)++] = (struct statement){.sql = buffer_text(&lock)};
	statements[(*count)++] = (struct statement){.sql = "SAVEPOINT reconcile_count"};
	statements[(*count)++] =
		(struct statement){.sql = SQL_COUNT_ALL, .answer = ONE_ROW("x x x x x")};
	statements[(*count)++] =
		(struct statement){.sql = buffer_text(&values), .answer = ONE_ROW("l")};
	statements[(*count)++] = (struct statement){.sql = "ROLLBACK TO SAVEPOINT reconcile_count"};
	return !lock.failed && !values.failed;
}

/* The count is the last but one of those statements, if there are any behind hold_statement(); what
 * was dropped behind it comes back. */
static bool check_loss(PGresult *const *results, size_t counted, const struct change *change,
		       struct error *err)
{
	long long count = counted > 1 ? value_int64(results[counted - 2], 0, 0) : 0;
	return count == 0 || change_loses(change, count, err);
}

bool postgres_change(struct session *session, const struct change *change,
		     const struct read_request *request, struct catalog *catalog,
		     struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct arena scratch = {0};
	if (change->yield_count > 0 && !vacuum_pass(pg, change, err))
		return false;
	size_t count = 0, room = LOSS_STATEMENTS + HISTORY_FIELDS + change->statement_count + 3;
	struct statement *statements = arena_array(&scratch, room, sizeof(*statements));
	PGresult **results = arena_array(&scratch, room, sizeof(*results));
	bool fine = false;

	*catalog = (struct catalog){0};
	/* What is counted, history and the last look take their time too. */
	size_t work_count = change->statement_count + 3;
	if (statements == NULL || results == NULL ||
	    !hold_statement(pg, &statements[count++], work_count, &scratch) ||
	    !loss_statements(pg, statements, &count, change, &scratch))
		goto out;
	size_t counted = count;
	size_t prepared = 0;
	if (change->entry_count > 0 &&
	    !history_prepare(pg, &statements[count], &prepared, change->history, &scratch, err))
		goto out;
	count += prepared;
	for (size_t i = 0; i < change->statement_count; i++)
		statements[count++].sql = change->statements[i];
	if (change->entry_count > 0 && !history_insert(pg, &statements[count++], change, &scratch))
		goto out;
	if (!pg->reader->statement(pg, &statements[count++], request, &scratch))
		goto out;
	fine = batch_run(pg, statements, count, patience_change_ms(pg), results, NULL, err);
	if (fine)
		hold_collect(pg, results[0]);
	fine = fine && check_loss(results, counted, change, err) &&
	       relations_collect(pg, results[count - 1], request, catalog, arena, err);
	batch_clear(results, count);
	arena_release(&scratch);
	return fine;
out:
	arena_release(&scratch);
	return error_memory(err); /* the first error wins */
}

bool postgres_commit(struct session *session, const struct read_request *next, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	struct arena scratch = {0};
	struct statement statements[1 + BEGIN_STATEMENTS] = {{.sql = "COMMIT"}};
	PGresult *results[1 + BEGIN_STATEMENTS];
	struct error found = {0};
	size_t begins = 0, failed;

	/* Out of memory: begin() will say so. */
	if (next != NULL && !begin_statements(pg, &statements[1], &begins, next, &scratch))
		begins = 0;
	pg->ending = true;
	bool fine = batch_run(pg, statements, 1 + begins, patience_change_ms(pg), results, &failed,
			      &found);
	pg->ending = false;
	arena_release(&scratch);
	bool answered = results[0] != NULL;
	/* COMMIT of a transaction that has failed succeeds, as a ROLLBACK (manual, "COMMIT"). */
	bool committed = answered && strcmp(PQcmdStatus(results[0]), "COMMIT") == 0;
	PQclear(results[0]);
	/* Behind a COMMIT that was refused nothing is executed. */
	pg->in_transaction = answered && begins > 0;
	pg->begun = (struct begun){
		.count = begins,
		.failed = failed - 1,
		.fine = fine,
		.err = found,
	};
	memcpy(pg->begun.results, &results[1], begins * sizeof(*results));
	if (committed) {
		session->unconfirmed = session->unconfirmed || pg->is_partial;
		pg->is_partial = false;
		return true;
	}
	postgres_rollback(session);
	if (answered)
		error_set(&found, RECONCILE_FAILED,
			  "the transaction had failed and was rolled back");
	if (found.class == ERROR_LOST) {
		session->unconfirmed = session->unconfirmed || pg->is_partial;
		found.class = ERROR_UNKNOWN;
		error_prefix(&found, "COMMIT was sent, its outcome is not known");
	}
	if (err->status == RECONCILE_OK)
		*err = found;
	return false;
}

void postgres_rollback(struct session *session)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {.sql = "ROLLBACK"};
	PGresult *result[1];
	struct error ignored = {0};
	begun_clear(&pg->begun);
	if (!pg->in_transaction)
		return;
	pg->in_transaction = false;
	/* A connection that is gone has been rolled back by the server. */
	if (pg->dead || PQtransactionStatus(pg->connection) == PQTRANS_IDLE)
		return;
	pg->ending = true;
	batch_run(pg, &statement, 1, patience_change_ms(pg), result, NULL, &ignored);
	pg->ending = false;
	batch_clear(result, 1);
}

/* Only a transaction that has written something waits for a standby. An empty message to whoever
 * decodes the log is the one thing to write that is in nobody's way. */
static const char confirm_query[] =
	"SELECT pg_catalog.pg_logical_emit_message(true, 'reconcile', ''),\n"
	"       pg_catalog.set_config('client_min_messages', 'error', true)";

bool postgres_confirm(struct session *session, double wait_ms)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {.sql = confirm_query, .answer = ONE_ROW("x x")};
	struct error ignored = {0};
	PGresult *result[1];
	/* It waits at its end, as the implicit transaction that a statement is. */
	bool fine = batch_run(pg, &statement, 1, wait_ms, result, NULL, &ignored);
	batch_clear(result, 1);
	return fine && !pg->cancelled;
}
