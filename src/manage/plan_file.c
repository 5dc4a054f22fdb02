#include "plan_file.h"

#include "checksum.h"
#include "json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SUM "sha256"

#define AGAIN "make a new one with 'manage plan --out', and look at it"

/* ---- the sum -------------------------------------------------------------- */

/* Of the document without its sum, whatever the order of its keys and the white space between them.
 * false: memory ran out. */
static bool sum_document(json_t *document, struct checksum *sum)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		return false;
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

bool plan_file_write(struct manage *manage, int status, const struct reconcile_report *report)
{
	const char *path = manage->arguments.out;
	json_t *document = json_report_document(manage, status, report);
	FILE *file;
	bool written;

	if (!document || !complete(manage, document)) {
		json_decref(document);
		manage_out_of_memory(manage);
		return false;
	}
	file = fopen(path, "w");
	written = file && json_dumpf(document, file, JSON_INDENT(2)) == 0 && fputc('\n', file) > 0;
	/* What is buffered may not find room: only the end tells. */
	if (file && fclose(file) != 0)
		written = false;
	json_decref(document);
	if (!written)
		manage_say(manage, RECONCILE_FAILED, "name another file, or make room",
			   "the plan cannot be written to '%s': %s", path, strerror(errno));
	return written;
}

/* ---- reading -------------------------------------------------------------- */

static int load(struct manage *manage, const char *path, json_t **document)
{
	json_error_t why;
	FILE *file = fopen(path, "r");

	if (!file)
		return manage_say(manage, RECONCILE_FAILED, "name the file of 'manage plan --out'",
				  "the plan '%s' cannot be read: %s", path, strerror(errno));
	*document = json_loadf(file, JSON_REJECT_DUPLICATES, &why);
	fclose(file);
	if (*document)
		return RECONCILE_OK;
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
	if (!file->registry || !file->place || !file->fingerprint)
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
