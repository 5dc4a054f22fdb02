/* Numbered scripts, from the first one to the one that was cut off. */
#include "expect.h"
#include "flow.h"

#include <stdlib.h>

/* $SCRIPT: the command on a folder of this test. $PUT FILE TEXT: writes one of it, with printf's
 * backslashes. */
static void prepare(void)
{
	static const struct expectation rows[] = {
		{"a folder",
		 "mkdir $DIR/m && : > $DIR/m/notes.txt && { [ -z \"$FILE\" ] || : > $FILE; }", 0,
		 "", "", NULL},
	};

	setenv("SCRIPT", "\"$MANAGE\" script --dir \"$DIR/m\" --url \"$URL\"", 1);
	setenv("PUT", "put() { printf -- \"$2\" > \"$DIR/m/$1\"; }; put", 1);
	EXPECT(rows);
}

#define SCRIPT "eval \"$SCRIPT\" "
/* Root, too, may not read what it has taken from everybody. */
#define PLAIN                                                                                      \
	"plain() { if [ $(id -u) = 0 ]; then "                                                     \
	"setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"; else \"$@\"; fi; }; plain "
#define PUT "put() { printf -- \"$2\" > \"$DIR/m/$1\"; }; put "

void flow_scripts(struct database *database)
{
	static const struct expectation rows[] = {
		{"none yet", SCRIPT "status $CREATE", 0, ": 0 scripts, 0 pending\n", "", NULL},
		{"a new one", SCRIPT "new make_things", 0, "/m/001_make_things.up.sql\n", "", NULL},
		{"and the next", SCRIPT "new more_things", 0, "/m/002_more_things.down.sql\n", "",
		 NULL},
		{"not twice",
		 PUT "003_taken.up.sql x; " SCRIPT "new taken | tail -n 1; rm $DIR/m/00[34]_*", 0,
		 "/m/004_taken.down.sql\n", "", NULL},
		{"a bad name", SCRIPT "new a,b", 64, "", "is no name for a file", NULL},
		{"they are pending", SCRIPT "status", 0, "+ 001_make_things\n+ 002_more_things\n",
		 "", NULL},
		{"written",
		 PUT "001_make_things.up.sql 'CREATE TABLE things (id INTEGER PRIMARY KEY);\n"
		     "INSERT INTO things VALUES (1);\n'; " PUT
		     "001_make_things.down.sql 'DROP TABLE things;'; " PUT
		     "002_more_things.up.sql 'INSERT INTO things VALUES (2); INSERT INTO things "
		     "VALUES (3)'; " PUT
		     "002_more_things.down.sql 'DELETE FROM things WHERE id > 1'",
		 0, "", "", NULL},
		{"valid", SCRIPT "validate", 0, "2 scripts, 0 findings\n", "", NULL},
		{"what would run", SCRIPT "up --dry-run", 0,
		 "would run 001_make_things\nwould run 002_more_things\n", "", NULL},
		{"with its text", SCRIPT "up --dry-run -v 1", 0, "CREATE TABLE things", NULL,
		 "VALUES (2)"},
		{"nothing has", SCRIPT "status", 0,
		 ": 2 scripts, 2 pending\nNext: 'manage script up'.\n", "", NULL},
		{"one", SCRIPT "up 1", 0, "applied 001_make_things\n", "", "002_more"},
		{"the rest", SCRIPT "up", 0, "applied 002_more_things\n", "", "001_make"},
		{"once", SCRIPT "up", 0, ": no script to do\n", "", NULL},
		{"it is done", "echo 'SELECT count(*) FROM things;' | $SQL", 0, "3\n", "", NULL},
		{"its checksum is the file's",
		 "$MANAGE show 1 -u $URL | grep -q \"$(sha256sum < $DIR/m/001_make_things.up.sql | "
		 "cut -c 1-64)\"",
		 0, "", "", NULL},
		{"history", "$MANAGE history -u $URL", 0, "script_up  002_more_things ", "", NULL},
		{"as JSON", SCRIPT "status -f json", 0, "\"status\": \"applied\"", "", "pending"},
		{"back", SCRIPT "down", 0, "took back 002_more_things\n", "", "001_make"},
		{"it is undone", "echo 'SELECT count(*) FROM things;' | $SQL", 0, "1\n", "", NULL},
		{"what would go back", SCRIPT "down --to base --dry-run", 0,
		 "would take back 001_make_things\n", "", "002_more"},
		{"all back", SCRIPT "up -q && " SCRIPT "down 2", 0, "took back 002_more_things\n",
		 "", NULL},
		{"to one of them", SCRIPT "up --to 001", 0, "applied 001_make_things\n", "",
		 "002_more"},
		{"and to a name", SCRIPT "up --to 002_more_things", 0, "applied 002_more_things\n",
		 "", NULL},
		{"back to one", SCRIPT "down --to 1", 0, "took back 002_more_things\n", "",
		 "001_make"},
		{"one that is not there", SCRIPT "up --to 17", 64, "",
		 "there is no script '17' in '", NULL},
		{"recorded", SCRIPT "stamp", 0, "recorded as applied 002_more_things\n", "", NULL},
		{"only recorded", "echo 'SELECT count(*) FROM things;' | $SQL", 0, "1\n", "", NULL},
		{"and as pending", SCRIPT "stamp --pending 2", 0,
		 "recorded as pending 002_more_things\n", "", NULL},
		{"so that it runs", SCRIPT "up", 0, "applied 002_more_things\n", "", NULL},
		{"one that cannot be compared any more",
		 "cd $DIR/m && mv 001_make_things.up.sql $DIR && ln -s nowhere "
		 "001_make_things.up.sql; " SCRIPT "up",
		 65, "", "/m/001_make_things.up.sql' cannot be read: No such file or directory\n",
		 NULL},
		{"status and validate say so",
		 SCRIPT "status | grep -c 'its file cannot be read'; " SCRIPT
			"validate | grep -c 'cannot be read: No such file'; "
			"mv $DIR/001_make_things.up.sql $DIR/m/001_make_things.up.sql",
		 0, "1\n1\n", "", NULL},
		{"edited", "echo '-- x' >> $DIR/m/001_make_things.up.sql; " SCRIPT "up", 65, "",
		 "it was changed after it was applied: its sha256 is ", NULL},
		{"with both sums",
		 SCRIPT
		 "validate | grep -c "
		 "\"is $(sha256sum < $DIR/m/001_make_things.up.sql | cut -c 1-64), and it was \"",
		 0, "1\n", "", NULL},
		{"seen", SCRIPT "status", 0, "its file was changed since\n", "", NULL},
		{"put back", "sed -i '$d' $DIR/m/001_make_things.up.sql; " SCRIPT "up", 0,
		 "no script to do", "", NULL},
		{"a file that is gone", "mv $DIR/m/002_more_things.* $DIR; " SCRIPT "status", 0,
		 "002_more_things  20", "", NULL},
		{"no way back", SCRIPT "down", 65, "", "script '002_more_things' has no way back",
		 NULL},
		{"there again", "mv $DIR/002_more_things.* $DIR/m; " SCRIPT "validate", 0,
		 "0 findings", "", NULL},
		{"with apply",
		 SCRIPT "down -q; $MANAGE apply --yes -q --scripts --dir $DIR/m -u $URL", 0,
		 "applied 002_more_things\n", "", NULL},
		{"as one document",
		 SCRIPT
		 "down -q; $MANAGE apply --yes --scripts -f json --dir $DIR/m -u $URL > "
		 "$DIR/o.json; "
		 "grep -c format_version $DIR/o.json; grep -c '\"in_sync\": true' $DIR/o.json; "
		 "grep -c '\"name\": \"002_more_things\"' $DIR/o.json; grep -c '\"error\"' "
		 "$DIR/o.json",
		 1, "1\n1\n1\n0\n", NULL, NULL},
		{"which says what went wrong",
		 "echo 'nonsense' > $DIR/m/003_x.sql; $MANAGE apply --scripts -q -f json --dir "
		 "$DIR/m "
		 "-u $URL > $DIR/o.json; echo $?; grep -c format_version $DIR/o.json; "
		 "grep -c '\"in_sync\": true' $DIR/o.json; grep 'message.*003_x.sql:1:1' "
		 "$DIR/o.json",
		 0, "1\n1\n1\n", NULL, NULL},
		{"and what would be done",
		 "$MANAGE apply --scripts --dry-run -f json --dir $DIR/m -u $URL > $DIR/o.json; "
		 "grep -c format_version $DIR/o.json; grep '\"name\": \"003_x\"' $DIR/o.json",
		 0, "1\n", NULL, NULL},
	};

	setenv("CREATE", database->engine == ENGINE_SQLITE ? "--create" : "-q", 1);
	prepare();
	EXPECT(rows);
}

