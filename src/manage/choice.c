#include "choice.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool choice_init(struct choice *choice, const struct scripts *scripts)
{
	*choice = (struct choice){0};
	choice->files = calloc(scripts->folder.count + 1, sizeof(*choice->files));
	return choice->files != NULL;
}

/* "'a/001_x', 'b/001_y' and 3 more" */
static void list_meant(const struct folder *folder, const char *what, enum script_rank rank,
		       char *text, size_t size)
{
	size_t length = 0, more = 0;

	*text = '\0';
	for (size_t i = 0; i < folder->count; i++) {
		const char *name = folder->files[i].name;

		if (script_rank(&folder->files[i], what) != rank)
			continue;
		if (length + strlen(name) + 32 > size) {
			more++;
			continue;
		}
		length += (size_t)snprintf(text + length, size - length, "%s'%s'",
					   length ? ", " : "", name);
	}
	if (more)
		snprintf(text + length, size - length, " and %zu more", more);
}

/* A script by what somebody calls it. */
static int find(struct scripts *scripts, const char *what, const struct script_file **file)
{
	const struct folder *folder = &scripts->folder;
	size_t count = folder_find(folder, what, file);
	char meant[1200];

	if (count == 1)
		return RECONCILE_OK;
	if (count == 0)
		return manage_say(scripts->manage, RECONCILE_USAGE,
				  "'manage script status' lists the scripts",
				  "there is no script '%.200s' in '%s'", what, scripts->path);
	list_meant(folder, what, script_rank(*file, what), meant, sizeof(meant));
	return manage_say(scripts->manage, RECONCILE_USAGE,
			  "nothing was done; name one of them with its folder, as in "
			  "'folder/001', or as 'manage script status' lists it",
			  "'%.200s' may be each of %zu scripts: %s", what, count, meant);
}

/* The number of scripts that was asked for; all for NULL. */
static int take_limit(struct scripts *scripts, size_t *limit, size_t otherwise)
{
	const char *word = scripts->manage->arguments.subject;
	char *end;
	unsigned long number;

	*limit = otherwise;
	if (!word)
		return RECONCILE_OK;
	errno = 0;
	number = strtoul(word, &end, 10);
	/* "003" is a script's number: three scripts taken back would be a surprise. */
	if (errno || *end || *word < '1' || *word > '9')
		return manage_say(scripts->manage, RECONCILE_USAGE, "name one script with '--to'",
				  "'%.60s' is no number of scripts", word);
	if (scripts->manage->arguments.target)
		return manage_say(scripts->manage, RECONCILE_USAGE, NULL,
				  "a number of scripts and '--to' exclude each other");
	*limit = number;
	return RECONCILE_OK;
}

/* Everything that is not applied, up to the limit or the target. */
int choose_up(struct scripts *scripts, struct choice *choice)
{
	const char *target = scripts->manage->arguments.target;
	const struct script_file *last = NULL;
	size_t limit;
	int status = take_limit(scripts, &limit, (size_t)-1);

	if (status == RECONCILE_OK && target)
		status = find(scripts, target, &last);
	for (size_t i = 0; status == RECONCILE_OK && i < scripts->folder.count; i++) {
		const struct script_file *file = &scripts->folder.files[i];

		/* Each folder has its own order: one's target is not the other's. */
		if (last && strcmp(file->group, last->group) != 0)
			continue;
		if (choice->count < limit &&
		    scripts_status(scripts, file) != RECONCILE_SCRIPT_APPLIED)
			choice->files[choice->count++] = file;
		if (file == last)
			break;
	}
	return status;
}

/* From the newest script back, over several databases. */
struct way_back {
	const struct scripts *scripts;
	long long *below; /* one a database: rows of history from that one on are behind us */
};

