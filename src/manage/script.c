#include "script.h"

#include "json.h"
#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Before the first script. */
#define BASE "base"

/* ---- which ---------------------------------------------------------------- */

/* The scripts of a command, in the order in which it takes them. */
struct choice {
	const struct script_file **files;
	size_t count;
};

static bool choice_init(struct choice *choice, const struct scripts *scripts)
{
	*choice = (struct choice){0};
	choice->files = calloc(scripts->folder.count + 1, sizeof(*choice->files));
	return choice->files != NULL;
}

/* A script by what somebody calls it. */
static int find(struct scripts *scripts, const char *what, const struct script_file **file)
{
	*file = folder_find(&scripts->folder, what);
	if (*file)
		return RECONCILE_OK;
	return scripts_fail(scripts->manage, RECONCILE_USAGE,
			    "'manage script status' lists the scripts",
			    "there is no script '%.200s' in '%s'", what, scripts->path);
}

/* The number of scripts that was asked for; all for NULL. */
static int take_limit(struct scripts *scripts, size_t *limit, size_t otherwise)
{
	const char *word = scripts->manage->arguments.subject;
	char *end;
	unsigned long number;

	*limit = otherwise;
	if (!word)
		return RECONCILE_OK;
	errno = 0;
	number = strtoul(word, &end, 10);
	if (errno || *end || *word < '0' || *word > '9' || number == 0)
		return scripts_fail(scripts->manage, RECONCILE_USAGE, "name one script with '--to'",
				    "'%.60s' is no number of scripts", word);
	if (scripts->manage->arguments.target)
		return scripts_fail(scripts->manage, RECONCILE_USAGE, NULL,
				    "a number of scripts and '--to' exclude each other");
	*limit = number;
	return RECONCILE_OK;
}

/* Nothing runs while one that has run is not what it was. */
static int check_edited(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];
		struct checksum now;
		const char *then;

		if (scripts_is_edited(scripts, file, &now, &then))
			return scripts_fail(
				scripts->manage, RECONCILE_BAD_REGISTRY,
				"nothing was run; put the file back as it was, and write a new "
				"script for the difference",
				"%s: it was changed after it was applied: its sha256 is %s, and it "
				"was %s",
				file->up, now.text, then);
	}
	return RECONCILE_OK;
}

static int check_twins(struct scripts *scripts)
{
	const struct script_file *first, *second = scripts_twin(&scripts->folder, &first);

	if (!second)
		return RECONCILE_OK;
	return scripts_fail(scripts->manage, RECONCILE_BAD_REGISTRY,
			    "nothing was run; give one of them another number",
			    "'%s' and '%s' have the same number: nobody can tell which comes first",
			    first->name, second->name);
}

/* Everything that is not applied, up to the limit or the target. */
static int choose_up(struct scripts *scripts, struct choice *choice)
{
	const char *target = scripts->manage->arguments.target;
	const struct script_file *last = NULL;
	size_t limit;
	int status = take_limit(scripts, &limit, (size_t)-1);

	if (status == RECONCILE_OK && target)
		status = find(scripts, target, &last);
	for (size_t i = 0; status == RECONCILE_OK && i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];

		/* Each folder has its own order: one's target is not the other's. */
		if (last && strcmp(file->group, last->group) != 0)
			continue;
		if (choice->count < limit &&
		    scripts_status(scripts, file) != RECONCILE_SCRIPT_APPLIED)
			choice->files[choice->count++] = file;
		if (file == last)
			break;
	}
	return status;
}

/* The one that was applied last, or that somebody has to look at; NULL: none but those before. */
static const struct reconcile_script_state *newest_below(const struct scripts *scripts,
							 long long below)
{
	const struct reconcile_script_state *best = NULL;

	for (size_t i = 0; i < reconcile_scripts_count(scripts->history); i++) {
		const struct reconcile_script_state *state =
			reconcile_scripts_state(scripts->history, i);

		if (state->status != RECONCILE_SCRIPT_PENDING && state->id < below &&
		    (!best || state->id > best->id))
			best = state;
	}
	return best;
}

static int choose_down(struct scripts *scripts, struct choice *choice)
{
	const char *target = scripts->manage->arguments.target;
	const struct script_file *first = NULL;
	long long below = (long long)(~0ULL >> 1);
	const struct reconcile_script_state *state;
	size_t limit;
	bool all = target && (strcmp(target, BASE) == 0 || strspn(target, "0") == strlen(target));
	int status = take_limit(scripts, &limit, target ? (size_t)-1 : 1);

	if (status == RECONCILE_OK && target && !all)
		status = find(scripts, target, &first);
	while (status == RECONCILE_OK && choice->count < limit &&
	       (state = newest_below(scripts, below))) {
		const struct script_file *file = scripts_file(scripts, state->name);

		below = state->id;
		if (first && file &&
		    (strcmp(file->group, first->group) != 0 ||
		     number_compare(file->number, first->number) <= 0))
			continue;
		if (!file || !file->down)
			return scripts_fail(scripts->manage, RECONCILE_BAD_REGISTRY,
					    "nothing was run; write the script that takes it back",
					    "script '%s' has no way back: there is no file "
					    "'%s.down.%s' in '%s'",
					    state->name, state->name, file ? file->ending : "sql",
					    scripts->path);
		choice->files[choice->count++] = file;
	}
	return status;
}

