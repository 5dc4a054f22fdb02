/* Who is in the way: in words, and whether he gives way. */
#include "blocker.h"

#include <string.h>

static void add_part(struct buffer *buf, bool *first, const char *word, const char *text)
{
	if (text == NULL)
		return;
	buffer_add(buf, *first ? "" : ", ");
	buffer_add(buf, word);
	buffer_add(buf, text);
	*first = false;
}

/* "pid 71 (user app, application psql, idle in transaction for 3.2 s)" */
static void describe(struct buffer *buf, const struct blocker *one)
{
	bool first = true;
	if (one->pid != 0)
		buffer_addf(buf, "pid %lld (", one->pid);
	else
		buffer_addf(buf, "%s (", one->what != NULL ? one->what : "a transaction");
	if (one->pid != 0)
		add_part(buf, &first, "", one->what);
	add_part(buf, &first, "user ", one->user);
	add_part(buf, &first, "application ", one->application);
	add_part(buf, &first, "", one->state);
	if (one->state == NULL && one->what == NULL)
		add_part(buf, &first, "", "doing what this role may not see");
	if (one->age_ms > 0)
		buffer_addf(buf, "%sfor %.1f s", first || one->state != NULL ? " " : ", ",
			    one->age_ms / 1000);
	buffer_add(buf, ")");
}

static void add_advice(struct buffer *buf, const char *advice)
{
	if (advice == NULL)
		advice = "end that transaction or wait for it";
	if (buf->data != NULL && strstr(buf->data, advice) != NULL)
		return;
	buffer_add(buf, buf->length > 0 ? "; " : "");
	buffer_add(buf, advice);
}

static bool ask(struct boot *boot, const char *table, struct blocker **blockers, size_t *count,
		struct error *err)
{
	struct error why = {0};
	*count = boot->watched.count;
	*blockers = boot->watched.blockers;
	/* A script names no table; the server has said what it waited for. */
	if (*count > 0)
		return true;
	if (boot->worker == NULL ||
	    boot->backend->blockers(boot->worker, table, blockers, count, boot->round, &why))
		return true;
	*count = 0;
	if (why.class != ERROR_LOST && why.class != ERROR_UNKNOWN)
		return true;
	*err = why;
	return false;
}

bool blocker_name(struct boot *boot, const char *table, struct blocked *blocked, struct error *err)
{
	struct blocker *blockers;
	size_t count;
	struct buffer who = BUFFER_INIT(boot->round), advice = BUFFER_INIT(boot->round);

	*blocked = (struct blocked){.by = "", .advice = ""};
	if (err->class != ERROR_BUSY)
		return true;
	if (!ask(boot, table != NULL ? table : "", &blockers, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		buffer_add(&who, i == 0 ? "blocked by " : ", ");
		describe(&who, &blockers[i]);
		add_advice(&advice, blockers[i].advice);
	}
	if (buffer_text(&who) != NULL && buffer_text(&advice) != NULL)
		*blocked = (struct blocked){.by = who.data != NULL ? who.data : "",
					    .advice = advice.data != NULL ? advice.data : ""};
	return true;
}

/* ---- who gives way -------------------------------------------------------- */

static struct yielding *find(const struct boot *boot, const char *table)
{
	struct yielding *one = boot->yielding;
	while (one != NULL && strcmp(one->table, table) != 0)
		one = one->next;
	return one;
}

/* "a, b": what they hold who give way; NULL: out of memory. */
static const char *list_relations(const struct blocker *blockers, size_t count, struct arena *arena)
{
	struct buffer list = BUFFER_INIT(arena);
	for (size_t i = 0; i < count; i++)
		if (blockers[i].yields_ms > 0 && blockers[i].relation != NULL)
			buffer_addf(&list, "%s%s", list.length > 0 ? ", " : "",
				    blockers[i].relation);
	return buffer_text(&list);
}

bool blocker_note(struct boot *boot, const char *table, struct error *err)
{
	struct blocker *blockers;
	struct yielding *one = find(boot, table);
	size_t count;

	if (strcmp(err->sqlstate, "55P03") != 0) /* lock_not_available */
		return true;
	if (!ask(boot, table, &blockers, &count, err))
		return false;
	long longest = 0;
	size_t yields = 0;
	for (size_t i = 0; i < count; i++) {
		yields += blockers[i].yields_ms > 0;
		if (blockers[i].yields_ms > longest)
			longest = blockers[i].yields_ms;
	}
	if (yields == 0)
		return true;
	if (one == NULL) {
		one = arena_alloc(boot->arena, sizeof(*one));
		const char *name = arena_text(boot->arena, table);
		if (one == NULL || name == NULL) {
			error_clear(err);
			return error_memory(err);
		}
		*one = (struct yielding){.table = name, .next = boot->yielding};
		boot->yielding = one;
	}
	one->ms = longest;
	one->count = yields;
	if (*table != '\0')
		return true;
	one->relations = list_relations(blockers, count, boot->arena);
	if (one->relations == NULL) {
		error_clear(err);
		return error_memory(err);
	}
	/* What cannot be named cannot be waited for. */
	one->count = *one->relations != '\0' ? yields : 0;
	return true;
}

void blocker_pass(struct boot *boot, struct change *change)
{
	struct yielding *one = find(boot, change->table);
	double left = boot->deadline_ms - clock_ms();
	if (one == NULL || one->count == 0)
		return;
	/* The budget stays the budget. */
	change->yields_ms = (double)one->ms < left ? one->ms : (long)left;
	change->yield_count = change->yields_ms > 0 ? one->count : 0;
	change->yield_relations = one->relations;
	one->count = 0;
}
