/*
 * measure [-n COUNT] [-b COMMAND] ROUNDS NAME=COMMAND...
 *
 * Runs whole processes in turn, A B C A B C ..., so that whatever else the machine does hits all of
 * them alike, and prints a line a program: its name, the median, least and greatest time in ms from
 * the start to the end, and the median of its peak resident memory in KiB, with tabs between them.
 * A COMMAND is words separated by single spaces, run without a shell; it must end with 0 every
 * time.
 *
 * -n: COUNT of each at once, timed until the last one ends. -b: a shell command to run before each,
 * which is not timed.
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
#define CROWD_MAX 1000

extern char **environ;

struct program {
	const char *name;
	char *words[WORDS_MAX + 1];
	double ms[ROUNDS_MAX];
	double kib[ROUNDS_MAX];
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

/* Starts one process; what it prints is dropped. */
static bool program_start(const struct program *program, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	int code = posix_spawnp(pid, program->words[0], &files, NULL, program->words, environ);
	posix_spawn_file_actions_destroy(&files);
	if (code != 0)
		fprintf(stderr, "measure: '%s': %s\n", program->words[0], strerror(code));
	return code == 0;
}

/* All of them from start to end; *kib is the greatest peak. */
static bool program_run(const struct program *program, long count, double *ms, double *kib)
{
	pid_t pids[CROWD_MAX];
	long started = 0;
	bool good = true;
	double start = now_ms();
	*kib = 0;
	while (started < count && program_start(program, &pids[started]))
		started++;
	for (long i = 0; i < started; i++) {
		struct rusage usage = {0};
		int status = 0;
		if (wait4(pids[i], &status, 0, &usage) != pids[i] || status != 0) {
			fprintf(stderr, "measure: %s: ended with status %#x\n", program->name,
				status);
			good = false;
		}
		if ((double)usage.ru_maxrss > *kib)
			*kib = (double)usage.ru_maxrss;
	}
	*ms = now_ms() - start;
	return good && started == count;
}

static bool prepare(const char *before)
{
	if (before == NULL || system(before) == 0)
		return true;
	fprintf(stderr, "measure: failed: %s\n", before);
	return false;
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

static void print_line(struct program *program, size_t rounds)
{
	qsort(program->ms, rounds, sizeof(double), ascending);
	qsort(program->kib, rounds, sizeof(double), ascending);
	printf("%s\t%.3f\t%.3f\t%.3f\t%.0f\n", program->name, median(program->ms, rounds),
	       program->ms[0], program->ms[rounds - 1], median(program->kib, rounds));
}

static int usage(void)
{
	fputs("usage: measure [-n COUNT] [-b COMMAND] ROUNDS NAME=COMMAND...\n", stderr);
	return 64;
}

int main(int argc, char **argv)
{
	long crowd = 1;
	const char *before = NULL;
	for (int option; (option = getopt(argc, argv, "+n:b:")) != -1;) {
		if (option == 'n')
			crowd = strtol(optarg, NULL, 10);
		else if (option == 'b')
			before = optarg;
		else
			return usage();
	}
	long rounds = optind < argc ? strtol(argv[optind], NULL, 10) : 0;
	size_t count = optind < argc ? (size_t)(argc - optind) - 1 : 0;
	if (rounds < 1 || rounds > ROUNDS_MAX || count < 1 || count > PROGRAMS_MAX || crowd < 1 ||
	    crowd > CROWD_MAX)
		return usage();
	for (size_t i = 0; i < count; i++)
		if (!program_parse(&programs[i], argv[optind + 1 + (int)i])) {
			fprintf(stderr, "measure: not NAME=COMMAND: '%s'\n",
				argv[optind + 1 + (int)i]);
			return 64;
		}
	/* Something short and frequent runs warm first; what has to be prepared does not. */
	for (long round = before == NULL && rounds > 9 ? -3 : 0; round < rounds; round++) {
		long slot = round < 0 ? 0 : round;
		for (size_t i = 0; i < count; i++)
			if (!prepare(before) ||
			    !program_run(&programs[i], crowd, &programs[i].ms[slot],
					 &programs[i].kib[slot]))
				return 1;
	}
	for (size_t i = 0; i < count; i++)
		print_line(&programs[i], (size_t)rounds);
	return 0;
}
