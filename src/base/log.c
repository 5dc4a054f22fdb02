#include "log.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_LINE 8192

/* Counts what does not fit, so that one pass tells how long the whole would be. */
struct line {
	char *data;
	size_t size;
	size_t length;
};

static void line_add_n(struct line *line, const char *data, size_t length)
{
	if (line->length < line->size) {
		size_t room = line->size - line->length;
		memcpy(line->data + line->length, data, length < room ? length : room);
	}
	line->length += length;
}

static void line_add(struct line *line, const char *text)
{
	line_add_n(line, text, strlen(text));
}

enum style {
	STYLE_BARE,  /* a message: control characters escaped */
	STYLE_QUOTED /* between quotes: quote and backslash too */
};

/* How one character stands in the line; *text moves behind it. */
struct piece {
	char bytes[8];
	size_t length;
};

static struct piece piece_next(const char **text, enum style style)
{
	struct piece piece = {0};
	const unsigned char *byte = (const unsigned char *)*text;
	size_t length = utf8_length(*text);
	static const char letters[] = "\b\f\n\r\t";
	const char *letter = *byte ? strchr(letters, *byte) : NULL;
	bool is_c1 = length == 2 && utf8_is_control(*text);

	if (length == 0)
		piece.length = (size_t)snprintf(piece.bytes, sizeof(piece.bytes), "\xef\xbf\xbd");
	else if (letter)
		piece.length = (size_t)snprintf(piece.bytes, sizeof(piece.bytes), "\\%c",
						"bfnrt"[letter - letters]);
	else if (utf8_is_control(*text))
		piece.length = (size_t)snprintf(piece.bytes, sizeof(piece.bytes), "\\u%04x",
						is_c1 ? byte[1] : byte[0]);
	else if (style == STYLE_QUOTED && (*byte == '"' || *byte == '\\'))
		piece.length = (size_t)snprintf(piece.bytes, sizeof(piece.bytes), "\\%c", *byte);
	else
		memcpy(piece.bytes, *text, piece.length = length);
	*text += length ? length : 1;
	return piece;
}

/* The text in at most limit bytes of output; one that is longer ends in "...". */
static void line_add_escaped(struct line *line, const char *text, enum style style, size_t limit)
{
	size_t length = 0;
	for (const char *rest = text; *rest && length <= limit;)
		length += piece_next(&rest, style).length;
	bool cut = length > limit;
	const char *mark = cut && limit >= 3 ? "..." : "";
	size_t room = !cut ? limit : limit >= 3 ? limit - 3 : 0;
	size_t written = 0;
	while (*text) {
		struct piece piece = piece_next(&text, style);
		written += piece.length;
		if (written > room)
			break;
		line_add_n(line, piece.bytes, piece.length);
	}
	line_add(line, mark);
}

static void line_add_quoted(struct line *line, const char *text, size_t limit)
{
	line_add(line, "\"");
	line_add_escaped(line, text, STYLE_QUOTED, limit);
	line_add(line, "\"");
}

/* Bare where a logfmt reader takes it bare. */
static void line_add_value(struct line *line, const char *text, size_t limit)
{
	bool quote = *text == '\0';
	size_t length = 0;
	for (const char *rest = text; *rest && !quote;) {
		quote = *rest == ' ' || *rest == '=' || *rest == '"';
		const char *before = rest;
		struct piece piece = piece_next(&rest, STYLE_BARE);
		quote = quote || piece.length != (size_t)(rest - before);
		length += piece.length;
	}
	if (quote || length > limit)
		line_add_quoted(line, text, limit);
	else
		line_add_n(line, text, length);
}

/* printf("%.1f") writes a comma in many locales, and the locale is our caller's. */
static void line_add_tenths(struct line *line, double value)
{
	const double largest = 1e15;
	char text[32];
	if (!(value > 0))
		value = 0;
	if (value > largest)
		value = largest;
	long long tenths = (long long)(value * 10 + 0.5);
	snprintf(text, sizeof(text), "%lld.%lld", tenths / 10, tenths % 10);
	line_add(line, text);
}

static void line_add_integer(struct line *line, long long value)
{
	char text[32];
	snprintf(text, sizeof(text), "%lld", value);
	line_add(line, text);
}

