/* A folder of numbered scripts, as its files' names tell. */
#ifndef MANAGE_FOLDER_H
#define MANAGE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One script: 007_add_index.up.sql and .down.sql, or 007_add_index.sql alone, or with a date
 * instead of the number, 20260223_1800_add_index.sql, and a number behind the date,
 * 20260223_1800_007_add_index.sql. In a folder of the folder: "postgres/007_...".
 */
struct script_file {
	char *name;   /* "007_add_index", "postgres/007_add_index" */
	char *group;  /* "postgres"; "": none */
	char *number; /* its digits, with the '_' of a date */
	char *ending; /* "sql" */
	/* What stands behind the date, if it is a revision as Alembic has them: a number ("007") or
	 * twelve hexadecimal digits; NULL: nothing such. */
	char *revision;
	char *up;    /* path; NULL: only the way back is there */
	char *down;  /* path; NULL: there is no way back */
	bool paired; /* its name says .up or .down */
	bool dated;
};

/* A file of the folder that is no script, and never runs. */
struct stray_file {
	char *path;
	/* Why it is no script although it looks like one; NULL: it does not look like one. */
	const char *why;
	bool regular; /* a file that can be read to its end */
};

struct folder {
	struct script_file *files; /* in the order in which they run */
	size_t count;
	size_t capacity;
	struct stray_file *strays; /* by their paths */
	size_t stray_count;
	size_t stray_capacity;
};

/* false: a folder cannot be read, or memory ran out (errno says which). *where, of that size, is
 * the path that it is about. Free it in any case. */
bool folder_read(struct folder *folder, const char *path, char *where, size_t size);
void folder_free(struct folder *folder);

/* How well a script is meant by what somebody calls it. */
enum script_rank {
	NOT_MEANT,
	MEANT_BY_ID,   /* "7", "007", "007_add", "20260223_1800", a revision; "postgres/7" */
	MEANT_BY_NAME, /* "007_add_index", of any folder */
	MEANT_EXACTLY, /* its whole name, as `script status` lists it */
};
enum script_rank script_rank(const struct script_file *file, const char *what);

/* How many scripts what means, of the best rank that there is, and the first of them. */
size_t folder_find(const struct folder *folder, const char *what, const struct script_file **first);

/* -1, 0 or 1: the order of two scripts of one folder; 0: nobody can tell which comes first. */
int script_compare(const struct script_file *a, const struct script_file *b);

#endif
