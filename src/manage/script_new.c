#include "script.h"

#include "file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- the folder ----------------------------------------------------------- */

/* Each part of the path that is not there. */
static bool make_folder(const char *path)
{
	char part[1024];

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : 1000, path);
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			return false;
		if (!slash)
			return true;
	}
}

int script_open_new(struct scripts *scripts, struct manage *manage)
{
	/* A first script makes the folder of its kind; one that was named is there, or mistyped. */
	if (!scripts_named_folder(manage) && !make_folder(SCRIPTS_FOLDER))
		return manage_say(manage, RECONCILE_FAILED, NULL,
				  "the folder '" SCRIPTS_FOLDER "' cannot be made: %s",
				  strerror(errno));
	return scripts_open_folder(scripts, manage);
}

/* ---- the name ------------------------------------------------------------- */

/* What the new script is called. */
struct fresh {
	char group[200]; /* with its '/' behind it; or "" */
	char number[80]; /* with the one behind the date */
	char name[128];
	const char *ending;
};

static bool is_plain(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-") == strlen(name);
}

/* What the others of its folder are called. */
struct series {
	const struct script_file *last;
	size_t count;
	bool minutes_count; /* the i-th has the minute i: 20250115_0001, 20250301_0002 */
	/* Of the numbers behind the dates, the highest; NULL: there are none. */
	const char *revision;
};

static bool is_number(const char *text)
{
	return text && *text && strspn(text, DIGITS) == strlen(text);
}

static struct series series_of(const struct fresh *fresh, const struct scripts *scripts)
{
	struct series series = {.minutes_count = true};
	size_t length = strlen(fresh->group);

	for (size_t i = 0; i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];

		if (strlen(file->group) + (length > 0) != length ||
		    strncmp(file->group, fresh->group, strlen(file->group)) != 0)
			continue;
		series.last = file;
		series.count++;
		if (!file->dated || file->revision ||
		    strtoull(file->number + 9, NULL, 10) != series.count)
			series.minutes_count = false;
		if (file->dated && is_number(file->revision) &&
		    (!series.revision || number_compare(file->revision, series.revision) > 0))
			series.revision = file->revision;
	}
	series.minutes_count = series.minutes_count && series.count > 0;
	return series;
}

/* The moment, or a minute more than the last one's: a minute has one script. */
static void choose_moment(char *number, size_t size, const char *last)
{
	time_t now = time(NULL);
	struct tm parts = {0};

	strftime(number, size, "%Y%m%d_%H%M", gmtime_r(&now, &parts));
	if (number_compare(number, last) > 0 || !strptime(last, "%Y%m%d_%H%M", &parts))
		return;
	parts.tm_sec = 0;
	now = timegm(&parts) + 60;
	strftime(number, size, "%Y%m%d_%H%M", gmtime_r(&now, &parts));
}

#define MOMENT "%Y%m%d%H%M%S"
#define MOMENT_DIGITS 14

/* "20240101120000", as dbmate, goose and Rails number theirs. */
static bool is_moment(const char *number)
{
	struct tm parts = {0};
	const char *end = strlen(number) == MOMENT_DIGITS ? strptime(number, MOMENT, &parts) : NULL;

	return end && !*end;
}

/* The number behind that one, as wide. */
static void choose_next(char *number, size_t size, const char *last)
{
	time_t now = time(NULL);
	struct tm parts;

	/* Counted on, those of two people would be the same. */
	if (is_moment(last)) {
		strftime(number, size, MOMENT, gmtime_r(&now, &parts));
		if (number_compare(number, last) > 0)
			return;
	}
	snprintf(number, size, "%0*llu", (int)strlen(last), strtoull(last, NULL, 10) + 1);
}

/* "20261127_0003" behind "20250301_0002"; of the last one's day when that lies ahead. */
static void choose_counted(char *number, size_t size, const struct series *series)
{
	char today[16];
	time_t now = time(NULL);
	struct tm parts;

	strftime(today, sizeof(today), "%Y%m%d", gmtime_r(&now, &parts));
	snprintf(number, size, "%.8s_%04zu",
		 strncmp(today, series->last->number, 8) > 0 ? today : series->last->number,
		 series->count + 1);
}

