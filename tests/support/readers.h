/*
 * Both readers of the catalog see every database alike. Whatever a test has left in a database is
 * declared as a registry, as far as a registry can say it, and reconcile() looks with each reader:
 * all of it is present, and each says so in the same words, or says what it cannot see.
 */
#ifndef SUPPORT_READERS_H
#define SUPPORT_READERS_H

#include <stddef.h>

struct readers_told {
	size_t columns, relations; /* that were compared */
	char *differences;         /* NULL: none; a line each; free() it */
};

/* A superuser's connection string. What cannot be connected to has no differences. Ends every other
 * session of the database, which may hold locks. */
struct readers_told readers_compare(const char *url);

#endif
