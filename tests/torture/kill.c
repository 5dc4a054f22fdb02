/*
 * A service that is killed, or whose server goes away, while it changes its database: every table
 * is before or after its change, history says the same, and the next start does the rest.
 */
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOKS 6000
#define LOOK_US 5000
#define WHOLE_RUNS 5

static const char *const table_names[] = {"tenants",  "users",        "projects",
					  "memories", "entity_types", "task_logs"};
#define TABLES (sizeof(table_names) / sizeof(table_names[0]))

struct setting {
	const char *name;
	enum engine engine;
	bool old; /* tables of an older release with rows in them; else empty */
};

static const struct setting settings[] = {
	{"PostgreSQL, empty", ENGINE_POSTGRES, false},
	{"PostgreSQL, older tables", ENGINE_POSTGRES, true},
	{"SQLite, empty", ENGINE_SQLITE, false},
	{"SQLite, older tables", ENGINE_SQLITE, true},
};

/* ---- one database, again and again ------------------------------------------- */

/* Every second SQLite database has a WAL. */
static void start_over(struct database *database, const struct setting *setting, int round)
{
	memstack_empty(database);
	if (setting->engine == ENGINE_SQLITE)
		database_execute(database, "PRAGMA journal_mode = %s; PRAGMA user_version = 1",
				 round % 2 == 0 ? "delete" : "wal");
	if (setting->old)
		memstack_make_old(database);
}

static struct process start_service(const struct database *database)
{
	return process_start(MEMSTACK_SERVICE, database->url, build_dir());
}

#define BACKENDS                                                                                   \
	"FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()\n"   \
	"   AND backend_type = 'client backend'"

static void wait_for(struct database *database, const char *what, const char *sql)
{
	for (int i = 0; database_number(database, "%s", sql) == 0; i++) {
		cr_assert(i < LOOKS, "%s: it never came", what);
		usleep(LOOK_US);
	}
}

/* ---- before or after ---------------------------------------------------------- */

/* The lines of a schema that are about one table; free() it. */
static char *table_lines(const char *schema, const char *table)
{
	char *lines = calloc(1, strlen(schema) + 1);
	size_t length = strlen(table);
	cr_assert(lines != NULL, "out of memory");
	while (*schema != '\0') {
		size_t line = strcspn(schema, "\n") + 1;
		if (strncmp(schema, table, length) == 0 && schema[length] == '.')
			strncat(lines, schema, line);
		schema += line;
	}
	return lines;
}

/* The lines of history that are about the tables whose flag is set; free() it. */
static char *history_of(const char *history, const bool *done)
{
	char *lines = calloc(1, strlen(history) + 1);
	cr_assert(lines != NULL, "out of memory");
	while (*history != '\0') {
		size_t line = strcspn(history, "\n") + 1;
		const char *name = strchr(history, ' ') + 1;
		size_t length = strcspn(name, ".\n");
		for (size_t i = 0; i < TABLES; i++)
			if (done[i] && strlen(table_names[i]) == length &&
			    strncmp(name, table_names[i], length) == 0)
				strncat(lines, history, line);
		history += line;
	}
	return lines;
}

static bool expect_either(const char *schema, const char *before, const char *after,
			  const char *table, const char *where)
{
	char *now = table_lines(schema, table);
	char *first = table_lines(before, table);
	char *last = table_lines(after, table);
	bool done = strcmp(now, last) == 0;
	cr_expect(done || strcmp(now, first) == 0,
		  "%s: table %s is neither before nor after its change:\n%s", where, table, now);
	free(now);
	free(first);
	free(last);
	return done;
}

/* Returns how many tables are after their change. */
static size_t expect_all_or_nothing(struct database *database, const struct setting *setting,
				    const char *before, const char *after, const char *where)
{
	char *schema = database_schema(database);
	bool done[TABLES];
	size_t count = 0;
	for (size_t i = 0; i < TABLES; i++) {
		done[i] = expect_either(schema, before, after, table_names[i], where);
		count += done[i];
	}
	bool has_history = expect_either(schema, before, after, "reconcile_history", where);
	cr_expect(has_history == (count > 0), "%s: %zu tables are done, and history is %s", where,
		  count, has_history ? "there" : "not there");
	char *wanted = history_of(
		setting->old ? memstack_history_of_old : memstack_history_of_empty, done);
	memstack_expect_history(database, wanted, where);
	free(wanted);
	free(schema);
	if (setting->old) {
		long rows = database_number(database, "SELECT (SELECT count(*) FROM memories) +\n"
						      "       (SELECT count(*) FROM task_logs)");
		cr_expect(rows == 2 * MEMSTACK_ROWS, "%s: %ld rows are left", where, rows);
	}
	return count;
}

