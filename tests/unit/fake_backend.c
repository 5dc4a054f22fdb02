#include "fake_backend.h"
#include "../../src/base/hash.h"
#include "model.h"

#include <stdio.h>

struct fake fake;

/* One a call of open, so that a session that is closed is never taken for the next one. */
static struct fake_session {
	struct session base;
	struct dialect dialect;
	char place[32];
} sessions[64];
static struct session *session;
static const struct backend fake_backend;

static const char *const call_names[FAKE_CALLS] = {
	"open",  "read",   "name_types", "compare_defaults", "assess",   "measure", "inspect",
	"begin", "change", "commit",     "rollback",         "blockers", "history", "close",
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

static void note(enum fake_call call)
{
	size_t length = strlen(fake.trace);
	fake.calls[call]++;
	snprintf(fake.trace + length, sizeof(fake.trace) - length, "%s%s", length > 0 ? " " : "",
		 call_names[call]);
	if (!fake.is_open && call != FAKE_OPEN)
		violation("a call without a session");
	if (fake.is_dead && call != FAKE_CLOSE && call != FAKE_ROLLBACK)
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

static bool fails(const struct fake_failure *failure, enum fake_call call, struct error *err)
{
	if (failure == NULL)
		return false;
	error_set(err, RECONCILE_FAILED, "injected into %s", call_names[call]);
	err->class = failure->class;
	if (failure->sqlstate != NULL)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", failure->sqlstate);
	if (failure->class == ERROR_LOST || failure->class == ERROR_UNKNOWN) {
		fake.is_dead = call != FAKE_OPEN;
		fake.in_transaction = false; /* the server rolls back by itself */
	}
	return true;
}

static bool call_fails(enum fake_call call, struct error *err)
{
	note(call);
	return fails(due_failure(call, fake.table), call, err);
}

/* ---- its SQL --------------------------------------------------------------- */

/* A real one asks its connection how to quote. */
static void check_context(const void *context)
{
	if (context != session || !fake.is_open)
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
	if (fake.is_started || fake.is_open)
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
	if (fake.is_open)
		violation("a second session");
	if (call_fails(FAKE_OPEN, err))
		return false;
	struct fake_session *opened = &sessions[fake.calls[FAKE_OPEN] % COUNT(sessions)];
	session = &opened->base;
	opened->dialect = dialect;
	snprintf(opened->place, sizeof(opened->place), "app@fake/main");
	*session = (struct session){
		.backend = &fake_backend,
		.dialect = &opened->dialect,
		.place = opened->place,
		.version = "1.0",
	};
	fake.is_open = true;
	fake.is_dead = false;
	*out = session;
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
	note(FAKE_CLOSE);
	if (fake.in_transaction)
		violation("closed with a transaction open");
	/* What a real backend would have freed now. */
	struct fake_session *freed = (struct fake_session *)closed;
	freed->dialect.script_begin = FAKE_CLOSED;
	snprintf(freed->place, sizeof(freed->place), FAKE_CLOSED);
	closed->backend = NULL;
	fake.is_open = false;
	fake.is_dead = false;
	fake.in_transaction = false;
	fake.next[0] = '\0';
}

static bool collect(const struct fake_database *database, const struct read_request *request,
		    struct catalog *catalog, struct arena *arena, struct error *err)
{
	struct relation *relations = arena_array(arena, request->name_count, sizeof(*relations));
	*catalog = (struct catalog){.schema = "main", .relation_count = request->name_count};
	if (relations == NULL)
		return error_memory(err);
	for (size_t i = 0; i < request->name_count; i++) {
		struct fake_table *table =
			fake_table((struct fake_database *)database, request->names[i]);
		relations[i].name = request->names[i];
		if (strcmp(request->names[i], HISTORY_TABLE) == 0 && database->history_count > 0)
			relations[i].kind = RELATION_TABLE;
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

static bool fake_read(struct session *unused, const struct read_request *request,
		      struct catalog *catalog, size_t *bad_type, struct arena *arena,
		      struct error *err)
{
	(void)unused;
	if (fake.in_transaction)
		violation("read in a transaction of ours");
	if (call_fails(FAKE_READ, err) || !collect(&fake.committed, request, catalog, arena, err))
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

static bool fake_name_types(struct session *unused, struct catalog *catalog, struct arena *arena,
			    struct error *err)
{
	(void)unused;
	(void)arena;
	if (call_fails(FAKE_NAME_TYPES, err))
		return false;
	for (size_t i = 0; i < catalog->relation_count; i++) {
		struct attribute *attributes = (struct attribute *)catalog->relations[i].attributes;
		for (size_t a = 0; a < catalog->relations[i].attribute_count; a++)
			attributes[a].type_text = "a live type";
	}
	return true;
}

static bool fake_compare_defaults(struct session *unused, struct default_pair *pairs, size_t count,
				  struct arena *arena, struct error *err)
{
	(void)unused;
	(void)arena;
	if (call_fails(FAKE_COMPARE_DEFAULTS, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		pairs[i].answer = fake.default_answer;
		pairs[i].why = fake.default_answer == DEFAULT_NOT_KNOWN ? "who knows" : NULL;
	}
	fake.asked += count;
	return true;
}

static bool fake_assess(struct session *unused, struct cost_question *questions, size_t count,
			struct arena *arena, struct error *err)
{
	(void)unused;
	(void)arena;
	if (fake.in_transaction)
		violation("assess in a transaction");
	if (call_fails(FAKE_ASSESS, err))
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

static bool fake_measure(struct session *unused, struct size_question *questions, size_t count,
			 struct arena *arena, struct error *err)
{
	(void)unused;
	(void)arena;
	if (call_fails(FAKE_MEASURE, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		long long most = questions[i].count_to + 1;
		bool counts = questions[i].count_to >= 0;
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

static bool fake_inspect(struct session *unused, const char *const *names, size_t name_count,
			 struct session_facts *facts, struct arena *arena, struct error *err)
{
	(void)unused;
	if (call_fails(FAKE_INSPECT, err))
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

static bool fake_begin(struct session *unused, const struct read_request *request,
		       struct catalog *catalog, struct arena *arena, struct error *err)
{
	(void)unused;
	if (fake.in_transaction)
		violation("begin in a transaction");
	if (fake.next[0] != '\0' && strcmp(fake.next, request->names[0]) != 0)
		violation("begin for another table than commit was told");
	fake.next[0] = '\0';
	if (fake.before_begin != NULL)
		fake.before_begin(&fake);
	for (size_t i = 0; i < fake.registry->column_count; i++) {
		if (strcmp(fake.registry->columns[i].table, request->names[0]) == 0)
			fake.table = fake.registry->columns[i].table;
	}
	if (call_fails(FAKE_BEGIN, err))
		return false;
	fake.working = fake.committed;
	if (!collect(&fake.working, request, catalog, arena, err))
		return false;
	fake.in_transaction = true;
	return true;
}

static void sabotage(struct fake_table *table)
{
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

static bool fake_change(struct session *unused, const struct change *change,
			const struct read_request *request, struct catalog *catalog,
			struct arena *arena, struct error *err)
{
	(void)unused;
	if (!fake.in_transaction)
		violation("change outside a transaction");
	if ((change->history->kind == RELATION_ABSENT) != (fake.working.history_count == 0))
		violation("history is told as it was read");
	if (call_fails(FAKE_CHANGE, err))
		return false;
	fake.entries = change->entry_count;
	fake.statements = change->statement_count;
	for (size_t i = 0; i < change->entry_count; i++) {
		cr_assert(fake.working.history_count < COUNT(fake.working.history));
		struct fake_history *row = &fake.working.history[fake.working.history_count++];
		row->table = fake.table;
		row->column = change->entries[i].column;
		snprintf(row->run_id, sizeof(row->run_id), "%s", change->run_id);
		row->action = change->entries[i].action;
		if (change->statement_count > 0)
			add_declared(&fake.working, fake.table, row->column);
	}
	sabotage(fake_table(&fake.working, fake.table));
	return collect(&fake.working, request, catalog, arena, err);
}

static bool fake_commit(struct session *unused, const struct read_request *next, struct error *err)
{
	(void)unused;
	bool was_open = fake.in_transaction;
	if (!was_open)
		violation("commit outside a transaction");
	note(FAKE_COMMIT);
	const struct fake_failure *failure = due_failure(FAKE_COMMIT, fake.table);
	if (failure == NULL || failure->committed)
		fake.committed = fake.working;
	fake.in_transaction = false;
	if (fails(failure, FAKE_COMMIT, err))
		return false;
	if (next != NULL)
		snprintf(fake.next, sizeof(fake.next), "%s", next->names[0]);
	if (fake.after_commit != NULL)
		fake.after_commit(&fake);
	return true;
}

static void fake_rollback(struct session *unused)
{
	(void)unused;
	note(FAKE_ROLLBACK);
	fake.in_transaction = false;
	fake.next[0] = '\0';
}

static bool fake_blockers(struct session *unused, const char *table, struct blocker **blockers,
			  size_t *count, struct arena *arena, struct error *err)
{
	(void)unused;
	(void)table;
	*blockers = NULL;
	*count = 0;
	if (call_fails(FAKE_BLOCKERS, err))
		return false;
	if (fake.blocker.pid == 0)
		return true;
	*blockers = arena_array(arena, 1, sizeof(**blockers));
	if (*blockers == NULL)
		return error_memory(err);
	**blockers = fake.blocker;
	*count = 1;
	return true;
}

static bool fake_history(struct session *unused, const struct history_filter *filter,
			 struct reconcile_history_row **rows, size_t *count, struct arena *arena,
			 struct error *err)
{
	(void)unused;
	*count = 0;
	if (call_fails(FAKE_HISTORY, err))
		return false;
	*rows = arena_array(arena, fake.committed.history_count, sizeof(**rows));
	if (*rows == NULL)
		return error_memory(err);
	for (size_t i = fake.committed.history_count;
	     i-- > 0 && (filter->limit == 0 || *count < filter->limit);) {
		const struct fake_history *row = &fake.committed.history[i];
		if (filter->table != NULL && strcmp(row->table, filter->table) != 0)
			continue;
		(*rows)[(*count)++] = (struct reconcile_history_row){
			.id = (long long)i + 1,
			.run_id = arena_text(arena, row->run_id),
			.action = row->action,
			.table_name = row->table,
			.column_name = row->column,
		};
	}
	return true;
}

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

void fake_reset(const struct reconcile_registry *registry)
{
	fake = (struct fake){.registry = registry};
}
