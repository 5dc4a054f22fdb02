/*
 * Private to the PostgreSQL backend: its session, the one way to talk to a server (a batch), and
 * what its files need of each other.
 */
#ifndef BACKEND_POSTGRES_H
#define BACKEND_POSTGRES_H

#include "../base/clock.h"
#include "backend.h"
#include "executor.h"
#include "history_table.h"
#include <libpq-fe.h>

struct reader;

/* What a transaction of ours begins with, see postgres_transaction.c. */
enum { BEGIN_STATEMENTS = 6 };

/* What stands in the way of a history that is not there. */
enum history_state { HISTORY_HAS_PLACE = 0, HISTORY_NO_SCHEMA, HISTORY_TYPE_TAKEN };

struct postgres {
	struct session session; /* first: a session is cast to this */
	PGconn *connection;
	const struct session_settings *settings;
	const struct reader *reader;
	const char *path; /* the search path of our transactions; NULL: none was begun yet */
	bool in_transaction;
	bool opening;   /* its limits are not ours yet */
	bool dead;      /* no answer was had in time: only closing is left */
	bool cancelled; /* the last batch took longer than we had patience for */
	/* The open transaction's COMMIT is less than the session's settings ask for. */
	bool is_partial;
	double round_trip_ms; /* the shortest one so far; 0: none */
	bool stopped;         /* it was asked to stop, and what was running is cancelled */
	bool ending;          /* what is running is the end of it all: nobody asks */
	bool lent;
	int lent_nonblocking; /* as it was found */
	struct arena arena;   /* holds this struct, and texts as long as it lives */
	struct dialect dialect;
	char lent_encoding[32]; /* as it was found, "": it was UTF8 */
	char schema[256]; /* the target schema; set as soon as the open transaction has begun */
	enum history_state history; /* as the open transaction has found it */
	struct begun {              /* by postgres_commit(), for postgres_begin() */
		PGresult *results[BEGIN_STATEMENTS];
		size_t count; /* 0: nothing */
		size_t failed;
		bool fine;
		struct error err;
	} begun;
	bool is_postgresql; /* as it was connected: a lost connection has no version */
};

static inline struct postgres *postgres_of(struct session *session)
{
	return (struct postgres *)(void *)session;
}

/* The schema that a statement is told; NULL: the current one. In a transaction it is known, and may
 * no longer be the current one, after a change of role. */
static inline const char *target_schema(const struct postgres *pg)
{
	return pg->in_transaction ? pg->schema : pg->settings->schema;
}

/* ---- postgres_value.c: parameters out, binary results in ---------------- */

/* pg_type.dat: these numbers never change. */
enum {
	PG_BOOL = 16,
	PG_NAME = 19,
	PG_INT8 = 20,
	PG_INT4 = 23,
	PG_TEXT = 25,
	PG_OID = 26,
	PG_FLOAT4 = 700,
	PG_FLOAT8 = 701,
	PG_VARCHAR = 1043,
	PG_TIMESTAMPTZ = 1184,
	PG_NUMERIC = 1700,
	PG_NAME_ARRAY = 1003,
	PG_INT4_ARRAY = 1007,
	PG_TEXT_ARRAY = 1009,
	PG_OID_ARRAY = 1028,
};

struct parameter {
	Oid type;
	const char *value; /* NULL: the SQL NULL */
	int length;
	int format; /* 0 text, 1 binary */
};

struct parameter parameter_text(const char *text);
/* value NULL when memory ran out. Texts may be NULL. */
struct parameter parameter_texts(const char *const *texts, size_t count, struct arena *arena);
struct parameter parameter_names(const char *const *names, size_t count, struct arena *arena);
struct parameter parameter_int32s(Oid array_type, Oid element_type, const int32_t *numbers,
				  size_t count, struct arena *arena);
struct parameter parameter_number(long long number, struct arena *arena);

