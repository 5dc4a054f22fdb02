#include "terms.h"
#include "custody.h"
#include "name.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- rules ---------------------------------------------------------------- */

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

static struct cost default_cost(const struct reconcile_default *value,
				const struct dialect *dialect)
{
	bool expression = value->kind == RECONCILE_DEFAULT_SQL;
	/* Whether another expression is a constant, the database must be asked: (0) is. */
	if (expression && dialect->adds_constant_defaults_only && is_stable(value->text))
		return (struct cost){
			RECONCILE_COST_IMPOSSIBLE,
			"SQLite refuses a non-constant default when the table has rows"};
	if (dialect->rewrites_for_defaults)
		return (struct cost){RECONCILE_COST_REWRITE,
				     "a default rewrites the table before PostgreSQL 11"};
	if (expression && !is_stable(value->text))
		return (struct cost){RECONCILE_COST_UNKNOWN,
				     "what this expression costs is not assessed"};
	return (struct cost){RECONCILE_COST_CATALOG, NULL};
}

const char *name_obstacle(const struct reconcile_column *column, const struct dialect *dialect)
{
	/* SQLSTATE 42701, as if another starter had been faster. */
	if (dialect->has_system_columns && name_is_system_column(column->column))
		return "every table of PostgreSQL has a column of that name already";
	return NULL;
}

/* What is not accepted on a table with rows, whatever else the definition says. */
static const char *never(const struct reconcile_column *column, const struct dialect *dialect)
{
	if (column->nullability == RECONCILE_PRIMARY_KEY)
		return "a primary key column cannot be added to a table with rows";
	/* SQLSTATE 23502 as soon as there is a row. */
	if (column->nullability != RECONCILE_NULLABLE && !column_has_default(column))
		return "NOT NULL without default cannot be added to a table with rows";
	return name_obstacle(column, dialect);
}

struct cost cost_by_rule(const struct reconcile_column *column, const struct dialect *dialect)
{
	const char *why = never(column, dialect);
	if (why)
		return (struct cost){RECONCILE_COST_IMPOSSIBLE, why};
	if (column_has_default(column))
		return default_cost(&column->default_value, dialect);
	return (struct cost){RECONCILE_COST_CATALOG, NULL};
}

/* ---- answers -------------------------------------------------------------- */

static int compare_answer(const void *definition, const void *answer)
{
	return strcmp(definition, ((const struct cost_answer *)answer)->definition);
}

const struct cost_answer *terms_answer(const struct terms *terms, const char *definition)
{
	if (terms->answer_count == 0)
		return NULL;
	return bsearch(definition, terms->answers, terms->answer_count, sizeof(*terms->answers),
		       compare_answer);
}

const struct custody *terms_custody(const struct terms *terms, const struct indexed_table *table)
{
	return terms->custodies ? &terms->custodies[table - terms->index->tables] : NULL;
}

/* In any table. *assessed: the database was asked. false: memory ran out. */
static bool cost_anywhere(struct cost *cost, const struct terms *terms, const struct sql *sql,
			  const struct reconcile_column *column, bool *assessed)
{
	*cost = cost_by_rule(column, sql->dialect);
	*assessed = false;
	if (never(column, sql->dialect) || terms->answer_count == 0)
		return true;
	struct arena scratch = {0};
	struct sql own = *sql;
	own.arena = &scratch;
	const char *definition = sql_definition(&own, column);
	if (definition) {
		const struct cost_answer *answer = terms_answer(terms, definition);
		*assessed = answer != NULL;
		if (answer && answer->cost.cost != RECONCILE_COST_NONE)
			*cost = answer->cost;
		else if (answer && answer->cost.reason && cost->cost == RECONCILE_COST_UNKNOWN)
			cost->reason = answer->cost.reason;
	}
	arena_release(&scratch);
	return definition != NULL;
}

