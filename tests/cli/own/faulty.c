/* A registry that a program fills in itself, and badly. */
#include "faulty.h"

static const struct reconcile_table tables[] = {
	{"orders", NULL, "faulty.c", 1},
	{"Orders", NULL, "faulty.c", 2},
};

static const struct reconcile_column columns[] = {
	{"orders",
	 "user",
	 "TEXT",
	 RECONCILE_NULLABLE,
	 {RECONCILE_NO_DEFAULT, NULL},
	 NULL,
	 "faulty.c",
	 11},
	{"orders",
	 "total",
	 "INTEGER",
	 RECONCILE_NOT_NULL,
	 {RECONCILE_NO_DEFAULT, NULL},
	 NULL,
	 "faulty.c",
	 12},
	{"Orders", NULL, "serial", RECONCILE_NULLABLE, {RECONCILE_NO_DEFAULT, NULL}, NULL, NULL, 0},
	{NULL,
	 "x\033[31m",
	 "TEXT",
	 RECONCILE_NULLABLE,
	 {RECONCILE_NO_DEFAULT, NULL},
	 NULL,
	 "faulty.c",
	 14},
};

const struct reconcile_registry faulty_registry = {
	RECONCILE_REGISTRY_LAYOUT, "faulty", tables, 2, columns, 4};

/* Made for another library: nothing in it may be read. */
const struct reconcile_registry strange_registry = {99, (const char *)1, (const void *)1,
						    5,  (const void *)1, 7};
