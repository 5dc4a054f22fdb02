/*
 * The probe: a database in memory, of the session's own, in which SQLite itself is asked what
 * adding a column does. It has a table "table" with a row in it, and "empty" without one; the
 * names are what SQLite's messages say.
 */
#include "sqlite.h"
#include "../model/text.h"

struct sqlite_session *sqlite_probe(struct sqlite_session *session, struct error *err)
{
	if (session->probe != NULL)
		return session->probe;
	struct sqlite_session *probe = arena_alloc(&session->arena, sizeof(*probe));
	if (probe == NULL) {
		error_memory(err);
		return NULL;
	}
	probe->settings = session->settings;
	probe->schema = "main";
	probe->file = ":memory:";
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int code = sqlite3_open_v2(":memory:", &probe->connection, flags, NULL);
	if (probe->connection == NULL) {
		error_memory(err); /* sqlite.org/c3ref/open.html: only then */
		return NULL;
	}
	bool good = code == SQLITE_OK || sqlite_error(probe, err);
	if (!good || !sqlite_execute(probe, "CREATE TABLE \"table\" (x)", err) ||
	    !sqlite_execute(probe, "CREATE TABLE \"empty\" (x)", err) ||
	    !sqlite_execute(probe, "INSERT INTO \"table\" VALUES (1)", err)) {
		sqlite3_close_v2(probe->connection);
		return NULL;
	}
	session->probe = probe;
	return probe;
}

void sqlite_probe_close(struct sqlite_session *session)
{
	if (session->probe != NULL)
		sqlite3_close_v2(session->probe->connection);
	session->probe = NULL;
}

bool sqlite_probe_try(struct sqlite_session *probe, const char *sql, const char **why,
		      struct arena *arena, struct error *err)
{
	*why = NULL;
	if (sql == NULL)
		return error_memory(err);
	struct error refusal = {0};
	if (sqlite_execute(probe, sql, &refusal))
		return true;
	if ((sqlite3_errcode(probe->connection) & 0xff) == SQLITE_NOMEM)
		return error_memory(err);
	struct buffer buf = BUFFER_INIT(arena);
	text_add_visible(&buf, refusal.message);
	*why = buffer_text(&buf);
	return *why != NULL || error_memory(err);
}

bool sqlite_probe_rollback(struct sqlite_session *probe)
{
	/* Some errors end a transaction by themselves (lang_transaction.html, section 3). */
	return sqlite3_get_autocommit(probe->connection) ||
	       sqlite3_exec(probe->connection, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK;
}

/* ---- costs ---------------------------------------------------------------- */

static const char *add_column(const char *table, const char *definition, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_addf(&buf, "ALTER TABLE \"%s\" ADD COLUMN \"column\" ", table);
	buffer_add(&buf, definition);
	return buffer_text(&buf);
}

static bool answer_impossible(struct cost_question *question, const char *what, const char *why,
			      struct arena *arena, struct error *err)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, what);
	buffer_add(&buf, why);
	question->cost = RECONCILE_COST_IMPOSSIBLE;
	question->reason = buffer_text(&buf);
	return question->reason != NULL || error_memory(err);
}

/* Would it do, were there no rows? */
static bool explain_refusal(struct sqlite_session *probe, struct cost_question *question,
			    const char *why, struct arena *arena, struct error *err)
{
	const char *why_empty;
	if (!sqlite_probe_try(probe, add_column("empty", question->definition, arena), &why_empty,
			      arena, err))
		return false;
	return answer_impossible(question,
				 why_empty == NULL ? "SQLite refuses it on a table with rows: "
						   : "SQLite refuses it: ",
				 why, arena, err);
}

/* Is the column that was added the one that was meant? */
static bool find_misreading(struct sqlite_session *probe, const struct cost_question *question,
			    const char **misreading, struct arena *arena, struct error *err)
{
	const char *name = "table";
	struct read_request request = {.names = &name, .name_count = 1};
	struct catalog catalog;
	if (!sqlite_read(probe, &request, &catalog, arena, err))
		return false;
	const struct relation *table = &catalog.relations[0];
	*misreading = "SQLite reads something else than one column in it";
	if (table->attribute_count != 2)
		return true;
	return sqlite_misread(&table->attributes[1], question->definition, misreading, arena) ||
	       error_memory(err);
}

/*
 * The rows that are there before a column show its default too. SQLite computes it for them in
 * another way than for new rows (sqlite3ValueFromExpr() and not the virtual machine), and now and
 * then to another value: TEXT DEFAULT (1e3) is '1e3' for old rows and '1000.0' for new ones.
 */
static bool compare_rows(struct sqlite_session *probe, struct cost_question *question,
			 struct arena *arena, struct error *err)
{
	static const char query[] =
		"SELECT substr(quote(old.\"column\"), 1, 60), substr(quote(new.\"column\"), 1, 60)"
		"  FROM \"table\" AS old, \"table\" AS new"
		" WHERE old.x = 1 AND new.x = 2 AND old.\"column\" IS NOT new.\"column\"";
	sqlite3_stmt *statement;
	if (!sqlite_prepare(probe, &statement, query, err))
		return false;
	bool good = true;
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		struct buffer buf = BUFFER_INIT(arena);
		text_add_visible(&buf, (const char *)sqlite3_column_text(statement, 0));
		buffer_add(&buf, " in the rows that there are, and ");
		text_add_visible(&buf, (const char *)sqlite3_column_text(statement, 1));
		buffer_add(&buf, " in later ones");
		const char *text = buffer_text(&buf);
		good = text != NULL ? answer_impossible(question, "SQLite would make that default ",
							text, arena, err)
				    : error_memory(err);
	} else if (code != SQLITE_DONE) {
		good = sqlite_error(probe, err);
	}
	sqlite3_finalize(statement);
	return good;
}

/*
 * ADD COLUMN edits the schema's text, and reads rows only for CHECK, for generated columns and in
 * STRICT tables (sqlite.org/lang_altertable.html, section 4): of these a definition has none, or it
 * is read otherwise.
 */
static bool assess_one(struct sqlite_session *probe, struct cost_question *question,
		       struct arena *arena, struct error *err)
{
	const char *why;
	if (!sqlite_probe_try(probe, add_column("table", question->definition, arena), &why, arena,
			      err))
		return false;
	if (why != NULL)
		return explain_refusal(probe, question, why, arena, err);
	if (!find_misreading(probe, question, &why, arena, err))
		return false;
	if (why != NULL)
		return answer_impossible(question, why, "", arena, err);
	if (!sqlite_probe_try(probe, "INSERT INTO \"table\" (x) VALUES (2)", &why, arena, err))
		return false;
	if (why != NULL)
		return answer_impossible(
			question, "SQLite would refuse every row that has its default: ", why,
			arena, err);
	question->cost = RECONCILE_COST_CATALOG;
	question->reason = NULL;
	return compare_rows(probe, question, arena, err);
}

bool sqlite_assess(struct session *base, struct cost_question *questions, size_t count,
		   struct arena *arena, struct error *err)
{
	if (count == 0)
		return true;
	struct sqlite_session *probe = sqlite_probe((struct sqlite_session *)base, err);
	if (probe == NULL)
		return false;
	bool good = true;
	for (size_t i = 0; good && i < count; i++) {
		good = sqlite_execute(probe, "BEGIN", err) &&
		       assess_one(probe, &questions[i], arena, err);
		if (!sqlite_probe_rollback(probe))
			good = sqlite_error(probe, err);
	}
	return good;
}
