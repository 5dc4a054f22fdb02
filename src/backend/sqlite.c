/* The SQLite backend: opening, closing and what the session may do. */
#include "sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct dialect dialect = {
	.engine = "sqlite",
	.add_identifier = sqlite_add_identifier,
	.add_literal = sqlite_add_literal,
	.many_columns = false,
	.ignores_case = true,
	.adds_constant_defaults_only = true,
	.rewrites_for_defaults = false,
	.script_begin = "BEGIN IMMEDIATE;",
	.script_end = "COMMIT;",
};

static bool in_memory(const char *path)
{
	return strcmp(path, ":memory:") == 0;
}

/* ---- opening an own file -------------------------------------------------- */

static int open_flags(const struct session_settings *settings)
{
	/* No mutex: a session is used by one thread at a time. */
	int flags = SQLITE_OPEN_NOMUTEX;
	if (settings->url->access == URL_READ_ONLY)
		return flags | SQLITE_OPEN_READONLY;
	flags |= SQLITE_OPEN_READWRITE;
	if (settings->url->access == URL_CREATE || settings->create_database)
		flags |= SQLITE_OPEN_CREATE;
	return flags;
}

/* A file that stat() does not find: which part of the path is it? */
static bool missing_error(const char *file, struct arena *arena, struct error *err)
{
	const char *folder = sqlite_folder(file, arena);
	if (folder == NULL)
		return error_memory(err);
	struct stat status;
	if (stat(folder, &status) != 0) {
		error_set(err, RECONCILE_UNREACHABLE,
			  "sqlite file '%s': the folder '%s' does not exist", file, folder);
		error_hint(err, "check the path; sqlite:///x.db is relative to the working "
				"directory, sqlite:////x.db is absolute");
		return false;
	}
	error_set(err, RECONCILE_UNREACHABLE, "sqlite file '%s' does not exist", file);
	error_hint(err, "check the path; add ?mode=rwc to the URL, or --create, to make it");
	return false;
}

static bool number_error(const char *file, int number, struct error *err)
{
	bool refused = sqlite_refused(number);
	error_set(err, refused ? RECONCILE_NOT_PERMITTED : RECONCILE_UNREACHABLE,
		  "sqlite file '%s' cannot be opened: %s", file,
		  number != 0 ? strerror(number) : "not a usable file");
	if (refused)
		error_hint(err, "give this user the right to read and write the file, and to "
				"search the folders above it");
	return false;
}

