#include "config.h"

#include "backend/backend.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/sized.h"
#include "setting.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LARGEST_MS ((long)INT_MAX) /* PostgreSQL's time limits are 32-bit integers */

/* ---- values --------------------------------------------------------------- */

RECONCILE_API long reconcile_duration_parse(const char *text)
{
	static const struct {
		const char *unit;
		long ms;
	} units[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}};
	if (!text || *text < '0' || *text > '9')
		return -1;
	long number = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		int digit = *text - '0';
		if (number > (LONG_MAX - digit) / 10)
			return -1;
		number = number * 10 + digit;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i].unit) == 0)
			return number > LONG_MAX / units[i].ms ? -1 : number * units[i].ms;
	}
	return -1;
}

static bool take_ms(const struct settings *settings, enum key key, long *ms)
{
	const struct setting *setting = &settings->of[key];
	if (!setting->value)
		return true;
	*ms = reconcile_duration_parse(setting->value);
	if (*ms >= 1 && *ms <= LARGEST_MS)
		return true;
	if (*ms > LARGEST_MS)
		return error_set(settings->err, RECONCILE_BAD_CONFIG,
				 "%s: '%s' is more than %ld ms", setting->place, setting->value,
				 LARGEST_MS);
	error_set(settings->err, RECONCILE_BAD_CONFIG, "%s: '%s' is not a duration above zero",
		  setting->place, setting->value);
	error_hint(settings->err, "write 250, 250ms, 5s or 2m");
	return false;
}

/* The word's position from 1; 0: not set, or no such word. */
static int word_number(const struct settings *settings, enum key key)
{
	const char *value = settings->of[key].value;
	return value ? key_word_number(key, value) : 0;
}

/* *number is left alone when nothing is set. */
static bool take_word(const struct settings *settings, enum key key, int *number)
{
	const struct setting *setting = &settings->of[key];
	if (!setting->value)
		return true;
	*number = word_number(settings, key);
	if (*number)
		return true;
	struct buffer buf = BUFFER_INIT(settings->arena);
	for (size_t i = 0; key_words(key)[i]; i++)
		buffer_addf(&buf, "%s%s", i ? ", " : "", key_words(key)[i]);
	const char *words = buffer_text(&buf);
	error_set(settings->err, RECONCILE_BAD_CONFIG, "%s: '%s' is none of %s", setting->place,
		  setting->value, words ? words : "its values");
	return false;
}

static bool take_words(struct config *config, const struct settings *settings)
{
	int mode = RECONCILE_MODE_APPLY;
	int catalog = RECONCILE_CATALOG_AUTO;
	int on_conflict = RECONCILE_ON_CONFLICT_WARN;
	int level = RECONCILE_LOG_INFO;
	int format = RECONCILE_LOG_TEXT;
	int color = 0, fresh = 0;
	bool ok = take_word(settings, KEY_LOG_LEVEL, &level) &&
		  take_word(settings, KEY_LOG_FORMAT, &format) &&
		  take_word(settings, KEY_MODE, &mode) &&
		  take_word(settings, KEY_CATALOG, &catalog) &&
		  take_word(settings, KEY_ON_CONFLICT, &on_conflict) &&
		  take_word(settings, KEY_COLOR, &color) &&
		  take_word(settings, KEY_ALLOW_FRESH, &fresh);
	if (!ok)
		return false;
	config->mode = (enum reconcile_mode)mode;
	config->catalog = (enum reconcile_catalog)catalog;
	config->on_conflict = (enum reconcile_on_conflict)on_conflict;
	config->log.level = (enum reconcile_log_level)level;
	config->log.format = (enum reconcile_log_format)format;
	config->color = color ? key_words(KEY_COLOR)[color - 1] : NULL;
	return true;
}

