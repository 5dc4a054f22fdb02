/* On which line a statement of a script ends. */
#include "../../src/model/statement.h"
#include "model.h"

Test(statement, lines)
{
	static const struct {
		const char *name;
		const char *text;
		size_t lines[5]; /* of statements 1, 2, ...; 0: there is none, or nobody can tell */
	} cases[] = {
		{"nothing", "", {0}},
		{"only comments", "-- a; b\n/* c; */\n", {0}},
		{"one without a semicolon", "SELECT 1\n\n", {1}},
		{"two on a line", "SELECT 1; SELECT 2;\nSELECT 3", {1, 1, 2}},
		{"empty ones do not count", ";;\nSELECT 1\n;\n;SELECT 2;", {3, 4}},
		{"it ends where its semicolon is",
		 "INSERT INTO t\nVALUES (1)\n;\nSELECT 1;",
		 {3, 4}},
		{"strings", "SELECT ';', 'it''s; one',\nE'\\';', E'\\\\';\nSELECT 1;", {2, 3}},
		{"over several lines", "SELECT 'a;\nb;\n';\nSELECT 1;", {3, 4}},
		{"names", "SELECT 1 AS \"a;\"\"b;\";\nSELECT 1;", {1, 2}},
		{"dollars", "SELECT $$;$$, $a$;\n$$;$a$;\nSELECT 1;", {2, 3}},
		{"a comment to the line's end",
		 "SELECT 1 -- ;\n;\nSELECT 1; -- ;\nSELECT 2;",
		 {2, 3, 4}},
		{"a comment in a comment", "SELECT 1 /* ; /* ; */ ;\n*/;\nSELECT 1;", {2, 3}},
		{"parentheses",
		 "CREATE RULE r AS ON DELETE TO t DO ALSO (SELECT 1;\nSELECT 2);\nSELECT 1;",
		 {2, 3}},
		{"a body in quotes",
		 "CREATE FUNCTION f() RETURNS INT LANGUAGE plpgsql AS $$\nBEGIN\n\tRETURN 1;\nEND "
		 "$$;\n"
		 "SELECT 1;",
		 {4, 5}},
		{"a body of its own",
		 "CREATE OR REPLACE FUNCTION f(a INT) RETURNS INT BEGIN ATOMIC\nSELECT 1;\n"
		 "SELECT CASE WHEN true THEN 1 END;\nEND;\nSELECT 1;",
		 {4, 5}},
		{"a procedure's",
		 "CREATE PROCEDURE p() BEGIN ATOMIC\nSELECT 1;\nEND;\nSELECT 1;",
		 {3, 4}},
		{"a block of a transaction is none",
		 "BEGIN;\nSELECT 1;\nEND;\nSELECT 2;",
		 {1, 2, 3, 4}},
		{"nor is CASE outside a body",
		 "SELECT CASE WHEN true THEN 1 END;\nSELECT 1;",
		 {1, 2}},
		{"a column of that name",
		 "CREATE TABLE t (function INT, begin INT);\nSELECT 1;",
		 {1, 2}},
		{"a trigger's function",
		 "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f();\nSELECT 1;",
		 {1, 2}},
		{"what not all servers read alike",
		 "SELECT 1;\nSELECT '\\'';\nSELECT 2;",
		 {1, 0, 0}},
		{"a quote left open", "SELECT 1;\nSELECT ';", {1, 0}},
		{"a comment left open", "SELECT 1;\n/* ;", {1, 0}},
		{"Windows' line ends", "SELECT 1;\r\nSELECT 2;\r\n", {1, 2}},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t number = 1; number <= COUNT(cases[i].lines); number++) {
			size_t line = statement_line(cases[i].text, number);
			cr_expect(line == cases[i].lines[number - 1],
				  "%s: statement %zu on line %zu, not %zu", cases[i].name, number,
				  line, cases[i].lines[number - 1]);
		}
}
