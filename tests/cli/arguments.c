/* What the command makes of its arguments, before and without a database. */
#include "expect.h"

#include "../support/run.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Test(cli_arguments, help_and_version)
{
	static const struct expectation rows[] = {
		{"help", "$MANAGE help", 0, "Commands:\n  status", "", NULL},
		{"--help", "$MANAGE --help", 0, "Exit codes:", "", NULL},
		{"-h", "$MANAGE -h", 0, "--lock-timeout TIME", "", NULL},
		{"help of a command", "$MANAGE help apply", 0, "--dry-run", "", NULL},
		{"help behind a command", "$MANAGE history --help", 0, "--limit N", "", NULL},
		{"help of help", "$MANAGE help help", 0, "manage help apply", "", NULL},
		{"help of nothing known", "$MANAGE help aply", 64, "", "did you mean 'apply'?",
		 NULL},
		{"no arguments", "$MANAGE", 64, "", "Usage: manage [options] COMMAND", NULL},
		{"version", "$MANAGE version", 0,
		 "manage 0.2.0\nregistry memstack: 6 tables, 41 columns\n", "", NULL},
		{"--version", "$MANAGE --version", 0, "manage 0.2.0\n", "", NULL},
		{"validate", "$MANAGE validate", 0,
		 "\nregistry memstack: 6 tables, 41 columns, 5 warnings\n", "", NULL},
		{"validate one", "$MANAGE validate -r memstack", 0, "5 warnings", "", NULL},
	};

	expect_environment(NULL);
	EXPECT(rows);
}

Test(cli_arguments, mistakes)
{
	static const struct expectation rows[] = {
		{"unknown command", "$MANAGE stauts", 64, "",
		 "manage: unknown command 'stauts'\nhint: did you mean 'status'?\n", NULL},
		{"unknown command like none", "$MANAGE frobnicate", 64, "",
		 "'manage help' lists the commands", NULL},
		{"unknown option", "$MANAGE status --exti-code", 64, "",
		 "unknown option '--exti-code'\nhint: did you mean '--exit-code'?", NULL},
		{"unknown letter", "$MANAGE status -qz", 64, "", "unknown option '-z'", NULL},
		{"option of another command", "$MANAGE status --limit 3", 64, "",
		 "'status' does not take the option '--limit'", NULL},
		{"option before its command", "$MANAGE --yes apply", 64, "",
		 "unknown option '--yes' before the command", NULL},
		{"value missing at the end", "$MANAGE status --url", 64, "",
		 "option '--url' needs a value: URL", NULL},
		{"value missing before an option", "$MANAGE status --url --quiet", 64, "",
		 "option '--url' needs a value: URL", NULL},
		{"empty value", "$MANAGE status --url ''", 64, "",
		 "option '--url': the value is empty", NULL},
		{"value for a flag", "$MANAGE apply --yes=no", 64, "",
		 "option '--yes' takes no value", NULL},
		{"not a duration", "$MANAGE status --budget=soon", 64, "",
		 "option '--budget': 'soon' is not a duration", NULL},
		{"no time at all", "$MANAGE status --lock-timeout 0", 64, "",
		 "option '--lock-timeout': '0' is not a duration", NULL},
		{"not a number", "$MANAGE history --limit ten", 64, "",
		 "option '--limit': 'ten' is not a number", NULL},
		{"a negative number", "$MANAGE history --limit=-1", 64, "",
		 "option '--limit': '-1' is not a number", NULL},
		{"not a moment", "$MANAGE history --since soon -u sqlite://:memory:", 64, "",
		 "'soon' is not a moment\nhint: write 2026-11-21 or 2026-11-21T17:00:00Z; `manage "
		 "history` takes 2h and 3d too\n",
		 NULL},
		{"not a day", "$MANAGE history --since 2026-02-29 -u sqlite://:memory:", 64, "",
		 "'2026-02-29' is not a moment", NULL},
		{"a moment and more",
		 "$MANAGE history --since '2026-02-28 or so' -u sqlite://:memory:", 64, "",
		 "is not a moment", NULL},
		{"half a minute",
		 "$MANAGE history --since 2026-02-28T23:59:61Z -u sqlite://:memory:", 64, "",
		 "is not a moment", NULL},
		{"no change", "$MANAGE show", 64, "", "'show' needs the number of a change", NULL},
		{"a change without number", "$MANAGE show last", 64, "",
		 "'last' is not the number of a change", NULL},
		{"a change that cannot be", "$MANAGE show 0", 64, "",
		 "'0' is not the number of a change", NULL},
		{"two changes", "$MANAGE show 1 2", 64, "", "'show' takes no argument '2'", NULL},
		{"not a choice", "$MANAGE status -f yaml", 64, "",
		 "option '--format': 'yaml' is not one of text|json|sql", NULL},
		{"sql of what is no plan", "$MANAGE status -f sql", 64, "",
		 "only a plan is printed as sql", NULL},
		{"one argument too many", "$MANAGE status memories", 64, "",
		 "'status' takes no argument 'memories'", NULL},
		{"quiet and verbose", "$MANAGE status -qv", 64, "", "exclude each other", NULL},
		{"exit code of an apply", "$MANAGE apply --exit-code", 64, "",
		 "goes with '--dry-run' only", NULL},
		{"unknown registry", "$MANAGE status -r memstick --url sqlite:///x", 64, "",
		 "no registry 'memstick' is compiled in\nhint: there is 'memstack'", NULL},
		{"unknown registry, no database", "$MANAGE validate -r memstick", 64, "",
		 "there is 'memstack'", NULL},
		{"a registry that the environment names",
		 "RECONCILE_REGISTRY=memstick $MANAGE status --url sqlite:///x", 78, "",
		 "no registry 'memstick' is compiled in", NULL},
		{"a mistake, as JSON", "$MANAGE stauts --format json", 64, "\"exit_code\": 64",
		 "unknown command", NULL},
	};

	expect_environment(NULL);
	EXPECT(rows);
}

