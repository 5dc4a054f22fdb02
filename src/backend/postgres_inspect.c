/* What the role may do, and by which statement somebody else can let it do more. */
#include "../model/text.h"
#include "postgres.h"

/*
 * $1 schema or NULL, $2 names of tables, $3 role to be taken on or NULL, $4 history's schema or
 * NULL: the same. A row for each name
 * (without one: a single row), in their order; see the enum. Rights are asked for by the role's
 * name instead of taking it on, so that one that cannot be taken on is an answer and no error.
 * Ownership is what ALTER TABLE asks for: no privilege replaces it (manual, "ALTER TABLE"), but
 * membership does. To take a role on takes membership, from 16 on with the option SET.
 * History needs no right to the sequence of its identity column (manual, "CREATE TABLE").
 */
#define INSPECT(membership)                                                                        \
	"SELECT n.nspname, session_user, target.role,\n"                                           \
	"       pg_catalog.pg_is_in_recovery(),\n"                                                 \
	"       pg_catalog.current_setting('transaction_read_only') = 'on',\n"                     \
	"       who.oid IS NOT NULL,\n"                                                            \
	"       $3::text IS NULL\n"                                                                \
	"       OR pg_catalog.pg_has_role(session_user, who.oid, " membership "),\n"               \
	"       pg_catalog.pg_has_role(session_user, who.oid, 'MEMBER'), who.rolinherit,\n"        \
	"       pg_catalog.has_schema_privilege(who.oid, n.oid, 'USAGE'),\n"                       \
	"       pg_catalog.has_schema_privilege(who.oid, n.oid, 'CREATE'),\n"                      \
	"       h.oid IS NOT NULL,\n"                                                              \
	"       pg_catalog.has_table_privilege(who.oid, h.oid, 'INSERT'),\n"                       \
	"       names.place::int4, pg_catalog.pg_get_userbyid(c.relowner),\n"                      \
	"       pg_catalog.pg_has_role(who.oid, c.relowner, 'USAGE'),\n"                           \
	"       pg_catalog.pg_has_role(who.oid, c.relowner, 'MEMBER'), owner.rolsuper,\n"          \
	"       pg_catalog.has_schema_privilege(owner.oid, n.oid, 'USAGE'),\n"                     \
	"       pg_catalog.has_schema_privilege(owner.oid, n.oid, 'CREATE'),\n"                    \
	"       pg_catalog.has_table_privilege(owner.oid, h.oid, 'INSERT'),\n"                     \
	"       pg_catalog.has_schema_privilege(who.oid, hn.oid, 'USAGE'),\n"                      \
	"       pg_catalog.has_schema_privilege(who.oid, hn.oid, 'CREATE'),\n"                     \
	"       pg_catalog.has_schema_privilege(owner.oid, hn.oid, 'USAGE'),\n"                    \
	"       pg_catalog.has_schema_privilege(owner.oid, hn.oid, 'CREATE')\n"                    \
	"  FROM (SELECT " SQL_SCHEMA "::name AS schema,\n"                                         \
	"               coalesce($3::name, current_user) AS role) AS target\n"                     \
	"  LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = target.schema\n"                     \
	"  LEFT JOIN pg_catalog.pg_roles who ON who.rolname = target.role\n"                       \
	"  LEFT JOIN pg_catalog.pg_namespace hn\n"                                                 \
	"    ON hn.nspname = coalesce($4::text::name, target.schema)\n"                            \
	"  LEFT JOIN pg_catalog.pg_class h\n"                                                      \
	"    ON h.relname = '" HISTORY_TABLE "' AND h.relnamespace = hn.oid\n"                     \
	"  LEFT JOIN pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place) ON "     \
	"true\n"                                                                                   \
	"  LEFT JOIN pg_catalog.pg_class c\n"                                                      \
	"    ON c.relname = names.name::name AND c.relnamespace = n.oid\n"                         \
	"  LEFT JOIN pg_catalog.pg_roles owner ON owner.oid = c.relowner\n"                        \
	" ORDER BY names.place"

static const char inspect_query[] = INSPECT("'SET'");
static const char inspect_query_before_16[] = INSPECT("'MEMBER'");

enum {
	SCHEMA,
	SESSION_USER,
	ROLE,
	STANDBY,
	READ_ONLY,
	ROLE_EXISTS,
	ROLE_ALLOWED,
	ROLE_IS_OURS, /* the session's own role is a member */
	ROLE_INHERITS,
	MAY_USE,
	MAY_CREATE,
	HISTORY_EXISTS,
	MAY_INSERT,
	PLACE,
	OWNER, /* NULL: no such table */
	OWNS,
	IS_MEMBER,
	OWNER_IS_SUPERUSER,
	OWNER_MAY_USE,
	OWNER_MAY_CREATE,
	OWNER_MAY_INSERT,
	MAY_USE_HISTORY, /* of its schema; NULL: there is none */
	MAY_CREATE_HISTORY,
	OWNER_MAY_USE_HISTORY,
	OWNER_MAY_CREATE_HISTORY,
};

