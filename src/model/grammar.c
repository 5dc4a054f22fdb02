/* The two grammars of text.h: a type, and an expression. */
#include "keyword.h"
#include "text.h"
#include "token.h"

#include <stdint.h>
#include <string.h>

/* ---- types ---------------------------------------------------------------- */

static const char *const constraint_in_type =
	"has a column constraint, which is not part of a type (there are null and default for it)";

static const char *const command_in_type =
	"has a word that belongs to a command, not to a type (a type of that name stands in "
	"double quotes)";

/* AS: SQLite takes "int AS (1)" for a generated column. */
static bool is_constraint(const struct token *word)
{
	static const char *const words[] = {
		"NOT",        "NULL",      "DEFAULT", "PRIMARY", "UNIQUE",     "CHECK",
		"REFERENCES", "GENERATED", "AS",      "COLLATE", "CONSTRAINT",
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (token_is_word(word, words[i]))
			return true;
	return false;
}

/* SQLite takes nearly any words for a type, and would find these only when it alters the table. */
static bool is_command(const struct token *word)
{
	return token_is_word(word, "ADD") || token_is_word(word, "ALTER") ||
	       token_is_word(word, "DROP");
}

static bool is_whole_number(const struct token *token)
{
	if (token->kind != TOKEN_NUMBER)
		return false;
	for (size_t i = 0; i < token->length; i++)
		if (token->text[i] < '0' || token->text[i] > '9')
			return false;
	return true;
}

/* Behind '(' up to ')': numbers, words, names and strings with commas between. */
static const char *modifiers_problem(const char **at, const char *end)
{
	for (;;) {
		struct token token = token_next(at, end);
		bool sign = token_is_symbol(&token, '-') || token_is_symbol(&token, '+');
		if (sign)
			token = token_next(at, end);
		if (token.kind == TOKEN_BAD)
			return token.problem;
		if (token.kind == TOKEN_END)
			return "has a bracket that is left open";
		bool one = is_whole_number(&token) ||
			   (!sign && (token.kind == TOKEN_WORD || token.kind == TOKEN_QUOTED ||
				      token.kind == TOKEN_STRING));
		if (!one)
			return "has something else than numbers, words and strings in its "
			       "parentheses";
		token = token_next(at, end);
		if (token.kind == TOKEN_BAD)
			return token.problem;
		if (token.kind == TOKEN_END)
			return "has a bracket that is left open";
		if (token_is_symbol(&token, ')'))
			return NULL;
		if (!token_is_symbol(&token, ','))
			return "has something else than commas between the values in its "
			       "parentheses";
	}
}

/* Behind '[' up to ']': perhaps a number. */
static const char *bound_problem(const char **at, const char *end)
{
	struct token token = token_next(at, end);
	if (is_whole_number(&token))
		token = token_next(at, end);
	if (token_is_symbol(&token, ']'))
		return NULL;
	if (token.kind == TOKEN_BAD)
		return token.problem;
	return token.kind == TOKEN_END ? "has a bracket that is left open"
				       : "has an array bound that is not a number";
}

/* How far a type has been read. */
struct type_reading {
	const char *at;
	const char *end;
	enum { NAME_WANTED, NAME, MODIFIERS, BOUNDS } place;
	bool begun;
};

static const char *symbol_problem(struct type_reading *reading, const struct token *token)
{
	switch (token->text[0]) {
	case '.':
		if (reading->place != NAME)
			return "has a dot that is not behind a name";
		reading->place = NAME_WANTED;
		return NULL;
	case '(':
		if (reading->place != NAME)
			return "has parentheses that are not behind a name";
		reading->place = MODIFIERS;
		return modifiers_problem(&reading->at, reading->end);
	case '[':
		if (reading->place == NAME_WANTED)
			return "has a bracket that is not behind a name";
		reading->place = BOUNDS;
		return bound_problem(&reading->at, reading->end);
	case ',':
		return "has a comma outside parentheses";
	case ')':
	case ']':
		return "has a closing bracket without an opening one";
	default:
		return "has a character that does not belong in a type";
	}
}

static const char *type_token_problem(struct type_reading *reading, const struct token *token)
{
	switch (token->kind) {
	case TOKEN_BAD:
		return token->problem;
	case TOKEN_WORD:
		if (is_constraint(token))
			return constraint_in_type;
		if (is_command(token))
			return command_in_type;
		if (reading->place == BOUNDS)
			return "goes on behind its array bounds";
		if (reading->place == NAME_WANTED)
			reading->place = NAME;
		return NULL;
	case TOKEN_QUOTED:
		if (reading->place > NAME)
			return "has a quoted name behind its brackets";
		reading->place = NAME;
		return NULL;
	case TOKEN_SYMBOL:
		return symbol_problem(reading, token);
	case TOKEN_NUMBER:
		return "has a number outside parentheses";
	default:
		return "has a string outside parentheses";
	}
}

static const char *type_problem(const char *begin, const char *end, bool *modified)
{
	struct type_reading reading = {.at = begin, .end = end};
	struct token token = token_next(&reading.at, end);
	if (token.kind == TOKEN_END)
		return "is empty";
	*modified = false;
	while (token.kind != TOKEN_END) {
		const char *problem = type_token_problem(&reading, &token);
		if (problem)
			return problem;
		*modified = *modified || token_is_symbol(&token, '(');
		token = token_next(&reading.at, end);
	}
	return reading.place == NAME_WANTED ? "ends in a dot" : NULL;
}

const char *type_text_problem(const char *text)
{
	if (!text_is_utf8(text, true))
		return text_is_utf8(text, false) ? "has a control character" : "is not valid UTF-8";
	bool modified;
	return type_problem(text, text + strlen(text), &modified);
}

/* Behind '(' up to the end of the type. */
static const char *sqlite_modifiers_problem(const char *at, const char *end)
{
	unsigned numbers = 0;
	struct token token = token_next(&at, end);
	for (; !token_is_symbol(&token, ')'); token = token_next(&at, end)) {
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return NULL;
		if (token.kind == TOKEN_WORD || token.kind == TOKEN_QUOTED ||
		    token.kind == TOKEN_STRING)
			return "has something else than numbers in its parentheses";
		if (token.kind == TOKEN_NUMBER && ++numbers > 2)
			return "has more than two numbers in its parentheses";
	}
	return token_next(&at, end).kind == TOKEN_END ? NULL : "goes on behind its parentheses";
}

const char *type_text_sqlite_problem(const char *text)
{
	static const unsigned reserved = KEYWORD_SQLITE_COLUMN | KEYWORD_SQLITE_TABLE;
	const char *at = text, *end = text + strlen(text);
	for (;;) {
		struct token token = token_next(&at, end);
		if (token.kind == TOKEN_END)
			return NULL;
		if (token_is_symbol(&token, '.'))
			return "names a schema";
		if (token_is_symbol(&token, '('))
			return sqlite_modifiers_problem(at, end);
		if (token.kind == TOKEN_WORD &&
		    (keyword_flags(token.text, token.length) & reserved) == reserved)
			return "has a reserved word";
		/* [3] is a name in quotes to SQLite, and a type may have any number of names. */
	}
}

bool text_is_cast(const char *begin, const char *end, bool *modified)
{
	const char *at = begin;
	struct token token = token_next(&at, end);
	if (!token_is_symbol(&token, ':') || at == end || *at != ':')
		return false;
	return type_problem(at + 1, end, modified) == NULL;
}

/* ---- expressions ---------------------------------------------------------- */

/* Brackets that are open: a bit each, 1 for '[', the innermost lowest. */
struct brackets {
	uint64_t kinds;
	unsigned depth;
};

static const char *bracket_problem(struct brackets *brackets, char symbol)
{
	if (symbol == '(' || symbol == '[') {
		if (brackets->depth == 64)
			return "has brackets nested more than 64 deep";
		brackets->kinds = brackets->kinds << 1 | (symbol == '[');
		brackets->depth++;
	} else if (symbol == ')' || symbol == ']') {
		if (brackets->depth == 0)
			return "has a closing bracket without an opening one";
		if ((brackets->kinds & 1) != (symbol == ']'))
			return "has a bracket that is closed by another kind of bracket";
		brackets->kinds >>= 1;
		brackets->depth--;
	} else if (symbol == ',' && brackets->depth == 0) {
		return "has a comma outside brackets";
	}
	return NULL;
}

const char *expression_text_problem(const char *text)
{
	if (!text_is_utf8(text, false))
		return "is not valid UTF-8";
	const char *at = text, *end = text + strlen(text);
	struct brackets brackets = {0};
	struct token token = token_next(&at, end);
	if (token.kind == TOKEN_END)
		return "is empty";
	for (; token.kind != TOKEN_END; token = token_next(&at, end)) {
		const char *problem = NULL;
		if (token.kind == TOKEN_BAD)
			problem = token.problem;
		else if (token.kind == TOKEN_SYMBOL)
			problem = bracket_problem(&brackets, token.text[0]);
		if (problem)
			return problem;
	}
	return brackets.depth > 0 ? "has a bracket that is left open" : NULL;
}

/* Does the bracket that opens at begin close at the very end, and not before? */
static bool encloses_all(const char *begin, const char *end)
{
	struct brackets brackets = {0};
	const char *at = begin;
	for (;;) {
		struct token token = token_next(&at, end);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return false;
		if (token.kind != TOKEN_SYMBOL)
			continue;
		if (bracket_problem(&brackets, token.text[0]))
			return false;
		if (brackets.depth == 0)
			return at == end;
	}
}

void text_strip(const char **begin, const char **end)
{
	static const char space[] = " \t\n\v\f\r";
	for (;;) {
		while (*begin < *end && strchr(space, **begin))
			(*begin)++;
		while (*begin < *end && strchr(space, (*end)[-1]))
			(*end)--;
		if (*begin == *end || **begin != '(' || !encloses_all(*begin, *end))
			return;
		(*begin)++;
		(*end)--;
	}
}

/* Behind CAST: "(NULL AS type)" up to the end. */
static bool is_null_cast(const char *at, const char *end)
{
	bool modified;
	text_strip(&at, &end);
	struct token null = token_next(&at, end), as = token_next(&at, end);
	return token_is_word(&null, "NULL") && token_is_word(&as, "AS") &&
	       type_problem(at, end, &modified) == NULL;
}

/* A value, or a word that is neither NULL nor CAST: nearly every text. */
static bool begins_otherwise(const char *text)
{
	char first = text_lower(text[0]);
	if ((first >= '0' && first <= '9') || first == '\'')
		return true;
	char second = first >= 'a' && first <= 'z' ? text_lower(text[1]) : '\0';
	return second >= 'a' && second <= 'z' && !(first == 'n' && second == 'u') &&
	       !(first == 'c' && second == 'a');
}

bool expression_is_null(const char *text)
{
	if (begins_otherwise(text))
		return false;
	const char *at = text, *end = text + strlen(text);
	text_strip(&at, &end);
	struct token token = token_next(&at, end);
	if (token_is_word(&token, "CAST"))
		return is_null_cast(at, end);
	if (!token_is_word(&token, "NULL"))
		return false;
	bool modified;
	const char *rest = at;
	return token_next(&rest, end).kind == TOKEN_END || text_is_cast(at, end, &modified);
}
