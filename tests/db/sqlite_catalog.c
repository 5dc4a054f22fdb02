/* What only SQLite's catalog has: affinities, rowids, virtual tables, broken views. */
#include "../../src/backend/sqlite.h"
#include "contract.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(sqlite, affinities_are_those_of_the_manual)
{
	/* datatype3.html, sections 3.1 and 3.1.1, with its examples. */
	static const struct {
		const char *type;
		char affinity;
	} cases[] = {
		{"INT", 'D'},
		{"INTEGER", 'D'},
		{"TINYINT", 'D'},
		{"UNSIGNED BIG INT", 'D'},
		{"int8", 'D'},
		{"CHARACTER(20)", 'B'},
		{"VARCHAR(255)", 'B'},
		{"NATIVE CHARACTER(70)", 'B'},
		{"text", 'B'},
		{"CLOB", 'B'},
		{"BLOB", 'A'},
		{"", 'A'},
		{"REAL", 'E'},
		{"DOUBLE PRECISION", 'E'},
		{"FLOAT", 'E'},
		{"NUMERIC", 'C'},
		{"DECIMAL(10,5)", 'C'},
		{"BOOLEAN", 'C'},
		{"DATETIME", 'C'},
		{"FLOATING POINT", 'D'}, /* for the "INT" at the end of "POINT" */
		{"STRING", 'C'},
		{"CHARINT", 'D'},
		{"JSON", 'C'},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct type_id type = sqlite_affinity(cases[i].type);
		cr_expect(type.type == (uint32_t)cases[i].affinity && type.modifier == -1 &&
				  !type.modifier_unknown,
			  "'%s' is %c", cases[i].type, (char)type.type);
	}
}

/* A lent connection to a new database in memory. */
struct memory {
	struct arena arena;
	sqlite3 *connection;
	struct session_settings settings;
	struct session *session;
};

static void memory_open(struct memory *memory, const char *sql)
{
	*memory = (struct memory){0};
	cr_assert(sqlite3_open(":memory:", &memory->connection) == SQLITE_OK);
	char *message = NULL;
	cr_assert(sqlite3_exec(memory->connection, sql, NULL, NULL, &message) == SQLITE_OK, "%s",
		  message != NULL ? message : "");
	memory->settings = (struct session_settings){
		.sqlite = memory->connection, .application = "test", .lock_timeout_ms = 20};
	struct error err = {0};
	cr_assert(backend_sqlite.open(&memory->session, NULL, &memory->settings, &err), "%s",
		  err.message);
}

static void memory_close(struct memory *memory)
{
	backend_sqlite.close(memory->session);
	cr_expect(sqlite3_close(memory->connection) == SQLITE_OK, "a statement is left");
	arena_release(&memory->arena);
}

static struct catalog memory_read(struct memory *memory, const char *const *names, size_t count)
{
	struct read_request request = {.names = names, .name_count = count};
	struct catalog catalog;
	struct error err = {0};
	size_t bad_type;
	cr_assert(backend_sqlite.read(memory->session, &request, &catalog, &bad_type,
				      &memory->arena, &err),
		  "%s", err.message);
	return catalog;
}

Test(sqlite, the_rowid_by_another_name_is_an_identity)
{
	static const struct {
		const char *sql;
		bool identity, not_null, primary_key;
	} cases[] = {
		{"CREATE TABLE t (id INTEGER PRIMARY KEY, x)", true, true, true},
		{"CREATE TABLE t (id integer primary key autoincrement, x)", true, true, true},
		{"CREATE TABLE t (id INTEGER, x, PRIMARY KEY (id))", true, true, true},
		{"CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT) STRICT", true, true, true},
		{"CREATE TABLE t (id INTEGER PRIMARY KEY DESC, x)", false, false, true},
		{"CREATE TABLE t (id INT PRIMARY KEY, x)", false, false, true},
		{"CREATE TABLE t (id TEXT PRIMARY KEY, x)", false, false, true},
		{"CREATE TABLE t (id INTEGER PRIMARY KEY, x) WITHOUT ROWID", false, true, true},
		{"CREATE TABLE t (id INTEGER, x INTEGER, PRIMARY KEY (id, x))", false, false, true},
		{"CREATE TABLE t (id INTEGER UNIQUE, x)", false, false, false},
	};
	const char *name = "t";
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct memory memory;
		memory_open(&memory, cases[i].sql);
		struct catalog catalog = memory_read(&memory, &name, 1);
		cr_assert(catalog.relations[0].attribute_count == 2, "%s", cases[i].sql);
		const struct attribute *id = &catalog.relations[0].attributes[0];
		cr_expect(id->identity == cases[i].identity, "%s", cases[i].sql);
		cr_expect(id->not_null == cases[i].not_null, "%s", cases[i].sql);
		cr_expect(id->primary_key == cases[i].primary_key, "%s", cases[i].sql);
		memory_close(&memory);
	}
}

