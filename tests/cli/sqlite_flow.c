/* The command on SQLite files. */
#include "expect.h"
#include "flow.h"

#include <criterion/criterion.h>

static void with_database(void (*flow)(struct database *))
{
	struct database *database = database_new(ENGINE_SQLITE);

	expect_environment(database);
	flow(database);
	database_free(database);
}

Test(cli_sqlite, fresh)
{
	with_database(flow_fresh);
}

Test(cli_sqlite, upgrade)
{
	with_database(flow_upgrade);
}

Test(cli_sqlite, script)
{
	with_database(flow_script);
}

Test(cli_sqlite, conflict)
{
	with_database(flow_conflict);
}

Test(cli_sqlite, foreign)
{
	with_database(flow_foreign);
}

Test(cli_sqlite, adopt)
{
	with_database(flow_adopt);
}

Test(cli_sqlite, plan_file)
{
	with_database(flow_plan_file);
}

Test(cli_sqlite, rollback)
{
	with_database(flow_rollback);
}

Test(cli_sqlite, anew)
{
	with_database(flow_anew);
}

Test(cli_sqlite, anew_loss)
{
	with_database(flow_anew_loss);
}

Test(cli_sqlite, scripts)
{
	with_database(flow_scripts);
}

Test(cli_sqlite, bad_scripts)
{
	with_database(flow_bad_scripts);
}

Test(cli_sqlite, outside)
{
	with_database(flow_outside);
}

Test(cli_sqlite, databases)
{
	with_database(flow_databases);
}

static void wrong_files(struct database *database)
{
	static const struct expectation rows[] = {
		{"a mistyped path", "$MANAGE status -u $URL", 69, "", "hint: ", NULL},
		{"the same, to be applied", "$MANAGE apply --yes -u $URL", 69, "", "test.db", NULL},
		{"makes no file", "ls -A $DIR", 0, "", "", NULL},
		{"a folder", "$MANAGE check -u sqlite:///$DIR", 69, "", "manage: ", NULL},
		{"not a database",
		 "seq 1000 > $DIR/text; $MANAGE apply --yes -u sqlite:///$DIR/text", 1, "",
		 "is not a SQLite database", NULL},
		{"is left as it was", "seq 1000 | cmp - $DIR/text", 0, "", "", NULL},
		{"an empty file is a database",
		 ": > $DIR/empty; $MANAGE check -u sqlite:///$DIR/empty", 2, "41 missing", "",
		 NULL},
		{"in memory", "$MANAGE apply --yes -u sqlite://:memory:", 0, "applied 41 columns",
		 NULL, NULL},
	};

	(void)database;
	EXPECT(rows);
}

Test(cli_sqlite, wrong_files)
{
	with_database(wrong_files);
}

static void configured(struct database *database)
{
	static const struct expectation rows[] = {
		{"INI file in the folder", "cd $DIR && $MANAGE check", 2, "28 missing", "", NULL},
		{"INI file named", "$MANAGE check --config $DIR/reconcile.ini", 2, "28 missing", "",
		 NULL},
		{"section", "cd $DIR && $MANAGE check --env other", 69, "", "absent.db", NULL},
		{"environment before file",
		 "cd $DIR && RECONCILE_URL=sqlite://:memory: $MANAGE check", 2, "41 missing", "",
		 NULL},
		{"flag before environment",
		 "cd $DIR && RECONCILE_URL=sqlite://:memory: $MANAGE check -u $URL", 2,
		 "28 missing", "", NULL},
		{"unknown key",
		 "printf '[reconcile]\\nulr = x\\n' > $DIR/bad.ini; "
		 "$MANAGE check -c $DIR/bad.ini",
		 78, "", "bad.ini:2: ", NULL},
		{"a file that is not there", "$MANAGE check -c $DIR/absent.ini", 78, "",
		 "absent.ini", NULL},
		{"colour from the file",
		 "printf '[reconcile]\\nurl = %s\\ncolor = always\\n' $URL > $DIR/color.ini; "
		 "$MANAGE check -c $DIR/color.ini",
		 2, "\033[33m", "", NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(((const struct expectation[]){
		{"make the file",
		 "printf '[reconcile]\\nurl = %s\\n[other]\\nurl = sqlite:///%s/absent.db\\n' "
		 "$URL $DIR > $DIR/reconcile.ini",
		 0, "", "", NULL},
	}));
	EXPECT(rows);
}

Test(cli_sqlite, configured)
{
	with_database(configured);
}

static void impossible(struct database *database)
{
	static const struct expectation rows[] = {
		{"check", "$MANAGE check -u $URL", 3, ": for a person, 1 of 41 columns present", "",
		 ": conflict"},
	};

	database_execute(database, "CREATE TABLE memories (id VARCHAR PRIMARY KEY);"
				   "INSERT INTO memories VALUES ('m')");
	EXPECT(rows);
}

Test(cli_sqlite, impossible)
{
	with_database(impossible);
}

static void read_only(struct database *database)
{
	static const struct expectation rows[] = {
		{"check", "$MANAGE check -u $URL?mode=ro", 2, "28 missing", "", NULL},
		{"apply", "$MANAGE apply --yes -u $URL?mode=ro", 77, "", "CREATE TABLE", NULL},
		{"what helps", "$MANAGE apply --yes -u $URL?mode=ro", 77, "",
		 "\nhint: leave mode=ro out of the URL\n", "primary"},
		{"nothing was changed", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(rows);
}

Test(cli_sqlite, read_only)
{
	with_database(read_only);
}
