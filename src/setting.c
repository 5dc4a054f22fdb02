#include "setting.h"

#include "base/buffer.h"
#include "config_file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "reconcile.ini"
#define PREFIX "RECONCILE_"

extern char **environ;

const char *settings_path(const struct settings *settings, const char *path)
{
	struct buffer buf = BUFFER_INIT(settings->arena);
	if (!settings->folder || *path == '/')
		return path;
	buffer_addf(&buf, "%s%s", settings->folder, path);
	const char *whole = buffer_text(&buf);
	if (!whole)
		error_memory(settings->err);
	return whole;
}

/* Takes the value unless a stronger place had one. False: memory ran out. */
static bool offer(struct settings *settings, enum key key, const char *value, const char *place,
		  const char *section)
{
	struct setting *setting = &settings->of[key_first(key)];
	if (!value || setting->value)
		return true;
	char *value_copy = arena_text(settings->arena, value);
	char *place_copy = arena_text(settings->arena, place);
	char *section_copy = arena_text(settings->arena, section);
	if (!value_copy || !place_copy || (section && !section_copy))
		return error_memory(settings->err);
	*setting = (struct setting){
		.key = key, .value = value_copy, .place = place_copy, .section = section_copy};
	return true;
}

static bool offer_option(struct settings *settings, enum key key, const char *value)
{
	char place[64];
	snprintf(place, sizeof(place), "option %s", config_keys[key]);
	return offer(settings, key, value, place, NULL);
}

static bool offer_option_ms(struct settings *settings, enum key key, long ms)
{
	char value[32];
	snprintf(value, sizeof(value), "%ld", ms);
	return ms ? offer_option(settings, key, value) : true;
}

static bool offer_option_rewrite(struct settings *settings, long rows)
{
	char value[32];
	snprintf(value, sizeof(value), "%ld", rows);
	switch (rows) {
	case RECONCILE_REWRITE_DEFAULT:
		return true;
	case RECONCILE_REWRITE_ANY:
		return offer_option(settings, KEY_ALLOW_REWRITE, "yes");
	case RECONCILE_REWRITE_NONE:
		return offer_option(settings, KEY_ALLOW_REWRITE, "no");
	default:
		return offer_option(settings, KEY_ALLOW_REWRITE, value);
	}
}

static bool offer_option_word(struct settings *settings, enum key key, unsigned number)
{
	unsigned count = 0;
	while (key_words(key)[count])
		count++;
	if (number > count)
		return error_set(settings->err, RECONCILE_BAD_CONFIG,
				 "option %s: %u is not one of its values", config_keys[key],
				 number);
	return number ? offer_option(settings, key, key_words(key)[number - 1]) : true;
}

static bool offer_options(struct settings *settings, const struct reconcile_options *options)
{
	return offer_option(settings, KEY_URL, options->url) &&
	       offer_option(settings, KEY_DDL_URL, options->ddl_url) &&
	       offer_option(settings, KEY_DDL_ROLE, options->ddl_role) &&
	       offer_option(settings, KEY_SCHEMA, options->schema) &&
	       offer_option(settings, KEY_HISTORY_SCHEMA, options->history_schema) &&
	       offer_option_rewrite(settings, options->allow_rewrite) &&
	       offer_option_word(settings, KEY_MODE, options->mode) &&
	       offer_option_word(settings, KEY_CATALOG, options->catalog) &&
	       offer_option_word(settings, KEY_ON_CONFLICT, options->on_conflict) &&
	       offer_option_ms(settings, KEY_LOCK_TIMEOUT_MS, options->lock_timeout_ms) &&
	       offer_option_ms(settings, KEY_STATEMENT_TIMEOUT_MS, options->statement_timeout_ms) &&
	       offer_option_ms(settings, KEY_BUDGET_MS, options->budget_ms) &&
	       offer_option_ms(settings, KEY_CONNECT_TIMEOUT_MS, options->connect_timeout_ms) &&
	       offer_option_word(settings, KEY_LOG_LEVEL, options->log_level) &&
	       offer_option_word(settings, KEY_LOG_FORMAT, options->log_format);
}

