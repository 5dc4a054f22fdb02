/*
 * What went wrong: made once, at the root, and prefixed with its place on the way up.
 * Owned by the caller, no memory of its own, so that "out of memory" can be said too.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <reconcile.h>
#include <stdarg.h>

/* What may be done about it. */
enum error_class {
	ERROR_FATAL = 0, /* trying again gives the same */
	ERROR_BUSY,      /* a lock was not had in time: try again after a pause */
	ERROR_RETRY,     /* another starter was faster, or the server is short of something */
	ERROR_LOST,      /* the connection is gone; nothing was committed */
	ERROR_UNKNOWN,   /* the connection went while COMMIT was on its way: look again */
};

/* Zeroed = no error. */
struct error {
	enum reconcile_status status; /* RECONCILE_OK: no error */
	enum error_class class;
	char sqlstate[6]; /* "" if the database gave none */
	char message[1024];
	char hint[1024]; /* "" if there is nothing to say */
	/* The limit of time that ended it: a setting of the database, or one of ours. NULL: none.
	 * Static text. */
	const char *limit;
	bool exhausted; /* it is our own memory that ran out: trying again would want it too */
};

/* Sets it unless it is set already: the first one wins. Always false, to be returned. */
__attribute__((format(printf, 3, 4))) bool
error_set(struct error *err, enum reconcile_status status, const char *format, ...);
/* error_set(FAILED, "out of memory"), and exhausted. */
bool error_memory(struct error *err);
/* "place: " in front of the message. Always false. */
__attribute__((format(printf, 2, 3))) bool error_prefix(struct error *err, const char *format, ...);
/* Replaces the hint. It calls the command `manage ...`, see error_name_command(). */
__attribute__((format(printf, 2, 3))) void error_hint(struct error *err, const char *format, ...);
/* Replaces every occurrence of secret (when longer than two bytes) in message and hint by ***. */
void error_scrub(struct error *err, const char *secret);
void error_clear(struct error *err);
/* Every "`manage " of the hint becomes "`COMMAND ": what the program's users know it by. */
void error_name_command(struct error *err, const char *command);

#endif
