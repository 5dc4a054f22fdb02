#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS 6000
#define LOOK_US 5000

static const char old_tables[] =
	"CREATE TABLE memories (\n"
	"	id           VARCHAR      NOT NULL PRIMARY KEY,\n"
	"	project_id   VARCHAR      NOT NULL,\n"
	"	author_id    VARCHAR      NOT NULL,\n"
	"	title        VARCHAR(255) NOT NULL,\n"
	"	content      TEXT         NOT NULL,\n"
	"	content_type VARCHAR(20)  NOT NULL DEFAULT 'text',\n"
	"	version      INTEGER      NOT NULL DEFAULT '1',\n"
	"	created_at   TIMESTAMP    NOT NULL DEFAULT (CURRENT_TIMESTAMP)\n"
	");\n"
	"CREATE TABLE task_logs (\n"
	"	id         VARCHAR   NOT NULL PRIMARY KEY,\n"
	"	group_id   VARCHAR   NOT NULL,\n"
	"	task_type  VARCHAR   NOT NULL,\n"
	"	status     VARCHAR   NOT NULL DEFAULT 'PENDING',\n"
	"	created_at TIMESTAMP NOT NULL DEFAULT (CURRENT_TIMESTAMP)\n"
	");\n";

static const char old_rows[] =
	"INSERT INTO memories (id, project_id, author_id, title, content, version)\n"
	"  WITH RECURSIVE numbers (n) AS (\n"
	"       SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)\n"
	"SELECT 'm' || n, 'p1', 'u1', 'title ' || n, 'it''s ' || n, n FROM numbers;\n"
	"INSERT INTO task_logs (id, group_id, task_type)\n"
	"SELECT 't' || version, 'g1', 'ingest' FROM memories";

const char memstack_history_of_empty[] = "create_table entity_types\n"
					 "create_table memories\n"
					 "create_table projects\n"
					 "create_table task_logs\n"
					 "create_table tenants\n"
					 "create_table users\n";

const char memstack_history_of_old[] = "add_column memories.task_id\n"
				       "add_column task_logs.message\n"
				       "add_column task_logs.progress\n"
				       "add_column task_logs.result\n"
				       "create_table entity_types\n"
				       "create_table projects\n"
				       "create_table tenants\n"
				       "create_table users\n";

void memstack_empty(struct database *database)
{
	static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
	if (database->engine == ENGINE_POSTGRES) {
		database_execute(database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
		return;
	}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char path[600];
		snprintf(path, sizeof(path), "%s%s", database->path, endings[i]);
		cr_assert(unlink(path) == 0 || errno == ENOENT, "'%s': %s", path, strerror(errno));
	}
}

void memstack_wait_for_sessions(struct database *database)
{
	for (int i = 0; database->engine == ENGINE_POSTGRES &&
			database_number(database, "SELECT count(*) FROM pg_stat_activity\n"
						  " WHERE datname = current_database()\n"
						  "   AND pid <> pg_backend_pid()\n"
						  "   AND backend_type = 'client backend'") > 0;
	     i++) {
		cr_assert(i < LOOKS, "a session of the server does not end");
		usleep(LOOK_US);
	}
}

void memstack_make_old(struct database *database)
{
	database_execute(database, "%s", old_tables);
	database_execute(database, old_rows, MEMSTACK_ROWS);
}

void memstack_expect_old_rows(struct database *database, const char *where)
{
	long memories = database_number(
		database, "SELECT count(*) FROM memories\n"
			  " WHERE id = 'm' || version AND project_id = 'p1' AND author_id = 'u1'\n"
			  "   AND title = 'title ' || version AND content = 'it''s ' || version\n"
			  "   AND content_type = 'text' AND created_at IS NOT NULL\n"
			  "   AND task_id IS NULL");
	long logs = database_number(
		database, "SELECT count(*) FROM task_logs JOIN memories ON memories.id =\n"
			  "       'm' || substr(task_logs.id, 2)\n"
			  " WHERE group_id = 'g1' AND task_type = 'ingest' AND status = 'PENDING'\n"
			  "   AND task_logs.created_at IS NOT NULL AND progress = 0\n"
			  "   AND result IS NULL AND message IS NULL");
	cr_expect(memories == MEMSTACK_ROWS, "%s: %ld rows of memories are as they were", where,
		  memories);
	cr_expect(logs == MEMSTACK_ROWS, "%s: %ld rows of task_logs are as they were", where, logs);
}

static const char pg_history[] =
	"SELECT coalesce(string_agg(line || chr(10), '' ORDER BY line COLLATE \"C\"), '')\n"
	"  FROM (SELECT concat(action, ' ', table_name, '.' || column_name) AS line\n"
	"          FROM reconcile_history) AS lines";

static const char sqlite_history[] =
	"SELECT coalesce(group_concat(line || char(10), ''), '')\n"
	"  FROM (SELECT action || ' ' || table_name || coalesce('.' || column_name, '') AS line\n"
	"          FROM reconcile_history ORDER BY line)";

char *memstack_history(struct database *database)
{
	bool pg = database->engine == ENGINE_POSTGRES;
	char *there = database_value(
		database, "%s",
		pg ? "SELECT to_regclass('public.reconcile_history')"
		   : "SELECT name FROM sqlite_schema WHERE name = 'reconcile_history'");
	if (*there == '\0')
		return there;
	free(there);
	return database_value(database, "%s", pg ? pg_history : sqlite_history);
}

void memstack_expect_history(struct database *database, const char *wanted, const char *where)
{
	char *history = memstack_history(database);
	cr_expect(strcmp(history, wanted) == 0, "%s: history is\n%snot\n%s", where, history,
		  wanted);
	free(history);
}

char *memstack_reference(enum engine engine)
{
	struct database *database = database_new(engine);
	if (engine == ENGINE_SQLITE) /* the service makes no file */
		database_execute(database, "PRAGMA user_version = 0");
	struct run service = run(MEMSTACK_SERVICE, database->url, build_dir());
	cr_assert(service.status == 0, "one start alone ends %d: %s", service.status, service.err);
	char *schema = database_schema(database);
	run_free(&service);
	database_free(database);
	return schema;
}

void memstack_expect_schema(struct database *database, const char *wanted, const char *where)
{
	char *schema = database_schema(database);
	cr_expect(strcmp(schema, wanted) == 0, "%s: the schema is\n%snot\n%s", where, schema,
		  wanted);
	free(schema);
}
