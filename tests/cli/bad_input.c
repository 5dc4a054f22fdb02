/* What a user gets wrong, seen as the user sees it: one message that names the place, the exit
 * code, and nothing changed. */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* $SERVICE is the example; $AS_NOBODY runs a program without root's rights to everything. */
static void environment(const struct database *database)
{
	char relative[PATH_MAX], program[PATH_MAX];

	expect_environment(database);
	snprintf(relative, sizeof(relative), "%s/service", build_dir());
	cr_assert(realpath(relative, program) != NULL, "'%s' is not built", relative);
	setenv("SERVICE", program, 1);
	setenv("AS_NOBODY",
	       geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : "", 1);
	setenv("RECONCILE_CONNECT_TIMEOUT_MS", "300", 1);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* ---- configuration files ---------------------------------------------------- */

/* Each is one line on standard error, from the service, and a line and a hint from manage. */
Test(cli_bad_input, configuration_files)
{
	static const struct {
		const char *name, *make, *message;
	} files[] = {
		{"unknown key", "printf '[reconcile]\\n\\nurll = sqlite://:memory:\\n'",
		 ":3: unknown key 'urll'"},
		{"duplicate key", "printf '[reconcile]\\nmode = off\\nmode = off\\n'",
		 ":3: duplicate key 'mode'"},
		{"a line of 250 bytes",
		 "printf '[reconcile]\\nurl = postgresql://u:secret@h/db?sslmode=%0209d\\n' 0",
		 ":2: the line has 250"},
		{"a NUL", "printf '[reconcile]\\nurl = host=h\\0secret\\n'",
		 ":2: the line has a NUL"},
		{"a value that is none", "printf '[reconcile]\\nlock_timeout_ms = soon\\n'",
		 ":2: lock_timeout_ms: 'soon'"},
		{"a URL that is none", "printf '[reconcile]\\nurl = mysql://u:secret@h/db\\n'",
		 ":2: url: the database URL has the scheme 'mysql'"},
		{"a password that is a comment",
		 "printf '[reconcile]\\nurl = host=h password=a ;secret\\n'",
		 ":2: ' ;' begins a comment"},
		{"no section", "printf 'mode = off\\n'", ":1: 'mode' stands before"},
	};
	struct database *database = database_new(ENGINE_SQLITE);

	environment(database);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct run result = run("%s > $DIR/x.ini", files[i].make);
		char message[600];

		cr_assert(result.status == 0, "%s", result.err);
		run_free(&result);
		snprintf(message, sizeof(message), "%s/x.ini%s", database->folder,
			 files[i].message);
		result = run("$MANAGE check -c $DIR/x.ini");
		cr_expect(result.status == 78, "%s: %d: %s", files[i].name, result.status,
			  result.err);
		cr_expect(strstr(result.err, message) != NULL, "%s: no '%s' in: %s", files[i].name,
			  message, result.err);
		cr_expect(strncmp(result.err, "manage: ", 8) == 0 && count_lines(result.err) <= 2,
			  "%s: %s", files[i].name, result.err);
		cr_expect(!*result.out && !strstr(result.err, "secret"), "%s: %s", files[i].name,
			  result.err);
		run_free(&result);

		result = run("RECONCILE_CONFIG=$DIR/x.ini $SERVICE");
		cr_expect(result.status == 78, "%s: %d: %s", files[i].name, result.status,
			  result.err);
		cr_expect(strstr(result.err, message) != NULL, "%s: no '%s' in: %s", files[i].name,
			  message, result.err);
		cr_expect(strncmp(result.err, "reconcile: error: ", 18) == 0 &&
				  count_lines(result.err) == 1,
			  "%s: %s", files[i].name, result.err);
		cr_expect(!*result.out && !strstr(result.err, "secret"), "%s: %s", files[i].name,
			  result.err);
		run_free(&result);
	}
	database_free(database);
}

Test(cli_bad_input, a_configuration_that_cannot_be_read)
{
	static const struct expectation rows[] = {
		{"unreadable",
		 "d=$(mktemp -d /tmp/reconcile-XXXXXX) && chmod 755 $d && cp $MANAGE $d/manage && "
		 "echo > $d/x.ini && chmod 0 $d/x.ini && cd $d && "
		 "$AS_NOBODY ./manage check -c x.ini -u sqlite://:memory:; s=$?; rm -rf $d; exit "
		 "$s",
		 78, "", "configuration file 'x.ini': cannot open the file: Permission denied",
		 NULL},
		{"a folder", "$MANAGE check -c $DIR -u sqlite://:memory:", 78, "",
		 "configuration file '", NULL},
		{"not there", "RECONCILE_CONFIG=$DIR/absent.ini $SERVICE", 78, "", "absent.ini",
		 NULL},
		{"no such section",
		 "printf '[reconcile]\\nmode = off\\n' > $DIR/y.ini; "
		 "RECONCILE_ENV=prod $MANAGE check -c $DIR/y.ini -u sqlite://:memory:",
		 78, "", "prod", NULL},
	};
	struct database *database = database_new(ENGINE_SQLITE);

	environment(database);
	EXPECT(rows);
	database_free(database);
}

