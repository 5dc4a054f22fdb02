/* The rules of a registry: that each has its words, that its examples are examples, and that each
 * finds what it should and nothing else. */
#include "../../src/model/advice.h"
#include "../../src/model/name.h"
#include "model.h"

#include <stdio.h>

/* ---- findings as codes ---------------------------------------------------- */

/* The codes found, in order, with spaces between; an error's with '!' behind it. */
static const char *codes(const struct reconcile_registry *registry, unsigned databases,
			 struct arena *arena)
{
	struct error err = {0};
	struct finding *first = NULL;
	registry_check(registry, adviser_for(databases), arena, &first, &err);
	cr_assert(err.status == RECONCILE_OK, "%s", err.message);
	struct buffer buf = BUFFER_INIT(arena);
	for (const struct finding *one = first; one; one = one->next) {
		const struct reconcile_finding *finding = &one->shown;
		char label[64];
		snprintf(label, sizeof(label), ": %s[%s]: ", finding->error ? "error" : "warning",
			 finding->code);
		const struct reconcile_rule *rule = reconcile_rule_find(finding->code);
		cr_expect(rule != NULL, "no rule for '%s'", finding->code);
		cr_expect(rule && (finding->error || !rule->error), "%s is a warning", label);
		expect_part("text", finding->text, label);
		cr_expect(finding->hint && *finding->hint, "no hint: %s", finding->text);
		buffer_addf(&buf, "%s%s%s", one == first ? "" : " ", finding->code,
			    finding->error ? "!" : "");
	}
	return buffer_text(&buf);
}

static bool has_code(const char *list, const char *code)
{
	size_t length = strlen(code);
	for (const char *found = strstr(list, code); found; found = strstr(found + 1, code))
		if ((found == list || found[-1] == ' ') && strchr(" !", found[length]) != NULL)
			return true;
	return false;
}

/* ---- the words ------------------------------------------------------------ */

Test(rule, every_rule_has_its_words)
{
	bool warnings = false;
	for (size_t i = 0; i < reconcile_rule_count(); i++) {
		const struct reconcile_rule *rule = reconcile_rule(i);
		cr_assert(rule && rule->code && *rule->code, "rule %zu", i);
		cr_expect(strspn(rule->code, "abcdefghijklmnopqrstuvwxyz-") == strlen(rule->code),
			  "%s", rule->code);
		cr_expect(reconcile_rule_find(rule->code) == rule, "%s stands twice", rule->code);
		cr_expect(rule->summary && *rule->summary, "%s", rule->code);
		cr_expect(strlen(rule->code) <= 24 && strlen(rule->summary) <= 52,
			  "%s: the list is wider than 80 columns", rule->code);
		cr_expect(rule->explanation && strlen(rule->explanation) > 100 &&
				  !strchr(rule->explanation, '\n'),
			  "%s", rule->code);
		cr_expect(rule->wrong && *rule->wrong && rule->right && *rule->right, "%s",
			  rule->code);
		cr_expect(strcmp(rule->wrong, rule->right) != 0, "%s", rule->code);
		cr_expect(!(warnings && rule->error), "%s: errors come first", rule->code);
		warnings = !rule->error;
	}
	cr_expect(warnings);
	cr_expect(reconcile_rule(reconcile_rule_count()) == NULL);
	cr_expect(reconcile_rule_find("no-such-rule") == NULL);
	cr_expect(reconcile_rule_find("") == NULL);
	cr_expect(reconcile_rule_find(NULL) == NULL);
}

/* ---- the examples --------------------------------------------------------- */

/* The registry that rows of a .def file make, for want of a compiler. */
struct rows {
	struct arena *arena;
	struct reconcile_table tables[4];
	struct reconcile_column columns[4];
	struct reconcile_registry registry;
};

/* The text at *at up to a comma or the bracket that closes the row; a text in quotes comes without
 * them. What is in the inner brackets of DEFAULT("x") is *inner. */
