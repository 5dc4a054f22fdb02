#include "../../src/base/log.h"
#include "model.h"

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

/* 2026-11-21T03:04:05.678Z */
#define WHEN 1795230245.678

/* LOG_TEXT() and the others are not constant expressions. */
#define TEXT(k, v)                                                                                 \
	{                                                                                          \
		.key = k, .text = v                                                                \
	}
#define INTEGER(k, v)                                                                              \
	{                                                                                          \
		.key = k, .kind = RECONCILE_FIELD_INTEGER, .integer = v                            \
	}
#define MS(k, v)                                                                                   \
	{                                                                                          \
		.key = k, .kind = RECONCILE_FIELD_MS, .ms = v                                      \
	}

static const struct reconcile_field summary_fields[] = {
	TEXT("registry", "memstack"), TEXT("database", "app@db1/main"),
	INTEGER("tables", 6),         INTEGER("columns", 41),
	INTEGER("present", 39),       INTEGER("added", 2),
	INTEGER("conflicts", 0),      MS("elapsed", 6.04),
};
static const struct reconcile_log_record summary = {
	.level = RECONCILE_LOG_INFO,
	.event = "summary",
	.fields = summary_fields,
	.field_count = COUNT(summary_fields),
};

static const struct reconcile_field odd_fields[] = {
	TEXT("none", NULL),
	TEXT("empty", ""),
	TEXT("sql", "a \"b\"\\\n\t\x1b[1m=\x7f"),
	TEXT("bad", "\xff|\xc3|\xed\xa0\x80|\xc0\x80"),
	TEXT("c1", "\xc2\x9b"
		   "31m"),
	TEXT("utf8", "größe"),
	MS("age", -1),
	INTEGER("n", -9223372036854775807LL - 1),
};
static const struct reconcile_log_record odd = {
	.level = RECONCILE_LOG_ERROR,
	.event = "failed",
	.message = "line one\nline \"two\"",
	.fields = odd_fields,
	.field_count = COUNT(odd_fields),
};

static const struct reconcile_field sql_fields[] = {
	TEXT("table", "a b"),
	{.key = "sql", .kind = RECONCILE_FIELD_SQL, .text = "ADD \"c\" DEFAULT 'd'\x1b;"},
};
static const struct reconcile_log_record statement = {
	.level = RECONCILE_LOG_WARN,
	.event = "verify_only",
	.message = "run this",
	.fields = sql_fields,
	.field_count = COUNT(sql_fields),
};

