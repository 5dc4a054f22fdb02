#include "script.h"

#include "json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One line a finding. */
__attribute__((format(printf, 3, 4))) static void
complain(const struct scripts *scripts, size_t *findings, const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	terminal_text(&scripts->manage->out, text);
	fputc('\n', scripts->manage->out.stream);
	++*findings;
}

/* What might run, and would not do what is meant: files of other tools. */
static void check_foreign(const struct scripts *scripts, size_t *findings)
{
	struct foreign_cursor cursor = {.back = true};
	struct foreign foreign;
	enum foreign_answer answer;
	const char *path;
	char text[400];

	while ((answer = scripts_next_foreign(scripts, &cursor, &foreign, &path)) != FOREIGN_NOT) {
		if (answer == FOREIGN_UNREADABLE) {
			complain(scripts, findings, "%s: cannot be read: %s", path,
				 strerror(errno));
			continue;
		}
		scripts_describe_foreign(&foreign, path, text, sizeof(text));
		complain(scripts, findings, "%s: %s", text, foreign.advice);
	}
}

/* What looks like a script and never runs: a finding for who asks for it. */
static size_t check_ignored(const struct scripts *scripts, size_t *findings)
{
	const struct manage *manage = scripts->manage;
	size_t warnings = 0, *count = manage->arguments.strict ? findings : &warnings;

	for (size_t i = 0; i < scripts->folder.stray_count; i++) {
		const struct stray_file *stray = &scripts->folder.strays[i];

		if (stray->why)
			complain(scripts, count, "%s%s: is ignored, it never runs: %s",
				 manage->arguments.strict ? "" : "warning: ", stray->path,
				 stray->why);
	}
	return warnings;
}

static void check_runner(const struct scripts *scripts, const struct script_file *file,
			 size_t *findings)
{
	if (strcmp(file->ending, "sql") != 0 && !scripts_runner(scripts, file))
		complain(scripts, findings, "%s: there is no runner for '.%s'",
			 file->up ? file->up : file->down, file->ending);
}

/* Numbers that are moments, 20240101120000, do not go one by one. */
static bool is_counted(const struct script_file *file)
{
	return !file->dated && strlen(file->number) < 8;
}

/* The number behind that one, as far as numbers go one by one. */
static bool follows(const struct script_file *before, const struct script_file *file)
{
	if (!is_counted(before) || !is_counted(file))
		return true;
	return strtoull(file->number, NULL, 10) <= strtoull(before->number, NULL, 10) + 1;
}

static void check_pair(const struct scripts *scripts, const struct script_file *file,
		       size_t *findings)
{
	if (!file->up)
		complain(scripts, findings, "%s: there is no '%s.up.%s': what does it take back?",
			 file->down, file->name, file->ending);
	else if (file->paired && !file->down)
		complain(scripts, findings, "%s: there is no '%s.down.%s': no way back", file->up,
			 file->name, file->ending);
}

/* The script before it that has its revision. A date makes two of them two numbers, but what `--to`
 * means is not known any more. */
static const struct script_file *same_revision(const struct scripts *scripts, size_t index)
{
	const struct script_file *files = scripts->folder.files, *file = &files[index];

	for (size_t i = 0; file->revision && i < index; i++)
		if (files[i].revision && strcmp(files[i].group, file->group) == 0 &&
		    strcmp(files[i].revision, file->revision) == 0)
			return &files[i];
	return NULL;
}

static void check_number(const struct scripts *scripts, size_t index, size_t *findings)
{
	const struct script_file *file = &scripts->folder.files[index];
	const struct script_file *before = index ? file - 1 : NULL, *other;
	const char *path = file->up ? file->up : file->down;

	if (before && strcmp(before->group, file->group) != 0)
		before = NULL;
	if (before && script_compare(before, file) == 0)
		complain(scripts, findings, "%s: the number of '%s' too: which comes first?", path,
			 before->name);
	else if ((other = same_revision(scripts, index)))
		complain(scripts, findings, "%s: the revision of '%s' too: which comes first?",
			 path, other->name);
	else if (before && !follows(before, file))
		complain(scripts, findings, "%s: there is a gap behind '%s'", path, before->name);
	else if (!before && is_counted(file) && strtoull(file->number, NULL, 10) > 1)
		complain(scripts, findings, "%s: nothing stands before it", path);
}

static void check_history(const struct scripts *scripts, size_t *findings)
{
	const struct reconcile_script_state *state;
	struct state_cursor cursor = {0};

	for (size_t i = 0; i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];
		struct checksum now;
		const char *then;

		enum script_match match = scripts_match(scripts, file, &now, &then);

		if (match == SCRIPT_UNREADABLE)
			complain(scripts, findings, "%s: cannot be read: %s", file->up,
				 strerror(errno));
		if (match == SCRIPT_EDITED)
			complain(
				scripts, findings,
				"%s: changed after it was applied: its sha256 is %s, and it was %s",
				file->up, now.text, then);
	}
	while ((state = scripts_next(scripts, &cursor)))
		if (state->status != RECONCILE_SCRIPT_PENDING &&
		    !scripts_file(scripts, state->name))
			complain(scripts, findings, "%s: applied, and its file is gone",
				 state->name);
}

static void print_not_compared(const struct manage *manage, const struct script_database *database)
{
	const struct reconcile_error *error = reconcile_scripts_error(database->history);

	if (error->status == RECONCILE_OK)
		return;
	fputs("Not compared with history", manage->err.stream);
	if (*database->group) {
		fputs(", folder ", manage->err.stream);
		terminal_text(&manage->err, database->group);
	}
	fputs(": ", manage->err.stream);
	terminal_text(&manage->err, error->message);
	fputc('\n', manage->err.stream);
}

int script_validate(struct scripts *scripts)
{
	struct manage *manage = scripts->manage;
	size_t findings = 0, warnings;
	int status = scripts_open_quietly(scripts);

	if (status != RECONCILE_OK)
		return status;

	for (size_t i = 0; i < scripts->folder.count; i++) {
		check_pair(scripts, &scripts->folder.files[i], &findings);
		check_number(scripts, i, &findings);
		check_runner(scripts, &scripts->folder.files[i], &findings);
	}
	check_foreign(scripts, &findings);
	check_history(scripts, &findings);
	warnings = check_ignored(scripts, &findings);
	fprintf(manage->out.stream, "%zu script%s, %zu finding%s", scripts->folder.count,
		plural(scripts->folder.count), findings, plural(findings));
	if (warnings)
		fprintf(manage->out.stream, ", %zu warning%s", warnings, plural(warnings));
	fputc('\n', manage->out.stream);
	for (size_t i = 0; i < scripts->database_count; i++)
		print_not_compared(manage, &scripts->databases[i]);
	return findings ? RECONCILE_BAD_REGISTRY : RECONCILE_OK;
}
