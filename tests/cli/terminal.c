/* The command at a terminal: colour, the question, the progress line. */
#include "expect.h"

#include "../support/run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What one run at a terminal showed. */
struct session {
	char shown[65536];
	int status;
};

static bool is_asked(const char *shown)
{
	return strstr(shown, "[y/N]") != NULL || strstr(shown, "Type DELETE ALL DATA: ") != NULL;
}

/* Runs `sh -c command` at a pseudo-terminal; types the answer when it is asked. */
static struct session *at_terminal(const char *command, const char *answer)
{
	static struct session session;
	struct winsize size = {.ws_row = 24, .ws_col = 100};
	size_t length = 0;
	bool answered = false;
	ssize_t got;
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	cr_assert(pid >= 0, "forkpty: %s", strerror(errno));
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	/* Linux: EIO is how the end of a terminal without a user reads. */
	while ((got = read(fd, session.shown + length, sizeof(session.shown) - 1 - length)) > 0) {
		length += (size_t)got;
		session.shown[length] = '\0';
		if (answer && !answered && is_asked(session.shown)) {
			cr_assert(write(fd, answer, strlen(answer)) == (ssize_t)strlen(answer));
			answered = true;
		}
	}
	session.shown[length] = '\0';
	cr_assert(waitpid(pid, &status, 0) == pid);
	session.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	close(fd);
	return &session;
}

static void expect_session(const char *command, const char *answer, int status, const char *shown,
			   const char *never)
{
	const struct session *session = at_terminal(command, answer);

	cr_expect(session->status == status, "%s: exit code %d, not %d: %s", command,
		  session->status, status, session->shown);
	if (shown)
		cr_expect(strstr(session->shown, shown) != NULL, "%s: no '%s' in: %s", command,
			  shown, session->shown);
	if (never)
		cr_expect(strstr(session->shown, never) == NULL, "%s: '%s' in: %s", command, never,
			  session->shown);
}

static void question(enum engine engine)
{
	struct database *database = database_new(engine);

	expect_environment(database);
	database_execute(database, "%s", old_tables);
	expect_session("$MANAGE apply -u $URL", "n\n", 2, "not confirmed, nothing was changed",
		       NULL);
	expect_session("$MANAGE apply -u $URL", "\n", 2, "not confirmed", NULL);
	expect_session("$MANAGE check -u $URL", NULL, 2, "28 missing", NULL);
	/* Without a terminal at both ends nobody is asked. */
	expect_session("$MANAGE apply -u $URL < /dev/null", NULL, 64, "--yes", "[y/N]");
	expect_session("$MANAGE apply -u $URL 2> /dev/null", NULL, 64, NULL, "[y/N]");
	expect_session("$MANAGE apply -u $URL", "y\n", 0, "applied 28 columns, 4 tables created",
		       NULL);
	expect_session("$MANAGE apply -u $URL", NULL, 0, "nothing to do", "[y/N]");
	/* Who is to type that all data is deleted reads how much it is. */
	expect_session("printf '[dev]\\nurl = %s\\nallow_fresh = yes\\n' \"$URL\" > "
		       "$DIR/reconcile.ini; cd $DIR && $MANAGE fresh -e dev",
		       "delete\n", 64, "of what memstack made, 0 rows and 1 value would be lost",
		       NULL);
	expect_session("cd $DIR && $MANAGE fresh -e dev", "DELETE ALL DATA\n", 0,
		       "Of what memstack made, 0 rows and 1 value would be lost", "nothing was");
	database_free(database);
}

Test(cli_terminal, question_sqlite)
{
	question(ENGINE_SQLITE);
}

Test(cli_terminal, question_postgres)
{
	question(ENGINE_POSTGRES);
}

Test(cli_terminal, progress)
{
	struct database *database = database_new(ENGINE_SQLITE);

	expect_environment(database);
	expect_session("$MANAGE apply --yes --create -u $URL", NULL, 0, "table 6 of 6, ", NULL);
	/* The line is erased before the result is printed. */
	cr_expect(
		strstr(strstr(at_terminal("$MANAGE apply --yes -u sqlite://:memory:", NULL)->shown,
			      "table 6 of 6, "),
		       "\r\033[K"));
	expect_session("$MANAGE apply --yes -u sqlite://:memory: 2> $DIR/err; cat $DIR/err", NULL,
		       0, "registry=memstack", "table 6 of 6, ");
	expect_session("TERM=dumb $MANAGE apply --yes -u sqlite://:memory:", NULL, 0,
		       "applied 41 columns", "\033[");
	expect_session("$MANAGE apply --yes --log-format logfmt -u sqlite://:memory:", NULL, 0,
		       "event=summary", "table 6 of 6, ");
	database_free(database);
}

