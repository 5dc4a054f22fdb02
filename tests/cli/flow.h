/* What a user does, in the order in which it is done, the same on either database. */
#ifndef CLI_FLOW_H
#define CLI_FLOW_H

#include "../support/database.h"

/* Each needs an empty database and its environment (expect_environment()). */
void flow_fresh(struct database *database);
void flow_upgrade(struct database *database);
void flow_script(struct database *database);
void flow_conflict(struct database *database);
void flow_foreign(struct database *database);
void flow_adopt(struct database *database);
void flow_plan_file(struct database *database);
void flow_rollback(struct database *database);
void flow_anew(struct database *database);
void flow_anew_loss(struct database *database);
void flow_scripts(struct database *database);
void flow_bad_scripts(struct database *database);
void flow_outside(struct database *database);
void flow_databases(struct database *database);

#endif