/* What is wrong with a script is said with its place, and nothing of it stays. */
void flow_bad_scripts(struct database *database)
{
	static const struct expectation rows[] = {
		{"no folder", "$MANAGE script up --dir $DIR/none -u $URL", 65, "",
		 "none' cannot be read: No such file or directory\nhint: name the folder with "
		 "'--dir'",
		 NULL},
		{"no folder, and none is named", "cd $DIR && $MANAGE script status -u $URL", 65, "",
		 "or begin one: 'manage script new NAME'\n", NULL},
		{"a folder that may not be read",
		 "at=$(mktemp -d -p /tmp) && mkdir $at/closed && chmod 0 $at/closed && " PLAIN
		 "\"$MANAGE\" script status --dir $at -u $URL; status=$?; rm -r $at; exit $status",
		 65, "", "/closed' cannot be read: Permission denied\n", NULL},
		{"a file instead of one", "$MANAGE script status --dir $DIR/m/notes.txt -u $URL",
		 65, "", "notes.txt' cannot be read: Not a directory\n", NULL},
		{"a script that cannot be read",
		 "ln -s nowhere $DIR/m/001_a.sql; " SCRIPT
		 "up; status=$?; rm $DIR/m/001_a.sql; exit $status",
		 65, "", "/m/001_a.sql' cannot be read: No such file or directory\n", NULL},
		{"no verb", "$MANAGE script -u $URL", 64, "", "'script' needs to know what to do",
		 NULL},
		{"another verb", SCRIPT "run", 64, "", "'script' cannot 'run'", NULL},
		{"in the middle",
		 PUT "001_a.sql 'CREATE TABLE one (a INTEGER);\n\nCREATE TABEL two (a "
		     "INTEGER);\n'; " SCRIPT "up",
		 1, "", "script '001_a': ", NULL},
		{"its place", SCRIPT "up 2>&1 | grep -c '/m/001_a.sql:3:8: '", 0, "1\n", "", NULL},
		{"nothing stays",
		 SCRIPT "status; echo 'SELECT * FROM one;' | $SQL 2>&1 | grep -c one", 0,
		 "+ 001_a\n", "", NULL},
		{"not SQL but psql", PUT "001_a.sql '\\\\\\\\d\n'; " SCRIPT "up", 1, "",
		 "hint: commands with a backslash are psql's, not SQL", NULL},
		{"an open quote", PUT "001_a.sql \"SELECT 'open\"; " SCRIPT "up", 1, "",
		 "/m/001_a.sql:1:8: ", NULL},
		{"a NUL", PUT "001_a.sql 'SELECT 1;\\000'; " SCRIPT "up", 65, "",
		 "byte 10 is a NUL", NULL},
		{"an empty one", ": > $DIR/m/001_a.sql; " SCRIPT "up", 0, "applied 001_a\n", "",
		 NULL},
		{"CRLF, and no end",
		 PUT "002_b.sql 'CREATE TABLE b (a INTEGER);\r\n"
		     "INSERT INTO b VALUES (1);\r\nINSERT INTO b VALUES (2)'; " SCRIPT "up",
		 0, "applied 002_b\n", "", NULL},
		{"a byte order mark",
		 PUT "003_c.sql '\\357\\273\\277INSERT INTO b VALUES (3);'; " SCRIPT "up", 0,
		 "applied 003_c\n", "", NULL},
		{"not ASCII",
		 PUT "004_d.sql \"CREATE TABLE grün (ä VARCHAR); INSERT INTO grün VALUES "
		     "('€');\"; " SCRIPT "up && echo 'SELECT * FROM grün;' | $SQL",
		 0, "€\n", "", NULL},
		{"ten megabytes",
		 "{ echo 'INSERT INTO b VALUES (0)'; yes ', (4)' | head -n 1500000; } > "
		 "$DIR/m/005_e.sql; " SCRIPT "up && echo 'SELECT count(*) FROM b;' | $SQL",
		 0, "1500004\n", "", NULL},
		{"and its checksum", SCRIPT "validate", 0, " 0 findings\n", "", NULL},
		{"a gap", PUT "007_g.sql 'SELECT 1'; " SCRIPT "validate", 65,
		 "there is a gap behind '005_e'", "", NULL},
		{"a pair of one", "mv $DIR/m/007_g.sql $DIR/m/006_g.up.sql; " SCRIPT "validate", 65,
		 "there is no '006_g.down.sql': no way back", "", NULL},
		{"a way back alone",
		 "mv $DIR/m/006_g.up.sql $DIR/m/006_g.down.sql; " SCRIPT "validate", 65,
		 "there is no '006_g.up.sql'", "", NULL},
		{"nothing to run", SCRIPT "up", 65, "", "script '006_g' has only a way back", NULL},
		{"one number for two",
		 "mv $DIR/m/006_g.down.sql $DIR/m/006_g.sql; " PUT "006_h.sql x; " SCRIPT "up", 65,
		 "", "'006_g' and '006_h' have the same number", NULL},
		{"validate says so too", SCRIPT "validate", 65, "the number of '006_g' too", "",
		 NULL},
		{"no runner", "rm $DIR/m/006_*; " PUT "006_p.py x; " SCRIPT "up", 78, "",
		 "there is no runner for '.py'", NULL},
		{"a runner that is not there",
		 "printf '[runner]\npy = $DIR/none {file}\n' > $DIR/r.ini; " SCRIPT
		 "up -c $DIR/r.ini",
		 78, "", "/none' of the runner for '.py' cannot be found", NULL},
		{"or cannot do it",
		 "printf '[runner]\npy = sh {file} {file}\n' > $DIR/r.ini; " PUT
		 "006_p.py 'exit 127'; " SCRIPT "up -c $DIR/r.ini",
		 1, "", "it ended with exit code 127", NULL},
		{"is looked at", SCRIPT "up -c $DIR/r.ini", 3, "",
		 "outside a transaction, and failed\n", NULL},
		{"and tried again",
		 SCRIPT "stamp 6 --pending && "
			"printf '[runner]\npy = sh {file}\n' > $DIR/r.ini; " PUT
			"006_p.py 'echo said; exit 3'; " SCRIPT "up -c $DIR/r.ini",
		 1, NULL, "it ended with exit code 3", NULL},
		{"or done",
		 SCRIPT
		 "stamp 6 --pending && " PUT
		 "006_p.py 'echo said; yes | head -n 1 > /dev/null; echo done > $DIR/ran'; " SCRIPT
		 "up -c $DIR/r.ini && cat $DIR/ran",
		 0, "done\n", "said\n", "Broken pipe"},
		{"a runner without its file",
		 "printf '[runner]\npy = python3\n' > $DIR/r.ini; " SCRIPT "up -c $DIR/r.ini", 78,
		 "", "r.ini:2: the command of 'py' does not say where the file goes", NULL},
		{"a way back that fails",
		 PUT "007_x.up.sql 'CREATE TABLE x (a INTEGER)'; " PUT
		     "007_x.down.sql 'DROP TABLE x; DROP TABLE nowhere'; " SCRIPT "up -q; " SCRIPT
		     "down",
		 1, NULL, "script '007_x': ", NULL},
		{"keeps what it took back", "echo 'SELECT count(*) FROM x;' | $SQL", 0, "0\n", "",
		 NULL},
		{"and stays applied", SCRIPT "status | tail -n 1", 0, ": 7 scripts, 0 pending\n",
		 "", NULL},
		{"a folder a database",
		 "mkdir $DIR/m/other; " PUT "other/001_o.sql 'CREATE TABLE o (a INTEGER)'; " SCRIPT
		 "up",
		 0, "applied other/001_o\n", "", NULL},
		{"new there", SCRIPT "new other/next", 0, "/m/other/002_next.up.sql\n", "", NULL},
		{"with a date",
		 "mkdir $DIR/d; : > $DIR/d/20260223_1800_001_initial.sql; "
		 "$MANAGE script new later -d $DIR/d -u $URL",
		 0, "_later.up.sql\n", "", "/d/2026022"},
		{"runs in its order", "$MANAGE script up -d $DIR/d --to 20260223_1800 -u $URL", 0,
		 "applied 20260223_1800_001_initial\n", "", "later"},
	};

	(void)database;
	prepare();
	EXPECT(rows);
}

