/* Runs a program and keeps what it said: for tests that look at a command as a user does. */
#ifndef SUPPORT_RUN_H
#define SUPPORT_RUN_H

#include <stddef.h>
#include <sys/types.h>

struct run {
	int status; /* exit code; 128 + signal when killed */
	char *out;  /* standard output, NUL-terminated; binary safe up to out_length */
	char *err;
	size_t out_length;
};

/* Runs `sh -c command` (printf format) with no standard input. Fails the test if it cannot start
 * (exit code 126 or 127). */
__attribute__((format(printf, 1, 2))) struct run run(const char *format, ...);
void run_free(struct run *run);

/* Starts it and returns at once; process_wait() collects. For crowds and for kill -9 (begin the
 * command with `exec`, so that pid is the program's and not the shell's). */
struct process {
	pid_t pid;
	int out, err; /* file descriptors of unlinked temporary files, private */
};
__attribute__((format(printf, 1, 2))) struct process process_start(const char *format, ...);
struct run process_wait(struct process *process);

/* The folder of built programs: $TEST_BUILD, else "build". `manage` and `service` are in it. */
const char *build_dir(void);

#endif
