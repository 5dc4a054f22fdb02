/* Do two defaults of a column mean the same? */
#ifndef MODEL_DEFAULT_H
#define MODEL_DEFAULT_H

#include <stddef.h>

/* What the texts alone do not tell, to be asked of the database. */
struct default_pair {
	const char *type;     /* the declared type, which is the live one too */
	const char *declared; /* SQL text, as behind DEFAULT: "'x'", "(now())" */
	const char *live;
	enum default_answer { DEFAULT_NOT_KNOWN = 0, DEFAULT_EQUAL, DEFAULT_DIFFERENT } answer;
	const char *why; /* NOT_KNOWN: why not; may be NULL */
	size_t item;     /* of the diff: the column that it is about */
};

#endif
