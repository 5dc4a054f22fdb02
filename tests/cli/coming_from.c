/*
 * What teams do with other tools, line by line of README.md, and that it is done here: each row is
 * run as it stands there. The table and these rows are the same, or the test says which one is not.
 */
#include "../support/run.h"
#include "expect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *there;
	const char *here;
	const char *run;    /* NULL: here, as it stands; with standard output in the file `out` */
	const char *before; /* in the words of `words` */
	const char *after;  /* ends with 0 when the work was done */
};

/* clang-format off */
static const struct row rows[] = {
	{"MemStack: manage_migrations.py status",
		"manage status",
		NULL, "",
		"grep -q 'Pending: 41' out"},
	{"MemStack: manage_migrations.py apply",
		"manage apply --yes",
		NULL, "",
		"manage check"},
	{"MemStack: manage_migrations.py check",
		"manage check",
		NULL, "manage apply --yes",
		"grep -q 'in sync' out"},
	{"MemStack: await apply_migrations()",
		"reconcile(&memstack_registry, NULL, NULL)",
		"\"$SERVICE\"", "",
		"manage check"},
	{"MemStack: a new entry in MIGRATIONS",
		"a row in registry/memstack.def",
		"manage apply --yes", "older",
		"manage check"},
	{"MemStack: ALTER TABLE memories DROP COLUMN task_id",
		"manage rollback --column memories.task_id --yes --keep-registry",
		NULL, "older; manage apply --yes",
		"! manage check && manage history | grep -q 'drop_column.*memories.task_id'"},
	{"MemStack: a script in scripts/migrations/, run by hand",
		"manage script up",
		NULL, "scripts",
		"has t3"},
	{"Alembic: alembic upgrade head",
		"manage script up",
		NULL, "revisions",
		"has t3"},
	{"Alembic: alembic upgrade +1",
		"manage script up 1",
		NULL, "revisions",
		"has t1 && ! has t2"},
	{"Alembic: alembic upgrade 002",
		"manage script up --to 002",
		NULL, "revisions",
		"has t2 && ! has t3"},
	{"Alembic: alembic upgrade head --sql",
		"manage script up --dry-run -v",
		NULL, "revisions",
		"grep -q 'CREATE TABLE t3' out && ! has t1"},
	{"Alembic: alembic downgrade -1",
		"manage script down",
		NULL, "revisions; manage script up",
		"has t2 && ! has t3"},
	{"Alembic: alembic downgrade 001",
		"manage script down --to 001",
		NULL, "revisions; manage script up",
		"has t1 && ! has t2"},
	{"Alembic: alembic downgrade base",
		"manage script down --to base",
		NULL, "revisions; manage script up",
		"! has t1"},
	{"Alembic: alembic downgrade -1 --sql",
		"manage script down --dry-run -v",
		NULL, "revisions; manage script up",
		"grep -q 'DROP TABLE t3' out && has t3"},
	{"Alembic: alembic current",
		"manage script status",
		NULL, "revisions; manage script up 2",
		"grep -q ' 1 pending' out"},
	{"Alembic: alembic history --verbose",
		"manage history -v",
		NULL, "revisions; manage script up",
		"grep -q 20260223_1800_001_initial_schema out"},
	{"Alembic: alembic revision -m \"add index\"",
		"manage script new add_index",
		NULL, "revisions",
		"ls scripts/migrations | grep -q '^20[0-9]*_[0-9]*_004_add_index.up.sql$'"},
	{"Alembic: alembic revision --autogenerate --sql",
		"manage plan --format sql",
		NULL, "",
		"grep -q 'CREATE TABLE' out"},
	{"Alembic: alembic stamp head",
		"manage script stamp",
		NULL, "revisions",
		"! has t1 && manage script status | grep -q ' 0 pending'"},
	{"Alembic: alembic heads",
		"manage script validate",
		NULL, "revisions",
		"grep -q '3 scripts, 0 findings' out"},
	{"Alembic: alembic merge heads",
		"manage script validate",
		NULL, "revisions; cd scripts/migrations; for way in up down; do mv 20260305_1130_003_add_facts.$way.sql 20260305_1130_002_add_facts.$way.sql; done",
		"grep -q 'which comes first' out"},
	{"Alembic: alembic upgrade head && uvicorn ...",
		"manage apply --yes --scripts && exec ./service",
		NULL, "revisions; service",
		"has t3 && manage check && test -f started"},
	{"Alembic: memoric init-db --migrate",
		"manage apply --yes --scripts",
		NULL, "memoric",
		"has t3 && manage check"},
	{"Alembic: alembic revision --autogenerate -m \"add column\"",
		"manage plan",
		NULL, "older",
		"grep -q 'ADD COLUMN' out && ! manage check"},
	{"Alembic: memoric db-migrate upgrade head",
		"manage script up",
		NULL, "memoric",
		"has t3"},
	{"Alembic: memoric db-migrate upgrade +1",
		"manage script up 1",
		NULL, "memoric",
		"has t1 && ! has t2"},
	{"Alembic: memoric db-migrate upgrade <revision_id>",
		"manage script up --to 0002",
		NULL, "memoric",
		"has t2 && ! has t3"},
	{"Alembic: memoric db-migrate downgrade -1",
		"manage script down",
		NULL, "memoric; manage script up",
		"has t2 && ! has t3"},
	{"Alembic: memoric db-migrate downgrade <revision_id>",
		"manage script down --to 0001",
		NULL, "memoric; manage script up",
		"has t1 && ! has t2"},
	{"Alembic: memoric db-migrate downgrade base",
		"manage script down --to base",
		NULL, "memoric; manage script up",
		"! has t1"},
	{"Alembic: memoric db-migrate current",
		"manage script status",
		NULL, "memoric; manage script up 2",
		"grep -q ' 1 pending' out"},
	{"Alembic: memoric db-migrate history",
		"manage history",
		NULL, "memoric; manage script up",
		"grep -q 20250115_0001_initial_schema out && grep -q 20250412_0003_add_sentiment out"},
	{"Alembic: memoric db-migrate revision -m \"Add new column\"",
		"manage script new add_new_column",
		NULL, "memoric",
		"ls scripts/migrations | grep -q '^20[0-9]*_0004_add_new_column.up.sql$'"},
	{"Alembic: memoric db-migrate stamp head",
		"manage stamp",
		NULL, "manage apply --yes; alter 'DROP TABLE reconcile_history'",
		"manage history | grep -q stamp"},
	{"a folder of SQL files: psql -f 001_initial_schema.sql",
		"manage script up --to 001",
		NULL, "scripts",
		"has t1 && ! has t2"},
	{"a folder of SQL files: python run_migration.py",
		"manage script up",
		NULL, "scripts",
		"has t3"},
	{"a folder of SQL files: CREATE TABLE schema_migrations",
		"manage script status",
		NULL, "scripts",
		"grep -q '3 pending' out"},
	{"a folder of SQL files: INSERT INTO schema_migrations",
		"manage script stamp 001",
		NULL, "scripts",
		"! has t1 && manage script status | grep -q ' 2 pending'"},
	{"a folder of SQL files: SELECT * FROM schema_migrations",
		"manage history",
		NULL, "scripts; manage script up",
		"grep -q 003_embedding_model_migration out"},
	{"a folder of SQL files: DROP TABLE ... of the rollback procedure",
		"manage script down",
		NULL, "scripts; manage script up",
		"! has t3"},
	{"migrate.sh: migrate.sh up",
		"manage script up",
		NULL, "scripts",
		"has t3"},
	{"migrate.sh: migrate.sh up --dry-run",
		"manage script up --dry-run",
		NULL, "scripts",
		"grep -q 'would run 003' out && ! has t1"},
	{"migrate.sh: migrate.sh down",
		"manage script down",
		NULL, "scripts; manage script up",
		"has t2 && ! has t3"},
	{"migrate.sh: migrate.sh down 3",
		"manage script down 3",
		NULL, "scripts; manage script up",
		"! has t1"},
	{"migrate.sh: migrate.sh down --dry-run",
		"manage script down --dry-run",
		NULL, "scripts; manage script up",
		"grep -q 'would take back 003' out && has t3"},
	{"migrate.sh: migrate.sh status",
		"manage script status",
		NULL, "scripts; manage script up 1",
		"grep -q ' 2 pending' out"},
	{"migrate.sh: migrate.sh validate",
		"manage script validate",
		NULL, "scripts; rm scripts/migrations/003_embedding_model_migration.down.sql",
		"grep -q 'no way back' out"},
	{"migrate.sh: migrate.sh fresh",
		"manage fresh --confirm 'DELETE ALL DATA'",
		NULL, "scripts; allow; manage apply --yes --scripts; alter 'INSERT INTO t1 VALUES (2)'",
		"count t1 1"},
	{"migrate.sh: migrate.sh help",
		"manage help",
		NULL, "",
		"grep -q '  script ' out"},
	{"migrate.sh: generate.sh postgres add_metrics",
		"manage script new postgres/add_metrics",
		NULL, "scripts",
		"test -f scripts/migrations/postgres/001_add_metrics.down.sql"},
	{"migrate.sh: generate.sh neo4j add_constraints",
		"manage script new neo4j/add_constraints --type cql",
		NULL, "scripts",
		"test -f scripts/migrations/neo4j/001_add_constraints.up.cql"},
	{"migrate.sh: cypher-shell, python for one folder",
		"[runner] cql = cypher-shell -f {file}",
		"manage script up", "scripts; runner",
		"test -f ran"},
	{"migrate.sh: export TIMESCALE_DSN=... for one folder",
		"[timescaledb] url_env = TIMESCALE_DSN",
		"manage script up", "scripts; dsn",
		"has t3 && sqlite3 time.db 'SELECT * FROM metrics' && ! has metrics"},
	{"migrate.sh: DELETE FROM schema_migrations WHERE ...",
		"manage script stamp --pending 003",
		NULL, "scripts; manage script up",
		"manage script status | grep -q ' 1 pending'"},
	{"migrate.sh: SELECT * FROM schema_migrations ORDER BY applied_at",
		"manage history --limit 0",
		NULL, "scripts; manage script up",
		"grep -q 001_initial_schema out"},
	{"migrate.sh: SELECT database_type, COUNT(*) ...",
		"manage script status --format json",
		NULL, "scripts; manage script up",
		"grep -q 'applied_at' out"},
	{"migrate.sh: ./migrate.sh up in the entry point",
		"manage apply --yes --scripts && exec ./service",
		NULL, "scripts; service",
		"has t3 && test -f started"},
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What `before` and `after` are written in. */
static const char words[] =
	"manage() { \"$MANAGE\" \"$@\"; }\n"
	"alter() { echo \"$1;\" | $SQL; }\n"
	"has() { echo \"SELECT count(*) FROM $1;\" | $SQL > has.out 2>&1; }\n"
	"count() { test \"$(echo \"SELECT count(*) FROM $1;\" | $SQL)\" = $2; }\n"
	"older() { echo \"$OLDER\" | $SQL; }\n"
	"service() { printf '#!/bin/sh\\n: > started\\n' > service; chmod +x service; }\n"
	"scripts() {\n"
	"	mkdir -p scripts/migrations\n"
	"	n=0\n"
	"	for script in ${*:-001_initial_schema 002_optimize_indexes "
	"003_embedding_model_migration}; do\n"
	"		n=$((n + 1)) at=scripts/migrations/$script\n"
	"		echo \"CREATE TABLE t$n (a INTEGER); INSERT INTO t$n VALUES (1);\" > "
	"$at.up.sql\n"
	"		echo \"DROP TABLE t$n;\" > $at.down.sql\n"
	"	done\n"
	"}\n"
	/* What Alembic makes of `file_template`, with its own numbers, and memoric's. */
	"revisions() {\n"
	"	scripts 20260223_1800_001_initial_schema 20260301_0915_002_add_teams "
	"20260305_1130_003_add_facts\n"
	"}\n"
	"memoric() {\n"
	"	scripts 20250115_0001_initial_schema 20250301_0002_add_clusters "
	"20250412_0003_add_sentiment\n"
	"}\n"
	"allow() {\n"
	"	printf '[reconcile]\\nurl = %s\\nallow_fresh = yes\\n' \"$DATABASE_URL\" > "
	"reconcile.ini\n"
	"	unset DATABASE_URL\n"
	"}\n"
	"runner() {\n"
	"	mkdir scripts/migrations/neo4j\n"
	"	echo 'touch ran' > scripts/migrations/neo4j/001_constraints.cql\n"
	"	printf '[runner]\\ncql = sh {file}\\n' > reconcile.ini\n"
	"}\n"
	"TIMESCALE_DSN='sqlite:///time.db?mode=rwc'; export TIMESCALE_DSN\n"
	"dsn() {\n"
	"	mkdir scripts/migrations/timescaledb\n"
	"	echo 'CREATE TABLE metrics (a INTEGER)' > "
	"scripts/migrations/timescaledb/001_m.sql\n"
	"	printf '[timescaledb]\\nurl_env = TIMESCALE_DSN\\n' > reconcile.ini\n"
	"}\n"
	"mkdir -p \"$DIR/work\" && cd \"$DIR/work\"\n";

static void set_url(const struct database *database)
{
	char url[700], program[4200], relative[4096];
	snprintf(url, sizeof(url), "%s%s", database->url,
		 database->engine == ENGINE_SQLITE ? "?mode=rwc" : "");
	cr_assert(setenv("DATABASE_URL", url, 1) == 0 && setenv("OLDER", old_tables, 1) == 0);
	snprintf(relative, sizeof(relative), "%s/service", build_dir());
	cr_assert(realpath(relative, program) != NULL, "'%s' is not built", relative);
	cr_assert(setenv("SERVICE", program, 1) == 0);
}

static void expect_row(const struct row *row, enum engine engine)
{
	struct database *database = database_new(engine);
	expect_environment(database);
	set_url(database);
	struct run before = run("%s{ %s\n}", words, *row->before != '\0' ? row->before : ":");
	cr_expect_eq(before.status, 0, "%s, before: %s%s", row->there, before.out, before.err);
	run_free(&before);
	/* `allow` takes the URL out of the environment: the configuration has it. */
	bool configured = strstr(row->before, "allow") != NULL;
	if (configured)
		unsetenv("DATABASE_URL");
	struct run here = run("%s( %s\n) > out", words, row->run != NULL ? row->run : row->here);
	run_free(&here);
	struct run after = run("%s%s", words, row->after);
	cr_expect_eq(after.status, 0, "%s: '%s' did not do it: %s%s", row->there, row->here,
		     after.out, after.err);
	run_free(&after);
	database_free(database);
}

static void expect_rows_of(enum engine engine)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&rows[i], engine);
}

