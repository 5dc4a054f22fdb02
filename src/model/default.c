/* Do two defaults mean the same? Only what is certain counts: false is "not known". */
#include "default.h"
#include "compare.h"
#include "known_type.h"
#include "sql.h"
#include "text.h"
#include "token.h"

#include <string.h>

/* A part of a text. */
struct span {
	const char *begin;
	const char *end;
};

static struct span stripped(const char *text)
{
	struct span span = {text, text + strlen(text)};
	text_strip(&span.begin, &span.end);
	return span;
}

static size_t span_length(struct span span)
{
	return (size_t)(span.end - span.begin);
}

static bool span_equal(struct span a, struct span b)
{
	return span_length(a) == span_length(b) && memcmp(a.begin, b.begin, span_length(a)) == 0;
}

static bool span_is(struct span span, const char *text)
{
	return span_length(span) == strlen(text) &&
	       memcmp(span.begin, text, span_length(span)) == 0;
}

/* ---- tokens --------------------------------------------------------------- */

/* A token and whether it stands close behind the one before it. */
struct reading {
	const char *at;
	const char *end;
	struct token token;
	bool close;
};

static void read_on(struct reading *reading)
{
	const char *before = reading->at;
	reading->token = token_next(&reading->at, reading->end);
	reading->close = reading->token.text == before;
}

/* Does white space before it mean something? "x '0'" is not "x'0'", and "| |" is not "||". */
static bool minds_space(const struct token *before, const struct token *token)
{
	if (token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED)
		return before->kind != TOKEN_SYMBOL || !strchr("([,", before->text[0]);
	return token->kind == TOKEN_SYMBOL && before->kind == TOKEN_SYMBOL &&
	       !strchr("()[],", token->text[0]) && !strchr("()[],", before->text[0]);
}

static bool token_equal(const struct token *a, const struct token *b)
{
	return a->kind == b->kind && a->length == b->length &&
	       text_equal_n(a->text, b->text, a->length, a->kind == TOKEN_WORD);
}

/*
 * The cast that the server adds to a literal, where no other could be meant: nextval() has one form
 * only, current_setting() one with one argument, and AT TIME ZONE takes a text or an interval, of
 * which an untyped literal is the text (manual, section 10.3). before: the three tokens before
 * the literal, the last one first.
 */
static const char *added_cast(const struct token before[3])
{
	if (token_is_word(&before[0], "ZONE") && token_is_word(&before[1], "TIME") &&
	    token_is_word(&before[2], "AT"))
		return "text";
	if (!token_is_symbol(&before[0], '(') || token_is_symbol(&before[2], '.'))
		return NULL;
	if (token_is_word(&before[1], "NEXTVAL"))
		return "regclass";
	return token_is_word(&before[1], "CURRENT_SETTING") ? "text" : NULL;
}

/* Moves past "::type" if that is the type. */
static bool skip_cast(struct reading *reading, const char *type)
{
	if (!type || !token_is_symbol(&reading->token, ':'))
		return false;
	read_on(reading);
	bool is_cast = token_is_symbol(&reading->token, ':') && reading->close;
	read_on(reading);
	is_cast = is_cast && reading->token.kind == TOKEN_WORD &&
		  span_is((struct span){reading->token.text, reading->at}, type);
	read_on(reading);
	return is_cast;
}

/* The same tokens, but for casts that the server adds? Words without quotes in any case: both
 * databases fold it in keywords and in names of functions and types. */
static bool tokens_agree(struct span declared, struct span live)
{
	struct reading one = {.at = declared.begin, .end = declared.end};
	struct reading other = {.at = live.begin, .end = live.end};
	struct token before[4] = {{.kind = TOKEN_END}}; /* the last one first */
	for (;;) {
		read_on(&one);
		read_on(&other);
		bool added =
			before[0].kind == TOKEN_STRING && !token_equal(&one.token, &other.token);
		if (added && !skip_cast(&other, added_cast(before + 1)))
			return false;
		if (one.token.kind == TOKEN_BAD || !token_equal(&one.token, &other.token))
			return false;
		if (before[0].kind != TOKEN_END && !added && one.close != other.close &&
		    minds_space(&before[0], &one.token))
			return false;
		/* Another argument would make another form of the function possible. */
		if (added && before[1].kind == TOKEN_SYMBOL && !token_is_symbol(&one.token, ')'))
			return false;
		if (one.token.kind == TOKEN_END)
			return true;
		memmove(before + 1, before, 3 * sizeof(before[0]));
		before[0] = one.token;
	}
}

