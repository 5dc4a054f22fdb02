/* What the tests of the SQLite backend's questions share: a session on a file, and a connection of
 * the test's own to the same file. */
#ifndef DB_SQLITE_SUPPORT_H
#define DB_SQLITE_SUPPORT_H

#include "../../src/backend/sqlite.h"
#include "../support/database.h"
#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct file {
	struct database *database;
	sqlite3 *connection; /* the test's */
	struct url url;
	struct session_settings settings;
	struct session *session;
	struct arena arena;
	struct error err;
};

/* Runs statements on the test's connection: a result code, SQLite's own. */
static inline int file_try(struct file *file, const char *sql)
{
	return sqlite3_exec(file->connection, sql, NULL, NULL, NULL);
}

static inline void file_run(struct file *file, const char *sql)
{
	cr_assert(file_try(file, sql) == SQLITE_OK, "%s: %s", sql,
		  sqlite3_errmsg(file->connection));
}

/* The first value of the first row, of a statement that has one. */
static inline long long file_number(struct file *file, const char *sql)
{
	sqlite3_stmt *statement;
	cr_assert(sqlite3_prepare_v2(file->connection, sql, -1, &statement, NULL) == SQLITE_OK,
		  "%s: %s", sql, sqlite3_errmsg(file->connection));
	cr_assert(sqlite3_step(statement) == SQLITE_ROW, "%s: %s", sql,
		  sqlite3_errmsg(file->connection));
	long long number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static inline void file_open(struct file *file, const char *sql)
{
	*file = (struct file){.database = database_new(ENGINE_SQLITE)};
	cr_assert(sqlite3_open(file->database->path, &file->connection) == SQLITE_OK);
	file_run(file, "PRAGMA synchronous = off");
	file_run(file, sql);
	cr_assert(url_parse(&file->url, file->database->url, &file->arena, &file->err), "%s",
		  file->err.message);
	file->settings = (struct session_settings){
		.url = &file->url, .application = "test", .lock_timeout_ms = 20};
	cr_assert(backend_sqlite.open(&file->session, NULL, &file->settings, &file->err), "%s",
		  file->err.message);
}

static inline void file_close(struct file *file)
{
	backend_sqlite.close(file->session);
	cr_expect(sqlite3_close(file->connection) == SQLITE_OK, "a statement is left");
	arena_release(&file->arena);
	database_free(file->database);
}

/* Ends the session and lends the test's connection to another one. */
static inline void file_lend(struct file *file)
{
	backend_sqlite.close(file->session);
	file->settings.url = NULL;
	file->settings.sqlite = file->connection;
	cr_assert(backend_sqlite.open(&file->session, NULL, &file->settings, &file->err), "%s",
		  file->err.message);
}

#endif
