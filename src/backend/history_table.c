#include "history_table.h"

#include "../base/buffer.h"
#include "backend.h"

/* Case: SQLite has only one name for "Outcome" and "outcome", and PostgreSQL folds ours. */
static bool has_column(const struct relation *live, const char *name)
{
	return relation_attribute(live, name, true) != NULL;
}

static const char *create_table(const struct history_column columns[HISTORY_FIELDS],
				const char *table, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_addf(&buf, "CREATE TABLE IF NOT EXISTS %s (\n", table);
	for (size_t i = 0; i < HISTORY_FIELDS; i++)
		buffer_addf(&buf, "    %s %s%s\n", columns[i].name, columns[i].definition,
			    i + 1 < HISTORY_FIELDS ? "," : "");
	buffer_add(&buf, ")");
	return buffer_text(&buf);
}

static const char *add_column(const struct history_column *column, const char *table,
			      struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_addf(&buf, "ALTER TABLE %s ADD COLUMN %s %s", table, column->name,
		    column->definition);
	return buffer_text(&buf);
}

bool history_table_statements(const char **statements, size_t *count,
			      const struct history_column columns[HISTORY_FIELDS],
			      const char *table, const struct relation *live, struct arena *arena)
{
	*count = 0;
	if (live->kind == RELATION_ABSENT) {
		statements[0] = create_table(columns, table, arena);
		*count = 1;
		return statements[0] != NULL;
	}
	if (live->kind != RELATION_TABLE)
		return true;
	for (size_t i = HISTORY_STARTED_AT; i < HISTORY_FIELDS; i++) {
		if (has_column(live, columns[i].name))
			continue;
		statements[*count] = add_column(&columns[i], table, arena);
		if (statements[(*count)++] == NULL)
			return false;
	}
	return true;
}

const char *history_table_select(const struct history_column columns[HISTORY_FIELDS],
				 const char *table, const struct relation *live,
				 struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "SELECT ");
	for (size_t i = 0; i < HISTORY_FIELDS; i++) {
		bool there = live->attribute_count == 0 || has_column(live, columns[i].name);
		buffer_addf(&buf, "%s%s", i > 0 ? ",\n       " : "",
			    there ? columns[i].expression : "NULL");
	}
	buffer_addf(&buf, "\n  FROM %s\n", table);
	return buffer_text(&buf);
}

bool history_lacks(const struct history_filter *filter, const struct relation *live)
{
	return (filter->object != NULL || filter->objects) && !has_column(live, "object");
}

void history_texts(struct reconcile_history_row *row, const char **texts[HISTORY_FIELDS])
{
	const char **const places[HISTORY_FIELDS] = {
		[HISTORY_RUN_ID] = &row->run_id,
		[HISTORY_APPLIED_AT] = &row->applied_at,
		[HISTORY_REGISTRY] = &row->registry,
		[HISTORY_FINGERPRINT] = &row->fingerprint,
		[HISTORY_ACTION] = &row->action,
		[HISTORY_TABLE_NAME] = &row->table_name,
		[HISTORY_COLUMN_NAME] = &row->column_name,
		[HISTORY_DEFINITION] = &row->definition,
		[HISTORY_SQL] = &row->sql,
		[HISTORY_DB_USER] = &row->db_user,
		[HISTORY_HOST] = &row->host,
		[HISTORY_APPLICATION] = &row->application,
		[HISTORY_VERSION] = &row->version,
		[HISTORY_STARTED_AT] = &row->started_at,
		[HISTORY_OUTCOME] = &row->outcome,
		[HISTORY_OBJECT] = &row->object,
		[HISTORY_CHECKSUM] = &row->checksum,
	};
	for (size_t i = 0; i < HISTORY_FIELDS; i++)
		texts[i] = places[i];
}
