/*
 * What adding a column costs, tried on temporary tables in a transaction that is rolled back. A new
 * pg_relation_filenode() is a table that was written anew, one more sequential scan a table that
 * was read through; neither depends on how many rows there are, one is enough. What is refused
 * there is refused on a real table with rows too.
 */
#include "postgres.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* What is known of a probe table before the next column is added. */
struct probe {
	char name[64];
	uint32_t file;
	long long scans;
};

struct trial {
	struct postgres *pg;
	struct cost_question *questions; /* of this pair of tables */
	size_t count;
	struct probe row;   /* holds one row */
	struct probe empty; /* holds none: for what has an effect when it is evaluated */
	struct arena *arena;
};

/* A sequence gives a value away for good when it is asked for one, even by a rolled back
 * transaction; an empty table asks none. */
static bool has_effect(const char *definition)
{
	static const char word[] = "nextval";
	for (; *definition != '\0'; definition++)
		if (strncasecmp(definition, word, sizeof(word) - 1) == 0)
			return true;
	return false;
}

static struct probe *probe_of(struct trial *trial, const struct cost_question *question)
{
	return has_effect(question->definition) ? &trial->empty : &trial->row;
}

static void name_probes(struct trial *trial, struct chance *chance)
{
	uint64_t number = chance_next(chance);
	snprintf(trial->row.name, sizeof(trial->row.name), "reconcile_probe_%016" PRIx64, number);
	snprintf(trial->empty.name, sizeof(trial->empty.name), "reconcile_empty_%016" PRIx64,
		 number);
}

__attribute__((format(printf, 3, 4))) static void
add_statement(struct statement *statement, struct arena *scratch, const char *format, ...)
{
	va_list arguments;
	char line[256];
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	*statement = (struct statement){.sql = arena_text(scratch, line)};
}

enum { MAKE_STATEMENTS = 3, LOOK_STATEMENTS = 2, TRY_STATEMENTS = 4, TRY_ALTER = 1, TRY_LOOK = 2 };

static void add_look(struct statement *statement, const struct probe *probe, struct arena *scratch)
{
	add_statement(
		statement, scratch,
		"SELECT pg_catalog.pg_relation_filenode('pg_temp.%s'::pg_catalog.regclass),\n"
		"       pg_catalog.pg_stat_get_xact_numscans('pg_temp.%s'::pg_catalog.regclass)",
		probe->name, probe->name);
}

/* *count statements from here on; false: out of memory. */
static bool add_try(struct statement *statements, struct trial *trial, size_t number,
		    struct arena *scratch)
{
	const struct cost_question *question = &trial->questions[number];
	const struct probe *probe = probe_of(trial, question);
	struct buffer alter = BUFFER_INIT(scratch);
	buffer_addf(&alter, "ALTER TABLE pg_temp.%s ADD COLUMN c%zu %s", probe->name, number,
		    question->definition);
	statements[0] = (struct statement){.sql = "SAVEPOINT reconcile_try"};
	statements[TRY_ALTER] = (struct statement){.sql = buffer_text(&alter)};
	add_look(&statements[TRY_LOOK], probe, scratch);
	statements[3] = (struct statement){.sql = "RELEASE SAVEPOINT reconcile_try"};
	return statements[TRY_ALTER].sql != NULL && statements[TRY_LOOK].sql != NULL;
}

static void take_look(struct probe *probe, const PGresult *result)
{
	probe->file = (uint32_t)value_int32(result, 0, 0);
	probe->scans = value_int64(result, 0, 1);
}

static void judge(const struct trial *trial, struct cost_question *question, struct probe *probe,
		  const PGresult *result)
{
	struct probe before = *probe;
	take_look(probe, result);
	question->reason = NULL;
	if (probe->file == before.file) {
		question->cost =
			probe->scans > before.scans ? RECONCILE_COST_SCAN : RECONCILE_COST_CATALOG;
		return;
	}
	question->cost = RECONCILE_COST_REWRITE;
	question->reason = trial->pg->dialect.rewrites_for_defaults
				   ? "a default rewrites the table before PostgreSQL 11"
				   : "its default is not one value for all rows, or its type is a "
				     "domain with constraints";
}