/* ---- running -------------------------------------------------------------- */

static const char *way_of(const struct script_file *file, enum reconcile_script_action action)
{
	return action == RECONCILE_SCRIPT_DOWN ? file->down : file->up;
}

static void print_name(const struct terminal *terminal, const char *before,
		       const struct script_file *file)
{
	fputs(before, terminal->stream);
	terminal_styled(terminal, STYLE_BOLD, file->name);
	fputc('\n', terminal->stream);
}

static void print_done(const struct manage *manage, const struct script_file *file,
		       enum reconcile_script_action action)
{
	static const char *const words[] = {
		[RECONCILE_SCRIPT_UP] = " applied ",
		[RECONCILE_SCRIPT_DOWN] = " took back ",
		[RECONCILE_SCRIPT_STAMP] = " recorded as applied ",
		[RECONCILE_SCRIPT_UNSTAMP] = " recorded as pending ",
	};

	if (manage->arguments.format == FORMAT_JSON)
		return;
	terminal_mark(&manage->out, STYLE_GREEN, MARK_TICK);
	print_name(&manage->out, words[action], file);
	fflush(manage->out.stream);
}

/* The program for a script that is no SQL. */
static int find_runner(struct manage *manage, const struct script_file *file, const char **command)
{
	char key[64];

	snprintf(key, sizeof(key), "runner.%s", file->ending);
	*command = reconcile_config_get(manage->config, key);
	if (*command)
		return RECONCILE_OK;
	return scripts_fail(manage, RECONCILE_BAD_CONFIG,
			    "name it in the configuration's section [runner], as in 'py = python3 "
			    "{file}'",
			    "%s: there is no runner for '.%s'", file->up ? file->up : file->down,
			    file->ending);
}

static int run_content(struct scripts *scripts, const struct script_file *file,
		       enum reconcile_script_action action, const struct content *content,
		       bool *done)
{
	const char *path = way_of(file, action);
	struct runner_call call = {.file = path};
	struct reconcile_script script = {
		.size = sizeof(script),
		.name = file->name,
		.file = path ? path : file->name,
		.checksum = content->checksum.text,
		.text = content->text,
		.length = content->length,
		.outside = content->outside,
	};
	bool runs = action == RECONCILE_SCRIPT_UP || action == RECONCILE_SCRIPT_DOWN;
	int status = RECONCILE_OK;

	if (runs && strcmp(file->ending, "sql") != 0) {
		status = find_runner(scripts->manage, file, &call.command);
		script.run = runner_run;
		script.context = &call;
	}
	if (status != RECONCILE_OK)
		return status;
	/* Standard output is shared with what the runner says. */
	fflush(scripts->manage->out.stream);
	status = reconcile_scripts_run(scripts->history, &script, action, done);
	if (status != RECONCILE_OK)
		manage_fail(scripts->manage, reconcile_scripts_error(scripts->history), NULL);
	return status;
}

static int run_one(struct scripts *scripts, const struct script_file *file,
		   enum reconcile_script_action action, bool *done)
{
	const char *path = way_of(file, action);
	struct content content = {0};
	int status;

	if (path && !content_read(&content, path))
		return scripts_fail_file(scripts->manage, path);
	if (!path && action == RECONCILE_SCRIPT_UP)
		return scripts_fail(scripts->manage, RECONCILE_BAD_REGISTRY, NULL,
				    "script '%s' has only a way back: '%s'", file->name,
				    file->down);
	status = run_content(scripts, file, action, &content, done);
	content_free(&content);
	return status;
}

/* A line a script; with -v what is in it. */
static int show_choice(struct scripts *scripts, const struct choice *choice,
		       enum reconcile_script_action action)
{
	const struct manage *manage = scripts->manage;
	const struct terminal *out = &manage->out;

	if (manage->arguments.format == FORMAT_JSON)
		return json_scripts(manage, scripts, choice->files, choice->count)
			       ? RECONCILE_OK
			       : manage_out_of_memory(scripts->manage);
	for (size_t i = 0; i < choice->count; i++) {
		const char *path = way_of(choice->files[i], action);
		struct content content;

		print_name(out, action == RECONCILE_SCRIPT_DOWN ? "would take back " : "would run ",
			   choice->files[i]);
		if (!manage->arguments.verbose || !path)
			continue;
		if (!content_read(&content, path))
			return scripts_fail_file(scripts->manage, path);
		terminal_lines(out, STYLE_CYAN, 5, content.text);
		content_free(&content);
	}
	if (choice->count == 0)
		fputs("Nothing to do.\n", out->stream);
	return RECONCILE_OK;
}

