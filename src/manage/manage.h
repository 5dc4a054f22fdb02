/* One run of the command: what it knows, and what all commands share. */
#ifndef MANAGE_MANAGE_H
#define MANAGE_MANAGE_H

#include "arguments.h"
#include "command.h"
#include "console.h"
#include "naming.h"
#include "output.h"
#include "terminal.h"

struct manage {
	const char *program; /* how its users call it */
	const struct reconcile_registry *const *registries;
	size_t registry_count;
	const struct reconcile_registry *registry; /* the chosen one; NULL: none is needed */
	void *loaded;                              /* the shared object that it is of, or NULL */
	struct arguments arguments;
	struct reconcile_config *config;  /* NULL: the command needs none */
	struct reconcile_options options; /* of the arguments, for the library */
	bool own_log;                     /* nobody asked for a level or format of the log */
	struct output output;             /* out's stream */
	struct terminal out;
	struct terminal err;
	struct console console;
	struct json_t *gathered; /* the one document of a command that has several parts; or NULL */
};

/* Unless somebody asked for a log of his own: failures and warnings of that level, as the command
 * prints them. */
void manage_quiet_log(struct manage *manage, struct reconcile_options *options,
		      enum reconcile_log_level level);

/*
 * Compares registry and database, reading only. OK, PENDING or CONFLICT: *report is the answer, to
 * be freed. Anything else has been said, *report is NULL, and the status is the exit code.
 */
int manage_look(struct manage *manage, bool detail, struct reconcile_report **report);

/* Reads history. OK: *history is to be freed. Anything else has been said, and the status is the
 * exit code. */
int manage_read_history(struct manage *manage, const struct reconcile_history_filter *filter,
			struct reconcile_history **history);

/* On standard output, with the program's name for every 'manage ...' in it. */
void manage_print(const struct manage *manage, enum style style, const char *text);

/* Says what went wrong, on standard error and, with --format json, as the one document. report may
 * be NULL. Returns the status. */
int manage_fail(struct manage *manage, const struct reconcile_error *error,
		const struct reconcile_report *report);
/* The same of an error that is put into words here. hint may be NULL. */
__attribute__((format(printf, 4, 5))) int manage_say(struct manage *manage,
						     enum reconcile_status status, const char *hint,
						     const char *format, ...);
int manage_out_of_memory(struct manage *manage);

/* "memstack on app@db1/main (PostgreSQL 15.20, schema public)", without line end. */
void manage_print_place(const struct manage *manage, const struct terminal *terminal,
			const struct reconcile_database *database);

/* The short help: how to call it, and the commands. */
void help_usage(const struct manage *manage, FILE *out);

/*
 * Takes the registry of that name, that of "FILE.so:NAME", or for NULL the first one there is.
 * configured: the configuration named it. None at all is an error only where the command needs one.
 * OK, or the exit code of what was said.
 */
int registry_choose(struct manage *manage, const char *name, bool configured);
/* The chosen one, or an empty one: what has to do with scripts only needs a name. */
const struct reconcile_registry *registry_or_none(const struct manage *manage);
void registry_unload(struct manage *manage);

/* May its rows be looked at? Otherwise it was made for another library, or lacks them. */
bool registry_is_readable(const struct reconcile_registry *registry);
/* "?": it has none, or none that may be looked at. */
const char *registry_name(const struct reconcile_registry *registry);
/* How many tables it names; some only by their columns. 0: it is not readable. */
size_t registry_table_count(const struct reconcile_registry *registry);
size_t registry_column_count(const struct reconcile_registry *registry);

/* "" for one, "s" for any other number. */
const char *plural(size_t count);

#endif
