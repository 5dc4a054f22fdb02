/* One character of UTF-8 at a time. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the character that the text begins with, 1 at its end (RFC 3629, section 4).
 * 0: that is no UTF-8: overlong forms, surrogates and what is above U+10FFFF neither. */
size_t utf8_length(const char *text);

/* C0, DEL, and C1 (U+0080 to U+009F, which steer a terminal just as ESC does). */
bool utf8_is_control(const char *text);

#endif
