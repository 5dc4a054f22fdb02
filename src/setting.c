#include "setting.h"

#include "base/buffer.h"
#include "config_file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "reconcile.ini"

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

static bool offer_environment(struct settings *settings)
{
	for (enum key key = KEY_URL; key < KEY_COUNT; key++) {
		char name[64];
		snprintf(name, sizeof(name), "RECONCILE_%s", config_keys[key]);
		for (char *c = name; *c; c++) {
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		}
		if (!offer(settings, key, environment(name), name, NULL))
			return false;
	}
	return offer(settings, KEY_URL, environment("DATABASE_URL"), "DATABASE_URL", NULL);
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
		const char *place = buffer_text(&buf);
		if (!place)
			return error_memory(settings->err);
		if (!offer(settings, entry->key, entry->value, place, section))
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
	if (!ini_read(&ini, name != NULL) || !keep_runners(settings, &ini) ||
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
