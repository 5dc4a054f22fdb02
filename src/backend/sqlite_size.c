/* How large tables are. */
#include "sqlite.h"
#include <limits.h>

static void add_table(struct buffer *buf, struct sqlite_session *session, const char *name)
{
	sqlite_add_identifier(buf, NULL, session->schema);
	buffer_add_char(buf, '.');
	sqlite_add_identifier(buf, NULL, name);
}

/*
 * How a table is gone through by no index but its own. " NOT INDEXED" does it in a table with
 * rowids; in one without it is ignored, and the index of the primary key, which is the table
 * itself, has to be asked for by name (measured with 3.40.1; sqlite.org/lang_indexedby.html says
 * otherwise).
 */
struct way {
	const char *access; /* behind the table's name */
	const char *order;  /* at the end: once more, by the key; "" if that is the same */
};

/* One of the rowid's names that no column has; NULL: there is none. */
static const char *rowid_name(const struct relation *table)
{
	static const char *const names[] = {"rowid", "_rowid_", "oid"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (relation_attribute(table, names[i], true) == NULL)
			return names[i];
	return NULL;
}

static bool has_rowid(struct sqlite_session *session, const struct relation *table,
		      const char *name, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	sqlite3_stmt *statement = NULL;
	buffer_addf(&buf, "SELECT %s FROM ", name);
	add_table(&buf, session, table->name);
	bool has = buffer_text(&buf) != NULL &&
		   sqlite3_prepare_v2(session->connection, buf.data, -1, &statement, NULL) ==
			   SQLITE_OK;
	sqlite3_finalize(statement);
	return has;
}

/* The table without rowids as an index. */
static bool find_key(struct sqlite_session *session, const struct relation *table, struct way *way,
		     struct arena *arena, struct error *err)
{
	static const char query[] =
		"SELECT name FROM pragma_index_list(?1, ?2) WHERE origin = 'pk'";
	sqlite3_stmt *statement;
	if (!sqlite_prepare(session, &statement, query, err))
		return false;
	const char *name = NULL;
	sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, session->schema, -1, SQLITE_STATIC);
	int code = sqlite_first_step(session, statement);
	if (code == SQLITE_ROW && !sqlite_text(statement, 0, &name, arena))
		code = SQLITE_NOMEM;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		sqlite_error_code(session, code, err);
	sqlite3_finalize(statement);
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, name != NULL ? " INDEXED BY " : " NOT INDEXED");
	if (name != NULL)
		sqlite_add_identifier(&buf, NULL, name);
	*way = (struct way){.access = buffer_text(&buf), .order = ""};
	return way->access != NULL || error_memory(err);
}

static bool find_way(struct sqlite_session *session, const struct relation *table, struct way *way,
		     struct arena *arena, struct error *err)
{
	const char *rowid = rowid_name(table);
	if (rowid == NULL || !has_rowid(session, table, rowid, arena))
		return find_key(session, table, way, arena, err);
	struct buffer order = BUFFER_INIT(arena);
	buffer_addf(&order, " ORDER BY %s", rowid);
	*way = (struct way){.access = " NOT INDEXED", .order = buffer_text(&order)};
	return way->order != NULL || error_memory(err);
}

/* The rows (with a value in the column, unless NULL) as one way through the table finds them. */
static void add_count(struct buffer *buf, struct sqlite_session *session, const char *name,
		      const char *column, const char *access, const char *order, long long limit)
{
	buffer_add(buf, "SELECT count(*) AS rows FROM (SELECT 1 FROM ");
	add_table(buf, session, name);
	buffer_add(buf, access);
	if (column != NULL) {
		buffer_add(buf, " WHERE ");
		sqlite_add_identifier(buf, NULL, column);
		buffer_add(buf, " IS NOT NULL");
	}
	buffer_addf(buf, "%s LIMIT %lld)", order, limit);
}

/*
 * An index may lack rows: one that is damaged, or that only another program knows how to read
 * (libSQL's vector index is empty to SQLite). So no index is asked, and the table is gone through
 * twice: as it lies, and by its rowid. The larger number is what would be lost.
 */
bool sqlite_count(struct sqlite_session *session, const struct relation *table, const char *column,
		  long long limit, long long *rows, struct arena *arena, struct error *err)
{
	struct buffer buf = BUFFER_INIT(arena);
	struct way way;
	if (!find_way(session, table, &way, arena, err))
		return false;
	buffer_add(&buf, "SELECT max(rows) FROM (");
	add_count(&buf, session, table->name, column, way.access, "", limit);
	buffer_add(&buf, way.order[0] != '\0' ? " UNION ALL " : "");
	if (way.order[0] != '\0')
		add_count(&buf, session, table->name, column, way.access, way.order, limit);
	buffer_add(&buf, ")");
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
			  const struct relation *table, bool analyzed, struct arena *arena,
			  struct error *err)
{
	struct table_size *size = &question->size;
	bool estimate = question->count_to < 0;
	long long limit = estimate                         ? 1
			  : question->count_to < LLONG_MAX ? question->count_to + 1
							   : LLONG_MAX;
	long long rows = 0;
	if (!sqlite_count(session, table, question->column, limit, &rows, arena, err))
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
		    !measure_table(session, &questions[i], &catalog.relations[i], analyzed, arena,
				   err))
			return error_prefix(err, "table '%s'", questions[i].name);
	}
	return true;
}
