#include "leak.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));
int __lsan_is_turned_off(void);

/* Each test is a process that Criterion starts; Criterion's own forgets a little at times, when
 * more tests run at once than there are cores. */
int __lsan_is_turned_off(void)
{
	return strcmp(program_invocation_short_name, "boxfort-worker") != 0;
}

void leak_begin_ignoring(void)
{
	if (__lsan_disable != NULL)
		__lsan_disable();
}

void leak_end_ignoring(void)
{
	if (__lsan_enable != NULL)
		__lsan_enable();
}
