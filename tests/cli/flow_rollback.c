/* What was added is taken back, by somebody who is shown what it means. */
#include "expect.h"
#include "flow.h"

void flow_rollback(struct database *database)
{
	static const struct expectation rows[] = {
		{"made", "$MANAGE apply --yes -q -u $URL", 0, "applied 28 columns", "", NULL},
		{"what the registry declares",
		 "$MANAGE rollback --column task_logs.progress -u $URL", 3, "",
		 "'task_logs.progress', is not undone: it is still declared, "
		 "registry/memstack.def:",
		 NULL},
		{"looked at",
		 "$MANAGE rollback --column task_logs.progress --keep-registry --dry-run -u $URL",
		 0, "1 value would be lost\n     ALTER TABLE ", "", NULL},
		{"as JSON",
		 "$MANAGE rollback --column task_logs.progress --keep-registry -n -f json -u $URL",
		 0, "\"values\": 1\n", "", NULL},
		{"nobody is asked",
		 "$MANAGE rollback --column memories.task_id --keep-registry -u $URL", 64, "",
		 "hint: give '--yes' to do it without being asked\n", NULL},
		{"values are kept",
		 "$MANAGE rollback --column task_logs.progress --keep-registry --yes -u $URL", 3,
		 "", "1 value would be lost\nhint: nothing was changed; give --allow-data-loss",
		 NULL},
		{"in JSON too",
		 "$MANAGE rollback --column task_logs.progress --keep-registry -yq -f json -u $URL",
		 3, "\"status\": \"conflict\"", "would be lost", NULL},
		{"or not",
		 "$MANAGE rollback --column task_logs.progress --keep-registry --yes "
		 "--allow-data-loss "
		 "-u $URL",
		 0, "dropped task_logs.progress\n", "Rollback of ", NULL},
		{"it is in history", "$MANAGE history --limit 1 -u $URL", 0,
		 "drop_column task_logs.progress", "", NULL},
		{"not ours", "$MANAGE rollback --column memories.title -y -u $URL", 3, "",
		 "history does not say that registry 'memstack' added column 'memories.title'",
		 NULL},
		{"the next apply adds it again", "$MANAGE apply --yes -u $URL", 0,
		 "applied 1 column", NULL, NULL},
		{"the newest two", "$MANAGE rollback --last 2 --keep-registry -n -u $URL", 0,
		 "  1. task_logs.progress: drop the column of change ", "", "  3. "},
		{"history that somebody has changed",
		 "echo \"UPDATE reconcile_history SET table_name = '' WHERE action = 'add_column' "
		 "AND column_name = 'progress' AND id = (SELECT max(id) FROM "
		 "reconcile_history);\" | $SQL; "
		 "$MANAGE rollback --last 1 --yes --keep-registry --allow-data-loss -u $URL",
		 3, "", "is not undone: what history says of it is none of our SQL", NULL},
		{"as JSON, too",
		 "$MANAGE rollback --last 1 --yes --keep-registry --allow-data-loss -u $URL "
		 "-f json",
		 3, "\"state\": \"refused\"", NULL, NULL},
		{"and back",
		 "echo \"UPDATE reconcile_history SET table_name = 'task_logs' WHERE table_name = "
		 "'';\" | $SQL",
		 0, "", "", NULL},
		{"to a change that is not there", "$MANAGE rollback --to 4711 -u $URL", 1, "",
		 "history has no change 4711\nhint: `manage history --limit 0` lists them", NULL},
		{"not together", "$MANAGE rollback --to 1 --last 2 -u $URL", 64, "",
		 "'--last', '--to' and '--column' exclude each other", NULL},
		{"no column", "$MANAGE rollback --column memories -u $URL", 64, "",
		 "'memories' is not TABLE.COLUMN", NULL},
		{"everything",
		 "$MANAGE rollback --last 99 --keep-registry -y -q --allow-data-loss -u $URL", 0,
		 "rolled back 8 changes\n", "", NULL},
		{"nothing is left", "$MANAGE rollback -u $URL", 0, "Nothing to roll back.\n", "",
		 NULL},
		{"as before", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
		{"the rows are there", "echo 'SELECT id FROM task_logs;' | $SQL", 0, "t1\n", "",
		 NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(rows);
}
