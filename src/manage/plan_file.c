#include "plan_file.h"

#include "checksum.h"
#include "content.h"
#include "json.h"
#include "json_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUM "sha256"

#define AGAIN "make a new one with 'manage plan --out', and look at it"

/* ---- the sum -------------------------------------------------------------- */

/* Of the document without its sum, whatever the order of its keys and the white space between them.
 * false: memory ran out. */
static bool sum_document(json_t *document, struct checksum *sum)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text || json_is_exhausted()) {
		free(text);
		return false;
	}
	*sum = checksum_of(text, strlen(text));
	free(text);
	return true;
}

/* ---- writing -------------------------------------------------------------- */

static bool complete(const struct manage *manage, json_t *document)
{
	struct checksum sum;
	char now[32];
	time_t second = time(NULL);
	struct tm parts;

	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&second, &parts));
	return json_object_set_new(document, "planned_at", json_string(now)) == 0 &&
	       json_object_set_new(document, "library", json_string(reconcile_version())) == 0 &&
	       json_object_set_new(document, "allow_rewrite",
				   json_integer(manage->options.allow_rewrite)) == 0 &&
	       sum_document(document, &sum) &&
	       json_object_set_new(document, SUM, json_string(sum.text)) == 0;
}

static bool write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		text += written;
		length -= (size_t)written;
	}
	return true;
}

/* A plan that is there is whole: it takes its name when all of it is on the disk. errno says why
 * not. */
static bool put(const char *path, const char *text)
{
	char fresh[4096];
	struct stat there;
	/* A pipe, or a terminal, has no other name to begin under. */
	bool plain = stat(path, &there) != 0 || S_ISREG(there.st_mode);
	bool written;
	int fd, why;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s%s", path, plain ? ".new" : "") >=
	    sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return false;
	}
	do
		fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return false;
	written = write_all(fd, text) && (!plain || fsync(fd) == 0);
	why = errno;
	if (close(fd) != 0 && written) {
		written = false;
		why = errno;
	}
	if (written && plain && rename(fresh, path) != 0) {
		written = false;
		why = errno;
	}
	if (!written && plain)
		unlink(fresh);
	errno = why;
	return written;
}

bool plan_file_write(struct manage *manage, int status, const struct reconcile_report *report)
{
	const char *path = manage->arguments.out;
	json_t *document = json_report_document(manage, status, report);
	char *text = NULL;
	bool written;

	if (document && complete(manage, document))
		text = json_dumps(document, JSON_INDENT(2));
	json_decref(document);
	if (!text || json_is_exhausted()) {
		free(text);
		manage_out_of_memory(manage);
		return false;
	}
	written = put(path, text);
	free(text);
	if (!written)
		manage_say(manage, RECONCILE_FAILED, "name another file, or make room",
			   "the plan cannot be written to '%s': %s", path, strerror(errno));
	return written;
}

/* ---- reading -------------------------------------------------------------- */

static int load(struct manage *manage, const char *path, json_t **document)
{
	json_error_t why;
	struct content content;

	/* Read whole first: to the parser a disk that fails is the end of the text. */
	if (!content_read(&content, path))
		return manage_say(manage, RECONCILE_FAILED, "name the file of 'manage plan --out'",
				  "the plan '%s' cannot be read: %s", path, strerror(errno));
	*document = json_parse(content.text, content.length, &why);
	content_free(&content);
	if (*document)
		return RECONCILE_OK;
	if (json_is_exhausted())
		return manage_out_of_memory(manage);
	return manage_say(manage, RECONCILE_BAD_REGISTRY, AGAIN, "%s:%d: this is no plan: %s", path,
			  why.line, why.text);
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int check_sum(struct manage *manage, const char *path, json_t *document)
{
	struct checksum now = {""};
	const char *command = member(document, "command"), *then = member(document, SUM);
	char sum[sizeof(now.text)];

	if (!command || strcmp(command, "plan") != 0 || !then)
		return manage_say(manage, RECONCILE_BAD_REGISTRY, AGAIN,
				  "%s: this is no plan that 'manage plan --out' wrote", path);
	snprintf(sum, sizeof(sum), "%s", then);
	json_object_del(document, SUM);
	if (!sum_document(document, &now))
		return manage_out_of_memory(manage);
	if (strcmp(now.text, sum) == 0)
		return RECONCILE_OK;
	return manage_say(manage, RECONCILE_BAD_REGISTRY,
			  "a plan is agreed with or not: change the registry, then " AGAIN,
			  "%s: the plan was edited: its sha256 is %s, and it says %s", path,
			  now.text, sum);
}

int plan_file_read(struct manage *manage, struct plan_file *file)
{
	const char *path = manage->arguments.plan;
	int status;

	*file = (struct plan_file){0};
	status = load(manage, path, &file->document);
	if (status == RECONCILE_OK)
		status = check_sum(manage, path, file->document);
	if (status != RECONCILE_OK) {
		plan_file_close(file);
		return status;
	}
	file->registry = member(file->document, "registry");
	file->place = member(json_object_get(file->document, "database"), "place");
	file->fingerprint = member(file->document, "fingerprint");
	file->allow_rewrite =
		(long)json_integer_value(json_object_get(file->document, "allow_rewrite"));
	if (json_is_exhausted())
		status = manage_out_of_memory(manage);
	else if (!file->registry || !file->place || !file->fingerprint)
		status = manage_say(manage, RECONCILE_BAD_REGISTRY, AGAIN,
				    "%s: the plan is of a database that was not seen", path);
	else if (strcmp(file->registry, registry_name(manage->registry)) != 0)
		status = manage_say(manage, RECONCILE_USAGE, "name it with '--registry'",
				    "%s: the plan is of registry '%s', not of '%s'", path,
				    file->registry, registry_name(manage->registry));
	if (status != RECONCILE_OK)
		plan_file_close(file);
	return status;
}

/* "db1/main" of "app@db1/main", because who applies may well be another one than who planned; the
 * name of a file, whose folder may be mounted elsewhere. */
static const char *core(const char *place, const char *engine)
{
	const char *end = strrchr(place, engine && strcmp(engine, "sqlite") == 0 ? '/' : '@');

	return end ? end + 1 : place;
}

int plan_file_check(struct manage *manage, const struct plan_file *file,
		    const struct reconcile_report *report)
{
	const char *path = manage->arguments.plan;
	const struct reconcile_database *database = reconcile_report_database(report);
	const char *place = database->place, *engine = database->engine;

	if (place && strcmp(core(place, engine), core(file->place, engine)) != 0)
		return manage_say(manage, RECONCILE_BAD_REGISTRY, "name that database with '--url'",
				  "%s: the plan is for %s, not for %s", path, file->place, place);
	if (strcmp(reconcile_report_fingerprint(report), file->fingerprint) == 0)
		return RECONCILE_OK;
	return manage_say(
		manage, RECONCILE_BUSY, AGAIN,
		"%s: the database, the registry or the library has changed since the plan was "
		"made; nothing was changed",
		path);
}

void plan_file_close(struct plan_file *file)
{
	json_decref(file->document);
	file->document = NULL;
}
