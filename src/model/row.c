#include "row.h"
#include "../base/hash.h"
#include "lookup.h"
#include "name.h"
#include "sql.h"
#include "text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool check_description(struct check *check, const struct subject *subject,
			      const char *description)
{
	if (!description || text_is_utf8(description, false))
		return true;
	finding_say(check, RULE_DESCRIPTION_ENCODING, subject,
		    "the description is not valid UTF-8");
	return false;
}

bool row_check_table(struct check *check, const struct reconcile_table *row)
{
	struct subject subject = table_subject(row);
	enum rule_id rule;
	const char *why;
	bool good = name_is_good(row->name, &rule, &why);
	if (good && text_equal(row->name, HISTORY_TABLE, true)) {
		good = false;
		rule = RULE_HISTORY_NAME;
		why = "the name is taken by the history of reconcile itself";
	}
	if (!good)
		finding_say(check, rule, &subject, why);
	check_description(check, &subject, row->description);
	return good;
}

/* "serial" is not a type but a notation (manual, section 8.1.4): no cast to it, no column of it. */
static bool is_serial(const char *type)
{
	static const char *const names[] = {
		"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8",
	};
	size_t begin = strspn(type, " "), end = strlen(type);
	while (end > begin && type[end - 1] == ' ')
		end--;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == end - begin &&
		    text_equal_n(type + begin, names[i], end - begin, true))
			return true;
	return false;
}

/* "WHAT 'text' problem" */
static void quote_problem(struct check *check, enum rule_id rule, const struct subject *subject,
			  const char *what, const char *text, const char *problem)
{
	struct buffer buf = BUFFER_INIT(check->arena);
	buffer_addf(&buf, " %s", problem);
	const char *after = buffer_text(&buf);
	if (after)
		finding_add(check, rule, subject,
			    (struct wording){.before = what, .quoted = text, .after = after});
	else
		check->failed = true;
}

static bool check_type(struct check *check, const struct subject *subject, const char *type)
{
	if (!type) {
		finding_say(check, RULE_TYPE_GRAMMAR, subject, "the type is missing");
		return false;
	}
	size_t known = COUNT(check->good_types);
	for (size_t i = 0; i < known; i++)
		if (check->good_types[i] == type)
			return true;
	const char *problem = type_text_problem(type);
	if (problem)
		quote_problem(check, RULE_TYPE_GRAMMAR, subject, "the type", type, problem);
	else if (is_serial(type))
		finding_add(check, RULE_TYPE_SERIAL, subject,
			    (struct wording){.before = "the type",
					     .quoted = type,
					     .after = " is not a type but a notation for INTEGER "
						      "with a sequence"});
	else {
		check->good_types[check->good_type_count++ % known] = type;
		return true;
	}
	return false;
}

static bool check_default(struct check *check, const struct subject *subject,
			  const struct reconcile_default *value)
{
	enum rule_id rule = RULE_DEFAULT_TEXT;
	const char *problem = NULL;
	switch ((int)value->kind) {
	case RECONCILE_NO_DEFAULT:
		problem = value->text ? "the default has a text but the kind 'none'" : NULL;
		break;
	case RECONCILE_DEFAULT_VALUE:
	case RECONCILE_DEFAULT_SQL:
		if (!value->text)
			problem = "the default has no text";
		break;
	default:
		rule = RULE_UNKNOWN_KIND;
		problem = "the default is of no known kind";
	}
	if (problem) {
		finding_say(check, rule, subject, problem);
		return false;
	}
	if (value->kind == RECONCILE_DEFAULT_VALUE && !text_is_utf8(value->text, false)) {
		finding_say(check, RULE_DEFAULT_GRAMMAR, subject, "the default is not valid UTF-8");
		return false;
	}
	if (value->kind == RECONCILE_DEFAULT_SQL)
		problem = expression_text_problem(value->text);
	if (problem)
		quote_problem(check, RULE_DEFAULT_GRAMMAR, subject, "the default", value->text,
			      problem);
	return problem == NULL;
}

/* Do nullability and default, which is a good one, go together? */
static bool check_nullability(struct check *check, const struct subject *subject,
			      const struct reconcile_column *row)
{
	bool none = row->default_value.kind == RECONCILE_NO_DEFAULT;
	switch ((int)row->nullability) {
	case RECONCILE_NULLABLE:
	case RECONCILE_PRIMARY_KEY:
		return true;
	case RECONCILE_NOT_NULL:
		if (column_has_default(row))
			return true;
		if (none)
			finding_say(check, RULE_NOT_NULL_WITHOUT_DEFAULT, subject,
				    "NOT_NULL without a default cannot be added to a table with "
				    "rows");
		else
			finding_say(check, RULE_NOT_NULL_DEFAULT_NULL, subject,
				    "NOT_NULL with the default NULL accepts no row");
		return false;
	case RECONCILE_REQUIRED:
		if (!none)
			finding_say(check, RULE_REQUIRED_WITH_DEFAULT, subject,
				    "REQUIRED has no default");
		return none;
	default:
		finding_say(check, RULE_UNKNOWN_KIND, subject,
			    "the nullability is of no known kind");
		return false;
	}
}

static bool check_table_of_column(struct check *check, const struct subject *subject)
{
	const char *name = subject->table, *why;
	enum rule_id rule;
	if (name && check->table && text_same(name, check->table))
		return true;
	if (!name_is_good(name, &rule, &why)) {
		finding_add(check, rule, subject,
			    (struct wording){.before = "its table: ", .after = why});
	} else if (text_equal(name, HISTORY_TABLE, true)) {
		finding_say(check, RULE_HISTORY_NAME, subject,
			    "the table's name is taken by the history of reconcile itself");
	} else {
		check->table = name;
		check->table_hash = hash_name(HASH_INIT, name);
		return true;
	}
	return false;
}

bool row_check_column(struct check *check, const struct reconcile_column *row)
{
	struct subject subject = column_subject(row);
	enum rule_id rule;
	const char *why;
	bool good = check_table_of_column(check, &subject);
	if (!name_is_good(row->column, &rule, &why)) {
		finding_say(check, rule, &subject, why);
		good = false;
	}
	good = check_type(check, &subject, row->type) && good;
	good = check_default(check, &subject, &row->default_value) &&
	       check_nullability(check, &subject, row) && good;
	return check_description(check, &subject, row->description) && good;
}
