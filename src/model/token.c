#include "token.h"
#include "text.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters outside ASCII are letters to PostgreSQL and to SQLite. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

static const char *bad(struct token *token, const char *problem, const char *end)
{
	token->kind = TOKEN_BAD;
	token->problem = problem;
	return end;
}

/*
 * From the opening quote to behind the closing one. A backslash before a quote closes the
 * string or does not, as standard_conforming_strings says: nobody should have to know.
 */
static const char *string_end(struct token *token, const char *open, const char *end, bool escapes)
{
	for (const char *c = open + 1; c < end; c++) {
		bool last = c + 1 == end;
		if (*c == '\\' && escapes) {
			c++;
		} else if (*c == '\\' && !last && c[1] == '\'') {
			return bad(token,
				   "has a backslash before a quote, which not all servers "
				   "read alike",
				   end);
		} else if (*c == '\'') {
			if (last || c[1] != '\'')
				return c + 1;
			c++;
		}
	}
	return bad(token, "has a quote that is left open", end);
}

static const char *quoted_end(struct token *token, const char *open, const char *end)
{
	for (const char *c = open + 1; c < end; c++) {
		if (*c != '"')
			continue;
		if (c + 1 == end || c[1] != '"')
			return c == open + 1 ? bad(token, "has an empty quoted name", end) : c + 1;
		c++;
	}
	return bad(token, "has a quote that is left open", end);
}

static const char *dollar_end(struct token *token, const char *open, const char *end)
{
	const char *tag = open + 1;
	while (tag < end && (is_letter(*tag) || (tag > open + 1 && is_digit(*tag))))
		tag++;
	if (tag == end || *tag != '$')
		return bad(token, "has a '$' that opens no string", end);
	size_t length = (size_t)(tag + 1 - open);
	for (const char *c = tag + 1; (size_t)(end - c) >= length; c++)
		if (memcmp(c, open, length) == 0)
			return c + length;
	return bad(token, "has a quote that is left open", end);
}

static const char *word_end(struct token *token, const char *begin, const char *end)
{
	const char *c = begin;
	while (c < end && (is_letter(*c) || is_digit(*c) || *c == '$'))
		c++;
	token->kind = TOKEN_WORD;
	if (c == end || *c != '\'' || c - begin != 1 || (*begin != 'e' && *begin != 'E'))
		return c;
	token->kind = TOKEN_STRING;
	return string_end(token, c, end, true);
}

static const char *symbol_end(struct token *token, const char *c, const char *end)
{
	char next = c + 1 < end ? c[1] : '\0';
	if ((*c == '-' && next == '-') || (*c == '/' && next == '*'))
		return bad(token, "has a comment", end);
	if (*c == ';')
		return bad(token, "has a semicolon", end);
	if (*c == '\\') /* psql takes what follows for a command of its own */
		return bad(token, "has a backslash outside quotes", end);
	token->kind = TOKEN_SYMBOL;
	return c + 1;
}

static const char *token_end(struct token *token, const char *c, const char *end)
{
	if (is_letter(*c))
		return word_end(token, c, end);
	if (is_digit(*c)) {
		token->kind = TOKEN_NUMBER;
		while (c < end && (is_digit(*c) || is_letter(*c) || *c == '.'))
			c++;
		return c;
	}
	if (*c == '\'') {
		token->kind = TOKEN_STRING;
		return string_end(token, c, end, false);
	}
	if (*c == '"') {
		token->kind = TOKEN_QUOTED;
		return quoted_end(token, c, end);
	}
	if (*c == '$') {
		token->kind = TOKEN_STRING;
		return dollar_end(token, c, end);
	}
	return symbol_end(token, c, end);
}

struct token token_next(const char **at, const char *end)
{
	while (*at < end && is_space(**at))
		(*at)++;
	struct token token = {.kind = TOKEN_END, .text = *at};
	if (*at < end)
		*at = token_end(&token, *at, end);
	token.length = (size_t)(*at - token.text);
	return token;
}

bool token_is_word(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && token->length == strlen(word) &&
	       text_equal_n(token->text, word, token->length, true);
}

bool token_is_symbol(const struct token *token, char symbol)
{
	return token->kind == TOKEN_SYMBOL && token->text[0] == symbol;
}
