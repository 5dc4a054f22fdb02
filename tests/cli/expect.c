#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char old_tables[] =
	"CREATE TABLE memories (\n"
	"	id VARCHAR PRIMARY KEY,\n"
	"	project_id VARCHAR NOT NULL,\n"
	"	author_id VARCHAR NOT NULL,\n"
	"	title VARCHAR(255) NOT NULL,\n"
	"	content TEXT NOT NULL,\n"
	"	content_type VARCHAR(20) NOT NULL DEFAULT 'text',\n"
	"	version INTEGER NOT NULL DEFAULT 1,\n"
	"	created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
	");\n"
	"INSERT INTO memories (id, project_id, author_id, title, content)\n"
	"	VALUES ('m1', 'p1', 'u1', 'Gr\u00fc\u00dfe', 'It''s here');\n"
	"CREATE TABLE task_logs (\n"
	"	id VARCHAR PRIMARY KEY,\n"
	"	group_id VARCHAR NOT NULL,\n"
	"	task_type VARCHAR NOT NULL,\n"
	"	status VARCHAR NOT NULL DEFAULT 'PENDING',\n"
	"	created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
	");\n"
	"INSERT INTO task_logs (id, group_id, task_type) VALUES ('t1', 'g1', 'ingest');\n";

static void set(const char *name, const char *value)
{
	cr_assert(setenv(name, value, 1) == 0);
}

void expect_environment(const struct database *database)
{
	static const char *const unwanted[] = {
		"DATABASE_URL",
		"RECONCILE_URL",
		"RECONCILE_CONFIG",
		"RECONCILE_ENV",
		"RECONCILE_LOG_LEVEL",
		"RECONCILE_LOG_FORMAT",
		"RECONCILE_COLOR",
		"RECONCILE_REGISTRY",
		"NO_COLOR",
		"LC_ALL",
		"LC_CTYPE",
	};
	static const struct {
		const char *variable, *file;
	} built[] = {
		{"MANAGE", "manage"},
		{"BARE", "installed/manage"},
		{"OWN", "tests/cli/own/manage"},
		{"SHARED", "tests/cli/own/events.so"},
	};
	char relative[PATH_MAX], program[PATH_MAX], sql[1200];

	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		unsetenv(unwanted[i]);
	set("LANG", "C.UTF-8");
	set("TERM", "xterm");
	for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++) {
		snprintf(relative, sizeof(relative), "%s/%s", build_dir(), built[i].file);
		cr_assert(realpath(relative, program) != NULL, "'%s' is not built", relative);
		set(built[i].variable, program);
	}
	if (!database)
		return;
	set("DIR", database->folder);
	set("URL", database->url);
	set("FILE", database->path);
	if (database->engine == ENGINE_SQLITE)
		snprintf(sql, sizeof(sql), "sqlite3 -bail %s", database->path);
	else
		snprintf(sql, sizeof(sql), "psql -X -q -A -t -v ON_ERROR_STOP=1 %s", database->url);
	set("SQL", sql);
}

static void expect_text(const struct expectation *row, const char *what, const char *text,
			const char *wanted)
{
	if (wanted && !*wanted)
		cr_expect(!*text, "%s: %s is not empty: %s", row->name, what, text);
	else if (wanted)
		cr_expect(strstr(text, wanted) != NULL, "%s: no '%s' in %s: %s", row->name, wanted,
			  what, text);
	if (row->never)
		cr_expect(strstr(text, row->never) == NULL, "%s: '%s' in %s: %s", row->name,
			  row->never, what, text);
}

void expect_rows(const struct expectation *rows, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		struct run result = run("%s", rows[i].command);

		cr_expect(result.status == rows[i].status, "%s: exit code %d, not %d: %s%s",
			  rows[i].name, result.status, rows[i].status, result.out, result.err);
		expect_text(&rows[i], "standard output", result.out, rows[i].out);
		expect_text(&rows[i], "standard error", result.err, rows[i].err);
		run_free(&result);
	}
}