static const char *next_field(struct rows *rows, const char **at, const char **inner)
{
	struct buffer outside = BUFFER_INIT(rows->arena), text = BUFFER_INIT(rows->arena);
	bool quoted = false, any = false;
	const char *c = *at;
	for (; quoted || (*c != ',' && *c != ')') ||
	       (*c == ')' && c[1] != '\0' && c[1] != '\n' && any &&
		strchr(buffer_text(&outside), '('));
	     c++) {
		cr_assert(*c != '\0', "a row ends too early: %s", *at);
		if (*c == '"') {
			quoted = !quoted;
			any = true;
		} else if (quoted && *c == '\\') {
			buffer_add_char(&text, *++c);
		} else if (quoted) {
			buffer_add_char(&text, *c);
		} else if (!strchr(" \t\n", *c)) {
			buffer_add_char(&outside, *c);
		}
	}
	*at = c + 1;
	*inner = any ? buffer_text(&text) : NULL;
	return buffer_text(&outside);
}

static struct reconcile_default default_of(const char *keyword, const char *text)
{
	if (strcmp(keyword, "NO_DEFAULT") == 0)
		return (struct reconcile_default){RECONCILE_NO_DEFAULT, NULL};
	bool value = strcmp(keyword, "DEFAULT()") == 0;
	cr_assert(value || strcmp(keyword, "DEFAULT_SQL()") == 0, "'%s'", keyword);
	return (struct reconcile_default){value ? RECONCILE_DEFAULT_VALUE : RECONCILE_DEFAULT_SQL,
					  text};
}

static enum reconcile_nullability nullability_of(const char *keyword)
{
	static const char *const words[] = {"NULLABLE", "NOT_NULL", "REQUIRED", "PRIMARY_KEY"};
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i], keyword) == 0)
			return (enum reconcile_nullability)i;
	cr_assert(false, "'%s'", keyword);
	return RECONCILE_NULLABLE;
}

static void read_row(struct rows *rows, const char **at)
{
	const char *inner;
	bool table = strncmp(*at, "TABLE(", 6) == 0;
	cr_assert(table || strncmp(*at, "COLUMN(", 7) == 0, "not a row: %s", *at);
	*at += table ? 6 : 7;
	const char *name = next_field(rows, at, &inner);
	cr_assert(!inner);
	if (table) {
		next_field(rows, at, &inner);
		rows->tables[rows->registry.table_count++] =
			(struct reconcile_table){name, inner, "x.def", 1};
		return;
	}
	struct reconcile_column column = {.table = name, .file = "x.def", .line = 1};
	column.column = next_field(rows, at, &inner);
	cr_assert(!inner);
	next_field(rows, at, &column.type);
	column.nullability = nullability_of(next_field(rows, at, &inner));
	const char *keyword = next_field(rows, at, &inner);
	column.default_value = default_of(keyword, inner);
	next_field(rows, at, &column.description);
	rows->columns[rows->registry.column_count++] = column;
}

static void read_rows(struct rows *rows, const char *text, struct arena *arena)
{
	*rows = (struct rows){.arena = arena};
	rows->registry = (struct reconcile_registry){
		.layout = RECONCILE_REGISTRY_LAYOUT,
		.name = "test",
		.tables = rows->tables,
		.columns = rows->columns,
	};
	while (*text) {
		read_row(rows, &text);
		text += strspn(text, " \n");
	}
}

