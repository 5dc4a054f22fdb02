/*
 * What adding a column costs, tried on temporary tables in a transaction that is rolled back. A new
 * pg_relation_filenode() is a table that was written anew, one more sequential scan a table that
 * was read through; neither depends on how many rows there are, one is enough. What is refused
 * there is refused on a real table with rows too.
 */
#include "postgres.h"
#include <stdio.h>
#include <string.h>

/* Far below the 1600 columns of a table (54011), and a pipeline of moderate size. */
enum { QUESTIONS_A_TABLE = 200 };

/* ---- may it be tried? ----------------------------------------------------- */

static const char may_query[] =
	"SELECT pg_catalog.pg_is_in_recovery(),\n"
	"       pg_catalog.current_setting('transaction_read_only') = 'on',\n"
	"       pg_catalog.has_database_privilege(d.oid, 'TEMPORARY'),\n"
	"       d.datname::text, current_user::text, session_user::text\n"
	"  FROM pg_catalog.pg_database d\n"
	" WHERE d.datname = pg_catalog.current_database()";

/* With settings->role taken on, in the implicit transaction of one round trip. */
static bool ask_with_role(struct postgres *pg, const char *sql, PGresult **answer,
			  struct error *err)
{
	struct statement statements[2];
	PGresult *results[2] = {NULL, NULL};
	size_t count = 0, failed;
	if (pg->settings->role != NULL)
		statements[count++] = role_statement(pg);
	statements[count++] = (struct statement){.sql = sql};
	bool fine = batch_run(pg, statements, count, patience_read_ms(pg), results, &failed, err);
	if (!fine && count == 2 && failed == 0)
		role_explain(pg, PQuser(pg->connection), err);
	*answer = results[count - 1];
	results[count - 1] = NULL;
	batch_clear(results, count);
	return fine;
}

/* *why is NULL: it may. */
static bool ask_whether(struct postgres *pg, const char **why, struct arena *arena,
			struct error *err)
{
	PGresult *result = NULL;
	*why = NULL;
	bool fine = ask_with_role(pg, may_query, &result, err);
	if (fine && PQntuples(result) == 1 && value_bool(result, 0, 0)) {
		*why = "the server is a hot standby, where it cannot be tried";
	} else if (fine && PQntuples(result) == 1 && value_bool(result, 0, 1)) {
		*why = "the session is read-only, so that it cannot be tried";
	} else if (fine && (PQntuples(result) != 1 || !value_bool(result, 0, 2))) {
		const char *database = PQgetvalue(result, 0, 3), *role = PQgetvalue(result, 0, 4);
		struct buffer buf = BUFFER_INIT(arena);
		buffer_addf(&buf,
			    "role '%s' lacks TEMPORARY on database '%s' to try it out: ", role,
			    database);
		buffer_add(&buf, "GRANT TEMPORARY ON DATABASE ");
		postgres_add_identifier(&buf, pg, database);
		buffer_add(&buf, " TO ");
		postgres_add_identifier(&buf, pg, role);
		*why = buffer_text(&buf);
		fine = *why != NULL || error_memory(err);
	}
	PQclear(result);
	return fine;
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
		bool domain = (int)i >= PQntuples(result) || value_bool(result, (int)i, 0);
		questions[i].cost = domain ? RECONCILE_COST_UNKNOWN : RECONCILE_COST_NONE;
		questions[i].reason = why;
	}
	PQclear(result);
	arena_release(&scratch);
	return fine;
}

/* ---- trying --------------------------------------------------------------- */

/* A temporary table on which columns are tried, and what is known of it before the next one. */
struct probe {
	char name[64];
	bool has_row;
	uint32_t file;
	long long scans;
};

/* Questions that are tried on one probe. */
struct trial {
	struct postgres *pg;
	struct probe probe;
	struct cost_question **questions;
	bool *has_effect; /* one a question: evaluating its default is not for us to do */
	size_t count;
	struct arena *arena;
};

enum { TRY_SAVE, TRY_ALTER, TRY_LOOK, TRY_RELEASE, TRY_STATEMENTS };

/*
 * $1 the table, $2 the new column (NULL: none). Volatile functions may have an effect: a sequence
 * gives a value away for good, even to a transaction that is rolled back. Which functions a default
 * calls is read off its expression, and off that of a domain, whose default a column without one
 * takes.
 */
static const char look_query[] =
	"SELECT pg_catalog.pg_relation_filenode(probe.oid),\n"
	"       pg_catalog.pg_stat_get_xact_numscans(probe.oid),\n"
	"       EXISTS (SELECT 1\n"
	"                 FROM pg_catalog.pg_attribute a\n"
	"                 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid\n"
	"                 LEFT JOIN pg_catalog.pg_attrdef d\n"
	"                   ON d.adrelid = a.attrelid AND d.adnum = a.attnum,\n"
	"                      pg_catalog.regexp_matches(\n"
	"                          coalesce(d.adbin::text, t.typdefaultbin::text),\n"
	"                          ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS called (matched)\n"
	"                 JOIN pg_catalog.pg_proc p ON p.oid = called.matched[1]::oid\n"
	"                WHERE a.attrelid = probe.oid AND a.attname = $2::name\n"
	"                  AND p.provolatile = 'v')\n"
	"  FROM (SELECT $1::pg_catalog.regclass AS oid) AS probe";

