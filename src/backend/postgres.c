/* PostgreSQL, and what speaks its protocol: the table of functions, and a session's life. */
#include "postgres.h"
#include <stdio.h>
#include <string.h>

void postgres_add_identifier(struct buffer *buf, void *context, const char *name)
{
	struct postgres *pg = postgres_of(context);
	char *quoted = PQescapeIdentifier(pg->connection, name, strlen(name));
	if (quoted == NULL)
		buf->failed = true; /* no memory, or not valid in the connection's encoding */
	else
		buffer_add(buf, quoted);
	PQfreemem(quoted);
}

void postgres_add_literal(struct buffer *buf, void *context, const char *text)
{
	struct postgres *pg = postgres_of(context);
	char *quoted = PQescapeLiteral(pg->connection, text, strlen(text));
	if (quoted == NULL)
		buf->failed = true;
	else
		buffer_add(buf, quoted[0] == ' ' ? quoted + 1 : quoted); /* " E'...'" */
	PQfreemem(quoted);
}

bool is_postgresql(const struct postgres *pg)
{
	return pg->is_postgresql;
}

static bool describe_session(struct postgres *pg, struct error *err)
{
	const PGconn *connection = pg->connection;
	const char *version = PQparameterStatus(connection, "server_version");
	const char *host = PQhost(connection), *user = PQuser(connection), *name = PQdb(connection);

	pg->is_postgresql = PQserverVersion(connection) >= 100000 &&
			    PQparameterStatus(connection, "crdb_version") == NULL;
	/* libpq drops a parameter that it has no memory for, and keeps the number. */
	if (version == NULL && PQserverVersion(connection) > 0)
		return error_memory(err);
	if (version == NULL)
		version = "";
	if (host == NULL || host[0] == '\0' || host[0] == '/' || host[0] == '@')
		host = "local";
	struct buffer place = BUFFER_INIT(&pg->arena);
	buffer_addf(&place, "%s@%s/%s", user == NULL ? "?" : user, host, name == NULL ? "?" : name);
	pg->session.place = buffer_text(&place);
	pg->session.version = arena_text_n(&pg->arena, version, strcspn(version, " "));

	struct buffer begin = BUFFER_INIT(&pg->arena);
	buffer_addf(&begin,
		    "BEGIN;\nSET LOCAL lock_timeout = '%ldms';\n"
		    "SET LOCAL statement_timeout = '%ldms';",
		    pg->settings->lock_timeout_ms, pg->settings->statement_timeout_ms);
	pg->dialect = (struct dialect){
		.engine = "postgresql",
		.add_identifier = postgres_add_identifier,
		.add_literal = postgres_add_literal,
		.many_columns = true,
		.alters_columns = true,
		.drops_expressions = PQserverVersion(connection) >= 130000,
		.rewrites_for_defaults = PQserverVersion(connection) < 110000,
		.has_system_columns = is_postgresql(pg),
		.script_begin = buffer_text(&begin),
		.script_end = "COMMIT;",
	};
	pg->session.dialect = &pg->dialect;
	return (pg->session.place != NULL && pg->session.version != NULL &&
		pg->dialect.script_begin != NULL) ||
	       error_memory(err);
}

static bool choose_reader(struct postgres *pg, struct error *err)
{
	bool known = is_postgresql(pg);
	enum reconcile_catalog catalog = pg->settings->catalog;
	if (catalog == RECONCILE_CATALOG_PG_CATALOG && !known) {
		error_set(err, RECONCILE_BAD_CONFIG,
			  "%s: catalog 'pg_catalog' needs PostgreSQL 10 or newer",
			  pg->session.place);
		error_hint(err, "set catalog to information_schema or auto");
		return false;
	}
	bool standard = catalog == RECONCILE_CATALOG_INFORMATION_SCHEMA || !known;
	pg->reader = standard ? &reader_standard : &reader_catalog;
	return true;
}

static bool check_schema(const char *schema, struct error *err)
{
	/* NAMEDATALEN - 1: the server would cut it, and find another one. */
	if (schema == NULL || (schema[0] != '\0' && strlen(schema) <= 63))
		return true;
	return error_set(err, RECONCILE_BAD_CONFIG, "schema '%s': the name %s", schema,
			 schema[0] == '\0' ? "is empty" : "is over 63 bytes");
}

static void postgres_close(struct session *session)
{
	if (session == NULL)
		return;
	struct postgres *pg = postgres_of(session);
	if (pg->connection != NULL)
		postgres_rollback(session);
	if (pg->connection != NULL && pg->lent)
		connect_give_back(pg);
	else
		PQfinish(pg->connection); /* NULL is fine */
	struct arena arena = pg->arena;
	arena_release(&arena);
}

