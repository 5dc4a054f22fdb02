/* The documents of --format json, field by field as the design promises them. */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

/* The one document that the command prints, with its exit code checked; json_decref() it. */
static json_t *document(const char *command, int status)
{
	struct run result = run("%s", command);
	json_error_t error;
	/* Trailing text would be a second document: jansson refuses it. */
	json_t *json = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);

	cr_assert(json != NULL, "%s: %s: %s%s", command, error.text, result.out, result.err);
	cr_expect(result.status == status, "%s: exit code %d: %s", command, result.status,
		  result.out);
	run_free(&result);
	return json;
}

/* The value at "a.b"; NULL when there is none. */
static json_t *at(json_t *json, const char *path)
{
	char key[64];

	for (;;) {
		const char *dot = strchr(path, '.');
		size_t length = dot ? (size_t)(dot - path) : strlen(path);

		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		json = json_object_get(json, key);
		if (!dot)
			return json;
		path = dot + 1;
	}
}

static void expect_words(json_t *json, const char *path, const char *text)
{
	const char *value = json_string_value(at(json, path));

	cr_expect(value && strcmp(value, text) == 0, "%s is '%s', not '%s'", path,
		  value ? value : "(no text)", text);
}

static void expect_number(json_t *json, const char *path, long long number)
{
	json_t *value = at(json, path);

	cr_expect(json_is_integer(value) && json_integer_value(value) == number,
		  "%s is not %lld but %lld", path, number, json_integer_value(value));
}

static void expect_null(json_t *json, const char *path)
{
	cr_expect(json_is_null(at(json, path)), "%s is not null", path);
}

static void expect_flag(json_t *json, const char *path, bool flag)
{
	json_t *value = at(json, path);

	cr_expect(flag ? json_is_true(value) : json_is_false(value), "%s is not %d", path, flag);
}

static json_t *item(json_t *json, const char *table, const char *column)
{
	size_t index;
	json_t *one;

	json_array_foreach(json_object_get(json, "items"), index, one)
	{
		const char *of = json_string_value(json_object_get(one, "table"));
		const char *name = json_string_value(json_object_get(one, "column"));

		if (of && strcmp(of, table) == 0 && name && strcmp(name, column) == 0)
			return one;
	}
	cr_assert(false, "no item %s.%s", table, column);
	return NULL;
}

static void expect_head(json_t *json, const char *command, const struct database *database)
{
	expect_number(json, "format_version", 1);
	expect_words(json, "command", command);
	expect_words(json, "registry", "memstack");
	expect_words(json, "database.engine",
		     database->engine == ENGINE_SQLITE ? "sqlite" : "postgresql");
	cr_expect(json_is_string(at(json, "database.version")));
	expect_words(json, "database.schema",
		     database->engine == ENGINE_SQLITE ? "main" : "public");
}

/* One column of each state. */
static void states(struct database *database)
{
	json_t *json = document("$MANAGE status -u $URL -f json", 0), *one;

	expect_head(json, "status", database);
	expect_flag(json, "in_sync", false);
	expect_number(json, "summary.tables", 6);
	expect_number(json, "summary.columns", 41);
	expect_number(json, "summary.present", 12);
	expect_number(json, "summary.missing", 28);
	expect_number(json, "summary.conflict", 1);
	expect_number(json, "summary.extra", 1);
	expect_number(json, "summary.applied", 0);
	cr_expect(json_is_real(at(json, "elapsed_ms")));

	one = item(json, "task_logs", "progress");
	expect_words(one, "state", "missing");
	expect_null(one, "kind");
	expect_words(one, "declared.type", "INTEGER");
	expect_flag(one, "declared.nullable", true);
	expect_words(one, "declared.default", "'0'");
	expect_null(one, "live");
	expect_words(one, "cost",
		     database->engine == ENGINE_POSTGRES && database_version(database) < 11
			     ? "rewrite"
			     : "catalog");
	cr_expect(json_is_string(at(one, "sql")));
	expect_words(one, "description", "Task progress percentage (0-100)");
	cr_expect(json_is_string(at(one, "source")));

	one = item(json, "memories", "version");
	expect_words(one, "state", "conflict");
	expect_words(one, "kind", "type");
	cr_expect(json_is_string(at(one, "live.type")));
	expect_flag(one, "live.nullable", false);
	if (database->engine == ENGINE_POSTGRES)
		cr_expect(json_is_string(at(one, "sql")));
	else
		expect_null(one, "sql");

	one = item(json, "memories", "title");
	expect_words(one, "state", "present");
	expect_words(one, "declared.type", "VARCHAR(255)");
	cr_expect(json_is_string(at(one, "live.type")));

	one = item(json, "memories", "mood");
	expect_words(one, "state", "extra");
	expect_null(one, "declared");
	expect_flag(one, "live.nullable", true);
	expect_null(one, "description");
	expect_null(one, "source");
	json_decref(json);
}

