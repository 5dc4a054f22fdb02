/* The reserved words and the known functions of src/model, held against the real databases. */
#include "../../src/model/function.h"
#include "../../src/model/keyword.h"
#include "../support/database.h"
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- PostgreSQL ----------------------------------------------------------- */

Test(keyword, postgres_reserves_what_the_list_says)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	char *text =
		database_value(database, "SELECT string_agg(word, ' ') FROM pg_get_keywords()\n"
					 " WHERE catcode IN ('R', 'T')");
	size_t listed = 0, reserved = 0;
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "), reserved++)
		cr_expect(keyword_flags(word, strlen(word)) & KEYWORD_POSTGRESQL,
			  "'%s' is reserved, and not listed", word);
	for (size_t i = 0; i < keyword_count; i++) {
		bool later = strcmp(keywords[i].word, "system_user") == 0 &&
			     database_version(database) < 16;
		listed += keywords[i].flags & KEYWORD_POSTGRESQL && !later;
	}
	cr_expect(reserved >= 100 && listed == reserved, "%zu words are listed, %zu reserved",
		  listed, reserved);
	free(text);
	database_free(database);
}

/* In what pg_get_keywords() calls reserved, no bare word is a column's name. */
Test(keyword, postgres_takes_the_other_words_of_the_list)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	for (size_t i = 0; i < keyword_count; i++)
		if (!(keywords[i].flags & KEYWORD_POSTGRESQL))
			database_execute(database,
					 "CREATE TEMP TABLE %s (%s int);"
					 "INSERT INTO %s (%s) VALUES (1); DROP TABLE %s",
					 keywords[i].word, keywords[i].word, keywords[i].word,
					 keywords[i].word, keywords[i].word);
	database_free(database);
}

/* ---- SQLite --------------------------------------------------------------- */

static int keep_text(void *text, int count, char **values, char **names)
{
	(void)count;
	(void)names;
	snprintf(text, 100, "%s", values[0] ? values[0] : "NULL");
	return 0;
}

/* Does a statement give that text? "%.*s" in it, up to three times, is the word. */
static bool gives(sqlite3 *db, const char *format, const char *word, int length, const char *wanted)
{
	char sql[1000], text[100] = "";
	snprintf(sql, sizeof(sql), format, length, word, length, word, length, word);
	return sqlite3_exec(db, sql, keep_text, text, NULL) == SQLITE_OK &&
	       strcmp(text, wanted) == 0;
}

static bool is_column_name(const char *word, int length)
{
	sqlite3 *db;
	cr_assert(sqlite3_open(":memory:", &db) == SQLITE_OK);
	cr_assert(gives(db, "CREATE TABLE t (\"%.*s\" TEXT)", word, length, ""));
	bool fine =
		gives(db, "CREATE TABLE u (%.*s int)", word, length, "") &&
		gives(db, "CREATE TABLE v (x); ALTER TABLE v ADD %.*s int", word, length, "") &&
		gives(db, "INSERT INTO t (%.*s) VALUES ('a')", word, length, "") &&
		gives(db, "SELECT %.*s FROM t WHERE %.*s = 'a' ORDER BY %.*s", word, length, "a") &&
		gives(db, "UPDATE t SET %.*s = 'b'", word, length, "");
	sqlite3_close(db);
	return fine;
}

static bool is_table_name(const char *word, int length)
{
	sqlite3 *db;
	cr_assert(sqlite3_open(":memory:", &db) == SQLITE_OK);
	bool fine = gives(db, "CREATE TABLE %.*s (c int)", word, length, "") &&
		    gives(db, "INSERT INTO %.*s VALUES (1)", word, length, "") &&
		    gives(db, "SELECT c FROM %.*s", word, length, "1") &&
		    gives(db, "DROP TABLE %.*s", word, length, "");
	sqlite3_close(db);
	return fine;
}

Test(keyword, sqlite_reserves_what_the_list_says)
{
	size_t columns = 0, tables = 0;
	for (int i = 0; i < sqlite3_keyword_count(); i++) {
		const char *word;
		int length;
		cr_assert(sqlite3_keyword_name(i, &word, &length) == SQLITE_OK);
		unsigned flags = keyword_flags(word, (size_t)length);
		bool column = !is_column_name(word, length), table = !is_table_name(word, length);
		cr_expect(column == ((flags & KEYWORD_SQLITE_COLUMN) != 0), "column %.*s: %d",
			  length, word, column);
		cr_expect(table == ((flags & KEYWORD_SQLITE_TABLE) != 0), "table %.*s: %d", length,
			  word, table);
		columns += column;
		tables += table;
	}
	cr_expect(columns > 50 && tables > 50, "%zu and %zu are few", columns, tables);
	for (size_t i = 0; i < keyword_count; i++) {
		const char *word = keywords[i].word;
		int length = (int)strlen(word);
		bool column = keywords[i].flags & KEYWORD_SQLITE_COLUMN,
		     table = keywords[i].flags & KEYWORD_SQLITE_TABLE;
		cr_expect(is_column_name(word, length) == !column, "column %s", word);
		cr_expect(is_table_name(word, length) == !table, "table %s", word);
	}
}

/* ---- functions ------------------------------------------------------------ */

/* What server and its usual extensions have of the list is as volatile as the list says. */
Test(function, postgres_has_and_lacks_what_the_list_says)
{
	static const char *const extensions[] = {"uuid-ossp", "pgcrypto"};
	struct database *database = database_new(ENGINE_POSTGRES);
	/* Not every server has them. */
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		char sql[100];
		snprintf(sql, sizeof(sql), "CREATE EXTENSION \"%s\"", extensions[i]);
		PQclear(PQexec(database->admin, sql));
	}
	size_t found = 0;
	for (size_t i = 0; i < function_count; i++) {
		unsigned flags = functions[i].flags;
		char *kinds = database_value(
			database,
			"SELECT string_agg(DISTINCT provolatile::text, '') FROM pg_proc\n"
			" WHERE proname = '%s'",
			functions[i].name);
		/* Words are grammar, some of them functions too. */
		if (flags & FUNCTION_NOT_IN_POSTGRESQL)
			cr_expect(!*kinds, "PostgreSQL has %s", functions[i].name);
		else if (*kinds && !(flags & FUNCTION_WORD))
			cr_expect((strcmp(kinds, "v") == 0) == ((flags & FUNCTION_VOLATILE) != 0),
				  "%s is '%s'", functions[i].name, kinds);
		found += *kinds != '\0';
		free(kinds);
	}
	cr_expect(found > 15, "only %zu are there", found);
	database_free(database);
}

Test(function, sqlite_has_and_lacks_what_the_list_says)
{
	struct database *database = database_new(ENGINE_SQLITE);
	for (size_t i = 0; i < function_count; i++) {
		bool there = database_number(database,
					     "SELECT count(*) FROM pragma_function_list\n"
					     " WHERE name = '%s'",
					     functions[i].name) > 0;
		bool lacks = functions[i].flags & FUNCTION_NOT_IN_SQLITE;
		cr_expect(there == !lacks, "%s: %d", functions[i].name, there);
	}
	database_free(database);
}
