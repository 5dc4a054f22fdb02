#include "../../src/model/text.h"
#include "model.h"

Test(text, types_that_may_stand)
{
	static const char *const types[] = {
		"VARCHAR",
		"VARCHAR(20)",
		"NUMERIC(10,2)",
		"NUMERIC(5,-2)",
		"NUMERIC ( 10 , 2 )",
		"double precision",
		"character varying(20)",
		"timestamp(3) with time zone",
		"TIMESTAMPTZ",
		"interval day to second(3)",
		"int[]",
		"integer[3][3]",
		"int ARRAY",
		"int ARRAY[4]",
		"vector(1536)",
		"geometry(Point,4326)",
		"\"my Type\"",
		"\"a;b,c--\"",
		"\"say \"\"hi\"\"\"",
		"app.\"Mood\"",
		"public.mood[]",
		"bit varying(5)",
		"UNSIGNED BIG INT",
		"\"char\"",
		"VARCHAR(20)[]",
		"enum('a','O''Brien')",
		"größe",
		" int ",
		"int column x", /* words: the server's to refuse */
		"\"drop\"",
		"serial",   /* not a type, but lexically a word */
		"notation", /* begins like NOT */
	};
	for (size_t i = 0; i < COUNT(types); i++)
		expect_text(types[i], type_text_problem(types[i]), NULL);
}

