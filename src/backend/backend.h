/*
 * The seam between the boot (reconcile.c) and a database: a const table of functions. One file
 * a database implements it; the only other one is a fake in the tests that injects failures.
 *
 * Rules for every function: false means *err is set, with a class (error.h) that says
 * whether trying again helps. After class LOST or UNKNOWN the session is dead: only
 * session_close() may follow. Nothing is logged here. Nothing session-scoped is left in
 * the database: no SET, no session lock, no prepared statement with a name.
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include "../base/arena.h"
#include "../base/error.h"
#include "../base/stop.h"
#include "../model/catalog.h"
#include "../model/custody.h"
#include "../model/default.h"
#include "../model/sql.h"
#include "../model/terms.h"
#include "url.h"

/* A session: one connection, own or lent. Each backend's struct begins with this. */
struct session {
	const struct backend *backend;
	const struct dialect *dialect; /* for this server's version; context = the session */
	const char *place;             /* "app@db1/main" or the file's path; the session's */
	int32_t process;     /* the server's, that had our last transaction; 0: none or not known */
	bool unconfirmed;    /* see confirm() */
	const char *version; /* "15.20" */
};

/* All that a session needs to know; kept by pointer, must outlive it. */
struct session_settings {
	const struct url *url;      /* NULL with a lent connection */
	struct pg_conn *pg;         /* lent; else NULL */
	struct sqlite3 *sqlite;     /* lent; else NULL */
	const char *schema;         /* NULL: current schema ("main" on SQLite) */
	const char *history_schema; /* PostgreSQL: of history; NULL: the same */
	const char *application;    /* never NULL */
	enum reconcile_catalog catalog;
	long lock_timeout_ms;
	long statement_timeout_ms;
	long connect_timeout_ms; /* PostgreSQL: for the connection and for a read's answer */
	/* The budget's end (clock_ms()), which bounds both; 0 as long as it has not begun. NULL:
	 * there is none. */
	const double *deadline_ms;
	const char *role;    /* PostgreSQL: taken on in inspect, assess, measure and begin, until
				the end of each one's transaction, and in history if the session's
				own may not read it; NULL: none */
	const char *options; /* PostgreSQL: at start-up, instead of the URL's; NULL: the URL's */
	bool create_database;
	/* Called before each pause while the server is not there yet; may be NULL. */
	void (*waiting)(void *context, const struct error *why);
	void *waiting_context;
	/* Processes of sessions that were lost: the server may not have ended them yet. */
	const struct left_processes *left;
	struct stop stop; /* asked while something is waited for, never about the end of it all:
			     COMMIT, ROLLBACK, and how a script ended */
};

enum { LEFT_PROCESSES = 8 };
struct left_processes {
	int32_t numbers[LEFT_PROCESSES];
	size_t count;
};

/* What one read asks for. */
struct read_request {
	const char *const *names; /* relations */
	size_t name_count;
	const char *const *types; /* type texts to resolve; may be none */
	size_t type_count;
	/* No second look for the schema's name. A backend that has it for nothing gives it. */
	bool brief;
};

/* What the role may not do, and the statement by which somebody else can let it. */
struct denial {
	const char *why;   /* NULL: it may */
	const char *grant; /* complete with ';'; NULL: no statement does it */
	bool conflict;     /* no right is missing: something else is in the way, for everybody */
};

/* Who is sent the rows of a table, and stops when the table there is not the same. */
struct audience {
	const char *publications; /* "a, b"; NULL: nobody */
	const char *sql;          /* of history: what makes it there, "" if nothing is new */
	bool creates;             /* of history: the table is new */
};

/* What is known about the session when something is missing. */
struct session_facts {
	const char *schema;         /* the target schema; NULL: there is none */
	const char *read_only;      /* why nothing can be written ("a hot standby"), or NULL */
	const char *read_only_hint; /* what to do about it; NULL: there is a primary to go to */
	struct denial create;       /* of tables here */
	const struct denial *alter; /* one a name asked for */
	struct denial history;      /* of its row, without which no change is made */
	const char *db_user;
	const struct audience *audiences; /* one a name asked for; NULL: there are none */
	struct audience history_audience;
};

/* What is asked about adding a column of that definition to a table with rows. */
struct cost_question {
	const char *definition; /* "VARCHAR(20) NOT NULL DEFAULT 'x'", see sql_definition() */
	const char *type;       /* the type in it */
	/* NONE: the database was not asked, the rules of terms.h hold. */
	enum reconcile_cost cost;
	const char *reason; /* of the cost, or why it was not asked; may be NULL */
};

