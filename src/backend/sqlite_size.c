/* How large tables are. */
#include "sqlite.h"
#include <limits.h>

/* The rows (with a value in the column, unless NULL), up to limit; limit is at least 1. */
bool sqlite_count(struct sqlite_session *session, const char *name, const char *column,
		  long long limit, long long *rows, struct arena *arena, struct error *err)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "SELECT count(*) FROM (SELECT 1 FROM ");
	sqlite_add_identifier(&buf, NULL, session->schema);
	buffer_add_char(&buf, '.');
	sqlite_add_identifier(&buf, NULL, name);
	if (column != NULL) {
		buffer_add(&buf, " WHERE ");
		sqlite_add_identifier(&buf, NULL, column);
		buffer_add(&buf, " IS NOT NULL");
	}
	buffer_addf(&buf, " LIMIT %lld)", limit);
	const char *sql = buffer_text(&buf);
	if (sql == NULL)
		return error_memory(err);
	sqlite3_stmt *statement;
	if (!sqlite_prepare(session, &statement, sql, err))
		return false;
	bool good = sqlite_first_step(session, statement) == SQLITE_ROW;
	if (good)
		*rows = sqlite3_column_int64(statement, 0);
	else
		sqlite_error(session, err);
	sqlite3_finalize(statement);
	return good;
}

/* What ANALYZE has found, if it was ever run (fileformat2.html, section 2.6.3): the first number of
 * stat. One of a partial index is lower than the table's. -1: nothing. */
static bool recall_rows(struct sqlite_session *session, const char *name, long long *rows,
			struct arena *arena, struct error *err)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "SELECT max(CAST(stat AS INTEGER)) FROM ");
	sqlite_add_identifier(&buf, NULL, session->schema);
	buffer_add(&buf, ".sqlite_stat1 WHERE tbl COLLATE NOCASE = ");
	sqlite_add_literal(&buf, NULL, name);
	const char *sql = buffer_text(&buf);
	if (sql == NULL)
		return error_memory(err);
	sqlite3_stmt *statement;
	if (!sqlite_prepare(session, &statement, sql, err))
		return false;
	bool good = sqlite_first_step(session, statement) == SQLITE_ROW;
	if (!good)
		sqlite_error(session, err);
	else if (sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
		*rows = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return good;
}

static bool measure_table(struct sqlite_session *session, struct size_question *question,
			  bool analyzed, struct arena *arena, struct error *err)
{
	struct table_size *size = &question->size;
	bool estimate = question->count_to < 0;
	long long limit = estimate                         ? 1
			  : question->count_to < LLONG_MAX ? question->count_to + 1
							   : LLONG_MAX;
	long long rows = 0;
	if (!sqlite_count(session, question->name, question->column, limit, &rows, arena, err))
		return false;
	size->exact = !estimate || rows == 0;
	if (size->exact)
		size->rows = rows;
	else if (analyzed)
		return recall_rows(session, question->name, &size->rows, arena, err);
	return true;
}

/* Their kinds, and of the table of ANALYZE, which is the last one. */
static bool read_kinds(struct sqlite_session *session, const struct size_question *questions,
		       size_t count, struct catalog *catalog, struct arena *arena,
		       struct error *err)
{
	const char **names = arena_array(arena, count + 1, sizeof(*names));
	if (names == NULL)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		names[i] = questions[i].name;
	names[count] = "sqlite_stat1";
	struct read_request request = {.names = names, .name_count = count + 1};
	return sqlite_read(session, &request, catalog, arena, err);
}

bool sqlite_measure(struct session *base, struct size_question *questions, size_t count,
		    struct arena *arena, struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	struct catalog catalog;
	if (!read_kinds(session, questions, count, &catalog, arena, err))
		return false;
	bool analyzed = catalog.relations[count].kind == RELATION_TABLE;
	for (size_t i = 0; i < count; i++) {
		/* The bytes: only dbstat knows them, which not every build has, and which reads the
		 * whole table (dbstat.html). */
		questions[i].size = (struct table_size){.rows = -1, .bytes = -1};
		if (catalog.relations[i].kind == RELATION_TABLE &&
		    !measure_table(session, &questions[i], analyzed, arena, err))
			return error_prefix(err, "table '%s'", questions[i].name);
	}
	return true;
}
