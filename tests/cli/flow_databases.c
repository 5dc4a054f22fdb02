/* Scripts in folders that have databases of their own, one of them beside the command's. */
#include "expect.h"
#include "flow.h"

#include <stdlib.h>

#define SCRIPT "cd $DIR && \"$MANAGE\" script "
#define AUDIT " | sqlite3 $DIR/audit.db"

void flow_databases(struct database *database)
{
	/* clang-format off */
	static const struct expectation rows[] = {
		{"folders, and whose they are",
			"mkdir -p $DIR/m/audit $DIR/m/shared && cd $DIR/m && echo 'CREATE TABLE ours (a "
			"INTEGER)' > 001_ours.up.sql && echo 'DROP TABLE ours' > 001_ours.down.sql && echo "
			"'CREATE TABLE audited (a INTEGER)' > audit/001_audited.up.sql && echo 'DROP TABLE "
			"audited' > audit/001_audited.down.sql && echo 'CREATE TABLE more (a INTEGER)' > "
			"audit/002_more.up.sql && echo 'DROP TABLE more' > audit/002_more.down.sql && echo "
			"'CREATE TABLE shared (a INTEGER)' > shared/001_shared.up.sql && echo 'DROP TABLE "
			"shared' > shared/001_shared.down.sql && printf '[reconcile]\nscripts = m\nurl = %s\n"
			"allow_fresh = yes\n[audit]\nurl = sqlite:///%s/audit.db?mode=rwc\n' \"$URL\" \"$DIR\" "
			"> $DIR/reconcile.ini",
			0, "", "", NULL},
		{"what is pending, database by database",
			SCRIPT "status $CREATE",
			0, "+ 001_ours\n+ shared/001_shared\n", "", NULL},
		{"and there",
			SCRIPT "status",
			0, "+ audit/001_audited\n+ audit/002_more\n", "", NULL},
		{"a summary of each",
			SCRIPT "status | grep -c ': 2 scripts, 2 pending'",
			0, "2\n", "", NULL},
		{"valid",
			SCRIPT "validate",
			0, "4 scripts, 0 findings\n", "", NULL},
		{"all of them, in order",
			SCRIPT "up",
			0,
			"applied 001_ours\n✓ applied audit/001_audited\n✓ applied audit/002_more\n✓ applied "
			"shared/001_shared\n",
			"",
			NULL},
		{"each where it belongs",
			"echo 'SELECT count(*) FROM ours; SELECT count(*) FROM shared;' | $SQL && echo 'SELECT "
			"count(*) FROM audited; SELECT count(*) FROM more;'" AUDIT,
			0, "0\n0\n0\n0\n", "", NULL},
		{"with its history beside it",
			"echo \"SELECT object FROM reconcile_history WHERE action = 'script_up' ORDER BY id;\""
			AUDIT " && echo --- && echo \"SELECT object FROM reconcile_history WHERE action = "
			"'script_up' ORDER BY id;\" | $SQL",
			0, "audit/001_audited\naudit/002_more\n---\n001_ours\nshared/001_shared\n", "", NULL},
		{"once",
			SCRIPT "up | grep -c ': no script to do'",
			0, "2\n", "", NULL},
		{"a flag is about the command's own",
			SCRIPT "status -u sqlite:///none.db --create",
			0, "+ 001_ours\n+ shared/001_shared\n", "", "+ audit"},
		{"so is the environment",
			"export DATABASE_URL=sqlite:///none.db; " SCRIPT "status --create; rm none.db",
			0, "✓ audit/001_audited", "", "+ audit"},
		{"as JSON",
			SCRIPT "status -f json | grep -c '\"place\": \".*audit.db\"'",
			0, "2\n", "", NULL},
		{"a clock that was wrong once changes no order in a database",
			"echo \"UPDATE reconcile_history SET applied_at = '2999-01-01T00:00:00.000Z' WHERE "
			"object = 'audit/001_audited';\"" AUDIT " && " SCRIPT "down 4 --dry-run",
			0,
			"would take back shared/001_shared\nwould take back audit/002_more\nwould take back "
			"audit/001_audited\nwould take back 001_ours\n",
			"",
			NULL},
		{"the newest is taken back, wherever it is",
			SCRIPT "down",
			0, "took back shared/001_shared\n", "", "audit/"},
		{"and the one before",
			SCRIPT "down",
			0, "took back audit/002_more\n", "", "/001_"},
		{"what would go back",
			SCRIPT "down 2 --dry-run",
			0, "would take back audit/001_audited\nwould take back 001_ours\n", "", NULL},
		{"one by its name",
			SCRIPT "up --to audit/002_more",
			0, "applied audit/002_more\n", "", "shared/"},
		{"back to one of the same folder",
			SCRIPT "down --to audit/001_audited",
			0, "took back audit/002_more\n", "", "ours"},
		{"recorded there",
			SCRIPT "stamp audit/002_more",
			0, "recorded as applied audit/002_more\n", "", NULL},
		{"its history",
			"cd $DIR && DATABASE_URL=$URL $MANAGE history --database audit",
			0, "script_stamp audit/002_more", "", "ours"},
		{"an edited one stops all",
			"echo '--' >> $DIR/m/audit/001_audited.up.sql; " SCRIPT "up",
			65, "", "audit/001_audited.up.sql: it was changed after it was applied", NULL},
		{"until it is as it was",
			"echo 'CREATE TABLE audited (a INTEGER)' > $DIR/m/audit/001_audited.up.sql; " SCRIPT
			"stamp --pending audit/002_more && " SCRIPT "up -q",
			0, "applied audit/002_more\n✓ applied shared/001_shared\n", "", NULL},
		{"a file that is gone",
			"mv $DIR/m/audit/002_more.* $DIR; " SCRIPT "validate",
			65, "audit/002_more: applied, and its file is gone\n", "", NULL},
		{"a database that is not there",
			"mv $DIR/002_more.* $DIR/m/audit; sed 's/audit.db?mode=rwc/nowhere.db/' "
			"$DIR/reconcile.ini > $DIR/r.ini; " SCRIPT "up -c r.ini",
			69, "", "the database of the scripts' folder 'audit': sqlite file", NULL},
		{"is not compared",
			SCRIPT "validate -c r.ini",
			0, "4 scripts, 0 findings\n", "Not compared with history, folder audit: ", NULL},
		{"fresh has to be allowed there, too",
			"cd $DIR && $MANAGE fresh --confirm 'DELETE ALL DATA'",
			78,
			"",
			"fresh is not allowed for the database of the folder 'audit', nothing was changed\n"
			"hint: 'allow_fresh = yes' has to stand in the section of that name\n",
			NULL},
		{"nothing was dropped",
			"echo 'SELECT count(*) FROM more;'" AUDIT,
			0, "0\n", "", NULL},
		{"when it is",
			"echo 'INSERT INTO audited VALUES (1); INSERT INTO more VALUES (1);'" AUDIT
			" && cd $DIR && echo 'allow_fresh = yes' >> reconcile.ini && $MANAGE fresh --confirm "
			"'DELETE ALL DATA'",
			0, "took back audit/002_more\n", NULL, NULL},
		{"all is new",
			"echo 'SELECT count(*) FROM audited; SELECT count(*) FROM more;'" AUDIT
			" && cd $DIR && $MANAGE check && " SCRIPT "up",
			0, "0\n0\n", "", "applied"},
	};
	/* clang-format on */

	setenv("CREATE", database->engine == ENGINE_SQLITE ? "--create" : "-q", 1);
	EXPECT(rows);
}
