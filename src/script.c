/* Numbered scripts: what a registry cannot say, run once each, with a row in the same history. */
#include "script.h"

#include "base/sized.h"
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what history knows --------------------------------------------------- */

const char *const script_actions[] = {
	[RECONCILE_SCRIPT_UP] = "script_up",
	[RECONCILE_SCRIPT_DOWN] = "script_down",
	[RECONCILE_SCRIPT_STAMP] = "script_stamp",
	[RECONCILE_SCRIPT_UNSTAMP] = "script_unstamp",
};

bool script_read_state(struct reconcile_script_state *state,
		       const struct reconcile_history_row *row)
{
	size_t action = 0;
	if (row->object == NULL || row->action == NULL)
		return false;
	while (action < SCRIPT_ACTIONS && strcmp(row->action, script_actions[action]) != 0)
		action++;
	if (action == SCRIPT_ACTIONS)
		return false;
	*state = (struct reconcile_script_state){
		.name = row->object,
		.checksum = row->checksum,
		.applied_at = row->applied_at,
		.started_at = row->started_at,
		.db_user = row->db_user,
		.host = row->host,
		.id = row->id,
		.down = action == RECONCILE_SCRIPT_DOWN,
	};
	const char *outcome = row->outcome != NULL ? row->outcome : "applied";
	if (strcmp(outcome, "running") == 0)
		state->status = RECONCILE_SCRIPT_UNKNOWN;
	else if (strcmp(outcome, "failed") == 0)
		state->status = RECONCILE_SCRIPT_FAILED;
	else if (action == RECONCILE_SCRIPT_UP || action == RECONCILE_SCRIPT_STAMP)
		state->status = RECONCILE_SCRIPT_APPLIED;
	else
		state->status = RECONCILE_SCRIPT_PENDING;
	return true;
}

/* The newest row of each script, of which there are few. */
static bool read_states(struct reconcile_scripts *scripts, struct error *err)
{
	struct boot *boot = &scripts->boot;
	const struct history_filter all = {.objects = true};
	struct arena arena = {0};
	struct reconcile_history_row *rows;
	size_t count, known = 0;
	if (!boot_connect(boot, err) || !boot_history(boot, &all, &rows, &count, &arena, err)) {
		arena_release(&arena);
		return false;
	}
	struct reconcile_script_state *states = arena_array(&arena, count, sizeof(*states));
	if (states == NULL) {
		arena_release(&arena);
		return error_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		struct reconcile_script_state state;
		bool newest = script_read_state(&state, &rows[i]);
		for (size_t j = 0; j < known && newest; j++)
			newest = strcmp(states[j].name, state.name) != 0;
		if (newest)
			states[known++] = state;
	}
	arena_release(&scripts->states_arena);
	scripts->states_arena = arena;
	scripts->states = states;
	scripts->count = known;
	scripts->newest = count > 0 ? rows[0].id : 0;
	return true;
}

/* ---- the calls ------------------------------------------------------------ */

static bool take_script(struct reconcile_script *script, const struct reconcile_script *given,
			enum reconcile_script_action action, struct error *err)
{
	bool stamps = action == RECONCILE_SCRIPT_STAMP || action == RECONCILE_SCRIPT_UNSTAMP;
	if (given == NULL || !sized_take(script, sizeof(*script), given,
					 SIZED_UP_TO(struct reconcile_script, context)))
		return error_set(err, RECONCILE_USAGE,
				 "the script's size is not one of this library's: start from "
				 "RECONCILE_SCRIPT_INIT");
	if (script->name == NULL || *script->name == '\0' || script->file == NULL)
		return error_set(err, RECONCILE_USAGE, "a script needs a name and a file");
	if ((size_t)action >= SCRIPT_ACTIONS)
		return error_set(err, RECONCILE_USAGE, "there is no action %d", (int)action);
	if (!stamps && script->text == NULL && script->run == NULL)
		return error_set(err, RECONCILE_USAGE, "script '%s' has neither text nor program",
				 script->name);
	return true;
}

