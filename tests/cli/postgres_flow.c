/* The command on a PostgreSQL server. */
#include "expect.h"
#include "flow.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void with_database(void (*flow)(struct database *))
{
	struct database *database = database_new(ENGINE_POSTGRES);

	expect_environment(database);
	flow(database);
	database_free(database);
}

Test(cli_postgres, fresh)
{
	with_database(flow_fresh);
}

Test(cli_postgres, upgrade)
{
	with_database(flow_upgrade);
}

Test(cli_postgres, script)
{
	with_database(flow_script);
}

Test(cli_postgres, conflict)
{
	with_database(flow_conflict);
}

Test(cli_postgres, foreign)
{
	with_database(flow_foreign);
}

Test(cli_postgres, adopt)
{
	with_database(flow_adopt);
}

Test(cli_postgres, plan_file)
{
	with_database(flow_plan_file);
}

Test(cli_postgres, rollback)
{
	with_database(flow_rollback);
}

Test(cli_postgres, anew)
{
	with_database(flow_anew);
}

Test(cli_postgres, anew_loss)
{
	with_database(flow_anew_loss);
}

Test(cli_postgres, scripts)
{
	with_database(flow_scripts);
}

Test(cli_postgres, bad_scripts)
{
	with_database(flow_bad_scripts);
}

Test(cli_postgres, outside)
{
	with_database(flow_outside);
}

Test(cli_postgres, databases)
{
	with_database(flow_databases);
}

/* Of errors that have no position the server's answer says no line; psql counts for itself. */
static void errors_without_a_position(struct database *database)
{
	static const struct expectation rows[] = {
		{"a script of all that has semicolons in it",
		 "mkdir $DIR/m && cat > $DIR/m/001_a.sql <<'END'\n"
		 "-- a comment; with one\n"
		 "CREATE TABLE one (a INTEGER PRIMARY KEY); CREATE TABLE two (b TEXT DEFAULT "
		 "';');\n"
		 ";\n"
		 "/* another; /* in */ it; */\n"
		 "CREATE FUNCTION f() RETURNS INTEGER LANGUAGE plpgsql AS $body$\n"
		 "BEGIN\n"
		 "	PERFORM 1;\n"
		 "	RETURN 1;\n"
		 "END $body$;\n"
		 "CREATE RULE r AS ON DELETE TO two DO ALSO (SELECT 1; SELECT 2);\n"
		 "INSERT INTO one VALUES (1);\n"
		 "INSERT INTO two VALUES ('it''s; one'), (E'\\';'), ($$;$$), (U&\"b\");\n"
		 "END\n"
		 "sed -i 's/, (U&\"b\")//' $DIR/m/001_a.sql\n"
		 "cat >> $DIR/m/001_a.sql <<'END'\n"
		 "INSERT INTO one\n"
		 "VALUES (1)\n"
		 ";\n"
		 "SELECT 1;\n"
		 "END\n",
		 0, "", "", NULL},
		{"the line is psql's",
		 "psql -X -1 -v ON_ERROR_STOP=1 -f $DIR/m/001_a.sql \"$URL\" 2>&1 | "
		 "sed -n 's/^psql:[^:]*:\\([0-9]*\\): ERROR.*/\\1/p'",
		 0, "15\n", "", NULL},
		{"and ours", "$MANAGE script up -d $DIR/m -u $URL", 1, "",
		 "/m/001_a.sql:15: statement 7: duplicate key", NULL},
		{"behind an end of its own",
		 "sed -i '10i COMMIT; BEGIN; -- one; and' $DIR/m/001_a.sql; "
		 "$MANAGE script up -d $DIR/m -u $URL",
		 1, "", "/m/001_a.sql:16: statement 9: duplicate key", NULL},
		{"without a semicolon",
		 "$MANAGE script stamp --pending 1 -d $DIR/m -u $URL -q; "
		 "printf 'SELECT 1;\nSELECT 1 -- a; b\n/ 0' > $DIR/m/001_a.sql; "
		 "$MANAGE script up -d $DIR/m -u $URL",
		 1, NULL, "/m/001_a.sql:3: statement 2: division by zero", NULL},
		{"rows that only psql sends",
		 "printf 'CREATE TABLE c (a INTEGER);\nCOPY c FROM STDIN;\n' > $DIR/m/001_a.sql; "
		 "$MANAGE script up -d $DIR/m -u $URL",
		 1, "", "/m/001_a.sql:2: statement 2: COPY FROM STDIN wants rows", NULL},
		{"one that stands alone",
		 "printf -- '-- reconcile: no-transaction\nCREATE DATABASE postgres' > "
		 "$DIR/m/001_a.sql; "
		 "$MANAGE script up -d $DIR/m -u $URL",
		 1, "", "/m/001_a.sql:2: statement 1: database \"postgres\" already exists", NULL},
	};

	(void)database;
	EXPECT(rows);
}

Test(cli_postgres, errors_without_a_position)
{
	with_database(errors_without_a_position);
}

