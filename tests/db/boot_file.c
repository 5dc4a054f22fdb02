/* SQLite files that cannot be written, or are not there. */
#include "boot.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

ON_SQLITE(boot_file, a_file_opened_for_reading)
{
	char url[600];
	start_must(start, &orders_registry, RECONCILE_OK);
	snprintf(url, sizeof(url), "%s?mode=ro", start->database->url);
	start->options.url = url;
	start->options.create_database = false;
	char *schema = database_schema(start->database);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->error->message, "table 'orders': ");
	expect_in(start->log, "ALTER TABLE \"main\".\"orders\" ADD COLUMN \"note\" TEXT");
	expect_unchanged(start->database, schema);
}

/* Rights mean nothing to root: the starts are somebody else's. */
ON_SQLITE(boot_file, a_file_without_the_right_to_write)
{
	char folder[] = "/tmp/reconcile-boot-XXXXXX", url[120], path[100], journal[120];
	start_must(start, &orders_registry, RECONCILE_OK);
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.db", folder);
	snprintf(url, sizeof(url), "sqlite:///%s", path);
	snprintf(journal, sizeof(journal), "%s-journal", path);
	start->options.url = url;
	start_must(start, &orders_registry, RECONCILE_OK);
	cr_assert(chmod(folder, 0755) == 0 && chmod(path, 0444) == 0);

	start->options.create_database = false;
	uid_t before = geteuid();
	/* Where that somebody may look for a reconcile.ini, wherever these tests are run. */
	cr_assert_eq(chdir("/"), 0);
	if (before == 0)
		cr_assert_eq(seteuid(65534), 0);
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_OK);
	start_run(start, &newer_orders_registry);
	expect_status(start, RECONCILE_NOT_PERMITTED);
	expect_in(start->log, "ADD COLUMN \"note\" TEXT");
	cr_assert_eq(seteuid(before), 0);
	cr_expect_neq(access(journal, F_OK), 0);
	cr_assert(unlink(path) == 0 && rmdir(folder) == 0);
}

/* A mistyped path is no new database. */
ON_SQLITE(boot_file, a_file_that_is_not_there)
{
	start->options.create_database = false;
	start_run(start, &orders_registry);
	expect_status(start, RECONCILE_UNREACHABLE);
	expect_in(start->error->message, start->database->path);
	cr_expect_not_null(start->error->hint);
	cr_expect_neq(access(start->database->path, F_OK), 0);
}
