/* What the cases of the contract share. */
#include "contract.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of enum contract_variant_id. */
static const struct contract_variant variants[] = {
	{"sqlite", ENGINE_SQLITE, RECONCILE_CATALOG_AUTO, false, false},
	{"sqlite, WAL", ENGINE_SQLITE, RECONCILE_CATALOG_AUTO, false, true},
	{"pg_catalog", ENGINE_POSTGRES, RECONCILE_CATALOG_PG_CATALOG, false, false},
	{"information_schema", ENGINE_POSTGRES, RECONCILE_CATALOG_INFORMATION_SCHEMA, false, false},
	{"pooled, pg_catalog", ENGINE_POSTGRES, RECONCILE_CATALOG_PG_CATALOG, true, false},
	{"pooled, standard", ENGINE_POSTGRES, RECONCILE_CATALOG_INFORMATION_SCHEMA, true, false},
};

const char *contract_format(const char *format, ...)
{
	static char text[2048];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return text;
}

void contract_equal(struct contract *c, const char *what, const char *actual, const char *expected)
{
	bool equal = actual == NULL || expected == NULL ? actual == expected
							: strcmp(actual, expected) == 0;
	cr_expect(equal, "%s: %s is '%s' instead of '%s'", c->name, what,
		  actual != NULL ? actual : "(NULL)", expected != NULL ? expected : "(NULL)");
}

void contract_use_url(struct contract *c, const char *text)
{
	struct error err = {0};
	cr_assert(url_parse(&c->url, text, &c->arena, &err), "%s: %s", c->name, err.message);
	c->settings.url = &c->url;
	c->text = text;
}

void contract_run(contract_case *run, enum contract_variant_id id)
{
	const struct contract_variant *variant = &variants[id];
	struct contract c = {
		.variant = variant,
		.name = variant->name,
		.database = database_new(variant->engine),
		.settings = {.application = "contract",
			     .catalog = variant->catalog,
			     .lock_timeout_ms = 250,
			     .statement_timeout_ms = 5000,
			     .connect_timeout_ms = 10000},
	};
	if (variant->pooled && c.database->pooled_url[0] == '\0') {
		database_free(c.database);
		cr_skip_test("no PgBouncer: run through scripts/with-postgres");
	}
	/* An empty file is a database, too: it is not ours to make. */
	if (variant->engine == ENGINE_SQLITE)
		database_execute(c.database, "PRAGMA journal_mode = %s",
				 variant->wal ? "wal" : "delete");
	contract_use_url(&c, variant->pooled ? c.database->pooled_url : c.database->url);

	struct error err = {0};
	c.backend = backend_for(&c.settings, &err);
	cr_assert(c.backend != NULL, "%s: %s", c.name, err.message);
	run(&c);
	arena_release(&c.arena);
	database_free(c.database);
}

/* ---- sessions ------------------------------------------------------------- */

struct session *contract_open(struct contract *c)
{
	struct error err = {0};
	struct session *session;
	cr_assert(c->backend->open(&session, NULL, &c->settings, &err), "%s: open: %s", c->name,
		  err.message);
	return session;
}

struct catalog contract_read(struct contract *c, struct session *session, const char *const *names,
			     size_t name_count, const char *const *types, size_t type_count)
{
	struct read_request request = {names, name_count, types, type_count, false};
	struct catalog catalog = {0};
	struct error err = {0};
	size_t bad_type = 0;
	cr_assert(c->backend->read(session, &request, &catalog, &bad_type, &c->arena, &err),
		  "%s: read: %s", c->name, err.message);
	cr_assert(catalog.relation_count == name_count && catalog.type_count == type_count,
		  "%s: read %zu relations and %zu types for %zu and %zu", c->name,
		  catalog.relation_count, catalog.type_count, name_count, type_count);
	return catalog;
}

const struct relation *contract_relation(struct contract *c, struct session *session,
					 const char *name)
{
	return &contract_read(c, session, &name, 1, NULL, 0).relations[0];
}

enum relation_kind contract_kind(struct contract *c, const char *name)
{
	struct session *session = contract_open(c);
	enum relation_kind kind = contract_relation(c, session, name)->kind;
	c->backend->close(session);
	return kind;
}

size_t contract_history_count(struct contract *c)
{
	struct session *session = contract_open(c);
	struct reconcile_history_row *rows;
	size_t count;
	struct error err = {0};
	cr_assert(c->backend->history(session, &(struct history_filter){0}, &rows, &count,
				      &c->arena, &err),
		  "%s: history: %s", c->name, err.message);
	c->backend->close(session);
	return count;
}

