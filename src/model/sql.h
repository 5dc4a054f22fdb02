/*
 * SQL text: the statements of a plan. The words are the same for both databases; what differs
 * is a dialect, given by the backend, so that this file needs no database library.
 */
#ifndef MODEL_SQL_H
#define MODEL_SQL_H

#include "../base/buffer.h"
#include "catalog.h"
#include "index.h"

struct dialect {
	const char *engine; /* "postgresql", "sqlite" */
	/* Add text quoted as an identifier or a literal. context is the backend's session. Sticky
	 * failure through buf. */
	void (*add_identifier)(struct buffer *buf, void *context, const char *name);
	void (*add_literal)(struct buffer *buf, void *context, const char *text);
	bool many_columns;                /* one ALTER takes several ADD COLUMN */
	bool alters_columns;              /* it has ALTER COLUMN */
	bool drops_expressions;           /* and DROP EXPRESSION: PostgreSQL 13 */
	bool ignores_case;                /* of ASCII letters in names */
	bool adds_constant_defaults_only; /* ADD COLUMN refuses DEFAULT (expression) */
	bool rewrites_for_defaults;       /* even a constant one: PostgreSQL 10 */
	bool has_system_columns;          /* xmin and others, in every table */
	const char *script_begin; /* what a script says before and after a table's statements */
	const char *script_end;
};

struct sql {
	const struct dialect *dialect;
	void *context;      /* for the dialect's functions */
	const char *schema; /* NULL: unqualified */
	struct arena *arena;
};

/* Does it have a default that says something? DEFAULT_SQL("NULL") does not, and none is emitted. */
bool column_has_default(const struct reconcile_column *column);

/* A complete statement with ';', the arena's; NULL when memory ran out. */
const char *sql_create_table(const struct sql *sql, const struct indexed_table *table);
/* One ALTER with count columns (count 1 unless dialect.many_columns). */
const char *sql_add_columns(const struct sql *sql, const struct indexed_table *table,
			    const struct indexed_column *const *columns, size_t count);
/* What takes one column away, or (NULL) the whole table; never what depends on it. */
const char *sql_drop(const struct sql *sql, const char *table, const char *column);
/*
 * What a person could run so that the live column becomes the declared one: one ALTER TABLE, for
 * those of the conflicts that ALTER COLUMN can settle. For a required extra column (row NULL): that
 * it accepts rows that do not name it. NULL also when there is no such statement: see
 * sql_alter_obstacle(). The type of a column that the database fills is not changed by the same
 * statement that makes it a plain one (SQLSTATE 42611 and 22023): the first statement then only
 * does that, and a look after it says the second.
 */
const char *sql_alter_column(const struct sql *sql, const char *table,
			     const struct reconcile_column *row, const struct attribute *live,
			     unsigned conflicts);
/* NULL, or why there is no statement for that column, and how it is done instead. */
const char *sql_alter_obstacle(const struct dialect *dialect, const struct attribute *live);
/* "VARCHAR(20) NOT NULL DEFAULT 'x'": a column without its name, for people and for history. */
const char *sql_definition(const struct sql *sql, const struct reconcile_column *column);
/* "'x'" or "(now())", what stands behind DEFAULT; NULL: no default (or out of memory: ask
 * column_has_default). */
const char *sql_default(const struct sql *sql, const struct reconcile_column *column);

#endif
