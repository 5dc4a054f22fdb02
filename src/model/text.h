/* SQL text that a registry brings along, looked at lexically: may it stand where we put it? */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include <stdbool.h>

/*
 * NULL if the text may stand as a type in `ADD COLUMN c TYPE ...`; otherwise why not, as the end
 * of a sentence ("has a comma outside parentheses"). A type is words, quoted identifiers and dots,
 * then perhaps (numbers, words or strings, ...), words again ("time (3) with time zone"), then
 * perhaps [] or [3] or ARRAY. No comment, semicolon, quote left open, control character; no
 * column constraint (NOT, NULL, DEFAULT, PRIMARY, UNIQUE, CHECK, REFERENCES, GENERATED, COLLATE,
 * CONSTRAINT as a bare word): those belong to other fields of the row.
 */
const char *type_text_problem(const char *text);

/*
 * NULL if the text may stand in `DEFAULT (TEXT)`; otherwise why not. Any expression with
 * balanced brackets, closed quotes (standard, E'', dollar), no comma, semicolon or comment
 * outside them, valid UTF-8.
 */
const char *expression_text_problem(const char *text);

/* Valid UTF-8 (no surrogates, no overlong form), without a control character when strict. */
bool text_is_utf8(const char *text, bool strict);

#endif
