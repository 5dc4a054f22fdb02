#include "../../src/model/default.h"
#include "model.h"

/* Type ids as the catalog holds them; MOOD is a user's, and "mood" is what is declared. */
enum {
	BOOLEAN = 16,
	BYTEA = 17,
	BIGINT = 20,
	INTEGER = 23,
	TEXT = 25,
	REAL = 700,
	DOUBLE = 701,
	TEXT_ARRAY = 1009,
	VARCHAR_ARRAY = 1015,
	BPCHAR = 1042,
	VARCHAR = 1043,
	DATE = 1082,
	TIMESTAMP = 1114,
	TIMESTAMPTZ = 1184,
	INTERVAL = 1186,
	BIT = 1560,
	NUMERIC = 1700,
	JSONB = 3802,
	MOOD = 16400,
	LITE_BLOB = TYPE_SQLITE_BLOB,
	LITE_TEXT = TYPE_SQLITE_TEXT,
	LITE_NUMERIC = TYPE_SQLITE_NUMERIC,
	LITE_INTEGER = TYPE_SQLITE_INTEGER,
	LITE_REAL = TYPE_SQLITE_REAL,
};

struct pair {
	uint32_t type;
	struct reconcile_default declared;
	const char *live;
};

static void expect_agreement(const struct pair *pairs, size_t count, bool agree)
{
	for (size_t i = 0; i < count; i++) {
		const struct pair *pair = &pairs[i];
		const struct reconcile_column column = {.type = "mood",
							.default_value = pair->declared};
		const struct attribute attribute = {.type = {.type = pair->type},
						    .default_value = pair->live};
		cr_expect(default_agrees(&column, &attribute) == agree,
			  "case %zu: type %u, declared %s, live %s", i, pair->type,
			  pair->declared.text ? pair->declared.text : "(none)",
			  pair->live ? pair->live : "(none)");
	}
}

Test(default_text, what_postgresql_makes_of_a_value_agrees)
{
	/* clang-format off */
	static const struct pair pairs[] = {
		/* numbers */
		{INTEGER, VALUE("0"), "0"},
		{INTEGER, VALUE("0"), "'0'::integer"},
		{INTEGER, VALUE("0"), " ( 0 ) "},
		{INTEGER, VALUE("0"), "('0'::integer)"},
		{INTEGER, VALUE("-1"), "(-1)"},
		{INTEGER, VALUE("-1"), "'-1'::integer"},
		{BIGINT, VALUE("-1"), "'-1'::integer"},
		{BIGINT, VALUE("1"), "'1'::bigint"},
		{NUMERIC, VALUE("10.50"), "10.50"},
		{NUMERIC, VALUE("-10.50"), "'-10.50'::numeric"},
		{REAL, VALUE("1.5"), "'1.5'::real"},
		{REAL, VALUE("1.5"), "1.5"},
		{DOUBLE, VALUE("1.5"), "'1.5'::double precision"},
		{TEXT, VALUE("7"), "7"},
		{MOOD, VALUE("7"), "7"},
		/* text */
		{VARCHAR, VALUE("x"), "'x'::character varying"},
		{VARCHAR, VALUE("x"), "'x'::text"},
		{TEXT, VALUE("x"), "'x' :: text"},
		{TEXT, VALUE("x"), "'x'"},
		{BPCHAR, VALUE("x"), "'x'::bpchar"},
		{TEXT, VALUE(""), "''::text"},
		{TEXT, VALUE("O'Brien"), "'O''Brien'::text"},
		{TEXT, VALUE("'"), "''''"},
		{TEXT, VALUE("'x'"), "'''x'''"},
		{TEXT, VALUE("a\nb"), "'a\nb'"},
		{TEXT, VALUE("größe"), "'größe'"},
		{TEXT, VALUE("x)"), "('x)'::text)"},
		{TEXT, VALUE("now()"), "'now()'::text"},
		{TEXT, VALUE("NULL"), "'NULL'::text"},
		{TEXT, VALUE(" 0"), "' 0'::text"},
		/* others, cast to their own type */
		{JSONB, VALUE("{}"), "'{}'::jsonb"},
		{TEXT_ARRAY, VALUE("{}"), "'{}'::text[]"},
		{VARCHAR_ARRAY, VALUE("{a}"), "'{a}'::character varying[]"},
		{DATE, VALUE("2020-01-01"), "'2020-01-01'::date"},
		{TIMESTAMP, VALUE("x"), "'x'::timestamp without time zone"},
		{BIT, VALUE("101"), "'101'::\"bit\""},
		{INTERVAL, VALUE("1 day"), "'1 day'::interval"},
		{MOOD, VALUE("x"), "'x'::mood"},
		{MOOD, VALUE("x"), "'x'::text"},
		/* booleans */
		{BOOLEAN, VALUE("t"), "true"},
		{BOOLEAN, VALUE("TRUE"), "true"},
		{BOOLEAN, VALUE("tr"), "true"},
		{BOOLEAN, VALUE("1"), "true"},
		{BOOLEAN, VALUE("y"), "true"},
		{BOOLEAN, VALUE("yes"), "true"},
		{BOOLEAN, VALUE("on"), "true"},
		{BOOLEAN, VALUE("f"), "false"},
		{BOOLEAN, VALUE("No"), "false"},
		{BOOLEAN, VALUE("of"), "false"},
		{BOOLEAN, VALUE("off"), "false"},
		{BOOLEAN, VALUE("0"), "(false)"},
	};
	/* clang-format on */
	expect_agreement(pairs, COUNT(pairs), true);
}