Test(cli_terminal, color)
{
	static const struct expectation rows[] = {
		{"never without a terminal", "$MANAGE status -u sqlite://:memory:", 0, "Pending",
		 "", "\033["},
		{"always", "$MANAGE status -u sqlite://:memory: --color always", 0, "\033[1m", "",
		 NULL},
		{"an error, always", "$MANAGE stauts --color=always", 64, "",
		 "\033[31mmanage: ", NULL},
		{"from the environment",
		 "RECONCILE_COLOR=always $MANAGE check -u sqlite://:memory:", 2, "\033[33m", "",
		 NULL},
		{"the flag wins",
		 "RECONCILE_COLOR=always $MANAGE check --color never -u sqlite://:memory:", 2,
		 "pending", "", "\033["},
	};

	expect_environment(NULL);
	EXPECT(rows);
	expect_session("$MANAGE status -u sqlite://:memory:", NULL, 0, "\033[1m", NULL);
	expect_session("NO_COLOR=1 $MANAGE status -u sqlite://:memory:", NULL, 0, NULL, "\033[");
	expect_session("NO_COLOR= $MANAGE status -u sqlite://:memory:", NULL, 0, "\033[1m", NULL);
	expect_session("TERM=dumb $MANAGE status -u sqlite://:memory:", NULL, 0, NULL, "\033[");
	expect_session("$MANAGE status --color never -u sqlite://:memory:", NULL, 0, NULL, "\033[");
	expect_session("$MANAGE status -u sqlite://:memory: | cat", NULL, 0, NULL, "\033[");
}

Test(cli_terminal, marks)
{
	static const struct expectation rows[] = {
		{"UTF-8", "$MANAGE status -u sqlite://:memory:", 0, "\u23f3 Pending", "", NULL},
		{"no locale", "LANG= $MANAGE status -u sqlite://:memory:", 0, "[ ] Pending", "",
		 "\u23f3"},
		{"LC_ALL wins", "LC_ALL=C $MANAGE status -u sqlite://:memory:", 0, "[ ] Pending",
		 "", "\u23f3"},
		{"a locale that is not installed",
		 "LC_ALL=xx_YY.utf8 $MANAGE status -u sqlite://:memory:", 0, "\u23f3 Pending", "",
		 NULL},
	};

	expect_environment(NULL);
	EXPECT(rows);
}

Test(cli_terminal, names_cannot_steer_it)
{
	struct database *database = database_new(ENGINE_SQLITE);

	expect_environment(database);
	database_execute(database, "%s", old_tables);
	database_execute(database, "ALTER TABLE memories ADD COLUMN \"a\033]0;b\" TEXT");
	expect_session("$MANAGE status --color never -u $URL", NULL, 0, "memories.a?]0;b", "\033");
	database_free(database);
}

/* Its columns are cut to the terminal, so that it says where the whole is. */
Test(cli_terminal, history)
{
	struct database *database = database_new(ENGINE_SQLITE);

	expect_environment(database);
	expect_session("$MANAGE apply --yes --create -u $URL > /dev/null; $MANAGE history -u $URL",
		       NULL, 0, "'manage show ID' tells all about one.", NULL);
	expect_session("$MANAGE history -u $URL | cat", NULL, 0, "create_table memories",
		       "show ID");
	database_free(database);
}

/* "Somebody has to run this" is followed by this. */
Test(cli_terminal, what_somebody_else_has_to_run)
{
	struct database *database = database_new(ENGINE_SQLITE);

	expect_environment(database);
	database_execute(database, "%s", old_tables);
	expect_session("$MANAGE apply --yes -u $URL?mode=ro", NULL, 77,
		       "somebody who may has to run this: CREATE TABLE ", "run this: opened");
	database_free(database);
}

/* Without a terminal, lines fit 80 columns. */
Test(cli_terminal, width)
{
	static const struct expectation rows[] = {
		{"status",
		 "test $($MANAGE status -v -u sqlite://:memory: 2> /dev/null | wc -L) -le 80", 0,
		 "", "", NULL},
		{"help", "test $($MANAGE help | wc -L) -le 80", 0, "", "", NULL},
		{"help of each command",
		 "for c in $($MANAGE help | sed -n 's/^  \\([a-z]*\\)  .*/\\1/p'); do "
		 "$MANAGE help $c; done | awk 'length > 80; END { exit NR < 150 }'",
		 0, "", "", " "},
	};

	expect_environment(NULL);
	setenv("LC_ALL", "C.UTF-8", 1);
	EXPECT(rows);
}

/* At a terminal no line is wider than it; elsewhere a finding is one line, whatever its width. */
Test(cli_terminal, findings)
{
	const char *line, *end;
	size_t lines = 0;

	expect_environment(NULL);
	line = at_terminal("$MANAGE validate --color never", NULL)->shown;
	for (; (end = strstr(line, "\r\n")) != NULL; line = end + 2, lines++)
		cr_expect(end - line <= 100, "%.*s", (int)(end - line), line);
	cr_expect(lines > 12, "%zu lines", lines);
	expect_session("$MANAGE validate", NULL, 0,
		       "\033[33mwarning[sqlite-default]\033[0m: column", NULL);
	expect_session(
		"$MANAGE validate | cat", NULL, 0,
		" is not constant: SQLite cannot add the column to a table with rows\r\n    hint: ",
		"\033[");
}
