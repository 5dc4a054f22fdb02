/* Text for a person: colour, marks and width as the terminal (or the file) at hand allows. */
#ifndef MANAGE_TERMINAL_H
#define MANAGE_TERMINAL_H

#include "arguments.h"

#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GREEN, STYLE_YELLOW, STYLE_RED, STYLE_CYAN };

/* Marks have an ASCII form for a locale that is not UTF-8. */
enum mark {
	MARK_APPLIED, /* of a section */
	MARK_PENDING,
	MARK_CONFLICT,
	MARK_EXTRA,
	MARK_TICK, /* of a line */
	MARK_ADD,
	MARK_CROSS,
	MARK_DOT,
};

struct terminal {
	FILE *stream;
	bool is_terminal;
	bool color;
	bool unicode;
	int width; /* columns; 80 when it is not a terminal */
};

/* descriptor: what the stream writes to. color: enum color; 0 is auto. Auto means a terminal that
 * is not dumb, and no NO_COLOR (https://no-color.org/). */
void terminal_open(struct terminal *terminal, FILE *stream, int descriptor, int color);

/* Everything from outside is printed through this: control characters and invalid bytes become
 * '?', so that a name in a database cannot steer somebody's terminal. Returns the columns used. */
int terminal_text(const struct terminal *terminal, const char *text);
int terminal_styled(const struct terminal *terminal, enum style style, const char *text);
void terminal_mark(const struct terminal *terminal, enum style style, enum mark mark);
void terminal_spaces(const struct terminal *terminal, int count);
/* A line of '=' as wide as the terminal, at most 80. */
void terminal_rule(const struct terminal *terminal);

/* Prints words from column `column` on, breaking lines at the width and indenting them there;
 * ends the line. */
void terminal_wrap(const struct terminal *terminal, enum style style, int column, const char *text);
/* The same for text that goes on, behind a space, where the cursor is: `used` columns from the
 * left. */
void terminal_wrap_on(const struct terminal *terminal, enum style style, int used, int column,
		      const char *text);
/* Prints text of several lines, each indented. */
void terminal_lines(const struct terminal *terminal, enum style style, int indent,
		    const char *text);

/* The columns that terminal_text() would use. */
int text_width(const char *text);

#endif
