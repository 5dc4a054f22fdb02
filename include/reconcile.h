/*
 * reconcile: at start, a service's database has the tables and columns that
 * the service was compiled to expect.
 *
 *	#include <reconcile.h>
 *	extern const struct reconcile_registry memstack_registry;
 *
 *	int main(void)
 *	{
 *		int status = reconcile(&memstack_registry, NULL, NULL);
 *		if (status != RECONCILE_OK)
 *			return status;
 *		...
 *	}
 *
 * reconcile() compares the registry with the live catalog of PostgreSQL or
 * SQLite, creates or adds what is missing, touches nothing else, and says in
 * the log what it did. It never drops, renames, retypes or recreates.
 *
 * Conventions. Text is UTF-8 and NUL-terminated. "ms" is milliseconds. What the
 * library returns belongs to the report or handle that it came from and lives as
 * long as that. The library keeps no reference to an argument after the call,
 * has no global state, prints nothing but the log, installs no signal handler,
 * and never exits or aborts. Different threads may call it at the same time, each
 * with its own options, report and connection.
 *
 * A program that was compiled with this header runs with every later library of the same
 * libreconcile.so.N: structs only grow at their end, functions keep their parameters. The
 * structs that a caller fills in begin with their size, by which the library knows how many
 * members there are; it takes those that are not there for zero.
 */
#ifndef RECONCILE_H
#define RECONCILE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
#if defined(__GNUC__)
#pragma GCC diagnostic push
/* reconcile_rule() "hides the constructor" of struct reconcile_rule, which C++ writes with struct.
 */
