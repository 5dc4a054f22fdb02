/* What is looked at before the first script runs: then nothing stops in the middle that could have
 * been known. */
#include "script.h"

#include "file_name.h"
#include "runner.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* ---- files of other tools -------------------------------------------------- */

/* The next file that might run, with the cursor behind it. NULL: there is none. */
static const char *next_path(const struct scripts *scripts, struct foreign_cursor *cursor)
{
	while (cursor->script < scripts->folder.count) {
		const struct script_file *file = &scripts->folder.files[cursor->script];
		bool applied = scripts_status(scripts, file) == RECONCILE_SCRIPT_APPLIED;
		bool behind = cursor->behind;

		cursor->behind = !behind;
		cursor->script += behind;
		if (!behind && !applied && file->up)
			return file->up;
		if (behind && (!applied || cursor->back) && file->down)
			return file->down;
	}
	return NULL;
}

enum foreign_answer scripts_next_foreign(const struct scripts *scripts,
					 struct foreign_cursor *cursor, struct foreign *foreign,
					 const char **path)
{
	while ((*path = next_path(scripts, cursor))) {
		enum foreign_answer answer = foreign_look(foreign, *path, true);

		if (answer != FOREIGN_NOT)
			return answer;
	}
	while (cursor->stray < scripts->folder.stray_count) {
		const struct stray_file *stray = &scripts->folder.strays[cursor->stray++];
		enum foreign_answer answer = foreign_look(foreign, stray->path, stray->regular);

		*path = stray->path;
		/* What nobody takes for a script may be as unreadable as it likes. */
		if (answer == FOREIGN_YES || (answer == FOREIGN_UNREADABLE && stray->why))
			return answer;
	}
	return FOREIGN_NOT;
}

void scripts_describe_foreign(const struct foreign *foreign, const char *path, char *text,
			      size_t size)
{
	if (foreign->line)
		snprintf(text, size, "%s:%zu: '%s': this is a migration of %s, not a script", path,
			 foreign->line, foreign->mark, foreign->format);
	else
		snprintf(text, size, "%s: by its name this is a migration of %s, not a script",
			 path, foreign->format);
}

static int check_foreign(struct scripts *scripts, enum reconcile_script_action action)
{
	struct foreign_cursor cursor = {.back = action == RECONCILE_SCRIPT_DOWN};
	struct foreign foreign;
	const char *path;
	char text[1400], hint[600];
	enum foreign_answer answer = scripts_next_foreign(scripts, &cursor, &foreign, &path);

	if (answer == FOREIGN_NOT)
		return RECONCILE_OK;
	if (answer == FOREIGN_UNREADABLE)
		return scripts_fail_file(scripts->manage, path);
	scripts_describe_foreign(&foreign, path, text, sizeof(text));
	snprintf(hint, sizeof(hint), "nothing was run; %s", foreign.advice);
	return manage_say(scripts->manage, RECONCILE_BAD_REGISTRY, hint, "%s", text);
}

/* ---- names ------------------------------------------------------------------ */

static int check_twins(struct scripts *scripts)
{
	const struct script_file *first, *second = scripts_twin(&scripts->folder, &first);

	if (!second)
		return RECONCILE_OK;
	return manage_say(scripts->manage, RECONCILE_BAD_REGISTRY,
			  "nothing was run; give one of them another number",
			  "'%s' and '%s' have the same number: nobody can tell which comes first",
			  first->name, second->name);
}

int scripts_check_edited(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];
		struct checksum now;
		const char *then;

		enum script_match match = scripts_match(scripts, file, &now, &then);

		if (match == SCRIPT_UNREADABLE)
			return scripts_fail_file(scripts->manage, file->up);
		if (match == SCRIPT_EDITED)
			return manage_say(
				scripts->manage, RECONCILE_BAD_REGISTRY,
				"nothing was run; put the file back as it was, and write a new "
				"script for the difference",
				"%s: it was changed after it was applied: its sha256 is %s, and it "
				"was %s",
				file->up, now.text, then);
	}
	return RECONCILE_OK;
}

void scripts_warn(const struct scripts *scripts)
{
	const struct terminal *err = &scripts->manage->err;

	if (scripts->manage->arguments.quiet)
		return;
	for (size_t i = 0; i < scripts->folder.stray_count; i++) {
		const struct stray_file *stray = &scripts->folder.strays[i];

		if (!stray->why)
			continue;
		fflush(scripts->manage->out.stream);
		terminal_styled(err, STYLE_YELLOW, scripts->manage->program);
		terminal_styled(err, STYLE_YELLOW, ": ");
		terminal_text(err, stray->path);
		fputs(" is ignored, it never runs: ", err->stream);
		terminal_text(err, stray->why);
		fputc('\n', err->stream);
	}
}

