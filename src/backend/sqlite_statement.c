/* One SQLite statement: prepared, stepped, waited for, and its errors put into words. */
#include "sqlite.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Small, because SQLite's locks are held for a few ms: the wait is mostly an fsync. */
#define PAUSE_BASE_MS 1.0
#define PAUSE_CAP_MS 20.0

static int primary(int code)
{
	return code & 0xff; /* sqlite.org/rescode.html: extended codes carry it in the low byte */
}

bool sqlite_wait(struct sqlite_session *session, struct sqlite_patience *patience, int code)
{
	if (primary(code) != SQLITE_BUSY && primary(code) != SQLITE_LOCKED)
		return false;
	double now = clock_ms();
	if (patience->attempt == 0)
		patience->deadline_ms = now + (double)session->settings->lock_timeout_ms;
	bool stops = !session->ending && stop_is_asked(&session->settings->stop);
	if (now >= patience->deadline_ms || stops)
		return false;
	double pause = chance_backoff_ms(&session->chance, patience->attempt++, PAUSE_BASE_MS,
					 PAUSE_CAP_MS);
	double left = patience->deadline_ms - now;
	clock_sleep_ms(pause < left ? pause : left);
	return true;
}

/* What a code says about the file, as the rest of a sentence. */
struct meaning {
	enum reconcile_status status;
	enum error_class class;
	bool detail; /* why: the system's or SQLite's words follow */
	const char *text;
	const char *hint;
};

/* Codes that are about a statement, not about the file, mean nothing here: false. */
static bool find_meaning(struct meaning *meaning, int code)
{
	struct meaning m = {.status = RECONCILE_FAILED, .class = ERROR_FATAL};
	switch (primary(code)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		m.status = RECONCILE_BUSY;
		m.class = ERROR_BUSY;
		m.text = "is locked by another connection";
		m.hint = "somebody else is using it; try again when that is done";
		break;
	case SQLITE_SCHEMA:
		m.status = RECONCILE_BUSY;
		m.class = ERROR_RETRY;
		m.text = "had its schema changed by another connection meanwhile";
		m.hint = "try again";
		break;
	case SQLITE_READONLY:
		m.status = RECONCILE_NOT_PERMITTED;
		m.text = "is read-only";
		m.hint = "open it with mode=rw, and give this user the right to write the file "
			 "and its folder";
		break;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		m.status = RECONCILE_NOT_PERMITTED;
		m.detail = true;
		m.text = "may not be used so";
		m.hint = "the connection's authorizer refuses it";
		break;
	case SQLITE_CANTOPEN:
		m.status = RECONCILE_UNREACHABLE;
		m.detail = true;
		m.text = "cannot be opened";
		m.hint = "look at the rights of the file, of its folder, and of the -wal, -shm "
			 "and -journal files beside it";
		break;
	case SQLITE_NOTADB:
		m.text = "is not a SQLite database";
		m.hint = "check the path; an encrypted database looks like this too";
		break;
	case SQLITE_CORRUPT:
		m.detail = true;
		m.text = "is not a SQLite database, or is damaged";
		m.hint = "run PRAGMA integrity_check on it, and restore it from a backup";
		break;
	case SQLITE_FULL:
		m.text = "cannot be written: the disk is full";
		m.hint = "make room (or raise the quota), then start again: this change was rolled "
			 "back";
		break;
	case SQLITE_IOERR:
		m.detail = true;
		m.text = "cannot be read or written";
		m.hint = "look at the disk";
		break;
	default:
		return false;
	}
	if (code == SQLITE_READONLY_DBMOVED) {
		m.status = RECONCILE_FAILED;
		m.text = "was moved or deleted after it was opened";
		m.hint = "start again with the file in its place";
	}
	*meaning = m;
	return true;
}

bool sqlite_refused(int number)
{
	return number == EACCES || number == EPERM || number == EROFS;
}

/* SQLite has SQLITE_FULL for a write without room, and for nothing else: not when the -shm file
 * grows or a journal is made, and not for a quota (os_unix.c). */
static int code_of(int code, int number)
{
	bool of_system = primary(code) == SQLITE_CANTOPEN || primary(code) == SQLITE_IOERR;
	return of_system && (number == ENOSPC || number == EDQUOT) ? SQLITE_FULL : code;
}

/* SQLite's words, or the system's, which say more about a file. */
static const char *detail(struct sqlite_session *session, int code, int number)
{
	bool of_system = primary(code) == SQLITE_CANTOPEN || primary(code) == SQLITE_IOERR;
	return of_system && number != 0 ? strerror(number) : sqlite3_errmsg(session->connection);
}

/* "3.40.1" */
static void name_version(char name[24], int number)
{
	snprintf(name, 24, "%d.%d.%d", number / 1000000, number / 1000 % 1000, number % 1000);
}

/* One word of a newer SQLite in one object, and the file is "corrupt" as a whole. What is wrong
 * with a page is told in other words. */
static bool is_about_words(const char *message)
{
	static const char schema[] = "malformed database schema (";
	return strncmp(message, schema, sizeof(schema) - 1) == 0 &&
	       strstr(message, ") - ") != NULL && strstr(message, "invalid rootpage") == NULL &&
	       strstr(message, "orphan index") == NULL;
}

/* CREATE TABLE ... RANDOM ROWID, the only word in a schema that SQLite has never had. */
static bool is_about_libsql(const char *message)
{
	return sqlite3_strlike("%near \"rowid\": syntax error", message, 0) == 0;
}

/* sqlite3InitOne(): the header's schema format is above 4, which has no code of its own. */
static bool is_about_format(int code, const char *message)
{
	return primary(code) == SQLITE_ERROR && strcmp(message, "unsupported file format") == 0;
}

