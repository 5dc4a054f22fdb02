#include "advice.h"
#include "expression.h"
#include "function.h"
#include "name.h"
#include "text.h"

#include <string.h>

/* ---- names ---------------------------------------------------------------- */

static void advise_reserved(struct check *check, const struct subject *subject, const char *name)
{
	static const char *const whose[] = {
		[FOR_POSTGRESQL] = " is a reserved word of PostgreSQL",
		[FOR_SQLITE] = " is a reserved word of SQLite",
		[FOR_BOTH] = " is a reserved word of PostgreSQL and SQLite",
	};
	unsigned databases =
		name_reserved(name, subject->kind == TABLE) & check->adviser->databases;
	if (databases)
		finding_add(check, RULE_RESERVED_WORD, subject,
			    (struct wording){.quoted = name, .after = whose[databases]});
}

static void advise_capitals(struct check *check, const struct subject *subject, const char *name)
{
	struct buffer hint = BUFFER_INIT(check->arena);
	buffer_add(&hint, "use small letters, or quote it in every statement of the service: "
			  "without quotes PostgreSQL looks for '");
	for (const char *c = name; *c; c++)
		buffer_add_char(&hint, text_lower(*c));
	buffer_add(&hint, "'");
	const char *text = buffer_text(&hint);
	if (!text)
		check->failed = true;
	else
		finding_add(
			check, RULE_MIXED_CASE, subject,
			(struct wording){.before = "the name has capital letters", .hint = text});
}

static void advise_name(struct check *check, const struct subject *subject, const char *name)
{
	advise_reserved(check, subject, name);
	if (!name_is_plain(name))
		finding_say(check, RULE_NAME_CHARACTERS, subject,
			    strchr(name, '.') ? "the name has a dot, which separates no schema here"
					      : "the name needs quotes wherever it is written");
	else if (finding_counts(check, RULE_MIXED_CASE) && name_has_capitals(name))
		advise_capitals(check, subject, name);
}

static void advise_table(struct check *check, const struct subject *subject)
{
	advise_name(check, subject, subject->table);
	if (finding_counts(check, RULE_SQLITE_NAME) && name_is_sqlite_table(subject->table))
		finding_say(check, RULE_SQLITE_NAME, subject,
			    "SQLite keeps names that begin with 'sqlite_' for itself");
}

/* ---- types ---------------------------------------------------------------- */

static void advise_type(struct check *check, const struct subject *subject, const char *type)
{
	if (!finding_counts(check, RULE_SQLITE_TYPE))
		return;
	struct token quotes = expression_quoting(type);
	if (quotes.length > 0) {
		finding_add_token(check, RULE_SQLITE_QUOTING, subject,
				  (struct wording){.before = "the type has",
						   .after = ", which SQLite does not read"},
				  &quotes);
		return;
	}
	const char *problem = type_text_sqlite_problem(type);
	if (!problem)
		return;
	struct buffer after = BUFFER_INIT(check->arena);
	buffer_addf(&after, " %s, which SQLite does not read", problem);
	const char *text = buffer_text(&after);
	if (!text)
		check->failed = true;
	else
		finding_add(check, RULE_SQLITE_TYPE, subject,
			    (struct wording){.before = "the type", .quoted = type, .after = text});
}

/* ---- defaults ------------------------------------------------------------- */

static void advise_value(struct check *check, const struct subject *subject,
			 const struct reconcile_column *row)
{
	const char *value = row->default_value.text;
	if (finding_counts(check, RULE_FROZEN_DEFAULT) && value_is_frozen(value, row->type))
		finding_add(check, RULE_FROZEN_DEFAULT, subject,
			    (struct wording){.before = "PostgreSQL freezes the default",
					     .quoted = value,
					     .after = " to the instant when the column is added"});
	else if (value_is_sql(value))
		finding_add(check, RULE_SQL_IN_VALUE, subject,
			    (struct wording){.before = "rows get the text",
					     .quoted = value,
					     .after = " itself as their default"});
}

