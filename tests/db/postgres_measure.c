/* How large tables are, and whether two sessions see the same database. */
#include "postgres_cast.h"
#include <limits.h>

static struct table_size measure(struct fixture *fixture, const char *name, long long count_to)
{
	struct size_question question = {.name = name, .count_to = count_to};
	cr_assert(backend_postgres.measure(fixture->session, &question, 1, &fixture->arena,
					   &fixture->err),
		  "%s", fixture->err.message);
	return question.size;
}

static void make_tables(struct database *database)
{
	database_execute(
		database,
		"CREATE TABLE none (n int); CREATE TABLE few (n int);"
		"INSERT INTO few SELECT generate_series(1, 5);"
		"CREATE TABLE many (n int, t text); INSERT INTO many SELECT generate_series(1, "
		"5000);"
		"CREATE TABLE wide (t text); ALTER TABLE wide ALTER t SET STORAGE EXTERNAL;"
		"INSERT INTO wide SELECT repeat('x', 100000) FROM generate_series(1, 10);"
		"CREATE TABLE parent (n int); CREATE TABLE child () INHERITS (parent);"
		"INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (3), (4), (5);"
		"CREATE TABLE parts (n int) PARTITION BY RANGE (n);"
		"CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);"
		"CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (1000) TO (9000);"
		"CREATE TABLE part_3 PARTITION OF parts FOR VALUES FROM (9000) TO (9001);"
		"INSERT INTO parts SELECT generate_series(1, 3000)");
}

static void analyze(struct database *database)
{
	database_execute(database, "VACUUM ANALYZE none");
	database_execute(database, "VACUUM ANALYZE few");
	database_execute(database, "VACUUM ANALYZE many");
	database_execute(database, "VACUUM ANALYZE wide");
	database_execute(database, "VACUUM ANALYZE parent");
	database_execute(database, "VACUUM ANALYZE child");
	database_execute(database, "VACUUM ANALYZE parts");
	database_execute(database, "VACUUM ANALYZE part_1");
	database_execute(database, "VACUUM ANALYZE part_2");
	database_execute(database, "VACUUM ANALYZE part_3");
}