/* What cannot stand in a .def file: the same as in the rule's words, filled in by hand. */
#define PLAIN ROW("t", "c", "INT", NULLABLE, NO_DEFAULT, 1)
/* clang-format off */
static const struct {
	const char *code;
	unsigned layout;
	const char *name;
	size_t table_count;
	struct reconcile_column wrong, right;
} by_hand[] = {
	{"layout", 0, "test", 0, PLAIN, PLAIN},
	{"rows-missing", RECONCILE_REGISTRY_LAYOUT, "test", 1, PLAIN, PLAIN},
	{"registry-name", RECONCILE_REGISTRY_LAYOUT, "my registry", 0, PLAIN, PLAIN},
	{"name-encoding", RECONCILE_REGISTRY_LAYOUT, "test", 0,
	 ROW("t", "caf\xe9", "INT", NULLABLE, NO_DEFAULT, 1),
	 ROW("t", "caf\xc3\xa9", "INT", NULLABLE, NO_DEFAULT, 1)},
	{"default-text", RECONCILE_REGISTRY_LAYOUT, "test", 0,
	 ROW("t", "c", "INT", NULLABLE, VALUE(NULL), 1),
	 ROW("t", "c", "INT", NULLABLE, VALUE(""), 1)},
	{"unknown-kind", RECONCILE_REGISTRY_LAYOUT, "test", 0,
	 {"t", "c", "INT", (enum reconcile_nullability)7, NO_DEFAULT, NULL, "x.def", 1}, PLAIN},
	{"description-encoding", RECONCILE_REGISTRY_LAYOUT, "test", 0,
	 {"t", "c", "INT", RECONCILE_NULLABLE, NO_DEFAULT, "caf\xe9", "x.def", 1},
	 {"t", "c", "INT", RECONCILE_NULLABLE, NO_DEFAULT, "caf\xc3\xa9", "x.def", 1}},
	{"name-characters", RECONCILE_REGISTRY_LAYOUT, "test", 0,
	 ROW("public.orders", "c", "INT", NULLABLE, NO_DEFAULT, 1),
	 ROW("orders", "c", "INT", NULLABLE, NO_DEFAULT, 1)},
};
/* clang-format on */

/* false: the rule's words are rows of a .def file. */
static bool check_by_hand(const struct reconcile_rule *rule, struct arena *arena)
{
	const struct reconcile_registry *none = NULL;
	if (strcmp(rule->code, "registry-missing") == 0) {
		expect_text(rule->code, codes(none, FOR_BOTH, arena), "registry-missing!");
		return true;
	}
	for (size_t i = 0; i < COUNT(by_hand); i++) {
		if (strcmp(by_hand[i].code, rule->code) != 0)
			continue;
		struct reconcile_registry wrong = {by_hand[i].layout,      by_hand[i].name,   NULL,
						   by_hand[i].table_count, &by_hand[i].wrong, 1};
		struct reconcile_registry right = {RECONCILE_REGISTRY_LAYOUT, "test", NULL, 0,
						   &by_hand[i].right,         1};
		const char *found = codes(&wrong, FOR_BOTH, arena);
		cr_expect(has_code(found, rule->code), "%s: only '%s'", rule->code, found);
		expect_text(rule->code, codes(&right, FOR_BOTH, arena), "");
		return true;
	}
	return false;
}

Test(rule, every_rule_is_broken_by_its_wrong_row_and_not_by_its_right_one)
{
	for (size_t i = 0; i < reconcile_rule_count(); i++) {
		const struct reconcile_rule *rule = reconcile_rule(i);
		struct arena arena = {0};
		struct rows rows;
		if (!check_by_hand(rule, &arena)) {
			read_rows(&rows, rule->wrong, &arena);
			const char *found = codes(&rows.registry, FOR_BOTH, &arena);
			cr_expect(has_code(found, rule->code), "%s: only '%s'", rule->code, found);
			read_rows(&rows, rule->right, &arena);
			found = codes(&rows.registry, FOR_BOTH, &arena);
			cr_expect(!has_code(found, rule->code) && !strchr(found, '!'),
				  "%s: right is '%s'", rule->code, found);
		}
		arena_release(&arena);
	}
}

/* ---- what each finds ------------------------------------------------------ */

struct advice_case {
	struct reconcile_column column;
	const char *postgresql;
	const char *sqlite;
};

static void expect_advice(const struct advice_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct reconcile_column *column = &cases[i].column;
		const struct reconcile_registry registry = {
			RECONCILE_REGISTRY_LAYOUT, "test", NULL, 0, column, 1};
		struct arena arena = {0};
		char name[200];
		snprintf(name, sizeof(name), "%s.%s %s %s", column->table, column->column,
			 column->type,
			 column->default_value.text ? column->default_value.text : "");
		expect_text(name, codes(&registry, FOR_POSTGRESQL, &arena), cases[i].postgresql);
		expect_text(name, codes(&registry, FOR_SQLITE, &arena), cases[i].sqlite);
		arena_release(&arena);
	}
}

