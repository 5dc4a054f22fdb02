/* The shop's database: the states that commands begin in, and what is there after them. */
#ifndef FAULT_SHOP_H
#define FAULT_SHOP_H

#include "../../support/database.h"
#include "fault.h"

#include <stdbool.h>

enum shop_state {
	SHOP_OLD,     /* table orders as an older release made it, with three rows */
	SHOP_APPLIED, /* and what `manage apply` adds */
	SHOP_BY_HAND, /* the same, and no history */
};

struct shop {
	struct database *database;
	enum shop_state state;
	char program[4200]; /* manage with the shop's registry */
	char config[600];   /* its reconcile.ini */
	char scripts[600];  /* its folder of scripts */
	char plan[600];     /* where a plan is written to; and one of state OLD */
	char agreed_plan[600];
	char saved[600]; /* SQLite: the state's file */
};

struct shop *shop_new(enum engine engine, enum shop_state state);
void shop_free(struct shop *shop);
/* Back to the state. */
void shop_reset(struct shop *shop);
/* Is it certainly as it was in the beginning? SQLite: looks at the file's bytes. */
bool shop_is_untouched(struct shop *shop);
/* `manage apply --yes`, without a fault. */
struct faulted shop_apply(struct shop *shop);
/* Schema, history and rows as text, without times; free() it. */
char *shop_contents(struct shop *shop);

#endif