Test(cli_arguments, secrets_are_never_repeated)
{
	static const struct expectation rows[] = {
		{"a host that is not there",
		 "$MANAGE status --connect-timeout 300ms "
		 "--url postgresql+asyncpg://u:secret@host.invalid/db",
		 69, "", "manage: ", "secret"},
		{"the same as JSON",
		 "$MANAGE check -f json --connect-timeout 300ms "
		 "-u postgresql+asyncpg://u:secret@host.invalid/db",
		 69, "\"status\": \"unreachable\"", NULL, "secret"},
		{"the same, everything logged",
		 "$MANAGE apply --yes -v --connect-timeout=300ms "
		 "--url=postgresql://u:secret@host.invalid/db",
		 69, "", NULL, "secret"},
		{"from the environment",
		 "DATABASE_URL=postgresql://u:secret@host.invalid/db "
		 "$MANAGE history --connect-timeout 300ms",
		 69, "", NULL, "secret"},
		{"a stray quote", "$MANAGE status --url \"host=h password='secret\"", 78, "",
		 "manage: ", "secret"},
		{"unknown scheme", "$MANAGE status --url mysql://u:secret@h/db", 78, "", "mysql",
		 "secret"},
		{"in the place of the command", "$MANAGE postgresql://u:secret@h/db", 64, "",
		 "(a connection string)", "secret"},
		{"behind the command", "$MANAGE status \"host=h password=secret\"", 64, "",
		 "name the database with '--url'", "secret"},
		{"in a mistyped option", "$MANAGE status --ulr=postgresql://u:secret@h/db", 64, "",
		 "did you mean '--url'?", "secret"},
		{"as another option's value", "$MANAGE status -f postgresql://u:secret@h/db", 64,
		 "", "is not one of", "secret"},
		{"a bad port", "$MANAGE status -u postgresql://u:secret@h:port/db", 78, NULL,
		 "manage: ", "secret"},
	};

	expect_environment(NULL);
	EXPECT(rows);
}

/* A server that accepts and says nothing; its port. */
static int silent_server(int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert(fd >= 0);
	cr_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	cr_assert(listen(fd, 1) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* Its arguments as ps shows them, NULs as spaces. */
static void command_line(pid_t pid, char *line, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	fd = open(path, O_RDONLY);
	cr_assert(fd >= 0, "%s", path);
	length = read(fd, line, size - 1);
	cr_assert(length > 0, "%s", path);
	close(fd);
	for (ssize_t i = 0; i < length; i++)
		line[i] = line[i] ? line[i] : ' ';
	line[length] = '\0';
}

static void expect_hidden(const char *option, const char *url, const char *shown)
{
	struct process process;
	struct run result;
	char line[512];
	int port, server = silent_server(&port), connection;

	process = process_start("PGPORT=%d exec $MANAGE status %s'%s' --connect-timeout 20s", port,
				option, url);
	/* Once it connects, it has read its arguments. */
	connection = accept(server, NULL, NULL);
	cr_assert(connection >= 0);
	command_line(process.pid, line, sizeof(line));
	cr_expect(strstr(line, "secret") == NULL, "%s", line);
	cr_expect(strstr(line, shown) != NULL, "no '%s' in: %s", shown, line);
	kill(process.pid, SIGKILL);
	result = process_wait(&process);
	run_free(&result);
	close(connection);
	close(server);
}

Test(cli_arguments, process_list_has_no_password)
{
	expect_environment(NULL);
	expect_hidden("--url=", "postgresql://u:secret@127.0.0.1/db", "--url=postgresql://*** ");
	expect_hidden("-u ", "postgresql://u:secret@127.0.0.1/db", "-u postgresql://*** ");
	expect_hidden("--url ", "host=127.0.0.1 user=u password=secret", "--url *** ");
}

Test(cli_arguments, output_that_cannot_be_written)
{
	static const struct expectation rows[] = {
		{"full disk, text", "$MANAGE help > /dev/full", 1, "",
		 "manage: cannot write to standard output: No space left on device", NULL},
		{"full disk, JSON", "$MANAGE version -f json > /dev/full", 1, "",
		 "manage: cannot write to standard output: No space left on device", NULL},
		{"full disk, more than a buffer",
		 "$MANAGE status -v --log-level off -u sqlite://:memory: > /dev/full", 1, "",
		 "manage: cannot write to standard output: No space left on device", NULL},
		{"closed", "$MANAGE version >&-", 1, "", "cannot write to standard output", NULL},
		/* Writes until the reader is gone, then has manage write its exit code past it. */
		{"a reader that went away",
		 "trap '' PIPE; { { while echo x; do :; done 2> /dev/null; $MANAGE help; "
		 "echo $? >&3; } | true; } 3>&1",
		 0, "1\n", "", NULL},
	};

	expect_environment(NULL);
	EXPECT(rows);
}
