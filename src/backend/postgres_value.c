#include "postgres.h"
#include <endian.h>
#include <stdio.h>
#include <string.h>

struct parameter parameter_text(const char *text)
{
	return (struct parameter){.type = PG_TEXT, .value = text};
}

static char *put_int32(char *at, int32_t number)
{
	uint32_t big = htobe32((uint32_t)number);
	memcpy(at, &big, sizeof(big));
	return at + sizeof(big);
}

/*
 * An array as array_recv() in src/backend/utils/adt/arrayfuncs.c reads it: dimensions, has-NULL
 * flag, element type, then (only with a dimension) length and lower bound. Binary, so that
 * nothing is quoted.
 */
enum { ARRAY_HEADER = 5 * sizeof(int32_t) };

static char *put_array_header(char *at, Oid element_type, size_t count, bool nulls)
{
	at = put_int32(at, count > 0);
	at = put_int32(at, nulls);
	at = put_int32(at, (int32_t)element_type);
	if (count > 0) {
		at = put_int32(at, (int32_t)count);
		at = put_int32(at, 1);
	}
	return at;
}

static struct parameter text_array(Oid array_type, Oid element_type, const char *const *texts,
				   size_t count, struct arena *arena)
{
	struct parameter parameter = {.type = array_type, .format = 1};
	size_t size = ARRAY_HEADER;
	bool nulls = false;
	for (size_t i = 0; i < count; i++) {
		size += sizeof(int32_t) + (texts[i] == NULL ? 0 : strlen(texts[i]));
		nulls = nulls || texts[i] == NULL;
	}
	char *data = size > INT32_MAX ? NULL : arena_alloc(arena, size);
	if (data == NULL)
		return parameter;
	char *at = put_array_header(data, element_type, count, nulls);
	for (size_t i = 0; i < count; i++) {
		size_t length = texts[i] == NULL ? 0 : strlen(texts[i]);
		at = put_int32(at, texts[i] == NULL ? -1 : (int32_t)length);
		if (length > 0)
			memcpy(at, texts[i], length);
		at += length;
	}
	parameter.value = data;
	parameter.length = (int)(at - data);
	return parameter;
}

struct parameter parameter_texts(const char *const *texts, size_t count, struct arena *arena)
{
	return text_array(PG_TEXT_ARRAY, PG_TEXT, texts, count, arena);
}

struct parameter parameter_names(const char *const *names, size_t count, struct arena *arena)
{
	return text_array(PG_NAME_ARRAY, PG_NAME, names, count, arena);
}

struct parameter parameter_int32s(Oid array_type, Oid element_type, const int32_t *numbers,
				  size_t count, struct arena *arena)
{
	struct parameter parameter = {.type = array_type, .format = 1};
	size_t size = ARRAY_HEADER + count * 2 * sizeof(int32_t);
	char *data = size > INT32_MAX ? NULL : arena_alloc(arena, size);
	if (data == NULL)
		return parameter;
	char *at = put_array_header(data, element_type, count, false);
	for (size_t i = 0; i < count; i++) {
		at = put_int32(at, sizeof(int32_t));
		at = put_int32(at, numbers[i]);
	}
	parameter.value = data;
	parameter.length = (int)(at - data);
	return parameter;
}

struct parameter parameter_number(long long number, struct arena *arena)
{
	char text[32];
	snprintf(text, sizeof(text), "%lld", number);
	return (struct parameter){.type = PG_INT8, .value = arena_text(arena, text)};
}

int value_int16(const PGresult *result, int row, int column)
{
	uint16_t big = 0;
	if (PQgetlength(result, row, column) == sizeof(big))
		memcpy(&big, PQgetvalue(result, row, column), sizeof(big));
	return (int16_t)be16toh(big);
}

int32_t value_int32(const PGresult *result, int row, int column)
{
	uint32_t big = 0;
	if (PQgetlength(result, row, column) == sizeof(big))
		memcpy(&big, PQgetvalue(result, row, column), sizeof(big));
	return (int32_t)be32toh(big);
}

long long value_int64(const PGresult *result, int row, int column)
{
	uint64_t big = 0;
	if (PQgetlength(result, row, column) == sizeof(big))
		memcpy(&big, PQgetvalue(result, row, column), sizeof(big));
	return (long long)be64toh(big);
}

double value_double(const PGresult *result, int row, int column)
{
	uint64_t bits = (uint64_t)value_int64(result, row, column);
	double number;
	memcpy(&number, &bits, sizeof(number));
	return number;
}

bool value_bool(const PGresult *result, int row, int column)
{
	return PQgetlength(result, row, column) == 1 && *PQgetvalue(result, row, column) != 0;
}

bool value_text(const char **text, const PGresult *result, int row, int column, struct arena *arena)
{
	*text = NULL;
	if (PQgetisnull(result, row, column))
		return true;
	*text = arena_text_n(arena, PQgetvalue(result, row, column),
			     (size_t)PQgetlength(result, row, column));
	return *text != NULL;
}

static int32_t next_int32(const char **at)
{
	uint32_t big;
	memcpy(&big, *at, sizeof(big));
	*at += sizeof(big);
	return (int32_t)be32toh(big);
}

/* array_recv(): dimensions, flags, type of the elements; of each dimension its size and lower
 * bound; then each element's length (-1: NULL) and bytes. */
struct elements elements_of(const PGresult *result, int row, int column)
{
	enum { HEAD = 5 * sizeof(int32_t) };
	const int32_t size = sizeof(int32_t);
	struct elements elements = {0};
	int length = PQgetlength(result, row, column);
	if (length < HEAD)
		return elements;
	elements.at = PQgetvalue(result, row, column);
	elements.end = elements.at + length;
	bool one_dimension = next_int32(&elements.at) == 1;
	elements.at += 2 * size;
	elements.left = next_int32(&elements.at);
	elements.at += size;
	/* Each has its length at least: what a server says is not believed beyond its answer. */
	bool believable = elements.left >= 0 && elements.left <= (length - HEAD) / size;
	return one_dimension && believable ? elements : (struct elements){0};
}

/* NULL: there is none left, or it is NULL. */
static const char *next_element(struct elements *elements, size_t *length)
{
	if (elements->left == 0 || elements->end - elements->at < (ptrdiff_t)sizeof(int32_t))
		return NULL;
	elements->left--;
	int32_t bytes = next_int32(&elements->at);
	if (bytes < 0 || bytes > elements->end - elements->at)
		return NULL;
	const char *begin = elements->at;
	elements->at += bytes;
	*length = (size_t)bytes;
	return begin;
}

int elements_int16(struct elements *elements)
{
	uint16_t big = 0;
	size_t length = 0;
	const char *element = next_element(elements, &length);
	if (length == sizeof(big))
		memcpy(&big, element, sizeof(big));
	return (int16_t)be16toh(big);
}

int32_t elements_int32(struct elements *elements)
{
	size_t length = 0;
	const char *element = next_element(elements, &length);
	return length == sizeof(int32_t) ? next_int32(&element) : 0;
}

bool elements_bool(struct elements *elements)
{
	size_t length = 0;
	const char *element = next_element(elements, &length);
	return length == 1 && *element != 0;
}

bool elements_text(const char **text, struct elements *elements, struct arena *arena)
{
	size_t length = 0;
	const char *element = next_element(elements, &length);
	*text = element == NULL ? NULL : arena_text_n(arena, element, length);
	return element == NULL || *text != NULL;
}
