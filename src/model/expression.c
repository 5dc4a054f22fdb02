#include "expression.h"
#include "function.h"
#include "text.h"

#include <string.h>

/* The name in a token, without its quotes. */
static struct token plain_name(struct token token)
{
	if (token.kind == TOKEN_QUOTED) {
		token.text++;
		token.length -= 2;
	}
	return token;
}

static bool is_one_of(const struct token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (token_is_word(token, words[i]))
			return true;
	return false;
}

#define IS_ONE_OF(token, words) is_one_of(token, words, sizeof(words) / sizeof((words)[0]))

static struct token peek(const char *at, const char *end)
{
	return token_next(&at, end);
}

/* ---- what SQLite reads ---------------------------------------------------- */

static bool is_adjacent(const struct token *left, const struct token *right)
{
	return left->text + left->length == right->text;
}

static bool is_standard_string(const struct token *token)
{
	return token->kind == TOKEN_STRING && *token->text == '\'';
}

/* x'00' */
static bool is_blob(const struct token *word, const struct token *string)
{
	return token_is_word(word, "X") && is_standard_string(string) && is_adjacent(word, string);
}

/* PostgreSQL's B'01' and X'1F'. */
static bool is_bits(const struct token *word, const struct token *string)
{
	return (token_is_word(word, "B") || token_is_word(word, "X")) &&
	       is_standard_string(string) && is_adjacent(word, string);
}

/* "1e-5" is three tokens. */
static void skip_exponent(const struct token *number, const char **at, const char *end)
{
	char first = number->text[0], second = number->length > 1 ? number->text[1] : '0';
	bool hexadecimal = first == '0' && text_lower(second) == 'x';
	struct token sign = peek(*at, end);
	if (hexadecimal || text_lower(number->text[number->length - 1]) != 'e' ||
	    !is_adjacent(number, &sign) ||
	    !(token_is_symbol(&sign, '-') || token_is_symbol(&sign, '+')))
		return;
	const char *behind = *at;
	token_next(&behind, end);
	if (token_next(&behind, end).kind == TOKEN_NUMBER)
		*at = behind;
}

/* A number that begins with the token, which is the one before *at; it moves behind the number. */
static bool skip_number(struct token *token, const char **at, const char *end)
{
	if (token_is_symbol(token, '.')) { /* .5 */
		struct token digits = token_next(at, end);
		*token = is_adjacent(token, &digits) ? digits : *token;
	}
	if (token->kind != TOKEN_NUMBER)
		return false;
	skip_exponent(token, at, end);
	return true;
}

/* Behind an opening bracket: up to and with the one that closes it. */
static bool skip_brackets(const char **at, const char *end)
{
	for (unsigned depth = 1; depth > 0;) {
		struct token token = token_next(at, end);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return false;
		depth += token_is_symbol(&token, '(');
		depth -= token_is_symbol(&token, ')');
	}
	return true;
}

/* A constant at *at, which moves behind it. Brackets are at most 64 deep. */
static bool skip_constant(const char **at, const char *end)
{
	static const char *const literals[] = {"NULL", "TRUE", "FALSE"};
	struct token token = token_next(at, end);
	while (token_is_symbol(&token, '-') || token_is_symbol(&token, '+'))
		token = token_next(at, end);
	if (skip_number(&token, at, end))
		return true;
	if (is_standard_string(&token) || IS_ONE_OF(&token, literals))
		return true;
	struct token next = peek(*at, end);
	if (is_blob(&token, &next)) {
		token_next(at, end);
		return true;
	}
	bool cast = token_is_word(&token, "CAST");
	if (cast)
		token = token_next(at, end);
	if (!token_is_symbol(&token, '(') || !skip_constant(at, end))
		return false;
	token = token_next(at, end);
	return cast ? token_is_word(&token, "AS") && skip_brackets(at, end)
		    : token_is_symbol(&token, ')');
}

bool expression_is_constant(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	return skip_constant(&at, end) && token_next(&at, end).kind == TOKEN_END;
}

/* ---- what PostgreSQL reads ------------------------------------------------ */

