#include "key.h"

#include <string.h>
#include <strings.h>

const char *const config_keys[] = {
	[KEY_URL] = "url",
	[KEY_URL_FILE] = "url_file",
	[KEY_URL_ENV] = "url_env",
	[KEY_DDL_URL] = "ddl_url",
	[KEY_DDL_URL_FILE] = "ddl_url_file",
	[KEY_DDL_URL_ENV] = "ddl_url_env",
	[KEY_DDL_ROLE] = "ddl_role",
	[KEY_REGISTRY] = "registry",
	[KEY_SCHEMA] = "schema",
	[KEY_MODE] = "mode",
	[KEY_LOCK_TIMEOUT_MS] = "lock_timeout_ms",
	[KEY_STATEMENT_TIMEOUT_MS] = "statement_timeout_ms",
	[KEY_BUDGET_MS] = "budget_ms",
	[KEY_CONNECT_TIMEOUT_MS] = "connect_timeout_ms",
	[KEY_CATALOG] = "catalog",
	[KEY_ON_CONFLICT] = "on_conflict",
	[KEY_ALLOW_REWRITE] = "allow_rewrite",
	[KEY_LOG_LEVEL] = "log_level",
	[KEY_LOG_FORMAT] = "log_format",
	[KEY_COLOR] = "color",
	[KEY_SCRIPTS] = "scripts",
	[KEY_ALLOW_FRESH] = "allow_fresh",
	[KEY_HISTORY_SCHEMA] = "history_schema",
	[KEY_COUNT] = NULL,
};

static const char *const words[KEY_COUNT][6] = {
	[KEY_MODE] = {"apply", "check", "warn", "off", "stamp"},
	[KEY_CATALOG] = {"auto", "pg_catalog", "information_schema"},
	[KEY_ON_CONFLICT] = {"warn", "fail"},
	[KEY_LOG_LEVEL] = {"debug", "info", "warn", "error", "off"},
	[KEY_LOG_FORMAT] = {"text", "logfmt", "json"},
	[KEY_ALLOW_FRESH] = {"no", "yes"},
	[KEY_COLOR] = {"auto", "always", "never"},
};

const char *const *key_words(enum key key)
{
	return words[key];
}

/* KEY_COUNT: there is none of that name. */
enum key key_find(const char *name)
{
	enum key key = KEY_URL;
	while (key < KEY_COUNT && strcmp(config_keys[key], name) != 0)
		key++;
	return key;
}

int key_word_number(enum key key, const char *word)
{
	if (key == KEY_LOG_LEVEL && strcasecmp(word, "warning") == 0)
		word = "warn";
	for (int i = 0; words[key][i]; i++) {
		if (strcasecmp(word, words[key][i]) == 0)
			return i + 1;
	}
	return 0;
}

#define LONGEST 64

/* How many letters to insert, delete or replace (Levenshtein); both shorter than LONGEST. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST];
	size_t width = strlen(b);
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = diagonal + (a[i] != b[j]);
			diagonal = row[j + 1];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j + 1] + 1)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[width];
}

const char *nearest_name(const char *name, const char *const *names)
{
	const char *nearest = NULL;
	size_t length = strlen(name), least = 1 + length / 4;
	if (length >= LONGEST)
		return NULL;
	for (; *names; names++) {
		size_t far = distance(name, *names);
		if (far > least || (nearest && far == least))
			continue;
		nearest = *names;
		least = far;
	}
	return nearest;
}