/* What generates a column is no default, however it is written. */
Test(sqlite, generated_columns_of_both_kinds)
{
	static const struct {
		const char *definition;
		bool generated;
		const char *default_value;
	} cases[] = {
		{"INT DEFAULT (1 + 1)", false, "1 + 1"},
		{"INT DEFAULT 5 NOT NULL", false, "5"},
		{"INT", false, NULL},
		{"INT AS (a + 1)", true, NULL},
		{"INT AS (5)", true, NULL},
		{"INT AS (a + 1) VIRTUAL", true, NULL},
		{"INT AS (a + 2) STORED", true, NULL},
		{"INT GENERATED ALWAYS AS (a)", true, NULL},
		{"INT GENERATED ALWAYS AS (a) VIRTUAL NOT NULL", true, NULL},
		{"INT GENERATED ALWAYS AS (a) STORED NOT NULL", true, NULL},
		{"INT NOT NULL GENERATED ALWAYS AS (a * 2) STORED", true, NULL},
		{"AS (a)", true, NULL},
	};
	static const char *const formats[] = {"CREATE TABLE t (a INT, g %s)",
					      "CREATE TABLE t (a INT, g %s, PRIMARY KEY (a)) "
					      "WITHOUT ROWID"};
	const char *name = "t";
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t j = 0; j < COUNT(formats); j++) {
			char sql[200];
			snprintf(sql, sizeof(sql), formats[j], cases[i].definition);
			struct memory memory;
			memory_open(&memory, sql);
			struct catalog catalog = memory_read(&memory, &name, 1);
			cr_assert(catalog.relations[0].attribute_count == 2, "%s", sql);
			const struct attribute *g = &catalog.relations[0].attributes[1];
			cr_expect(g->generated == cases[i].generated && !g->identity, "%s", sql);
			cr_expect(cases[i].default_value == NULL
					  ? g->default_value == NULL
					  : g->default_value != NULL &&
						    strcmp(g->default_value,
							   cases[i].default_value) == 0,
				  "%s: %s", sql, g->default_value != NULL ? g->default_value : "");
			cr_expect(g->not_null == (strstr(sql, "NOT NULL") != NULL), "%s", sql);
			memory_close(&memory);
		}
	}
}

