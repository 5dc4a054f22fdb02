/* Tables of SQLite itself and of its modules; counts that an index would get wrong; files of a
 * newer SQLite. */
#include "boot.h"

#include <sqlite3.h>
#include <stdio.h>

/* One table, not ours to create, with a column that is missing. */
struct one_column {
	struct reconcile_column column;
	struct reconcile_registry registry;
};

static void one_column(struct one_column *one, const char *table)
{
	one->column = (struct reconcile_column)COLUMN(table, "extra", "TEXT", NULLABLE, NO_DEFAULT);
	one->registry = (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, &one->column, 1};
}

/* ---- whose it is ---------------------------------------------------------- */

/* A module that this SQLite does not have: sqlite-vec. */
#define VEC                                                                                        \
	"CREATE TABLE v_chunks (id INTEGER PRIMARY KEY); CREATE TABLE v_mine (id INTEGER);"        \
	"CREATE TABLE v_vector_chunks00 (id INTEGER);"                                             \
	"PRAGMA writable_schema = on;"                                                             \
	"INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES"                   \
	" ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING vec0(a float[3])')"
/* As libSQL makes it. */
#define LIBSQL                                                                                     \
	"CREATE TABLE t (e BLOB); CREATE INDEX near ON t (e);"                                     \
	"CREATE TABLE near_shadow (id INTEGER); CREATE TABLE other_shadow (id INTEGER);"           \
	"CREATE TABLE libsql_vector_meta_shadow (name TEXT PRIMARY KEY) WITHOUT ROWID;"            \
	"PRAGMA writable_schema = on;"                                                             \
	"UPDATE sqlite_master SET sql = 'CREATE INDEX near ON t (libsql_vector_idx(e))'"           \
	" WHERE name = 'near'"

