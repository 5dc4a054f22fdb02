#include "fake_backend.h"
#include "../../src/base/hash.h"
#include "model.h"

#include <limits.h>
#include <stdio.h>

struct fake fake;

/* One a call of open, so that a session that is closed is never taken for the next one. */
static struct fake_session {
	struct session base;
	struct dialect dialect;
	char place[32];
	bool is_open;
	bool is_dead; /* LOST or UNKNOWN was said: only close (and rollback) may follow */
} sessions[64];
static const struct session *in_transaction; /* of whom the open transaction is */
static const struct backend fake_backend;

static struct fake_session *session_of(struct session *base)
{
	return (struct fake_session *)(void *)base;
}

/* What that session sees. */
static struct fake_database *seen_by(const struct session *base)
{
	return fake.in_transaction && base == in_transaction ? &fake.working : &fake.committed;
}

static const char *const call_names[FAKE_CALLS] = {
	"open",      "read",    "name_types", "compare_defaults", "assess", "measure",
	"recognise", "inspect", "begin",      "change",           "commit", "rollback",
	"blockers",  "history", "execute",    "conclude",         "close",
};

/* ---- the catalog in memory ------------------------------------------------ */

struct fake_table *fake_table(struct fake_database *database, const char *name)
{
	for (size_t i = 0; i < database->table_count; i++) {
		if (strcmp(database->tables[i].name, name) == 0)
			return &database->tables[i];
	}
	return NULL;
}

static struct fake_table *table_add(struct fake_database *database, const char *name)
{
	struct fake_table *table = fake_table(database, name);
	if (table != NULL)
		return table;
	cr_assert(database->table_count < COUNT(database->tables));
	table = &database->tables[database->table_count++];
	*table = (struct fake_table){.name = name, .kind = RELATION_TABLE};
	return table;
}

static struct type_id type_of(const char *text)
{
	return (struct type_id){.type = (uint32_t)hash_text(HASH_INIT, text), .modifier = -1};
}

static void attribute_add(struct fake_table *table, const struct reconcile_column *row)
{
	cr_assert(table->attribute_count < COUNT(table->attributes));
	table->attributes[table->attribute_count++] = (struct attribute){
		.name = row->column,
		.type = type_of(row->type),
		.not_null = row->nullability != RECONCILE_NULLABLE,
		.default_value = row->default_value.text,
	};
}

static void add_declared(struct fake_database *database, const char *table, const char *column)
{
	const struct reconcile_registry *registry = fake.registry;
	for (size_t i = 0; i < registry->column_count; i++) {
		const struct reconcile_column *row = &registry->columns[i];
		if (strcmp(row->table, table) == 0 &&
		    (column == NULL || strcmp(row->column, column) == 0))
			attribute_add(table_add(database, row->table), row);
	}
}

void fake_drop(struct fake_table *table, const char *column)
{
	size_t kept = 0;
	for (size_t i = 0; i < table->attribute_count; i++) {
		if (strcmp(table->attributes[i].name, column) != 0)
			table->attributes[kept++] = table->attributes[i];
	}
	cr_assert(kept + 1 == table->attribute_count, "no column '%s'", column);
	table->attribute_count = kept;
}

void fake_have(const char *table, const char *column)
{
	add_declared(&fake.committed, table, column);
}

void fake_have_view(const char *name)
{
	table_add(&fake.committed, name)->kind = RELATION_FOREIGN;
}

void fake_fail(struct fake_failure failure)
{
	cr_assert(fake.failure_count < COUNT(fake.failures));
	fake.failures[fake.failure_count++] = failure;
}

size_t fake_history_count(const char *table, const char *column)
{
	size_t count = 0;
	for (size_t i = 0; i < fake.committed.history_count; i++) {
		const struct fake_history *row = &fake.committed.history[i];
		if (strcmp(row->table, table) != 0 || (row->column == NULL) != (column == NULL))
			continue;
		count += column == NULL || strcmp(row->column, column) == 0;
	}
	return count;
}

/* ---- every call ----------------------------------------------------------- */

static void violation(const char *what)
{
	if (fake.violation == NULL)
		fake.violation = what;
}

