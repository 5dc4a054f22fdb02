/* What a report says is its own: neither the registry nor the options need to be there any more. */
#include "boot.h"

ON_BOTH(boot_report, outlives_the_registry)
{
	char table[] = "orders", other[] = "items", column[] = "note", second[] = "done",
	     type[] = "INTEGER", value[] = "7", expression[] = "1 + 1",
	     description[] = "what it is", file[] = "app.def";
	char *const texts[] = {table, other,      column,      second, type,
			       value, expression, description, file};
	const struct reconcile_table tables[] = {
		{table, description, file, 1},
		{other, description, file, 2},
	};
	const struct reconcile_column columns[] = {
		{table, column, type, RECONCILE_NULLABLE, DEFAULT(value), description, file, 3},
		{table, second, type, RECONCILE_NULLABLE, DEFAULT_SQL(expression), description,
		 file, 4},
		{other, column, type, RECONCILE_NULLABLE, NO_DEFAULT, description, file, 5},
	};
	const struct reconcile_registry registry = REGISTRY(tables, columns);
	database_execute(start->database,
			 "CREATE TABLE orders (note TEXT, needed INTEGER NOT NULL)");
	start->options.mode = RECONCILE_MODE_CHECK;
	start->options.detail = true;
	start_run(start, &registry);
	expect_status(start, RECONCILE_CONFLICT);

	char *before = start_items(start);
	const struct reconcile_step *step = reconcile_report_step(start->report, 0);
	cr_assert(step != NULL);
	for (size_t i = 0; i < COUNT(texts); i++)
		memset(texts[i], '?', strlen(texts[i]));
	char *after = start_items(start);
	cr_expect(strcmp(before, after) == 0, "from\n%sto\n%s", before, after);
	cr_expect(strcmp(step->table, "orders") == 0, "'%s'", step->table);
	free(before);
	free(after);
}
