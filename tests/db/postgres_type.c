/* Types: what the server makes of a text is what a column of that type has. */
#include "postgres_support.h"

static const char *const types[] = {
	"int",
	"INTEGER",
	"bigint",
	"text",
	"VARCHAR",
	"varchar(20)",
	"character varying(1)",
	"char",
	"char(7)",
	"bpchar",
	"\"char\"",
	"name",
	"boolean",
	"numeric",
	"numeric(10)",
	"numeric(10,2)",
	"bit",
	"bit(3)",
	"bit varying",
	"varbit(9)",
	"float4",
	"double precision",
	"uuid",
	"json",
	"jsonb",
	"bytea",
	"date",
	"time",
	"time(0)",
	"time(6)",
	"time(3) with time zone",
	"timestamp",
	"TIMESTAMP(6)",
	"timestamp(3)",
	"timestamptz",
	"timestamp(0) with time zone",
	"interval",
	"interval(6)",
	"interval(2)",
	"interval day to second",
	"interval day to second(3)",
	"interval second(6)",
	"interval year to month",
	"int[]",
	"varchar(20)[]",
	"timestamp(6)[]",
	"numeric(4,1)[3]",
	"text ARRAY",
	"inet",
	"tsvector",
	"int4range",
	"mood",
	"mood[]",
	"\"Mixed Case\"",
	"short",
	"strict",
	"pair",
	"citext",
	"hstore",
	"other.hidden",
	/* From 11, 14 and 15 on. */
	"short[]",
	"int4multirange",
	"numeric(5,-2)",
};

/* How many of them the server knows. */
static size_t known_types(struct database *database)
{
	int version = database_version(database);
	return COUNT(types) - (version < 11) - (version < 14) - (version < 15);
}

static void make_types(struct database *database)
{
	database_execute(database,
			 "CREATE EXTENSION citext; CREATE EXTENSION hstore;"
			 "CREATE TYPE mood AS ENUM ('good', 'bad');"
			 "CREATE TYPE \"Mixed Case\" AS ENUM ('a');"
			 "CREATE DOMAIN short AS varchar(5);"
			 "CREATE DOMAIN strict AS timestamp(3) NOT NULL DEFAULT now();"
			 "CREATE TYPE pair AS (a int, b text);"
			 "CREATE SCHEMA other; CREATE DOMAIN other.hidden AS numeric(3,1)");
	database_execute(database, "CREATE TABLE t ()");
	for (size_t i = 0; i < known_types(database); i++)
		database_execute(database, "ALTER TABLE t ADD COLUMN c%zu %s", i, types[i]);
}

static const char *const names[] = {"t"};

static void check_ids(struct fixture *fixture, bool exact)
{
	size_t count = known_types(fixture->database);
	struct catalog catalog = fixture_read(fixture, names, 1, types, count);
	const struct relation *t = &catalog.relations[0];
	cr_assert_eq(t->kind, RELATION_TABLE);
	cr_assert_eq(t->attribute_count, count);
	for (size_t i = 0; i < count; i++) {
		struct type_id declared = catalog.types[i], live = t->attributes[i].type;
		cr_expect_neq(live.type, 0, "'%s' was not resolved", types[i]);
		cr_expect_eq(declared.type, live.type, "'%s' is %u, its column %u", types[i],
			     declared.type, live.type);
		if (!exact && live.modifier_unknown)
			continue;
		cr_expect_not(live.modifier_unknown);
		cr_expect_eq(declared.modifier, live.modifier,
			     "'%s' has modifier %d, its column %d", types[i], declared.modifier,
			     live.modifier);
	}
}

Test(postgres_type, a_column_has_the_type_that_was_declared)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_types(fixture.database);
	fixture_open(&fixture);
	check_ids(&fixture, true);
	fixture_free(&fixture);
}

Test(postgres_type, information_schema_gives_the_same_types)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_types(fixture.database);
	fixture.settings.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	fixture_open(&fixture);
	check_ids(&fixture, false);
	fixture_free(&fixture);
}

Test(postgres_type, types_that_differ_are_told_apart)
{
	static const char *const different[] = {
		"varchar",     "varchar(1)",   "varchar(2)",   "text",       "char(2)",
		"numeric",     "numeric(2)",   "short",        "varchar(5)", "varchar(5)[]",
		"timestamp",   "timestamptz",  "timestamp(3)", "strict",     "interval",
		"interval(3)", "interval day", "bit(2)",       "\"char\"",   "bpchar",
	};
	struct fixture fixture;
	fixture_new(&fixture);
	make_types(fixture.database);
	fixture_open(&fixture);
	struct catalog catalog = fixture_read(&fixture, NULL, 0, different, COUNT(different));
	for (size_t i = 0; i < COUNT(different); i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(catalog.types[i].type != catalog.types[j].type ||
					  catalog.types[i].modifier != catalog.types[j].modifier,
				  "'%s' and '%s'", different[i], different[j]);
	fixture_free(&fixture);
}

Test(postgres_type, more_types_than_a_target_list_can_hold)
{
	enum { MANY = 2000 };
	static char texts[MANY][32];
	static const char *many[MANY];
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof(texts[i]), "varchar(%zu)", i + 1);
		many[i] = texts[i];
	}
	struct catalog catalog = fixture_read(&fixture, NULL, 0, many, MANY);
	for (size_t i = 0; i < MANY; i++)
		cr_expect_eq(catalog.types[i].modifier, (int32_t)i + 5); /* + VARHDRSZ */
	fixture_free(&fixture);
}

