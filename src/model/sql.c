#include "sql.h"
#include "text.h"

#include <string.h>

/* Does it refuse NULL? Primary keys say so themselves: SQLite lets NULL into one that does not
 * (sqlite.org/lang_createtable.html#the_primary_key). */
static bool is_not_null(const struct reconcile_column *column)
{
	return column->nullability != RECONCILE_NULLABLE;
}

bool column_has_default(const struct reconcile_column *column)
{
	const struct reconcile_default *value = &column->default_value;
	return value->kind == RECONCILE_DEFAULT_VALUE ||
	       (value->kind == RECONCILE_DEFAULT_SQL && !expression_is_null(value->text));
}

static void add_name(struct buffer *buf, const struct sql *sql, const char *name)
{
	sql->dialect->add_identifier(buf, sql->context, name);
}

static void add_table_name(struct buffer *buf, const struct sql *sql, const char *table)
{
	if (sql->schema) {
		add_name(buf, sql, sql->schema);
		buffer_add_char(buf, '.');
	}
	add_name(buf, sql, table);
}

static void add_default(struct buffer *buf, const struct sql *sql,
			const struct reconcile_column *column)
{
	if (column->default_value.kind == RECONCILE_DEFAULT_VALUE) {
		sql->dialect->add_literal(buf, sql->context, column->default_value.text);
	} else {
		buffer_add_char(buf, '(');
		buffer_add(buf, column->default_value.text);
		buffer_add_char(buf, ')');
	}
}

static void add_definition(struct buffer *buf, const struct sql *sql,
			   const struct reconcile_column *column)
{
	buffer_add(buf, column->type);
	if (is_not_null(column))
		buffer_add(buf, " NOT NULL");
	if (column_has_default(column)) {
		buffer_add(buf, " DEFAULT ");
		add_default(buf, sql, column);
	}
}

static void add_primary_key(struct buffer *buf, const struct sql *sql,
			    const struct indexed_table *table)
{
	bool begun = false;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct reconcile_column *column = table->columns[i].row;
		if (column->nullability != RECONCILE_PRIMARY_KEY)
			continue;
		buffer_add(buf, begun ? ", " : ",\n  PRIMARY KEY (");
		add_name(buf, sql, column->column);
		begun = true;
	}
	buffer_add(buf, begun ? ")" : "");
}

const char *sql_create_table(const struct sql *sql, const struct indexed_table *table)
{
	struct buffer buf = BUFFER_INIT(sql->arena);
	buffer_add(&buf, "CREATE TABLE ");
	add_table_name(&buf, sql, table->name);
	buffer_add(&buf, " (\n");
	for (size_t i = 0; i < table->column_count; i++) {
		const struct reconcile_column *column = table->columns[i].row;
		buffer_add(&buf, i > 0 ? ",\n  " : "  ");
		add_name(&buf, sql, column->column);
		buffer_add_char(&buf, ' ');
		add_definition(&buf, sql, column);
	}
	add_primary_key(&buf, sql, table);
	buffer_add(&buf, "\n);");
	return buffer_text(&buf);
}

const char *sql_add_columns(const struct sql *sql, const struct indexed_table *table,
			    const struct indexed_column *const *columns, size_t count)
{
	struct buffer buf = BUFFER_INIT(sql->arena);
	buffer_add(&buf, "ALTER TABLE ");
	add_table_name(&buf, sql, table->name);
	for (size_t i = 0; i < count; i++) {
		buffer_add(&buf, i > 0 ? "," : "");
		buffer_add(&buf, count > 1 ? "\n  " : " ");
		buffer_add(&buf, "ADD COLUMN ");
		add_name(&buf, sql, columns[i]->row->column);
		buffer_add_char(&buf, ' ');
		add_definition(&buf, sql, columns[i]->row);
	}
	buffer_add_char(&buf, ';');
	return buffer_text(&buf);
}

const char *sql_drop(const struct sql *sql, const char *table, const char *column)
{
	struct buffer buf = BUFFER_INIT(sql->arena);
	buffer_add(&buf, column ? "ALTER TABLE " : "DROP TABLE ");
	add_table_name(&buf, sql, table);
	if (column) {
		buffer_add(&buf, " DROP COLUMN ");
		add_name(&buf, sql, column);
	}
	buffer_add_char(&buf, ';');
	return buffer_text(&buf);
}

/* ---- what a person could run ---------------------------------------------- */

/* A column with an identity stays one of these (SQLSTATE 22023, "identity column type must be"). */
static bool is_integer_type(const char *type)
{
	static const char *const names[] = {
		"SMALLINT", "INT2", "INTEGER", "INT", "INT4", "BIGINT", "INT8",
	};
	const char *begin = type, *end = type + strlen(type);
	text_strip(&begin, &end);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((size_t)(end - begin) == strlen(names[i]) &&
		    text_equal_n(begin, names[i], strlen(names[i]), true))
			return true;
	return false;
}

