/* The memory that jansson takes. */
#ifndef MANAGE_JSON_MEMORY_H
#define MANAGE_JSON_MEMORY_H

#include <jansson.h>
#include <stdbool.h>

/* Before anything else of JSON; from then on json_is_exhausted() tells whether memory ever ran out
 * over it. */
void json_watch_memory(void);
__attribute__((warn_unused_result)) bool json_is_exhausted(void);

/* json_loadb(), which may be out of memory: NULL then, and json_is_exhausted(). */
json_t *json_parse(const char *text, size_t length, json_error_t *why);

#endif