/* How large a relation is. */
struct size_question {
	const char *name;
	const char *column; /* only rows with a value in it; NULL: all rows */
	long long count_to; /* count the rows, up to one more than that; -1: estimate */
	struct table_size size;
	const char *why; /* nobody could count them; NULL: it is not known, or they are counted */
};

/* Who holds what we wait for. What the role may not see, or there is not, is NULL or 0. */
struct blocker {
	long long pid; /* 0: no process does, as of a prepared transaction */
	const char *user;
	const char *application;
	const char *state;  /* "idle in transaction" */
	double age_ms;      /* of its transaction */
	const char *what;   /* "autovacuum of t"; NULL: an ordinary session */
	const char *advice; /* what to do about it; NULL: end its transaction, or wait */
	/* It gives way to who waits that long, and keeps nobody else out meanwhile, see struct
	 * change; 0: to nobody, or not to this role. */
	long yields_ms;
	const char *relation; /* that is held, quoted; NULL: none, or it is known to the caller */
};

/* Which rows of history are read. */
struct history_filter {
	const char *table;  /* NULL: of every table */
	const char *object; /* NULL: of everything */
	bool objects;       /* only of what has such a name: scripts */
	const char *since;  /* "2026-11-21T17:00:00.000Z"; NULL: from the beginning */
	long long id;       /* 0: any */
	size_t limit;       /* the newest; 0: all */
};

/* One change, to be executed and written to history in the open transaction. */
struct change {
	const char *table;
	const char *const *statements;
	size_t statement_count;
	struct history_entry {
		const char *action; /* create_table, add_column, stamp */
		const char *column; /* NULL: the table */
		const char *definition;
		const char *sql;
	} const *entries;
	size_t entry_count;
	struct change_column {
		const char *name;
		const char *definition; /* see sql_definition() */
	} const *columns;               /* that the statements make */
	size_t column_count;
	struct change_loss {
		const char *column; /* that the statements drop; NULL: the table itself */
		bool allowed;       /* although there are values in it, or rows */
	} const *loss;              /* NULL: nothing is dropped */
	const char *run_id;
	const char *registry;
	const char *fingerprint; /* 16 hexadecimal digits */
	long long attempts;
	const char *host;
	const char *application;
	const char *outcome;            /* NULL: applied */
	const char *object;             /* a script's name; NULL: a table or column */
	const char *checksum;           /* of the script; or NULL */
	const struct relation *history; /* catalog->history of begin(); made or completed first */
	/*
	 * Who yields is waited for that long, before the statements, for a lock that readers and
	 * writers do not queue behind; how often, one after the other. 0: nobody is.
	 */
	long yields_ms;
	size_t yield_count;
	const char *yield_relations; /* that they hold, quoted: "a, b"; NULL: it is the table */
};

/* Says that so many values, or rows, would be lost. Always false. */
bool change_loses(const struct change *change, long long count, struct error *err);

struct backend {
	const char *engine;

	/* Begins to connect, and waits for nothing: for open(), or close(). NULL if there is
	 * nothing to begin with: open() does it all, and says what is wrong. A backend may have no
	 * such function. */
	struct session *(*start)(const struct session_settings *settings);
	/* Connects, waiting for a server that is still starting, or takes over the lent
	 * connection (USAGE unless idle). started, unless NULL, is what start() gave for the same
	 * settings, and is used up. *session is NULL on failure. */
	bool (*open)(struct session **session, struct session *started,
		     const struct session_settings *settings, struct error *err);
	/* Rolls back what is open, closes an own connection, leaves a lent one as found.
	 * NULL is fine. */
	void (*close)(struct session *session);