/* Actions of one ALTER TABLE, with commas between. */
struct alteration {
	struct buffer buf;
	const struct sql *sql;
	const char *column;
	bool begun;
};

static void alteration_add(struct alteration *alteration, const char *action)
{
	struct buffer *buf = &alteration->buf;
	buffer_add(buf, alteration->begun ? ", ALTER COLUMN " : " ALTER COLUMN ");
	add_name(buf, alteration->sql, alteration->column);
	buffer_add_char(buf, ' ');
	buffer_add(buf, action);
	alteration->begun = true;
}

static void alteration_add_type(struct alteration *alteration, const char *type)
{
	alteration_add(alteration, "TYPE ");
	buffer_add(&alteration->buf, type);
	buffer_add(&alteration->buf, " USING ");
	add_name(&alteration->buf, alteration->sql, alteration->column);
	buffer_add(&alteration->buf, "::");
	buffer_add(&alteration->buf, type);
}

/* The server sorts them: what is dropped first, then types, then defaults. The old default goes
 * before the type changes, for it may have no cast to the new one (42804). */
static void alteration_add_conflicts(struct alteration *alteration,
				     const struct reconcile_column *row,
				     const struct attribute *live, unsigned conflicts)
{
	bool nullable = row->nullability == RECONCILE_NULLABLE;
	bool loosens = (conflicts & RECONCILE_CONFLICT_NULLABILITY) && nullable;
	bool changes_type = conflicts & RECONCILE_CONFLICT_TYPE;
	bool plain = !live->generated;
	bool has_default = live->default_value || live->default_unread;
	bool sets_default = conflicts & RECONCILE_CONFLICT_DEFAULT;

	if (live->generated) {
		alteration_add(alteration, "DROP EXPRESSION");
		sets_default = true;
	} else if (live->identity &&
		   (sets_default || loosens || (changes_type && !is_integer_type(row->type)))) {
		alteration_add(alteration, "DROP IDENTITY");
		plain = !changes_type || is_integer_type(row->type);
	}
	if (changes_type && plain) {
		if (has_default)
			alteration_add(alteration, "DROP DEFAULT");
		alteration_add_type(alteration, row->type);
		sets_default = sets_default || has_default;
	}
	if (conflicts & RECONCILE_CONFLICT_NULLABILITY)
		alteration_add(alteration, nullable ? "DROP NOT NULL" : "SET NOT NULL");
	if (!sets_default || (changes_type && !plain))
		return;
	if (column_has_default(row)) {
		alteration_add(alteration, "SET DEFAULT ");
		add_default(&alteration->buf, alteration->sql, row);
	} else if (has_default && !changes_type) {
		alteration_add(alteration, "DROP DEFAULT");
	}
}

const char *sql_alter_obstacle(const struct dialect *dialect, const struct attribute *live)
{
	if (!dialect->alters_columns)
		return "SQLite has no statement for it: create a new table, copy the rows, drop "
		       "the old one, rename (sqlite.org/lang_altertable.html, section 7)";
	if (live->generated && !dialect->drops_expressions)
		return "before PostgreSQL 13 a generated column stays one: drop it, and the next "
		       "start adds it as declared";
	return NULL;
}

const char *sql_alter_column(const struct sql *sql, const char *table,
			     const struct reconcile_column *row, const struct attribute *live,
			     unsigned conflicts)
{
	if (sql_alter_obstacle(sql->dialect, live))
		return NULL;
	struct alteration alteration = {
		.buf = BUFFER_INIT(sql->arena), .sql = sql, .column = live->name};
	buffer_add(&alteration.buf, "ALTER TABLE ");
	add_table_name(&alteration.buf, sql, table);
	if (row)
		alteration_add_conflicts(&alteration, row, live, conflicts);
	else
		alteration_add(&alteration, "DROP NOT NULL");
	buffer_add_char(&alteration.buf, ';');
	return buffer_text(&alteration.buf);
}

/* ---- for people ----------------------------------------------------------- */

const char *sql_definition(const struct sql *sql, const struct reconcile_column *column)
{
	struct buffer buf = BUFFER_INIT(sql->arena);
	add_definition(&buf, sql, column);
	return buffer_text(&buf);
}

const char *sql_default(const struct sql *sql, const struct reconcile_column *column)
{
	if (!column_has_default(column))
		return NULL;
	struct buffer buf = BUFFER_INIT(sql->arena);
	add_default(&buf, sql, column);
	return buffer_text(&buf);
}
