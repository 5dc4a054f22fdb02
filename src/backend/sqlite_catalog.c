/* Reads the catalog of a SQLite database: all relations asked for in one statement. */
#include "sqlite.h"
#include "../base/hash.h"
#include <string.h>

/* ---- types ---------------------------------------------------------------- */

static bool contains(const char *text, const char *word)
{
	int length = (int)strlen(word);
	for (; *text != '\0'; text++)
		if (sqlite3_strnicmp(text, word, length) == 0)
			return true;
	return false;
}

/* The rules of datatype3.html section 3.1, in their order: the first word that is in the text
 * decides. */
static const struct {
	char word[5];
	uint32_t affinity;
} rules[] = {
	{"INT", TYPE_SQLITE_INTEGER}, {"CHAR", TYPE_SQLITE_TEXT}, {"CLOB", TYPE_SQLITE_TEXT},
	{"TEXT", TYPE_SQLITE_TEXT},   {"BLOB", TYPE_SQLITE_BLOB}, {"REAL", TYPE_SQLITE_REAL},
	{"FLOA", TYPE_SQLITE_REAL},   {"DOUB", TYPE_SQLITE_REAL},
};

struct type_id sqlite_affinity(const char *type_text)
{
	struct type_id type = {.type = TYPE_SQLITE_NUMERIC, .modifier = -1};
	if (*type_text == '\0')
		type.type = TYPE_SQLITE_BLOB;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (contains(type_text, rules[i].word)) {
			type.type = rules[i].affinity;
			break;
		}
	}
	return type;
}

/* ---- names ---------------------------------------------------------------- */

/* Which relation of the request a name of the database is: open addressing, half empty. */
struct names {
	const char *const *names;
	size_t *slots; /* index + 1; 0: free */
	size_t mask;
};

static uint64_t hash_name(const char *name)
{
	uint64_t hash = HASH_INIT;
	for (; *name != '\0'; name++) {
		/* As SQLite itself: only the 26 letters of ASCII have two cases. */
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
		hash = hash_bytes(hash, &c, 1);
	}
	return hash;
}

/* The slot of that name, or the free one where it belongs. */
static size_t *names_slot(const struct names *names, const char *name)
{
	size_t i = (size_t)hash_name(name) & names->mask;
	while (names->slots[i] != 0 &&
	       sqlite3_stricmp(names->names[names->slots[i] - 1], name) != 0)
		i = (i + 1) & names->mask;
	return &names->slots[i];
}

static bool names_build(struct names *names, const struct read_request *request,
			struct arena *arena)
{
	size_t size = 8;
	while (size < 2 * request->name_count)
		size *= 2;
	names->names = request->names;
	names->mask = size - 1;
	names->slots = arena_array(arena, size, sizeof(*names->slots));
	if (names->slots == NULL)
		return false;
	for (size_t i = 0; i < request->name_count; i++) {
		size_t *slot = names_slot(names, request->names[i]);
		if (*slot == 0)
			*slot = i + 1;
	}
	return true;
}

/* ---- the query ------------------------------------------------------------ */

enum { OBJECT_NAME, OBJECT_TYPE, ROOTPAGE, NAME, TYPE, NOT_NULL, DEFAULT, HIDDEN, KEY };

/* What KEY says. */
enum { KEY_NONE, KEY_COLUMN, KEY_ROWID };

/*
 * One row a column of each table asked for, in the table's order; one row for anything else of
 * such a name. Triggers have names of their own and take none away.
 *
 * A table's columns are asked for with NULL instead of the name of a view, because a view that
 * is broken would make the whole statement fail; and of a virtual table (rootpage 0), because
 * that would load its module.
 *
 * INTEGER PRIMARY KEY is filled in by the database when it is the rowid's other name: exactly
 * when the key has no index of its own. WITHOUT ROWID, a key of several columns and "INTEGER
 * PRIMARY KEY DESC" have one (sqlite.org/lang_createtable.html#rowid). CASE, not AND: only CASE
 * is sure not to evaluate the rest. Each column of the pragma that is named costs a copy.
 */
static const char query_columns[] =
	"SELECT o.name, o.type, o.rootpage,\n"
	"       c.name, c.type, c.\"notnull\", c.dflt_value, c.hidden,\n"
	"       CASE c.pk\n"
	"           WHEN 0 THEN 0\n"
	"           WHEN 1 THEN\n"
	"               CASE upper(c.type) WHEN 'INTEGER' THEN\n"
	"                   2 - EXISTS (SELECT 1 FROM pragma_index_list(o.name, ";
