/* What was committed here, and has to be on another server too. */
#include "boot.h"

void boot_confirm(struct boot *boot)
{
	const struct config *config = boot->config;
	struct error ignored = {0};
	boot_note_session(boot);
	if (!boot->unconfirmed || !boot_connect_worker(boot, &ignored))
		return;
	boot->unconfirmed = boot->worker->unconfirmed = false;
	/* As long as an answer may take, within the budget. */
	double wait = (double)config->connect_timeout_ms;
	double left = boot->deadline_ms > 0 ? boot->deadline_ms - clock_ms() : wait;
	if (left < (double)config->lock_timeout_ms)
		left = (double)config->lock_timeout_ms;
	if (wait > left)
		wait = left;
	double began = clock_ms();
	if (boot->backend->confirm(boot->worker, wait))
		return;
	LOG(&config->log, RECONCILE_LOG_WARN, "unconfirmed",
	    "committed, but no synchronous standby has confirmed it yet",
	    LOG_MS("waited", clock_ms() - began));
}
