#include "model.h"

#define KEY ROW("t", "c", "INT", PRIMARY_KEY, NO_DEFAULT, 1)
#define REQUIRED_ROW ROW("t", "c", "INT", REQUIRED, NO_DEFAULT, 1)
#define WITH(nullability, value)                                                                   \
	{                                                                                          \
		"t", "c", "INT", RECONCILE_##nullability, value, NULL, NULL, 0                     \
	}

#define CATALOG                                                                                    \
	{                                                                                          \
		RECONCILE_COST_CATALOG, NULL                                                       \
	}
#define IMPOSSIBLE(why)                                                                            \
	{                                                                                          \
		RECONCILE_COST_IMPOSSIBLE, why                                                     \
	}
#define REWRITE                                                                                    \
	{                                                                                          \
		RECONCILE_COST_REWRITE, old                                                        \
	}
#define UNKNOWN                                                                                    \
	{                                                                                          \
		RECONCILE_COST_UNKNOWN, unassessed                                                 \
	}

Test(terms, what_adding_a_column_costs_by_the_rules)
{
	static const char needs_rows[] =
		"NOT NULL without default cannot be added to a table with rows";
	static const char key[] = "a primary key column cannot be added to a table with rows";
	static const char system[] = "every table of PostgreSQL has a column of that name already";
	static const char unassessed[] = "what this expression costs is not assessed";
	static const char old[] = "a default rewrites the table before PostgreSQL 11";
	static const char constant[] =
		"SQLite refuses a non-constant default when the table has rows";
	/* clang-format off */
	static const struct {
		const char *name;
		struct reconcile_column column;
		struct cost expected[3]; /* as model_dialects */
	} cases[] = {
		{"nullable", WITH(NULLABLE, NO_DEFAULT), {CATALOG, CATALOG, CATALOG}},
		{"NULL", WITH(NULLABLE, SQL("(NULL)")), {CATALOG, CATALOG, CATALOG}},
		{"value", WITH(NULLABLE, VALUE("now()")), {CATALOG, REWRITE, CATALOG}},
		{"not null", WITH(NOT_NULL, VALUE("0")), {CATALOG, REWRITE, CATALOG}},
		{"now", WITH(NOT_NULL, SQL(" ( Now() )")),
		 {CATALOG, REWRITE, IMPOSSIBLE(constant)}},
		{"time", WITH(NULLABLE, SQL("current_timestamp")),
		 {CATALOG, REWRITE, IMPOSSIBLE(constant)}},
		{"date", WITH(NULLABLE, SQL("CURRENT_DATE")),
		 {CATALOG, REWRITE, IMPOSSIBLE(constant)}},
		{"clock", WITH(NULLABLE, SQL("clock_timestamp()")), {UNKNOWN, REWRITE, UNKNOWN}},
		{"not just now", WITH(NULLABLE, SQL("now() + f()")), {UNKNOWN, REWRITE, UNKNOWN}},
		{"somebody's now", WITH(NULLABLE, SQL("x.now()")), {UNKNOWN, REWRITE, UNKNOWN}},
		{"a literal", WITH(NULLABLE, SQL("('x')")), {UNKNOWN, REWRITE, UNKNOWN}},
		{"required", REQUIRED_ROW,
		 {IMPOSSIBLE(needs_rows), IMPOSSIBLE(needs_rows), IMPOSSIBLE(needs_rows)}},
		{"system column", ROW("t", "xmin", "INT", NULLABLE, NO_DEFAULT, 1),
		 {IMPOSSIBLE(system), IMPOSSIBLE(system), CATALOG}},
		{"key", KEY, {IMPOSSIBLE(key), IMPOSSIBLE(key), IMPOSSIBLE(key)}},
		{"key with default", WITH(PRIMARY_KEY, SQL("now()")),
		 {IMPOSSIBLE(key), IMPOSSIBLE(key), IMPOSSIBLE(key)}},
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t j = 0; j < COUNT(model_dialects); j++) {
			struct cost cost = cost_by_rule(&cases[i].column, model_dialects[j]);
			cr_expect(cost.cost == cases[i].expected[j].cost, "%s, %zu: %d",
				  cases[i].name, j, cost.cost);
			expect_text(cases[i].name, cost.reason, cases[i].expected[j].reason);
		}
	}
}

