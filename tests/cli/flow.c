#include "flow.h"

#include "expect.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* $CREATE is --create where a first start has to make the file. */
static void first_start(const struct database *database)
{
	setenv("CREATE", database->engine == ENGINE_SQLITE ? "--create" : "-q", 1);
}

void flow_fresh(struct database *database)
{
	static const struct expectation rows[] = {
		{"status", "$MANAGE status --url $URL $CREATE", 0,
		 "Total columns defined: 41 in 6 tables\nApplied: 0\n"
		 "Pending: 41 (6 tables missing)\nConflicts: 0\nExtra: 0\n",
		 "", NULL},
		{"status says pending", "$MANAGE status --exit-code --url $URL $CREATE", 2,
		 "memories (to be created): One thing to remember, with its text\n", "", NULL},
		{"check", "$MANAGE check --url $URL $CREATE", 2, "registry/memstack.def:", "",
		 NULL},
		{"plan", "$MANAGE plan --url $URL $CREATE", 0,
		 "Total: create 6 tables; each table is one transaction.\nNext: 'manage apply'.\n",
		 "", NULL},
		{"no history yet", "$MANAGE history --url $URL $CREATE", 0,
		 "No changes are recorded.\n", "", NULL},
		{"apply does not ask nobody", "$MANAGE apply --url $URL $CREATE", 64, "",
		 "hint: give '--yes' to apply without being asked\n", NULL},
		{"and has done nothing", "$MANAGE check --url $URL $CREATE", 2,
		 "0 of 41 columns present, 41 missing", "", NULL},
		{"apply", "$MANAGE apply --yes --url $URL $CREATE", 0,
		 "applied 41 columns, 6 tables created", NULL, NULL},
		{"apply again", "$MANAGE apply --url $URL", 0, "nothing to do, 41 columns present",
		 "", NULL},
		{"check says in sync", "$MANAGE check --url $URL", 0,
		 "in sync, 41 of 41 columns present", "", NULL},
		{"status says in sync", "$MANAGE status --exit-code -u $URL", 0,
		 "In sync: nothing to do.\n", "", NULL},
		{"plan says in sync", "$MANAGE plan --exit-code -u $URL", 0, "Nothing to do.\n", "",
		 "Next"},
		{"no script", "$MANAGE plan --format sql -u $URL", 0, "", "", NULL},
		{"history", "$MANAGE history -u $URL", 0, "create_table task_logs", "", NULL},
		{"history of a table", "$MANAGE history -u $URL --table memories", 0,
		 "create_table memories", "", "task_logs"},
		{"the newest only", "$MANAGE history -u $URL --limit 1 | wc -l", 0, "2\n", "",
		 NULL},
		{"history whole", "$MANAGE history -u $URL -v --log-level warn", 0, "CREATE TABLE",
		 "", NULL},
		{"since an hour", "$MANAGE history -u $URL --since 1h", 0, "create_table task_logs",
		 "", NULL},
		{"since a day that is long over", "$MANAGE history -u $URL -s 2001-02-03", 0,
		 "create_table task_logs", "", NULL},
		{"since the future", "$MANAGE history -u $URL --since 2999-12-31T23:59:59.999Z", 0,
		 "No such changes are recorded.\n", "", NULL},
		{"one change", "$MANAGE show 1 -u $URL", 0, "  action       create_table\n", "",
		 NULL},
		{"how it ended", "$MANAGE show 1 -u $URL", 0,
		 "  outcome      applied\n  started      20", "", NULL},
		{"its SQL", "$MANAGE show -u $URL 1", 0, "\n\n  CREATE TABLE ", "", NULL},
		{"one that is not there", "$MANAGE show 4711 -u $URL", 1, "",
		 "history has no change 4711\nhint: 'manage history --limit 0' lists them\n", NULL},
	};

	first_start(database);
	EXPECT(rows);
}

/* A constant default rewrites a table of rows before PostgreSQL 11. */
static void expect_costs(struct database *database)
{
	static const struct expectation rows[] = {
		{"check: a line a column", "$MANAGE check -u $URL", 2,
		 ": pending: task_logs.progress INTEGER DEFAULT '0'\n", "", NULL},
		{"plan", "$MANAGE plan -u $URL --exit-code", 2,
		 "task_logs: add 3 columns, cost: catalog", "", NULL},
	};
	static const struct expectation before_11[] = {
		{"check: a line a column", "$MANAGE check -u $URL", 2,
		 ": pending: task_logs.progress INTEGER DEFAULT '0' (", "", NULL},
		{"plan", "$MANAGE plan -u $URL --exit-code", 2,
		 "task_logs: add 3 columns, cost: rewrite", "", NULL},
	};

	if (database->engine == ENGINE_POSTGRES && database_version(database) < 11)
		EXPECT(before_11);
	else
		EXPECT(rows);
}

