/* The keys of the configuration, by which the environment and the INI file call a setting. */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stddef.h>

/* The INI section that the others are laid over. */
#define COMMON_SECTION "reconcile"
/* The one whose keys are the endings of files, and their values the programs that run these. */
#define RUNNER_SECTION "runner"

/* The first three say where the database is, the next three where it is changed; where several of
 * three stand together, the first wins. */
enum key {
	KEY_URL,
	KEY_URL_FILE,
	KEY_URL_ENV,
	KEY_DDL_URL,
	KEY_DDL_URL_FILE,
	KEY_DDL_URL_ENV,
	KEY_DDL_ROLE,
	KEY_REGISTRY,
	KEY_SCHEMA,
	KEY_MODE,
	KEY_LOCK_TIMEOUT_MS,
	KEY_STATEMENT_TIMEOUT_MS,
	KEY_BUDGET_MS,
	KEY_CONNECT_TIMEOUT_MS,
	KEY_CATALOG,
	KEY_ON_CONFLICT,
	KEY_ALLOW_REWRITE,
	KEY_LOG_LEVEL,
	KEY_LOG_FORMAT,
	KEY_COLOR,
	KEY_SCRIPTS,
	KEY_ALLOW_FRESH,
	KEY_HISTORY_SCHEMA,
	KEY_COUNT,
};

/* Their names in the INI file; then NULL. */
extern const char *const config_keys[];

static inline bool key_is_url(enum key key)
{
	return key <= KEY_DDL_URL_ENV;
}
/* Which database, as whom, and where in it. */
static inline bool key_says_where(enum key key)
{
	return key_is_url(key) || key == KEY_DDL_ROLE || key == KEY_SCHEMA ||
	       key == KEY_HISTORY_SCHEMA;
}
/* The first of the keys that say the same thing. */
static inline enum key key_first(enum key key)
{
	if (key <= KEY_URL_ENV)
		return KEY_URL;
	return key <= KEY_DDL_URL_ENV ? KEY_DDL_URL : key;
}

/* KEY_COUNT: there is none of that name. */
enum key key_find(const char *name);
/* Of names (up to a NULL) the one that takes the fewest letters to change into name, if they are
 * few; else NULL. */
const char *nearest_name(const char *name, const char *const *names);
/* The words that a key takes, each worth its position from 1, as in the enum of reconcile.h; then
 * NULL. */
const char *const *key_words(enum key key);
/* The position, from 1, of a word in any case; "warning" is "warn". 0: the key takes no words, or
 * not that one. */
int key_word_number(enum key key, const char *word);
/* Is its value a path, or one with ":NAME" behind it? Those of URLs are url.h's to know. */
static inline bool key_is_path(enum key key)
{
	return key == KEY_URL_FILE || key == KEY_DDL_URL_FILE || key == KEY_SCRIPTS;
}

#endif
