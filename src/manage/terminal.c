#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define DEFAULT_WIDTH 80
#define SMALLEST_WIDTH 40

static const char *const style_codes[] = {
	[STYLE_PLAIN] = "",         [STYLE_BOLD] = "\033[1m",    [STYLE_DIM] = "\033[2m",
	[STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m", [STYLE_RED] = "\033[31m",
	[STYLE_CYAN] = "\033[36m",
};

static const char *const marks[][2] = {
	[MARK_APPLIED] = {"[x]", "\u2705"},  [MARK_PENDING] = {"[ ]", "\u23f3"},
	[MARK_CONFLICT] = {"[!]", "\u274c"}, [MARK_EXTRA] = {"[+]", "\u2795"},
	[MARK_TICK] = {"x", "\u2713"},       [MARK_ADD] = {"+", "+"},
	[MARK_CROSS] = {"!", "\u2717"},      [MARK_DOT] = {"-", "\u00b7"},
};

/* What the locale says: POSIX, "Internationalization Variables", the first that is set wins. It is
 * read here because setlocale() fails when a locale is named but not installed, as in containers.
 */
static bool locale_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static int terminal_width(int descriptor)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		width = size.ws_col;
	if (width <= 0 || width > 1000)
		return DEFAULT_WIDTH;
	return width < SMALLEST_WIDTH ? SMALLEST_WIDTH : (int)width;
}

void terminal_open(struct terminal *terminal, FILE *stream, int descriptor, int color)
{
	const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");

	*terminal = (struct terminal){
		.stream = stream,
		.is_terminal = isatty(descriptor) == 1,
		.unicode = locale_is_utf8(),
		.width = DEFAULT_WIDTH,
	};
	if (terminal->is_terminal)
		terminal->width = terminal_width(descriptor);
	if (color == COLOR_ALWAYS)
		terminal->color = true;
	else if (color != COLOR_NEVER)
		terminal->color = terminal->is_terminal && !(no_color && *no_color) && kind &&
				  strcmp(kind, "dumb") != 0;
}

/* Decodes one character at text: its bytes, and its columns; -1 columns: not to be printed. */
static size_t character(const char *text, int *columns)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t length = mbrtowc(&wide, text, strlen(text), &state);

	*columns = -1;
	if (length == (size_t)-1 || length == (size_t)-2 || length == 0)
		return 1;
	/* U+202A.., U+2066..: text that runs backwards from here on could disguise a name. */
	if ((wide >= 0x202a && wide <= 0x202e) || (wide >= 0x2066 && wide <= 0x2069))
		return length;
	*columns = wcwidth(wide);
	return length;
}

static int put_text(FILE *stream, const char *text, size_t length)
{
	const char *end = text + length;
	int width = 0;

	while (text < end) {
		int columns;
		size_t bytes = character(text, &columns);

		if (columns < 0 && stream)
			fputc('?', stream);
		else if (stream)
			fwrite(text, 1, bytes, stream);
		width += columns < 0 ? 1 : columns;
		text += bytes;
	}
	return width;
}

int text_width(const char *text)
{
	return put_text(NULL, text, strlen(text));
}

int terminal_text(const struct terminal *terminal, const char *text)
{
	return put_text(terminal->stream, text, strlen(text));
}

static void style_begin(const struct terminal *terminal, enum style style)
{
	if (terminal->color)
		fputs(style_codes[style], terminal->stream);
}

static void style_end(const struct terminal *terminal, enum style style)
{
	if (terminal->color && style != STYLE_PLAIN)
		fputs("\033[0m", terminal->stream);
}

int terminal_styled(const struct terminal *terminal, enum style style, const char *text)
{
	int width;

	style_begin(terminal, style);
	width = terminal_text(terminal, text);
	style_end(terminal, style);
	return width;
}

void terminal_mark(const struct terminal *terminal, enum style style, enum mark mark)
{
	style_begin(terminal, style);
	fputs(marks[mark][terminal->unicode], terminal->stream);
	style_end(terminal, style);
}

void terminal_spaces(const struct terminal *terminal, int count)
{
	fprintf(terminal->stream, "%*s", count > 0 ? count : 0, "");
}

void terminal_rule(const struct terminal *terminal)
{
	int width = terminal->width < DEFAULT_WIDTH ? terminal->width : DEFAULT_WIDTH;

	while (width-- > 0)
		fputc('=', terminal->stream);
	fputc('\n', terminal->stream);
}

void terminal_wrap(const struct terminal *terminal, enum style style, int column, const char *text)
{
	terminal_wrap_on(terminal, style, column, column, text);
}

void terminal_wrap_on(const struct terminal *terminal, enum style style, int used, int column,
		      const char *text)
{
	bool fresh = used == column; /* nothing stands before the word on its line */

	style_begin(terminal, style);
	for (;;) {
		size_t length;
		int width;

		text += strspn(text, " \n");
		length = strcspn(text, " \n");
		if (!length)
			break;
		width = put_text(NULL, text, length);
		if (!fresh && used + 1 + width > terminal->width) {
			fputc('\n', terminal->stream);
			terminal_spaces(terminal, column);
			used = column;
		} else if (!fresh) {
			fputc(' ', terminal->stream);
			used++;
		}
		fresh = false;
		used += put_text(terminal->stream, text, length);
		text += length;
	}
	style_end(terminal, style);
	fputc('\n', terminal->stream);
}

void terminal_lines(const struct terminal *terminal, enum style style, int indent, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		terminal_spaces(terminal, indent);
		style_begin(terminal, style);
		/* A tab indents SQL; as any other control character it would be a '?'. */
		for (size_t i = 0; i < length;) {
			size_t part = strcspn(text + i, "\t\n");

			put_text(terminal->stream, text + i, part);
			i += part;
			if (i < length) {
				terminal_spaces(terminal, 4);
				i++;
			}
		}
		style_end(terminal, style);
		fputc('\n', terminal->stream);
		text += length;
		text += *text == '\n';
	}
}
