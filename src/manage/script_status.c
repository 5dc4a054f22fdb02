#include "script.h"

#include "json.h"

#include <string.h>

static void print_note(const struct terminal *terminal, enum style style, const char *text)
{
	fputs("  ", terminal->stream);
	terminal_styled(terminal, style, text);
}

/* "2026-11-21 17:00:00", without what nobody reads. */
static void print_moment(const struct terminal *terminal, const char *moment)
{
	if (moment)
		fprintf(terminal->stream, "  %.10s %.8s", moment,
			strlen(moment) > 11 ? moment + 11 : "");
}

static void print_state(const struct scripts *scripts, const char *name,
			const struct script_file *file, const struct reconcile_script_state *state)
{
	const struct terminal *out = &scripts->manage->out;
	struct checksum now;
	const char *then;
	enum script_match match;

	switch (state ? state->status : RECONCILE_SCRIPT_PENDING) {
	case RECONCILE_SCRIPT_APPLIED:
		terminal_mark(out, STYLE_GREEN, MARK_TICK);
		break;
	case RECONCILE_SCRIPT_PENDING:
		terminal_mark(out, STYLE_YELLOW, MARK_ADD);
		break;
	case RECONCILE_SCRIPT_UNKNOWN:
	case RECONCILE_SCRIPT_FAILED:
		terminal_mark(out, STYLE_RED, MARK_CROSS);
		break;
	}
	fputc(' ', out->stream);
	terminal_text(out, name);
	if (state && state->status == RECONCILE_SCRIPT_APPLIED)
		print_moment(out, state->applied_at);
	if (state && state->status == RECONCILE_SCRIPT_UNKNOWN)
		print_note(out, STYLE_RED, "unknown: it has begun and no end is recorded");
	if (state && state->status == RECONCILE_SCRIPT_FAILED)
		print_note(out, STYLE_RED, "failed: a part of it may have been done");
	if (!file)
		print_note(out, STYLE_RED, "its file is gone");
	else if ((match = scripts_match(scripts, file, &now, &then)) != SCRIPT_SAME)
		print_note(out, STYLE_RED,
			   match == SCRIPT_EDITED ? "its file was changed since"
						  : "its file cannot be read");
	fputc('\n', out->stream);
}

/* How many scripts, in which state. */
struct tally {
	size_t count, pending, attention;
};

static void count_state(struct tally *tally, enum reconcile_script_status status)
{
	tally->count++;
	tally->pending += status == RECONCILE_SCRIPT_PENDING;
	tally->attention += status == RECONCILE_SCRIPT_UNKNOWN || status == RECONCILE_SCRIPT_FAILED;
}

/* The scripts of one database, and what is in its history without a file. */
static void print_database(const struct scripts *scripts, const struct script_database *database,
			   struct tally *tally)
{
	struct manage *manage = scripts->manage;
	const struct reconcile_script_state *state;
	struct state_cursor cursor = {0};
	struct tally own = {0};

	for (size_t i = 0; i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];

		if (scripts_database(scripts, file->name) != database)
			continue;
		print_state(scripts, file->name, file, scripts_state(scripts, file));
		count_state(&own, scripts_status(scripts, file));
	}
	while ((state = scripts_next(scripts, &cursor))) {
		if (state->status == RECONCILE_SCRIPT_PENDING ||
		    scripts_database(scripts, state->name) != database ||
		    scripts_file(scripts, state->name))
			continue;
		print_state(scripts, state->name, NULL, state);
		own.count++;
	}
	manage_print_place(manage, &manage->out, reconcile_scripts_database(database->history));
	fprintf(manage->out.stream, ": %zu script%s, %zu pending\n", own.count, plural(own.count),
		own.pending);
	tally->pending += own.pending;
	tally->attention += own.attention;
}

int script_status(struct scripts *scripts)
{
	struct manage *manage = scripts->manage;
	struct tally tally = {0};
	int status = scripts_open_history(scripts);

	if (status != RECONCILE_OK)
		return status;
	scripts_warn(scripts);
	if (manage->arguments.format == FORMAT_JSON)
		return json_scripts(manage, scripts, NULL, scripts->folder.count)
			       ? status
			       : manage_out_of_memory(manage);
	for (size_t i = 0; i < scripts->database_count; i++)
		print_database(scripts, &scripts->databases[i], &tally);
	if (tally.attention)
		fprintf(manage->out.stream, "Somebody has to look: '%s script up' says what at.\n",
			manage->program);
	else if (tally.pending)
		fprintf(manage->out.stream, "Next: '%s script up'.\n", manage->program);
	return status;
}
