#include "config_file.h"

#include "base/buffer.h"
#include "base/file.h"
#include <ctype.h>
#include <ini.h>
#include <stdint.h>
#include <string.h>

#define LONGEST_NAME 49  /* inih 55 cuts section names there (MAX_SECTION) */
#define LONGEST_LINE 198 /* inih 55 splits longer ones in two (INI_MAX_LINE) */

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

	const char *nearest = nearest_name(name, config_keys);
	if (nearest) {
		error_hint(ini->err, "did you mean '%s'?", nearest);
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
	if (key_is_url(key) && ini_cuts_value(ini)) {
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
		if (key_first(old->key) == key_first(key))
			return INI_REFUSE(ini,
					  "'%s' beside '%s' of line %d: one section says "
					  "once where the database is",
					  config_keys[key], config_keys[old->key], old->line);
	}
	return true;
}

static bool ini_take_runner(struct ini *ini, const char *name, const char *value)
{
	if (!is_plain(name, strlen(name)) || strchr(name, '.'))
		return INI_REFUSE(ini, "'%s' is no ending of a file: write 'py', not '.py'", name);
	if (strcmp(name, "sql") == 0)
		return INI_REFUSE(ini, "SQL needs no runner");
	if (!value || *value == '\0')
		return INI_REFUSE(ini, "'%s' has no command", name);
	if (!strstr(value, "{file}")) {
		INI_REFUSE(ini, "the command of '%s' does not say where the file goes", name);
		error_hint(ini->err, "write {file} in it, as in 'py = python3 {file}'");
		return false;
	}
	struct ini_runner **end = &ini->runners;
	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->ending, name) == 0)
			return INI_REFUSE(ini, "duplicate key '%s', which line %d has already",
					  name, (*end)->line);
	struct ini_runner *runner = arena_alloc(ini->arena, sizeof(*runner));
	if (!runner)
		return error_memory(ini->err);
	*runner = (struct ini_runner){
		.ending = arena_text(ini->arena, name),
		.command = arena_text(ini->arena, value),
		.line = ini->line_number,
	};
	*end = runner;
	return (runner->ending && runner->command) || error_memory(ini->err);
}

/* inih's handler, called for each line `name = value`. The error stops the reader. */
static int ini_take(void *context, const char *section, const char *name, const char *value)
{
	struct ini *ini = context;
	if (ini->err->status != RECONCILE_OK || !name)
		return 1;
	if (strcmp(section, RUNNER_SECTION) == 0)
		return ini_take_runner(ini, name, value);
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
bool ini_read(struct ini *ini, bool required)
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