static void standard_catalog(struct database *database)
{
	static const struct expectation rows[] = {
		{"status", "$MANAGE status -u $URL --catalog information_schema", 0,
		 "Applied: 13\nPending: 28 (4 tables missing)", "", NULL},
		{"apply", "$MANAGE apply --yes -u $URL --catalog=information_schema", 0,
		 "applied 28 columns", NULL, NULL},
		{"check by the other", "$MANAGE check -u $URL --catalog pg_catalog", 0, "in sync",
		 "", NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(rows);
}

Test(cli_postgres, standard_catalog)
{
	with_database(standard_catalog);
}

static void other_schema(struct database *database)
{
	static const struct expectation rows[] = {
		{"same names in another schema do not count", "$MANAGE check -u $URL", 2,
		 "0 of 41 columns present", "", NULL},
		{"--schema", "$MANAGE status -u $URL --schema=other", 0, ", schema other)", "",
		 NULL},
		{"that schema's tables", "$MANAGE check -u $URL --schema other", 2,
		 "13 of 41 columns present", "", NULL},
		{"apply there", "$MANAGE apply -y -u $URL --schema other", 0, "applied 28 columns",
		 NULL, NULL},
		{"and nowhere else", "$MANAGE check -u $URL", 2, "0 of 41 columns present", "",
		 NULL},
		{"no such schema", "$MANAGE apply -y -u $URL --schema absent", 77, "", "absent",
		 NULL},
	};

	database_execute(database, "CREATE SCHEMA other; SET search_path = other; %s", old_tables);
	EXPECT(rows);
}

Test(cli_postgres, other_schema)
{
	with_database(other_schema);
}

static void not_the_owner(struct database *database)
{
	static const struct expectation rows[] = {
		{"check", "$MANAGE check -u $ROLE_URL", 2, "28 missing", "", NULL},
		{"plan says that apply would not do it", "$MANAGE plan -u $ROLE_URL", 0,
		 "warning: this role would apply nothing to table 'memories': role '", "", NULL},
		{"and who would", "$MANAGE plan -u $ROLE_URL", 0,
		 " or what `manage plan --format sql` prints\n", "", NULL},
		{"once of all that are to be made",
		 "$MANAGE status -u $ROLE_URL | grep -c 'nothing to tables that are missing'", 0,
		 "1\n", "", NULL},
		{"to the owner nothing", "$MANAGE plan -u $URL", 0, "Next: ", "", "warning"},
		{"apply prints the SQL", "$MANAGE apply --yes -u $ROLE_URL", 77, "", "CREATE TABLE",
		 NULL},
		{"nothing was changed", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
	};
	char url[512];

	database_execute(database, "%s", old_tables);
	/* Before 15 everybody may create tables in public. */
	database_execute(database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
	database_role_url(database, "reader", url, sizeof(url));
	setenv("ROLE_URL", url, 1);
	EXPECT(rows);
}

Test(cli_postgres, not_the_owner)
{
	with_database(not_the_owner);
}

static void sizes(struct database *database)
{
	static const struct expectation rows[] = {
		{"plan", "$MANAGE plan -u $URL", 0, ", about 1,201 rows, ", "", "1201"},
		{"status", "$MANAGE status -u $URL", 0, ", about 1,201 rows, ", "", "1201"},
	};

	database_execute(database, "%s", old_tables);
	database_execute(database,
			 "INSERT INTO memories (id, project_id, author_id, title, content) "
			 "SELECT i, '', '', '', '' FROM generate_series(1, 1200) i; "
			 "ANALYZE memories");
	EXPECT(rows);
}

Test(cli_postgres, sizes)
{
	with_database(sizes);
}

static void busy(struct database *database)
{
	static const struct expectation rows[] = {
		{"the budget runs out, blockers are named",
		 "$MANAGE apply --yes -u $URL --lock-timeout 50ms --budget 400ms", 75, "",
		 "manage: ", NULL},
		{"checking needs no such lock", "$MANAGE check -u $URL", 2, "memories.task_id", "",
		 NULL},
	};

	database_execute(database, "%s", old_tables);
	database_execute(database, "BEGIN");
	database_execute(database, "SELECT 1 FROM memories");
	EXPECT(rows);
	database_execute(database, "ROLLBACK");
}

Test(cli_postgres, busy)
{
	with_database(busy);
}

static void wrong_servers(struct database *database)
{
	static const struct expectation rows[] = {
		{"nobody listens",
		 "$MANAGE check --connect-timeout 300ms -u postgresql://u:secret@"
		 "127.0.0.1:1/db",
		 69, "", "manage: ", "secret"},
		{"no such database", "$MANAGE check -u \"$ABSENT_URL\"", 69, "", "does not exist",
		 NULL},
	};
	char url[1024];

	/* Words behind the URL's query win over those in it. */
	snprintf(url, sizeof(url), "%s&dbname=absent", database->url);
	setenv("ABSENT_URL", url, 1);
	EXPECT(rows);
}

Test(cli_postgres, wrong_servers)
{
	with_database(wrong_servers);
}
