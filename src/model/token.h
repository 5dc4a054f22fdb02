/*
 * The tokens of SQL text, as PostgreSQL's lexer sees them (manual, section 4.1), for text that must
 * mean the same to every server and client that it may pass through. Whatever is read in
 * different ways, or ends a statement, or hides text is TOKEN_BAD.
 */
#ifndef MODEL_TOKEN_H
#define MODEL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* a keyword or an unquoted name */
	TOKEN_NUMBER, /* begins with a digit */
	TOKEN_STRING, /* 'plain', E'escaped', $tag$dollar$tag$ */
	TOKEN_QUOTED, /* "a name" */
	TOKEN_SYMBOL, /* any other single character: text[0] */
	TOKEN_BAD,    /* see problem */
};

struct token {
	enum token_kind kind;
	const char *text; /* where it begins; quotes included */
	size_t length;
	const char *problem; /* BAD: why, as the end of a sentence */
};

/* The token at *at, behind white space; *at moves behind it. text is valid UTF-8 up to end. */
struct token token_next(const char **at, const char *end);

/* Is it that word, in any case? The word is given in capitals. */
bool token_is_word(const struct token *token, const char *word);
bool token_is_symbol(const struct token *token, char symbol);

#endif
