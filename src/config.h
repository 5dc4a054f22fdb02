/*
 * The configuration: what the caller's options, the environment and the INI file say together,
 * in that order of precedence, over the defaults.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/stop.h"
#include "backend/url.h"
#include "key.h"

/* Everything resolved; no field is left at "default". Texts are the arena's. */
struct config {
	struct url url;        /* undefined when the options lend a connection */
	const char *url_place; /* where it was said, for messages; NULL: nowhere */
	struct url ddl_url;    /* undefined unless has_ddl_url */
	bool has_ddl_url;
	const char *ddl_role; /* NULL: not set */
	const char *schema;
	const char *history_schema; /* NULL: the same */
	enum reconcile_mode mode;
	enum reconcile_catalog catalog;
	enum reconcile_on_conflict on_conflict;
	long long allow_rewrite; /* rows of a table that may be rewritten; -1: any number */
	long lock_timeout_ms;
	long statement_timeout_ms;
	long budget_ms;
	long connect_timeout_ms;
	const char *registry; /* NULL: not set */
	const char *color;    /* "auto", "always", "never"; NULL: not set */
	const char *application;
	const char *command; /* how hints call the command */
	bool create_database;
	bool detail;
	const char *expected; /* NULL: nothing is; the options' own */
	struct pg_conn *pg;
	struct sqlite3 *sqlite;
	struct stop stop;
	struct log log;
	/* Raw value of each key that is set anywhere, for reconcile_config_get(); always NULL for
	 * those of URLs: a password may stand there. */
	const char *const *values; /* indexed by enum key */
	const struct runner *runners;
	const struct named *databases; /* INI sections that say where one is */
};

/*
 * Resolves. options may be NULL. config->log is usable even on failure, so that the failure can
 * be logged. BAD_CONFIG names its place: "reconcile.ini:7: ...", "RECONCILE_BUDGET_MS: ...",
 * "option lock_timeout_ms: ...". BAD_CONFIG also for options of an unknown size; USAGE for two
 * lent connections.
 */
bool config_resolve(struct config *config, const struct reconcile_options *options,
		    struct arena *arena, struct error *err);

#endif
