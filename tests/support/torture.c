#include "torture.h"

#include "part.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void torture_only(void)
{
	if (!part_is_whole())
		cr_skip_test("only in make torture");
}

unsigned long torture_count(unsigned long usual)
{
	const char *text = getenv("TORTURE_N");
	unsigned long count = text != NULL ? strtoul(text, NULL, 10) : 0;
	return count > 0 ? count : usual;
}

void torture_line(unsigned long tried, unsigned long survived, const char *format, ...)
{
	char what[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	printf("%s: %lu tried, %lu survived\n", what, tried, survived);
	fflush(stdout);
	cr_expect(tried > 0, "%s: nothing was tried", what);
	cr_expect_eq(tried, survived, "%s: %lu of %lu did not survive", what, tried - survived,
		     tried);
}
