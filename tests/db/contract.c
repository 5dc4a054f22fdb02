/* The contract of a backend: opening, reading, inspecting, and connections that are lent. */
#include "contract.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- open and close ------------------------------------------------------- */

CONTRACT(a_session_says_what_it_is)
{
	struct session *session = contract_open(c);
	bool postgres = c->variant->engine == ENGINE_POSTGRES;
	expect(c, session->backend == c->backend, "the session names its backend");
	contract_equal(c, "engine", session->dialect->engine, postgres ? "postgresql" : "sqlite");
	contract_equal(c, "engine", c->backend->engine, session->dialect->engine);
	expect(c, session->place[0] != '\0', "where");
	expect(c, session->version[0] >= '1' && session->version[0] <= '9', "version '%s'",
	       session->version);
	if (postgres)
		expect(c, strstr(session->place, c->database->name) != NULL, "place '%s'",
		       session->place);
	else
		contract_equal(c, "place", session->place, c->database->path);
	c->backend->close(session);
	c->backend->close(NULL);
}

CONTRACT(a_database_that_is_not_there_is_unreachable)
{
	c->settings.connect_timeout_ms = 300;
	contract_use_url(c, c->variant->engine == ENGINE_POSTGRES
				    ? "postgresql://me:sekret@127.0.0.1:1/nowhere"
				    : "sqlite:////nowhere/at/all.db");
	struct error err = {0};
	struct session *session = (struct session *)c;
	bool opened = c->backend->open(&session, NULL, &c->settings, &err);
	expect(c, !opened && session == NULL, "nothing is opened");
	expect(c, err.status == RECONCILE_UNREACHABLE, "status %d: %s", err.status, err.message);
	expect(c, err.message[0] != '\0' && err.hint[0] != '\0', "says why and what to do");
	expect(c, strstr(err.message, "sekret") == NULL && strstr(err.hint, "sekret") == NULL,
	       "no password in '%s'", err.message);
}

/* ---- read ----------------------------------------------------------------- */

CONTRACT(names_are_found_in_the_order_asked_for)
{
	database_execute(c->database, "CREATE TABLE a (x INTEGER); CREATE TABLE b (y INTEGER);"
				      "CREATE VIEW v AS SELECT x FROM a;"
				      "CREATE INDEX i ON a (x)");
	static const struct {
		const char *name;
		enum relation_kind kind;
		size_t attribute_count;
		const char *kind_text;
	} rows[] = {
		{"v", RELATION_FOREIGN, 0, "a view"}, {"b", RELATION_TABLE, 1, NULL},
		{"n", RELATION_ABSENT, 0, NULL},      {"i", RELATION_FOREIGN, 0, "an index"},
		{"a", RELATION_TABLE, 1, NULL},
	};
	const char *names[COUNT(rows)];
	for (size_t i = 0; i < COUNT(rows); i++)
		names[i] = rows[i].name;
	struct session *session = contract_open(c);
	struct catalog catalog = contract_read(c, session, names, COUNT(names), NULL, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct relation *relation = &catalog.relations[i];
		/* information_schema knows no indexes: CREATE TABLE finds this one. */
		if (c->variant->catalog == RECONCILE_CATALOG_INFORMATION_SCHEMA &&
		    strcmp(rows[i].name, "i") == 0)
			continue;
		contract_equal(c, "name", relation->name, rows[i].name);
		expect(c, relation->kind == rows[i].kind, "'%s' is %d", rows[i].name,
		       relation->kind);
		if (rows[i].kind_text != NULL)
			contract_equal(c, "kind", relation->kind_text, rows[i].kind_text);
		if (relation->kind != RELATION_FOREIGN)
			expect(c, relation->attribute_count == rows[i].attribute_count,
			       "'%s' has %zu", rows[i].name, relation->attribute_count);
	}
	c->backend->close(session);
}

CONTRACT(an_empty_database_can_be_read)
{
	struct session *session = contract_open(c);
	expect(c, contract_relation(c, session, "t")->kind == RELATION_ABSENT, "no table");
	c->backend->close(session);
}

