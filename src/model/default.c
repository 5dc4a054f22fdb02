/* Only what is certain counts: false is "not known". */
#include "default.h"
#include "catalog.h"
#include "text.h"
#include "token.h"

#include <reconcile.h>

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool span_is(const char *begin, const char *end, const char *text)
{
	size_t length = strlen(text);
	return (size_t)(end - begin) == length && memcmp(begin, text, length) == 0;
}

/*
 * A number that a column of text would show with the same digits: '007', '+1' and '-0' are not, for
 * the number behind them is printed otherwise. No exponents.
 */
static bool is_plain_number(const char *text)
{
	bool negative = *text == '-';
	const char *digits = text + negative;
	const char *c = digits;
	bool zero = true;
	while (is_digit(*c))
		zero = *c++ == '0' && zero;
	if (c == digits || (*digits == '0' && c != digits + 1))
		return false;
	if (*c == '.') {
		const char *fraction = ++c;
		while (is_digit(*c))
			zero = *c++ == '0' && zero;
		if (c == fraction)
			return false;
	}
	return *c == '\0' && !(negative && zero);
}

/* Is [begin, end) a string in standard quotes with exactly that text in it, perhaps with a cast? */
static bool literal_agrees(const char *value, const char *begin, const char *end)
{
	const char *at = begin;
	struct token token = token_next(&at, end);
	if (token.kind != TOKEN_STRING || *token.text != '\'')
		return false;
	const char *rest = at;
	bool modified = false;
	if (token_next(&rest, end).kind != TOKEN_END &&
	    (!text_is_cast(at, end, &modified) || modified))
		return false;
	const char *last = token.text + token.length - 1;
	for (const char *c = token.text + 1; c < last; c++, value++) {
		/* What a backslash says depends on standard_conforming_strings. */
		if (*c == '\\' || *c != *value)
			return false;
		c += *c == '\''; /* the second of two */
	}
	return *value == '\0';
}

/* What PostgreSQL takes for a boolean: any beginning of these that only one has, in any case
 * (manual, section 8.6; parse_bool() needs two letters of "on" and "off"). */
static bool is_boolean(const char *value, bool wanted)
{
	static const struct {
		const char *word;
		size_t shortest;
		bool means;
	} words[] = {
		{"true",  1, true },
                {"yes",   1, true },
                {"on",    2, true },
                {"1",     1, true },
		{"false", 1, false},
                {"no",    1, false},
                {"off",   2, false},
                {"0",     1, false},
	};
	size_t length = strlen(value);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].means == wanted && length >= words[i].shortest &&
		    length <= strlen(words[i].word) &&
		    text_equal_n(value, words[i].word, length, true))
			return true;
	return false;
}

static bool value_agrees(const char *value, const char *begin, const char *end)
{
	if (is_plain_number(value) && span_is(begin, end, value))
		return true;
	if (span_is(begin, end, "true"))
		return is_boolean(value, true);
	if (span_is(begin, end, "false"))
		return is_boolean(value, false);
	return literal_agrees(value, begin, end);
}

/* The keywords that both databases have, and that no column's name can be unquoted. */
static bool same_time_keyword(const char *a, const char *b, size_t length)
{
	static const char *const words[] = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (length == strlen(words[i]) && text_equal_n(a, words[i], length, true))
			return text_equal_n(b, words[i], length, true);
	return false;
}

static bool expression_agrees(const char *declared, const char *begin, const char *end)
{
	const char *other = declared, *other_end = declared + strlen(declared);
	text_strip(&other, &other_end);
	size_t length = (size_t)(end - begin);
	return length > 0 && length == (size_t)(other_end - other) &&
	       (memcmp(other, begin, length) == 0 || same_time_keyword(other, begin, length));
}

bool default_text_agrees(const struct reconcile_default *declared, const char *live)
{
	if (!live || declared->kind == RECONCILE_NO_DEFAULT)
		return false;
	const char *begin = live, *end = live + strlen(live);
	text_strip(&begin, &end);
	return declared->kind == RECONCILE_DEFAULT_VALUE
		       ? value_agrees(declared->text, begin, end)
		       : expression_agrees(declared->text, begin, end);
}

/*
 * We write every value in quotes. On PostgreSQL the quoted text becomes the column's own type, and
 * a bare boolean is printed for a boolean column only if it is one. On SQLite the quoted text stays
 * text, and becomes a number only in a column with numeric affinity (datatype3.html, section 3):
 * 'true' is not true, and '0' is not 0 in a column without type.
 */
static bool bare_literal_is_safe(const char *value, bool live_is_boolean, uint32_t type)
{
	switch (type) {
	case TYPE_SQLITE_BLOB:
	case TYPE_SQLITE_TEXT:
		return false;
	case TYPE_SQLITE_NUMERIC:
	case TYPE_SQLITE_INTEGER:
	case TYPE_SQLITE_REAL:
		return is_digit(value[*value == '-']);
	default:
		return !live_is_boolean || type == TYPE_POSTGRES_BOOLEAN;
	}
}

bool default_agrees(const struct reconcile_column *column, const struct attribute *attribute)
{
	const struct reconcile_default *declared = &column->default_value;
	if (!default_text_agrees(declared, attribute->default_value))
		return false;
	if (declared->kind != RECONCILE_DEFAULT_VALUE)
		return true;
	const char *begin = attribute->default_value, *end = begin + strlen(begin);
	text_strip(&begin, &end);
	bool boolean = span_is(begin, end, "true") || span_is(begin, end, "false");
	return *begin == '\'' ||
	       bare_literal_is_safe(declared->text, boolean, attribute->type.type);
}
