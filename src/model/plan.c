#include "plan.h"
#include "text.h"

#include <string.h>

/* ---- cost ----------------------------------------------------------------- */

/*
 * Expressions with one value a statement: PostgreSQL 11 and later evaluate them once and keep the
 * value in the catalog (manual, ALTER TABLE, notes). Everything else may be volatile.
 */
static bool is_stable(const char *expression)
{
	static const char *const known[] = {
		"now()",
		"transaction_timestamp()",
		"statement_timestamp()",
		"CURRENT_TIMESTAMP",
		"CURRENT_DATE",
		"CURRENT_TIME",
		"LOCALTIMESTAMP",
		"LOCALTIME",
	};
	const char *begin = expression, *end = begin + strlen(begin);
	text_strip(&begin, &end);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((size_t)(end - begin) == strlen(known[i]) &&
		    text_equal_n(begin, known[i], strlen(known[i]), true))
			return true;
	return false;
}

static enum reconcile_cost default_cost(const struct reconcile_default *value,
					const struct dialect *dialect, const char **reason)
{
	bool expression = value->kind == RECONCILE_DEFAULT_SQL;
	if (expression && dialect->adds_constant_defaults_only) {
		*reason = "SQLite refuses a non-constant default when the table has rows";
		return RECONCILE_COST_IMPOSSIBLE;
	}
	if (dialect->rewrites_for_defaults) {
		*reason = "a default rewrites the table before PostgreSQL 11";
		return RECONCILE_COST_REWRITE;
	}
	if (expression && !is_stable(value->text)) {
		*reason = "what this expression costs is not assessed";
		return RECONCILE_COST_UNKNOWN;
	}
	return RECONCILE_COST_CATALOG;
}

enum reconcile_cost plan_cost(const struct reconcile_column *column, const struct dialect *dialect,
			      const char **reason)
{
	*reason = NULL;
	bool has_default = column_has_default(column);
	if (column->nullability == RECONCILE_PRIMARY_KEY) {
		*reason = "a primary key column cannot be added to a table with rows";
		return RECONCILE_COST_IMPOSSIBLE;
	}
	if (column->nullability != RECONCILE_NULLABLE && !has_default) {
		/* SQLSTATE 23502 as soon as there is a row. */
		*reason = "NOT NULL without default cannot be added to a table with rows";
		return RECONCILE_COST_IMPOSSIBLE;
	}
	return has_default ? default_cost(&column->default_value, dialect, reason)
			   : RECONCILE_COST_CATALOG;
}

/* UNKNOWN may turn out to be a rewrite. */
static int dearness(enum reconcile_cost cost)
{
	static const int order[] = {
		[RECONCILE_COST_NONE] = 0,    [RECONCILE_COST_CATALOG] = 1,
		[RECONCILE_COST_SCAN] = 2,    [RECONCILE_COST_UNKNOWN] = 3,
		[RECONCILE_COST_REWRITE] = 4, [RECONCILE_COST_IMPOSSIBLE] = 5,
	};
	return order[cost];
}

static enum reconcile_cost table_cost(const struct table_diff *table, const struct dialect *dialect)
{
	if (table->create)
		return RECONCILE_COST_CATALOG; /* there are no rows yet */
	enum reconcile_cost dearest = RECONCILE_COST_NONE;
	for (size_t i = 0; i < table->missing_count; i++) {
		const char *reason;
		enum reconcile_cost cost = plan_cost(table->missing[i]->row, dialect, &reason);
		if (dearness(cost) > dearness(dearest))
			dearest = cost;
	}
	return dearest;
}

/* ---- steps ---------------------------------------------------------------- */

static struct reconcile_step impossible_step(const struct table_diff *table)
{
	return (struct reconcile_step){
		.table = table->table->name,
		.column_count = table->obstructed,
		.cost = RECONCILE_COST_IMPOSSIBLE,
		.reason = table->obstacle,
	};
}

bool plan_step(struct reconcile_step *step, const struct table_diff *table, const struct sql *sql,
	       struct arena *arena, struct error *err)
{
	*step = impossible_step(table);
	if (table->missing_count == 0)
		return true;
	bool one = table->create || sql->dialect->many_columns;
	size_t count = one ? 1 : table->missing_count;
	const char **statements = arena_array(arena, count, sizeof(*statements));
	if (!statements)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		statements[i] = table->create
					? sql_create_table(sql, table->table)
					: sql_add_columns(sql, table->table, table->missing + i,
							  one ? table->missing_count : 1);
		if (!statements[i])
			return error_memory(err);
	}
	*step = (struct reconcile_step){
		.table = table->table->name,
		.creates_table = table->create,
		.column_count = table->missing_count,
		.cost = table_cost(table, sql->dialect),
		.statements = statements,
		.statement_count = count,
	};
	return true;
}

bool plan_build(struct plan *plan, const struct diff *diff, const struct sql *sql,
		struct arena *arena, struct error *err)
{
	*plan = (struct plan){
		.changed_tables = diff->table_count,
		.declared_tables = diff->counts.tables,
	};
	size_t count = 0;
	for (size_t i = 0; i < diff->table_count; i++)
		count += diff->tables[i].missing_count > 0 && diff->tables[i].obstacle ? 2 : 1;
	if (count == 0)
		return true;
	plan->steps = arena_array(arena, count, sizeof(*plan->steps));
	if (!plan->steps)
		return error_memory(err);
	for (size_t i = 0; i < diff->table_count; i++) {
		const struct table_diff *table = &diff->tables[i];
		if (!plan_step(&plan->steps[plan->step_count++], table, sql, arena, err))
			return false;
		if (table->missing_count > 0 && table->obstacle)
			plan->steps[plan->step_count++] = impossible_step(table);
	}
	return true;
}
