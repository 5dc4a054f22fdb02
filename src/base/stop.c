#include "stop.h"

#include "clock.h"

bool stop_is_asked(const struct stop *stop)
{
	return stop->asked != NULL && stop->asked(stop->context);
}

void stop_sleep_ms(const struct stop *stop, double ms)
{
	double until = clock_ms() + ms, left = ms;
	if (stop->asked == NULL) {
		clock_sleep_ms(ms);
		return;
	}
	while (left > 0 && !stop_is_asked(stop)) {
		clock_sleep_ms(left < STOP_LOOK_MS ? left : STOP_LOOK_MS);
		left = until - clock_ms();
	}
}

bool stop_error(struct error *err)
{
	error_clear(err);
	error_set(err, RECONCILE_BUSY, "stopped, as it was asked to");
	error_hint(err, "what is done stays done, and the next start goes on");
	return false;
}
