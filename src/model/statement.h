/*
 * Where the statements of a script end, for messages: what is sent to a database is never cut by
 * this. The rules are PostgreSQL's (manual, section 4.1) and psql's.
 */
#ifndef MODEL_STATEMENT_H
#define MODEL_STATEMENT_H

#include <stddef.h>

/* The line, from 1, on which that statement (from 1) of a text ends, as psql counts; 0: it cannot
 * be told, as servers may read the text in different ways. */
size_t statement_line(const char *text, size_t number);

#endif
