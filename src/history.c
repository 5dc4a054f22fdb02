/* Reading history: a log for people. */
#include "base/sized.h"
#include "boot.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct reconcile_history {
	struct arena arena; /* holds the history itself: released last */
	struct error failure;
	struct reconcile_error error;
	struct reconcile_database database;
	struct reconcile_history_row *rows;
	size_t count;
};

/* ---- the filter ----------------------------------------------------------- */

enum { TIME_SIZE = sizeof("2026-11-21T17:00:00.000Z") };

/* Is that a day and a time that there are, and not only in the calendar's form? */
static bool is_real(const struct tm *time)
{
	struct tm normal = *time;
	time_t second = timegm(&normal);
	return second != (time_t)-1 && normal.tm_mday == time->tm_mday &&
	       normal.tm_sec == time->tm_sec && time->tm_year <= 9999 - 1900;
}

/* Behind the seconds, ".123" and the like, as ms. */
static const char *read_fraction(const char *at, int *ms)
{
	static const int worth[] = {100, 10, 1};
	*ms = 0;
	if (*at != '.' || at[1] < '0' || at[1] > '9')
		return at;
	at++;
	for (size_t i = 0; *at >= '0' && *at <= '9'; i++, at++)
		*ms += i < 3 ? (*at - '0') * worth[i] : 0;
	return at;
}

/* A moment as both databases compare it. */
static bool take_moment(char moment[TIME_SIZE], const char *text)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm time = {0};
		int ms = 0;
		const char *end = strptime(text, forms[i], &time);
		if (end != NULL && i < 2)
			end = read_fraction(end, &ms);
		if (end != NULL && i + 1 < sizeof(forms) / sizeof(forms[0]) && *end == 'Z')
			end++;
		if (end == NULL || *end != '\0' || !is_real(&time))
			continue;
		size_t length = strftime(moment, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &time);
		return length > 0 &&
		       snprintf(moment + length, TIME_SIZE - length, ".%03dZ", ms) == 5;
	}
	return false;
}

static bool take_filter(struct history_filter *wanted, char moment[TIME_SIZE],
			const struct reconcile_history_filter *filter, struct error *err)
{
	*wanted = (struct history_filter){0};
	if (filter == NULL)
		return true;
	struct reconcile_history_filter own;
	if (!sized_take(&own, sizeof(own), filter,
			SIZED_UP_TO(struct reconcile_history_filter, limit))) {
		error_set(err, RECONCILE_USAGE,
			  "the filter's size is %zu, this library's is %zu: start from "
			  "RECONCILE_HISTORY_FILTER_INIT",
			  filter->size, sizeof(own));
		return false;
	}
	*wanted = (struct history_filter){.table = own.table, .id = own.id, .limit = own.limit};
	if (own.since == NULL)
		return true;
	wanted->since = moment;
	if (take_moment(moment, own.since))
		return true;
	error_set(err, RECONCILE_USAGE, "'%.40s' is not a moment", own.since);
	error_hint(
		err,
		"write 2026-11-21 or 2026-11-21T17:00:00Z; `manage history` takes 2h and 3d too");
	return false;
}

/* ---- reading -------------------------------------------------------------- */

/* Its rows are published when all of them were read. */
static bool read_history(struct reconcile_history *history, const struct config *config,
			 const struct history_filter *filter, struct error *err)
{
	/* Nothing is compared: a registry without rows will do. */
	static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT,
						       .name = "none"};
	struct arena round = {0};
	struct boot boot;
	bool fine = boot_begin(&boot, &none, config, &history->arena, &round, err) &&
		    boot_connect(&boot, err);
	if (fine) {
		struct session_facts facts = {0};
		struct reconcile_history_row *rows = NULL;
		size_t count = 0;
		fine = boot_describe(&boot, &history->database, &history->arena, err) &&
		       boot.backend->inspect(boot.session, NULL, 0, &facts, &history->arena, err) &&
		       boot_history(&boot, filter, &rows, &count, &history->arena, err);
		history->database.schema = facts.schema;
		history->rows = fine ? rows : NULL;
		history->count = fine ? count : 0;
	}
	if (!fine)
		error_prefix(err, "history");
	boot_end(&boot);
	arena_release(&round);
	return fine;
}

int reconcile_history_select(const struct reconcile_options *options,
			     const struct reconcile_history_filter *filter,
			     struct reconcile_history **history_out)
{
	struct arena arena = {0};
	struct config config;
	struct history_filter wanted;
	char moment[TIME_SIZE];
	struct reconcile_history *history = arena_alloc(&arena, sizeof(*history));

	if (history_out == NULL) {
		arena_release(&arena);
		return RECONCILE_USAGE;
	}
	*history_out = history;
	if (history == NULL)
		return RECONCILE_FAILED;
	history->arena = arena;
	if (!config_resolve(&config, options, &history->arena, &history->failure) ||
	    !take_filter(&wanted, moment, filter, &history->failure) ||
	    !read_history(history, &config, &wanted, &history->failure))
		announce_failure(&config, &history->failure);
	history->error = error_publish(&history->failure);
	return history->error.status;
}

int reconcile_history_read(const struct reconcile_options *options, const char *table, size_t limit,
			   struct reconcile_history **history_out)
{
	struct reconcile_history_filter filter = RECONCILE_HISTORY_FILTER_INIT;
	filter.table = table;
	filter.limit = limit;
	return reconcile_history_select(options, &filter, history_out);
}

size_t reconcile_history_count(const struct reconcile_history *history)
{
	return history->count;
}

const struct reconcile_history_row *reconcile_history_row(const struct reconcile_history *history,
							  size_t index)
{
	return index < history->count ? &history->rows[index] : NULL;
}

const struct reconcile_error *reconcile_history_error(const struct reconcile_history *history)
{
	return &history->error;
}

const struct reconcile_database *reconcile_history_database(const struct reconcile_history *history)
{
	return &history->database;
}

void reconcile_history_free(struct reconcile_history *history)
{
	if (history == NULL)
		return;
	struct arena arena = history->arena; /* the history lies in it */
	arena_release(&arena);
}
