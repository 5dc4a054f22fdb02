/*
 * The rules that make a warning: the registry can be used, and it will hurt.
 *
 * A row: code, is it an error, summary, explanation (why, what happens otherwise, what to do), a
 * wrong row of a registry, a right one; then what rule.h says.
 */
#include "rule.h"

/* Texts stay broken where a reader breaks them. */
/* clang-format off */
const struct rule_facts rule_warnings[] = {
	[RULE_RESERVED_WORD - RULE_FIRST_WARNING] = {
		.shown = {"reserved-word", false,
			"a name that is a reserved word",
			"The database does not take this word for a name unless it stands in "
			"double quotes. All statements of this library quote every name, so the "
			"column is added; but the service's own SQL must quote it too, each time, "
			"and so must everybody who types a query. Usually forgetting is a syntax "
			"error. Some words are worse: SELECT user FROM orders gives the name of "
			"the database user in every row.",
			"COLUMN( orders, user, \"TEXT\", NULLABLE, NO_DEFAULT, \"Who ordered\" )",
			"COLUMN( orders, user_name, \"TEXT\", NULLABLE, NO_DEFAULT, \"Who ordered\" )"},
		.about = FOR_BOTH,
		.hint = "quote it in every statement of the service, or rename it while that is cheap",
	},
	[RULE_MIXED_CASE - RULE_FIRST_WARNING] = {
		.shown = {"mixed-case", false,
			"a name with capital letters",
			"PostgreSQL turns every unquoted name into small letters. This library "
			"quotes names, so the column gets its capitals, and from then on every "
			"statement of the service must quote it: SELECT createdAt looks for "
			"createdat and does not find it. SQLite does not mind. Use small letters "
			"and underscores.",
			"COLUMN( orders, createdAt, \"TIMESTAMP\", NULLABLE, NO_DEFAULT, \"When\" )",
			"COLUMN( orders, created_at, \"TIMESTAMP\", NULLABLE, NO_DEFAULT, \"When\" )"},
		.about = FOR_POSTGRESQL,
	},
	[RULE_NAME_CHARACTERS - RULE_FIRST_WARNING] = {
		.shown = {"name-characters", false,
			"a name that needs quotes because of its characters",
			"A name that begins with a digit or has a space, a dot or another mark "
			"must stand in double quotes in every statement of the service. A dot is a "
			"special trap: it does not separate a schema from a table here, for names "
			"are exact. The schema comes from the options.",
			".table = \"public.orders\"",
			".table = \"orders\""},
		.about = FOR_BOTH,
		.hint = "use letters, digits and '_', and begin with a letter",
	},
	[RULE_CASE_CLASH - RULE_FIRST_WARNING] = {
		.shown = {"case-clash", false,
			"two names that differ only in case",
			"PostgreSQL tells the two apart only when both stand in double quotes; "
			"without them it means the one in small letters, so a forgotten quote "
			"reads or writes the other column, silently. SQLite cannot have both: "
			"creating the second fails. With --engine sqlite this is an error.",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, NO_DEFAULT, \"Remarks\" )\n"
			"COLUMN( orders, Note, \"TEXT\", NULLABLE, NO_DEFAULT, \"For us\" )",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, NO_DEFAULT, \"Remarks\" )\n"
			"COLUMN( orders, internal_note, \"TEXT\", NULLABLE, NO_DEFAULT, \"For us\" )"},
		.about = FOR_BOTH,
		.refused_by = FOR_SQLITE,
		.hint = "rename one of them: SQLite takes both for the same name",
	},
	[RULE_SYSTEM_COLUMN - RULE_FIRST_WARNING] = {
		.shown = {"system-column", false,
			"a column that every table of PostgreSQL has",
			"Every table of PostgreSQL has the columns tableoid, xmin, cmin, xmax, "
			"cmax and ctid, for the server's own use, and no other column can have "
			"such a name. SQLite does not mind. With --engine postgresql this is an "
			"error.",
			"COLUMN( shapes, xmin, \"REAL\", NULLABLE, NO_DEFAULT, \"Left edge\" )",
			"COLUMN( shapes, x_min, \"REAL\", NULLABLE, NO_DEFAULT, \"Left edge\" )"},
		.about = FOR_POSTGRESQL,
		.refused_by = FOR_POSTGRESQL,
		.hint = "give the column another name",
	},
	[RULE_SQLITE_NAME - RULE_FIRST_WARNING] = {
		.shown = {"sqlite-name", false,
			"a table whose name SQLite keeps for itself",
			"SQLite keeps names that begin with sqlite_ for its own tables, in any "
			"case, and refuses to create one. PostgreSQL does not mind. With --engine "
			"sqlite this is an error.",
			"TABLE( sqlite_cache, \"Answers\" )\n"
			"COLUMN( sqlite_cache, id, \"INTEGER\", PRIMARY_KEY, NO_DEFAULT, \"Key\" )",
			"TABLE( answer_cache, \"Answers\" )\n"
			"COLUMN( answer_cache, id, \"INTEGER\", PRIMARY_KEY, NO_DEFAULT, \"Key\" )"},
		.about = FOR_SQLITE,
		.refused_by = FOR_SQLITE,
		.hint = "give the table another name",
	},
	[RULE_VOLATILE_DEFAULT - RULE_FIRST_WARNING] = {
		.shown = {"volatile-default", false,
			"a default for which PostgreSQL rewrites the table",
			"A default that gives another value each time it is asked must be computed "
			"for every row there is, so PostgreSQL writes the whole table anew while "
			"nobody else may read it. On an empty table that is nothing; on a large "
			"one the service stands still. A start refuses it on a table with rows "
			"unless allow_rewrite says otherwise. Add the column as NULLABLE without "
			"default and let the service fill it in. now() and CURRENT_TIMESTAMP do "
			"not rewrite, from PostgreSQL 11 on.",
			"COLUMN( orders, token, \"UUID\", NULLABLE,\n"
			"\tDEFAULT_SQL(\"gen_random_uuid()\"), \"For a link\" )",
			"COLUMN( orders, token, \"UUID\", NULLABLE, NO_DEFAULT, \"For a link\" )"},
		.about = FOR_POSTGRESQL,
		.hint = "add the column without it and let the service fill it in, or allow the rewrite",
	},
	[RULE_FROZEN_DEFAULT - RULE_FIRST_WARNING] = {
		.shown = {"frozen-default", false,
			"a date or time that is frozen for all later rows",
			"As text, PostgreSQL reads 'now', 'today', 'tomorrow' and 'yesterday' "
			"once: when the column is added. Every row that is inserted later gets "
			"that one instant, and nothing looks wrong. Use an expression, which is "
			"computed for each row: DEFAULT_SQL(\"now()\").",
			"COLUMN( orders, placed_at, \"TIMESTAMP\", NULLABLE,\n"
			"\tDEFAULT(\"now()\"), \"When\" )",
			"COLUMN( orders, placed_at, \"TIMESTAMP\", NULLABLE,\n"
			"\tDEFAULT_SQL(\"now()\"), \"When\" )"},
		.about = FOR_POSTGRESQL,
		.hint = "use DEFAULT_SQL(\"now()\") or DEFAULT_SQL(\"CURRENT_DATE\")",
	},
	[RULE_SQL_IN_VALUE - RULE_FIRST_WARNING] = {
		.shown = {"sql-in-value", false,
			"a default value that looks like SQL",
			"The text of DEFAULT is a value: it is quoted for you, whatever it holds. "
			"A call, a keyword or quotes of your own inside it become part of the "
			"value, so that rows hold the text gen_random_uuid() or 'new' with its "
			"quotes; a column that is not text refuses it.",
			"COLUMN( orders, status, \"TEXT\", NULLABLE, DEFAULT(\"'new'\"), \"Progress\" )",
			"COLUMN( orders, status, \"TEXT\", NULLABLE, DEFAULT(\"new\"), \"Progress\" )"},
		.about = FOR_BOTH,
		.hint = "use DEFAULT_SQL(...) for an expression, DEFAULT(...) without quotes of your own for a value",
	},
	[RULE_BARE_DEFAULT - RULE_FIRST_WARNING] = {
		.shown = {"bare-default", false,
			"a default expression that is only a name",
			"A word that stands alone in an expression is the name of a column, and no "
			"database takes a column as a default. Usually a text was meant: put it "
			"into DEFAULT, which quotes it. Words like CURRENT_TIMESTAMP, TRUE and "
			"NULL are fine.",
			"COLUMN( orders, status, \"TEXT\", NULLABLE, DEFAULT_SQL(\"new\"), \"Progress\" )",
			"COLUMN( orders, status, \"TEXT\", NULLABLE, DEFAULT(\"new\"), \"Progress\" )"},
		.about = FOR_BOTH,
		.hint = "a value goes into DEFAULT(...), which quotes it",
	},
	[RULE_FOREIGN_FUNCTION - RULE_FIRST_WARNING] = {
		.shown = {"foreign-function", false,
			"a default with a function of the other database",
			"PostgreSQL and SQLite have few functions in common. PostgreSQL refuses a "
			"default with a function that it does not know. SQLite takes it, and then "
			"refuses every INSERT that leaves the column out. For a registry that "
			"serves both, use CURRENT_TIMESTAMP, a constant, or no default. With "
			"--engine, only what that database lacks is reported.",
			"COLUMN( orders, placed_at, \"TIMESTAMP\", NULLABLE,\n"
			"\tDEFAULT_SQL(\"now()\"), \"When\" )",
			"COLUMN( orders, placed_at, \"TIMESTAMP\", NULLABLE,\n"
			"\tDEFAULT_SQL(\"CURRENT_TIMESTAMP\"), \"When\" )"},
		.about = FOR_BOTH,
		.hint = "declare it in a registry for that database only, or let the service fill the column in",
	},
	[RULE_SQLITE_DEFAULT - RULE_FIRST_WARNING] = {
		.shown = {"sqlite-default", false,
			"a default that SQLite adds to empty tables only",
			"SQLite does not touch the rows when it adds a column, so the default must "
			"be a constant: a number, a text, a blob, NULL, TRUE or FALSE, perhaps "
			"with a sign or CAST. CURRENT_TIMESTAMP, calls and arithmetic are accepted "
			"in a new table and in an empty one, and refused as soon as there is a "
			"row: it passes every test and fails in production. For a column that has "
			"been there since its table was created there is nothing to do.",
			"COLUMN( orders, placed_at, \"TIMESTAMP\", NULLABLE,\n"
			"\tDEFAULT_SQL(\"CURRENT_TIMESTAMP\"), \"When\" )",
			"COLUMN( orders, placed_at, \"TIMESTAMP\", NULLABLE, NO_DEFAULT, \"When\" )"},
		.about = FOR_SQLITE,
		.hint = "a column that is added later needs a constant or no default; one that comes with its table may keep it",
	},
	[RULE_SQLITE_QUOTING - RULE_FIRST_WARNING] = {
		.shown = {"sqlite-quoting", false,
			"quotes that SQLite reads otherwise",
			"E'...' and $$...$$ are PostgreSQL's own. SQLite takes the E for a name "
			"and $$ for a parameter, and refuses the column. Use standard quotes, in "
			"which a quote is written twice; or DEFAULT, which quotes a value for you. "
			"With --engine sqlite this is an error.",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, DEFAULT_SQL(\"E'new'\"), \"Remarks\" )",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, DEFAULT_SQL(\"'new'\"), \"Remarks\" )"},
		.about = FOR_SQLITE,
		.refused_by = FOR_SQLITE,
		.hint = "use standard quotes: 'it''s'",
	},
	[RULE_SQLITE_SYNTAX - RULE_FIRST_WARNING] = {
		.shown = {"sqlite-syntax", false,
			"an expression that SQLite cannot read",
			"'0'::integer, DATE '2020-01-01' and ARRAY[1] are PostgreSQL's way to "
			"write things. SQLite refuses the column. CAST('0' AS integer) means the "
			"same to both; where the column's own type says enough, use DEFAULT with a "
			"plain value. With --engine sqlite this is an error.",
			"COLUMN( orders, total, \"INTEGER\", NULLABLE,\n"
			"\tDEFAULT_SQL(\"'0'::integer\"), \"Sum\" )",
			"COLUMN( orders, total, \"INTEGER\", NULLABLE, DEFAULT(\"0\"), \"Sum\" )"},
		.about = FOR_SQLITE,
		.refused_by = FOR_SQLITE,
		.hint = "write CAST(... AS type), or leave the type out",
	},
	[RULE_SQLITE_TYPE - RULE_FIRST_WARNING] = {
		.shown = {"sqlite-type", false,
			"a type that SQLite cannot read",
			"SQLite takes nearly any words for a type, but not a schema, not a "
			"reserved word, not words or strings in brackets, not more than two "
			"numbers, and nothing behind the brackets: it refuses the column. "
			"TIMESTAMP(3) WITH TIME ZONE and geometry(Point,4326) are such types. With "
			"--engine sqlite this is an error.",
			"COLUMN( places, spot, \"geometry(Point,4326)\",\n"
			"\tNULLABLE, NO_DEFAULT, \"Where\" )",
			"COLUMN( places, spot, \"geometry\", NULLABLE, NO_DEFAULT, \"Where\" )"},
		.about = FOR_SQLITE,
		.refused_by = FOR_SQLITE,
		.hint = "SQLite takes words, and behind them at most two numbers in brackets",
	},
};
/* clang-format on */