static bool add_text(struct statement *statement, struct buffer *buf)
{
	*statement = (struct statement){.sql = buffer_text(buf)};
	return statement->sql != NULL;
}

static bool add_look(struct statement *statement, const struct probe *probe, const char *column,
		     struct arena *scratch)
{
	struct buffer table = BUFFER_INIT(scratch);
	buffer_addf(&table, "pg_temp.%s", probe->name);
	*statement = (struct statement){
		.sql = look_query,
		.parameter_count = 2,
		.parameters = {parameter_text(buffer_text(&table)), parameter_text(column)},
	};
	return buffer_text(&table) != NULL;
}

static bool add_try(struct statement *statements, const struct trial *trial, size_t number,
		    struct arena *scratch)
{
	struct buffer column = BUFFER_INIT(scratch), alter = BUFFER_INIT(scratch);
	buffer_addf(&column, "c%zu", number);
	buffer_addf(&alter, "ALTER TABLE pg_temp.%s ADD COLUMN c%zu %s", trial->probe.name, number,
		    trial->questions[number]->definition);
	statements[TRY_SAVE] = (struct statement){.sql = "SAVEPOINT reconcile_try"};
	statements[TRY_RELEASE] = (struct statement){.sql = "RELEASE SAVEPOINT reconcile_try"};
	return buffer_text(&column) != NULL && add_text(&statements[TRY_ALTER], &alter) &&
	       add_look(&statements[TRY_LOOK], &trial->probe, buffer_text(&column), scratch);
}

/* The table, or what takes back a refusal; then a look. */
static bool add_head(struct statement *statements, size_t *count, const struct trial *trial,
		     bool begins, struct arena *scratch)
{
	struct buffer create = BUFFER_INIT(scratch), insert = BUFFER_INIT(scratch);
	const char *name = trial->probe.name;
	*count = 0;
	if (!begins) {
		statements[(*count)++].sql = "ROLLBACK TO SAVEPOINT reconcile_try";
	} else {
		buffer_addf(&create, "CREATE TEMP TABLE %s () ON COMMIT DROP", name);
		buffer_addf(&insert, "INSERT INTO pg_temp.%s DEFAULT VALUES", name);
		if (!add_text(&statements[(*count)++], &create))
			return false;
		if (trial->probe.has_row && !add_text(&statements[(*count)++], &insert))
			return false;
	}
	return add_look(&statements[(*count)++], &trial->probe, NULL, scratch);
}

static void take_look(struct probe *probe, const PGresult *result)
{
	probe->file = (uint32_t)value_int32(result, 0, 0);
	probe->scans = value_int64(result, 0, 1);
}

static void judge(struct trial *trial, size_t number, const PGresult *result)
{
	struct cost_question *question = trial->questions[number];
	struct probe before = trial->probe;
	take_look(&trial->probe, result);
	trial->has_effect[number] = value_bool(result, 0, 2);
	question->reason = NULL;
	if (trial->probe.file == before.file) {
		question->cost = trial->probe.scans > before.scans ? RECONCILE_COST_SCAN
								   : RECONCILE_COST_CATALOG;
		return;
	}
	question->cost = RECONCILE_COST_REWRITE;
	if (trial->has_effect[number])
		question->reason = "every row gets a value of its own, the default is volatile";
	else if (trial->pg->dialect.rewrites_for_defaults)
		question->reason = "a default rewrites the table before PostgreSQL 11";
	else
		question->reason = "the type is a domain with constraints, or its default is not "
				   "one value for all rows";
}

static bool refuse(struct trial *trial, size_t number, const struct error *why, struct error *err)
{
	struct cost_question *question = trial->questions[number];
	question->cost = RECONCILE_COST_IMPOSSIBLE;
	if (strcmp(why->sqlstate, "23502") == 0) /* not_null_violation */
		question->reason = "it may not be NULL, and its default gives no value";
	else
		question->reason = arena_text(trial->arena, why->message);
	return question->reason != NULL || error_memory(err);
}

/* One round trip: questions from first on, until one is refused; *next is then the one behind it,
 * or the end. begins: the table is made first. */