static bool take_times(struct config *config, const struct settings *settings)
{
	const long usual = 5000; /* for a statement once it has its lock */
	config->lock_timeout_ms = 250;
	config->statement_timeout_ms = usual;
	config->budget_ms = 60000;
	config->connect_timeout_ms = 10000;
	if (!take_ms(settings, KEY_LOCK_TIMEOUT_MS, &config->lock_timeout_ms) ||
	    !take_ms(settings, KEY_STATEMENT_TIMEOUT_MS, &config->statement_timeout_ms) ||
	    !take_ms(settings, KEY_BUDGET_MS, &config->budget_ms) ||
	    !take_ms(settings, KEY_CONNECT_TIMEOUT_MS, &config->connect_timeout_ms))
		return false;

	/* A wait for a lock that statement_timeout ends first is never seen as one (57014). */
	const char *place = settings->of[KEY_STATEMENT_TIMEOUT_MS].place;
	if (config->statement_timeout_ms <= config->lock_timeout_ms && !place)
		config->statement_timeout_ms = config->lock_timeout_ms < LARGEST_MS - usual
						       ? config->lock_timeout_ms + usual
						       : LARGEST_MS;
	if (config->statement_timeout_ms > config->lock_timeout_ms)
		return true;
	error_set(settings->err, RECONCILE_BAD_CONFIG,
		  "%s: %ld ms is not more than the %ld ms of lock_timeout_ms",
		  place ? place : settings->of[KEY_LOCK_TIMEOUT_MS].place,
		  config->statement_timeout_ms, config->lock_timeout_ms);
	error_hint(settings->err, "lower lock_timeout_ms, or raise statement_timeout_ms");
	return false;
}

/* "no", "yes", or how many rows a table may have. */
static bool take_rewrite(struct config *config, const struct settings *settings)
{
	const struct setting *setting = &settings->of[KEY_ALLOW_REWRITE];
	const char *value = setting->value;
	if (!value || strcasecmp(value, "no") == 0)
		return true;
	if (strcasecmp(value, "yes") == 0) {
		config->allow_rewrite = -1;
		return true;
	}
	char *end;
	errno = 0;
	config->allow_rewrite = strtoll(value, &end, 10);
	if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0)
		return true;
	error_set(settings->err, RECONCILE_BAD_CONFIG,
		  "%s: '%s' is none of no, yes and a number of rows", setting->place, value);
	error_hint(settings->err, "write for example 10000 to let tables of up to 10000 rows be "
				  "rewritten");
	return false;
}

static bool take_text(const struct settings *settings, enum key key, const char **text)
{
	const struct setting *setting = &settings->of[key];
	*text = setting->value;
	if (*text && **text == '\0')
		return error_set(settings->err, RECONCILE_BAD_CONFIG, "%s: it is empty",
				 setting->place);
	return true;
}

/* The first line of the file. */
static const char *url_from_file(const char *path, struct arena *scratch, struct error *err)
{
	struct file file;
	if (!file_read(&file, path, scratch, err))
		return NULL;
	size_t length = strcspn(file.text, "\r\n");
	if (length == 0) {
		error_set(err, RECONCILE_BAD_CONFIG, "the first line of the file is empty");
		return NULL;
	}
	const char *line = arena_text_n(scratch, file.text, length);
	if (!line)
		error_memory(err);
	return line;
}

/* The text behind one of three keys; NULL: nothing is said, or *err is set. No message repeats the
 * value: a URL may have been written where a name was asked for. */
static const char *url_text(const struct setting *setting, struct arena *scratch, struct error *err)
{
	switch (setting->key) {
	case KEY_URL_FILE:
	case KEY_DDL_URL_FILE:
		return url_from_file(setting->value, scratch, err);
	case KEY_URL_ENV:
	case KEY_DDL_URL_ENV:
		break;
	default:
		return setting->value;
	}
	const char *text = environment(setting->value);
	if (!text)
		error_set(err, RECONCILE_BAD_CONFIG,
			  "the environment variable that it names is not set");
	return text;
}

/* A relative file counts from the folder of the INI file that names it. What a variable or a file
 * of a URL says comes from elsewhere. */
static bool place_file(struct url *url, const struct setting *setting,
		       const struct settings *settings)
{
	bool here = setting->section && (setting->key == KEY_URL || setting->key == KEY_DDL_URL);
	if (url->engine != URL_SQLITE || !here || strcmp(url->path, ":memory:") == 0)
		return true;
	url->path = settings_path(settings, url->path);
	return url->path != NULL;
}