#define NAME(table, column) ROW(table, column, "INT", NULLABLE, NO_DEFAULT, 1)

Test(rule, names)
{
	/* clang-format off */
	static const struct advice_case cases[] = {
		{NAME("t", "c"), "", ""},
		{NAME("t", "user"), "reserved-word", ""},
		{NAME("t", "USER"), "reserved-word mixed-case", ""},
		{NAME("t", "users"), "", ""},
		{NAME("order", "c"), "reserved-word", "reserved-word"},
		{NAME("index", "c"), "", "reserved-word"},
		{NAME("if", "if"), "", "reserved-word"}, /* the table only */
		{NAME("cast", "c"), "reserved-word", ""},
		{NAME("t", "current_date"), "reserved-word", "reserved-word"},
		{NAME("t", "createdAt"), "mixed-case", ""},
		{NAME("Orders", "c"), "mixed-case", ""},
		{NAME("t", "gr\xc3\xb6\xc3\x9f" "e"), "", ""},
		{NAME("t", "a b"), "name-characters", "name-characters"},
		{NAME("t", "A b"), "name-characters", "name-characters"},
		{NAME("t", "1st"), "name-characters", "name-characters"},
		{NAME("t", "a$1"), "", ""},
		{NAME("t", "$a"), "name-characters", "name-characters"},
		{NAME("public.t", "c"), "name-characters", "name-characters"},
		{NAME("t", "O'Brien"), "name-characters", "name-characters"},
		{NAME("t", "xmin"), "system-column!", ""},
		{NAME("t", "Xmin"), "mixed-case", ""},
		{NAME("xmin", "oid"), "", ""},
		{NAME("sqlite_master", "sqlite_c"), "", "sqlite-name!"},
		{NAME("SQLite_x", "c"), "mixed-case", "sqlite-name!"},
		{NAME("sqlite", "c"), "", ""},
	};
	/* clang-format on */
	expect_advice(cases, COUNT(cases));
}

Test(rule, some_words_are_reserved_for_columns_or_for_tables_only)
{
	cr_expect(name_reserved("user", true) == FOR_POSTGRESQL);
	cr_expect(name_reserved("order", false) == FOR_BOTH);
	cr_expect(name_reserved("if", true) == FOR_SQLITE && name_reserved("if", false) == 0);
	cr_expect(name_reserved("raise", false) == FOR_SQLITE && name_reserved("raise", true) == 0);
}

#define TYPE(type) ROW("t", "c", type, NULLABLE, NO_DEFAULT, 1)

Test(rule, types)
{
	/* clang-format off */
	static const struct advice_case cases[] = {
		{TYPE("NUMERIC(10, 2)"), "", ""},
		{TYPE("int[]"), "", ""},
		{TYPE("timestamp with time zone"), "", ""},
		{TYPE("\"order\""), "", ""},
		{TYPE("timestamp(3) with time zone"), "", "sqlite-type!"},
		{TYPE("varchar(20)[]"), "", "sqlite-type!"},
		{TYPE("public.mood"), "", "sqlite-type!"},
		{TYPE("geometry(Point, 4326)"), "", "sqlite-type!"},
		{TYPE("t(1, 2, 3)"), "", "sqlite-type!"},
		{TYPE("interval day to second"), "", "sqlite-type!"},
		{TYPE("t('x')"), "", "sqlite-type!"},
		{TYPE("t(E'x')"), "", "sqlite-quoting!"},
		{TYPE("t($$x$$)"), "", "sqlite-quoting!"},
	};
	/* clang-format on */
	expect_advice(cases, COUNT(cases));
}

