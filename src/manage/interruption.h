/* SIGTERM and SIGINT: what is running is ended in order, also by a process 1, which no signal ends
 * that it does not handle (pid_namespaces(7)). */
#ifndef MANAGE_INTERRUPTION_H
#define MANAGE_INTERRUPTION_H

#include <stdbool.h>
#include <sys/types.h>

/* From now on they are noted; one that was ignored stays ignored. A second one, a second later or
 * more, ends the process at once. */
void interruption_begin(void);
void interruption_end(void);
/* The signal; 0: there was none. */
int interruption_signal(void);
/* For struct reconcile_options. */
bool interruption_asked(void *context);

/* A fork() that loses no signal: the child begins as a program expects to, the parent passes on to
 * it what comes until it has waited for it. */
pid_t interruption_fork(void);
/* As waitpid(), through signals. */
pid_t interruption_wait(pid_t child, int *status);

#endif
