/* The installed command, which has no registry, one that is loaded, and a command of another name.
 */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>

static struct database *begin(void)
{
	struct database *database = database_new(ENGINE_SQLITE);
	struct run made;

	expect_environment(database);
	made = run("echo 'PRAGMA user_version = 1;' | $SQL");
	cr_assert(made.status == 0, "%s", made.err);
	run_free(&made);
	return database;
}

Test(cli_registry, what_needs_none_works_without)
{
	static const struct expectation rows[] = {
		{"version", "$BARE version", 0, "no registry is compiled in\n", "", "memstack"},
		{"version, JSON", "$BARE version -f json", 0, "\"registries\": []", "", NULL},
		{"validate", "$BARE validate", 0,
		 "nothing to check.\nName one: 'manage validate --registry ./service.so:NAME'.\n",
		 "", NULL},
		{"validate, JSON", "$BARE validate -f json", 0, "\"registries\": []", "", NULL},
		{"explain", "$BARE explain reserved-word", 0, "warning", "", NULL},
		{"history", "$BARE history -u $URL", 0, "No changes are recorded", "", NULL},
		{"new", "cd $DIR && mkdir -p s && $BARE script new one -d s -u $URL", 0, NULL, "",
		 NULL},
		{"", "cd $DIR && for f in s/*.sql; do echo 'SELECT 1;' >$f; done", 0, "", "", NULL},
		{"status", "$BARE script status -d $DIR/s -u $URL", 0, "Next: 'manage script up'",
		 "", "none"},
		{"up", "$BARE script up -d $DIR/s -u $URL", 0, "001_one", "", NULL},
		{"script validate", "$BARE script validate -d $DIR/s -u $URL", 0, NULL, "", NULL},
		{"down", "$BARE script down -d $DIR/s -u $URL", 0, "001_one", "", NULL},
		{"show", "$BARE show 1 -u $URL", 0, "001_one", "", NULL},
		/* The INI file is the service's too. */
		{"configured",
		 "cd $DIR && printf '[reconcile]\\nregistry = shop\\n' >reconcile.ini && "
		 "$BARE history -u $URL",
		 0, "001_one", "", NULL},
	};
	struct database *database = begin();

	EXPECT(rows);
	database_free(database);
}

Test(cli_registry, what_needs_one_says_how_to_get_it)
{
	static const struct expectation rows[] = {
		{"", "printf 'CREATE TABLE users (id INTEGER);' | $SQL", 0, NULL, NULL, NULL},
		{"apply", "$BARE apply --yes -u $URL", 64, "",
		 "manage: 'apply' needs a registry, and none is compiled in\n"
		 "hint: compile yours with `cc -I. -shared -fPIC -o service.so registry.c",
		 NULL},
		{"status", "$BARE status -u $URL", 64, "", "--registry ./service.so:NAME", NULL},
		{"plan", "$BARE plan -u $URL", 64, "", "'plan' needs a registry", NULL},
		{"check", "$BARE check -u $URL", 64, "", "'check' needs a registry", NULL},
		{"rollback", "$BARE rollback --yes -u $URL", 64, "", "needs a registry", NULL},
		{"fresh", "$BARE fresh -u $URL", 64, "", "'fresh' needs a registry", NULL},
		{"stamp", "$BARE stamp -u $URL", 64, "", "'stamp' needs a registry", NULL},
		{"JSON", "$BARE check -f json -u $URL", 64, "\"status\": \"usage\"", NULL, NULL},
		{"named", "$BARE check -r shop -u $URL", 64, "",
		 "no registry 'shop' is compiled in\n", NULL},
		{"named, though none is needed", "$BARE history -r shop -u $URL", 64, "",
		 "no registry 'shop' is compiled in\n", NULL},
		{"the .def file", "$BARE check -r shop.def -u $URL", 64, "",
		 "--registry ./service.so:NAME; scripts", ":shop"},
		{"configured", "RECONCILE_REGISTRY=shop $BARE check -u $URL", 78, "",
		 "configuration: no registry 'shop' is compiled in", NULL},
		{"nothing was done", "echo 'SELECT name FROM sqlite_schema;' | $SQL", 0, "users\n",
		 "", "reconcile_history"},
	};
	struct database *database = begin();

	EXPECT(rows);
	database_free(database);
}