/* clang-format off */
#define DEFAULTING(type, kind, text) \
	{"t", "c", type, RECONCILE_NULLABLE, {RECONCILE_DEFAULT_##kind, text}, NULL, "x.def", 1}
/* clang-format on */
#define DATE(kind, text) DEFAULTING("TIMESTAMP", kind, text)
#define TEXT(kind, text) DEFAULTING("TEXT", kind, text)

Test(rule, values)
{
	/* clang-format off */
	static const struct advice_case cases[] = {
		{TEXT(VALUE, ""), "", ""},
		{TEXT(VALUE, "it's $$ E'x' 1::int"), "", ""},
		{TEXT(VALUE, "user"), "", ""},
		{TEXT(VALUE, "random"), "", ""},
		{TEXT(VALUE, "rgb(0, 0, 0)"), "", ""},
		{TEXT(VALUE, "now"), "", ""},
		{TEXT(VALUE, "now() or never"), "", ""},
		{TEXT(VALUE, "now()"), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "nextval('a') "), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "Current_Timestamp"), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "null"), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "'x'"), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "''"), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "'x'::text"), "sql-in-value", "sql-in-value"},
		{TEXT(VALUE, "'x' and 'y'"), "", ""},
		{DATE(VALUE, "now()"), "frozen-default", "sql-in-value"},
		{DATE(VALUE, " NOW "), "frozen-default", ""},
		{DATE(VALUE, "today 12:00"), "frozen-default", ""},
		{DATE(VALUE, "epoch"), "", ""},
		{DATE(VALUE, "2020-01-01"), "", ""},
		{ROW("t", "c", "date", NOT_NULL, VALUE("tomorrow"), 1), "frozen-default", ""},
		{ROW("t", "c", "\"timestamptz\"", NOT_NULL, VALUE("Yesterday"), 1), "frozen-default", ""},
		{ROW("t", "c", "timestamptz[]", NULLABLE, VALUE("{now}"), 1), "frozen-default", ""},
		{ROW("t", "c", "VARCHAR(5)", NULLABLE, VALUE("today"), 1), "", ""},
		{ROW("t", "c", "interval", NULLABLE, VALUE("now"), 1), "", ""},
	};
	/* clang-format on */
	expect_advice(cases, COUNT(cases));
}

