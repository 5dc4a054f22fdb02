/* Connecting: waiting for a server, giving up, and what a message may say. */
#include "postgres_support.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A folder that will be the socket's, and what happens while it is waited for. */
struct waiting {
	unsigned calls;
	char real[600], path[600];
	struct error why;
};

static void wait_and_appear(void *context, const struct error *why)
{
	struct waiting *waiting = context;
	waiting->why = *why;
	if (++waiting->calls == 2)
		cr_assert_eq(symlink(waiting->real, waiting->path), 0);
}

static void only_count(void *context, const struct error *why)
{
	struct waiting *waiting = context;
	waiting->why = *why;
	waiting->calls++;
}

Test(postgres_connect, a_server_that_comes_later_is_waited_for)
{
	struct fixture fixture;
	struct waiting waiting = {0};
	fixture_new(&fixture);
	PGconn *admin = fixture.database->admin;
	char conninfo[2048];
	snprintf(waiting.real, sizeof(waiting.real), "%s/.s.PGSQL.%s", PQhost(admin),
		 PQport(admin));
	snprintf(waiting.path, sizeof(waiting.path), "%s/.s.PGSQL.5432", fixture.database->folder);
	snprintf(conninfo, sizeof(conninfo), "host='%s' port=5432 user='%s' dbname='%s'",
		 fixture.database->folder, PQuser(admin), PQdb(admin));
	fixture.url.conninfo = conninfo;
	fixture.settings.waiting = wait_and_appear;
	fixture.settings.waiting_context = &waiting;
	fixture_open(&fixture);
	cr_expect_eq(waiting.calls, 2);
	cr_expect_eq(waiting.why.status, RECONCILE_UNREACHABLE);
	cr_expect(strstr(waiting.why.message, "No such file or directory") != NULL, "%s",
		  waiting.why.message);
	fixture_free(&fixture);
}

/* What was started may be dropped at any time. */
Test(postgres_connect, a_start_may_be_all)
{
	static const char *const conninfos[] = {NULL, "host=/nowhere", "postgresql://a@b@c/d", "="};
	struct fixture fixture;
	fixture_new(&fixture);
	for (size_t i = 0; i < COUNT(conninfos); i++) {
		if (conninfos[i] != NULL)
			fixture.url.conninfo = conninfos[i];
		struct session *started = backend_postgres.start(&fixture.settings);
		cr_expect_not_null(started);
		backend_postgres.close(started);
	}
	fixture.settings.pg = fixture.database->admin;
	cr_expect_null(backend_postgres.start(&fixture.settings), "a lent connection is there");
	fixture_free(&fixture);
}

Test(postgres_connect, waiting_ends_with_the_deadline)
{
	struct fixture fixture;
	struct waiting waiting = {0};
	fixture_new(&fixture);
	char conninfo[1024];
	snprintf(conninfo, sizeof(conninfo), "host='%s' user=me password=hunter2 dbname=app",
		 fixture.database->folder);
	fixture.url.conninfo = conninfo;
	fixture.settings.connect_timeout_ms = 200;
	fixture.settings.waiting = only_count;
	fixture.settings.waiting_context = &waiting;
	cr_expect_not(backend_postgres.open(&fixture.session,
					    backend_postgres.start(&fixture.settings),
					    &fixture.settings, &fixture.err));
	cr_expect_null(fixture.session);
	cr_expect_eq(fixture.err.status, RECONCILE_UNREACHABLE);
	cr_expect_geq(waiting.calls, 1);
	cr_expect(strstr(fixture.err.message, "gave up after") != NULL, "%s", fixture.err.message);
	cr_expect(strstr(fixture.err.message, "'me'") != NULL, "%s", fixture.err.message);
	cr_expect(strstr(fixture.err.message, "'app'") != NULL, "%s", fixture.err.message);
	cr_expect_null(strchr(fixture.err.message, '\n'));
	cr_expect_null(strstr(fixture.err.message, "hunter2"));
	cr_expect(fixture.err.hint[0] != '\0');
	fixture_free(&fixture);
}

