/* A primary dies in the middle of a start, and its standby takes over. */
#include "../support/cluster.h"
#include "../support/part.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <reconcile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 20, TABLES = 120, HANGS_S = 120, TAKEOVER_US = 300000 };

static struct reconcile_table tables[TABLES];
static struct reconcile_column columns[TABLES];
static char names[TABLES][16];
static const struct reconcile_registry registry = {
	RECONCILE_REGISTRY_LAYOUT, "many", tables, TABLES, columns, TABLES};

static void make_registry(void)
{
	for (int i = 0; i < TABLES; i++) {
		snprintf(names[i], sizeof(names[i]), "t%03d", i);
		tables[i] = (struct reconcile_table){names[i], NULL, "many.def", i};
		columns[i] = (struct reconcile_column){.table = names[i],
						       .column = "id",
						       .type = "INTEGER",
						       .nullability = RECONCILE_PRIMARY_KEY,
						       .file = "many.def",
						       .line = i};
	}
}

/* In each order of the hosts. */
static unsigned long tries(void)
{
	const char *text = getenv("TORTURE_N");
	unsigned long count = text != NULL ? strtoul(text, NULL, 10) : 0;
	if (count > 0)
		return count;
	return part_is_whole() ? ROUNDS : 1;
}

static pid_t start(const char *url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.url = url;
	options.log_level = RECONCILE_LOG_ERROR;
	options.connect_timeout_ms = 60000;
	pid_t child = fork();
	if (child == 0) {
		alarm(HANGS_S);
		_exit(reconcile(&registry, &options, NULL));
	}
	cr_assert(child > 0);
	return child;
}

static int end(pid_t child)
{
	int status;
	cr_assert(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Until the start is in the middle of it. */
static void wait_for_tables(const struct cluster *primary, unsigned long count)
{
	char query[200];
	snprintf(query, sizeof(query),
		 "SELECT count(*) >= %lu FROM pg_catalog.pg_class WHERE relname ~ '^t[0-9]+$'",
		 count);
	cluster_wait(primary, query);
}

/* true: the start did not mind. */
static bool fail_over(bool primary_first, unsigned long number)
{
	char url[600];
	struct cluster primary = cluster_new(NULL);
	struct cluster standby = cluster_standby(&primary, "one", NULL);
	const char *first = primary_first ? primary.folder : standby.folder;
	const char *second = primary_first ? standby.folder : primary.folder;
	snprintf(url, sizeof(url),
		 "host='%s,%s' port=5432,5432 user=postgres dbname=postgres "
		 "target_session_attrs=read-write",
		 first, second);
	pid_t child = start(url);
	wait_for_tables(&primary, 1 + number * 7 % (TABLES / 2));
	cluster_stop(&primary, "immediate");
	usleep(TAKEOVER_US);
	cluster_promote(&standby);
	int status = end(child);
	cr_expect_eq(status, RECONCILE_OK, "round %lu, primary %s: status %d", number,
		     primary_first ? "first" : "second", status);
	if (status == RECONCILE_OK)
		wait_for_tables(&standby, TABLES);
	cluster_free(&standby);
	cluster_free(&primary);
	return status == RECONCILE_OK;
}

Test(failover, a_primary_dies_and_its_standby_takes_over, .timeout = 36000)
{
	make_registry();
	for (int order = 0; order < 2; order++) {
		unsigned long count = tries(), survived = 0;
		for (unsigned long i = 0; i < count; i++)
			survived += fail_over(order == 0, i);
		printf("failover, the primary %s in the URL: %lu tried, %lu survived\n",
		       order == 0 ? "first" : "second", count, survived);
	}
}