/* ---- literals ------------------------------------------------------------- */

/* The value in quotes that a text is, as far as it can be told without a server. */
struct literal {
	struct span text; /* between the quotes, where two quotes are one */
	struct span type; /* that it is cast to; empty: none */
};

static bool is_backslashed(struct span span)
{
	return memchr(span.begin, '\\', span_length(span)) != NULL;
}

/* 'text' or 'text'::type. What a backslash says depends on standard_conforming_strings, and what a
 * modifier does on the type. */
static bool literal_read(struct literal *literal, struct span span)
{
	const char *at = span.begin;
	struct token token = token_next(&at, span.end);
	if (token.kind != TOKEN_STRING || *token.text != '\'')
		return false;
	literal->text = (struct span){token.text + 1, token.text + token.length - 1};
	literal->type = (struct span){span.end, span.end};
	struct span rest = {at, span.end};
	text_strip(&rest.begin, &rest.end);
	if (is_backslashed(literal->text) || rest.begin == rest.end)
		return !is_backslashed(literal->text);
	bool modified;
	if (!text_is_cast(rest.begin, rest.end, &modified) || modified)
		return false;
	literal->type = (struct span){rest.begin + 2, rest.end};
	text_strip(&literal->type.begin, &literal->type.end);
	return true;
}

/* Do the quotes hold that text? */
static bool quotes_hold(struct span quoted, struct span text)
{
	const char *c = text.begin;
	for (const char *q = quoted.begin; q < quoted.end; q++, c++) {
		if (c == text.end || *q != *c)
			return false;
		q += *q == '\''; /* the second of two */
	}
	return c == text.end;
}

/* ---- what is declared ----------------------------------------------------- */

/* A declared default: the text of a value, or an expression that is perhaps one. */
struct declared {
	struct span expression; /* empty for a value */
	struct span value;      /* meaningless unless has_value */
	bool has_value;         /* behind DEFAULT it reads like the value in quotes */
	bool is_number;         /* a plain number, quoted or not */
	struct span number;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * A number that a column of text would show with the same digits: '007', '+1' and '-0' are not, for
 * the number behind them is printed otherwise. No exponents.
 */
static bool is_plain_number(struct span span)
{
	const char *c = span.begin;
	bool negative = c < span.end && *c == '-', zero = true;
	const char *digits = c += negative;
	while (c < span.end && is_digit(*c))
		zero = *c++ == '0' && zero;
	if (c == digits || (*digits == '0' && c != digits + 1))
		return false;
	if (c < span.end && *c == '.') {
		const char *fraction = ++c;
		while (c < span.end && is_digit(*c))
			zero = *c++ == '0' && zero;
		if (c == fraction)
			return false;
	}
	return c == span.end && !(negative && zero);
}

static struct declared declared_read(const struct reconcile_default *value)
{
	struct declared declared = {.has_value = true};
	struct literal literal;
	if (value->kind == RECONCILE_DEFAULT_VALUE) {
		declared.value = (struct span){value->text, value->text + strlen(value->text)};
	} else {
		declared.expression = stripped(value->text);
		/* With a quote in it, it is an expression only: the text is not there at once. */
		declared.has_value = literal_read(&literal, declared.expression) &&
				     span_length(literal.type) == 0 &&
				     !memchr(literal.text.begin, '\'', span_length(literal.text));
		if (declared.has_value)
			declared.value = literal.text;
	}
	declared.number = declared.has_value ? declared.value : declared.expression;
	declared.is_number = is_plain_number(declared.number);
	return declared;
}

/* ---- both ----------------------------------------------------------------- */

/* What PostgreSQL takes for a boolean: any beginning of these that only one has, in any case
 * (manual, section 8.6; parse_bool() needs two letters of "on" and "off"). */
static bool is_boolean(struct span value, bool wanted)
{
	static const struct {
		const char *word;
		size_t shortest;
		bool means;
	} words[] = {
		{"true", 1, true},   {"yes", 1, true}, {"on", 2, true},   {"1", 1, true},
		{"false", 1, false}, {"no", 1, false}, {"off", 2, false}, {"0", 1, false},
	};
	size_t length = span_length(value);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].means == wanted && length >= words[i].shortest &&
		    length <= strlen(words[i].word) &&
		    text_equal_n(value.begin, words[i].word, length, true))
			return true;
	return false;
}

