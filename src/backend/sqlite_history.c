/* The history table of a SQLite database: made, written and read. */
#include "sqlite.h"
#include <string.h>

static const char create_sql[] = "CREATE TABLE IF NOT EXISTS \"%w\".\"" HISTORY_TABLE "\" (\n"
				 "    id          INTEGER PRIMARY KEY,\n"
				 "    run_id      TEXT NOT NULL,\n"
				 "    applied_at  TEXT NOT NULL,\n"
				 "    registry    TEXT NOT NULL,\n"
				 "    fingerprint TEXT NOT NULL,\n"
				 "    action      TEXT NOT NULL,\n"
				 "    table_name  TEXT NOT NULL,\n"
				 "    column_name TEXT,\n"
				 "    definition  TEXT,\n"
				 "    sql         TEXT NOT NULL,\n"
				 "    duration_ms REAL NOT NULL,\n"
				 "    attempts    INTEGER NOT NULL,\n"
				 "    db_user     TEXT,\n"
				 "    host        TEXT,\n"
				 "    application TEXT,\n"
				 "    version     TEXT NOT NULL\n"
				 ")";

/* One row. applied_at: ISO 8601, UTC, with ms. */
static const char insert_sql[] =
	"INSERT INTO \"%w\".\"" HISTORY_TABLE "\"\n"
	"       (run_id, applied_at, registry, fingerprint, action, table_name, column_name,\n"
	"        definition, sql, duration_ms, attempts, db_user, host, application, version)\n"
	"VALUES (?1, strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now'), ?2, ?3, ?4, ?5, ?6,\n"
	"        ?7, ?8, ?9, ?10, NULL, ?11, ?12, ?13)";

/* 1 if there is a history to read. */
static const char exists_sql[] = "SELECT 1 FROM \"%w\".sqlite_master\n"
				 " WHERE name COLLATE NOCASE = '" HISTORY_TABLE "'\n"
				 "   AND type IN ('table', 'view')";

/* The newest rows; ?1 NULL: of every table. */
static const char select_sql[] =
	"SELECT id, run_id, applied_at, registry, fingerprint, action, table_name, column_name,\n"
	"       definition, sql, duration_ms, attempts, db_user, host, application, version\n"
	"  FROM \"%w\".\"" HISTORY_TABLE "\"\n"
	" WHERE ?1 IS NULL OR table_name = ?1 COLLATE NOCASE\n"
	" ORDER BY id DESC\n"
	" LIMIT ?2";

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
	       bind_text(insert, 13, RECONCILE_VERSION);
}

static bool create(struct sqlite_session *session, struct error *err)
{
	sqlite3_stmt *statement;
	if (!prepare(session, &statement, create_sql, err))
		return false;
	bool good = sqlite3_step(statement) == SQLITE_DONE;
	if (!good)
		sqlite_error(session, err);
	sqlite3_finalize(statement);
	return good;
}

bool sqlite_history_write(struct sqlite_session *session, const struct change *change,
			  struct error *err)
{
	if (change->create_history && !create(session, err))
		return false;
	sqlite3_stmt *insert;
	if (!prepare(session, &insert, insert_sql, err))
		return false;
	/* A caller who lends its connection may still want to know the last row of its own. */
	sqlite3_int64 last_rowid = sqlite3_last_insert_rowid(session->connection);
	bool good = true;
	for (size_t i = 0; good && i < change->entry_count; i++) {
		sqlite3_reset(insert);
		good = bind_entry(session, insert, change, &change->entries[i]) &&
		       sqlite3_step(insert) == SQLITE_DONE;
		if (!good)
			sqlite_error(session, err);
	}
	sqlite3_finalize(insert);
	sqlite3_set_last_insert_rowid(session->connection, last_rowid);
	return good;
}

static bool read_row(sqlite3_stmt *row, struct reconcile_history_row *out, struct arena *arena)
{
	const struct {
		int column;
		const char **text;
	} texts[] = {
		{1,  &out->run_id     },
                {2,  &out->applied_at },
                {3,  &out->registry   },
		{4,  &out->fingerprint},
                {5,  &out->action     },
                {6,  &out->table_name },
		{7,  &out->column_name},
                {8,  &out->definition },
                {9,  &out->sql        },
		{12, &out->db_user    },
                {13, &out->host       },
                {14, &out->application},
		{15, &out->version    },
	};
	*out = (struct reconcile_history_row){
		.id = sqlite3_column_int64(row, 0),
		.duration_ms = sqlite3_column_double(row, 10),
		.attempts = sqlite3_column_int64(row, 11),
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!sqlite_text(row, texts[i].column, texts[i].text, arena))
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

static bool exists(struct sqlite_session *session, bool *there, struct error *err)
{
	sqlite3_stmt *statement;
	if (!prepare(session, &statement, exists_sql, err))
		return false;
	int code = sqlite_first_step(session, statement);
	*there = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		sqlite_error(session, err);
	sqlite3_finalize(statement);
	return err->status == RECONCILE_OK;
}

bool sqlite_history(struct session *base, const char *table, size_t limit,
		    struct reconcile_history_row **rows, size_t *count, struct arena *arena,
		    struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	*rows = NULL;
	*count = 0;
	bool there;
	if (!exists(session, &there, err))
		return false;
	if (!there)
		return true;

	sqlite3_stmt *statement;
	if (!prepare(session, &statement, select_sql, err))
		return error_prefix(err, "table '%s'", HISTORY_TABLE);
	struct rows found = {0};
	sqlite3_int64 most = limit == 0 || limit > INT64_MAX ? -1 : (sqlite3_int64)limit;
	int code = SQLITE_NOMEM;
	if (bind_text(statement, 1, table) && sqlite3_bind_int64(statement, 2, most) == SQLITE_OK)
		code = sqlite_first_step(session, statement);
	while (code == SQLITE_ROW) {
		code = rows_add(&found, statement, arena) ? sqlite3_step(statement) : SQLITE_NOMEM;
	}
	if (code != SQLITE_DONE)
		sqlite_error_code(session, code, err);
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE)
		return false;
	*rows = found.rows;
	*count = found.count;
	return true;
}
