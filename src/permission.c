/* What the session that makes the changes may not do. */
#include "boot.h"

static size_t table_place(const struct boot *boot, const struct table_diff *table)
{
	return (size_t)(table->table - boot->index.tables);
}

bool boot_inspect(struct boot *boot, struct error *err)
{
	struct session_facts facts;
	if (boot->inspected)
		return true;
	if (!boot_connect_worker(boot, err) ||
	    !boot->backend->inspect(boot->worker, boot->index.table_names, boot->index.table_count,
				    &facts, boot->arena, err))
		return false;
	boot->read_only = facts.read_only;
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		size_t place = table_place(boot, table);
		if (facts.read_only != NULL)
			boot->denials[place] = (struct denial){.why = facts.read_only};
		else
			boot->denials[place] = table->create ? facts.create : facts.alter[place];
	}
	boot->inspected = true;
	return true;
}

const struct denial *boot_denial(const struct boot *boot, const struct table_diff *table)
{
	const struct denial *denial = &boot->denials[table_place(boot, table)];
	return boot->inspected && denial->why != NULL ? denial : NULL;
}

bool boot_lacks(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		if (boot->diff.tables[i].missing_count + boot->diff.tables[i].refused_count > 0)
			return true;
	}
	return false;
}

bool boot_has_work(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		if (boot->diff.tables[i].missing_count > 0)
			return true;
	}
	return false;
}

bool boot_may_work(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		if (table->missing_count + table->refused_count > 0 &&
		    boot_denial(boot, table) == NULL)
			return true;
	}
	return false;
}