Test(sqlite, anything_may_be_in_the_file)
{
	struct memory memory;
	memory_open(&memory, "CREATE TABLE t (x INTEGER);"
			     "CREATE TABLE untyped (a, b DEFAULT (1 + 1));"
			     "CREATE VIEW broken AS SELECT y FROM nowhere;"
			     "CREATE VIEW circle AS SELECT * FROM circle2;"
			     "CREATE VIEW circle2 AS SELECT * FROM circle;"
			     "CREATE VIRTUAL TABLE search USING fts5(words);"
			     "CREATE TRIGGER watch AFTER INSERT ON t BEGIN SELECT 1; END;"
			     "CREATE TRIGGER t AFTER DELETE ON t BEGIN SELECT 1; END");
	static const struct {
		const char *name;
		enum relation_kind kind;
		const char *kind_text;
		size_t attribute_count;
	} cases[] = {
		{"t", RELATION_TABLE, NULL, 1},
		{"untyped", RELATION_TABLE, NULL, 2},
		{"broken", RELATION_FOREIGN, "a view", 0},
		{"circle", RELATION_FOREIGN, "a view", 0},
		{"search", RELATION_FOREIGN, "a virtual table", 0},
		/* A trigger does not take the name: CREATE TABLE watch works. */
		{"watch", RELATION_ABSENT, NULL, 0},
		{"SEARCH", RELATION_FOREIGN, "a virtual table", 0},
		{"T", RELATION_TABLE, NULL, 1},
	};
	const char *names[COUNT(cases)];
	for (size_t i = 0; i < COUNT(cases); i++)
		names[i] = cases[i].name;
	struct catalog catalog = memory_read(&memory, names, COUNT(names));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct relation *relation = &catalog.relations[i];
		cr_expect(strcmp(relation->name, names[i]) == 0, "%s", relation->name);
		cr_expect(relation->kind == cases[i].kind, "%s: %d", names[i], relation->kind);
		cr_expect(relation->attribute_count == cases[i].attribute_count, "%s", names[i]);
		if (cases[i].kind_text != NULL)
			cr_expect(strcmp(relation->kind_text, cases[i].kind_text) == 0, "%s: %s",
				  names[i], relation->kind_text);
	}
	const struct attribute *b = &catalog.relations[1].attributes[1];
	cr_expect(strcmp(b->type_text, "") == 0 && b->type.type == TYPE_SQLITE_BLOB);
	cr_expect(strcmp(b->default_value, "1 + 1") == 0, "%s", b->default_value);
	memory_close(&memory);
}

Test(sqlite, a_thousand_tables_of_many_columns)
{
	enum { TABLES = 1000, COLUMNS = 40 };
	struct memory memory;
	memory_open(&memory, "BEGIN; COMMIT");
	static char sql[COLUMNS * 24], text[TABLES][24];
	static const char *names[TABLES];
	for (int table = 0; table < TABLES; table++) {
		snprintf(text[table], sizeof(text[table]), "Table_%d", table);
		names[table] = text[table];
		int length = snprintf(sql, sizeof(sql), "CREATE TABLE table_%d (c0", table);
		for (int column = 1; column < table % COLUMNS + 1; column++)
			length += snprintf(sql + length, sizeof(sql) - (size_t)length, ", c%d TEXT",
					   column);
		snprintf(sql + length, sizeof(sql) - (size_t)length, ")");
		cr_assert(sqlite3_exec(memory.connection, sql, NULL, NULL, NULL) == SQLITE_OK);
	}
	struct catalog catalog = memory_read(&memory, names, TABLES);
	for (size_t table = 0; table < TABLES; table++) {
		const struct relation *relation = &catalog.relations[table];
		cr_expect(relation->attribute_count == table % COLUMNS + 1, "%s: %zu", names[table],
			  relation->attribute_count);
		char last[16];
		snprintf(last, sizeof(last), "c%zu", table % COLUMNS);
		cr_expect(strcmp(relation->attributes[relation->attribute_count - 1].name, last) ==
				  0,
			  "%s", names[table]);
	}
	memory_close(&memory);
}

Test(sqlite, an_attached_database_is_a_schema)
{
	struct memory memory;
	memory_open(&memory, "ATTACH ':memory:' AS app; CREATE TABLE app.t (x INTEGER, y TEXT);"
			     "CREATE TABLE main.t (x INTEGER)");
	const char *name = "t";
	cr_expect(memory_read(&memory, &name, 1).relations[0].attribute_count == 1);
	backend_sqlite.close(memory.session);
	memory.settings.schema = "app";
	struct error err = {0};
	cr_assert(backend_sqlite.open(&memory.session, NULL, &memory.settings, &err), "%s",
		  err.message);
	struct catalog catalog = memory_read(&memory, &name, 1);
	cr_expect(catalog.relations[0].attribute_count == 2);
	cr_expect(strcmp(catalog.schema, "app") == 0);
	memory_close(&memory);
}
