/*
 * bare_pg URL			connects, SELECT 1
 * bare_pg URL TABLES COLUMNS	connects and reads the rows of pg_attribute of tables t1 to tTABLES
 * bare_pg URL TABLES COLUMNS x	... with the texts of their defaults
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

/* With a sub-select, so that the server does not compile it (jit_above_cost). */
static const char defaults_sql[] =
	"SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,\n"
	"       a.atthasdef, pg_catalog.pg_get_expr(d.adbin, 0)\n"
	"  FROM pg_catalog.pg_attribute a\n"
	"  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum\n"
	" WHERE a.attrelid = ANY ((SELECT $1)::text[]::regclass[]) AND a.attnum > 0\n"
	"   AND NOT a.attisdropped";

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
		result = PQexecParams(conn, argc > 4 ? defaults_sql : columns_sql, 1, NULL,
				      (const char *const[]){names}, NULL, NULL, 0);
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
