#include "runner.h"

#include "interruption.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32
#define WORD_SIZE 4096

/* The words of a command line, with the file in its place. */
struct words {
	char texts[WORDS_MAX][WORD_SIZE];
	char *words[WORDS_MAX + 1];
	size_t count;
};

/* One word, in which {file} may stand anywhere. false: it has no room. */
static bool add_word(struct words *words, const char *word, size_t length, const char *file)
{
	static const char place[] = "{file}";
	size_t place_length = sizeof(place) - 1, used = 0;
	char *text;

	if (words->count == WORDS_MAX)
		return false;
	text = words->texts[words->count];
	for (size_t i = 0; i < length;) {
		bool here =
			length - i >= place_length && strncmp(word + i, place, place_length) == 0;
		const char *from = here ? file : word + i;
		size_t size = here ? strlen(file) : 1;

		if (used + size >= WORD_SIZE)
			return false;
		memcpy(text + used, from, size);
		used += size;
		i += here ? place_length : 1;
	}
	text[used] = '\0';
	words->words[words->count++] = text;
	return true;
}

static bool split(struct words *words, const struct runner_call *call)
{
	for (const char *at = call->command; *at;) {
		size_t spaces = strspn(at, " \t"), length = strcspn(at + spaces, " \t");

		at += spaces;
		if (length && !add_word(words, at, length, call->file))
			return false;
		at += length;
	}
	words->words[words->count] = NULL;
	return words->count > 0;
}

bool runner_exists(const char *command)
{
	size_t length = strcspn(command += strspn(command, " \t"), " \t");
	const char *path = getenv("PATH");
	char place[WORD_SIZE];

	/* A file that is to be executed itself is not known yet. */
	if (strstr(command, "{file}") && strstr(command, "{file}") < command + length)
		return true;
	if (memchr(command, '/', length) || !path) {
		snprintf(place, sizeof(place), "%.*s", (int)length, command);
		return !path || access(place, X_OK) == 0;
	}
	for (;;) {
		size_t part = strcspn(path, ":");

		/* An empty part is the current folder. */
		snprintf(place, sizeof(place), "%.*s/%.*s", part ? (int)part : 1, part ? path : ".",
			 (int)length, command);
		if (access(place, X_OK) == 0)
			return true;
		if (!path[part])
			return false;
		path += part + 1;
	}
}

/* In the child: standard output is the document's, or data; what it says is neither. */
static void become(char *const *words, const char *program)
{
	dup2(STDERR_FILENO, STDOUT_FILENO);
	/* That this command outlives its reader is no reason for others to. */
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], words);
	fprintf(stderr, "%s: '%s' cannot be run: %s\n", program, words[0], strerror(errno));
	_exit(127);
}

int runner_run(void *context)
{
	static struct words words;
	const struct runner_call *call = context;
	pid_t pid, ended;
	int status = 0;

	words.count = 0;
	if (!split(&words, call))
		return 126;
	pid = interruption_fork();
	if (pid < 0)
		return 126;
	if (pid == 0)
		become(words.words, call->program);
	ended = interruption_wait(pid, &status);
	if (ended < 0)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
