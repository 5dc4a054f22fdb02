/*
 * How much a part of `make torture N=...` tries, and what it says of it: a line "WHAT: N tried, N
 * survived". A part is a Criterion test of tests/torture or tests/torture/fault that asks here.
 */
#ifndef SUPPORT_TORTURE_H
#define SUPPORT_TORTURE_H

#include <stdbool.h>

/* Is this `make torture`? Otherwise it is `make test`, which wants a sample. */
bool torture_is_whole(void);
/* Skips the test (Criterion) in `make test`. */
void torture_only(void);
/* The N of `make torture N=...`; usual: nobody gave one. */
unsigned long torture_count(unsigned long usual);
/* $TORTURE_SEED, or one of this process; printed with the first line. */
unsigned long torture_seed(void);
/* Prints the line, and fails the test unless all survived. */
__attribute__((format(printf, 3, 4))) void torture_line(unsigned long tried, unsigned long survived,
							 const char *format, ...);

#endif
