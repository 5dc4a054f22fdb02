#include "model.h"

/* ---- a plan of every kind of step ----------------------------------------- */

static const struct reconcile_table tables[] = {TABLE_ROW("fresh", 1), TABLE_ROW("partly", 2),
						TABLE_ROW("done", 3), TABLE_ROW("view", 4)};
static const struct reconcile_column columns[] = {
	ROW("fresh", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 5),
	ROW("fresh", "at", "INT", NOT_NULL, SQL("f()"), 6),
	ROW("partly", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 7),
	ROW("partly", "a", "TEXT", NULLABLE, NO_DEFAULT, 8),
	ROW("partly", "b", "INT", REQUIRED, NO_DEFAULT, 9),
	ROW("partly", "c", "TEXT", NOT_NULL, VALUE("it's\n-- no comment"), 10),
	ROW("done", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 11),
	ROW("view", "id", "INT", NULLABLE, NO_DEFAULT, 12),
	ROW("theirs", "x", "INT", NULLABLE, NO_DEFAULT, 13),
	ROW("theirs", "y", "INT", NULLABLE, NO_DEFAULT, 14),
};
static const struct reconcile_registry registry = REGISTRY(tables, columns);

static const struct attribute id[] = {
	{.name = "id", .type = {23, -1, false}, .not_null = true, .primary_key = true}};
static const struct relation relations[] = {
	{.name = "fresh"},
	{.name = "partly", .kind = RELATION_TABLE, .attributes = id, .attribute_count = 1},
	{.name = "done", .kind = RELATION_TABLE, .attributes = id, .attribute_count = 1},
	{.name = "view", .kind = RELATION_FOREIGN, .kind_text = "a view"},
	{.name = "theirs"},
};
/* clang-format off */
static const struct type_id types[] = {
	{23, -1, false},
	{25, -1, false},
};
/* clang-format on */
static const struct catalog catalog = {.schema = "app",
				       .relations = relations,
				       .relation_count = COUNT(relations),
				       .types = types,
				       .type_count = COUNT(types)};

struct made {
	struct arena arena;
	struct sql sql;
	struct index index;
	struct terms terms;
	struct diff diff;
	struct plan plan;
	const char *script;
};

/* The whole way from a registry to a script. */
static bool make(struct made *made, const struct dialect *dialect, struct error *err)
{
	made->sql = (struct sql){.dialect = dialect, .schema = "app", .arena = &made->arena};
	made->terms.index = &made->index;
	if (!index_build(&made->index, &registry, &made->arena, err) ||
	    !diff_build(&made->diff, &made->index, &catalog, &made->sql, &made->terms, true,
			&made->arena, err) ||
	    !plan_build(&made->plan, &made->diff, &made->sql, &made->terms, &made->arena, err))
		return false;
	made->script = plan_script(&made->plan, "test", made->sql.arena);
	return made->script || error_memory(err);
}

Test(plan, is_one_step_a_table_and_one_for_what_cannot_be_done)
{
	/* clang-format off */
	static const struct {
		const char *table;
		bool creates;
		size_t columns, statements;
		enum reconcile_cost cost;
		const char *reason;
	} expected[] = {
		{"fresh", true, 2, 1, RECONCILE_COST_CATALOG, NULL},
		{"partly", false, 2, 1, RECONCILE_COST_CATALOG, NULL},
		{"partly", false, 1, 0, RECONCILE_COST_IMPOSSIBLE,
		 "column 'b': NOT NULL without default cannot be added to a table with rows"},
		{"view", false, 1, 0, RECONCILE_COST_IMPOSSIBLE, "the name is taken by a view"},
		{"theirs", false, 2, 0, RECONCILE_COST_IMPOSSIBLE,
		 "the table does not exist and has no TABLE row in this registry, so it is never "
		 "created: add that row, or make the table"},
	};
	/* clang-format on */
	struct made made = {0};
	struct error err = {0};
	cr_assert(make(&made, &model_postgres, &err), "%s", err.message);
	cr_assert(made.plan.step_count == COUNT(expected), "%zu", made.plan.step_count);
	cr_expect(made.plan.changed_tables == 4);
	cr_expect(made.plan.declared_tables == 5);
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct reconcile_step *step = &made.plan.steps[i];
		expect_text("table", step->table, expected[i].table);
		expect_text("reason", step->reason, expected[i].reason);
		cr_expect(step->creates_table == expected[i].creates, "step %zu", i);
		cr_expect(step->column_count == expected[i].columns, "step %zu", i);
		cr_expect(step->statement_count == expected[i].statements, "step %zu", i);
		cr_expect(step->cost == expected[i].cost, "step %zu", i);
	}
	arena_release(&made.arena);
}

