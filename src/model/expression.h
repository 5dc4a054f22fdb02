/*
 * What can be said about a default by its tokens alone. The expressions are those that
 * expression_text_problem() of text.h lets pass.
 */
#ifndef MODEL_EXPRESSION_H
#define MODEL_EXPRESSION_H

#include "token.h"

/*
 * Does SQLite take it for a constant, which may be the default of a column that is added to a table
 * with rows? Literals, perhaps with signs, brackets and CAST, and nothing else (measured with
 * 3.40.1; it has no words for it but "Cannot add a column with non-constant default").
 */
bool expression_is_constant(const char *text);

/* Does PostgreSQL read one literal, perhaps in brackets, or negative? A cast, a name of a type
 * before it and a plus make it another thing. The strings that begin with U& or N are not known
 * here. */
bool expression_is_literal(const char *text);

/* Is it a name and nothing else, perhaps in brackets? TRUE and the like are none. */
bool expression_is_name(const char *text);

/* The first call of a function with one of these flags of function.h; its length is 0: none. */
struct token expression_call(const char *text, unsigned flags);

/* The first token that SQLite reads otherwise than PostgreSQL because of its quotes (E'', $$), or
 * cannot read at all (a cast with ::, square brackets, DATE '...'). Its length is 0: none. */
struct token expression_quoting(const char *text);
struct token expression_syntax(const char *text);

/*
 * Does PostgreSQL compute it once, when the column is added, although it says now, today, tomorrow
 * or yesterday (manual, section 8.5.1.4: special values)? type is the column's.
 */
bool expression_is_frozen(const char *text, const char *type);
/* The same for a value. */
bool value_is_frozen(const char *value, const char *type);

/* Is the value what somebody would write as an expression: a call of a known function, a keyword of
 * a date or user, NULL, or a text in quotes? */
bool value_is_sql(const char *value);

#endif
