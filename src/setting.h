/*
 * The settings as text, gathered from the options, the environment and the INI file, the strongest
 * first; config.c makes values of them.
 */
#ifndef SETTING_H
#define SETTING_H

#include "base/arena.h"
#include "base/error.h"
#include "key.h"
#include <reconcile.h>

struct setting {
	enum key key; /* in the place of KEY_URL also KEY_URL_FILE or KEY_URL_ENV, and so for DDL */
	const char *value;
	const char *place;   /* for messages: "RECONCILE_MODE", "reconcile.ini:7: mode" */
	const char *section; /* of the INI file; NULL: it comes from elsewhere */
};

struct settings {
	struct setting of[KEY_COUNT];
	struct runner {
		const struct runner *next;
		const char *ending;  /* "py" */
		const char *command; /* "python3 {file}" */
	} const *runners;            /* of the INI file */
	struct named {
		const struct named *next;
		const char *section;
	} const *databases; /* the INI file's sections that say where one is */
	const char *folder; /* in which the INI file is, with the '/'; NULL: the process's own */
	struct arena *arena;
	struct error *err;
};

/* Of the options and the environment, which need no file. false: out of memory. */
bool settings_gather(struct settings *settings, const struct reconcile_options *options);
/* Of the INI file that the options or the environment name, or of ./reconcile.ini if it is there.
 * scratch must outlive the settings' use. BAD_CONFIG names file and line. */
bool settings_gather_file(struct settings *settings, const struct reconcile_options *options,
			  struct arena *scratch);

/* A path that the INI file names: a relative one counts from the file's folder. NULL: out of
 * memory, see settings->err. */
const char *settings_path(const struct settings *settings, const char *path);

/* NULL also when it is empty: that is how many shells and orchestrators say "not set". */
const char *environment(const char *name);

#endif
