/* The command tree as data: commands, and the options that they take. */
#ifndef MANAGE_COMMAND_H
#define MANAGE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct manage;

enum option_kind {
	OPTION_FLAG,     /* bool: takes no value */
	OPTION_TEXT,     /* const char *: points into argv */
	OPTION_SECRET,   /* struct secret: copied, then blanked in argv */
	OPTION_CHOICE,   /* int: 1 for the first of the words in `value`, ... */
	OPTION_DURATION, /* long: milliseconds, at least 1 */
	OPTION_COUNT,    /* long: at least 0 */
	OPTION_ROWS,     /* long: as reconcile_options.allow_rewrite; a value only behind '=' */
	OPTION_PLACE,    /* struct place: "table.column" */
	OPTION_MOMENT,   /* struct moment: as it is, or the moment so long ago */
};

struct option {
	const char *name; /* without the dashes; NULL ends a table */
	char letter;      /* 0: long form only */
	enum option_kind kind;
	const char *value; /* what help calls it; OPTION_CHOICE: the words, "a|b|c" */
	size_t offset;     /* where it goes in struct arguments */
	const char *help;
};

/* The one word that a command takes beside its options. */
enum operand {
	OPERAND_NONE = 0,
	OPERAND_COMMAND, /* the name of a command */
	OPERAND_CODE,    /* the code of a rule */
	OPERAND_ID,      /* the number of a change; it must be there */
	OPERAND_VERB,    /* what to do with scripts, it must be there; and with which */
};

struct command {
	const char *name; /* NULL ends the table */
	const char *summary;
	const char *text;             /* `help COMMAND`: more about it, with examples */
	const struct option *options; /* its own, beside the global ones */
	bool needs_settings;          /* configuration is read, a registry chosen */
	bool needs_registry;          /* there must be one */
	enum operand operand;
	int (*run)(struct manage *manage);
};

extern const struct command commands[];
extern const struct option global_options[];

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

/* Of the commands, or of the options that the command takes (NULL: global ones), the name most like
 * a mistyped one; NULL when none is near. */
const char *command_suggest(const char *name);
const char *option_suggest(const struct command *command, const char *name);
/* The same of the codes of rules. */
const char *code_suggest(const char *name);

int status_command(struct manage *manage);
int plan_command(struct manage *manage);
int apply_command(struct manage *manage);
int check_command(struct manage *manage);
int fresh_command(struct manage *manage);
int history_command(struct manage *manage);
int show_command(struct manage *manage);
int rollback_command(struct manage *manage);
int script_command(struct manage *manage);
int stamp_command(struct manage *manage);
int validate_command(struct manage *manage);
int explain_command(struct manage *manage);
int version_command(struct manage *manage);
int help_command(struct manage *manage);

#endif