/* Values of a binary result; 0 or false for NULL. */
int value_int16(const PGresult *result, int row, int column);
int32_t value_int32(const PGresult *result, int row, int column);
long long value_int64(const PGresult *result, int row, int column);
double value_double(const PGresult *result, int row, int column);
bool value_bool(const PGresult *result, int row, int column);
/* *text is a copy, NULL for NULL; false when memory ran out. */
bool value_text(const char **text, const PGresult *result, int row, int column,
		struct arena *arena);

/* The elements of an array that are still to be read. Its shape has been looked at. */
struct elements {
	const char *at, *end;
	int32_t left;
};

/* None for NULL. */
struct elements elements_of(const PGresult *result, int row, int column);
/* The next one, as value_...() gives it; 0, false or NULL if there is none left. */
int elements_int16(struct elements *elements);
int32_t elements_int32(struct elements *elements);
bool elements_bool(struct elements *elements);
bool elements_text(const char **text, struct elements *elements, struct arena *arena);

/* ---- postgres_answer.c: is an answer what it should be? ------------------ */

/*
 * What the answer to a statement looks like. A zeroed one: a command, without rows. A letter a
 * column, with blanks between them as you like:
 *
 *	b bool  c "char"  h int2  i int4 or oid  l int8  d double precision  t text or name
 *	x anything, which nobody reads
 *
 * '?' behind it: or NULL. In brackets: an array of one dimension, or an empty one, of that; the
 * elements may be NULL with a '?' inside the brackets, the array with one behind them. '=' behind
 * an array: it has as many elements as the array before it (a NULL has none).
 */
struct answer {
	const char *columns;
	int least_rows;
	int most_rows; /* 0: any number */
};

#define ONE_ROW(columns)                                                                           \
	{                                                                                          \
		columns, 1, 1                                                                      \
	}
#define ONE_ROW_OR_NONE(columns)                                                                   \
	{                                                                                          \
		columns, 0, 1                                                                      \
	}
#define ANY_ROWS(columns)                                                                          \
	{                                                                                          \
		columns, 0, 0                                                                      \
	}

/* Does a result look like that, every value of it? */
bool answer_fits(const struct answer *answer, const PGresult *result);

/* ---- postgres_batch.c: the one way to talk to the server ---------------- */

enum { STATEMENT_PARAMETERS = 16 };

struct statement {
	const char *sql; /* one command */
	bool describe;   /* parsed and described, never executed; its parameters have no value */
	struct answer answer; /* what it gives, unless it is described; verified */
	int parameter_count;
	struct parameter parameters[STATEMENT_PARAMETERS];
};

/*
 * Sends the statements in one go and waits for all answers: one round trip. Outside a transaction
 * they are one implicit transaction. results[i] is then the answer to statement i, binary and of
 * the shape that it states; free them with batch_clear(), on failure too. On failure *failed (may
 * be NULL) is the index of the statement that the server refused, or count if there is none. A
 * server that has not answered all of it after patience_ms, whatever else it says meanwhile, and
 * one whose answer has another shape, are LOST.
 */
bool batch_run(struct postgres *pg, const struct statement *statements, size_t count,
	       double patience_ms, PGresult **results, size_t *failed, struct error *err);

/* How long the server is waited for, from one instant to another, whatever it says meanwhile. */
struct patience {
	double began_ms, deadline_ms; /* of clock_ms() */
	bool spoke;                   /* the server sent something */
	const struct watch *watch;    /* NULL: nobody looks meanwhile */
	double look_ms;               /* when it looks next */
};

/* From now on; INFINITY: without an end. */
struct patience patience_begin(double patience_ms);
/* Waits for something to read, and reads it. false: the connection is gone, or the time is over. */
bool batch_input(struct postgres *pg, struct patience *patience, struct error *err);
/* Waits until a result can be taken without blocking. false as above. */
bool batch_wait(struct postgres *pg, struct patience *patience, struct error *err);
/* The server said what nobody asked for: LOST. Always false. */
bool batch_unexpected(struct postgres *pg, struct error *err);
void batch_clear(PGresult **results, size_t count);

