/* A folder of scripts: what its names say, which one is meant, and what never runs. On SQLite: what
 * is tested ends before a database is asked. */
#include "expect.h"

#include <criterion/criterion.h>

#define SCRIPT "$MANAGE script --dir $DIR/m -u $URL "

static void with_folder(const struct expectation *rows, size_t count)
{
	static const struct expectation folder[] = {
		{"a folder", "mkdir $DIR/m && : > $FILE", 0, "", "", NULL},
	};
	struct database *database = database_new(ENGINE_SQLITE);
	expect_environment(database);
	EXPECT(folder);
	expect_rows(rows, count);
	database_free(database);
}

#define EXPECT_IN_FOLDER(rows) with_folder(rows, sizeof(rows) / sizeof((rows)[0]))

#define TABLES "echo \"SELECT name FROM sqlite_master WHERE name LIKE 't%' ORDER BY 1;\" | $SQL"

Test(script_folder, a_name_that_several_have_is_refused, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"two folders with the same numbers",
		 "cd $DIR/m && mkdir app billing && for at in app billing; do for n in 1 2; do "
		 "echo "
		 "\"CREATE TABLE t_${at}_$n (a INTEGER)\" > $at/00${n}_x.up.sql; echo \"DROP TABLE "
		 "t_${at}_$n\" > $at/00${n}_x.down.sql; done; done; echo 'CREATE TABLE t_app_3 (a "
		 "INTEGER)' > app/003_three.sql",
		 0, "", "", NULL},
		{"up to a number", SCRIPT "up --to 001", 64, "",
		 "'001' may be each of 2 scripts: 'app/001_x', 'billing/001_x'\nhint: nothing was "
		 "done; "
		 "name one of them with its folder, as in 'folder/001'",
		 NULL},
		{"to a name", SCRIPT "up --to 002_x", 64, "",
		 "'002_x' may be each of 2 scripts: 'app/002_x', 'billing/002_x'", NULL},
		{"nothing ran", TABLES, 0, "", "", NULL},
		{"with its folder", SCRIPT "up --to billing/1", 0, "applied billing/001_x\n", "",
		 "app/"},
		{"one that only one has", SCRIPT "up --to 3", 0, "applied app/003_three\n", "",
		 "billing"},
		{"the rest", SCRIPT "up", 0, "applied billing/002_x\n", "", NULL},
		{"back to a number", SCRIPT "down --to 1", 64, "", "may be each of 2 scripts",
		 NULL},
		{"as pending", SCRIPT "stamp --pending 001", 64, "",
		 "'001' may be each of 2 scripts", NULL},
		{"as applied", SCRIPT "stamp 002", 64, "", "'002' may be each of 2 scripts", NULL},
		{"nothing is", SCRIPT "status | tail -n 1", 0, ": 5 scripts, 0 pending\n", "",
		 NULL},
		{"one of them", SCRIPT "stamp --pending billing/001", 0,
		 "recorded as pending billing/001_x\n", "", "app/"},
		{"and back", SCRIPT "stamp billing/001_x && " SCRIPT "down --to billing/001", 0,
		 "took back billing/002_x\n", "", "app/"},
		{"a folder that has it not", SCRIPT "stamp billing/003", 64, "",
		 "there is no script 'billing/003'", NULL},
		{"a name as it is listed comes first",
		 "echo 'SELECT 1' > $DIR/m/001_x.sql; " SCRIPT "stamp 001_x", 0,
		 "recorded as applied 001_x\n", "", NULL},
		{"its number does not", SCRIPT "stamp 001", 64, "",
		 "may be each of 3 scripts: '001_x', ", NULL},
		{"a script's number is no number of scripts", SCRIPT "down 002", 64, "",
		 "'002' is no number of scripts\nhint: name one script with '--to'", NULL},
		{"zero may be one",
		 "echo 'SELECT 1' > $DIR/m/000_init.sql; " SCRIPT "stamp 000 && " SCRIPT
		 "down --to 000 --dry-run",
		 65, NULL, "script '001_x' has no way back", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}

