#include "question.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

bool question_can_ask(const struct manage *manage)
{
	return manage->err.is_terminal && isatty(STDIN_FILENO) == 1;
}

static bool confirmed(const struct manage *manage, const char *what, const char *place)
{
	FILE *err = manage->err.stream;
	char answer[16];

	fprintf(err, "\n%s ", what);
	terminal_styled(&manage->err, STYLE_BOLD, place ? place : "the database");
	fputs("? [y/N] ", err);
	fflush(err);
	if (!fgets(answer, sizeof(answer), stdin)) {
		fputc('\n', err);
		return false;
	}
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int question_ask(struct manage *manage, const char *what, const char *place,
		 const struct reconcile_report *report)
{
	struct arguments *arguments = &manage->arguments;

	if (arguments->yes)
		return RECONCILE_OK;
	if (!question_can_ask(manage)) {
		arguments_complain(arguments,
				   "%s: there is no terminal to ask on, nothing was changed",
				   arguments->command->name);
		snprintf(arguments->hint, sizeof(arguments->hint),
			 "give '--yes' to %s without being asked",
			 arguments->command->run == apply_command ? "apply" : "do it");
		return manage_fail(manage, &arguments->error, report);
	}
	if (confirmed(manage, what, place))
		return RECONCILE_OK;
	return manage_fail(
		manage,
		&(struct reconcile_error){.status = RECONCILE_PENDING,
					  .message = "not confirmed, nothing was changed"},
		report);
}