CONTRACT(a_read_may_ask_for_nothing)
{
	struct session *session = contract_open(c);
	struct catalog catalog = contract_read(c, session, NULL, 0, NULL, 0);
	expect(c, catalog.relation_count == 0, "nothing asked, nothing found");
	c->backend->close(session);
}

CONTRACT(attributes_are_as_declared)
{
	/* Generated columns are there from PostgreSQL 12 on. */
	bool generated = c->variant->engine == ENGINE_SQLITE || database_version(c->database) >= 12;
	database_execute(c->database,
			 "CREATE TABLE t (id VARCHAR(36) NOT NULL, n INTEGER NOT NULL DEFAULT 7,"
			 " s VARCHAR(20) DEFAULT 'x', note TEXT, g INTEGER%s, PRIMARY KEY (id))",
			 generated ? " GENERATED ALWAYS AS (n + 1) STORED" : "");
	static const struct {
		const char *name;
		bool not_null, primary_key, may_be_generated;
		const char *in_default; /* the default's text has this in it; NULL: no default */
	} rows[] = {
		{"id", true, true, false, NULL}, {"n", true, false, false, "7"},
		{"s", false, false, false, "x"}, {"note", false, false, false, NULL},
		{"g", false, false, true, NULL},
	};
	struct session *session = contract_open(c);
	const struct relation *t = contract_relation(c, session, "t");
	require(c, t->attribute_count == COUNT(rows), "%zu", t->attribute_count);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct attribute *attribute = &t->attributes[i];
		const char *name = rows[i].name;
		const char *text = attribute->default_value;
		contract_equal(c, "name", attribute->name, name);
		expect(c, attribute->not_null == rows[i].not_null, "%s", name);
		/* catalog.h: PostgreSQL's keys are NOT NULL, which says it all there. */
		expect(c,
		       attribute->primary_key ==
			       (rows[i].primary_key && c->variant->engine == ENGINE_SQLITE),
		       "%s", name);
		expect(c, attribute->generated == (rows[i].may_be_generated && generated), "%s",
		       name);
		expect(c, !attribute->identity, "%s", name);
		expect(c, (text != NULL) == (rows[i].in_default != NULL), "%s: %s", name,
		       text != NULL ? text : "no default");
		if (text != NULL && rows[i].in_default != NULL)
			expect(c, strstr(text, rows[i].in_default) != NULL, "%s: '%s'", name, text);
	}
	c->backend->close(session);
}

