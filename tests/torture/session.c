#include "session.h"

#include <criterion/criterion.h>

PGconn *session_new(const char *url, const char *application)
{
	const char *const keywords[] = {"dbname", "application_name", NULL};
	const char *const values[] = {url, application, NULL};
	PGconn *session = PQconnectdbParams(keywords, values, 1);
	cr_assert(PQstatus(session) == CONNECTION_OK, "%s", PQerrorMessage(session));
	return session;
}

void session_run(PGconn *session, const char *sql)
{
	PGresult *result = PQexec(session, sql);
	ExecStatusType status = PQresultStatus(result);
	cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
		  PQerrorMessage(session));
	PQclear(result);
}