Test(cli_registry, one_is_loaded)
{
	static const struct expectation rows[] = {
		{"plan", "$BARE plan -r $SHARED:events -u $URL", 0, "Plan for events on ", "",
		 "memstack"},
		{"apply", "$BARE apply --yes -r $SHARED:events -u $URL", 0, NULL, NULL, "memstack"},
		{"check", "$BARE check -r $SHARED:events -u $URL", 0, NULL, "", NULL},
		{"instead of those compiled in", "$MANAGE check -r $SHARED:events -u $URL", 0, NULL,
		 "", NULL},
		{"validate", "$BARE validate -r $SHARED:events", 0, "registry events: ", NULL,
		 NULL},
		{"version", "$BARE version -r $SHARED:events", 0, "registry events: ", "", NULL},
		{"here", "cd $DIR && cp $SHARED ./here.so && $BARE check -r here.so:events -u $URL",
		 0, NULL, "", NULL},
		{"from the variable", "RECONCILE_REGISTRY=$SHARED:events $BARE check -u $URL", 0,
		 NULL, "", NULL},
		{"beside the INI file",
		 "cd $DIR && mkdir etc && mv here.so etc && "
		 "printf '[reconcile]\\nregistry = here.so:events\\n' >etc/reconcile.ini && "
		 "$BARE check -c etc/reconcile.ini -u $URL",
		 0, NULL, "", NULL},
		{"validate, from the variable", "RECONCILE_REGISTRY=$SHARED:events $BARE validate",
		 0, "registry events: ", "", "nothing"},
		{"validate, from an INI file of an absent database",
		 "cd $DIR && printf '[reconcile]\\nurl_env = APP_URL\\nregistry = "
		 "here.so:events\\n' >etc/ci.ini && $BARE validate -c etc/ci.ini",
		 0, "registry events: ", "", NULL},
		{"validate, mistyped",
		 "cd $DIR && printf '[reconcile]\\nregistri = here.so:events\\n' >etc/ci.ini && "
		 "$BARE validate -c etc/ci.ini",
		 78, "", "unknown key 'registri'", NULL},
		{"no such file", "$BARE check -r ./absent.so:events -u $URL", 64, "",
		 "manage: the registry cannot be loaded: ./absent.so: cannot open shared object",
		 NULL},
		{"no such file, configured",
		 "RECONCILE_REGISTRY=./absent.so:events $BARE check -u $URL", 78, "",
		 "configuration: the registry cannot be loaded", NULL},
		{"no library",
		 "cd $DIR && echo x >text.so && $BARE check -r text.so:events -u $URL", 64, "",
		 "the registry cannot be loaded: ./text.so: ", NULL},
		{"no such registry", "$BARE check -r $SHARED:shop -u $URL", 64, "",
		 "has no registry 'shop'\nhint: there is no 'shop_registry' in it", NULL},
		{"no name", "$BARE check -r ./service.so -u $URL", 64, "",
		 "registry './service.so' is not FILE.so:NAME", NULL},
		{"no name either", "$BARE check -r ./service.so: -u $URL", 64, "",
		 "is not FILE.so:NAME", NULL},
		{"a name that is none", "$BARE check -r './service.so:a b' -u $URL", 64, "",
		 "is not FILE.so:NAME", NULL},
		{"no file", "$BARE check -r :events -u $URL", 64, "", "is not FILE.so:NAME", NULL},
	};
	struct database *database = begin();

	EXPECT(rows);
	database_free(database);
}

