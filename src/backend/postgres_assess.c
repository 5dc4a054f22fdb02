/*
 * What adding a column costs, asked of PostgreSQL, which is tried (postgres_trial.c) where it may
 * be; otherwise the rules of terms.h hold.
 */
#include "../model/text.h"
#include "postgres.h"

/* ---- may it be tried? ----------------------------------------------------- */

/*
 * $1 role to be taken on or NULL. One row; rights are asked for by the role's name, as in
 * postgres_inspect.c, so that a role that cannot be taken on is an answer and no error.
 */
#define MAY(membership)                                                                            \
	"SELECT pg_catalog.pg_is_in_recovery(),\n"                                                 \
	"       pg_catalog.current_setting('transaction_read_only') = 'on',\n"                     \
	"       who.oid IS NOT NULL,\n"                                                            \
	"       $1::text IS NULL\n"                                                                \
	"       OR pg_catalog.pg_has_role(session_user, who.oid, " membership "),\n"               \
	"       pg_catalog.has_database_privilege(who.oid, d.oid, 'TEMPORARY'),\n"                 \
	"       d.datname, target.role, session_user\n"                                            \
	"  FROM pg_catalog.pg_database d\n"                                                        \
	" CROSS JOIN (SELECT coalesce($1::name, current_user) AS role) AS target\n"                \
	"  LEFT JOIN pg_catalog.pg_roles who ON who.rolname = target.role\n"                       \
	" WHERE d.datname = pg_catalog.current_database()"

static const char may_query[] = MAY("'SET'");
static const char may_query_before_16[] = MAY("'MEMBER'");

enum { STANDBY, READ_ONLY, ROLE_EXISTS, ROLE_ALLOWED, MAY_TRY, DATABASE, ROLE, SESSION_USER };

static void add_shown(struct buffer *buf, const char *before, const char *name)
{
	buffer_addf(buf, "%s'", before);
	text_add_visible(buf, name);
	buffer_add_char(buf, '\'');
}

/* NULL: it may, or *enough is false. */
static const char *obstacle(struct postgres *pg, const PGresult *result, struct arena *arena,
			    bool *enough)
{
	const char *role = PQgetvalue(result, 0, ROLE), *database = PQgetvalue(result, 0, DATABASE);
	struct buffer buf = BUFFER_INIT(arena);
	if (value_bool(result, 0, STANDBY))
		return "the server is a hot standby";
	if (value_bool(result, 0, READ_ONLY))
		return "the session is read-only";
	if (!value_bool(result, 0, ROLE_EXISTS)) {
		add_shown(&buf, "role ", role);
		buffer_add(&buf, " does not exist");
	} else if (!value_bool(result, 0, ROLE_ALLOWED)) {
		add_shown(&buf, "role ", PQgetvalue(result, 0, SESSION_USER));
		add_shown(&buf, " may not become role ", role);
	} else if (!value_bool(result, 0, MAY_TRY)) {
		add_shown(&buf, "role ", role);
		add_shown(&buf, " lacks TEMPORARY on database ", database);
		buffer_add(&buf, " (GRANT TEMPORARY ON DATABASE ");
		postgres_add_identifier(&buf, pg, database);
		buffer_add(&buf, " TO ");
		postgres_add_identifier(&buf, pg, role);
		buffer_add(&buf, ";)");
	} else {
		return NULL;
	}
	*enough = buffer_text(&buf) != NULL;
	return buffer_text(&buf);
}

/* *why is NULL: it may. */
static bool ask_whether(struct postgres *pg, const char **why, struct arena *arena,
			struct error *err)
{
	bool old = PQserverVersion(pg->connection) < 160000, enough = true;
	const struct statement statement = {
		.sql = old ? may_query_before_16 : may_query,
		.parameter_count = 1,
		.parameters = {parameter_text(pg->settings->role)},
		.answer = ONE_ROW("b b b b? b? t t t"),
	};
	PGresult *result[1];
	*why = "only PostgreSQL can be asked";
	if (!is_postgresql(pg))
		return true;
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
	if (fine)
		*why = obstacle(pg, result[0], arena, &enough);
	batch_clear(result, 1);
	return fine && (enough || error_memory(err));
}

/* ---- when it may not ------------------------------------------------------ */

static const char domains_query[] =
	"SELECT coalesce(t.typtype = 'd', false)\n"
	"  FROM pg_catalog.unnest($1::oid[]) WITH ORDINALITY AS ids (id, place)\n"
	"  LEFT JOIN pg_catalog.pg_type t ON t.oid = ids.id\n"
	" ORDER BY ids.place";

static bool find_domains(struct postgres *pg, const struct type_id *ids, size_t count,
			 PGresult **result, struct arena *scratch, struct error *err)
{
	int32_t *types = arena_array(scratch, count, sizeof(*types));
	if (types == NULL)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		types[i] = (int32_t)ids[i].type;
	const struct statement statement = {
		.sql = domains_query,
		.parameter_count = 1,
		.parameters = {parameter_int32s(PG_OID_ARRAY, PG_OID, types, count, scratch)},
		.answer = {"b", (int)count, (int)count},
	};
	if (statement.parameters[0].value == NULL)
		return error_memory(err);
	return batch_run(pg, &statement, 1, patience_read_ms(pg), result, NULL, err);
}

/* The rules hold; but of a domain's constraints they know nothing. */
static bool leave_to_rules(struct postgres *pg, struct cost_question *questions, size_t count,
			   const char *why, struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	PGresult *result = NULL;
	const char **texts = arena_array(&scratch, count, sizeof(*texts));
	struct type_id *ids = arena_array(&scratch, count, sizeof(*ids));
	bool fine = (texts != NULL && ids != NULL) || error_memory(err);
	for (size_t i = 0; fine && i < count; i++)
		texts[i] = questions[i].type;
	fine = fine && type_resolve_live(pg, texts, count, ids, arena, err) &&
	       find_domains(pg, ids, count, &result, &scratch, err);
	for (size_t i = 0; fine && i < count; i++) {
		bool domain = value_bool(result, (int)i, 0);
		questions[i].cost = domain ? RECONCILE_COST_UNKNOWN : RECONCILE_COST_NONE;
		questions[i].reason = why;
	}
	PQclear(result);
	arena_release(&scratch);
	return fine;
}

bool postgres_assess(struct session *session, struct cost_question *questions, size_t count,
		     struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const char *why = NULL;
	size_t done = 0;
	if (count == 0)
		return true;
	if (!ask_whether(pg, &why, arena, err))
		return false;
	if (why == NULL && !trial_run(pg, questions, count, &done, &why, arena, err))
		return false;
	return done == count || leave_to_rules(pg, questions + done, count - done, why, arena, err);
}
