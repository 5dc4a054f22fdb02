#include "../../src/model/expression.h"

#include <criterion/criterion.h>

/* Each row was told by PostgreSQL 17 with TimescaleDB 2.23, whose columnstore takes only these. */
Test(expression, what_postgresql_reads_as_one_literal)
{
	static const struct {
		const char *text;
		bool literal;
	} cases[] = {
		{"5", true},
		{"(5)", true},
		{"-5", true},
		{"((-5))", true},
		{"-(5)", true},
		{"- -5", true},
		{"-1.5", true},
		{".5", true},
		{"1e-5", true},
		{"0x1F", true},
		{"'a'", true},
		{"('it''s')", true},
		{"E'a\\n'", true},
		{"$$a$$", true},
		{"TRUE", true},
		{"(false)", true},
		{"null", true},
		{"b'1'", true},
		{"X'1f'", true},
		{"+5", false},
		{"-'5'", false},
		{"-(TRUE)", false},
		{"1+1", false},
		{"(1", false},
		{"5::int", false},
		{"CAST(5 AS int)", false},
		{"'a'::text", false},
		{"DATE '2024-01-01'", false},
		{"date '2024-01-01'", false},
		{"b '1'", false},
		{"now()", false},
		{"CURRENT_TIMESTAMP", false},
		{"current_user", false},
		{"ARRAY['a']", false},
		{"'a' || 'b'", false},
		{"", false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(expression_is_literal(cases[i].text), cases[i].literal, "%s",
			     cases[i].text);
}