static bool try_some(struct trial *trial, size_t first, size_t *next, bool begins,
		     struct arena *scratch, struct error *err)
{
	size_t room = 3 + TRY_STATEMENTS * (trial->count - first), head, failed;
	struct statement *statements = arena_array(scratch, room, sizeof(*statements));
	PGresult **results = arena_array(scratch, room, sizeof(*results));
	struct error found = {0};
	bool enough = statements != NULL && results != NULL &&
		      add_head(statements, &head, trial, begins, scratch);
	for (size_t i = first; enough && i < trial->count; i++)
		enough = add_try(&statements[head + TRY_STATEMENTS * (i - first)], trial, i,
				 scratch);
	if (!enough)
		return error_memory(err);
	size_t count = head + TRY_STATEMENTS * (trial->count - first);
	bool fine = batch_run(trial->pg, statements, count, patience_change_ms(trial->pg), results,
			      &failed, &found);
	/* Of a connection that broke not every answer is there. */
	bool answered = fine || failed < count;
	size_t done = !answered || failed < head ? 0 : (failed - head) / TRY_STATEMENTS;
	if (answered && failed >= head)
		take_look(&trial->probe, results[head - 1]);
	for (size_t i = 0; i < done; i++)
		judge(trial, first + i, results[head + TRY_STATEMENTS * i + TRY_LOOK]);
	batch_clear(results, count);
	*next = first + done;
	if (fine)
		return true;
	if (answered && failed >= head && found.class == ERROR_FATAL &&
	    (failed - head) % TRY_STATEMENTS == TRY_ALTER)
		return refuse(trial, (*next)++, &found, err);
	if (err->status == RECONCILE_OK)
		*err = found;
	return false;
}

static bool try_all(struct trial *trial, struct error *err)
{
	bool begins = true;
	for (size_t next = 0; next < trial->count; begins = false) {
		struct arena scratch = {0};
		bool fine = try_some(trial, next, &next, begins, &scratch, err);
		arena_release(&scratch);
		if (!fine)
			return false;
	}
	return true;
}

/*
 * First on an empty table, where PostgreSQL evaluates no default but one that is the same for all
 * rows; then, unless that could have an effect, on a table with a row, which shows what rows
 * refuse. What a volatile default gives is not known beforehand: it may still fail on the real
 * table, in the change's own transaction.
 */
static bool try_questions(struct postgres *pg, struct cost_question *questions, size_t count,
			  struct chance *chance, struct arena *arena, struct error *err)
{
	struct trial trial = {.pg = pg, .count = count, .arena = arena};
	unsigned long long number = chance_next(chance);
	trial.questions = arena_array(arena, count, sizeof(*trial.questions));
	trial.has_effect = arena_array(arena, count, sizeof(*trial.has_effect));
	if (trial.questions == NULL || trial.has_effect == NULL)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		trial.questions[i] = &questions[i];
	/* No name of a lent session's own temporary table. */
	snprintf(trial.probe.name, sizeof(trial.probe.name), "reconcile_empty_%016llx", number);
	if (!try_all(&trial, err))
		return false;
	trial.count = 0;
	for (size_t i = 0; i < count; i++)
		if (questions[i].cost != RECONCILE_COST_IMPOSSIBLE && !trial.has_effect[i])
			trial.questions[trial.count++] = &questions[i];
	trial.probe.has_row = true;
	snprintf(trial.probe.name, sizeof(trial.probe.name), "reconcile_row_%016llx", number);
	return try_all(&trial, err);
}

/* BEGIN with its limits, and the role. */
static bool open_transaction(struct postgres *pg, struct error *err)
{
	struct arena scratch = {0};
	struct statement statements[OPENING_STATEMENTS + 1];
	PGresult *results[OPENING_STATEMENTS + 1];
	size_t count = OPENING_STATEMENTS, failed;
	bool fine = opening_statements(pg, statements, &scratch) || error_memory(err);
	if (pg->settings->role != NULL)
		statements[count++] = role_statement(pg);
	if (fine) {
		pg->in_transaction = true;
		fine = batch_run(pg, statements, count, patience_change_ms(pg), results, &failed,
				 err);
		if (!fine && failed == OPENING_STATEMENTS)
			role_explain(pg, PQuser(pg->connection), err);
		batch_clear(results, count);
	}
	arena_release(&scratch);
	return fine;
}

bool postgres_assess(struct session *session, struct cost_question *questions, size_t count,
		     struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const char *why;
	if (count == 0)
		return true;
	if (!ask_whether(pg, &why, arena, err))
		return false;
	if (why != NULL)
		return leave_to_rules(pg, questions, count, why, arena, err);
	struct chance chance;
	chance_init(&chance);
	bool fine = open_transaction(pg, err);
	for (size_t first = 0; fine && first < count; first += QUESTIONS_A_TABLE) {
		size_t here = count - first;
		fine = try_questions(pg, questions + first,
				     here < QUESTIONS_A_TABLE ? here : QUESTIONS_A_TABLE, &chance,
				     arena, err);
	}
	postgres_rollback(session);
	return fine;
}
