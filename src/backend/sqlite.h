/* What the files of the SQLite backend share. Nobody else includes it. */
#ifndef BACKEND_SQLITE_H
#define BACKEND_SQLITE_H

#include "backend.h"
#include "../base/clock.h"
#include "history_table.h"
#include <sqlite3.h>

struct sqlite_session {
	struct session session; /* first: the seam's view of it */
	const struct session_settings *settings;
	struct arena arena; /* holds this struct itself: released last */
	sqlite3 *connection;
	bool lent;
	bool in_transaction; /* one of ours */
	bool ending;         /* how a script ended is written down: nobody asks to stop */
	const char *schema;  /* "main", or what the settings say */
	const char *file;    /* for messages; ":memory:" without one */
	double began_ms;     /* when the transaction began */
	struct chance chance;
	struct sqlite_session *probe; /* in memory; NULL: nothing was asked of it */
};

/* A wait for other connections, at most lock_timeout_ms in all. Zeroed = not begun. */
struct sqlite_patience {
	double deadline_ms;
	unsigned attempt;
};

/*
 * After a result code: true when somebody else's lock was the reason and it was waited for, so
 * that the call may be repeated; false when it is something else or time is up. Instead of
 * sqlite3_busy_timeout(), which would replace the handler that a lent connection has: there is
 * no call that tells which one that is (sqlite.org/c3ref/busy_handler.html).
 */
bool sqlite_wait(struct sqlite_session *session, struct sqlite_patience *patience, int code);

/*
 * Says what the connection's last error means for the user and whether trying again helps
 * (sqlite.org/rescode.html), naming the file unless it is about a statement. Always false.
 */
bool sqlite_error(struct sqlite_session *session, struct error *err);
/* The same for a code that is not, or not yet, the connection's last one. */
bool sqlite_error_code(struct sqlite_session *session, int code, struct error *err);

/* What the file says of itself. All 0: it is none of SQLite's, or there is no file. */
struct sqlite_header {
	int format; /* as a reader has to know it: 1 or 2, or one of a time to come */
	int writer; /* who wrote last, as sqlite3_libversion_number() counts */
};
void sqlite_header_read(struct sqlite_session *session, struct sqlite_header *header);

/* access(2), for the user whose rights count when a file is opened: the effective one. */
bool sqlite_may(const char *path, int access);
/* The folder that a file is in: the arena's, or NULL. */
const char *sqlite_folder(const char *file, struct arena *arena);
/* A journal or WAL file is made beside the file, unless it is there already. false: out of memory.
 */
bool sqlite_journal_may_be_made(const char *file, struct arena *arena, bool *possible);
/* After a code of the connection: is it that a file beside the database cannot be made, read or
 * rolled back? Then err says so. */
bool sqlite_explain_companion(struct sqlite_session *session, int code, struct error *err);

/* An errno that means "not this user". */
bool sqlite_refused(int number);

/*
 * One statement, ready to step; finalize it. Waits for locks that reading the schema needs.
 * Text behind the statement is FAILED: sqlite3_prepare would silently leave it out.
 */
bool sqlite_prepare(struct sqlite_session *session, sqlite3_stmt **statement, const char *sql,
		    struct error *err);
/* The first step, waiting for locks: SQLITE_ROW, SQLITE_DONE or an error. */
int sqlite_first_step(struct sqlite_session *session, sqlite3_stmt *statement);
/* Prepares and runs one statement to its end; rows are dropped, locks not waited for. */
bool sqlite_execute(struct sqlite_session *session, const char *sql, struct error *err);
/* Copies a result's text, NULL as NULL. false: out of memory. */
bool sqlite_text(sqlite3_stmt *statement, int column, const char **text, struct arena *arena);

/* Quoted for SQL text; failure is sticky in buf. */
void sqlite_add_identifier(struct buffer *buf, void *context, const char *name);
void sqlite_add_literal(struct buffer *buf, void *context, const char *text);

/* What a type text ("": none) means to SQLite: its affinity, by sqlite.org/datatype3.html section
 * 3.1. */
struct type_id sqlite_affinity(const char *type_text);

/* The catalog query, in or outside a transaction; types are resolved if asked for. */
bool sqlite_read(struct sqlite_session *session, const struct read_request *request,
		 struct catalog *catalog, struct arena *arena, struct error *err);

/*
 * Is a column of the catalog what its definition (sql_definition()) says? *misreading is NULL, or
 * what SQLite has read in it instead, as a sentence. The grammar of text.h is PostgreSQL's: to
 * SQLite a bracket, E or a dollar may be a quote that opens or none, and a constraint may come out
 * of what was one string; some words of a type are constraints to it. false: out of memory.
 */
bool sqlite_misread(const struct attribute *live, const char *definition, const char **misreading,
		    struct arena *arena);

/* The database in memory for questions, made for the first one; NULL on failure. */
struct sqlite_session *sqlite_probe(struct sqlite_session *session, struct error *err);
void sqlite_probe_close(struct sqlite_session *session);
/* Executes one statement there. *why is NULL, or SQLite's words when it refuses. false: *err is
 * set, which it also is for sql NULL. */
bool sqlite_probe_try(struct sqlite_session *probe, const char *sql, const char **why,
		      struct arena *arena, struct error *err);
/* Ends the transaction of a question, if one is open. */
bool sqlite_probe_rollback(struct sqlite_session *probe);

/* The seam's questions (sqlite_probe.c, sqlite_default.c, sqlite_size.c). */
bool sqlite_assess(struct session *session, struct cost_question *questions, size_t count,
		   struct arena *arena, struct error *err);
bool sqlite_compare_defaults(struct session *session, struct default_pair *pairs, size_t count,
			     struct arena *arena, struct error *err);
/* The rows (with a value in the column, unless NULL), up to limit, which is at least 1; by no
 * index. */
bool sqlite_count(struct sqlite_session *session, const struct relation *table, const char *column,
		  long long limit, long long *rows, struct arena *arena, struct error *err);
bool sqlite_measure(struct session *session, struct size_question *questions, size_t count,
		    struct arena *arena, struct error *err);

bool sqlite_recognise(struct session *session, const char *const *names, size_t name_count,
		      struct custody *custodies, struct arena *arena, struct error *err);

/* The seam's functions for a transaction (sqlite_transaction.c). */
bool sqlite_begin(struct session *session, const struct read_request *request,
		  struct catalog *catalog, struct arena *arena, struct error *err);
bool sqlite_change(struct session *session, const struct change *change,
		   const struct read_request *request, struct catalog *catalog, struct arena *arena,
		   struct error *err);
bool sqlite_commit(struct session *session, const struct read_request *next, struct error *err);
void sqlite_rollback(struct session *session);

/* History (sqlite_history.c): rows into the open transaction, and back out. See
 * history_table_refuse(); live is the relation of that name. */
bool sqlite_history_refuse(struct denial *refusal, const struct sqlite_session *session,
			   const struct relation *live, bool writes, struct arena *arena);
bool sqlite_history_write(struct sqlite_session *session, const struct change *change,
			  struct error *err);
bool sqlite_conclude(struct session *session, const char *run_id, const char *object,
		     const char *outcome, struct error *err);
bool sqlite_history(struct session *session, const struct history_filter *filter,
		    struct reconcile_history_row **rows, size_t *count, struct arena *arena,
		    struct error *err);

#endif
