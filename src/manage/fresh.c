#include "manage.h"

#include "question.h"
#include "script.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PHRASE "DELETE ALL DATA"

/* ---- may it be? ----------------------------------------------------------- */

static bool is_allowed(const struct reconcile_config *config)
{
	const char *allowed = reconcile_config_get(config, "allow_fresh");

	return allowed && strcmp(allowed, "yes") == 0;
}

static int check_allowed(struct manage *manage)
{
	if (is_allowed(manage->config))
		return RECONCILE_OK;
	return manage_say(manage, RECONCILE_BAD_CONFIG,
			  "'allow_fresh = yes' has to stand in the section of the configuration "
			  "that says where the database is; --url and the environment do not "
			  "count",
			  "fresh is not allowed for this database, nothing was changed");
}

/* The databases that folders of scripts have of their own lose what these have made, too. */
static int check_own(struct manage *manage, const struct scripts *scripts,
		     const struct script_database *database)
{
	struct reconcile_options options = scripts_options(scripts, database);
	struct reconcile_config *config;
	int status = reconcile_config_load(&options, &config);

	if (!config)
		return manage_out_of_memory(manage);
	if (status != RECONCILE_OK)
		manage_fail(manage, reconcile_config_error(config), NULL);
	else if (!is_allowed(config))
		status = manage_say(manage, RECONCILE_BAD_CONFIG,
				    "'allow_fresh = yes' has to stand in the section of that name",
				    "fresh is not allowed for the database of the folder '%s', "
				    "nothing was changed",
				    database->group);
	reconcile_config_free(config);
	return status;
}

static int check_scripts(struct manage *manage, const struct scripts *scripts)
{
	int status = RECONCILE_OK;

	for (size_t i = 0; status == RECONCILE_OK && i < scripts->database_count; i++)
		if (*scripts->databases[i].group)
			status = check_own(manage, scripts, &scripts->databases[i]);
	return status;
}

/* Is the table that a column is dropped from dropped as a whole? */
static bool goes_with_table(const struct reconcile_rollback *rollback,
			    const struct reconcile_undo *undo)
{
	for (size_t i = 0; undo->column && i < reconcile_rollback_count(rollback); i++) {
		const struct reconcile_undo *other = reconcile_rollback_undo(rollback, i);

		if (other->state == RECONCILE_UNDO_READY && !other->column &&
		    strcmp(other->table, undo->table) == 0)
			return true;
	}
	return false;
}

/* What the registry made, as it was counted; nobody knows what scripts have made. */
static const char *loss_text(const struct reconcile_rollback *rollback, char *text, size_t size)
{
	long long rows = 0, values = 0;

	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++) {
		const struct reconcile_undo *undo = reconcile_rollback_undo(rollback, i);

		if (undo->state != RECONCILE_UNDO_READY || goes_with_table(rollback, undo))
			continue;
		if (undo->values < 0)
			return "nobody could count all the rows that would be lost";
		*(undo->column ? &values : &rows) += undo->values;
	}
	if (values)
		snprintf(text, size, "%lld row%s and %lld value%s would be lost", rows,
			 plural((size_t)rows), values, plural((size_t)values));
	else
		snprintf(text, size, "%lld row%s would be lost", rows, plural((size_t)rows));
	return text;
}

static bool typed(const struct manage *manage, const char *place, const struct scripts *scripts,
		  const char *loss)
{
	FILE *err = manage->err.stream;
	char answer[64];

	fputs("Everything that ", err);
	terminal_text(&manage->err, registry_name(manage->registry));
	fputs(" and its scripts made in ", err);
	terminal_styled(&manage->err, STYLE_BOLD, place ? place : "the database");
	for (size_t i = 0; i < scripts->database_count; i++) {
		if (!*scripts->databases[i].group)
			continue;
		fputs(" and in the database of the folder ", err);
		terminal_styled(&manage->err, STYLE_BOLD, scripts->databases[i].group);
	}
	fprintf(err, " is dropped, with its data.\nOf what ");
	terminal_text(&manage->err, registry_name(manage->registry));
	fprintf(err, " made, %s.\nType %s: ", loss, PHRASE);
	fflush(err);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, PHRASE) == 0;
}

