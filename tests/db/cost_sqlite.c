/*
 * Forms of column on SQLite. What ADD COLUMN refuses on a table with rows is written in
 * lang_altertable.html, section 4, and in what a DEFAULT may be (lang_createtable.html, 3.2).
 */
#include "cost.h"

/* clang-format off */
#define ROW(type, null, value) {0, type, RECONCILE_##null, value}

static const struct cost_row rows[] = {
	/* Without a default */
	ROW("INTEGER", NULLABLE, NO_DEFAULT),
	ROW("TEXT", NULLABLE, NO_DEFAULT),
	ROW("BLOB", NULLABLE, NO_DEFAULT),
	ROW("DECIMAL(10,2)", NULLABLE, NO_DEFAULT),
	ROW("\"odd type\"", NULLABLE, NO_DEFAULT),
	ROW("INTEGER", REQUIRED, NO_DEFAULT),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("NULL")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("(NULL)")),

	/* Values */
	ROW("INTEGER", NULLABLE, DEFAULT("0")),
	ROW("INTEGER", NOT_NULL, DEFAULT("0")),
	ROW("INTEGER", NOT_NULL, DEFAULT("-9223372036854775808")),
	ROW("INTEGER", NULLABLE, DEFAULT("a word")),
	ROW("INTEGER", NOT_NULL, DEFAULT("")),
	ROW("REAL", NOT_NULL, DEFAULT("1e3")),
	ROW("BOOLEAN", NOT_NULL, DEFAULT("TRUE")),
	ROW("TEXT", NOT_NULL, DEFAULT("")),
	ROW("TEXT", NOT_NULL, DEFAULT("NULL")),
	ROW("TEXT", NULLABLE, DEFAULT("O'Brien \\ \n \xe2\x98\x83")),
	ROW("VARCHAR(3)", NOT_NULL, DEFAULT("four")),
	ROW("DATETIME", NOT_NULL, DEFAULT("CURRENT_TIMESTAMP")),
	ROW("BLOB", NOT_NULL, DEFAULT("X'00'")),
	ROW("JSON", NOT_NULL, DEFAULT("{\"a\": [1]}")),

	/* Expressions */
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("0")),
	ROW("INTEGER", NOT_NULL, DEFAULT_SQL("0")),
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("-1")),
	ROW("REAL", NOT_NULL, DEFAULT_SQL("1.5")),
	ROW("TEXT", NOT_NULL, DEFAULT_SQL("'x'")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("('x')")),
	ROW("BLOB", NULLABLE, DEFAULT_SQL("X'00ff'")),
	ROW("BOOLEAN", NOT_NULL, DEFAULT_SQL("TRUE")),
	ROW("TEXT", NOT_NULL, DEFAULT_SQL("CURRENT_TIMESTAMP")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("CURRENT_DATE")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("current_time")),
	ROW("INTEGER", NOT_NULL, DEFAULT_SQL("1 + 1")),
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("abs(-3)")),
	ROW("INTEGER", NOT_NULL, DEFAULT_SQL("random()")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("lower('A') || 'b'")),
	ROW("TEXT", NOT_NULL, DEFAULT_SQL("datetime('now')")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("nullif(1, 1)")),
	ROW("INTEGER", NOT_NULL, DEFAULT_SQL("nullif(1, 1)")),
	ROW("TEXT", NULLABLE, DEFAULT_SQL("CASE WHEN 1 THEN 'a' END")),

	/* What is no default in any table */
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("id + 1")),
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("(SELECT 1)")),
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("nosuch(1)")),
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("count(*)")),
};
/* clang-format on */

const struct cost_table cost_sqlite = {rows, COUNT(rows), NULL, 0};
