/* Migration files of other tools: a script runs as a whole, theirs do not. */
#ifndef MANAGE_FOREIGN_H
#define MANAGE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

/* What gave one away. */
struct foreign {
	const char *format; /* "dbmate" */
	const char *advice; /* what to do instead */
	size_t line;        /* counted from 1; 0: it is the name */
	char mark[80];      /* what stands there */
};

enum foreign_answer {
	FOREIGN_NOT,
	FOREIGN_YES,        /* *foreign is filled in */
	FOREIGN_UNREADABLE, /* errno says why */
};

/* By its name, or by what is in it when a tool has files of that ending and it may be read. */
enum foreign_answer foreign_look(struct foreign *foreign, const char *path, bool readable);

#endif
