/*
 * A folder a database, as teams have it that keep vectors beside their rows: SQL for one, programs
 * for a real Chroma, in one order each and one history.
 */
#include "../support/database.h"
#include "../support/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the programs have in common: one request; the exit code says how it went. */
#define REQUEST                                                                                    \
	"const base = process.env.TEST_CHROMA_URL +\n"                                             \
	"	'/api/v2/tenants/default_tenant/databases/default_database/collections';\n"              \
	"const request = (method, path, body) => fetch(base + path, {\n"                           \
	"	method, headers: {'content-type': 'application/json'}, body: "                           \
	"JSON.stringify(body),\n"                                                                  \
	"}).then(async (answer) => {\n"                                                            \
	"	if (answer.ok) return;\n"                                                                \
	"	console.log(await answer.text());\n"                                                     \
	"	process.exitCode = 3;\n"                                                                 \
	"}, (error) => { console.log(String(error)); process.exitCode = 4; });\n"

static void write_file(const struct database *database, const char *name, const char *text)
{
	char path[700];
	snprintf(path, sizeof(path), "%s/%s", database->folder, name);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "'%s'", path);
}

/* Both folders, and who runs what in them. */
static struct database *prepare(void)
{
	struct database *database = database_new(ENGINE_SQLITE);
	char collection[64];
	/* The tests run beside each other, on one server. */
	snprintf(collection, sizeof(collection), "episodes-%d", (int)getpid());
	cr_assert(setenv("COLLECTION", collection, 1) == 0);
	struct run made =
		run("mkdir -p '%s/m/sqlite' '%s/m/chromadb'", database->folder, database->folder);
	cr_assert_eq(made.status, 0, "%s", made.err);
	run_free(&made);
	write_file(database, "r.ini", "[runner]\njs = node {file}\n");
	write_file(database, "m/sqlite/001_episodes.up.sql", "CREATE TABLE episodes (id TEXT)");
	write_file(database, "m/sqlite/001_episodes.down.sql", "DROP TABLE episodes");
	write_file(database, "m/chromadb/001_collections.up.js",
		   REQUEST "request('POST', '', {name: process.env.COLLECTION});\n");
	write_file(database, "m/chromadb/001_collections.down.js",
		   REQUEST "request('DELETE', '/' + process.env.COLLECTION);\n");
	write_file(database, "has.js", REQUEST "request('GET', '/' + process.env.COLLECTION);\n");
	return database;
}

static struct run script(const struct database *database, const char *what)
{
	return run("'%s/manage' script -c '%s/r.ini' -d '%s/m' -u 'sqlite:///%s?mode=rwc' %s",
		   build_dir(), database->folder, database->folder, database->path, what);
}

static void expect_script(const struct database *database, const char *what, int status,
			  const char *part)
{
	struct run ended = script(database, what);
	cr_expect_eq(ended.status, status, "'%s' ends %d: %s%s", what, ended.status, ended.out,
		     ended.err);
	cr_expect(strstr(ended.out, part) != NULL || strstr(ended.err, part) != NULL,
		  "'%s': no '%s' in %s%s", what, part, ended.out, ended.err);
	run_free(&ended);
}

static bool has_collection(const struct database *database)
{
	struct run asked = run("node '%s/has.js'", database->folder);
	bool has = asked.status == 0;
	cr_expect(has || asked.status == 3, "%s", asked.out);
	run_free(&asked);
	return has;
}

Test(chroma, up_and_down_beside_sql)
{
	struct database *database = prepare();
	expect_script(database, "status", 0, "+ chromadb/001_collections\n+ sqlite/001_episodes\n");
	expect_script(database, "up --dry-run", 0, "would run chromadb/001_collections\n");
	cr_expect(!has_collection(database));
	expect_script(database, "up", 0, "applied sqlite/001_episodes\n");
	cr_expect(has_collection(database));
	expect_script(database, "up", 0, "no script to do");
	expect_script(database, "down 2", 0, "took back chromadb/001_collections\n");
	cr_expect(!has_collection(database));
	cr_expect_eq(database_number(database, "SELECT count(*) FROM sqlite_master"
					       " WHERE name = 'episodes'"),
		     0);
	cr_expect_eq(database_number(database, "SELECT count(*) FROM reconcile_history"
					       " WHERE outcome = 'applied' AND checksum <> ''"),
		     4);
	database_free(database);
}

Test(chroma, what_it_refuses_is_looked_at)
{
	struct database *database = prepare();
	expect_script(database, "up", 0, "applied chromadb/001_collections\n");
	write_file(database, "m/chromadb/002_again.js",
		   REQUEST "request('POST', '', {name: process.env.COLLECTION});\n");
	expect_script(database, "up", 1, "it ended with exit code 3");
	expect_script(database, "up", 3, "outside a transaction, and failed");
	expect_script(database, "status", 0, "chromadb/002_again  failed");
	write_file(database, "m/chromadb/002_again.js",
		   REQUEST "request('GET', '/' + process.env.COLLECTION);\n");
	expect_script(database, "stamp --pending chromadb/002_again", 0, "recorded as pending");
	expect_script(database, "up", 0, "applied chromadb/002_again\n");
	write_file(database, "m/chromadb/002_again.js", "// nothing\n");
	expect_script(database, "up", 65, "it was changed after it was applied");
	write_file(database, "m/chromadb/002_again.js",
		   REQUEST "request('GET', '/' + process.env.COLLECTION);\n");
	expect_script(database, "down --to base", 65, "has no way back");
	expect_script(database, "stamp --pending 2", 0, "recorded as pending chromadb/002_again");
	expect_script(database, "down --to base", 0, "took back chromadb/001_collections\n");
	cr_expect(!has_collection(database));
	database_free(database);
}

Test(chroma, a_server_that_is_away_is_a_failure)
{
	struct database *database = prepare();
	cr_assert(setenv("TEST_CHROMA_URL", "http://127.0.0.1:1", 1) == 0);
	expect_script(database, "up", 1, "it ended with exit code 4");
	expect_script(database, "status", 0, "chromadb/001_collections  failed");
	expect_script(database, "status", 0, "+ sqlite/001_episodes\n");
	database_free(database);
}
