/*
 * How a database executes somebody's own script: a table of functions apart from struct backend's,
 * so that a program that runs no scripts has none of them in it. The rules are those of backend.h.
 */
#ifndef BACKEND_EXECUTOR_H
#define BACKEND_EXECUTOR_H

#include "backend.h"

/* Whoever is called again and again while the database is at work. */
struct watch {
	void (*look)(void *context); /* NULL: nobody */
	void *context;
	double every_ms;
};

/* The SQL of a script, as its file has it. */
struct script_text {
	const char *file;
	const char *text; /* behind it is a NUL */
	size_t length;
	struct watch watch;
};

/* What a script has done to the transaction that it was executed in. */
struct script_end {
	bool kept;  /* a COMMIT of its own went through: what it did before that stays */
	bool ended; /* no transaction is open any more */
};

struct executor {
	/*
	 * Executes a script, in the open transaction or, without one, outside. It may take its
	 * time. *end is filled in when it fails, too; a lost connection leaves it at what had been
	 * answered. err names the file and, as far as the database tells, line and column.
	 */
	bool (*execute)(struct session *session, const struct script_text *script,
			struct script_end *end, struct error *err);
	/* Writes the outcome into the row of history that this run has left as "running", in the
	 * open transaction or in one of its own. false also when there is no such row. */
	bool (*conclude)(struct session *session, const char *run_id, const char *object,
			 const char *outcome, struct error *err);
	/*
	 * Which limits of time the database has for this session, whose statement outside a
	 * transaction they may end: *standing is one text of them, NULL if there are none. A
	 * session with *options (see session_settings) has none of them, if nothing between it and
	 * the server keeps those out. NULL: there are no such limits.
	 */
	bool (*limits)(struct session *session, const char **standing, const char **options,
		       struct arena *arena, struct error *err);
	/* What does that process of the server wait for: who has it? The session is another one.
	 * None if it waits for nothing. NULL: nobody can be asked while the database is at work. */
	bool (*blockers)(struct session *session, int32_t process, struct blocker **blockers,
			 size_t *count, struct arena *arena, struct error *err);
};

extern const struct executor executor_postgres;
extern const struct executor executor_sqlite;

const struct executor *executor_of(const struct session *session);

/* ---- for those who implement it ------------------------------------------- */

/* Where in a text something is, counted from 1, in characters. */
struct text_place {
	size_t line;
	size_t column;
};
struct text_place text_place(const char *text, size_t character);
/* Behind the mark that some editors put before UTF-8, which no database reads. */
const char *script_begin(const struct script_text *script);
/* No database takes a NUL, and none says so. false: there is one. */
bool script_is_text(const struct script_text *script, struct error *err);

#endif