/*
 * How long things may take. The budget bounds what nothing is lost with: connecting, a read, and
 * the beginning of a transaction; a second is left to them at least. A change is not cut off by it:
 * the server itself ends each statement, and a lock in its queue, earlier.
 */
double patience_connect_ms(const struct postgres *pg);
double patience_read_ms(const struct postgres *pg);
double patience_begin_ms(const struct postgres *pg);
double patience_change_ms(const struct postgres *pg);

/* ---- postgres_error.c --------------------------------------------------- */

/* What a SQLSTATE (PostgreSQL manual, appendix A) means for us. message and schema are those of
 * the error report; either may be NULL. */
void sqlstate_classify(const char *sqlstate, const char *message, const char *schema,
		       enum error_class *class, enum reconcile_status *status);
/* Sets *err from a result that is an error. Always false. */
/* Is that what libpq says when memory runs out? It has no other sign of it. Not of what a server
 * sent, which has a SQLSTATE. */
bool error_is_memory(const char *message);
/* Did the server refuse the statement for good? Then that is an answer. Want of memory is not. */
bool error_is_refusal(const struct error *err);
bool error_from_result(struct error *err, const PGresult *result);
/* Sets *err from a connection that broke: LOST. Always false. */
bool error_from_connection(struct error *err, const PGconn *connection);
/* Copies text into line (size bytes) as one line: white space and control characters are one
 * space each run, a full stop at the end is dropped, LOCATION lines are left out. */
void error_one_line(char *line, size_t size, const char *text);

/* ---- postgres_connect.c ------------------------------------------------- */

/* Sends what can be sent without waiting; pg->connection is NULL if that is nothing. */
void connect_start(struct postgres *pg);
/* Connects within settings->connect_timeout_ms, going on from connect_start(); pg->connection is
 * NULL on failure. */
bool connect_own(struct postgres *pg, struct error *err);
/* Checks that the lent connection is idle, and takes it over. */
bool connect_lent(struct postgres *pg, struct error *err);
/* Leaves it as it was found. */
void connect_give_back(struct postgres *pg);

/* ---- postgres_refusal.c ------------------------------------------------- */

/* What libpq said about a failed attempt, in English: is it worth another one? Sets err's status,
 * SQLSTATE and hint. */
bool connect_classify(const char *message, struct error *err);
/* How a URL with a password is written. */
extern const char connect_encode_hint[];

/* ---- postgres_relation.c: what both readers share ----------------------- */

/* The relations of a request. */
struct named_relations {
	struct relation **sorted; /* by name */
	size_t count;
};

/* The relation of that name; NULL if nobody asked for it. kind is pg_class.relkind. */
struct relation *relation_found(const struct named_relations *named, const char *name, char kind,
				bool partition);
/* NULL: a table. Static text. */
const char *relation_foreign_text(char kind, bool partition);
/* A kind of our own: there are columns that the reader cannot show. */
enum { KIND_HIDDEN = '-' };

struct reader {
	bool (*statement)(const struct postgres *pg, struct statement *statement,
			  const struct read_request *request, struct arena *arena);
	/* Fills in the relations that are there, with their attributes, and *schema if it is NULL
	 * and a relation tells it. */
	bool (*collect)(struct postgres *pg, const PGresult *result,
			const struct named_relations *named, const char **schema,
			struct arena *arena, struct error *err);
};

extern const struct reader reader_catalog;  /* postgres_catalog.c: pg_catalog */
extern const struct reader reader_standard; /* postgres_standard.c: information_schema */

/* Fills in the relations, and catalog->schema if it is set or a relation tells it. */
bool relations_collect(struct postgres *pg, const PGresult *result,
		       const struct read_request *request, struct catalog *catalog,
		       struct arena *arena, struct error *err);

/* The target schema; $1 is the one asked for, or NULL. No row: there is none. */
#define SQL_FIND_SCHEMA                                                                            \
	"SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = " SQL_SCHEMA "::name"

