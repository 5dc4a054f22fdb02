/* Do two defaults mean the same? SQLite is asked, in the probe. */
#include "sqlite.h"
#include "../model/text.h"
#include "../model/token.h"
#include <string.h>

/* A default that makes more than this is not looked at. */
#define VALUE_MAX_BYTES (1 << 20)

/* One of the two. */
struct side {
	const char *name;   /* the column's, in the probe */
	const char *text;   /* as behind DEFAULT, or as the catalog has it: without brackets */
	const char *clause; /* the form of it that SQLite accepts; NULL: none */
	bool constant;      /* by SQLite's account: ADD COLUMN takes it on a table with rows */
};

/* What the two are in rows of one statement, in which time stands still. */
struct values {
	bool same;
	bool declared_varies, live_varies;
};

/* A pair being asked about. Memory is the caller's arena; why: the pair's, in the end. */
struct asking {
	struct sqlite_session *probe;
	const char *affinity;
	struct side declared, live;
	const char *table; /* that has both */
	const char *why;
	struct arena *arena;
	struct error *err;
};

/* ---- texts ---------------------------------------------------------------- */

/* Both are accepted by SQLite: then no two of its tokens differ in white space alone. */
static bool same_tokens(const char *a, const char *b)
{
	const char *a_end = a + strlen(a), *b_end = b + strlen(b);
	text_strip(&a, &a_end);
	text_strip(&b, &b_end);
	for (;;) {
		struct token x = token_next(&a, a_end), y = token_next(&b, b_end);
		bool ignore_case = x.kind == TOKEN_WORD || x.kind == TOKEN_NUMBER;
		if (x.kind != y.kind || x.kind == TOKEN_BAD || x.length != y.length ||
		    !text_equal_n(x.text, y.text, x.length, ignore_case))
			return false;
		if (x.kind == TOKEN_END)
			return true;
	}
}

static const char *affinity_name(const char *type)
{
	switch (sqlite_affinity(type).type) {
	case TYPE_SQLITE_INTEGER:
		return "INTEGER";
	case TYPE_SQLITE_TEXT:
		return "TEXT";
	case TYPE_SQLITE_REAL:
		return "REAL";
	case TYPE_SQLITE_NUMERIC:
		return "NUMERIC";
	default:
		return "BLOB";
	}
}

/* ---- one side ------------------------------------------------------------- */

static bool try(struct asking *asking, const struct buffer *sql, const char **why)
{
	return sqlite_probe_try(asking->probe, buffer_text(sql), why, asking->arena, asking->err);
}

/*
 * Has SQLite take the default in one of two forms, as a column of "table" or in a table of its own.
 * The catalog has no brackets (and may end in a comment); only a name, which is text then, cannot
 * stand in them. *why is NULL, or why it does not take the first form.
 */
static bool try_forms(struct asking *asking, struct side *side, bool of_table, const char **why)
{
	static const char *const forms[][2] = {
		{"DEFAULT (", "\n)"},
		{"DEFAULT ", ""},
	};
	*why = NULL;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct buffer clause = BUFFER_INIT(asking->arena);
		struct buffer sql = BUFFER_INIT(asking->arena);
		buffer_add(&clause, forms[i][0]);
		buffer_add(&clause, side->text);
		buffer_add(&clause, forms[i][1]);
		const char *text = buffer_text(&clause), *refusal;
		if (text == NULL)
			return error_memory(asking->err);
		buffer_addf(&sql,
			    of_table ? "ALTER TABLE \"table\" ADD COLUMN \"%s\" %s "
				     : "CREATE TABLE \"%s\" (x %s ",
			    side->name, asking->affinity);
		buffer_add(&sql, text);
		buffer_add(&sql, of_table ? "" : ")");
		if (!try(asking, &sql, &refusal))
			return false;
		if (refusal == NULL) {
			*why = NULL;
			side->clause = text;
			return true;
		}
		*why = *why != NULL ? *why : refusal;
	}
	return true;
}

/* A constant becomes a column of "table", anything else a table of its own. */
static bool find_side(struct asking *asking, struct side *side)
{
	const char *why;
	if (!try_forms(asking, side, true, &why))
		return false;
	side->constant = side->clause != NULL;
	return side->constant || try_forms(asking, side, false, &asking->why);
}

/* ---- both ----------------------------------------------------------------- */

static bool is_read(const struct attribute *attribute, const char *text)
{
	static const char space[] = " \t\n\v\f\r";
	text += strspn(text, space);
	size_t length = strlen(text);
	while (length > 0 && strchr(space, text[length - 1]))
		length--;
	const char *live = attribute->default_value;
	return live != NULL && strlen(live) == length && memcmp(live, text, length) == 0;
}

/* A table with both: "table" itself when they are its columns. */
static bool create_pair(struct asking *asking)
{
	asking->table = "table";
	if (asking->declared.constant && asking->live.constant)
		return true;
	asking->table = "pair";
	struct buffer sql = BUFFER_INIT(asking->arena);
	buffer_addf(&sql, "CREATE TABLE \"pair\" (x, \"declared\" %s ", asking->affinity);
	buffer_add(&sql, asking->declared.clause);
	buffer_addf(&sql, ", \"live\" %s ", asking->affinity);
	buffer_add(&sql, asking->live.clause);
	buffer_add(&sql, ")");
	return try(asking, &sql, &asking->why);
}

/* Is it what was meant? */
static bool check_pair(struct asking *asking)
{
	struct read_request request = {.names = &asking->table, .name_count = 1};
	struct catalog catalog;
	if (!sqlite_read(asking->probe, &request, &catalog, asking->arena, asking->err))
		return false;
	const struct relation *pair = &catalog.relations[0];
	if (pair->attribute_count != 3 || !is_read(&pair->attributes[1], asking->declared.text) ||
	    !is_read(&pair->attributes[2], asking->live.text))
		asking->why = "SQLite reads it otherwise than it is written";
	return true;
}