#pragma GCC diagnostic ignored "-Wshadow"
#endif
extern "C" {
#endif

#define RECONCILE_VERSION "0.2.0"

#if defined(__GNUC__)
#define RECONCILE_API __attribute__((visibility("default")))
#else
#define RECONCILE_API
#endif

struct pg_conn; /* libpq's PGconn */
struct sqlite3;

/* What the initialisers below expand to: all members zero, and the size. */
#ifdef __cplusplus
extern "C++" {
template <typename Sized> inline Sized reconcile_sized_init()
{
	Sized sized = Sized();
	sized.size = sizeof(Sized);
	return sized;
}
}
#define RECONCILE_SIZED_INIT(name) (reconcile_sized_init<struct name>())
#else
#define RECONCILE_SIZED_INIT(name)                                                                 \
	{                                                                                          \
		.size = sizeof(struct name)                                                        \
	}
#endif

/*
 * Status codes. They are exit codes too, after sysexits.h where that has one.
 * X(name, value, meaning)
 */
#define RECONCILE_STATUS_LIST(X)                                                                   \
	X(OK, 0, "in sync, or brought in sync")                                                    \
	X(FAILED, 1, "failure: SQL error, I/O, out of memory")                                     \
	X(PENDING, 2, "something is missing that apply would add")                                 \
	X(CONFLICT, 3, "needs a person: conflict, impossible step, foreign or absent table")       \
	X(USAGE, 64, "wrong usage")                                                                \
	X(BAD_REGISTRY, 65, "the registry, a script or the file of a plan is wrong")               \
	X(UNREACHABLE, 69, "the database cannot be reached or opened")                             \
	X(BUSY, 75, "a lock or the time budget ran out: try again")                                \
	X(NOT_PERMITTED, 77, "the database refuses this role, session or server the change")       \
	X(BAD_CONFIG, 78, "the configuration is wrong")

enum reconcile_status {
#define X(name, value, meaning) RECONCILE_##name = value,
	RECONCILE_STATUS_LIST(X)
#undef X
};

/* "ok", "failed", "pending", ...; "unknown" for any other number. Never NULL. */
RECONCILE_API const char *reconcile_status_name(int status);

/* The version of the library that is linked: "MAJOR.MINOR.PATCH". */
RECONCILE_API const char *reconcile_version(void);

/* ---- the registry ------------------------------------------------------- */

/*
 * A registry is plain data: usually a .def file through <reconcile-registry.h>,
 * which also lets the compiler check it, but a program may fill the arrays at run
 * time just as well. All text must stay valid during a call.
 */

/* Layout of the structs below; a change of layout is a new number. */
#define RECONCILE_REGISTRY_LAYOUT 1

enum reconcile_nullability {
	RECONCILE_NULLABLE = 0,
	RECONCILE_NOT_NULL,    /* needs a default, so that it can be added to rows */
	RECONCILE_REQUIRED,    /* NOT NULL without default: comes with its table only */
	RECONCILE_PRIMARY_KEY, /* part of the primary key: comes with its table only */
};

enum reconcile_default_kind {
	RECONCILE_NO_DEFAULT = 0,
	RECONCILE_DEFAULT_VALUE, /* a value: quoted by the library, DEFAULT '0' */
	RECONCILE_DEFAULT_SQL,   /* an expression, emitted as DEFAULT (now()) */
};

struct reconcile_default {
	enum reconcile_default_kind kind;
	const char *text; /* NULL with RECONCILE_NO_DEFAULT */
};

/* A table that may be created, from the columns that name it. */
struct reconcile_table {
	const char *name;        /* exact, 1 to 63 bytes, always quoted; never with a schema */
	const char *description; /* may be NULL */
	const char *file;        /* where it is declared, for messages; may be NULL */
	int line;                /* 0 if unknown */
};

struct reconcile_column {
	const char *table;  /* as in reconcile_table; without such a row the table is
			       somebody else's: columns are added, it is never created */
	const char *column; /* exact, 1 to 63 bytes, always quoted */
	const char *type;   /* as the database spells it: "VARCHAR(20)", "TIMESTAMPTZ" */
	enum reconcile_nullability nullability;
	struct reconcile_default default_value;
	const char *description; /* may be NULL */
	const char *file;        /* may be NULL */
	int line;                /* 0 if unknown */
};

struct reconcile_registry {
	unsigned layout;  /* RECONCILE_REGISTRY_LAYOUT */
	const char *name; /* "memstack"; stands in the log and in history */
	const struct reconcile_table *tables;
	size_t table_count;
	const struct reconcile_column *columns; /* in the order in which a CREATE lists them */
	size_t column_count;
};

/* ---- the log ------------------------------------------------------------ */

enum reconcile_log_level {
	RECONCILE_LOG_DEFAULT = 0, /* from the configuration, else info */
	RECONCILE_LOG_DEBUG,
	RECONCILE_LOG_INFO,
	RECONCILE_LOG_WARN,
	RECONCILE_LOG_ERROR,
	RECONCILE_LOG_OFF,
};

enum reconcile_log_format {
	RECONCILE_LOG_FORMAT_DEFAULT = 0, /* from the configuration, else text */
	RECONCILE_LOG_TEXT,               /* reconcile: ... key=value, no timestamp */
	RECONCILE_LOG_LOGFMT,             /* time=... level=... event=... key=value */
	RECONCILE_LOG_JSON,               /* one object a line */
};

enum reconcile_field_kind {
	RECONCILE_FIELD_TEXT = 0,
	RECONCILE_FIELD_INTEGER,
	RECONCILE_FIELD_MS,  /* a duration; text shows 6.0ms, logfmt and JSON KEY_ms */
	RECONCILE_FIELD_SQL, /* a statement on one line, in text; the text format shows it as
				it is, without quotes, so that it can be pasted */
};

struct reconcile_field {
	const char *key;
	enum reconcile_field_kind kind;
	const char *text;  /* TEXT, SQL; NULL is an absent value */
	long long integer; /* INTEGER */
	double ms;         /* MS */
};

/* One event. Valid during the callback only. */
struct reconcile_log_record {
	enum reconcile_log_level level;
	const char *event;   /* connected, column_added, table_created, conflict,
				extra_required, waiting, retry, verify_only, summary, failed,
				stamped, column_dropped, table_dropped, script,
				history, publication, unconfirmed: committed, but no
				synchronous standby has said so yet */
	const char *message; /* one line for a person; NULL where the fields say it all */
	const struct reconcile_field *fields;
	size_t field_count;
};

/* Receives every record at or above the level, on the calling thread. */
typedef void reconcile_log_fn(void *context, const struct reconcile_log_record *record);

/* ---- options ------------------------------------------------------------ */

enum reconcile_mode {
	RECONCILE_MODE_DEFAULT = 0, /* from the configuration, else apply */
	RECONCILE_MODE_APPLY,       /* add what is missing */
	RECONCILE_MODE_CHECK,       /* read only; the status says pending or conflict */
	RECONCILE_MODE_WARN,        /* read only; findings are logged, the status is OK */
	RECONCILE_MODE_OFF,         /* do not even connect */
	/* For a database that others made: records in history what is there and as declared, and
	 * changes nothing else. The status is OK whatever is missing. */
	RECONCILE_MODE_STAMP,
};

enum reconcile_catalog {
	RECONCILE_CATALOG_DEFAULT = 0,        /* from the configuration, else auto */
	RECONCILE_CATALOG_AUTO,               /* pg_catalog on PostgreSQL, else the other */
	RECONCILE_CATALOG_PG_CATALOG,         /* exact, and sees columns without privileges */
	RECONCILE_CATALOG_INFORMATION_SCHEMA, /* standard; any engine of this protocol */
};

enum reconcile_on_conflict {
	RECONCILE_ON_CONFLICT_DEFAULT = 0, /* from the configuration, else warn */
	RECONCILE_ON_CONFLICT_WARN,        /* apply logs a differing column and goes on */
	RECONCILE_ON_CONFLICT_FAIL,        /* apply ends with RECONCILE_CONFLICT */
};

/* Values of reconcile_options.allow_rewrite beside a number of rows. */
enum {
	RECONCILE_REWRITE_DEFAULT = 0, /* from the configuration, else only empty tables */
	RECONCILE_REWRITE_ANY = -1,    /* whatever the table's size */
	RECONCILE_REWRITE_NONE = -2,   /* empty tables only, whatever the configuration says */
};

/*
 * What a caller may set. Zero or NULL in a field means: from the environment
 * (RECONCILE_URL, RECONCILE_LOCK_TIMEOUT_MS, ..., then DATABASE_URL), then from the
 * INI file, then the default. Relative paths in an INI file count from its folder, all others from
 * the process's. A variable RECONCILE_... that is none of these is BAD_CONFIG, unless a key url_env
 * names it. Always start from RECONCILE_OPTIONS_INIT.
 */
struct reconcile_options {
	size_t size; /* sizeof(struct reconcile_options), set by the initialiser */

	const char *url;         /* postgresql://..., host=..., sqlite:////absolute.db, ... */
	const char *config_file; /* NULL: RECONCILE_CONFIG, else ./reconcile.ini if it exists */
	const char *section;     /* INI section laid over [reconcile]; NULL: RECONCILE_ENV */
	const char *schema;      /* NULL: the connection's current schema */

	enum reconcile_mode mode;
	enum reconcile_catalog catalog; /* ignored on SQLite */
	enum reconcile_on_conflict on_conflict;

	/*
	 * Adding some columns rewrites the whole table, or reads it through, under a lock that
	 * keeps everybody out. Such a column is refused (RECONCILE_CONFLICT; the others are added)
	 * unless its table has at most that many rows. So is one whose cost nobody could find out.
	 */
	long allow_rewrite; /* rows, or one of RECONCILE_REWRITE_... */

	long lock_timeout_ms;      /* 1..; longest wait in a lock queue a try; default 250 */
	long statement_timeout_ms; /* > lock_timeout_ms; default 5000 */
	long budget_ms;            /* 1..; for the whole of applying, retries included; 60000 */
	/* 1..; 10000. Waiting for a server to start, or for a failover, included; and for all of
	 * the answer to a read, whatever else the server sends meanwhile. The budget bounds both as
	 * soon as something is to be done. */
	long connect_timeout_ms;

	/*
	 * PostgreSQL: who makes the changes, when the service itself has no right to.
	 * ddl_role is taken on for the length of a change's transaction (SET LOCAL ROLE).
	 * ddl_url is a second connection to the same database, opened only when something is
	 * missing; the role then is of that connection. NULL: from the configuration, else none.
	 */
	const char *ddl_url;
	const char *ddl_role;

	/*
	 * A connection that the caller lends; url is then ignored. At most one. Refused
	 * (RECONCILE_USAGE) unless it is idle, outside a transaction and not in pipeline
	 * mode. Left open and as it was found; never reconnected.
	 */
	struct pg_conn *pg;
	struct sqlite3 *sqlite;

	reconcile_log_fn *log; /* NULL: the default sink, standard error */
	void *log_context;
	enum reconcile_log_level log_level;
	enum reconcile_log_format log_format; /* for the default sink */

	const char *application; /* stands in pg_stat_activity and in history; NULL: the
				    process name */
	bool create_database;    /* SQLite: make the file if it is not there, as does
				    mode=rwc in the URL */
	bool detail;             /* fill in the live side of every item, not only of those
				    that differ: costs a second query */

	/*
	 * What reconcile_report_fingerprint() said of a look: apply does only what that look
	 * planned. When something has moved since, it ends with BUSY and changes nothing, or
	 * nothing more. NULL: do whatever is missing now.
	 */
	const char *expected;

	/*
	 * INI section of another database than the usual one. What it says of url, ddl_url,
	 * ddl_role, schema and history_schema counts alone: not the options, not the environment,
	 * which name the usual one, nor what other sections say of these. NULL: the usual one.
	 */
	const char *database;

	/* How hints call the command that knows this registry ("shopctl", see
	 * reconcile-manage.h); NULL: "manage". */
	const char *command;

	/*
	 * PostgreSQL: the schema that keeps reconcile_history, instead of the one that is changed;
	 * it must exist. A row is still written in its change's own transaction. Several schemas
	 * may share one: each sees the rows about itself, and those that do not say (written
	 * before 0.3). NULL: from the configuration, else the schema that is changed. BAD_CONFIG
	 * on SQLite.
	 */
	const char *history_schema;

	/*
	 * Is the call to end before it is done? Asked on the calling thread, again and again, and
	 * every 100 ms while the call waits. true: the running statement is cancelled, its
	 * transaction rolled back, and the call returns BUSY; what is committed stays, and the next
	 * call goes on. So that a service ends on SIGTERM: its handler sets a flag (volatile
	 * sig_atomic_t) and this returns it. The statements of a SQLite connection that is lent are
	 * not cut off, only what comes after them is not begun. NULL: nobody is asked.
	 */
	bool (*stop)(void *context);
	void *stop_context;
};

#define RECONCILE_OPTIONS_INIT RECONCILE_SIZED_INIT(reconcile_options)

/* ---- the report --------------------------------------------------------- */

enum reconcile_state {
	RECONCILE_PRESENT = 0,
	RECONCILE_MISSING,
	RECONCILE_CONFLICTING,    /* see the item's conflicts */
	RECONCILE_FOREIGN,        /* the name is taken by a view, an index, a partition, ...; or it
				     lacks a column and is a table of an extension or of SQLite,
				     which only its owner alters */
	RECONCILE_EXTRA,          /* live, not declared: fine */
	RECONCILE_EXTRA_REQUIRED, /* live, not declared, NOT NULL without default: the
				     service's INSERTs would fail */
};

/* What differs; a set of bits. */
enum reconcile_conflict_kind {
	RECONCILE_CONFLICT_TYPE = 1,
	RECONCILE_CONFLICT_NULLABILITY = 2,
	RECONCILE_CONFLICT_DEFAULT = 4,
	RECONCILE_CONFLICT_GENERATED = 8, /* the live column is generated: not writable */
};

/*
 * What adding a missing column to a table with rows costs. PostgreSQL shows it on a temporary
 * table of one row, SQLite on a database in memory; what cannot be asked goes by the rules.
 */
enum reconcile_cost {
	RECONCILE_COST_NONE = 0,   /* nothing to add */
	RECONCILE_COST_UNKNOWN,    /* the database could not be asked: see the item's reason */
	RECONCILE_COST_CATALOG,    /* the catalog only, whatever the table's size */
	RECONCILE_COST_SCAN,       /* reads the whole table under the lock */
	RECONCILE_COST_REWRITE,    /* writes the whole table anew under the lock */
	RECONCILE_COST_IMPOSSIBLE, /* the database refuses it, at least on a table with rows; or
				      another program that looks after the table stands in the
				      way: the item's reason says what to do */
};

/* One side of a column. */
struct reconcile_side {
	const char *type;          /* NULL if it was not asked for */
	bool nullable;             /* accepts NULL */
	const char *default_value; /* SQL text; NULL: none */
	const char *filled_by;     /* "generated", "identity": the database itself fills it, which
				      is no default; NULL: it does not */
};

/*
 * One thing looked at: a column, or (column NULL) a table that is missing or foreign.
 * Items stand in registry order, a table's extra columns behind its declared ones.
 */
struct reconcile_item {
	const char *table;
	const char *column; /* NULL: the item is the table itself */
	enum reconcile_state state;
	unsigned conflicts;             /* bits of enum reconcile_conflict_kind */
	bool applied;                   /* this call added it; state is then PRESENT */
	bool default_compared;          /* false: both sides have a default and the database
					   could not tell whether they mean the same */
	bool refused;                   /* missing, and not to be added without allow_rewrite */
	struct reconcile_side declared; /* zeroed for extra columns and for tables */
	struct reconcile_side live;     /* valid if has_live */
	bool has_live;
	enum reconcile_cost cost;
	long long rows;     /* missing column: of its table; an estimate above
			       allow_rewrite; -1: not known */
	long long bytes;    /* the table's size without indexes, an estimate; -1: not known */
	const char *reason; /* why: of the cost or its refusal, what holds a foreign name, why a
			       default was not compared; or NULL */
	const char *sql;    /* one statement, complete with ';': what adds a missing item
			       (NULL for a column that comes with its table); what a person
			       could run about a conflict or a required extra column, and
			       the library never does (NULL where no statement does it) */
	const char *description; /* from the registry; may be NULL */
	const char *file;        /* may be NULL */
	int line;
};

struct reconcile_counts {
	size_t tables;    /* declared */
	size_t columns;   /* declared; = present + missing + conflicts */
	size_t present;   /* columns as declared, those applied by this call included */
	size_t missing;   /* columns still missing */
	size_t conflicts; /* columns that differ, and columns of foreign tables */
	size_t extra;     /* live and undeclared, required ones included */
	size_t extra_required;
	size_t applied;        /* columns added by this call, alone or with their table */
	size_t tables_created; /* by this call */
	size_t tables_missing; /* still */
	size_t stamped;        /* tables recorded by this call, see RECONCILE_MODE_STAMP */
};

/* One transaction of a plan: everything that is missing in one table. */
struct reconcile_step {
	const char *table;
	bool creates_table;
	size_t column_count;
	enum reconcile_cost cost; /* the dearest of its columns */
	bool refused;             /* it could be done, but not without allow_rewrite */
	long long rows;           /* as in reconcile_item */
	long long bytes;
	const char *reason;            /* why it cannot or will not be done, or NULL */
	const char *const *statements; /* complete SQL statements with ';' */
	size_t statement_count;
};

/* Whom the report is about. */
struct reconcile_database {
	const char *engine;  /* "postgresql", "sqlite"; NULL if never connected */
	const char *version; /* "15.20"; NULL if never asked */
	const char *schema;  /* NULL if never asked */
	const char *place;   /* "app@db1/main", or the file's path; never a password */
};

struct reconcile_error {
	int status;           /* RECONCILE_OK: no error */
	const char *message;  /* names its place; never NULL; no full stop */
	const char *hint;     /* what to do next; NULL if there is nothing to say */
	const char *sqlstate; /* five characters (PostgreSQL, appendix A); or NULL */
};

/*
 * What reconcile_validate() found. And, when something is missing, what reconcile() found beside
 * the items, which no rule explains: "history" (an error: no row could be written to history, so
 * that nothing is applied; a warning: this role could write none), "rights" (a warning, in the
 * modes that only look: this role could not change the table, or make the new ones) and
 * "publication" (a warning: a subscriber that lacks the new table or column stops).
 */
struct reconcile_finding {
	bool error;         /* else a warning */
	const char *code;   /* "reserved-word", ...: see reconcile_rule_find() */
	const char *text;   /* "registry/x.def:12: error[CODE]: column 'a.b': ..." */
	const char *hint;   /* what to do; may be NULL */
	const char *table;  /* NULL: about the registry itself, or about history */
	const char *column; /* NULL: about a table */
	const char *file;   /* may be NULL */
	int line;
};

struct reconcile_report;

/*
 * The one call: bring the database in sync with the registry, as the mode says.
 *
 * registry	what is expected; must be valid (see reconcile_validate)
 * options	NULL: everything from the environment and ./reconcile.ini
 * report	NULL if not wanted; otherwise *report is set, on failure too, and must be
 *		freed by reconcile_report_free(); NULL only when memory ran out
 *
 * Returns an enum reconcile_status: OK, or what kept it from OK. In sync it takes one
 * catalog query: no lock, no transaction, no write. Otherwise each table with something
 * missing is one short transaction, retried inside budget_ms; what is finished stays
 * finished, and the next call does the rest.
 */
RECONCILE_API int reconcile(const struct reconcile_registry *registry,
			    const struct reconcile_options *options,
			    struct reconcile_report **report);

/*
 * Checks the registry alone, without a database and without a word in the log.
 * engine: "postgresql" or "sqlite", whose rules count; NULL: those of both.
 * Returns OK or BAD_REGISTRY (USAGE for any other engine); the report's findings name every error
 * and warning.
 */
RECONCILE_API int reconcile_validate(const struct reconcile_registry *registry, const char *engine,
				     struct reconcile_report **report);

RECONCILE_API void reconcile_report_free(struct reconcile_report *report); /* NULL is fine */

/* All of these take a report that is not NULL, and never return NULL. */
RECONCILE_API const struct reconcile_error *reconcile_report_error(const struct reconcile_report *);
RECONCILE_API const struct reconcile_counts *
reconcile_report_counts(const struct reconcile_report *);
RECONCILE_API const struct reconcile_database *
reconcile_report_database(const struct reconcile_report *);
RECONCILE_API double reconcile_report_elapsed_ms(const struct reconcile_report *);

/* NULL when index is not below the count. */
RECONCILE_API size_t reconcile_report_item_count(const struct reconcile_report *);
RECONCILE_API const struct reconcile_item *reconcile_report_item(const struct reconcile_report *,
								 size_t index);
RECONCILE_API size_t reconcile_report_step_count(const struct reconcile_report *);
RECONCILE_API const struct reconcile_step *reconcile_report_step(const struct reconcile_report *,
								 size_t index);

/* Findings; those of reconcile_validate() in registry order, those of TABLE rows first. */
RECONCILE_API size_t reconcile_report_finding_count(const struct reconcile_report *);
RECONCILE_API const struct reconcile_finding *
reconcile_report_finding(const struct reconcile_report *, size_t index);

/* The plan as a script for psql or sqlite3; the report's. "" when nothing is to be done.
 * NULL only when memory ran out. */
RECONCILE_API const char *reconcile_report_script(struct reconcile_report *);

/*
 * 16 hexadecimal digits that stand for a look and its plan: the registry, the relations that it
 * names as the catalog has them, and the statements. Another number means that one of them is
 * different. "" unless the mode only looks (CHECK, WARN) and the database was seen.
 */
RECONCILE_API const char *reconcile_report_fingerprint(const struct reconcile_report *);

/* The word that text and JSON output use. "unknown" for any other number. */
RECONCILE_API const char *reconcile_state_name(enum reconcile_state state);
RECONCILE_API const char *reconcile_cost_name(enum reconcile_cost cost);
/* The first kind in the set, "type" before "nullability" before ...; NULL for 0. */
RECONCILE_API const char *reconcile_conflict_name(unsigned conflicts);

/* ---- the rules of a registry -------------------------------------------- */

/* What stands behind the code of a finding. Static text, never NULL. */
struct reconcile_rule {
	const char *code;
	bool error; /* else a warning; one about what only one engine refuses is an error when that
		       engine alone is validated for */
	const char *summary;     /* what is found, in a few words */
	const char *explanation; /* why, what happens otherwise, what to do; one paragraph */
	const char *wrong;       /* a row that breaks the rule, or part of one */
	const char *right;       /* the same without the fault */
};

/* All rules, errors first; NULL when index is not below the count. */
RECONCILE_API size_t reconcile_rule_count(void);
RECONCILE_API const struct reconcile_rule *reconcile_rule(size_t index);
/* NULL: there is none of that code. */
RECONCILE_API const struct reconcile_rule *reconcile_rule_find(const char *code);

/* ---- history ------------------------------------------------------------ */

/* One change that was made. Every text may be NULL where the database holds none. */
struct reconcile_history_row {
	long long id;
	const char *run_id;     /* one a process start */
	const char *applied_at; /* ISO 8601, UTC */
	const char *registry;
	const char *fingerprint; /* of the registry, 16 hexadecimal digits */
	const char *action;      /* create_table, add_column, stamp */
	const char *table_name;
	const char *column_name; /* NULL: the whole table */
	const char *definition;
	const char *sql;
	double duration_ms; /* from BEGIN to the row */
	long long attempts;
	const char *db_user;
	const char *host; /* the machine of the process */
	const char *application;
	const char *version;    /* of the library */
	const char *started_at; /* ISO 8601, UTC; NULL: written before 0.3 */
	/* applied; of what does not run in one transaction also running (it is at work, or it was
	 * cut off) and failed. NULL: written before 0.3, applied too. */
	const char *outcome;
	const char *object;   /* what else than a table or a column: a script's name; or NULL */
	const char *checksum; /* of the script's file: its SHA-256; or NULL */
	/* That was changed, see history_schema; NULL: written before 0.3. */
	const char *schema_name;
};

struct reconcile_history;

/* Which rows are read; those that all of it fits. Start from RECONCILE_HISTORY_FILTER_INIT. */
struct reconcile_history_filter {
	size_t size;       /* sizeof(struct reconcile_history_filter), set by the initialiser */
	const char *table; /* NULL: every table */
	/* Applied then or later: "2026-11-21" or "2026-11-21T17:00:00.000Z", shorter ones too, in
	 * UTC; anything else is USAGE. NULL: from the beginning. */
	const char *since;
	long long id; /* 0: any */
	size_t limit; /* the newest; 0: all */
};

#define RECONCILE_HISTORY_FILTER_INIT RECONCILE_SIZED_INIT(reconcile_history_filter)

/*
 * Reads rows, newest first; filter NULL: all of them. A database without history is OK with 0
 * rows. *history is set on failure too (its error says why), NULL only when memory ran out; free
 * it.
 */
RECONCILE_API int reconcile_history_select(const struct reconcile_options *options,
					   const struct reconcile_history_filter *filter,
					   struct reconcile_history **history);
/* The same of the newest limit rows (0: all) of one table (NULL: of every table). */
RECONCILE_API int reconcile_history_read(const struct reconcile_options *options, const char *table,
					 size_t limit, struct reconcile_history **history);
RECONCILE_API size_t reconcile_history_count(const struct reconcile_history *);
RECONCILE_API const struct reconcile_history_row *
reconcile_history_row(const struct reconcile_history *, size_t index);
RECONCILE_API const struct reconcile_error *
reconcile_history_error(const struct reconcile_history *);
RECONCILE_API const struct reconcile_database *
reconcile_history_database(const struct reconcile_history *);
RECONCILE_API void reconcile_history_free(struct reconcile_history *);

/* ---- rollback ----------------------------------------------------------- */

enum reconcile_undo_state {
	RECONCILE_UNDO_READY = 0, /* can be undone */
	RECONCILE_UNDO_DONE,      /* this call undid it */
	RECONCILE_UNDO_GONE,      /* is not there any more: nothing is to be done */
	RECONCILE_UNDO_REFUSED,   /* see reason */
};

/* One change of history, and what undoing it means. */
struct reconcile_undo {
	long long id; /* of its row in history */
	const char *table;
	const char *column;     /* NULL: the whole table, which we created */
	const char *definition; /* what was added; NULL for a table */
	const char *applied_at; /* ISO 8601, UTC */
	enum reconcile_undo_state state;
	const char *reason; /* REFUSED: why, the end of a sentence about it; READY with values -1:
			       why nobody could count them, if that is known; else NULL */
	const char *sql;    /* the statement, complete with ';' */
	long long values;   /* that would be lost: not NULL, or the table's rows; -1: not known */
};

struct reconcile_rollback;

/* What is undone, and how far. Start from RECONCILE_ROLLBACK_INIT. */
struct reconcile_rollback_request {
	size_t size; /* sizeof(struct reconcile_rollback_request), set by the initialiser */

	/* One of these: the newest so many changes; everything newer than that row of history;
	 * that column. All of them 0 or NULL: the newest change. */
	size_t last;
	long long to;
	const char *table;
	const char *column;

	bool apply; /* else only look at what it would mean */
	/* What such a look has found: just that is undone, or, when history has other changes now,
	 * nothing (BUSY). NULL: whatever it is now. */
	const struct reconcile_rollback *seen;
	bool allow_data_loss; /* also where values would be lost */
	bool even_changed;    /* also what somebody has changed since: for development */
	bool keep_registry;   /* although the registry still declares it, and the next start would
				 add it again */
};

#define RECONCILE_ROLLBACK_INIT RECONCILE_SIZED_INIT(reconcile_rollback_request)

/*
 * Takes back what history proves that this registry added, and that nobody has changed since: by
 * the database's own account it is still what history says. Newest first, each in a transaction of
 * its own, with a row of its own in history. When one of them cannot be undone, nothing is
 * (CONFLICT). The mode of the options does not count.
 *
 * OK, or why not; *rollback is set on failure too, NULL only when memory ran out; free it.
 */
RECONCILE_API int reconcile_rollback(const struct reconcile_registry *registry,
				     const struct reconcile_options *options,
				     const struct reconcile_rollback_request *request,
				     struct reconcile_rollback **rollback);
RECONCILE_API size_t reconcile_rollback_count(const struct reconcile_rollback *);
/* Newest first; NULL when index is not below the count. */
RECONCILE_API const struct reconcile_undo *
reconcile_rollback_undo(const struct reconcile_rollback *, size_t index);
RECONCILE_API const struct reconcile_error *
reconcile_rollback_error(const struct reconcile_rollback *);
RECONCILE_API const struct reconcile_database *
reconcile_rollback_database(const struct reconcile_rollback *);
RECONCILE_API void reconcile_rollback_free(struct reconcile_rollback *); /* NULL is fine */
/* "ready", "done", "gone", "refused"; "unknown" for any other number. */
RECONCILE_API const char *reconcile_undo_state_name(enum reconcile_undo_state state);

/* ---- scripts ------------------------------------------------------------ */

/* What history knows of a script. */
enum reconcile_script_status {
	RECONCILE_SCRIPT_PENDING = 0, /* never run, or taken back */
	RECONCILE_SCRIPT_APPLIED,
	RECONCILE_SCRIPT_UNKNOWN, /* it has begun, outside a transaction, and no end is recorded: it
				     is at work, or was cut off; somebody has to look */
	RECONCILE_SCRIPT_FAILED,  /* outside a transaction: a part of it may have been done */
};

struct reconcile_script_state {
	const char *name;
	enum reconcile_script_status status;
	bool down;              /* UNKNOWN, FAILED: it was on its way back */
	const char *checksum;   /* of what was applied; may be NULL */
	const char *applied_at; /* of that row: ISO 8601, UTC */
	const char *started_at;
	const char *db_user; /* may be NULL */
	const char *host;    /* may be NULL */
	long long id;        /* of that row */
};

enum reconcile_script_action {
	RECONCILE_SCRIPT_UP = 0,
	RECONCILE_SCRIPT_DOWN,
	RECONCILE_SCRIPT_STAMP,   /* record as applied, without running it */
	RECONCILE_SCRIPT_UNSTAMP, /* record as pending, without running anything */
};

/* One script, to be run once. All text must stay valid during the call. */
struct reconcile_script {
	size_t size;      /* sizeof(struct reconcile_script), set by the initialiser */
	const char *name; /* "007_add_index": what history knows it by */
	const char *file; /* for messages and history */
	const char *checksum;
	const char *text; /* SQL, as it is in the file; behind it is a NUL. Not of a stamp */
	size_t length;
	bool outside; /* not in a transaction; always so with run */
	/* Instead of SQL: does it and returns 0, or another number, the exit code of a program. */
	int (*run)(void *context);
	void *context;
};

#define RECONCILE_SCRIPT_INIT RECONCILE_SIZED_INIT(reconcile_script)

struct reconcile_scripts;

/*
 * Connects and reads what history knows of scripts. The registry's name stands in their rows. Lent
 * connections are refused (USAGE): a script may leave a session as it likes. *scripts is set on
 * failure too, NULL only when memory ran out; free it.
 */
RECONCILE_API int reconcile_scripts_open(const struct reconcile_registry *registry,
					 const struct reconcile_options *options,
					 struct reconcile_scripts **scripts);

/*
 * Runs a script on a connection of its own, under the lock of all changes: in one transaction with
 * its row in history, or outside, with a row that says "running" until the end. Whoever was faster
 * is believed: *done is then false, and the status OK. statement_timeout_ms does not count for it,
 * lock_timeout_ms does, in a transaction; outside of one no limit of the role's counts either,
 * unless a pooler keeps it, which is logged beforehand. A script in a transaction that did not get
 * a lock is tried again inside budget_ms. CONFLICT when somebody has to look first: see UNKNOWN and
 * FAILED. A script that fails behind a COMMIT of its own is FAILED and not tried again; the hint
 * says what stays. PENDING when another script was run or taken back since this handle looked last:
 * nothing was done, and the states are those of now, to choose anew from.
 */
RECONCILE_API int reconcile_scripts_run(struct reconcile_scripts *scripts,
					const struct reconcile_script *script,
					enum reconcile_script_action action, bool *done);

/* As read by the last call, in no order; NULL when index is not below the count. */
RECONCILE_API size_t reconcile_scripts_count(const struct reconcile_scripts *);
RECONCILE_API const struct reconcile_script_state *
reconcile_scripts_state(const struct reconcile_scripts *, size_t index);
RECONCILE_API const struct reconcile_error *
reconcile_scripts_error(const struct reconcile_scripts *);
RECONCILE_API const struct reconcile_database *
reconcile_scripts_database(const struct reconcile_scripts *);
RECONCILE_API void reconcile_scripts_free(struct reconcile_scripts *); /* NULL is fine */
/* "pending", "applied", "unknown", "failed"; "unknown" for any other number too. */
RECONCILE_API const char *reconcile_script_status_name(enum reconcile_script_status status);

/* ---- configuration ------------------------------------------------------ */

/*
 * What the options, the environment and the INI file say together, for a program that
 * wants a setting of its own from there (manage: registry and color). *config is set on
 * failure too; NULL only when memory ran out.
 */
struct reconcile_config;
RECONCILE_API int reconcile_config_load(const struct reconcile_options *options,
					struct reconcile_config **config);
/* The value of a key of the INI table ("registry", "color", ..., or "runner.py" of its section
 * [runner]); NULL: not set. Words are as the table writes them, whatever their case was; a path is
 * complete or counts from the process's folder. "allow_fresh" counts only from the section that
 * also says where the database is. */
RECONCILE_API const char *reconcile_config_get(const struct reconcile_config *, const char *key);
/* Has the INI file a section of that name that says where a database is (url, url_file, url_env)?
 * It can be the options' `database` then. */
RECONCILE_API bool reconcile_config_has_database(const struct reconcile_config *,
						 const char *section);
RECONCILE_API const struct reconcile_error *reconcile_config_error(const struct reconcile_config *);
RECONCILE_API void reconcile_config_free(struct reconcile_config *);

/* "250", "250ms", "5s", "2m" -> milliseconds; a bare number is milliseconds. -1: not one. */
RECONCILE_API long reconcile_duration_parse(const char *text);

#ifdef __cplusplus
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif

#endif