/* NULL: out of memory. */
static struct postgres *postgres_new(const struct session_settings *settings)
{
	struct arena arena = {0};
	struct postgres *pg = arena_alloc(&arena, sizeof(*pg));
	if (pg == NULL)
		return NULL;
	pg->arena = arena;
	pg->settings = settings;
	pg->session.backend = &backend_postgres;
	return pg;
}

static struct session *postgres_start(const struct session_settings *settings)
{
	struct postgres *pg = settings->pg != NULL ? NULL : postgres_new(settings);
	if (pg == NULL)
		return NULL;
	connect_start(pg);
	return &pg->session;
}

static bool postgres_open(struct session **session, struct session *started,
			  const struct session_settings *settings, struct error *err)
{
	struct postgres *pg = started != NULL ? postgres_of(started) : postgres_new(settings);
	*session = NULL;
	if (pg == NULL)
		return error_memory(err);
	if (!check_schema(settings->schema, err) ||
	    !(settings->pg != NULL ? connect_lent(pg, err) : connect_own(pg, err)) ||
	    !describe_session(pg, err) || !choose_reader(pg, err)) {
		postgres_close(&pg->session);
		return false;
	}
	*session = &pg->session;
	return true;
}

/* The current schema, for a read that found nothing in it. */
static bool find_schema(struct postgres *pg, const char **schema, struct arena *arena,
			struct error *err)
{
	const struct statement statement = {
		.sql = SQL_FIND_SCHEMA,
		.parameter_count = 1,
		.parameters = {parameter_text(NULL)},
		.answer = ONE_ROW_OR_NONE("t"),
	};
	PGresult *result[1];
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	if (fine && PQntuples(result[0]) > 0 && !value_text(schema, result[0], 0, 0, arena))
		fine = error_memory(err);
	batch_clear(result, 1);
	return fine;
}

static bool run_read(struct postgres *pg, const struct read_request *request,
		     struct catalog *catalog, size_t *bad_type, struct arena *arena,
		     struct arena *scratch, struct error *err)
{
	size_t count = 1 + type_statement_count(request->type_count), failed;
	struct statement *statements = arena_array(scratch, count, sizeof(*statements));
	PGresult **results = arena_array(scratch, count, sizeof(*results));
	struct type_id *types = arena_array(arena, request->type_count, sizeof(*types));
	if (statements == NULL || results == NULL || types == NULL ||
	    !pg->reader->statement(pg, &statements[0], request, scratch) ||
	    !type_statements(&statements[1], request->types, request->type_count, scratch))
		return error_memory(err);

	struct error found = {0};
	bool fine =
		batch_run(pg, statements, count, patience_read_ms(pg), results, &failed, &found);
	bool bad = !fine && failed > 0 && failed < count && error_is_refusal(&found);
	if (fine && !type_collect(&results[1], request->type_count, types)) {
		fine = false;
		bad = true;
	}
	if (fine)
		fine = relations_collect(pg, results[0], request, catalog, arena, &found);
	batch_clear(results, count);
	if (fine && catalog->schema == NULL && !request->brief)
		fine = find_schema(pg, &catalog->schema, arena, &found);
	catalog->types = types;
	catalog->type_count = request->type_count;
	if (bad)
		return type_find_bad(pg, request->types, request->type_count, bad_type, err);
	if (!fine && err->status == RECONCILE_OK)
		*err = found;
	return fine;
}

static bool postgres_read(struct session *session, const struct read_request *request,
			  struct catalog *catalog, size_t *bad_type, struct arena *arena,
			  struct error *err)
{
	struct arena scratch = {0};
	*catalog = (struct catalog){0};
	bool fine =
		run_read(postgres_of(session), request, catalog, bad_type, arena, &scratch, err);
	arena_release(&scratch);
	return fine;
}

const struct backend backend_postgres = {
	.engine = "postgresql",
	.start = postgres_start,
	.open = postgres_open,
	.close = postgres_close,
	.read = postgres_read,
	.name_types = postgres_name_types,
	.compare_defaults = postgres_compare_defaults,
	.assess = postgres_assess,
	.measure = postgres_measure,
	.same_database = postgres_same_database,
	.recognise = postgres_recognise,
	.inspect = postgres_inspect,
	.begin = postgres_begin,
	.change = postgres_change,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.confirm = postgres_confirm,
	.explain_limit = postgres_explain_limit,
	.blockers = postgres_blockers,
	.history = postgres_history,
};
