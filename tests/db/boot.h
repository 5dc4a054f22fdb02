/*
 * A start of a service, as the service sees it: reconcile() on a real database, with its report
 * and its log kept for the test to look at.
 */
#ifndef TESTS_DB_BOOT_H
#define TESTS_DB_BOOT_H

#include "../support/database.h"

#include <criterion/criterion.h>
#include <reconcile.h>
#include <stdlib.h>
#include <string.h>

struct start {
	struct database *database;
	struct reconcile_options options; /* for the next start */
	int status;                       /* of the last one, like all that follows */
	struct reconcile_report *report;
	const struct reconcile_error *error;
	const struct reconcile_counts *counts;
	char *log; /* one record a line: "level event message key=value key=value" */
};

/* A fresh database, and options that say nothing but its URL. */
void start_new(struct start *start, enum engine engine);
void start_free(struct start *start);

/* One start; the status, too. Whatever came of the start before is gone. */
int start_run(struct start *start, const struct reconcile_registry *registry);
/* The same, and a test that goes on needs it to have this status. */
void start_must(struct start *start, const struct reconcile_registry *registry, int status);

/* The item of a column, or of a table (column NULL); NULL: none. */
const struct reconcile_item *start_item(const struct start *start, const char *table,
					const char *column);
/* How many lines of the log have that word in them. */
size_t start_log_count(const struct start *start, const char *word);
/* Every item, one a line, with all that it says; free() it. */
char *start_items(const struct start *start);

/* Whoever looks, by whatever way, and whoever starts gets the same answer: a conflict, told in
 * these words, and nothing is changed. PostgreSQL only. */
void expect_everywhere(struct start *start, const struct reconcile_registry *registry,
		       const char *said);

/* ---- registries made at run time ---------------------------------------- */

#define NO_DEFAULT                                                                                 \
	{                                                                                          \
		RECONCILE_NO_DEFAULT, NULL                                                         \
	}
#define DEFAULT(text)                                                                              \
	{                                                                                          \
		RECONCILE_DEFAULT_VALUE, text                                                      \
	}
#define DEFAULT_SQL(text)                                                                          \
	{                                                                                          \
		RECONCILE_DEFAULT_SQL, text                                                        \
	}
#define TABLE(name)                                                                                \
	{                                                                                          \
		name, NULL, "app.def", __LINE__                                                    \
	}
#define COLUMN(table, column, type, null, default_value)                                           \
	{                                                                                          \
		table, column, type, RECONCILE_##null, default_value, NULL, "app.def", __LINE__    \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REGISTRY(tables, columns)                                                                  \
	{                                                                                          \
		RECONCILE_REGISTRY_LAYOUT, "app", tables, COUNT(tables), columns, COUNT(columns)   \
	}

/* The same without TABLE rows: its tables are somebody else's. */
#define OTHERS(columns)                                                                            \
	{                                                                                          \
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, columns, COUNT(columns)                 \
	}

/* orders: id, name; it may be created. */
extern const struct reconcile_registry orders_registry;
/* The same with note, amount and done besides, which may all be added. */
extern const struct reconcile_registry newer_orders_registry;

/* ---- the same test on both databases ------------------------------------ */

#define ON_BOTH(suite, name)                                                                       \
	static void name(struct start *start);                                                     \
	Test(suite, name##_on_sqlite)                                                              \
	{                                                                                          \
		start_test(name, ENGINE_SQLITE);                                                   \
	}                                                                                          \
	Test(suite, name##_on_postgres)                                                            \
	{                                                                                          \
		start_test(name, ENGINE_POSTGRES);                                                 \
	}                                                                                          \
	static void name(struct start *start)

#define ON_POSTGRES(suite, name)                                                                   \
	static void name(struct start *start);                                                     \
	Test(suite, name)                                                                          \
	{                                                                                          \
		start_test(name, ENGINE_POSTGRES);                                                 \
	}                                                                                          \
	static void name(struct start *start)

#define ON_SQLITE(suite, name)                                                                     \
	static void name(struct start *start);                                                     \
	Test(suite, name)                                                                          \
	{                                                                                          \
		start_test(name, ENGINE_SQLITE);                                                   \
	}                                                                                          \
	static void name(struct start *start)

void start_test(void (*test)(struct start *start), enum engine engine);

/* "what the last start came to", for a message. */
const char *start_told(const struct start *start);

#define expect_status(start, wanted)                                                               \
	cr_expect_eq((start)->status, (int)(wanted), "status %d, not %d: %s", (start)->status,     \
		     (int)(wanted), start_told(start))
#define expect_in(text, part) cr_expect(strstr(text, part) != NULL, "no '%s' in '%s'", part, text)
#define expect_not_in(text, part) cr_expect(strstr(text, part) == NULL, "'%s' in '%s'", part, text)

/* The text of a value of the database, compared and freed. */
#define expect_value(database, wanted, ...)                                                        \
	do {                                                                                       \
		char *value_ = database_value(database, __VA_ARGS__);                              \
		cr_expect(strcmp(value_, wanted) == 0, "'%s', not '%s'", value_, wanted);          \
		free(value_);                                                                      \
	} while (0)

/* The schema is the same as when it was taken; frees it. */
#define expect_unchanged(database, schema)                                                         \
	do {                                                                                       \
		char *now_ = database_schema(database);                                            \
		cr_expect(strcmp(now_, schema) == 0, "changed from\n%sto\n%s", schema, now_);      \
		free(now_);                                                                        \
		free(schema);                                                                      \
	} while (0)

#endif
