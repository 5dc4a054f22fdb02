#include "sql.h"
#include "text.h"

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

/* ---- what a person could run ---------------------------------------------- */

/* An ALTER TABLE with several actions on one column. */
struct alteration {
	struct buffer buf;
	const struct sql *sql;
	const char *table;
	const char *column;
	bool begun;
};

static struct buffer *add_action(struct alteration *alteration)
{
	struct buffer *buf = &alteration->buf;
	if (!alteration->begun) {
		buffer_add(buf, "ALTER TABLE ");
		add_table_name(buf, alteration->sql, alteration->table);
	}
	buffer_add(buf, alteration->begun ? ",\n  ALTER COLUMN " : "\n  ALTER COLUMN ");
	add_name(buf, alteration->sql, alteration->column);
	alteration->begun = true;
	return buf;
}

/* PostgreSQL drops before it changes types, and sets defaults last, in whatever order the actions
 * stand (manual, ALTER TABLE). A default that is in the way of the new type is dropped (42804). */
static void add_default_actions(struct alteration *alteration, const struct reconcile_column *row,
				const struct attribute *live, bool retyped)
{
	if (live->identity)
		buffer_add(add_action(alteration), " DROP IDENTITY");
	else if (live->default_value && (retyped || !column_has_default(row)))
		buffer_add(add_action(alteration), " DROP DEFAULT");
	if (!column_has_default(row))
		return;
	buffer_add(add_action(alteration), " SET DEFAULT ");
	add_default(&alteration->buf, alteration->sql, row);
}

const char *sql_alter_column(const struct sql *sql, const char *table,
			     const struct reconcile_column *row, const struct attribute *live,
			     unsigned conflicts)
{
	struct alteration alteration = {
		.buf = BUFFER_INIT(sql->arena), .sql = sql, .table = table, .column = live->name};
	bool retyped = conflicts & RECONCILE_CONFLICT_TYPE;
	if (!sql->dialect->alters_columns)
		return NULL;
	if (!row) {
		buffer_add(add_action(&alteration), " DROP NOT NULL;");
		return buffer_text(&alteration.buf);
	}
	if (conflicts & RECONCILE_CONFLICT_GENERATED)
		buffer_add(add_action(&alteration), " DROP EXPRESSION");
	if (retyped) {
		buffer_addf(add_action(&alteration), " TYPE %s USING CAST(", row->type);
		add_name(&alteration.buf, sql, live->name);
		buffer_addf(&alteration.buf, " AS %s)", row->type);
	}
	if ((conflicts & RECONCILE_CONFLICT_DEFAULT) || (retyped && live->default_value))
		add_default_actions(&alteration, row, live, retyped);
	if (conflicts & RECONCILE_CONFLICT_NULLABILITY)
		buffer_add(add_action(&alteration),
			   is_not_null(row) ? " SET NOT NULL" : " DROP NOT NULL");
	buffer_add_char(&alteration.buf, ';');
	return buffer_text(&alteration.buf);
}
