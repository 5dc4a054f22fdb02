#include "script.h"

#include "choice.h"
#include "json.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

/* How often `up` chooses anew because somebody else is at work on the same scripts. */
#define MOVES 100

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

static int run_content(struct scripts *scripts, const struct script_file *file,
		       enum reconcile_script_action action, const struct content *content,
		       bool *done)
{
	struct reconcile_scripts *history = scripts_database(scripts, file->name)->history;
	const char *path = way_of(file, action);
	struct runner_call call = {.program = scripts->manage->program, .file = path};
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
	int status;

	if (runs && strcmp(file->ending, "sql") != 0) {
		call.command = scripts_runner(scripts, file);
		script.run = runner_run;
		script.context = &call;
	}
	/* Standard output is shared with what the runner says. */
	fflush(scripts->manage->out.stream);
	status = reconcile_scripts_run(history, &script, action, done);
	if (status != RECONCILE_OK && status != RECONCILE_PENDING)
		manage_fail(scripts->manage, reconcile_scripts_error(history), NULL);
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

/* Of the first so many that were chosen. */
static void print_count(const struct scripts *scripts, const struct script_database *database,
			const struct choice *choice, size_t done)
{
	const struct manage *manage = scripts->manage;
	size_t count = 0;

	for (size_t i = 0; i < done; i++)
		count += scripts_database(scripts, choice->files[i]->name) == database;
	manage_print_place(manage, &manage->out, reconcile_scripts_database(database->history));
	if (count)
		fprintf(manage->out.stream, ": %zu script%s\n", count, plural(count));
	else
		fputs(": no script to do\n", manage->out.stream);
}

/* Runs what was chosen from that one on, and leaves in the choice what was done. PENDING: history
 * has moved on meanwhile. */
static int run_files(struct scripts *scripts, struct choice *choice, size_t from,
		     enum reconcile_script_action action)
{
	size_t count = from;
	int status = RECONCILE_OK;

	for (size_t i = from; status == RECONCILE_OK && i < choice->count; i++) {
		bool done = false;

		status = run_one(scripts, choice->files[i], action, &done);
		if (!done)
			continue;
		print_done(scripts->manage, choice->files[i], action);
		choice->files[count++] = choice->files[i];
	}
	choice->count = count;
	return status;
}

/* What was done and that somebody else has taken back since is to be chosen again. */
static void forget_undone(const struct scripts *scripts, struct choice *choice)
{
	size_t count = 0;

	for (size_t i = 0; i < choice->count; i++)
		if (scripts_status(scripts, choice->files[i]) == RECONCILE_SCRIPT_APPLIED)
			choice->files[count++] = choice->files[i];
	choice->count = count;
}

/* Somebody else runs scripts of this history, again and again. */
static int fail_moved(struct scripts *scripts)
{
	return manage_say(scripts->manage, RECONCILE_BUSY,
			  "look with 'manage script status', then run it again",
			  "somebody else has run or taken back scripts since history was looked "
			  "at: nothing more was done");
}

static int run_choice(struct scripts *scripts, struct choice *choice,
		      enum reconcile_script_action action)
{
	struct manage *manage = scripts->manage;
	int status = run_files(scripts, choice, 0, action);

	/* What goes up is what is pending by then. What is taken back was chosen by a person, who
	 * has to look again. */
	for (int i = 0; status == RECONCILE_PENDING && action == RECONCILE_SCRIPT_UP && i < MOVES;
	     i++) {
		forget_undone(scripts, choice);
		size_t from = choice->count;

		status = choose_up(scripts, choice);
		if (status == RECONCILE_OK)
			status = scripts_check_up(scripts, choice->files + from,
						  choice->count - from);
		if (status == RECONCILE_OK)
			status = run_files(scripts, choice, from, action);
	}
	if (status == RECONCILE_PENDING)
		return fail_moved(scripts);
	if (status != RECONCILE_OK)
		return status;
	if (manage->arguments.format == FORMAT_JSON)
		return json_scripts(manage, scripts, choice->files, choice->count)
			       ? status
			       : manage_out_of_memory(manage);
	for (size_t i = 0; i < scripts->database_count; i++)
		print_count(scripts, &scripts->databases[i], choice, choice->count);
	return status;
}

/* Chooses and runs, or shows. */
static int do_scripts(struct scripts *scripts, enum reconcile_script_action action,
		      int (*choose)(struct scripts *, struct choice *))
{
	bool runs = action == RECONCILE_SCRIPT_UP || action == RECONCILE_SCRIPT_DOWN;
	struct choice choice;
	int status = scripts_open_history(scripts);

	if (status != RECONCILE_OK)
		return status;
	if (!choice_init(&choice, scripts))
		return manage_out_of_memory(scripts->manage);
	if (runs)
		status = scripts_check_names(scripts, action);
	if (status == RECONCILE_OK && action == RECONCILE_SCRIPT_UP)
		status = scripts_check_edited(scripts);
	if (status == RECONCILE_OK)
		status = choose(scripts, &choice);
	if (status == RECONCILE_OK && action == RECONCILE_SCRIPT_UP)
		status = scripts_check_up(scripts, choice.files, choice.count);
	if (status == RECONCILE_OK && action == RECONCILE_SCRIPT_DOWN)
		status = scripts_check_down(scripts, choice.files, choice.count);
	/* Files that are passed over when scripts are recorded are as easily missed. */
	if (status == RECONCILE_OK &&
	    (action == RECONCILE_SCRIPT_UP || action == RECONCILE_SCRIPT_STAMP))
		scripts_warn(scripts);
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
		{"new", script_new},   {"status", script_status},     {"up", script_up},
		{"down", script_down}, {"validate", script_validate}, {"stamp", script_stamp},
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
