/* Whoever agreed with a plan agreed with what it stood on: it is done on nothing else. */
#include "boot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *boot_plan_fingerprint(const struct boot *boot)
{
	struct buffer buf = BUFFER_INIT(boot->arena);
	if (boot->looked)
		buffer_addf(&buf, "%016" PRIx64,
			    plan_fingerprint(&boot->plan, &boot->index, &boot->catalog));
	return buffer_text(&buf);
}

static bool refuse_moved(struct error *err, const char *what)
{
	error_set(err, RECONCILE_BUSY, "%s has changed since the plan was made", what);
	error_hint(err, "make a new plan, and look at it");
	err->class = ERROR_FATAL; /* trying again is for whoever agrees with the new one */
	return false;
}

/* The first look: all of it, the plan included. */
static bool expect_plan(struct boot *boot, struct error *err)
{
	const char *now = boot_plan_fingerprint(boot);
	size_t count = boot->catalog.relation_count;
	uint64_t *expected = arena_array(boot->arena, count, sizeof(*expected));
	if (now == NULL || expected == NULL)
		return error_memory(err);
	if (strcmp(now, boot->config->expected) != 0)
		return refuse_moved(err, "the database, the registry or the library");
	for (size_t i = 0; i < count; i++)
		expected[i] = relation_fingerprint(&boot->catalog.relations[i]);
	boot->expected = expected;
	return true;
}

bool boot_expect_look(struct boot *boot, struct error *err)
{
	if (boot->config->expected == NULL || boot->config->mode != RECONCILE_MODE_APPLY)
		return true;
	if (boot->expected == NULL)
		return expect_plan(boot, err);
	for (size_t i = 0; i < boot->index.table_count; i++) {
		bool ours = boot->created[i] || boot->added[i] != NULL;
		if (!ours && !boot_expect_table(boot, &boot->index.tables[i],
						&boot->catalog.relations[i], err))
			return false;
	}
	return true;
}

bool boot_expect_table(const struct boot *boot, const struct indexed_table *table,
		       const struct relation *relation, struct error *err)
{
	size_t place = (size_t)(table - boot->index.tables);
	char what[128];
	if (boot->expected == NULL || boot->expected[place] == relation_fingerprint(relation))
		return true;
	snprintf(what, sizeof(what), "table '%s'", table->name);
	return refuse_moved(err, what);
}