static const char query_from[] = ") WHERE origin = 'pk')\n"
				 "               ELSE 1 END\n"
				 "           ELSE 1\n"
				 "       END\n"
				 "  FROM ";
static const char query_join[] =
	".sqlite_master AS o\n"
	"  LEFT JOIN pragma_table_xinfo(\n"
	"           CASE WHEN o.type = 'table' AND o.rootpage > 0 THEN o.name END, ";
static const char query_where[] = ") AS c\n"
				  " WHERE o.type <> 'trigger'\n"
				  "   AND o.name COLLATE NOCASE IN (";

static const char *query_build(struct sqlite_session *session, const struct read_request *request,
			       struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, query_columns);
	sqlite_add_literal(&buf, NULL, session->schema);
	buffer_add(&buf, query_from);
	sqlite_add_identifier(&buf, NULL, session->schema);
	buffer_add(&buf, query_join);
	sqlite_add_literal(&buf, NULL, session->schema);
	buffer_add(&buf, query_where);
	/* Literals, not parameters: old builds allow only 999 of those. */
	for (size_t i = 0; i < request->name_count; i++) {
		buffer_add(&buf, i > 0 ? ", " : "");
		sqlite_add_literal(&buf, NULL, request->names[i]);
	}
	buffer_add(&buf, ")");
	return buffer_text(&buf);
}

/* ---- the snapshot --------------------------------------------------------- */

enum { KNOWN_TYPES = 16 };

/* A read on its way. Attributes of the current relation are gathered, then copied to size. */
struct reading {
	struct names names;
	struct relation *relations;
	struct relation *current;
	sqlite3_int64 current_root; /* its root page; 0: its rows are no columns */
	/* Types read lately: a schema has few, in many columns. */
	struct {
		const char *text;
		struct type_id id;
	} types[KNOWN_TYPES];
	size_t type_count;
	struct attribute *gathered;
	size_t gathered_count;
	size_t gathered_capacity;
	struct arena *arena;
};

static bool reading_finish_relation(struct reading *reading)
{
	size_t count = reading->gathered_count;
	reading->gathered_count = 0;
	if (count == 0)
		return true;
	struct attribute *copy = arena_array(reading->arena, count, sizeof(*copy));
	if (copy == NULL)
		return false;
	memcpy(copy, reading->gathered, count * sizeof(*copy));
	reading->current->attributes = copy;
	reading->current->attribute_count = count;
	return true;
}

static struct attribute *reading_add_attribute(struct reading *reading)
{
	if (reading->gathered_count == reading->gathered_capacity) {
		size_t capacity = reading->gathered_capacity ? 2 * reading->gathered_capacity : 32;
		struct attribute *more = arena_array(reading->arena, capacity, sizeof(*more));
		if (more == NULL)
			return NULL;
		if (reading->gathered_count > 0)
			memcpy(more, reading->gathered, reading->gathered_count * sizeof(*more));
		reading->gathered = more;
		reading->gathered_capacity = capacity;
	}
	struct attribute *attribute = &reading->gathered[reading->gathered_count++];
	*attribute = (struct attribute){0};
	return attribute;
}

static bool read_type(struct reading *reading, struct attribute *attribute, sqlite3_stmt *row)
{
	const char *text = (const char *)sqlite3_column_text(row, TYPE);
	if (text == NULL)
		text = "";
	size_t known = reading->type_count < KNOWN_TYPES ? reading->type_count : KNOWN_TYPES;
	size_t i = 0;
	while (i < known &&
	       (*reading->types[i].text != *text || strcmp(reading->types[i].text, text) != 0))
		i++;
	if (i == known) {
		text = arena_text(reading->arena, text);
		if (text == NULL)
			return false;
		i = reading->type_count++ % KNOWN_TYPES;
		reading->types[i].text = text;
		reading->types[i].id = sqlite_affinity(text);
	}
	attribute->type_text = reading->types[i].text;
	attribute->type = reading->types[i].id;
	return true;
}

