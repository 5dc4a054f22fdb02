#include "../../src/model/advice.h"
#include "model.h"
#include <stdio.h>

/* ---- what is refused ------------------------------------------------------ */

#define NAME_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define ID(line) ROW("t", "id", "INT", PRIMARY_KEY, NO_DEFAULT, line)

/* All findings, a line each; the arena's. */
static const char *findings(const struct reconcile_registry *registry, unsigned databases,
			    struct arena *arena, bool *good)
{
	struct error err = {0};
	struct finding *first = NULL;
	*good = registry_check(registry, adviser_for(databases), arena, &first, &err);
	cr_assert(err.status == RECONCILE_OK, "%s", err.message);
	struct buffer buf = BUFFER_INIT(arena);
	bool errors = false;
	for (const struct finding *finding = first; finding; finding = finding->next) {
		buffer_add(&buf, finding->shown.text);
		buffer_add_char(&buf, '\n');
		errors = errors || finding->shown.error;
	}
	cr_expect(*good == !errors);
	return buffer_text(&buf);
}

static const char *errors(const struct reconcile_registry *registry, struct arena *arena,
			  bool *good)
{
	return findings(registry, FOR_NONE, arena, good);
}

Test(index, a_bad_column_is_named_with_its_line_and_the_reason)
{
	/* clang-format off */
	static const struct {
		struct reconcile_column column;
		const char *finding;
	} cases[] = {
		{ROW(NULL, "c", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-empty]: column '?.c': its table: the name is missing\n"},
		{ROW("", "c", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-empty]: column '.c': its table: the name is empty\n"},
		{ROW("t", NULL, "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-empty]: column 't.?': the name is missing\n"},
		{ROW("t", "", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-empty]: column 't.': the name is empty\n"},
		{ROW("t", NAME_63 "x", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-too-long]: column 't." NAME_63
		 "x': the name is over 63 bytes, and PostgreSQL would truncate it\n"},
		{ROW("t", "a\nb", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-encoding]: column 't.a\\x0ab': the name has a control character\n"},
		{ROW("t", "a\xff", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[name-encoding]: column 't.a\\xff': the name is not valid UTF-8\n"},
		{ROW("reconcile_history", "c", "INT", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[history-name]: column 'reconcile_history.c': the table's name is taken by the "
		 "history of reconcile itself\n"},
		{ROW("t", "c", NULL, NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[type-grammar]: column 't.c': the type is missing\n"},
		{ROW("t", "c", "int, drop column x", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[type-grammar]: column 't.c': the type 'int, drop column x' has a comma outside "
		 "parentheses\n"},
		{ROW("t", "c", " BigSerial ", NULLABLE, NO_DEFAULT, 9),
		 "x.def:9: error[type-serial]: column 't.c': the type ' BigSerial ' is not a type but a "
		 "notation for INTEGER with a sequence\n"},
		{ROW("t", "c", "INT", NULLABLE, SQL("1, drop column id"), 9),
		 "x.def:9: error[default-grammar]: column 't.c': the default '1, drop column id' has a comma "
		 "outside brackets\n"},
		{ROW("t", "c", "INT", NULLABLE, SQL(NULL), 9),
		 "x.def:9: error[default-text]: column 't.c': the default has no text\n"},
		{ROW("t", "c", "INT", NULLABLE, VALUE(NULL), 9),
		 "x.def:9: error[default-text]: column 't.c': the default has no text\n"},
		{ROW("t", "c", "INT", NULLABLE, VALUE("\xff"), 9),
		 "x.def:9: error[default-grammar]: column 't.c': the default is not valid UTF-8\n"},
		{{"t", "c", "INT", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, "x"}, NULL, "x.def",
		  9}, "x.def:9: error[default-text]: column 't.c': the default has a text but the kind 'none'\n"},
		{{"t", "c", "INT", RECONCILE_NULLABLE, {(enum reconcile_default_kind)7, "x"}, NULL,
		  "x.def", 9}, "x.def:9: error[unknown-kind]: column 't.c': the default is of no known kind\n"},
		{{"t", "c", "INT", (enum reconcile_nullability)7, NO_DEFAULT, NULL, "x.def", 9},
		 "x.def:9: error[unknown-kind]: column 't.c': the nullability is of no known kind\n"},
		{ROW("t", "c", "INT", NOT_NULL, NO_DEFAULT, 9),
		 "x.def:9: error[not-null-without-default]: column 't.c': NOT_NULL without a default cannot be "
		 "added to a table with rows\n"},
		{ROW("t", "c", "INT", NOT_NULL, SQL("(null)"), 9),
		 "x.def:9: error[not-null-default-null]: column 't.c': NOT_NULL with the default NULL accepts no row\n"},
		{ROW("t", "c", "INT", REQUIRED, VALUE("0"), 9),
		 "x.def:9: error[required-with-default]: column 't.c': REQUIRED has no default\n"},
		{{"t", "c", "INT", RECONCILE_NULLABLE, NO_DEFAULT, "\xff", "x.def", 9},
		 "x.def:9: error[description-encoding]: column 't.c': the description is not valid UTF-8\n"},
		{{"t", "c", "", RECONCILE_NULLABLE, NO_DEFAULT, NULL, NULL, 0},
		 "registry 'test': error[type-grammar]: column 't.c': the type '' is empty\n"},
		{{"t", "c", "", RECONCILE_NULLABLE, NO_DEFAULT, NULL, "x.def", 0},
		 "x.def: error[type-grammar]: column 't.c': the type '' is empty\n"},
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = {0};
		const struct reconcile_registry registry = {
			RECONCILE_REGISTRY_LAYOUT, "test", NULL, 0, &cases[i].column, 1};
		bool good;
		expect_text("finding", errors(&registry, &arena, &good), cases[i].finding);
		cr_expect(!good);
		arena_release(&arena);
	}
}

Test(index, a_good_column_is_left_alone)
{
	static const struct reconcile_column columns[] = {
		ROW("t", "VALUE is any text", "INT", NULLABLE, VALUE("1, drop column id"), 1),
		ROW("t", "O'Brien", "INT", NULLABLE, VALUE("O'Brien \\ \n"), 2),
		ROW("t", "größe", "INT", NULLABLE, VALUE(""), 3),
		ROW("t", NAME_63, "INT", NOT_NULL, VALUE("now()"), 4),
		ROW("t", "null value", "TEXT", NOT_NULL, VALUE("NULL"), 5),
		ROW("t", "none", "INT", NULLABLE, SQL("NULL"), 6),
		ROW("t", "key", "UUID", PRIMARY_KEY, SQL("gen_random_uuid()"), 7),
		ROW("order", "order", "\"serial\"", REQUIRED, NO_DEFAULT, 8),
	};
	static const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);
	struct arena arena = {0};
	bool good;
	expect_text("findings", errors(&registry, &arena, &good), "");
	cr_expect(good);
	arena_release(&arena);
}

Test(index, tables_and_rows_are_held_against_each_other)
{
	static const struct reconcile_table tables[] = {
		TABLE_ROW("t", 1),
		TABLE_ROW("lonely", 2),
		TABLE_ROW("T", 3),
		TABLE_ROW("t", 4),
		TABLE_ROW("", 5),
		TABLE_ROW(NULL, 6),
		TABLE_ROW("Reconcile_History", 7),
	};
	static const struct reconcile_column columns[] = {
		ID(11),
		ROW("t", "Id", "INT", NULLABLE, NO_DEFAULT, 12),
		ROW("T", "id", "INT", NULLABLE, NO_DEFAULT, 13),
		ROW("t", "id", "INT", NULLABLE, NO_DEFAULT, 14),
		ROW("Reconcile_history", "x", "INT", NULLABLE, NO_DEFAULT, 15),
		/* Not a pair, although the letters are the same. */
		ROW("ti", "d", "INT", NULLABLE, NO_DEFAULT, 16),
	};
	static const struct reconcile_registry registry = REGISTRY(tables, columns);
	struct arena arena = {0};
	bool good;
	expect_text(
		"errors", findings(&registry, FOR_NONE, &arena, &good),
		"x.def:2: error[table-without-columns]: table 'lonely': it has a TABLE row and no "
		"COLUMN row\n"
		"x.def:4: error[declared-twice]: table 't': declared twice, first at x.def:1\n"
		"x.def:5: error[name-empty]: table '': the name is empty\n"
		"x.def:6: error[name-empty]: table '?': the name is missing\n"
		"x.def:7: error[history-name]: table 'Reconcile_History': the name is taken by the "
		"history of reconcile itself\n"
		"x.def:14: error[declared-twice]: column 't.id': declared twice, first at "
		"x.def:11\n"
		"x.def:15: error[history-name]: column 'Reconcile_history.x': the table's name is "
		"taken by the history of reconcile itself\n");
	cr_expect(!good);
	arena_release(&arena);
}

Test(index, a_twin_is_found_where_tables_stand_together)
{
	static const struct reconcile_table tables[] = {TABLE_ROW("t", 1)};
	static const struct reconcile_column columns[] = {
		ID(2),
		ROW("t", "x", "INT", NULLABLE, NO_DEFAULT, 3),
		ROW("t", "id", "INT", NULLABLE, NO_DEFAULT, 4),
		ROW("u", "id", "INT", NULLABLE, NO_DEFAULT, 5),
		ROW("u", "x", "INT", NULLABLE, NO_DEFAULT, 6),
		ROW("u", "x", "INT", NULLABLE, NO_DEFAULT, 7),
		ROW("u", "x", "INT", NULLABLE, NO_DEFAULT, 8),
	};
	static const struct reconcile_registry registry = REGISTRY(tables, columns);
	struct arena arena = {0};
	bool good;
	expect_text(
		"twins", findings(&registry, FOR_NONE, &arena, &good),
		"x.def:4: error[declared-twice]: column 't.id': declared twice, first at x.def:2\n"
		"x.def:7: error[declared-twice]: column 'u.x': declared twice, first at x.def:6\n"
		"x.def:8: error[declared-twice]: column 'u.x': declared twice, first at x.def:6\n");
	cr_expect(!good);
	arena_release(&arena);
}

Test(index, names_that_differ_in_case_are_an_error_for_sqlite_alone)
{
	static const struct reconcile_table tables[] = {TABLE_ROW("t", 1), TABLE_ROW("T", 2)};
	static const struct reconcile_column columns[] = {
		ID(3),
		ROW("t", "ID", "INT", NULLABLE, NO_DEFAULT, 4),
		ROW("T", "id", "INT", NULLABLE, NO_DEFAULT, 5), /* another table's */
		ROW("u", "id", "INT", NULLABLE, NO_DEFAULT, 6),
		ROW("U", "x", "INT", NULLABLE, NO_DEFAULT, 7),
		ROW("u", "x", "INT", NULLABLE, NO_DEFAULT, 8), /* said once */
		ROW("U", "y", "INT", NULLABLE, NO_DEFAULT, 9),
		/* Not a pair, although the letters are the same. */
		ROW("ti", "d", "INT", NULLABLE, NO_DEFAULT, 10),
	};
	static const struct reconcile_registry registry = REGISTRY(tables, columns);
	struct arena arena = {0};
	struct error err = {0};
	struct index index;
	bool good;
	expect_text(
		"sqlite", findings(&registry, FOR_SQLITE, &arena, &good),
		"x.def:2: error[case-clash]: table 'T': the name differs only in case from 't'\n"
		"x.def:4: error[case-clash]: column 't.ID': the name differs only in case from "
		"'id'\n"
		"x.def:7: error[case-clash]: table 'U': the name differs only in case from "
		"'u'\n");
	cr_expect(!good);
	expect_part("postgresql", findings(&registry, FOR_POSTGRESQL, &arena, &good),
		    "x.def:4: warning[case-clash]: column 't.ID': ");
	cr_expect(good);
	expect_part("both", findings(&registry, FOR_BOTH, &arena, &good),
		    "x.def:4: warning[case-clash]: column 't.ID': ");
	cr_expect(good);
	cr_expect(index_build(&index, &registry, &arena, &err), "%s", err.message);
	cr_expect(index.tables[0].column_count == 2);
	arena_release(&arena);
}

Test(index, a_registry_that_cannot_be_read_is_said_so)
{
	static const struct reconcile_column columns[] = {ID(1)};
	static const struct {
		struct reconcile_registry registry;
		const char *finding;
	} cases[] = {
		{{7, (const char *)1, NULL, 0, NULL, 0},
		 "registry: error[layout]: its layout is 7 and this library reads layout 1\n"},
		{{1, NULL, NULL, 0, columns, 1},
		 "registry '?': error[registry-name]: a registry's name is 1 to 63 characters, "
		 "each a letter of "
		 "ASCII, a digit, '_' or '-'\n"},
		{{1, "a b", NULL, 0, columns, 1},
		 "registry 'a b': error[registry-name]: a registry's name is 1 to 63 characters, "
		 "each a letter of "
		 "ASCII, a digit, '_' or '-'\n"},
		{{1, "", NULL, 0, columns, 1},
		 "registry '': error[registry-name]: a registry's name is 1 to 63 characters, each "
		 "a letter of "
		 "ASCII, a digit, '_' or '-'\n"},
		{{1, "a", NULL, 2, columns, 1},
		 "registry 'a': error[rows-missing]: tables is NULL although table_count is not "
		 "0\n"},
		{{1, "a", NULL, 0, NULL, 3},
		 "registry 'a': error[rows-missing]: columns is NULL although column_count is not "
		 "0\n"},
	};
	struct arena arena = {0};
	bool good;
	for (size_t i = 0; i < COUNT(cases); i++) {
		expect_text("finding", errors(&cases[i].registry, &arena, &good), cases[i].finding);
		cr_expect(!good);
	}
	expect_text("no registry", errors(NULL, &arena, &good),
		    "registry: error[registry-missing]: there is none: the pointer is NULL\n");
	cr_expect(!good);
	arena_release(&arena);
}

/* How often advice was asked for. */
static size_t advice;

static void count_table(struct check *check, const struct subject *subject)
{
	advice++;
	adviser_for(FOR_BOTH)->table(check, subject);
}

static void count_column(struct check *check, const struct reconcile_column *row)
{
	advice++;
	adviser_for(FOR_BOTH)->column(check, row);
}

Test(index, advice_is_asked_for_once_a_row)
{
	static const struct reconcile_table tables[] = {TABLE_ROW("User", 1), TABLE_ROW("user", 2)};
	static const struct reconcile_column columns[] = {
		ROW("User", "order", "INT", NULLABLE, SQL("random()"), 3),
		ROW("User", "Order", "DATE", NULLABLE, VALUE("today"), 4),
		ROW("user", "xmin", "TIME(3) WITH TIME ZONE", NULLABLE, SQL("E'x'"), 5),
		ROW("a b", "id", "INT", NULLABLE, SQL("now()"), 6),
	};
	static const struct reconcile_registry registry = REGISTRY(tables, columns);
	struct adviser counting = *adviser_for(FOR_BOTH);
	struct arena arena = {0};
	struct error err = {0};
	struct finding *first;
	/* A start has no adviser at all, and pays for none. */
	cr_assert(registry_check(&registry, NULL, &arena, &first, &err), "%s", err.message);
	cr_expect(first == NULL && arena.bytes == 0, "%zu bytes for findings", arena.bytes);

	counting.table = count_table;
	counting.column = count_column;
	cr_assert(registry_check(&registry, &counting, &arena, &first, &err), "%s", err.message);
	cr_expect(advice == 7, "%zu rows were advised, not 3 tables and 4 columns", advice);
	arena_release(&arena);
}

/* ---- the index ------------------------------------------------------------ */

Test(index, tables_have_their_columns_and_types_in_order)
{
	static const struct reconcile_table tables[] = {TABLE_ROW("b", 1), TABLE_ROW("a", 2)};
	static const struct reconcile_column columns[] = {
		ROW("theirs", "x", "TEXT", NULLABLE, NO_DEFAULT, 3),
		ROW("a", "one", "INT", NULLABLE, NO_DEFAULT, 4),
		ROW("b", "one", "TEXT", NULLABLE, NO_DEFAULT, 5),
		ROW("a", "two", "text", NULLABLE, NO_DEFAULT, 6),
		ROW("b", "two", "INT", NULLABLE, NO_DEFAULT, 7),
	};
	static const struct reconcile_registry registry = REGISTRY(tables, columns);
	static const struct {
		const char *name;
		const struct reconcile_table *row;
		struct {
			const struct reconcile_column *row;
			const char *type;
		} columns[2];
	} expected[] = {
		{"b", &tables[0], {{&columns[2], "TEXT"}, {&columns[4], "INT"}}},
		{"a", &tables[1], {{&columns[1], "INT"}, {&columns[3], "text"}}},
		{"theirs", NULL, {{&columns[0], "TEXT"}}},
	};
	struct arena arena = {0};
	struct error err = {0};
	struct index index;
	cr_assert(index_build(&index, &registry, &arena, &err), "%s", err.message);
	cr_assert(index.table_count == 3);
	for (size_t i = 0; i < 3; i++) {
		const struct indexed_table *table = &index.tables[i];
		expect_text("table", table->name, expected[i].name);
		expect_text("name", index.table_names[i], expected[i].name);
		cr_expect(table->row == expected[i].row, "%s", table->name);
		cr_assert(table->column_count == (i < 2 ? 2 : 1), "%s", table->name);
		for (size_t j = 0; j < table->column_count; j++) {
			cr_expect(table->columns[j].row == expected[i].columns[j].row);
			expect_text("type", index.type_texts[table->columns[j].type],
				    expected[i].columns[j].type);
		}
	}
	cr_assert(index.type_count == 3);
	expect_text("type", index.type_texts[0], "TEXT");
	expect_text("type", index.type_texts[1], "INT");
	expect_text("type", index.type_texts[2], "text");
	arena_release(&arena);
}

Test(index, a_registry_of_nothing_is_valid)
{
	static const struct reconcile_registry registry = {1, "empty", NULL, 0, NULL, 0};
	struct arena arena = {0};
	struct error err = {0};
	struct index index;
	cr_assert(index_build(&index, &registry, &arena, &err), "%s", err.message);
	cr_expect(index.table_count == 0 && index.type_count == 0);
	arena_release(&arena);
}

Test(index, a_bad_registry_is_told_by_its_first_error)
{
	static const struct reconcile_column columns[] = {
		ID(1),
		ROW("t", "ID", "INT", NULLABLE, NO_DEFAULT, 2), /* a warning */
		ROW("t", "b", "", NULLABLE, NO_DEFAULT, 3),
		ROW("t", "c", "", NULLABLE, NO_DEFAULT, 4),
		ROW("t", "d", "int;", NULLABLE, NO_DEFAULT, 5),
	};
	struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);
	struct arena arena = {0};
	struct index index;
	struct error err = {0};
	cr_expect(!index_build(&index, &registry, &arena, &err));
	cr_expect(err.status == RECONCILE_BAD_REGISTRY);
	expect_text(
		"message", err.message,
		"x.def:3: error[type-grammar]: column 't.b': the type '' is empty (and 2 more)");
	expect_text("hint", err.hint,
		    "declare the type alone: null, default and constraints have their own place; "
		    "run `manage validate`");

	registry.column_count = 3;
	err = (struct error){0};
	cr_expect(!index_build(&index, &registry, &arena, &err));
	expect_text("message", err.message,
		    "x.def:3: error[type-grammar]: column 't.b': the type '' is empty");
	arena_release(&arena);
}

static uint64_t fingerprint_of(const struct reconcile_registry *registry)
{
	struct arena arena = {0};
	struct error err = {0};
	struct index index;
	cr_assert(index_build(&index, registry, &arena, &err), "%s", err.message);
	uint64_t fingerprint = index_fingerprint(&index);
	arena_release(&arena);
	return fingerprint;
}

Test(index, the_fingerprint_changes_with_what_is_declared_and_with_nothing_else)
{
	static const struct reconcile_table tables[] = {TABLE_ROW("t", 1), TABLE_ROW("u", 2)};
	const struct reconcile_column original[] = {
		ROW("t", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 1),
		ROW("t", "note", "TEXT", NULLABLE, VALUE("0"), 2),
		ROW("u", "id", "INT", PRIMARY_KEY, NO_DEFAULT, 3),
	};
	struct reconcile_column columns[3];
	struct reconcile_registry registry = REGISTRY(tables, columns);
	memcpy(columns, original, sizeof(columns));
	uint64_t first = fingerprint_of(&registry);

	columns[1].description = "new";
	columns[1].file = "elsewhere.def";
	columns[1].line = 99;
	registry.name = "renamed";
	cr_expect(fingerprint_of(&registry) == first, "descriptions and places do not count");
	columns[1] = original[2];
	columns[2] = original[1];
	cr_expect(fingerprint_of(&registry) == first, "nor how rows of tables are mixed");

	static const struct {
		const char *what;
		struct reconcile_column column;
	} changes[] = {
		{"name", ROW("t", "nota", "TEXT", NULLABLE, VALUE("0"), 2)},
		{"type", ROW("t", "note", "TEXTS", NULLABLE, VALUE("0"), 2)},
		{"null", ROW("t", "note", "TEXT", NOT_NULL, VALUE("0"), 2)},
		{"default", ROW("t", "note", "TEXT", NULLABLE, VALUE("1"), 2)},
		{"kind of default", ROW("t", "note", "TEXT", NULLABLE, SQL("0"), 2)},
		{"no default", ROW("t", "note", "TEXT", NULLABLE, NO_DEFAULT, 2)},
		{"empty default", ROW("t", "note", "TEXT", NULLABLE, VALUE(""), 2)},
		{"table", ROW("u", "note", "TEXT", NULLABLE, VALUE("0"), 2)},
	};
	uint64_t seen[COUNT(changes)];
	for (size_t i = 0; i < COUNT(changes); i++) {
		memcpy(columns, original, sizeof(columns));
		columns[1] = changes[i].column;
		seen[i] = fingerprint_of(&registry);
		cr_expect(seen[i] != first, "%s", changes[i].what);
		for (size_t j = 0; j < i; j++)
			cr_expect(seen[i] != seen[j], "%s, %s", changes[i].what, changes[j].what);
	}
	memcpy(columns, original, sizeof(columns));
	registry.tables = NULL;
	registry.table_count = 0;
	cr_expect(fingerprint_of(&registry) != first, "whose the table is");
}

Test(index, many_rows_each_find_their_place)
{
	enum { TABLES = 150, COLUMNS = 40 };
	static char names[TABLES + COLUMNS][16];
	static struct reconcile_column columns[TABLES * COLUMNS];
	for (size_t i = 0; i < TABLES + COLUMNS; i++)
		sprintf(names[i], "n%zu", i);
	/* Column by column, so that the rows of a table lie far apart. */
	for (size_t i = 0; i < COUNT(columns); i++)
		columns[i] = (struct reconcile_column){.table = names[i % TABLES],
						       .column = names[TABLES + i / TABLES],
						       .type = names[i % 7],
						       .line = (int)i};
	const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);
	struct arena arena = {0};
	struct error err = {0};
	struct index index;
	cr_assert(index_build(&index, &registry, &arena, &err), "%s", err.message);
	cr_assert(index.table_count == TABLES);
	cr_expect(index.type_count == 7);
	for (size_t i = 0; i < TABLES; i++) {
		cr_assert(index.tables[i].column_count == COLUMNS);
		for (size_t j = 0; j < COLUMNS; j++) {
			const struct indexed_column *column = &index.tables[i].columns[j];
			cr_assert(column->row == &columns[j * TABLES + i]);
			cr_assert(strcmp(index.type_texts[column->type], column->row->type) == 0);
		}
	}
	/* The last row again, as if somebody had copied it. */
	columns[0].table = names[TABLES - 1];
	columns[0].column = names[TABLES + COLUMNS - 1];
	cr_expect(!index_build(&index, &registry, &arena, &err));
	expect_part("the copy", err.message, "declared twice");
	arena_release(&arena);
}
