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
#include <sys/wait.h>
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

/* A small disk of the server's own. */
static void mount_for_server(char *disk, size_t size, long kib)
{
	const char *parent = getenv("TEST_DIR"), *as = getenv("TEST_PG_AS");
	if (parent == NULL || *parent == '\0')
		cr_skip_test("run it under scripts/with-postgres");
	snprintf(disk, size, "%s/disk.%d", parent, (int)getpid());
	cr_assert(mkdir(disk, 0700) == 0, "'%s': %s", disk, strerror(errno));
	disk_mount(disk, kib);
	if (as != NULL && *as != '\0') {
		struct run owned = run("chmod 755 '%s/..' && chown --reference='%s' '%s'", disk,
				       getenv("TEST_PG_TEMPLATE"), disk);
		cr_assert_eq(owned.status, 0, "%s", owned.err);
		run_free(&owned);
	}
}

Test(full_disk, postgres_tablespace)
{
	char disk[200];
	struct database database;
	int rounds = part_of(40, 5), full = 0, survived = 0;
	char *after = memstack_reference(ENGINE_POSTGRES);
	mount_for_server(disk, sizeof(disk), 24L * 1024);
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

/* ---- PostgreSQL's write-ahead log ------------------------------------------------ */

/* The server with its log on the small disk; what is not needed any more is not kept there. */
static struct cluster make_with_log_on(const char *disk)
{
	const char *as = getenv("TEST_PG_AS");
	struct cluster cluster = cluster_new("autovacuum = off\ncheckpoint_timeout = '1h'\n"
					     "wal_keep_size = 0\nwal_recycle = off");
	cluster_stop(&cluster, "fast");
	struct run moved = run("cd / && %s sh -c 'mv \"$0/pg_wal\" \"$1/\" && "
			       "ln -s \"$1/pg_wal\" \"$0/pg_wal\"' '%s' '%s'",
			       as == NULL ? "" : as, cluster.folder, disk);
	cr_assert_eq(moved.status, 0, "%s", moved.err);
	run_free(&moved);
	cluster_start(&cluster);
	return cluster;
}

/* The log's file is written up to so many bytes of its end, and none is there to go on with. */
#define FILL_LOG                                                                                   \
	"DO $$ DECLARE room bigint; BEGIN\n"                                                       \
	"  WHILE EXISTS (SELECT FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'\n"               \
	"                AND name > pg_walfile_name(pg_current_wal_insert_lsn())) LOOP\n"          \
	"    PERFORM pg_logical_emit_message(false, '', 'x'), pg_switch_wal();\n"                  \
	"  END LOOP;\n"                                                                            \
	"  LOOP\n"                                                                                 \
	"    room := 16777216 - pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint\n"     \
	"            %% 16777216 - %ld;\n"                                                         \
	"    EXIT WHEN room < 400;\n"                                                              \
	"    PERFORM pg_logical_emit_message(false, '', repeat('x', (room * 0.99)::int - 200));\n" \
	"  END LOOP; END $$"

static bool is_up(const struct cluster *cluster)
{
	return PQping(cluster->url) == PQPING_OK;
}

/* When its log cannot go on the server crashes, and may not come back by itself. */
static void bring_up(const struct cluster *cluster)
{
	const char *as = getenv("TEST_PG_AS");
	struct run stopped = run("cd / && %s '%s/pg_ctl' stop -s -w -t 60 -m immediate -D '%s'",
				 as == NULL ? "" : as, getenv("TEST_PG_BIN"), cluster->folder);
	run_free(&stopped);
	cluster_start(cluster);
}

static bool is_at_work(const struct process *process)
{
	siginfo_t ended = {0};
	return waitid(P_PID, (id_t)process->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended.si_pid == 0;
}

/* A start that the end of the log meets. comes_back: there is room again while it waits. */
static struct run start_without_log(const struct cluster *cluster, const char *disk,
				    bool comes_back)
{
	struct process started =
		process_start("export RECONCILE_BUDGET_MS=%d\n" MEMSTACK_SERVICE,
			      comes_back ? 60000 : 2500, cluster->url, build_dir());
	while (comes_back && is_up(cluster) && is_at_work(&started))
		usleep(10000);
	if (!comes_back) {
		struct run ended = process_wait(&started);
		free_disk(disk);
		bring_up(cluster);
		return ended;
	}
	free_disk(disk);
	bring_up(cluster);
	return process_wait(&started);
}

static void connect_admin(struct database *database)
{
	database->admin = PQconnectdb(database->url);
	cr_assert(PQstatus(database->admin) == CONNECTION_OK, "%s",
		  PQerrorMessage(database->admin));
	PQclear(PQexec(database->admin, "SET client_min_messages = warning"));
}

Test(full_disk, postgres_log)
{
	char disk[200];
	struct database *any = database_new(ENGINE_POSTGRES),
			database = {.engine = ENGINE_POSTGRES};
	int rounds = part_of(30, 4), full = 0, survived = 0;
	if (database_version(any) < 13)
		cr_skip_test("it always makes new files of its log of old ones");
	database_free(any);
	char *after = memstack_reference(ENGINE_POSTGRES);
	mount_for_server(disk, sizeof(disk), 128L * 1024);
	struct cluster cluster = make_with_log_on(disk);
	snprintf(database.url, sizeof(database.url), "%s", cluster.url);
	for (int i = 0; i < rounds; i++) {
		long left = 400 + 16384L * i * (30 / rounds);
		bool comes_back = i % 2 != 0;
		char where[60];
		snprintf(where, sizeof(where), "%ld bytes of the log left, %s", left,
			 comes_back ? "for a while" : "for long");
		connect_admin(&database);
		memstack_empty(&database);
		memstack_make_old(&database);
		execute(cluster.url, "CHECKPOINT");
		database_execute(&database, FILL_LOG, left);
		PQfinish(database.admin);
		fill_disk(disk, 0);
		struct run service = start_without_log(&cluster, disk, comes_back);
		bool met = strstr(service.err, "No space left") != NULL;
		/* Who waited for it until the budget was over says that the server is not there. */
		bool told = service.status == 0 || (met && !comes_back && service.status == 69 &&
						    strstr(service.err, "gave up") != NULL);
		cr_expect(told, "%s: ended %d: %s", where, service.status, service.err);
		full += met;
		run_free(&service);
		service = start_service(database.url);
		cr_expect_eq(service.status, 0, "%s, then with room: ended %d: %s", where,
			     service.status, service.err);
		survived += told && service.status == 0;
		run_free(&service);
		connect_admin(&database);
		memstack_expect_schema(&database, after, where);
		memstack_expect_history(&database, memstack_history_of_old, where);
		memstack_expect_old_rows(&database, where);
		PQfinish(database.admin);
	}
	printf("full disk, PostgreSQL's log: %d tried, %d survived (%d of them met the end of "
	       "the disk)\n",
	       rounds, survived, full);
	cr_expect(full > 0, "no start met the end of the disk: nothing was shown");
	cluster_free(&cluster);
	disk_unmount(disk);
	cr_assert(rmdir(disk) == 0, "%s", strerror(errno));
	free(after);
}