Test(coming_from, works_on_postgres, .timeout = 300)
{
	expect_rows_of(ENGINE_POSTGRES);
}

Test(coming_from, works_on_sqlite, .timeout = 300)
{
	expect_rows_of(ENGINE_SQLITE);
}

/* ---- the table of README.md ---------------------------------------------------- */

/* The line of the table that a row is; free() it. */
static char *line_of(const struct row *row)
{
	size_t size = strlen(row->there) + 2 * strlen(row->here) + 32;
	char *line = malloc(size), *at;
	const char *colon = strchr(row->there, ':');
	cr_assert(line != NULL && colon != NULL);
	at = line + snprintf(line, size, "| %.*s | `%s` | `", (int)(colon - row->there), row->there,
			     colon + 2);
	for (const char *c = row->here; *c != '\0'; c++) {
		if (*c == '|')
			*at++ = '\\';
		*at++ = *c;
	}
	snprintf(at, size - (size_t)(at - line), "` |");
	return line;
}

Test(coming_from, is_the_table_of_the_readme)
{
	FILE *file = fopen("README.md", "r");
	char line[4096];
	bool inside = false, found[COUNT(rows)] = {false};
	cr_assert(file != NULL, "README.md is not here");
	while (fgets(line, sizeof(line), file) != NULL) {
		bool known = false;
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "## ", 3) == 0)
			inside = strcmp(line, "## Coming from") == 0;
		if (!inside || line[0] != '|' || strncmp(line, "| from ", 7) == 0 ||
		    strncmp(line, "|--", 3) == 0)
			continue;
		for (size_t i = 0; i < COUNT(rows); i++) {
			char *wanted = line_of(&rows[i]);
			if (strcmp(wanted, line) == 0)
				known = found[i] = true;
			free(wanted);
		}
		cr_expect(known, "no test runs this line: %s", line);
	}
	fclose(file);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *wanted = line_of(&rows[i]);
		cr_expect(found[i], "README.md has no line: %s", wanted);
		free(wanted);
	}
}
