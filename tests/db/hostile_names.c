/* At least 5,000 hostile strings as the name of a table, and as the name of a column. */
#include "hostile.h"

#include <stdio.h>

/* A table has room for 1600 columns on PostgreSQL, for 2000 on SQLite, where each change reads the
 * whole schema again. */
enum { TABLES_A_DATABASE = 800, COLUMNS_A_TABLE = 400 };

/* Tables of such names, every fourth of them, get a column that they did not have. */
static void add_newer_columns(struct trial *trial, const struct rows *older)
{
	struct rows rows = rows_new(older->count);
	for (size_t i = 0; i < older->count; i += 4) {
		struct reconcile_column column = older->columns[i];
		column.column = "newer";
		rows_add(&rows, &column, false);
	}
	trial_apply(trial, &rows, 100);
	trial_is_in_sync(trial, &rows);
	rows_free(&rows);
}

ON_BOTH(hostile, names_of_tables)
{
	struct trial trial;
	const char *round[TABLES_A_DATABASE];
	trial_begin(&trial, start);
	for (size_t count; (count = next_round(&trial, PLACE_TABLE, round, COUNT(round))) > 0;) {
		struct rows rows = rows_new(count);
		for (size_t i = 0; i < count; i++) {
			struct reconcile_column column = place_string(PLACE_TABLE, round[i]);
			rows_add(&rows, &column, true);
		}
		trial_apply(&trial, &rows, 100);
		trial_is_in_sync(&trial, &rows);
		add_newer_columns(&trial, &rows);
		rows_free(&rows);
		trial_renew(&trial);
	}
	trial_say(&trial, "tables");
	trial_end(&trial);
}

ON_BOTH(hostile, names_of_columns)
{
	struct trial trial;
	const char *round[COLUMNS_A_TABLE];
	trial_begin(&trial, start);
	for (size_t count, table = 0;
	     (count = next_round(&trial, PLACE_COLUMN, round, COUNT(round))) > 0; table++) {
		struct rows rows = rows_new(count);
		char name[30];
		snprintf(name, sizeof(name), "subject_%zu", table);
		trial_make_table(&trial, name);
		for (size_t i = 0; i < count; i++) {
			struct reconcile_column column = place_string(PLACE_COLUMN, round[i]);
			column.table = name;
			rows_add(&rows, &column, false);
		}
		trial_apply(&trial, &rows, count);
		trial_is_in_sync(&trial, &rows);
		rows_free(&rows);
	}
	trial_say(&trial, "columns");
	trial_end(&trial);
}