CONTRACT(a_column_that_the_database_fills_is_an_identity)
{
	database_execute(c->database,
			 c->variant->engine == ENGINE_POSTGRES
				 ? "CREATE TABLE t (id INTEGER GENERATED BY DEFAULT"
				   " AS IDENTITY PRIMARY KEY, n INTEGER)"
				 : "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
	struct session *session = contract_open(c);
	const struct relation *t = contract_relation(c, session, "t");
	require(c, t->attribute_count == 2, "%zu", t->attribute_count);
	expect(c, t->attributes[0].identity && t->attributes[0].not_null, "id");
	expect(c, t->attributes[0].default_value == NULL, "id");
	expect(c, !t->attributes[1].identity, "n");
	c->backend->close(session);
}

CONTRACT(types_are_equal_to_their_own_text_only)
{
	static const char *const types[] = {"INTEGER", "TEXT", "DOUBLE PRECISION", "NUMERIC(10,2)"};
	database_execute(c->database, "CREATE TABLE t (a %s, b %s, c %s, d %s)", types[0], types[1],
			 types[2], types[3]);
	struct session *session = contract_open(c);
	const char *name = "t";
	struct catalog catalog = contract_read(c, session, &name, 1, types, COUNT(types));
	const struct relation *t = &catalog.relations[0];
	require(c, t->attribute_count == COUNT(types), "%zu", t->attribute_count);
	for (size_t column = 0; column < COUNT(types); column++)
		for (size_t type = 0; type < COUNT(types); type++) {
			bool same = type_equal(&t->attributes[column].type, &catalog.types[type]);
			expect(c, same == (column == type), "column %s, declared %s", types[column],
			       types[type]);
		}
	c->backend->close(session);
}

CONTRACT(other_words_for_a_type_are_the_same_type)
{
	static const char *const types[] = {"INT", "int4", "character varying(20)", "bool",
					    "VARCHAR (20)"};
	database_execute(c->database,
			 "CREATE TABLE t (a INTEGER, b INTEGER, c VARCHAR(20), d BOOLEAN,"
			 " e VARCHAR(20))");
	struct session *session = contract_open(c);
	const char *name = "t";
	struct catalog catalog = contract_read(c, session, &name, 1, types, COUNT(types));
	const struct relation *t = &catalog.relations[0];
	require(c, t->attribute_count == COUNT(types), "%zu", t->attribute_count);
	for (size_t i = 0; i < COUNT(types); i++)
		expect(c, type_equal(&t->attributes[i].type, &catalog.types[i]), "%s", types[i]);
	c->backend->close(session);
}

CONTRACT(a_type_that_nobody_knows_is_named)
{
	static const char *const types[] = {"INTEGER", "FLURB", "TEXT"};
	struct session *session = contract_open(c);
	struct read_request request = {NULL, 0, types, COUNT(types), false};
	struct catalog catalog = {0};
	struct error err = {0};
	size_t bad_type = 99;
	bool good = c->backend->read(session, &request, &catalog, &bad_type, &c->arena, &err);
	if (c->variant->engine == ENGINE_SQLITE) {
		/* Any word is a type to SQLite. */
		expect(c, good && bad_type == 99, "%s", err.message);
	} else {
		expect(c, !good && err.status == RECONCILE_BAD_REGISTRY, "%d: %s", err.status,
		       err.message);
		expect(c, bad_type == 1, "%zu", bad_type);
		expect(c, contract_relation(c, session, "t")->kind == RELATION_ABSENT,
		       "the session still works");
	}
	c->backend->close(session);
}

CONTRACT(every_type_can_be_named)
{
	database_execute(c->database, "CREATE TABLE t (a INTEGER, b TEXT, c INTEGER)");
	static const char *const expected[] = {"integer", "text", "integer"};
	struct session *session = contract_open(c);
	const char *names[] = {"t", "nowhere"};
	struct catalog catalog = contract_read(c, session, names, COUNT(names), NULL, 0);
	struct error err = {0};
	require(c, c->backend->name_types(session, &catalog, &c->arena, &err), "%s", err.message);
	require(c, catalog.relations[0].attribute_count == COUNT(expected), "three");
	for (size_t i = 0; i < COUNT(expected); i++) {
		const char *text = catalog.relations[0].attributes[i].type_text;
		expect(c, text != NULL && strcasecmp(text, expected[i]) == 0, "'%s'",
		       text != NULL ? text : "(NULL)");
	}
	c->backend->close(session);
}

CONTRACT(a_table_of_another_schema_is_not_ours)
{
	struct contract_lent lent = contract_lend(c);
	if (c->variant->engine == ENGINE_POSTGRES)
		database_execute(c->database, "CREATE SCHEMA other; CREATE TABLE other.t (x INT)");
	else
		contract_lent_execute(c, &lent, "CREATE TEMP TABLE t (x INT)");
	struct session *session = contract_open(c);
	expect(c, contract_relation(c, session, "t")->kind == RELATION_ABSENT, "t is elsewhere");
	c->backend->close(session);
	contract_lent_close(&lent);
}

static int count_statement(unsigned event, void *count, void *statement, void *sql)
{
	(void)event;
	(void)statement;
	/* "-- ..." is a statement inside another one: a trigger or the work of a pragma
	 * (sqlite.org/c3ref/c_trace.html). */
	if (strncmp(sql, "--", 2) != 0)
		++*(int *)count;
	return 0;
}

CONTRACT(a_read_is_one_statement)
{
	if (c->variant->pooled)
		return; /* PgBouncer sends statements of its own on behalf of a client */
	database_execute(c->database, "CREATE TABLE a (x INTEGER); CREATE TABLE b (y TEXT)");
	static const char *const names[] = {"a", "b", "nowhere"};
	static const char *const types[] = {"INTEGER", "VARCHAR(20)"};
	if (c->variant->engine == ENGINE_SQLITE) {
		struct contract_lent lent = contract_lend(c);
		int count = 0;
		sqlite3_trace_v2(lent.sqlite, SQLITE_TRACE_STMT, count_statement, &count);
		struct session *session = contract_open(c);
		contract_read(c, session, names, COUNT(names), types, COUNT(types));
		c->backend->close(session);
		expect(c, count == 1, "%d", count);
		contract_lent_close(&lent);
		return;
	}
	database_log_start(c->database);
	struct session *session = contract_open(c);
	contract_read(c, session, names, COUNT(names), types, COUNT(types));
	c->backend->close(session);
	char *statements = database_log_statements(c->database);
	size_t count = 0;
	for (const char *end = statements; (end = strchr(end, '\n')) != NULL; end++)
		count++;
	expect(c, count == 1, "%s", statements);
	free(statements);
}

/* ---- inspect -------------------------------------------------------------- */

CONTRACT(an_owner_may_do_everything)
{
	database_execute(c->database, "CREATE TABLE t (x INTEGER)");
	static const char *const names[] = {"t", "nowhere"};
	struct session *session = contract_open(c);
	struct session_facts facts = {0};
	struct error err = {0};
	require(c, c->backend->inspect(session, names, COUNT(names), &facts, &c->arena, &err), "%s",
		err.message);
	contract_equal(c, "schema", facts.schema,
		       c->variant->engine == ENGINE_POSTGRES ? "public" : "main");
	contract_equal(c, "read_only", facts.read_only, NULL);
	contract_equal(c, "may_not_create", facts.create.why, NULL);
	for (size_t i = 0; i < COUNT(names); i++)
		contract_equal(c, names[i], facts.alter[i].why, NULL);
	expect(c, (facts.db_user != NULL) == (c->variant->engine == ENGINE_POSTGRES), "user");
	c->backend->close(session);
}

CONTRACT(a_read_only_database_is_read_and_refuses_a_change)
{
	database_execute(c->database, "CREATE TABLE t (x INTEGER)");
	if (c->variant->engine == ENGINE_POSTGRES)
		database_execute(c->database,
				 "ALTER DATABASE %s SET default_transaction_read_only = on",
				 c->database->name);
	else
		contract_use_url(c, contract_format("%s?mode=ro", c->database->url));
	struct session *session = contract_open(c);
	expect(c, contract_relation(c, session, "t")->kind == RELATION_TABLE, "can be read");

	struct session_facts facts = {0};
	struct error err = {0};
	const char *name = "t";
	require(c, c->backend->inspect(session, &name, 1, &facts, &c->arena, &err), "%s",
		err.message);
	expect(c, facts.read_only != NULL, "says why");

	struct catalog catalog;
	const char *statement = "ALTER TABLE t ADD COLUMN y INTEGER";
	bool changed = contract_begin(c, session, "t", &catalog, &err) &&
		       contract_change(c, session, "t", &statement, 1, &catalog, &err);
	expect(c, !changed && err.status == RECONCILE_NOT_PERMITTED, "%d: %s", err.status,
	       err.message);
	expect(c, err.class == ERROR_FATAL, "trying again is no use");
	c->backend->close(session);
}

/* ---- lent connections ----------------------------------------------------- */

CONTRACT(a_connection_inside_a_transaction_is_refused)
{
	struct contract_lent lent = contract_lend(c);
	contract_lent_execute(c, &lent, "BEGIN");
	contract_lent_execute(c, &lent, "CREATE TABLE mine (x INTEGER)");
	struct error err = {0};
	struct session *session = (struct session *)c;
	bool opened = c->backend->open(&session, NULL, &c->settings, &err);
	expect(c, !opened && session == NULL, "not taken");
	expect(c, err.status == RECONCILE_USAGE, "%d: %s", err.status, err.message);
	contract_lent_execute(c, &lent, "COMMIT");
	expect(c, database_number(c->database, "SELECT count(*) FROM mine") == 0,
	       "the transaction was left alone");
	contract_lent_close(&lent);
}

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

/* Everything of a connection that a session could forget to put back. */
static void check_left_as_found(struct contract *c, struct contract_lent *lent)
{
	if (lent->pg == NULL) {
		expect(c, sqlite3_get_autocommit(lent->sqlite), "no transaction is open");
		expect(c, sqlite3_next_stmt(lent->sqlite, NULL) == NULL, "no statement is left");
		expect(c, sqlite3_last_insert_rowid(lent->sqlite) == 41, "%lld",
		       (long long)sqlite3_last_insert_rowid(lent->sqlite));
		return;
	}
	expect(c, PQtransactionStatus(lent->pg) == PQTRANS_IDLE, "no transaction is open");
	expect(c, PQpipelineStatus(lent->pg) == PQ_PIPELINE_OFF, "pipeline mode");
	expect(c, PQisnonblocking(lent->pg) == 1, "nonblocking");
	expect(c, PQsetNoticeReceiver(lent->pg, NULL, NULL) == ignore_notice, "notice receiver");
	contract_equal(c, "client_encoding", PQparameterStatus(lent->pg, "client_encoding"),
		       "LATIN1");
	PQsetnonblocking(lent->pg, 0);
	static const struct {
		const char *sql, *value;
	} rows[] = {
		{"SHOW search_path", "public, pg_temp"},
		{"SHOW lock_timeout", "77s"},
		{"SELECT count(*) FROM pg_prepared_statements", "0"},
		{"SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
		 " WHERE locktype = 'advisory' AND datname = current_database()",
		 "0"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* A pooler gives every statement another connection: no settings there. */
		if (c->variant->pooled && i < 2)
			continue;
		char *value = contract_lent_value(c, lent, rows[i].sql);
		contract_equal(c, rows[i].sql, value, rows[i].value);
		free(value);
	}
}

CONTRACT(a_lent_connection_works_and_is_left_as_found)
{
	database_execute(c->database, "CREATE TABLE t (x INTEGER)");
	struct contract_lent lent = contract_lend(c);
	if (lent.pg != NULL) {
		if (!c->variant->pooled) {
			contract_lent_execute(c, &lent, "SET search_path = public, pg_temp");
			contract_lent_execute(c, &lent, "SET lock_timeout = '77s'");
		}
		contract_lent_execute(c, &lent, "SET client_encoding = 'LATIN1'");
		PQsetNoticeReceiver(lent.pg, ignore_notice, NULL);
		PQsetnonblocking(lent.pg, 1);
	} else {
		contract_lent_execute(c, &lent, "INSERT INTO t (rowid, x) VALUES (41, 1)");
	}
	struct session *session = contract_open(c);
	expect(c, contract_relation(c, session, "t")->kind == RELATION_TABLE, "reads");
	struct error err = {0};
	struct catalog catalog;
	const char *statement = "ALTER TABLE t ADD COLUMN \"gr\u00f6\u00dfe\" INTEGER";
	require(c,
		contract_begin(c, session, "t", &catalog, &err) &&
			contract_change(c, session, "t", &statement, 1, &catalog, &err),
		"%s", err.message);
	require(c, catalog.relations[0].attribute_count == 2, "two columns");
	contract_equal(c, "column", catalog.relations[0].attributes[1].name, "gr\u00f6\u00dfe");
	require(c, c->backend->commit(session, NULL, &err), "%s", err.message);
	c->backend->close(session);
	check_left_as_found(c, &lent);
	contract_lent_close(&lent);
	expect(c, database_number(c->database, "SELECT count(\"gr\u00f6\u00dfe\") FROM t") == 0,
	       "the column is there");
}

CONTRACT(a_lent_connection_is_rolled_back_when_the_session_is_closed)
{
	struct contract_lent lent = contract_lend(c);
	struct session *session = contract_open(c);
	struct error err = {0};
	struct catalog catalog;
	const char *statement = "CREATE TABLE t (x INTEGER)";
	require(c,
		contract_begin(c, session, "t", &catalog, &err) &&
			contract_change(c, session, "t", &statement, 1, &catalog, &err),
		"%s", err.message);
	c->backend->close(session);
	contract_lent_execute(c, &lent, "CREATE TABLE t (y INTEGER)");
	contract_lent_close(&lent);
	expect(c, database_number(c->database, "SELECT count(y) FROM t") == 0, "nothing was left");
}