Test(text, types_that_may_not_stand)
{
	static const struct {
		const char *type;
		const char *why; /* a part of the message */
	} cases[] = {
		{"", "is empty"},
		{"  ", "is empty"},
		{"int, drop column x", "comma outside parentheses"},
		{"int; drop table t", "semicolon"},
		{"int(3;4)", "semicolon"},
		{"int -- x", "comment"},
		{"int /* x */", "comment"},
		{"int(3 -- x\n)", "control character"},
		{"int NOT NULL", "constraint"},
		{"int null", "constraint"},
		{"int default 5", "constraint"},
		{"int primary key", "constraint"},
		{"int Unique", "constraint"},
		{"int check (x>0)", "constraint"},
		{"int collate \"C\"", "constraint"},
		{"int references t", "constraint"},
		{"int generated always as identity", "constraint"},
		{"int as (1)", "constraint"},
		{"int drop column id", "belongs to a command"},
		{"drop", "belongs to a command"},
		{"int constraint c", "constraint"},
		{"varchar(20) not null", "constraint"},
		{"int)", "closing bracket without an opening one"},
		{"int]", "closing bracket without an opening one"},
		{"(int", "not behind a name"},
		{"int(", "left open"},
		{"int(3", "left open"},
		{"int()", "in its parentheses"},
		{"int(3,)", "in its parentheses"},
		{"int(3 4)", "commas between"},
		{"int((3))", "in its parentheses"},
		{"int(1.5)", "in its parentheses"},
		{"int(3)(4)", "not behind a name"},
		{"int[", "left open"},
		{"int[x]", "array bound"},
		{"int[3", "left open"},
		{"int[][2] x", "behind its array bounds"},
		{"int'x'", "string outside parentheses"},
		{"e'x'", "string outside parentheses"},
		{"int('x)", "left open"},
		{"int('a\\')", "backslash before a quote"},
		{"\"int", "left open"},
		{"\"\"", "empty quoted name"},
		{"int 5", "number outside parentheses"},
		{"a.", "ends in a dot"},
		{".a", "not behind a name"},
		{"a..b", "not behind a name"},
		{"int = 3", "does not belong in a type"},
		{"int%type", "does not belong in a type"},
		{"int\\g", "backslash"},
		{"int\tx", "control character"},
		{"int\nx", "control character"},
		{"int\x7f", "control character"},
		{"int\xc2\x85", "control character"},
		{"int\xff", "not valid UTF-8"},
		{"$$int$$", "string outside parentheses"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_part(cases[i].type, type_text_problem(cases[i].type), cases[i].why);
}

Test(text, expressions_that_may_stand)
{
	static const char *const expressions[] = {
		"now()",
		"CURRENT_TIMESTAMP",
		"'x'::text",
		"ARRAY[1,2]",
		"'{}'::jsonb",
		"nextval('s')",
		"E'a\\'b'",
		"e'a\\\\'",
		"$$a,b$$",
		"$t$;$t$",
		"$t$ $$ -- $t$",
		"(1)",
		"1+1",
		"1 - -1",
		"1/2",
		"\"f\"(1,2)",
		"'O''Brien'",
		"'a;b, -- /* ('",
		"\"a;b\"",
		"'C:\\dir'",
		"B'101'",
		"U&'d\\0061t'",
		"ARRAY[(1),f(2,'x')]",
		"coalesce(NULL, 'größe')",
		"'two\nlines'",
		"1\n+ 1",
		"a$b",
		"1.5e3",
	};
	for (size_t i = 0; i < COUNT(expressions); i++)
		expect_text(expressions[i], expression_text_problem(expressions[i]), NULL);
}

Test(text, expressions_that_may_not_stand)
{
	static const struct {
		const char *expression;
		const char *why;
	} cases[] = {
		{"", "is empty"},
		{" \n", "is empty"},
		{"1, drop column id", "comma outside brackets"},
		{"1); drop table t; --", "closing bracket without an opening one"},
		{"1; drop table t", "semicolon"},
		{"(1; 2)", "semicolon"},
		{"now(", "left open"},
		{"(1]", "another kind of bracket"},
		{"ARRAY[1)", "another kind of bracket"},
		{"'x", "left open"},
		{"'x''", "left open"},
		{"\"x", "left open"},
		{"E'x\\'", "left open"},
		{"E'x\\", "left open"},
		{"'x\\'", "backslash before a quote"},
		{"'x\\' || f('", "backslash before a quote"},
		{"1 -- c", "comment"},
		{"1--1", "comment"},
		{"1 /* c */", "comment"},
		{"(1 /*)", "comment"},
		{"$$x", "left open"},
		{"$a$x$b$", "left open"},
		{"$a$x$A$", "left open"},
		{"$1", "opens no string"},
		{"1 \\! date", "backslash outside quotes"},
		{"\"\"", "empty quoted name"},
		{"'\xff'", "not valid UTF-8"},
		{"'\xc0\x80'", "not valid UTF-8"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_part(cases[i].expression, expression_text_problem(cases[i].expression),
			    cases[i].why);
}

Test(text, brackets_may_be_nested_but_not_without_end)
{
	char text[200];
	memset(text, '(', 64);
	memset(text + 64, '1', 1);
	memset(text + 65, ')', 64);
	text[129] = '\0';
	expect_text("64 deep", expression_text_problem(text), NULL);
	memset(text, '(', 65);
	text[65] = '\0';
	expect_part("65 deep", expression_text_problem(text), "nested more than 64 deep");
}

Test(text, says_what_is_nothing_but_null)
{
	static const struct {
		const char *expression;
		bool null;
	} cases[] = {
		{"NULL", true},
		{"null", true},
		{" ( ( Null ) ) ", true},
		{"NULL::character varying", true},
		{"(NULL)::varchar(3)", false}, /* brackets of a part: not looked into */
		{"NULL::varchar(3)[]", true},
		{"CAST(NULL AS text)", true},
		{"(cast ( null as varchar(3)))", true},
		{"CAST(NULL AS text) || 'x'", false},
		{"CAST(1 AS text)", false},
		{"CAST(NULL)", false},
		{"'NULL'", false},
		{"\"NULL\"", false},
		{"NULLIF(1,1)", false},
		{"NULL + 1", false},
		{"NULL::text || 'x'", false},
		{"NULL::text::int", false},
		{"(NULL) + (NULL)", false},
		{"", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect(expression_is_null(cases[i].expression) == cases[i].null, "%s",
			  cases[i].expression);
}

Test(text, knows_utf8_by_rfc_3629)
{
	static const struct {
		const char *text;
		bool valid, strict;
	} cases[] = {
		{"", true, true},
		{"plain", true, true},
		{"gr\xc3\xb6\xc3\x9f"
		 "e",
		 true, true},
		{"\xe2\x82\xac", true, true},     /* euro */
		{"\xf0\x9f\x98\x80", true, true}, /* beyond the BMP */
		{"\xf4\x8f\xbf\xbf", true, true}, /* the last one */
		{"tab\t", true, false},
		{"\x1b[31m", true, false},
		{"\x7f", true, false},
		{"\xc2\x80", true, false}, /* C1 */
		{"\xc2\x9f", true, false},
		{"\xc2\xa0", true, true},
		{"\x80", false, false}, /* stray */
		{"\xc3", false, false}, /* cut */
		{"\xe2\x82", false, false},
		{"\xf0\x9f\x98", false, false},
		{"\xc0\xaf", false, false}, /* overlong */
		{"\xc1\xbf", false, false},
		{"\xe0\x9f\xbf", false, false},
		{"\xf0\x8f\xbf\xbf", false, false},
		{"\xed\xa0\x80", false, false}, /* a surrogate */
		{"\xed\xbf\xbf", false, false},
		{"\xf4\x90\x80\x80", false, false}, /* beyond U+10FFFF */
		{"\xf5\x80\x80\x80", false, false},
		{"\xff", false, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect(text_is_utf8(cases[i].text, false) == cases[i].valid, "case %zu", i);
		cr_expect(text_is_utf8(cases[i].text, true) == cases[i].strict, "strict %zu", i);
	}
}

Test(text, visible_text_stays_on_one_line)
{
	struct arena arena = {0};
	struct buffer buf = BUFFER_INIT(&arena);
	text_add_visible(&buf, "a\nb\x1b[0m\r größe \xff \xc2\x85");
	text_add_visible(&buf, NULL);
	expect_text("escaped", buffer_text(&buf), "a\\x0ab\\x1b[0m\\x0d größe \\xff \\xc2\\x85?");
	arena_release(&arena);
}