/* Somebody listens and says nothing. */
Test(postgres_connect, a_silent_server_is_given_up)
{
	struct fixture fixture;
	fixture_new(&fixture);
	char conninfo[1024];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432",
			      fixture.database->folder);
	cr_assert(length > 0 && (size_t)length < sizeof(address.sun_path));
	int silent = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(silent, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(silent, 5), 0);
	snprintf(conninfo, sizeof(conninfo), "host='%s' user=me dbname=app",
		 fixture.database->folder);
	fixture.url.conninfo = conninfo;
	fixture.settings.connect_timeout_ms = 150;
	cr_expect_not(backend_postgres.open(&fixture.session,
					    backend_postgres.start(&fixture.settings),
					    &fixture.settings, &fixture.err));
	cr_expect_eq(fixture.err.status, RECONCILE_UNREACHABLE);
	cr_expect(strstr(fixture.err.message, "no answer from host") != NULL, "%s",
		  fixture.err.message);
	close(silent);
	fixture_free(&fixture);
}

static const char *replaced(struct fixture *fixture, const char *name, const char *user)
{
	PGconn *admin = fixture->database->admin;
	static char conninfo[1024];
	snprintf(conninfo, sizeof(conninfo), "host='%s' port='%s' user='%s' dbname='%s'",
		 PQhost(admin), PQport(admin), user == NULL ? PQuser(admin) : user, name);
	return conninfo;
}

Test(postgres_connect, what_waiting_cannot_help_is_refused_at_once)
{
	static const struct {
		const char *database, *user, *sqlstate, *message;
		enum reconcile_status status;
	} cases[] = {
		{"nonesuch", NULL, "3D000", "does not exist", RECONCILE_UNREACHABLE},
		{"postgres", "nonesuch", "28000", "nonesuch", RECONCILE_NOT_PERMITTED},
	};
	struct fixture fixture;
	fixture_new(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct waiting waiting = {0};
		struct error err = {0};
		fixture.url.conninfo = replaced(&fixture, cases[i].database, cases[i].user);
		fixture.settings.waiting = only_count;
		fixture.settings.waiting_context = &waiting;
		cr_expect_not(backend_postgres.open(&fixture.session,
						    backend_postgres.start(&fixture.settings),
						    &fixture.settings, &err));
		cr_expect_eq(waiting.calls, 0);
		cr_expect_eq(err.status, cases[i].status, "%s", err.message);
		cr_expect_str_eq(err.sqlstate, cases[i].sqlstate);
		cr_expect(strstr(err.message, cases[i].message) != NULL, "%s", err.message);
		cr_expect_null(strstr(err.message, "LOCATION"), "%s", err.message);
		cr_expect_null(strstr(err.message, cases[i].sqlstate), "%s", err.message);
	}
	fixture_free(&fixture);
}

Test(postgres_connect, a_full_server_is_waited_for)
{
	struct fixture fixture;
	struct waiting waiting = {0};
	fixture_new(&fixture);
	char url[512];
	database_role_url(fixture.database, "single", url, sizeof(url));
	database_execute(fixture.database, "ALTER ROLE single CONNECTION LIMIT 0");
	fixture.url.conninfo = url;
	fixture.settings.connect_timeout_ms = 1000;
	fixture.settings.waiting = only_count;
	fixture.settings.waiting_context = &waiting;
	cr_expect_not(backend_postgres.open(&fixture.session,
					    backend_postgres.start(&fixture.settings),
					    &fixture.settings, &fixture.err));
	cr_expect_geq(waiting.calls, 1);
	cr_expect_str_eq(fixture.err.sqlstate, "53300");
	database_execute(fixture.database, "ALTER ROLE single CONNECTION LIMIT -1");
	fixture.err = (struct error){0};
	fixture.settings.connect_timeout_ms = 10000;
	fixture_open(&fixture);
	fixture_free(&fixture);
}

