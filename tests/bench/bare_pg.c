/*
 * bare_pg URL			connects, SELECT 1
 * bare_pg URL TABLES COLUMNS	connects and reads the rows of pg_attribute of tables t1 to tTABLES
 *
 * What a program pays that uses libpq and nothing else.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* One row a column. */
static const char columns_sql[] =
	"SELECT attrelid, attnum, attname, atttypid, atttypmod, attnotnull, atthasdef\n"
	"  FROM pg_catalog.pg_attribute\n"
	" WHERE attrelid = ANY ($1::text[]::regclass[]) AND attnum > 0 AND NOT attisdropped";

/* "{t1,t2,...}" */
static char *table_names(int tables)
{
	char *names = malloc(3 + (size_t)tables * 12);
	char *end = names;
	*end++ = '{';
	for (int i = 1; i <= tables; i++)
		end += sprintf(end, i > 1 ? ",t%d" : "t%d", i);
	*end++ = '}';
	*end = '\0';
	return names;
}

int main(int argc, char **argv)
{
	int expected = 1;
	PGconn *conn = PQconnectdb(argc > 1 ? argv[1] : "");
	PGresult *result;
	if (argc > 3) {
		char *names = table_names(atoi(argv[2]));
		expected = atoi(argv[2]) * atoi(argv[3]);
		result = PQexecParams(conn, columns_sql, 1, NULL, (const char *const[]){names},
				      NULL, NULL, 0);
		free(names);
	} else {
		result = PQexec(conn, "SELECT 1");
	}
	if (PQntuples(result) != expected) {
		fprintf(stderr, "bare_pg: %d rows instead of %d %s\n", PQntuples(result), expected,
			PQerrorMessage(conn));
		return 1;
	}
	PQclear(result);
	PQfinish(conn);
	return 0;
}
