/* Do two defaults mean the same to SQLite? */
#include "sqlite_support.h"
#include <stdio.h>

static const char *answer_name(enum default_answer answer)
{
	return answer == DEFAULT_EQUAL       ? "equal"
	       : answer == DEFAULT_DIFFERENT ? "different"
					     : "not known";
}

/* The text that the catalog has of a default: of a column of a real table. */
static const char *live_default(struct file *file, const char *type, const char *value)
{
	char sql[512];
	const char *name = "live";
	snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS live; CREATE TABLE live (c %s DEFAULT %s)",
		 type, value);
	file_run(file, sql);
	struct read_request request = {.names = &name, .name_count = 1};
	struct catalog catalog;
	size_t bad_type;
	cr_assert(backend_sqlite.read(file->session, &request, &catalog, &bad_type, &file->arena,
				      &file->err),
		  "%s", file->err.message);
	cr_assert(catalog.relations[0].attribute_count == 1, "%s", sql);
	return catalog.relations[0].attributes[0].default_value;
}

static struct default_pair compare(struct file *file, const char *type, const char *declared,
				   const char *live)
{
	struct default_pair pair = {.type = type, .declared = declared, .live = live};
	cr_assert(
		backend_sqlite.compare_defaults(file->session, &pair, 1, &file->arena, &file->err),
		"%s", file->err.message);
	return pair;
}

static void expect_answer(struct file *file, const char *type, const char *declared,
			  const char *live_sql, enum default_answer answer)
{
	const char *live = live_default(file, type, live_sql);
	struct default_pair pair = compare(file, type, declared, live);
	cr_expect(pair.answer == answer, "%s DEFAULT %s and %s: %s instead of %s (%s)", type,
		  declared, live, answer_name(pair.answer), answer_name(answer),
		  pair.why != NULL ? pair.why : "");
	cr_expect((pair.answer == DEFAULT_NOT_KNOWN) == (pair.why != NULL), "%s", declared);
}