const char *environment(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* "RECONCILE_MODE" of "mode". */
static void name_variable(char *name, size_t size, const char *key)
{
	snprintf(name, size, PREFIX "%s", key);
	for (char *c = name; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	}
}

static bool offer_environment(struct settings *settings)
{
	for (enum key key = KEY_URL; key < KEY_COUNT; key++) {
		char name[64];
		name_variable(name, sizeof(name), config_keys[key]);
		if (!offer(settings, key, environment(name), name, NULL))
			return false;
	}
	return offer(settings, KEY_URL, environment("DATABASE_URL"), "DATABASE_URL", NULL);
}

/* "scripts", and "./service.so:NAME" of registry; what a URL names is the URL's to know. */
static bool is_path(const struct ini_entry *entry)
{
	return key_is_path(entry->key) ||
	       (entry->key == KEY_REGISTRY && strchr(entry->value, ':') != NULL);
}

/* where: also what it says of where the database is. */
static bool offer_section(struct settings *settings, const struct ini *ini, const char *section,
			  bool where)
{
	for (const struct ini_entry *entry = ini->entries; entry; entry = entry->next) {
		if (strcmp(entry->section, section) != 0 || (!where && key_says_where(entry->key)))
			continue;
		struct buffer buf = BUFFER_INIT(ini->arena);
		buffer_addf(&buf, "%s:%d: %s", ini->name, entry->line, config_keys[entry->key]);
		const char *place = buffer_text(&buf), *value = entry->value;
		if (!place)
			return error_memory(settings->err);
		if (is_path(entry))
			value = settings_path(settings, value);
		if (!value || !offer(settings, entry->key, value, place, section))
			return false;
	}
	return true;
}

static bool has_section(const struct ini *ini, const char *section)
{
	const struct ini_section *known = ini->sections;
	while (known && strcmp(known->name, section) != 0)
		known = known->next;
	return known != NULL;
}

static bool refuse_section(const struct ini *ini, const char *section, const char *place)
{
	struct buffer buf = BUFFER_INIT(ini->arena);
	for (const struct ini_section *known = ini->sections; known; known = known->next)
		buffer_addf(&buf, "%s[%s]", known == ini->sections ? "" : ", ", known->name);
	const char *names = buffer_text(&buf);
	error_set(ini->err, RECONCILE_BAD_CONFIG, "%s: '%s' has no section [%s]", place, ini->name,
		  section);
	if (names && *names)
		error_hint(ini->err, "it has %s", names);
	else
		error_hint(ini->err, "it is not there, or has no sections at all");
	return false;
}

static bool keep_runners(struct settings *settings, const struct ini *ini)
{
	for (const struct ini_runner *one = ini->runners; one; one = one->next) {
		struct runner *runner = arena_alloc(settings->arena, sizeof(*runner));
		if (!runner)
			return error_memory(settings->err);
		*runner = (struct runner){
			.next = settings->runners,
			.ending = arena_text(settings->arena, one->ending),
			.command = arena_text(settings->arena, one->command),
		};
		if (!runner->ending || !runner->command)
			return error_memory(settings->err);
		settings->runners = runner;
	}
	return true;
}

static bool keep_databases(struct settings *settings, const struct ini *ini)
{
	for (const struct ini_entry *entry = ini->entries; entry; entry = entry->next) {
		if (key_first(entry->key) != KEY_URL)
			continue;
		struct named *named = arena_alloc(settings->arena, sizeof(*named));
		if (!named)
			return error_memory(settings->err);
		*named = (struct named){
			.next = settings->databases,
			.section = arena_text(settings->arena, entry->section),
		};
		if (!named->section)
			return error_memory(settings->err);
		settings->databases = named;
	}
	return true;
}

/* Where another database is, its section says alone. */
static bool take_database(struct settings *settings, const struct ini *ini, const char *database)
{
	if (!has_section(ini, database))
		return refuse_section(ini, database, "option database");
	for (enum key key = KEY_URL; key < KEY_COUNT; key++)
		if (key_says_where(key))
			settings->of[key] = (struct setting){0};
	if (!offer_section(settings, ini, database, true))
		return false;
	if (settings->of[KEY_URL].value)
		return true;
	error_set(settings->err, RECONCILE_BAD_CONFIG,
		  "option database: section [%s] of '%s' does not say where one is", database,
		  ini->name);
	error_hint(settings->err, "give it url, url_file or url_env");
	return false;
}

/* ---- variables that nobody reads ------------------------------------------- */

/* Does a key say that a URL is in it? */
static bool is_named(const struct ini *ini, const char *name)
{
	const char *const naming[] = {environment(PREFIX "URL_ENV"),
				      environment(PREFIX "DDL_URL_ENV")};
	for (size_t i = 0; i < sizeof(naming) / sizeof(naming[0]); i++) {
		if (naming[i] && strcmp(naming[i], name) == 0)
			return true;
	}
	for (const struct ini_entry *entry = ini->entries; entry; entry = entry->next) {
		bool names = entry->key == KEY_URL_ENV || entry->key == KEY_DDL_URL_ENV;
		if (names && strcmp(entry->value, name) == 0)
			return true;
	}
	return false;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/*
 * Kubernetes tells every container about every service of its namespace, and somebody may call one
 * "reconcile": RECONCILE_SERVICE_HOST, RECONCILE_PORT_5432_TCP_ADDR and the like ("Accessing the
 * Service", environment variables, in its documentation of connecting applications).
 */
static bool is_service_link(const char *name, const char *value)
{
	const char *port = strstr(name, "_PORT_");
	return ends_in(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") != NULL ||
	       (port && port[6] >= '0' && port[6] <= '9') ||
	       (ends_in(name, "_PORT") && strstr(value, "://") != NULL);
}

static bool is_known(const char *name)
{
	char known[64];
	for (enum key key = KEY_URL; key < KEY_COUNT; key++) {
		name_variable(known, sizeof(known), config_keys[key]);
		if (strcmp(name, known) == 0)
			return true;
	}
	return strcmp(name, PREFIX "CONFIG") == 0 || strcmp(name, PREFIX "ENV") == 0;
}

static bool refuse_variable(const char *name, struct error *err)
{
	const char *names[KEY_COUNT + 3] = {"config", "env"};
	char key[64], near[64];
	memcpy(names + 2, config_keys, KEY_COUNT * sizeof(*names));
	snprintf(key, sizeof(key), "%.60s", name + strlen(PREFIX));
	for (char *c = key; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	const char *nearest = nearest_name(key, names);
	error_set(err, RECONCILE_BAD_CONFIG, "the environment variable '%.80s' is unknown", name);
	name_variable(near, sizeof(near), nearest ? nearest : "");
	if (nearest)
		error_hint(err, "did you mean '%s'?", near);
	else
		error_hint(err, "unset it: " PREFIX "CONFIG, " PREFIX "ENV and " PREFIX
				"KEY, for a key of the INI file, are the ones that count");
	return false;
}

/* A misspelt variable would be a setting that does not count, and nobody told. */
static bool check_environment(const struct ini *ini, struct error *err)
{
	for (char **entry = environ; entry && *entry; entry++) {
		const char *end = strchr(*entry, '=');
		char name[128];
		/* Empty is "not set". */
		if (strncmp(*entry, PREFIX, strlen(PREFIX)) != 0 || !end || !end[1])
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(end - *entry), *entry);
		if (!is_known(name) && !is_named(ini, name) && !is_service_link(name, end + 1))
			return refuse_variable(name, err);
	}
	return true;
}

/* ---- all of it ------------------------------------------------------------- */

/* "etc/" of "etc/reconcile.ini". */
static bool find_folder(struct settings *settings, const char *name)
{
	const char *slash = strrchr(name, '/');
	if (!slash)
		return true;
	settings->folder = arena_text_n(settings->arena, name, (size_t)(slash - name) + 1);
	return settings->folder != NULL || error_memory(settings->err);
}

bool settings_gather_file(struct settings *settings, const struct reconcile_options *options,
			  struct arena *scratch)
{
	const char *name = options->config_file;
	if (!name)
		name = environment("RECONCILE_CONFIG");
	struct ini ini = {
		.name = name ? name : DEFAULT_FILE,
		.arena = scratch,
		.err = settings->err,
	};
	if (!ini_read(&ini, name != NULL) || !find_folder(settings, ini.name) ||
	    !check_environment(&ini, settings->err) || !keep_runners(settings, &ini) ||
	    !keep_databases(settings, &ini))
		return false;

	bool usual = options->database == NULL;
	if (!usual && !take_database(settings, &ini, options->database))
		return false;
	const char *section = options->section, *place = "option section";
	if (!section) {
		section = environment("RECONCILE_ENV");
		place = "RECONCILE_ENV";
	}
	if (section && !has_section(&ini, section))
		return refuse_section(&ini, section, place);
	return (!section || offer_section(settings, &ini, section, usual)) &&
	       offer_section(settings, &ini, COMMON_SECTION, usual);
}

bool settings_gather(struct settings *settings, const struct reconcile_options *options)
{
	return offer_options(settings, options) && offer_environment(settings);
}