Test(plan, is_a_script_in_which_comments_stay_comments)
{
	struct made made = {0};
	struct error err = {0};
	cr_assert(make(&made, &model_postgres, &err), "%s", err.message);
	expect_text(
		"script", made.script,
		"-- reconcile: registry test: 4 of 5 tables need a change\n"
		"\n"
		"-- table 'fresh': create with 2 columns; changes the catalog only\n"
		"BEGIN;\n"
		"CREATE TABLE \"app\".\"fresh\" (\n"
		"  \"id\" INT NOT NULL,\n"
		"  \"at\" INT NOT NULL DEFAULT (f()),\n"
		"  PRIMARY KEY (\"id\")\n"
		");\n"
		"COMMIT;\n"
		"\n"
		"-- table 'partly': add 2 columns; changes the catalog only\n"
		"BEGIN;\n"
		"ALTER TABLE \"app\".\"partly\"\n"
		"  ADD COLUMN \"a\" TEXT,\n"
		"  ADD COLUMN \"c\" TEXT NOT NULL DEFAULT 'it''s\n-- no comment';\n"
		"COMMIT;\n"
		"\n"
		"-- table 'partly': cannot be done: column 'b': NOT NULL without default cannot "
		"be added to a table with rows\n"
		"\n"
		"-- table 'view': cannot be done: the name is taken by a view\n"
		"\n"
		"-- table 'theirs': cannot be done: the table does not exist and has no TABLE row "
		"in this registry, so it is never created: add that row, or make the table\n");
	arena_release(&made.arena);
}

Test(plan, is_one_statement_a_column_where_the_database_wants_that)
{
	struct made made = {0};
	struct error err = {0};
	cr_assert(make(&made, &model_sqlite, &err), "%s", err.message);
	cr_assert(made.plan.steps[1].statement_count == 2);
	expect_text("first", made.plan.steps[1].statements[0],
		    "ALTER TABLE \"app\".\"partly\" ADD COLUMN \"a\" TEXT;");
	expect_part("second", made.plan.steps[1].statements[1], "ADD COLUMN \"c\" TEXT NOT NULL");
	expect_part("script", made.script, "BEGIN IMMEDIATE;\nALTER TABLE");
	arena_release(&made.arena);
}

Test(plan, names_and_reasons_cannot_break_out_of_a_comment)
{
	struct arena arena = {0};
	struct reconcile_step steps[] = {
		{.table = "a\nDROP TABLE b;",
		 .cost = RECONCILE_COST_IMPOSSIBLE,
		 .reason = "because\r\nDROP TABLE c;"},
	};
	struct plan plan = {
		.steps = steps, .step_count = 1, .changed_tables = 1, .declared_tables = 1};
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	expect_text("script", plan_script(&plan, "x\ny", sql.arena),
		    "-- reconcile: registry x\\x0ay: 1 of 1 table needs a change\n"
		    "\n"
		    "-- table 'a\\x0aDROP TABLE b;': cannot be done: because\\x0d\\x0aDROP TABLE "
		    "c;\n");
	arena_release(&arena);
}

Test(plan, of_nothing_is_an_empty_script)
{
	struct diff diff = {0};
	struct plan plan;
	struct error err = {0};
	struct arena arena = {0};
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	cr_assert(plan_build(&plan, &diff, &sql, &any_terms, &arena, &err));
	cr_expect(plan.step_count == 0);
	expect_text("script", plan_script(&plan, "test", sql.arena), "");
	cr_expect(arena.block_count == 0);
}

#define COLUMN_WITH(value)                                                                         \
	{                                                                                          \
		"t", "c", "INT", RECONCILE_NULLABLE, value, NULL, NULL, 0                          \
	}

