#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int scripts_fail_file(struct manage *manage, const char *path)
{
	int why = errno;

	return manage_say(manage, content_status(why, RECONCILE_BAD_REGISTRY), NULL,
			  "the script '%s' cannot be read: %s", path, strerror(why));
}

/* ---- where they run -------------------------------------------------------- */

static bool has_own(const struct manage *manage, const struct script_file *file)
{
	return *file->group && reconcile_config_has_database(manage->config, file->group);
}

/* One for each folder that has its own, and the command's if anything is left for it. */
static bool find_databases(struct scripts *scripts)
{
	const struct folder *folder = &scripts->folder;
	bool usual = folder->count == 0;

	scripts->databases = calloc(folder->count + 1, sizeof(*scripts->databases));
	if (!scripts->databases)
		return false;
	for (size_t i = 0; i < folder->count; i++)
		usual = usual || !has_own(scripts->manage, &folder->files[i]);
	if (usual)
		scripts->databases[scripts->database_count++].group = "";
	for (size_t i = 0; i < folder->count; i++) {
		const struct script_file *file = &folder->files[i];
		bool first = i == 0 || strcmp(file->group, file[-1].group) != 0;

		if (first && has_own(scripts->manage, file))
			scripts->databases[scripts->database_count++].group = file->group;
	}
	return true;
}

struct reconcile_options scripts_options(const struct scripts *scripts,
					 const struct script_database *database)
{
	struct reconcile_options options = scripts->manage->options;

	if (*database->group)
		options.database = database->group;
	return options;
}

const struct script_database *scripts_database(const struct scripts *scripts, const char *name)
{
	for (size_t i = 0; i < scripts->database_count; i++) {
		const struct script_database *database = &scripts->databases[i];
		size_t length = strlen(database->group);

		if (length && strncmp(name, database->group, length) == 0 && name[length] == '/')
			return database;
	}
	return &scripts->databases[0];
}

const char *scripts_named_folder(const struct manage *manage)
{
	const char *dir = manage->arguments.dir;

	return dir ? dir : reconcile_config_get(manage->config, "scripts");
}

/* ---- opening and closing --------------------------------------------------- */

int scripts_open_folder(struct scripts *scripts, struct manage *manage)
{
	const char *path = scripts_named_folder(manage);
	char where[1024];

	if (!path)
		path = SCRIPTS_FOLDER;
	*scripts = (struct scripts){.manage = manage, .path = path};
	if (!folder_read(&scripts->folder, path, where, sizeof(where))) {
		int why = errno;

		return manage_say(manage, content_status(why, RECONCILE_BAD_REGISTRY),
				  scripts_named_folder(manage) || why != ENOENT
					  ? "name the folder with '--dir' or the key 'scripts'"
					  : "name the folder with '--dir' or the key 'scripts', or "
					    "begin one: 'manage script new NAME'",
				  "the scripts' folder '%s' cannot be read: %s", where,
				  strerror(why));
	}
	return find_databases(scripts) ? RECONCILE_OK : manage_out_of_memory(manage);
}

/* Of several databases an error has to say which one it is about. */
static int fail_to_open(struct manage *manage, const struct script_database *database)
{
	struct reconcile_error error = *reconcile_scripts_error(database->history);
	char text[1400];

	if (*database->group) {
		snprintf(text, sizeof(text), "the database of the scripts' folder '%s': %s",
			 database->group, error.message);
		error.message = text;
	}
	return manage_fail(manage, &error, NULL);
}

static int open_database(const struct scripts *scripts, struct script_database *database)
{
	struct manage *manage = scripts->manage;
	struct reconcile_options options = scripts_options(scripts, database);
	int status;

	manage_quiet_log(manage, &options,
			 manage->arguments.quiet ? RECONCILE_LOG_ERROR : RECONCILE_LOG_WARN);
	status = reconcile_scripts_open(registry_or_none(manage), &options, &database->history);
	if (!database->history)
		return manage_out_of_memory(manage);
	return status == RECONCILE_OK ? status : fail_to_open(manage, database);
}

int scripts_open_history(struct scripts *scripts)
{
	int status = RECONCILE_OK;

	for (size_t i = 0; status == RECONCILE_OK && i < scripts->database_count; i++)
		status = open_database(scripts, &scripts->databases[i]);
	return status;
}

int scripts_open_quietly(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->database_count; i++) {
		struct script_database *database = &scripts->databases[i];
		struct reconcile_options options = scripts_options(scripts, database);

		options.log_level = RECONCILE_LOG_OFF;
		reconcile_scripts_open(registry_or_none(scripts->manage), &options,
				       &database->history);
		if (!database->history)
			return manage_out_of_memory(scripts->manage);
	}
	return RECONCILE_OK;
}

void scripts_close(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->database_count; i++)
		reconcile_scripts_free(scripts->databases[i].history);
	free(scripts->databases);
	folder_free(&scripts->folder);
}

/* ---- what history knows ---------------------------------------------------- */

/* Two folders may share a database, and then its history: each state counts once. */
const struct reconcile_script_state *scripts_next(const struct scripts *scripts,
						  struct state_cursor *cursor)
{
	for (; cursor->database < scripts->database_count; cursor->database++) {
		const struct script_database *database = &scripts->databases[cursor->database];

		while (database->history &&
		       cursor->state < reconcile_scripts_count(database->history)) {
			const struct reconcile_script_state *state =
				reconcile_scripts_state(database->history, cursor->state++);

			if (scripts_database(scripts, state->name) == database)
				return state;
		}
		cursor->state = 0;
	}
	return NULL;
}

const struct reconcile_script_state *scripts_state(const struct scripts *scripts,
						   const struct script_file *file)
{
	const struct reconcile_scripts *history = scripts_database(scripts, file->name)->history;

	for (size_t i = 0; history && i < reconcile_scripts_count(history); i++) {
		const struct reconcile_script_state *state = reconcile_scripts_state(history, i);

		if (strcmp(state->name, file->name) == 0)
			return state;
	}
	return NULL;
}

enum reconcile_script_status scripts_status(const struct scripts *scripts,
					    const struct script_file *file)
{
	const struct reconcile_script_state *state = scripts_state(scripts, file);

	return state ? state->status : RECONCILE_SCRIPT_PENDING;
}

const struct script_file *scripts_file(const struct scripts *scripts, const char *name)
{
	for (size_t i = 0; i < scripts->folder.count; i++)
		if (strcmp(scripts->folder.files[i].name, name) == 0)
			return &scripts->folder.files[i];
	return NULL;
}

enum script_match scripts_match(const struct scripts *scripts, const struct script_file *file,
				struct checksum *now, const char **then)
{
	const struct reconcile_script_state *state = scripts_state(scripts, file);
	struct content content;

	if (!state || state->status != RECONCILE_SCRIPT_APPLIED || !state->checksum || !file->up)
		return SCRIPT_SAME;
	if (!content_read(&content, file->up))
		return SCRIPT_UNREADABLE;
	*now = content.checksum;
	*then = state->checksum;
	content_free(&content);
	return strcmp(now->text, *then) != 0 ? SCRIPT_EDITED : SCRIPT_SAME;
}

const struct script_file *scripts_twin(const struct folder *folder,
				       const struct script_file **first)
{
	for (size_t i = 1; i < folder->count; i++) {
		const struct script_file *one = &folder->files[i - 1], *other = &folder->files[i];

		if (strcmp(one->group, other->group) == 0 && script_compare(one, other) == 0) {
			*first = one;
			return other;
		}
	}
	return NULL;
}
