/*
 * Two defaults as EXPLAIN prints them, compared. The planner has already resolved names, applied
 * the casts to the column's type and folded constants, so that equal prints are the same
 * expression. What remains between prints and meanings:
 *
 * - An explicit cast cuts a string that an INSERT would refuse: 'abcd' becomes 'abc' in varchar(3).
 *   So where the type has a length, the defaults are printed uncut as well. No such print is there
 *   of a domain over such a type.
 * - Names that the manual calls equivalent are printed as they were written: section 9.9.5 about
 *   CURRENT_TIMESTAMP, transaction_timestamp() and now(), of which LOCALTIMESTAMP and CURRENT_DATE
 *   are casts; section 9.26 about current_user, current_role and user.
 * - A collation belongs to the column, not to the value of its default.
 * - From 14 on timezone() and AT TIME ZONE, which are the same (9.9.4), are printed as written.
 * - 'now' in quotes is read when the default is made (8.5.1.4), and again when it is compared.
 * - A cast that depends on a setting (12.5::money) or that a domain's CHECK has to pass is left to
 *   the INSERT, and before 12 the making of a ROW() or an ARRAY[] as well.
 *
 * Whatever else is printed differently is different: numeric 1.5 and 1.50 are seen to be.
 */
#include "postgres.h"
#include <string.h>

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$';
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* ---- one name for each thing ---------------------------------------------- */

/* A name in capitals is a keyword, because the server quotes any other. */
static const struct synonym {
	const char *written, *name;
} synonyms[] = {
	{"CURRENT_TIMESTAMP", "now()"},
	{"transaction_timestamp()", "now()"},
	{"CURRENT_ROLE", "CURRENT_USER"},
	{"USER", "CURRENT_USER"},
};

/* The synonym that begins here; NULL: none. */
static const struct synonym *synonym_at(const char *text)
{
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
		if (!starts_with(text, synonyms[i].written))
			continue;
		char behind = text[strlen(synonyms[i].written)];
		/* CURRENT_TIMESTAMP(3) is rounded. */
		if (!is_name_character(behind) && behind != '(')
			return &synonyms[i];
	}
	return NULL;
}

/* Copies what is in quotes, and names, as they are; *at moves behind it. */
static void copy_one(struct buffer *buf, const char **at)
{
	const char *begin = *at;
	if (*begin == '\'' || *begin == '"') {
		const char *end = strchr(begin + 1, *begin);
		*at = end == NULL ? begin + strlen(begin) : end + 1;
	} else if (is_name_character(*begin)) {
		/* With its schema: app.transaction_timestamp() is another one. */
		while (is_name_character(**at) || **at == '.')
			(*at)++;
	} else {
		(*at)++;
		/* "app".now() */
		if (*begin == '.')
			while (is_name_character(**at))
				(*at)++;
	}
	buffer_add_n(buf, begin, (size_t)(*at - begin));
}

/* Behind the last string, or all of it: where the type of a constant stands. */
static const char *label_of(const char *text)
{
	const char *quote = strrchr(text, '\'');
	return quote == NULL ? text : quote + 1;
}

/* NULL: out of memory. */
static const char *canonical(const char *text, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	for (const char *at = text; *at != '\0';) {
		const struct synonym *synonym = synonym_at(at);
		if (synonym == NULL) {
			copy_one(&buf, &at);
			continue;
		}
		buffer_add(&buf, synonym->name);
		at += strlen(synonym->written);
	}
	if (buffer_text(&buf) == NULL)
		return NULL;
	/* Around all of it: no bracket closes behind it. */
	char *collation = buf.length == 0 ? NULL : strstr(label_of(buf.data), " COLLATE ");
	if (collation != NULL && strchr(collation, ')') == NULL)
		*collation = '\0';
	if (strcmp(buffer_text(&buf), "LOCALTIMESTAMP") == 0)
		return "(now())::timestamp without time zone";
	if (starts_with(buffer_text(&buf), "(LOCALTIMESTAMP)::timestamp(")) {
		struct buffer cast = BUFFER_INIT(arena);
		buffer_addf(&cast, "(now())%s", buf.data + strlen("(LOCALTIMESTAMP)"));
		return buffer_text(&cast);
	}
	return strcmp(buffer_text(&buf), "CURRENT_DATE") == 0 ? "(now())::date" : buffer_text(&buf);
}

/* ---- what differs though it may be the same -------------------------------- */

static bool names_a_moment(const char *declared)
{
	static const char *const moments[] = {"now", "today", "tomorrow", "yesterday"};
	for (const char *at = declared; *at != '\0'; at++)
		for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
			size_t length = strlen(moments[i]);
			if ((at == declared || !is_name_character(at[-1])) &&
			    strncasecmp(at, moments[i], length) == 0 &&
			    !is_name_character(at[length]))
				return true;
		}
	return false;
}

static bool is_constant_time(const char *print)
{
	const char *label = label_of(print);
	return *print == '\'' && (starts_with(label, "::date") || starts_with(label, "::time"));
}

