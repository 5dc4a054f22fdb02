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
	else if (scripts_is_edited(scripts, file, &now, &then))
		print_note(out, STYLE_RED, "its file was changed since");
	fputc('\n', out->stream);
}

int script_status(struct scripts *scripts)
{
	struct manage *manage = scripts->manage;
	size_t pending = 0, attention = 0, count = scripts->folder.count;
	int status = scripts_open_history(scripts);

	if (status != RECONCILE_OK)
		return status;
	if (manage->arguments.format == FORMAT_JSON)
		return json_scripts(manage, scripts, NULL, count) ? status
								  : manage_out_of_memory(manage);
	for (size_t i = 0; i < count; i++) {
		const struct script_file *file = &scripts->folder.files[i];
		enum reconcile_script_status now = scripts_status(scripts, file);

		print_state(scripts, file->name, file, scripts_state(scripts, file));
		pending += now == RECONCILE_SCRIPT_PENDING;
		attention += now == RECONCILE_SCRIPT_UNKNOWN || now == RECONCILE_SCRIPT_FAILED;
	}
	for (size_t i = 0; i < reconcile_scripts_count(scripts->history); i++) {
		const struct reconcile_script_state *state =
			reconcile_scripts_state(scripts->history, i);

		if (state->status != RECONCILE_SCRIPT_PENDING &&
		    !scripts_file(scripts, state->name)) {
			print_state(scripts, state->name, NULL, state);
			count++;
		}
	}
	manage_print_place(manage, &manage->out, reconcile_scripts_database(scripts->history));
	fprintf(manage->out.stream, ": %zu script%s, %zu pending\n", count, plural(count), pending);
	if (attention)
		fputs("Somebody has to look: 'manage script up' says what at.\n",
		      manage->out.stream);
	else if (pending)
		fputs("Next: 'manage script up'.\n", manage->out.stream);
	return status;
}
