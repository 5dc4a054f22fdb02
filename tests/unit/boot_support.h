/* A boot against the fake backend, with its log and its outcome kept for the test to look at. */
#ifndef UNIT_BOOT_SUPPORT_H
#define UNIT_BOOT_SUPPORT_H

#include "fake_backend.h"
#include "model.h"

/* Tables a, b and c; a has three columns that can be added, b and c one each. */
extern const struct reconcile_registry boot_registry;
enum { COLUMN_COUNT = 8, RECORDS_MAX = 128 };

struct record {
	enum reconcile_log_level level;
	char event[24];
	char text[512]; /* "message key=value ..." */
};
extern struct record records[RECORDS_MAX]; /* of the last boot */
extern size_t record_count;

/* The last call's outcome; its texts are copied, so that no test has to free a report. */
struct outcome {
	int status;
	bool has_report;
	struct reconcile_counts counts;
	char message[1100];
	char hint[1100];
	char sqlstate[6];
	bool has_script;
	size_t marked; /* items marked as applied */
};

/* How many records there are of that event with that part in their text (NULL: any). */
size_t count_events(const char *event, const char *part);
/* Options that wait for nothing. */
struct reconcile_options quick(void);
struct outcome boot_with(const struct reconcile_options *options);
struct outcome boot(void);
/* All but the columns a.one, a.two and a.three. */
void start_without_columns(void);
/* What everybody sees. */
const struct fake_table *live(const char *table);
bool is_live(const char *table, const char *column);
/* Rules of the seam kept, every session closed. */
void expect_clean(const char *name);
/* And every table before or after its change. */
void expect_order(const char *name);
void expect_all_there(const char *name);
void expect_status(const char *name, const struct outcome *outcome, int status);
void expect_applied(const char *name, const struct outcome *outcome, size_t count);
void expect_summary_last(const char *name);
void expect_calls(const char *name, enum fake_call call, unsigned count);

#endif
