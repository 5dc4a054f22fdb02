/* A role that is taken on for a change, and for nothing else. */
#include "postgres_cast.h"

static const char *const names[] = {"t", HISTORY_TABLE};
static const struct read_request request = {names, 2, NULL, 0, false};

/* Adds column c to table t of the schema that begin() found, up to the COMMIT. */
static bool add_column(struct fixture *fixture, struct error *err)
{
	struct catalog catalog;
	const struct backend *backend = &backend_postgres;
	if (!backend->begin(fixture->session, &request, &catalog, &fixture->arena, err))
		return false;
	struct buffer sql = BUFFER_INIT(&fixture->arena);
	buffer_add(&sql, "ALTER TABLE ");
	postgres_add_identifier(&sql, fixture->session, catalog.schema);
	buffer_add(&sql, ".t ADD COLUMN c int");
	const char *statement = buffer_text(&sql);
	const struct history_entry entry = {
		.action = "add_column", .column = "c", .definition = "int", .sql = statement};
	const struct change change = {
		.table = "t",
		.statements = &statement,
		.statement_count = 1,
		.entries = &entry,
		.entry_count = 1,
		.run_id = "run",
		.registry = "role",
		.fingerprint = "0123456789abcdef",
		.attempts = 1,
		.history = &catalog.relations[1],
	};
	size_t before = catalog.relations[0].attribute_count;
	if (!backend->change(fixture->session, &change, &request, &catalog, &fixture->arena, err))
		return false;
	cr_expect_eq(catalog.relations[0].attribute_count, before + 1);
	cr_expect_eq(catalog.relations[1].kind, RELATION_TABLE);
	return true;
}

static void expect_value(struct fixture *fixture, const char *sql, const char *expected)
{
	char *value = database_value(fixture->database, "%s", sql);
	cr_expect_str_eq(value, expected, "%s: '%s' instead of '%s'", sql, value, expected);
	free(value);
}

static char *ask(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	cr_assert_eq(PQntuples(result), 1, "%s", PQerrorMessage(connection));
	char *value = strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return value;
}

static const char all_of_it[] =
	"SELECT concat_ws('|', session_user, current_user, current_setting('role'),\n"
	"                 current_setting('search_path'), current_setting('lock_timeout'))";

/* Changes the table with the role taken on; before and after, the connection is the same. */
static void check_change(struct fixture *fixture, const struct cast *cast, PGconn *connection)
{
	struct error err = {0};
	fixture->settings.pg = connection;
	char *before = ask(connection, all_of_it);
	for (int committed = 0; committed < 2; committed++) {
		fixture_open(fixture);
		cr_assert(add_column(fixture, &err), "%s", err.message);
		if (committed)
			cr_expect(backend_postgres.commit(fixture->session, NULL, &err), "%s",
				  err.message);
		fixture_close(fixture);
		char *after = ask(connection, all_of_it);
		cr_expect_str_eq(after, before);
		free(after);
	}
	free(before);
	expect_value(fixture,
		     "SELECT pg_get_userbyid(relowner) FROM pg_class"
		     " WHERE relname = 'reconcile_history'",
		     cast->ddl);
}

Test(postgres_role, a_login_without_rights_changes_as_the_role)
{
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	cast_execute(&fixture, &cast,
		     "CREATE TABLE t (); ALTER TABLE t OWNER TO $D; GRANT $D TO $L;"
		     "GRANT ALL ON SCHEMA public TO $D; ALTER ROLE $L NOINHERIT");
	fixture.settings.role = cast.ddl;
	PGconn *connection = PQconnectdb(cast.login_url);
	check_change(&fixture, &cast, connection);
	expect_value(&fixture, "SELECT db_user FROM reconcile_history", cast.login);
	PQfinish(connection);
	fixture_free(&fixture);
}

Test(postgres_role, through_a_pooler)
{
	struct fixture fixture;
	struct cast cast;
	fixture_new(&fixture);
	if (fixture.database->pooled_url[0] == '\0') {
		fixture_free(&fixture);
		cr_skip_test("no PgBouncer: run through scripts/with-postgres");
	}
	cast_make(&cast, fixture.database);
	cast_execute(&fixture, &cast,
		     "CREATE TABLE t (); ALTER TABLE t OWNER TO $D;"
		     "GRANT ALL ON SCHEMA public TO $D");
	fixture.settings.role = cast.ddl;
	PGconn *connection = PQconnectdb(fixture.database->pooled_url);
	check_change(&fixture, &cast, connection);
	PQfinish(connection);
	fixture_free(&fixture);
}