/* The expression that makes the schema, then the connection's own path, the search path until the
 * end of the transaction, implicit ones included. */
#define SQL_LOCAL_PATH(schema)                                                                     \
	"pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ',\n"                        \
	"           pg_catalog.quote_ident(" schema "),\n"                                         \
	"           nullif(pg_catalog.current_setting('search_path'), ''), 'pg_temp'), true)"
/* Before 12 a float is printed with 15 digits, which may be those of another one, unless more are
 * asked for (manual of 11, section 8.1.3); until the end of the transaction too. */
#define SQL_EXACT_FLOATS "pg_catalog.set_config('extra_float_digits', '3', true)"
/* Policies would hide rows; with this it is refused instead (manual, "Row Security Policies"). */
#define SQL_NO_POLICIES "SELECT pg_catalog.set_config('row_security', 'off', true)"
/* The same before a count. And an index may lack rows: what may be lost is counted in the table
 * itself. */
#define SQL_COUNT_ALL                                                                              \
	"SELECT pg_catalog.set_config('row_security', 'off', true),\n"                             \
	"       pg_catalog.set_config('enable_seqscan', 'on', true),\n"                            \
	"       pg_catalog.set_config('enable_indexscan', 'off', true),\n"                         \
	"       pg_catalog.set_config('enable_indexonlyscan', 'off', true),\n"                     \
	"       pg_catalog.set_config('enable_bitmapscan', 'off', true)"
/* The target schema's name; $1 is the one asked for, or NULL. */
#define SQL_SCHEMA "coalesce($1::text, pg_catalog.current_schema()::text)"

/* ---- postgres_type.c ---------------------------------------------------- */

/* How many statements it takes to describe that many types. */
size_t type_statement_count(size_t count);
bool type_statements(struct statement *statements, const char *const *texts, size_t count,
		     struct arena *arena);
/* Takes the ids from the statements' results; false when the texts were not count types. */
bool type_collect(PGresult *const *results, size_t count, struct type_id *ids);
/* Asks one by one which text is not a type: *bad_type, and BAD_REGISTRY with the server's words.
 * Always false. */
bool type_find_bad(struct postgres *pg, const char *const *texts, size_t count, size_t *bad_type,
		   struct error *err);
/* Types of live columns: one that cannot be resolved is type 0, no error. */
bool type_resolve_live(struct postgres *pg, const char *const *texts, size_t count,
		       struct type_id *ids, struct arena *arena, struct error *err);
/* The same type for both readers: precision 6 of times is the default, so it is none. */
int32_t type_modifier(uint32_t type, int32_t modifier);
bool postgres_name_types(struct session *session, struct catalog *catalog, struct arena *arena,
			 struct error *err);

/* ---- postgres_cancel.c -------------------------------------------------- */

/* Asks the server to cancel what the connection waits for; waits for nothing. */
void cancel_ask(const struct postgres *pg);

/* ---- postgres_limit.c --------------------------------------------------- */

/*
 * How a transaction of ours begins: BEGIN, the limits of its time, and the search path: the target
 * schema, then the connection's own as it was when the first one began. All of it ends with the
 * transaction.
 */
enum { OPENING_STATEMENTS = 2 };
/* holds: it will hold more than the reconcilers' own lock, without hold_statement(). */
bool opening_statements(const struct postgres *pg, struct statement *statements, bool holds,
			struct arena *arena);
/* Of the results the schema and the server's process; false: there is no such schema. */
bool opening_collect(struct postgres *pg, PGresult *const *results, struct error *err);
/* The session's user. */
const char *opening_user(PGresult *const *results);

/* How long a transaction may stand still: with a lock, that is IDLE_MS or lock_timeout and a round
 * trip; without one. */
enum { IDLE_MS = 1000, IDLE_ROUND_TRIP_MS = 750, IDLE_WITHOUT_LOCK_MS = 5000 };
/* From here on others may wait for the transaction: work_count statements of some length will
 * follow. */
bool hold_statement(const struct postgres *pg, struct statement *statement, size_t work_count,
		    struct arena *arena);
