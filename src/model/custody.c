#include "custody.h"
#include "expression.h"
#include "text.h"

#include <string.h>

static struct cost impossible(const char *reason)
{
	/* Memory running out must not turn into a permission. */
	return (struct cost){RECONCILE_COST_IMPOSSIBLE,
			     reason ? reason : "another program looks after the table"};
}

static bool companion_has(const struct custody *custody, const char *column)
{
	for (size_t i = 0; i < custody->companion_column_count; i++)
		if (strcmp(custody->companion_columns[i], column) == 0)
			return true;
	return false;
}

static const char *companion_reason(const struct custody *custody, const struct sql *sql,
				    const struct reconcile_column *column)
{
	struct buffer buf = BUFFER_INIT(sql->arena);
	struct sql there = *sql;
	const struct indexed_column row = {.row = column};
	const struct indexed_column *const rows[] = {&row};
	there.schema = custody->companion_schema;
	const char *statement = sql_add_columns(&there, custody->companion, rows, 1);
	buffer_add(&buf, "it is ");
	text_add_visible(&buf, custody->managed);
	buffer_add(&buf, ", whose history table must have the column first, or old values of it "
			 "are not kept: ");
	text_add_visible(&buf, statement ? statement : "");
	return buffer_text(&buf);
}

static const char *managed_reason(const struct custody *custody, const struct sql *sql,
				  const char *what)
{
	struct buffer buf = BUFFER_INIT(sql->arena);
	buffer_add(&buf, what);
	text_add_visible(&buf, custody->managed);
	return buffer_text(&buf);
}

struct cost custody_cost(const struct custody *custody, const struct sql *sql,
			 const struct reconcile_column *column, struct cost cost, bool dear)
{
	const struct reconcile_default *value = &column->default_value;
	if (cost.cost == RECONCILE_COST_IMPOSSIBLE)
		return cost;
	if (custody->hindrance)
		return impossible(custody->hindrance);
	if (custody->companion && !companion_has(custody, column->column))
		return impossible(companion_reason(custody, sql, column));
	if (custody->literal_defaults_only && value->kind == RECONCILE_DEFAULT_SQL &&
	    !expression_is_literal(value->text))
		return impossible(managed_reason(
			custody, sql, "only a literal may be the default of a column added to "));
	if (custody->managed && dear)
		return impossible(managed_reason(
			custody, sql,
			"adding it reads or writes the whole table, which is not done to "));
	return cost;
}
