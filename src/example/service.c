/*
 * A service as yours may look: reconcile() comes before everything else that uses the database.
 *
 *	service           the library opens a connection of its own, as the environment says
 *	service --lend    the service lends the connection that it has anyway
 */
#include <reconcile.h>

#include "../../registry/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if WITH_PG
#include <libpq-fe.h>
#endif
#if WITH_SQLITE
#include <sqlite3.h>
#endif

#if WITH_PG
static int start_on_pg(const char *url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	int status = RECONCILE_UNREACHABLE;
	PGconn *conn = PQconnectdb(url);
	if (PQstatus(conn) == CONNECTION_OK) {
		options.pg = conn;
		status = reconcile(&memstack_registry, &options, NULL);
	} else {
		fputs("service: no connection to PostgreSQL\n", stderr);
	}
	if (status == RECONCILE_OK) { /* the connection is ours again, as it was */
		PGresult *result = PQexec(conn, "SELECT count(*) FROM memories");
		printf("service: memories: %s\n", PQgetvalue(result, 0, 0));
		PQclear(result);
	}
	PQfinish(conn);
	return status;
}
#endif

#if WITH_SQLITE
static int print_count(void *context, int count, char **values, char **names)
{
	(void)context, (void)count, (void)names;
	printf("service: memories: %s\n", values[0]);
	return 0;
}

static int start_on_sqlite(const char *path)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	int status = RECONCILE_UNREACHABLE;
	sqlite3 *conn = NULL;
	if (sqlite3_open_v2(path, &conn, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		options.sqlite = conn;
		status = reconcile(&memstack_registry, &options, NULL);
	} else {
		fprintf(stderr, "service: '%s': %s\n", path, sqlite3_errmsg(conn));
	}
	if (status == RECONCILE_OK) /* the connection is ours again, as it was */
		sqlite3_exec(conn, "SELECT count(*) FROM memories", print_count, NULL, NULL);
	sqlite3_close(conn);
	return status;
}
#endif

static int start_lending(void)
{
	const char *url = getenv("DATABASE_URL");
#if WITH_SQLITE
	if (url != NULL && strncmp(url, "sqlite:///", 10) == 0)
		return start_on_sqlite(url + 10);
#endif
#if WITH_PG
	if (url == NULL || strncmp(url, "sqlite:", 7) != 0)
		return start_on_pg(url != NULL ? url : "");
#endif
	(void)url;
	fputs("service: DATABASE_URL names a database that this service was built without\n",
	      stderr);
	return RECONCILE_BAD_CONFIG;
}

int main(int argc, char **argv)
{
	int status = argc > 1 && strcmp(argv[1], "--lend") == 0
			     ? start_lending()
			     : reconcile(&memstack_registry, NULL, NULL);
	if (status != RECONCILE_OK)
		return status;
	puts("service: serving"); /* here your service begins its work */
	return 0;
}
