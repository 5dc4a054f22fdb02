#include "history_table.h"

#include "../base/buffer.h"
#include "../model/text.h"
#include <string.h>

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

/* ---- is it history? ------------------------------------------------------- */

/* pg_type.dat: what is created in a database has larger numbers, and may be anything. */
enum { FIRST_OWN_TYPE = 16384 };

static bool takes_type(const struct history_column *column, const struct attribute *live)
{
	uint32_t type = live->type.type;
	if (column->types[0] == 0 || type == 0 || type >= FIRST_OWN_TYPE)
		return true;
	for (size_t i = 0; i < 4 && column->types[i] != 0; i++)
		if (column->types[i] == type)
			return true;
	return false;
}

static bool is_filled(const struct attribute *live)
{
	return live->default_value != NULL || live->default_unread || live->identity ||
	       live->generated;
}

/* A refusal on its way. */
struct verdict {
	const char *table;
	struct buffer why, fix;
};

static void refuse_column(struct verdict *verdict, const char *name, const char *why)
{
	buffer_addf(&verdict->why, "history cannot be kept in %s: column '", verdict->table);
	text_add_visible(&verdict->why, name);
	buffer_addf(&verdict->why, "' %s", why);
}

/* One of ours. true: there is nothing against it. */
static bool judge_own(struct verdict *verdict, const struct history_column *column,
		      const struct relation *live, bool writes, bool alters)
{
	const struct attribute *attribute = relation_attribute(live, column->name, true);
	if (attribute == NULL) {
		refuse_column(verdict, column->name, "is not there");
		if (alters)
			buffer_addf(&verdict->fix, "ALTER TABLE %s ADD COLUMN %s %s;",
				    verdict->table, column->name, column->definition);
	} else if (writes && attribute->generated) {
		refuse_column(verdict, column->name, "is generated");
	} else if (writes && column->may_be_null && attribute->not_null) {
		refuse_column(verdict, column->name, "is NOT NULL");
		if (alters)
			buffer_addf(&verdict->fix, "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;",
				    verdict->table, column->name);
	} else if (!takes_type(column, attribute)) {
		refuse_column(verdict, column->name, "has another type");
	} else {
		return true;
	}
	return false;
}

static bool is_own(const struct history_column columns[HISTORY_FIELDS],
		   const struct attribute *attribute)
{
	const struct attribute one[] = {*attribute};
	const struct relation alone = {.attributes = one, .attribute_count = 1};
	for (size_t i = HISTORY_ID; i < HISTORY_FIELDS; i++)
		if (has_column(&alone, columns[i].name))
			return true;
	return false;
}

/* One that we do not write. */
static bool judge_other(struct verdict *verdict, const struct attribute *attribute, bool alters)
{
	if (!attribute->not_null || is_filled(attribute))
		return true;
	refuse_column(verdict, attribute->name, "is NOT NULL and has no default");
	if (alters) {
		buffer_addf(&verdict->fix, "ALTER TABLE %s ALTER COLUMN \"", verdict->table);
		for (const char *c = attribute->name; *c != '\0'; c++)
			buffer_addf(&verdict->fix, *c == '"' ? "\"\"" : "%c", *c);
		buffer_add(&verdict->fix, "\" DROP NOT NULL;");
	}
	return false;
}

static void judge(struct verdict *verdict, const struct history_column columns[HISTORY_FIELDS],
		  const struct relation *live, bool writes, bool alters)
{
	if (live->kind != RELATION_TABLE) {
		buffer_addf(&verdict->why, "history cannot be kept in %s, which is %s",
			    verdict->table, live->kind_text);
		if (alters)
			buffer_addf(&verdict->fix, "ALTER %s %s RENAME TO reconcile_history_taken;",
				    strstr(live->kind_text, "type") != NULL ? "TYPE" : "TABLE",
				    verdict->table);
		return;
	}
	for (size_t i = 0; i < HISTORY_FIELDS; i++) {
		/* The younger ones are added. */
		bool added = i >= HISTORY_STARTED_AT && !has_column(live, columns[i].name);
		if (!added && !judge_own(verdict, &columns[i], live, writes, alters))
			return;
	}
	if (writes && !is_filled(relation_attribute(live, columns[HISTORY_ID].name, true))) {
		refuse_column(verdict, columns[HISTORY_ID].name, "is not numbered by the database");
		return;
	}
	for (size_t i = 0; writes && i < live->attribute_count; i++)
		if (!is_own(columns, &live->attributes[i]) &&
		    !judge_other(verdict, &live->attributes[i], alters))
			return;
}

bool history_table_refuse(struct denial *refusal,
			  const struct history_column columns[HISTORY_FIELDS], const char *table,
			  const struct relation *live, bool writes, bool alters,
			  struct arena *arena)
{
	struct verdict verdict = {
		.table = table, .why = BUFFER_INIT(arena), .fix = BUFFER_INIT(arena)};
	*refusal = (struct denial){0};
	if (live->kind == RELATION_ABSENT)
		return true;
	judge(&verdict, columns, live, writes, alters);
	if (verdict.why.failed || verdict.fix.failed)
		return false;
	if (verdict.why.length == 0)
		return true;
	*refusal = (struct denial){
		.why = buffer_text(&verdict.why),
		.grant = verdict.fix.length > 0 ? buffer_text(&verdict.fix) : NULL,
		.conflict = true,
	};
	return true;
}

bool history_refused(const struct denial *refusal, struct error *err)
{
	error_set(err, refusal->conflict ? RECONCILE_CONFLICT : RECONCILE_NOT_PERMITTED, "%s",
		  refusal->why);
	if (refusal->grant != NULL)
		error_hint(err, "let somebody who may run: %s", refusal->grant);
	return false;
}

/* ---- made, completed, read -------------------------------------------------- */

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
		[HISTORY_SCHEMA_NAME] = &row->schema_name,
	};
	for (size_t i = 0; i < HISTORY_FIELDS; i++)
		texts[i] = places[i];
}
