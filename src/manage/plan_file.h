/* A plan in a file: what `plan --out` writes down, `apply --plan` does, or nothing. */
#ifndef MANAGE_PLAN_FILE_H
#define MANAGE_PLAN_FILE_H

#include "manage.h"

struct plan_file {
	struct json_t *document; /* holds the texts */
	const char *registry;
	const char *place;
	const char *fingerprint;
	long allow_rewrite; /* as in the options of the plan */
};

/* The report as JSON into the file of --out, with the SHA-256 of all that is in it. false: it could
 * not be written, which has been said. */
bool plan_file_write(struct manage *manage, int status, const struct reconcile_report *report);

/* The file of --plan. OK: to be closed. Otherwise it has been said what is wrong with it: nobody
 * can read it (FAILED), it is no plan or somebody edited it (BAD_REGISTRY), it is of another
 * registry (USAGE). */
int plan_file_read(struct manage *manage, struct plan_file *file);

/* Is it a plan for what the report is about? Otherwise says what is different: another database
 * (BAD_REGISTRY), or the same one that has moved (BUSY). */
int plan_file_check(struct manage *manage, const struct plan_file *file,
		    const struct reconcile_report *report);

void plan_file_close(struct plan_file *file);

#endif
