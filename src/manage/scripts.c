#include "script.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_FOLDER "scripts/migrations"

int scripts_fail_file(struct manage *manage, const char *path)
{
	return manage_say(manage, RECONCILE_BAD_REGISTRY, NULL,
			  "the script '%s' cannot be read: %s", path, strerror(errno));
}

int scripts_open_folder(struct scripts *scripts, struct manage *manage)
{
	const char *path = manage->arguments.dir;
	char where[1024];

	if (!path)
		path = reconcile_config_get(manage->config, "scripts");
	if (!path)
		path = DEFAULT_FOLDER;
	*scripts = (struct scripts){.manage = manage, .path = path};
	if (folder_read(&scripts->folder, path, where, sizeof(where)))
		return RECONCILE_OK;
	return manage_say(manage, RECONCILE_BAD_REGISTRY,
			  "name the folder with '--dir' or the key 'scripts'",
			  "the scripts' folder '%s' cannot be read: %s", where, strerror(errno));
}

int scripts_open_history(struct scripts *scripts)
{
	struct manage *manage = scripts->manage;
	struct reconcile_options options = manage->options;
	int status;

	manage_quiet_log(manage, &options,
			 manage->arguments.quiet ? RECONCILE_LOG_ERROR : RECONCILE_LOG_WARN);
	status = reconcile_scripts_open(manage->registry, &options, &scripts->history);
	if (!scripts->history)
		return manage_out_of_memory(manage);
	if (status != RECONCILE_OK)
		manage_fail(manage, reconcile_scripts_error(scripts->history), NULL);
	return status;
}

void scripts_close(struct scripts *scripts)
{
	reconcile_scripts_free(scripts->history);
	folder_free(&scripts->folder);
}

const struct reconcile_script_state *scripts_state(const struct scripts *scripts,
						   const struct script_file *file)
{
	for (size_t i = 0; i < reconcile_scripts_count(scripts->history); i++) {
		const struct reconcile_script_state *state =
			reconcile_scripts_state(scripts->history, i);

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

bool scripts_is_edited(const struct scripts *scripts, const struct script_file *file,
		       struct checksum *now, const char **then)
{
	const struct reconcile_script_state *state = scripts_state(scripts, file);
	struct content content;

	if (!state || state->status != RECONCILE_SCRIPT_APPLIED || !state->checksum || !file->up ||
	    !content_read(&content, file->up))
		return false;
	*now = content.checksum;
	*then = state->checksum;
	content_free(&content);
	return strcmp(now->text, *then) != 0;
}

const struct script_file *scripts_twin(const struct folder *folder,
				       const struct script_file **first)
{
	for (size_t i = 1; i < folder->count; i++) {
		const struct script_file *one = &folder->files[i - 1], *other = &folder->files[i];

		if (strcmp(one->group, other->group) == 0 &&
		    number_compare(one->number, other->number) == 0) {
			*first = one;
			return other;
		}
	}
	return NULL;
}
