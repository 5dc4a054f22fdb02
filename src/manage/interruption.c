#include "interruption.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int numbers[] = {SIGTERM, SIGINT};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static volatile sig_atomic_t caught;
static volatile sig_atomic_t running; /* the child, or 0 */
static struct timespec caught_at;     /* written before caught, by the handler alone */
static struct sigaction before[NUMBERS];
static bool handled[NUMBERS];

static void note(int number)
{
	int error = errno;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	/* Whoever signals a group and its member sends one signal twice, as timeout(1) does. */
	if (caught && now.tv_sec - caught_at.tv_sec > 1)
		_exit(128 + number);
	if (!caught) {
		caught_at = now;
		caught = number;
	}
	if (running > 0)
		kill((pid_t)running, number);
	errno = error;
}

void interruption_begin(void)
{
	/* Without SA_RESTART: what waits for a person or a program is to wake up. */
	struct sigaction action = {.sa_handler = note};

	caught = 0;
	running = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < NUMBERS; i++)
		sigaddset(&action.sa_mask, numbers[i]);
	for (size_t i = 0; i < NUMBERS; i++) {
		handled[i] = sigaction(numbers[i], NULL, &before[i]) == 0 &&
			     before[i].sa_handler != SIG_IGN;
		if (handled[i])
			sigaction(numbers[i], &action, NULL);
	}
}

void interruption_end(void)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (handled[i])
			sigaction(numbers[i], &before[i], NULL);
}

int interruption_signal(void)
{
	return caught;
}

bool interruption_asked(void *context)
{
	(void)context;
	return caught != 0;
}

pid_t interruption_fork(void)
{
	sigset_t ours, old;
	pid_t child;

	sigemptyset(&ours);
	for (size_t i = 0; i < NUMBERS; i++)
		sigaddset(&ours, numbers[i]);
	sigprocmask(SIG_BLOCK, &ours, &old);
	child = fork();
	if (child == 0)
		interruption_end();
	else if (child > 0)
		running = (sig_atomic_t)child;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return child;
}

pid_t interruption_wait(pid_t child, int *status)
{
	siginfo_t info;
	pid_t ended;

	/* As long as it is not reaped its number is nobody else's. */
	while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	running = 0;
	do
		ended = waitpid(child, status, 0);
	while (ended < 0 && errno == EINTR);
	return ended;
}
