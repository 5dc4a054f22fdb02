#include "../../src/base/clock.h"
#include "../../src/base/hash.h"
#include "model.h"

#include <signal.h>
#include <sys/time.h>

Test(clock, never_goes_back)
{
	double last = clock_ms();
	for (int i = 0; i < 10000; i++) {
		double now = clock_ms();
		cr_assert(now >= last);
		last = now;
	}
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
	(void)number;
	alarms++;
}

Test(clock, a_pause_goes_on_after_a_signal)
{
	struct itimerval each_ms = {{0, 1000}, {0, 1000}};
	signal(SIGALRM, count_alarm);
	setitimer(ITIMER_REAL, &each_ms, NULL);
	clock_sleep_ms(300);
	/* A pause that the first signal ends has seen one. */
	cr_expect(alarms > 2, "%d signals", (int)alarms);
}

Test(clock, no_pause_for_nothing, .timeout = 20)
{
	clock_sleep_ms(0);
	clock_sleep_ms(-1e9);
}

Test(clock, jitter_is_full_and_bounded)
{
	static const struct {
		const char *name;
		unsigned attempt;
		double base_ms, cap_ms, limit_ms;
	} cases[] = {
		{"first", 0, 10, 1000, 10},
		{"doubles", 3, 10, 1000, 80},
		{"capped", 7, 10, 1000, 1000},
		{"capped for long", 4000000000, 10, 1000, 1000},
		{"cap below the base", 0, 10, 5, 5},
		{"nothing stays nothing", 4000000000, 0, 1000, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct chance chance = {.state = 42};
		double least = 1e9, most = 0;
		for (int n = 0; n < 1000; n++) {
			double ms = chance_backoff_ms(&chance, cases[i].attempt, cases[i].base_ms,
						      cases[i].cap_ms);
			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		cr_expect(least >= 0 && most <= cases[i].limit_ms, "%s: %f to %f", cases[i].name,
			  least, most);
		cr_expect(least <= cases[i].limit_ms * 0.02 && most >= cases[i].limit_ms * 0.98,
			  "%s: only %f to %f", cases[i].name, least, most);
	}
}

Test(clock, two_starters_draw_different_numbers)
{
	struct chance one, two;
	chance_init(&one);
	chance_init(&two);
	cr_expect(chance_next(&one) != chance_next(&two));
	cr_expect(chance_next(&one) != chance_next(&one));
}

Test(clock, hash_is_fnv_1a_and_tells_pieces_apart)
{
	/* From the reference test suite of FNV. */
	cr_expect(hash_bytes(HASH_INIT, "", 0) == UINT64_C(0xcbf29ce484222325));
	cr_expect(hash_bytes(HASH_INIT, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	cr_expect(hash_bytes(HASH_INIT, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	cr_expect(hash_text(hash_text(HASH_INIT, "ab"), "c") !=
		  hash_text(hash_text(HASH_INIT, "a"), "bc"));
	cr_expect(hash_text(HASH_INIT, NULL) != hash_text(HASH_INIT, ""));
}