/* Before SQLite sees it: SQLite says "unable to open database file" to everything. */
static bool check_file(const char *file, int flags, struct arena *arena, struct error *err)
{
	struct stat status;
	if (stat(file, &status) == 0) {
		/* /dev/null is a valid empty database to SQLite, and swallows what is written. */
		if (S_ISREG(status.st_mode))
			return true;
		return error_set(err, RECONCILE_UNREACHABLE, "sqlite file '%s' is %s", file,
				 S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
	}
	if (errno != ENOENT)
		return number_error(file, errno, err);
	const char *folder = sqlite_folder(file, arena);
	if (folder != NULL && (flags & SQLITE_OPEN_CREATE) != 0 && stat(folder, &status) == 0)
		return true;
	return missing_error(file, arena, err);
}

/* How many instructions of a statement are some milliseconds at most. */
#define STOP_LOOK_STEPS 10000

/* Not 0: the statement is cut off. */
static int asks_to_stop(void *context)
{
	const struct sqlite_session *session = context;
	return !session->ending && stop_is_asked(&session->settings->stop);
}

static bool open_own(struct sqlite_session *session, struct error *err)
{
	const char *path = session->settings->url->path;
	int flags = open_flags(session->settings);
	session->file = path;
	const char *name = path;
	if (!in_memory(path)) {
		if (!check_file(path, flags, &session->arena, err))
			return false;
		if (strncmp(path, "file:", 5) == 0) {
			/* A build with SQLITE_USE_URI would take it for a URI. */
			struct buffer buf = BUFFER_INIT(&session->arena);
			buffer_add(&buf, "./");
			buffer_add(&buf, path);
			name = buffer_text(&buf);
			if (name == NULL)
				return error_memory(err);
		}
	}
	int code = sqlite3_open_v2(name, &session->connection, flags, NULL);
	/* What SQLite cannot open for writing, whatever the reason, it opens for reading. */
	bool writes = (flags & SQLITE_OPEN_READWRITE) != 0 && !in_memory(path);
	if (code == SQLITE_OK && writes && sqlite3_db_readonly(session->connection, "main") == 1 &&
	    sqlite_may(path, W_OK))
		return error_set(err, RECONCILE_FAILED,
				 "sqlite file '%s' could not be opened for writing, and may be "
				 "written: try again",
				 path);
	if (code == SQLITE_OK && session->settings->stop.asked != NULL)
		sqlite3_progress_handler(session->connection, STOP_LOOK_STEPS, asks_to_stop,
					 session);
	if (code == SQLITE_OK)
		return true;
	if (session->connection == NULL)
		return error_memory(err); /* sqlite.org/c3ref/open.html: only then */
	if ((code & 0xff) == SQLITE_CANTOPEN)
		return number_error(path, sqlite3_system_errno(session->connection), err);
	return sqlite_error(session, err);
}

/* ---- a lent connection ---------------------------------------------------- */

static bool take_lent(struct sqlite_session *session, struct error *err)
{
	session->connection = session->settings->sqlite;
	const char *file = sqlite3_db_filename(session->connection, session->schema);
	session->file = file != NULL && *file != '\0' ? file : ":memory:";
	if (!sqlite3_get_autocommit(session->connection)) {
		error_set(err, RECONCILE_USAGE,
			  "the sqlite connection to '%s' is inside a transaction", session->file);
		error_hint(err, "COMMIT or ROLLBACK before lending it");
		return false;
	}
	for (sqlite3_stmt *statement = sqlite3_next_stmt(session->connection, NULL);
	     statement != NULL; statement = sqlite3_next_stmt(session->connection, statement)) {
		if (!sqlite3_stmt_busy(statement))
			continue;
		error_set(err, RECONCILE_USAGE,
			  "the sqlite connection to '%s' has a statement that is still running: %s",
			  session->file, sqlite3_sql(statement));
		error_hint(err, "step it to its end, or sqlite3_reset() it, before lending "
				"the connection");
		return false;
	}
	return true;
}

/* ---- the seam ------------------------------------------------------------- */

static bool check_schema(struct sqlite_session *session, struct error *err)
{
	/* sqlite.org/c3ref/db_readonly.html: -1 is "not the name of a database" */
	if (sqlite3_db_readonly(session->connection, session->schema) >= 0)
		return true;
	error_set(err, RECONCILE_BAD_CONFIG, "sqlite file '%s': there is no schema '%s'",
		  session->file, session->schema);
	error_hint(err, "leave the schema out: a SQLite file has one, 'main'");
	return false;
}

static void sqlite_close(struct session *base)
{
	if (base == NULL)
		return;
	sqlite_rollback(base);
	struct sqlite_session *session = (struct sqlite_session *)base;
	sqlite_probe_close(session);
	if (!session->lent)
		sqlite3_close_v2(session->connection);
	struct arena arena = session->arena; /* it holds *session */
	arena_release(&arena);
}

static bool sqlite_open(struct session **out, struct session *started,
			const struct session_settings *settings, struct error *err)
{
	(void)started; /* there is no start() */
	*out = NULL;
	if (settings->role != NULL) {
		error_set(err, RECONCILE_BAD_CONFIG, "ddl_role is for PostgreSQL");
		error_hint(err, "remove ddl_role: SQLite has no roles");
		return false;
	}
	struct arena arena = {0};
	struct sqlite_session *session = arena_alloc(&arena, sizeof(*session));
	if (session == NULL) {
		arena_release(&arena);
		return error_memory(err);
	}
	session->arena = arena;
	session->session.backend = &backend_sqlite;
	session->session.dialect = &dialect;
	session->settings = settings;
	session->lent = settings->sqlite != NULL;
	session->schema = settings->schema != NULL ? settings->schema : "main";
	chance_init(&session->chance);

	bool good = session->lent ? take_lent(session, err) : open_own(session, err);
	if (!good || !check_schema(session, err)) {
		sqlite_close(&session->session);
		return false;
	}
	session->session.place = session->file;
	session->session.version = sqlite3_libversion();
	*out = &session->session;
	return true;
}

static bool sqlite_read_outside(struct session *session, const struct read_request *request,
				struct catalog *catalog, size_t *bad_type, struct arena *arena,
				struct error *err)
{
	(void)bad_type; /* every text is a type to SQLite */
	return sqlite_read((struct sqlite_session *)session, request, catalog, arena, err);
}

static bool sqlite_name_types(struct session *session, struct catalog *catalog, struct arena *arena,
			      struct error *err)
{
	/* Every read has them already: they cost nothing here. */
	(void)session;
	(void)catalog;
	(void)arena;
	(void)err;
	return true;
}

/* PRAGMA query_only: a connection that its owner has made read-only. */
static bool read_query_only(struct sqlite_session *session, bool *query_only, struct error *err)
{
	sqlite3_stmt *statement;
	if (!sqlite_prepare(session, &statement, "PRAGMA query_only", err))
		return false;
	*query_only =
		sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) != 0;
	sqlite3_finalize(statement);
	return true;
}

