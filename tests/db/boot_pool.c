/* A session pool that has one connection, for two URLs. */
#include "../support/pooler.h"
#include "boot.h"

/* The budget bounds it, and the message says what may be. */
ON_POSTGRES(boot_pool, one_connection_for_two_urls)
{
	struct pooler pooler =
		pooler_new(start->database->url, "pool_mode = session\ndefault_pool_size = 1");
	start->options.url = pooler.url;
	start->options.ddl_url = pooler.url;
	start->options.budget_ms = 1500;
	start->options.connect_timeout_ms = 4000;
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_BUSY);
	expect_in(start->error->message, "ddl_url: no answer from the server");
	/* It did not wait for as long as connect_timeout lets it. */
	const char *waited = strstr(start->error->message, "from the server for ");
	cr_expect(waited != NULL && atof(waited + strlen("from the server for ")) < 4000, "%s",
		  start->error->message);
	expect_in(start->error->hint, "session pool that has one connection");

	start->options.ddl_url = start->database->url;
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	pooler_free(&pooler);
}