Test(postgres_connect, no_message_repeats_the_password)
{
	static const char *const conninfos[] = {
		"postgresql://u:se/cret@h/db",
		"postgresql://u:se@cret@h/db",
		"postgresql://u:cret@1/se@cret",
		"postgresql://u:se?x@cret@h/db",
		"postgresql://u:se?x/cret@h/db",
		"postgresql://u:cret%zz@h/db",
		"postgresql://u:cret%00@h/db",
		"postgresql://u:cret",
		"host=h user=u password=se cret dbname=db",
		"host=h user=u password='cret dbname=db",
		"host=h user=u password=x cret\"x\"cret",
		"host=h user=u password=x cret='y",
		"host=h port=cret",
		"host=h sslmode=cret",
		"host=/nowhere user=u password=hunter2cret dbname=db",
	};
	struct url url = {0};
	struct session_settings settings = {.url = &url,
					    .application = "test",
					    .lock_timeout_ms = 1,
					    .statement_timeout_ms = 1,
					    .connect_timeout_ms = 1};
	for (size_t i = 0; i < COUNT(conninfos); i++) {
		struct session *session;
		struct error err = {0};
		url.conninfo = conninfos[i];
		cr_expect_not(backend_postgres.open(&session, NULL, &settings, &err));
		cr_expect_null(session);
		cr_expect_null(strstr(err.message, "cret"), "%s: %s", conninfos[i], err.message);
		cr_expect_null(strstr(err.hint, "cret"), "%s", err.hint);
		if (i + 1 < COUNT(conninfos)) {
			cr_expect_eq(err.status, RECONCILE_BAD_CONFIG, "%s: %s", conninfos[i],
				     err.message);
			cr_expect(strstr(err.hint, "percent-encode") != NULL, "%s", err.hint);
		}
	}
}

Test(postgres_connect, libpq_messages_are_understood)
{
	static const struct {
		const char *message;
		bool again;
		enum reconcile_status status;
	} cases[] = {
		{"connection to server on socket \"/x/.s.PGSQL.5432\" failed: Connection refused\n"
		 "\tIs the server running locally and accepting connections on that socket?\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server on socket \"/x/.s.PGSQL.5432\" failed: Permission denied\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server on socket \"/x\" failed: FATAL:  57P03: the database system "
		 "is starting up\nLOCATION:  ProcessStartupPacket, postmaster.c:2404\n",
		 true, RECONCILE_UNREACHABLE},
		{"could not translate host name \"db\" to address: Name or service not known\n",
		 false, RECONCILE_UNREACHABLE},
		{"could not translate host name \"db\" to address: Temporary failure in name "
		 "resolution\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused\n"
		 "could not translate host name \"b\" to address: Name or service not known\n",
		 true, RECONCILE_UNREACHABLE},
		/* a failover, whichever host says it */
		{"connection to server at \"a\", port 5432 failed: Connection refused\n"
		 "connection to server at \"b\", port 5432 failed: session is read-only\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server at \"b\", port 5432 failed: session is not read-only\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server at \"b\", port 5432 failed: server is in hot standby mode\n"
		 "connection to server at \"a\", port 5432 failed: Connection refused\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server at \"a\", port 5432 failed: server is not in hot standby "
		 "mode\n",
		 true, RECONCILE_UNREACHABLE},
		/* what nobody has heard of yet */
		{"connection to server at \"a\", port 5432 failed: the moon is full\n", true,
		 RECONCILE_UNREACHABLE},
		{"connection to server at \"a\", port 5432 failed: FATAL:  XX000: the moon is "
		 "full\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server at \"a\", port 5432 failed: FATAL:  22023: invalid value "
		 "for "
		 "parameter \"lock_timeout\": \"x\"\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server at \"a\", port 5432 failed: FATAL:  42704: unrecognized "
		 "configuration parameter \"moon\"\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server at \"db\" (10.0.0.1), port 5432 failed: server closed the "
		 "connection unexpectedly\n\tThis probably means the server terminated "
		 "abnormally\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server at \"db\" (10.0.0.1), port 5432 failed: server does not "
		 "support SSL, but SSL was required\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server at \"db\" (10.0.0.1), port 5432 failed: root certificate "
		 "file \"/x\" does not exist\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server at \"db\" (10.0.0.1), port 5432 failed: fe_sendauth: no "
		 "password supplied\n",
		 false, RECONCILE_NOT_PERMITTED},
		{"connection to server at \"db\", port 5432 failed: FATAL:  28P01: password "
		 "authentication failed for user \"u\"\n",
		 false, RECONCILE_NOT_PERMITTED},
		/* the first host is down, the second one knows us and says no */
		{"connection to server at \"a\", port 5432 failed: Connection refused\n"
		 "connection to server at \"b\", port 5432 failed: FATAL:  3D000: database \"x\" "
		 "does not exist\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server at \"a\", port 5432 failed: FATAL:  57P03: starting up\n"
		 "connection to server at \"b\", port 5432 failed: Connection refused\n",
		 true, RECONCILE_UNREACHABLE},
		{"connection to server on socket \"/x\" failed: FATAL:  08P01: no such database: "
		 "x\n",
		 false, RECONCILE_UNREACHABLE},
		{"connection to server on socket \"/x\" failed: FATAL:  08P01: server login has "
		 "been failing, try again later (server_login_retry)\n",
		 true, RECONCILE_UNREACHABLE},
		{"invalid sslmode value: \"x\"\n", false, RECONCILE_BAD_CONFIG},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err = {0};
		cr_expect_eq(connect_classify(cases[i].message, &err), cases[i].again, "%s",
			     cases[i].message);
		cr_expect_eq(err.status, cases[i].status, "%s", cases[i].message);
	}
}