void hold_collect(struct postgres *pg, const PGresult *result);

/* The limit that our own transactions have. */
#define LIMIT_OURS "statement_timeout_ms"
/* An error that tells of a limit (57014, 25P04): whose, after took_ms? */
void limit_explain(struct postgres *pg, double took_ms, double patience_ms, struct error *err);
bool postgres_limits(struct session *session, const char **standing, const char **options,
		     struct arena *arena, struct error *err);
void postgres_explain_limit(struct session *session, struct error *err);

/* ---- postgres_transaction.c --------------------------------------------- */

/* Takes on settings->role until the end of the transaction. */
struct statement role_statement(const struct postgres *pg);
/* Makes of an error of that statement a NOT_PERMITTED that says what would help. */
void role_explain(const struct postgres *pg, const char *session_user, struct error *err);

#define SQL_LOCK_CLASS "1919247215" /* 0x7265636f, "reco" */
#define SQL_LOCK_OBJECT "pg_catalog.hashtext(" SQL_SCHEMA ")"

bool postgres_begin(struct session *session, const struct read_request *request,
		    struct catalog *catalog, struct arena *arena, struct error *err);
bool postgres_change(struct session *session, const struct change *change,
		     const struct read_request *request, struct catalog *catalog,
		     struct arena *arena, struct error *err);
bool postgres_commit(struct session *session, const struct read_request *next, struct error *err);
bool postgres_confirm(struct session *session, double wait_ms);
void postgres_rollback(struct session *session);

/* ---- postgres_inspect.c ------------------------------------------------- */

bool postgres_inspect(struct session *session, const char *const *names, size_t name_count,
		      struct session_facts *facts, struct arena *arena, struct error *err);

/* ---- postgres_custody.c ------------------------------------------------- */

bool postgres_recognise(struct session *session, const char *const *names, size_t name_count,
			struct custody *custodies, struct arena *arena, struct error *err);

/* ---- postgres_blockers.c ------------------------------------------------ */

bool postgres_blockers(struct session *session, const char *table, struct blocker **blockers,
		       size_t *count, struct arena *arena, struct error *err);
/* See struct executor. */
bool postgres_process_blockers(struct session *session, int32_t process, struct blocker **blockers,
			       size_t *count, struct arena *arena, struct error *err);

/* ---- postgres_vacuum.c -------------------------------------------------- */

/* In the open transaction: waits until nobody vacuums the change's table any more. */
bool vacuum_pass(struct postgres *pg, const struct change *change, struct error *err);

/* ---- postgres_default.c ------------------------------------------------- */

bool postgres_compare_defaults(struct session *session, struct default_pair *pairs, size_t count,
			       struct arena *arena, struct error *err);

/* ---- postgres_outcome.c ------------------------------------------------- */

/* What EXPLAIN printed of a default, as XML escapes it. */
struct outcome {
	const char *value; /* cast to the column's type */
	const char *uncut; /* cast to that type without its length; NULL: it was not asked for */
};

/* Fills in answer and why (static text); false: out of memory. */
bool outcome_compare(struct default_pair *pair, const struct outcome *declared,
		     const struct outcome *live, struct arena *scratch);

/* ---- postgres_trial.c --------------------------------------------------- */

/* Tries the definitions in a transaction of its own. *why: the server lets no table be made to try
 * on, and only the first *done questions have an answer; otherwise NULL. */
bool trial_run(struct postgres *pg, struct cost_question *questions, size_t count, size_t *done,
	       const char **why, struct arena *arena, struct error *err);

/* ---- postgres_assess.c, postgres_measure.c ------------------------------ */

bool postgres_assess(struct session *session, struct cost_question *questions, size_t count,
		     struct arena *arena, struct error *err);
bool postgres_measure(struct session *session, struct size_question *questions, size_t count,
		      struct arena *arena, struct error *err);
bool postgres_same_database(struct session *session, struct session *other, struct error *err);

/* ---- postgres_history.c ------------------------------------------------- */

