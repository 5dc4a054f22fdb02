/*
 * The contract of src/backend/backend.h, as tests that know no database: each case is a function
 * with a name and runs once for every variant of contract_variants, as a Criterion test of its own
 * that is called CASE_on_VARIANT.
 */
#ifndef TESTS_DB_CONTRACT_H
#define TESTS_DB_CONTRACT_H

#include "../../src/backend/backend.h"
#include "../support/database.h"
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sqlite3.h>

enum contract_variant_id {
	CONTRACT_SQLITE,
	CONTRACT_SQLITE_WAL,
	CONTRACT_PG_CATALOG,
	CONTRACT_INFORMATION_SCHEMA,
	CONTRACT_POOLED_PG_CATALOG,
	CONTRACT_POOLED_INFORMATION_SCHEMA,
};

struct contract_variant {
	const char *name;
	enum engine engine;
	enum reconcile_catalog catalog;
	bool pooled; /* through PgBouncer in transaction mode; skipped when it is not running */
	bool wal;    /* SQLite's journal mode */
};

/* What a case is given: a fresh database, and settings that open it. */
struct contract {
	const struct contract_variant *variant;
	const char *name; /* the variant's, for messages */
	struct database *database;
	const char *text; /* the URL */
	struct url url;
	struct session_settings settings;
	const struct backend *backend;
	struct arena arena;
};

typedef void contract_case(struct contract *c);
void contract_run(contract_case *run, enum contract_variant_id variant);

#define CONTRACT_ON(case_name, variant, id)                                                        \
	Test(contract, case_name##_on_##variant)                                                   \
	{                                                                                          \
		contract_run(case_name, id);                                                       \
	}
#define CONTRACT(case_name)                                                                        \
	static void case_name(struct contract *c);                                                 \
	CONTRACT_ON(case_name, sqlite, CONTRACT_SQLITE)                                            \
	CONTRACT_ON(case_name, sqlite_wal, CONTRACT_SQLITE_WAL)                                    \
	CONTRACT_ON(case_name, pg_catalog, CONTRACT_PG_CATALOG)                                    \
	CONTRACT_ON(case_name, information_schema, CONTRACT_INFORMATION_SCHEMA)                    \
	CONTRACT_ON(case_name, pooled_pg_catalog, CONTRACT_POOLED_PG_CATALOG)                      \
	CONTRACT_ON(case_name, pooled_information_schema, CONTRACT_POOLED_INFORMATION_SCHEMA)      \
	static void case_name(struct contract *c)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An expectation that says on which variant it failed. */
#define expect(c, condition, ...)                                                                  \
	cr_expect((condition), "%s: %s: %s", (c)->name, #condition, contract_format(__VA_ARGS__))
#define require(c, condition, ...)                                                                 \
	cr_assert((condition), "%s: %s: %s", (c)->name, #condition, contract_format(__VA_ARGS__))
/* Valid until the next call. */
__attribute__((format(printf, 1, 2))) const char *contract_format(const char *format, ...);

/* Text that may be NULL, equal to expected, which may be too. */
void contract_equal(struct contract *c, const char *what, const char *actual, const char *expected);

/* Opens a session, or fails the test. */
struct session *contract_open(struct contract *c);
/* Parses another URL into the settings. */
void contract_use_url(struct contract *c, const char *text);

/* Reads outside a transaction, or fails the test. */
struct catalog contract_read(struct contract *c, struct session *session, const char *const *names,
			     size_t name_count, const char *const *types, size_t type_count);
const struct relation *contract_relation(struct contract *c, struct session *session,
					 const char *name);
/* Kind of that relation as a session of its own sees it. */
enum relation_kind contract_kind(struct contract *c, const char *name);
/* Rows of history that a session of its own sees. */
size_t contract_history_count(struct contract *c);

/* Begins, reading one relation and history's. */
bool contract_begin(struct contract *c, struct session *session, const char *table,
		    struct catalog *catalog, struct error *err);
/* Executes statements as a change of table with one history row each, which is made if need be. */
bool contract_change(struct contract *c, struct session *session, const char *table,
		     const char *const *statements, size_t count, struct catalog *catalog,
		     struct error *err);
/* Begin, change, commit; fails the test if it does not work. */
void contract_apply(struct contract *c, const char *table, const char *statement);

/* A name or a literal as the session's dialect quotes it; the case's arena. */
const char *contract_identifier(struct contract *c, struct session *session, const char *name);
const char *contract_literal(struct contract *c, struct session *session, const char *text);

/* A connection of the test's own, and lent to the settings. */
struct contract_lent {
	PGconn *pg;
	sqlite3 *sqlite;
};
struct contract_lent contract_lend(struct contract *c);
void contract_lent_execute(struct contract *c, struct contract_lent *lent, const char *sql);
/* The first value of the first row; free() it. */
char *contract_lent_value(struct contract *c, struct contract_lent *lent, const char *sql);
void contract_lent_close(struct contract_lent *lent);

#endif
