/* The documents of --format json: exactly one a run, on standard output. */
#ifndef MANAGE_JSON_H
#define MANAGE_JSON_H

#include "manage.h"

/* Each prints its document. false: memory ran out and nothing was printed. A failing stream is the
 * caller's to notice. */
__attribute__((warn_unused_result)) bool json_report(const struct manage *manage, int status,
						     const struct reconcile_report *report);
/* The same document, the caller's to release; NULL: memory ran out. */
struct json_t *json_report_document(const struct manage *manage, int status,
				    const struct reconcile_report *report);
/* Between these two, what is printed becomes one document: a later part adds to it, or says the
 * same key anew. json_gathered() prints it. */
__attribute__((warn_unused_result)) bool json_gather(struct manage *manage);
__attribute__((warn_unused_result)) bool json_gathered(struct manage *manage);
__attribute__((warn_unused_result)) bool json_rollback(const struct manage *manage,
						       const struct reconcile_rollback *rollback);
/* The scripts of a command, or (files NULL) the first count of the folder. */
struct scripts;
struct script_file;
__attribute__((warn_unused_result)) bool json_scripts(const struct manage *manage,
						      const struct scripts *scripts,
						      const struct script_file *const *files,
						      size_t count);
/* The first row alone. */
__attribute__((warn_unused_result)) bool json_change(const struct manage *manage,
						     const struct reconcile_history *history);
__attribute__((warn_unused_result)) bool json_history(const struct manage *manage,
						      const struct reconcile_history *history);
/* report may be NULL: what is known of the database is then left out. */
__attribute__((warn_unused_result)) bool json_error(const struct manage *manage,
						    const struct reconcile_error *error,
						    const struct reconcile_report *report);
__attribute__((warn_unused_result)) bool json_version(const struct manage *manage);

/* One registry's findings, gathered into one document: begin, add each, print. */
struct json_t;
struct json_t *json_validation_begin(void);
__attribute__((warn_unused_result)) bool
json_validation_add(struct json_t *document, const struct reconcile_registry *registry, int status,
		    const struct reconcile_report *report);
__attribute__((warn_unused_result)) bool json_validation_print(const struct manage *manage,
							       struct json_t *document);

/* The rule, or all rules (NULL). */
__attribute__((warn_unused_result)) bool json_rules(const struct manage *manage,
						    const struct reconcile_rule *rule);

#endif