/* 2026-11-21T03:04:05.678Z */
static void line_add_time(struct line *line, double when)
{
	const double largest = 253402300799.0; /* the end of the year 9999 */
	if (!(when > 0))
		when = 0;
	if (when > largest)
		when = largest;
	long long ms = (long long)(when * 1000 + 0.5);
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc = {0};
	gmtime_r(&seconds, &utc);
	char text[80];
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
		 utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		 (int)(ms % 1000));
	line_add(line, text);
}

static const char *level_name(enum reconcile_log_level level)
{
	switch (level) {
	case RECONCILE_LOG_DEBUG:
		return "debug";
	case RECONCILE_LOG_WARN:
		return "warn";
	case RECONCILE_LOG_ERROR:
		return "error";
	case RECONCILE_LOG_OFF:
		return "off";
	case RECONCILE_LOG_DEFAULT:
	case RECONCILE_LOG_INFO:
		break;
	}
	return "info";
}

static const char *text_prefix(enum reconcile_log_level level)
{
	switch (level) {
	case RECONCILE_LOG_DEBUG:
		return "debug: ";
	case RECONCILE_LOG_WARN:
		return "warning: ";
	case RECONCILE_LOG_ERROR:
		return "error: ";
	default:
		return "";
	}
}

/* What of a record goes into the line; less of it when the line would be too long. */
struct extent {
	size_t text_limit; /* bytes of any one text */
	size_t field_count;
	bool message;
};

static void add_text_fields(struct line *line, const struct reconcile_log_record *record,
			    struct extent extent, bool is_logfmt, bool first)
{
	for (size_t i = 0; i < extent.field_count; i++) {
		const struct reconcile_field *field = &record->fields[i];
		bool is_sql = field->kind == RECONCILE_FIELD_SQL;
		if ((is_sql || field->kind == RECONCILE_FIELD_TEXT) && !field->text)
			continue;
		line_add(line, first ? "" : " ");
		first = false;
		line_add(line, field->key);
		if (is_logfmt && field->kind == RECONCILE_FIELD_MS)
			line_add(line, "_ms");
		line_add(line, "=");
		if (is_sql && !is_logfmt) {
			line_add_escaped(line, field->text, STYLE_BARE, extent.text_limit);
		} else if (is_sql || field->kind == RECONCILE_FIELD_TEXT) {
			line_add_value(line, field->text, extent.text_limit);
		} else if (field->kind == RECONCILE_FIELD_INTEGER) {
			line_add_integer(line, field->integer);
		} else {
			line_add_tenths(line, field->ms);
			line_add(line, is_logfmt ? "" : "ms");
		}
	}
}

static void format_text(struct line *line, const struct reconcile_log_record *record,
			struct extent extent)
{
	bool has_message = record->message && extent.message;
	line_add(line, "reconcile: ");
	line_add(line, text_prefix(record->level));
	if (has_message)
		line_add_escaped(line, record->message, STYLE_BARE, extent.text_limit);
	add_text_fields(line, record, extent, false, !has_message);
}

static void format_logfmt(struct line *line, const struct reconcile_log_record *record,
			  struct extent extent, double when)
{
	line_add(line, "time=");
	line_add_time(line, when);
	line_add(line, " level=");
	line_add(line, level_name(record->level));
	line_add(line, " event=");
	line_add_value(line, record->event, extent.text_limit);
	if (record->message && extent.message) {
		line_add(line, " msg=");
		line_add_quoted(line, record->message, extent.text_limit);
	}
	add_text_fields(line, record, extent, true, false);
}

static void format_json(struct line *line, const struct reconcile_log_record *record,
			struct extent extent, double when)
{
	line_add(line, "{\"time\":\"");
	line_add_time(line, when);
	line_add(line, "\",\"level\":\"");
	line_add(line, level_name(record->level));
	line_add(line, "\",\"event\":");
	line_add_quoted(line, record->event, extent.text_limit);
	if (record->message && extent.message) {
		line_add(line, ",\"message\":");
		line_add_quoted(line, record->message, extent.text_limit);
	}
	for (size_t i = 0; i < extent.field_count; i++) {
		const struct reconcile_field *field = &record->fields[i];
		line_add(line, ",\"");
		line_add_escaped(line, field->key, STYLE_QUOTED, SIZE_MAX);
		line_add(line, field->kind == RECONCILE_FIELD_MS ? "_ms\":" : "\":");
		if (field->kind == RECONCILE_FIELD_INTEGER)
			line_add_integer(line, field->integer);
		else if (field->kind == RECONCILE_FIELD_MS)
			line_add_tenths(line, field->ms);
		else if (field->text)
			line_add_quoted(line, field->text, extent.text_limit);
		else
			line_add(line, "null");
	}
	line_add(line, "}");
}

