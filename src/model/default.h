/* Do two defaults of a column mean the same? */
#ifndef MODEL_DEFAULT_H
#define MODEL_DEFAULT_H

#include <stdbool.h>
#include <stddef.h>

struct attribute;
struct reconcile_column;
struct reconcile_default;

/* What the texts alone do not tell, to be asked of the database. */
struct default_pair {
	const char *type;     /* the declared type, which is the live one too */
	const char *declared; /* SQL text, as behind DEFAULT: "'x'", "(now())" */
	const char *live;
	enum default_answer { DEFAULT_NOT_KNOWN = 0, DEFAULT_EQUAL, DEFAULT_DIFFERENT } answer;
	const char *why; /* NOT_KNOWN: why not; may be NULL */
	size_t item;     /* of the diff: the column that it is about */
	const struct reconcile_column *row;
	const struct attribute *attribute;
};

/*
 * Same meaning for certain, by the texts alone: declared literal 0 and live "0", "'0'" or
 * "'0'::integer"; an expression and itself up to outer brackets and white space. A bare number or
 * boolean agrees as far as the column's type makes one of the value too (default_agrees() knows
 * the type). false: not known.
 */
bool default_text_agrees(const struct reconcile_default *declared, const char *live);

/* default_text_agrees(), with the type known: where a bare literal is another value than the
 * quoted one in a column of this type, it is not known to agree. */
bool default_agrees(const struct reconcile_column *column, const struct attribute *attribute);

#endif
