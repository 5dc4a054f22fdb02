#include "text.h"
#include "../base/utf8.h"

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

bool text_is_utf8(const char *text, bool strict)
{
	const char *c = text;
	for (;;) {
		while (*c >= 0x20 && *c < 0x7f) /* nearly all of nearly every text */
			c++;
		if (*c == '\0')
			return true;
		size_t length = utf8_length(c);
		if (length == 0 || (strict && utf8_is_control(c)))
			return false;
		c += length;
	}
}

void text_add_visible(struct buffer *buf, const char *text)
{
	const char *c = text ? text : "?";
	while (*c) {
		size_t length = utf8_length(c);
		if (length == 0 || utf8_is_control(c)) {
			buffer_addf(buf, "\\x%02x", (unsigned char)*c);
			/* The second byte of a C1 character is escaped as invalid in its turn. */
			c++;
		} else {
			buffer_add_n(buf, c, length);
			c += length;
		}
	}
}
