/* The INI file, read with care: the only user of inih. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "key.h"

struct ini_entry {
	struct ini_entry *next;
	const char *section;
	enum key key;
	const char *value;
	int line;
};

/* A line of [runner]. */
struct ini_runner {
	struct ini_runner *next;
	const char *ending; /* "py" */
	const char *command;
	int line;
};

struct ini_section {
	struct ini_section *next;
	const char *name;
};

/*
 * inih reads the grammar, this the lines: inih takes what it is given, and cuts and merges what
 * does not fit. Each line is looked at before inih gets it, so that nothing is lost silently.
 */
struct ini {
	const char *name; /* of the file */
	const char *rest; /* of its text */
	const char *line; /* the last one given out, in the text */
	size_t line_length;
	int line_number;
	struct ini_section *sections; /* in the order of the file, as are the entries */
	struct ini_entry *entries;
	struct ini_runner *runners;
	struct arena *arena;
	struct error *err;
};

/*
 * Reads the whole file, of every section. BAD_CONFIG, with file and line, for anything that inih
 * would cut, merge or drop, for unknown and repeated keys, and for a file that is not there, if it
 * is required.
 */
bool ini_read(struct ini *ini, bool required);

#endif