/* A denial on its way: reasons, and statements. */
struct refusal {
	struct postgres *pg;
	const char *role, *schema;
	struct buffer why, grant;
};

static struct refusal refusal_of(struct postgres *pg, const char *role, const char *schema,
				 struct arena *arena)
{
	return (struct refusal){
		.pg = pg,
		.role = role,
		.schema = schema,
		.why = BUFFER_INIT(arena),
		.grant = BUFFER_INIT(arena),
	};
}

/* "'name'" in a reason. */
static void add_shown(struct buffer *buf, const char *before, const char *name)
{
	buffer_addf(buf, "%s'", before);
	text_add_visible(buf, name);
	buffer_add_char(buf, '\'');
}

/* Statements; each % in the text is a name, quoted. */
static void add_grant(struct refusal *refusal, const char *text, ...)
{
	va_list names;
	va_start(names, text);
	for (; *text != '\0'; text++) {
		if (*text == '%')
			postgres_add_identifier(&refusal->grant, refusal->pg,
						va_arg(names, const char *));
		else
			buffer_add_char(&refusal->grant, *text);
	}
	va_end(names);
}

/* Begins a reason, and its statement. */
static void add_role(struct refusal *refusal)
{
	add_shown(&refusal->why, refusal->why.length > 0 ? "; role " : "role ", refusal->role);
	buffer_add(&refusal->grant, refusal->grant.length > 0 ? " " : "");
}

/* false: out of memory. */
static bool refuse(struct denial *denial, const struct refusal *refusal)
{
	denial->why = buffer_text(&refusal->why);
	denial->grant = buffer_text(&refusal->grant);
	if (denial->why == NULL || denial->grant == NULL)
		return false;
	if (denial->why[0] == '\0')
		*denial = (struct denial){0};
	else if (denial->grant[0] == '\0')
		denial->grant = NULL;
	return true;
}

/* privilege NULL: nothing is missing. */
static void lack_on_schema(struct refusal *refusal, const char *schema, const char *privilege,
			   const char *purpose)
{
	if (privilege == NULL)
		return;
	add_role(refusal);
	buffer_addf(&refusal->why, " lacks %s on schema ", privilege);
	add_shown(&refusal->why, "", schema);
	buffer_add(&refusal->why, purpose);
	buffer_addf(&refusal->grant, "GRANT %s ON SCHEMA ", privilege);
	add_grant(refusal, "% TO %;", schema, refusal->role);
}

static const char *history_schema(const struct refusal *refusal)
{
	const char *own = refusal->pg->settings->history_schema;
	return own != NULL ? own : refusal->schema;
}

static void lack_on_history(struct refusal *refusal)
{
	add_role(refusal);
	buffer_add(&refusal->why, " lacks INSERT on '" HISTORY_TABLE "'");
	add_grant(refusal, "GRANT INSERT ON %.% TO %;", history_schema(refusal), HISTORY_TABLE,
		  refusal->role);
}

static const char *privileges(bool use, bool create)
{
	if (!use && !create)
		return "USAGE, CREATE";
	if (!use)
		return "USAGE";
	return create ? NULL : "CREATE";
}

/* Is history in a schema of its own? One that is not there is said elsewhere. */
static bool is_apart(const struct postgres *pg, const PGresult *result)
{
	return pg->settings->history_schema != NULL && !PQgetisnull(result, 0, MAY_USE_HISTORY);
}

#define TO_MAKE_HISTORY " to make '" HISTORY_TABLE "'"

/* Every change writes history, so that to create a table is not all. */
static bool refuse_create(struct postgres *pg, const PGresult *result, const char *role,
			  const char *schema, struct denial *denial, struct arena *arena)
{
	struct refusal refusal = refusal_of(pg, role, schema, arena);
	bool history = value_bool(result, 0, HISTORY_EXISTS);
	lack_on_schema(
		&refusal, schema,
		privileges(value_bool(result, 0, MAY_USE), value_bool(result, 0, MAY_CREATE)), "");
	if (is_apart(pg, result))
		lack_on_schema(&refusal, history_schema(&refusal),
			       privileges(value_bool(result, 0, MAY_USE_HISTORY),
					  value_bool(result, 0, MAY_CREATE_HISTORY) || history),
			       TO_MAKE_HISTORY);
	if (history && !value_bool(result, 0, MAY_INSERT))
		lack_on_history(&refusal);
	return refuse(denial, &refusal);
}

