/*
 * Synchronous standbys that are away, or far behind: COMMIT waits for them with its locks, which
 * nobody else on the primary may notice.
 */
#include "../support/cluster.h"
#include "session.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <reconcile.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct reconcile_table tables[] = {{"t", NULL, "app.def", 1}};
static const struct reconcile_column columns[] = {
	{"t", "a", "integer", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, "app.def", 2},
	{"t", "b", "integer", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, "app.def", 3},
	{"t", "c", "integer", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, "app.def", 4},
};

/* ---- a start ---------------------------------------------------------------- */

struct words {
	int unconfirmed, retries;
};

static void count_words(void *context, const struct reconcile_log_record *record)
{
	struct words *words = context;
	words->unconfirmed += strcmp(record->event, "unconfirmed") == 0;
	words->retries += strcmp(record->event, "retry") == 0;
}

/* A start that has only the first so many columns of t. */
static struct words start(const struct cluster *cluster, size_t count)
{
	struct words words = {0};
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	const struct reconcile_registry registry = {
		RECONCILE_REGISTRY_LAYOUT, "app", tables, 1, columns, count};
	options.url = cluster->url;
	options.log = count_words;
	options.log_context = &words;
	options.log_level = RECONCILE_LOG_DEBUG;
	/* How long it waits for a standby in the end. */
	options.connect_timeout_ms = 2000;
	struct reconcile_report *report;
	int status = reconcile(&registry, &options, &report);
	cr_expect_eq(status, RECONCILE_OK, "%d: %s", status,
		     reconcile_report_error(report)->message);
	reconcile_report_free(report);
	return words;
}

/* ---- the reader that comes by ------------------------------------------------- */

/* Who waits for a second is refused, which is what it counts. */
struct reader {
	PGconn *pg;
	pthread_t thread;
	atomic_bool stop;
	long selects, refused;
};

static void *read_on(void *argument)
{
	struct reader *reader = argument;
	while (!reader->stop) {
		PGresult *result = PQexec(reader->pg, "SELECT count(*) FROM t");
		reader->refused += PQresultStatus(result) != PGRES_TUPLES_OK;
		reader->selects++;
		PQclear(result);
		usleep(1000);
	}
	return NULL;
}

static void reader_start(struct reader *reader, const struct cluster *cluster)
{
	reader->pg = session_new(cluster->url, "reader");
	session_run(reader->pg, "SET lock_timeout = '1s'");
	cr_assert(pthread_create(&reader->thread, NULL, read_on, reader) == 0);
}

static void reader_stop(struct reader *reader)
{
	reader->stop = true;
	pthread_join(reader->thread, NULL);
	PQfinish(reader->pg);
	cr_expect(reader->selects > 0);
	cr_expect_eq(reader->refused, 0, "%ld of %ld SELECTs waited for a second", reader->refused,
		     reader->selects);
}

static void expect_no_session_left(const struct cluster *cluster)
{
	cluster_wait(cluster, "SELECT count(*) = 0 FROM pg_stat_activity "
			      "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
}

Test(standby, one_that_is_away)
{
	struct cluster primary = cluster_new(NULL);
	struct reader reader = {0};
	start(&primary, 1);
	cluster_configure(&primary, "synchronous_standby_names = 'away'");
	cluster_wait(&primary, "SELECT current_setting('synchronous_standby_names') = 'away'");
	reader_start(&reader, &primary);
	struct words words = start(&primary, 2);
	reader_stop(&reader);
	cr_expect_eq(words.retries, 0, "%d tries in vain", words.retries);
	cr_expect_eq(words.unconfirmed, 1, "nobody was told that no standby has it");
	/* Nothing of ours is left at work, and what is in sync waits for nobody. */
	expect_no_session_left(&primary);
	words = start(&primary, 2);
	cr_expect_eq(words.unconfirmed, 0);
	cluster_free(&primary);
}

Test(standby, one_whose_reader_holds_the_table)
{
	struct cluster primary = cluster_new(NULL);
	struct cluster standby = cluster_standby(
		&primary, "near", "max_standby_streaming_delay = -1\nhot_standby = on");
	struct reader reader = {0};
	start(&primary, 1);
	cluster_configure(&primary, "synchronous_standby_names = 'near'\n"
				    "synchronous_commit = remote_apply");
	cluster_wait(&primary,
		     "SELECT current_setting('synchronous_commit') = 'remote_apply' AND "
		     "EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')");
	cluster_wait(&standby, "SELECT pg_catalog.to_regclass('t') IS NOT NULL");
	PGconn *far = session_new(standby.url, "far");
	session_run(far, "BEGIN; SELECT * FROM t");
	reader_start(&reader, &primary);
	struct words words = start(&primary, 2);
	reader_stop(&reader);
	cr_expect_eq(words.retries, 0, "%d tries in vain", words.retries);
	cr_expect_eq(words.unconfirmed, 1, "nobody was told that the standby does not show it");
	session_run(far, "COMMIT");
	PQfinish(far);
	/* Now it has everything as soon as it is there. */
	words = start(&primary, 3);
	cr_expect_eq(words.unconfirmed, 0, "the standby was not waited for");
	PGconn *near = session_new(standby.url, "near");
	session_run(near, "SELECT c FROM t");
	PQfinish(near);
	cluster_free(&standby);
	cluster_free(&primary);
}
