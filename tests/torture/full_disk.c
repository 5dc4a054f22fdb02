/*
 * The disk is full, at whatever moment of a start that is: nothing is lost, the start says so, and
 * the next one, with room again, does the rest. Each disk is a small file system in memory, mounted
 * where only this test sees it; that takes root's rights, or a user namespace.
 */
#include "../support/cluster.h"
#include "../support/disk.h"
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Takes all but so many KiB of the disk. */
static void fill_disk(const char *folder, long left_kib)
{
	struct run filled =
		run("cd '%s' && rm -f filler && free=$(df --output=avail -k . | tail -n 1) && "
		    "head -c $(( (free - %ld) * 1024 )) /dev/zero >filler",
		    folder, left_kib);
	cr_assert_eq(filled.status, 0, "%s", filled.err);
	run_free(&filled);
}

static void free_disk(const char *folder)
{
	char path[700];
	snprintf(path, sizeof(path), "%s/filler", folder);
	cr_assert(unlink(path) == 0, "'%s': %s", path, strerror(errno));
}

static struct run start_service(const char *url)
{
	return run(MEMSTACK_SERVICE, url, build_dir());
}

/* ---- SQLite ------------------------------------------------------------------ */

Test(full_disk, sqlite)
{
	struct database *database = database_new(ENGINE_SQLITE);
	char *after = memstack_reference(ENGINE_SQLITE);
	int rounds = part_of(60, 6), full = 0, survived = 0;
	disk_mount(database->folder, 2048);
	for (int i = 0; i < rounds; i++) {
		/* From no room at all to enough for everything. */
		long left = 4L * i * (60 / rounds);
		char where[60];
		snprintf(where, sizeof(where), "%ld KiB free, %s", left,
			 i % 2 == 0 ? "delete" : "wal");
		memstack_empty(database);
		database_execute(database, "PRAGMA journal_mode = %s",
				 i % 2 == 0 ? "delete" : "wal");
		memstack_make_old(database);
		database_execute(database, "PRAGMA wal_checkpoint(truncate)");
		fill_disk(database->folder, left);
		struct run service = start_service(database->url);
		cr_expect(service.status == 0 || service.status == 1, "%s: ended %d: %s", where,
			  service.status, service.err);
		bool told = service.status == 0 || strstr(service.err, "disk is full") != NULL;
		cr_expect(told, "%s: %s", where, service.err);
		full += service.status != 0;
		run_free(&service);
		free_disk(database->folder);
		service = start_service(database->url);
		cr_expect_eq(service.status, 0, "%s, then with room: ended %d: %s", where,
			     service.status, service.err);
		survived += told && service.status == 0;
		run_free(&service);
		memstack_expect_schema(database, after, where);
		memstack_expect_history(database, memstack_history_of_old, where);
		memstack_expect_old_rows(database, where);
	}
	printf("full disk, SQLite: %d tried, %d survived (%d of them met the end of the disk)\n",
	       rounds, survived, full);
	cr_expect(full > 0, "no start met the end of the disk: nothing was shown");
	disk_unmount(database->folder);
	free(after);
	database_free(database);
}

/* ---- PostgreSQL ---------------------------------------------------------------- */

static void execute(const char *url, const char *sql)
{
	PGconn *connection = PQconnectdb(url);
	cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);
	cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
		  PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

/* The database as struct database's helpers know it, on a tablespace of the small disk. */
static void make_database(const struct cluster *cluster, struct database *database,
			  const char *disk)
{
	char sql[400];
	snprintf(sql, sizeof(sql), "CREATE TABLESPACE small LOCATION '%s'", disk);
	execute(cluster->url, sql);
	execute(cluster->url, "CREATE DATABASE tight TEMPLATE template0 TABLESPACE small");
	*database = (struct database){.engine = ENGINE_POSTGRES};
	snprintf(database->url, sizeof(database->url),
		 "postgresql:///tight?host=%s&port=5432&user=postgres", cluster->folder);
	database->admin = PQconnectdb(database->url);
	cr_assert(PQstatus(database->admin) == CONNECTION_OK);
	PQclear(PQexec(database->admin, "SET client_min_messages = warning"));
}

Test(full_disk, postgres_tablespace)
{
	char disk[200];
	struct database database;
	int rounds = part_of(40, 5), full = 0, survived = 0;
	char *after = memstack_reference(ENGINE_POSTGRES);
	const char *parent = getenv("TEST_DIR"), *as = getenv("TEST_PG_AS");
	if (parent == NULL || *parent == '\0')
		cr_skip_test("run it under scripts/with-postgres");
	snprintf(disk, sizeof(disk), "%s/disk.%d", parent, (int)getpid());
	cr_assert(mkdir(disk, 0700) == 0, "'%s': %s", disk, strerror(errno));
	disk_mount(disk, 24L * 1024);
	if (as != NULL && *as != '\0') {
		struct run owned = run("chmod 755 '%s/..' && chown --reference='%s' '%s'", disk,
				       getenv("TEST_PG_TEMPLATE"), disk);
		cr_assert_eq(owned.status, 0, "%s", owned.err);
		run_free(&owned);
	}
	struct cluster cluster = cluster_new(NULL);
	make_database(&cluster, &database, disk);
	for (int i = 0; i < rounds; i++) {
		long left = 8L * i * (40 / rounds);
		char where[60];
		snprintf(where, sizeof(where), "%ld KiB free", left);
		memstack_empty(&database);
		memstack_make_old(&database);
		/* What was dropped is given back at a checkpoint; none comes in between. */
		execute(cluster.url, "CHECKPOINT");
		fill_disk(disk, left);
		struct run service = start_service(database.url);
		cr_expect(service.status == 0 || service.status == 1, "%s: ended %d: %s", where,
			  service.status, service.err);
		bool told = service.status == 0 || strstr(service.err, "No space left") != NULL;
		cr_expect(told, "%s: %s", where, service.err);
		full += service.status != 0;
		run_free(&service);
		free_disk(disk);
		service = start_service(database.url);
		cr_expect_eq(service.status, 0, "%s, then with room: ended %d: %s", where,
			     service.status, service.err);
		survived += told && service.status == 0;
		run_free(&service);
		memstack_expect_schema(&database, after, where);
		memstack_expect_history(&database, memstack_history_of_old, where);
		memstack_expect_old_rows(&database, where);
	}
	printf("full disk, PostgreSQL: %d tried, %d survived (%d of them met the end of the "
	       "disk)\n",
	       rounds, survived, full);
	cr_expect(full > 0, "no start met the end of the disk: nothing was shown");
	PQfinish(database.admin);
	cluster_free(&cluster);
	disk_unmount(disk);
	cr_assert(rmdir(disk) == 0, "%s", strerror(errno));
	free(after);
}
