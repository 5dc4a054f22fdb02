/*
 * bare_sqlite FILE			opens, SELECT 1
 * bare_sqlite FILE TABLES COLUMNS	opens and reads every column of every table t*
 *
 * What a program pays that uses sqlite3 and nothing else.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* One row a column. */
static const char columns_sql[] =
	"SELECT s.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.hidden\n"
	"  FROM sqlite_schema s, pragma_table_xinfo(s.name) c\n"
	" WHERE s.type = 'table' AND s.name LIKE 't%'";

int main(int argc, char **argv)
{
	sqlite3 *conn = NULL;
	sqlite3_stmt *statement = NULL;
	int expected = argc > 3 ? atoi(argv[2]) * atoi(argv[3]) : 1;
	int rows = 0;
	if (sqlite3_open_v2(argc > 1 ? argv[1] : "", &conn, SQLITE_OPEN_READWRITE, NULL) ==
		    SQLITE_OK &&
	    sqlite3_prepare_v2(conn, argc > 3 ? columns_sql : "SELECT 1", -1, &statement, NULL) ==
		    SQLITE_OK)
		while (sqlite3_step(statement) == SQLITE_ROW)
			rows++;
	if (rows != expected) {
		fprintf(stderr, "bare_sqlite: %d rows instead of %d: %s\n", rows, expected,
			sqlite3_errmsg(conn));
		return 1;
	}
	sqlite3_finalize(statement);
	sqlite3_close(conn);
	return 0;
}