Test(log, a_record_as_a_line)
{
	static const struct {
		const char *name;
		const struct reconcile_log_record *record;
		enum reconcile_log_format format;
		const char *expected;
	} cases[] = {
		{"a statement, text", &statement, RECONCILE_LOG_TEXT,
		 "reconcile: warning: run this table=\"a b\" sql=ADD \"c\" DEFAULT 'd'\\u001b;"},
		{"a statement, logfmt", &statement, RECONCILE_LOG_LOGFMT,
		 "time=2026-11-21T03:04:05.678Z level=warn event=verify_only msg=\"run this\" "
		 "table=\"a b\" sql=\"ADD \\\"c\\\" DEFAULT 'd'\\u001b;\""},
		{"summary, text", &summary, RECONCILE_LOG_TEXT,
		 "reconcile: registry=memstack database=app@db1/main tables=6 columns=41 "
		 "present=39 added=2 conflicts=0 elapsed=6.0ms"},
		{"summary, the default", &summary, RECONCILE_LOG_FORMAT_DEFAULT,
		 "reconcile: registry=memstack database=app@db1/main tables=6 columns=41 "
		 "present=39 added=2 conflicts=0 elapsed=6.0ms"},
		{"summary, logfmt", &summary, RECONCILE_LOG_LOGFMT,
		 "time=2026-11-21T03:04:05.678Z level=info event=summary registry=memstack "
		 "database=app@db1/main tables=6 columns=41 present=39 added=2 conflicts=0 "
		 "elapsed_ms=6.0"},
		{"summary, JSON", &summary, RECONCILE_LOG_JSON,
		 "{\"time\":\"2026-11-21T03:04:05.678Z\",\"level\":\"info\",\"event\":\"summary\","
		 "\"registry\":\"memstack\",\"database\":\"app@db1/main\",\"tables\":6,"
		 "\"columns\":41,\"present\":39,\"added\":2,\"conflicts\":0,\"elapsed_ms\":6.0}"},
		{"odd, text", &odd, RECONCILE_LOG_TEXT,
		 "reconcile: error: line one\\nline \"two\" empty=\"\" "
		 "sql=\"a \\\"b\\\"\\\\\\n\\t\\u001b[1m=\\u007f\" "
		 "bad=\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
		 "\xef\xbf\xbd\xef\xbf\xbd\" c1=\"\\u009b31m\" utf8=größe age=0.0ms "
		 "n=-9223372036854775808"},
		{"odd, logfmt", &odd, RECONCILE_LOG_LOGFMT,
		 "time=2026-11-21T03:04:05.678Z level=error event=failed "
		 "msg=\"line one\\nline \\\"two\\\"\" empty=\"\" "
		 "sql=\"a \\\"b\\\"\\\\\\n\\t\\u001b[1m=\\u007f\" "
		 "bad=\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
		 "\xef\xbf\xbd\xef\xbf\xbd\" c1=\"\\u009b31m\" utf8=größe age_ms=0.0 "
		 "n=-9223372036854775808"},
		{"odd, JSON", &odd, RECONCILE_LOG_JSON,
		 "{\"time\":\"2026-11-21T03:04:05.678Z\",\"level\":\"error\",\"event\":\"failed\","
		 "\"message\":\"line one\\nline \\\"two\\\"\",\"none\":null,\"empty\":\"\","
		 "\"sql\":\"a \\\"b\\\"\\\\\\n\\t\\u001b[1m=\\u007f\","
		 "\"bad\":\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
		 "\xef\xbf\xbd\xef\xbf\xbd\",\"c1\":\"\\u009b31m\",\"utf8\":\"größe\","
		 "\"age_ms\":0.0,\"n\":-9223372036854775808}"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[4096];
		size_t length = log_format_record(line, sizeof(line), cases[i].format,
						  cases[i].record, WHEN);
		expect_text(cases[i].name, line, cases[i].expected);
		cr_expect(length == strlen(line), "%s", cases[i].name);
	}
}

Test(log, text_says_the_level_when_it_matters)
{
	static const struct {
		enum reconcile_log_level level;
		const char *expected;
	} cases[] = {
		{RECONCILE_LOG_DEBUG, "reconcile: debug: trying again attempt=2"},
		{RECONCILE_LOG_INFO, "reconcile: trying again attempt=2"},
		{RECONCILE_LOG_WARN, "reconcile: warning: trying again attempt=2"},
		{RECONCILE_LOG_ERROR, "reconcile: error: trying again attempt=2"},
	};
	static const struct reconcile_field attempt = {
		.key = "attempt", .kind = RECONCILE_FIELD_INTEGER, .integer = 2};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_log_record record = {cases[i].level, "retry", "trying again",
						      &attempt, 1};
		char line[256];
		log_format_record(line, sizeof(line), RECONCILE_LOG_TEXT, &record, WHEN);
		expect_text(cases[i].expected, line, cases[i].expected);
	}
}

static void expect_whole_line(const char *line, size_t length, size_t size,
			      enum reconcile_log_format format)
{
	cr_assert(length < size && strlen(line) == length, "size %zu: %zu", size, length);
	for (size_t i = 0; i < length; i++)
		cr_assert((unsigned char)line[i] >= 0x20, "size %zu: control character", size);
	if (format != RECONCILE_LOG_JSON)
		return;
	json_error_t why;
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &why);
	cr_assert(json, "size %zu: %s: %s", size, why.text, line);
	cr_assert(json_object_get(json, "time") && json_object_get(json, "level"));
	json_decref(json);
}

Test(log, a_line_that_is_cut_is_still_one)
{
	static const enum reconcile_log_format formats[] = {
		RECONCILE_LOG_TEXT, RECONCILE_LOG_LOGFMT, RECONCILE_LOG_JSON};
	static const struct reconcile_log_record *const records[] = {&summary, &odd};
	char line[1024];
	for (size_t i = 0; i < COUNT(formats) * COUNT(records); i++) {
		for (size_t size = 64; size < 600; size++) {
			memset(line, 'X', sizeof(line));
			size_t length =
				log_format_record(line, size, formats[i / 2], records[i % 2], WHEN);
			expect_whole_line(line, length, size, formats[i / 2]);
			cr_assert(line[size] == 'X', "size %zu: written behind the end", size);
		}
	}
}

Test(log, the_longest_text_is_the_one_that_is_cut)
{
	char sql[20000];
	memset(sql, 'x', sizeof(sql) - 1);
	sql[sizeof(sql) - 1] = '\0';
	const struct reconcile_field fields[] = {LOG_TEXT("table", "orders"), LOG_TEXT("sql", sql),
						 LOG_INTEGER("attempt", 3)};
	struct reconcile_log_record record = {RECONCILE_LOG_WARN, "retry", "locked", fields, 3};
	char line[8192];
	size_t length = log_format_record(line, sizeof(line), RECONCILE_LOG_JSON, &record, WHEN);
	expect_whole_line(line, length, sizeof(line), RECONCILE_LOG_JSON);
	cr_expect(length == sizeof(line) - 1, "all the room is used: %zu", length);
	expect_part("the others stay whole", line, "\"message\":\"locked\",\"table\":\"orders\"");
	expect_part("the others stay whole", line, "xxx...\",\"attempt\":3}");
}