static bool take_url(struct url *url, const struct settings *settings, enum key key,
		     struct arena *scratch)
{
	const struct setting *setting = &settings->of[key];
	const char *text = url_text(setting, scratch, settings->err);
	/* Nothing said anywhere: libpq's own defaults (PGHOST, service file, ...). */
	if (settings->err->status == RECONCILE_OK &&
	    url_parse(url, text ? text : "", settings->arena, settings->err) &&
	    place_file(url, setting, settings))
		return true;
	return setting->place ? error_prefix(settings->err, "%s", setting->place) : false;
}

static bool refuse_on_sqlite(const struct settings *settings, enum key key, const char *hint)
{
	error_set(settings->err, RECONCILE_BAD_CONFIG, "%s: it is for PostgreSQL only",
		  settings->of[key].place);
	error_hint(settings->err, "%s", hint);
	return false;
}

/* Roles, connections with other rights, and schemas are PostgreSQL's. */
static bool check_postgres_only(const struct config *config, const struct settings *settings)
{
	enum key key = config->has_ddl_url ? KEY_DDL_URL : KEY_DDL_ROLE;
	bool sqlite = config->sqlite || (!config->pg && config->url.engine == URL_SQLITE) ||
		      (config->has_ddl_url && config->ddl_url.engine == URL_SQLITE);
	if (sqlite && (config->has_ddl_url || config->ddl_role))
		return refuse_on_sqlite(settings, key,
					"whoever may write a SQLite file may change its tables");
	if (sqlite && config->history_schema)
		return refuse_on_sqlite(settings, KEY_HISTORY_SCHEMA,
					"leave it out: a SQLite file has one schema, and history "
					"lies in it");
	return true;
}

static bool take_urls(struct config *config, const struct settings *settings, struct arena *scratch)
{
	/* A lent connection is where the database is, whatever else says so. */
	config->url_place = settings->of[KEY_URL].place;
	if (!config->pg && !config->sqlite && !take_url(&config->url, settings, KEY_URL, scratch))
		return false;
	config->has_ddl_url = settings->of[KEY_DDL_URL].value != NULL;
	if (config->has_ddl_url && !take_url(&config->ddl_url, settings, KEY_DDL_URL, scratch))
		return false;
	return check_postgres_only(config, settings);
}

/* ---- the whole ------------------------------------------------------------ */

/* Version 0.2.0 was the first whose programs may meet a newer library. */
#define OLDEST_OPTIONS SIZED_UP_TO(struct reconcile_options, detail)

static bool copy_options(struct reconcile_options *own, const struct reconcile_options *given,
			 struct error *err)
{
	static const struct reconcile_options none = RECONCILE_OPTIONS_INIT;
	*own = none;
	if (!given || sized_take(own, sizeof(*own), given, OLDEST_OPTIONS))
		return true;
	error_set(err, RECONCILE_BAD_CONFIG,
		  "the options have the unknown size %zu, and this library's have %zu", given->size,
		  sizeof(*own));
	error_hint(err, "start them from RECONCILE_OPTIONS_INIT, and compile the program with the "
			"reconcile.h of the library that it is linked with, or of an older one");
	return false;
}

static bool take_options(struct config *config, const struct reconcile_options *options,
			 struct arena *arena, struct error *err)
{
	const char *application = options->application;
	if (!application)
		application = program_invocation_short_name;
	config->application = arena_text(arena, application);
	if (!config->application)
		return error_memory(err);
	if (options->command)
		config->command = arena_text(arena, options->command);
	if (!config->command)
		return error_memory(err);
	config->create_database = options->create_database;
	config->detail = options->detail;
	config->expected = options->expected;
	config->stop = (struct stop){options->stop, options->stop_context};
	config->pg = options->pg;
	config->sqlite = options->sqlite;
	if (config->pg && config->sqlite)
		return error_set(err, RECONCILE_USAGE,
				 "the options lend two connections: 'pg' and 'sqlite'");
	return true;
}

/* What is allowed to a database is said beside its name, or it would be allowed to any other one
 * that somebody names instead. */
static bool is_beside_url(const struct settings *settings, enum key key)
{
	const char *section = settings->of[key].section, *other = settings->of[KEY_URL].section;
	return section && other && strcmp(section, other) == 0;
}

