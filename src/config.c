#include "config.h"

#include "base/buffer.h"
#include "base/file.h"
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "reconcile.ini"
#define COMMON_SECTION "reconcile"
#define LONGEST_NAME 49            /* inih 55 cuts section names there (MAX_SECTION) */
#define LONGEST_LINE 198           /* inih 55 splits longer ones in two (INI_MAX_LINE) */
#define LARGEST_MS ((long)INT_MAX) /* PostgreSQL's time limits are 32-bit integers */

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

const char *const config_keys[] = {
	[KEY_URL] = "url",
	[KEY_URL_FILE] = "url_file",
	[KEY_URL_ENV] = "url_env",
	[KEY_REGISTRY] = "registry",
	[KEY_SCHEMA] = "schema",
	[KEY_MODE] = "mode",
	[KEY_LOCK_TIMEOUT_MS] = "lock_timeout_ms",
	[KEY_STATEMENT_TIMEOUT_MS] = "statement_timeout_ms",
	[KEY_BUDGET_MS] = "budget_ms",
	[KEY_CONNECT_TIMEOUT_MS] = "connect_timeout_ms",
	[KEY_CATALOG] = "catalog",
	[KEY_ON_CONFLICT] = "on_conflict",
	[KEY_LOG_LEVEL] = "log_level",
	[KEY_LOG_FORMAT] = "log_format",
	[KEY_COLOR] = "color",
	[KEY_COUNT] = NULL,
};

/* The words that a key takes; each is worth its position from 1, as in the enum of reconcile.h. */
static const char *const key_words[KEY_COUNT][6] = {
	[KEY_MODE] = {"apply", "check", "warn",     "off"},
	[KEY_CATALOG] = {"auto",       "pg_catalog",         "information_schema"},
	[KEY_ON_CONFLICT] = {"warn",       "fail"        },
	[KEY_LOG_LEVEL] = {"debug", "info",  "warn",       "error", "off"},
	[KEY_LOG_FORMAT] = {"text",  "logfmt",         "json"    },
	[KEY_COLOR] = {"auto", "always","never"             },
};

static bool is_url_key(enum key key)
{
	return key <= KEY_URL_ENV;
}

/* KEY_COUNT: there is none of that name. */
static enum key key_find(const char *name)
{
	enum key key = KEY_URL;
	while (key < KEY_COUNT && strcmp(config_keys[key], name) != 0)
		key++;
	return key;
}

/* ---- the INI file -------------------------------------------------------- */

struct ini_entry {
	struct ini_entry *next;
	const char *section;
	enum key key;
	const char *value;
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
	struct arena *arena;
	struct error *err;
};

/* Puts the current line's place before the error that was just set. Always false. */
static bool ini_refused(struct ini *ini)
{
	return error_prefix(ini->err, "%s:%d", ini->name, ini->line_number);
}

#define INI_REFUSE(ini, ...)                                                                       \
	(error_set((ini)->err, RECONCILE_BAD_CONFIG, __VA_ARGS__), ini_refused(ini))

static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.",
			    text[i]) &&
		    (unsigned char)text[i] < 0x80)
			return false;
	}
	return length > 0;
}

static bool ini_add_section(struct ini *ini, const char *name, size_t length)
{
	struct ini_section **end = &ini->sections;
	for (; *end; end = &(*end)->next) {
		if (strlen((*end)->name) == length && memcmp((*end)->name, name, length) == 0)
			return true;
	}
	struct ini_section *section = arena_alloc(ini->arena, sizeof(*section));
	char *copy = arena_text_n(ini->arena, name, length);
	if (!section || !copy)
		return error_memory(ini->err);
	section->name = copy;
	*end = section;
	return true;
}

