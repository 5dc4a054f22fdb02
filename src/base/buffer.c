#include "buffer.h"

#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY ((size_t)64)

/* Room for length more bytes and the NUL. */
static bool buffer_reserve(struct buffer *buf, size_t length)
{
	if (buf->failed)
		return false;
	if (length < buf->capacity - buf->length)
		return true;
	size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
	while (capacity - buf->length <= length) {
		if (capacity > SIZE_MAX / 2) {
			buf->failed = true;
			return false;
		}
		capacity *= 2;
	}
	char *data = arena_alloc(buf->arena, capacity);
	if (!data) {
		buf->failed = true;
		return false;
	}
	if (buf->length)
		memcpy(data, buf->data, buf->length);
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

void buffer_add_n(struct buffer *buf, const char *data, size_t length)
{
	if (length == 0 || !buffer_reserve(buf, length))
		return;
	memcpy(buf->data + buf->length, data, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void buffer_add(struct buffer *buf, const char *text)
{
	if (text)
		buffer_add_n(buf, text, strlen(text));
}

void buffer_add_char(struct buffer *buf, char c)
{
	buffer_add_n(buf, &c, 1);
}

void buffer_addf(struct buffer *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0) {
		buf->failed = true;
		return;
	}
	if (!buffer_reserve(buf, (size_t)length))
		return;
	va_start(args, format);
	vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
	va_end(args);
	buf->length += (size_t)length;
}

const char *buffer_text(const struct buffer *buf)
{
	if (buf->failed)
		return NULL;
	return buf->data ? buf->data : "";
}

const char *word_for(long long number, const char *one, const char *several)
{
	return number == 1 ? one : several;
}