Test(script_folder, a_revision_behind_a_date_is_an_id, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"as Alembic calls them",
		 "cd $DIR/m && for s in 20260223_1800_001_initial_schema 20260223_1800_002_teams "
		 "20260301_0915_003_facts 20260302_0101_ae1027a6acfd_tags; do n=$((n+1)); echo "
		 "\"CREATE TABLE t$n (a INTEGER)\" > $s.up.sql; echo \"DROP TABLE t$n\" > "
		 "$s.down.sql; done",
		 0, "", "", NULL},
		{"valid", SCRIPT "validate", 0, "4 scripts, 0 findings\n", "", NULL},
		{"to one", SCRIPT "up --to 001", 0, "applied 20260223_1800_001_initial_schema\n",
		 "", "teams"},
		{"in their order", SCRIPT "up --to 3", 0,
		 "applied 20260223_1800_002_teams\n✓ applied 20260301_0915_003_facts\n", "",
		 "tags"},
		{"a hash", SCRIPT "up --to ae1027a6acfd", 0,
		 "applied 20260302_0101_ae1027a6acfd_tags\n", "", NULL},
		{"back to one", SCRIPT "down --to 002 --dry-run", 0,
		 "would take back 20260302_0101_ae1027a6acfd_tags\nwould take back "
		 "20260301_0915_003_facts\n",
		 "", "teams"},
		{"two of a minute are two", SCRIPT "stamp --pending 20260223_1800", 64, "",
		 "'20260223_1800' may be each of 2 scripts: ", NULL},
		{"the minute is no ID beside a revision", SCRIPT "stamp --pending 1800", 64, "",
		 "there is no script '1800'", NULL},
		{"one revision for two",
		 "cd $DIR/m && : > 20260401_1200_003_other.sql; " SCRIPT
		 "validate | grep -c \"the revision of '20260301_0915_003_facts' too\"; rm "
		 "20260401*",
		 0, "1\n", "", NULL},
		{"one number for two",
		 "cd $DIR/m && mv 20260223_1800_002_teams.up.sql "
		 "20260223_1800_001_teams.up.sql; " SCRIPT "validate | grep -c 'which comes first'",
		 0, "1\n", "", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}

Test(script_folder, a_number_behind_a_day_is_an_id, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"as memoric calls them",
		 "cd $DIR/m && for s in 20250115_0001_initial_schema 20250301_0002_clusters; do "
		 "n=$((n+1)); echo \"CREATE TABLE t$n (a INTEGER)\" > $s.up.sql; echo \"DROP TABLE "
		 "t$n\" > $s.down.sql; done",
		 0, "", "", NULL},
		{"to one", SCRIPT "up --to 0001", 0, "applied 20250115_0001_initial_schema\n", "",
		 "clusters"},
		{"all", SCRIPT "up", 0, "applied 20250301_0002_clusters\n", "", NULL},
		{"back", SCRIPT "down --to 0001", 0, "took back 20250301_0002_clusters\n", "",
		 "initial"},
		{"a new one goes on with both",
		 SCRIPT
		 "new sentiment && ls $DIR/m | grep -c '^20[0-9]*_0003_sentiment[.]up[.]sql$'",
		 0, "\n1\n", "", NULL},
		{"and again", SCRIPT "new more && " SCRIPT "validate", 0, "4 scripts, 0 findings\n",
		 "", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}