/* ---- the database's answers ----------------------------------------------- */

static const struct reconcile_column column_rows[] = {
	ROW("t", "a", "INT", NOT_NULL, SQL("f()"), 1),
	ROW("t", "b", "INT", NULLABLE, NO_DEFAULT, 2),
	ROW("u", "c", "INT", NULLABLE, NO_DEFAULT, 3),
};
static const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(column_rows);

Test(terms, the_database_knows_better_than_the_rules_but_for_what_is_impossible)
{
	static const struct reconcile_column stable = WITH(NULLABLE, SQL("now()"));
	static const struct reconcile_column open = WITH(NOT_NULL, SQL("f()"));
	static const struct reconcile_column key = KEY;
	/* clang-format off */
	static const struct {
		const char *name;
		const struct reconcile_column *column;
		const struct dialect *dialect;
		struct cost_answer answer;
		struct cost expected;
	} cases[] = {
		{"rewrite after all", &stable, &model_postgres,
		 {"INT DEFAULT (now())", {RECONCILE_COST_REWRITE, "seen"}},
		 {RECONCILE_COST_REWRITE, "seen"}},
		{"not a rewrite", &stable, &model_postgres_10,
		 {"INT DEFAULT (now())", {RECONCILE_COST_CATALOG, NULL}},
		 {RECONCILE_COST_CATALOG, NULL}},
		{"known at last", &open, &model_postgres,
		 {"INT NOT NULL DEFAULT (f())", {RECONCILE_COST_CATALOG, NULL}},
		 {RECONCILE_COST_CATALOG, NULL}},
		{"impossible", &open, &model_postgres,
		 {"INT NOT NULL DEFAULT (f())", {RECONCILE_COST_IMPOSSIBLE, "it is NULL"}},
		 {RECONCILE_COST_IMPOSSIBLE, "it is NULL"}},
		{"not asked, and why", &open, &model_postgres,
		 {"INT NOT NULL DEFAULT (f())", {RECONCILE_COST_NONE, "no TEMP privilege"}},
		 {RECONCILE_COST_UNKNOWN, "no TEMP privilege"}},
		{"not asked", &open, &model_postgres,
		 {"INT NOT NULL DEFAULT (f())", {RECONCILE_COST_NONE, NULL}},
		 {RECONCILE_COST_UNKNOWN, "what this expression costs is not assessed"}},
		{"not asked, but the rule knows", &stable, &model_postgres,
		 {"INT DEFAULT (now())", {RECONCILE_COST_NONE, "no TEMP privilege"}},
		 {RECONCILE_COST_CATALOG, NULL}},
		{"about another definition", &stable, &model_postgres,
		 {"INT DEFAULT (now()) ", {RECONCILE_COST_REWRITE, NULL}},
		 {RECONCILE_COST_CATALOG, NULL}},
		{"impossible by rule", &key, &model_postgres,
		 {"INT NOT NULL", {RECONCILE_COST_CATALOG, NULL}},
		 {RECONCILE_COST_IMPOSSIBLE,
		  "a primary key column cannot be added to a table with rows"}},
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = {0};
		const struct sql sql = {.dialect = cases[i].dialect, .arena = &arena};
		/* Sorted by definition. */
		const struct cost_answer answers[] = {
			{"BIGINT", {RECONCILE_COST_SCAN, "another"}},
			cases[i].answer,
			{"TEXT", {RECONCILE_COST_SCAN, "another"}},
		};
		const struct terms terms = {.answers = answers, .answer_count = 3};
		struct cost cost;
		cr_assert(terms_cost(&cost, &terms, &sql, NULL, cases[i].column));
		cr_expect(cost.cost == cases[i].expected.cost, "%s: %d", cases[i].name, cost.cost);
		expect_text(cases[i].name, cost.reason, cases[i].expected.reason);
		cr_expect(arena.block_count == 0, "%s: keeps memory", cases[i].name);
	}
}

