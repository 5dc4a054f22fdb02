/*
 * Starts of a service whose database has TimescaleDB in it: its hypertables, with and without a
 * columnstore, and their chunks.
 */
#include "../db/boot.h"

#include <libpq-fe.h>

#define ON_TIMESCALE(name)                                                                         \
	static void name(struct start *start);                                                     \
	Test(timescale, name)                                                                      \
	{                                                                                          \
		timescale_test(name);                                                              \
	}                                                                                          \
	static void name(struct start *start)

/* The session that all share can load the extension once, so it is not with what is dropped before
 * the next test. */
static void timescale_test(void (*test)(struct start *start))
{
	struct start start;
	start_new(&start, ENGINE_PGLITE);
	database_execute(start.database,
			 "SET client_min_messages = error;"
			 "CREATE SCHEMA IF NOT EXISTS timescale;"
			 "CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA timescale");
	test(&start);
	start_free(&start);
}

/* A hypertable with two chunks, and a row in each. */
#define HYPERTABLE                                                                                 \
	"CREATE TABLE readings (at timestamptz NOT NULL, value int);"                              \
	"SELECT timescale.create_hypertable('readings', 'at');"                                    \
	"INSERT INTO readings VALUES ('2024-01-01', 1), ('2024-02-01', 2)"
#define COLUMNSTORE                                                                                \
	HYPERTABLE ";"                                                                             \
		   "ALTER TABLE readings SET (timescaledb.compress);"                              \
		   "SELECT timescale.compress_chunk(c) FROM timescale.show_chunks('readings') c"

/* ---- a columnstore -------------------------------------------------------- */

/* One column of "readings" that is missing. */
struct one_column {
	struct reconcile_column column;
	struct reconcile_registry registry;
};

static void one_column(struct one_column *one, const char *name, const char *type,
		       struct reconcile_default value)
{
	one->column = (struct reconcile_column)COLUMN("readings", name, type, NULLABLE, NO_DEFAULT);
	one->column.default_value = value;
	one->registry = (struct reconcile_registry){
		RECONCILE_REGISTRY_LAYOUT, "app", NULL, 0, &one->column, 1};
}

/* What TimescaleDB says when a person runs the statement: an SQLSTATE, "" if it did. */
static void alter(struct start *start, const struct reconcile_column *column, char state[6])
{
	char sql[200];
	snprintf(sql, sizeof(sql), "ALTER TABLE readings ADD COLUMN %s %s DEFAULT (%s)",
		 column->column, column->type, column->default_value.text);
	PGresult *result = PQexec(start->database->admin, sql);
	const char *told = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	snprintf(state, 6, "%s", told != NULL ? told : "");
	PQclear(result);
}

ON_TIMESCALE(a_columnstore_takes_literals_only)
{
	static const struct {
		const char *type;
		struct reconcile_default value;
		const char *then; /* of the rows that are there; NULL: it is not to be added */
	} cases[] = {
		{"text", DEFAULT("none"), "none"},
		{"timestamptz", DEFAULT("2024-01-01 00:00:00+00"), "2024-01-01 00:00:00+00"},
		{"int", DEFAULT_SQL("5"), "5"},
		{"int", DEFAULT_SQL("(-5)"), "-5"},
		{"text", DEFAULT_SQL("'it''s'"), "it's"},
		{"text", DEFAULT_SQL("E'a\\tb'"), "a\tb"},
		{"float8", DEFAULT_SQL("- 1e-2"), "-0.01"},
		{"bit(8)", DEFAULT_SQL("x'1f'"), "00011111"},
		{"boolean", DEFAULT_SQL("TRUE"), "true"},
		{"timestamptz", DEFAULT_SQL("now()"), NULL},
		{"timestamptz", DEFAULT_SQL("CURRENT_TIMESTAMP"), NULL},
		{"int", DEFAULT_SQL("(1+1)"), NULL},
		{"int", DEFAULT_SQL("+5"), NULL},
		{"int", DEFAULT_SQL("CAST(5 AS int)"), NULL},
		{"int", DEFAULT_SQL("5::int"), NULL},
		{"text", DEFAULT_SQL("current_user"), NULL},
		{"date", DEFAULT_SQL("DATE '2024-01-01'"), NULL},
		{"text[]", DEFAULT_SQL("ARRAY['a']"), NULL},
	};
	database_execute(start->database, COLUMNSTORE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[16], state[6];
		struct one_column one;
		snprintf(name, sizeof(name), "extra_%zu", i);
		one_column(&one, name, cases[i].type, cases[i].value);
		start_run(start, &one.registry);
		bool taken = cases[i].then != NULL;
		cr_expect_eq(start->status, taken ? RECONCILE_OK : RECONCILE_CONFLICT, "%s: %s",
			     cases[i].value.text, start_told(start));
		cr_expect_eq(start->counts->applied, taken, "%s", cases[i].value.text);
		if (taken) {
			expect_value(start->database, cases[i].then,
				     "SELECT string_agg(DISTINCT %s::text, ',') FROM readings",
				     name);
			expect_value(start->database, "2", "SELECT count(%s) FROM readings", name);
			start_must(start, &one.registry, RECONCILE_OK);
			cr_expect_eq(start->counts->applied, 0, "%s", cases[i].value.text);
			continue;
		}
		expect_in(start->error->message, "only a literal may be the default of a column "
						 "added to a hypertable of extension "
						 "'timescaledb'");
		alter(start, &one.column, state);
		cr_expect_str_eq(state, "0A000", "%s: '%s'", cases[i].value.text, state);
	}
}

