/* What the database says about costs, defaults and rights, as the command shows it. */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char old_events[] =
	"CREATE TABLE events (id BIGINT PRIMARY KEY, kind VARCHAR(20) NOT NULL DEFAULT 'event');"
	"INSERT INTO events (id) VALUES (1), (2), (3); ANALYZE events;";

static struct database *own_database(void)
{
	struct database *database = database_new(ENGINE_POSTGRES);

	expect_environment(database);
	unsetenv("RECONCILE_ALLOW_REWRITE");
	database_execute(database, "%s", old_events);
	return database;
}

Test(cli_oracle, a_rewrite_is_refused_until_it_is_allowed)
{
	static const struct expectation rows[] = {
		{"plan", "$OWN plan -u $URL", 0, "1. events: add 1 column, cost: catalog, about ",
		 "", NULL},
		{"plan, refused", "$OWN plan -u $URL", 0,
		 "2. events: add 1 column, cost: rewrite, refused\n", "", NULL},
		{"plan, total", "$OWN plan -u $URL", 0,
		 "1 step is refused: run it when the table may be locked for that long,\n"
		 "or allow it with --allow-rewrite.\n",
		 "", NULL},
		{"plan's exit code", "$OWN plan --exit-code -u $URL", 3, NULL, "", NULL},
		{"as SQL", "$OWN plan -f sql -u $URL", 0,
		 "\n-- ALTER TABLE \"public\".\"events\" ADD COLUMN \"chance\" DOUBLE PRECISION "
		 "NOT NULL "
		 "DEFAULT (random());\n",
		 "", NULL},
		{"the script runs", "$OWN plan -f sql -u $URL | $SQL", 0, NULL, NULL, NULL},
		{"and left that out", "$OWN check -u $URL", 3,
		 "events.chance DOUBLE PRECISION NOT NULL DEFAULT (random())", "", NULL},
		{"apply", "$OWN apply --yes -u $URL", 3, "", "--allow-rewrite", NULL},
		{"status", "$OWN status -u $URL", 0, "cost: rewrite, refused", "", NULL},
		{"JSON", "$OWN check -f json -u $URL", 3,
		 "\"refused\": true,\n      \"rows\": ", "", NULL},
		{"too many rows", "$OWN check --allow-rewrite=2 -u $URL", 3, "events.chance", "",
		 NULL},
		{"not too many", "$OWN plan --allow-rewrite=3 -u $URL", 0,
		 "\nTotal: add 1 column to 1 table; each table is one transaction.\n", "", NULL},
		{"the default by hand",
		 "echo \"ALTER TABLE events ALTER kind SET DEFAULT 'note'\" | $SQL", 0, NULL, NULL,
		 NULL},
		{"allowed", "$OWN apply --yes --allow-rewrite=3 -u $URL", 0, "applied 1 column",
		 NULL, NULL},
		{"in sync", "$OWN check -u $URL", 0, "in sync", "", NULL},
	};
	struct database *database = own_database();

	EXPECT(rows);
	database_free(database);
}

Test(cli_oracle, a_default_that_differs)
{
	static const struct expectation rows[] = {
		{"check", "$OWN check -u $URL", 3,
		 "events.kind, default: declared 'note', in the database 'event'", "", NULL},
		{"status", "$OWN status -u $URL", 0,
		 "default: declared 'note', in the database 'event'", "", NULL},
		{"by hand", "$OWN status -u $URL", 0, "ALTER COLUMN \"kind\" SET DEFAULT 'note';",
		 "", NULL},
		{"where", "$OWN status -u $URL", 0, "tests/cli/own/events.def:6", "", NULL},
		{"compared", "$OWN check -f json -u $URL", 3, "\"kind\": \"default\"", "", NULL},
		{"same meaning",
		 "echo \"ALTER TABLE events ALTER kind SET DEFAULT lower('NOTE')\" | $SQL && "
		 "$OWN status -u $URL",
		 0, "Conflicts: 0\n", NULL, NULL},
	};
	struct database *database = own_database();

	EXPECT(rows);
	database_free(database);
}

/* The preflight names what is missing, and what gives it. */
Test(cli_oracle, rights)
{
	static const struct expectation rows[] = {
		{"not the owner", "$OWN apply --yes -u $ROLE_URL", 77, "",
		 "OWNER TO \"cli_plain\";", NULL},
		{"no such role", "$OWN apply --yes -u $ROLE_URL --ddl-role cli_nobody", 77, "",
		 "cli_nobody", NULL},
		{"no right to take it on", "$OWN apply --yes -u $ROLE_URL --ddl-role postgres", 77,
		 "", "GRANT \"postgres\" TO \"cli_plain\"", NULL},
		{"another connection",
		 "$OWN apply --yes -u $ROLE_URL --ddl-url $URL --allow-rewrite", 3, "",
		 "1 column is not as declared", NULL},
		{"which did it", "$OWN check -u $ROLE_URL", 3, "0 missing, 1 in conflict", "",
		 NULL},
	};
	struct database *database = own_database();
	char url[512];

	database_role_url(database, "cli_plain", url, sizeof(url));
	cr_assert(setenv("ROLE_URL", url, 1) == 0);
	EXPECT(rows);
	database_free(database);
}
