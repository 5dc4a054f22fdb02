#include "pooler.h"
#include "run.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A command of the server's side, as its user; fails the test when it fails. */
__attribute__((format(printf, 3, 4))) static void server(char *said, size_t size,
							 const char *format, ...)
{
	char command[2048];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	const char *as = getenv("TEST_PG_AS");
	struct run done = run("cd / && PATH=$PATH:/usr/sbin %s %s", as == NULL ? "" : as, command);
	cr_assert(done.status == 0, "%s: exit code %d: %s%s", command, done.status, done.out,
		  done.err);
	snprintf(said, size, "%.*s", (int)strcspn(done.out, "\n"), done.out);
	run_free(&done);
}

static void write_settings(const struct pooler *pooler, const PGconn *connection,
			   const char *settings)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/pgbouncer.ini", pooler->folder);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL, "'%s' cannot be written", path);
	fprintf(file,
		"[databases]\n* = host=%s port=%s user=%s\n"
		"[pgbouncer]\nlisten_port = 6432\nunix_socket_dir = %s\nauth_type = any\n"
		"logfile = %s/log\npidfile = %s/pgbouncer.pid\n%s\n",
		PQhost(connection), PQport(connection), PQuser(connection), pooler->folder,
		pooler->folder, pooler->folder, settings);
	cr_assert(fclose(file) == 0, "'%s' cannot be written", path);
}

struct pooler pooler_new(const char *server_url, const char *settings)
{
	struct pooler pooler;
	char said[200];
	const char *template = getenv("TEST_PG_TEMPLATE");
	if (template == NULL)
		cr_skip_test("TEST_PG_TEMPLATE is not set: run it under scripts/with-postgres");
	PGconn *connection = PQconnectdb(server_url);
	cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
	server(pooler.folder, sizeof(pooler.folder), "mktemp -d '%.*s/c.XXXXXX'",
	       (int)(strrchr(template, '/') - template), template);
	snprintf(pooler.url, sizeof(pooler.url), "postgresql:///%s?host=%s&port=6432&user=%s",
		 PQdb(connection), pooler.folder, PQuser(connection));
	write_settings(&pooler, connection, settings);
	server(said, sizeof(said), "chmod 755 '%s' && %s pgbouncer -q -d '%s/pgbouncer.ini'",
	       pooler.folder, getenv("TEST_PG_AS"), pooler.folder);
	PQfinish(connection);
	return pooler;
}

void pooler_free(struct pooler *pooler)
{
	char said[200];
	server(said, sizeof(said),
	       "sh -c 'kill -s INT \"$(cat \"$1/pgbouncer.pid\")\"; while [ -e "
	       "\"$1/pgbouncer.pid\" ]; do sleep 0.05; done; rm -rf \"$1\"' sh '%s'",
	       pooler->folder);
	*pooler = (struct pooler){0};
}