Test(default_text, a_value_that_may_be_another_one_is_not_known_to_agree)
{
	/* clang-format off */
	static const struct pair pairs[] = {
		/* numbers */
		{NUMERIC, VALUE("10.50"), "10.5"},
		{INTEGER, VALUE("0"), "00"},
		{TEXT, VALUE("00"), "00"},
		{TEXT, VALUE("007"), "7"},
		{TEXT, VALUE("+1"), "+1"},
		{TEXT, VALUE("-0"), "-0"},
		{TEXT, VALUE("-0.0"), "-0.0"},
		{TEXT, VALUE("1."), "1."},
		{TEXT, VALUE(".5"), ".5"},
		{NUMERIC, VALUE("1e3"), "1e3"},
		{TEXT, VALUE("0x1f"), "0x1f"},
		{INTEGER, VALUE("1"), "-1"},
		{INTEGER, VALUE("1"), "1 + 1"},
		{INTEGER, VALUE("1"), "(1)(1)"},
		{INTEGER, VALUE("0"), "0::bigint"},
		{INTEGER, VALUE("0"), "'0'::integer + 1"},
		{INTEGER, VALUE("0"), "'0'::text::integer"},
		{INTEGER, VALUE(" 0"), "0"},
		{TEXT, VALUE("-"), "-"},
		/* 1.50 is refused, or becomes 2 */
		{INTEGER, VALUE("1.50"), "1.50"},
		/* 0.1 as a real is another number */
		{DOUBLE, VALUE("0.1"), "'0.1'::real"},
		{NUMERIC, VALUE("0.1"), "'0.1'::double precision"},
		{INTEGER, VALUE("1"), "'1'::oid"},
		{DATE, VALUE("1"), "1"},
		/* text */
		{VARCHAR, VALUE("abc"), "'abc'::character varying(2)"}, /* shortened */
		{TEXT, VALUE("x  "), "'x  '::bpchar"}, /* without the spaces */
		{TEXT, VALUE("x"), "x"},
		{TEXT, VALUE("x"), "\"x\""},
		{TEXT, VALUE("x"), "'X'"},
		{TEXT, VALUE("x"), "'xy'"},
		{TEXT, VALUE("xy"), "'x'"},
		{TEXT, VALUE("x"), "'x'::"},
		{TEXT, VALUE("x"), "'x':text"},
		{TEXT, VALUE("x"), "'x' text"},
		{TEXT, VALUE("x"), "'x'::text || 'y'"},
		{TEXT, VALUE("x"), "'x' || 'y'"},
		{TEXT, VALUE("x"), "'x''"},
		{TEXT, VALUE("x"), "N'x'"},
		{TEXT, VALUE("x"), "E'x'"},
		{TEXT, VALUE("x"), "$$x$$"},
		{BIT, VALUE("101"), "B'101'"},
		{TEXT, VALUE(""), ""},
		{TEXT, VALUE("O''Brien"), "'O''Brien'"},
		{TEXT, VALUE("'x'"), "'x'"},
		/* as standard_conforming_strings says */
		{TEXT, VALUE("a\\b"), "'a\\b'::text"},
		{BYTEA, VALUE("\\x00"), "'\\x00'::bytea"},
		{TEXT, VALUE("a\\\\b"), "'a\\\\b'"},
		/* cast to another type than the column's */
		{TIMESTAMP, VALUE("2020-01-01 00:00:00+00"),
		 "'2020-01-01 00:00:00+00'::timestamp with time zone"},
		{DATE, VALUE("2020-01-01 23:00:00+00"),
		 "'2020-01-01 23:00:00+00'::timestamp with time zone"},
		{TIMESTAMPTZ, VALUE("2020-01-01"), "'2020-01-01'::date"},
		{TEXT, VALUE("2020-01-01"), "'2020-01-01'::date"}, /* as DateStyle says */
		{TEXT, VALUE("x"), "'x'::app.\"Mood\""},
		{MOOD, VALUE("x"), "'x'::other"},
		{MOOD, VALUE("x"), "'x'::mood[]"},
		{INTERVAL, VALUE("1"), "'1'::interval day"},
		{JSONB, VALUE("{\"a\":1}"), "'{\"a\": 1}'::jsonb"},
		/* text that looks like something else */
		{TIMESTAMP, VALUE("now()"), "now()"},
		{TEXT, VALUE("now"), "now"},
		{TEXT, VALUE("CURRENT_TIMESTAMP"), "CURRENT_TIMESTAMP"},
		{TEXT, VALUE("null"), "NULL::text"},
		{TEXT, VALUE("NULL"), "NULL"},
		{TEXT, VALUE("1+1"), "1+1"},
		/* booleans */
		{BOOLEAN, VALUE("o"), "true"},
		{BOOLEAN, VALUE("o"), "false"},
		{BOOLEAN, VALUE("t"), "false"},
		{BOOLEAN, VALUE("f"), "true"},
		{BOOLEAN, VALUE("truer"), "true"},
		{BOOLEAN, VALUE(""), "true"},
		{BOOLEAN, VALUE(""), "false"},
		{BOOLEAN, VALUE("10"), "true"},
		{BOOLEAN, VALUE("t"), "t"},
		{BOOLEAN, VALUE("true"), "true::text"},
		{BOOLEAN, VALUE("true"), "true AND true"},
		{TEXT, VALUE("t"), "true"}, /* which is 'true' there */
		{MOOD, VALUE("t"), "true"},
		{INTEGER, VALUE("1"), "true"},
	};
	/* clang-format on */
	expect_agreement(pairs, COUNT(pairs), false);
}