static int run_choice(struct scripts *scripts, struct choice *choice,
		      enum reconcile_script_action action)
{
	struct manage *manage = scripts->manage;
	size_t count = 0;
	int status = RECONCILE_OK;

	for (size_t i = 0; status == RECONCILE_OK && i < choice->count; i++) {
		bool done = false;

		status = run_one(scripts, choice->files[i], action, &done);
		if (!done)
			continue;
		print_done(manage, choice->files[i], action);
		choice->files[count++] = choice->files[i];
	}
	if (status != RECONCILE_OK)
		return status;
	if (manage->arguments.format == FORMAT_JSON)
		return json_scripts(manage, scripts, choice->files, count)
			       ? status
			       : manage_out_of_memory(manage);
	manage_print_place(manage, &manage->out, reconcile_scripts_database(scripts->history));
	if (count)
		fprintf(manage->out.stream, ": %zu script%s\n", count, plural(count));
	else
		fputs(": no script to do\n", manage->out.stream);
	return status;
}

/* Chooses and runs, or shows. */
static int do_scripts(struct scripts *scripts, enum reconcile_script_action action,
		      int (*choose)(struct scripts *, struct choice *))
{
	struct choice choice;
	int status = scripts_open_history(scripts);

	if (status != RECONCILE_OK)
		return status;
	if (!choice_init(&choice, scripts))
		return manage_out_of_memory(scripts->manage);
	if (action == RECONCILE_SCRIPT_UP || action == RECONCILE_SCRIPT_DOWN)
		status = check_twins(scripts);
	if (status == RECONCILE_OK && action == RECONCILE_SCRIPT_UP)
		status = check_edited(scripts);
	if (status == RECONCILE_OK)
		status = choose(scripts, &choice);
	if (status == RECONCILE_OK)
		status = scripts->manage->arguments.dry_run ? show_choice(scripts, &choice, action)
							    : run_choice(scripts, &choice, action);
	free(choice.files);
	return status;
}

static int script_up(struct scripts *scripts)
{
	return do_scripts(scripts, RECONCILE_SCRIPT_UP, choose_up);
}

static int script_down(struct scripts *scripts)
{
	return do_scripts(scripts, RECONCILE_SCRIPT_DOWN, choose_down);
}

int scripts_up(struct manage *manage)
{
	struct scripts scripts;
	int status = scripts_open_folder(&scripts, manage);

	if (status == RECONCILE_OK)
		status = script_up(&scripts);
	scripts_close(&scripts);
	return status;
}

int scripts_down_all(struct manage *manage)
{
	struct scripts scripts;
	int status = scripts_open_folder(&scripts, manage);

	manage->arguments.target = BASE;
	if (status == RECONCILE_OK)
		status = script_down(&scripts);
	manage->arguments.target = NULL;
	scripts_close(&scripts);
	return status;
}

/* ---- stamp ---------------------------------------------------------------- */

/* The one that is named, or all up to a target. */
static int choose_stamp(struct scripts *scripts, struct choice *choice)
{
	const struct arguments *arguments = &scripts->manage->arguments;

	if (arguments->subject) {
		int status = find(scripts, arguments->subject, &choice->files[0]);

		choice->count = status == RECONCILE_OK;
		return status;
	}
	if (arguments->pending)
		return scripts_fail(scripts->manage, RECONCILE_USAGE, NULL,
				    "'script stamp --pending' needs the name of a script");
	return choose_up(scripts, choice);
}

static int script_stamp(struct scripts *scripts)
{
	return do_scripts(scripts,
			  scripts->manage->arguments.pending ? RECONCILE_SCRIPT_UNSTAMP
							     : RECONCILE_SCRIPT_STAMP,
			  choose_stamp);
}

/* ---- the command ---------------------------------------------------------- */

int script_command(struct manage *manage)
{
	static const struct {
		const char *name;
		int (*run)(struct scripts *);
	} verbs[] = {
		{"new",      script_new     },
                {"status",   script_status  },
                {"up",       script_up      },
		{"down",     script_down    },
                {"validate", script_validate},
                {"stamp",    script_stamp   },
	};
	const char *verb = manage->arguments.verb;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct scripts scripts;
		int status;

		if (strcmp(verbs[i].name, verb) != 0)
			continue;
		status = verbs[i].run == script_new ? script_open_new(&scripts, manage)
						    : scripts_open_folder(&scripts, manage);
		if (status == RECONCILE_OK)
			status = verbs[i].run(&scripts);
		scripts_close(&scripts);
		return status;
	}
	arguments_complain(&manage->arguments, "'script' cannot '%.60s'", verb);
	return manage_fail(manage, &manage->arguments.error, NULL);
}
