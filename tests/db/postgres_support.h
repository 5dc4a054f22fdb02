/* What the tests of the PostgreSQL backend share: a session on a fresh database. */
#ifndef DB_POSTGRES_SUPPORT_H
#define DB_POSTGRES_SUPPORT_H

#include "../../src/backend/postgres.h"
#include "../support/database.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct database *database;
	struct url url;
	struct session_settings settings;
	struct arena arena;
	struct error err;
	struct session *session;
};

/* A fresh database; no session yet. */
static inline void fixture_new(struct fixture *fixture)
{
	*fixture = (struct fixture){.database = database_new(ENGINE_POSTGRES)};
	fixture->url = (struct url){.conninfo = fixture->database->url};
	fixture->settings = (struct session_settings){
		.url = &fixture->url,
		.application = "test",
		.catalog = RECONCILE_CATALOG_AUTO,
		.lock_timeout_ms = 250,
		.statement_timeout_ms = 5000,
		.connect_timeout_ms = 10000,
	};
}

/* As a boot does. */
static inline void fixture_open(struct fixture *fixture)
{
	struct session *started = backend_postgres.start(&fixture->settings);
	cr_assert(backend_postgres.open(&fixture->session, started, &fixture->settings,
					&fixture->err),
		  "%s", fixture->err.message);
}

static inline void fixture_close(struct fixture *fixture)
{
	backend_postgres.close(fixture->session);
	fixture->session = NULL;
}

static inline void fixture_free(struct fixture *fixture)
{
	fixture_close(fixture);
	arena_release(&fixture->arena);
	database_free(fixture->database);
}

/* Reads tables and types; fails the test on an error. */
static inline struct catalog fixture_read(struct fixture *fixture, const char *const *names,
					  size_t name_count, const char *const *types,
					  size_t type_count)
{
	struct read_request request = {names, name_count, types, type_count, false};
	struct catalog catalog;
	size_t bad = SIZE_MAX;
	cr_assert(backend_postgres.read(fixture->session, &request, &catalog, &bad, &fixture->arena,
					&fixture->err),
		  "%s (type %zu)", fixture->err.message, bad);
	return catalog;
}

/* No table of ours but history, no lock, no transaction that is still open. */
static inline void expect_nothing_left(struct fixture *fixture)
{
	struct database *database = fixture->database;
	cr_expect_eq(database_number(database, "SELECT count(*) FROM pg_class\n"
					       " WHERE relname LIKE 'reconcile\\_%%'\n"
					       "   AND relname NOT LIKE 'reconcile\\_history%%'"),
		     0);
	cr_expect_eq(database_number(database, "SELECT count(*) FROM pg_locks l\n"
					       "  JOIN pg_database d ON d.oid = l.database\n"
					       " WHERE d.datname = current_database()\n"
					       "   AND l.locktype = 'advisory'"),
		     0);
	cr_expect_eq(database_number(database, "SELECT count(*) FROM pg_stat_activity\n"
					       " WHERE datname = current_database()\n"
					       "   AND pid <> pg_backend_pid()\n"
					       "   AND state LIKE 'idle in transaction%%'"),
		     0);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