Test(default_text, an_expression_agrees_with_itself)
{
	/* clang-format off */
	static const struct pair pairs[] = {
		{TIMESTAMPTZ, SQL("now()"), "now()"},
		{TIMESTAMPTZ, SQL(" ( now() ) "), "now()"},
		{TIMESTAMPTZ, SQL("now()"), "(now())"},
		{TIMESTAMPTZ, SQL("NOW ( )"), "now()"},
		{TIMESTAMPTZ, SQL("current_timestamp"), "CURRENT_TIMESTAMP"},
		{DATE, SQL("current_date"), "CURRENT_DATE"},
		{TEXT, SQL("'x'::text"), "'x'::text"},
		{TEXT, SQL("'x' :: TEXT"), "'x'::text"},
		{TEXT, SQL("'a\\b'::text"), "'a\\b'::text"},
		{INTEGER, SQL("0"), "0"},
		{INTEGER, SQL("(1)+(2)"), "(1)+(2)"},
		{INTEGER, SQL("1+2"), "1 + 2"},
		{INTEGER, SQL("1+2"), "(1 + 2)"},
		{TEXT, SQL("('a)')"), "'a)'"},
		{TEXT, SQL("a||b"), "a || b"},
		{BOOLEAN, SQL("TRUE"), "true"},
		{TEXT, SQL("upper( 'x'::text )"), "upper('x'::text)"},
		/* what the server adds */
		{TEXT, SQL("'x'"), "'x'::text"},
		{VARCHAR, SQL("'x'"), "'x'::character varying"},
		{JSONB, SQL("'{}'"), "'{}'::jsonb"},
		{BOOLEAN, SQL("'t'"), "true"},
		{INTEGER, SQL("-1"), "'-1'::integer"},
		{BIGINT, SQL("-1"), "'-1'::integer"},
		{NUMERIC, SQL("-1.5"), "'-1.5'::numeric"},
		{BIGINT, SQL("nextval('s')"), "nextval('s'::regclass)"},
		{BIGINT, SQL("NEXTVAL('app.s')"), "nextval('app.s'::regclass)"},
		{TEXT, SQL("current_setting('app.user')"), "current_setting('app.user'::text)"},
		{TIMESTAMP, SQL("now() at time zone 'utc'"), "(now() AT TIME ZONE 'utc'::text)"},
		{DATE, SQL("(now() at time zone 'utc')::date"),
		 "(now() AT TIME ZONE 'utc'::text)::date"},
		/* SQLite */
		{LITE_TEXT, SQL("datetime('now')"), "DATETIME( 'now' )"},
		{LITE_BLOB, SQL("0"), "0"},
		{LITE_BLOB, SQL("x'00'"), "x'00'"},
		{LITE_NUMERIC, SQL("1"), "'1'"},
	};
	/* clang-format on */
	expect_agreement(pairs, COUNT(pairs), true);
}

