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

static inline void fixture_open(struct fixture *fixture)
{
	cr_assert(backend_postgres.open(&fixture->session, &fixture->settings, &fixture->err), "%s",
		  fixture->err.message);
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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
