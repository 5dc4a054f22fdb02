/* Which scripts a command is about, in the order in which it takes them. */
#ifndef MANAGE_CHOICE_H
#define MANAGE_CHOICE_H

#include "script.h"

/* Before the first script, as `script down --to` calls it. */
#define BASE "base"

struct choice {
	const struct script_file **files; /* free() it */
	size_t count;
};

/* Room for all. false: memory ran out. */
bool choice_init(struct choice *choice, const struct scripts *scripts);

/* By the arguments; OK, or what has been said. */
int choose_up(struct scripts *scripts, struct choice *choice);
int choose_down(struct scripts *scripts, struct choice *choice);
int choose_stamp(struct scripts *scripts, struct choice *choice);

#endif
