/* Shall it be done? Asked on a terminal, or answered by --yes. */
#ifndef MANAGE_QUESTION_H
#define MANAGE_QUESTION_H

#include "manage.h"

/* Is somebody there who can be asked? */
bool question_can_ask(const struct manage *manage);

/*
 * "what place? [y/N] ", unless --yes says it already. OK, or, after saying it, USAGE (nobody is
 * there) or PENDING (not confirmed). report is for the document of --format json; it may be NULL.
 */
int question_ask(struct manage *manage, const char *what, const char *place,
		 const struct reconcile_report *report);

#endif
