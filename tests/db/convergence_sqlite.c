/*
 * Forms of column on SQLite, which knows affinities and not types. A changed default is often one
 * that looks like the declared one, and that the column's affinity makes another value of.
 */
#include "convergence.h"

/* clang-format off */
#define ROW(type, null, value, hand_type, hand_default, other_type, other_default)                 \
	{0, NULL, type, RECONCILE_##null, value,                                                   \
	 hand_type, hand_default, other_type, other_default, 0, false}
/* ADD COLUMN refuses it on a table with rows. */
#define CREATED_ROW(type, null, value, hand_type, hand_default, other_type, other_default)         \
	{0, NULL, type, RECONCILE_##null, value,                                                   \
	 hand_type, hand_default, other_type, other_default, 0, true}

static const struct convergence_row rows[] = {
	/* Affinities (datatype3.html, section 3.1.1) */
	ROW("INT", NULLABLE, NO_DEFAULT, "INTEGER", NULL, "TEXT", "0"),
	ROW("INTEGER", REQUIRED, NO_DEFAULT, "UNSIGNED BIG INT", NULL, "NUMERIC", "0"),
	ROW("TINYINT", NULLABLE, NO_DEFAULT, "int8", NULL, "REAL", "1"),
	ROW("BIGINT", NULLABLE, NO_DEFAULT, "MEDIUMINT", NULL, "BLOB", "-1"),
	ROW("FLOATING POINT", NULLABLE, NO_DEFAULT, "INT2", NULL, "FLOAT", "0"),
	ROW("CHARACTER(20)", NULLABLE, NO_DEFAULT, "VARCHAR(255)", NULL, "INTEGER", "''"),
	ROW("NCHAR(55)", NULLABLE, NO_DEFAULT, "NATIVE CHARACTER(70)", NULL, "BLOB", "''"),
	ROW("TEXT", REQUIRED, NO_DEFAULT, "CLOB", NULL, "STRING", "'x'"),
	ROW("VARCHAR ( 20 )", NULLABLE, NO_DEFAULT, "text", NULL, "DECIMAL", "''"),
	ROW("BLOB", NULLABLE, NO_DEFAULT, "", NULL, "TEXT", "x''"),
	ROW("REAL", NULLABLE, NO_DEFAULT, "DOUBLE PRECISION", NULL, "INTEGER", "0.0"),
	ROW("DOUBLE", NULLABLE, NO_DEFAULT, "FLOAT", NULL, "NUMERIC", "1.5"),
	ROW("NUMERIC", NULLABLE, NO_DEFAULT, "DECIMAL(10,5)", NULL, "INTEGER", "0"),
	ROW("BOOLEAN", NULLABLE, NO_DEFAULT, "DATE", NULL, "BLOB", "FALSE"),
	ROW("DATETIME", REQUIRED, NO_DEFAULT, "STRING", NULL, "TEXT", "CURRENT_TIMESTAMP"),
	ROW("JSONB", NULLABLE, NO_DEFAULT, "UUID", NULL, "REAL", "'{}'"),

	/* Numbers */
	ROW("INTEGER", NOT_NULL, DEFAULT("0"), "BIGINT", "0", "TEXT", "1"),
	ROW("INTEGER", NOT_NULL, DEFAULT("-1"), "INT", "-1", "REAL", "1"),
	ROW("INTEGER", NULLABLE, DEFAULT("5"), "INT", "+5", "TEXT", "-5"),
	ROW("INTEGER", NULLABLE, DEFAULT("16"), "INT", "0x10", "TEXT", "'0x10'"),
	ROW("INTEGER", NULLABLE, DEFAULT("0x10"), "INT", "'0x10'", "TEXT", "0x10"),
	ROW("INTEGER", NULLABLE, DEFAULT("1e3"), "INT", "1000", "TEXT", "1e4"),
	ROW("INTEGER", NULLABLE, DEFAULT("007"), "INT", "7", "TEXT", "8"),
	ROW("INTEGER", NULLABLE, DEFAULT(" 42 "), "INT", "'42'", "TEXT", "24"),
	ROW("INTEGER", NULLABLE, DEFAULT("9223372036854775807"),
	    "INT", "9223372036854775807", "TEXT", "9223372036854775806"),
	ROW("INTEGER", NULLABLE, DEFAULT("9223372036854775808"),
	    "INT", "9223372036854775808", "TEXT", "9223372036854775807"),
	ROW("INTEGER", NULLABLE, DEFAULT(""), "INT", "''", "TEXT", "0"),
	ROW("INTEGER", NULLABLE, DEFAULT("true"), "INT", "'true'", "TEXT", "true"),
	ROW("REAL", NOT_NULL, DEFAULT("1.5"), "FLOAT", "1.50", "TEXT", "-1.5"),
	ROW("REAL", NULLABLE, DEFAULT("1"), "DOUBLE", "1.0", "TEXT", "1.5"),
	ROW("REAL", NULLABLE, DEFAULT("1e-3"), "FLOAT", ".001", "TEXT", "1e-4"),
	ROW("REAL", NULLABLE, DEFAULT("-1.5E+2"), "FLOAT", "-150", "TEXT", "150"),
	ROW("REAL", NULLABLE, DEFAULT("0.1"), "FLOAT", "0.1", "TEXT", "0.1000000000000001"),
	ROW("NUMERIC", NOT_NULL, DEFAULT("1.0"), "DECIMAL(10,2)", "1", "TEXT", "2"),
	ROW("NUMERIC(10,2)", NULLABLE, DEFAULT("1.50"), "DECIMAL", "1.5", "TEXT", "1.51"),
	ROW("BOOLEAN", NOT_NULL, DEFAULT("0"), "BOOL", "FALSE", "TEXT", "TRUE"),
	ROW("BOOLEAN", NOT_NULL, DEFAULT("1"), "BOOL", "TRUE", "TEXT", "'0'"),
	ROW("BOOLEAN", NULLABLE, DEFAULT("true"), "BOOL", "'true'", "TEXT", "TRUE"),
	ROW("DATE", NULLABLE, DEFAULT("2024-02-29"),
	    "DATETIME", "'2024-02-29'", "TEXT", "'2024-02-28'"),

	/* Text */
	ROW("TEXT", NULLABLE, DEFAULT("x"), "CLOB", "\"x\"", "BLOB", "'y'"),
	ROW("VARCHAR(20)", NOT_NULL, DEFAULT(""), "TEXT", "''", "BLOB", "' '"),
	ROW("TEXT", NULLABLE, DEFAULT("A"), "CLOB", "'A'", "BLOB", "'a'"),
	ROW("TEXT", NULLABLE, DEFAULT("NULL"), "CLOB", "'NULL'", "BLOB", "'null'"),
	ROW("TEXT", NOT_NULL, DEFAULT("O'Brien"), "CLOB", "'O''Brien'", "BLOB", "'O''''Brien'"),
	ROW("TEXT", NOT_NULL, DEFAULT("back\\slash"),
	    "CLOB", "'back\\slash'", "BLOB", "'back\\\\slash'"),
	ROW("TEXT", NOT_NULL, DEFAULT("two\nlines\t."),
	    "CLOB", "'two\nlines\t.'", "BLOB", "'two\nlines .'"),
	ROW("TEXT", NOT_NULL, DEFAULT("Zoë ☃ 😀"), "CLOB", "'Zoë ☃ 😀'", "BLOB", "'Zoe ☃ 😀'"),
	ROW("TEXT", NULLABLE, DEFAULT("a\"b;--/*?1%s"),
	    "CLOB", "'a\"b;--/*?1%s'", "BLOB", "'a\"b;--/*?1%d'"),
	ROW("TEXT", NULLABLE, DEFAULT("7"), "CLOB", "7", "BLOB", "8"),
	ROW("TEXT", NULLABLE, DEFAULT("-5"), "CLOB", "-5", "BLOB", "5"),
	ROW("TEXT", NULLABLE, DEFAULT("+5"), "CLOB", "'+5'", "BLOB", "+5"),
	ROW("TEXT", NULLABLE, DEFAULT("007"), "CLOB", "'007'", "BLOB", "007"),
	ROW("TEXT", NULLABLE, DEFAULT("1.50"), "CLOB", "'1.50'", "BLOB", "1.50"),
	ROW("TEXT", NULLABLE, DEFAULT("1e3"), "CLOB", "'1e3'", "BLOB", "1e3"),
	ROW("TEXT", NULLABLE, DEFAULT("1000.0"), "CLOB", "1e3", "BLOB", "'1000'"),
	ROW("TEXT", NULLABLE, DEFAULT("12345678901234567890"),
	    "CLOB", "'12345678901234567890'", "BLOB", "12345678901234567890"),
	ROW("TEXT", NULLABLE, DEFAULT("TRUE"), "CLOB", "'TRUE'", "BLOB", "TRUE"),
	ROW("TEXT", NULLABLE, DEFAULT("1"), "CLOB", "TRUE", "BLOB", "'true'"),
	ROW("TEXT", NULLABLE, DEFAULT("CURRENT_TIMESTAMP"),
	    "CLOB", "'CURRENT_TIMESTAMP'", "BLOB", "CURRENT_TIMESTAMP"),
	ROW("TEXT", NULLABLE, DEFAULT("X'00'"), "CLOB", "'X''00'''", "BLOB", "X'00'"),
	ROW("TEXT", NULLABLE, DEFAULT("(1)"), "CLOB", "'(1)'", "BLOB", "(1)"),
	ROW("TEXT", NULLABLE, DEFAULT("{\"a\": [1]}"),
	    "CLOB", "'{\"a\": [1]}'", "BLOB", "'{\"a\":[1]}'"),

	/* Bytes, and columns without a type */
	ROW("BLOB", NULLABLE, DEFAULT("x"), "", "'x'", "TEXT", "x'78'"),
	ROW("BLOB", NULLABLE, DEFAULT("1"), "", "'1'", "TEXT", "1"),
	ROW("BLOB", NULLABLE, DEFAULT(""), "", "''", "TEXT", "x''"),

	/* Expressions: with a new table only */
	ROW("TEXT", NULLABLE, DEFAULT_SQL("NULL"), "CLOB", NULL, "BLOB", "''"),
	ROW("INTEGER", NULLABLE, DEFAULT_SQL("(NULL)"), "INT", "(NULL)", "TEXT", "0"),
	CREATED_ROW("BLOB", NULLABLE, DEFAULT_SQL("X'00ff'"), "", "x'00FF'", "TEXT", "x'00FE'"),
	CREATED_ROW("BOOLEAN", NOT_NULL, DEFAULT_SQL("TRUE"), "BOOL", "true", "TEXT", "false"),
	CREATED_ROW("INTEGER", NOT_NULL, DEFAULT_SQL("0x10"), "INT", "16", "TEXT", "17"),
	CREATED_ROW("INTEGER", NOT_NULL, DEFAULT_SQL("1 + 1"), "INT", "(1+1)", "TEXT", "(1 + 2)"),
	CREATED_ROW("INTEGER", NOT_NULL, DEFAULT_SQL("abs(-3)"),
	    "INT", "(ABS( -3 ))", "TEXT", "(abs(-4))"),
	CREATED_ROW("INTEGER", NOT_NULL, DEFAULT_SQL("random()"),
	    "INT", "(RANDOM())", "TEXT", "7"),
	CREATED_ROW("INTEGER", NOT_NULL, DEFAULT_SQL("unixepoch()"),
	    "INT", "(unixepoch( ))", "TEXT", "(unixepoch() + 1)"),
	CREATED_ROW("TEXT", NOT_NULL, DEFAULT_SQL("'a' || 'b'"),
	    "CLOB", "('a'||'b')", "BLOB", "('b' || 'a')"),
	CREATED_ROW("TEXT", NOT_NULL, DEFAULT_SQL("'x'"), "CLOB", "'x'", "BLOB", "'X'"),
	CREATED_ROW("TEXT", NOT_NULL, DEFAULT_SQL("coalesce(NULL, 'x')"),
	    "CLOB", "(COALESCE(NULL,'x'))", "BLOB", "(coalesce(NULL, 'y'))"),
	CREATED_ROW("TEXT", NULLABLE, DEFAULT_SQL("CASE WHEN 1 THEN 'a' ELSE 'b' END"),
	    "CLOB", "(case when 1 then 'a' else 'b' end)",
	    "BLOB", "(CASE WHEN 0 THEN 'a' ELSE 'b' END)"),
	CREATED_ROW("TEXT", NOT_NULL, DEFAULT_SQL("lower(hex(randomblob(16)))"),
	    "CLOB", "(LOWER(HEX(RANDOMBLOB(16))))", "BLOB", "x'00'"),
	CREATED_ROW("TEXT", NOT_NULL, DEFAULT_SQL("CURRENT_TIMESTAMP"),
	    "CLOB", "current_timestamp", "BLOB", "CURRENT_DATE"),
	CREATED_ROW("DATETIME", NOT_NULL, DEFAULT_SQL("CURRENT_TIMESTAMP"),
	    "TIMESTAMP", "(CURRENT_TIMESTAMP)", "TEXT", "(datetime('now', '+1 hour'))"),
	CREATED_ROW("TEXT", NULLABLE, DEFAULT_SQL("CURRENT_DATE"),
	    "CLOB", "( CURRENT_DATE )", "BLOB", "CURRENT_TIME"),
	CREATED_ROW("TEXT", NULLABLE, DEFAULT_SQL("datetime('now')"),
	    "CLOB", "(datetime( 'now' ))", "BLOB", "(date('now'))"),
	CREATED_ROW("TEXT", NULLABLE, DEFAULT_SQL("json_array(1, 'a')"),
	    "CLOB", "(json_array(1,'a'))", "BLOB", "(json_array(1))"),
};
/* clang-format on */

const struct convergence_table convergence_sqlite = {rows, COUNT(rows), NULL, 0};