	/*
	 * Reads relations and resolves types in one round trip (information_schema: two), one
	 * statement, outside a transaction of ours. A type that the database does not know is
	 * BAD_REGISTRY; *bad_type is then its index (otherwise left alone).
	 */
	bool (*read)(struct session *session, const struct read_request *request,
		     struct catalog *catalog, size_t *bad_type, struct arena *arena,
		     struct error *err);
	/* Fills in type_text of every attribute that has none: for messages and status. */
	bool (*name_types)(struct session *session, struct catalog *catalog, struct arena *arena,
			   struct error *err);
	/*
	 * Asks the database whether defaults mean the same: one statement that reads no table,
	 * outside a transaction of ours. A pair that cannot be asked stays NOT_KNOWN and is no
	 * failure.
	 */
	bool (*compare_defaults)(struct session *session, struct default_pair *pairs, size_t count,
				 struct arena *arena, struct error *err);
	/*
	 * Asks the database what adding such columns costs, away from the real tables: in a
	 * transaction of its own that is rolled back, bounded by the timeouts. A question that
	 * cannot be asked (no TEMP privilege, a standby) is answered NONE and is no failure.
	 */
	bool (*assess)(struct session *session, struct cost_question *questions, size_t count,
		       struct arena *arena, struct error *err);
	/* Estimates without a lock; counts under lock_timeout, BUSY when that runs out. */
	bool (*measure)(struct session *session, struct size_question *questions, size_t count,
			struct arena *arena, struct error *err);
	/* Do both see the same database? false also when it cannot be told; err says why. NULL:
	 * there is no second connection to such a database. */
	bool (*same_database)(struct session *session, struct session *other, struct error *err);
	/*
	 * Whose are these tables, which lack something or are to lose something? custodies: one a
	 * name, zeroed; a name that is no table keeps that. One statement, and one more for each
	 * extension whose own catalog has to be asked.
	 */
	bool (*recognise)(struct session *session, const char *const *names, size_t name_count,
			  struct custody *custodies, struct arena *arena, struct error *err);
	/* Asks what the session may do about these tables. */
	bool (*inspect)(struct session *session, const char *const *names, size_t name_count,
			struct session_facts *facts, struct arena *arena, struct error *err);

	/*
	 * Begins a transaction, bounded by the timeouts, as the only reconciler of the schema, and
	 * reads the relations, and history's, in it. BUSY when another reconciler is at work;
	 * nothing is then open. On any false nothing is open. The catalog's types are not resolved.
	 * After a commit() that was told what comes next, the request is that one.
	 */
	bool (*begin)(struct session *session, const struct read_request *request,
		      struct catalog *catalog, struct arena *arena, struct error *err);
	/* Executes the change and its history rows, then reads the relations again. On false the
	 * transaction must be rolled back. CONFLICT when values would be lost that may not be:
	 * counted when nobody else can write any more; also when no row can be kept where history
	 * is. */
	bool (*change)(struct session *session, const struct change *change,
		       const struct read_request *request, struct catalog *catalog,
		       struct arena *arena, struct error *err);
	/*
	 * next, unless NULL, is what begin() will ask for. A backend may begin that transaction in
	 * the same round trip; only begin(), rollback() or close() may then follow.
	 */
	bool (*commit)(struct session *session, const struct read_request *next, struct error *err);
	/* Of the open transaction, or of the one that commit() began; without one, nothing. */
	void (*rollback)(struct session *session);
	/*
	 * Has everything that was committed here reached where the session's own settings want it
	 * (a synchronous standby)? commit() waits for no other server, so that nobody else waits
	 * for it meanwhile, and marks the session as unconfirmed; a new session of the same
	 * database may ask too. Waits for wait_ms at most, holding no lock. false: not yet, or
	 * nobody could be asked. NULL: there is nothing to wait for.
	 */
	bool (*confirm)(struct session *session, double wait_ms);
	/* Of an error with a limit: says where that is set, and what to do. Outside a transaction;
	 * the session may be another one than that which the limit ended. NULL: there are none. */
	void (*explain_limit)(struct session *session, struct error *err);

	/* Who keeps us from altering that table, or from being the only reconciler. */
	bool (*blockers)(struct session *session, const char *table, struct blocker **blockers,
			 size_t *count, struct arena *arena, struct error *err);

	/*
	 * Newest first; none if there is no such table. All that the filter fits, or a failure:
	 * NOT_PERMITTED when this role is not shown every row, CONFLICT when it is not history
	 * that has the name.
	 */
	bool (*history)(struct session *session, const struct history_filter *filter,
			struct reconcile_history_row **rows, size_t *count, struct arena *arena,
			struct error *err);
};

extern const struct backend backend_postgres;
extern const struct backend backend_sqlite;

/* The backend for a lent connection or a URL; BAD_CONFIG when it was left out of this build. */
const struct backend *backend_for(const struct session_settings *settings, struct error *err);

/* The descriptor that a lent connection talks to its server through; -1: it has none, or NULL. */
int backend_descriptor(const struct pg_conn *lent);
/* The same, for backend.c: of postgres_connect.c, which this build may not have. */
int postgres_descriptor(const struct pg_conn *lent);

#endif