/* A service's own command has a name of its own, in all that it says. */
Test(cli_registry, messages_name_the_program)
{
	static const struct expectation rows[] = {
		{"", "ln -s $OWN $DIR/shopctl && ln -s $BARE $DIR/other", 0, "", "", NULL},
		{"help", "$DIR/shopctl help", 0, "  shopctl plan\n", "", "manage "},
		{"help apply", "$DIR/shopctl help apply", 0,
		 "shopctl plan --out plan.json && shopctl apply --plan plan.json", "", "manage "},
		{"version", "$DIR/shopctl version", 0, "shopctl 0.", "", "manage"},
		{"no command", "$DIR/shopctl", 64, "",
		 "shopctl: a command is missing\nhint: see "
		 "'shopctl help'\nUsage: shopctl [options]",
		 "manage"},
		{"unknown", "$DIR/shopctl frobnicate", 64, "", "'shopctl help' lists the commands",
		 "manage"},
		{"status", "$DIR/shopctl status -u $URL", 0,
		 "Next: 'shopctl plan' shows the SQL, 'shopctl apply' runs it.", "", "manage"},
		{"plan", "$DIR/shopctl plan -u $URL", 0, "Next: 'shopctl apply'.\n", "", "manage"},
		{"plan --out", "$DIR/shopctl plan -o $DIR/p.json -u $URL", 0,
		 "Next: 'shopctl apply --plan ", "", "manage"},
		{"edited plan",
		 "sed -i 's/events/eventz/' $DIR/p.json; "
		 "$DIR/shopctl apply --yes --plan $DIR/p.json -u $URL",
		 65, "", "'shopctl plan --out'", "manage"},
		{"the library's hints", "$DIR/shopctl rollback --to 99 --yes -u $URL", 1, "",
		 "hint: `shopctl history --limit 0` lists them\n", "manage"},
		{"in JSON", "$DIR/shopctl rollback --to 99 --yes -f json -u $URL", 1,
		 "`shopctl history --limit 0`", NULL, "manage"},
		{"in the log", "$DIR/shopctl rollback --to 99 --yes --log-level info -u $URL", 1,
		 NULL, "`shopctl history --limit 0` lists them", "manage"},
		{"stamp", "$DIR/shopctl stamp -u $URL", 0, "Next: 'shopctl plan'", "", "manage"},
		{"apply", "$DIR/shopctl apply --yes -u $URL", 0, NULL, NULL, "manage"},
		{"history's application", "$DIR/shopctl history --limit 1 -f json -u $URL", 0,
		 "\"application\": \"shopctl\"", "", NULL},
		{"show", "$DIR/shopctl show 99 -u $URL", 1, "", "'shopctl history --limit 0'",
		 "manage"},
		{"validate", "$DIR/shopctl validate", 65, "'shopctl explain CODE' says", NULL,
		 "manage"},
		{"explain", "$DIR/shopctl explain", 0, "'shopctl explain CODE' says", NULL,
		 "manage"},
		{"script new", "$DIR/shopctl script new -d $DIR -u $URL", 64, "",
		 "shopctl script new add_index", "manage"},
		{"another one", "$DIR/other check -u $URL", 64, "",
		 "other: 'check' needs a registry", "manage"},
	};
	struct database *database = begin();

	EXPECT(rows);
	database_free(database);
}

/* How deployments write it. */
Test(cli_registry, words_and_variables)
{
	static const struct expectation rows[] = {
		{"a level in capitals", "RECONCILE_LOG_LEVEL=INFO $OWN check -u $URL", 2, NULL,
		 "registry=events", NULL},
		{"a level's other name", "RECONCILE_LOG_LEVEL=Warning $OWN check -u $URL", 2, NULL,
		 NULL, NULL},
		{"as an option", "$OWN check --log-level WARNING -u $URL", 2, NULL, NULL, NULL},
		{"a misspelt variable", "RECONCILE_MOD=check $OWN apply --yes -u $URL", 78, "",
		 "the environment variable 'RECONCILE_MOD' is unknown\n"
		 "hint: did you mean 'RECONCILE_MODE'?",
		 NULL},
		{"nothing was done", "echo 'SELECT name FROM sqlite_schema;' | $SQL", 0, "", "",
		 NULL},
	};
	struct database *database = begin();

	EXPECT(rows);
	database_free(database);
}
