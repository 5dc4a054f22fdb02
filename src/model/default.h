/* Do two defaults of a column mean the same? */
#ifndef MODEL_DEFAULT_H
#define MODEL_DEFAULT_H

#include <stdbool.h>
#include <stddef.h>

struct attribute;
struct reconcile_column;

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
 * Same meaning for certain, by the texts and the live column's type, which is the declared one too:
 * a value and itself in quotes, with a cast to the column's own type if any; a number or boolean
 * and itself in a column that makes one value of all its spellings; an expression and itself, but
 * for white space, outer brackets, case outside quotes, and casts that could not be others. false:
 * not known, or no two defaults.
 */
bool default_agrees(const struct reconcile_column *column, const struct attribute *attribute);

#endif
