#include "folder.h"

#include "file_name.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- order -------------------------------------------------------------- */

/* Revisions that are numbers count behind the date; others have no order. */
int script_compare(const struct script_file *a, const struct script_file *b)
{
	int order = number_compare(a->number, b->number);
	bool counted = a->revision && b->revision && !a->revision[strspn(a->revision, DIGITS)] &&
		       !b->revision[strspn(b->revision, DIGITS)];

	return order || !counted ? order : number_compare(a->revision, b->revision);
}

static int file_compare(const void *left, const void *right)
{
	const struct script_file *a = left, *b = right;
	int order = strcmp(a->group, b->group);

	if (!order)
		order = script_compare(a, b);
	return order ? order : strcmp(a->name, b->name);
}

static int stray_compare(const void *left, const void *right)
{
	const struct stray_file *a = left, *b = right;

	return strcmp(a->path, b->path);
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

/* Room for one more of that size. false: memory ran out. */
static bool make_room(void **list, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? 2 * *capacity : 32;
	void *more;

	if (count < *capacity)
		return true;
	more = realloc(*list, wanted * size);
	if (!more)
		return false;
	*list = more;
	*capacity = wanted;
	return true;
}

static bool add_stray(struct folder *folder, const char *path, bool regular, const char *why)
{
	struct stray_file *added;

	if (!make_room((void **)&folder->strays, folder->stray_count, &folder->stray_capacity,
		       sizeof(*folder->strays)))
		return false;
	added = &folder->strays[folder->stray_count];
	*added = (struct stray_file){.path = strdup(path), .why = why, .regular = regular};
	if (added->path)
		folder->stray_count++;
	return added->path != NULL;
}

static struct script_file *add_file(struct folder *folder, const char *group, const char *file,
				    const struct file_name *parts)
{
	struct script_file *added;
	char stem[NAME_ROOM];

	if (!make_room((void **)&folder->files, folder->count, &folder->capacity,
		       sizeof(*folder->files)))
		return NULL;
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
	if (parts->revision)
		added->revision = strndup(file + parts->number + 1, parts->revision);
	if (parts->revision && !added->revision)
		return NULL;
	return added->name && added->group && added->number && added->ending ? added : NULL;
}

/* The script of that name and ending, made if it is new. NULL: memory ran out. */
static struct script_file *file_of(struct folder *folder, const char *group, const char *file,
				   const struct file_name *parts)
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
	struct file_name parts;
	const char *why = file_name_read(&parts, file);
	char **place;

	if (why)
		return add_stray(folder, path, true, file_name_looks_like(file) ? why : NULL);
	script = file_of(folder, group, file, &parts);
	if (!script)
		return false;
	script->paired = parts.up || parts.down;
	place = parts.down ? &script->down : &script->up;
	/* 001_a.up.sql beside 001_a.UP.sql: the second has no place. */
	if (*place)
		return add_stray(folder, path, true, "another file has its name, but for capitals");
	*place = strdup(path);
	return *place != NULL;
}

/* What one entry of a folder is taken for. false: errno says why not. */
typedef bool take_fn(struct folder *folder, const char *path, const char *group, const char *name,
		     char *where, size_t size);

/* Each entry of a folder. false: *where is the path that errno is about. */
static bool each_entry(struct folder *folder, const char *path, const char *group, take_fn *take,
		       char *where, size_t size)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool taken = directory != NULL, named = false;
	int why;

	while (taken) {
		/* NULL is the end, and a failure: errno alone tells (readdir(3)). */
		errno = 0;
		entry = readdir(directory);
		if (!entry) {
			taken = errno == 0;
			break;
		}
		if (entry->d_name[0] != '.' &&
		    !take(folder, path, group, entry->d_name, where, size)) {
			named = true;
			taken = false;
		}
	}
	why = errno;
	if (!taken && !named)
		snprintf(where, size, "%s", path);
	if (directory)
		closedir(directory);
	errno = why;
	return taken;
}

/* A folder in a folder of the folder: what looks like a script there is none. */
static bool take_deep(struct folder *folder, const char *path, const char *group, const char *name,
		      char *where, size_t size)
{
	char *whole = joined(path, name);
	bool taken = whole != NULL;

	(void)group;
	if (taken && file_name_looks_like(name))
		taken = add_stray(folder, whole, false, "a folder in a folder is not read");
	if (!taken)
		snprintf(where, size, "%s", path);
	free(whole);
	return taken;
}

