/* A hundred replicas start at the same time; a quarter of them in `make test`. */
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CROWD_MAX 100
#define COME_MS 60000

/*
 * Two pipes with names: each process says `ready` that it has come and then reads from `gate`,
 * which has an end for all of them at the same moment, when its last writer closes it.
 */
struct gate {
	char gate_path[560], ready_path[560];
	int gate, ready;
};

static int open_pipe(char *path, size_t size, const struct database *database, const char *name)
{
	snprintf(path, size, "%s/%s", database->folder, name);
	unlink(path);
	cr_assert(mkfifo(path, 0600) == 0, "'%s': %s", path, strerror(errno));
	/* For both, so that no open() waits; no process started inherits the writing end. */
	int fd = open(path, O_RDWR | O_CLOEXEC);
	cr_assert(fd >= 0, "'%s': %s", path, strerror(errno));
	return fd;
}

static struct gate gate_close(const struct database *database)
{
	struct gate gate;
	gate.gate = open_pipe(gate.gate_path, sizeof(gate.gate_path), database, "gate");
	gate.ready = open_pipe(gate.ready_path, sizeof(gate.ready_path), database, "ready");
	return gate;
}

static void gate_open(const struct gate *gate, size_t size)
{
	struct pollfd come = {.fd = gate->ready, .events = POLLIN};
	char lines[CROWD_MAX];
	for (size_t count = 0; count < size;) {
		cr_assert(poll(&come, 1, COME_MS) == 1, "only %zu processes have come", count);
		ssize_t n = read(gate->ready, lines, size - count);
		cr_assert(n > 0, "read: %s", strerror(errno));
		count += (size_t)n;
	}
	close(gate->ready);
	close(gate->gate);
}

static void run_crowd(struct database *database, const char *url, const char *where)
{
	const int size = part_of(CROWD_MAX, 25);
	struct process crowd[CROWD_MAX];
	struct gate gate = gate_close(database);
	int failed = 0;

	/* Every second one lends a connection of its own. */
	for (int i = 0; i < size; i++)
		crowd[i] = process_start(
			"exec 3<'%s'; echo >'%s'; read nothing <&3; exec 3<&-;\n" MEMSTACK_SERVICE
			" %s",
			gate.gate_path, gate.ready_path, url, build_dir(),
			i % 2 == 0 ? "" : "--lend");
	gate_open(&gate, (size_t)size);
	for (int i = 0; i < size; i++) {
		struct run service = process_wait(&crowd[i]);
		failed += service.status != 0;
		cr_expect(service.status == 0, "%s: process %d ended %d: %s", where, i,
			  service.status, service.err);
		run_free(&service);
	}
	printf("crowd: %s: %d started at once, %d ended non-zero", where, size, failed);
}

static void expect_once_each(struct database *database, const char *where)
{
	long often = database_number(
		database, "SELECT count(*) FROM (SELECT action, table_name, column_name\n"
			  "  FROM reconcile_history GROUP BY action, table_name, column_name\n"
			  "HAVING count(*) <> 1) AS often");
	cr_expect(often == 0, "%s: %ld changes have more than one row", where, often);
	printf("; %ld changes, made by %ld of them, the last one in try %ld\n",
	       database_number(database, "SELECT count(*) FROM reconcile_history"),
	       database_number(database, "SELECT count(DISTINCT run_id) FROM reconcile_history"),
	       database_number(database, "SELECT max(attempts) FROM reconcile_history"));
}

struct setting {
	const char *name;
	enum engine engine;
	bool pooled;
	const char *journal; /* SQLite */
};

static void crowd_on(const struct setting *setting, bool old, const char *reference)
{
	struct database *database = database_new(setting->engine);
	const char *wanted = old ? memstack_history_of_old : memstack_history_of_empty;
	const char *url = setting->pooled ? database->pooled_url : database->url;
	char where[100];

	snprintf(where, sizeof(where), "%s, %s", setting->name, old ? "older tables" : "empty");
	cr_assert(*url != '\0', "%s: no PgBouncer: run through scripts/with-postgres", where);
	if (setting->journal != NULL) {
		char *journal =
			database_value(database, "PRAGMA journal_mode = %s", setting->journal);
		cr_assert(strcmp(journal, setting->journal) == 0, "%s: %s", where, journal);
		free(journal);
	}
	if (old)
		memstack_make_old(database);

	run_crowd(database, url, where);
	expect_once_each(database, where);
	memstack_expect_history(database, wanted, where);
	memstack_expect_schema(database, reference, where);
	if (old)
		memstack_expect_old_rows(database, where);

	strcat(where, ", again");
	run_crowd(database, url, where);
	puts("");
	memstack_expect_history(database, wanted, where);
	memstack_expect_schema(database, reference, where);
	database_free(database);
}

static void crowds_on(const struct setting *settings, size_t count)
{
	char *reference = memstack_reference(settings[0].engine);
	for (size_t i = 0; i < count; i++) {
		crowd_on(&settings[i], false, reference);
		crowd_on(&settings[i], true, reference);
	}
	free(reference);
}

Test(crowd, on_postgres)
{
	static const struct setting settings[] = {
		{"PostgreSQL", ENGINE_POSTGRES, false, NULL},
		{"PostgreSQL through PgBouncer", ENGINE_POSTGRES, true, NULL},
	};
	crowds_on(settings, sizeof(settings) / sizeof(settings[0]));
}

Test(crowd, on_sqlite)
{
	static const struct setting settings[] = {
		{"SQLite with a rollback journal", ENGINE_SQLITE, false, "delete"},
		{"SQLite with a WAL", ENGINE_SQLITE, false, "wal"},
	};
	crowds_on(settings, sizeof(settings) / sizeof(settings[0]));
}
