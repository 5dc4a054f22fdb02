#include "database.h"
#include "readers.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000

/* ---- text --------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void put(char *out, size_t size, const char *format,
						      ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(out, size, format, arguments);
	va_end(arguments);
	cr_assert(length >= 0 && (size_t)length < size, "does not fit: '%s...'", out);
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format,
							       va_list arguments)
{
	char *text = NULL;
	cr_assert(vasprintf(&text, format, arguments) >= 0, "out of memory");
	return text;
}

static char *copy(const char *text)
{
	char *result = strdup(text);
	cr_assert(result != NULL, "out of memory");
	return result;
}

/* The same connection string with another database, and another user if user is not NULL. */
static void url_with(char *out, size_t size, const char *url, const char *database,
		     const char *user)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message);
	cr_assert(options != NULL, "'%s': %s", url, message);
	put(out, size, "postgresql:///%s", database);
	char separator = '?';
	for (PQconninfoOption *option = options; option->keyword != NULL; option++) {
		const char *value = option->val;
		if (strcmp(option->keyword, "user") == 0 && user != NULL)
			value = user;
		if (value == NULL || strcmp(option->keyword, "dbname") == 0)
			continue;
		size_t used = strlen(out);
		put(out + used, size - used, "%c%s=", separator, option->keyword);
		for (const char *c = value; *c != '\0'; c++) {
			used = strlen(out);
			bool plain = strchr("/._-", *c) != NULL || (*c >= '0' && *c <= '9') ||
				     (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
			put(out + used, size - used, plain ? "%c" : "%%%02X", (unsigned char)*c);
		}
		separator = '&';
	}
	PQconninfoFree(options);
}

/* ---- PostgreSQL --------------------------------------------------------- */

static PGconn *pg_connect(const char *url)
{
	PGconn *conn = PQconnectdb(url);
	cr_assert(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
	/* "table does not exist, skipping" is no news for a test. */
	PQclear(PQexec(conn, "SET client_min_messages = warning"));
	return conn;
}

static PGresult *pg_run(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);
	cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
			  status == PGRES_EMPTY_QUERY,
		  "%s: %s", sql, PQerrorMessage(conn));
	return result;
}

static void pg_new(struct database *database)
{
	const char *server = getenv("TEST_PG_URL");
	url_with(database->url, sizeof(database->url), server, database->name, NULL);
	const char *pooled = getenv("TEST_PG_POOLED_URL");
	if (pooled != NULL && *pooled != '\0')
		url_with(database->pooled_url, sizeof(database->pooled_url), pooled, database->name,
			 NULL);
	const char *standby = getenv("TEST_PG_STANDBY_URL");
	if (standby != NULL && *standby != '\0')
		url_with(database->standby_url, sizeof(database->standby_url), standby,
			 database->name, NULL);

	char sql[128];
	PGconn *conn = pg_connect(server);
	/* From 15 on a new database is written to the WAL, 8 MB for the standby to replay, unless
	 * its files are to be copied. */
	put(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0%s", database->name,
	    PQserverVersion(conn) >= 150000 ? " STRATEGY file_copy" : "");
	PQclear(pg_run(conn, sql));
	PQfinish(conn);
	database->admin = pg_connect(database->url);
	/* There every default rewrites the table, which the tests that are not about it may do. */
	if (PQserverVersion(database->admin) < 110000)
		cr_assert(setenv("RECONCILE_ALLOW_REWRITE", "yes", 1) == 0);
}

/* DROP DATABASE … WITH (FORCE), which is there from 13 on, in the words of every version. */
static void pg_free(struct database *database)
{
	static const char *const steps[] = {
		"ALTER DATABASE %s ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
		"DROP DATABASE %s",
	};
	PQfinish(database->admin);
	struct readers_told told = readers_compare(database->url);
	cr_expect(told.differences == NULL, "the readers of the catalog differ, or are wrong:\n%s",
		  told.differences);
	free(told.differences);
	PGconn *conn = pg_connect(getenv("TEST_PG_URL"));
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		char *sql = NULL;
		cr_assert(asprintf(&sql, steps[i], database->name) >= 0, "out of memory");
		PQclear(pg_run(conn, sql));
		free(sql);
	}
	PQfinish(conn);
}

