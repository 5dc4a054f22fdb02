/*
 * A backend that exists only to inject failures: a small catalog in memory, whose functions fail
 * when they are told to, and which notes every breach of the rules of src/backend/backend.h. The
 * linker puts it in (--wrap=backend_for): the product knows nothing of it.
 */
#ifndef UNIT_FAKE_BACKEND_H
#define UNIT_FAKE_BACKEND_H

#include "../../src/backend/executor.h"

enum fake_call {
	FAKE_OPEN,
	FAKE_READ,
	FAKE_NAME_TYPES,
	FAKE_COMPARE_DEFAULTS,
	FAKE_ASSESS,
	FAKE_MEASURE,
	FAKE_RECOGNISE,
	FAKE_INSPECT,
	FAKE_BEGIN,
	FAKE_CHANGE,
	FAKE_COMMIT,
	FAKE_ROLLBACK,
	FAKE_BLOCKERS,
	FAKE_HISTORY,
	FAKE_EXECUTE,
	FAKE_CONCLUDE,
	FAKE_CLOSE, /* of a session: close(NULL) is not counted */
	FAKE_CALLS,
};

/* What texts of a session say after it was closed: nobody may look at them any more. */
#define FAKE_CLOSED "(of a closed session)"

struct fake_failure {
	enum fake_call call; /* not CLOSE or ROLLBACK, which cannot fail */
	unsigned first;      /* from this call on (1: the first) ... */
	unsigned count;      /* ... that many times; 0: for ever */
	enum error_class class;
	const char *sqlstate; /* NULL: none */
	const char *table;    /* counts only calls about that table (BEGIN to COMMIT); NULL: all */
	bool committed;       /* COMMIT, EXECUTE: fails, but has had its effect */
	bool kept;            /* EXECUTE: fails behind a COMMIT of the script's own */
	unsigned seen;        /* calls so far */
	unsigned injected;    /* failures so far */
};

struct fake_table {
	const char *name;
	enum relation_kind kind;
	struct attribute attributes[8];
	size_t attribute_count;
};

struct fake_history {
	char run_id[17];
	const char *table;
	const char *action;
	const char *column; /* NULL: the table */
	const char *registry;
	char definition[64];
	char sql[512];
	char object[32]; /* a script's name; "": a table or column */
	char outcome[16];
};

struct fake_database {
	struct fake_table tables[8];
	size_t table_count;
	struct fake_history history[32];
	size_t history_count;
	size_t executed; /* scripts */
};

/* What goes wrong in a change that the database calls a success. */
enum fake_sabotage {
	FAKE_HONEST,
	FAKE_ADDS_ANOTHER, /* column 'stranger' */
	FAKE_DROPS_ONE,    /* the table's first column */
	FAKE_LEAVES_OUT,   /* the last planned column */
	FAKE_RETYPES,      /* the last planned column */
	FAKE_DROPS_TABLE,
};

struct fake {
	const struct reconcile_registry *registry;
	struct fake_database committed; /* what everybody sees */
	struct fake_database working;   /* what the open transaction sees */
	bool in_transaction;
	bool is_started;
	unsigned open_sessions;
	unsigned sessions_allowed; /* at once; 0: one */
	const char *table;         /* of the last transaction; "": none of the registry's */
	char next[64];             /* the table that commit was told to begin with; "": none */

	struct fake_failure failures[8];
	size_t failure_count;
	enum fake_sabotage sabotage;
	const char *read_only;
	const char *may_not_create;
	const char *may_not_alter; /* for the table alter_table only */
	const char *alter_table;
	const char *custody_table; /* whose custody is that one */
	struct custody custody;
	enum default_answer default_answer; /* to every pair */
	struct {
		const char *definition; /* NULL: any */
		enum reconcile_cost cost;
		const char *reason;
	} costs[4];             /* the first that fits; without one it costs CATALOG */
	bool answers_nothing;   /* about costs */
	long long rows;         /* of every table */
	size_t asked;           /* pairs, definitions and tables in all */
	long long count_to;     /* of the last table that was measured */
	const char *bad_type;   /* a type text that it does not know */
	struct blocker blocker; /* pid 0 and what NULL: there is none */
	void (*before_begin)(struct fake *fake); /* somebody else, between two calls of ours */
	void (*after_commit)(struct fake *fake);

	unsigned calls[FAKE_CALLS];
	char trace[512];       /* "open read close": the calls, in order, as far as there is room */
	const char *violation; /* the first breach of a rule; NULL: none */
	size_t entries;        /* of the last change */
	size_t statements;     /* of the last change */
	size_t yield_count;    /* of the last change that waits for who yields */
	long yields_ms;        /* of that one */
};

extern struct fake fake;

/* An empty database and no failures. The registry says what a change adds. */
void fake_reset(const struct reconcile_registry *registry);
/* As if the registry's column (the whole table with NULL) had been there for ever. */
void fake_have(const char *table, const char *column);
/* A relation that is not a table. */
void fake_have_view(const char *name);
struct fake_table *fake_table(struct fake_database *database, const char *name);
void fake_drop(struct fake_table *table, const char *column);
/* The newest one that is due wins. */
void fake_fail(struct fake_failure failure);
/* How many history rows there are about it; column NULL: about the table itself. */
size_t fake_history_count(const char *table, const char *column);

#endif