/* The length that the whole would have. */
static size_t render(char *data, size_t size, enum reconcile_log_format format,
		     const struct reconcile_log_record *record, struct extent extent, double when)
{
	struct line line = {.data = data, .size = size};
	if (format == RECONCILE_LOG_JSON)
		format_json(&line, record, extent, when);
	else if (format == RECONCILE_LOG_LOGFMT)
		format_logfmt(&line, record, extent, when);
	else
		format_text(&line, record, extent);
	return line.length;
}

size_t log_format_record(char *line, size_t size, enum reconcile_log_format format,
			 const struct reconcile_log_record *record, double when)
{
	size_t room = size - 1;
	struct extent extent = {SIZE_MAX, record->field_count, true};
	size_t length = render(line, room, format, record, extent, when);
	if (length > room) {
		/* Only in a crowd of fields are whole ones dropped, from the end. */
		extent.text_limit = 0;
		while (render(line, room, format, record, extent, when) > room &&
		       (extent.field_count > 0 || extent.message)) {
			if (extent.field_count > 0)
				extent.field_count--;
			else
				extent.message = false;
		}
		/* The largest limit that fits: it is the longest texts that are cut. */
		size_t fits = 0;
		size_t too_long = room + 1;
		while (too_long - fits > 1) {
			extent.text_limit = fits + (too_long - fits) / 2;
			if (render(line, room, format, record, extent, when) <= room)
				fits = extent.text_limit;
			else
				too_long = extent.text_limit;
		}
		extent.text_limit = fits;
		length = render(line, room, format, record, extent, when);
		if (length > room)
			length = room;
	}
	line[length] = '\0';
	return length;
}

/* One write(2) a line, so that the lines of processes that share a stderr do not mix. */
static void write_line(const struct log *log, const struct reconcile_log_record *record)
{
	char line[LONGEST_LINE + 1];
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	double when = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	size_t length = log_format_record(line, LONGEST_LINE, log->format, record, when);
	line[length++] = '\n';
	for (size_t done = 0; done < length;) {
		ssize_t written = write(STDERR_FILENO, line + done, length - done);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break; /* there is nowhere left to complain to */
		done += (size_t)written;
	}
}

bool log_can_write(int connection)
{
	return connection != STDERR_FILENO &&
	       (fcntl(STDERR_FILENO, F_GETFD) >= 0 || errno != EBADF);
}

void log_event(const struct log *log, enum reconcile_log_level level, const char *event,
	       const char *message, const struct reconcile_field *fields, size_t count)
{
	enum reconcile_log_level lowest = log->level ? log->level : RECONCILE_LOG_INFO;
	if (level == RECONCILE_LOG_DEFAULT)
		level = RECONCILE_LOG_INFO;
	if (level < lowest || lowest == RECONCILE_LOG_OFF)
		return;
	struct reconcile_log_record record = {
		.level = level,
		.event = event,
		.message = message,
		.fields = fields,
		.field_count = count,
	};
	int saved = errno;
	if (log->emit)
		log->emit(log->context, &record);
	else if (!log->has_no_sink)
		write_line(log, &record);
	errno = saved;
}

enum reconcile_log_level log_level_parse(const char *name)
{
	for (int level = RECONCILE_LOG_DEBUG; name && level <= RECONCILE_LOG_OFF; level++) {
		if (strcmp(name, level_name((enum reconcile_log_level)level)) == 0)
			return (enum reconcile_log_level)level;
	}
	return RECONCILE_LOG_DEFAULT;
}

enum reconcile_log_format log_format_parse(const char *name)
{
	static const char *const names[] = {
		[RECONCILE_LOG_TEXT] = "text",
		[RECONCILE_LOG_LOGFMT] = "logfmt",
		[RECONCILE_LOG_JSON] = "json",
	};
	for (int format = RECONCILE_LOG_TEXT; name && format <= RECONCILE_LOG_JSON; format++) {
		if (strcmp(name, names[format]) == 0)
			return (enum reconcile_log_format)format;
	}
	return RECONCILE_LOG_FORMAT_DEFAULT;
}
