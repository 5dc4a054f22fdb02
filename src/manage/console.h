/* What the engine says while it works, for a person: warnings, and on a terminal one line of
 * progress that is replaced in place. */
#ifndef MANAGE_CONSOLE_H
#define MANAGE_CONSOLE_H

#include "terminal.h"

#include <time.h>

struct console {
	const char *program; /* stands before each line */
	const struct terminal *terminal;
	bool progress; /* show the progress line */
	bool shown;    /* it is on the screen */
	size_t total;  /* tables to change */
	size_t done;
	char table[64]; /* the last one that was changed; names have at most 63 bytes */
	struct timespec start;
};

/* total: how many tables are to be changed; 0: no progress line. Never one without a terminal. */
void console_begin(struct console *console, const char *program, const struct terminal *terminal,
		   size_t total);
/* Removes the progress line. */
void console_end(struct console *console);

/* A reconcile_log_fn; context is the console. Failure and findings are left out: the command itself
 * prints those. */
void console_log(void *context, const struct reconcile_log_record *record);

#endif
