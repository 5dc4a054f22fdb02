/* A PostgreSQL connection of the test's own, beside the service's. */
#ifndef TORTURE_SESSION_H
#define TORTURE_SESSION_H

#include <libpq-fe.h>

/* The test fails if there is no connection; PQfinish() it. */
PGconn *session_new(const char *url, const char *application);

/* Runs SQL (several statements are fine) and fails the test on an error. */
void session_run(PGconn *session, const char *sql);

/* Begins as a reconciler begins a change: with the lock of schema public that lets one of them
 * work at a time (SQL_LOCK_CLASS in src/backend/postgres.h). */
#define SESSION_AS_RECONCILER                                                                      \
	"BEGIN; SELECT pg_advisory_xact_lock(1919247215, pg_catalog.hashtext('public'))"

#endif
