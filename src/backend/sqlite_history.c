/* The history table of a SQLite database: made, written and read. */
#include "sqlite.h"
#include <string.h>

static const struct history_column columns[HISTORY_FIELDS] = {
	[HISTORY_ID] = {"id", "INTEGER PRIMARY KEY", "id", false, {0}},
	[HISTORY_RUN_ID] = {"run_id", "TEXT NOT NULL", "run_id", false, {0}},
	[HISTORY_APPLIED_AT] = {"applied_at", "TEXT NOT NULL", "applied_at", false, {0}},
	[HISTORY_REGISTRY] = {"registry", "TEXT NOT NULL", "registry", false, {0}},
	[HISTORY_FINGERPRINT] = {"fingerprint", "TEXT NOT NULL", "fingerprint", false, {0}},
	[HISTORY_ACTION] = {"action", "TEXT NOT NULL", "action", false, {0}},
	[HISTORY_TABLE_NAME] = {"table_name", "TEXT NOT NULL", "table_name", false, {0}},
	[HISTORY_COLUMN_NAME] = {"column_name", "TEXT", "column_name", true, {0}},
	[HISTORY_DEFINITION] = {"definition", "TEXT", "definition", true, {0}},
	[HISTORY_SQL] = {"sql", "TEXT NOT NULL", "sql", false, {0}},
	[HISTORY_DURATION_MS] = {"duration_ms", "REAL NOT NULL", "duration_ms", false, {0}},
	[HISTORY_ATTEMPTS] = {"attempts", "INTEGER NOT NULL", "attempts", false, {0}},
	[HISTORY_DB_USER] = {"db_user", "TEXT", "db_user", true, {0}},
	[HISTORY_HOST] = {"host", "TEXT", "host", false, {0}},
	[HISTORY_APPLICATION] = {"application", "TEXT", "application", false, {0}},
	[HISTORY_VERSION] = {"version", "TEXT NOT NULL", "version", false, {0}},
	[HISTORY_STARTED_AT] = {"started_at", "TEXT", "started_at", false, {0}},
	[HISTORY_OBJECT] = {"object", "TEXT", "object", true, {0}},
	[HISTORY_CHECKSUM] = {"checksum", "TEXT", "checksum", true, {0}},
	[HISTORY_SCHEMA_NAME] = {"schema_name", "TEXT", "schema_name", false, {0}},
	[HISTORY_OUTCOME] = {"outcome", "TEXT", "outcome", false, {0}},
};

/* One row. The times: ISO 8601, UTC, with ms; started_at is ?9 ms earlier. */
static const char insert_sql[] =
	"INSERT INTO \"%w\".\"" HISTORY_TABLE "\"\n"
	"       (run_id, applied_at, registry, fingerprint, action, table_name, column_name,\n"
	"        definition, sql, duration_ms, attempts, db_user, host, application, version,\n"
	"        started_at, outcome, object, checksum, schema_name)\n"
	"VALUES (?1, strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now'), ?2, ?3, ?4, ?5, ?6,\n"
	"        ?7, ?8, ?9, ?10, NULL, ?11, ?12, ?13,\n"
	"        strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now',\n"
	"                 printf('%%.3f seconds', ?9 / -1000.0)),\n"
	"        ?14, ?15, ?16, ?17)";

/* The newest rows; ?1 NULL: of every table, ?3 NULL: since ever, ?4 NULL: of any id. */
static const char select_where[] = " WHERE (?1 IS NULL OR table_name = ?1 COLLATE NOCASE)\n"
				   "   AND (?3 IS NULL OR applied_at >= ?3)\n"
				   "   AND (?4 IS NULL OR id = ?4)\n";
/* ?5 object */
static const char select_object[] = "   AND object = ?5\n";
static const char select_objects[] = "   AND object IS NOT NULL\n";
static const char select_order[] = " ORDER BY id DESC\n"
				   " LIMIT ?2";

/* The table's name, quoted. NULL: out of memory. */
static const char *quoted_table(const struct sqlite_session *session, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	sqlite_add_identifier(&buf, NULL, session->schema);
	buffer_add(&buf, "." HISTORY_TABLE);
	return buffer_text(&buf);
}

/* Prepares one of the above, with the schema in it. */
static bool prepare(struct sqlite_session *session, sqlite3_stmt **statement, const char *format,
		    struct error *err)
{
	*statement = NULL;
	char *sql = sqlite3_mprintf(format, session->schema);
	if (sql == NULL)
		return error_memory(err);
	bool good = sqlite_prepare(session, statement, sql, err);
	sqlite3_free(sql);
	return good;
}