bool terms_cost(struct cost *cost, const struct terms *terms, const struct sql *sql,
		const struct indexed_table *table, const struct reconcile_column *column)
{
	const struct custody *custody = terms_custody(terms, table);
	bool assessed;
	if (!cost_anywhere(cost, terms, sql, column, &assessed))
		return false;
	/* What is not known yet will be asked. */
	bool dear = cost_is_dear(cost->cost) && (cost->cost != RECONCILE_COST_UNKNOWN || assessed);
	if (custody)
		*cost = custody_cost(custody, sql, column, *cost, dear);
	/* What is impossible has a reason. */
	return cost->cost != RECONCILE_COST_IMPOSSIBLE || cost->reason;
}

bool cost_is_dear(enum reconcile_cost cost)
{
	return cost == RECONCILE_COST_SCAN || cost == RECONCILE_COST_REWRITE ||
	       cost == RECONCILE_COST_UNKNOWN;
}

static int dearness(enum reconcile_cost cost)
{
	static const int order[] = {
		[RECONCILE_COST_NONE] = 0,    [RECONCILE_COST_CATALOG] = 1,
		[RECONCILE_COST_SCAN] = 2,    [RECONCILE_COST_UNKNOWN] = 3,
		[RECONCILE_COST_REWRITE] = 4, [RECONCILE_COST_IMPOSSIBLE] = 5,
	};
	return order[cost];
}

bool cost_exceeds(enum reconcile_cost cost, enum reconcile_cost other)
{
	return dearness(cost) > dearness(other);
}

/* ---- sizes ---------------------------------------------------------------- */

struct table_size terms_size(const struct terms *terms, const struct indexed_table *table)
{
	if (!terms->sizes)
		return (struct table_size){.rows = -1, .bytes = -1};
	struct table_size size = terms->sizes[table - terms->index->tables];
	/* What was never counted is estimated as 0 before PostgreSQL 14 (pg_class.reltuples). */
	if (size.rows == 0 && !size.exact)
		size.rows = -1;
	return size;
}

/* 1234567 as "1,234,567". */
static void add_number(struct buffer *buf, long long number)
{
	if (number >= 1000) {
		add_number(buf, number / 1000);
		buffer_addf(buf, ",%03lld", number % 1000);
	} else {
		buffer_addf(buf, "%lld", number);
	}
}

/* As pg_size_pretty() does: a unit is changed at ten of the next. */
static void add_bytes(struct buffer *buf, long long bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t unit = 0;
	while (bytes >= 10240 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes = (bytes + 512) / 1024;
		unit++;
	}
	add_number(buf, bytes);
	buffer_addf(buf, " %s", units[unit]);
}

const char *size_text(const struct table_size *size, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	if (size->rows < 0 && size->bytes < 0)
		return "of unknown size";
	if (size->rows == 0 && size->exact)
		return "no rows";
	if (size->rows >= 0) {
		buffer_add(&buf, size->exact ? "at least " : "about ");
		add_number(&buf, size->rows);
		buffer_add(&buf, word_for(size->rows, " row", " rows"));
	}
	if (size->bytes >= 0) {
		buffer_add(&buf, size->rows >= 0 ? ", " : "");
		add_bytes(&buf, size->bytes);
	}
	return buffer_text(&buf);
}

/* ---- what is allowed ------------------------------------------------------ */

static const char *dear_phrase(enum reconcile_cost cost)
{
	switch (cost) {
	case RECONCILE_COST_SCAN:
		return "adding it reads the whole table under the lock";
	case RECONCILE_COST_REWRITE:
		return "adding it writes the whole table anew under the lock";
	default:
		return "what adding it costs is not known";
	}
}

bool terms_refusal(const char **refusal, const struct terms *terms,
		   const struct indexed_table *table, struct cost cost, struct arena *arena)
{
	struct table_size size = terms_size(terms, table);
	bool allowed =
		terms->allowed_rows < 0 || (size.rows >= 0 && size.rows <= terms->allowed_rows &&
					    (size.exact || size.rows > 0));
	*refusal = NULL;
	if (!cost_is_dear(cost.cost) || allowed)
		return true;
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, dear_phrase(cost.cost));
	if (cost.reason) {
		buffer_add(&buf, ": ");
		text_add_visible(&buf, cost.reason);
	}
	const char *text = size_text(&size, arena);
	buffer_addf(&buf, " (the table: %s)", text ? text : "");
	*refusal = buffer_text(&buf);
	return text && *refusal;
}
