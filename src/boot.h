/* One boot: what reconcile() knows while it runs, and the steps that it is made of. */
#ifndef BOOT_H
#define BOOT_H

#include "backend/backend.h"
#include "base/clock.h"
#include "config.h"
#include "model/plan.h"

struct boot {
	struct arena *arena; /* lives as long as the report */
	struct arena *round; /* of one look at the database: emptied before the next */
	const struct config *config;

	const struct backend *backend;
	struct session *started; /* the session that looks, before it is connected; or NULL */
	struct session *session; /* looks; NULL: not connected */
	struct session *worker;  /* makes the changes: session, or ddl_url's; NULL: not connected */

	/* What this boot did. */
	size_t created_count;
	size_t added_count;
	size_t stamped_count;
	bool *created;           /* one a declared table */
	bool **added;            /* one a declared table: NULL, or one flag a column of it */
	size_t unknown_table;    /* its COMMIT had no answer: index + 1, 0: none */
	size_t unknown_stamp;    /* the same of a stamp */
	long long attempts;      /* tries, the current one included */
	unsigned pauses;         /* since the last success */
	unsigned collisions;     /* "already exists" in a row, see boot_pause() */
	unsigned fruitless;      /* rounds of applying in a row that found nothing to do */
	bool stale;              /* it changed something since the last look */
	bool unconfirmed;        /* what it committed may not be on a standby yet */
	double waiting_since_ms; /* when the first of those pauses began */
	double next_waiting_ms;  /* when `waiting` may be logged again */
	struct yielding {        /* who holds a lock and gives way, see blocker.h */
		const char *table;
		long ms;
		size_t count;          /* 0: nobody, as far as is known */
		const char *relations; /* see struct change */
		struct yielding *next;
	} * yielding;
	struct watched { /* whom the script of the last try was seen to wait for, see job.c */
		struct arena arena;
		struct blocker *blockers;
		size_t count;
	} watched;
	double began_ms;
	double deadline_ms; /* the budget's end; 0 until something is to be done */

	/* The last look. */
	bool looked;
	struct index index;
	struct sql sql;
	struct catalog catalog;
	struct diff diff;
	struct plan plan;

	/* What the relations were when the plan that is expected was made: one a declared table.
	 * NULL: no plan is expected, or there was no look yet. */
	uint64_t *expected;

	/* What adding costs and is allowed: what the database was asked stays known. */
	struct terms terms;
	struct table_size *sizes;  /* one a declared table; NULL: none was asked for */
	bool *measured;            /* one a declared table */
	struct custody *custodies; /* one a declared table; NULL: none was asked for */
	bool *recognised;          /* one a declared table */

	/* What the worker may not do, asked once a session. */
	bool inspected;
	struct session_facts facts;
	struct denial read_only; /* why NULL: it is not */

	struct left_processes left;

	/* What a change would meet, or do to others, beside what the items say. */
	bool foreseen;
	struct reconcile_finding *findings;
	size_t finding_count;

	struct session_settings settings;
	struct session_settings worker_settings;
	struct chance chance;
	char run_id[17];
	char fingerprint[17]; /* of the registry; set before the first change */
	char host[256];
};

/* NULL, or why the worker may not change that table, as far as it was asked. */
static inline const struct denial *boot_denial(const struct boot *boot,
					       const struct table_diff *table)
{
	const struct denial *denial;
	if (!boot->inspected)
		return NULL;
	if (boot->read_only.why != NULL)
		return &boot->read_only;
	denial = table->create ? &boot->facts.create
			       : &boot->facts.alter[table->table - boot->index.tables];
	if (denial->why == NULL)
		denial = &boot->facts.history; /* without its row there is no change */
	return denial->why != NULL ? denial : NULL;
}

/* ---- boot.c ------------------------------------------------------------- */

/* Everything but the connection. The arenas are the caller's. */
bool boot_begin(struct boot *boot, const struct reconcile_registry *registry,
		const struct config *config, struct arena *arena, struct arena *round,
		struct error *err);
/* The budget's time counts from now on, unless it does already. */
void boot_begin_budget(struct boot *boot);
/* Takes another registry, before anything was changed. */
bool boot_index(struct boot *boot, const struct reconcile_registry *registry, struct error *err);
/* Connects the session that looks, unless it is connected. */
bool boot_connect(struct boot *boot, struct error *err);
/* The same for the one that makes the changes. */
bool boot_connect_worker(struct boot *boot, struct error *err);
/* Is the worker's database the one that is looked at? Otherwise BAD_CONFIG. */
bool boot_same_database(struct boot *boot, struct error *err);
/* Reads history outside a transaction: as the session that looks, or, when that one may not, as the
 * one that makes the changes. See struct backend. */
bool boot_history(struct boot *boot, const struct history_filter *filter,
		  struct reconcile_history_row **rows, size_t *count, struct arena *arena,
		  struct error *err);
/* Is it not to stop? Otherwise BUSY. */
bool boot_goes_on(const struct boot *boot, struct error *err);
/* Says which database the session is connected to; nothing without one. false: memory ran out. */
__attribute__((warn_unused_result)) bool boot_describe(const struct boot *boot,
						       struct reconcile_database *database,
						       struct arena *arena, struct error *err);
