/* A column's definition as SQL text, and what SQLite has made of it. */
#include "sqlite.h"
#include "../model/text.h"
#include "../model/token.h"
#include <string.h>

/* Part of a text. */
struct span {
	const char *begin, *end;
};

/* "VARCHAR(20) NOT NULL DEFAULT 'x'" in its parts. */
struct definition {
	struct span type;
	bool not_null;
	bool has_default;
	struct span default_value; /* as SQLite keeps it: a pair of brackets around it is gone */
};

static struct span trimmed(struct span span)
{
	static const char space[] = " \t\n\v\f\r";
	while (span.begin < span.end && strchr(space, *span.begin))
		span.begin++;
	while (span.begin < span.end && strchr(space, span.end[-1]))
		span.end--;
	return span;
}

static bool ends_type(const struct token *token)
{
	return token->kind == TOKEN_END || token->kind == TOKEN_BAD ||
	       token_is_word(token, "NOT") || token_is_word(token, "DEFAULT");
}

/* Neither NOT nor DEFAULT can be a word of a type (type_text_problem()). */
static struct definition split(const char *text)
{
	struct definition definition = {0};
	const char *at = text, *end = text + strlen(text);
	struct token token = token_next(&at, end);
	definition.type = (struct span){token.text, token.text};
	for (; !ends_type(&token); token = token_next(&at, end))
		definition.type.end = token.text + token.length;
	if (token_is_word(&token, "NOT")) {
		definition.not_null = true;
		token_next(&at, end); /* NULL */
		token = token_next(&at, end);
	}
	definition.has_default = token_is_word(&token, "DEFAULT");
	if (definition.has_default) {
		struct span value = trimmed((struct span){at, end});
		if (value.end - value.begin >= 2 && *value.begin == '(' && value.end[-1] == ')')
			value = trimmed((struct span){value.begin + 1, value.end - 1});
		definition.default_value = value;
	}
	return definition;
}

static bool equals(struct span span, const char *text, bool ignore_case)
{
	size_t length = (size_t)(span.end - span.begin);
	return strlen(text) == length && text_equal_n(span.begin, text, length, ignore_case);
}

/*
 * SQLite keeps a type's text as it stands, but for its six standard types, which it prints in
 * capitals, and for a name in quotes, which it prints without them.
 */
static bool type_is_read(struct span type, const char *live)
{
	if (equals(type, live, true))
		return true;
	const char *at = type.begin;
	struct token token = token_next(&at, type.end);
	if (token.kind != TOKEN_QUOTED || at != type.end)
		return false;
	for (const char *c = type.begin + 1; c < type.end - 1; c++, live++) {
		if (*c != *live)
			return false;
		c += *c == '"'; /* the second of two */
	}
	return *live == '\0';
}

static bool say(const char **misreading, const char *words, const char *live, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, words);
	if (live) {
		buffer_add(&buf, " '");
		text_add_visible(&buf, live);
		buffer_add(&buf, "'");
	}
	*misreading = buffer_text(&buf);
	return *misreading != NULL;
}

bool sqlite_misread(const struct attribute *live, const char *text, const char **misreading,
		    struct arena *arena)
{
	struct definition definition = split(text);
	*misreading = NULL;
	if (live->generated)
		return say(misreading, "SQLite reads a generated column in it", NULL, arena);
	if (!type_is_read(definition.type, live->type_text))
		return say(misreading, "SQLite reads its type as", live->type_text, arena);
	if (definition.not_null && !live->not_null)
		return say(misreading, "SQLite reads no NOT NULL in it", NULL, arena);
	if (!definition.not_null && live->not_null && !live->identity)
		return say(misreading, "SQLite reads a NOT NULL in it", NULL, arena);
	if (!definition.has_default && live->default_value != NULL)
		return say(misreading, "SQLite reads a default in it:", live->default_value, arena);
	if (!definition.has_default)
		return true;
	if (live->default_value == NULL)
		return say(misreading, "SQLite reads no default in it", NULL, arena);
	if (!equals(definition.default_value, live->default_value, false))
		return say(misreading, "SQLite reads its default as", live->default_value, arena);
	return true;
}
