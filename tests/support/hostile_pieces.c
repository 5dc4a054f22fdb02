/* What the strings of hostile.h are made of. */
#include "hostile_pieces.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What opens, closes, separates or comments in some grammar: SQL, printf, psql, a shell. */
static const char *const marks[] = {
	"'",    "''",    "'''", "\"",   "\"\"", "`",        "\\",      "\\'",  "\\\\",
	"\\\"", "--",    "-- ", "/*",   "*/",   "/* /* */", "/* x */", "#",    "$",
	"$$",   "$tag$", "$1",  "?",    ":x",   ":'x'",     ":\"x\"",  "@x",   ",",
	";",    ";;",    "(",   ")",    "[",    "]",        "{",       "}",    "[]",
	"()",   "))",    "%",   "%s",   "%n",   "%1$s",     "%%",      "_",    ".",
	"..",   "=",     "::",  "||",   "*",    "&",        "|",       "<",    "!",
	"~",    "^",     "+",   "-",    "\\d",  "\\!",      "\\q",     "${x}", "`x`",
	"$(x)", "E'",    "U&'", "U&\"", "X'",   "B'",       "N'",      " ",    "  "};

/* Words that mean something to somebody. */
static const char *const words[] = {"a",
				    "A",
				    "x",
				    "0",
				    "1",
				    "-1",
				    "1.5",
				    "NULL",
				    "null",
				    "TRUE",
				    "select",
				    "SELECT",
				    "table",
				    "TABLE",
				    "order",
				    "user",
				    "group",
				    "Order",
				    "default",
				    "DEFAULT",
				    "primary",
				    "PRIMARY KEY",
				    "NOT NULL",
				    "UNIQUE",
				    "CHECK (false)",
				    "COLLATE \"C\"",
				    "AS (1)",
				    "CONSTRAINT c",
				    "column",
				    "rowid",
				    "oid",
				    "xmin",
				    "ctid",
				    "tableoid",
				    "cmax",
				    "sqlite_x",
				    "sqlite_stat1",
				    "pg_class",
				    "pg_catalog",
				    "pg_toast",
				    "public",
				    "public.canary",
				    "main.canary",
				    "temp.canary",
				    "canary",
				    "Canary",
				    "CANARY",
				    "canary ",
				    " canary",
				    "canary.word",
				    "COMMIT",
				    "; COMMIT; --",
				    "ROLLBACK",
				    "RESET ALL",
				    "(SELECT 1)",
				    "O'Brien",
				    "1 OR 1=1",
				    "C:\\temp\\new",
				    "a=b",
				    "{\"a\": 1}",
				    "<script>",
				    "True",
				    "inf",
				    "now",
				    "'now'",
				    "today"};

/* Whole statements and ends of them. */
static const char *const statements[] = {
	"REFERENCES canary",
	"GENERATED ALWAYS AS (1) STORED",
	"sqlite_sequence",
	"sqlite_autoindex_x",
	"information_schema",
	"reconcile_history",
	"Reconcile_History",
	"DROP TABLE canary",
	"DROP TABLE canary;",
	"; DROP TABLE canary;",
	"'; DROP TABLE canary; --",
	"\"; DROP TABLE canary; --",
	"); DROP TABLE canary; --",
	"')); DROP TABLE canary; --",
	", DROP COLUMN word",
	", DROP COLUMN id, ADD COLUMN z integer",
	"ALTER TABLE canary ADD z integer",
	"CREATE TABLE foreign_object (id integer)",
	"; CREATE TABLE foreign_object (id integer); --",
	"'); CREATE TABLE foreign_object (id integer); --",
	"\"); CREATE TABLE foreign_object (id integer); --",
	"DELETE FROM canary",
	"; DELETE FROM canary; --",
	"; ROLLBACK; BEGIN; --",
	"ATTACH DATABASE 'foreign.db' AS foreign_object",
	"PRAGMA writable_schema = 1",
	"COPY canary TO PROGRAM 'true'",
	"(SELECT word FROM canary LIMIT 1)",
	"\\copy canary from /dev/null",
	"Robert'); DROP TABLE canary;--",
	"../../etc/passwd",
};

/* What could stand in a type or in an expression, so that some of them are taken. */
static const char *const clauses[] = {"INTEGER",
				      "int",
				      "TEXT",
				      "varchar",
				      "VARCHAR(10)",
				      "NUMERIC(10,2)",
				      "numeric(3)",
				      "boolean",
				      "timestamptz(3)",
				      "bit varying(5)",
				      "jsonb",
				      "json",
				      "uuid",
				      "bytea",
				      "\"char\"",
				      "\"text\"",
				      "\"TEXT\"",
				      "pg_catalog.int4",
				      "canary",
				      "canary%ROWTYPE",
				      "SETOF int",
				      "record",
				      "anyelement",
				      "void",
				      "cstring",
				      "unknown",
				      "name",
				      "int ARRAY",
				      "int ARRAY[4]",
				      "[]",
				      "[3]",
				      "[3][]",
				      "(10)",
				      "(10,2)",
				      "(-1)",
				      "('x')",
				      "(1",
				      "'x'",
				      "'a''b'",
				      "''",
				      "'--'",
				      "'/*'",
				      "';'",
				      "E'\\n'",
				      "E'\\\\'",
				      "E'\\''",
				      "'\\'",
				      "U&'\\0041'",
				      "$$x$$",
				      "$tag$x",
				      "\"word\"",
				      "\"a\"\"b\"",
				      "word",
				      "id",
				      "::text",
				      "::\"text\"",
				      "CAST(1 AS text)",
				      "1",
				      "0",
				      "-1",
				      "1e3",
				      "0x10",
				      "X'41'",
				      "x'4'",
				      "B'01'",
				      "now()",
				      "CURRENT_USER",
				      "random()",
				      "lower('A')",
				      "length('a')",
				      "count(*)",
				      "sum(1)",
				      "nosuch()",
				      "(1)",
				      "((1))",
				      "('x')",
				      "(1, 2)",
				      "ROW(1)",
				      "ARRAY['a']",
				      "ARRAY[1]",
				      "(SELECT 1)",
				      "NULL",
				      "(NULL)",
				      "NULL::text",
				      "true",
				      " || ",
				      " + ",
				      " OR ",
				      " AND ",
				      " IS NULL",
				      " COLLATE \"C\"",
				      " COLLATE nocase",
				      " ",
				      "\n",
				      "\t",
				      "\r\n",
				      "\f"};