Test(foreign, tables_of_sqlite_and_of_its_modules)
{
	static const struct {
		const char *table;
		const char *made;
		const char *whose; /* NULL: nobody's */
	} cases[] = {
		{"sqlite_sequence", "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
		 "a table of SQLite itself"},
		{"SQLITE_STAT1", "CREATE TABLE t (id INTEGER); CREATE INDEX i ON t (id); ANALYZE",
		 "a table of SQLite itself"},
		{"docs_content", "CREATE VIRTUAL TABLE docs USING fts5(body)", "'docs'"},
		{"DOCS_config", "CREATE VIRTUAL TABLE docs USING fts5(body)", "'docs'"},
		{"docs_tags",
		 "CREATE VIRTUAL TABLE docs USING fts5(body); CREATE TABLE docs_tags (id INTEGER)",
		 NULL},
		{"a USING b_node", "CREATE VIRTUAL TABLE \"a USING b\" USING rtree(id, a, b)",
		 "'a USING b'"},
		{"v_chunks", VEC, "'v'"},
		{"v_vector_chunks00", VEC, "'v'"},
		{"v_mine", VEC, NULL},
		{"near_shadow", LIBSQL, "'near'"},
		{"other_shadow", LIBSQL, NULL},
		{"libsql_vector_meta_shadow", LIBSQL, "libSQL"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct start start;
		struct one_column one;
		one_column(&one, cases[i].table);
		start_new(&start, ENGINE_SQLITE);
		database_execute(start.database, "%s", cases[i].made);
		start_run(&start, &one.registry);
		int wanted = cases[i].whose != NULL ? RECONCILE_CONFLICT : RECONCILE_OK;
		cr_expect_eq(start.status, wanted, "%s: %s", cases[i].table, start_told(&start));
		if (cases[i].whose != NULL) {
			const struct reconcile_item *item =
				start_item(&start, cases[i].table, NULL);
			cr_expect(item != NULL && item->state == RECONCILE_FOREIGN &&
					  strstr(item->reason, cases[i].whose) != NULL,
				  "%s: %s", cases[i].table,
				  item != NULL ? item->reason : start.log);
			cr_expect_eq(start.counts->applied, 0, "%s", cases[i].table);
		}
		start_free(&start);
	}
}

/* ---- what would be lost --------------------------------------------------- */

static const struct reconcile_table kept_tables[] = {TABLE("kept")};
static const struct reconcile_column kept_columns[] = {
	COLUMN("kept", "id", "INTEGER", PRIMARY_KEY, NO_DEFAULT),
	COLUMN("kept", "note", "TEXT", NULLABLE, NO_DEFAULT),
};
static const struct reconcile_registry kept = REGISTRY(kept_tables, kept_columns);

/* All of "kept" goes to an index whose entries are those of another table, which has none. */
#define EMPTY_INDEX                                                                                \
	"CREATE INDEX lacking ON kept (note); CREATE TABLE none (note);"                           \
	"CREATE INDEX empty ON none (note); PRAGMA writable_schema = on;"                          \
	"UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master"                  \
	" WHERE name = 'empty') WHERE name = 'lacking'"

#define LIBSQL_INDEX                                                                               \
	"CREATE INDEX lacking ON kept (note); PRAGMA writable_schema = on;"                        \
	"UPDATE sqlite_master SET sql = 'CREATE INDEX lacking ON KEPT (libsql_vector_idx(note))'"  \
	" WHERE name = 'lacking'"

static void expect_kept(const char *name, const char *made, const char *column, const char *said)
{
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	struct start start;
	start_new(&start, ENGINE_SQLITE);
	database_execute(start.database, "%s", made);
	start_must(&start, &kept, RECONCILE_OK);
	database_execute(start.database, "INSERT INTO kept (id, note) VALUES (1, 'a'), (2, 'b'),"
					 " (3, 'c')");
	database_execute(start.database, EMPTY_INDEX);
	request.last = column == NULL;
	if (column != NULL) {
		request.table = "kept";
		request.column = column;
	}
	request.keep_registry = true;
	request.apply = true;
	int status = reconcile_rollback(&kept, &start.options, &request, &rollback);
	const char *message = reconcile_rollback_error(rollback)->message;
	cr_expect(status == RECONCILE_CONFLICT && strstr(message, said) != NULL, "%s: %d: %s", name,
		  status, message);
	cr_expect_eq(database_number(start.database,
				     "SELECT count(*) FROM kept WHERE id IN (1, 2, 3)"
				     " AND +note IS NOT NULL"),
		     3, "%s", name);
	reconcile_rollback_free(rollback);
	start_free(&start);
}

Test(foreign, a_loss_is_not_counted_from_an_index_on_sqlite)
{
	expect_kept("a table", "SELECT 1", NULL, "3 rows would be lost");
	expect_kept("a column", "CREATE TABLE kept (id INTEGER PRIMARY KEY)", "note",
		    "3 values would be lost");
	expect_kept("a column, no rowid",
		    "CREATE TABLE kept (id INTEGER PRIMARY KEY NOT NULL) WITHOUT ROWID", "note",
		    "3 values would be lost");
	expect_kept("columns with the rowid's names",
		    "CREATE TABLE kept (id INTEGER PRIMARY KEY, rowid TEXT, oid TEXT)", "note",
		    "3 values would be lost");
}

/* What libSQL keeps of an index stays when SQLite drops the index with its table; not so what only
 * looks like one. */
Test(foreign, a_table_is_not_dropped_from_under_an_index_of_libsql)
{
	static const struct {
		const char *made;
		int status;
	} cases[] = {
		{"CREATE TABLE lacking_shadow (id INTEGER);" LIBSQL_INDEX, RECONCILE_CONFLICT},
		{LIBSQL_INDEX, RECONCILE_OK},
		{"CREATE TABLE lacking_shadow (id INTEGER); CREATE INDEX lacking ON kept (note)",
		 RECONCILE_OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
		struct reconcile_rollback *rollback;
		struct start start;
		start_new(&start, ENGINE_SQLITE);
		start_must(&start, &kept, RECONCILE_OK);
		database_execute(start.database, "%s", cases[i].made);
		request.last = 1;
		request.keep_registry = true;
		request.allow_data_loss = true;
		request.even_changed = true;
		request.apply = true;
		int status = reconcile_rollback(&kept, &start.options, &request, &rollback);
		const char *message = reconcile_rollback_error(rollback)->message;
		cr_expect_eq(status, cases[i].status, "%zu: %d: %s", i, status, message);
		if (status != RECONCILE_OK)
			expect_in(message, "by libSQL: DROP INDEX \"lacking\"");
		reconcile_rollback_free(rollback);
		start_free(&start);
	}
}

/* ---- a newer SQLite ------------------------------------------------------- */

/* Bytes 96 to 99 of the file (fileformat2.html, section 1.3.18). */
static void write_version_at(FILE *file, long page_at, unsigned version)
{
	cr_assert(fseek(file, page_at + 96, SEEK_SET) == 0);
	for (int shift = 24; shift >= 0; shift -= 8)
		fputc((int)(version >> shift & 0xff), file);
}

static void write_version(const char *path, unsigned version)
{
	FILE *file = fopen(path, "r+");
	cr_assert(file != NULL);
	write_version_at(file, 0, version);
	fclose(file);
}

static unsigned read_number(FILE *file, long at)
{
	unsigned number = 0;
	cr_assert(fseek(file, at, SEEK_SET) == 0);
	for (int i = 0; i < 4; i++)
		number = number << 8 | (unsigned)fgetc(file);
	return number;
}

/* The same in every first page of the file's write-ahead log (section 4.1), whose checksums nobody
 * looks at while somebody has the file open. How many there were. */
static unsigned write_version_into_log(const char *path, unsigned version)
{
	char name[600];
	unsigned count = 0;
	snprintf(name, sizeof(name), "%s-wal", path);
	FILE *log = fopen(name, "r+");
	cr_assert(log != NULL && fseek(log, 0, SEEK_END) == 0);
	long size = ftell(log), page = (long)read_number(log, 8);
	for (long at = 32; at < size; at += 24 + page) {
		if (read_number(log, at) != 1)
			continue;
		write_version_at(log, at + 24, version);
		count++;
	}
	fclose(log);
	return count;
}

#define LIBSQL_WORD                                                                                \
	"CREATE TABLE t (id INTEGER); PRAGMA writable_schema = on;"                                \
	"UPDATE sqlite_master SET sql = 'CREATE TABLE t (id INTEGER) random rowid'"
#define NEWER_WORD                                                                                 \
	"CREATE TABLE t (id INTEGER DEFAULT 1000); PRAGMA writable_schema = on;"                   \
	"UPDATE sqlite_master SET sql = 'CREATE TABLE t (id INTEGER DEFAULT 1_000)'"

Test(foreign, a_file_of_a_newer_sqlite)
{
	static const struct {
		const char *name;
		const char *made;
		unsigned version; /* 0: this one */
		const char *journal;
		int status;
		const char *message, *hint;
	} cases[] = {
		{"newer", NEWER_WORD, 3054001, "delete", RECONCILE_UNREACHABLE,
		 "written by SQLite 3.54.1, this program has ", "newer library"},
		{"newer, of WAL format", NEWER_WORD, 3054001, "wal", RECONCILE_UNREACHABLE,
		 "written by SQLite 3.54.1, this program has ", "newer library"},
		{"libSQL's", LIBSQL_WORD, 3045001, "delete", RECONCILE_UNREACHABLE,
		 "written by libSQL", "use libSQL"},
		{"libSQL's, of this version", LIBSQL_WORD, 0, "delete", RECONCILE_UNREACHABLE,
		 "written by libSQL", "use libSQL"},
		{"a word of nobody", NEWER_WORD, 0, "delete", RECONCILE_UNREACHABLE,
		 "does not understand", "newer"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct start start;
		struct one_column one;
		one_column(&one, "t");
		start_new(&start, ENGINE_SQLITE);
		database_execute(start.database, "PRAGMA journal_mode = %s", cases[i].journal);
		database_execute(start.database, "%s", cases[i].made);
		if (cases[i].version != 0)
			write_version(start.database->path, cases[i].version);
		start_run(&start, &one.registry);
		cr_expect_eq(start.status, cases[i].status, "%s: %d: %s", cases[i].name,
			     start.status, start_told(&start));
		cr_expect(strstr(start.error->message, cases[i].message) != NULL &&
				  strstr(start.error->hint, cases[i].hint) != NULL,
			  "%s: %s (%s)", cases[i].name, start.error->message, start.error->hint);
		cr_expect(strstr(start.error->hint, "backup") == NULL, "%s: %s", cases[i].name,
			  start.error->hint);
		start_free(&start);
	}
}

/* The file itself still says that this SQLite wrote it. */
ON_SQLITE(foreign, a_first_page_of_a_newer_sqlite_that_only_the_log_has)
{
	struct one_column one;
	sqlite3 *holder;
	one_column(&one, "t");
	cr_assert_eq(sqlite3_open(start->database->path, &holder), SQLITE_OK);
	int code = sqlite3_exec(
		holder, "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;" NEWER_WORD,
		NULL, NULL, NULL);
	cr_assert_eq(code, SQLITE_OK, "%s", sqlite3_errmsg(holder));
	cr_assert_gt(write_version_into_log(start->database->path, 3054001), 0);
	start_run(start, &one.registry);
	expect_status(start, RECONCILE_UNREACHABLE);
	expect_in(start->error->message, "written by SQLite 3.54.1, this program has ");
	expect_in(start->error->hint, "newer library");
	sqlite3_close(holder);
}
