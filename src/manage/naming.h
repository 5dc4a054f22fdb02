/* What the command is called: `manage`, or the name that a service gave its own. */
#ifndef MANAGE_NAMING_H
#define MANAGE_NAMING_H

#include <stdbool.h>
#include <stddef.h>

/* The last part of argv[0]; "manage" when that is no name for a message. Points into it. */
const char *naming_of(const char *argv0);

/*
 * Our texts call it manage. Copies one, cut off at size, with program in the place of the "manage "
 * behind a quote or, in_help, of every one.
 */
void naming_copy(char *out, size_t size, const char *text, const char *program, bool in_help);

#endif