static bool keep_values(struct config *config, const struct settings *settings)
{
	const char **values = arena_array(settings->arena, KEY_COUNT, sizeof(*values));
	if (!values)
		return error_memory(settings->err);
	for (enum key key = KEY_URL; key < KEY_COUNT; key++) {
		int word = word_number(settings, key);
		values[key] = key_is_url(key) ? NULL : settings->of[key].value;
		if (word)
			values[key] = key_words(key)[word - 1];
	}
	if (!is_beside_url(settings, KEY_ALLOW_FRESH))
		values[KEY_ALLOW_FRESH] = NULL;
	config->values = values;
	config->runners = settings->runners;
	config->databases = settings->databases;
	return true;
}

/* So that even the record of a bad configuration looks as it was asked for. */
static void take_log_early(struct config *config, const struct settings *settings)
{
	int level = word_number(settings, KEY_LOG_LEVEL);
	int format = word_number(settings, KEY_LOG_FORMAT);
	if (level)
		config->log.level = (enum reconcile_log_level)level;
	if (format)
		config->log.format = (enum reconcile_log_format)format;
}

bool config_resolve(struct config *config, const struct reconcile_options *options,
		    struct arena *arena, struct error *err)
{
	struct settings settings = {.arena = arena, .err = err};
	struct reconcile_options own;
	struct arena scratch = {0};
	bool ok = false;

	*config = (struct config){
		.log = {.level = RECONCILE_LOG_INFO, .format = RECONCILE_LOG_TEXT},
		.command = "manage",
	};
	if (!copy_options(&own, options, err))
		return false;
	config->log.emit = own.log;
	config->log.context = own.log_context;
	config->log.has_no_sink = !log_can_write(backend_descriptor(own.pg));

	ok = settings_gather(&settings, &own);
	take_log_early(config, &settings);
	ok = ok && take_options(config, &own, arena, err) &&
	     settings_gather_file(&settings, &own, &scratch);
	take_log_early(config, &settings);
	ok = ok && take_words(config, &settings) && take_times(config, &settings) &&
	     take_rewrite(config, &settings) && take_text(&settings, KEY_SCHEMA, &config->schema) &&
	     take_text(&settings, KEY_HISTORY_SCHEMA, &config->history_schema) &&
	     take_text(&settings, KEY_DDL_ROLE, &config->ddl_role) &&
	     take_text(&settings, KEY_REGISTRY, &config->registry) &&
	     keep_values(config, &settings);
	ok = ok && take_urls(config, &settings, &scratch);
	arena_release(&scratch);
	return ok;
}

struct reconcile_config {
	struct arena arena; /* this struct lies in it too */
	struct config config;
	struct error err;
	struct reconcile_error error;
};

RECONCILE_API int reconcile_config_load(const struct reconcile_options *options,
					struct reconcile_config **config)
{
	struct arena arena = {0};
	*config = NULL;
	struct reconcile_config *made = arena_alloc(&arena, sizeof(*made));
	if (!made)
		return RECONCILE_FAILED;
	made->arena = arena;
	config_resolve(&made->config, options, &made->arena, &made->err);
	made->error = (struct reconcile_error){
		.status = (int)made->err.status,
		.message = made->err.message,
		.hint = *made->err.hint ? made->err.hint : NULL,
	};
	*config = made;
	return made->error.status;
}

RECONCILE_API const char *reconcile_config_get(const struct reconcile_config *config,
					       const char *key)
{
	if (!config->config.values)
		return NULL;
	static const char runner[] = RUNNER_SECTION ".";
	if (strncmp(key, runner, sizeof(runner) - 1) == 0) {
		const char *ending = key + sizeof(runner) - 1;
		const struct runner *one = config->config.runners;
		while (one && strcmp(one->ending, ending) != 0)
			one = one->next;
		return one ? one->command : NULL;
	}
	enum key found = key_find(key);
	return found < KEY_COUNT ? config->config.values[found] : NULL;
}

RECONCILE_API bool reconcile_config_has_database(const struct reconcile_config *config,
						 const char *section)
{
	const struct named *one = config->config.databases;
	while (one && strcmp(one->section, section) != 0)
		one = one->next;
	return one != NULL;
}

RECONCILE_API const struct reconcile_error *
reconcile_config_error(const struct reconcile_config *config)
{
	return &config->error;
}

RECONCILE_API void reconcile_config_free(struct reconcile_config *config)
{
	if (!config)
		return;
	struct arena arena = config->arena;
	arena_release(&arena);
}