static void expect_whole(struct database *database, const struct setting *setting,
			 const char *after, const char *where)
{
	memstack_expect_schema(database, after, where);
	memstack_expect_history(database,
				setting->old ? memstack_history_of_old : memstack_history_of_empty,
				where);
	if (setting->old)
		memstack_expect_old_rows(database, where);
}

static void expect_next_start(struct database *database, const struct setting *setting,
			      const char *after, const char *where)
{
	struct process process = start_service(database);
	struct run service = process_wait(&process);
	cr_expect(service.status == 0, "%s: the next start ends %d: %s", where, service.status,
		  service.err);
	run_free(&service);
	expect_whole(database, setting, after, where);
}

/* ---- at any instant ------------------------------------------------------------- */

static double now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* How long a start takes that has everything to do. Nothing is asserted about it: it says only
 * where the instants lie. */
static double measure_whole(struct database *database, const struct setting *setting)
{
	double took[WHOLE_RUNS];
	for (int i = 0; i < WHOLE_RUNS; i++) {
		start_over(database, setting, i);
		double began = now_us();
		struct process process = start_service(database);
		struct run service = process_wait(&process);
		took[i] = now_us() - began;
		cr_assert(service.status == 0, "%s: a whole start ends %d: %s", setting->name,
			  service.status, service.err);
		run_free(&service);
	}
	qsort(took, WHOLE_RUNS, sizeof(took[0]), compare_numbers);
	return took[WHOLE_RUNS / 2];
}

/* Uniform from 0 to a bit more than the whole. */
static useconds_t choose_instant(double whole_us)
{
	return (useconds_t)(drand48() * 1.2 * whole_us);
}

/* Returns how many landed where only some of the tables were done. */
static int signal_at_random(const struct setting *setting, int signal, int rounds)
{
	struct database *database = database_new(setting->engine);
	char *after = memstack_reference(setting->engine);
	double whole_us = measure_whole(database, setting);
	int nothing = 0, middle = 0, all = 0, ended = 0;

	start_over(database, setting, 0);
	char *before = database_schema(database);
	for (int i = 0; i < rounds; i++) {
		char where[128];
		if (i > 0)
			start_over(database, setting, i);
		useconds_t instant = choose_instant(whole_us);
		snprintf(where, sizeof(where), "%s, signal %d, round %d, after %u us",
			 setting->name, signal, i, (unsigned)instant);
		struct process process = start_service(database);
		usleep(instant);
		cr_assert(kill(process.pid, signal) == 0, "kill: %s", strerror(errno));
		struct run service = process_wait(&process);
		cr_expect(service.status == 0 || service.status == 128 + signal, "%s: ended %d: %s",
			  where, service.status, service.err);
		ended += service.status == 0;
		run_free(&service);
		memstack_wait_for_sessions(database);
		size_t done = expect_all_or_nothing(database, setting, before, after, where);
		nothing += done == 0;
		middle += done > 0 && done < TABLES;
		all += done == TABLES;
		expect_next_start(database, setting, after, where);
	}
	printf("kill: %s: a whole start takes %.1f ms; of %d killed by signal %d at a random "
	       "instant %d had nothing done, %d a part, %d everything, %d had ended\n",
	       setting->name, whole_us / 1e3, rounds, signal, nothing, middle, all, ended);
	free(before);
	free(after);
	database_free(database);
	return middle;
}

static void signal_all(const struct setting *first, int signal, int rounds)
{
	int middle = 0;
	srand48(time(NULL) ^ getpid());
	for (int i = 0; i < 2; i++)
		middle += signal_at_random(&first[i], signal, part_of(rounds, 5));
	cr_expect(middle > 0 || !part_is_whole(),
		  "no kill landed in the middle: nothing was shown");
}

Test(kill, postgres_at_100_random_instants)
{
	signal_all(&settings[0], SIGKILL, 50);
}

Test(kill, sqlite_at_100_random_instants)
{
	signal_all(&settings[2], SIGKILL, 50);
}