Test(plan, a_step_costs_what_its_dearest_column_costs)
{
	static const struct reconcile_column rows[] = {
		COLUMN_WITH(NO_DEFAULT),
		COLUMN_WITH(SQL("random()")),
		COLUMN_WITH(SQL("now()")),
		COLUMN_WITH(VALUE("0")),
	};
	static const struct {
		const struct dialect *dialect;
		size_t first, count;
		enum reconcile_cost cost;
	} cases[] = {
		{&model_postgres, 0, 1, RECONCILE_COST_CATALOG},
		{&model_postgres, 0, 4, RECONCILE_COST_UNKNOWN},
		{&model_postgres, 2, 2, RECONCILE_COST_CATALOG},
		{&model_postgres_10, 0, 4, RECONCILE_COST_REWRITE},
		{&model_postgres_10, 0, 1, RECONCILE_COST_CATALOG},
	};
	struct indexed_column indexed[COUNT(rows)];
	const struct indexed_column *pointers[COUNT(rows)];
	for (size_t i = 0; i < COUNT(rows); i++) {
		indexed[i] = (struct indexed_column){.row = &rows[i]};
		pointers[i] = &indexed[i];
	}
	const struct indexed_table table = {.name = "t", .columns = indexed, .column_count = 4};
	const struct relation relation = {.name = "t", .kind = RELATION_TABLE};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = {0};
		struct error err = {0};
		struct sql sql = {.dialect = cases[i].dialect, .arena = &arena};
		struct table_diff diff = {.table = &table,
					  .relation = &relation,
					  .missing = pointers + cases[i].first,
					  .missing_count = cases[i].count};
		struct reconcile_step step;
		cr_assert(plan_step(&step, &diff, &sql, &any_terms, &arena, &err), "%s",
			  err.message);
		cr_expect(step.cost == cases[i].cost, "case %zu: %d", i, step.cost);
		arena_release(&arena);
	}
}

#define REFUSAL                                                                                    \
	"adding it writes the whole table anew under the lock: a domain with a check (the table: " \
	"about 1,200 rows, 96 kB)"

/* ---- what is refused ------------------------------------------------------ */

/* One a table of the registry: "partly" is the second. */
static const struct table_size sizes[] = {
	{-1, -1, false}, {1200, 98304, false}, {0, 0, true}, {-1, -1, false}, {-1, -1, false},
};

Test(plan, what_will_be_done_what_will_not_and_what_cannot_are_a_step_each)
{
	static const struct cost_answer answers[] = {
		{"TEXT", {RECONCILE_COST_REWRITE, "a domain with a check"}},
	};
	struct made made = {
		.terms = {.answers = answers, .answer_count = COUNT(answers), .sizes = sizes}};
	struct error err = {0};
	cr_assert(make(&made, &model_postgres, &err), "%s", err.message);
	cr_assert(made.plan.step_count == 6, "%zu", made.plan.step_count);
	const struct reconcile_step *fresh = &made.plan.steps[0];
	cr_expect(!fresh->refused && fresh->rows == -1 && fresh->bytes == -1);

	const struct reconcile_step *done = &made.plan.steps[1];
	expect_text("done", done->table, "partly");
	cr_expect(!done->refused && done->column_count == 1 && done->statement_count == 1);
	cr_expect(done->cost == RECONCILE_COST_CATALOG);
	cr_expect(done->rows == 1200 && done->bytes == 98304);
	expect_text("done", done->reason, NULL);

	const struct reconcile_step *refused = &made.plan.steps[2];
	expect_text("refused", refused->table, "partly");
	cr_expect(refused->refused && refused->column_count == 1);
	cr_expect(refused->cost == RECONCILE_COST_REWRITE);
	cr_expect(refused->rows == 1200 && refused->bytes == 98304);
	expect_text("reason", refused->reason, REFUSAL);
	cr_assert(refused->statement_count == 1);
	expect_text("sql", refused->statements[0],
		    "ALTER TABLE \"app\".\"partly\" ADD COLUMN \"a\" TEXT;");

	const struct reconcile_step *impossible = &made.plan.steps[3];
	expect_text("impossible", impossible->table, "partly");
	cr_expect(!impossible->refused && impossible->cost == RECONCILE_COST_IMPOSSIBLE);
	expect_part("reason", impossible->reason, "column 'b': NOT NULL");

	expect_part("script", made.script,
		    "\n-- table 'partly': add 1 column; changes the catalog only; about 1,200 "
		    "rows, 96 kB\nBEGIN;\n");
	expect_part("script", made.script,
		    "\n-- table 'partly': refused without --allow-rewrite: " REFUSAL "\n"
		    "-- ALTER TABLE \"app\".\"partly\" ADD COLUMN \"a\" TEXT;\n"
		    "\n-- table 'partly': cannot be done: ");
	arena_release(&made.arena);
}