/* false: it is not that a newer SQLite is needed. */
static bool needs_newer(struct sqlite_session *session, int code, struct error *err)
{
	const char *message = sqlite3_errmsg(session->connection);
	struct sqlite_header header;
	char writer[24];
	bool words = (primary(code) == SQLITE_CORRUPT && is_about_words(message)) ||
		     is_about_format(code, message);
	if (!words && primary(code) != SQLITE_NOTADB)
		return false;
	sqlite_header_read(session, &header);
	name_version(writer, header.writer);
	if (!words && header.format <= 2)
		return false;
	if (words && is_about_libsql(message)) {
		error_set(
			err, RECONCILE_UNREACHABLE,
			"sqlite file '%s' was written by libSQL, and has a RANDOM ROWID, which no "
			"SQLite understands: %s",
			session->file, message);
		error_hint(err,
			   "use libSQL, or make that table without it, by libSQL; the file need "
			   "not be damaged");
		return true;
	}
	if (words && header.writer <= sqlite3_libversion_number()) {
		/* It may have been written by a newer one before. */
		error_set(err, RECONCILE_UNREACHABLE,
			  "sqlite file '%s' has a schema that this program's SQLite %s does not "
			  "understand: %s",
			  session->file, sqlite3_libversion(), message);
		error_hint(err,
			   "if another program uses the file, it may have a newer library: use "
			   "that one here; otherwise run PRAGMA integrity_check");
		return true;
	}
	error_set(err, RECONCILE_UNREACHABLE,
		  "sqlite file '%s' was written by SQLite %s, this program has %s: %s",
		  session->file, writer, sqlite3_libversion(), message);
	error_hint(err,
		   "use the newer library (%s or later) in this program; the file need not be "
		   "damaged",
		   writer);
	return true;
}

bool sqlite_error_code(struct sqlite_session *session, int code, struct error *err)
{
	if (err->status != RECONCILE_OK)
		return false;
	if (primary(code) == SQLITE_NOMEM)
		return error_memory(err);
	if (primary(code) == SQLITE_INTERRUPT && stop_is_asked(&session->settings->stop))
		return stop_error(err);
	struct meaning meaning;
	int number = sqlite3_system_errno(session->connection);
	code = code_of(code, number);
	if (needs_newer(session, code, err) || sqlite_explain_companion(session, code, err))
		return false;
	if (!find_meaning(&meaning, code))
		return error_set(err, RECONCILE_FAILED, "%s", sqlite3_errmsg(session->connection));
	if (primary(code) == SQLITE_CANTOPEN && sqlite_refused(number))
		meaning.status = RECONCILE_NOT_PERMITTED;
	error_set(err, meaning.status, "sqlite file '%s' %s%s%s", session->file, meaning.text,
		  meaning.detail ? ": " : "", meaning.detail ? detail(session, code, number) : "");
	err->class = meaning.class;
	error_hint(err, "%s", meaning.hint);
	return false;
}

bool sqlite_error(struct sqlite_session *session, struct error *err)
{
	return sqlite_error_code(session, sqlite3_extended_errcode(session->connection), err);
}

bool sqlite_prepare(struct sqlite_session *session, sqlite3_stmt **statement, const char *sql,
		    struct error *err)
{
	struct sqlite_patience patience = {0};
	const char *tail = NULL;
	int code;
	do {
		code = sqlite3_prepare_v3(session->connection, sql, -1, 0, statement, &tail);
	} while (code != SQLITE_OK && sqlite_wait(session, &patience, code));
	if (code != SQLITE_OK)
		return sqlite_error(session, err);
	while (isspace((unsigned char)*tail))
		tail++;
	if (*statement != NULL && *tail == '\0')
		return true;
	sqlite3_finalize(*statement);
	*statement = NULL;
	return error_set(err, RECONCILE_FAILED, "not exactly one statement: %s", sql);
}

int sqlite_first_step(struct sqlite_session *session, sqlite3_stmt *statement)
{
	struct sqlite_patience patience = {0};
	int code;
	for (;;) {
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW || code == SQLITE_DONE)
			return code;
		if (!sqlite_wait(session, &patience, code))
			return code;
		sqlite3_reset(statement);
	}
}

bool sqlite_execute(struct sqlite_session *session, const char *sql, struct error *err)
{
	sqlite3_stmt *statement;
	bool good = sqlite_prepare(session, &statement, sql, err);
	if (good) {
		int code;
		do {
			code = sqlite3_step(statement);
		} while (code == SQLITE_ROW);
		good = code == SQLITE_DONE || sqlite_error(session, err);
		sqlite3_finalize(statement);
	}
	if (!good && err->hint[0] == '\0')
		error_hint(err, "the statement is: %s", sql);
	return good;
}

bool sqlite_text(sqlite3_stmt *statement, int column, const char **text, struct arena *arena)
{
	const char *value = (const char *)sqlite3_column_text(statement, column);
	*text = arena_text(arena, value);
	return *text != NULL ||
	       (value == NULL && sqlite3_column_type(statement, column) == SQLITE_NULL);
}

/* printf_format: %w doubles double quotes, %Q quotes a whole literal
 * (sqlite.org/printf.html section 3). */
static void add_quoted(struct buffer *buf, const char *printf_format, const char *text)
{
	char *quoted = sqlite3_mprintf(printf_format, text);
	if (quoted == NULL)
		buf->failed = true;
	else
		buffer_add(buf, quoted);
	sqlite3_free(quoted);
}

void sqlite_add_identifier(struct buffer *buf, void *context, const char *name)
{
	(void)context;
	add_quoted(buf, "\"%w\"", name);
}

void sqlite_add_literal(struct buffer *buf, void *context, const char *text)
{
	(void)context;
	add_quoted(buf, "%Q", text);
}