/* ---- runners ---------------------------------------------------------------- */

static bool is_sql(const struct script_file *file)
{
	return strcmp(file->ending, "sql") == 0;
}

const char *scripts_runner(const struct scripts *scripts, const struct script_file *file)
{
	char key[NAME_ROOM + sizeof("runner.")];

	snprintf(key, sizeof(key), "runner.%s", file->ending);
	return reconcile_config_get(scripts->manage->config, key);
}

/* A name that is nearly an SQL file's was meant to be one, or is a copy of one. */
static const char *hint_at_ending(const char *ending)
{
	if (strcasecmp(ending, "sql") == 0)
		return "nothing was run; call it '.sql', in small letters";
	if (strncasecmp(ending, "sq", 2) == 0 || strcmp(ending, "bak") == 0 ||
	    strcmp(ending, "orig") == 0)
		return "nothing was run; call it '.sql', or move it away when it is no script";
	return "nothing was run; name it in the configuration's section [runner], as in 'py = "
	       "python3 {file}', or move the file away when it is no script";
}

static int check_runner(struct scripts *scripts, const struct script_file *file, const char *path)
{
	const char *command = is_sql(file) ? NULL : scripts_runner(scripts, file);

	if (is_sql(file) || (command && runner_exists(command)))
		return RECONCILE_OK;
	if (!command)
		return manage_say(scripts->manage, RECONCILE_BAD_CONFIG,
				  hint_at_ending(file->ending), "%s: there is no runner for '.%s'",
				  path, file->ending);
	return manage_say(scripts->manage, RECONCILE_BAD_CONFIG,
			  "nothing was run; install it, or say in the configuration's section "
			  "[runner] where it is",
			  "%s: the program '%.*s' of the runner for '.%s' cannot be found", path,
			  (int)strcspn(command, " \t"), command, file->ending);
}

static int check_file(struct scripts *scripts, const struct script_file *file,
		      enum reconcile_script_action action)
{
	if (action == RECONCILE_SCRIPT_DOWN)
		return check_runner(scripts, file, file->down);
	if (file->up)
		return check_runner(scripts, file, file->up);
	return manage_say(scripts->manage, RECONCILE_BAD_REGISTRY,
			  "nothing was run; write the script that it takes back",
			  "script '%s' has only a way back: '%s'", file->name, file->down);
}

/* ---- all of it -------------------------------------------------------------- */

int scripts_check_names(struct scripts *scripts, enum reconcile_script_action action)
{
	int status = check_foreign(scripts, action);

	return status == RECONCILE_OK ? check_twins(scripts) : status;
}

static bool is_of_folder(const struct script_file *file, const struct script_file *const *chosen,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(file->group, chosen[i]->group) == 0)
			return true;
	return !chosen;
}

int scripts_check_up(struct scripts *scripts, const struct script_file *const *chosen, size_t count)
{
	int status = RECONCILE_OK;

	for (size_t i = 0; status == RECONCILE_OK && i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];

		if (scripts_status(scripts, file) != RECONCILE_SCRIPT_APPLIED &&
		    is_of_folder(file, chosen, count))
			status = check_file(scripts, file, RECONCILE_SCRIPT_UP);
	}
	return status;
}

int scripts_check_down(struct scripts *scripts, const struct script_file *const *chosen,
		       size_t count)
{
	int status = RECONCILE_OK;

	for (size_t i = 0; status == RECONCILE_OK && i < count; i++)
		status = check_file(scripts, chosen[i], RECONCILE_SCRIPT_DOWN);
	return status;
}

int scripts_check_all(struct scripts *scripts)
{
	int status = scripts_check_names(scripts, RECONCILE_SCRIPT_UP);

	return status == RECONCILE_OK ? scripts_check_up(scripts, NULL, 0) : status;
}

/* Is there something that may be wrong, depending on what history says? */
static bool is_doubtful(const struct scripts *scripts)
{
	struct foreign_cursor cursor = {0};
	struct foreign foreign;
	const char *path;

	if (scripts_next_foreign(scripts, &cursor, &foreign, &path) != FOREIGN_NOT)
		return true;
	for (size_t i = 0; i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];
		const char *command = is_sql(file) ? NULL : scripts_runner(scripts, file);

		if (!file->up || (!is_sql(file) && (!command || !runner_exists(command))))
			return true;
	}
	return false;
}

int scripts_check_folder(struct manage *manage)
{
	struct scripts scripts;
	int status = scripts_open_folder(&scripts, manage);

	/* What is applied already may be what it likes; one question less when all is well. */
	if (status == RECONCILE_OK && is_doubtful(&scripts))
		status = scripts_open_quietly(&scripts);
	if (status == RECONCILE_OK)
		status = scripts_check_all(&scripts);
	scripts_close(&scripts);
	return status;
}