/* inih passes over what stands behind the ']', and calls nobody for a section without keys. */
static bool ini_check_section(struct ini *ini)
{
	const char *name = ini->line + 1;
	size_t room = ini->line_length - 1;
	const char *end = memchr(name, ']', room);
	if (!end)
		return INI_REFUSE(ini, "a section line without ']'");
	size_t length = (size_t)(end - name);
	if (length > LONGEST_NAME)
		return INI_REFUSE(ini, "a section name of more than %d bytes", LONGEST_NAME);
	if (!is_plain(name, length))
		return INI_REFUSE(
			ini, "a section name is made of letters, digits, '_', '-' and '.' only");
	size_t behind = length + 1;
	while (behind < room && isspace((unsigned char)name[behind]))
		behind++;
	if (behind < room && !strchr(";#", name[behind]))
		return INI_REFUSE(ini, "there is something behind the ']' of a section line");
	return ini_add_section(ini, name, length);
}

static bool ini_check_line(struct ini *ini, size_t room)
{
	const char *line = ini->line;
	size_t length = ini->line_length;
	if (length > LONGEST_LINE || length >= room) {
		INI_REFUSE(ini, "the line has %zu bytes, and %d is the most", length, LONGEST_LINE);
		error_hint(ini->err, "put a long URL into a file or an environment variable, and "
				     "name that with url_file or url_env");
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		bool is_end = line[i] == '\r' && i + 1 == length;
		bool is_control = (unsigned char)line[i] < 0x20 || line[i] == 0x7f;
		if (is_control && !is_end && line[i] != '\t')
			return INI_REFUSE(ini, "the line has a control character in it");
	}
	size_t indent = 0;
	while (indent < length && isspace((unsigned char)line[indent]))
		indent++;
	if (indent == length || strchr(";#", line[indent]))
		return true;
	if (indent > 0) {
		INI_REFUSE(ini, "the line is indented, as if it continued the one before");
		error_hint(ini->err, "a value stands in one line, and a line begins at the margin");
		return false;
	}
	if (*line == '[')
		return ini_check_section(ini);
	if (!memchr(line, '=', length) && !memchr(line, ':', length))
		return INI_REFUSE(ini, "the line is neither [section] nor key = value");
	return true;
}

/* inih's reader: the next line into line (size bytes), or NULL at the end or after an error. */
static char *ini_next_line(char *line, int size, void *context)
{
	struct ini *ini = context;
	if (ini->err->status != RECONCILE_OK || *ini->rest == '\0')
		return NULL;
	ini->line = ini->rest;
	ini->line_length = strcspn(ini->rest, "\n");
	ini->line_number++;
	ini->rest += ini->line_length;
	if (*ini->rest == '\n')
		ini->rest++;
	if (!ini_check_line(ini, (size_t)size))
		return NULL;
	memcpy(line, ini->line, ini->line_length);
	line[ini->line_length] = '\0';
	return line;
}

/* How many letters to insert, delete or replace (Levenshtein); both shorter than 64 bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64];
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

static bool ini_refuse_key(struct ini *ini, const char *name)
{
	size_t length = strlen(name);
	if (length > LONGEST_NAME)
		return INI_REFUSE(ini, "a key name of more than %d bytes", LONGEST_NAME);
	/* Not named when it may be the torn-off end of a URL. */
	if (is_plain(name, length))
		INI_REFUSE(ini, "unknown key '%s'", name);
	else
		INI_REFUSE(ini, "unknown key");

	enum key nearest = KEY_URL;
	for (enum key key = KEY_URL; key < KEY_COUNT; key++) {
		if (distance(name, config_keys[key]) < distance(name, config_keys[nearest]))
			nearest = key;
	}
	if (distance(name, config_keys[nearest]) <= 1 + length / 4) {
		error_hint(ini->err, "did you mean '%s'?", config_keys[nearest]);
		return false;
	}
	struct buffer buf = BUFFER_INIT(ini->arena);
	for (enum key key = KEY_URL; key < KEY_COUNT; key++)
		buffer_addf(&buf, "%s%s", key ? ", " : "", config_keys[key]);
	const char *known = buffer_text(&buf);
	if (known)
		error_hint(ini->err, "the keys are %s", known);
	return false;
}

