/* What a role may do, and who is in the way. */
#include "postgres_support.h"

static const char *const names[] = {"mine", "theirs", "absent"};

static struct session_facts inspect(struct fixture *fixture, const char *url)
{
	struct session_facts facts;
	fixture->url.conninfo = url;
	fixture_open(fixture);
	cr_assert(backend_postgres.inspect(fixture->session, names, 3, &facts, &fixture->arena,
					   &fixture->err),
		  "%s", fixture->err.message);
	fixture_close(fixture);
	return facts;
}

#define expect_text(actual, expected)                                                              \
	cr_expect_str_eq((actual) == NULL ? "(null)" : (actual), expected)

Test(postgres_inspect, a_superuser_may_do_everything)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE TABLE mine (); CREATE TABLE theirs ()");
	struct session_facts facts = inspect(&fixture, fixture.database->url);
	expect_text(facts.schema, "public");
	expect_text(facts.db_user, PQuser(fixture.database->admin));
	cr_expect_null(facts.read_only);
	cr_expect_null(facts.create.why);
	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect_null(facts.alter[i].why);
	fixture.settings.schema = "nowhere";
	facts = inspect(&fixture, fixture.database->url);
	cr_expect_null(facts.schema);
	cr_expect_not_null(facts.create.why);
	fixture_free(&fixture);
}

Test(postgres_inspect, a_role_is_told_what_it_lacks)
{
	struct fixture fixture;
	struct session_facts facts;
	char url[512];
	fixture_new(&fixture);
	database_role_url(fixture.database, "plain", url, sizeof(url));
	database_execute(
		fixture.database,
		"CREATE TABLE mine (); CREATE TABLE theirs (); ALTER TABLE mine OWNER TO plain;"
		"GRANT ALL ON theirs TO plain");
	/* From 15 on only the owner creates in public: history cannot be made. */
	database_execute(fixture.database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
	facts = inspect(&fixture, url);
	expect_text(facts.db_user, "plain");
	expect_text(facts.create.why, "role 'plain' lacks CREATE on schema 'public'");
	expect_text(facts.alter[0].why,
		    "role 'plain' lacks CREATE on schema 'public' to make 'reconcile_history'");
	cr_expect(strncmp(facts.alter[1].why, "role 'plain' does not own it (owner '", 37) == 0,
		  "%s", facts.alter[1].why);
	cr_expect_null(facts.alter[2].why);

	database_execute(fixture.database, "GRANT CREATE ON SCHEMA public TO plain");
	facts = inspect(&fixture, url);
	cr_expect_null(facts.create.why);
	cr_expect_null(facts.alter[0].why);
	cr_expect_not_null(facts.alter[1].why);

	database_execute(fixture.database, "CREATE TABLE reconcile_history (id bigint)");
	facts = inspect(&fixture, url);
	expect_text(facts.create.why, "role 'plain' lacks INSERT on 'reconcile_history'");
	expect_text(facts.alter[0].why, "role 'plain' lacks INSERT on 'reconcile_history'");

	database_execute(fixture.database,
			 "GRANT INSERT ON reconcile_history TO plain;"
			 "ALTER DATABASE %s SET default_transaction_read_only = on",
			 fixture.database->name);
	facts = inspect(&fixture, url);
	cr_expect_null(facts.alter[0].why);
	expect_text(facts.read_only, "the session is read-only (default_transaction_read_only)");
	fixture_free(&fixture);
}

Test(postgres_inspect, a_member_of_the_owning_role_is_an_owner)
{
	struct fixture fixture;
	char url[512], owner[512];
	fixture_new(&fixture);
	database_role_url(fixture.database, "owning_role", owner, sizeof(owner));
	database_role_url(fixture.database, "member_role", url, sizeof(url));
	database_execute(
		fixture.database,
		"GRANT owning_role TO member_role; CREATE TABLE mine ();"
		"ALTER TABLE mine OWNER TO owning_role; GRANT CREATE ON SCHEMA public TO PUBLIC");
	struct session_facts facts = inspect(&fixture, url);
	cr_expect_null(facts.alter[0].why);
	fixture_free(&fixture);
}

Test(postgres_inspect, a_standby_can_be_read_and_says_so)
{
	static const char *const types[] = {"int", "mood"};
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE mine (a mood)");
	database_standby_wait(fixture.database);
	struct session_facts facts = inspect(&fixture, fixture.database->standby_url);
	expect_text(facts.read_only, "the server is a hot standby");
	fixture_open(&fixture);
	struct catalog catalog = fixture_read(&fixture, names, 3, types, 2);
	cr_expect_eq(catalog.relations[0].attributes[0].type.type, catalog.types[1].type);
	fixture_free(&fixture);
}

static size_t count_blockers(struct fixture *fixture, const char *table, struct blocker **blockers)
{
	size_t count;
	cr_assert(backend_postgres.blockers(fixture->session, table, blockers, &count,
					    &fixture->arena, &fixture->err),
		  "%s", fixture->err.message);
	return count;
}

Test(postgres_inspect, who_holds_a_lock_is_named)
{
	static const struct {
		const char *lock, *table;
		size_t count;
	} cases[] = {
		{"SELECT count(*) FROM t", "t", 1},
		{"SELECT count(*) FROM t", "other", 0},
		{"SELECT count(*) FROM t", "absent", 0},
		{"LOCK TABLE child IN ACCESS SHARE MODE", "parent", 1},
		{"SELECT pg_advisory_xact_lock(1919247215, hashtext('public'))", "absent", 1},
		{"SELECT pg_advisory_xact_lock(1919247215, hashtext('app'))", "absent", 0},
		{"SELECT pg_advisory_xact_lock(1919247215, hashtext('public'))", NULL, 1},
	};
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE TABLE t (); CREATE TABLE other ();"
			 "CREATE TABLE parent (a int) PARTITION BY LIST (a);"
			 "CREATE TABLE child PARTITION OF parent FOR VALUES IN (1);"
			 "SET application_name = 'the blocker'");
	fixture_open(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct blocker *blockers;
		database_execute(fixture.database, "BEGIN");
		database_execute(fixture.database, "%s", cases[i].lock);
		size_t count = count_blockers(&fixture, cases[i].table, &blockers);
		cr_expect_eq(count, cases[i].count, "%s: %zu", cases[i].lock, count);
		if (count == 1) {
			cr_expect_eq(blockers[0].pid, PQbackendPID(fixture.database->admin));
			expect_text(blockers[0].application, "the blocker");
			expect_text(blockers[0].state, "idle in transaction");
			expect_text(blockers[0].user, PQuser(fixture.database->admin));
			cr_expect_gt(blockers[0].age_ms, 0);
		}
		database_execute(fixture.database, "ROLLBACK");
	}
	fixture_free(&fixture);
}