static int check_phrase(struct manage *manage, const char *place, const struct scripts *scripts,
			const struct reconcile_rollback *rollback)
{
	const char *confirm = manage->arguments.confirm;
	char text[100], hint[300];
	const char *loss = loss_text(rollback, text, sizeof(text));

	if (confirm && strcmp(confirm, PHRASE) == 0)
		return RECONCILE_OK;
	if (!confirm && question_can_ask(manage) && typed(manage, place, scripts, loss))
		return RECONCILE_OK;
	snprintf(hint, sizeof(hint),
		 "type it, or give --confirm '" PHRASE "'; of what %.100s made, %s",
		 registry_name(manage->registry), loss);
	return manage_say(manage, RECONCILE_USAGE, hint,
			  "fresh wants the words " PHRASE ", nothing was changed");
}

/* ---- away with it, and anew ------------------------------------------------ */

static int roll_back(struct manage *manage, bool apply, const char **place,
		     struct reconcile_rollback **rollback)
{
	const struct reconcile_rollback_request request = {
		.size = sizeof(request),
		.last = (size_t)-1,
		.apply = apply,
		.allow_data_loss = true,
		.even_changed = true,
		.keep_registry = true,
	};
	struct reconcile_options options = manage->options;
	int status;

	manage_quiet_log(manage, &options, RECONCILE_LOG_ERROR);
	status = reconcile_rollback(manage->registry, &options, &request, rollback);
	if (!*rollback)
		return manage_out_of_memory(manage);
	*place = reconcile_rollback_database(*rollback)->place;
	if (status != RECONCILE_OK)
		manage_fail(manage, reconcile_rollback_error(*rollback), NULL);
	return status;
}

static size_t count_done(const struct reconcile_rollback *rollback)
{
	size_t done = 0;

	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++)
		done += reconcile_rollback_undo(rollback, i)->state == RECONCILE_UNDO_DONE;
	return done;
}

static int drop(struct manage *manage)
{
	struct reconcile_rollback *rollback;
	const char *place;
	int status = roll_back(manage, true, &place, &rollback);

	if (status == RECONCILE_OK) {
		size_t done = count_done(rollback);

		manage_print_place(manage, &manage->out, reconcile_rollback_database(rollback));
		fprintf(manage->out.stream, ": dropped %zu thing%s that we had made\n", done,
			plural(done));
	}
	reconcile_rollback_free(rollback);
	return status;
}

/* Is there a folder of scripts at all? One that was named must be. */
static bool has_scripts(const struct manage *manage)
{
	return scripts_named_folder(manage) || access(SCRIPTS_FOLDER, F_OK) == 0;
}

static int build(struct manage *manage)
{
	/* The question has been answered, and the plan is everything. */
	manage->arguments.yes = manage->arguments.quiet = true;
	manage->arguments.scripts = has_scripts(manage);
	return apply_command(manage);
}

/* Nothing is changed before all of it is allowed. */
static int check(struct manage *manage)
{
	struct reconcile_rollback *rollback = NULL;
	struct scripts scripts = {0};
	const char *place;
	int status = check_allowed(manage);

	if (status == RECONCILE_OK && has_scripts(manage))
		status = scripts_open_folder(&scripts, manage);
	if (status == RECONCILE_OK)
		status = check_scripts(manage, &scripts);
	/* All of them run anew: what could stop them does so before anything is dropped. */
	if (status == RECONCILE_OK && has_scripts(manage))
		status = scripts_check_all(&scripts);
	/* A look first: what cannot be dropped keeps everything as it is. */
	if (status == RECONCILE_OK)
		status = roll_back(manage, false, &place, &rollback);
	if (status == RECONCILE_OK)
		status = check_phrase(manage, place, &scripts, rollback);
	reconcile_rollback_free(rollback);
	scripts_close(&scripts);
	return status;
}

int fresh_command(struct manage *manage)
{
	int status = check(manage);

	if (status == RECONCILE_OK && has_scripts(manage))
		status = scripts_down_all(manage);
	if (status == RECONCILE_OK)
		status = drop(manage);
	return status == RECONCILE_OK ? build(manage) : status;
}
