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

/* The number behind that one, as far as numbers go one by one. */
static bool follows(const struct script_file *before, const struct script_file *file)
{
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

static void check_number(const struct scripts *scripts, size_t index, size_t *findings)
{
	const struct script_file *file = &scripts->folder.files[index];
	const struct script_file *before = index ? file - 1 : NULL;
	const char *path = file->up ? file->up : file->down;

	if (before && strcmp(before->group, file->group) != 0)
		before = NULL;
	if (before && number_compare(before->number, file->number) == 0)
		complain(scripts, findings, "%s: the number of '%s' too: which comes first?", path,
			 before->name);
	else if (before && !file->dated && !before->dated && !follows(before, file))
		complain(scripts, findings, "%s: there is a gap behind '%s'", path, before->name);
	else if (!before && !file->dated && strtoull(file->number, NULL, 10) > 1)
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

/* The files can be looked at without a database. */
static int open_quietly(const struct scripts *scripts, struct script_database *database)
{
	struct reconcile_options options = scripts_options(scripts, database);

	options.log_level = RECONCILE_LOG_OFF;
	reconcile_scripts_open(scripts->manage->registry, &options, &database->history);
	return database->history ? RECONCILE_OK : manage_out_of_memory(scripts->manage);
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
	size_t findings = 0;
	int status = RECONCILE_OK;

	for (size_t i = 0; i < scripts->folder.count; i++) {
		check_pair(scripts, &scripts->folder.files[i], &findings);
		check_number(scripts, i, &findings);
	}
	for (size_t i = 0; status == RECONCILE_OK && i < scripts->database_count; i++)
		status = open_quietly(scripts, &scripts->databases[i]);
	if (status != RECONCILE_OK)
		return status;
	check_history(scripts, &findings);
	fprintf(manage->out.stream, "%zu script%s, %zu finding%s\n", scripts->folder.count,
		plural(scripts->folder.count), findings, plural(findings));
	for (size_t i = 0; i < scripts->database_count; i++)
		print_not_compared(manage, &scripts->databases[i]);
	return findings ? RECONCILE_BAD_REGISTRY : RECONCILE_OK;
}
