/* Somebody's own SQL, a statement at a time: where one ends SQLite itself says (its tail pointer).
 */
#include "executor.h"
#include "sqlite.h"
#include <string.h>

/* How many characters stand before that byte, and one more. */
static size_t character_at(const char *text, const char *byte)
{
	size_t character = 1;
	for (; text < byte; text++)
		character += ((unsigned char)*text & 0xc0) != 0x80;
	return character;
}

/* "file:3:7: ..." */
static bool script_error(struct sqlite_session *session, const struct script_text *script,
			 const char *text, const char *statement, struct error *err)
{
	const char *at = statement + strspn(statement, " \t\r\n");
	int offset = -1;
#if SQLITE_VERSION_NUMBER >= 3038000
	offset = sqlite3_error_offset(session->connection);
#endif
	if (offset >= 0)
		at = statement + offset;
	struct text_place place = text_place(text, character_at(text, at));
	sqlite_error(session, err);
	if (*at == '\\')
		error_hint(err, "commands with a backslash are psql's, not SQL");
	if (*at == '.')
		error_hint(err, "commands with a dot are those of the sqlite3 program, not SQL");
	return error_prefix(err, "%s:%zu:%zu", script->file, place.line, place.column);
}

/* sqlite.org/c3ref/commit_hook.html: a COMMIT, its own or that of a single statement, which has
 * something to keep. */
static int note_commit(void *kept)
{
	*(bool *)kept = true;
	return 0;
}

static bool execute_all(struct sqlite_session *session, const struct script_text *script,
			struct error *err)
{
	const char *text = script_begin(script), *rest = text;
	while (*rest != '\0') {
		const char *statement_text = rest;
		sqlite3_stmt *statement;
		if (sqlite3_prepare_v3(session->connection, rest, -1, 0, &statement, &rest) !=
		    SQLITE_OK)
			return script_error(session, script, text, statement_text, err);
		if (statement == NULL) /* white space, or a comment */
			continue;
		int code = sqlite_first_step(session, statement);
		while (code == SQLITE_ROW)
			code = sqlite3_step(statement);
		bool good = code == SQLITE_DONE ||
			    script_error(session, script, text, statement_text, err);
		sqlite3_finalize(statement);
		if (!good)
			return false;
	}
	return true;
}

/* What the script has begun and left open, outside of a transaction of ours, is lost with its
 * connection: it must not be taken for done. */
static bool end_own(struct sqlite_session *session, const struct script_text *script, bool good,
		    struct error *err)
{
	if (sqlite3_get_autocommit(session->connection))
		return good;
	sqlite3_exec(session->connection, "ROLLBACK", NULL, NULL, NULL);
	if (!good)
		return false;
	error_set(err, RECONCILE_FAILED, "%s: it has begun a transaction and not ended it",
		  script->file);
	error_hint(err, "write the COMMIT that it lacks");
	return false;
}

static bool execute(struct session *base, const struct script_text *script, struct script_end *end,
		    struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	bool inside = session->in_transaction;
	*end = (struct script_end){0};
	if (!script_is_text(script, err))
		return false;
	sqlite3_commit_hook(session->connection, note_commit, &end->kept);
	bool good = execute_all(session, script, err);
	sqlite3_commit_hook(session->connection, NULL, NULL);
	if (!inside)
		return end_own(session, script, good, err);
	end->ended = sqlite3_get_autocommit(session->connection);
	session->in_transaction = !end->ended;
	return good;
}

const struct executor executor_sqlite = {
	.execute = execute,
	.conclude = sqlite_conclude,
};