Test(plan, a_table_of_which_all_is_refused_is_one_step)
{
	static const struct reconcile_column rows[] = {
		ROW("done", "a", "INT", NULLABLE, SQL("f()"), 1),
		ROW("done", "b", "INT", NULLABLE, VALUE("it's\n\r\tb"), 2),
	};
	static const struct relation empty = {.name = "done", .kind = RELATION_TABLE};
	static const struct cost_answer answers[] = {
		{"INT DEFAULT 'it''s\n\r\tb'", {RECONCILE_COST_REWRITE, NULL}},
	};
	const struct indexed_column indexed[] = {{&rows[0], 0}, {&rows[1], 0}};
	const struct indexed_table table = {.name = "done", .columns = indexed, .column_count = 2};
	const struct terms none = {.answers = answers, .answer_count = 1};
	struct arena arena = {0};
	struct error err = {0};
	struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	struct table_diff lack;
	cr_assert(diff_table(&lack, &table, &empty, &none, &sql, &arena, &err));
	struct diff diff = {.tables = &lack, .table_count = 1, .counts = {.tables = 1}};
	struct plan plan;
	cr_assert(plan_build(&plan, &diff, &sql, &none, &arena, &err));
	cr_assert(plan.step_count == 1);
	cr_expect(plan.steps[0].refused && plan.steps[0].column_count == 2);
	cr_expect(plan.steps[0].cost == RECONCILE_COST_REWRITE);
	/* A comment ends with its line, and to psql at a carriage return. */
	expect_text("script", plan_script(&plan, "test", sql.arena),
		    "-- reconcile: registry test: 1 of 1 table needs a change\n"
		    "\n"
		    "-- table 'done': refused without --allow-rewrite: what adding "
		    "it costs is not known: what this expression costs is not assessed (the "
		    "table: of unknown size)\n"
		    "-- ALTER TABLE \"done\"\n"
		    "--   ADD COLUMN \"a\" INT DEFAULT (f()),\n"
		    "--   ADD COLUMN \"b\" INT DEFAULT 'it''s\n"
		    "-- \\x0d\tb';\n");
	arena_release(&arena);
}

/* What counts as a step can be shown, and done. */
static void expect_whole_steps(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct reconcile_step *step = &plan->steps[i];
		cr_expect(step->table != NULL && (step->cost == RECONCILE_COST_IMPOSSIBLE ||
						  step->statements != NULL),
			  "step %zu of %zu is not whole", i, plan->step_count);
	}
}

/* Whatever block is refused: an error that says so, and nothing leaks or crashes. The padding moves
 * the ends of the blocks, so that all kinds of allocation are met by one. */
Test(plan, every_allocation_on_the_way_may_fail)
{
	unsigned failures = 0;
	for (size_t padding = 0; padding < 128; padding++) {
		bool done = false;
		for (unsigned n = 1; !done; n++) {
			cr_assert(n < 1000, "never succeeds");
			struct made made = {.terms = {.sizes = sizes}};
			struct error err = {0};
			for (size_t i = 0; i < padding; i++)
				cr_assert(arena_alloc(&made.arena, 96));
			arena_fail_after(n);
			done = make(&made, &model_postgres, &err);
			arena_fail_after(0);
			if (!done) {
				expect_text("message", err.message, "out of memory");
				cr_expect(err.status == RECONCILE_FAILED);
				failures++;
			}
			expect_whole_steps(&made.plan);
			arena_release(&made.arena);
		}
	}
	/* Three at least are for working memory, whatever the padding. */
	cr_expect(failures > 3 * 128, "only %u failures", failures);
}