Test(script_folder, new_goes_on_with_a_series, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"dates",
		 ": > $DIR/m/20260223_1800_first.sql; " SCRIPT "new a && " SCRIPT "new b && " SCRIPT
		 "new c && " SCRIPT "validate",
		 0, "4 scripts, 0 findings\n", "", NULL},
		{"one behind the other",
		 "ls $DIR/m | grep -v down | sed 's/.*_\\(.*\\)[.]up.*/\\1/' | "
		 "tail -n 3 | tr '\\n' ' '",
		 0, "a b c ", "", NULL},
		{"dates that have numbers, too",
		 "rm $DIR/m/*; : > $DIR/m/20260223_1800_009_first.sql; " SCRIPT "new a && " SCRIPT
		 "new b && " SCRIPT "validate && ls $DIR/m | grep -c "
		 "'^20[0-9]*_[0-9]\\{4\\}_01[01]_[ab][.]up[.]sql$'",
		 0, "3 scripts, 0 findings\n2\n", "", NULL},
		{"a last one that lies ahead",
		 "rm $DIR/m/*; : > $DIR/m/29991231_2359_far.sql; " SCRIPT "new a", 0,
		 "/m/30000101_0000_a.up.sql\n", "", NULL},
		{"moments",
		 "rm $DIR/m/*; : > $DIR/m/20240101120000_first.sql; : > "
		 "$DIR/m/20240301120000_next.sql; " SCRIPT "validate && " SCRIPT "new a && " SCRIPT
		 "validate",
		 0, "/m/20", "", "20240301"},
		{"a last moment that lies ahead",
		 ": > $DIR/m/29991231235959_far.sql; " SCRIPT "new b", 0,
		 "/m/29991231235960_b.up.sql\n", "", NULL},
		{"a long number that is none",
		 "rm $DIR/m/*; : > $DIR/m/20249901120000_x.sql; " SCRIPT "new c", 0,
		 "/m/20249901120001_c.up.sql\n", "", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}

Test(script_folder, what_looks_like_a_script_and_is_none_is_named, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"such names",
		 "cd $DIR/m && echo 'CREATE TABLE t1 (a INTEGER)' > 001_a.sql && : > 003-c.sql && "
		 ": > "
		 "004d.sql && : > 1975ea83b712_add.sql && : > seed.SQL && : > 005_.sql && : > "
		 "006_x && "
		 "mkdir -p in/deep && : > in/deep/001_x.sql && : > notes.txt && : > cafe.md && "
		 "mkfifo "
		 "007_pipe.sql",
		 0, "", "", NULL},
		{"status names them", SCRIPT "status", 0, "+ 001_a\n",
		 "/m/003-c.sql is ignored, it never runs: no '_' follows the number", "notes"},
		{"each of them", SCRIPT "status 2>&1 | grep -c 'is ignored'", 0, "8\n", "", NULL},
		{"a hash", SCRIPT "status", 0, NULL,
		 "/m/1975ea83b712_add.sql is ignored, it never runs: its name does not begin with "
		 "a "
		 "number",
		 "cafe.md"},
		{"as JSON", SCRIPT "status -q -f json | grep -c '\"reason\": '", 0, "8\n", "",
		 NULL},
		{"validate, too", SCRIPT "validate", 0,
		 "/m/004d.sql: is ignored, it never runs: ", "", NULL},
		{"as warnings", SCRIPT "validate", 0, "1 script, 0 findings, 8 warnings\n", "",
		 NULL},
		{"or findings", SCRIPT "validate --strict", 65, "1 script, 8 findings\n", "",
		 "warning"},
		{"before up does anything", SCRIPT "up", 0, "applied 001_a\n",
		 "/m/in/deep/001_x.sql is ignored, it never runs: a folder in a folder is not read",
		 NULL},
		{"quietly", SCRIPT "up -q", 0, NULL, "", NULL},
		{"stamp names them", SCRIPT "stamp", 0, "no script to do",
		 "/m/003-c.sql is ignored, it never runs: no '_' follows the number", NULL},
		{"none is left",
		 "cd $DIR/m && rm -r 003-c.sql 004d.sql *.SQL 1975* 00[567]* in && " SCRIPT
		 "validate --strict",
		 0, "1 script, 0 findings\n", "", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}

