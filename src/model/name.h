/* The name of a table or a column: may it be one, and what will hurt about it. */
#ifndef MODEL_NAME_H
#define MODEL_NAME_H

#include "rule.h"

/* NAMEDATALEN - 1 (manual, section 4.1.1): PostgreSQL truncates what is longer. */
#define NAME_MAX_BYTES 63

/* Can it be used? Otherwise the rule that it breaks, and how, as a sentence. */
bool name_is_good(const char *name, enum rule_id *rule, const char **why);

/* For good names. */
bool name_is_plain(const char *name); /* its characters need no quotes anywhere */
bool name_has_capitals(const char *name);
bool name_is_system_column(const char *name); /* every table of PostgreSQL has it */
bool name_is_sqlite_table(const char *name);  /* SQLite keeps it for itself */
/* FOR_...: to whom it is a reserved word. */
unsigned name_reserved(const char *name, bool table);

#endif