/* Of one database, by history's own order. NULL: none is left. */
static const struct reconcile_script_state *newest_of(const struct way_back *way, size_t database)
{
	const struct reconcile_script_state *best = NULL, *state;
	struct state_cursor cursor = {.database = database};

	while ((state = scripts_next(way->scripts, &cursor)) && cursor.database == database)
		if (state->status != RECONCILE_SCRIPT_PENDING && state->id < way->below[database] &&
		    (!best || state->id > best->id))
			best = state;
	return best;
}

/* Between two databases the clock counts; at one instant the folders' order. */
static bool is_newer(const struct reconcile_script_state *state,
		     const struct reconcile_script_state *than)
{
	const char *moment = state->applied_at ? state->applied_at : state->started_at;
	const char *other = than->applied_at ? than->applied_at : than->started_at;
	int order = strcmp(moment ? moment : "", other ? other : "");

	return order ? order > 0 : strcmp(state->name, than->name) > 0;
}

/* The one that was applied last, or that somebody has to look at; NULL: none is left. */
static const struct reconcile_script_state *step_back(struct way_back *way)
{
	const struct reconcile_script_state *best = NULL;
	size_t where = 0;

	for (size_t i = 0; i < way->scripts->database_count; i++) {
		const struct reconcile_script_state *newest = newest_of(way, i);

		if (!newest || (best && !is_newer(newest, best)))
			continue;
		best = newest;
		where = i;
	}
	if (best)
		way->below[where] = best->id;
	return best;
}

/* The states from the newest on, as far as they are asked for. */
static int choose_back(struct scripts *scripts, struct choice *choice, struct way_back *way,
		       const struct script_file *first, size_t limit)
{
	const struct reconcile_script_state *state;

	while (choice->count < limit && (state = step_back(way))) {
		const struct script_file *file = scripts_file(scripts, state->name);

		if (first && file &&
		    (strcmp(file->group, first->group) != 0 || script_compare(file, first) <= 0))
			continue;
		if (!file || !file->down)
			return manage_say(scripts->manage, RECONCILE_BAD_REGISTRY,
					  "nothing was run; write the script that takes it back",
					  "script '%s' has no way back: there is no file "
					  "'%s.down.%s' in '%s'",
					  state->name, state->name, file ? file->ending : "sql",
					  scripts->path);
		choice->files[choice->count++] = file;
	}
	return RECONCILE_OK;
}

/* "base", and a number of zeros unless a script has it. */
static bool means_all(const struct scripts *scripts, const char *target)
{
	const struct script_file *first;

	return strcmp(target, BASE) == 0 || (strspn(target, "0") == strlen(target) &&
					     folder_find(&scripts->folder, target, &first) == 0);
}

int choose_down(struct scripts *scripts, struct choice *choice)
{
	const char *target = scripts->manage->arguments.target;
	const struct script_file *first = NULL;
	struct way_back way = {.scripts = scripts};
	size_t limit;
	bool all = target && means_all(scripts, target);
	int status = take_limit(scripts, &limit, target ? (size_t)-1 : 1);

	if (status == RECONCILE_OK && target && !all)
		status = find(scripts, target, &first);
	if (status != RECONCILE_OK)
		return status;
	way.below = calloc(scripts->database_count, sizeof(*way.below));
	if (!way.below)
		return manage_out_of_memory(scripts->manage);
	for (size_t i = 0; i < scripts->database_count; i++)
		way.below[i] = LLONG_MAX;
	status = choose_back(scripts, choice, &way, first, limit);
	free(way.below);
	return status;
}

/* The one that is named, or all up to a target. */
int choose_stamp(struct scripts *scripts, struct choice *choice)
{
	const struct arguments *arguments = &scripts->manage->arguments;

	if (arguments->subject) {
		int status = find(scripts, arguments->subject, &choice->files[0]);

		choice->count = status == RECONCILE_OK;
		return status;
	}
	if (arguments->pending)
		return manage_say(scripts->manage, RECONCILE_USAGE, NULL,
				  "'script stamp --pending' needs the name of a script");
	return choose_up(scripts, choice);
}