/* ---- URLs -------------------------------------------------------------------- */

Test(cli_bad_input, urls_of_the_service)
{
	static const struct expectation rows[] = {
		{"a driver's URL, a host that is not there",
		 "DATABASE_URL=postgresql+asyncpg://u:secret@host.invalid/db $SERVICE", 69, "",
		 "host.invalid", "secret"},
		{"a stray quote", "RECONCILE_URL=\"host=h password='secret\" $SERVICE", 78, "",
		 "RECONCILE_URL: connection string: ", "secret"},
		{"an unknown scheme", "DATABASE_URL=mysql://u:secret@h/db $SERVICE", 78, "",
		 "'mysql'", "secret"},
		{"a bad port", "DATABASE_URL=postgresql://u:secret@h:port/db $SERVICE", 78, "",
		 "DATABASE_URL: connection string: ", "secret"},
		{"a bad per cent", "DATABASE_URL=postgresql://u:secret%zz@h/db $SERVICE", 78, "",
		 "DATABASE_URL: connection string: ", "secret"},
		{"a mistyped parameter", "DATABASE_URL='postgresql:///db?hots=h' $SERVICE", 78, "",
		 "hint=\"libpq has no parameter of that name", "percent"},
		/* Whether there is a server with such a role or not. */
		{"none at all",
		 "cd $DIR && env -u PGHOST -u PGDATABASE RECONCILE_CONNECT_TIMEOUT_MS=1 "
		 "PGUSER=reconcile_nobody $SERVICE; s=$?; test $s = 69 || test $s = 77",
		 0, "", "hint=\"nothing says where the database is", "serving"},
		{"none of ours, but one of libpq's",
		 "cd $DIR && RECONCILE_CONNECT_TIMEOUT_MS=1 PGHOST=$DIR $SERVICE", 69, "",
		 "with its socket in that folder", "nothing says"},
		{"a mistyped file", "RECONCILE_URL=sqlite:///$DIR/mistyped.db $SERVICE", 69, "",
		 "mistyped.db", "serving"},
		{"none is made of it", "ls -A $DIR", 0, "", "", NULL},
		{"not a database",
		 "seq 1000 > $DIR/text; RECONCILE_URL=sqlite:///$DIR/text $SERVICE", 1, "",
		 "is not a SQLite database", "serving"},
		{"is left as it was", "seq 1000 | cmp - $DIR/text", 0, "", "", NULL},
		{"a mode that is none", "RECONCILE_MODE=maybe $SERVICE", 78, "", "RECONCILE_MODE",
		 NULL},
		{"a log format that is none", "RECONCILE_LOG_FORMAT=xml $SERVICE", 78, "",
		 "RECONCILE_LOG_FORMAT", NULL},
		{"a lent connection that is none",
		 "DATABASE_URL=\"postgresql://u:secret@127.0.0.1:1/db\" $SERVICE --lend", 69, "",
		 "service: no connection", "secret"},
	};
	struct database *database = database_new(ENGINE_SQLITE);

	environment(database);
	EXPECT(rows);
	database_free(database);
}

/* ---- modes -------------------------------------------------------------------- */

static void modes(struct database *database)
{
	static const struct expectation rows[] = {
		{"check looks only", "RECONCILE_MODE=check $SERVICE", 2, "", "missing=28", NULL},
		{"warn goes on", "RECONCILE_MODE=warn $SERVICE", 0, "serving", "missing=28", NULL},
		{"off does not even connect",
		 "RECONCILE_MODE=off RECONCILE_URL=sqlite:////nowhere/x.db $SERVICE", 0, "serving",
		 "mode=off", NULL},
		{"all left it alone", "$MANAGE check", 2, "28 missing", "", NULL},
		{"apply", "RECONCILE_MODE=apply $SERVICE", 0, "serving", "added=28", NULL},
		{"in sync, check agrees", "RECONCILE_MODE=check $SERVICE", 0, "serving",
		 " present=41 added=0 conflicts=0", "missing="},
	};

	environment(database);
	setenv("RECONCILE_URL", database->url, 1);
	database_execute(database, "%s", old_tables);
	EXPECT(rows);
	database_free(database);
}

Test(cli_bad_input, modes_sqlite)
{
	modes(database_new(ENGINE_SQLITE));
}

Test(cli_bad_input, modes_postgres)
{
	modes(database_new(ENGINE_POSTGRES));
}

/* ---- databases that do not allow it --------------------------------------------- */