/* The text must stay until the statement is finalized or bound anew; NULL binds NULL. */
static bool bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
	return sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_entry(struct sqlite_session *session, sqlite3_stmt *insert,
		       const struct change *change, const struct history_entry *entry)
{
	return bind_text(insert, 1, change->run_id) && bind_text(insert, 2, change->registry) &&
	       bind_text(insert, 3, change->fingerprint) && bind_text(insert, 4, entry->action) &&
	       bind_text(insert, 5, change->table) && bind_text(insert, 6, entry->column) &&
	       bind_text(insert, 7, entry->definition) && bind_text(insert, 8, entry->sql) &&
	       sqlite3_bind_double(insert, 9, clock_ms() - session->began_ms) == SQLITE_OK &&
	       sqlite3_bind_int64(insert, 10, change->attempts) == SQLITE_OK &&
	       bind_text(insert, 11, change->host) && bind_text(insert, 12, change->application) &&
	       bind_text(insert, 13, RECONCILE_VERSION) &&
	       bind_text(insert, 14, change->outcome != NULL ? change->outcome : "applied") &&
	       bind_text(insert, 15, change->object) && bind_text(insert, 16, change->checksum) &&
	       bind_text(insert, 17, session->schema);
}

/* Always false. */
static bool name_table(struct error *err)
{
	return error_prefix(err, "table '%s'", HISTORY_TABLE);
}

bool sqlite_history_refuse(struct denial *refusal, const struct sqlite_session *session,
			   const struct relation *live, bool writes, struct arena *arena)
{
	const char *table = quoted_table(session, arena);
	return table != NULL &&
	       history_table_refuse(refusal, columns, table, live, writes, false, arena);
}

/* false: something else has its name or its columns, or memory ran out. */
static bool check_table(const struct sqlite_session *session, const struct relation *live,
			bool writes, struct error *err)
{
	struct arena scratch = {0};
	struct denial refusal;
	bool good = sqlite_history_refuse(&refusal, session, live, writes, &scratch) ||
		    error_memory(err);
	if (good && refusal.why != NULL)
		good = history_refused(&refusal, err);
	arena_release(&scratch);
	return good;
}

/* Makes or completes the table. */
static bool prepare_table(struct sqlite_session *session, const struct relation *live,
			  struct error *err)
{
	struct arena scratch = {0};
	const char *statements[HISTORY_FIELDS], *table = quoted_table(session, &scratch);
	size_t count;
	bool good = (table != NULL && history_table_statements(statements, &count, columns, table,
							       live, &scratch)) ||
		    error_memory(err);
	for (size_t i = 0; good && i < count; i++)
		good = sqlite_execute(session, statements[i], err) || name_table(err);
	arena_release(&scratch);
	return good;
}

bool sqlite_history_write(struct sqlite_session *session, const struct change *change,
			  struct error *err)
{
	if (change->entry_count == 0)
		return true;
	if (!check_table(session, change->history, true, err) ||
	    !prepare_table(session, change->history, err))
		return false;
	sqlite3_stmt *insert;
	if (!prepare(session, &insert, insert_sql, err))
		return name_table(err);
	/* A caller who lends its connection may still want to know the last row of its own. */
	sqlite3_int64 last_rowid = sqlite3_last_insert_rowid(session->connection);
	bool good = true;
	for (size_t i = 0; good && i < change->entry_count; i++) {
		sqlite3_reset(insert);
		good = bind_entry(session, insert, change, &change->entries[i]) &&
		       sqlite3_step(insert) == SQLITE_DONE;
		if (!good && !sqlite_error(session, err))
			name_table(err);
	}
	sqlite3_finalize(insert);
	sqlite3_set_last_insert_rowid(session->connection, last_rowid);
	return good;
}

static bool read_row(sqlite3_stmt *row, struct reconcile_history_row *out, struct arena *arena)
{
	const char **texts[HISTORY_FIELDS];
	*out = (struct reconcile_history_row){
		.id = sqlite3_column_int64(row, HISTORY_ID),
		.duration_ms = sqlite3_column_double(row, HISTORY_DURATION_MS),
		.attempts = sqlite3_column_int64(row, HISTORY_ATTEMPTS),
	};
	history_texts(out, texts);
	for (size_t i = 0; i < HISTORY_FIELDS; i++)
		if (texts[i] != NULL && !sqlite_text(row, (int)i, texts[i], arena))
			return false;
	return true;
}

/* Rows that grow. */
struct rows {
	struct reconcile_history_row *rows;
	size_t count;
	size_t capacity;
};

