/* Everything dropped and built anew, for those who may, and say so. */
#include "expect.h"
#include "flow.h"

#include <stdlib.h>

#define FRESH "cd $DIR && \"$MANAGE\" fresh --confirm 'DELETE ALL DATA' "

void flow_anew(struct database *database)
{
	static const struct expectation rows[] = {
		{"a folder, and what is said of it",
		 "mkdir $DIR/m && echo 'CREATE TABLE ours (a INTEGER)' > $DIR/m/001_a.up.sql && "
		 "echo 'DROP TABLE ours' > $DIR/m/001_a.down.sql && "
		 "printf '[dev]\nurl = %s\nallow_fresh = yes\n[other]\nurl = "
		 "%s\n[loose]\nallow_fresh = yes\n"
		 "[reconcile]\nscripts = m\n' \"$URL\" \"$URL\" > $DIR/reconcile.ini",
		 0, "", "", NULL},
		{"made", "cd $DIR && $MANAGE apply -e dev --yes -q --scripts", 0, "applied 001_a\n",
		 NULL, NULL},
		{"filled",
		 "echo \"INSERT INTO ours VALUES (1); INSERT INTO entity_types (id, project_id, "
		 "name) VALUES ('1', '1', 'x'); "
		 "ALTER TABLE memories ADD COLUMN somebodys TEXT; CREATE TABLE theirs (a "
		 "INTEGER);\" | $SQL",
		 0, "", "", NULL},
		{"without the words", "cd $DIR && $MANAGE fresh -e dev", 64, "",
		 "fresh wants the words DELETE ALL DATA, nothing was changed\nhint: type it, or "
		 "give --confirm 'DELETE ALL DATA'; of what memstack made, 1 row would be lost\n",
		 NULL},
		{"with others", "cd $DIR && $MANAGE fresh -e dev --confirm 'delete all data'", 64,
		 "", "fresh wants the words", NULL},
		{"a section that does not allow it", FRESH "-e other", 78, "",
		 "fresh is not allowed for this database, nothing was changed\nhint: 'allow_fresh "
		 "= yes' has to",
		 NULL},
		{"allowed to somebody else's URL", FRESH "-e dev -u $URL", 78, "",
		 "fresh is not allowed", NULL},
		{"or that of the environment", "export DATABASE_URL=$URL; " FRESH "-e loose", 78,
		 "", "fresh is not allowed", NULL},
		{"a word that is none",
		 "printf '[dev]\nurl = x\nallow_fresh = perhaps\n' > $DIR/bad.ini; " FRESH
		 "-e dev -c bad.ini",
		 78, "", "bad.ini:3: allow_fresh: 'perhaps' is none of no, yes", NULL},
		{"nothing was dropped", "echo 'SELECT count(*) FROM ours;' | $SQL", 0, "1\n", "",
		 NULL},
		{"a script without a way back", "mv $DIR/m/001_a.down.sql $DIR; " FRESH "-e dev",
		 65, "", "script '001_a' has no way back", NULL},
		{"keeps everything",
		 "echo 'SELECT count(*) FROM entity_types;' | $SQL; mv $DIR/001_a.down.sql $DIR/m",
		 0, "1\n", "", NULL},
		{"done", FRESH "-e dev", 0, "dropped 6 things that we had made\n", "", NULL},
		{"empty",
		 "echo 'SELECT (SELECT count(*) FROM ours) + (SELECT count(*) FROM entity_types);' "
		 "| $SQL",
		 0, "0\n", "", NULL},
		{"as declared", "cd $DIR && $MANAGE status -e dev --exit-code", 0, "Extra: 0\n", "",
		 "somebodys"},
		{"theirs is theirs", "echo 'SELECT count(*) FROM theirs;' | $SQL", 0, "0\n", "",
		 NULL},
		{"history knows",
		 "cd $DIR && $MANAGE history -e dev --limit 0 | grep -c drop_table", 0, "6\n", "",
		 NULL},
	};

	if (database->engine == ENGINE_SQLITE)
		database_execute(database, "PRAGMA user_version = 1");
	EXPECT(rows);
}

/* An index that lacks rows, and that a count of rows would be answered from. */
static const char *const lacking_index[] = {
	[ENGINE_POSTGRES] =
		"CREATE INDEX lacking ON entity_types (name);"
		"UPDATE pg_index SET indisready = false WHERE indexrelid = 'lacking'::regclass;"
		"INSERT INTO entity_types (id, project_id, name)"
		" VALUES ('1', '1', 'a'), ('2', '1', 'b'), ('3', '1', 'c');"
		"UPDATE pg_index SET indisready = true WHERE indexrelid = 'lacking'::regclass",
	[ENGINE_SQLITE] = "CREATE TABLE others (name);"
			  "INSERT INTO entity_types (id, project_id, name)"
			  " VALUES ('1', '1', 'a'), ('2', '1', 'b'), ('3', '1', 'c');"
			  "CREATE INDEX empty ON others (name); PRAGMA writable_schema = on;"
			  "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master"
			  " WHERE name = 'empty') WHERE name = 'sqlite_autoindex_entity_types_1'",
};

void flow_anew_loss(struct database *database)
{
	static const struct expectation made[] = {
		{"made",
		 "printf '[dev]\nurl = %s\nallow_fresh = yes\n' \"$URL\" > $DIR/reconcile.ini && "
		 "cd $DIR && $MANAGE apply -e dev --yes -q",
		 0, NULL, NULL, NULL},
	};
	static const struct expectation rows[] = {
		{"without the words", "cd $DIR && $MANAGE fresh -e dev", 64, "",
		 "of what memstack made, 3 rows and 1 value would be lost\n", NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(made);
	database_execute(database, "%s", lacking_index[database->engine]);
	if (database->engine == ENGINE_POSTGRES)
		database_execute(database, "ALTER DATABASE %s SET enable_seqscan = off",
				 database->name);
	EXPECT(rows);
}
