/* The compiler as the first reader of a registry: what it refuses, and in which words. */
#include "../support/run.h"
#include "model.h"
#include <stdio.h>

#include <reconcile.h>

static struct run compile(const char *def)
{
	return run("printf '#define RECONCILE_REGISTRY fixture\\n"
		   "#define RECONCILE_REGISTRY_FILE \"%s.def\"\\n"
		   "#include <reconcile-registry.h>\\n' | ${CC:-cc} -std=c11 -Wall -Wextra "
		   "-Wpedantic -fsyntax-only -Iinclude -Itests/unit/defs -x c -",
		   def);
}

Test(registry_header, refuses_a_bad_row_with_its_line_and_the_reason)
{
	static const struct {
		const char *def;
		const char *message;
	} cases[] = {
		{"duplicate_column", "t_dot_a"},
		{"duplicate_table", "t_table"},
		{"not_null_without_default", "column t.a: NOT_NULL without a default cannot be"},
		{"unknown_null", "column t.a: unknown null keyword NULLABEL: use NULLABLE"},
		{"unknown_default", "column t.a: unknown default keyword: use NO_DEFAULT"},
		{"unknown_default_call", "column t.a: unknown default keyword: use NO_DEFAULT"},
		{"default_without_quotes", "column t.a: the default must be a text in quotes"},
		{"default_sql_without_quotes", "column t.a: the default must be a text in quotes"},
		{"type_without_quotes", "column t.a: the type must be a text in quotes"},
		{"long_column", "the name is over 63 bytes"},
		{"long_column_of_umlauts", "the name is over 63 bytes"},
		{"long_table", "the name is over 63 bytes"},
		{"empty_table", "a table needs a name"},
		{"empty_table_of_column", "a column needs the name of its table"},
		{"empty_column", "table t: a column needs a name"},
		{"required_with_default", "column t.a: REQUIRED has no default"},
		{"description_without_quotes", "the description must be a text in quotes"},
		{"too_few", "arguments"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct run result = compile(cases[i].def);
		char place[200];
		/* Two good lines stand before the bad one. */
		snprintf(place, sizeof(place), "tests/unit/defs/%s.def:3", cases[i].def);
		cr_expect(result.status != 0, "%s: was accepted", cases[i].def);
		expect_part(cases[i].def, result.err, place);
		expect_part(cases[i].def, result.err, cases[i].message);
		run_free(&result);
	}
}

Test(registry_header, accepts_good_rows_without_a_word)
{
	static const char *const good[] = {"good", "empty", "without_tables"};
	for (size_t i = 0; i < COUNT(good); i++) {
		struct run result = compile(good[i]);
		cr_expect(result.status == 0, "%s: %d", good[i], result.status);
		expect_text(good[i], result.err, "");
		run_free(&result);
	}
}

/* The words of a row must survive macros of the same names that a program may have. */
#define NULLABLE "a macro of the user's"
#define progress "another one"
#define RECONCILE_REGISTRY good
#define RECONCILE_REGISTRY_FILE "../tests/unit/defs/good.def"
#include <reconcile-registry.h>
#define RECONCILE_REGISTRY empty
#define RECONCILE_REGISTRY_FILE "../tests/unit/defs/empty.def"
#include <reconcile-registry.h>
#undef NULLABLE
#undef progress

Test(registry_header, makes_rows_as_they_were_written)
{
	cr_assert(good_registry.layout == RECONCILE_REGISTRY_LAYOUT);
	expect_text("registry", good_registry.name, "good");
	cr_assert(good_registry.table_count == 2);
	expect_text("table", good_registry.tables[1].name, "order");
	expect_text("its description", good_registry.tables[1].description, "A reserved word");
	cr_expect(good_registry.tables[1].line == 3);
	cr_assert(good_registry.column_count == 8);

	const struct reconcile_column *column = &good_registry.columns[2];
	expect_text("table", column->table, "t");
	expect_text("column", column->column, "progress");
	expect_text("type", column->type, "NUMERIC(10,2)");
	cr_expect(column->nullability == RECONCILE_NULLABLE);
	cr_expect(column->default_value.kind == RECONCILE_DEFAULT_VALUE);
	expect_text("default", column->default_value.text, "a,b)");
	expect_text("description", column->description, "Percent, 0 to 100");
	expect_part("file", column->file, "good.def");
	cr_expect(column->line == 6);

	cr_expect(strlen(good_registry.columns[1].column) == 63);
	cr_expect(good_registry.columns[0].nullability == RECONCILE_PRIMARY_KEY);
	cr_expect(good_registry.columns[3].nullability == RECONCILE_NOT_NULL);
	cr_expect(good_registry.columns[3].default_value.kind == RECONCILE_DEFAULT_SQL);
	cr_expect(good_registry.columns[4].nullability == RECONCILE_REQUIRED);
	cr_expect(good_registry.columns[4].default_value.kind == RECONCILE_NO_DEFAULT);
	cr_expect(good_registry.columns[4].default_value.text == NULL);
	expect_text("keyword", good_registry.columns[4].column, "default");
	expect_text("case", good_registry.columns[6].column, "MixedCase");
	expect_text("beyond ASCII", good_registry.columns[7].column, "größe");
}

Test(registry_header, an_empty_file_is_a_registry_of_nothing)
{
	cr_expect(empty_registry.table_count == 0);
	cr_expect(empty_registry.column_count == 0);
}

Test(registry_header, what_the_compiler_accepts_is_a_valid_registry)
{
	struct arena arena = {0};
	struct error err = {0};
	struct index index;
	cr_expect(index_build(&index, &good_registry, &arena, &err), "%s", err.message);
	cr_expect(index_build(&index, &empty_registry, &arena, &err), "%s", err.message);
	arena_release(&arena);
}