/* What the current schema is, the login says: the role has another one of its own name. */
Test(postgres_role, the_schema_stays_the_login_s)
{
	struct fixture fixture;
	struct cast cast;
	struct error err = {0};
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	cast_execute(
		&fixture, &cast,
		"CREATE SCHEMA $L; CREATE SCHEMA $D; CREATE TABLE $L.t (); CREATE TABLE $D.t ();"
		"ALTER TABLE $L.t OWNER TO $D; ALTER TABLE $D.t OWNER TO $D; GRANT $D TO $L;"
		"GRANT ALL ON SCHEMA $L, $D TO $D; GRANT USAGE ON SCHEMA $L TO $L");
	fixture.url.conninfo = cast.login_url;
	fixture.settings.role = cast.ddl;
	fixture_open(&fixture);
	cr_assert(add_column(&fixture, &err), "%s", err.message);
	cr_assert(backend_postgres.commit(fixture.session, NULL, &err), "%s", err.message);
	fixture_close(&fixture);
	expect_value(&fixture,
		     "SELECT string_agg(n.nspname, ' ')\n"
		     "  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid\n"
		     "  JOIN pg_namespace n ON n.oid = c.relnamespace\n"
		     " WHERE c.relname = 't' AND a.attname = 'c'",
		     cast.login);

	/* And when the role may not even use it, nothing else is changed instead. */
	cast_execute(&fixture, &cast, "ALTER TABLE $L.t DROP c; REVOKE ALL ON SCHEMA $L FROM $D");
	fixture_open(&fixture);
	cr_expect_not(add_column(&fixture, &err));
	cr_expect_eq(err.status, RECONCILE_NOT_PERMITTED, "%s", err.message);
	cr_expect_str_eq(err.sqlstate, "42501");
	fixture_close(&fixture);
	cast_execute(&fixture, &cast, "GRANT CREATE ON SCHEMA $L TO $D");
	expect_value(&fixture, "SELECT count(*)::text FROM pg_attribute WHERE attname = 'c'", "0");
	fixture_free(&fixture);
}

Test(postgres_role, one_that_cannot_be_taken_on)
{
	static const struct {
		bool exists;
		const char *sqlstate, *hint;
	} cases[] = {
		{true, "42501", "GRANT $D TO $L;"},
		{false, "22023", "CREATE ROLE $D; GRANT $D TO $L;"},
	};
	struct fixture fixture;
	struct cast cast;
	struct catalog catalog;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	database_execute(fixture.database, "CREATE TABLE t ()");
	fixture.url.conninfo = cast.login_url;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err = {0};
		if (!cases[i].exists)
			cast_execute(&fixture, &cast, "DROP ROLE $D");
		fixture.settings.role = cast.ddl;
		fixture_open(&fixture);
		cr_expect_not(backend_postgres.begin(fixture.session, &request, &catalog,
						     &fixture.arena, &err));
		cr_expect_eq(err.status, RECONCILE_NOT_PERMITTED);
		cr_expect_eq(err.class, ERROR_FATAL);
		cr_expect_str_eq(err.sqlstate, cases[i].sqlstate, "%s", err.message);
		cr_expect_str_eq(err.hint, cast_text(&fixture, &cast, true, cases[i].hint));
		/* Nothing is open. */
		fixture.settings.role = NULL;
		struct error none = {0};
		cr_expect(backend_postgres.begin(fixture.session, &request, &catalog,
						 &fixture.arena, &none),
			  "%s", none.message);
		fixture_close(&fixture);
	}
	fixture_free(&fixture);
}

/* The log of changes can be read by whoever may become the one that wrote it. */
Test(postgres_role, history_is_read_as_the_role_if_need_be)
{
	struct fixture fixture;
	struct cast cast;
	struct error err = {0};
	struct reconcile_history_row *rows;
	size_t count;
	fixture_new(&fixture);
	cast_make(&cast, fixture.database);
	cast_execute(&fixture, &cast,
		     "CREATE TABLE t (); ALTER TABLE t OWNER TO $D; GRANT $D TO $L;"
		     "GRANT ALL ON SCHEMA public TO $D; ALTER ROLE $L NOINHERIT");
	fixture.settings.role = cast.ddl;
	fixture.url.conninfo = cast.login_url;
	fixture_open(&fixture);
	cr_assert(add_column(&fixture, &err), "%s", err.message);
	cr_assert(backend_postgres.commit(fixture.session, NULL, &err), "%s", err.message);
	for (int granted = 0; granted < 2; granted++) {
		cr_expect(backend_postgres.history(fixture.session,
						   &(struct history_filter){.table = "t"}, &rows,
						   &count, &fixture.arena, &err),
			  "%s", err.message);
		cr_expect_eq(count, 1);
		if (count == 1)
			cr_expect_str_eq(rows[0].column_name, "c");
		/* Who may read it, need not become anybody. */
		if (!granted)
			cast_execute(&fixture, &cast,
				     "GRANT SELECT ON reconcile_history TO $L; REVOKE $D FROM $L");
	}
	fixture_free(&fixture);
}