Test(sqlite, a_default_in_another_spelling_is_equal_and_a_changed_one_is_not)
{
	static const struct {
		const char *type, *declared, *spelled, *changed;
	} cases[] = {
		{"INTEGER", "'0'", "0", "1"},
		{"INTEGER", "'0'", "(0)", "('0.5')"},
		{"INTEGER", "'0'", "FALSE", "TRUE"},
		{"INTEGER", "'1'", "TRUE", "'true'"},
		{"INTEGER", "'1'", "+1", "-1"},
		{"INTEGER", "'-1'", "-1", "1"},
		{"INTEGER", "'-1'", "(- 1)", "(- -1)"},
		{"INTEGER", "'16'", "0x10", "'0x10'"},
		{"INTEGER", "'1000'", "1e3", "1e4"},
		{"INTEGER", "'007'", "7", "'7x'"},
		{"INTEGER", "(7)", "'007'", "'07.5'"},
		{"INTEGER", "(CAST('1' AS INT))", "1", "2"},
		{"BIGINT", "'9223372036854775807'", "0x7fffffffffffffff", "9223372036854775806"},
		{"BIGINT", "'-9223372036854775808'", "(-9223372036854775808)",
		 "-9223372036854775807"},
		{"INTEGER", "'x'", "(('x'))", "'X'"},
		{"INTEGER", "'x'", "x", "y"},
		{"INTEGER", "'x'", "\"x\"", "\"y\""},
		{"BOOLEAN", "'0'", "false", "'false'"},
		{"BOOLEAN", "(TRUE)", "1", "(FALSE)"},
		{"BOOLEAN", "(true)", "'1'", "'true'"},
		{"NUMERIC(10, 2)", "'1.50'", "1.5", "1.51"},
		{"NUMERIC(10, 2)", "'10'", "10.0", "'10,0'"},
		{"NUMERIC", "'1e2'", "100", "'1e2x'"},
		{"REAL", "'1'", "1.0", "1.5"},
		{"REAL", "'0.1'", "1e-1", "0.10000000000000002"},
		{"DOUBLE PRECISION", "(.5)", "'0.50'", "'.51'"},
		{"FLOAT", "'-2.5'", "(-2.5)", "(2.5)"},
		{"TEXT", "'x'", "('x')", "'X'"},
		{"TEXT", "''", "('')", "' '"},
		{"TEXT", "'it''s'", "(('it''s'))", "'its'"},
		{"TEXT", "'it''s'", "\"it's\"", "\"it''s\""},
		{"TEXT", "'0'", "0", "'00'"},
		{"TEXT", "'1'", "+1", "'+1'"},
		{"TEXT", "'-1'", "(-1)", "'- 1'"},
		{"TEXT", "'16'", "0x10", "'0x10'"},
		{"TEXT", "'1000.0'", "1e3", "'1e3'"},
		{"TEXT", "'1'", "TRUE", "'TRUE'"},
		{"TEXT", "'\xc3\xa9'", "('\xc3\xa9')", "'\x65\xcc\x81'"},
		{"TEXT", "'two\nlines'", "('two\nlines')", "'two lines'"},
		{"TEXT", "'CURRENT_TIMESTAMP'", "('CURRENT_TIMESTAMP')", "CURRENT_TIMESTAMP"},
		{"VARCHAR(2)", "'longer'", "(('longer'))", "'lo'"},
		{"TEXT", "(CAST(X'41' AS TEXT))", "'A'", "'a'"},
		{"TEXT", "'x'", "('x' /* comment */)", "('y' -- comment\n)"},
		{"BLOB", "(X'00')", "x'00'", "X'0000'"},
		{"BLOB", "(X'')", "X''", "''"},
		{"BLOB", "(X'41')", "(CAST('A' AS BLOB))", "'A'"},
		{"BLOB", "'1'", "('1')", "1"},
		{"BLOB", "(1)", "TRUE", "1.0"},
		{"JSON", "'{}'", "('{}')", "'{ }'"},
		{"JSON", "'[]'", "(('[]'))", "'[1]'"},
		{"TIMESTAMP", "'2020-01-01'", "('2020-01-01')", "'2020-01-02'"},
		{"DATE", "'2020'", "2020", "'2020-01-01'"},
		{"TIMESTAMP", "(CURRENT_TIMESTAMP)", "current_timestamp", "CURRENT_DATE"},
		{"TEXT", "(CURRENT_DATE)", "( CURRENT_date )", "CURRENT_TIME"},
		{"TEXT", "(datetime('now'))", "(DATETIME( 'now' ))", "(datetime('now', '1 day'))"},
		{"TEXT", "(datetime('now', 'utc'))", "(datetime('now','utc'))", "(date('now'))"},
		{"INTEGER", "(abs(-1))", "((ABS ( -1 )))", "(abs(-2))"},
		{"INTEGER", "(abs(-1))", "(ABS(- 1))", "2"},
		{"INTEGER", "(1+1)", "(1 + 1)", "(1 + 2)"},
		{"INTEGER", "(1 + 1)", "(1+1)", "3"},
		{"INTEGER", "(random())", "((RANDOM()))", "0"},
		{"TEXT", "(hex(randomblob(16)))", "(HEX(randomblob( 16 )))", "('x' || 'y')"},
		{"TEXT", "('a' || 'b')", "('a'||'b')", "'a b'"},
		{"TEXT", "('a' || 'b')", "(('a' || 'b'))", "('a' || 'B')"},
		{"INTEGER", "(strftime('%s', 'now'))", "(STRFTIME('%s','now'))",
		 "(strftime('%S', 'now'))"},
		{"INTEGER", "(no_such_function(1))", "(NO_such_function( 1 ))", NULL},
		{"TEXT", "(CASE WHEN 1 THEN 'a' END)", "(case when 1 then 'a' end)",
		 "(CASE WHEN 1 THEN 'A' END)"},
	};
	struct file file;
	file_open(&file, "CREATE TABLE t (x)");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *type = cases[i].type, *declared = cases[i].declared;
		expect_answer(&file, type, declared, declared, DEFAULT_EQUAL);
		expect_answer(&file, type, declared, cases[i].spelled, DEFAULT_EQUAL);
		if (cases[i].changed != NULL)
			expect_answer(&file, type, declared, cases[i].changed, DEFAULT_DIFFERENT);
	}
	file_close(&file);
}

