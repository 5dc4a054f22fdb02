/* One rollback on its way: what is to be undone, and the boot that does it. */
#ifndef ROLLBACK_H
#define ROLLBACK_H

#include "boot.h"

struct rollback {
	struct boot *boot; /* connected; its index is what history proves, see rollback_prove() */
	const struct index *declared; /* the registry */
	const struct reconcile_rollback_request *request;
	struct arena *arena; /* as long as the result */

	struct reconcile_registry proven;
	bool is_proven; /* each undo has its state, its statement and what it would lose */

	struct reconcile_undo *undos; /* newest first */
	size_t undo_count;
	const char **made; /* of each: history's own statement, for a table */
	size_t *tables;    /* of each: its place in the boot's index; only when it may be undone */
};

/* ---- choice.c ----------------------------------------------------------- */

/* Which changes of history are still there and ours, by the request. false: *err says why, for
 * instance that there is none such. */
bool rollback_choose(struct rollback *rollback, struct error *err);

/* ---- proof.c ------------------------------------------------------------ */

/* Compares what history says of them with what is there: their states. Counts what would be lost.
 */
bool rollback_prove(struct rollback *rollback, struct error *err);

#endif