/* ---- changes -------------------------------------------------------------- */

bool contract_begin(struct contract *c, struct session *session, const char *table,
		    struct catalog *catalog, struct error *err)
{
	const char *names[] = {table, HISTORY_TABLE};
	struct read_request request = {.names = names, .name_count = COUNT(names)};
	*catalog = (struct catalog){0};
	return c->backend->begin(session, &request, catalog, &c->arena, err);
}

bool contract_change(struct contract *c, struct session *session, const char *table,
		     const char *const *statements, size_t count, struct catalog *catalog,
		     struct error *err)
{
	struct history_entry entries[8] = {0};
	cr_assert(count <= COUNT(entries));
	for (size_t i = 0; i < count; i++)
		entries[i] = (struct history_entry){.action = "add_column", .sql = statements[i]};
	const char *names[] = {table, HISTORY_TABLE};
	struct read_request request = {.names = names, .name_count = COUNT(names)};
	struct change change = {
		.table = table,
		.statements = statements,
		.statement_count = count,
		.entries = entries,
		.entry_count = count,
		.run_id = "run",
		.registry = "contract",
		.fingerprint = "0123456789abcdef",
		.attempts = 1,
		.host = "host",
		.application = "contract",
		.history = &catalog->relations[1],
	};
	return c->backend->change(session, &change, &request, catalog, &c->arena, err);
}

void contract_apply(struct contract *c, const char *table, const char *statement)
{
	struct session *session = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	cr_assert(contract_begin(c, session, table, &catalog, &err) &&
			  contract_change(c, session, table, &statement, 1, &catalog, &err) &&
			  c->backend->commit(session, NULL, &err),
		  "%s: %s: %s", c->name, statement, err.message);
	c->backend->close(session);
}

static const char *quoted(struct contract *c,
			  void (*add)(struct buffer *buf, void *context, const char *text),
			  struct session *session, const char *text)
{
	struct buffer buf = BUFFER_INIT(&c->arena);
	add(&buf, session, text);
	cr_assert(buffer_text(&buf) != NULL, "%s: '%s' cannot be quoted", c->name, text);
	return buffer_text(&buf);
}

const char *contract_identifier(struct contract *c, struct session *session, const char *name)
{
	return quoted(c, session->dialect->add_identifier, session, name);
}

const char *contract_literal(struct contract *c, struct session *session, const char *text)
{
	return quoted(c, session->dialect->add_literal, session, text);
}

/* ---- lent connections ----------------------------------------------------- */

struct contract_lent contract_lend(struct contract *c)
{
	struct contract_lent lent = {0};
	if (c->variant->engine == ENGINE_POSTGRES) {
		lent.pg = PQconnectdb(c->text);
		cr_assert(PQstatus(lent.pg) == CONNECTION_OK, "%s: %s", c->name,
			  PQerrorMessage(lent.pg));
	} else {
		int code = sqlite3_open(c->database->path, &lent.sqlite);
		cr_assert(code == SQLITE_OK, "%s: %s", c->name, sqlite3_errmsg(lent.sqlite));
	}
	c->settings.pg = lent.pg;
	c->settings.sqlite = lent.sqlite;
	c->settings.url = NULL;
	return lent;
}

char *contract_lent_value(struct contract *c, struct contract_lent *lent, const char *sql)
{
	char *value = NULL;
	if (lent->pg != NULL) {
		PGresult *result = PQexec(lent->pg, sql);
		ExecStatusType status = PQresultStatus(result);
		cr_assert(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, "%s: %s: %s",
			  c->name, sql, PQerrorMessage(lent->pg));
		value = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
		PQclear(result);
		return value;
	}
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(lent->sqlite, sql, -1, &statement, NULL);
	cr_assert(code == SQLITE_OK, "%s: %s: %s", c->name, sql, sqlite3_errmsg(lent->sqlite));
	code = sqlite3_step(statement);
	cr_assert(code == SQLITE_ROW || code == SQLITE_DONE, "%s: %s: %s", c->name, sql,
		  sqlite3_errmsg(lent->sqlite));
	const char *text =
		code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	value = strdup(text != NULL ? text : "");
	sqlite3_finalize(statement);
	return value;
}

void contract_lent_execute(struct contract *c, struct contract_lent *lent, const char *sql)
{
	free(contract_lent_value(c, lent, sql));
}

void contract_lent_close(struct contract_lent *lent)
{
	if (lent->pg != NULL)
		PQfinish(lent->pg);
	else
		sqlite3_close(lent->sqlite);
}