static void expect_plan(const struct database *database)
{
	json_t *json = document("$MANAGE plan --exit-code -u $URL -f json", 3), *step;

	expect_head(json, "plan", database);
	cr_expect(json_array_size(at(json, "steps")) == 6);
	step = json_array_get(at(json, "steps"), 0);
	expect_words(step, "table", "tenants");
	expect_flag(step, "creates_table", true);
	expect_number(step, "columns", 5);
	cr_expect(json_array_size(at(step, "statements")) == 1);
	json_decref(json);
}

static void expect_apply(struct database *database)
{
	json_t *json = document("$MANAGE apply -u $URL -f json", 64);

	expect_words(json, "error.status", "usage");
	expect_number(json, "summary.missing", 28);
	json_decref(json);

	json = document("$MANAGE apply --yes -u $URL -f json", 3);
	expect_head(json, "apply", database);
	expect_flag(json, "in_sync", false);
	expect_number(json, "summary.applied", 28);
	expect_number(json, "summary.missing", 0);
	expect_words(json, "error.status", "conflict");
	json_decref(json);

	database_execute(database, "ALTER TABLE memories DROP COLUMN version");
	json = document("$MANAGE apply --yes -u $URL -f json", 0);
	expect_flag(json, "in_sync", true);
	expect_number(json, "summary.applied", 1);
	cr_expect(at(json, "error") == NULL);
	expect_flag(item(json, "memories", "version"), "applied", true);
	json_decref(json);

	json = document("$MANAGE check -u $URL -f json", 0);
	expect_head(json, "check", database);
	expect_flag(json, "in_sync", true);
	expect_number(json, "summary.present", 41);
	json_decref(json);
}

static void expect_history(const struct database *database)
{
	json_t *json = document("$MANAGE history --limit 1 -u $URL -f json", 0), *row;

	expect_head(json, "history", database);
	cr_expect(json_array_size(at(json, "history")) == 1);
	row = json_array_get(at(json, "history"), 0);
	expect_words(row, "action", "add_column");
	expect_words(row, "table", "memories");
	expect_words(row, "column", "version");
	expect_words(row, "registry", "memstack");
	expect_words(row, "application", "manage");
	expect_words(row, "version", "0.2.0");
	expect_number(row, "attempts", 1);
	cr_expect(json_is_string(at(row, "run_id")));
	cr_expect(json_is_string(at(row, "applied_at")));
	cr_expect(json_is_real(at(row, "duration_ms")));
	expect_words(row, "outcome", "applied");
	cr_expect(json_is_string(at(row, "started_at")));
	json_decref(json);
}

static void expect_change(const struct database *database)
{
	json_t *json = document("$MANAGE show 1 -u $URL -f json", 0);

	expect_head(json, "show", database);
	expect_number(json, "change.id", 1);
	expect_words(json, "change.outcome", "applied");
	cr_expect(json_is_string(at(json, "change.sql")));
	json_decref(json);
}

static void documents(enum engine engine)
{
	struct database *database = database_new(engine);

	expect_environment(database);
	database_execute(database, "%s", old_tables);
	database_execute(database, "ALTER TABLE memories DROP COLUMN version");
	database_execute(database, "ALTER TABLE memories ADD COLUMN version TEXT NOT NULL "
				   "DEFAULT '1'");
	database_execute(database, "ALTER TABLE memories ADD COLUMN mood TEXT");
	states(database);
	expect_plan(database);
	expect_apply(database);
	expect_history(database);
	expect_change(database);
	database_free(database);
}

Test(cli_json, sqlite)
{
	documents(ENGINE_SQLITE);
}

Test(cli_json, postgres)
{
	documents(ENGINE_POSTGRES);
}

Test(cli_json, without_a_database)
{
	json_t *json;

	expect_environment(NULL);
	json = document("$MANAGE version -f json", 0);
	expect_words(json, "command", "version");
	expect_words(json, "version", "0.2.0");
	cr_expect(json_array_size(at(json, "registries")) == 1);
	json_decref(json);

	json = document("$MANAGE validate -f json", 0);
	expect_words(json, "command", "validate");
	expect_flag(json_array_get(at(json, "registries"), 0), "valid", true);
	json_decref(json);
}

Test(cli_json, errors)
{
	static const struct {
		const char *command;
		int status;
		const char *word;
	} rows[] = {
		{"$MANAGE status -f json -u sqlite:////nowhere/a.db", 69, "unreachable"},
		{"$MANAGE history -f json -u sqlite:////nowhere/a.db", 69, "unreachable"},
		{"$MANAGE apply -f json -u mysql://h/db", 78, "bad_config"},
		{"$MANAGE --format=json check --bugdet 5s", 64, "usage"},
		{"$MANAGE -f json", 64, "usage"},
	};

	expect_environment(NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *json = document(rows[i].command, rows[i].status);

		expect_number(json, "format_version", 1);
		expect_words(json, "error.status", rows[i].word);
		cr_expect(json_is_string(at(json, "error.message")));
		cr_expect(at(json, "error.hint") != NULL);
		expect_null(json, "error.sqlstate");
		json_decref(json);
	}
}
