/* How large tables are, and whether two sessions see the same database. */
#include "postgres.h"
#include <limits.h>
#include <string.h>

/*
 * $1 schema or NULL, $2 names. A row for each that is there: place, rows, bytes; NULL is not known.
 * What VACUUM and ANALYZE noted, or what the statistics count until then; nothing is opened or
 * locked, as pg_relation_size() would. ALTER goes down to all that inherit, so they count; the
 * parent of partitions holds nothing, but ANALYZE notes the sum there (from 14 on). What TOAST
 * holds is the table's too.
 */
static const char estimate_query[] =
	"WITH RECURSIVE target AS (\n"
	"    SELECT names.place, c.oid\n"
	"      FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS names (name, place)\n"
	"      JOIN pg_catalog.pg_class c ON c.relname = names.name::name\n"
	"      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
	"     WHERE n.nspname = " SQL_SCHEMA "::name\n"
	"    UNION\n"
	"    SELECT target.place, i.inhrelid\n"
	"      FROM pg_catalog.pg_inherits i JOIN target ON i.inhparent = target.oid\n"
	")\n"
	"SELECT target.place::int4,\n"
	"       sum(CASE WHEN c.relpages > 0 AND c.reltuples >= 0 THEN c.reltuples::int8\n"
	"                ELSE nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0) END)::int8,\n"
	"       sum(CASE WHEN c.relpages > 0\n"
	"                THEN c.relpages::int8 + coalesce(t.relpages, 0) END)::int8\n"
	"       * pg_catalog.current_setting('block_size')::int8\n"
	"  FROM target\n"
	"  JOIN pg_catalog.pg_class c ON c.oid = target.oid AND c.relkind <> 'p'\n"
	"  LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid\n"
	" GROUP BY target.place";

static bool estimate(struct postgres *pg, struct size_question *questions, size_t count,
		     struct error *err)
{
	struct arena scratch = {0};
	PGresult *result = NULL;
	const char **names = arena_array(&scratch, count, sizeof(*names));
	for (size_t i = 0; i < count && names != NULL; i++)
		names[i] = questions[i].name;
	struct statement statement = {
		.sql = estimate_query,
		.parameter_count = 2,
		.answer = ANY_ROWS("i l? l?"),
	};
	statement.parameters[0] = parameter_text(pg->settings->schema);
	if (names != NULL)
		statement.parameters[1] = parameter_texts(names, count, &scratch);
	bool fine = statement.parameters[1].value != NULL || error_memory(err);
	fine = fine && batch_run(pg, &statement, 1, patience_read_ms(pg), &result, NULL, err);
	for (int row = 0; fine && row < PQntuples(result); row++) {
		size_t place = (size_t)value_int32(result, row, 0) - 1;
		if (place >= count)
			continue;
		struct table_size *size = &questions[place].size;
		size->rows = PQgetisnull(result, row, 1) ? -1 : value_int64(result, row, 1);
		size->bytes = PQgetisnull(result, row, 2) ? -1 : value_int64(result, row, 2);
	}
	PQclear(result);
	arena_release(&scratch);
	return fine;
}

/* ---- counting ------------------------------------------------------------- */

/* In the open transaction, whose target schema is that one; a refusal leaves it open. */
static bool count_rows(struct postgres *pg, const char *schema, struct size_question *question,
		       struct arena *arena, struct error *err)
{
	long long limit = question->count_to < LLONG_MAX ? question->count_to + 1 : LLONG_MAX;
	const struct statement undo = {.sql = "ROLLBACK TO SAVEPOINT reconcile_count"};
	struct arena scratch = {0};
	struct buffer buf = BUFFER_INIT(&scratch);
	struct error found = {0};
	PGresult *results[3], *undone[1];
	buffer_add(&buf, "SELECT pg_catalog.count(*) FROM (SELECT 1 FROM ");
	postgres_add_identifier(&buf, pg, schema);
	buffer_add_char(&buf, '.');
	postgres_add_identifier(&buf, pg, question->name);
	if (question->column != NULL) {
		buffer_add(&buf, " WHERE ");
		postgres_add_identifier(&buf, pg, question->column);
		buffer_add(&buf, " IS NOT NULL");
	}
	buffer_addf(&buf, " LIMIT %lld) AS counted", limit);
	const struct statement statements[3] = {
		{.sql = "SAVEPOINT reconcile_count"},
		{.sql = buffer_text(&buf), .answer = ONE_ROW("l")},
		{.sql = "RELEASE SAVEPOINT reconcile_count"},
	};
	bool fine = statements[1].sql != NULL || error_memory(err);
	if (fine) {
		fine = batch_run(pg, statements, 3, patience_change_ms(pg), results, NULL, &found);
		if (fine) {
			long long counted = value_int64(results[1], 0, 0);
			bool all = counted <= question->count_to;
			/* More than was asked for: the estimate says it better. */
			if (all || question->size.rows < counted)
				question->size.rows = counted;
			question->size.exact = all || question->size.rows == counted;
		}
		batch_clear(results, 3);
	}
	arena_release(&scratch);
	if (fine || err->status != RECONCILE_OK)
		return fine;
	if (!error_is_refusal(&found)) {
		*err = found;
		return false;
	}
	/* No right to read it, or to read all of it, or no time: then nobody knows. */
	question->size.rows = -1;
	if (!arena_copy(&question->why, arena, found.message))
		return error_memory(err);
	fine = batch_run(pg, &undo, 1, patience_change_ms(pg), undone, NULL, err);
	batch_clear(undone, 1);
	return fine;
}