Test(script_folder, everything_is_looked_at_before_the_first_runs, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"a copy",
		 "echo 'CREATE TABLE t1 (a INTEGER)' > $DIR/m/001_a.sql; : > "
		 "$DIR/m/007_g.sql.bak; " SCRIPT "up",
		 78, "",
		 "/m/007_g.sql.bak: there is no runner for '.bak'\nhint: nothing was run; call it "
		 "'.sql', or move it away",
		 NULL},
		{"though only the first is asked for", SCRIPT "up 1", 78, "", "'.bak'", NULL},
		{"validate finds it", SCRIPT "validate | grep -c \"no runner for '.bak'\"", 0,
		 "1\n", "", NULL},
		{"capitals", "cd $DIR/m && mv 007_g.sql.bak 007_g.SQL; " SCRIPT "up", 78, "",
		 "hint: nothing was run; call it '.sql', in small letters", NULL},
		{"a letter too few", "cd $DIR/m && mv 007_g.SQL 007_g.sq; " SCRIPT "up", 78, "",
		 "there is no runner for '.sq'", NULL},
		{"a way back alone", "cd $DIR/m && mv 007_g.sq 007_g.Down.sql; " SCRIPT "up", 65,
		 "", "script '007_g' has only a way back: ", NULL},
		{"one that cannot be read",
		 "cd $DIR/m && rm 007* && ln -s nowhere 007_g.sql; " SCRIPT "up", 65, "",
		 "/m/007_g.sql' cannot be read: No such file", NULL},
		{"a program that is not there",
		 "cd $DIR/m && rm 007* && : > 007_g.py && printf '[runner]\npy = no-such-program "
		 "-x "
		 "{file}\n' > $DIR/r.ini; " SCRIPT "up -c $DIR/r.ini",
		 78, "",
		 "/m/007_g.py: the program 'no-such-program' of the runner for '.py' cannot be "
		 "found",
		 NULL},
		{"nothing ran", TABLES, 0, "", "", NULL},
		{"of another folder it does not matter",
		 "mkdir $DIR/m/py && mv $DIR/m/007_g.py $DIR/m/py; " SCRIPT "up --to 001", 0,
		 "applied 001_a\n", "", NULL},
		{"a program by its path",
		 "printf '[runner]\npy = /bin/sh {file}\n' > $DIR/r.ini; " SCRIPT
		 "up -c $DIR/r.ini",
		 0, "applied py/007_g\n", "", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}

/* Before the columns, and before anything is dropped. */
Test(script_folder, is_looked_at_before_anything_else_is_done, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"a folder that is not there",
		 "$MANAGE apply --yes --scripts --dir $DIR/none -u $URL", 65, "",
		 "none' cannot be read: No such file or directory", NULL},
		{"one that can be read in part",
		 "cd $DIR/m && for i in 1 2 3 4 5; do : > 00${i}_x.sql; done; export "
		 "ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS LD_PRELOAD=$(dirname "
		 "$OWN)/bad_folder.so; $MANAGE apply --yes --scripts --dir $DIR/m -u $URL",
		 1, "", "/m' cannot be read: Input/output error", NULL},
		{"nothing was done", "rm $DIR/m/*; echo 'SELECT name FROM sqlite_master;' | $SQL",
		 0, "", "", NULL},
		{"a file of another tool",
		 "echo 'CREATE TABLE g (a INTEGER); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
		 "SELECT "
		 "i + 1 FROM n WHERE i < 1000) INSERT INTO g SELECT i FROM n;' | $SQL; printf -- "
		 "'-- "
		 "migrate:up\nSELECT 1;\n-- migrate:down\nDROP TABLE g;\n' > $DIR/m/001_g.sql; "
		 "$MANAGE apply --yes --scripts --dir $DIR/m -u $URL",
		 65, "", "of dbmate", NULL},
		{"nothing was done",
		 "echo 'SELECT count(*) FROM g; SELECT name FROM sqlite_master;' | "
		 "$SQL",
		 0, "1000\ng\n", "", "memories"},
		{"once it is recorded",
		 SCRIPT "stamp 1 && $MANAGE apply --yes -q --scripts --dir $DIR/m -u $URL", 0,
		 "recorded as applied 001_g\n", "", NULL},
		{"a start anew would run it",
		 "printf '[dev]\nurl = %s\nallow_fresh = yes\n' \"$URL\" > $DIR/r.ini && $MANAGE "
		 "fresh "
		 "--confirm 'DELETE ALL DATA' -c $DIR/r.ini -e dev --dir $DIR/m",
		 65, "", "of dbmate", NULL},
		{"nothing was dropped", "$MANAGE check -u $URL", 0, "in sync", "", NULL},
	};
	EXPECT_IN_FOLDER(rows);
}
