/*
 * measure ROUNDS NAME=COMMAND...
 *
 * Runs whole processes in turn, A B C A B C ..., so that whatever else the machine does hits all of
 * them alike, and prints a markdown table: time from start to end, its ratio to each of the first
 * two commands, and peak resident memory. A COMMAND is words separated by single spaces, run
 * without a shell; it must end with 0 every time.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 16
#define PROGRAMS_MAX 8
#define ROUNDS_MAX 1000
#define WARM_UP 3

extern char **environ;

struct program {
	const char *name;
	char *words[WORDS_MAX + 1];
	double ms[ROUNDS_MAX];
	double mib[ROUNDS_MAX];
};

static struct program programs[PROGRAMS_MAX];

static bool program_parse(struct program *program, char *argument)
{
	char *command = strchr(argument, '=');
	if (command == NULL)
		return false;
	*command++ = '\0';
	program->name = argument;
	size_t count = 0;
	char *rest = command;
	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		if (count == WORDS_MAX)
			return false;
		program->words[count++] = word;
	}
	program->words[count] = NULL;
	return count > 0;
}

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One whole process; what it prints is dropped. */
static bool program_run(const struct program *program, double *ms, double *mib)
{
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	pid_t pid;
	int status = 0;
	struct rusage usage = {0};
	double start = now_ms();
	int code = posix_spawn(&pid, program->words[0], &files, NULL, program->words, environ);
	if (code == 0 && wait4(pid, &status, 0, &usage) != pid)
		code = errno;
	*ms = now_ms() - start;
	*mib = (double)usage.ru_maxrss / 1024;
	posix_spawn_file_actions_destroy(&files);
	if (code != 0)
		fprintf(stderr, "measure: '%s': %s\n", program->words[0], strerror(code));
	else if (status != 0)
		fprintf(stderr, "measure: %s: ended with status %#x\n", program->name, status);
	return code == 0 && status == 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(const double *sorted, size_t count)
{
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void print_table(size_t count, size_t rounds)
{
	for (size_t i = 0; i < count; i++) {
		qsort(programs[i].ms, rounds, sizeof(double), ascending);
		qsort(programs[i].mib, rounds, sizeof(double), ascending);
	}
	size_t bases = count < 2 ? count : 2;
	printf("| program | median ms | min - max |");
	for (size_t base = 0; base < bases; base++)
		printf(" / %s |", programs[base].name);
	printf(" peak MiB |\n|---|---:|---:|");
	for (size_t base = 0; base < bases; base++)
		printf("---:|");
	printf("---:|\n");
	for (size_t i = 0; i < count; i++) {
		const struct program *program = &programs[i];
		printf("| %s | %.2f | %.2f - %.2f |", program->name, median(program->ms, rounds),
		       program->ms[0], program->ms[rounds - 1]);
		for (size_t base = 0; base < bases; base++)
			printf(" %.2f |",
			       median(program->ms, rounds) / median(programs[base].ms, rounds));
		printf(" %.1f |\n", median(program->mib, rounds));
	}
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	if (rounds < 1 || rounds > ROUNDS_MAX || count > PROGRAMS_MAX) {
		fputs("usage: measure ROUNDS NAME=COMMAND...\n", stderr);
		return 64;
	}
	for (size_t i = 0; i < count; i++)
		if (!program_parse(&programs[i], argv[i + 2])) {
			fprintf(stderr, "measure: not NAME=COMMAND: '%s'\n", argv[i + 2]);
			return 64;
		}
	for (long round = -WARM_UP; round < rounds; round++) {
		long slot = round < 0 ? 0 : round;
		for (size_t i = 0; i < count; i++)
			if (!program_run(&programs[i], &programs[i].ms[slot],
					 &programs[i].mib[slot]))
				return 1;
	}
	print_table(count, (size_t)rounds);
	return 0;
}
