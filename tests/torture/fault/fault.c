#include "fault.h"

#include "../../support/run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far beyond what a run takes whose budget is 3 s. */
#define HANGS_S 120

static int anonymous_file(void)
{
	int fd = memfd_create("fault", 0);
	/* Processes that share it write behind each other. */
	cr_assert(fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) == 0, "memfd_create: %s",
		  strerror(errno));
	return fd;
}

static void set_number(const char *name, int number)
{
	char text[32];
	snprintf(text, sizeof(text), "%d", number);
	setenv(name, text, 1);
}

static void preload(void)
{
	char path[PATH_MAX], library[PATH_MAX + 64], asan[400];
	const char *options = getenv("ASAN_OPTIONS");
	if (realpath(build_dir(), path) == NULL)
		_exit(126);
	snprintf(library, sizeof(library), "%s/tests/torture/fail.so", path);
	setenv("LD_PRELOAD", library, 1);
	/* A child need not find all functions anew. */
	setenv("LD_BIND_NOW", "1", 1);
	/* A sanitizer wants to be first: then its malloc() would not be behind ours. */
	snprintf(asan, sizeof(asan), "%s%sverify_asan_link_order=0", options != NULL ? options : "",
		 options != NULL ? ":" : "");
	setenv("ASAN_OPTIONS", asan, 1);
}

/* The server: it has the three descriptors of any program, and those of fail.so. */
static _Noreturn void serve(const struct program *program, int record, int server,
			    const char *const *arguments)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(program->out, STDOUT_FILENO) < 0 ||
	    dup2(program->err, STDERR_FILENO) < 0)
		_exit(126);
	for (int other = 3; other < 64; other++)
		if (other != record && other != server)
			close(other);
	preload();
	set_number("FAIL_FD", record);
	set_number("FAIL_SERVER", server);
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

struct program program_new(const char *const *arguments)
{
	struct program program = {.out = anonymous_file(), .err = anonymous_file()};
	int record = anonymous_file(), sockets[2];
	cr_assert(ftruncate(record, sizeof(*program.record)) == 0);
	program.record =
		mmap(NULL, sizeof(*program.record), PROT_READ | PROT_WRITE, MAP_SHARED, record, 0);
	cr_assert(program.record != MAP_FAILED, "mmap: %s", strerror(errno));
	cr_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	program.pid = fork();
	if (program.pid == 0)
		serve(&program, record, sockets[1], arguments);
	cr_assert(program.pid > 0, "fork: %s", strerror(errno));
	program.socket = sockets[0];
	close(sockets[1]);
	close(record);
	return program;
}

void program_free(struct program *program)
{
	close(program->socket);
	close(program->out);
	close(program->err);
	munmap(program->record, sizeof(*program->record));
	cr_expect(waitpid(program->pid, NULL, 0) == program->pid);
}

static char *contents(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);
	cr_assert(text != NULL && pread(fd, text, (size_t)size, 0) == size, "pread: %s",
		  strerror(errno));
	return text;
}

struct faulted program_run(struct program *program, const struct fault *fault)
{
	int status;
	memset(program->record, 0, offsetof(struct fail_record, errors));
	program->record->kind = fault->kind;
	program->record->at = fault->at;
	program->record->error = fault->error;
	program->record->trace = fault->trace;
	program->record->seconds = HANGS_S;
	cr_assert(ftruncate(program->out, 0) == 0 && ftruncate(program->err, 0) == 0);
	bool done = write(program->socket, "", 1) == 1 &&
		    read(program->socket, &status, sizeof(status)) == sizeof(status);
	struct faulted faulted = {.out = contents(program->out), .err = contents(program->err)};
	cr_assert(done, "the program was not begun: %s", faulted.err);
	faulted.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return faulted;
}

void faulted_free(struct faulted *faulted)
{
	free(faulted->out);
	free(faulted->err);
}
