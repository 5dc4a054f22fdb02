/*
 * Turns a .def file into a registry, and lets the compiler check it.
 *
 * registry/memstack.def, one row a line:
 *
 *	TABLE( memories, "What the agent remembers" )
 *	//      table     column   type       null         default     description
 *	COLUMN( memories, id,      "VARCHAR", PRIMARY_KEY, NO_DEFAULT, "UUID" )
 *	COLUMN( memories, task_id, "VARCHAR", NULLABLE,    NO_DEFAULT, "Task ID" )
 *
 * memstack.c:
 *
 *	#define RECONCILE_REGISTRY memstack
 *	#define RECONCILE_REGISTRY_FILE "memstack.def"
 *	#include <reconcile-registry.h>
 *
 * which defines `const struct reconcile_registry memstack_registry`. The file is found
 * as any #include "..." is (the folder of this header, then -I). One registry an inclusion;
 * the header may be included again for the next one. C11; not for C++ (link the C object).
 *
 * null		NULLABLE
 *		NOT_NULL	needs a default, so that it can be added to a table with rows
 *		REQUIRED	NOT NULL without default: comes with its table only
 *		PRIMARY_KEY	part of the primary key (several rows: a composite key)
 * default	NO_DEFAULT
 *		DEFAULT("0")		a value: quoted for you, whatever it holds
 *		DEFAULT_SQL("now()")	an expression: emitted as DEFAULT (now())
 *
 * A table without a TABLE row is somebody else's: its columns are added, it is never created.
 *
 * The compiler refuses, at the row: a column or table that stands twice, an unknown keyword,
 * an empty name, a name over 63 bytes (PostgreSQL would truncate it), a NOT_NULL column without
 * a default, a REQUIRED one with a default, and what is not a text in quotes but should be.
 * reconcile_validate() finds what a compiler cannot.
 */
#include <reconcile.h>

#ifndef RECONCILE_REGISTRY
#error "define RECONCILE_REGISTRY as the name of the registry before including reconcile-registry.h"
#endif
#ifndef RECONCILE_REGISTRY_FILE
#error "define RECONCILE_REGISTRY_FILE as the quoted name of the .def file"
#endif

#ifndef RECONCILE_REGISTRY_H
#define RECONCILE_REGISTRY_H

#define RECONCILE_JOIN_(a, b) a##b
#define RECONCILE_JOIN(a, b) RECONCILE_JOIN_(a, b)
#define RECONCILE_TEXT_(a) #a
#define RECONCILE_TEXT(a) RECONCILE_TEXT_(a)

/*
 * The keywords of a row, by pasting: a known one becomes two arguments, of which the second is
 * taken; an unknown one stays a single argument, and what is taken is the fallback. So it can be
 * told, and costs no other message than the one about it. Pasted in the row's own macro, so that
 * no macro of the user's called NULLABLE or DEFAULT comes between.
 */
#define RECONCILE_TAKE(...) RECONCILE_TAKE_(__VA_ARGS__)
#define RECONCILE_TAKE_(keyword, value, ...) value

#define reconcile_null_NULLABLE ~, RECONCILE_NULLABLE
#define reconcile_null_NOT_NULL ~, RECONCILE_NOT_NULL
#define reconcile_null_REQUIRED ~, RECONCILE_REQUIRED
#define reconcile_null_PRIMARY_KEY ~, RECONCILE_PRIMARY_KEY

#define reconcile_kind_NO_DEFAULT ~, RECONCILE_NO_DEFAULT
#define reconcile_kind_DEFAULT(text) ~, RECONCILE_DEFAULT_VALUE
#define reconcile_kind_DEFAULT_SQL(text) ~, RECONCILE_DEFAULT_SQL

#define reconcile_text_NO_DEFAULT ~, NULL
#define reconcile_text_DEFAULT(text) ~, text
#define reconcile_text_DEFAULT_SQL(text) ~, text

/* Braces that clang-format does not see: version 14 crashes on an #include between them. */
#define RECONCILE_OPEN {
#define RECONCILE_CLOSE }
#define RECONCILE_PAIR(first, second)                                                              \
	{                                                                                          \
		first, second                                                                      \
	}

/* DEFAULT(0) would be a null pointer: only a text in quotes will do. */
#define RECONCILE_IS_TEXT(text) _Generic((text), char * : 1, default : 0)
#define reconcile_quoted_NO_DEFAULT ~, 1
#define reconcile_quoted_DEFAULT(text) ~, RECONCILE_IS_TEXT(text)
#define reconcile_quoted_DEFAULT_SQL(text) ~, RECONCILE_IS_TEXT(text)

#endif

/* 1. A member a row: what stands twice is a "duplicate member". */
struct RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_table_names) {
	char reconcile_first;
#define TABLE(table, description) char table##_table;
#define COLUMN(table, column, type, null, default_value, description)
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN
};
struct RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_column_names) {
	char reconcile_first;
#define TABLE(table, description)
#define COLUMN(table, column, type, null, default_value, description) char table##_dot_##column;
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN
};