void flow_upgrade(struct database *database)
{
	static const struct expectation rows[] = {
		{"status: what is there", "$MANAGE status -u $URL", 0,
		 "Applied: 13\nPending: 28 (4", "", NULL},
		{"status: applied, with its description", "$MANAGE status -u $URL", 0,
		 "\u2713 memories.version       Goes up by one with each edit\n", "", NULL},
		{"status: pending, with its description", "$MANAGE status -u $URL", 0,
		 "+ memories.task_id  Task ID for SSE streaming during episode ingestion\n", "",
		 NULL},
		{"dry run", "$MANAGE apply --dry-run -u $URL", 0,
		 "Total: create 4 tables, add 4 columns to 2 tables", "", NULL},
		{"nothing done so far", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
		{"apply", "$MANAGE -u $URL -y apply", 64, "", "unknown option '-y'", NULL},
		{"apply, options behind", "$MANAGE -u $URL apply -y", 0,
		 "applied 28 columns, 4 tables created", "Plan for memstack on ", NULL},
		{"in sync", "$MANAGE check -u $URL", 0, "in sync", "", NULL},
		{"rows are kept", "echo \"SELECT title, content FROM memories;\" | $SQL", 0,
		 "Gr\u00fc\u00dfe|It's here\n", "", NULL},
		{"the default holds for old rows",
		 "echo \"SELECT status, progress FROM task_logs;\" | $SQL", 0, "PENDING|0\n", "",
		 NULL},
		{"history names columns", "$MANAGE history -u $URL", 0,
		 "add_column   task_logs.progress", "", NULL},
		{"an extra column", "echo 'ALTER TABLE memories ADD COLUMN mood TEXT;' | $SQL", 0,
		 "", "", NULL},
		{"is fine", "$MANAGE status --exit-code -u $URL", 0, "memories.mood\n", "", NULL},
	};

	database_execute(database, "%s", old_tables);
	expect_costs(database);
	EXPECT(rows);
}

void flow_script(struct database *database)
{
	static const struct expectation rows[] = {
		{"plan as a script", "$MANAGE plan --format sql -u $URL > $DIR/change.sql", 0, "",
		 "", NULL},
		{"the real client runs it", "$SQL < $DIR/change.sql", 0, "", "", NULL},
		{"in sync", "$MANAGE check -u $URL", 0, "in sync, 41 of 41 columns present", "",
		 NULL},
		{"rows are kept", "echo 'SELECT id, progress FROM task_logs;' | $SQL", 0, "t1|0\n",
		 "", NULL},
		{"nothing left", "$MANAGE apply --dry-run -f sql -u $URL", 0, "", "", NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(rows);
}

void flow_conflict(struct database *database)
{
	static const struct expectation rows[] = {
		{"status shows both sides", "$MANAGE status -u $URL", 0,
		 "type: declared INTEGER, in the database ", "", NULL},
		{"and where it is declared", "$MANAGE status -u $URL", 0,
		 "registry/memstack.def:", "", NULL},
		{"status, exit code", "$MANAGE status --exit-code -u $URL", 3, "Conflicts: 1\n", "",
		 NULL},
		{"check", "$MANAGE check -u $URL", 3,
		 ": conflict: memories.version, type: declared INTEGER", "", NULL},
		{"plan does the rest", "$MANAGE plan -u $URL", 0,
		 "1 column is in conflict: 'manage status' shows both sides.\n", "", NULL},
		{"apply does the rest, and says so", "$MANAGE apply --yes -u $URL", 3, "",
		 "manage: ", NULL},
		{"the rest is done", "$MANAGE check -u $URL", 3,
		 "40 of 41 columns present, 0 missing, 1 in conflict", "", NULL},
		{"apply has nothing to do but say so", "$MANAGE apply -u $URL", 3, "",
		 "manage: ", NULL},
		{"as JSON", "$MANAGE apply -u $URL -f json", 3, "\"status\": \"conflict\"",
		 "manage: ", NULL},
	};

	database_execute(database, "%s", old_tables);
	database_execute(database, "ALTER TABLE memories DROP COLUMN version");
	database_execute(database, "ALTER TABLE memories ADD COLUMN version TEXT NOT NULL "
				   "DEFAULT '1'");
	EXPECT(rows);
}

void flow_foreign(struct database *database)
{
	static const struct expectation rows[] = {
		{"status", "$MANAGE status -u $URL", 0, "the name is taken by a view", "", NULL},
		{"check", "$MANAGE check -u $URL", 3,
		 ": conflict: memories: the name is taken (a "
		 "view)",
		 "", NULL},
		{"plan", "$MANAGE plan -u $URL", 0, "impossible", "", NULL},
		{"apply does the rest", "$MANAGE apply --yes -u $URL", 3, "", "memories", NULL},
		{"the rest is done", "$MANAGE check -u $URL", 3, "32 of 41 columns present", "",
		 NULL},
	};

	database_execute(database, "CREATE VIEW memories AS SELECT 1 AS id");
	EXPECT(rows);
}

/* A database that others made gets a history that begins with what they made. */
void flow_adopt(struct database *database)
{
	static const struct expectation rows[] = {
		{"stamp", "$MANAGE stamp -u $URL", 0,
		 ": recorded 2 tables as they are\nMissing: 28 columns. Next: 'manage plan'.\n", "",
		 "onflict"},
		{"once", "$MANAGE stamp -u $URL", 0, ": nothing to record\n", "", NULL},
		{"once, JSON", "$MANAGE stamp -u $URL -f json", 0, "\"stamped\": 0", "", NULL},
		{"by the service itself",
		 "RECONCILE_URL=$URL RECONCILE_MODE=stamp ${MANAGE%manage}service", 0, "serving",
		 "missing=28", NULL},
		{"it is history's first", "$MANAGE history -u $URL -t memories", 0,
		 "stamp  memories", "", "task_logs"},
		{"with what was there", "$MANAGE show 1 -u $URL", 0, "title VARCHAR", "", NULL},
		{"the rest is added", "$MANAGE apply -y -u $URL", 0, "applied 28 columns", NULL,
		 NULL},
		{"which history knows", "$MANAGE history -u $URL --since 1h", 0,
		 "create_table tenants", "", NULL},
		{"nothing is left to record", "$MANAGE stamp -u $URL", 0, ": nothing to record\n",
		 "", "Missing"},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(rows);
}