static void note(const struct fake_session *session, enum fake_call call)
{
	size_t length = strlen(fake.trace);
	fake.calls[call]++;
	snprintf(fake.trace + length, sizeof(fake.trace) - length, "%s%s", length > 0 ? " " : "",
		 call_names[call]);
	if (call != FAKE_OPEN && !session->is_open)
		violation("a call without a session");
	if (call != FAKE_OPEN && session->is_dead && call != FAKE_CLOSE && call != FAKE_ROLLBACK)
		violation("a call after the connection was lost");
	if (fake.next[0] != '\0' && call != FAKE_BEGIN && call != FAKE_ROLLBACK &&
	    call != FAKE_CLOSE)
		violation("a call with a transaction begun by commit");
}

static const struct fake_failure *due_failure(enum fake_call call, const char *table)
{
	const struct fake_failure *due = NULL;
	for (size_t i = fake.failure_count; i-- > 0;) {
		struct fake_failure *failure = &fake.failures[i];
		if (failure->call != call ||
		    (failure->table != NULL && table != NULL && strcmp(failure->table, table) != 0))
			continue;
		failure->seen++;
		if (due != NULL || failure->seen < failure->first ||
		    (failure->count != 0 && failure->seen >= failure->first + failure->count))
			continue;
		failure->injected++;
		due = failure;
	}
	return due;
}

static bool fails(struct fake_session *session, const struct fake_failure *failure,
		  enum fake_call call, struct error *err)
{
	if (failure == NULL)
		return false;
	error_set(err, RECONCILE_FAILED, "injected into %s", call_names[call]);
	err->class = failure->class;
	if (failure->sqlstate != NULL)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", failure->sqlstate);
	if ((failure->class == ERROR_LOST || failure->class == ERROR_UNKNOWN) && session != NULL) {
		session->is_dead = true;
		/* The server rolls back by itself. */
		fake.in_transaction = fake.in_transaction && in_transaction != &session->base;
	}
	return true;
}

/* base NULL: there is no session yet. */
static bool call_fails(struct session *base, enum fake_call call, struct error *err)
{
	note(session_of(base), call);
	return fails(session_of(base), due_failure(call, fake.table), call, err);
}

/* ---- its SQL --------------------------------------------------------------- */

/* A real one asks its connection how to quote. */
static void check_context(const void *context)
{
	for (size_t i = 0; i < COUNT(sessions); i++)
		if (context == &sessions[i] && sessions[i].is_open)
			return;
	violation("SQL is written with a session that is closed");
}

static void add_identifier(struct buffer *buf, void *context, const char *name)
{
	check_context(context);
	model_identifier(buf, NULL, name);
}

static void add_literal(struct buffer *buf, void *context, const char *text)
{
	check_context(context);
	model_literal(buf, NULL, text);
}

static const struct dialect dialect = {
	.engine = "fake",
	.add_identifier = add_identifier,
	.add_literal = add_literal,
	.many_columns = true,
	.script_begin = "BEGIN;",
	.script_end = "COMMIT;",
};

/* ---- the functions of a backend ------------------------------------------- */

static struct fake_session started;

static struct session *fake_start(const struct session_settings *settings)
{
	(void)settings;
	if (fake.is_started || fake.open_sessions > 0)
		violation("a second start");
	started.base = (struct session){.backend = &fake_backend};
	fake.is_started = true;
	return &started.base;
}

static bool fake_open(struct session **out, struct session *taken,
		      const struct session_settings *settings, struct error *err)
{
	(void)settings;
	if (taken != (fake.is_started ? &started.base : NULL))
		violation("open takes what start gave");
	fake.is_started = false;
	*out = NULL;
	if (fake.open_sessions >= (fake.sessions_allowed > 0 ? fake.sessions_allowed : 1))
		violation("one session more");
	if (call_fails(NULL, FAKE_OPEN, err))
		return false;
	struct fake_session *opened = &sessions[fake.calls[FAKE_OPEN] % COUNT(sessions)];
	opened->dialect = dialect;
	opened->is_open = true;
	opened->is_dead = false;
	snprintf(opened->place, sizeof(opened->place), "app@fake/main");
	opened->base = (struct session){
		.backend = &fake_backend,
		.dialect = &opened->dialect,
		.place = opened->place,
		.version = "1.0",
	};
	fake.open_sessions++;
	*out = &opened->base;
	return true;
}