/* It has one database and one session, whoever connects. */
static void pglite_new(struct database *database)
{
	put(database->url, sizeof(database->url), "%s", getenv("TEST_PGLITE_URL"));
	database->admin = pg_connect(database->url);
	PQclear(pg_run(database->admin, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"));
}

static void pglite_free(struct database *database)
{
	PQfinish(database->admin);
}

static char *pg_value(PGconn *conn, const char *sql)
{
	PGresult *result = pg_run(conn, sql);
	char *value = copy(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return value;
}

static char *copy_or_null(const char *text)
{
	return text != NULL ? copy(text) : NULL;
}

static struct cells pg_cells(PGconn *conn, const char *sql)
{
	PGresult *result = pg_run(conn, sql);
	struct cells all = {.rows = (size_t)PQntuples(result),
			    .columns = (size_t)PQnfields(result)};
	all.cells = calloc(all.rows * all.columns + 1, sizeof(char *));
	cr_assert(all.cells != NULL, "out of memory");
	for (int row = 0; row < PQntuples(result); row++)
		for (int i = 0; i < PQnfields(result); i++)
			all.cells[(size_t)row * all.columns + (size_t)i] = copy_or_null(
				PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i));
	PQclear(result);
	return all;
}

/* ---- SQLite ------------------------------------------------------------- */

/* A connection for each call, so that the file is as a program left it when nobody looks. */
static sqlite3 *sqlite_connect(const struct database *database)
{
	sqlite3 *conn = NULL;
	int code = sqlite3_open_v2(database->path, &conn,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	cr_assert(code == SQLITE_OK, "'%s': %s", database->path, sqlite3_errmsg(conn));
	sqlite3_busy_timeout(conn, BUSY_TIMEOUT_MS);
	return conn;
}

static void sqlite_execute(const struct database *database, const char *sql)
{
	sqlite3 *conn = sqlite_connect(database);
	int code = sqlite3_exec(conn, sql, NULL, NULL, NULL);
	cr_assert(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(conn));
	sqlite3_close(conn);
}

static char *sqlite_value(const struct database *database, const char *sql)
{
	sqlite3 *conn = sqlite_connect(database);
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(conn, sql, -1, &statement, NULL);
	cr_assert(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(conn));
	code = sqlite3_step(statement);
	cr_assert(code == SQLITE_ROW || code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(conn));
	const char *text =
		code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	char *value = copy(text != NULL ? text : "");
	sqlite3_finalize(statement);
	sqlite3_close(conn);
	return value;
}

static struct cells sqlite_cells(const struct database *database, const char *sql)
{
	sqlite3 *conn = sqlite_connect(database);
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(conn, sql, -1, &statement, NULL);
	cr_assert(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(conn));
	struct cells all = {.columns = (size_t)sqlite3_column_count(statement)};
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		size_t used = all.rows++ * all.columns;
		all.cells = realloc(all.cells, all.rows * all.columns * sizeof(char *));
		cr_assert(all.cells != NULL, "out of memory");
		for (size_t i = 0; i < all.columns; i++)
			all.cells[used + i] =
				copy_or_null((const char *)sqlite3_column_text(statement, (int)i));
	}
	cr_assert(code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(conn));
	sqlite3_finalize(statement);
	sqlite3_close(conn);
	return all;
}

/* ---- either ------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

struct database *database_new(enum engine engine)
{
	const char *server = getenv("TEST_PG_URL"), *pglite = getenv("TEST_PGLITE_URL");
	if (engine == ENGINE_POSTGRES && (server == NULL || *server == '\0'))
		cr_skip_test("no PostgreSQL: run through scripts/with-postgres");
	if (engine == ENGINE_PGLITE && (pglite == NULL || *pglite == '\0'))
		cr_skip_test("no PGlite: run through scripts/with-pglite");
	struct database *database = calloc(1, sizeof(*database));
	cr_assert(database != NULL, "out of memory");
	database->engine = engine;

	unsigned number;
	cr_assert(getrandom(&number, sizeof(number), 0) == sizeof(number));
	put(database->name, sizeof(database->name), "test_%ld_%08x", (long)getpid(), number);
	/* scripts/with-postgres removes TEST_DIR, also after tests that failed half-way. */
	const char *base = getenv("TEST_DIR");
	if (base == NULL || *base == '\0')
		base = getenv("TMPDIR");
	if (base == NULL || *base == '\0')
		base = "/tmp";
	put(database->folder, sizeof(database->folder), "%s/%s", base, database->name);
	cr_assert(mkdir(database->folder, 0700) == 0, "'%s': %s", database->folder,
		  strerror(errno));

	if (engine == ENGINE_POSTGRES) {
		pg_new(database);
	} else if (engine == ENGINE_PGLITE) {
		pglite_new(database);
	} else {
		put(database->path, sizeof(database->path), "%s/test.db", database->folder);
		put(database->url, sizeof(database->url), "sqlite:///%s", database->path);
	}
	return database;
}

void database_free(struct database *database)
{
	if (database == NULL)
		return;
	if (database->engine == ENGINE_POSTGRES)
		pg_free(database);
	else if (database->engine == ENGINE_PGLITE)
		pglite_free(database);
	nftw(database->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(database);
}

void database_execute(struct database *database, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *sql = format_text(format, arguments);
	va_end(arguments);
	if (database->engine == ENGINE_SQLITE)
		sqlite_execute(database, sql);
	else
		PQclear(pg_run(database->admin, sql));
	free(sql);
}

__attribute__((format(printf, 2, 0))) static char *value(struct database *database,
							 const char *format, va_list arguments)
{
	char *sql = format_text(format, arguments);
	char *text = database->engine == ENGINE_SQLITE ? sqlite_value(database, sql)
						       : pg_value(database->admin, sql);
	free(sql);
	return text;
}

char *database_value(struct database *database, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = value(database, format, arguments);
	va_end(arguments);
	return text;
}

long database_number(struct database *database, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = value(database, format, arguments);
	va_end(arguments);
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	cr_assert(errno == 0 && end != text && *end == '\0', "not a number: '%s'", text);
	free(text);
	return number;
}

int database_version(struct database *database)
{
	if (database->engine == ENGINE_SQLITE)
		return 0;
	return (int)database_number(database, "SHOW server_version_num") / 10000;
}

struct cells database_cells(struct database *database, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *sql = format_text(format, arguments);
	va_end(arguments);
	struct cells all = database->engine == ENGINE_SQLITE ? sqlite_cells(database, sql)
							     : pg_cells(database->admin, sql);
	free(sql);
	return all;
}

void cells_free(struct cells *cells)
{
	for (size_t i = 0; i < cells->rows * cells->columns; i++)
		free(cells->cells[i]);
	free(cells->cells);
	*cells = (struct cells){0};
}

/* All columns as one text, a line each. */
static const char pg_schema_sql[] =
	"SELECT coalesce(string_agg(line, chr(10) ORDER BY line COLLATE \"C\") || chr(10), '')\n"
	"  FROM (SELECT format('%s.%s %s %s %s', c.relname, a.attname,\n"
	"               format_type(a.atttypid, a.atttypmod),\n"
	"               CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END,\n"
	"               coalesce(pg_get_expr(d.adbin, d.adrelid), '-')) AS line\n"
	"          FROM pg_catalog.pg_attribute a\n"
	"          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid\n"
	"          LEFT JOIN pg_catalog.pg_attrdef d\n"
	"            ON d.adrelid = a.attrelid AND d.adnum = a.attnum\n"
	"         WHERE c.relnamespace = 'public'::regnamespace\n"
	"           AND c.relkind IN ('r', 'p', 'f', 'v', 'm')\n"
	"           AND a.attnum > 0 AND NOT a.attisdropped) AS columns";

static const char sqlite_schema_sql[] =
	"SELECT coalesce(group_concat(line, char(10)) || char(10), '')\n"
	"  FROM (SELECT printf('%s.%s %s %s %s', s.name, c.name, c.type,\n"
	"               iif(c.\"notnull\", 'not null', 'null'),\n"
	"               coalesce(c.dflt_value, '-')) AS line\n"
	"          FROM sqlite_schema s, pragma_table_xinfo(s.name) c\n"
	"         WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite!_%' ESCAPE '!'\n"
	"         ORDER BY line)";

char *database_schema(struct database *database)
{
	return database->engine == ENGINE_SQLITE ? sqlite_value(database, sqlite_schema_sql)
						 : pg_value(database->admin, pg_schema_sql);
}

/* ---- PostgreSQL only ---------------------------------------------------- */

void database_role_url(struct database *database, const char *role, char *url, unsigned long size)
{
	char *name = PQescapeIdentifier(database->admin, role, strlen(role));
	cr_assert(name != NULL, "%s", PQerrorMessage(database->admin));
	/* Roles belong to the whole cluster: another test may make the same one right now. */
	database_execute(database,
			 "DO $do$ BEGIN CREATE ROLE %s LOGIN;\n"
			 "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;\n"
			 "END $do$",
			 name);
	PQfreemem(name);
	url_with(url, size, database->url, database->name, role);
}

void database_terminate(struct database *database, int pid)
{
	database_execute(database, "SELECT pg_terminate_backend(%d)", pid);
	/* pg_terminate_backend() waits itself only from 14 on. */
	while (database_number(database, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d",
			       pid) > 0)
		usleep(1000);
}

void database_standby_wait(struct database *database)
{
	const char *standby = getenv("TEST_PG_STANDBY_URL");
	if (standby == NULL || *standby == '\0')
		cr_skip_test("no hot standby: run through scripts/with-postgres");
	char *position = database_value(database, "SELECT pg_current_wal_insert_lsn()");
	PGconn *conn = pg_connect(standby);
	char *sql = NULL;
	cr_assert(asprintf(&sql, "SELECT pg_last_wal_replay_lsn() >= '%s'", position) >= 0);
	/* Ends with the test's time limit when replication is broken. */
	for (bool there = false; !there;) {
		char *answer = pg_value(conn, sql);
		there = strcmp(answer, "t") == 0;
		free(answer);
		if (!there)
			usleep(10000);
	}
	free(sql);
	free(position);
	PQfinish(conn);
}

static FILE *open_log(void)
{
	const char *path = getenv("TEST_PG_LOG");
	cr_assert(path != NULL, "TEST_PG_LOG is not set: run through scripts/with-postgres");
	FILE *log = fopen(path, "r");
	cr_assert(log != NULL, "'%s': %s", path, strerror(errno));
	return log;
}

void database_log_start(struct database *database)
{
	database_execute(database, "ALTER DATABASE %s SET log_statement = 'all'", database->name);
	FILE *log = open_log();
	cr_assert(fseek(log, 0, SEEK_END) == 0, "fseek: %s", strerror(errno));
	database->log_offset = ftell(log);
	fclose(log);
}

/*
 * What was executed, if the line begins a statement of this database. Lines look like
 *	2024-05-01 12:00:00.123 UTC [4711] test_1_0 LOG:  statement: SELECT 1
 *	2024-05-01 12:00:00.123 UTC [4711] test_1_0 LOG:  execute <unnamed>: SELECT $1
 */
static const char *logged_statement(const struct database *database, const char *line)
{
	char mark[96];
	put(mark, sizeof(mark), "] %s LOG:  ", database->name);
	const char *found = strstr(line, mark);
	if (found == NULL || line[0] == '\t')
		return NULL;
	found += strlen(mark);
	if (strncmp(found, "statement: ", 11) == 0)
		return found + 11;
	if (strncmp(found, "execute ", 8) != 0)
		return NULL;
	found = strstr(found, ": ");
	return found != NULL ? found + 2 : NULL;
}

char *database_log_statements(struct database *database)
{
	FILE *log = open_log();
	cr_assert(fseek(log, database->log_offset, SEEK_SET) == 0, "fseek: %s", strerror(errno));
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	cr_assert(out != NULL, "out of memory");

	char *line = NULL;
	size_t capacity = 0;
	bool inside = false;
	ssize_t length;
	while ((length = getline(&line, &capacity, log)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		const char *statement = logged_statement(database, line);
		/* A further line of the same statement begins with a tab. */
		if (inside && line[0] == '\t') {
			fprintf(out, " %s", line + 1);
			continue;
		}
		if (inside)
			fputc('\n', out);
		inside = statement != NULL;
		if (inside)
			fputs(statement, out);
	}
	if (inside)
		fputc('\n', out);
	free(line);
	fclose(log);
	cr_assert(fclose(out) == 0, "out of memory");
	return text;
}