/* As the others of its folder: the next number, or the moment, or both. */
static void choose_number(struct fresh *fresh, const struct scripts *scripts)
{
	const struct series series = series_of(fresh, scripts);
	const struct script_file *last = series.last;
	char revision[32];
	size_t length;

	if (last && !fresh->ending)
		fresh->ending = last->ending;
	if (!last) {
		snprintf(fresh->number, sizeof(fresh->number), "001");
	} else if (!last->dated) {
		choose_next(fresh->number, sizeof(fresh->number), last->number);
	} else if (series.minutes_count) {
		choose_counted(fresh->number, sizeof(fresh->number), &series);
	} else {
		choose_moment(fresh->number, sizeof(fresh->number), last->number);
		if (!series.revision)
			return;
		choose_next(revision, sizeof(revision), series.revision);
		length = strlen(fresh->number);
		snprintf(fresh->number + length, sizeof(fresh->number) - length, "_%s", revision);
	}
}

static int choose_name(struct fresh *fresh, struct scripts *scripts)
{
	struct manage *manage = scripts->manage;
	const char *subject = manage->arguments.subject, *slash;

	*fresh = (struct fresh){.ending = manage->arguments.ending};
	if (!subject)
		return manage_say(manage, RECONCILE_USAGE, "manage script new add_index",
				  "'script new' needs a name");
	slash = strrchr(subject, '/');
	if (slash)
		snprintf(fresh->group, sizeof(fresh->group), "%.*s", (int)(slash + 1 - subject),
			 subject);
	snprintf(fresh->name, sizeof(fresh->name), "%s", slash ? slash + 1 : subject);
	if (!is_plain(fresh->name) || (fresh->ending && !is_plain(fresh->ending)))
		return manage_say(manage, RECONCILE_USAGE,
				  "use letters of ASCII, digits, '_' and '-'",
				  "'%.100s' is no name for a file", fresh->name);
	choose_number(fresh, scripts);
	if (!fresh->ending)
		fresh->ending = "sql";
	return RECONCILE_OK;
}

/* ---- the files ------------------------------------------------------------ */

static const char *comment_of(const char *ending)
{
	if (strcmp(ending, "sql") == 0)
		return "--";
	return strcmp(ending, "cql") == 0 || strcmp(ending, "js") == 0 ? "//" : "#";
}

static int make_file(struct scripts *scripts, const struct fresh *fresh, const char *way,
		     const char *text)
{
	struct manage *manage = scripts->manage;
	char path[2048];
	FILE *file;
	int made;

	snprintf(path, sizeof(path), "%s/%s%s_%s.%s.%s", scripts->path, fresh->group, fresh->number,
		 fresh->name, way, fresh->ending);
	made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	file = made >= 0 ? fdopen(made, "w") : NULL;
	if (file)
		fprintf(file, "%s %s\n", comment_of(fresh->ending), text);
	if (!file || fclose(file) != 0)
		return manage_say(manage, RECONCILE_FAILED, NULL, "'%s' cannot be made: %s", path,
				  strerror(errno));
	terminal_text(&manage->out, path);
	fputc('\n', manage->out.stream);
	return RECONCILE_OK;
}

int script_new(struct scripts *scripts)
{
	struct fresh fresh;
	char path[1400];
	int status = choose_name(&fresh, scripts);

	if (status != RECONCILE_OK)
		return status;
	snprintf(path, sizeof(path), "%s/%s", scripts->path, fresh.group);
	if (*fresh.group && mkdir(path, 0777) != 0 && errno != EEXIST)
		return manage_say(scripts->manage, RECONCILE_FAILED, NULL,
				  "the folder '%s' cannot be made: %s", path, strerror(errno));
	status = make_file(scripts, &fresh, "up", "What it does, and why.");
	if (status == RECONCILE_OK)
		status = make_file(scripts, &fresh, "down", "Takes it back: as it was before.");
	return status;
}