Test(sqlite, what_sqlite_cannot_tell_is_not_known)
{
	static const struct {
		const char *type, *declared, *live, *why; /* is part of it */
	} cases[] = {
		{"INTEGER", "'2'", "(1 + 1)", "the same value"},
		{"INTEGER", "(abs(-1))", "1", "the same value"},
		{"TEXT", "(CURRENT_TIMESTAMP)", "(datetime('now'))", "the same value"},
		{"TEXT", "(date('now'))", "CURRENT_DATE", "the same value"},
		{"INTEGER", "(random())", "(abs(random()))", "another value each time"},
		{"INTEGER", "(random() % 2)", "(random() % 2 + 0)", "another value each time"},
		{"INTEGER", "(random())", "(+random())", "another value each time"},
		{"TEXT", "(hex(randomblob(16)))", "(hex(randomblob(8 + 8)))",
		 "another value each time"},
		{"INTEGER", "(no_such_function())", "1", "unknown function: no_such_function"},
		{"INTEGER", "(no_such_function())", "(no_such_function() + 0)", "no_such_function"},
		{"INTEGER", "(now())", "CURRENT_TIMESTAMP", "unknown function: now"},
		{"INTEGER", "(1::int)", "1", "unrecognized token"},
		{"TEXT", "($$x$$)", "'x'", "not constant"},
		{"TEXT", "(E'x')", "'x'", "syntax error"},
		{"TEXT", "(word)", "word", "not constant"},
		{"INTEGER", "0x80000000000000001", "1", "hex literal too big"},
		{"INTEGER", "(abs(-9223372036854775808))", "1", "integer overflow"},
		{"BLOB", "(zeroblob(500000000))", "1", "too big"},
		{"TEXT", "(CAST(1 AS a['])) DEFAULT (CAST(2 AS b[']))", "2",
		 "otherwise than it is written"},
		{"TEXT", "('x'), other TEXT DEFAULT ('x')", "'x'", "otherwise than it is written"},
		{"ANY", "'1'", "1", "STRICT"},
	};
	struct file file;
	file_open(&file, "CREATE TABLE t (x)");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *live = live_default(&file, cases[i].type, cases[i].live);
		struct default_pair pair = compare(&file, cases[i].type, cases[i].declared, live);
		cr_expect(pair.answer == DEFAULT_NOT_KNOWN, "%s and %s: %s", cases[i].declared,
			  live, answer_name(pair.answer));
		cr_expect(pair.why != NULL && strstr(pair.why, cases[i].why) != NULL,
			  "%s and %s: %s", cases[i].declared, live,
			  pair.why != NULL ? pair.why : "(NULL)");
	}
	expect_answer(&file, "ANY", "'x'", "('x')", DEFAULT_EQUAL);
	expect_answer(&file, "any", "'x'", "'y'", DEFAULT_DIFFERENT);
	file_close(&file);
}

