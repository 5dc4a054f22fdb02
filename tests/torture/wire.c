/*
 * Servers and networks that misbehave: a start goes through a proxy that cuts, resets, stalls,
 * floods, drips or lies at one place. It ends, with an answer or an error; it never crashes; and
 * the next start finds every table before or after its change.
 */
#include "../support/part.h"
#include "../support/proxy.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include "../../registry/registry.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any start may take here. */
#define HANGS_S 60
#define PLACES 20

struct wire {
	struct database *database;
	struct proxy *proxy;
	char *schema; /* that a start makes */
	struct proxy_count whole;
	unsigned long seed;
};

/* Places a fault; TORTURE_N says how many. */
static unsigned long tries(void)
{
	const char *text = getenv("TORTURE_N");
	unsigned long count = text != NULL ? strtoul(text, NULL, 10) : 0;
	if (count > 0)
		return count;
	return part_is_whole() ? PLACES : 1;
}

/* A part tries only some of the faults. */
static bool is_wanted(enum proxy_fault fault, unsigned long seed)
{
	bool whole = getenv("TORTURE_N") != NULL || part_is_whole();
	return whole || (seed + (unsigned long)fault) % 8 == 0;
}

/* A start in a process of its own; its status, or 256 and more when a signal ended it. */
static int start(const char *url, long timeout_ms, long budget_ms)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.url = url;
	options.log_level = RECONCILE_LOG_OFF;
	options.connect_timeout_ms = timeout_ms;
	options.statement_timeout_ms = timeout_ms < 500 ? 500 : timeout_ms;
	options.budget_ms = budget_ms;
	pid_t child = fork();
	if (child == 0) {
		alarm(HANGS_S);
		_exit(reconcile(&memstack_registry, &options, NULL));
	}
	int status;
	cr_assert(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void wire_new(struct wire *wire)
{
	*wire = (struct wire){.database = database_new(ENGINE_POSTGRES),
			      .seed = (unsigned long)(part_seed() & 0xffffffff)};
	wire->proxy = proxy_new(wire->database->url);
	memstack_make_old(wire->database);
	proxy_set(wire->proxy, PROXY_NOTHING, 0, 0, 0);
	cr_assert_eq(start(proxy_url(wire->proxy), 10000, 60000), RECONCILE_OK);
	wire->whole = proxy_count(wire->proxy);
	wire->schema = database_schema(wire->database);
}

static void wire_free(struct wire *wire)
{
	free(wire->schema);
	proxy_free(wire->proxy);
	database_free(wire->database);
}

/* One start through that fault, and one after it. */
static bool survives(struct wire *wire, enum proxy_fault fault, long place, unsigned long seed)
{
	char where[200];
	snprintf(where, sizeof(where), "%s at %ld, seed %lu", proxy_fault_name(fault), place, seed);
	memstack_empty(wire->database);
	memstack_make_old(wire->database);
	proxy_set(wire->proxy, fault, 0, place, seed);
	int first = start(proxy_url(wire->proxy), 300, 1500);
	bool ended = first < 256 && first != RECONCILE_BAD_CONFIG && first != RECONCILE_USAGE;
	cr_expect(ended, "%s: status %d", where, first);
	memstack_wait_for_sessions(wire->database);
	int second = start(wire->database->url, 10000, 60000);
	cr_expect_eq(second, RECONCILE_OK, "%s: status %d of the next start", where, second);
	char *schema = database_schema(wire->database);
	bool same = strcmp(schema, wire->schema) == 0;
	cr_expect(same, "%s: %s", where, schema);
	free(schema);
	memstack_expect_history(wire->database, memstack_history_of_old, where);
	memstack_expect_old_rows(wire->database, where);
	return ended && second == RECONCILE_OK && same;
}

/* Spread over all places, with another beginning each time. */
static void torture(enum proxy_fault fault, long places, struct wire *wire)
{
	unsigned long count = is_wanted(fault, wire->seed) ? tries() : 0, survived = 0;
	for (unsigned long i = 0; i < count; i++) {
		unsigned long place =
			(wire->seed + i * (unsigned long)places / count) % (unsigned long)places;
		survived += survives(wire, fault, (long)place, wire->seed + i);
	}
	if (count == 0)
		return;
	printf("%s: %lu tried, %lu survived\n", proxy_fault_name(fault), count, survived);
	fflush(stdout);
}

Test(wire, cut_at_every_byte, .timeout = 36000)
{
	static const enum proxy_fault of_client[] = {PROXY_CUT_CLIENT, PROXY_RESET_CLIENT,
						     PROXY_STALL_CLIENT},
				      of_server[] = {PROXY_CUT_SERVER, PROXY_RESET_SERVER,
						     PROXY_STALL_SERVER};
	struct wire wire;
	wire_new(&wire);
	for (size_t i = 0; i < 3; i++) {
		torture(of_client[i], wire.whole.client_bytes, &wire);
		torture(of_server[i], wire.whole.server_bytes, &wire);
	}
	torture(PROXY_LOSE_COMMIT, 1, &wire);
	wire_free(&wire);
}

Test(wire, a_server_that_lies_at_every_message, .timeout = 36000)
{
	struct wire wire;
	wire_new(&wire);
	for (int fault = PROXY_FLOOD_NOTICES; fault < PROXY_FAULTS; fault++)
		torture((enum proxy_fault)fault, wire.whole.server_messages, &wire);
	wire_free(&wire);
}