Test(terms, without_memory_there_is_no_cost_of_any_kind)
{
	static const struct reconcile_column stable = WITH(NULLABLE, SQL("now()"));
	static const struct cost_answer answer = {"INT", {RECONCILE_COST_CATALOG, NULL}};
	struct arena arena = {0};
	const struct sql sql = {.dialect = &model_postgres, .arena = &arena};
	const struct terms terms = {.answers = &answer, .answer_count = 1};
	struct cost cost;
	arena_fail_after(1);
	bool enough = terms_cost(&cost, &terms, &sql, NULL, &stable);
	arena_fail_after(0);
	cr_expect(!enough);
}

Test(terms, unknown_is_dearer_than_a_scan_and_cheaper_than_a_rewrite)
{
	static const enum reconcile_cost order[] = {
		RECONCILE_COST_NONE,    RECONCILE_COST_CATALOG, RECONCILE_COST_SCAN,
		RECONCILE_COST_UNKNOWN, RECONCILE_COST_REWRITE, RECONCILE_COST_IMPOSSIBLE,
	};
	static const bool dear[] = {false, false, true, true, true, false};
	for (size_t i = 0; i < COUNT(order); i++) {
		cr_expect(cost_is_dear(order[i]) == dear[i], "%zu", i);
		for (size_t j = 0; j < COUNT(order); j++)
			cr_expect(cost_exceeds(order[i], order[j]) == (i > j), "%zu, %zu", i, j);
	}
}

/* ---- sizes ---------------------------------------------------------------- */

Test(terms, sizes_are_told_for_people)
{
	/* clang-format off */
	static const struct {
		struct table_size size;
		const char *text;
	} cases[] = {
		{{0, 0, true}, "no rows"},
		{{0, 8192, true}, "no rows"},
		{{-1, -1, false}, "of unknown size"},
		{{-1, 8192, false}, "8,192 bytes"},
		{{1, -1, true}, "at least 1 row"},
		{{2, -1, false}, "about 2 rows"},
		{{999, 0, true}, "at least 999 rows, 0 bytes"},
		{{1000, 10239, false}, "about 1,000 rows, 10,239 bytes"},
		{{12000, 10240, false}, "about 12,000 rows, 10 kB"},
		{{1200, 98304, false}, "about 1,200 rows, 96 kB"},
		{{1000001, 1572864, false}, "about 1,000,001 rows, 1,536 kB"},
		{{1234567, 11010048, false}, "about 1,234,567 rows, 11 MB"},
		{{-1, 10737418240, false}, "10 GB"},
		{{-1, 10995116277760, false}, "10 TB"},
		{{9223372036854775807, -1, false}, "about 9,223,372,036,854,775,807 rows"},
	};
	/* clang-format on */
	struct arena arena = {0};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_text("size", size_text(&cases[i].size, &arena), cases[i].text);
	arena_release(&arena);
}

#define REWRITES "adding it writes the whole table anew under the lock"

/* ---- refusals ------------------------------------------------------------- */

