#include "text.h"

#include <string.h>

bool text_equal_n(const char *a, const char *b, size_t length, bool ignore_case)
{
	for (size_t i = 0; i < length; i++) {
		if (a[i] != b[i] && !(ignore_case && text_lower(a[i]) == text_lower(b[i])))
			return false;
		if (a[i] == '\0')
			return true;
	}
	return true;
}

bool text_equal(const char *a, const char *b, bool ignore_case)
{
	return ignore_case ? text_equal_n(a, b, (size_t)-1, true) : strcmp(a, b) == 0;
}

/* The bytes of the first character (RFC 3629, section 4); 0: it is not valid. */
static size_t character_length(const unsigned char *text)
{
	static const struct {
		unsigned char first, last; /* of the leading byte */
		unsigned char low, high;   /* of the second byte */
		unsigned char length;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2},
                {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
                {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
                {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	if (text[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (text[1] < forms[i].low || text[1] > forms[i].high)
			return 0;
		for (size_t j = 2; j < forms[i].length; j++)
			if ((text[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* C0, DEL, and C1 (U+0080 to U+009F, which terminals obey too). */
static bool is_control(const unsigned char *text)
{
	return text[0] < 0x20 || text[0] == 0x7f ||
	       (text[0] == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0);
}

bool text_is_utf8(const char *text, bool strict)
{
	const unsigned char *c = (const unsigned char *)text;
	for (;;) {
		while (*c >= 0x20 && *c < 0x7f) /* nearly all of nearly every text */
			c++;
		if (*c == '\0')
			return true;
		size_t length = character_length(c);
		if (length == 0 || (strict && is_control(c)))
			return false;
		c += length;
	}
}

void text_add_visible(struct buffer *buf, const char *text)
{
	const unsigned char *c = (const unsigned char *)(text ? text : "?");
	while (*c) {
		size_t length = character_length(c);
		if (length == 0 || is_control(c)) {
			buffer_addf(buf, "\\x%02x", *c);
			/* The second byte of a C1 character is escaped as invalid in its turn. */
			c++;
		} else {
			buffer_add_n(buf, (const char *)c, length);
			c += length;
		}
	}
}