/* A literal at *at, which moves behind it: what the parser makes one constant of (gram.y,
 * AexprConst and doNegate). A plus is an operator, and so is a minus before anything but a number.
 */
static bool skip_literal(const char **at, const char *end, bool negative)
{
	static const char *const literals[] = {"NULL", "TRUE", "FALSE"};
	struct token token = token_next(at, end);
	for (; token_is_symbol(&token, '-'); token = token_next(at, end))
		negative = true;
	if (token_is_symbol(&token, '(')) {
		if (!skip_literal(at, end, negative))
			return false;
		token = token_next(at, end);
		return token_is_symbol(&token, ')');
	}
	if (skip_number(&token, at, end))
		return true;
	if (negative)
		return false;
	struct token next = peek(*at, end);
	if (is_bits(&token, &next)) {
		token_next(at, end);
		return true;
	}
	return token.kind == TOKEN_STRING || IS_ONE_OF(&token, literals);
}

bool expression_is_literal(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	return skip_literal(&at, end, false) && token_next(&at, end).kind == TOKEN_END;
}

struct token expression_quoting(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	struct token token = token_next(&at, end);
	while (token.kind != TOKEN_END && token.kind != TOKEN_BAD &&
	       (token.kind != TOKEN_STRING || is_standard_string(&token)))
		token = token_next(&at, end);
	return token.kind == TOKEN_STRING ? token : (struct token){.kind = TOKEN_END};
}

/* Elsewhere a string behind it is PostgreSQL's way to write a value of a type, or to go on with
 * another string. */
static bool takes_string(const struct token *last, const struct token *string)
{
	static const char *const operators[] = {
		"AND",    "AS",   "BETWEEN", "CASE",   "COLLATE", "DISTINCT", "ELSE",
		"ESCAPE", "FROM", "GLOB",    "IN",     "IS",      "LIKE",     "MATCH",
		"NOT",    "OR",   "REGEXP",  "SELECT", "THEN",    "WHEN",
	};
	if (last->kind == TOKEN_WORD)
		return IS_ONE_OF(last, operators) || is_blob(last, string);
	return last->kind == TOKEN_END ||
	       (last->kind == TOKEN_SYMBOL && !token_is_symbol(last, ')'));
}

struct token expression_syntax(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	struct token last = {.kind = TOKEN_END}, token = token_next(&at, end);
	while (token.kind != TOKEN_END && token.kind != TOKEN_BAD) {
		if (token_is_symbol(&token, ':') || token_is_symbol(&token, '['))
			return token;
		if (is_standard_string(&token) && !takes_string(&last, &token))
			return last;
		last = token;
		token = token_next(&at, end);
	}
	return (struct token){.kind = TOKEN_END};
}

/* ---- names and calls ------------------------------------------------------ */

bool expression_is_name(const char *text)
{
	static const char *const values[] = {
		"NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
	};
	const char *at = text, *end = text + strlen(text);
	text_strip(&at, &end);
	struct token token = token_next(&at, end);
	bool alone = token_next(&at, end).kind == TOKEN_END;
	if (!alone || token.kind == TOKEN_QUOTED)
		return alone;
	return token.kind == TOKEN_WORD && !IS_ONE_OF(&token, values) &&
	       !(function_flags(token.text, token.length) & FUNCTION_WORD);
}

struct token expression_call(const char *text, unsigned flags)
{
	const char *at = text, *end = text + strlen(text);
	for (;;) {
		struct token token = token_next(&at, end);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return (struct token){.kind = TOKEN_END};
		if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED)
			continue;
		struct token name = plain_name(token), next = peek(at, end);
		unsigned known = function_flags(name.text, name.length);
		/* "user" in quotes is a column. */
		bool called = known & FUNCTION_WORD ? token.kind == TOKEN_WORD
						    : token_is_symbol(&next, '(');
		if (called && known & flags)
			return name;
	}
}

/* ---- instants that stand still -------------------------------------------- */

