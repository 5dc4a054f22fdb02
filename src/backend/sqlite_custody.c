/*
 * Whose a table is: SQLite's own, or a shadow table, in which a virtual table keeps its content
 * (sqlite.org/vtab.html, section 1.3). SQLite tells which those are as long as it has the module;
 * without it they look like any table, and the names that the known modules give them must do.
 */
#include "../model/name.h"
#include "../model/text.h"
#include "sqlite.h"
#include <string.h>

static const struct {
	char module[12];
	char suffixes[8][16]; /* behind the virtual table's name and "_"; # is any number */
} known[] = {
	{"fts3", {"content", "segments", "segdir", "docsize", "stat"}},
	{"fts4", {"content", "segments", "segdir", "docsize", "stat"}},
	{"fts5", {"data", "idx", "content", "docsize", "config"}},
	{"rtree", {"node", "rowid", "parent"}},
	{"rtree_i32", {"node", "rowid", "parent"}},
	{"geopoly", {"node", "rowid", "parent"}},
	{"spellfix1", {"vocab"}},
	{"vec0",
	 {"chunks", "rowids", "info", "auxiliary", "vector_chunks#", "metadatachunks#",
	  "metadatatext#"}},
};

/* Who may own a table: a virtual one, or an index of libSQL. */
struct keeper {
	const char *name;
	const char *module; /* "": not to be read; NULL: it is an index */
	const char *table;  /* that the index is on */
};

struct keepers {
	struct keeper *keepers;
	size_t count, capacity;
};

/* ---- names ---------------------------------------------------------------- */

/* What stands behind "NAME_"; NULL: the table is not called so. */
static const char *suffix_of(const char *table, const char *name)
{
	size_t length = strlen(name);
	bool begins = sqlite3_strnicmp(table, name, (int)length) == 0 && table[length] == '_';
	return begins ? table + length + 1 : NULL;
}

static bool suffix_is(const char *suffix, const char *pattern)
{
	size_t length = strcspn(pattern, "#");
	if (pattern[length] == '\0')
		return sqlite3_stricmp(suffix, pattern) == 0;
	return sqlite3_strnicmp(suffix, pattern, (int)length) == 0 && suffix[length] != '\0' &&
	       suffix[length + strspn(suffix + length, "0123456789")] == '\0';
}

static bool module_makes(const char *module, const char *suffix)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (size_t j = 0; j < 8 && known[i].suffixes[j][0] != '\0'; j++)
			if (sqlite3_stricmp(module, known[i].module) == 0 &&
			    suffix_is(suffix, known[i].suffixes[j]))
				return true;
	return false;
}

/* Behind the name at text, quoted in one of SQLite's ways or not. */
static const char *skip_name(const char *text)
{
	char close = *text == '[' ? ']' : *text;
	if (strchr("\"`'[", *text) == NULL || *text == '\0')
		return text + strcspn(text, " \t\r\n\f(;");
	for (text++; *text != '\0'; text++) {
		if (*text != close)
			continue;
		if (close == ']' || text[1] != close)
			return text + 1;
		text++;
	}
	return text;
}

/* The module in "CREATE VIRTUAL TABLE name USING module(...)", as SQLite keeps it; "" when it is
 * written otherwise. NULL: out of memory. */
static const char *module_of(const char *sql, struct arena *arena)
{
	static const char create[] = "CREATE VIRTUAL TABLE ", using[] = "USING";
	static const char space[] = " \t\r\n\f";
	if (sqlite3_strnicmp(sql, create, (int)sizeof(create) - 1) != 0)
		return "";
	const char *at = skip_name(sql + sizeof(create) - 1);
	at += strspn(at, space);
	if (sqlite3_strnicmp(at, using, (int)sizeof(using) - 1) != 0)
		return "";
	at += sizeof(using) - 1;
	at += strspn(at, space);
	const char *end = skip_name(at);
	bool quoted = end > at + 1 && strchr("\"`'[", *at) != NULL;
	return arena_text_n(arena, at + quoted, (size_t)(end - at) - 2 * quoted);
}

/* ---- who may own tables here ---------------------------------------------- */

static bool add_keeper(struct keepers *keepers, sqlite3_stmt *row, struct arena *scratch)
{
	if (keepers->count == keepers->capacity) {
		size_t capacity = keepers->capacity > 0 ? 2 * keepers->capacity : 8;
		struct keeper *more = arena_array(scratch, capacity, sizeof(*more));
		if (more == NULL)
			return false;
		if (keepers->count > 0)
			memcpy(more, keepers->keepers, keepers->count * sizeof(*more));
		keepers->keepers = more;
		keepers->capacity = capacity;
	}
	struct keeper *keeper = &keepers->keepers[keepers->count];
	const char *sql;
	*keeper = (struct keeper){0};
	if (!sqlite_text(row, 0, &keeper->name, scratch) || !sqlite_text(row, 1, &sql, scratch) ||
	    !sqlite_text(row, 3, &keeper->table, scratch))
		return false;
	if (keeper->name == NULL || sql == NULL)
		return true;
	if (sqlite3_column_int(row, 2) == 0 && (keeper->module = module_of(sql, scratch)) == NULL)
		return false;
	keepers->count++;
	return true;
}

/* The statement is % with the schema's name in it. */
static bool prepare(struct sqlite_session *session, sqlite3_stmt **statement, const char *format,
		    struct error *err)
{
	char *sql = sqlite3_mprintf(format, session->schema, session->schema);
	if (sql == NULL)
		return error_memory(err);
	bool good = sqlite_prepare(session, statement, sql, err);
	sqlite3_free(sql);
	return good;
}