static bool take_entry(struct folder *folder, const char *path, const char *group, const char *name,
		       char *where, size_t size);

static bool take_folder(struct folder *folder, const char *whole, const char *group,
			const char *name, char *where, size_t size)
{
	/* One level: a folder a database. */
	if (!*group)
		return each_entry(folder, whole, name, take_entry, where, size);
	/* Nothing of it runs, so that it need not be readable. */
	return each_entry(folder, whole, group, take_deep, where, size) || errno == EACCES;
}

static bool take_entry(struct folder *folder, const char *path, const char *group, const char *name,
		       char *where, size_t size)
{
	char *whole = joined(path, name);
	struct stat status;
	bool found = whole && stat(whole, &status) == 0, taken = false;

	/* A link to nowhere is a file that cannot be read. What it is has to be known of all
	 * others: it may be a folder of scripts. */
	if (found && S_ISDIR(status.st_mode)) {
		taken = take_folder(folder, whole, group, name, where, size);
	} else {
		if (found && !S_ISREG(status.st_mode))
			taken = add_stray(folder, whole, false,
					  file_name_looks_like(name) ? "it is not a file" : NULL);
		else if (found || (whole && (errno == ENOENT || errno == ELOOP)))
			taken = take_file(folder, group, name, whole);
		if (!taken)
			snprintf(where, size, "%s", whole ? whole : path);
	}
	free(whole);
	return taken;
}

bool folder_read(struct folder *folder, const char *path, char *where, size_t size)
{
	bool taken;

	*folder = (struct folder){0};
	snprintf(where, size, "%s", path);
	taken = each_entry(folder, path, "", take_entry, where, size);
	if (taken && folder->count)
		qsort(folder->files, folder->count, sizeof(*folder->files), file_compare);
	if (taken && folder->stray_count)
		qsort(folder->strays, folder->stray_count, sizeof(*folder->strays), stray_compare);
	return taken;
}

void folder_free(struct folder *folder)
{
	for (size_t i = 0; i < folder->count; i++) {
		free(folder->files[i].name);
		free(folder->files[i].group);
		free(folder->files[i].number);
		free(folder->files[i].ending);
		free(folder->files[i].revision);
		free(folder->files[i].up);
		free(folder->files[i].down);
	}
	for (size_t i = 0; i < folder->stray_count; i++)
		free(folder->strays[i].path);
	free(folder->files);
	free(folder->strays);
	*folder = (struct folder){0};
}

/* ---- looking up ----------------------------------------------------------- */

/* By a number, or a part of the name that tells it. */
static bool has_id(const struct script_file *file, const char *base, const char *what)
{
	size_t length = strlen(what);

	if (!length)
		return false;
	if (strncmp(base, what, length) == 0 && base[length] == '_')
		return true;
	if (number_compare(file->number, what) == 0)
		return true;
	if (!file->dated)
		return false;
	/* "0001" of 20250115_0001_initial_schema: of some, the minute is the number. */
	return number_compare(file->revision ? file->revision : file->number + 9, what) == 0;
}

enum script_rank script_rank(const struct script_file *file, const char *what)
{
	const char *base = file->name + (*file->group ? strlen(file->group) + 1 : 0);
	const char *slash = strrchr(what, '/');

	if (strcmp(file->name, what) == 0)
		return MEANT_EXACTLY;
	if (slash) {
		size_t length = (size_t)(slash - what);
		bool here =
			strlen(file->group) == length && strncmp(file->group, what, length) == 0;

		return here && has_id(file, base, slash + 1) ? MEANT_BY_ID : NOT_MEANT;
	}
	if (strcmp(base, what) == 0)
		return MEANT_BY_NAME;
	return has_id(file, base, what) ? MEANT_BY_ID : NOT_MEANT;
}

size_t folder_find(const struct folder *folder, const char *what, const struct script_file **first)
{
	enum script_rank best = NOT_MEANT;
	size_t count = 0;

	*first = NULL;
	for (size_t i = 0; i < folder->count; i++) {
		enum script_rank rank = script_rank(&folder->files[i], what);

		if (rank > best) {
			best = rank;
			count = 0;
			*first = &folder->files[i];
		}
		count += rank != NOT_MEANT && rank == best;
	}
	return count;
}