/* Outside a transaction. */
void flow_outside(struct database *database)
{
	static const struct expectation postgres[] = {
		{"by hand it is refused",
		 PUT "001_i.sql 'CREATE TABLE t (a INTEGER)'; " PUT
		     "002_i.sql 'CREATE INDEX CONCURRENTLY i ON t (a)'; " SCRIPT "up",
		 1, "applied 001_i\n",
		 "hint: begin the file with the line '-- reconcile: no-transaction'", NULL},
		{"with its first line",
		 PUT "002_i.sql '-- reconcile: no-transaction\nCREATE INDEX CONCURRENTLY i ON t "
		     "(a)'; " SCRIPT "up",
		 0, "applied 002_i\n", "", NULL},
		{"COPY wants psql", PUT "003_c.sql 'COPY t FROM STDIN'; " SCRIPT "up", 1, "",
		 "COPY FROM STDIN wants rows, which only psql sends", NULL},
		{"its own COMMIT",
		 PUT "003_c.sql 'BEGIN; INSERT INTO t VALUES (1); COMMIT;'; " SCRIPT "up", 0,
		 "applied 003_c\n", "it ended the transaction that it ran in", NULL},
		{"its own ROLLBACK",
		 PUT "004_r.sql 'ROLLBACK; INSERT INTO t VALUES (2);'; " SCRIPT "up", 1, "",
		 "hint: what stands behind its ROLLBACK was done: look", NULL},
		{"is not forgotten", SCRIPT "up", 3, "", "outside a transaction, and failed", NULL},
		{"a COMMIT of its own, and then a failure",
		 SCRIPT "stamp 4 && " PUT
			"005_k.sql 'INSERT INTO t VALUES (5); COMMIT; INSERT INTO t VALUES (6); "
			"SELECT * FROM nowhere'; " SCRIPT "up",
		 1, NULL,
		 "hint: it ended the transaction that it ran in: what stands before its COMMIT was "
		 "done and stays: look, then `manage script stamp 005_k`, with --pending",
		 NULL},
		{"a part stayed", "echo 'SELECT count(*) FROM t WHERE a > 4;' | $SQL", 0, "1\n", "",
		 NULL},
		{"it is known", SCRIPT "status", 0,
		 "005_k  failed: a part of it may have been done\n", "", NULL},
		{"with a transaction of its own behind it",
		 SCRIPT "stamp 5 --pending -q && " PUT "005_k.sql 'COMMIT; BEGIN; INSERT INTO t "
			"VALUES (7); SELECT * FROM nowhere'; " SCRIPT "up",
		 1, NULL, "what stands before its COMMIT was done and stays", NULL},
		{"a lock that it does not get is no second try",
		 SCRIPT "stamp 5 --pending -q && " PUT
			"005_k.sql \"INSERT INTO t VALUES (8); COMMIT; DO 'BEGIN RAISE "
			"lock_not_available; "
			"END'\"; " SCRIPT "up",
		 75, NULL, "what stands before its COMMIT was done and stays", NULL},
		{"it was done once", "echo 'SELECT count(*) FROM t WHERE a > 6;' | $SQL", 0, "1\n",
		 "", NULL},
		{"a ROLLBACK before it",
		 SCRIPT
		 "stamp 5 --pending -q && " PUT
		 "005_k.sql 'ROLLBACK; BEGIN; INSERT INTO t VALUES (9); COMMIT; SELECT * FROM "
		 "nowhere'; " SCRIPT "up",
		 1, NULL, "what stands before its COMMIT was done and stays", NULL},
		{"is known as well", SCRIPT "up", 3, "", "outside a transaction, and failed", NULL},
		{"a transaction that it leaves open",
		 SCRIPT "stamp 5 --pending -q && " PUT
			"005_k.sql 'COMMIT; BEGIN; INSERT INTO t VALUES (10)'; " SCRIPT "up",
		 0, "applied 005_k\n", "it ended the transaction that it ran in", NULL},
		{"is its own, too", "echo 'SELECT count(*) FROM t WHERE a = 10;' | $SQL", 0, "1\n",
		 "", NULL},
		{"a setting is not the next one's",
		 "rm $DIR/m/005_k.sql; " SCRIPT "stamp 4 && " PUT
		 "005_s.sql \"SELECT set_config('search_path', '', false)\"; " PUT
		 "006_s.sql 'CREATE TABLE in_public (a INTEGER)'; " SCRIPT "up",
		 0, "applied 006_s\n", "", NULL},
		{"another database's second URL",
		 PUT "007_z.sql 'SELECT 1'; " SCRIPT
		     "up --ddl-url '\"$(echo \"$URL\" | sed \"s|/test_[^?]*|/postgres|\")\"'",
		 78, "", "ddl_url is ", NULL},
		{"the same one's", SCRIPT "up --ddl-url '\"$URL\"'", 0, "applied 007_z\n", "",
		 NULL},
		{"an open dollar quote", PUT "008_q.sql 'SELECT 1;\nSELECT $x$ open'; " SCRIPT "up",
		 1, "", "/m/008_q.sql:2:8: unterminated dollar-quoted string", NULL},
	};
	static const struct expectation sqlite[] = {
		{"inside it is refused", PUT "001_v.sql 'VACUUM'; " SCRIPT "up", 1, "",
		 "cannot VACUUM from within a transaction", NULL},
		{"with its first line",
		 PUT "001_v.sql '-- reconcile: no-transaction\r\nVACUUM; CREATE TABLE t (a "
		     "INTEGER)'; " SCRIPT "up",
		 0, "applied 001_v\n", "", NULL},
		{"a part is done",
		 PUT "002_p.sql '-- reconcile: no-transaction\nINSERT INTO t VALUES "
		     "(1);\nNONSENSE'; " SCRIPT "up",
		 1, "", "/m/002_p.sql:3:1: ", NULL},
		{"and said", SCRIPT "status", 0, "002_p  failed: a part of it may have been done\n",
		 "", NULL},
		{"nothing goes on behind it", PUT "003_n.sql 'SELECT 1'; " SCRIPT "up", 3, "",
		 "look at what it has done", "applied 003_n"},
		{"until somebody has looked", SCRIPT "stamp 2 && " SCRIPT "up", 0,
		 "applied 003_n\n", "", NULL},
		{"a dot is not SQL", PUT "004_d.sql '.tables'; " SCRIPT "up", 1, "",
		 "commands with a dot are those of the sqlite3 program", NULL},
		{"its own COMMIT",
		 PUT "004_d.sql 'INSERT INTO t VALUES (2); COMMIT;'; " SCRIPT "up", 0,
		 "applied 004_d\n", "it ended the transaction that it ran in", NULL},
		{"a COMMIT of its own, and then a failure",
		 PUT
		 "005_k.sql 'INSERT INTO t VALUES (5); COMMIT; INSERT INTO t VALUES (6); SELECT * "
		 "FROM nowhere'; " SCRIPT "up",
		 1, "",
		 "hint: it ended the transaction that it ran in: what stands before its COMMIT was "
		 "done and stays: look, then `manage script stamp 005_k`, with --pending",
		 NULL},
		{"a part stayed", "echo 'SELECT count(*) FROM t WHERE a > 4;' | $SQL", 0, "2\n", "",
		 NULL},
		{"it is known", SCRIPT "status", 0,
		 "005_k  failed: a part of it may have been done\n", "", NULL},
		{"a ROLLBACK before it",
		 SCRIPT
		 "stamp 5 --pending -q && " PUT
		 "005_k.sql 'ROLLBACK; INSERT INTO t VALUES (9); SELECT * FROM nowhere'; " SCRIPT
		 "up",
		 1, NULL, "what stands before its COMMIT was done and stays", NULL},
		{"is known as well", SCRIPT "up", 3, "", "outside a transaction, and failed", NULL},
		{"a transaction that it leaves open",
		 SCRIPT "stamp 5 --pending -q && " PUT
			"005_k.sql 'COMMIT; BEGIN; INSERT INTO t VALUES (10)'; " SCRIPT "up",
		 0, "applied 005_k\n", "it ended the transaction that it ran in", NULL},
		{"is its own, too", "echo 'SELECT count(*) FROM t WHERE a = 10;' | $SQL", 0, "1\n",
		 "", NULL},
		{"one that it leaves open outside",
		 PUT "006_o.sql '-- reconcile: no-transaction\nBEGIN; INSERT INTO t VALUES "
		     "(11)'; " SCRIPT "up",
		 1, "", "/m/006_o.sql: it has begun a transaction and not ended it\n", NULL},
		{"is not done", "echo 'SELECT count(*) FROM t WHERE a = 11;' | $SQL", 0, "0\n", "",
		 NULL},
		{"and known", SCRIPT "status", 0, "006_o  failed: ", "", NULL},
	};

	prepare();
	if (database->engine == ENGINE_SQLITE)
		EXPECT(sqlite);
	else
		EXPECT(postgres);
}
