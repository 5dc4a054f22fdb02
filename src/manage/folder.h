/* A folder of numbered scripts, as its files' names tell. */
#ifndef MANAGE_FOLDER_H
#define MANAGE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One script: 007_add_index.up.sql and .down.sql, or 007_add_index.sql alone, or with a date
 * instead of the number, 20260223_1800_add_index.sql. In a folder of the folder:
 * "postgres/007_...".
 */
struct script_file {
	char *name;   /* "007_add_index", "postgres/007_add_index" */
	char *group;  /* "postgres"; "": none */
	char *number; /* its digits, with the '_' of a date */
	char *ending; /* "sql" */
	char *up;     /* path; NULL: only the way back is there */
	char *down;   /* path; NULL: there is no way back */
	bool paired;  /* its name says .up or .down */
	bool dated;
};

struct folder {
	struct script_file *files; /* in the order in which they run */
	size_t count;
	size_t capacity;
};

/* false: a folder cannot be read, or memory ran out (errno says which). *where, of that size, is
 * the path that it is about. Free it in any case. */
bool folder_read(struct folder *folder, const char *path, char *where, size_t size);
void folder_free(struct folder *folder);

/* By its whole name, by the name without its group, by the beginning up to a '_', or by its number
 * without zeros in front; the first one. NULL: there is none. */
const struct script_file *folder_find(const struct folder *folder, const char *what);

/* -1, 0 or 1: the order of two numbers. */
int number_compare(const char *a, const char *b);

#endif
