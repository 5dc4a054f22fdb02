/*
 * Tables that another program looks after: an extension, a module of SQLite, or one that was cut
 * off half-way. The catalog shows them as any other table, and a column that is added to one breaks
 * its owner, or is lost. The backend recognises them; only what lacks something is asked about.
 */
#ifndef MODEL_CUSTODY_H
#define MODEL_CUSTODY_H

#include "sql.h"
#include "terms.h"

/* Zeroed: nobody's. All texts as long as the boot. */
struct custody {
	/* Whose it is, so that nobody else alters it: "a table of extension 'x'". */
	const char *owner;
	/* What stands in the way of any change, and what a person does about it. */
	const char *hindrance;
	/* What another program keeps about it in other tables, which is left behind when somebody
	 * else drops it, and what a person does first. */
	const char *remainder;
	/* What it is to an extension that must not have it rewritten: "a hypertable of extension
	 * 'timescaledb'". */
	const char *managed;
	/* Its extension refuses every default that is not a literal. */
	bool literal_defaults_only;
	/* Keeps the old versions of its rows, unless NULL: has to have every column first. */
	const struct indexed_table *companion; /* its schema's name and its own; no columns */
	const char *companion_schema;
	const char *const *companion_columns;
	size_t companion_column_count;
};

/*
 * What adding the column comes to in such a table, when it would come to cost in any other one:
 * IMPOSSIBLE with the reason, or cost. dear: that cost is one of rows, or will never be known. The
 * reason is sql's arena's, the custody's or static.
 */
struct cost custody_cost(const struct custody *custody, const struct sql *sql,
			 const struct reconcile_column *column, struct cost cost, bool dear);

#endif