/* A default like random() is not known by one value: 32 rows of it. Row 1 is older. */
static bool insert_rows(struct asking *asking)
{
	static const char one[] = "INSERT INTO \"table\" (x) VALUES (2)";
	static const char many[] = "INSERT INTO \"pair\" (x)"
				   "  WITH RECURSIVE rows (x) AS"
				   "       (SELECT 2 UNION ALL SELECT x + 1 FROM rows WHERE x < 33)"
				   "  SELECT x FROM rows";
	bool constant = asking->declared.constant && asking->live.constant;
	return sqlite_probe_try(asking->probe, constant ? one : many, &asking->why, asking->arena,
				asking->err);
}

static bool read_values(struct asking *asking, struct values *values)
{
	struct buffer sql = BUFFER_INIT(asking->arena);
	buffer_addf(&sql,
		    "WITH rows AS (SELECT declared, live FROM \"%s\" WHERE x > 1)"
		    "SELECT min(typeof(declared) = typeof(live) AND declared IS live),"
		    "       (SELECT count(*) FROM (SELECT DISTINCT typeof(declared), declared"
		    "                                FROM rows)),"
		    "       (SELECT count(*) FROM (SELECT DISTINCT typeof(live), live FROM rows))"
		    "  FROM rows",
		    asking->table);
	sqlite3_stmt *statement;
	if (buffer_text(&sql) == NULL)
		return error_memory(asking->err);
	if (!sqlite_prepare(asking->probe, &statement, buffer_text(&sql), asking->err))
		return false;
	bool good = sqlite3_step(statement) == SQLITE_ROW;
	if (!good)
		sqlite_error(asking->probe, asking->err);
	values->same = sqlite3_column_int(statement, 0) != 0;
	values->declared_varies = sqlite3_column_int(statement, 1) > 1;
	values->live_varies = sqlite3_column_int(statement, 2) > 1;
	sqlite3_finalize(statement);
	return good;
}

static enum default_answer judge(struct asking *asking, const struct values *values)
{
	bool constant = asking->declared.constant && asking->live.constant;
	if (constant)
		return values->same ? DEFAULT_EQUAL : DEFAULT_DIFFERENT;
	if (values->same) {
		asking->why = "both give the same value, but not by the same expression";
		return DEFAULT_NOT_KNOWN;
	}
	/* One that always gives the same cannot mean what once gave something else. */
	if (!values->declared_varies || !values->live_varies)
		return DEFAULT_DIFFERENT;
	asking->why = "both give another value each time";
	return DEFAULT_NOT_KNOWN;
}

/* Each step may find why there is no answer, and is then the last. */
static bool ask_in_transaction(struct asking *asking, enum default_answer *answer)
{
	struct side *declared = &asking->declared, *live = &asking->live;
	if (!find_side(asking, declared))
		return false;
	if (asking->why == NULL && !find_side(asking, live))
		return false;
	if (asking->why == NULL && !create_pair(asking))
		return false;
	if (asking->why == NULL && !check_pair(asking))
		return false;
	if (asking->why == NULL && !declared->constant && !live->constant &&
	    same_tokens(declared->text, live->text)) {
		*answer = DEFAULT_EQUAL;
		return true;
	}
	struct values values = {0};
	if (asking->why == NULL && !insert_rows(asking))
		return false;
	if (asking->why != NULL)
		return true;
	if (!read_values(asking, &values))
		return false;
	*answer = judge(asking, &values);
	return true;
}

/* The answer for a column of that affinity, and perhaps why there is none. */
static bool ask(struct sqlite_session *probe, const struct default_pair *pair, const char *affinity,
		enum default_answer *answer, const char **why, struct arena *arena,
		struct error *err)
{
	struct asking asking = {
		.probe = probe,
		.affinity = affinity,
		.declared = {.name = "declared", .text = pair->declared},
		.live = {.name = "live", .text = pair->live},
		.arena = arena,
		.err = err,
	};
	*answer = DEFAULT_NOT_KNOWN;
	int length = sqlite3_limit(probe->connection, SQLITE_LIMIT_LENGTH, VALUE_MAX_BYTES);
	bool good = sqlite_execute(probe, "BEGIN", err) && ask_in_transaction(&asking, answer);
	if (!sqlite_probe_rollback(probe))
		good = sqlite_error(probe, err);
	sqlite3_limit(probe->connection, SQLITE_LIMIT_LENGTH, length);
	*why = asking.why;
	return good;
}

static bool compare(struct sqlite_session *probe, struct default_pair *pair, struct arena *arena,
		    struct error *err)
{
	if (!ask(probe, pair, affinity_name(pair->type), &pair->answer, &pair->why, arena, err))
		return false;
	if (!text_equal(pair->type, "ANY", true) || pair->answer == DEFAULT_NOT_KNOWN)
		return true;
	/* stricttables.html, section 3: in a STRICT table, and only there, ANY converts nothing. */
	enum default_answer strict;
	if (!ask(probe, pair, "BLOB", &strict, &pair->why, arena, err))
		return false;
	if (strict == pair->answer)
		return true;
	pair->answer = DEFAULT_NOT_KNOWN;
	pair->why = "a column of type ANY converts values in some tables, and in STRICT ones not";
	return true;
}

bool sqlite_compare_defaults(struct session *base, struct default_pair *pairs, size_t count,
			     struct arena *arena, struct error *err)
{
	if (count == 0)
		return true;
	struct sqlite_session *probe = sqlite_probe((struct sqlite_session *)base, err);
	if (probe == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!compare(probe, &pairs[i], arena, err))
			return false;
	return true;
}