Test(postgres_type, a_type_that_is_none_is_named)
{
	static const struct {
		const char *type;
		const char *message;
	} cases[] = {
		{"nonesuch", "does not exist"},
		{"serial", "does not exist"},
		{"varchar(0)", "at least 1"},
		{"int foo", "syntax error"},
		{"int)", "syntax error"},
		{"nowhere.thing", "does not exist"},
		{"int), CAST($2 AS int", "not one type"},
	};
	struct fixture fixture;
	fixture_new(&fixture);
	fixture_open(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *texts[] = {"int", cases[i].type, "text"};
		struct read_request request = {.types = texts, .type_count = 3};
		struct catalog catalog;
		struct error err = {0};
		size_t bad = SIZE_MAX;
		cr_expect_not(backend_postgres.read(fixture.session, &request, &catalog, &bad,
						    &fixture.arena, &err));
		cr_expect_eq(err.status, RECONCILE_BAD_REGISTRY, "'%s'", cases[i].type);
		cr_expect_eq(err.class, ERROR_FATAL);
		cr_expect_eq(bad, 1, "'%s': %zu", cases[i].type, bad);
		cr_expect(strstr(err.message, cases[i].message) != NULL, "%s", err.message);
		cr_expect(strstr(err.message, cases[i].type) != NULL, "%s", err.message);
	}
	/* The session is as good as new. */
	const char *good[] = {"int"};
	fixture_read(&fixture, NULL, 0, good, 1);
	fixture_free(&fixture);
}

Test(postgres_type, names_are_those_of_the_server)
{
	struct fixture fixture;
	fixture_new(&fixture);
	database_execute(fixture.database,
			 "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('good');"
			 "CREATE TABLE app.t (a varchar(20), b timestamp(3)[], c app.mood, d int,"
			 "                    e varchar(20))");
	fixture.settings.schema = "app";
	fixture_open(&fixture);
	struct catalog catalog = fixture_read(&fixture, names, 1, NULL, 0);
	cr_assert_null(catalog.relations[0].attributes[0].type_text);
	cr_assert(backend_postgres.name_types(fixture.session, &catalog, &fixture.arena,
					      &fixture.err),
		  "%s", fixture.err.message);
	static const char *const expected[] = {"character varying(20)",
					       "timestamp(3) without time zone[]", "mood",
					       "integer", "character varying(20)"};
	for (size_t i = 0; i < COUNT(expected); i++)
		cr_expect_str_eq(catalog.relations[0].attributes[i].type_text, expected[i]);
	fixture_free(&fixture);
}

/* A column whose type is in a schema that the role may not use: it is there all the same. */
Test(postgres_type, a_live_type_that_cannot_be_resolved_is_no_error)
{
	struct fixture fixture;
	fixture_new(&fixture);
	make_types(fixture.database);
	char url[512];
	database_role_url(fixture.database, "plain", url, sizeof(url));
	database_execute(fixture.database,
			 "CREATE TABLE u (a int, b other.hidden); GRANT SELECT ON u TO plain;"
			 "GRANT CREATE ON SCHEMA public TO plain");
	fixture.url.conninfo = url;
	fixture.settings.catalog = RECONCILE_CATALOG_INFORMATION_SCHEMA;
	fixture_open(&fixture);
	static const char *const u[] = {"u"};
	struct read_request request = {.names = u, .name_count = 1};
	for (int round = 0; round < 2; round++) {
		struct catalog catalog;
		if (round == 0)
			catalog = fixture_read(&fixture, u, 1, NULL, 0);
		else /* a refusal must not end the transaction */
			cr_assert(backend_postgres.begin(fixture.session, &request, &catalog,
							 &fixture.arena, &fixture.err),
				  "%s", fixture.err.message);
		cr_assert_eq(catalog.relations[0].attribute_count, 2);
		cr_expect_eq(catalog.relations[0].attributes[0].type.type, 23);
		cr_expect_eq(catalog.relations[0].attributes[1].type.type, 0);
		cr_expect_str_eq(catalog.relations[0].attributes[1].type_text,
				 "\"other\".\"hidden\"");
	}
	cr_expect(backend_postgres.commit(fixture.session, NULL, &fixture.err), "%s",
		  fixture.err.message);
	fixture_free(&fixture);
}