static bool read_attribute(struct reading *reading, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, NAME);
	if (name == NULL)
		return sqlite3_column_type(row, NAME) == SQLITE_NULL; /* a table without columns */
	struct attribute *attribute = reading_add_attribute(reading);
	if (attribute == NULL || !(attribute->name = arena_text(reading->arena, name)) ||
	    !read_type(reading, attribute, row))
		return false;
	int key = sqlite3_column_int(row, KEY);
	attribute->number = (int16_t)reading->gathered_count;
	attribute->identity = key == KEY_ROWID;
	/* A rowid is never NULL; any other primary key may be, unless it says NOT NULL
	 * (sqlite.org/lang_createtable.html#the_primary_key). */
	attribute->not_null = sqlite3_column_int(row, NOT_NULL) != 0 || attribute->identity;
	attribute->primary_key = key != KEY_NONE;
	/* pragma.html#pragma_table_xinfo: 2 and 3 are generated, virtual and stored. */
	attribute->generated = sqlite3_column_int(row, HIDDEN) >= 2;
	return attribute->generated ||
	       sqlite_text(row, DEFAULT, &attribute->default_value, reading->arena);
}

/* The first row of a relation. */
static bool read_relation(struct reading *reading, sqlite3_stmt *row, sqlite3_int64 root)
{
	const char *name = (const char *)sqlite3_column_text(row, OBJECT_NAME);
	const char *type = (const char *)sqlite3_column_text(row, OBJECT_TYPE);
	if (name == NULL || type == NULL)
		return false;
	reading->current_root = 0;
	size_t slot = *names_slot(&reading->names, name);
	if (slot == 0)
		return true; /* cannot be: the statement asks for these names only */
	struct relation *relation = &reading->relations[slot - 1];
	if (relation != reading->current) {
		if (!reading_finish_relation(reading))
			return false;
		reading->current = relation;
	}
	bool table = strcmp(type, "table") == 0;
	if (table && root > 0) {
		relation->kind = RELATION_TABLE;
		reading->current_root = root;
		return true;
	}
	relation->kind = RELATION_FOREIGN;
	relation->kind_text = table                        ? "a virtual table"
			      : strcmp(type, "view") == 0  ? "a view"
			      : strcmp(type, "index") == 0 ? "an index"
							   : "something else";
	return true;
}

/* A root page belongs to one table: as long as it stays, so does the table. */
static bool read_row(struct reading *reading, sqlite3_stmt *row)
{
	sqlite3_int64 root = sqlite3_column_int64(row, ROOTPAGE);
	bool again = root > 0 && root == reading->current_root;
	if (!again && !read_relation(reading, row, root))
		return false;
	return reading->current_root == 0 || read_attribute(reading, row);
}

static bool resolve_types(struct catalog *catalog, const struct read_request *request,
			  struct arena *arena)
{
	struct type_id *types = arena_array(arena, request->type_count, sizeof(*types));
	if (types == NULL)
		return false;
	for (size_t i = 0; i < request->type_count; i++)
		types[i] = sqlite_affinity(request->types[i]);
	catalog->types = types;
	catalog->type_count = request->type_count;
	return true;
}

/* Two names that differ in case only are one relation here: both get it. */
static void name_relations(struct reading *reading, const struct read_request *request)
{
	for (size_t i = 0; i < request->name_count; i++) {
		size_t first = *names_slot(&reading->names, request->names[i]) - 1;
		reading->relations[i] = reading->relations[first];
		reading->relations[i].name = request->names[i];
	}
}

bool sqlite_read(struct sqlite_session *session, const struct read_request *request,
		 struct catalog *catalog, struct arena *arena, struct error *err)
{
	struct reading reading = {.arena = arena};
	*catalog = (struct catalog){.schema = arena_text(arena, session->schema)};
	reading.relations = arena_array(arena, request->name_count, sizeof(*reading.relations));
	const char *query = query_build(session, request, arena);
	if (catalog->schema == NULL || reading.relations == NULL || query == NULL ||
	    !names_build(&reading.names, request, arena) || !resolve_types(catalog, request, arena))
		return error_memory(err);

	sqlite3_stmt *statement;
	if (!sqlite_prepare(session, &statement, query, err))
		return false;
	int code = sqlite_first_step(session, statement);
	while (code == SQLITE_ROW && read_row(&reading, statement))
		code = sqlite3_step(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		sqlite_error(session, err);
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE || !reading_finish_relation(&reading))
		return error_memory(err); /* the first error wins */

	name_relations(&reading, request);
	catalog->relations = reading.relations;
	catalog->relation_count = request->name_count;
	return true;
}
