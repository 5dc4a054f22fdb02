/* The name of a numbered script's file, and names that look like one. */
#ifndef MANAGE_FILE_NAME_H
#define MANAGE_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define DIGITS "0123456789"
#define NAME_ROOM 200 /* for a file's name, with its NUL */

/* The parts of it. */
struct file_name {
	size_t number;   /* length of "007" or "20260223_1800" */
	size_t revision; /* length of what stands behind a date; 0: nothing that is one */
	size_t stem;     /* length of "007_add_index" */
	bool dated;
	bool up, down;
	const char *ending; /* in the name itself */
};

/* NULL, or why it is no numbered script. */
const char *file_name_read(struct file_name *parts, const char *file);

/* Would somebody take it for a script? */
bool file_name_looks_like(const char *file);

/* -1, 0 or 1: the order of two numbers. */
int number_compare(const char *a, const char *b);

#endif
