#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIGITS "0123456789"

/* ---- names ---------------------------------------------------------------- */

/* The parts of a file's name. */
struct parts {
	size_t number; /* length of "007" or "20260223_1800" */
	size_t stem;   /* length of "007_add_index" */
	bool dated;
	bool up, down;
	const char *ending;
};

/* false: it is no numbered script. */
static bool read_parts(struct parts *parts, const char *file)
{
	size_t digits = strspn(file, DIGITS), length = strlen(file);
	const char *dot = strrchr(file, '.');

	*parts = (struct parts){.number = digits};
	if (!digits || file[digits] != '_' || !dot || !dot[1])
		return false;
	if (digits == 8 && strspn(file + 9, DIGITS) == 4 && file[13] == '_') {
		parts->number = 13;
		parts->dated = true;
	}
	parts->ending = dot + 1;
	parts->stem = (size_t)(dot - file);
	if (parts->stem > 3 && strncmp(dot - 3, ".up", 3) == 0) {
		parts->up = true;
		parts->stem -= 3;
	} else if (parts->stem > 5 && strncmp(dot - 5, ".down", 5) == 0) {
		parts->down = true;
		parts->stem -= 5;
	}
	return parts->stem > parts->number + 1 && length < 200;
}

int number_compare(const char *a, const char *b)
{
	size_t la, lb;
	int order;

	a += strspn(a, "0");
	b += strspn(b, "0");
	la = strlen(a);
	lb = strlen(b);
	if (la != lb)
		return la < lb ? -1 : 1;
	order = strcmp(a, b);
	return (order > 0) - (order < 0);
}

static int file_compare(const void *left, const void *right)
{
	const struct script_file *a = left, *b = right;
	int order = strcmp(a->group, b->group);

	if (!order)
		order = number_compare(a->number, b->number);
	return order ? order : strcmp(a->name, b->name);
}

/* ---- reading -------------------------------------------------------------- */

/* "a/b", "b" for a NULL or empty a; NULL: memory ran out. */
static char *joined(const char *a, const char *b)
{
	size_t size = strlen(b) + 2 + (a ? strlen(a) : 0);
	char *text = malloc(size);

	if (text)
		snprintf(text, size, "%s%s%s", a ? a : "", a && *a ? "/" : "", b);
	return text;
}

static struct script_file *add_file(struct folder *folder, const char *group, const char *file,
				    const struct parts *parts)
{
	struct script_file *more, *added;
	char stem[256];

	if (folder->count == folder->capacity) {
		size_t capacity = folder->capacity ? 2 * folder->capacity : 32;

		more = realloc(folder->files, capacity * sizeof(*more));
		if (!more)
			return NULL;
		folder->files = more;
		folder->capacity = capacity;
	}
	snprintf(stem, sizeof(stem), "%.*s", (int)parts->stem, file);
	added = &folder->files[folder->count];
	*added = (struct script_file){
		.name = joined(group, stem),
		.group = strdup(group),
		.number = strndup(file, parts->number),
		.ending = strdup(parts->ending),
		.dated = parts->dated,
	};
	folder->count++;
	return added->name && added->group && added->number && added->ending ? added : NULL;
}

/* The script of that name and ending, made if it is new. NULL: memory ran out. */
static struct script_file *file_of(struct folder *folder, const char *group, const char *file,
				   const struct parts *parts)
{
	for (size_t i = 0; i < folder->count; i++) {
		struct script_file *one = &folder->files[i];
		const char *name = one->name + (*group ? strlen(group) + 1 : 0);
		bool same = strcmp(one->group, group) == 0 && strlen(name) == parts->stem &&
			    strncmp(name, file, parts->stem) == 0 &&
			    strcmp(one->ending, parts->ending) == 0;

		/* 001_a.sql beside 001_a.up.sql are two scripts, of which one is too many. */
		if (same && one->paired == (parts->up || parts->down))
			return one;
	}
	return add_file(folder, group, file, parts);
}

static bool take_file(struct folder *folder, const char *group, const char *file, const char *path)
{
	struct script_file *script;
	struct parts parts;
	char **place;

	if (!read_parts(&parts, file))
		return true;
	script = file_of(folder, group, file, &parts);
	if (!script)
		return false;
	script->paired = parts.up || parts.down;
	place = parts.down ? &script->down : &script->up;
	*place = strdup(path);
	return *place != NULL;
}

static bool read_group(struct folder *folder, const char *path, const char *group, char *where,
		       size_t size);

static bool take_entry(struct folder *folder, const char *path, const char *group, const char *name,
		       char *where, size_t size)
{
	char *whole = joined(path, name);
	struct stat status;
	bool taken = false;

	if (whole && stat(whole, &status) == 0 && S_ISDIR(status.st_mode))
		/* One level: a folder a database. */
		taken = *group || read_group(folder, whole, name, where, size);
	else if (whole)
		taken = take_file(folder, group, name, whole);
	free(whole);
	return taken;
}

static bool read_group(struct folder *folder, const char *path, const char *group, char *where,
		       size_t size)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool taken = directory != NULL;

	if (!directory)
		snprintf(where, size, "%s", path);
	while (taken && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			taken = take_entry(folder, path, group, entry->d_name, where, size);
	if (directory) {
		int why = errno;

		closedir(directory);
		errno = why;
	}
	return taken;
}

bool folder_read(struct folder *folder, const char *path, char *where, size_t size)
{
	bool taken;

	*folder = (struct folder){0};
	snprintf(where, size, "%s", path);
	taken = read_group(folder, path, "", where, size);
	if (taken && folder->count)
		qsort(folder->files, folder->count, sizeof(*folder->files), file_compare);
	return taken;
}

void folder_free(struct folder *folder)
{
	for (size_t i = 0; i < folder->count; i++) {
		free(folder->files[i].name);
		free(folder->files[i].group);
		free(folder->files[i].number);
		free(folder->files[i].ending);
		free(folder->files[i].up);
		free(folder->files[i].down);
	}
	free(folder->files);
	*folder = (struct folder){0};
}

/* ---- looking up ----------------------------------------------------------- */

static bool is_meant(const struct script_file *file, const char *what)
{
	const char *base = strrchr(file->name, '/') ? strrchr(file->name, '/') + 1 : file->name;
	size_t length = strlen(what);

	return strcmp(file->name, what) == 0 || strcmp(base, what) == 0 ||
	       (strncmp(base, what, length) == 0 && base[length] == '_') ||
	       number_compare(file->number, what) == 0;
}

const struct script_file *folder_find(const struct folder *folder, const char *what)
{
	for (size_t i = 0; i < folder->count; i++)
		if (is_meant(&folder->files[i], what))
			return &folder->files[i];
	return NULL;
}
