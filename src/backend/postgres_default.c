/*
 * Do two defaults mean the same? The planner says so: it casts both to the column's type, folds
 * what is constant, and EXPLAIN prints the outcome; equal outcomes are the same expression.
 * EXPLAIN executes nothing, reads no table, needs no privilege but that on the functions, and works
 * on a standby (manual, "EXPLAIN").
 */
#include "postgres.h"
#include <string.h>

/* Two entries a pair, and a target list holds 1664 (54011). */
enum { PAIRS_A_STATEMENT = 500 };

/* A line each, so that nothing at the end of a text can hide what is behind it. */
static const char *explain(const struct default_pair *pairs, size_t count, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "EXPLAIN (VERBOSE, COSTS OFF, FORMAT XML)\nSELECT ");
	for (size_t i = 0; i < count; i++)
		buffer_addf(&buf, "%sCAST((%s\n) AS %s\n), CAST((%s\n) AS %s\n)",
			    i == 0 ? "" : ",\n       ", pairs[i].declared, pairs[i].type,
			    pairs[i].live, pairs[i].type);
	return buffer_text(&buf);
}

/* ---- the outcome ---------------------------------------------------------- */

/* An entry of <Output>; XML has no bare '<' in it. */
struct item {
	const char *text;
	size_t length;
};

static bool next_item(const char **at, struct item *item)
{
	static const char begin[] = "<Item>", end[] = "</Item>";
	const char *found = strstr(*at, begin);
	const char *behind = found == NULL ? NULL : strstr(found, end);
	if (behind == NULL)
		return false;
	item->text = found + sizeof(begin) - 1;
	item->length = (size_t)(behind - item->text);
	*at = behind + sizeof(end) - 1;
	return true;
}

/* These three are one function (manual, section 9.9.5). A cast around it is the same on both sides:
 * the outcome is "(now())::date" or "(CURRENT_TIMESTAMP)::date". */
static struct item without_synonym(struct item item, struct arena *arena)
{
	static const char *const names[] = {"CURRENT_TIMESTAMP", "transaction_timestamp()"};
	size_t skip = item.length > 0 && item.text[0] == '(';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);
		if (item.length < skip + length || memcmp(item.text + skip, names[i], length) != 0)
			continue;
		const char *rest = item.text + skip + length;
		size_t rest_length = item.length - skip - length;
		if (rest_length > 0 && *rest != ')' && *rest != ':')
			continue;
		struct buffer buf = BUFFER_INIT(arena);
		buffer_addf(&buf, "%snow()%.*s", skip ? "(" : "", (int)rest_length, rest);
		if (buffer_text(&buf) != NULL)
			return (struct item){buf.data, strlen(buf.data)};
	}
	return item;
}

static bool take_answers(const char *xml, struct default_pair *pairs, size_t count,
			 struct arena *scratch)
{
	const char *at = strstr(xml, "<Output>");
	for (size_t i = 0; i < count; i++) {
		struct item declared, live;
		if (at == NULL || !next_item(&at, &declared) || !next_item(&at, &live))
			return false;
		declared = without_synonym(declared, scratch);
		live = without_synonym(live, scratch);
		bool equal = declared.length == live.length &&
			     memcmp(declared.text, live.text, live.length) == 0;
		pairs[i].answer = equal ? DEFAULT_EQUAL : DEFAULT_DIFFERENT;
	}
	return true;
}

/* ---- asking --------------------------------------------------------------- */

/* One round trip. *refused: the server does not take one of the pairs, and says why. */
static bool ask(struct postgres *pg, struct default_pair *pairs, size_t count, bool *refused,
		const char **why, struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	struct statement statements[2] = {
		{.sql = "SELECT " SQL_LOCAL_PATH("$1::text"),
		 .parameter_count = 1,
		 .parameters = {parameter_text(pg->settings->schema)}},
	};
	PGresult *results[2];
	struct error found = {0};
	size_t first = pg->settings->schema == NULL;
	statements[1] = (struct statement){.sql = explain(pairs, count, &scratch)};
	*refused = false;
	bool fine = statements[1].sql != NULL || error_memory(err);
	if (fine) {
		fine = batch_run(pg, statements + first, 2 - first, patience_read_ms(pg), results,
				 NULL, &found);
		if (fine &&
		    !take_answers(PQgetvalue(results[1 - first], 0, 0), pairs, count, &scratch)) {
			*refused = true;
			*why = "the server does not explain it as PostgreSQL does";
		} else if (!fine && found.class == ERROR_FATAL) {
			*refused = fine = true;
			*why = arena_text(arena, found.message);
		} else if (!fine && err->status == RECONCILE_OK) {
			*err = found;
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