/* Does inih take a part of the current line's value for a comment? */
static bool ini_cuts_value(const struct ini *ini)
{
	bool after_space = false;
	for (size_t i = 0; i < ini->line_length; i++) {
		if (after_space && ini->line[i] == ';')
			return true;
		after_space = isspace((unsigned char)ini->line[i]);
	}
	return false;
}

static bool ini_check_entry(struct ini *ini, const char *section, enum key key, const char *value)
{
	if (is_url_key(key) && ini_cuts_value(ini)) {
		INI_REFUSE(ini, "' ;' begins a comment, which may have cut the value of '%s'",
			   config_keys[key]);
		error_hint(ini->err, "in a URL write the space as %%20 or the semicolon as %%3B; a "
				     "comment goes into a line of its own");
		return false;
	}
	if (!value || *value == '\0') {
		INI_REFUSE(ini, "'%s' has no value", config_keys[key]);
		error_hint(ini->err, "leave the line out to get the default");
		return false;
	}
	for (const struct ini_entry *old = ini->entries; old; old = old->next) {
		if (strcmp(old->section, section) != 0)
			continue;
		if (old->key == key)
			return INI_REFUSE(ini, "duplicate key '%s', which line %d has already",
					  config_keys[key], old->line);
		if (is_url_key(old->key) && is_url_key(key))
			return INI_REFUSE(ini,
					  "'%s' beside '%s' of line %d: one section says "
					  "once where the database is",
					  config_keys[key], config_keys[old->key], old->line);
	}
	return true;
}

/* inih's handler, called for each line `name = value`. The error stops the reader. */
static int ini_take(void *context, const char *section, const char *name, const char *value)
{
	struct ini *ini = context;
	if (ini->err->status != RECONCILE_OK || !name)
		return 1;
	enum key key = key_find(name);
	if (key == KEY_COUNT)
		return ini_refuse_key(ini, name);
	if (*section == '\0') {
		INI_REFUSE(ini, "'%s' stands before the first section", name);
		error_hint(ini->err, "write [" COMMON_SECTION "] above it");
		return 0;
	}
	if (!ini_check_entry(ini, section, key, value))
		return 0;

	struct ini_entry *entry = arena_alloc(ini->arena, sizeof(*entry));
	char *section_copy = arena_text(ini->arena, section);
	char *value_copy = arena_text(ini->arena, value);
	if (!entry || !section_copy || !value_copy)
		return error_memory(ini->err);
	*entry = (struct ini_entry){
		.section = section_copy,
		.key = key,
		.value = value_copy,
		.line = ini->line_number,
	};
	struct ini_entry **end = &ini->entries;
	while (*end)
		end = &(*end)->next;
	*end = entry;
	return 1;
}

/* A file that is not there is an empty one unless somebody asked for it. */
static bool ini_read(struct ini *ini, bool required)
{
	struct file file;
	if (!file_read(&file, ini->name, ini->arena, ini->err)) {
		if (file.absent && !required) {
			error_clear(ini->err);
			return true;
		}
		ini->line_number = file.bad_line;
		return file.bad_line ? ini_refused(ini)
				     : error_prefix(ini->err, "configuration file '%s'", ini->name);
	}
	ini->rest = file.text;
	int result = ini_parse_stream(ini_next_line, ini, ini_take, ini);
	if (ini->err->status != RECONCILE_OK)
		return false;
	if (result != 0) {
		ini->line_number = result > 0 ? result : 0;
		return INI_REFUSE(ini, "the line cannot be understood");
	}
	return true;
}

/* ---- settings, the strongest first --------------------------------------- */

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

/* Takes the value unless a stronger place had one. False: memory ran out. */
static bool offer(struct settings *settings, enum key key, const char *value, const char *place)
{
	struct setting *setting = &settings->of[is_url_key(key) ? KEY_URL : key];
	if (!value || setting->value)
		return true;
	char *value_copy = arena_text(settings->arena, value);
	char *place_copy = arena_text(settings->arena, place);
	if (!value_copy || !place_copy)
		return error_memory(settings->err);
	*setting = (struct setting){.key = key, .value = value_copy, .place = place_copy};
	return true;
}