/* Another reconciler of the same schema, and of another one. */
Test(postgres_inspect, one_reconciler_a_schema)
{
	static const struct read_request request = {names, 3, NULL, 0, false};
	struct fixture fixture;
	struct catalog catalog;
	struct session *first, *other;
	fixture_new(&fixture);
	database_execute(fixture.database, "CREATE SCHEMA app");
	fixture_open(&fixture);
	first = fixture.session;
	cr_assert(backend_postgres.begin(first, &request, &catalog, &fixture.arena, &fixture.err));
	fixture_open(&fixture);
	cr_expect_not(backend_postgres.begin(fixture.session, &request, &catalog, &fixture.arena,
					     &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_BUSY);
	cr_expect_eq(fixture.err.status, RECONCILE_BUSY);
	struct session_settings settings = fixture.settings;
	settings.schema = "app";
	fixture.err = (struct error){0};
	cr_assert(backend_postgres.open(&other, NULL, &settings, &fixture.err));
	cr_expect(backend_postgres.begin(other, &request, &catalog, &fixture.arena, &fixture.err),
		  "%s", fixture.err.message);
	cr_expect_str_eq(catalog.schema, "app");
	backend_postgres.close(other);
	backend_postgres.close(first);
	cr_expect(backend_postgres.begin(fixture.session, &request, &catalog, &fixture.arena,
					 &fixture.err),
		  "%s", fixture.err.message);
	fixture_free(&fixture);
}

Test(postgres_inspect, a_schema_that_is_missing_is_fatal)
{
	static const struct read_request request = {names, 3, NULL, 0, false};
	struct fixture fixture;
	struct catalog catalog;
	fixture_new(&fixture);
	fixture.settings.schema = "no where";
	fixture_open(&fixture);
	catalog = fixture_read(&fixture, names, 3, NULL, 0);
	cr_expect_str_eq(catalog.schema, "no where");
	cr_expect_eq(catalog.relations[0].kind, RELATION_ABSENT);
	cr_expect_not(backend_postgres.begin(fixture.session, &request, &catalog, &fixture.arena,
					     &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_FATAL);
	cr_expect(strstr(fixture.err.message, "schema 'no where' does not exist") != NULL, "%s",
		  fixture.err.message);
	expect_text(fixture.err.hint, "CREATE SCHEMA \"no where\"");
	fixture_free(&fixture);
}