static void publish(struct reconcile_scripts *scripts)
{
	struct boot *boot = &scripts->boot;
	/* The first thing that went wrong is what is said. */
	if (!boot_describe(boot, &scripts->database, &scripts->arena, &scripts->failure))
		scripts->database = (struct reconcile_database){0};
	/* PENDING: the caller chooses anew. */
	if (scripts->failure.status != RECONCILE_OK && scripts->failure.status != RECONCILE_PENDING)
		announce_failure(&scripts->config, &scripts->failure);
	scripts->error = error_publish(&scripts->failure);
}

static bool open_scripts(struct reconcile_scripts *scripts,
			 const struct reconcile_registry *registry, struct error *err)
{
	static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT,
						       .name = "none"};
	struct boot *boot = &scripts->boot;
	struct index declared;
	if (registry == NULL)
		return error_set(err, RECONCILE_USAGE, "the registry is NULL");
	if (scripts->config.pg != NULL || scripts->config.sqlite != NULL)
		return error_set(err, RECONCILE_USAGE,
				 "scripts need connections of their own, "
				 "and one was lent");
	if (!index_build(&declared, registry, &scripts->arena, err))
		return false;
	scripts->registry = registry->name;
	/* Building an index may take as long as it likes. */
	scripts->config.statement_timeout_ms = 0;
	scripts->begun = true;
	if (!boot_begin(boot, &none, &scripts->config, &scripts->arena, &scripts->round, err))
		return false;
	snprintf(boot->fingerprint, sizeof(boot->fingerprint), "%016" PRIx64,
		 index_fingerprint(&declared));
	while (!read_states(scripts, err))
		if (!boot_pause(boot, NULL, err))
			return false;
	return true;
}

int reconcile_scripts_open(const struct reconcile_registry *registry,
			   const struct reconcile_options *options,
			   struct reconcile_scripts **scripts_out)
{
	struct arena arena = {0};
	struct reconcile_scripts *scripts = arena_alloc(&arena, sizeof(*scripts));
	if (scripts_out == NULL) {
		arena_release(&arena);
		return RECONCILE_USAGE;
	}
	*scripts_out = scripts;
	if (scripts == NULL)
		return RECONCILE_FAILED;
	scripts->arena = arena;
	if (config_resolve(&scripts->config, options, &scripts->arena, &scripts->failure))
		open_scripts(scripts, registry, &scripts->failure);
	publish(scripts);
	return scripts->error.status;
}

int reconcile_scripts_run(struct reconcile_scripts *scripts, const struct reconcile_script *script,
			  enum reconcile_script_action action, bool *done)
{
	struct error *err = &scripts->failure;
	struct reconcile_script own;
	error_clear(err);
	*done = false;
	if (take_script(&own, script, action, err)) {
		script_run(scripts, &own, action, done, err);
		struct error ignored = {0};
		read_states(scripts, &ignored);
	}
	publish(scripts);
	return scripts->error.status;
}

size_t reconcile_scripts_count(const struct reconcile_scripts *scripts)
{
	return scripts->count;
}

const struct reconcile_script_state *
reconcile_scripts_state(const struct reconcile_scripts *scripts, size_t index)
{
	return index < scripts->count ? &scripts->states[index] : NULL;
}

const struct reconcile_error *reconcile_scripts_error(const struct reconcile_scripts *scripts)
{
	return &scripts->error;
}

const struct reconcile_database *reconcile_scripts_database(const struct reconcile_scripts *scripts)
{
	return &scripts->database;
}

void reconcile_scripts_free(struct reconcile_scripts *scripts)
{
	if (scripts == NULL)
		return;
	if (scripts->begun)
		boot_end(&scripts->boot);
	arena_release(&scripts->round);
	arena_release(&scripts->states_arena);
	struct arena arena = scripts->arena; /* the handle lies in it */
	arena_release(&arena);
}

const char *reconcile_script_status_name(enum reconcile_script_status status)
{
	static const char *const names[] = {"pending", "applied", "unknown", "failed"};
	size_t index = (size_t)status;
	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}
