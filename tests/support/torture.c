#include "torture.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

bool torture_is_whole(void)
{
	return getenv("TORTURE_N") != NULL;
}

void torture_only(void)
{
	if (!torture_is_whole())
		cr_skip_test("only in make torture");
}

unsigned long torture_count(unsigned long usual)
{
	const char *text = getenv("TORTURE_N");
	unsigned long count = text != NULL ? strtoul(text, NULL, 10) : 0;
	return count > 0 ? count : usual;
}

unsigned long torture_seed(void)
{
	static unsigned long seed;
	const char *text = getenv("TORTURE_SEED");
	if (text != NULL && *text != '\0')
		return strtoul(text, NULL, 10);
	if (seed == 0)
		seed = (unsigned long)time(NULL) % 100000 * 10 + (unsigned long)getpid() % 10 + 1;
	return seed;
}

void torture_line(unsigned long tried, unsigned long survived, const char *format, ...)
{
	char what[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	printf("%s: %lu tried, %lu survived (TORTURE_SEED=%lu)\n", what, tried, survived,
	       torture_seed());
	fflush(stdout);
	cr_expect(tried > 0, "%s: nothing was tried", what);
	cr_expect_eq(tried, survived, "%s: %lu of %lu did not survive", what, tried - survived,
		     tried);
}