static bool is_date_type_word(const struct token *token)
{
	static const char *const types[] = {
		"ABSTIME",      "DATE",      "DATEMULTIRANGE", "DATERANGE",
		"TIME",         "TIMESTAMP", "TIMESTAMPTZ",    "TIMETZ",
		"TSMULTIRANGE", "TSRANGE",   "TSTZMULTIRANGE", "TSTZRANGE",
	};
	struct token name = plain_name(*token);
	name.kind = token->kind == TOKEN_QUOTED ? TOKEN_WORD : token->kind;
	return IS_ONE_OF(&name, types);
}

static bool is_date_type(const char *begin, const char *end)
{
	for (;;) {
		struct token token = token_next(&begin, end);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return false;
		if (is_date_type_word(&token))
			return true;
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* Is one of the special words in it, as a word? */
static bool names_an_instant(const char *text, size_t length)
{
	static const char *const words[] = {"NOW", "TODAY", "TOMORROW", "YESTERDAY"};
	for (size_t i = 0; i < length;) {
		struct token word = {.kind = TOKEN_WORD, .text = text + i};
		while (i + word.length < length && is_letter(word.text[word.length]))
			word.length++;
		if (IS_ONE_OF(&word, words))
			return true;
		i += word.length > 0 ? word.length : 1;
	}
	return false;
}

bool value_is_frozen(const char *value, const char *type)
{
	return names_an_instant(value, strlen(value)) && is_date_type(type, type + strlen(type));
}

/* Behind a string: is it made a date or time, by "::date" or the "AS date" of a CAST? */
static bool becomes_date(const char *at, const char *end)
{
	struct token token = token_next(&at, end);
	if (!token_is_word(&token, "AS")) {
		if (!token_is_symbol(&token, ':') || at == end || *at != ':')
			return false;
		at++;
	}
	token = token_next(&at, end);
	struct token next = peek(at, end);
	while (token_is_symbol(&next, '.')) { /* pg_catalog.timestamptz */
		token_next(&at, end);
		token = token_next(&at, end);
		next = peek(at, end);
	}
	return is_date_type_word(&token);
}

bool expression_is_frozen(const char *text, const char *type)
{
	const char *at = text, *end = text + strlen(text);
	text_strip(&at, &end);
	bool first = true;
	struct token before = {.kind = TOKEN_END}, last = before, token;
	while ((token = token_next(&at, end)).kind != TOKEN_END && token.kind != TOKEN_BAD) {
		if (token.kind == TOKEN_STRING && names_an_instant(token.text, token.length)) {
			bool alone = first && peek(at, end).kind == TOKEN_END;
			/* DATE 'today', TIMESTAMP(3) 'now', TIME WITH TIME ZONE 'now', date('now')
			 */
			bool typed = is_date_type_word(&last) || token_is_word(&last, "ZONE") ||
				     token_is_symbol(&last, ')') ||
				     (token_is_symbol(&last, '(') && is_date_type_word(&before));
			if ((alone && is_date_type(type, type + strlen(type))) || typed ||
			    becomes_date(at, end))
				return true;
		}
		before = last;
		last = token;
		first = false;
	}
	return false;
}

/* ---- values that look like expressions ------------------------------------ */

bool value_is_sql(const char *value)
{
	static const char *const words[] = {
		"NULL",
		"CURRENT_DATE",
		"CURRENT_TIME",
		"CURRENT_TIMESTAMP",
	};
	const char *at = value, *end = value + strlen(value);
	struct token token = token_next(&at, end), next = peek(at, end);
	if (token.kind == TOKEN_STRING || IS_ONE_OF(&token, words)) {
		bool modified;
		return next.kind == TOKEN_END || text_is_cast(at, end, &modified);
	}
	if (token.kind != TOKEN_WORD)
		return false;
	unsigned flags = function_flags(token.text, token.length);
	/* "user" may well be the value. */
	if (flags & FUNCTION_WORD)
		return next.kind == TOKEN_END && memchr(token.text, '_', token.length);
	if (flags == 0 || !token_is_symbol(&next, '('))
		return false;
	token_next(&at, end);
	return skip_brackets(&at, end) && token_next(&at, end).kind == TOKEN_END;
}
