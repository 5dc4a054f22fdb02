/* Arrays as a server sends them, and as none should: nothing is read beyond the answer. */
#include "postgres_support.h"

#include <endian.h>

enum { MOST = 8 };

/* A result of one value. */
static PGresult *result_of(const char *value, int length)
{
	PGresAttDesc column = {.name = (char *)"array", .format = 1};
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	cr_assert(result != NULL && PQsetResultAttrs(result, 1, &column) &&
		  PQsetvalue(result, 0, 0, (char *)value, length));
	return result;
}

/* Numbers of four bytes, in the order of the network. */
static PGresult *result_of_words(const int32_t *words, size_t count)
{
	uint32_t big[MOST + 5];
	cr_assert_leq(count, COUNT(big));
	for (size_t i = 0; i < count; i++)
		big[i] = htobe32((uint32_t)words[i]);
	return result_of((const char *)big, (int)(count * sizeof(*big)));
}

Test(postgres_value, the_elements_of_an_array)
{
	/* One dimension, it may have NULLs, oid, three elements from 1 on. */
	static const int32_t words[] = {1, 1, 26, 3, 1, 4, 7, -1, 4, 9};
	PGresult *result = result_of_words(words, COUNT(words));
	struct elements elements = elements_of(result, 0, 0);
	cr_expect_eq(elements.left, 3);
	cr_expect_eq(elements_int32(&elements), 7);
	cr_expect_eq(elements_int32(&elements), 0, "NULL is 0");
	cr_expect_eq(elements_int32(&elements), 9);
	cr_expect_eq(elements.left, 0);
	cr_expect_eq(elements_int32(&elements), 0, "there is none left");
	PQclear(result);
}

Test(postgres_value, an_array_that_lies)
{
	static const struct {
		const char *what;
		int32_t words[MOST];
		size_t count;
	} cases[] = {
		{"nothing", {0}, 0},
		{"half a head", {1, 0, 26}, 3},
		{"no dimension", {0, 0, 26, 0, 0}, 5},
		{"two dimensions", {2, 0, 26, 1, 1, 1, 1, 4}, 8},
		{"more elements than there is room", {1, 0, 26, INT32_MAX, 1, 4, 7, 4}, 8},
		{"less than no element", {1, 0, 26, -1, 1, 4, 7}, 7},
		{"an element longer than the rest", {1, 0, 26, 1, 1, INT32_MAX, 7}, 7},
		{"an element that is cut off", {1, 0, 26, 2, 1, 4, 7}, 7},
		{"the second one is cut off", {1, 0, 26, 2, 1, 4, 7, 4}, 8},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		PGresult *result = result_of_words(cases[i].words, cases[i].count);
		struct arena arena = {0};
		struct elements elements = elements_of(result, 0, 0);
		/* Under a sanitizer, too: whatever it says, it ends, and inside the value. */
		for (int turn = 0; turn < 2 * MOST; turn++) {
			const char *text;
			struct elements copy = elements;
			cr_expect(elements_text(&text, &copy, &arena), "%s", cases[i].what);
			elements_bool(&copy);
			elements_int16(&copy);
			elements_int32(&elements);
			cr_expect(elements.at == NULL || elements.at <= elements.end, "%s",
				  cases[i].what);
		}
		arena_release(&arena);
		PQclear(result);
	}
}