Test(rule, expressions)
{
	static const char sqlite[] = "foreign-function sqlite-default";
	/* clang-format off */
	static const struct advice_case cases[] = {
		/* volatile */
		{TEXT(SQL, "random()"), "volatile-default", "sqlite-default"},
		{TEXT(SQL, "RANDOM ( )"), "volatile-default", "sqlite-default"},
		{TEXT(SQL, "pg_catalog.\"random\"()"), "volatile-default", "sqlite-default"},
		{TEXT(SQL, "md5(clock_timestamp() || 'x')"), "volatile-default", sqlite},
		{TEXT(SQL, "'random()'"), "", ""},
		{TEXT(SQL, "lower('random()')"), "", "sqlite-default"},
		{TEXT(SQL, "myrandom()"), "", "sqlite-default"},
		{TEXT(SQL, "statement_timestamp()"), "", sqlite},
		{TEXT(SQL, "uuid_generate_v3(a, b)"), "", sqlite},
		/* Those that only come with their table may be what they are. */
		{ROW("t", "c", "UUID", PRIMARY_KEY, SQL("gen_random_uuid()"), 1), "",
		 "foreign-function"},
		{ROW("t", "c", "TEXT", PRIMARY_KEY, SQL("CURRENT_DATE"), 1), "", ""},
		/* frozen */
		{DATE(SQL, "now()"), "", sqlite},
		{DATE(SQL, "'now'"), "frozen-default", ""},
		{TEXT(SQL, "'now'"), "", ""},
		{TEXT(SQL, "'now'::date"), "frozen-default", "sqlite-syntax!"},
		{TEXT(SQL, "'now'::pg_catalog.timestamptz"), "frozen-default", "sqlite-syntax!"},
		{DATE(SQL, "'now'::text::timestamptz"), "", "sqlite-syntax!"},
		{TEXT(SQL, "CAST('today' AS date)"), "frozen-default", ""},
		{TEXT(SQL, "CAST('today' AS text)"), "", ""},
		{TEXT(SQL, "date 'today' + 1"), "frozen-default", "sqlite-syntax!"},
		{TEXT(SQL, "timestamp(3) 'now'"), "frozen-default", "sqlite-syntax!"},
		{TEXT(SQL, "timestamp with time zone 'now'"), "frozen-default", "sqlite-syntax!"},
		{TEXT(SQL, "date('now')"), "frozen-default", "sqlite-default"},
		{TEXT(SQL, "datetime('now')"), "foreign-function", "sqlite-default"},
		/* constants */
		{TEXT(SQL, "NULL"), "", ""},
		{TEXT(SQL, "-1.5e-3"), "", ""},
		{TEXT(SQL, ".5"), "", ""},
		{TEXT(SQL, "+(- 1)"), "", ""},
		{TEXT(SQL, "0x1e"), "", ""},
		{TEXT(SQL, "1e+5"), "", ""},
		{TEXT(SQL, "0x1e+5"), "", "sqlite-default"},
		{TEXT(SQL, "x'00'"), "", ""},
		{TEXT(SQL, "TRUE"), "", ""},
		{TEXT(SQL, "CAST(CAST(1 AS numeric(10, 2)) AS text)"), "", ""},
		{TEXT(SQL, "CAST(1 + 1 AS text)"), "", "sqlite-default"},
		{TEXT(SQL, "1 + 1"), "", "sqlite-default"},
		{TEXT(SQL, "'a' || 'b'"), "", "sqlite-default"},
		{TEXT(SQL, "CURRENT_TIMESTAMP"), "", "sqlite-default"},
		{TEXT(SQL, "CASE 'a' WHEN 'b' THEN 'c' ELSE 'd' END"), "", "sqlite-default"},
		/* another syntax */
		{TEXT(SQL, "E'x'"), "", "sqlite-quoting!"},
		{TEXT(SQL, "$a$x$a$"), "", "sqlite-quoting!"},
		{TEXT(SQL, "'E''x'"), "", ""},
		{TEXT(SQL, "'0'::int"), "", "sqlite-syntax!"},
		{TEXT(SQL, "'0::int'"), "", ""},
		{TEXT(SQL, "ARRAY[1]"), "", "sqlite-syntax!"},
		{TEXT(SQL, "interval '1 day'"), "", "sqlite-syntax!"},
		/* names */
		{TEXT(SQL, "pending"), "bare-default", "bare-default"},
		{TEXT(SQL, "(\"x\")"), "bare-default", "bare-default"},
		{TEXT(SQL, "current_user"), "", sqlite},
		{TEXT(SQL, "\"user\""), "bare-default", "bare-default"},
		{TEXT(SQL, "strftime('%s')"), "foreign-function", "sqlite-default"},
	};
	/* clang-format on */
	expect_advice(cases, COUNT(cases));
}

Test(rule, both_databases_count_when_none_is_named)
{
	static const struct reconcile_column columns[] = {
		ROW("t", "Xmin", "geometry(Point)", NULLABLE, SQL("random()"), 1),
		ROW("t", "xmin", "TEXT", NULLABLE, SQL("strftime(now())"), 2),
	};
	static const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);
	struct arena arena = {0};
	expect_text("both", codes(&registry, FOR_BOTH, &arena),
		    "mixed-case sqlite-type volatile-default sqlite-default case-clash "
		    "system-column foreign-function foreign-function sqlite-default");
	arena_release(&arena);
}

/* ---- the public call ------------------------------------------------------ */

static int validate(const struct reconcile_registry *registry, const char *engine,
		    struct reconcile_report **report)
{
	int status = reconcile_validate(registry, engine, report);
	cr_assert(*report && reconcile_report_error(*report)->status == status);
	return status;
}

