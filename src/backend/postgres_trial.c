/*
 * Columns tried on temporary tables, in a transaction that is rolled back. A new
 * pg_relation_filenode() is a table that was written anew, one more sequential scan a table that
 * was read through; neither depends on how many rows there are, one is enough. What is refused
 * there is refused on a real table with rows too.
 */
#include "postgres.h"
#include <stdio.h>
#include <string.h>

/* Few enough for a row of columns without TOAST to stay on its page (54000), far below the 1600
 * columns of a table (54011). */
enum { QUESTIONS_A_TABLE = 60 };

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
	const char *why; /* not NULL: the server refuses the table itself */
	struct arena *arena;
	bool exhausted; /* memory ran out over an answer */
};

enum { TRY_ALTER, TRY_LOOK, TRY_STATEMENTS };
enum { HEAD_STATEMENTS = 5 };

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
		.answer = ONE_ROW("i l b"),
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
	return buffer_text(&column) != NULL && add_text(&statements[TRY_ALTER], &alter) &&
	       add_look(&statements[TRY_LOOK], &trial->probe, buffer_text(&column), scratch);
}

/* The table; or what takes back a refusal, and with it the columns of that round trip, whose
 * answers are there. One savepoint is enough: each has a number that other transactions must look
 * up. */
static bool add_head(struct statement *statements, size_t *count, const struct trial *trial,
		     bool begins, struct arena *scratch)
{
	struct buffer create = BUFFER_INIT(scratch), insert = BUFFER_INIT(scratch);
	const char *name = trial->probe.name;
	*count = 0;
	/* After a refusal, that of the last column of the table before included. */
	if (PQtransactionStatus(trial->pg->connection) == PQTRANS_INERROR)
		statements[(*count)++].sql = "ROLLBACK TO SAVEPOINT reconcile_try";
	if (begins) {
		buffer_addf(&create, "CREATE TEMP TABLE %s () ON COMMIT DROP", name);
		buffer_addf(&insert, "INSERT INTO pg_temp.%s DEFAULT VALUES", name);
		if (!add_text(&statements[(*count)++], &create))
			return false;
		if (trial->probe.has_row && !add_text(&statements[(*count)++], &insert))
			return false;
		statements[(*count)++].sql = "SAVEPOINT reconcile_try";
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

/* Not every failure is about what was tried: resources and the system's own (classes 53, 58, XX).
 */
static bool is_refusal(const struct error *why)
{
	static const char *const others[] = {"53", "57", "58", "F0", "XX"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(why->sqlstate, others[i], 2) == 0)
			return false;
	return error_is_refusal(why);
}

/* false: it is no answer. */
static bool take_refusal(struct trial *trial, size_t number, const struct error *why)
{
	struct cost_question *question = trial->questions[number];
	if (strcmp(why->sqlstate, "57014") == 0 && why->limit != NULL) {
		question->cost = RECONCILE_COST_UNKNOWN;
		question->reason = "to try it on one row took longer than statement_timeout_ms";
		return true;
	}
	if (!is_refusal(why))
		return false;
	question->cost = RECONCILE_COST_IMPOSSIBLE;
	if (strcmp(why->sqlstate, "23502") == 0) /* not_null_violation */
		question->reason = "it may not be NULL, and its default gives no value";
	else
		trial->exhausted = !arena_copy(&question->reason, trial->arena, why->message);
	return !trial->exhausted;
}

/* After a round trip that came to its end, or to statement failed: answers; *next is the question
 * behind the last answer. false: it failed. */
static bool take_answers(struct trial *trial, size_t first, size_t *next, PGresult *const *results,
			 size_t head, bool begins, bool fine, size_t failed,
			 const struct error *found)
{
	size_t end = head + TRY_STATEMENTS * (trial->count - first);
	size_t reached = failed < end ? failed : end;
	size_t done = reached < head ? 0 : (reached - head) / TRY_STATEMENTS;
	*next = first;
	if (!fine && failed == end) /* the connection went over it */
		return false;
	if (reached >= head)
		take_look(&trial->probe, results[head - 1]);
	for (size_t i = 0; i < done; i++)
		judge(trial, first + i, results[head + TRY_STATEMENTS * i + TRY_LOOK]);
	*next = first + done;
	if (fine)
		return true;
	if (failed < head && begins && is_refusal(found)) {
		trial->exhausted = !arena_copy(&trial->why, trial->arena, found->message);
		return !trial->exhausted;
	}
	bool is_try = failed >= head && (failed - head) % TRY_STATEMENTS == TRY_ALTER;
	return is_try && take_refusal(trial, (*next)++, found);
}

/* One round trip: questions from first on, until one is refused. begins: the table is made first.
 */
static bool try_some(struct trial *trial, size_t first, size_t *next, bool begins,
		     struct arena *scratch, struct error *err)
{
	size_t room = HEAD_STATEMENTS + TRY_STATEMENTS * (trial->count - first), head = 0, failed;
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
	fine = take_answers(trial, first, next, results, head, begins, fine, failed, &found);
	batch_clear(results, count);
	if (trial->exhausted)
		return error_memory(err);
	if (!fine && err->status == RECONCILE_OK)
		*err = found;
	return fine;
}

static bool try_all(struct trial *trial, struct error *err)
{
	bool begins = true;
	for (size_t next = 0; next < trial->count && trial->why == NULL; begins = false) {
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
			  const char **why, struct chance *chance, struct arena *arena,
			  struct error *err)
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
	for (size_t i = 0; i < count && trial.why == NULL; i++)
		if (questions[i].cost != RECONCILE_COST_IMPOSSIBLE &&
		    questions[i].cost != RECONCILE_COST_UNKNOWN && !trial.has_effect[i])
			trial.questions[trial.count++] = &questions[i];
	trial.probe.has_row = true;
	snprintf(trial.probe.name, sizeof(trial.probe.name), "reconcile_row_%016llx", number);
	bool fine = try_all(&trial, err);
	*why = trial.why;
	return fine;
}

/* BEGIN with its limits, and the role. */
static bool open_transaction(struct postgres *pg, struct error *err)
{
	struct arena scratch = {0};
	struct statement statements[OPENING_STATEMENTS + 1];
	PGresult *results[OPENING_STATEMENTS + 1];
	size_t count = OPENING_STATEMENTS;
	bool fine = opening_statements(pg, statements, true, &scratch) || error_memory(err);
	if (pg->settings->role != NULL)
		statements[count++] = role_statement(pg);
	if (fine) {
		pg->in_transaction = true;
		fine = batch_run(pg, statements, count, patience_change_ms(pg), results, NULL, err);
		batch_clear(results, count);
	}
	arena_release(&scratch);
	return fine;
}

bool trial_run(struct postgres *pg, struct cost_question *questions, size_t count, size_t *done,
	       const char **why, struct arena *arena, struct error *err)
{
	struct chance chance;
	chance_init(&chance);
	*done = 0;
	*why = NULL;
	bool fine = open_transaction(pg, err);
	while (fine && *why == NULL && *done < count) {
		size_t here = count - *done < QUESTIONS_A_TABLE ? count - *done : QUESTIONS_A_TABLE;
		fine = try_questions(pg, questions + *done, here, why, &chance, arena, err);
		*done += *why == NULL ? here : 0;
	}
	postgres_rollback(&pg->session);
	return fine;
}