/* "schema".reconcile_history, where schema is the one that is changed; NULL when memory ran out. */
const char *history_table(const struct postgres *pg, const char *schema, struct arena *arena);
/* What has to be there for history_insert(): statements has room for HISTORY_FIELDS. CONFLICT when
 * history cannot be kept there. */
bool history_prepare(const struct postgres *pg, struct statement *statements, size_t *count,
		     const struct relation *live, struct arena *arena, struct error *err);
bool history_insert(const struct postgres *pg, struct statement *statement,
		    const struct change *change, struct arena *arena);
bool postgres_history(struct session *session, const struct history_filter *filter,
		      struct reconcile_history_row **rows, size_t *count, struct arena *arena,
		      struct error *err);

/* ---- postgres_place.c: where history is, and who may do what with it ------ */

struct history_place {
	const char *target; /* the schema that is changed; NULL: there is no current one */
	const char *schema; /* where history is, or is to be; NULL: there is no such schema */
	enum history_state state;
	struct relation live; /* types, not_null, generated; default_unread: it is filled */
	/* The rest is about one role, and false, or NULL, unless has_rights. */
	bool has_rights;
	const char *role;
	const char *owner;
	bool owns;
	bool may_use, may_read;
	bool hides;           /* row security is on for the role */
	bool may_insert;      /* by a policy */
	const char *sequence; /* that fills a column and that the role may not use; NULL: none */
};

/* Without rights, for a transaction of ours. */
struct statement history_place_statement(const struct postgres *pg);
/* role NULL: the current one. */
struct statement history_rights_statement(const struct postgres *pg, const char *role);
/* Of the answer to either. false: out of memory. */
bool history_place_collect(struct history_place *place, const PGresult *result,
			   struct arena *arena);
bool history_ask_place(struct postgres *pg, struct history_place *place, const char *role,
		       struct arena *arena, struct error *err);
/* By its role, as far as that was asked. */
bool history_is_readable(const struct history_place *place);
/* What a role lacks to read all of it; to write rows. completing: statements that only the owner
 * may run, which the next row needs. table is quoted. false: out of memory. */
bool history_refuse_reader(const struct postgres *pg, struct denial *refusal,
			   const struct history_place *place, const char *table,
			   struct arena *arena);
bool history_refuse_writer(const struct postgres *pg, struct denial *refusal,
			   const struct history_place *place, const char *table,
			   const char *const *completing, size_t count, struct arena *arena);

/* ---- postgres_history.c, of a place -------------------------------------- */

/* May no row be written, although history has a place? See history_refuse_writer(). */
bool history_refuse_insert(const struct postgres *pg, struct denial *refusal,
			   const struct history_place *place, const char *table,
			   struct arena *arena);
/* Whether history can be there: history_table_refuse(), and of one that is not there what keeps it
 * from being made. false: out of memory. */
bool history_refuse_place(const struct postgres *pg, struct denial *refusal,
			  enum history_state state, const char *table, const struct relation *live,
			  bool writes, struct arena *arena);

/* What makes history there complete, for an audience; "" when nothing is missing. NULL: out of
 * memory. */
const char *history_make(const struct history_place *place, const char *table, struct arena *arena);

/* ---- postgres_publication.c ----------------------------------------------- */

/* $2 of the statement: names. Only PostgreSQL has them. */
bool audience_statement(const struct postgres *pg, struct statement *statement,
			const char *const *names, size_t count, struct arena *arena);
bool audience_collect(struct session_facts *facts, const PGresult *result, size_t count,
		      struct arena *arena);

/* ---- postgres.c --------------------------------------------------------- */

/* PostgreSQL itself, of a version whose catalog we know: 10 or newer. */
bool is_postgresql(const struct postgres *pg);
/* For struct dialect, and for the backend's own SQL. context is the session. */
void postgres_add_identifier(struct buffer *buf, void *context, const char *name);
void postgres_add_literal(struct buffer *buf, void *context, const char *text);

#endif
