/*
 * A part of `make torture`: a Criterion test of tests/torture or tests/torture/fault that says how
 * it went in a line "WHAT: N tried, N survived". What of it runs in `make test`: see part.h.
 */
#ifndef SUPPORT_TORTURE_H
#define SUPPORT_TORTURE_H

/* Skips the test (Criterion) in `make test`. */
void torture_only(void);
/* The N of `make torture N=...`; usual: nobody gave one. */
unsigned long torture_count(unsigned long usual);
/* Prints the line, and fails the test unless all survived. */
__attribute__((format(printf, 3, 4))) void torture_line(unsigned long tried, unsigned long survived,
							const char *format, ...);

#endif
