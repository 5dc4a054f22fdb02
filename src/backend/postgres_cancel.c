/* Asking the server to give up what it is at, on a connection that waits for its answer. */
#include "postgres.h"
#include <pthread.h>
#include <signal.h>

/* PQcancel() connects anew, waits until the server hangs up, and knows no deadline: on a server
 * that says nothing it may take for ever, which is this thread's time and not the caller's. */
static void *cancel(void *argument)
{
	PGcancel *request = argument;
	char ignored[256];
	PQcancel(request, ignored, sizeof(ignored));
	PQfreeCancel(request);
	return NULL;
}

void cancel_ask(const struct postgres *pg)
{
	PGcancel *request = PQgetCancel(pg->connection);
	if (request == NULL)
		return;
	pthread_t thread;
	sigset_t all, before;
	/* The program's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, cancel, request) == 0)
		pthread_detach(thread);
	else
		PQfreeCancel(request);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
