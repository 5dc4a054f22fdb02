/*
 * Do two defaults mean the same? The planner says so: it casts both to the column's type, folds
 * what is constant, and EXPLAIN prints the outcome, which postgres_outcome.c compares. The cast is
 * explicit, so that more is cast than an INSERT would: a default that CREATE TABLE refuses may be
 * equal to one that it takes. EXPLAIN executes nothing, reads no table, needs no privilege but that
 * on the functions, and works on a standby (manual, "EXPLAIN").
 */
#include "postgres.h"
#include <string.h>

/* Four entries a pair at most, and a target list holds 1664 (54011). */
enum { PAIRS_A_STATEMENT = 400 };

/* The type without a length that a default of this type is printed in too, see postgres_outcome.c;
 * NULL: the type has no length that could cut it. It need not be exact: a print too many is
 * compared only if the type turns out to have a length. */
static const char *uncut_type(const char *type)
{
	bool array = strchr(type, ']') != NULL || strcasestr(type, "array") != NULL;
	if (strcasestr(type, "char") != NULL)
		return array ? "pg_catalog.text[]" : "pg_catalog.text";
	if (strcasestr(type, "bit") != NULL)
		return array ? "pg_catalog.varbit[]" : "pg_catalog.varbit";
	return NULL;
}

/* A line each, so that nothing at the end of a text can hide what is behind it. */
static void add_casts(struct buffer *buf, const struct default_pair *pair, const char *type)
{
	buffer_addf(buf, "CAST((%s\n) AS %s\n), CAST((%s\n) AS %s\n)", pair->declared, type,
		    pair->live, type);
}

static const char *explain(const struct default_pair *pairs, size_t count, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "EXPLAIN (VERBOSE, COSTS OFF, FORMAT XML)\nSELECT ");
	for (size_t i = 0; i < count; i++) {
		const char *uncut = uncut_type(pairs[i].type);
		buffer_add(&buf, i == 0 ? "" : ",\n       ");
		add_casts(&buf, &pairs[i], pairs[i].type);
		buffer_add(&buf, uncut == NULL ? "" : ",\n       ");
		if (uncut != NULL)
			add_casts(&buf, &pairs[i], uncut);
	}
	return buffer_text(&buf);
}

/* ---- the outcome ---------------------------------------------------------- */

/* The next entry of <Output>, still escaped: XML has no bare '<' in it. NULL: there is none. */
static const char *next_item(const char **at, struct arena *arena, bool *enough)
{
	static const char begin[] = "<Item>", end[] = "</Item>";
	const char *found = strstr(*at, begin);
	const char *behind = found == NULL ? NULL : strstr(found, end);
	if (behind == NULL)
		return NULL;
	found += sizeof(begin) - 1;
	*at = behind + sizeof(end) - 1;
	const char *item = arena_text_n(arena, found, (size_t)(behind - found));
	*enough = *enough && item != NULL;
	return item;
}

/* false: it does not look like that, or *enough is false: out of memory. */
static bool take_answers(const char *xml, struct default_pair *pairs, size_t count,
			 struct arena *scratch, bool *enough)
{
	const char *at = strstr(xml, "<Output>");
	for (size_t i = 0; at != NULL && i < count; i++) {
		bool uncut = uncut_type(pairs[i].type) != NULL;
		struct outcome declared = {.value = next_item(&at, scratch, enough)};
		struct outcome live = {.value = next_item(&at, scratch, enough)};
		declared.uncut = uncut ? next_item(&at, scratch, enough) : NULL;
		live.uncut = uncut ? next_item(&at, scratch, enough) : NULL;
		if (declared.value == NULL || live.value == NULL || (uncut && live.uncut == NULL))
			return false;
		*enough = outcome_compare(&pairs[i], &declared, &live, scratch);
		if (!*enough)
			return false;
	}
	return at != NULL;
}

/* ---- asking --------------------------------------------------------------- */

/* One round trip. *refused: the server does not take one of the pairs, and says why. */
static bool ask(struct postgres *pg, struct default_pair *pairs, size_t count, bool *refused,
		const char **why, struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	struct statement statements[2] = {
		{.sql = "SELECT " SQL_EXACT_FLOATS ",\n"
			"       CASE WHEN $1::text IS NOT NULL THEN " SQL_LOCAL_PATH(
				"$1::text") " END",
		 .parameter_count = 1,
		 .parameters = {parameter_text(pg->settings->schema)},
		 .answer = ONE_ROW("x x")},
	};
	PGresult *results[2];
	struct error found = {0};
	size_t first = pg->settings->schema == NULL && PQserverVersion(pg->connection) >= 120000;
	statements[1] = (struct statement){
		.sql = explain(pairs, count, &scratch),
		.answer = ONE_ROW("t"),
	};
	*refused = false;
	bool fine = statements[1].sql != NULL || error_memory(err);
	if (fine) {
		bool enough = true;
		fine = batch_run(pg, statements + first, 2 - first, patience_read_ms(pg), results,
				 NULL, &found);
		/* $1 in a default is a parameter without a value, which the server calls a
		 * protocol_violation; the connection is as good as before. */
		bool parameter = strcmp(found.sqlstate, "08P01") == 0 && !pg->dead;
		if (!fine && (error_is_refusal(&found) || parameter)) {
			*refused = true;
			fine = arena_copy(why, arena, found.message) || error_memory(err);
		} else if (!fine && err->status == RECONCILE_OK) {
			*err = found;
		} else if (fine && !take_answers(PQgetvalue(results[1 - first], 0, 0), pairs, count,
						 &scratch, &enough)) {
			*refused = true;
			*why = "the server does not explain it as PostgreSQL does";
			fine = enough || error_memory(err);
		}
		batch_clear(results, 2 - first);
	}
	arena_release(&scratch);
	return fine;
}

/* One pair that the server does not take must not leave the others without an answer. */
static bool ask_each(struct postgres *pg, struct default_pair *pairs, size_t count,
		     struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool refused;
		const char *why = NULL;
		if (!ask(pg, &pairs[i], 1, &refused, &why, arena, err))
			return false;
		if (refused) {
			pairs[i].answer = DEFAULT_NOT_KNOWN;
			pairs[i].why = why;
		}
	}
	return true;
}

bool postgres_compare_defaults(struct session *session, struct default_pair *pairs, size_t count,
			       struct arena *arena, struct error *err)
{
	struct postgres *pg = postgres_of(session);
	if (!is_postgresql(pg)) {
		for (size_t i = 0; i < count; i++)
			pairs[i].why = "only PostgreSQL can be asked";
		return true;
	}
	for (size_t first = 0; first < count; first += PAIRS_A_STATEMENT) {
		size_t here = count - first < PAIRS_A_STATEMENT ? count - first : PAIRS_A_STATEMENT;
		bool refused;
		const char *why = NULL;
		if (!ask(pg, pairs + first, here, &refused, &why, arena, err))
			return false;
		if (refused && !ask_each(pg, pairs + first, here, arena, err))
			return false;
	}
	return true;
}