/* plan needs no right; apply prints what is to be run, and it can be run as it is printed. */
Test(cli_bad_input, a_role_that_does_not_own_the_tables)
{
	static const struct expectation rows[] = {
		{"the service says who and what", "RECONCILE_URL=$ROLE_URL $SERVICE", 77, "",
		 "ADD COLUMN \"task_id\" VARCHAR", "serving"},
		{"and why", "RECONCILE_URL=$ROLE_URL $SERVICE", 77, "",
		 "role 'cli_stranger' does not own it", "serving"},
		{"nothing was changed", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
		{"the plan is for the owner",
		 "$MANAGE plan --format sql -u $ROLE_URL > $DIR/plan.sql", 0, "", "", NULL},
		{"who runs it", "$SQL < $DIR/plan.sql", 0, "", "", NULL},
		{"in sync the role is fine", "RECONCILE_URL=$ROLE_URL $SERVICE", 0, "serving",
		 "present=41 added=0", NULL},
		{"a role that does not exist",
		 "$MANAGE check -u \"$URL&user=cli_unknown&password=secret\"", 77, "",
		 "role \"cli_unknown\" does not exist", "secret"},
	};
	struct database *database = database_new(ENGINE_POSTGRES);
	char url[512];

	environment(database);
	database_execute(database, "%s", old_tables);
	/* Before 15 everybody may create tables in public. */
	database_execute(database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
	database_role_url(database, "cli_stranger", url, sizeof(url));
	database_execute(database, "GRANT ALL ON ALL TABLES IN SCHEMA public TO cli_stranger");
	setenv("ROLE_URL", url, 1);
	EXPECT(rows);
	database_free(database);
}

Test(cli_bad_input, a_hot_standby)
{
	static const struct expectation pending[] = {
		{"the service does not start", "RECONCILE_URL=$STANDBY_URL $SERVICE", 77, "",
		 "the server is a hot standby", "serving"},
		{"and prints the SQL", "RECONCILE_URL=$STANDBY_URL $SERVICE", 77, "",
		 "CREATE TABLE \"public\".\"tenants\"", NULL},
		{"apply", "$MANAGE apply --yes -u $STANDBY_URL", 77, "", "hot standby", NULL},
		{"stamp", "$MANAGE stamp -u $STANDBY_URL", 77, "",
		 "table 'memories': stamp it: ", NULL},
		{"check", "$MANAGE check -u $STANDBY_URL", 2, "28 missing", "", NULL},
		{"on the primary", "$MANAGE apply --yes -u $URL", 0, "applied 28 columns", NULL,
		 NULL},
	};
	static const struct expectation in_sync[] = {
		{"nothing is pending", "RECONCILE_URL=$STANDBY_URL $SERVICE", 0, "serving",
		 "present=41 added=0", NULL},
		{"apply has nothing to do", "$MANAGE apply --yes -u $STANDBY_URL", 0,
		 "nothing to do", "", NULL},
		{"history can be read", "$MANAGE history -u $STANDBY_URL", 0, "add_column", "",
		 NULL},
	};
	struct database *database = database_new(ENGINE_POSTGRES);

	environment(database);
	database_execute(database, "%s", old_tables);
	setenv("STANDBY_URL", database->standby_url, 1);
	database_standby_wait(database);
	EXPECT(pending);
	database_standby_wait(database);
	EXPECT(in_sync);
	database_free(database);
}

/* A disk that is full in the middle of it: a file system of the command's own, gone with it. */
Test(cli_bad_input, a_full_disk)
{
	static const struct expectation rows[] = {
		{"the disk is full",
		 "exec unshare -m sh -c 'mount -t tmpfs -o size=64k tmpfs $DIR && cd $DIR && "
		 "sqlite3 x.db \"CREATE TABLE filler (x); INSERT INTO filler VALUES (1)\" && "
		 "head -c 30000 /dev/zero > fill && "
		 "$MANAGE apply --yes -u sqlite:///x.db; echo \"exit $?\"; "
		 "sqlite3 x.db \"PRAGMA integrity_check; SELECT count(*) FROM filler\"; "
		 "$MANAGE check -u sqlite:///x.db; echo \"exit $?\"; "
		 "rm fill; mount -o remount,size=1m $DIR; "
		 "$MANAGE apply --yes -u sqlite:///x.db --log-level off > all; echo \"exit $?\"; "
		 "$MANAGE check -u sqlite:///x.db; "
		 "sqlite3 x.db \"SELECT count(*) FROM reconcile_history\"'",
		 0, "exit 1\nok\n1\n", "cannot be written: the disk is full", NULL},
	};
	struct database *database = database_new(ENGINE_SQLITE);

	environment(database);
	struct run result = run("unshare -m mount -t tmpfs tmpfs $DIR");
	if (result.status != 0) {
		database_free(database);
		cr_skip_test("no file system of its own: %s", result.err);
	}
	run_free(&result);
	EXPECT(rows);
	result = run("%s", rows[0].command);
	static const char *const parts[] = {"exit 2\n", "exit 0\n", "in sync, 41 of 41", "\n6\n"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		cr_expect(strstr(result.out, parts[i]) != NULL, "no '%s' in: %s", parts[i],
			  result.out);
	run_free(&result);
	database_free(database);
}