static void fake_close(struct session *closed)
{
	if (closed == NULL)
		return;
	if (closed == &started.base) {
		if (!fake.is_started)
			violation("what start gave is closed twice");
		fake.is_started = false;
		return;
	}
	struct fake_session *freed = session_of(closed);
	note(freed, FAKE_CLOSE);
	if (fake.in_transaction && in_transaction == closed)
		violation("closed with a transaction open");
	/* What a real backend would have freed now. */
	freed->dialect.script_begin = FAKE_CLOSED;
	snprintf(freed->place, sizeof(freed->place), FAKE_CLOSED);
	closed->backend = NULL;
	freed->is_open = false;
	fake.open_sessions--;
	fake.in_transaction = fake.in_transaction && in_transaction != closed;
	fake.next[0] = '\0';
}

static bool collect(const struct fake_database *database, const struct read_request *request,
		    struct catalog *catalog, struct arena *arena, struct error *err)
{
	struct relation *relations = arena_array(arena, request->name_count, sizeof(*relations));
	*catalog = (struct catalog){.schema = "main", .relation_count = request->name_count};
	if (database->history_count > 0)
		catalog->history.kind = RELATION_TABLE;
	if (relations == NULL)
		return error_memory(err);
	for (size_t i = 0; i < request->name_count; i++) {
		struct fake_table *table =
			fake_table((struct fake_database *)database, request->names[i]);
		relations[i].name = request->names[i];
		if (table == NULL)
			continue;
		relations[i].kind = table->kind;
		relations[i].kind_text = table->kind == RELATION_FOREIGN ? "a view" : NULL;
		struct attribute *copy = arena_array(arena, table->attribute_count, sizeof(*copy));
		if (copy == NULL)
			return error_memory(err);
		memcpy(copy, table->attributes, table->attribute_count * sizeof(*copy));
		relations[i].attributes = copy;
		relations[i].attribute_count = table->attribute_count;
	}
	catalog->relations = relations;
	return true;
}

static bool fake_read(struct session *base, const struct read_request *request,
		      struct catalog *catalog, size_t *bad_type, struct arena *arena,
		      struct error *err)
{
	if (seen_by(base) != &fake.committed)
		violation("read in a transaction of ours");
	if (call_fails(base, FAKE_READ, err) ||
	    !collect(&fake.committed, request, catalog, arena, err))
		return false;
	struct type_id *types = arena_array(arena, request->type_count, sizeof(*types));
	if (types == NULL)
		return error_memory(err);
	for (size_t i = 0; i < request->type_count; i++) {
		types[i] = type_of(request->types[i]);
		if (fake.bad_type != NULL && strcmp(fake.bad_type, request->types[i]) == 0) {
			*bad_type = i;
			return error_set(err, RECONCILE_BAD_REGISTRY, "type does not exist");
		}
	}
	catalog->types = types;
	catalog->type_count = request->type_count;
	return true;
}

static bool fake_name_types(struct session *base, struct catalog *catalog, struct arena *arena,
			    struct error *err)
{
	(void)arena;
	if (call_fails(base, FAKE_NAME_TYPES, err))
		return false;
	for (size_t i = 0; i < catalog->relation_count; i++) {
		struct attribute *attributes = (struct attribute *)catalog->relations[i].attributes;
		for (size_t a = 0; a < catalog->relations[i].attribute_count; a++)
			attributes[a].type_text = "a live type";
	}
	return true;
}