/*
 * What would make the role an owner. Nobody becomes a member of a superuser for this: the table is
 * given away instead. A member that does not inherit the owner's rights has none of them.
 */
static void lack_ownership(struct refusal *refusal, const PGresult *result, int row,
			   const char *table)
{
	const char *owner = PQgetvalue(result, row, OWNER);
	bool member = value_bool(result, row, IS_MEMBER);
	bool inherits = !member && value_bool(result, 0, ROLE_INHERITS);
	bool since_16 = PQserverVersion(refusal->pg->connection) >= 160000;
	add_role(refusal);
	add_shown(&refusal->why, " does not own it (owner ", owner);
	buffer_add(&refusal->why, member ? ", whose rights it does not inherit)" : ")");
	if (value_bool(result, row, OWNER_IS_SUPERUSER))
		add_grant(refusal, "ALTER TABLE %.% OWNER TO %;", refusal->schema, table,
			  refusal->role);
	else if (inherits)
		add_grant(refusal, "GRANT % TO %;", owner, refusal->role);
	else if (since_16)
		add_grant(refusal, "GRANT % TO % WITH INHERIT TRUE;", owner, refusal->role);
	else if (member)
		add_grant(refusal, "ALTER ROLE % INHERIT;", refusal->role);
	else
		add_grant(refusal, "GRANT % TO %; ALTER ROLE % INHERIT;", owner, refusal->role,
			  refusal->role);
}

/* What the role has, or would have with the membership that lack_ownership() asks for. */
static bool has_or_gains(const PGresult *result, int row, bool gains, int own, int of_owner)
{
	return value_bool(result, 0, own) || (gains && value_bool(result, row, of_owner));
}

static bool refuse_alter(struct postgres *pg, const PGresult *result, int row, const char *role,
			 const char *schema, const char *table, struct denial *denial,
			 struct arena *arena)
{
	struct refusal refusal = refusal_of(pg, role, schema, arena);
	bool owns = value_bool(result, row, OWNS);
	if (!owns)
		lack_ownership(&refusal, result, row, table);
	bool gains = !owns && !value_bool(result, row, OWNER_IS_SUPERUSER);
	bool history = value_bool(result, 0, HISTORY_EXISTS), apart = is_apart(pg, result);
	bool use = has_or_gains(result, row, gains, MAY_USE, OWNER_MAY_USE);
	bool create =
		apart || history || has_or_gains(result, row, gains, MAY_CREATE, OWNER_MAY_CREATE);
	bool made = history ||
		    has_or_gains(result, row, gains, MAY_CREATE_HISTORY, OWNER_MAY_CREATE_HISTORY);
	lack_on_schema(&refusal, schema, privileges(use, create), create ? "" : TO_MAKE_HISTORY);
	if (apart)
		lack_on_schema(&refusal, history_schema(&refusal),
			       privileges(has_or_gains(result, row, gains, MAY_USE_HISTORY,
						       OWNER_MAY_USE_HISTORY),
					  made),
			       made ? "" : TO_MAKE_HISTORY);
	if (history && !has_or_gains(result, row, gains, MAY_INSERT, OWNER_MAY_INSERT))
		lack_on_history(&refusal);
	return refuse(denial, &refusal);
}

/* The role of the settings is not there, or not for this session. */
static bool refuse_role(struct postgres *pg, const PGresult *result, struct denial *denial,
			struct arena *arena)
{
	const char *user = PQgetvalue(result, 0, SESSION_USER);
	struct refusal refusal = refusal_of(pg, PQgetvalue(result, 0, ROLE), NULL, arena);
	bool exists = value_bool(result, 0, ROLE_EXISTS);
	if (!exists) {
		add_role(&refusal);
		buffer_add(&refusal.why, " does not exist");
		add_grant(&refusal, "CREATE ROLE %; ", refusal.role);
	} else {
		add_shown(&refusal.why, "role ", user);
		add_shown(&refusal.why, " may not become role ", refusal.role);
	}
	/* A member already, but without that option. */
	bool ours = value_bool(result, 0, ROLE_IS_OURS);
	add_grant(&refusal, ours ? "GRANT % TO % WITH SET TRUE;" : "GRANT % TO %;", refusal.role,
		  user);
	return refuse(denial, &refusal);
}