/* The others of the same table are added nevertheless. */
ON_TIMESCALE(a_columnstore_gets_what_it_takes)
{
	static const struct reconcile_column columns[] = {
		COLUMN("readings", "at", "TIMESTAMPTZ", REQUIRED, NO_DEFAULT),
		COLUMN("readings", "seen", "TIMESTAMPTZ", NULLABLE, DEFAULT_SQL("now()")),
		COLUMN("readings", "note", "TEXT", NOT_NULL, DEFAULT("none")),
		COLUMN("readings", "unit", "TEXT", NULLABLE, NO_DEFAULT),
	};
	static const struct reconcile_registry registry = OTHERS(columns);
	database_execute(start->database, COLUMNSTORE);
	start_must(start, &registry, RECONCILE_CONFLICT);
	cr_expect_eq(start->counts->applied, 2);
	const struct reconcile_item *seen = start_item(start, "readings", "seen");
	cr_assert_not_null(seen);
	cr_expect_eq(seen->cost, RECONCILE_COST_IMPOSSIBLE);
	database_execute(start->database, "INSERT INTO readings VALUES ('2024-01-02', 3)");
	expect_value(start->database, "1 none,2 none,3 none",
		     "SELECT string_agg(value || ' ' || note, ',' ORDER BY value) FROM readings");
}

/* TimescaleDB rewrites the chunks without the values that their rows do not have in themselves: a
 * NOT NULL column reads NULL then. */
ON_TIMESCALE(a_columnstore_is_not_rewritten)
{
	struct one_column note, small;
	database_execute(start->database,
			 COLUMNSTORE "; CREATE DOMAIN small AS int CHECK (VALUE < 10)");
	one_column(&note, "note", "TEXT", (struct reconcile_default)DEFAULT("none"));
	note.column.nullability = RECONCILE_NOT_NULL;
	start_must(start, &note.registry, RECONCILE_OK);
	one_column(&small, "low", "small", (struct reconcile_default)NO_DEFAULT);
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	expect_everywhere(start, &small.registry,
			  "not done to a hypertable of extension 'timescaledb'");
	expect_value(start->database, "none none", "SELECT string_agg(note, ' ') FROM readings");
}

/* What compressed rows have in the column is counted like the values of any other. */
ON_TIMESCALE(a_column_of_a_columnstore_is_taken_back)
{
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_rollback *rollback;
	struct one_column one;
	one_column(&one, "note", "TEXT", (struct reconcile_default)NO_DEFAULT);
	database_execute(start->database, COLUMNSTORE);
	start_must(start, &one.registry, RECONCILE_OK);
	database_execute(start->database, "UPDATE readings SET note = 'a' WHERE value = 2;"
					  "SELECT timescale.compress_chunk(c)"
					  "  FROM timescale.show_chunks('readings') c");
	request.last = 1;
	request.apply = true;
	request.keep_registry = true;
	for (int allowed = 0; allowed <= 1; allowed++) {
		request.allow_data_loss = allowed;
		int status =
			reconcile_rollback(&one.registry, &start->options, &request, &rollback);
		const char *told = reconcile_rollback_error(rollback)->message;
		cr_expect_eq(status, allowed ? RECONCILE_OK : RECONCILE_CONFLICT, "%d: %s", status,
			     told);
		if (!allowed)
			expect_in(told, "1 value would be lost");
		reconcile_rollback_free(rollback);
	}
	expect_value(start->database, "at,value",
		     "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute"
		     " WHERE attrelid = 'readings'::regclass AND attnum > 0 AND NOT attisdropped");
	expect_value(start->database, "2", "SELECT count(*) FROM readings");
}

