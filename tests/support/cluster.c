#include "cluster.h"
#include "run.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *setting(const char *name)
{
	const char *value = getenv(name);
	if (value == NULL || *value == '\0')
		cr_skip_test("%s is not set: run it under scripts/with-postgres", name);
	return value;
}

/* A command of the server's side: as its user, from a folder that it may be in. Fails the test when
 * it fails; what it printed is copied to said (may be NULL). */
__attribute__((format(printf, 3, 4))) static void server(char *said, size_t size,
							 const char *format, ...)
{
	char command[2048];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	cr_assert(length >= 0 && (size_t)length < sizeof(command), "the command is too long");
	const char *as = getenv("TEST_PG_AS");
	struct run done = run("cd / && %s %s", as == NULL ? "" : as, command);
	cr_assert(done.status == 0, "%s: exit code %d: %s%s", command, done.status, done.out,
		  done.err);
	if (said != NULL)
		snprintf(said, size, "%.*s", (int)strcspn(done.out, "\n"), done.out);
	run_free(&done);
}

static void add_settings(const struct cluster *cluster, const char *settings)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/postgresql.conf", cluster->folder);
	FILE *file = fopen(path, "a");
	cr_assert(file != NULL, "'%s' cannot be written", path);
	fprintf(file, "%s\n", settings);
	cr_assert(fclose(file) == 0, "'%s' cannot be written", path);
}

static int major_version(void)
{
	char version[100];
	server(version, sizeof(version), "'%s/postgres' --version", setting("TEST_PG_BIN"));
	return atoi(version + strcspn(version, "0123456789"));
}

/* Everything but starting it. */
static struct cluster make(const char *settings)
{
	struct cluster cluster;
	char own[600];
	const char *template = setting("TEST_PG_TEMPLATE");
	server(cluster.folder, sizeof(cluster.folder), "mktemp -d '%.*s/c.XXXXXX'",
	       (int)(strrchr(template, '/') - template), template);
	snprintf(cluster.url, sizeof(cluster.url),
		 "postgresql:///postgres?host=%s&port=5432&user=postgres", cluster.folder);
	server(NULL, 0, "cp -a '%s/.' '%s'", template, cluster.folder);
	snprintf(own, sizeof(own),
		 "listen_addresses = ''\nunix_socket_directories = '%s'\nport = 5432\n"
		 "fsync = off\nshared_buffers = '16MB'\n"
		 "log_timezone = 'UTC'\n%s",
		 cluster.folder,
		 major_version() >= 13 ? "wal_keep_size = '256MB'" : "wal_keep_segments = 16");
	add_settings(&cluster, own);
	if (settings != NULL)
		add_settings(&cluster, settings);
	return cluster;
}

struct cluster cluster_new(const char *settings)
{
	struct cluster cluster = make(settings);
	cluster_start(&cluster);
	return cluster;
}

struct cluster cluster_standby(const struct cluster *primary, const char *name,
			       const char *settings)
{
	struct cluster cluster = make(settings);
	char line[400];
	int length = snprintf(line, sizeof(line),
			      "primary_conninfo = 'host=%s port=5432 user=postgres "
			      "application_name=%s'",
			      primary->folder, name);
	cr_assert(length > 0 && (size_t)length < sizeof(line), "the name is too long");
	if (major_version() >= 12) {
		server(NULL, 0, "touch '%s/standby.signal'", cluster.folder);
		add_settings(&cluster, line);
	} else {
		server(NULL, 0,
		       "sh -c 'printf \"%%s\\n\" \"standby_mode = on\" \"$1\" >\"$2\"' sh \"%s\" "
		       "'%s/recovery.conf'",
		       line, cluster.folder);
	}
	cluster_start(&cluster);
	return cluster;
}

void cluster_start(const struct cluster *cluster)
{
	server(NULL, 0, "setsid -w '%s/pg_ctl' start -s -w -t 60 -D '%s' -l '%s/log' 2>&1",
	       setting("TEST_PG_BIN"), cluster->folder, cluster->folder);
}

void cluster_stop(const struct cluster *cluster, const char *mode)
{
	server(NULL, 0, "'%s/pg_ctl' stop -s -w -t 60 -m %s -D '%s' 2>&1", setting("TEST_PG_BIN"),
	       mode, cluster->folder);
}

void cluster_configure(const struct cluster *cluster, const char *settings)
{
	add_settings(cluster, settings);
	server(NULL, 0, "'%s/pg_ctl' reload -s -D '%s' 2>&1", setting("TEST_PG_BIN"),
	       cluster->folder);
}

void cluster_promote(const struct cluster *cluster)
{
	server(NULL, 0, "'%s/pg_ctl' promote -s -w -t 60 -D '%s' 2>&1", setting("TEST_PG_BIN"),
	       cluster->folder);
}

void cluster_free(struct cluster *cluster)
{
	const char *as = getenv("TEST_PG_AS");
	struct run stopped =
		run("cd / && %s '%s/pg_ctl' stop -s -w -t 60 -m immediate -D '%s'; "
		    "rm -rf '%s'",
		    as == NULL ? "" : as, setting("TEST_PG_BIN"), cluster->folder, cluster->folder);
	cr_expect(stopped.status == 0, "%s", stopped.err);
	run_free(&stopped);
	*cluster = (struct cluster){0};
}

void cluster_wait(const struct cluster *cluster, const char *query)
{
	bool met = false;
	PGconn *connection = PQconnectdb(cluster->url);
	cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
	for (int look = 0; look < 6000 && !met; look++) {
		PGresult *result = PQexec(connection, query);
		cr_assert(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", query,
			  PQerrorMessage(connection));
		met = PQntuples(result) > 0 && PQgetvalue(result, 0, 0)[0] == 't';
		PQclear(result);
		if (!met)
			usleep(10000);
	}
	PQfinish(connection);
	cr_assert(met, "this never came true: %s", query);
}