static bool offer_option(struct settings *settings, enum key key, const char *value)
{
	char place[64];
	snprintf(place, sizeof(place), "option %s", config_keys[key]);
	return offer(settings, key, value, place);
}

static bool offer_option_ms(struct settings *settings, enum key key, long ms)
{
	char value[32];
	snprintf(value, sizeof(value), "%ld", ms);
	return ms ? offer_option(settings, key, value) : true;
}

static bool offer_option_word(struct settings *settings, enum key key, unsigned number)
{
	unsigned count = 0;
	while (key_words[key][count])
		count++;
	if (number > count)
		return error_set(settings->err, RECONCILE_BAD_CONFIG,
				 "option %s: %u is not one of its values", config_keys[key],
				 number);
	return number ? offer_option(settings, key, key_words[key][number - 1]) : true;
}

static bool offer_options(struct settings *settings, const struct reconcile_options *options)
{
	return offer_option(settings, KEY_URL, options->url) &&
	       offer_option(settings, KEY_SCHEMA, options->schema) &&
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

/* NULL also when it is empty: that is how many shells and orchestrators say "not set". */
static const char *environment(const char *name)
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
		if (!offer(settings, key, environment(name), name))
			return false;
	}
	return offer(settings, KEY_URL, environment("DATABASE_URL"), "DATABASE_URL");
}

static bool offer_section(struct settings *settings, const struct ini *ini, const char *section)
{
	for (const struct ini_entry *entry = ini->entries; entry; entry = entry->next) {
		if (strcmp(entry->section, section) != 0)
			continue;
		struct buffer buf = BUFFER_INIT(ini->arena);
		buffer_addf(&buf, "%s:%d: %s", ini->name, entry->line, config_keys[entry->key]);
		const char *place = buffer_text(&buf);
		if (!place)
			return error_memory(settings->err);
		if (!offer(settings, entry->key, entry->value, place))
			return false;
	}
	return true;
}

static bool refuse_section(const struct ini *ini, const char *section, bool is_option)
{
	struct buffer buf = BUFFER_INIT(ini->arena);
	for (const struct ini_section *known = ini->sections; known; known = known->next)
		buffer_addf(&buf, "%s[%s]", known == ini->sections ? "" : ", ", known->name);
	const char *names = buffer_text(&buf);
	error_set(ini->err, RECONCILE_BAD_CONFIG, "%s: '%s' has no section [%s]",
		  is_option ? "option section" : "RECONCILE_ENV", ini->name, section);
	if (names && *names)
		error_hint(ini->err, "it has %s", names);
	else
		error_hint(ini->err, "it is not there, or has no sections at all");
	return false;
}

static bool offer_file(struct settings *settings, const struct reconcile_options *options,
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
	if (!ini_read(&ini, name != NULL))
		return false;

	const char *section = options->section;
	if (!section)
		section = environment("RECONCILE_ENV");
	if (section) {
		const struct ini_section *known = ini.sections;
		while (known && strcmp(known->name, section) != 0)
			known = known->next;
		if (!known)
			return refuse_section(&ini, section, options->section != NULL);
		if (!offer_section(settings, &ini, section))
			return false;
	}
	return offer_section(settings, &ini, COMMON_SECTION);
}

/* ---- values --------------------------------------------------------------- */