static bool refuse(struct trial *trial, struct cost_question *question, const struct error *why,
		   struct error *err)
{
	question->cost = RECONCILE_COST_IMPOSSIBLE;
	if (strcmp(why->sqlstate, "23502") == 0) /* not_null_violation */
		question->reason = "it may not be NULL, and its default gives no value";
	else
		question->reason = arena_text(trial->arena, why->message);
	return question->reason != NULL || error_memory(err);
}

/* The tables, and what they look like before the first column. */
static void add_tables(struct statement *statements, const struct trial *trial,
		       struct arena *scratch)
{
	add_statement(&statements[0], scratch, "CREATE TEMP TABLE %s () ON COMMIT DROP",
		      trial->row.name);
	add_statement(&statements[1], scratch, "INSERT INTO pg_temp.%s DEFAULT VALUES",
		      trial->row.name);
	add_statement(&statements[2], scratch, "CREATE TEMP TABLE %s () ON COMMIT DROP",
		      trial->empty.name);
}

/*
 * One round trip: questions from first on, until one is refused; *next is then the one behind it,
 * or the end. begins: the tables are made first.
 */
static bool try_some(struct trial *trial, size_t first, size_t *next, bool begins,
		     struct arena *scratch, struct error *err)
{
	size_t head = (begins ? MAKE_STATEMENTS : 1) + LOOK_STATEMENTS, made = 0, failed;
	size_t count = head + TRY_STATEMENTS * (trial->count - first);
	struct statement *statements = arena_array(scratch, count, sizeof(*statements));
	PGresult **results = arena_array(scratch, count, sizeof(*results));
	struct error found = {0};
	bool enough = statements != NULL && results != NULL;
	if (enough && begins)
		add_tables(statements, trial, scratch);
	else if (enough)
		statements[0].sql = "ROLLBACK TO SAVEPOINT reconcile_try";
	made = head - LOOK_STATEMENTS;
	if (enough) {
		add_look(&statements[made], &trial->row, scratch);
		add_look(&statements[made + 1], &trial->empty, scratch);
	}
	for (size_t i = 0; enough && i < head; i++)
		enough = statements[i].sql != NULL;
	for (size_t i = first; enough && i < trial->count; i++)
		enough = add_try(&statements[head + TRY_STATEMENTS * (i - first)], trial, i,
				 scratch);
	if (!enough)
		return error_memory(err);
	bool fine = batch_run(trial->pg, statements, count, patience_change_ms(trial->pg), results,
			      &failed, &found);
	size_t done = failed < head ? 0 : (failed - head) / TRY_STATEMENTS;
	if (failed >= head) {
		take_look(&trial->row, results[made]);
		take_look(&trial->empty, results[made + 1]);
	}
	for (size_t i = 0; i < done; i++)
		judge(trial, &trial->questions[first + i],
		      probe_of(trial, &trial->questions[first + i]),
		      results[head + TRY_STATEMENTS * i + TRY_LOOK]);
	batch_clear(results, count);
	*next = first + done;
	if (fine)
		return true;
	bool refused = failed >= head && failed < count && found.class == ERROR_FATAL &&
		       (failed - head) % TRY_STATEMENTS == TRY_ALTER;
	if (refused)
		return refuse(trial, &trial->questions[(*next)++], &found, err);
	if (err->status == RECONCILE_OK)
		*err = found;
	return false;
}

static bool try_all(struct postgres *pg, struct cost_question *questions, size_t count,
		    struct arena *arena, struct error *err)
{
	struct chance chance;
	chance_init(&chance);
	for (size_t first = 0; first < count; first += QUESTIONS_A_TABLE) {
		size_t here = count - first;
		struct trial trial = {
			.pg = pg,
			.questions = questions + first,
			.count = here < QUESTIONS_A_TABLE ? here : QUESTIONS_A_TABLE,
			.arena = arena,
		};
		name_probes(&trial, &chance);
		bool begins = true;
		for (size_t next = 0; next < trial.count; begins = false) {
			struct arena scratch = {0};
			bool fine = try_some(&trial, next, &next, begins, &scratch, err);
			arena_release(&scratch);
			if (!fine)
				return false;
		}
	}
	return true;
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
	bool fine = open_transaction(pg, err) && try_all(pg, questions, count, arena, err);
	postgres_rollback(session);
	return fine;
}