Test(log, every_byte_makes_valid_json)
{
	for (unsigned first = 1; first < 256; first++) {
		for (unsigned second = 1; second < 256; second++) {
			const char text[] = {(char)first, (char)second, '"', '\0'};
			struct reconcile_log_record record = {RECONCILE_LOG_INFO, "retry", text,
							      NULL, 0};
			char line[256];
			size_t length = log_format_record(line, sizeof(line), RECONCILE_LOG_JSON,
							  &record, WHEN);
			expect_whole_line(line, length, sizeof(line), RECONCILE_LOG_JSON);
		}
	}
}

struct seen {
	unsigned count;
	enum reconcile_log_level last;
};

static void see(void *context, const struct reconcile_log_record *record)
{
	struct seen *seen = context;
	seen->count++;
	seen->last = record->level;
	errno = EBADF;
}

Test(log, records_below_the_level_are_dropped)
{
	static const struct {
		const char *name;
		enum reconcile_log_level level;
		unsigned expected; /* of one record each at debug, info, warn, error */
	} cases[] = {
		{"default is info", RECONCILE_LOG_DEFAULT, 3},
		{"debug", RECONCILE_LOG_DEBUG, 4},
		{"info", RECONCILE_LOG_INFO, 3},
		{"warn", RECONCILE_LOG_WARN, 2},
		{"error", RECONCILE_LOG_ERROR, 1},
		{"off", RECONCILE_LOG_OFF, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct seen seen = {0};
		struct log log = {.emit = see, .context = &seen, .level = cases[i].level};
		errno = ENOENT;
		LOG(&log, RECONCILE_LOG_DEBUG, "connected", NULL, LOG_TEXT("a", "b"));
		log_event(&log, RECONCILE_LOG_INFO, "connected", NULL, NULL, 0);
		log_event(&log, RECONCILE_LOG_WARN, "connected", NULL, NULL, 0);
		log_event(&log, RECONCILE_LOG_ERROR, "connected", NULL, NULL, 0);
		cr_expect(seen.count == cases[i].expected, "%s: %u", cases[i].name, seen.count);
		cr_expect(errno == ENOENT, "%s: errno was changed", cases[i].name);
	}
}

/* A socket of messages in the place of stderr: each write is a message of its own. */
Test(log, the_default_sink_writes_a_line_at_once)
{
	int pair[2];
	cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	int old = dup(STDERR_FILENO);
	dup2(pair[1], STDERR_FILENO);
	struct log log = {.format = RECONCILE_LOG_JSON};
	errno = ENOENT;
	LOG(&log, RECONCILE_LOG_INFO, "retry", "locked", LOG_TEXT("table", "orders"));
	int after = errno;
	log.format = RECONCILE_LOG_TEXT;
	LOG(&log, RECONCILE_LOG_INFO, "retry", "locked", LOG_TEXT("table", "orders"));
	dup2(old, STDERR_FILENO);

	char message[16384];
	ssize_t length = recv(pair[0], message, sizeof(message) - 1, MSG_DONTWAIT);
	cr_assert(length > 0);
	message[length] = '\0';
	expect_part("JSON", message, "\"event\":\"retry\",\"message\":\"locked\"");
	expect_part("JSON", message, "\"table\":\"orders\"}\n");
	length = recv(pair[0], message, sizeof(message) - 1, MSG_DONTWAIT);
	cr_assert(length > 0);
	message[length] = '\0';
	expect_text("text", message, "reconcile: locked table=orders\n");
	cr_expect(recv(pair[0], message, sizeof(message), MSG_DONTWAIT) < 0, "nothing more");
	cr_expect(after == ENOENT, "errno was changed");
}

Test(log, words_of_the_configuration)
{
	cr_expect(log_level_parse("debug") == RECONCILE_LOG_DEBUG);
	cr_expect(log_level_parse("info") == RECONCILE_LOG_INFO);
	cr_expect(log_level_parse("warn") == RECONCILE_LOG_WARN);
	cr_expect(log_level_parse("error") == RECONCILE_LOG_ERROR);
	cr_expect(log_level_parse("off") == RECONCILE_LOG_OFF);
	cr_expect(log_level_parse("INFO") == RECONCILE_LOG_DEFAULT);
	cr_expect(log_level_parse("") == RECONCILE_LOG_DEFAULT);
	cr_expect(log_level_parse(NULL) == RECONCILE_LOG_DEFAULT);
	cr_expect(log_format_parse("text") == RECONCILE_LOG_TEXT);
	cr_expect(log_format_parse("logfmt") == RECONCILE_LOG_LOGFMT);
	cr_expect(log_format_parse("json") == RECONCILE_LOG_JSON);
	cr_expect(log_format_parse("xml") == RECONCILE_LOG_FORMAT_DEFAULT);
	cr_expect(log_format_parse(NULL) == RECONCILE_LOG_FORMAT_DEFAULT);
}