static bool rows_add(struct rows *rows, sqlite3_stmt *row, struct arena *arena)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 16;
		struct reconcile_history_row *more = arena_array(arena, capacity, sizeof(*more));
		if (more == NULL)
			return false;
		if (rows->count > 0)
			memcpy(more, rows->rows, rows->count * sizeof(*more));
		rows->rows = more;
		rows->capacity = capacity;
	}
	return read_row(row, &rows->rows[rows->count++], arena);
}

static bool bind_filter(sqlite3_stmt *statement, const struct history_filter *filter)
{
	sqlite3_int64 most =
		filter->limit == 0 || filter->limit > INT64_MAX ? -1 : (sqlite3_int64)filter->limit;
	return bind_text(statement, 1, filter->table) &&
	       sqlite3_bind_int64(statement, 2, most) == SQLITE_OK &&
	       bind_text(statement, 3, filter->since) &&
	       (filter->id == 0 || sqlite3_bind_int64(statement, 4, filter->id) == SQLITE_OK) &&
	       (filter->object == NULL || bind_text(statement, 5, filter->object));
}

/* The rows of the table as it is. */
static bool read_rows(struct sqlite_session *session, const struct relation *live,
		      const struct history_filter *filter, struct rows *found, struct arena *arena,
		      struct error *err)
{
	struct buffer sql = BUFFER_INIT(arena);
	const char *table = quoted_table(session, arena), *select = NULL;
	if (table != NULL)
		select = history_table_select(columns, table, live, arena);
	if (select == NULL)
		return error_memory(err);
	buffer_add(&sql, select);
	buffer_add(&sql, select_where);
	buffer_add(&sql, filter->object != NULL ? select_object : "");
	buffer_add(&sql, filter->objects ? select_objects : "");
	buffer_add(&sql, select_order);
	if (buffer_text(&sql) == NULL)
		return error_memory(err);
	sqlite3_stmt *statement;
	if (!sqlite_prepare(session, &statement, sql.data, err))
		return name_table(err);
	int code = SQLITE_NOMEM;
	if (bind_filter(statement, filter))
		code = sqlite_first_step(session, statement);
	while (code == SQLITE_ROW)
		code = rows_add(found, statement, arena) ? sqlite3_step(statement) : SQLITE_NOMEM;
	if (code != SQLITE_DONE)
		sqlite_error_code(session, code, err);
	sqlite3_finalize(statement);
	return code == SQLITE_DONE;
}

bool sqlite_history(struct session *base, const struct history_filter *filter,
		    struct reconcile_history_row **rows, size_t *count, struct arena *arena,
		    struct error *err)
{
	static const char *const names[] = {HISTORY_TABLE};
	const struct read_request request = {.names = names, .name_count = 1};
	struct sqlite_session *session = (struct sqlite_session *)base;
	struct catalog catalog;
	struct rows found = {0};
	*rows = NULL;
	*count = 0;
	if (!sqlite_read(session, &request, &catalog, arena, err))
		return false;
	if (!check_table(session, &catalog.relations[0], false, err))
		return false;
	if (catalog.relations[0].kind == RELATION_ABSENT ||
	    history_lacks(filter, &catalog.relations[0]))
		return true;
	if (!read_rows(session, &catalog.relations[0], filter, &found, arena, err))
		return false;
	*rows = found.rows;
	*count = found.count;
	return true;
}

/* ?1 run, ?2 object, ?3 outcome */
static const char conclude_sql[] =
	"UPDATE \"%w\".\"" HISTORY_TABLE "\"\n"
	"   SET outcome = ?3, applied_at = strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now'),\n"
	"       duration_ms = (julianday('now') - julianday(started_at)) * 86400000.0\n"
	" WHERE run_id = ?1 AND object = ?2 AND outcome = 'running'";

bool sqlite_conclude(struct session *base, const char *run_id, const char *object,
		     const char *outcome, struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	sqlite3_stmt *update;
	session->ending = true;
	if (!prepare(session, &update, conclude_sql, err)) {
		session->ending = false;
		return name_table(err);
	}
	bool good = bind_text(update, 1, run_id) && bind_text(update, 2, object) &&
		    bind_text(update, 3, outcome) &&
		    sqlite_first_step(session, update) == SQLITE_DONE;
	if (!good && !sqlite_error(session, err))
		name_table(err);
	sqlite3_finalize(update);
	session->ending = false;
	if (good && sqlite3_changes(session->connection) != 1)
		return error_set(err, RECONCILE_FAILED,
				 "'%s' has rolled back the transaction that it ran in, and what "
				 "history said of it",
				 object);
	return good;
}
