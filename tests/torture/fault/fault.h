/*
 * A program in which one allocation, or one system call, fails: see tests/torture/preload/fail.c.
 * It is loaded once, and runs as often as is wished.
 */
#ifndef FAULT_FAULT_H
#define FAULT_FAULT_H

#include "../preload/fail.h"

#include <stdbool.h>

struct fault {
	enum fail_kind kind;
	unsigned long at; /* 1 is the first; 0: none, they are counted */
	unsigned error;   /* which of a call's errors */
	bool trace;       /* the place of the failure goes to standard error */
};

struct faulted {
	int status; /* exit code; 128 + signal when killed, 128 + SIGALRM: it hung */
	char *out;  /* standard output */
	char *err;  /* and error */
};

struct program {
	int pid, socket, out, err;
	struct fail_record *record; /* what the last run saw */
};

/* arguments: ends with NULL, the program first. */
struct program program_new(const char *const *arguments);
void program_free(struct program *program);
struct faulted program_run(struct program *program, const struct fault *fault);
void faulted_free(struct faulted *faulted);

#endif