/* A virtual table has no page of its own; an index of libSQL has a table for its content. */
static bool find_keepers(struct sqlite_session *session, struct keepers *keepers,
			 struct arena *scratch, struct error *err)
{
	static const char query[] =
		"SELECT name, sql, type = 'index', tbl_name FROM \"%w\".sqlite_master AS one\n"
		" WHERE (type = 'table' AND rootpage = 0)\n"
		"    OR (type = 'index' AND sql LIKE '%%libsql_vector_idx%%'\n"
		"        AND EXISTS (SELECT 1 FROM \"%w\".sqlite_master AS other\n"
		"                     WHERE type = 'table'\n"
		"                       AND other.name = one.name || '_shadow' COLLATE NOCASE))\n"
		" ORDER BY length(name) DESC";
	sqlite3_stmt *statement;
	if (!prepare(session, &statement, query, err))
		return false;
	int code = sqlite_first_step(session, statement);
	while (code == SQLITE_ROW)
		code = add_keeper(keepers, statement, scratch) ? sqlite3_step(statement)
							       : SQLITE_NOMEM;
	if (code != SQLITE_DONE)
		sqlite_error_code(session, code, err);
	sqlite3_finalize(statement);
	return code == SQLITE_DONE;
}

/* ---- whose one table is --------------------------------------------------- */

/* Does SQLite itself call it a shadow table? From 3.37 on it can be asked. */
static bool is_shadow(struct sqlite_session *session, const char *table, bool *shadow,
		      struct error *err)
{
	static const char query[] = "SELECT EXISTS (SELECT 1 FROM \"%w\".pragma_table_list\n"
				    "        WHERE schema = %Q AND type = 'shadow'\n"
				    "          AND name = ?1 COLLATE NOCASE)";
	sqlite3_stmt *statement;
	*shadow = false;
	if (sqlite3_libversion_number() < 3037000)
		return true;
	if (!prepare(session, &statement, query, err))
		return false;
	int code = sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite_first_step(session, statement);
	if (code == SQLITE_ROW)
		*shadow = sqlite3_column_int(statement, 0) != 0;
	else
		sqlite_error_code(session, code, err);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW;
}

static const char *say_whose(const char *what, const char *name, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, what);
	text_add_visible(&buf, name);
	buffer_add_char(&buf, '\'');
	return buffer_text(&buf);
}

/* SQLite would drop the index with the table, and not what libSQL keeps of it: under the same name
 * libSQL then makes an index with what is left, and no row can be inserted. */
static bool find_remainder(const char *table, const struct keepers *keepers,
			   struct custody *custody, struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < keepers->count; i++) {
		const struct keeper *keeper = &keepers->keepers[i];
		if (keeper->module != NULL || sqlite3_stricmp(keeper->table, table) != 0)
			continue;
		struct buffer buf = BUFFER_INIT(arena);
		buffer_add(&buf, "libSQL's index '");
		text_add_visible(&buf, keeper->name);
		buffer_add(&buf, "' is on it, whose content would be left behind; drop that "
				 "index first, by libSQL: DROP INDEX ");
		sqlite_add_identifier(&buf, NULL, keeper->name);
		custody->remainder = buffer_text(&buf);
		return custody->remainder != NULL || error_memory(err);
	}
	return true;
}

/* false: *err says why. */
static bool recognise_one(struct sqlite_session *session, const char *table,
			  const struct keepers *keepers, struct custody *custody,
			  struct arena *arena, struct error *err)
{
	static const char of_table[] =
		"a table in which SQLite keeps the content of virtual table '",
			  of_index[] = "a table in which libSQL keeps the content of index '";
	if (name_is_sqlite_table(table)) {
		custody->owner = "a table of SQLite itself";
		return true;
	}
	if (sqlite3_stricmp(table, "libsql_vector_meta_shadow") == 0) {
		custody->owner = "a table of libSQL itself";
		return true;
	}
	bool shadow = false, asked = false;
	for (size_t i = 0; i < keepers->count; i++) {
		const struct keeper *keeper = &keepers->keepers[i];
		const char *suffix = suffix_of(table, keeper->name);
		if (suffix == NULL)
			continue;
		bool index = keeper->module == NULL;
		if (!asked && !index && !is_shadow(session, table, &shadow, err))
			return false;
		asked = asked || !index;
		bool known_as_such = index ? sqlite3_stricmp(suffix, "shadow") == 0
					   : shadow || module_makes(keeper->module, suffix);
		if (!known_as_such)
			continue;
		custody->owner = say_whose(index ? of_index : of_table, keeper->name, arena);
		return custody->owner != NULL || error_memory(err);
	}
	return find_remainder(table, keepers, custody, arena, err);
}

bool sqlite_recognise(struct session *base, const char *const *names, size_t name_count,
		      struct custody *custodies, struct arena *arena, struct error *err)
{
	struct sqlite_session *session = (struct sqlite_session *)base;
	struct arena scratch = {0};
	struct keepers keepers = {0};
	bool good = find_keepers(session, &keepers, &scratch, err);
	for (size_t i = 0; good && i < name_count; i++)
		good = recognise_one(session, names[i], &keepers, &custodies[i], arena, err);
	arena_release(&scratch);
	return good;
}