/* Connects unless connected, reads the catalog (one query) and compares. */
bool boot_look(struct boot *boot, struct error *err);
/* Something is missing: what may the session do about it, what does it cost, is that allowed? The
 * diff and the plan then say so. */
bool boot_prepare(struct boot *boot, struct error *err);
/*
 * After a failure: false when trying again is of no use or the budget is spent (then *err says who
 * is in the way); true after a pause, with *err cleared. table: which one it was about, or NULL.
 */
bool boot_pause(struct boot *boot, const struct table_diff *table, struct error *err);
void boot_end(struct boot *boot);
/* Keeps what is to be known of the worker when it is no longer there. */
void boot_note_session(struct boot *boot);
/* An error that a limit of the database's has caused then says where that is set. */
void boot_explain(struct boot *boot, struct error *err);

/* ---- confirmation.c ----------------------------------------------------- */

/* After what was committed: waits, not for long, until a synchronous standby has it, if the
 * session's settings ask for that. A warning if it has not. */
void boot_confirm(struct boot *boot);

/* ---- permission.c ------------------------------------------------------- */

/* Is there something missing that could be added, whoever may and whatever it costs? */
bool boot_lacks(const struct boot *boot);
/* Is there something missing that can be added on the terms? */
bool boot_has_work(const struct boot *boot);
/* Asks the server what the worker may do, once a session. */
bool boot_inspect(struct boot *boot, struct error *err);
/* Is there a table with something missing that the worker may change? */
bool boot_may_work(const struct boot *boot);

/* ---- foresight.c -------------------------------------------------------- */

/* Something is missing: can history take its row, and who else is told of the change? Once a boot,
 * into the findings and the log. A mere look asks the worker for it. */
bool boot_foresee(struct boot *boot, struct error *err);
/* Is there something in the way of every change, for whoever makes it? */
bool boot_is_barred(const struct boot *boot);

/* ---- apply.c ------------------------------------------------------------ */

/*
 * Every table with something missing, each in a transaction of its own. *failed: the table that
 * *err is about. A table whose lock was not had does not keep the others waiting.
 */
bool boot_apply(struct boot *boot, const struct table_diff **failed, struct error *err);
/* A change of that table by this boot, without statements and entries. history: as it was read in
 * the open transaction. */
struct change boot_change(struct boot *boot, const char *table, const struct relation *history);
/* After a COMMIT without an answer: was it ours that is there now? History knows. */
bool boot_settle(struct boot *boot, struct error *err);
/* Marks in the last look's items and counts what this boot added. */
void boot_mark_applied(struct boot *boot);

/* ---- expectation.c ------------------------------------------------------ */

/* Of the last look and its plan, 16 hexadecimal digits; "" without one. NULL: out of memory. */
const char *boot_plan_fingerprint(const struct boot *boot);
/* Is the last look the one that is expected, or what this boot has made of it? Otherwise BUSY. */
bool boot_expect_look(struct boot *boot, struct error *err);
/* Is that table, read in its transaction, what the look showed? Otherwise BUSY. */
bool boot_expect_table(const struct boot *boot, const struct indexed_table *table,
		       const struct relation *relation, struct error *err);

/* ---- stamp.c ------------------------------------------------------------ */

/* The action of what was there before history was. */
#define HISTORY_STAMP "stamp"
/* Those of what was ours and was undone. */
#define HISTORY_DROP_COLUMN "drop_column"
#define HISTORY_DROP_TABLE "drop_table"

/* Records each table that is there, by what is as declared in it, unless history knows it: each in
 * a transaction of its own. */
bool boot_stamp(struct boot *boot, struct error *err);

/* ---- announce.c: what ops reads ----------------------------------------- */

void announce_connected(const struct boot *boot);
void announce_starting(void *context, const struct error *why); /* session_settings.waiting */
void announce_change(const struct boot *boot, const struct table_diff *table, double elapsed_ms);
void announce_undo(const struct boot *boot, const struct reconcile_undo *undo, double elapsed_ms);
/* what: "applied", "taken back", ... */
void announce_script(const struct boot *boot, const struct reconcile_script *script,
		     const char *what, double elapsed_ms);
void announce_stamp(const struct boot *boot, const struct indexed_table *table);
void announce_retry(const struct boot *boot, const struct table_diff *table,
		    const struct error *err, double pause_ms);
/* is_usual: it is no cause for concern yet. */
void announce_waiting(const struct boot *boot, const struct table_diff *table, const char *blockers,
		      bool is_usual);
void announce_denial(const struct boot *boot, const struct table_diff *table,
		     const struct denial *denial);
/* After giving up: what is still to run. */
void announce_left(const struct boot *boot);
/* Of history, and of how many tables' subscribers. */
void announce_foresight(const struct boot *boot, const char *publications, size_t tables);
void announce_findings(const struct boot *boot);
void announce_summary(const struct boot *boot);
/* Also puts the name of the configuration's command into the hint. */
void announce_failure(const struct config *config, struct error *err);

#endif