Test(kill, sigterm_is_no_different)
{
	signal_all(&settings[0], SIGTERM, 15);
	signal_all(&settings[2], SIGTERM, 15);
}

/* ---- the server goes away ---------------------------------------------------------- */

/* That the server says goodbye is no news. */
static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/*
 * A transaction that keeps the service from the last table, so that it stands in the middle: the
 * other five are done.
 */
static PGconn *hold_last_table(const struct database *database)
{
	PGconn *conn = PQconnectdb(database->url);
	PQsetNoticeProcessor(conn, ignore_notice, NULL);
	PGresult *result = PQexec(conn, "BEGIN; LOCK TABLE task_logs IN ACCESS SHARE MODE");
	cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
	PQclear(result);
	return conn;
}

#define WAITS BACKENDS " AND wait_event_type = 'Lock'"

static void wait_for_lock_queue(struct database *database)
{
	wait_for(database, "the service in the lock queue", "SELECT count(*) " WAITS);
}

static void expect_reconnected(struct database *database, struct process *process,
			       const char *where)
{
	char *after = memstack_reference(ENGINE_POSTGRES);
	struct run service = process_wait(process);
	cr_expect(service.status == 0, "%s: the service ends %d: %s", where, service.status,
		  service.err);
	cr_expect(strstr(service.err, "trying again") != NULL, "%s: nothing was lost: %s", where,
		  service.err);
	run_free(&service);
	expect_whole(database, &settings[1], after, where);
	free(after);
}

Test(kill, the_backend_is_terminated_in_the_middle)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	memstack_make_old(database);
	PGconn *holder = hold_last_table(database);
	struct process process = start_service(database);
	for (int i = 0; i < 3; i++) {
		long ended;
		do { /* it may leave the queue just before */
			wait_for_lock_queue(database);
			ended = database_number(database,
						"SELECT count(pg_terminate_backend(pid)) " WAITS);
		} while (ended == 0);
	}
	PQfinish(holder);
	expect_reconnected(database, &process, "terminated three times");
	database_free(database);
}

/* What postgres does when one of its processes dies: all of them end, the log is replayed. */
Test(kill, the_server_crashes_in_the_middle)
{
	struct database *database = database_new(ENGINE_POSTGRES);
	memstack_make_old(database);
	PGconn *holder = hold_last_table(database);
	struct process process = start_service(database);
	long pid;
	do {
		wait_for_lock_queue(database);
		pid = database_number(database, "SELECT coalesce(max(pid), 0) " WAITS);
	} while (pid == 0);
	cr_assert(kill((pid_t)pid, SIGKILL) == 0, "kill %ld: %s", pid, strerror(errno));
	for (int i = 0; i < LOOKS && PQstatus(holder) == CONNECTION_OK; i++) {
		PQclear(PQexec(holder, "SELECT 1"));
		usleep(LOOK_US);
	}
	PQfinish(holder);
	for (int i = 0; i < LOOKS; i++) {
		PQreset(database->admin);
		if (PQstatus(database->admin) == CONNECTION_OK)
			break;
		usleep(LOOK_US);
	}
	expect_reconnected(database, &process, "the server crashed");
	database_free(database);
}

Test(kill, backends_terminated_at_random_instants)
{
	const struct setting *setting = &settings[1];
	struct database *database = database_new(setting->engine);
	char *after = memstack_reference(setting->engine);
	double whole_us = measure_whole(database, setting);
	const int rounds = part_of(40, 8);
	long hit = 0;

	srand48(time(NULL) ^ getpid());
	for (int i = 0; i < rounds; i++) {
		char where[128];
		start_over(database, setting, i);
		useconds_t instant = choose_instant(whole_us);
		snprintf(where, sizeof(where), "terminated, round %d, after %u us", i,
			 (unsigned)instant);
		struct process process = start_service(database);
		usleep(instant);
		hit += database_number(database,
				       "SELECT count(pg_terminate_backend(pid)) " BACKENDS);
		struct run service = process_wait(&process);
		cr_expect(service.status == 0, "%s: the service ends %d: %s", where, service.status,
			  service.err);
		run_free(&service);
		expect_whole(database, setting, after, where);
	}
	printf("kill: %d services, the backends of %ld terminated at a random instant: all ended "
	       "0\n",
	       rounds, hit);
	cr_expect(hit > 0, "no backend was terminated: nothing was shown");
	free(after);
	database_free(database);
}
