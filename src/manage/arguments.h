/* The command line: what it says, as plain values. The library reads everything else itself. */
#ifndef MANAGE_ARGUMENTS_H
#define MANAGE_ARGUMENTS_H

#include <reconcile.h>

struct command;

/* In the order of the option's words; 0 is "not said". */
enum format { FORMAT_TEXT = 1, FORMAT_JSON, FORMAT_SQL };
enum engine_choice { ENGINE_POSTGRESQL = 1, ENGINE_SQLITE };
enum color { COLOR_AUTO = 1, COLOR_ALWAYS, COLOR_NEVER };

/* A copy of an argument that `ps` must not show; "": not said. */
struct secret {
	char text[4096];
};

/* For struct reconcile_history_filter; "": not said. */
struct moment {
	char text[48];
};

/* "table.column"; NULL: not said. */
struct place {
	const char *table;
	const char *column;
};

struct arguments {
	const struct command *command; /* NULL: none was named */
	const char *topic;             /* the operand of `help` or `explain` */
	bool help;
	bool version;

	struct secret url;
	struct secret ddl_url;
	const char *ddl_role;
	long allow_rewrite;
	const char *config_file;
	const char *section;
	const char *database; /* history, show: the section of another one */
	const char *registry;
	const char *schema;
	const char *history_schema;
	int format;
	int color;
	bool quiet;
	bool verbose;
	int log_level;
	int log_format;
	int catalog;
	long lock_timeout_ms;
	long statement_timeout_ms;
	long budget_ms;
	long connect_timeout_ms;
	bool create;

	bool exit_code;
	bool dry_run;
	bool yes;
	const char *out;  /* the file that a plan is written to */
	const char *plan; /* the file of the plan that is to be done */
	long limit;       /* -1: not said */
	const char *table;
	long last; /* -1: not said */
	long to;   /* -1: not said */
	struct place place;
	const char *verb;    /* of `script`: "up", ... */
	const char *subject; /* of the verb: a number of scripts, or a name; NULL: not said */
	const char *dir;
	const char *target; /* up to, or down to, that script */
	const char *ending; /* of a new script */
	bool pending;
	bool strict;
	const char *confirm; /* the phrase that `fresh` wants */
	bool scripts;
	bool allow_data_loss;
	bool keep_registry;
	struct moment since;
	long long id; /* of a change; 0: not said */
	int engine;   /* enum engine_choice; 0: both */

	struct reconcile_error error; /* status OK: all understood; the first mistake wins */
	char message[512];
	char hint[512];
};

/*
 * Reads the whole command line, after a mistake too, so that --format is known when the mistake is
 * reported. Texts point into argv, but a URL: it may hold a password and `ps` shows arguments, so
 * it is copied and then blanked in argv. false: error says what and where.
 */
bool arguments_parse(struct arguments *arguments, int argc, char **argv);

/* Notes a usage mistake unless there is one already. Always false. */
__attribute__((format(printf, 2, 3))) bool arguments_complain(struct arguments *arguments,
							      const char *format, ...);

#endif