Test(rule, a_report_of_findings_outlives_the_registry)
{
	char table[] = "t", column[] = "user", file[] = "x.def";
	struct reconcile_column row = {.table = table, .column = column, .type = "int;"};
	struct reconcile_registry registry = {RECONCILE_REGISTRY_LAYOUT, "test", NULL, 0, &row, 1};
	struct reconcile_report *report;
	row.file = file;
	row.line = 7;
	cr_expect(validate(&registry, NULL, &report) == RECONCILE_BAD_REGISTRY);
	memset(table, 'x', strlen(table));
	memset(column, 'x', strlen(column));
	memset(file, 'x', strlen(file));
	cr_assert(reconcile_report_finding_count(report) == 1);
	cr_expect(reconcile_report_finding(report, 1) == NULL);
	const struct reconcile_finding *finding = reconcile_report_finding(report, 0);
	expect_text("code", finding->code, "type-grammar");
	expect_text(
		"text", finding->text,
		"x.def:7: error[type-grammar]: column 't.user': the type 'int;' has a semicolon");
	expect_text("table", finding->table, "t");
	expect_text("column", finding->column, "user");
	expect_text("file", finding->file, "x.def");
	cr_expect(finding->error && finding->line == 7 && finding->hint);
	expect_text("message", reconcile_report_error(report)->message, finding->text);
	expect_text("hint", reconcile_report_error(report)->hint, finding->hint);
	reconcile_report_free(report);
}

Test(rule, the_engine_decides_which_rules_count)
{
	static const struct reconcile_column columns[] = {
		ROW("t", "xmin", "INT", NULLABLE, NO_DEFAULT, 1),
		ROW("t", "ctid", "INT", NULLABLE, NO_DEFAULT, 2),
	};
	static const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);
	struct reconcile_report *report;
	cr_expect(validate(&registry, NULL, &report) == RECONCILE_OK);
	cr_expect(reconcile_report_finding_count(report) == 2);
	reconcile_report_free(report);
	cr_expect(validate(&registry, "sqlite", &report) == RECONCILE_OK);
	cr_expect(reconcile_report_finding_count(report) == 0);
	reconcile_report_free(report);
	cr_expect(validate(&registry, "postgresql", &report) == RECONCILE_BAD_REGISTRY);
	expect_part("message", reconcile_report_error(report)->message,
		    "x.def:1: error[system-column]: ");
	expect_part("message", reconcile_report_error(report)->message, " (and 1 more)");
	reconcile_report_free(report);
	cr_expect(validate(&registry, "mysql", &report) == RECONCILE_USAGE);
	cr_expect(reconcile_report_finding_count(report) == 0);
	reconcile_report_free(report);
	cr_expect(validate(NULL, NULL, &report) == RECONCILE_BAD_REGISTRY);
	cr_expect(reconcile_report_finding(report, 0)->table == NULL);
	reconcile_report_free(report);
	cr_expect(reconcile_validate(&registry, "postgresql", NULL) == RECONCILE_BAD_REGISTRY);
}

Test(rule, memory_that_runs_out_is_said_and_never_a_good_registry)
{
	static const struct reconcile_column columns[] = {
		ROW("T 1", "Xmin", "geometry(Point)", NULLABLE, SQL("random()"), 1),
		ROW("T 1", "xmin", "t($$x$$)", NULLABLE, SQL("E'x'"), 2),
		ROW("T 1", "xmin", "int;", NOT_NULL, NO_DEFAULT, 3),
	};
	static const struct reconcile_registry registry = REGISTRY_WITHOUT_TABLES(columns);
	unsigned failures = 0;
	for (;; failures++) {
		struct arena arena = {0};
		struct error err = {0};
		struct finding *first;
		arena_fail_after(failures + 1);
		bool good = registry_check(&registry, adviser_for(FOR_BOTH), &arena, &first, &err);
		arena_fail_after(0);
		arena_release(&arena);
		cr_expect(!good);
		if (err.status == RECONCILE_OK)
			break;
		cr_expect(err.status == RECONCILE_FAILED);
	}
	cr_expect(failures > 1, "%u", failures);
}
