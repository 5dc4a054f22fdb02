#include "run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int anonymous_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	cr_assert(fd >= 0, "memfd_create: %s", strerror(errno));
	/* Several processes may share it: nobody overwrites what another one said. */
	cr_assert(fcntl(fd, F_SETFL, O_APPEND) == 0, "fcntl: %s", strerror(errno));
	return fd;
}

static _Noreturn void child(const struct process *process, const char *command)
{
	int null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(process->out, STDOUT_FILENO) < 0 ||
	    dup2(process->err, STDERR_FILENO) < 0)
		_exit(126);
	close(null);
	/* The test's own process may have been given other dispositions by Criterion. */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

__attribute__((format(printf, 1, 0))) static struct process start(const char *format,
								  va_list arguments)
{
	char *command = NULL;
	cr_assert(vasprintf(&command, format, arguments) >= 0, "out of memory");
	struct process process = {
		.pid = -1, .out = anonymous_file("out"), .err = anonymous_file("err")};
	process.pid = fork();
	if (process.pid == 0)
		child(&process, command);
	cr_assert(process.pid > 0, "fork: %s", strerror(errno));
	free(command);
	return process;
}

struct process process_start(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct process process = start(format, arguments);
	va_end(arguments);
	return process;
}

/* The whole of a file, with a NUL behind it; closes it. */
static char *contents(int fd, size_t *length)
{
	off_t size = lseek(fd, 0, SEEK_END);
	cr_assert(size >= 0, "lseek: %s", strerror(errno));
	char *text = malloc((size_t)size + 1);
	cr_assert(text != NULL, "out of memory");
	*length = 0;
	while (*length < (size_t)size) {
		ssize_t n = pread(fd, text + *length, (size_t)size - *length, (off_t)*length);
		cr_assert(n > 0, "pread: %s", strerror(errno));
		*length += (size_t)n;
	}
	text[*length] = '\0';
	close(fd);
	return text;
}

struct run process_wait(struct process *process)
{
	int status;
	pid_t pid;
	do
		pid = waitpid(process->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	cr_assert(pid == process->pid, "waitpid: %s", strerror(errno));

	struct run run = {.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
							: WEXITSTATUS(status)};
	size_t err_length;
	run.out = contents(process->out, &run.out_length);
	run.err = contents(process->err, &err_length);
	*process = (struct process){.pid = -1, .out = -1, .err = -1};
	/* 126 and 127 are the shell's own: the command was never run (POSIX, sh, 2.8.2). */
	cr_assert(run.status != 126 && run.status != 127, "the command could not be run: %s",
		  run.err);
	return run;
}

struct run run(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct process process = start(format, arguments);
	va_end(arguments);
	return process_wait(&process);
}

void run_free(struct run *run)
{
	free(run->out);
	free(run->err);
	*run = (struct run){0};
}

const char *build_dir(void)
{
	const char *dir = getenv("TEST_BUILD");
	return dir != NULL && *dir != '\0' ? dir : "build";
}