static bool boolean_agrees(const struct declared *declared, struct span live, enum family family)
{
	struct token token = token_next(&live.begin, live.end);
	bool is_true = token_is_word(&token, "TRUE");
	if (live.begin != live.end || (!is_true && !token_is_word(&token, "FALSE")))
		return false;
	if (family == FAMILY_BOOLEAN)
		return declared->has_value && is_boolean(declared->value, is_true);
	/* SQLite: 1 and 0, but 'true' is a text (datatype3.html, section 2.1). */
	return family == FAMILY_SQLITE_NUMBER && span_is(declared->number, is_true ? "1" : "0");
}

static bool is_whole(struct span number)
{
	return !memchr(number.begin, '.', span_length(number));
}

/* Is a number with that cast the same number in a column of the type, after all roundings? */
static bool keeps_numbers(struct span cast, const struct known_type *type)
{
	static const char *const exact[] = {"smallint", "integer", "bigint", "numeric"};
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		if (span_is(cast, exact[i]))
			return true;
	return span_is(cast, type->name);
}

/* SQLite keeps 15 digits of a text that becomes a number (datatype3.html, section 3). */
enum { SQLITE_DIGITS = 15 };

/* A number, bare or in quotes, in a column of numbers. */
static bool number_agrees(const struct declared *declared, struct span live,
			  const struct known_type *type)
{
	struct literal literal;
	struct span number = declared->number;
	bool quoted = literal_read(&literal, live);
	if (!declared->is_number || !span_equal(number, quoted ? literal.text : live))
		return false;
	switch (type->family) {
	case FAMILY_INTEGER:
	case FAMILY_NUMBER:
		if (type->family == FAMILY_INTEGER && !is_whole(number))
			return false; /* rounded, or refused */
		return !quoted || keeps_numbers(literal.type, type);
	case FAMILY_SQLITE_NUMBER:
		return span_length(number) <= SQLITE_DIGITS &&
		       (!quoted || span_length(literal.type) == 0);
	case FAMILY_TEXT:
	case FAMILY_UNKNOWN:
		return !quoted && declared->has_value;
	default:
		return false;
	}
}

/* Is that what the server writes behind a literal that it made a value of the column's type? */
static bool is_own_type(struct span cast, const struct known_type *type, const char *declared)
{
	struct span own = {declared, declared + strlen(declared)};
	bool is_text = span_is(cast, "text") || span_is(cast, "character varying");
	if (span_length(cast) == 0)
		return true;
	if (type->family == FAMILY_TEXT && is_text)
		return true;
	/* A domain over text, say. */
	if (type->family == FAMILY_UNKNOWN)
		return is_text ||
		       (!memchr(own.begin, '(', span_length(own)) && tokens_agree(own, cast));
	return type->name && span_is(cast, type->name);
}

static bool value_agrees(const struct declared *declared, struct span live,
			 const struct known_type *type, const char *declared_type)
{
	struct literal literal;
	return declared->has_value && literal_read(&literal, live) &&
	       quotes_hold(literal.text, declared->value) &&
	       is_own_type(literal.type, type, declared_type);
}

bool default_agrees(const struct reconcile_column *column, const struct attribute *attribute)
{
	if (!attribute->default_value || !column_has_default(column))
		return false;
	struct declared declared = declared_read(&column->default_value);
	struct known_type type = known_type(attribute->type.type);
	struct span live = stripped(attribute->default_value);
	if (live.begin == live.end)
		return false;
	if (column->default_value.kind == RECONCILE_DEFAULT_SQL &&
	    (span_equal(declared.expression, live) || tokens_agree(declared.expression, live)))
		return true;
	return number_agrees(&declared, live, &type) ||
	       boolean_agrees(&declared, live, type.family) ||
	       value_agrees(&declared, live, &type, column->type);
}
