/*
 * A start whose connection is lost while its server process waits for a table: the process does
 * not notice, and keeps the reconcilers' lock. The next session knows whose it is.
 */
#include "../support/proxy.h"
#include "boot.h"

#include <libpq-fe.h>

struct lost {
	struct start *start;
	struct proxy *proxy;
	PGconn *holder; /* of the table's lock; NULL: it is given back */
	bool cut;
	void (*log)(void *context, const struct reconcile_log_record *record);
};

/* Asked while the start waits for its ALTER. */
static bool cut_who_waits(void *context)
{
	struct lost *lost = context;
	if (!lost->cut &&
	    database_number(lost->start->database, "SELECT count(*) FROM " WAITING_LOCKS) > 0) {
		lost->cut = true;
		proxy_cut(lost->proxy);
	}
	return false;
}

/* The first try that was kept out by the process that was left lets it go on. */
static void let_go(void *context, const struct reconcile_log_record *record)
{
	struct lost *lost = context;
	bool retries = strcmp(record->event, "retry") == 0;
	lost->log(lost->start, record);
	for (size_t i = 0; i < record->field_count && retries; i++) {
		const struct reconcile_field *field = &record->fields[i];
		if (strcmp(field->key, "why") != 0 ||
		    (strstr(field->text, "our own lost session") == NULL &&
		     strstr(field->text, "another reconciler") == NULL))
			continue;
		PQfinish(lost->holder);
		lost->holder = NULL;
	}
}

static void lose(struct start *start, bool has_ddl_url)
{
	struct lost lost = {.start = start,
			    .proxy = proxy_new(start->database->url),
			    .holder = PQconnectdb(start->database->url),
			    .log = start->options.log};
	database_execute(start->database, "CREATE TABLE orders (id int PRIMARY KEY, name "
					  "varchar(40) NOT NULL)");
	PGresult *result = PQexec(lost.holder, "BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE");
	cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(lost.holder));
	PQclear(result);
	start->options.url = proxy_url(lost.proxy);
	start->options.ddl_url = has_ddl_url ? proxy_url(lost.proxy) : NULL;
	start->options.lock_timeout_ms = 20000; /* the process that is left waits on */
	start->options.log = let_go;
	start->options.log_context = &lost;
	start->options.log_level = RECONCILE_LOG_DEBUG;
	start->options.stop = cut_who_waits;
	start->options.stop_context = &lost;

	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect(lost.cut);
	cr_expect_eq(start->counts->applied, 3);
	cr_expect_eq(start_log_count(start, "another reconciler"), 0, "%s", start_told(start));
	cr_expect_gt(start_log_count(start, "our own lost session"), 0, "%s", start_told(start));
	expect_value(start->database, "3", "SELECT count(*) FROM reconcile_history");
	PQfinish(lost.holder);
	proxy_free(lost.proxy);
}

ON_POSTGRES(boot_lost, what_is_left_of_a_session_is_known)
{
	lose(start, false);
}

ON_POSTGRES(boot_lost, what_is_left_of_ddl_urls_session_is_known)
{
	lose(start, true);
}
