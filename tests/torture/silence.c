/* The network is cut while a script is at work: nobody says anything any more, ever. */
#include "../support/database.h"
#include "../support/part.h"
#include "../support/proxy.h"

#include <criterion/criterion.h>
#include <reconcile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than it takes to notice, with a machine that is busy. */
#define HANGS_S 60
#define LOOKS 6000
#define LOOK_US 5000

static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT, .name = "none"};
static const char text[] = "SELECT pg_sleep(600)";

static int run_script(const char *url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	struct reconcile_script script = {
		.size = sizeof(script),
		.name = "001",
		.file = "001.sql",
		.text = text,
		.length = strlen(text),
	};
	struct reconcile_scripts *scripts;
	bool done = false;
	options.url = url;
	options.log_level = RECONCILE_LOG_OFF;
	options.budget_ms = 1000;
	options.connect_timeout_ms = 2000;
	int status = reconcile_scripts_open(&none, &options, &scripts);
	if (status == RECONCILE_OK)
		status = reconcile_scripts_run(scripts, &script, RECONCILE_SCRIPT_UP, &done);
	reconcile_scripts_free(scripts);
	return status;
}

Test(silence, a_script_notices_a_dead_peer, .timeout = 600)
{
	if (!part_is_whole() && getenv("TORTURE_N") == NULL)
		cr_skip_test("it takes half a minute: TEST_WHOLE=1");
	struct database *database = database_new(ENGINE_POSTGRES);
	struct proxy *proxy = proxy_new(database->url);
	pid_t child = fork();
	if (child == 0) {
		alarm(HANGS_S);
		_exit(run_script(proxy_url(proxy)));
	}
	long sleeping = 0;
	for (int look = 0; look < LOOKS && sleeping == 0; look++) {
		usleep(LOOK_US);
		sleeping = database_number(database, "SELECT count(*) FROM pg_stat_activity\n"
						     " WHERE datname = current_database()\n"
						     "   AND wait_event = 'PgSleep'");
	}
	proxy_silence(proxy);
	int status;
	cr_assert(waitpid(child, &status, 0) == child);
	cr_expect(WIFEXITED(status), "it had to be ended by signal %d", WTERMSIG(status));
	cr_expect(WEXITSTATUS(status) == RECONCILE_UNREACHABLE ||
			  WEXITSTATUS(status) == RECONCILE_BUSY,
		  "status %d", WEXITSTATUS(status));
	proxy_free(proxy);
	database_execute(database,
			 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
			 " WHERE datname = current_database() AND wait_event = 'PgSleep'");
	database_free(database);
}
