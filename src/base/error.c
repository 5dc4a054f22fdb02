#include "error.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "...";
static const char mask[] = "***";

/* Ends a text that did not fit in "...", never in the middle of a UTF-8 character. */
static void mark_cut(char *text, size_t size)
{
	size_t end = size - sizeof(ellipsis);
	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	memcpy(text + end, ellipsis, sizeof(ellipsis));
}

/*
 * Names, files and what a database says may hold anything, and a message is one line that any
 * terminal can show: white space becomes a blank; another control character, and each byte that is
 * not UTF-8, a question mark.
 */
static void make_line(char *text)
{
	while (*text) {
		size_t length = utf8_length(text);
		if (*text >= '\t' && *text <= '\r')
			*text = ' ';
		else if (length == 0 || utf8_is_control(text))
			memset(text, '?', length ? length : 1);
		text += length ? length : 1;
	}
}

__attribute__((format(printf, 3, 0))) static void format_text(char *text, size_t size,
							      const char *format, va_list args)
{
	/* Aside, because an argument may be the old text itself. */
	char fresh[sizeof(((struct error *)NULL)->message)];
	_Static_assert(sizeof(fresh) == sizeof(((struct error *)NULL)->hint), "one size for both");
	int length = vsnprintf(fresh, size, format, args);
	if (length < 0)
		snprintf(fresh, size, "a message that cannot be printed");
	else if ((size_t)length >= size)
		mark_cut(fresh, size);
	make_line(fresh);
	memcpy(text, fresh, strlen(fresh) + 1);
}

bool error_set(struct error *err, enum reconcile_status status, const char *format, ...)
{
	if (err->status != RECONCILE_OK)
		return false;
	va_list args;
	va_start(args, format);
	format_text(err->message, sizeof(err->message), format, args);
	va_end(args);
	err->status = status;
	return false;
}

bool error_memory(struct error *err)
{
	err->exhausted = err->exhausted || err->status == RECONCILE_OK;
	return error_set(err, RECONCILE_FAILED, "out of memory");
}

bool error_prefix(struct error *err, const char *format, ...)
{
	if (err->status == RECONCILE_OK)
		return false;
	char old[sizeof(err->message)];
	memcpy(old, err->message, sizeof(old));

	va_list args;
	va_start(args, format);
	format_text(err->message, sizeof(err->message), format, args);
	va_end(args);

	size_t place = strlen(err->message);
	size_t room = sizeof(err->message) - place;
	int length = snprintf(err->message + place, room, ": %s", old);
	if (length >= 0 && (size_t)length >= room)
		mark_cut(err->message, sizeof(err->message));
	return false;
}

void error_hint(struct error *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	format_text(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}

/* A text that was cut may end in the beginning of the secret: "...password \"hunt..." */
static void scrub_cut_end(char *text, const char *secret, size_t secret_length)
{
	size_t length = strlen(text);
	size_t mark = sizeof(ellipsis) - 1;
	if (length < mark || strcmp(text + length - mark, ellipsis) != 0)
		return;
	size_t end = length - mark;
	size_t longest = secret_length < end ? secret_length : end;
	for (size_t part = longest; part >= sizeof(mask) - 1; part--) {
		if (memcmp(text + end - part, secret, part) == 0) {
			memcpy(text + end - part, mask, sizeof(mask) - 1);
			memmove(text + end - part + sizeof(mask) - 1, ellipsis, sizeof(ellipsis));
			return;
		}
	}
}

static void scrub_text(char *text, const char *secret, size_t secret_length)
{
	size_t mask_length = sizeof(mask) - 1;
	char *found = text;
	/* A secret is at least as long as the mask (see error_scrub): the text never grows. */
	while ((found = strstr(found, secret))) {
		memmove(found + mask_length, found + secret_length,
			strlen(found + secret_length) + 1);
		memcpy(found, mask, mask_length);
		found += mask_length;
	}
	scrub_cut_end(text, secret, secret_length);
}

void error_scrub(struct error *err, const char *secret)
{
	if (!secret)
		return;
	size_t length = strlen(secret);
	/* One or two bytes would be found in every other word and so give themselves away. */
	if (length < sizeof(mask) - 1)
		return;
	/* As it stands in a line; of a longer one than any message, the beginning. */
	char line[sizeof(err->message)];
	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	memcpy(line, secret, length);
	line[length] = '\0';
	make_line(line);
	scrub_text(err->message, line, length);
	scrub_text(err->hint, line, length);
}

void error_clear(struct error *err)
{
	*err = (struct error){0};
}

void error_name_command(struct error *err, const char *command)
{
	static const char usual[] = "`manage ";
	char old[sizeof(err->hint)];
	size_t used = 0;
	memcpy(old, err->hint, sizeof(old));
	for (const char *at = old, *found; *at && used + 1 < sizeof(err->hint); at = found) {
		found = strstr(at, usual);
		int length = found ? (int)(found - at) : (int)strlen(at);
		int written =
			snprintf(err->hint + used, sizeof(err->hint) - used, "%.*s%s%s%s", length,
				 at, found ? "`" : "", found ? command : "", found ? " " : "");
		used += written > 0 ? (size_t)written : 0;
		found = found ? found + sizeof(usual) - 1 : at + length;
	}
	if (used >= sizeof(err->hint))
		mark_cut(err->hint, sizeof(err->hint));
	make_line(err->hint);
}
