/*
 * Is an answer what its statement says that it is? Looked at once, where it is received, so that
 * whoever reads it need not: a server may be another one than it seems, and a proxy may be broken.
 */
#include "postgres.h"
#include <endian.h>
#include <string.h>

enum { ANY_SIZE = -1 };

/* A column of a shape, as it is written. */
struct column {
	char letter;
	bool array, nullable, nullable_elements, as_many;
};

/* The next column; *at moves behind it. false: there is none left. */
static bool next_column(struct column *column, const char **at)
{
	const char *c = *at + strspn(*at, " ");
	*column = (struct column){0};
	if (*c == '\0')
		return false;
	column->array = *c == '[';
	c += column->array;
	column->letter = *c++;
	if (column->array) {
		column->nullable_elements = *c == '?';
		c += column->nullable_elements;
		c += *c == ']';
	}
	for (; *c == '?' || *c == '='; c++) {
		column->nullable = column->nullable || *c == '?';
		column->as_many = column->as_many || *c == '=';
	}
	*at = c;
	return true;
}

/* What PostgreSQL sends of such a value in binary. */
static int size_of(char letter)
{
	switch (letter) {
	case 'b':
	case 'c':
		return 1;
	case 'h':
		return 2;
	case 'i':
		return 4;
	case 'l':
	case 'd':
		return 8;
	default:
		return ANY_SIZE;
	}
}

static int32_t int32_at(const char *at)
{
	uint32_t big;
	memcpy(&big, at, sizeof(big));
	return (int32_t)be32toh(big);
}

/*
 * array_recv() in src/backend/utils/adt/arrayfuncs.c: dimensions, flags, type of the elements; of
 * each dimension its size and lower bound; then each element's length (-1: NULL) and bytes.
 */
static bool array_fits(const struct column *column, const char *value, int length, int32_t *count)
{
	enum { EMPTY = 3 * sizeof(int32_t), HEAD = 5 * sizeof(int32_t) };
	int size = size_of(column->letter);
	*count = 0;
	if (length < EMPTY)
		return false;
	if (int32_at(value) == 0)
		return length == EMPTY;
	if (int32_at(value) != 1 || length < HEAD)
		return false;
	int32_t left = int32_at(value + EMPTY);
	const char *at = value + HEAD, *end = value + length;
	*count = left;
	for (; left > 0; left--) {
		if (end - at < (ptrdiff_t)sizeof(int32_t))
			return false;
		int32_t bytes = int32_at(at);
		at += sizeof(int32_t);
		if (bytes == -1 && column->nullable_elements)
			continue;
		if (bytes < 0 || (size != ANY_SIZE && bytes != size) || bytes > end - at)
			return false;
		at += bytes;
	}
	return left == 0 && at == end;
}

static bool value_fits(const struct column *column, const PGresult *result, int row, int number,
		       int32_t *count)
{
	int length = PQgetlength(result, row, number), size = size_of(column->letter);
	bool fixed = !column->array && size != ANY_SIZE;
	if (fixed && length == size)
		return true;
	if (length == 0 && PQgetisnull(result, row, number)) {
		*count = column->array ? 0 : *count;
		return column->nullable;
	}
	if (column->array) {
		int32_t before = *count;
		return array_fits(column, PQgetvalue(result, row, number), length, count) &&
		       (!column->as_many || *count == before);
	}
	return !fixed;
}

static bool row_fits(const char *columns, const PGresult *result, int row)
{
	struct column column;
	int32_t count = 0; /* of the elements of the last array */
	for (int i = 0; next_column(&column, &columns); i++)
		if (column.letter != 'x' && !value_fits(&column, result, row, i, &count))
			return false;
	return true;
}

static bool columns_fit(const char *columns, const PGresult *result)
{
	struct column column;
	int count = 0;
	for (; next_column(&column, &columns); count++)
		if (count >= PQnfields(result) ||
		    (column.letter != 'x' && PQfformat(result, count) != 1))
			return false;
	return count == PQnfields(result);
}

bool answer_fits(const struct answer *answer, const PGresult *result)
{
	if (answer->columns == NULL)
		return PQresultStatus(result) == PGRES_COMMAND_OK;
	int rows = PQntuples(result);
	if (PQresultStatus(result) != PGRES_TUPLES_OK || rows < answer->least_rows ||
	    (answer->most_rows > 0 && rows > answer->most_rows) ||
	    !columns_fit(answer->columns, result))
		return false;
	for (int row = 0; row < rows; row++)
		if (!row_fits(answer->columns, result, row))
			return false;
	return true;
}
