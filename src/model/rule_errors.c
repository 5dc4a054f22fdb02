/*
 * The rules that make an error: with them no registry can be used.
 *
 * A row: code, is it an error, summary, explanation (why, what happens otherwise, what to do), a
 * wrong row of a registry, a right one; then what rule.h says.
 */
#include "rule.h"

/* Texts stay broken where a reader breaks them. */
/* clang-format off */
const struct rule_facts rule_errors[] = {
	[RULE_REGISTRY_MISSING] = {
		.shown = {"registry-missing", true,
			"no registry at all",
			"The pointer to the registry is NULL, so there is nothing to compare with "
			"a database. Usually a variable was not filled in yet when the call was "
			"made. Pass the address of a registry: the one that reconcile-registry.h "
			"defines, or one that the program has filled in itself.",
			"reconcile(NULL, NULL, NULL);",
			"reconcile(&memstack_registry, NULL, NULL);"},
		.hint = "pass the address of a registry",
	},
	[RULE_LAYOUT] = {
		.shown = {"layout", true,
			"a registry compiled for another library version",
			"The first number in a registry says how the rest of it lies in memory. It "
			"is not the number that this library reads, so nothing behind it can be "
			"trusted, not even the name, and nothing else is checked. Compile the "
			"registry and the program with the reconcile.h that came with the library; "
			"a program that fills the struct itself sets layout to "
			"RECONCILE_REGISTRY_LAYOUT.",
			".layout = 0",
			".layout = RECONCILE_REGISTRY_LAYOUT"},
		.hint = "compile the registry with the reconcile.h of this library",
	},
	[RULE_ROWS_MISSING] = {
		.shown = {"rows-missing", true,
			"a registry that counts rows it does not have",
			"The registry says how many tables or columns it has, and the pointer to "
			"them is NULL. Reading them would end the program. Set pointer and count "
			"together; a registry without TABLE rows has both zero.",
			".columns = NULL, .column_count = 41",
			".columns = columns, .column_count = 41"},
		.hint = "set the pointer and its count together",
	},
	[RULE_REGISTRY_NAME] = {
		.shown = {"registry-name", true,
			"a registry name that needs quotes",
			"The name of a registry stands in every line of the log, in the history of "
			"the database and on the command line. It has 1 to 63 characters, each a "
			"letter of ASCII, a digit, '_' or '-', so that none of these needs quotes.",
			".name = \"my registry\"",
			".name = \"my-registry\""},
		.hint = "use 1 to 63 letters of ASCII, digits, '_' and '-'",
	},
	[RULE_NAME_EMPTY] = {
		.shown = {"name-empty", true,
			"a table or column without a name",
			"No database takes a table or a column without a name. In a registry that "
			"is filled in at run time, a NULL counts as no name.",
			"COLUMN( orders, , \"TEXT\", NULLABLE, NO_DEFAULT, \"Remarks\" )",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, NO_DEFAULT, \"Remarks\" )"},
		.hint = "give it a name",
	},
	[RULE_NAME_TOO_LONG] = {
		.shown = {"name-too-long", true,
			"a name over 63 bytes",
			"PostgreSQL cuts every name after 63 bytes and says so only in a notice. "
			"The table would have a column with the cut name, and the declared one "
			"would be missing again at each start. Letters outside ASCII take two to "
			"four bytes each.",
			"COLUMN( orders,\n"
			"\tminutes_between_the_order_and_the_moment_when_the_parcel_left_us,\n"
			"\t\"INTEGER\", NULLABLE, NO_DEFAULT, \"For the statistics\" )",
			"COLUMN( orders, minutes_to_shipment,\n"
			"\t\"INTEGER\", NULLABLE, NO_DEFAULT, \"For the statistics\" )"},
		.hint = "shorten it to at most 63 bytes",
	},
	[RULE_NAME_ENCODING] = {
		.shown = {"name-encoding", true,
			"a name not in UTF-8, or with a control character",
			"All text is UTF-8. PostgreSQL refuses anything else in a UTF-8 database; "
			"SQLite would keep it, and nobody could type the name again. A control "
			"character, such as a line break, would spoil every log and every list "
			"that shows the name.",
			".column = \"caf\\xe9\"",
			".column = \"caf\\xc3\\xa9\""},
		.hint = "save the file as UTF-8, and keep control characters out of names",
	},
	[RULE_HISTORY_NAME] = {
		.shown = {"history-name", true,
			"a table with the name of our own history",
			"reconcile_history is the table in which every change is written down, in "
			"the schema of the changed table. Names that differ from it only in case "
			"count too, because SQLite takes them for the same. Give the table another "
			"name.",
			"TABLE( reconcile_history, \"Ours\" )\n"
			"COLUMN( reconcile_history, id, \"INTEGER\", PRIMARY_KEY, NO_DEFAULT, \"Key\" )",
			"TABLE( order_history, \"Ours\" )\n"
			"COLUMN( order_history, id, \"INTEGER\", PRIMARY_KEY, NO_DEFAULT, \"Key\" )"},
		.hint = "give the table another name",
	},
	[RULE_DECLARED_TWICE] = {
		.shown = {"declared-twice", true,
			"a table or column that is declared twice",
			"Two rows declare the same name. Which of them would be meant, if they "
			"differ, nobody can tell. The compiler finds this in a .def file; in a "
			"registry that is filled in at run time it is found here. Remove one of "
			"the two.",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, NO_DEFAULT, \"Remarks\" )\n"
			"COLUMN( orders, note, \"VARCHAR\", NULLABLE, NO_DEFAULT, \"Remarks\" )",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, NO_DEFAULT, \"Remarks\" )"},
		.hint = "remove one of the two",
	},
	[RULE_TABLE_WITHOUT_COLUMNS] = {
		.shown = {"table-without-columns", true,
			"a TABLE row without any COLUMN row",
			"A TABLE row says that the table is created when it is missing, from its "
			"COLUMN rows. There are none, so nothing could be created. Often the name "
			"of the table is spelled differently in one of the two places.",
			"TABLE( orders, \"What was ordered\" )\n"
			"COLUMN( order, id, \"INTEGER\", PRIMARY_KEY, NO_DEFAULT, \"Key\" )",
			"TABLE( orders, \"What was ordered\" )\n"
			"COLUMN( orders, id, \"INTEGER\", PRIMARY_KEY, NO_DEFAULT, \"Key\" )"},
		.hint = "declare its columns, or remove the TABLE row",
	},
	[RULE_TYPE_GRAMMAR] = {
		.shown = {"type-grammar", true,
			"a type that is not a type alone",
			"The type stands unquoted in the statement that adds the column, so it "
			"must be a type and nothing else: words, perhaps a name in double quotes, "
			"perhaps (numbers), perhaps []. Constraints, commas, semicolons, comments "
			"and quotes that are left open could turn it into another statement. NOT "
			"NULL and DEFAULT have their own place in the row; the library does not do "
			"CHECK, UNIQUE and REFERENCES.",
			"COLUMN( orders, total, \"INTEGER NOT NULL\", NULLABLE, DEFAULT(\"0\"), \"Sum\" )",
			"COLUMN( orders, total, \"INTEGER\", NOT_NULL, DEFAULT(\"0\"), \"Sum\" )"},
		.hint = "declare the type alone: null, default and constraints have their own place",
	},
	[RULE_TYPE_SERIAL] = {
		.shown = {"type-serial", true,
			"serial, which is not a type",
			"In PostgreSQL serial is a notation for an integer type with a sequence of "
			"its own; no column has it as its type, so a comparison would always find "
			"a difference. Declare the integer type, with nextval() as default if the "
			"sequence is already there. SQLite does not know the word: its keys number "
			"themselves when the type is INTEGER.",
			"COLUMN( orders, number, \"BIGSERIAL\", REQUIRED, NO_DEFAULT, \"Number\" )",
			"COLUMN( orders, number, \"BIGINT\", REQUIRED, NO_DEFAULT, \"Number\" )"},
		.hint = "declare the integer type, and DEFAULT_SQL(\"nextval('...')\") of a sequence "
			"that is there",
	},
	[RULE_DEFAULT_TEXT] = {
		.shown = {"default-text", true,
			"a default without text, or a text without default",
			"DEFAULT and DEFAULT_SQL need a text; NO_DEFAULT has none. Only a registry "
			"that is filled in at run time can mix them up. An empty text is a text: "
			"DEFAULT(\"\") is the empty string.",
			".default_value = {RECONCILE_DEFAULT_VALUE, NULL}",
			".default_value = {RECONCILE_DEFAULT_VALUE, \"\"}"},
		.hint = "set kind and text of the default together",
	},
	[RULE_DEFAULT_GRAMMAR] = {
		.shown = {"default-grammar", true,
			"a default that is not one SQL expression",
			"The text of DEFAULT_SQL is put between brackets into the statement that "
			"adds the column. So it must be one whole expression: brackets and quotes "
			"closed, no comma outside brackets, no semicolon, no comment, no backslash "
			"outside quotes. The text of DEFAULT is quoted for you and may hold "
			"anything that is valid UTF-8.",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, DEFAULT_SQL(\"it's\"), \"Remarks\" )",
			"COLUMN( orders, note, \"TEXT\", NULLABLE, DEFAULT(\"it's\"), \"Remarks\" )"},
		.hint = "write one expression; a plain value goes into DEFAULT(...)",
	},
	[RULE_UNKNOWN_KIND] = {
		.shown = {"unknown-kind", true,
			"a nullability or kind of default that is none",
			"In a registry that is filled in at run time, nullability and the kind of "
			"the default are numbers of an enum in reconcile.h. This one is none of "
			"them: memory that was never set, or a registry made for another version. "
			"In a .def file the compiler refuses it.",
			".nullability = 7",
			".nullability = RECONCILE_NULLABLE"},
		.hint = "use the values of enum reconcile_nullability and enum reconcile_default_kind",
	},
	[RULE_NOT_NULL_WITHOUT_DEFAULT] = {
		.shown = {"not-null-without-default", true,
			"NOT_NULL without a default",
			"A table that has rows needs a value for each of them when the column is "
			"added, and there is none: the statement fails. On an empty table it "
			"works, which is why this passes every test and fails in production. Give "
			"the column a default, or let it accept NULL. REQUIRED is for columns that "
			"have been there since their table was created: they are never added to it "
			"later.",
			"COLUMN( orders, total, \"INTEGER\", NOT_NULL, NO_DEFAULT, \"Sum\" )",
			"COLUMN( orders, total, \"INTEGER\", NOT_NULL, DEFAULT(\"0\"), \"Sum\" )"},
		.hint = "use NULLABLE, DEFAULT(...) or, when it only ever comes with its table, REQUIRED",
	},
	[RULE_NOT_NULL_DEFAULT_NULL] = {
		.shown = {"not-null-default-null", true,
			"NOT_NULL with the default NULL",
			"The column refuses NULL, and NULL is what it would get: no row without it "
			"can be inserted, and it cannot be added to a table with rows. Give it "
			"another default, or let it accept NULL.",
			"COLUMN( orders, total, \"INTEGER\", NOT_NULL, DEFAULT_SQL(\"NULL\"), \"Sum\" )",
			"COLUMN( orders, total, \"INTEGER\", NOT_NULL, DEFAULT(\"0\"), \"Sum\" )"},
		.hint = "give it another default, or use NULLABLE",
	},
	[RULE_REQUIRED_WITH_DEFAULT] = {
		.shown = {"required-with-default", true,
			"REQUIRED with a default",
			"REQUIRED means NOT NULL without a default: every INSERT names the column. "
			"With a default the word is NOT_NULL, and the column can then be added to "
			"a table with rows too.",
			"COLUMN( orders, total, \"INTEGER\", REQUIRED, DEFAULT(\"0\"), \"Sum\" )",
			"COLUMN( orders, total, \"INTEGER\", NOT_NULL, DEFAULT(\"0\"), \"Sum\" )"},
		.hint = "use NOT_NULL",
	},
	[RULE_DESCRIPTION_ENCODING] = {
		.shown = {"description-encoding", true,
			"a description that is not valid UTF-8",
			"Descriptions are printed, and put into JSON, which is UTF-8. Save the "
			".def file as UTF-8; an editor that is set to Latin-1 writes other bytes "
			"for the same letters.",
			".description = \"caf\\xe9\"",
			".description = \"caf\\xc3\\xa9\""},
		.hint = "save the file as UTF-8",
	},
};
/* clang-format on */