Test(postgres_measure, an_estimate_without_a_lock)
{
	static const struct {
		const char *table;
		long long rows; /* -1: not known */
	} cases[] = {
		{"none", -1},  {"few", 5},      {"many", 5000},   {"wide", 10},
		{"parent", 5}, {"parts", 3000}, {"part_2", 2001}, {"absent", -1},
	};
	struct fixture fixture;
	fixture_new(&fixture);
	make_tables(fixture.database);
	analyze(fixture.database);
	database_execute(fixture.database,
			 "BEGIN; LOCK TABLE none, few, many, wide, parent, parts");
	fixture_open(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct table_size size = measure(&fixture, cases[i].table, -1);
		cr_expect_eq(size.rows, cases[i].rows, "%s: %lld rows", cases[i].table, size.rows);
		cr_expect_not(size.exact, "%s", cases[i].table);
		cr_expect_eq(size.bytes > 0, cases[i].rows > 0, "%s: %lld bytes", cases[i].table,
			     size.bytes);
	}
	/* What TOAST holds is the table's. */
	cr_expect_gt(measure(&fixture, "wide", -1).bytes, 1000000);
	cr_expect_lt(measure(&fixture, "many", -1).bytes, 1000000);
	database_execute(fixture.database, "ROLLBACK");
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

Test(postgres_measure, rows_are_counted_up_to_a_limit)
{
	static const struct {
		const char *table;
		long long count_to, at_least;
		bool all;
	} cases[] = {
		{"none", 0, 0, true},        {"none", 10, 0, true},    {"few", 0, 1, false},
		{"few", 4, 5, false},        {"few", 5, 5, true},      {"few", LLONG_MAX, 5, true},
		{"many", 4999, 5000, false}, {"parent", 100, 5, true}, {"parts", 5000, 3000, true},
	};
	struct fixture fixture;
	fixture_new(&fixture);
	make_tables(fixture.database);
	fixture_open(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct table_size size = measure(&fixture, cases[i].table, cases[i].count_to);
		if (cases[i].all) {
			cr_expect(size.exact, "%s", cases[i].table);
			cr_expect_eq(size.rows, cases[i].at_least, "%s: %lld", cases[i].table,
				     size.rows);
		} else {
			cr_expect_geq(size.rows, cases[i].at_least, "%s: %lld", cases[i].table,
				      size.rows);
		}
	}
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

/* One that cannot be counted leaves the others alone. */
Test(postgres_measure, what_may_not_be_read_is_not_known)
{
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	make_tables(fixture.database);
	cast_execute(&fixture, &cast,
		     "GRANT SELECT ON none, parts TO $L; GRANT SELECT (n) ON parent TO $L;"
		     "GRANT SELECT ON few TO $D; ALTER TABLE parts ENABLE ROW LEVEL SECURITY");
	fixture.url.conninfo = cast.login_url;
	fixture_open(&fixture);
	struct size_question questions[] = {
		{.name = "few", .count_to = 9},    {.name = "none", .count_to = 9},
		{.name = "parent", .count_to = 9}, {.name = "parts", .count_to = 0},
		{.name = "absent", .count_to = 9}, {.name = "none", .count_to = -1},
	};
	/* parts: policies would show none of its 3000 rows. */
	static const long long rows[] = {-1, 0, 5, -1, -1, -1};
	cr_assert(backend_postgres.measure(fixture.session, questions, COUNT(questions),
					   &fixture.arena, &fixture.err),
		  "%s", fixture.err.message);
	for (size_t i = 0; i < COUNT(questions); i++) {
		cr_expect_eq(questions[i].size.rows, rows[i], "%zu: %lld", i,
			     questions[i].size.rows);
		cr_expect_eq(questions[i].size.exact, rows[i] >= 0, "%zu", i);
	}

	/* As the role, which may; and as one that this session may not take on. */
	fixture.settings.role = cast.ddl;
	cr_expect_eq(measure(&fixture, "few", 9).rows, -1);
	cast_execute(&fixture, &cast, "GRANT $D TO $L");
	cr_expect_eq(measure(&fixture, "few", 9).rows, 5);
	fixture.settings.role = "no such role";
	cr_expect_eq(measure(&fixture, "few", 9).rows, -1);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

Test(postgres_measure, a_lock_is_waited_for_as_long_as_allowed)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_tables(fixture.database);
	fixture_open(&fixture);
	database_execute(fixture.database, "BEGIN; LOCK TABLE few");
	struct size_question question = {.name = "few", .count_to = 9};
	cr_expect_not(backend_postgres.measure(fixture.session, &question, 1, &fixture.arena,
					       &fixture.err));
	cr_expect_eq(fixture.err.class, ERROR_BUSY);
	cr_expect_str_eq(fixture.err.sqlstate, "55P03");
	database_execute(fixture.database, "ROLLBACK");
	fixture.err = (struct error){0};
	cr_expect_eq(measure(&fixture, "few", 9).rows, 5);
	expect_nothing_left(&fixture);
	fixture_free(&fixture);
}

/* A lent session, the role's schema, the login's: what is counted is what was meant. */
Test(postgres_measure, in_the_target_schema)
{
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	cast_execute(&fixture, &cast,
		     "CREATE SCHEMA $L; CREATE SCHEMA $D; CREATE TABLE $L.t (n int);"
		     "CREATE TABLE $D.t (n int); INSERT INTO $D.t VALUES (1);"
		     "ALTER TABLE $L.t OWNER TO $D; ALTER TABLE $D.t OWNER TO $D;"
		     "GRANT ALL ON SCHEMA $L, $D TO $L, $D; GRANT $D TO $L");
	fixture.url.conninfo = cast.login_url;
	fixture.settings.role = cast.ddl;
	fixture_open(&fixture);
	cr_expect_eq(measure(&fixture, "t", 9).rows, 0);
	fixture.settings.schema = cast.ddl;
	cr_expect_eq(measure(&fixture, "t", 9).rows, 1);
	fixture_free(&fixture);
}

/* ---- the same database? ---------------------------------------------------- */

static bool is_same(struct fixture *fixture, const char *url, struct error *err)
{
	struct session *other;
	struct url parsed = {.conninfo = url};
	struct session_settings settings = fixture->settings;
	settings.url = &parsed;
	cr_assert(backend_postgres.open(&other, NULL, &settings, err), "%s", err->message);
	bool same = backend_postgres.same_database(fixture->session, other, err);
	backend_postgres.close(other);
	return same;
}

Test(postgres_measure, two_ways_to_the_same_database)
{
	struct fixture fixture;
	char url[512];
	fixture_new(&fixture);
	database_role_url(fixture.database, "plain", url, sizeof(url));
	fixture_open(&fixture);
	cr_expect(is_same(&fixture, fixture.database->url, &fixture.err));
	cr_expect(is_same(&fixture, url, &fixture.err), "%s", fixture.err.message);
	if (fixture.database->pooled_url[0] != '\0')
		cr_expect(is_same(&fixture, fixture.database->pooled_url, &fixture.err));
	if (fixture.database->standby_url[0] != '\0') {
		database_standby_wait(fixture.database);
		cr_expect(is_same(&fixture, fixture.database->standby_url, &fixture.err));
	}
	cr_expect_eq(fixture.err.status, RECONCILE_OK, "%s", fixture.err.message);
	fixture_free(&fixture);
}

Test(postgres_measure, another_database_of_the_same_server)
{
	struct fixture fixture;
	struct database *other;
	fixture_new(&fixture);
	other = database_new(ENGINE_POSTGRES);
	fixture_open(&fixture);
	cr_expect_not(is_same(&fixture, other->url, &fixture.err));
	/* It could be told: that is no error. */
	cr_expect_eq(fixture.err.status, RECONCILE_OK, "%s", fixture.err.message);
	database_free(other);
	fixture_free(&fixture);
}

Test(postgres_measure, what_cannot_be_told_is_an_error)
{
	struct fixture fixture;
	char url[512];
	fixture_new(&fixture);
	database_role_url(fixture.database, "plain", url, sizeof(url));
	database_execute(fixture.database,
			 "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
	fixture.url.conninfo = url;
	fixture_open(&fixture);
	cr_expect_not(is_same(&fixture, url, &fixture.err));
	cr_expect_eq(fixture.err.status, RECONCILE_NOT_PERMITTED);
	fixture_free(&fixture);
}
