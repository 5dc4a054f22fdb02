/* What the session that makes the changes may not do. */
#include "boot.h"

bool boot_inspect(struct boot *boot, struct error *err)
{
	if (boot->inspected)
		return true;
	if (!boot_connect_worker(boot, err) ||
	    !boot->backend->inspect(boot->worker, boot->index.table_names, boot->index.table_count,
				    &boot->facts, boot->arena, err))
		return false;
	boot->read_only = (struct denial){.why = boot->facts.read_only};
	boot->inspected = true;
	return true;
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
