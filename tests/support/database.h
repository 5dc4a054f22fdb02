/*
 * A fresh, empty, real database for one test, gone after it.
 *
 * PostgreSQL: a database of its own in the throw-away cluster of scripts/with-postgres
 * (TEST_PG_URL, a superuser; TEST_PG_LOG its log file). SQLite: a file in a folder of its own.
 * PGlite: the one database of scripts/with-pglite (TEST_PGLITE_URL), with nothing in it: only one
 * test at a time.
 */
#ifndef SUPPORT_DATABASE_H
#define SUPPORT_DATABASE_H

#include <stdbool.h>
#include <stddef.h>

enum engine { ENGINE_POSTGRES, ENGINE_SQLITE, ENGINE_PGLITE };

struct pg_conn;

/* FROM this: the locks that somebody waits for in the test's own database; pg_locks shows those of
 * every test that runs beside it. */
#define WAITING_LOCKS                                                                              \
	"pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database"                   \
	" WHERE datname = current_database())"

struct database {
	enum engine engine;
	char name[64];         /* PostgreSQL: of the database; unique on this machine */
	char url[512];         /* for reconcile and manage */
	char pooled_url[512];  /* PostgreSQL: through PgBouncer in transaction mode; "" if not
				  running */
	char standby_url[512]; /* PostgreSQL: the same database on a hot standby (see
				  database_standby_wait); "" if not running */
	char path[512];        /* SQLite: the file (not made yet); PostgreSQL: "" */
	char folder[512];      /* a temporary folder of this test */
	struct pg_conn *admin; /* not SQLite: a superuser's connection to it, for the test itself */
	long log_offset;       /* private: where database_log_start() found the log's end */
};

/*
 * Skips the test (Criterion) when the engine is not available. Before PostgreSQL 11 every default
 * rewrites its table: there the environment says that this is allowed, unless the test takes
 * RECONCILE_ALLOW_REWRITE away again.
 */
struct database *database_new(enum engine engine);
/* PostgreSQL: fails the test if the readers of the catalog do not agree on what it left
 * (readers.h).
 */
void database_free(struct database *database);

/* Runs SQL (several statements are fine) and fails the test on an error. */
__attribute__((format(printf, 2, 3))) void database_execute(struct database *database,
							    const char *format, ...);
/* The first value of the first row as text, "" for NULL or no row; free() it. */
__attribute__((format(printf, 2, 3))) char *database_value(struct database *database,
							   const char *format, ...);
/* The same as a number. */
__attribute__((format(printf, 2, 3))) long database_number(struct database *database,
							   const char *format, ...);
/* The server's major version (10, 11, ...); 0: SQLite. PGlite is what it is made of. */
int database_version(struct database *database);

/* All that a query gives, as text: the cell of a row and a column is cells[row * columns + column],
 * NULL for NULL. Text only: bytes behind a NUL are not seen. Free with cells_free(). */
struct cells {
	char **cells;
	size_t rows, columns;
};
__attribute__((format(printf, 2, 3))) struct cells database_cells(struct database *database,
								  const char *format, ...);
void cells_free(struct cells *cells);

/* One line a column of schema public / main, in a stable order: "table.column type null default",
 * for comparing a schema before and after; free() it. */
char *database_schema(struct database *database);

/* URL of the same PostgreSQL database as another role, which is made if it is not there. */
void database_role_url(struct database *database, const char *role, char *url, unsigned long size);

/* Ends a session from the server's side, by the number of its process, and waits until it is gone.
 * PostgreSQL only. */
void database_terminate(struct database *database, int pid);

/* Waits until the hot standby has everything that was committed so far; skips the test if there is
 * no standby. PostgreSQL only. */
void database_standby_wait(struct database *database);

/* The statements that the server logged for this database since database_log_start() (one a line;
 * PostgreSQL only); free() it. Logging is on from that call for new connections. */
void database_log_start(struct database *database);
char *database_log_statements(struct database *database);

#endif