/* ---- a plain hypertable --------------------------------------------------- */

ON_TIMESCALE(a_plain_hypertable_is_added_to)
{
	static const struct reconcile_column columns[] = {
		COLUMN("readings", "at", "TIMESTAMPTZ", REQUIRED, NO_DEFAULT),
		COLUMN("readings", "unit", "TEXT", NULLABLE, NO_DEFAULT),
		COLUMN("readings", "note", "TEXT", NOT_NULL, DEFAULT("none")),
		COLUMN("readings", "seen", "TIMESTAMPTZ", NULLABLE, DEFAULT_SQL("now()")),
	};
	static const struct reconcile_registry registry = OTHERS(columns);
	database_execute(start->database, HYPERTABLE);
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	database_execute(start->database,
			 "INSERT INTO readings (at, value, unit) VALUES ('2024-03-01', 3, 'V')");
	expect_value(start->database, "1 none,2 none,3 none V",
		     "SELECT string_agg(concat_ws(' ', value, note, unit), ',' ORDER BY value)"
		     " FROM readings WHERE seen IS NOT NULL");
	start_must(start, &registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 0);
}

ON_TIMESCALE(a_plain_hypertable_is_not_rewritten)
{
	struct one_column one;
	database_execute(start->database, HYPERTABLE);
	one_column(&one, "seen", "TIMESTAMPTZ",
		   (struct reconcile_default)DEFAULT_SQL("clock_timestamp()"));
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	expect_everywhere(start, &one.registry,
			  "not done to a hypertable of extension 'timescaledb'");
}

/* ---- beside it ------------------------------------------------------------ */

/* All tables of a hypertable are TimescaleDB's but itself. */
ON_TIMESCALE(what_keeps_the_rows_is_foreign)
{
	static const struct {
		const char *name; /* a query for it */
		const char *whose;
	} cases[] = {
		{"SELECT min(table_name) FROM _timescaledb_catalog.chunk"
		 " WHERE compressed_chunk_id IS NOT NULL",
		 "a chunk of extension 'timescaledb'"},
		{"SELECT min(table_name) FROM _timescaledb_catalog.chunk"
		 " WHERE compressed_chunk_id IS NULL",
		 "a chunk of extension 'timescaledb'"},
		{"SELECT table_name FROM _timescaledb_catalog.hypertable"
		 " WHERE compression_state = 2",
		 "a hypertable of extension 'timescaledb'"},
	};
	database_execute(start->database, COLUMNSTORE);
	start->options.schema = "_timescaledb_internal";
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct one_column one;
		char *table = database_value(start->database, "%s", cases[i].name);
		one_column(&one, "extra", "TEXT", (struct reconcile_default)NO_DEFAULT);
		one.column.table = table;
		expect_everywhere(start, &one.registry, cases[i].whose);
		const struct reconcile_item *item = start_item(start, table, NULL);
		cr_assert(item != NULL, "'%s': %s", table, start_told(start));
		cr_expect_eq(item->state, RECONCILE_FOREIGN, "%s", table);
		free(table);
	}
	expect_value(start->database, "0",
		     "SELECT count(*) FROM pg_attribute WHERE attname = 'extra'");
}

ON_TIMESCALE(a_table_beside_a_hypertable_is_nobody_elses)
{
	database_execute(start->database, COLUMNSTORE);
	start_must(start, &orders_registry, RECONCILE_OK);
	database_execute(start->database, "INSERT INTO orders VALUES (1, 'one')");
	start_must(start, &newer_orders_registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 3);
	expect_value(start->database, "1 one 0 f",
		     "SELECT concat_ws(' ', id, name, note, amount, done) FROM orders");
	struct one_column one;
	one_column(&one, "seen", "TIMESTAMPTZ",
		   (struct reconcile_default)DEFAULT_SQL("clock_timestamp()"));
	one.column.table = "orders";
	start->options.allow_rewrite = RECONCILE_REWRITE_ANY;
	start_must(start, &one.registry, RECONCILE_OK);
	cr_expect_eq(start->counts->applied, 1);
}
