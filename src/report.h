/* What a call returns: the handles of reconcile.h, their memory, and how they are filled. */
#ifndef REPORT_H
#define REPORT_H

#include "base/arena.h"
#include "base/error.h"
#include "model/plan.h"

struct reconcile_report {
	struct arena arena; /* holds the report itself: released last */
	struct arena round; /* what the last look found */
	struct error failure;
	struct reconcile_error error;
	struct reconcile_database database;
	struct reconcile_counts counts;
	const struct reconcile_item *items;
	size_t item_count;
	struct plan plan;
	const char *registry_name;
	const char *script; /* of the plan; NULL: nobody asked for it yet */
	const char *fingerprint;
	const struct reconcile_finding *findings;
	size_t finding_count;
	double elapsed_ms;
};

/* NULL: out of memory. */
struct reconcile_report *report_new(void);
/* Copies into the report what its items and steps say in the registry's own words: those are the
 * caller's, who may forget them after the call. false: out of memory. */
bool report_keep_words(struct reconcile_report *report, struct reconcile_item *items,
		       struct reconcile_step *steps);
/* The public side of an error; its texts are err's own. */
struct reconcile_error error_publish(const struct error *err);

#endif
