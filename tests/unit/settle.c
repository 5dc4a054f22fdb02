/* Defaults that the texts do not settle: what is asked, and what the answers do. */
#include "model.h"

static const struct reconcile_column columns[] = {
	ROW("t", "same", "INT", NULLABLE, VALUE("0"), 1),
	ROW("t", "open", "INT", NULLABLE, VALUE("2"), 2),
	ROW("t", "both", "INT", NOT_NULL, SQL("f()"), 3),
	ROW("t", "typed", "INT", NULLABLE, VALUE("0"), 4),
	ROW("t", "unread", "INT", NULLABLE, VALUE("0"), 5),
};
static const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);

#define INT                                                                                        \
	{                                                                                          \
		23, -1, false                                                                      \
	}
/* clang-format off */
static const struct attribute attributes[] = {
	{.name = "same", .type = INT, .default_value = "'0'::integer"},
	{.name = "open", .type = INT, .default_value = "(1 + 1)"},
	{.name = "both", .type = INT, .default_value = "g()"},
	{.name = "typed", .type = {25, -1, false}, .default_value = "'1'::text"},
	{.name = "unread", .type = INT, .default_unread = true},
};
/* clang-format on */
static const struct relation relation = {.name = "t",
					 .kind = RELATION_TABLE,
					 .attributes = attributes,
					 .attribute_count = COUNT(attributes)};
static const struct type_id types[] = {INT};
static const struct catalog catalog = {
	.relations = &relation, .relation_count = 1, .types = types, .type_count = 1};

static struct arena arena;
static struct index index_of_registry;
static struct sql sql;
static struct diff diff;

static void build(const struct dialect *dialect, bool everything)
{
	const struct terms terms = {.index = &index_of_registry, .allowed_rows = -1};
	struct error err = {0};
	arena = (struct arena){0};
	sql = (struct sql){.dialect = dialect, .arena = &arena};
	cr_assert(index_build(&index_of_registry, &registry, &arena, &err), "%s", err.message);
	cr_assert(diff_build(&diff, &index_of_registry, &catalog, &sql, &terms, everything, &arena,
			     &err));
}

static const struct reconcile_item *item_named(const char *column)
{
	for (size_t i = 0; i < diff.item_count; i++)
		if (strcmp(diff.items[i].column, column) == 0)
			return &diff.items[i];
	return NULL;
}

static void settle(enum default_answer open, enum default_answer both)
{
	cr_assert(diff.pair_count == 2);
	diff.pairs[0].answer = open;
	diff.pairs[1].answer = both;
	cr_assert(diff_settle(&diff, &sql));
}

Test(settle, two_defaults_that_may_be_the_same_are_a_pair_and_have_an_item)
{
	for (int everything = 0; everything < 2; everything++) {
		build(&model_postgres, everything);
		cr_assert(diff.pair_count == 2, "%zu", diff.pair_count);
		expect_text("type", diff.pairs[0].type, "INT");
		expect_text("declared", diff.pairs[0].declared, "'2'");
		expect_text("live", diff.pairs[0].live, "(1 + 1)");
		expect_text("declared", diff.pairs[1].declared, "(f())");
		expect_text("live", diff.pairs[1].live, "g()");
		const struct reconcile_item *open = item_named("open"), *both = item_named("both");
		cr_assert(open == &diff.items[diff.pairs[0].item]);
		cr_assert(both == &diff.items[diff.pairs[1].item]);
		cr_expect(open->state == RECONCILE_PRESENT && !open->default_compared);
		cr_expect(both->state == RECONCILE_CONFLICTING && !both->default_compared);
		cr_expect((item_named("same") != NULL) == everything);
		cr_expect(item_named("unread") != NULL);
		cr_expect(diff.counts.present == 3 && diff.counts.conflicts == 2);
		arena_release(&arena);
	}
}