RECONCILE_API long reconcile_duration_parse(const char *text)
{
	static const struct {
		const char *unit;
		long ms;
	} units[] = {
		{"",   1    },
                {"ms", 1    },
                {"s",  1000 },
                {"m",  60000}
        };
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
	for (int i = 0; value && key_words[key][i]; i++) {
		if (strcmp(value, key_words[key][i]) == 0)
			return i + 1;
	}
	return 0;
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
	for (size_t i = 0; key_words[key][i]; i++)
		buffer_addf(&buf, "%s%s", i ? ", " : "", key_words[key][i]);
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
	int color = 0;
	bool ok = take_word(settings, KEY_LOG_LEVEL, &level) &&
		  take_word(settings, KEY_LOG_FORMAT, &format) &&
		  take_word(settings, KEY_MODE, &mode) &&
		  take_word(settings, KEY_CATALOG, &catalog) &&
		  take_word(settings, KEY_ON_CONFLICT, &on_conflict) &&
		  take_word(settings, KEY_COLOR, &color);
	if (!ok)
		return false;
	config->mode = (enum reconcile_mode)mode;
	config->catalog = (enum reconcile_catalog)catalog;
	config->on_conflict = (enum reconcile_on_conflict)on_conflict;
	config->log.level = (enum reconcile_log_level)level;
	config->log.format = (enum reconcile_log_format)format;
	config->color = settings->of[KEY_COLOR].value;
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

/* No message repeats the value: a URL may have been written where a name was asked for. */
static bool take_url(struct config *config, const struct settings *settings, struct arena *scratch)
{
	const struct setting *setting = &settings->of[KEY_URL];
	struct error *err = settings->err;
	const char *text = setting->value;
	if (text && setting->key == KEY_URL_FILE) {
		text = url_from_file(setting->value, scratch, err);
	} else if (text && setting->key == KEY_URL_ENV) {
		text = environment(setting->value);
		if (!text)
			error_set(err, RECONCILE_BAD_CONFIG,
				  "the environment variable that it names is not set");
	}
	/* Nothing said anywhere: libpq's own defaults (PGHOST, service file, ...). */
	if (err->status == RECONCILE_OK &&
	    url_parse(&config->url, text ? text : "", settings->arena, err))
		return true;
	return setting->place ? error_prefix(err, "%s", setting->place) : false;
}

/* ---- the whole ------------------------------------------------------------ */

static bool check_options(const struct reconcile_options *options, struct error *err)
{
	if (options->size != sizeof(*options)) {
		error_set(err, RECONCILE_BAD_CONFIG,
			  "the options have the unknown size %zu, and this library's have %zu",
			  options->size, sizeof(*options));
		error_hint(err, "start them from RECONCILE_OPTIONS_INIT, and compile the program "
				"with the reconcile.h of the library that it is linked with");
		return false;
	}
	return true;
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
	config->create_database = options->create_database;
	config->detail = options->detail;
	config->pg = options->pg;
	config->sqlite = options->sqlite;
	if (config->pg && config->sqlite)
		return error_set(err, RECONCILE_USAGE,
				 "the options lend two connections: 'pg' and 'sqlite'");
	return true;
}

static bool keep_values(struct config *config, const struct settings *settings)
{
	const char **values = arena_array(settings->arena, KEY_COUNT, sizeof(*values));
	if (!values)
		return error_memory(settings->err);
	for (enum key key = KEY_URL; key < KEY_COUNT; key++)
		values[key] = is_url_key(key) ? NULL : settings->of[key].value;
	config->values = values;
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
	static const struct reconcile_options none = RECONCILE_OPTIONS_INIT;
	struct settings settings = {.arena = arena, .err = err};
	struct arena scratch = {0};
	bool ok = false;

	*config = (struct config){
		.log = {.level = RECONCILE_LOG_INFO, .format = RECONCILE_LOG_TEXT},
	};
	if (!options)
		options = &none;
	if (!check_options(options, err))
		return false;
	config->log.emit = options->log;
	config->log.context = options->log_context;

	ok = offer_options(&settings, options) && offer_environment(&settings);
	take_log_early(config, &settings);
	ok = ok && take_options(config, options, arena, err) &&
	     offer_file(&settings, options, &scratch);
	take_log_early(config, &settings);
	ok = ok && take_words(config, &settings) && take_times(config, &settings) &&
	     take_text(&settings, KEY_SCHEMA, &config->schema) &&
	     take_text(&settings, KEY_REGISTRY, &config->registry) &&
	     keep_values(config, &settings);
	/* A lent connection is where the database is, whatever else says so. */
	if (ok && !config->pg && !config->sqlite)
		ok = take_url(config, &settings, &scratch);
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
	enum key found = key_find(key);
	return found < KEY_COUNT ? config->config.values[found] : NULL;
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
