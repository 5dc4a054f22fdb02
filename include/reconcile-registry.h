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
 * an empty name, a name over 63 bytes (PostgreSQL would truncate it), and a NOT_NULL column
 * without a default. reconcile_validate() finds what a compiler cannot.
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

/* The keywords of a row, by pasting: an unknown one is an unknown name with this prefix. */
enum {
	reconcile_null_keyword_NULLABLE = RECONCILE_NULLABLE,
	reconcile_null_keyword_NOT_NULL = RECONCILE_NOT_NULL,
	reconcile_null_keyword_REQUIRED = RECONCILE_REQUIRED,
	reconcile_null_keyword_PRIMARY_KEY = RECONCILE_PRIMARY_KEY,
};
/* "" text "" accepts a string literal and nothing else: DEFAULT(0) would be a null pointer. */
#define reconcile_default_keyword_NO_DEFAULT {RECONCILE_NO_DEFAULT, NULL}
#define reconcile_default_keyword_DEFAULT(text) {RECONCILE_DEFAULT_VALUE, "" text ""}
#define reconcile_default_keyword_DEFAULT_SQL(text) {RECONCILE_DEFAULT_SQL, "" text ""}

/* 1 if the default keyword gives a value. */
#define reconcile_has_NO_DEFAULT 0
#define reconcile_has_DEFAULT(text) 1
#define reconcile_has_DEFAULT_SQL(text) 1

#endif

/* 1. A member a row: what stands twice is a "duplicate member". */
struct RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_rows) {
	char reconcile_first;
#define TABLE(table, description) char table_##table;
#define COLUMN(table, column, type, null, default_value, description)                              \
	char table##_dot_##column;
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN
};

/* 2. The rules for one row. */
#define TABLE(table, description)                                                                  \
	_Static_assert(sizeof(#table) > 1, "a table needs a name");                                \
	_Static_assert(sizeof(#table) <= 64, "table '" #table "': the name is over 63 bytes");
#define COLUMN(table, column, type, null, default_value, description)                              \
	_Static_assert(sizeof(#table) > 1, "a column needs the name of its table");                \
	_Static_assert(sizeof(#column) > 1, "table '" #table "': a column needs a name");          \
	_Static_assert(sizeof(#table) <= 64, "table '" #table "': the name is over 63 bytes");     \
	_Static_assert(sizeof(#column) <= 64,                                                      \
	               "column '" #table "." #column "': the name is over 63 bytes");              \
	_Static_assert((int)reconcile_null_keyword_##null != RECONCILE_NOT_NULL ||                 \
	                       reconcile_has_##default_value,                                      \
	               "column '" #table "." #column "': NOT_NULL without a default cannot be "    \
	               "added to a table with rows; use NULLABLE, DEFAULT(...) or, when it only "  \
	               "ever comes with its table, REQUIRED");                                     \
	_Static_assert((int)reconcile_null_keyword_##null != RECONCILE_REQUIRED ||                 \
	                       !reconcile_has_##default_value,                                     \
	               "column '" #table "." #column "': REQUIRED has no default; use NOT_NULL");
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN

/* 3. The data. */
static const struct reconcile_table RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_tables)[] = {
#define TABLE(table, description) {#table, "" description "", __FILE__, __LINE__},
#define COLUMN(table, column, type, null, default_value, description)
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN
	{NULL, NULL, NULL, 0},
};

static const struct reconcile_column RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_columns)[] = {
#define TABLE(table, description)
#define COLUMN(table, column, type, null, default_value, description)                              \
	{#table,                                                                                   \
	 #column,                                                                                  \
	 "" type "",                                                                               \
	 (enum reconcile_nullability)reconcile_null_keyword_##null,                                \
	 reconcile_default_keyword_##default_value,                                                \
	 "" description "",                                                                        \
	 __FILE__,                                                                                 \
	 __LINE__},
#include RECONCILE_REGISTRY_FILE
#undef TABLE
#undef COLUMN
	{NULL, NULL, NULL, RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, NULL, 0},
};

extern const struct reconcile_registry RECONCILE_JOIN(RECONCILE_REGISTRY, _registry);
const struct reconcile_registry RECONCILE_JOIN(RECONCILE_REGISTRY, _registry) = {
	RECONCILE_REGISTRY_LAYOUT,
	RECONCILE_TEXT(RECONCILE_REGISTRY),
	RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_tables),
	sizeof(RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_tables)) /
		        sizeof(struct reconcile_table) - 1,
	RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_columns),
	sizeof(RECONCILE_JOIN(RECONCILE_REGISTRY, _registry_columns)) /
		        sizeof(struct reconcile_column) - 1,
};

#undef RECONCILE_REGISTRY
#undef RECONCILE_REGISTRY_FILE
