#include "definition.h"
#include "text.h"
#include "token.h"

#include <string.h>

/* A piece of text, and where the next one begins. */
struct part {
	const char *begin;
	const char *end;
};

/* ---- one column ------------------------------------------------------------- */

static int depth_change(const struct token *token)
{
	if (token_is_symbol(token, '(') || token_is_symbol(token, '['))
		return 1;
	return token_is_symbol(token, ')') || token_is_symbol(token, ']') ? -1 : 0;
}

/* The next token outside brackets is the word NOT or DEFAULT: there the type ends, for none has
 * such a word in it (text.h). */
static const char *type_end(struct part text)
{
	int depth = 0;
	for (const char *at = text.begin;;) {
		struct token token = token_next(&at, text.end);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return text.end;
		depth += depth_change(&token);
		if (depth == 0 &&
		    (token_is_word(&token, "NOT") || token_is_word(&token, "DEFAULT")))
			return token.text;
	}
}

/* Without the quotes around it, and with the quotes in it single. NULL: out of memory. */
static char *unquoted(const struct token *token, struct arena *arena)
{
	char quote = token->text[0];
	char *copy = arena_text_n(arena, token->text + 1, token->length - 2);
	if (!copy)
		return NULL;
	char *to = copy;
	for (const char *from = copy; *from; from++) {
		*to++ = *from;
		if (from[0] == quote && from[1] == quote)
			from++;
	}
	*to = '\0';
	return copy;
}

/* A value that was quoted is a value again; everything else stays an expression. */
static bool read_default(struct reconcile_default *value, struct part text, struct arena *arena)
{
	const char *at = text.begin;
	struct token token = token_next(&at, text.end), next = token_next(&at, text.end);
	if (token.kind == TOKEN_STRING && token.text[0] == '\'' && next.kind == TOKEN_END) {
		value->kind = RECONCILE_DEFAULT_VALUE;
		value->text = unquoted(&token, arena);
	} else {
		value->kind = RECONCILE_DEFAULT_SQL;
		text_strip(&text.begin, &text.end);
		value->text = arena_text_n(arena, text.begin, (size_t)(text.end - text.begin));
	}
	return value->text != NULL;
}

static struct part trimmed(struct part text)
{
	while (text.begin < text.end && strchr(" \n", *text.begin))
		text.begin++;
	while (text.end > text.begin && strchr(" \n", text.end[-1]))
		text.end--;
	return text;
}

static bool read_part(struct reconcile_column *column, struct part text, bool *readable,
		      struct arena *arena)
{
	struct part type = trimmed((struct part){text.begin, type_end(text)});
	const char *at = type_end(text);
	struct token token = token_next(&at, text.end);
	bool not_null = token_is_word(&token, "NOT");
	*readable = type.begin < type.end;
	if (not_null) {
		token = token_next(&at, text.end);
		*readable = *readable && token_is_word(&token, "NULL");
		token = token_next(&at, text.end);
	}
	column->type = arena_text_n(arena, type.begin, (size_t)(type.end - type.begin));
	column->nullability = not_null ? RECONCILE_REQUIRED : RECONCILE_NULLABLE;
	column->default_value = (struct reconcile_default){0};
	if (!column->type)
		return false;
	if (token.kind == TOKEN_END)
		return true;
	struct part value = trimmed((struct part){at, text.end});
	*readable = *readable && token_is_word(&token, "DEFAULT") && value.begin < value.end;
	if (!*readable)
		return true;
	if (not_null)
		column->nullability = RECONCILE_NOT_NULL;
	return read_default(&column->default_value, value, arena);
}

bool definition_read(struct reconcile_column *column, const char *text, bool *readable,
		     struct arena *arena)
{
	return read_part(column, (struct part){text, text + strlen(text)}, readable, arena);
}

/* ---- a table ---------------------------------------------------------------- */

/* Up to the comma or the bracket that ends this one; *at moves behind it. false: none does. */
static bool next_part(struct part *part, const char **at, const char *end)
{
	int depth = 0;
	part->begin = *at;
	for (;;) {
		struct token token = token_next(at, end);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return false;
		if (depth == 0 && (token_is_symbol(&token, ',') || token_is_symbol(&token, ')'))) {
			part->end = token.text;
			return true;
		}
		depth += depth_change(&token);
	}
}

/* PRIMARY KEY ("a", "b"): behind the columns. *readable: it is one, of these columns. */
static bool read_key(struct reconcile_column *columns, size_t count, struct part text,
		     bool *readable, struct arena *arena)
{
	const char *at = text.begin;
	struct token token = token_next(&at, text.end), key = token_next(&at, text.end);
	*readable = token_is_word(&token, "PRIMARY") && token_is_word(&key, "KEY");
	while (*readable && (token = token_next(&at, text.end)).kind != TOKEN_END) {
		if (token.kind != TOKEN_QUOTED)
			continue;
		const char *name = unquoted(&token, arena);
		if (!name)
			return false;
		*readable = false;
		for (size_t i = 0; i < count; i++) {
			if (strcmp(columns[i].column, name) != 0)
				continue;
			columns[i].nullability = RECONCILE_PRIMARY_KEY;
			*readable = true;
		}
	}
	return true;
}

/* Behind "CREATE TABLE", a name perhaps with a schema, and the bracket. NULL: it is not. */
static const char *columns_begin(const char *sql, const char *end)
{
	const char *at = sql;
	struct token create = token_next(&at, end), table = token_next(&at, end),
		     name = token_next(&at, end), next = token_next(&at, end);
	if (token_is_symbol(&next, '.')) {
		name = token_next(&at, end);
		next = token_next(&at, end);
	}
	bool good = token_is_word(&create, "CREATE") && token_is_word(&table, "TABLE") &&
		    name.kind == TOKEN_QUOTED && token_is_symbol(&next, '(');
	return good ? at : NULL;
}

/* No more columns than commas can there be. */
static size_t column_bound(const char *sql)
{
	size_t bound = 1;
	for (; *sql; sql++)
		bound += *sql == ',';
	return bound;
}

bool definition_read_table(struct reconcile_column **columns, size_t *count, const char *sql,
			   bool *readable, struct arena *arena)
{
	const char *end = sql + strlen(sql), *at = columns_begin(sql, end);
	*columns = arena_array(arena, column_bound(sql), sizeof(**columns));
	*count = 0;
	*readable = at != NULL;
	if (!*columns)
		return false;
	for (bool more = true; *readable && more;) {
		struct part part;
		*readable = next_part(&part, &at, end);
		if (!*readable)
			break;
		more = *part.end == ',';
		const char *inner = part.begin;
		struct token name = token_next(&inner, part.end);
		if (name.kind != TOKEN_QUOTED && !more)
			return read_key(*columns, *count, part, readable, arena);
		*readable = name.kind == TOKEN_QUOTED;
		if (!*readable)
			break;
		struct reconcile_column *column = &(*columns)[*count];
		column->column = unquoted(&name, arena);
		if (!column->column ||
		    !read_part(column, (struct part){inner, part.end}, readable, arena))
			return false;
		++*count;
	}
	return true;
}
