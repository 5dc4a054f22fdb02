/* Log records: an event with fields, given to the caller's function or written to stderr. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <reconcile.h>

struct log {
	reconcile_log_fn *emit; /* NULL: the default sink */
	void *context;
	enum reconcile_log_level level;   /* records below it are dropped; DEFAULT = info */
	enum reconcile_log_format format; /* of the default sink; DEFAULT = text */
	bool has_no_sink;                 /* the default one has nowhere to write to */
};

/* Is standard error open, and something else than the descriptor of a connection (-1: none)?
 * Asked before a connection of one's own is made: it would take the place of a closed one. */
bool log_can_write(int connection);

#define LOG_TEXT(k, v)                                                                             \
	((struct reconcile_field){.key = (k), .kind = RECONCILE_FIELD_TEXT, .text = (v)})
#define LOG_SQL(k, v)                                                                              \
	((struct reconcile_field){.key = (k), .kind = RECONCILE_FIELD_SQL, .text = (v)})
#define LOG_INTEGER(k, v)                                                                          \
	((struct reconcile_field){                                                                 \
		.key = (k), .kind = RECONCILE_FIELD_INTEGER, .integer = (long long)(v)})
#define LOG_MS(k, v) ((struct reconcile_field){.key = (k), .kind = RECONCILE_FIELD_MS, .ms = (v)})

/* message may be NULL; fields may be NULL when count is 0. */
void log_event(const struct log *log, enum reconcile_log_level level, const char *event,
	       const char *message, const struct reconcile_field *fields, size_t count);

/* log_event with the fields listed in place: LOG(&log, RECONCILE_LOG_INFO, "retry", "...",
 * LOG_TEXT("table", name), LOG_INTEGER("attempt", 2)) */
#define LOG(log, level, event, message, ...)                                                       \
	log_event(log, level, event, message, (const struct reconcile_field[]){__VA_ARGS__},       \
		  sizeof((const struct reconcile_field[]){__VA_ARGS__}) /                          \
			  sizeof(struct reconcile_field))

/*
 * One record as one line without newline, into line (size bytes, at least 64), cut at the end
 * if it is longer. Control characters never break the line: text and logfmt quote and escape
 * them, JSON escapes them and replaces invalid UTF-8. when: seconds since 1970 (not in text).
 * Returns the length.
 */
size_t log_format_record(char *line, size_t size, enum reconcile_log_format format,
			 const struct reconcile_log_record *record, double when);

/* "debug", "info", "warn", "error", "off" -> level; DEFAULT if it is none of them. */
enum reconcile_log_level log_level_parse(const char *name);
/* "text", "logfmt", "json" -> format; DEFAULT if it is none of them. */
enum reconcile_log_format log_format_parse(const char *name);

#endif