Test(settle, what_cannot_be_asked_says_why)
{
	build(&model_postgres, true);
	const struct reconcile_item *unread = item_named("unread"), *typed = item_named("typed");
	cr_expect(item_named("same")->default_compared);
	cr_expect(unread->state == RECONCILE_PRESENT && !unread->default_compared);
	expect_part("unread", unread->reason, "not to be had");
	cr_expect(typed->conflicts == RECONCILE_CONFLICT_TYPE && !typed->default_compared);
	expect_part("typed", typed->reason, "the types differ");
	expect_text("typed", typed->sql,
		    "ALTER TABLE \"t\" ALTER COLUMN \"typed\" DROP DEFAULT, ALTER COLUMN "
		    "\"typed\" TYPE INT USING \"typed\"::INT, ALTER COLUMN \"typed\" SET DEFAULT "
		    "'0';");
	arena_release(&arena);
}

Test(settle, equal_is_compared)
{
	build(&model_postgres, false);
	settle(DEFAULT_EQUAL, DEFAULT_EQUAL);
	const struct reconcile_item *open = item_named("open"), *both = item_named("both");
	cr_expect(open->state == RECONCILE_PRESENT && open->default_compared);
	expect_text("sql", open->sql, NULL);
	expect_text("reason", open->reason, NULL);
	cr_expect(both->conflicts == RECONCILE_CONFLICT_NULLABILITY && both->default_compared);
	cr_expect(diff.counts.present == 3 && diff.counts.conflicts == 2);
	cr_expect(diff.conflict_count == 2);
	arena_release(&arena);
}

Test(settle, different_is_a_conflict_with_a_statement)
{
	build(&model_postgres, false);
	settle(DEFAULT_DIFFERENT, DEFAULT_DIFFERENT);
	const struct reconcile_item *open = item_named("open"), *both = item_named("both");
	cr_expect(open->state == RECONCILE_CONFLICTING && open->default_compared);
	cr_expect(open->conflicts == RECONCILE_CONFLICT_DEFAULT);
	expect_text("sql", open->sql, "ALTER TABLE \"t\" ALTER COLUMN \"open\" SET DEFAULT '2';");
	cr_expect(both->conflicts == (RECONCILE_CONFLICT_NULLABILITY | RECONCILE_CONFLICT_DEFAULT));
	expect_text("sql", both->sql,
		    "ALTER TABLE \"t\" ALTER COLUMN \"both\" SET NOT NULL, ALTER COLUMN \"both\" "
		    "SET DEFAULT (f());");
	cr_expect(diff.counts.present == 2 && diff.counts.conflicts == 3);
	cr_expect(diff.conflict_count == 3);
	/* Once and for all. */
	cr_assert(diff_settle(&diff, &sql));
	cr_expect(diff.counts.present == 2 && diff.counts.conflicts == 3);
	arena_release(&arena);
}

Test(settle, not_known_says_why)
{
	build(&model_postgres, false);
	diff.pairs[0].why = "no TEMP privilege";
	settle(DEFAULT_NOT_KNOWN, DEFAULT_NOT_KNOWN);
	const struct reconcile_item *open = item_named("open"), *both = item_named("both");
	cr_expect(open->state == RECONCILE_PRESENT && !open->default_compared);
	expect_text("reason", open->reason, "no TEMP privilege");
	cr_expect(both->state == RECONCILE_CONFLICTING && !both->default_compared);
	expect_text("reason", both->reason, NULL);
	cr_expect(diff.counts.present == 3 && diff.counts.conflicts == 2);
	arena_release(&arena);
}

Test(settle, sqlite_says_how_it_is_done_without_a_statement)
{
	build(&model_sqlite, false);
	diff.pairs[1].why = "not asked";
	settle(DEFAULT_DIFFERENT, DEFAULT_NOT_KNOWN);
	const struct reconcile_item *open = item_named("open"), *both = item_named("both");
	expect_text("sql", open->sql, NULL);
	expect_part("reason", open->reason, "SQLite has no statement for it");
	expect_part("reason", both->reason, "SQLite has no statement for it");
	expect_part("reason", both->reason, "; not asked");
	arena_release(&arena);
}

Test(settle, survives_the_lack_of_memory)
{
	struct arena empty = {0};
	build(&model_postgres, false);
	sql.arena = &empty;
	diff.pairs[0].answer = DEFAULT_DIFFERENT;
	arena_fail_after(1);
	bool settled = diff_settle(&diff, &sql);
	arena_fail_after(0);
	cr_expect(!settled);
	arena_release(&empty);
	arena_release(&arena);
}
