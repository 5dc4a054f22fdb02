/* The tests' own servers are what they say. */
#include "../support/cluster.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>

static void execute(const struct cluster *cluster, const char *sql)
{
	PGconn *connection = PQconnectdb(cluster->url);
	PGresult *result = PQexec(connection, sql);
	cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

Test(cluster, standby_is_promoted_after_a_crash)
{
	struct cluster primary = cluster_new("synchronous_standby_names = 'one'");
	struct cluster standby = cluster_standby(&primary, "one", NULL);
	execute(&primary, "CREATE TABLE t (id int)");
	cluster_stop(&primary, "immediate");
	cluster_wait(&standby, "SELECT pg_catalog.pg_is_in_recovery()");
	cluster_promote(&standby);
	cluster_wait(&standby, "SELECT NOT pg_catalog.pg_is_in_recovery() "
			       "AND pg_catalog.to_regclass('t') IS NOT NULL");
	cluster_start(&primary);
	cluster_configure(&primary, "synchronous_standby_names = ''");
	cluster_wait(&primary,
		     "SELECT pg_catalog.current_setting('synchronous_standby_names') = ''");
	cluster_free(&standby);
	cluster_free(&primary);
}
