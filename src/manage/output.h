/* Standard output that knows why it failed: stdio keeps only that it did. */
#ifndef MANAGE_OUTPUT_H
#define MANAGE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
	FILE *stream; /* for a person at a terminal line by line */
	int why;      /* errno of the first write that failed; 0: none */
};

/* A stream of its own on standard output's descriptor. It is kept by pointer. false: memory ran
 * out, and there is none. */
bool output_open(struct output *output);
/* Writes what is left. 0, or why (errno) not all of it has arrived. */
int output_close(struct output *output);

#endif