Test(terms, a_dear_column_is_refused_to_a_table_with_too_many_rows)
{
	static const struct cost rewrite = {RECONCILE_COST_REWRITE, "a volatile default"};
	static const struct cost scan = {RECONCILE_COST_SCAN, NULL};
	static const struct cost unknown = {RECONCILE_COST_UNKNOWN, NULL};
	static const struct cost bare = {RECONCILE_COST_REWRITE, NULL};
	static const struct cost cheap = {RECONCILE_COST_CATALOG, NULL};
	static const struct cost impossible = {RECONCILE_COST_IMPOSSIBLE, NULL};
	/* clang-format off */
	static const struct {
		const char *name;
		struct table_size size;
		long long allowed;
		const struct cost *cost;
		const char *refusal;
	} cases[] = {
		{"empty", {0, 0, true}, 0, &rewrite, NULL},
		{"a row", {1, 8192, true}, 0, &rewrite, REWRITES ": a volatile default (the table: at least 1 row, 8,192 bytes)"},
		{"estimated rows", {12000, 1572864, false}, 0, &rewrite,
		 REWRITES ": a volatile default (the table: about 12,000 rows, 1,536 kB)"},
		{"an estimate of 0 is none", {0, -1, false}, 1000, &rewrite,
		 REWRITES ": a volatile default (the table: of unknown size)"},
		{"not known", {-1, -1, false}, 1000000, &rewrite,
		 REWRITES ": a volatile default (the table: of unknown size)"},
		{"just allowed", {1000, -1, true}, 1000, &rewrite, NULL},
		{"just allowed by estimate", {1000, -1, false}, 1000, &rewrite, NULL},
		{"one too many", {1001, -1, true}, 1000, &rewrite,
		 REWRITES ": a volatile default (the table: at least 1,001 rows)"},
		{"any number", {-1, -1, false}, -1, &rewrite, NULL},
		{"scan", {5, -1, true}, 0, &scan, "adding it reads the whole table under the lock (the table: at least 5 rows)"},
		{"rewrite", {5, -1, true}, 0, &bare, REWRITES " (the table: at least 5 rows)"},
		{"unknown", {5, -1, true}, 0, &unknown,
		 "what adding it costs is not known (the table: at least 5 rows)"},
		{"catalog", {-1, -1, false}, 0, &cheap, NULL},
		{"impossible is no matter of terms", {-1, -1, false}, 0, &impossible, NULL},
	};
	/* clang-format on */
	struct arena arena = {0};
	struct index index;
	struct error err = {0};
	cr_assert(index_build(&index, &registry, &arena, &err), "%s", err.message);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct table_size sizes[] = {{-1, -1, false}, cases[i].size};
		const struct terms terms = {
			.index = &index, .sizes = sizes, .allowed_rows = cases[i].allowed};
		const char *refusal;
		cr_assert(
			terms_refusal(&refusal, &terms, &index.tables[1], *cases[i].cost, &arena));
		expect_text(cases[i].name, refusal, cases[i].refusal);
	}
	arena_release(&arena);
}

Test(terms, a_size_is_known_of_the_tables_that_were_measured)
{
	struct arena arena = {0};
	struct index index;
	struct error err = {0};
	cr_assert(index_build(&index, &registry, &arena, &err), "%s", err.message);
	const struct table_size sizes[] = {{0, 2, false}, {3, 4, true}};
	const struct terms known = {.index = &index, .sizes = sizes};
	const struct terms unknown = {.index = &index};
	struct table_size size = terms_size(&known, &index.tables[1]);
	cr_expect(size.rows == 3 && size.bytes == 4 && size.exact);
	size = terms_size(&known, &index.tables[0]); /* an estimate of 0 */
	cr_expect(size.rows == -1 && size.bytes == 2);
	size = terms_size(&unknown, &index.tables[1]);
	cr_expect(size.rows == -1 && size.bytes == -1);
	arena_release(&arena);
}

Test(terms, without_memory_a_refusal_is_no_permission)
{
	static const struct cost rewrite = {RECONCILE_COST_REWRITE, "a volatile default"};
	static const struct terms none = {0};
	static const struct indexed_table table = {.name = "t"};
	struct arena arena = {0};
	const char *refusal;
	arena_fail_after(1);
	bool enough = terms_refusal(&refusal, &none, &table, rewrite, &arena);
	arena_fail_after(0);
	cr_expect(!enough);
}