/* Without a schema of the settings there is no saying which one is to be made. */
static bool refuse_schema(struct postgres *pg, const char *role, struct denial *denial,
			  struct arena *arena)
{
	struct refusal refusal = refusal_of(pg, role, pg->settings->schema, arena);
	buffer_add(&refusal.why, "there is no such schema");
	if (refusal.schema != NULL)
		add_grant(&refusal, "CREATE SCHEMA % AUTHORIZATION %;", refusal.schema, role);
	return refuse(denial, &refusal);
}

static bool read_facts(struct postgres *pg, const PGresult *result, const char *const *names,
		       size_t name_count, struct session_facts *facts, struct arena *arena)
{
	const char *role = PQgetvalue(result, 0, ROLE);
	struct denial *alter = arena_array(arena, name_count, sizeof(*alter));
	if (alter == NULL || !value_text(&facts->schema, result, 0, SCHEMA, arena) ||
	    !value_text(&facts->db_user, result, 0, SESSION_USER, arena))
		return false;
	facts->alter = alter;
	if (value_bool(result, 0, STANDBY))
		facts->read_only = "the server is a hot standby";
	else if (value_bool(result, 0, READ_ONLY))
		facts->read_only = "the session is read-only (default_transaction_read_only)";

	if (!value_bool(result, 0, ROLE_ALLOWED)) {
		if (!refuse_role(pg, result, &facts->create, arena))
			return false;
		for (size_t i = 0; i < name_count; i++)
			alter[i] = facts->create;
		return true;
	}
	if (facts->schema == NULL)
		return refuse_schema(pg, role, &facts->create, arena);
	bool fine = refuse_create(pg, result, role, facts->schema, &facts->create, arena);
	for (int row = 0; row < PQntuples(result) && fine; row++) {
		int32_t place = value_int32(result, row, PLACE);
		if (place < 1 || (size_t)place > name_count || PQgetisnull(result, row, OWNER))
			continue;
		fine = refuse_alter(pg, result, row, role, facts->schema, names[place - 1],
				    &alter[place - 1], arena);
	}
	return fine;
}

/* Of history's row, whatever the table. */
static bool read_history(struct postgres *pg, const PGresult *rights, struct session_facts *facts,
			 struct arena *arena)
{
	struct history_place place;
	if (!history_place_collect(&place, rights, arena))
		return false;
	if (place.target == NULL || (place.schema == NULL && pg->settings->history_schema == NULL))
		return true; /* there is no schema to change either */
	const char *table = history_table(pg, place.target, arena);
	if (facts->history_audience.publications != NULL && table != NULL) {
		facts->history_audience.sql = history_make(&place, table, arena);
		facts->history_audience.creates = place.live.kind == RELATION_ABSENT;
		if (facts->history_audience.sql == NULL)
			return false;
	}
	struct denial *denial = &facts->history;
	if (table == NULL ||
	    !history_refuse_place(pg, denial, place.state, table, &place.live, true, arena))
		return false;
	return denial->why != NULL || history_refuse_insert(pg, denial, &place, table, arena);
}

bool postgres_inspect(struct session *session, const char *const *names, size_t name_count,
		      struct session_facts *facts, struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	enum { FACTS, RIGHTS, AUDIENCES, STATEMENTS };
	struct statement statements[STATEMENTS];
	size_t count = is_postgresql(pg) ? STATEMENTS : AUDIENCES;
	PGresult *results[STATEMENTS];
	*facts = (struct session_facts){0};
	statements[FACTS] = (struct statement){
		.sql = PQserverVersion(pg->connection) < 160000 ? inspect_query_before_16
								: inspect_query,
		.parameter_count = 4,
		.parameters = {parameter_text(pg->settings->schema),
			       parameter_texts(names, name_count, arena),
			       parameter_text(pg->settings->role),
			       parameter_text(pg->settings->history_schema)},
		/* A row at least: the role, and what it may do here. */
		.answer = {"t? t t b b b b? b? b? b? b? b b? i? t? b? b? b? b? b? b? b? b? b? b?",
			   1, 0},
	};
	statements[RIGHTS] = history_rights_statement(pg, pg->settings->role);
	if (statements[FACTS].parameters[1].value == NULL ||
	    !audience_statement(pg, &statements[AUDIENCES], names, name_count, arena))
		return error_memory(err);
	bool fine = batch_run(pg, statements, count, patience_read_ms(pg), results, NULL, err);
	if (fine && !(read_facts(pg, results[FACTS], names, name_count, facts, arena) &&
		      (count <= AUDIENCES ||
		       audience_collect(facts, results[AUDIENCES], name_count, arena)) &&
		      read_history(pg, results[RIGHTS], facts, arena)))
		fine = error_memory(err);
	batch_clear(results, count);
	return fine;
}