/* The transaction's own schema, as far as there is one. */
static bool open_transaction(struct postgres *pg, const char **schema, struct arena *arena,
			     struct error *err)
{
	struct arena scratch = {0};
	struct statement statements[OPENING_STATEMENTS + 3];
	PGresult *results[OPENING_STATEMENTS + 3];
	size_t count = OPENING_STATEMENTS;
	bool fine = opening_statements(pg, statements, true, &scratch) || error_memory(err);
	statements[count++] = (struct statement){
		.sql = SQL_FIND_SCHEMA,
		.parameter_count = 1,
		.parameters = {parameter_text(pg->settings->schema)},
		.answer = ONE_ROW_OR_NONE("t"),
	};
	statements[count++] =
		(struct statement){.sql = SQL_COUNT_ALL, .answer = ONE_ROW("x x x x x")};
	if (pg->settings->role != NULL)
		statements[count++] = role_statement(pg);
	*schema = NULL;
	if (fine) {
		pg->in_transaction = true;
		fine = batch_run(pg, statements, count, patience_change_ms(pg), results, NULL, err);
		if (fine && PQntuples(results[OPENING_STATEMENTS]) > 0)
			fine = value_text(schema, results[OPENING_STATEMENTS], 0, 0, arena) ||
			       error_memory(err);
		batch_clear(results, count);
	}
	arena_release(&scratch);
	return fine;
}

/* insufficient_privilege; invalid_parameter_value: there is no such role. */
static bool role_is_refused(const struct error *err)
{
	return err->class == ERROR_FATAL &&
	       (strcmp(err->sqlstate, "42501") == 0 || strcmp(err->sqlstate, "22023") == 0);
}

bool postgres_measure(struct session *session, struct size_question *questions, size_t count,
		      struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const char *schema = NULL;
	bool counts = false;
	for (size_t i = 0; i < count; i++) {
		questions[i].size = (struct table_size){.rows = -1, .bytes = -1};
		counts = counts || questions[i].count_to >= 0;
	}
	if (!is_postgresql(pg))
		return true;
	if (!estimate(pg, questions, count, err))
		return false;
	if (!counts)
		return true;
	struct error found = {0};
	bool fine = open_transaction(pg, &schema, arena, &found);
	/* Whoever may not take on the role may not read it either. */
	if (!fine && role_is_refused(&found)) {
		postgres_rollback(session);
		for (size_t i = 0; i < count; i++) {
			if (questions[i].count_to < 0)
				continue;
			questions[i].size.rows = -1;
			if (!arena_copy(&questions[i].why, arena, found.message))
				return error_memory(err);
		}
		return true;
	}
	for (size_t i = 0; fine && schema != NULL && i < count; i++)
		if (questions[i].count_to >= 0)
			fine = count_rows(pg, schema, &questions[i], arena, &found);
	postgres_rollback(session);
	if (!fine && err->status == RECONCILE_OK)
		*err = found;
	return fine;
}

/* ---- the same database? --------------------------------------------------- */

/* A standby has its primary's identifier and OIDs (manual, "Control Data Functions"). */
static const char identity_query[] =
	"SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),\n"
	"       d.oid::int8\n"
	"  FROM pg_catalog.pg_database d\n"
	" WHERE d.datname = pg_catalog.current_database()";

static bool identify(struct session *session, long long identity[2], struct error *err)
{
	struct postgres *pg = postgres_of(session);
	const struct statement statement = {.sql = identity_query, .answer = ONE_ROW("l l")};
	PGresult *result = NULL;
	bool fine = batch_run(pg, &statement, 1, patience_read_ms(pg), &result, NULL, err);
	for (int i = 0; fine && i < 2; i++)
		identity[i] = value_int64(result, 0, i);
	PQclear(result);
	return fine;
}

bool postgres_same_database(struct session *session, struct session *other, struct error *err)
{
	long long one[2], two[2];
	return identify(session, one, err) && identify(other, two, err) && one[0] == two[0] &&
	       one[1] == two[1];
}
