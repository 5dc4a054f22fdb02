/* What the database itself is asked about a diff, where the texts and the rules do not tell. */
#ifndef ORACLE_H
#define ORACLE_H

#include "boot.h"

/* Whether the defaults that the diff could not compare mean the same; the diff's items and counts
 * then say so. One statement, none when there are no such pairs. */
bool oracle_defaults(struct boot *boot, struct error *err);

/*
 * What adding the missing columns costs, and how large their tables are: into boot->terms, for the
 * next diff. A definition and a table are asked about once a boot. *asked: something was.
 */
bool oracle_costs(struct boot *boot, bool *asked, struct error *err);

/*
 * Whose the tables are that lack something, or all of them: into boot->terms, for the next diff. A
 * table is asked about once. *asked: something was.
 */
bool oracle_custody(struct boot *boot, bool all, bool *asked, struct error *err);

#endif