/* 2. The rules for one row. Names without quotes: gcc prints those with a backslash. */
#define TABLE(table, description)                                                                  \
	_Static_assert(sizeof(#table) > 1, "a table needs a name");                                \
	_Static_assert(sizeof(#table) <= 64, "table " #table ": the name is over 63 bytes");       \
	_Static_assert(RECONCILE_IS_TEXT(description),                                             \
		       "table " #table ": the description must be a text in quotes");
#define COLUMN(table, column, type, null, default_value, description)                              \
	_Static_assert(sizeof(#table) > 1, "a column needs the name of its table");                \
	_Static_assert(sizeof(#column) > 1, "table " #table ": a column needs a name");            \
	_Static_assert(sizeof(#table) <= 64, "table " #table ": the name is over 63 bytes");       \
	_Static_assert(sizeof(#column) <= 64,                                                      \
		       "column " #table "." #column ": the name is over 63 bytes");                \
	_Static_assert(RECONCILE_IS_TEXT(type),                                                    \
		       "column " #table "." #column ": the type must be a text in quotes");        \
	_Static_assert(RECONCILE_TAKE(reconcile_null_##null, -1, ~) >= 0,                          \
		       "column " #table "." #column ": unknown null keyword " #null                \
		       ": use NULLABLE, NOT_NULL, REQUIRED or PRIMARY_KEY");                       \
	_Static_assert(RECONCILE_TAKE(reconcile_kind_##default_value, -1, ~) >= 0,                 \
		       "column " #table "." #column ": unknown default keyword: use NO_DEFAULT, "  \
		       "DEFAULT(text) or DEFAULT_SQL(text)");                                      \
	_Static_assert(RECONCILE_TAKE(reconcile_quoted_##default_value, 1, ~),                     \
		       "column " #table "." #column ": the default must be a text in quotes");     \
	_Static_assert((int)RECONCILE_TAKE(reconcile_null_##null, -1, ~) != RECONCILE_NOT_NULL ||  \
			       (int)RECONCILE_TAKE(reconcile_kind_##default_value, -1, ~) !=       \
				       RECONCILE_NO_DEFAULT,                                       \
		       "column " #table "." #column ": NOT_NULL without a default cannot be "      \
		       "added to a table with rows; use NULLABLE, DEFAULT(text) or, when it "      \
		       "only ever comes with its table, REQUIRED");                                \
	_Static_assert((int)RECONCILE_TAKE(reconcile_null_##null, -1, ~) != RECONCILE_REQUIRED ||  \
			       (int)RECONCILE_TAKE(reconcile_kind_##default_value, -1, ~) <=       \
				       RECONCILE_NO_DEFAULT,                                       \
		       "column " #table "." #column ": REQUIRED has no default; use NOT_NULL");    \
	_Static_assert(RECONCILE_IS_TEXT(description),                                             \
		       "column " #table "." #column ": the description must be a text in quotes");
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN

/* 3. The data, each list with one row more: a list of none is no C. */
#define TABLE(table, description) {#table, description, __FILE__, __LINE__},
#define COLUMN(table, column, type, null, default_value, description)
static const struct reconcile_table RECONCILE_JOIN(RECONCILE_REGISTRY,
						   _registry_tables)[] = RECONCILE_OPEN
#include RECONCILE_REGISTRY_FILE
	{NULL, NULL, NULL, 0} RECONCILE_CLOSE;
#undef TABLE
#undef COLUMN

#define TABLE(table, description)
#define COLUMN(table, column, type, null, default_value, description)                              \
	{#table,                                                                                   \
	 #column,                                                                                  \
	 type,                                                                                     \
	 RECONCILE_TAKE(reconcile_null_##null, RECONCILE_NULLABLE, ~),                             \
	 RECONCILE_PAIR(RECONCILE_TAKE(reconcile_kind_##default_value, RECONCILE_NO_DEFAULT, ~),   \
			RECONCILE_TAKE(reconcile_text_##default_value, NULL, ~)),                  \
	 description,                                                                              \
	 __FILE__,                                                                                 \
	 __LINE__},
static const struct reconcile_column RECONCILE_JOIN(RECONCILE_REGISTRY,
						    _registry_columns)[] = RECONCILE_OPEN
#include RECONCILE_REGISTRY_FILE
	{NULL, NULL, NULL, RECONCILE_NULLABLE, RECONCILE_PAIR(RECONCILE_NO_DEFAULT, NULL),
	 NULL, NULL, 0} RECONCILE_CLOSE;
#undef TABLE
#undef COLUMN

extern const struct reconcile_registry RECONCILE_JOIN(RECONCILE_REGISTRY, _registry);
const struct reconcile_registry RECONCILE_JOIN(RECONCILE_REGISTRY, _registry) = {
	RECONCILE_REGISTRY_LAYOUT,
	RECONCILE_TEXT(RECONCILE_REGISTRY),
	RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_tables),
	sizeof(RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_tables)) /
			sizeof(struct reconcile_table) -
		1,
	RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_columns),
	sizeof(RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_columns)) /
			sizeof(struct reconcile_column) -
		1,
};

#undef RECONCILE_REGISTRY
#undef RECONCILE_REGISTRY_FILE