/* Does it say so outside its strings? */
static bool says(const char *print, const char *words)
{
	bool quoted = false;
	for (; *print != '\0'; print++) {
		quoted = quoted != (*print == '\'');
		if (!quoted && starts_with(print, words))
			return true;
	}
	return false;
}

/* What the planner left of a default. */
enum shape {
	SHAPE_VALUE,       /* '1'::type, 1 */
	SHAPE_CAST,        /* ('1'::type)::other, (1)::other */
	SHAPE_CONSTRUCTOR, /* with a ROW() or an ARRAY[] in it */
	SHAPE_OTHER,       /* that calls something */
};

static bool is_value_start(char c)
{
	return c == '\'' || c == '-' || (c >= '0' && c <= '9');
}

/* Is that "(...)::type" as a whole? */
static bool is_cast(const char *print)
{
	bool quoted = false;
	size_t depth = 0;
	for (; *print != '\0'; print++) {
		quoted = quoted != (*print == '\'');
		if (quoted)
			continue;
		depth += *print == '(';
		if (*print == ')' && --depth == 0)
			return starts_with(print, ")::");
	}
	return false;
}

static enum shape shape_of(const char *print)
{
	if (says(print, "ROW(") || says(print, "ARRAY["))
		return SHAPE_CONSTRUCTOR;
	if (is_value_start(print[0]))
		return SHAPE_VALUE;
	return print[0] == '(' && is_value_start(print[1]) && is_cast(print) ? SHAPE_CAST
									     : SHAPE_OTHER;
}

/* Was one of them computed, or almost, and the other not? */
static bool is_half_computed(const char *print, const char *live)
{
	enum shape one = shape_of(print), other = shape_of(live);
	return one != other && one != SHAPE_OTHER && other != SHAPE_OTHER;
}

/* NULL: they are different. */
static const char *doubt(const char *declared, const char *print, const char *live)
{
	if (is_constant_time(print) && is_constant_time(live) && names_a_moment(declared))
		return "'now' and the like in quotes are the moment at which the default was made";
	if (says(print, " COLLATE ") || says(live, " COLLATE "))
		return "they may differ in a collation only";
	if ((says(print, "timezone(") && says(live, " AT TIME ZONE ")) ||
	    (says(live, "timezone(") && says(print, " AT TIME ZONE ")))
		return "timezone() and AT TIME ZONE are the same in other words";
	if (is_half_computed(print, live))
		return "the server computes the value of one of them only at an INSERT";
	return NULL;
}

/* ---- what is the same though it may differ --------------------------------- */

static bool has_length(const char *print)
{
	static const char *const types[] = {"character(", "character varying(", "bit(",
					    "bit varying("};
	const char *label = label_of(print);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strstr(label, types[i]) != NULL)
			return true;
	return false;
}

/* The length of 'text  '::text up to the blanks in front of the last quote. */
static size_t length_without_blanks(const char *print)
{
	size_t length = (size_t)(label_of(print) - print) - 1;
	while (length > 1 && print[length - 1] == ' ')
		length--;
	return length;
}

/* Blanks at the end are cut off silently. */
static bool same_but_for_blanks(const char *one, const char *other)
{
	size_t length = length_without_blanks(one);
	return length == length_without_blanks(other) && memcmp(one, other, length) == 0;
}

static enum default_answer compare_uncut(const char *one, const char *other, const char **why)
{
	if (strcmp(one, other) == 0)
		return DEFAULT_EQUAL;
	if (strcmp(label_of(one), "::text") == 0 && strcmp(label_of(other), "::text") == 0 &&
	    *one == '\'' && *other == '\'')
		return same_but_for_blanks(one, other) ? DEFAULT_EQUAL : DEFAULT_DIFFERENT;
	if (strcmp(label_of(one), "::bit varying") == 0 &&
	    strcmp(label_of(other), "::bit varying") == 0)
		return DEFAULT_DIFFERENT;
	*why = "they are the same only when cut to the type's length";
	return DEFAULT_NOT_KNOWN;
}

static bool outcome_canonical(struct outcome *canon, const struct outcome *outcome,
			      struct arena *scratch)
{
	canon->value = canonical(outcome->value, scratch);
	canon->uncut = outcome->uncut == NULL ? NULL : canonical(outcome->uncut, scratch);
	return canon->value != NULL && (canon->uncut != NULL || outcome->uncut == NULL);
}

bool outcome_compare(struct default_pair *pair, const struct outcome *declared,
		     const struct outcome *live, struct arena *scratch)
{
	struct outcome one, other;
	if (!outcome_canonical(&one, declared, scratch) ||
	    !outcome_canonical(&other, live, scratch))
		return false;
	pair->why = NULL;
	if (strcmp(one.value, other.value) != 0) {
		pair->why = doubt(pair->declared, one.value, other.value);
		pair->answer = pair->why == NULL ? DEFAULT_DIFFERENT : DEFAULT_NOT_KNOWN;
	} else if (one.uncut != NULL && other.uncut != NULL && has_length(one.value)) {
		pair->answer = compare_uncut(one.uncut, other.uncut, &pair->why);
	} else {
		pair->answer = DEFAULT_EQUAL;
	}
	return true;
}