Test(postgres_connect, a_session_says_where_it_is)
{
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	char place[512];
	snprintf(place, sizeof(place), "%s@local/%s", PQuser(fixture.database->admin),
		 fixture.database->name);
	cr_expect_str_eq(fixture.session->place, place);
	char *version = database_value(fixture.database, "SHOW server_version");
	version[strcspn(version, " ")] = '\0';
	cr_expect_str_eq(fixture.session->version, version);
	char *application =
		database_value(fixture.database,
			       "SELECT string_agg(application_name, ',') FROM pg_stat_activity"
			       " WHERE datname = current_database() AND pid <> pg_backend_pid()");
	cr_expect_str_eq(application, "test");
	free(version);
	free(application);
	fixture_free(&fixture);
}

Test(postgres_connect, a_lent_connection_must_be_idle)
{
	struct fixture fixture;
	fixture_new(&fixture);
	PGconn *connection = PQconnectdb(fixture.database->url);
	fixture.settings.pg = connection;
	static const struct {
		const char *before, *after, *message;
	} cases[] = {
		{"BEGIN", "ROLLBACK", "in a transaction"},
		{"BEGIN; SELECT 1 / 0", "ROLLBACK", "in a transaction"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err = {0};
		PQclear(PQexec(connection, cases[i].before));
		cr_expect_not(backend_postgres.open(&fixture.session,
						    backend_postgres.start(&fixture.settings),
						    &fixture.settings, &err));
		cr_expect_eq(err.status, RECONCILE_USAGE);
		cr_expect(strstr(err.message, cases[i].message) != NULL, "%s", err.message);
		PQclear(PQexec(connection, cases[i].after));
	}
	struct error err = {0};
	PQenterPipelineMode(connection);
	cr_expect_not(backend_postgres.open(&fixture.session,
					    backend_postgres.start(&fixture.settings),
					    &fixture.settings, &err));
	cr_expect_eq(err.status, RECONCILE_USAGE);
	PQexitPipelineMode(connection);
	PQsendQuery(connection, "SELECT 1");
	err = (struct error){0};
	cr_expect_not(backend_postgres.open(&fixture.session,
					    backend_postgres.start(&fixture.settings),
					    &fixture.settings, &err));
	cr_expect_eq(err.status, RECONCILE_USAGE);
	for (PGresult *result; (result = PQgetResult(connection)) != NULL;)
		PQclear(result);
	fixture_open(&fixture);
	fixture_close(&fixture);
	cr_expect_eq(PQstatus(connection), CONNECTION_OK);
	PQfinish(connection);
	fixture_free(&fixture);
}

/* The text is UTF-8, whatever the service uses on its connection. */
Test(postgres_connect, a_lent_connection_of_another_encoding)
{
	static const char *const names[] = {"t"};
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE TABLE t (\"gr\u00f6\u00dfe\" int)");
	PGconn *connection = PQconnectdb(fixture.database->url);
	PQsetClientEncoding(connection, "LATIN1");
	fixture.settings.pg = connection;
	fixture_open(&fixture);
	struct catalog catalog = fixture_read(&fixture, names, 1, NULL, 0);
	cr_expect_str_eq(catalog.relations[0].attributes[0].name, "gr\u00f6\u00dfe");
	fixture_close(&fixture);
	cr_expect_str_eq(PQparameterStatus(connection, "client_encoding"), "LATIN1");
	PQfinish(connection);
	fixture_free(&fixture);
}
