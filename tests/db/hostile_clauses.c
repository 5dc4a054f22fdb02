/* At least 5,000 hostile strings as a type, as a default value and as a default expression. */
#include "hostile.h"

#include <stdio.h>

/* Names of columns and tables that are fine. */
struct names {
	char (*texts)[30];
	size_t count;
};

static struct names names_new(void)
{
	struct names names = {.texts = calloc(2 * HOSTILE_STRINGS, sizeof(*names.texts))};
	cr_assert(names.texts != NULL, "out of memory");
	return names;
}

static const char *next_name(struct names *names, const char *kind)
{
	char *text = names->texts[names->count];
	cr_assert_lt(names->count, 2 * HOSTILE_STRINGS);
	snprintf(text, sizeof(*names->texts), "%s_%zu", kind, names->count++);
	return text;
}

/* Rows for the next strings that are valid in that place: columns of a table that has a row, or
 * each the only column of a table that is still to be made. */
static struct rows next_rows(struct trial *trial, enum place place, bool created,
			     struct names *names, size_t most)
{
	const char *round[HOSTILE_STRINGS], *table = NULL;
	size_t count = next_round(trial, place, round, most);
	struct rows rows = rows_new(count);
	if (count > 0 && !created) {
		table = next_name(names, "subject");
		trial_make_table(trial, table);
	}
	for (size_t i = 0; i < count; i++) {
		struct reconcile_column column = place_string(place, round[i]);
		column.table = created ? next_name(names, "created") : table;
		column.column = created ? "c" : next_name(names, "c");
		rows_add(&rows, &column, created);
	}
	return rows;
}

static void try_clauses(struct start *start, enum place place, bool created, size_t a_start)
{
	struct trial trial;
	struct names names = names_new();
	trial_begin(&trial, start);
	for (;;) {
		struct rows rows = next_rows(&trial, place, created, &names, 400);
		bool more = rows.count > 0;
		trial_apply(&trial, &rows, a_start);
		trial_is_in_sync(&trial, &rows);
		rows_free(&rows);
		if (!more)
			break;
		if (created)
			trial_renew(&trial);
	}
	trial_say(&trial, place_names[place]);
	trial_end(&trial);
	free(names.texts);
}

/* PostgreSQL refuses nearly all of them, SQLite nearly none. */
ON_POSTGRES(hostile, types_on_postgres)
{
	try_clauses(start, PLACE_TYPE, false, 1);
}

ON_SQLITE(hostile, types_on_sqlite)
{
	try_clauses(start, PLACE_TYPE, false, 20);
}

ON_BOTH(hostile, default_expressions)
{
	try_clauses(start, PLACE_EXPRESSION, false, 1);
}

/* SQLite takes more of them there than for a table with rows. */
ON_SQLITE(hostile, default_expressions_of_new_tables)
{
	try_clauses(start, PLACE_EXPRESSION, true, 1);
}

ON_SQLITE(hostile, types_of_new_tables)
{
	try_clauses(start, PLACE_TYPE, true, 20);
}

/* ---- values --------------------------------------------------------------- */

/* The row that was there before the columns came, and one that came after. */
static void expect_values(struct trial *trial, const struct rows *rows)
{
	struct database *database = trial->start->database;
	const char *table = rows->columns[0].table;
	database_execute(database, "INSERT INTO %s DEFAULT VALUES", table);
	struct cells values = database_cells(database, "SELECT * FROM %s", table);
	cr_assert_eq(values.rows, 2);
	cr_assert_eq(values.columns, rows->count + 1);
	for (size_t i = 0; i < rows->count * 2; i++) {
		const char *value =
			values.cells[i / rows->count * values.columns + 1 + i % rows->count];
		const char *wanted = rows->columns[i % rows->count].default_value.text;
		cr_expect(value != NULL && strcmp(value, wanted) == 0, "'%s' came back as '%s'",
			  wanted, value != NULL ? value : "(null)");
	}
	cells_free(&values);
}

ON_BOTH(hostile, default_values_come_back_byte_for_byte)
{
	struct trial trial;
	struct names names = names_new();
	trial_begin(&trial, start);
	for (;;) {
		/* A row of PostgreSQL has 8 kB, and a long value keeps 18 bytes of it. */
		struct rows rows = next_rows(&trial, PLACE_VALUE, false, &names, 200);
		size_t count = rows.count;
		if (count == 0) {
			rows_free(&rows);
			break;
		}
		trial_apply(&trial, &rows, count);
		cr_assert_eq(rows.count, count, "%zu of %zu", rows.count, count);
		trial_is_in_sync(&trial, &rows);
		expect_values(&trial, &rows);
		rows_free(&rows);
	}
	trial_say(&trial, "value");
	trial_end(&trial);
	free(names.texts);
}

/* What is no value of the type is refused with the server's words, in which the string stands. */
ON_POSTGRES(hostile, default_values_of_other_types)
{
	static const char *const types[] = {"INTEGER", "BOOLEAN",   "JSONB",    "TIMESTAMPTZ",
					    "BYTEA",   "UUID",      "\"char\"", "NAME",
					    "TEXT[]",  "VARCHAR(3)"};
	struct trial trial;
	struct names names = names_new();
	trial_begin(&trial, start);
	struct rows all = next_rows(&trial, PLACE_VALUE, false, &names, HOSTILE_STRINGS);
	struct rows some = rows_new(all.count);
	for (size_t i = 0; i < all.count; i += 5) {
		all.columns[i].type = types[i / 5 % COUNT(types)];
		rows_add(&some, &all.columns[i], false);
	}
	trial_apply(&trial, &some, 1);
	trial_is_in_sync(&trial, &some);
	trial_say(&trial, "value of another type");
	rows_free(&some);
	rows_free(&all);
	trial_end(&trial);
	free(names.texts);
}
