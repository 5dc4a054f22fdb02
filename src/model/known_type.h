/* What columns of the built-in types make of the literals in their defaults. */
#ifndef MODEL_KNOWN_TYPE_H
#define MODEL_KNOWN_TYPE_H

#include "catalog.h"

enum family {
	FAMILY_OTHER = 0,
	FAMILY_INTEGER, /* takes whole numbers only, as they are */
	FAMILY_NUMBER,  /* takes fractions too */
	FAMILY_TEXT,    /* shows a number with the digits that it was given with */
	FAMILY_BOOLEAN,
	FAMILY_SQLITE_NUMBER, /* makes a number of a text that is one */
	FAMILY_SQLITE,
	FAMILY_UNKNOWN, /* of a user or an extension: a domain, an enum, ... */
};

struct known_type {
	uint32_t id; /* as in struct type_id */
	enum family family;
	/* As PostgreSQL writes the type of a constant in a default, without modifier; NULL: not
	 * known. */
	const char *name;
};

/* FAMILY_OTHER for a built-in type that is not in the table. */
struct known_type known_type(uint32_t id);

#endif
