/*
 * Sixty at once: services that start, scripts that go up and down, rollbacks, looks. Each ends with
 * a status that fits; nobody is in another one's way for good; and when all is quiet, one start and
 * one `script up` more make what they would have made alone, with every old row as it was.
 */
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CROWD_MAX 60

#define MANAGE "export DATABASE_URL='%s'; exec '%s/manage' -q --budget 60s "

/* What one of them runs; %s URL, %s folder of the programs, then the folder of the scripts.
 * statuses: with which it may end, -1 at the end. */
static const struct role {
	const char *name, *command;
	bool has_folder;
	int statuses[5];
} roles[] = {
	{"service", MEMSTACK_SERVICE, false, {0, -1}},
	{"service", MEMSTACK_SERVICE " --lend", false, {0, -1}},
	{"script up", MANAGE "script up --dir '%s'", true, {0, -1}},
	{"service", MEMSTACK_SERVICE, false, {0, -1}},
	/* 3, and 75 of a script: somebody else has taken it back, or put it back, between the look
	 * and the change. */
	{"rollback",
	 MANAGE "rollback --last 2 --keep-registry --allow-data-loss --yes",
	 false,
	 {0, 3, 75, -1}},
	{"check", MANAGE "check", false, {0, 2, -1}},
	{"script down", MANAGE "script down --dir '%s'", true, {0, 75, -1}},
	{"apply", MANAGE "apply --yes --scripts --dir '%s'", true, {0, -1}},
	{"status", MANAGE "status -f json", false, {0, -1}},
	{"service", MEMSTACK_SERVICE, false, {0, -1}},
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

static void write_script(const char *folder, const char *name, const char *text)
{
	char path[700];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "'%s': %s", path,
		  strerror(errno));
}

static void write_scripts(const char *folder)
{
	cr_assert(mkdir(folder, 0777) == 0, "'%s': %s", folder, strerror(errno));
	write_script(folder, "001_notes.up.sql", "CREATE TABLE notes (script INTEGER);\n");
	write_script(folder, "001_notes.down.sql", "DROP TABLE notes;\n");
	write_script(folder, "002_note.up.sql", "INSERT INTO notes VALUES (2);\n");
	write_script(folder, "002_note.down.sql", "DELETE FROM notes WHERE script = 2;\n");
	write_script(folder, "003_index.up.sql", "CREATE INDEX by_title ON memories (title);\n");
	write_script(folder, "003_index.down.sql", "DROP INDEX by_title;\n");
}

static bool fits(const struct role *role, int status)
{
	for (const int *one = role->statuses; *one >= 0; one++)
		if (*one == status)
			return true;
	return false;
}

static struct process start_role(const struct role *role, const struct database *database,
				 const char *folder)
{
	/* The command has one more place for a text when it has a folder. */
	char command[600];
	if (role->has_folder)
		snprintf(command, sizeof(command), role->command, database->url, build_dir(),
			 folder);
	else
		snprintf(command, sizeof(command), role->command, database->url, build_dir());
	return process_start("%s", command);
}

static int run_crowd(const struct database *database, const char *folder, int size,
		     const char *where)
{
	struct process crowd[CROWD_MAX];
	int survived = 0;
	for (int i = 0; i < size; i++)
		crowd[i] = start_role(&roles[(size_t)i % ROLES], database, folder);
	for (int i = 0; i < size; i++) {
		const struct role *role = &roles[(size_t)i % ROLES];
		struct run ended = process_wait(&crowd[i]);
		bool fine = fits(role, ended.status);
		cr_expect(fine, "%s: process %d, %s, ended %d: %s", where, i, role->name,
			  ended.status, ended.err);
		survived += fine;
		run_free(&ended);
	}
	return survived;
}

static void expect_quiet(struct database *database, const char *folder, const char *wanted,
			 const char *where)
{
	struct run last =
		run(MANAGE "apply --yes --scripts --dir '%s'", database->url, build_dir(), folder);
	cr_expect_eq(last.status, 0, "%s: the last apply ended %d: %s", where, last.status,
		     last.err);
	run_free(&last);
	/* The reference has no scripts: their table is another one's. */
	cr_expect_eq(database_number(database, "SELECT count(*) FROM notes WHERE script = 2"), 1,
		     "%s", where);
	database_execute(database, "DROP TABLE notes");
	memstack_expect_schema(database, wanted, where);
	memstack_expect_old_rows(database, where);
}

static void mixed_on(enum engine engine, const char *name)
{
	int size = part_of(CROWD_MAX, 20), rounds = part_of(5, 1), survived = 0;
	char *reference = memstack_reference(engine), folder[600], where[60];
	for (int round = 0; round < rounds; round++) {
		struct database *database = database_new(engine);
		snprintf(where, sizeof(where), "%s, round %d", name, round);
		snprintf(folder, sizeof(folder), "%s/m", database->folder);
		write_scripts(folder);
		memstack_make_old(database);
		survived += run_crowd(database, folder, size, where);
		expect_quiet(database, folder, reference, where);
		database_free(database);
	}
	printf("mixed crowd, %s: %d tried, %d survived\n", name, rounds * size, survived);
	free(reference);
}

Test(mixed, on_postgres)
{
	mixed_on(ENGINE_POSTGRES, "PostgreSQL");
}

Test(mixed, on_sqlite)
{
	mixed_on(ENGINE_SQLITE, "SQLite");
}