/* Every constant against every other: what new rows of a real table say. */
Test(sqlite, constants_are_told_exactly)
{
	static const char *const types[] = {"INTEGER",        "TEXT", "REAL",
					    "NUMERIC(10, 2)", "BLOB", "BOOLEAN"};
	static const char *const constants[] = {
		"0",
		"1",
		"-1",
		"+1",
		"1.0",
		"1.5",
		"1e3",
		"0x10",
		"'0'",
		"'1'",
		"'-1'",
		"'+1'",
		"'1.0'",
		"'1.50'",
		"'1e3'",
		"'0x10'",
		"'1000'",
		"1000",
		"1000.0",
		"16",
		"''",
		"' '",
		"'x'",
		"'X'",
		"'true'",
		"TRUE",
		"FALSE",
		"X'31'",
		"X''",
		"x'31'",
		"(1)",
		"(('x'))",
		"(- -1)",
		"NULL",
		"word",
		"'word'",
		"\"x\"",
		"-0.0",
		"'007'",
		"1e999",
		"(-'x')",
		"'9223372036854775808'",
		"9223372036854775808",
		"9223372036854775807",
	};
	enum { PAIRS = COUNT(types) * COUNT(constants) * COUNT(constants) };
	static struct default_pair pairs[PAIRS];
	size_t wrong = 0, equal = 0, count = 0;
	for (size_t i = 0; i < COUNT(types); i++)
		for (size_t j = 0; j < COUNT(constants); j++)
			for (size_t k = j; k < COUNT(constants); k++)
				pairs[count++] = (struct default_pair){.type = types[i],
								       .declared = constants[j],
								       .live = constants[k]};
	struct file file;
	file_open(&file, "CREATE TABLE t (x)");
	cr_assert(
		backend_sqlite.compare_defaults(file.session, pairs, count, &file.arena, &file.err),
		"%s", file.err.message);
	file_run(&file, "BEGIN");
	for (size_t i = 0; i < count; i++) {
		const struct default_pair *pair = &pairs[i];
		char sql[512];
		snprintf(sql, sizeof(sql),
			 "CREATE TABLE real (a %s DEFAULT %s, b %s DEFAULT %s);"
			 "INSERT INTO real DEFAULT VALUES",
			 pair->type, pair->declared, pair->type, pair->live);
		file_run(&file, sql);
		bool same = file_number(&file, "SELECT typeof(a) = typeof(b) AND a IS b FROM real");
		file_run(&file, "DROP TABLE real");
		bool right = pair->answer == (same ? DEFAULT_EQUAL : DEFAULT_DIFFERENT);
		cr_expect(right, "%s: %s and %s: %s", pair->type, pair->declared, pair->live,
			  answer_name(pair->answer));
		wrong += !right;
		equal += same;
	}
	cr_expect(wrong == 0 && equal > count / 20, "%zu wrong, %zu equal of %zu", wrong, equal,
		  count);
	file_run(&file, "ROLLBACK");
	file_close(&file);
}

static void count_call(sqlite3_context *context, int argument_count, sqlite3_value **arguments)
{
	(void)argument_count;
	(void)arguments;
	++*(int *)sqlite3_user_data(context);
	sqlite3_result_int(context, 1);
}

Test(sqlite, comparing_calls_no_function_of_the_lender)
{
	struct file file;
	file_open(&file, "CREATE TABLE t (x)");
	file_lend(&file);
	int calls = 0;
	cr_assert(sqlite3_create_function(file.connection, "spy", 0, SQLITE_UTF8, &calls,
					  count_call, NULL, NULL) == SQLITE_OK);
	int changes = sqlite3_total_changes(file.connection);
	struct default_pair pairs[] = {
		{.type = "INTEGER", .declared = "(spy())", .live = "1"},
		{.type = "INTEGER", .declared = "(spy())", .live = "SPY()"},
	};
	cr_assert(backend_sqlite.compare_defaults(file.session, pairs, COUNT(pairs), &file.arena,
						  &file.err));
	cr_expect(pairs[0].answer == DEFAULT_NOT_KNOWN && pairs[1].answer == DEFAULT_EQUAL);
	struct cost_question question = {.definition = "INTEGER DEFAULT (spy())",
					 .type = "INTEGER"};
	cr_assert(backend_sqlite.assess(file.session, &question, 1, &file.arena, &file.err));
	cr_expect(question.cost == RECONCILE_COST_IMPOSSIBLE);
	cr_expect(calls == 0 && sqlite3_total_changes(file.connection) == changes);
	cr_expect(sqlite3_get_autocommit(file.connection));
	file_close(&file);
}