static bool fake_compare_defaults(struct session *base, struct default_pair *pairs, size_t count,
				  struct arena *arena, struct error *err)
{
	(void)arena;
	if (call_fails(base, FAKE_COMPARE_DEFAULTS, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		pairs[i].answer = fake.default_answer;
		pairs[i].why = fake.default_answer == DEFAULT_NOT_KNOWN ? "who knows" : NULL;
	}
	fake.asked += count;
	return true;
}

static bool fake_assess(struct session *base, struct cost_question *questions, size_t count,
			struct arena *arena, struct error *err)
{
	(void)arena;
	if (fake.in_transaction)
		violation("assess in a transaction");
	if (call_fails(base, FAKE_ASSESS, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		questions[i].cost =
			fake.answers_nothing ? RECONCILE_COST_NONE : RECONCILE_COST_CATALOG;
		for (size_t c = COUNT(fake.costs); c-- > 0;) {
			const char *definition = fake.costs[c].definition;
			if (fake.costs[c].cost == RECONCILE_COST_NONE ||
			    (definition && strcmp(definition, questions[i].definition) != 0))
				continue;
			questions[i].cost = fake.costs[c].cost;
			questions[i].reason = fake.costs[c].reason;
		}
	}
	fake.asked += count;
	return true;
}

static bool fake_measure(struct session *base, struct size_question *questions, size_t count,
			 struct arena *arena, struct error *err)
{
	(void)arena;
	if (call_fails(base, FAKE_MEASURE, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool counts = questions[i].count_to >= 0;
		long long most =
			questions[i].count_to < LLONG_MAX ? questions[i].count_to + 1 : LLONG_MAX;
		fake.count_to = questions[i].count_to;
		questions[i].size = (struct table_size){
			.rows = counts && fake.rows > most ? most : fake.rows,
			.bytes = 8192 * fake.rows,
			.exact = counts,
		};
	}
	fake.asked += count;
	return true;
}

static bool fake_recognise(struct session *base, const char *const *names, size_t name_count,
			   struct custody *custodies, struct arena *arena, struct error *err)
{
	(void)arena;
	if (call_fails(base, FAKE_RECOGNISE, err))
		return false;
	for (size_t i = 0; i < name_count; i++)
		if (fake.custody_table != NULL && strcmp(names[i], fake.custody_table) == 0)
			custodies[i] = fake.custody;
	return true;
}

static bool fake_inspect(struct session *base, const char *const *names, size_t name_count,
			 struct session_facts *facts, struct arena *arena, struct error *err)
{
	if (call_fails(base, FAKE_INSPECT, err))
		return false;
	struct denial *alter = arena_array(arena, name_count, sizeof(*alter));
	if (alter == NULL)
		return error_memory(err);
	for (size_t i = 0; i < name_count; i++) {
		if (fake.alter_table != NULL && strcmp(names[i], fake.alter_table) == 0)
			alter[i].why = fake.may_not_alter;
	}
	*facts = (struct session_facts){
		.schema = "main",
		.read_only = fake.read_only,
		.create = {.why = fake.may_not_create},
		.alter = alter,
		.db_user = "app",
	};
	return true;
}

static bool fake_begin(struct session *base, const struct read_request *request,
		       struct catalog *catalog, struct arena *arena, struct error *err)
{
	if (fake.in_transaction)
		violation("begin in a transaction");
	const char *name = request->name_count > 0 ? request->names[0] : "";
	if (fake.next[0] != '\0' && strcmp(fake.next, name) != 0)
		violation("begin for another table than commit was told");
	fake.next[0] = '\0';
	if (fake.before_begin != NULL)
		fake.before_begin(&fake);
	fake.table = "";
	for (size_t i = 0; i < fake.registry->column_count; i++) {
		if (strcmp(fake.registry->columns[i].table, name) == 0)
			fake.table = fake.registry->columns[i].table;
	}
	if (call_fails(base, FAKE_BEGIN, err))
		return false;
	fake.working = fake.committed;
	if (!collect(&fake.working, request, catalog, arena, err))
		return false;
	fake.in_transaction = true;
	in_transaction = base;
	return true;
}

static void sabotage(struct fake_table *table)
{
	if (table == NULL || table->attribute_count == 0)
		return;
	struct attribute *last = &table->attributes[table->attribute_count - 1];
	static const struct reconcile_column stranger =
		ROW("a", "stranger", "TEXT", NULLABLE, NO_DEFAULT, 0);
	switch (fake.sabotage) {
	case FAKE_HONEST:
		break;
	case FAKE_ADDS_ANOTHER:
		attribute_add(table, &stranger);
		break;
	case FAKE_DROPS_ONE:
		fake_drop(table, table->attributes[0].name);
		break;
	case FAKE_LEAVES_OUT:
		table->attribute_count--;
		break;
	case FAKE_RETYPES:
		last->type = type_of("another");
		break;
	case FAKE_DROPS_TABLE:
		table->kind = RELATION_ABSENT;
		break;
	}
}

static void write_history(const struct change *change, const struct history_entry *entry)
{
	struct fake_database *database = &fake.working;
	cr_assert(database->history_count < COUNT(database->history));
	struct fake_history *row = &database->history[database->history_count++];
	*row = (struct fake_history){
		.table = fake.table,
		.column = entry->column,
		.action = entry->action,
		.registry = change->registry,
	};
	/* The column's name may be a session's that is closed before the test ends. */
	for (size_t i = 0; i < fake.registry->column_count && entry->column != NULL; i++)
		if (strcmp(fake.registry->columns[i].column, entry->column) == 0)
			row->column = fake.registry->columns[i].column;
	snprintf(row->run_id, sizeof(row->run_id), "%s", change->run_id);
	snprintf(row->definition, sizeof(row->definition), "%s",
		 entry->definition != NULL ? entry->definition : "");
	snprintf(row->sql, sizeof(row->sql), "%s", entry->sql != NULL ? entry->sql : "");
	snprintf(row->object, sizeof(row->object), "%s",
		 change->object != NULL ? change->object : "");
	snprintf(row->outcome, sizeof(row->outcome), "%s",
		 change->outcome != NULL ? change->outcome : "applied");
}

/* false: values would be lost. */
static bool drop(const struct change *change, struct error *err)
{
	struct fake_table *table = fake_table(&fake.working, fake.table);
	cr_assert(table != NULL);
	if (!change->loss->allowed && fake.rows > 0)
		return change_loses(change, fake.rows, err);
	if (change->loss->column != NULL)
		fake_drop(table, change->loss->column);
	else
		*table = (struct fake_table){.name = table->name, .kind = RELATION_ABSENT};
	return true;
}

static bool fake_change(struct session *base, const struct change *change,
			const struct read_request *request, struct catalog *catalog,
			struct arena *arena, struct error *err)
{
	if (!fake.in_transaction)
		violation("change outside a transaction");
	if ((change->history->kind == RELATION_ABSENT) != (fake.working.history_count == 0))
		violation("history is told as it was read");
	if (change->yield_count > 0) {
		fake.yield_count = change->yield_count;
		fake.yields_ms = change->yields_ms;
	}
	if (call_fails(base, FAKE_CHANGE, err))
		return false;
	fake.entries = change->entry_count;
	fake.statements = change->statement_count;
	if (change->loss != NULL && !drop(change, err))
		return false;
	for (size_t i = 0; i < change->entry_count; i++) {
		write_history(change, &change->entries[i]);
		if (change->statement_count > 0 && change->loss == NULL)
			add_declared(&fake.working, fake.table, change->entries[i].column);
	}
	sabotage(fake_table(&fake.working, fake.table));
	return collect(&fake.working, request, catalog, arena, err);
}

static bool fake_commit(struct session *base, const struct read_request *next, struct error *err)
{
	bool was_open = fake.in_transaction;
	if (!was_open)
		violation("commit outside a transaction");
	note(session_of(base), FAKE_COMMIT);
	const struct fake_failure *failure = due_failure(FAKE_COMMIT, fake.table);
	if (failure == NULL || failure->committed)
		fake.committed = fake.working;
	fake.in_transaction = false;
	if (fails(session_of(base), failure, FAKE_COMMIT, err))
		return false;
	if (next != NULL)
		snprintf(fake.next, sizeof(fake.next), "%s", next->names[0]);
	if (fake.after_commit != NULL)
		fake.after_commit(&fake);
	return true;
}

static void fake_rollback(struct session *base)
{
	note(session_of(base), FAKE_ROLLBACK);
	fake.in_transaction = false;
	fake.next[0] = '\0';
}

static bool fake_blockers(struct session *base, const char *table, struct blocker **blockers,
			  size_t *count, struct arena *arena, struct error *err)
{
	(void)table;
	*blockers = NULL;
	*count = 0;
	if (call_fails(base, FAKE_BLOCKERS, err))
		return false;
	if (fake.blocker.pid == 0 && fake.blocker.what == NULL)
		return true;
	*blockers = arena_array(arena, 1, sizeof(**blockers));
	if (*blockers == NULL)
		return error_memory(err);
	**blockers = fake.blocker;
	*count = 1;
	return true;
}

static bool fake_history(struct session *base, const struct history_filter *filter,
			 struct reconcile_history_row **rows, size_t *count, struct arena *arena,
			 struct error *err)
{
	*count = 0;
	if (call_fails(base, FAKE_HISTORY, err))
		return false;
	const struct fake_database *database = seen_by(base);
	*rows = arena_array(arena, database->history_count, sizeof(**rows));
	if (*rows == NULL)
		return error_memory(err);
	for (size_t i = database->history_count;
	     i-- > 0 && (filter->limit == 0 || *count < filter->limit);) {
		const struct fake_history *row = &database->history[i];
		bool of_object = row->object[0] != '\0';
		if ((filter->table != NULL && strcmp(row->table, filter->table) != 0) ||
		    (filter->object != NULL && strcmp(row->object, filter->object) != 0) ||
		    (filter->objects && !of_object))
			continue;
		struct reconcile_history_row *out = &(*rows)[(*count)++];
		*out = (struct reconcile_history_row){
			.id = (long long)i + 1,
			.run_id = arena_text(arena, row->run_id),
			.action = row->action,
			.table_name = of_object ? "" : row->table,
			.column_name = row->column,
			.definition = arena_text(arena, row->definition),
			.sql = arena_text(arena, row->sql),
			.object = of_object ? arena_text(arena, row->object) : NULL,
			.outcome = arena_text(arena, row->outcome),
			.registry = row->registry,
		};
		if (out->run_id == NULL || out->definition == NULL || out->sql == NULL ||
		    out->outcome == NULL || (of_object && out->object == NULL))
			return error_memory(err);
	}
	return true;
}

/* ---- scripts ---------------------------------------------------------------- */

static bool fake_execute(struct session *base, const struct script_text *script,
			 struct script_end *end, struct error *err)
{
	(void)script;
	struct fake_database *database = seen_by(base);
	*end = (struct script_end){0};
	note(session_of(base), FAKE_EXECUTE);
	const struct fake_failure *failure = due_failure(FAKE_EXECUTE, fake.table);
	if (failure == NULL || failure->committed || failure->kept)
		database->executed++;
	if (failure != NULL && failure->kept && fake.in_transaction) {
		fake.committed = fake.working;
		fake.in_transaction = false;
		*end = (struct script_end){.kept = true, .ended = true};
	}
	return !fails(session_of(base), failure, FAKE_EXECUTE, err);
}

static bool fake_conclude(struct session *base, const char *run_id, const char *object,
			  const char *outcome, struct error *err)
{
	struct fake_database *database = seen_by(base);
	if (call_fails(base, FAKE_CONCLUDE, err))
		return false;
	for (size_t i = database->history_count; i-- > 0;) {
		struct fake_history *row = &database->history[i];
		if (strcmp(row->run_id, run_id) != 0 || strcmp(row->object, object) != 0 ||
		    strcmp(row->outcome, "running") != 0)
			continue;
		snprintf(row->outcome, sizeof(row->outcome), "%s", outcome);
		return true;
	}
	return error_set(err, RECONCILE_FAILED, "there is no such row");
}

static const struct executor fake_executor = {
	.execute = fake_execute,
	.conclude = fake_conclude,
};

static const struct backend fake_backend = {
	.engine = "fake",
	.start = fake_start,
	.open = fake_open,
	.close = fake_close,
	.read = fake_read,
	.name_types = fake_name_types,
	.compare_defaults = fake_compare_defaults,
	.assess = fake_assess,
	.measure = fake_measure,
	.recognise = fake_recognise,
	.inspect = fake_inspect,
	.begin = fake_begin,
	.change = fake_change,
	.commit = fake_commit,
	.rollback = fake_rollback,
	.blockers = fake_blockers,
	.history = fake_history,
};

/* ---- plugged in by the linker --------------------------------------------- */

const struct backend *__real_backend_for(const struct session_settings *settings,
					 struct error *err);
const struct backend *__wrap_backend_for(const struct session_settings *settings,
					 struct error *err);

/* Only for the tests that have asked for it. */
const struct backend *__wrap_backend_for(const struct session_settings *settings, struct error *err)
{
	return fake.registry != NULL ? &fake_backend : __real_backend_for(settings, err);
}

const struct executor *__real_executor_of(const struct session *session);
const struct executor *__wrap_executor_of(const struct session *session);

const struct executor *__wrap_executor_of(const struct session *session)
{
	return session->backend == &fake_backend ? &fake_executor : __real_executor_of(session);
}

void fake_reset(const struct reconcile_registry *registry)
{
	fake = (struct fake){.registry = registry};
}
