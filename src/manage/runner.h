/* A program of the configuration's [runner], which runs scripts that are no SQL. */
#ifndef MANAGE_RUNNER_H
#define MANAGE_RUNNER_H

#include <stdbool.h>

struct runner_call {
	const char *program; /* for messages: what runs it */
	const char *command; /* "python3 {file}": words between spaces, no shell */
	const char *file;    /* takes the place of {file} */
};

/* Is its program there, where execvp(3) looks for it? */
bool runner_exists(const char *command);

/* For struct reconcile_script: runs it, with what it says on standard error. The program's exit
 * code; 127 when there is none such; 128 and the signal when it was killed. */
int runner_run(void *call);

#endif
