/* One change of a SQLite database: BEGIN IMMEDIATE to COMMIT. */
#include "sqlite.h"
#include <limits.h>
#include <string.h>

/* The relations, and history's behind them. */
static bool read_with_history(struct sqlite_session *session, const struct read_request *request,
			      struct catalog *catalog, struct arena *arena, struct error *err)
{
	size_t count = request->name_count;
	const char **names = arena_array(arena, count + 1, sizeof(*names));
	if (names == NULL)
		return error_memory(err);
	if (count > 0)
		memcpy(names, request->names, count * sizeof(*names));
	names[count] = HISTORY_TABLE;
	const struct read_request both = {.names = names, .name_count = count + 1};
	if (!sqlite_read(session, &both, catalog, arena, err))
		return false;
	catalog->history = catalog->relations[count];
	catalog->relation_count = count;
	return true;
}

bool sqlite_begin(struct session *base, const struct read_request *request, struct catalog *catalog,
		  struct arena *arena, struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	/* BEGIN IMMEDIATE would succeed on a file that is open for reading only: it then begins a
	 * read transaction, and only the change would fail. */
	if (sqlite3_db_readonly(session->connection, session->schema) == 1)
		return sqlite_error_code(session, SQLITE_READONLY, err);

	/* IMMEDIATE, so that two starters wait here, where nothing is read yet: a reader that
	 * becomes a writer later gets SQLITE_BUSY without any wait
	 * (sqlite.org/lang_transaction.html). */
	struct sqlite_patience patience = {0};
	int code;
	do {
		code = sqlite3_exec(session->connection, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	} while (code != SQLITE_OK && sqlite_wait(session, &patience, code));
	if (code != SQLITE_OK)
		return sqlite_error(session, err);
	session->in_transaction = true;
	session->began_ms = clock_ms();

	if (read_with_history(session, request, catalog, arena, err))
		return true;
	sqlite_rollback(base);
	return false;
}

/* Has SQLite read the definitions as they were meant? A column that is not there is the diff's. */
static bool check_definitions(const struct change *change, const struct relation *table,
			      struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < change->column_count; i++) {
		const struct change_column *column = &change->columns[i];
		const struct attribute *live = relation_attribute(table, column->name, true);
		const char *misreading = NULL;
		if (live != NULL && !sqlite_misread(live, column->definition, &misreading, arena))
			return error_memory(err);
		if (misreading == NULL)
			continue;
		error_set(err, RECONCILE_BAD_REGISTRY, "column '%s': %s", column->name, misreading);
		error_hint(err, "it is declared as: %s", column->definition);
		return false;
	}
	return true;
}

static bool check_relations(const struct change *change, const struct catalog *catalog,
			    struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < catalog->relation_count; i++) {
		const struct relation *table = &catalog->relations[i];
		if (strcmp(table->name, change->table) == 0 &&
		    !check_definitions(change, table, arena, err))
			return false;
	}
	return true;
}

/* In the transaction, so that nobody writes any more. */
static bool check_loss(struct sqlite_session *session, const struct change *change,
		       struct arena *arena, struct error *err)
{
	long long count = 0;
	if (change->loss == NULL || change->loss->allowed)
		return true;
	const struct read_request request = {.names = &change->table, .name_count = 1};
	struct catalog catalog;
	return sqlite_read(session, &request, &catalog, arena, err) &&
	       sqlite_count(session, &catalog.relations[0], change->loss->column, LLONG_MAX, &count,
			    arena, err) &&
	       (count == 0 || change_loses(change, count, err));
}

bool sqlite_change(struct session *base, const struct change *change,
		   const struct read_request *request, struct catalog *catalog, struct arena *arena,
		   struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	if (!check_loss(session, change, arena, err))
		return false;
	for (size_t i = 0; i < change->statement_count; i++)
		if (!sqlite_execute(session, change->statements[i], err))
			return false;
	if (!sqlite_history_write(session, change, err))
		return false;

	struct read_request relations = *request;
	relations.type_count = 0;
	return sqlite_read(session, &relations, catalog, arena, err) &&
	       check_relations(change, catalog, arena, err);
}

/*
 * A COMMIT that waits keeps all new readers out (PENDING, sqlite.org/lockingv3.html). They poll,
 * some of them as rarely as every 100 ms (sqliteDefaultBusyCallback), and would miss a gap much
 * shorter than the wait: the file is theirs for as long as it was ours. RESERVED meanwhile, so
 * that no other starter closes it again; a writer could not commit now any more than we could.
 */
static void let_readers_in(struct sqlite_session *session)
{
	bool reserved =
		sqlite3_exec(session->connection, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
	clock_sleep_ms((double)session->settings->lock_timeout_ms);
	if (reserved)
		sqlite3_exec(session->connection, "ROLLBACK", NULL, NULL, NULL);
}

bool sqlite_commit(struct session *base, const struct read_request *next, struct error *err)
{
	(void)next; /* there are no round trips to be saved */
	struct sqlite_session *session = (struct sqlite_session *)base;
	/* With a rollback journal COMMIT waits for the readers of the moment; the transaction
	 * stays open meanwhile, and COMMIT may be repeated (sqlite.org/lang_transaction.html). */
	struct sqlite_patience patience = {0};
	int code;
	do {
		code = sqlite3_exec(session->connection, "COMMIT", NULL, NULL, NULL);
	} while (code != SQLITE_OK && sqlite_wait(session, &patience, code));
	if (code != SQLITE_OK)
		sqlite_error(session, err);
	else
		session->in_transaction = false;
	sqlite_rollback(base);
	if (code != SQLITE_OK && patience.attempt > 0)
		let_readers_in(session);
	return code == SQLITE_OK;
}

void sqlite_rollback(struct session *base)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	if (!session->in_transaction)
		return;
	session->in_transaction = false;
	/* After SQLITE_FULL, IOERR, NOMEM and others SQLite may have rolled back by itself. */
	if (!sqlite3_get_autocommit(session->connection))
		sqlite3_exec(session->connection, "ROLLBACK", NULL, NULL, NULL);
}