/* What SQLite does with the expression. addable: the column may be added to rows. */
static void advise_sqlite_default(struct check *check, const struct subject *subject,
				  const char *text, bool addable)
{
	struct token token = expression_quoting(text);
	enum rule_id rule = RULE_SQLITE_QUOTING;
	if (token.length == 0) {
		token = expression_syntax(text);
		rule = RULE_SQLITE_SYNTAX;
	}
	if (token.length > 0)
		finding_add_token(check, rule, subject,
				  (struct wording){.before = "the default has",
						   .after = ", which SQLite does not read"},
				  &token);
	else if (addable && !expression_is_constant(text))
		finding_add(check, RULE_SQLITE_DEFAULT, subject,
			    (struct wording){
				    .before = "the default",
				    .quoted = text,
				    .after = " is not constant: SQLite cannot add the column to a "
					     "table with rows",
			    });
}

static void advise_function(struct check *check, const struct subject *subject, const char *text)
{
	static const struct {
		unsigned database, flag;
		const char *after;
	} missing[] = {
		{FOR_POSTGRESQL, FUNCTION_NOT_IN_POSTGRESQL, ", which PostgreSQL does not have"},
		{FOR_SQLITE, FUNCTION_NOT_IN_SQLITE, ", which SQLite does not have"},
	};
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		struct token token = expression_call(text, missing[i].flag);
		if (check->adviser->databases & missing[i].database && token.length > 0)
			finding_add_token(check, RULE_FOREIGN_FUNCTION, subject,
					  (struct wording){.before = "the default asks for",
							   .after = missing[i].after},
					  &token);
	}
}

static void advise_expression(struct check *check, const struct subject *subject,
			      const struct reconcile_column *row)
{
	const char *text = row->default_value.text;
	/* Others only ever come with their table. */
	bool addable =
		row->nullability == RECONCILE_NULLABLE || row->nullability == RECONCILE_NOT_NULL;
	if (expression_is_null(text))
		return;
	if (expression_is_name(text)) {
		finding_add(check, RULE_BARE_DEFAULT, subject,
			    (struct wording){.before = "the default",
					     .quoted = text,
					     .after = " names a column"});
		return;
	}
	struct token call = expression_call(text, FUNCTION_VOLATILE);
	if (addable && call.length > 0 && finding_counts(check, RULE_VOLATILE_DEFAULT))
		finding_add_token(
			check, RULE_VOLATILE_DEFAULT, subject,
			(struct wording){.before = "the default calls",
					 .after = ", which is volatile: PostgreSQL writes the "
						  "whole table anew"},
			&call);
	if (finding_counts(check, RULE_FROZEN_DEFAULT) && expression_is_frozen(text, row->type))
		finding_add(check, RULE_FROZEN_DEFAULT, subject,
			    (struct wording){.before = "PostgreSQL freezes the default",
					     .quoted = text,
					     .after = " to the instant when the column is added"});
	advise_function(check, subject, text);
	if (finding_counts(check, RULE_SQLITE_DEFAULT))
		advise_sqlite_default(check, subject, text, addable);
}

static void advise_column(struct check *check, const struct reconcile_column *row)
{
	struct subject subject = column_subject(row);
	advise_name(check, &subject, row->column);
	if (finding_counts(check, RULE_SYSTEM_COLUMN) && name_is_system_column(row->column))
		finding_say(check, RULE_SYSTEM_COLUMN, &subject,
			    "every table of PostgreSQL has a column of that name already");
	advise_type(check, &subject, row->type);
	if (row->default_value.kind == RECONCILE_DEFAULT_VALUE)
		advise_value(check, &subject, row);
	else if (row->default_value.kind == RECONCILE_DEFAULT_SQL)
		advise_expression(check, &subject, row);
}

const struct adviser *adviser_for(unsigned databases)
{
	static const struct adviser advisers[] = {
		[FOR_POSTGRESQL] = {FOR_POSTGRESQL, rule_warnings, advise_table, advise_column},
		[FOR_SQLITE] = {FOR_SQLITE, rule_warnings, advise_table, advise_column},
		[FOR_BOTH] = {FOR_BOTH, rule_warnings, advise_table, advise_column},
	};
	return databases != FOR_NONE ? &advisers[databases] : NULL;
}
