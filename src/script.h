/* What history knows of scripts, and one run of one of them. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "boot.h"

struct reconcile_scripts {
	struct arena arena; /* holds the handle itself: released last */
	struct arena states_arena;
	struct arena round;
	struct error failure;
	struct reconcile_error error;
	struct reconcile_database database;
	struct config config;
	struct boot boot;
	struct session_settings unlimited; /* of a session for a script outside a transaction */
	bool begun;
	const char *registry;
	struct reconcile_script_state *states;
	size_t count;
	long long newest; /* the newest row about a script when states was read; 0: none */
};

/* Of history, by enum reconcile_script_action. */
extern const char *const script_actions[];
#define SCRIPT_ACTIONS 4

/* What a row of history says of a script. false: it is about none. */
bool script_read_state(struct reconcile_script_state *state,
		       const struct reconcile_history_row *row);

/* ---- job.c -------------------------------------------------------------- */

/* Runs a script, or records it, until it is done or nobody should try any more. *done: this call
 * did it. */
bool script_run(struct reconcile_scripts *scripts, const struct reconcile_script *script,
		enum reconcile_script_action action, bool *done, struct error *err);

#endif
