/* Is the call to end before it is done? Whoever wants that is asked again and again. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include "error.h"
#include <stdbool.h>

/* Between two questions, while a call waits for something. */
#define STOP_LOOK_MS 100

/* As reconcile_options has it. Zeroed: nobody wants that. */
struct stop {
	bool (*asked)(void *context);
	void *context;
};

bool stop_is_asked(const struct stop *stop);
/* Sleeps; less when it is to stop. */
void stop_sleep_ms(const struct stop *stop, double ms);
/* In the place of whatever came of it. Always false. */
bool stop_error(struct error *err);

#endif