static const char *const long_clauses[] = {
	"TIMESTAMP WITH TIME ZONE",
	"double precision",
	"interval day to second(3)",
	"pg_catalog.\"int4\"",
	"canary.word%TYPE",
	"$tag$'$$;--$tag$",
	"CURRENT_TIMESTAMP",
	"row_number() OVER ()",
	"generate_series(1,2)",
	"(SELECT count(*) FROM canary)",
	"CASE WHEN true THEN 'a' END",
};

/* Valid text that looks like other text, or that steers who shows it. */
static const char *const letters[] = {
	"\xc3\xa4",         /* a umlaut */
	"\xc3\x84",         /* A umlaut */
	"a\xcc\x88",        /* a and a combining umlaut */
	"\xc3\x9f",         /* sharp s */
	"\xc4\xb0",         /* I with a dot, two characters in lower case */
	"\xc4\xb1",         /* i without one */
	"\xe2\x84\xaa",     /* the Kelvin sign, which folds to k */
	"\xc5\xbf",         /* the long s, which folds to s */
	"\xd0\xb0",         /* Cyrillic a */
	"\xef\xbc\x87",     /* full-width apostrophe */
	"\xca\xbc",         /* modifier letter apostrophe */
	"\xe2\x80\x98",     /* left single quotation mark */
	"\xe2\x80\x99",     /* right single quotation mark */
	"\xe2\x80\x9c",     /* left double quotation mark */
	"\xe2\x80\x9d",     /* right double quotation mark */
	"\xc2\xb4",         /* acute accent */
	"\xe2\x80\xae",     /* right-to-left override */
	"\xe2\x81\xa6",     /* left-to-right isolate */
	"\xe2\x80\x8f",     /* right-to-left mark */
	"\xe2\x80\x8b",     /* zero width space */
	"\xef\xbb\xbf",     /* byte order mark */
	"\xc2\xa0",         /* no-break space */
	"\xe3\x80\x80",     /* ideographic space */
	"\xe2\x80\xa8",     /* line separator */
	"\xe2\x80\xa9",     /* paragraph separator */
	"\xc2\xad",         /* soft hyphen */
	"\xd7\xa9",         /* Hebrew */
	"\xd8\xb9",         /* Arabic */
	"\xe6\xbc\xa2",     /* Chinese */
	"\xf0\x9f\x98\x80", /* emoji */
	"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", /* two of them, joined */
	"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",             /* a flag of two letters */
	"\xef\xbf\xbd",                                 /* the replacement character */
	"\xef\xbf\xbf",                                 /* no character, and yet valid */
	"\xf4\x8f\xbf\xbf",                             /* the last code point */
};

/* Control characters and what is no UTF-8 at all. */
static const char *const poisons[] = {
	"\x01",
	"\a",
	"\b",
	"\t",
	"\n",
	"\v",
	"\f",
	"\r",
	"\r\n",
	"\n-- ",
	"\n;",
	"\nerror: forged line",
	"\x1b[2J",
	"\x1b]0;title\a",
	"\x1f",
	"\x7f",
	"\xc2\x85",  /* next line, C1 */
	"\xc2\x9bJ", /* CSI, C1 */
	"\x80",      /* a continuation without beginning */
	"\xbf'",
	"\xc3", /* a beginning without continuation */
	"\xc3'",
	"\xc3\"",
	"\xe2\x82",                 /* cut off */
	"\xf0\x9f\x98",             /* cut off */
	"\xc0\x80",                 /* overlong NUL */
	"\xc0\xa7",                 /* overlong apostrophe */
	"\xe0\x80\xa7",             /* the same, longer */
	"\xf0\x80\x80\xa7",         /* and longer */
	"\xed\xa0\x80",             /* a surrogate */
	"\xed\xa0\xbd\xed\xb8\x80", /* a pair of them: CESU-8 */
	"\xf4\x90\x80\x80",         /* above the last code point */
	"\xf8\x88\x80\x80\x80",     /* five bytes */
	"\xfe",
	"\xff",
	"\xe4",     /* Latin 1 */
	"\x81\x5c", /* Shift JIS: its second byte is a backslash */
	"\xbf\x5c", /* GBK: the same */
};

/* In the order of the enum. */
const struct hostile_set hostile_sets[HOSTILE_SETS] = {
	{marks, COUNT(marks)},
	{words, COUNT(words)},
	{statements, COUNT(statements)},
	{clauses, COUNT(clauses)},
	{long_clauses, COUNT(long_clauses)},
	{letters, COUNT(letters)},
	{poisons, COUNT(poisons)},
};
