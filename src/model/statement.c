#include "statement.h"
#include "token.h"

#include <string.h>

/* What of a statement was read so far. */
struct statement_state {
	size_t words;     /* in a row, from its first token on */
	bool creates;     /* CREATE ... */
	bool has_body;    /* ... [OR REPLACE] FUNCTION or PROCEDURE */
	size_t blocks;    /* BEGIN and CASE in its body that have no END yet */
	size_t parens;    /* open */
	bool has_content; /* it is not empty */
};

/* Behind a comment. NULL: it is left open. */
static const char *comment_end(const char *at)
{
	if (at[0] == '-') {
		at += strcspn(at, "\n");
		return at;
	}
	size_t depth = 0;
	do {
		bool opens = at[0] == '/' && at[1] == '*', closes = at[0] == '*' && at[1] == '/';
		depth += opens;
		depth -= closes;
		at += opens || closes ? 2 : 1;
		if (at[0] == '\0' && depth > 0)
			return NULL;
	} while (depth > 0);
	return at;
}

/* Behind white space and comments, to what is neither. NULL: a comment is left open. */
static const char *skip_blank(const char *at)
{
	while (at != NULL) {
		at += strspn(at, " \t\n\v\f\r");
		bool comment = (at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*');
		if (!comment)
			return at;
		at = comment_end(at);
	}
	return NULL;
}

/* In the body of a function that is written in SQL itself (BEGIN ATOMIC ... END), semicolons end
 * nothing. */
static void take_word(struct statement_state *state, const struct token *token)
{
	state->words++;
	if (state->words == 1)
		state->creates = token_is_word(token, "CREATE");
	/* CREATE FUNCTION, CREATE OR REPLACE FUNCTION */
	if (state->creates && state->parens == 0 && (state->words == 2 || state->words == 4) &&
	    (token_is_word(token, "FUNCTION") || token_is_word(token, "PROCEDURE")))
		state->has_body = true;
	if (!state->has_body)
		return;
	if (token_is_word(token, "BEGIN") || (state->blocks > 0 && token_is_word(token, "CASE")))
		state->blocks++;
	else if (state->blocks > 0 && token_is_word(token, "END"))
		state->blocks--;
}

static void take(struct statement_state *state, const struct token *token)
{
	state->has_content = true;
	if (token->kind == TOKEN_WORD)
		take_word(state, token);
	else if (token_is_symbol(token, '('))
		state->parens++;
	else if (token_is_symbol(token, ')') && state->parens > 0)
		state->parens--;
}

static size_t line_of(const char *text, const char *place)
{
	size_t line = 1;
	for (; text < place; text++)
		line += *text == '\n';
	return line;
}

size_t statement_line(const char *text, size_t number)
{
	const char *end = text + strlen(text), *last = text;
	struct statement_state state = {0};
	for (const char *at = skip_blank(text); at != NULL; at = skip_blank(at)) {
		if (*at == '\0')
			return number == 1 && state.has_content ? line_of(text, last) : 0;
		if (*at == ';') {
			bool ends = state.blocks == 0 && state.parens == 0;
			if (ends && state.has_content && --number == 0)
				return line_of(text, at);
			if (ends)
				state = (struct statement_state){0};
			last = at++;
			continue;
		}
		struct token token = token_next(&at, end);
		if (token.kind == TOKEN_BAD)
			return 0;
		take(&state, &token);
		last = at;
	}
	return 0;
}
