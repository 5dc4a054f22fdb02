/*
 * The settings as text, gathered from the options, the environment and the INI file, the strongest
 * first; config.c makes values of them.
 */
#ifndef SETTING_H
#define SETTING_H

#include "base/arena.h"
#include "base/error.h"
#include <reconcile.h>

/* The INI section that the others are laid over. */
#define COMMON_SECTION "reconcile"

/* The first three say where the database is; where several stand together, the first wins. */
enum key {
	KEY_URL,
	KEY_URL_FILE,
	KEY_URL_ENV,
	KEY_REGISTRY,
	KEY_SCHEMA,
	KEY_MODE,
	KEY_LOCK_TIMEOUT_MS,
	KEY_STATEMENT_TIMEOUT_MS,
	KEY_BUDGET_MS,
	KEY_CONNECT_TIMEOUT_MS,
	KEY_CATALOG,
	KEY_ON_CONFLICT,
	KEY_LOG_LEVEL,
	KEY_LOG_FORMAT,
	KEY_COLOR,
	KEY_COUNT,
};

static inline bool key_is_url(enum key key)
{
	return key <= KEY_URL_ENV;
}

/* KEY_COUNT: there is none of that name. */
enum key key_find(const char *name);
/* The words that a key takes, each worth its position from 1, as in the enum of reconcile.h; then
 * NULL. */
const char *const *key_words(enum key key);

struct setting {
	enum key key; /* in the place of KEY_URL also KEY_URL_FILE or KEY_URL_ENV */
	const char *value;
	const char *place; /* for messages: "RECONCILE_MODE", "reconcile.ini:7: mode" */
};

struct settings {
	struct setting of[KEY_COUNT];
	struct arena *arena;
	struct error *err;
};

/* Of the options and the environment, which need no file. false: out of memory. */
bool settings_gather(struct settings *settings, const struct reconcile_options *options);
/* Of the INI file that the options or the environment name, or of ./reconcile.ini if it is there.
 * scratch must outlive the settings' use. BAD_CONFIG names file and line. */
bool settings_gather_file(struct settings *settings, const struct reconcile_options *options,
			  struct arena *scratch);

/* NULL also when it is empty: that is how many shells and orchestrators say "not set". */
const char *environment(const char *name);

#endif
