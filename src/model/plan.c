#include "plan.h"
#include "../base/hash.h"

/* false: memory ran out. */
static bool find_dearest(enum reconcile_cost *dearest, const struct indexed_table *table,
			 const struct indexed_column *const *columns, size_t count,
			 const struct terms *terms, const struct sql *sql)
{
	*dearest = RECONCILE_COST_NONE;
	for (size_t i = 0; i < count; i++) {
		struct cost cost;
		if (!terms_cost(&cost, terms, sql, table, columns[i]->row))
			return false;
		if (cost_exceeds(cost.cost, *dearest))
			*dearest = cost.cost;
	}
	return true;
}

/* What a step says of its table, whatever is done with it. */
static struct reconcile_step table_step(const struct table_diff *table, const struct terms *terms)
{
	struct table_size size = {.rows = -1, .bytes = -1};
	if (table->relation->kind == RELATION_TABLE)
		size = terms_size(terms, table->table);
	return (struct reconcile_step){
		.table = table->table->name,
		.rows = size.rows,
		.bytes = size.bytes,
	};
}

static struct reconcile_step impossible_step(const struct table_diff *table,
					     const struct terms *terms)
{
	struct reconcile_step step = table_step(table, terms);
	step.column_count = table->obstructed;
	step.cost = RECONCILE_COST_IMPOSSIBLE;
	step.reason = table->obstacle;
	return step;
}

/* Adds its statements: all columns in one where the dialect can. */
static bool add_statements(struct reconcile_step *step, const struct table_diff *table,
			   const struct indexed_column *const *columns, size_t count,
			   const struct sql *sql, struct arena *arena)
{
	bool one = table->create || sql->dialect->many_columns;
	step->column_count = count;
	step->statement_count = one ? 1 : count;
	const char **statements = arena_array(arena, step->statement_count, sizeof(*statements));
	if (!statements)
		return false;
	for (size_t i = 0; i < step->statement_count; i++) {
		statements[i] = table->create ? sql_create_table(sql, table->table)
					      : sql_add_columns(sql, table->table, columns + i,
								one ? count : 1);
		if (!statements[i])
			return false;
	}
	step->statements = statements;
	return true;
}

static bool refused_step(struct reconcile_step *step, const struct table_diff *table,
			 const struct sql *sql, const struct terms *terms, struct arena *arena)
{
	*step = table_step(table, terms);
	step->refused = true;
	step->reason = table->refusal;
	return find_dearest(&step->cost, table->table, table->refused, table->refused_count, terms,
			    sql) &&
	       add_statements(step, table, table->refused, table->refused_count, sql, arena);
}

bool plan_step(struct reconcile_step *step, const struct table_diff *table, const struct sql *sql,
	       const struct terms *terms, struct arena *arena, struct error *err)
{
	*step = table_step(table, terms);
	step->creates_table = table->create;
	/* A table that is new has no rows yet. */
	step->cost = RECONCILE_COST_CATALOG;
	return ((table->create || find_dearest(&step->cost, table->table, table->missing,
					       table->missing_count, terms, sql)) &&
		add_statements(step, table, table->missing, table->missing_count, sql, arena)) ||
	       error_memory(err);
}

static bool add_steps(struct plan *plan, const struct table_diff *table, const struct sql *sql,
		      const struct terms *terms, struct arena *arena, struct error *err)
{
	/* A step counts when it is whole. */
	if (table->missing_count > 0) {
		if (!plan_step(&plan->steps[plan->step_count], table, sql, terms, arena, err))
			return false;
		plan->step_count++;
	}
	if (table->refused_count > 0) {
		if (!refused_step(&plan->steps[plan->step_count], table, sql, terms, arena))
			return error_memory(err);
		plan->step_count++;
	}
	if (table->obstacle)
		plan->steps[plan->step_count++] = impossible_step(table, terms);
	return true;
}

bool plan_build(struct plan *plan, const struct diff *diff, const struct sql *sql,
		const struct terms *terms, struct arena *arena, struct error *err)
{
	*plan = (struct plan){
		.changed_tables = diff->table_count,
		.declared_tables = diff->counts.tables,
	};
	if (diff->table_count == 0)
		return true;
	plan->steps = arena_array(arena, 3 * diff->table_count, sizeof(*plan->steps));
	plan->script_begin = arena_text(arena, sql->dialect->script_begin);
	plan->script_end = arena_text(arena, sql->dialect->script_end);
	if (!plan->steps || !plan->script_begin || !plan->script_end)
		return error_memory(err);
	for (size_t i = 0; i < diff->table_count; i++)
		if (!add_steps(plan, &diff->tables[i], sql, terms, arena, err))
			return false;
	return true;
}

uint64_t plan_fingerprint(const struct plan *plan, const struct index *index,
			  const struct catalog *catalog)
{
	uint64_t part = index_fingerprint(index);
	uint64_t hash = hash_bytes(HASH_INIT, &part, sizeof(part));
	hash = hash_text(hash, index->registry->name);
	for (size_t i = 0; i < catalog->relation_count; i++) {
		part = relation_fingerprint(&catalog->relations[i]);
		hash = hash_bytes(hash, &part, sizeof(part));
	}
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct reconcile_step *step = &plan->steps[i];
		unsigned char flags[] = {step->refused, step->cost == RECONCILE_COST_IMPOSSIBLE};
		hash = hash_text(hash, step->table);
		hash = hash_bytes(hash, flags, sizeof(flags));
		for (size_t j = 0; j < step->statement_count; j++)
			hash = hash_text(hash, step->statements[j]);
	}
	return hash;
}