Test(default_text, an_expression_that_may_mean_another_thing_is_not_known_to_agree)
{
	/* clang-format off */
	static const struct pair pairs[] = {
		{TIMESTAMPTZ, SQL("now()"), "'now()'"},
		{TIMESTAMPTZ, SQL("now()"), "CURRENT_TIMESTAMP"},
		{TIMESTAMPTZ, SQL("now()"), "\"now\"()"},
		{TIMESTAMPTZ, SQL("\"Now\"()"), "\"now\"()"},
		{DATE, SQL("current_date"), "CURRENT_TIME"},
		{TEXT, SQL("'CURRENT_TIMESTAMP'"), "'current_timestamp'"},
		{TIMESTAMPTZ, SQL("CURRENT_TIMESTAMP"), "current_timestamp()"},
		{TIMESTAMPTZ, SQL("CURRENT_TIMESTAMP"), "current_timestamp(3)"},
		{TEXT, SQL("'X'::text"), "'x'::text"},
		{TEXT, SQL("f('x')"), "f('x'::json)"},
		{TEXT, SQL("f('x')"), "f('x'::text)"},
		{TEXT, SQL("f('x', 1)"), "f('x'::text, 1)"},
		{BIGINT, SQL("nextval('s')"), "nextval('s'::text)"},
		{BIGINT, SQL("nextval('s')"), "nextval('S'::regclass)"},
		{BIGINT, SQL("nextval('s')"), "nextval('t'::regclass)"},
		{BIGINT, SQL("nextval('s')"), "nextval('s'::regclass[])"},
		{BIGINT, SQL("nextval('s')"), "nextval('s'::"},
		{BIGINT, SQL("x.nextval('s')"), "x.nextval('s'::regclass)"},
		{BIGINT, SQL("nextval('s')"), "nextval('s'::regclass) + 1"},
		{TEXT, SQL("current_setting('a', true)"), "current_setting('a'::text, true)"},
		{TIMESTAMP, SQL("now() at time zone 'utc'"),
		 "(now() AT TIME ZONE '00:00:00'::interval)"},
		{TEXT, SQL("'x'"), "'x'::bpchar"},
		{TEXT, SQL("'a''b'"), "'a''c'::text"},
		{TEXT, SQL("0"), "'0'"},
		{TEXT, SQL("007"), "'007'::text"},
		{TEXT, SQL("1"), "'1'::text"},
		{INTEGER, SQL("-1.5"), "'-1.5'::numeric"},
		{INTEGER, SQL("(1)+(2)"), "1)+(2"},
		{INTEGER, SQL("1 + 2"), "2 + 1"},
		{TEXT, SQL("a | | b"), "a || b"},
		{INTEGER, SQL("1 - -1"), "1 --1"},
		{TEXT, SQL("''"), ""},
		{BOOLEAN, SQL("true"), "'true'"},
		{LITE_BLOB, SQL("x '00'"), "x'00'"},
		{LITE_TEXT, SQL("X'00'"), "'00'"},
		/* nothing */
		{INTEGER, NO_DEFAULT, "0"},
		{INTEGER, VALUE("0"), NULL},
		{INTEGER, SQL("now()"), NULL},
		{INTEGER, SQL("NULL"), ""},
		{INTEGER, SQL("NULL"), "NULL"},
	};
	/* clang-format on */
	expect_agreement(pairs, COUNT(pairs), false);
}

Test(default_text, sqlite_makes_numbers_of_texts_only_in_columns_of_numbers)
{
	/* clang-format off */
	static const struct pair same[] = {
		{LITE_INTEGER, VALUE("-7"), "-7"},
		{LITE_INTEGER, VALUE("-7"), "'-7'"},
		{LITE_NUMERIC, VALUE("1.50"), "1.50"},
		{LITE_REAL, VALUE("1.5"), "1.5"},
		{LITE_REAL, SQL("1.5"), "'1.5'"},
		{LITE_TEXT, VALUE("1.50"), "'1.50'"},
		{LITE_BLOB, VALUE("0"), "('0')"},
		{LITE_NUMERIC, VALUE("1"), "true"},
		{LITE_INTEGER, VALUE("0"), "FALSE"},
	};
	static const struct pair open[] = {
		{LITE_TEXT, VALUE("1.50"), "1.50"}, /* becomes '1.5' */
		{LITE_BLOB, VALUE("0"), "0"}, /* stays a number */
		{LITE_NUMERIC, VALUE("true"), "true"}, /* 1 */
		{LITE_NUMERIC, VALUE("t"), "true"},
		{LITE_TEXT, VALUE("1"), "true"},
		{LITE_NUMERIC, VALUE("1234567890123456"), "1234567890123456"},
		{LITE_TEXT, SQL("1"), "'1'"},
	};
	/* clang-format on */
	expect_agreement(same, COUNT(same), true);
	expect_agreement(open, COUNT(open), false);
}
