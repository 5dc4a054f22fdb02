/* SQL text that a registry brings along, looked at lexically: may it stand where we put it? */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include "../base/buffer.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * NULL if the text may stand as a type in `ADD COLUMN c TYPE ...`; otherwise why not, as the end
 * of a sentence ("has a comma outside parentheses"). A type is words, quoted identifiers and dots,
 * then perhaps (numbers, words or strings, ...), words again ("time (3) with time zone"), then
 * perhaps [] or [3] or ARRAY. No comment, semicolon, quote left open, control character; no
 * column constraint (NOT, NULL, DEFAULT, PRIMARY, UNIQUE, CHECK, REFERENCES, GENERATED, AS,
 * COLLATE, CONSTRAINT as a bare word): those belong to other fields of the row.
 */
const char *type_text_problem(const char *text);

/*
 * NULL if SQLite can read a type that type_text_problem() lets pass; otherwise why not: it takes
 * words that are not reserved, and behind them at most two numbers in parentheses (parse.y,
 * typetoken).
 */
const char *type_text_sqlite_problem(const char *text);

/*
 * NULL if the text may stand in `DEFAULT (TEXT)`; otherwise why not. Any expression with
 * balanced brackets, closed quotes (standard, E'', dollar), no comma outside brackets, no
 * semicolon, comment or backslash outside quotes, valid UTF-8.
 */
const char *expression_text_problem(const char *text);

/* Does the expression say NULL and nothing else, in any case, in brackets, perhaps with one cast
 * ("NULL::character varying")? As a default that is none. */
bool expression_is_null(const char *text);

/* Is [begin, end) one cast and no more, "::type"? modified: the type is "varchar(3)" or the like,
 * which may change a value. */
bool text_is_cast(const char *begin, const char *end, bool *modified);

/* Moves both ends inward, past white space and past brackets that enclose all the rest. */
void text_strip(const char **begin, const char **end);

/* Valid UTF-8 (no surrogates, no overlong form), without a control character when strict. */
bool text_is_utf8(const char *text, bool strict);

/* Are they equal? In a registry equal names are mostly one literal. */
static inline bool text_same(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

/* Are the names equal, to a database that tells ASCII letters' cases apart or ignores them? */
bool text_equal(const char *a, const char *b, bool ignore_case);
bool text_equal_n(const char *a, const char *b, size_t length, bool ignore_case);
/* An ASCII letter in lower case, anything else as it is. */
static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Adds text so that it stays on one line and in one comment: control characters and what is not
 * UTF-8 as \xNN. NULL adds "?". */
void text_add_visible(struct buffer *buf, const char *text);

#endif
