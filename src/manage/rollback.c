#include "manage.h"

#include "json.h"
#include "question.h"

#include <string.h>

#define INDENT 5

/* What is to be undone, and its column, in two texts. */
static void name_undo(const struct terminal *terminal, const struct reconcile_undo *undo)
{
	char name[300];

	snprintf(name, sizeof(name), "%s%s%s", undo->table, undo->column ? "." : "",
		 undo->column ? undo->column : "");
	terminal_styled(terminal, STYLE_BOLD, name);
}

static const char *loss_text(const struct reconcile_undo *undo, char *text, size_t size)
{
	const char *what = undo->column ? "value" : "row";

	if (undo->values < 0) {
		snprintf(text, size, "nobody could count what would be lost%s%s",
			 undo->reason ? ": " : "", undo->reason ? undo->reason : "");
		return text;
	}
	if (undo->values == 0)
		return undo->column ? "no value would be lost" : "no row would be lost";
	snprintf(text, size, "%lld %s%s would be lost", undo->values, what,
		 plural((size_t)undo->values));
	return text;
}

static void print_undo(const struct terminal *terminal, size_t number,
		       const struct reconcile_undo *undo)
{
	bool ready = undo->state == RECONCILE_UNDO_READY;
	char text[400];

	fprintf(terminal->stream, "\n%3zu. ", number);
	name_undo(terminal, undo);
	fprintf(terminal->stream, ": drop the %s of change %lld", undo->column ? "column" : "table",
		undo->id);
	if (undo->applied_at)
		fprintf(terminal->stream, ", %.10s", undo->applied_at);
	fputc('\n', terminal->stream);
	terminal_spaces(terminal, INDENT);
	if (undo->state == RECONCILE_UNDO_GONE)
		terminal_wrap(terminal, STYLE_DIM, INDENT, "it is not there any more");
	else if (undo->state == RECONCILE_UNDO_REFUSED)
		terminal_wrap(terminal, STYLE_RED, INDENT, undo->reason);
	else
		terminal_wrap(terminal, undo->values ? STYLE_RED : STYLE_DIM, INDENT,
			      loss_text(undo, text, sizeof(text)));
	if (ready)
		terminal_lines(terminal, STYLE_CYAN, INDENT, undo->sql);
}

static void print_undos(const struct manage *manage, const struct terminal *terminal,
			const struct reconcile_rollback *rollback)
{
	fputs("Rollback of ", terminal->stream);
	manage_print_place(manage, terminal, reconcile_rollback_database(rollback));
	fputs(":\n", terminal->stream);
	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++)
		print_undo(terminal, i + 1, reconcile_rollback_undo(rollback, i));
	if (reconcile_rollback_count(rollback) == 0)
		fputs("\nNothing to roll back.\n", terminal->stream);
}

static size_t count_state(const struct reconcile_rollback *rollback,
			  enum reconcile_undo_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++)
		count += reconcile_rollback_undo(rollback, i)->state == state;
	return count;
}

static void print_done(const struct manage *manage, const struct reconcile_rollback *rollback)
{
	const struct terminal *terminal = &manage->out;
	size_t done = count_state(rollback, RECONCILE_UNDO_DONE);

	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++) {
		const struct reconcile_undo *undo = reconcile_rollback_undo(rollback, i);

		if (undo->state != RECONCILE_UNDO_DONE)
			continue;
		terminal_mark(terminal, STYLE_GREEN, MARK_TICK);
		fputs(" dropped ", terminal->stream);
		name_undo(terminal, undo);
		fputc('\n', terminal->stream);
	}
	manage_print_place(manage, terminal, reconcile_rollback_database(rollback));
	fprintf(terminal->stream, ": rolled back %zu change%s\n", done, plural(done));
}

static bool take_request(struct manage *manage, struct reconcile_rollback_request *request)
{
	struct arguments *arguments = &manage->arguments;

	*request = (struct reconcile_rollback_request){
		.size = sizeof(*request),
		.last = arguments->last > 0 ? (size_t)arguments->last : 0,
		.to = arguments->to > 0 ? arguments->to : 0,
		.table = arguments->place.table,
		.column = arguments->place.column,
		.allow_data_loss = arguments->allow_data_loss,
		.keep_registry = arguments->keep_registry,
	};
	if ((arguments->last >= 0) + (arguments->to >= 0) + (arguments->place.table != NULL) > 1)
		return arguments_complain(arguments, "options '--last', '--to' and '--column' "
						     "exclude each other");
	if (arguments->last == 0 || arguments->to == 0)
		return arguments_complain(arguments, "option '--%s': 0 is no number of a change",
					  arguments->last == 0 ? "last" : "to");
	return true;
}

/* What was found or done, or why not. */
static int show(struct manage *manage, const struct reconcile_rollback *rollback, bool done)
{
	const struct reconcile_error *error = reconcile_rollback_error(rollback);
	bool json = manage->arguments.format == FORMAT_JSON;

	if (json && !json_rollback(manage, rollback))
		return manage_out_of_memory(manage);
	if (error->status != RECONCILE_OK) {
		int format = manage->arguments.format;

		/* The document has it already. */
		manage->arguments.format = FORMAT_TEXT;
		manage_fail(manage, error, NULL);
		manage->arguments.format = format;
	} else if (!json && done) {
		print_done(manage, rollback);
	} else if (!json) {
		print_undos(manage, &manage->out, rollback);
	}
	return error->status;
}

/* Is there something to be done, and shall it be? */
static int decide(struct manage *manage, const struct reconcile_rollback *rollback)
{
	size_t ready = count_state(rollback, RECONCILE_UNDO_READY);
	char what[64];

	if (!manage->arguments.quiet || (!manage->arguments.yes && question_can_ask(manage)))
		print_undos(manage, &manage->err, rollback);
	snprintf(what, sizeof(what), "Roll back %zu change%s of", ready, plural(ready));
	return question_ask(manage, what, reconcile_rollback_database(rollback)->place, NULL);
}

/* What the look has found, done. */
static int do_rollback(struct manage *manage, const struct reconcile_options *options,
		       struct reconcile_rollback_request *request,
		       const struct reconcile_rollback *seen)
{
	struct reconcile_rollback *rollback;
	int status;

	request->apply = true;
	request->seen = seen;
	reconcile_rollback(manage->registry, options, request, &rollback);
	if (!rollback)
		return manage_out_of_memory(manage);
	status = show(manage, rollback, true);
	reconcile_rollback_free(rollback);
	return status;
}

int rollback_command(struct manage *manage)
{
	struct reconcile_options options = manage->options;
	struct reconcile_rollback_request request;
	struct reconcile_rollback *rollback;
	int status;

	if (!take_request(manage, &request))
		return manage_fail(manage, &manage->arguments.error, NULL);
	manage_quiet_log(manage, &options, RECONCILE_LOG_ERROR);
	status = reconcile_rollback(manage->registry, &options, &request, &rollback);
	if (!rollback)
		return manage_out_of_memory(manage);
	if (status != RECONCILE_OK) {
		if (manage->arguments.format == FORMAT_TEXT && reconcile_rollback_count(rollback))
			print_undos(manage, &manage->err, rollback);
		status = show(manage, rollback, false);
	} else if (manage->arguments.dry_run || count_state(rollback, RECONCILE_UNDO_READY) == 0) {
		status = show(manage, rollback, false);
	} else {
		status = decide(manage, rollback);
		if (status == RECONCILE_OK)
			status = do_rollback(manage, &options, &request, rollback);
	}
	reconcile_rollback_free(rollback);
	return status;
}
