/*
 * What the tests of src/model share: plain dialects, rows in short, comparisons that name the case.
 * Tables of nested rows are kept from clang-format: version 14 tears them apart.
 */
#ifndef UNIT_MODEL_H
#define UNIT_MODEL_H

#include "../../src/model/plan.h"
#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void model_quote(struct buffer *buf, const char *text, char quote)
{
	buffer_add_char(buf, quote);
	for (; *text; text++) {
		if (*text == quote)
			buffer_add_char(buf, quote);
		buffer_add_char(buf, *text);
	}
	buffer_add_char(buf, quote);
}

static inline void model_identifier(struct buffer *buf, void *context, const char *name)
{
	(void)context;
	model_quote(buf, name, '"');
}

static inline void model_literal(struct buffer *buf, void *context, const char *text)
{
	(void)context;
	model_quote(buf, text, '\'');
}

static const struct dialect model_postgres = {
	.engine = "postgresql",
	.add_identifier = model_identifier,
	.add_literal = model_literal,
	.many_columns = true,
	.alters_columns = true,
	.has_system_columns = true,
	.drops_expressions = true,
	.script_begin = "BEGIN;",
	.script_end = "COMMIT;",
};
static const struct dialect model_postgres_10 = {
	.engine = "postgresql",
	.add_identifier = model_identifier,
	.add_literal = model_literal,
	.many_columns = true,
	.alters_columns = true,
	.has_system_columns = true,
	.rewrites_for_defaults = true,
	.script_begin = "BEGIN;",
	.script_end = "COMMIT;",
};
static const struct dialect model_sqlite = {
	.engine = "sqlite",
	.add_identifier = model_identifier,
	.add_literal = model_literal,
	.ignores_case = true,
	.adds_constant_defaults_only = true,
	.script_begin = "BEGIN IMMEDIATE;",
	.script_end = "COMMIT;",
};
/* Not every file needs each of them. */
__attribute__((unused)) static const struct dialect *const model_dialects[] = {
	&model_postgres, &model_postgres_10, &model_sqlite};

/* By the rules, and whatever it costs. */
__attribute__((unused)) static const struct terms any_terms = {.allowed_rows = -1};

#define NO_DEFAULT                                                                                 \
	{                                                                                          \
		RECONCILE_NO_DEFAULT, NULL                                                         \
	}
#define VALUE(text)                                                                                \
	{                                                                                          \
		RECONCILE_DEFAULT_VALUE, text                                                      \
	}
#define SQL(text)                                                                                  \
	{                                                                                          \
		RECONCILE_DEFAULT_SQL, text                                                        \
	}
/* A row at x.def:LINE. */
#define ROW(table, column, type, nullability, default_value, line)                                 \
	{                                                                                          \
		table, column, type, RECONCILE_##nullability, default_value, NULL, "x.def", line   \
	}
#define TABLE_ROW(table, line)                                                                     \
	{                                                                                          \
		table, NULL, "x.def", line                                                         \
	}

#define REGISTRY(table_rows, column_rows)                                                          \
	{                                                                                          \
		RECONCILE_REGISTRY_LAYOUT, "test", table_rows, COUNT(table_rows), column_rows,     \
			COUNT(column_rows)                                                         \
	}
#define REGISTRY_WITHOUT_TABLES(column_rows)                                                       \
	{                                                                                          \
		RECONCILE_REGISTRY_LAYOUT, "test", NULL, 0, column_rows, COUNT(column_rows)        \
	}

/* Are both NULL, or the same text? Says so otherwise, with the name of the case. */
static inline void expect_text(const char *name, const char *actual, const char *expected)
{
	bool same = actual == expected || (actual && expected && strcmp(actual, expected) == 0);
	cr_expect(same, "%s:\n  is       %s\n  expected %s", name, actual ? actual : "(NULL)",
		  expected ? expected : "(NULL)");
}

static inline void expect_part(const char *name, const char *actual, const char *part)
{
	cr_expect(actual && strstr(actual, part), "%s:\n  is       %s\n  lacks    %s", name,
		  actual ? actual : "(NULL)", part);
}

#endif