static bool sqlite_inspect(struct session *base, const char *const *names, size_t name_count,
			   struct session_facts *facts, struct arena *arena, struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	(void)names; /* SQLite has no roles: whoever may write the file may do anything */
	*facts = (struct session_facts){
		.schema = arena_text(arena, session->schema),
		.alter = arena_array(arena, name_count, sizeof(*facts->alter)),
	};
	bool journal;
	if (facts->schema == NULL || facts->alter == NULL ||
	    !sqlite_journal_may_be_made(session->file, arena, &journal))
		return error_memory(err);
	bool query_only;
	if (!read_query_only(session, &query_only, err))
		return false;

	static const char *const history[] = {HISTORY_TABLE};
	const struct read_request request = {.names = history, .name_count = 1};
	struct catalog catalog;
	if (!sqlite_read(session, &request, &catalog, arena, err))
		return false;
	if (!sqlite_history_refuse(&facts->history, session, &catalog.relations[0], true, arena))
		return error_memory(err);

	bool asked = !session->lent && session->settings->url->access == URL_READ_ONLY;
	facts->read_only_hint = "let this user write the file and its folder, or run it as who may";
	if (asked) {
		facts->read_only = "opened with mode=ro";
		facts->read_only_hint = "leave mode=ro out of the URL";
	} else if (sqlite3_db_readonly(session->connection, session->schema) == 1) {
		facts->read_only = "the file is read-only";
	} else if (query_only) {
		facts->read_only = "the connection is read-only (PRAGMA query_only)";
		facts->read_only_hint = "lend a connection that may write";
	} else if (!journal) {
		facts->read_only = "the file's folder is read-only, and the journal is made there";
	}
	return true;
}

static bool sqlite_blockers(struct session *session, const char *table, struct blocker **blockers,
			    size_t *count, struct arena *arena, struct error *err)
{
	/* Locks are on bytes of the file: SQLite does not know whose they are. */
	(void)session;
	(void)table;
	(void)arena;
	(void)err;
	*blockers = NULL;
	*count = 0;
	return true;
}

const struct backend backend_sqlite = {
	.engine = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.read = sqlite_read_outside,
	.name_types = sqlite_name_types,
	.compare_defaults = sqlite_compare_defaults,
	.assess = sqlite_assess,
	.measure = sqlite_measure,
	.recognise = sqlite_recognise,
	.inspect = sqlite_inspect,
	.begin = sqlite_begin,
	.change = sqlite_change,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.blockers = sqlite_blockers,
	.history = sqlite_history,
};
