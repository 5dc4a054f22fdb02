/* One boot's connection, its looks at the database, and its patience. */
#include "boot.h"

#include "blocker.h"
#include "oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Pauses between tries: short behind another starter, whose transaction takes milliseconds;
 * never shorter than the wait in a lock queue, so that other traffic has at least half the time. */
#define PAUSE_BASE_MS 5.0
#define PAUSE_CAP_MS 500.0
#define LOCK_PAUSE_CAP_MS 2000.0
#define WAITING_EVERY_MS 5000.0
/* Ten replicas that start at once wait for each other, which is as it should be; one that takes
 * longer hangs. */
#define STARTER_MS 3000.0
/* An existing relation that the reader cannot see would be met for ever. */
#define COLLISIONS_MAX 20

bool boot_index(struct boot *boot, const struct reconcile_registry *registry, struct error *err)
{
	if (registry == NULL)
		return error_set(err, RECONCILE_USAGE, "the registry is NULL");
	if (!index_build(&boot->index, registry, boot->arena, err))
		return false;
	size_t tables = boot->index.table_count;
	boot->custodies = NULL;
	boot->terms.custodies = NULL;
	boot->created = arena_array(boot->arena, tables, sizeof(*boot->created));
	boot->added = arena_array(boot->arena, tables, sizeof(*boot->added));
	if (boot->created == NULL || boot->added == NULL)
		return error_memory(err);
	return true;
}

bool boot_begin(struct boot *boot, const struct reconcile_registry *registry,
		const struct config *config, struct arena *arena, struct arena *round,
		struct error *err)
{
	*boot = (struct boot){
		.arena = arena, .round = round, .config = config, .began_ms = clock_ms()};
	chance_init(&boot->chance);
	snprintf(boot->run_id, sizeof(boot->run_id), "%016" PRIx64, chance_next(&boot->chance));
	if (gethostname(boot->host, sizeof(boot->host) - 1) != 0)
		boot->host[0] = '\0';
	boot->settings = (struct session_settings){
		.url = config->pg == NULL && config->sqlite == NULL ? &config->url : NULL,
		.pg = config->pg,
		.sqlite = config->sqlite,
		.schema = config->schema,
		.history_schema = config->history_schema,
		.application = config->application,
		.catalog = config->catalog,
		.lock_timeout_ms = config->lock_timeout_ms,
		.statement_timeout_ms = config->statement_timeout_ms,
		.connect_timeout_ms = config->connect_timeout_ms,
		.create_database = config->create_database,
		.deadline_ms = &boot->deadline_ms,
		.waiting = announce_starting,
		.waiting_context = boot,
		.stop = config->stop,
		.role = config->ddl_role,
	};
	boot->settings.left = &boot->left;
	boot->terms = (struct terms){.index = &boot->index, .allowed_rows = config->allow_rewrite};
	if (config->has_ddl_url) {
		boot->worker_settings = boot->settings;
		boot->worker_settings.url = &config->ddl_url;
		boot->worker_settings.pg = NULL;
		boot->settings.role = NULL;
	}
	boot->backend = backend_for(&boot->settings, err);
	if (boot->backend == NULL)
		return false;
	/* The server makes a connection ready while the registry is read. */
	if (boot->backend->start != NULL)
		boot->started = boot->backend->start(&boot->settings);
	return boot_index(boot, registry, err);
}

void boot_begin_budget(struct boot *boot)
{
	if (boot->deadline_ms <= 0)
		boot->deadline_ms = clock_ms() + (double)boot->config->budget_ms;
}

void boot_note_session(struct boot *boot)
{
	if (boot->worker != NULL && boot->worker->unconfirmed)
		boot->unconfirmed = true;
}

/* The newest ones: the others are over. */
static void note_left(struct boot *boot)
{
	struct left_processes *left = &boot->left;
	if (boot->worker == NULL || boot->worker->process == 0)
		return;
	if (left->count == LEFT_PROCESSES)
		memmove(left->numbers, left->numbers + 1, --left->count * sizeof(left->numbers[0]));
	left->numbers[left->count++] = boot->worker->process;
}

static void close_sessions(struct boot *boot)
{
	boot_note_session(boot);
	if (boot->worker != boot->session)
		boot->backend->close(boot->worker);
	boot->backend->close(boot->session);
	boot->backend->close(boot->started);
	boot->worker = boot->session = boot->started = NULL;
	boot->inspected = false;
}

void boot_end(struct boot *boot)
{
	if (boot->backend != NULL)
		close_sessions(boot);
}

/* ---- looking ------------------------------------------------------------ */

bool boot_connect(struct boot *boot, struct error *err)
{
	if (boot->session != NULL)
		return true;
	struct session *started = boot->started;
	boot->started = NULL;
	if (!boot->backend->open(&boot->session, started, &boot->settings, err)) {
		/* Only libpq can tell what is wrong with a connection string. */
		if (err->status == RECONCILE_BAD_CONFIG && boot->config->url_place != NULL)
			error_prefix(err, "%s", boot->config->url_place);
		return false;
	}
	boot->sql = (struct sql){
		.dialect = boot->session->dialect,
		.context = boot->session,
		.arena = boot->round,
	};
	announce_connected(boot);
	return true;
}

bool boot_describe(const struct boot *boot, struct reconcile_database *database,
		   struct arena *arena, struct error *err)
{
	if (boot->session == NULL)
		return true;
	database->engine = boot->backend->engine;
	return (arena_copy(&database->version, arena, boot->session->version) &&
		arena_copy(&database->place, arena, boot->session->place)) ||
	       error_memory(err);
}

/* The pooler lets everybody in, and answers nobody who has no connection of the server's. */
static const char one_pool_hint[] =
	"is the server up? A session pool that has one connection for both url and ddl_url gives "
	"it to "
	"url and lets ddl_url wait: give the pool two, or let ddl_url go past it";

/* Two URLs are a chance to name two databases. */
bool boot_same_database(struct boot *boot, struct error *err)
{
	struct error why = {0};
	if (boot->backend->same_database == NULL ||
	    boot->backend->same_database(boot->session, boot->worker, &why))
		return true;
	if (why.status != RECONCILE_OK) {
		*err = why;
		if (why.class == ERROR_LOST)
			error_hint(err, "%s", one_pool_hint);
		return error_prefix(err, "ddl_url");
	}
	error_set(err, RECONCILE_BAD_CONFIG, "ddl_url is %s, another database than url, %s",
		  boot->worker->place, boot->session->place);
	error_hint(err, "both must be the same database, through different users or servers");
	return false;
}

bool boot_connect_worker(struct boot *boot, struct error *err)
{
	if (boot->worker != NULL)
		return true;
	boot_begin_budget(boot);
	if (!boot_connect(boot, err))
		return false;
	if (!boot->config->has_ddl_url) {
		boot->worker = boot->session;
		return true;
	}
	if (!boot->backend->open(&boot->worker, NULL, &boot->worker_settings, err))
		return error_prefix(err, "ddl_url");
	return boot_same_database(boot, err);
}

bool boot_history(struct boot *boot, const struct history_filter *filter,
		  struct reconcile_history_row **rows, size_t *count, struct arena *arena,
		  struct error *err)
{
	struct error found = {0};
	if (boot->backend->history(boot->session, filter, rows, count, arena, &found))
		return true;
	if (found.status == RECONCILE_NOT_PERMITTED && boot->config->has_ddl_url)
		return boot_connect_worker(boot, err) &&
		       boot->backend->history(boot->worker, filter, rows, count, arena, err);
	*err = found;
	return false;
}

/* A type that the database does not know is about the row that names it first. */
static bool blame_row(const struct boot *boot, size_t type, struct error *err)
{
	for (size_t t = 0; t < boot->index.table_count; t++) {
		const struct indexed_table *table = &boot->index.tables[t];
		for (size_t c = 0; c < table->column_count; c++) {
			const struct reconcile_column *row = table->columns[c].row;
			if (table->columns[c].type != type)
				continue;
			error_prefix(err, "column '%s.%s': type '%s'", row->table, row->column,
				     row->type);
			if (row->file != NULL)
				error_prefix(err, "%s:%d", row->file, row->line);
			return false;
		}
	}
	return false;
}

/* brief: without what only people want to see: the names of types and of the schema. */
static bool read_catalog(struct boot *boot, bool brief, struct error *err)
{
	const struct read_request request = {
		.names = boot->index.table_names,
		.name_count = boot->index.table_count,
		.types = boot->index.type_texts,
		.type_count = boot->index.type_count,
		.brief = brief,
	};
	size_t bad_type = boot->index.type_count;
	boot->catalog = (struct catalog){0};
	if (boot->backend->read(boot->session, &request, &boot->catalog, &bad_type, boot->round,
				err))
		return brief ||
		       boot->backend->name_types(boot->session, &boot->catalog, boot->round, err);
	return bad_type < boot->index.type_count ? blame_row(boot, bad_type, err) : false;
}

/* What was done must stand in the report, so that every item is wanted then; and for a stamp. */
static bool compare(struct boot *boot, struct error *err)
{
	bool everything = boot->config->detail || boot->added_count > 0 ||
			  boot->config->mode == RECONCILE_MODE_STAMP;
	boot->sql.schema = boot->catalog.schema;
	return diff_build(&boot->diff, &boot->index, &boot->catalog, &boot->sql, &boot->terms,
			  everything, boot->round, err) &&
	       oracle_defaults(boot, err);
}

static bool plan(struct boot *boot, struct error *err)
{
	return plan_build(&boot->plan, &boot->diff, &boot->sql, &boot->terms, boot->round, err);
}

/* A brief look found something to show or to do that it does not know enough about. */
static bool is_short(const struct boot *boot)
{
	const struct diff *diff = &boot->diff;
	return diff->conflict_count + diff->counts.extra_required > 0 ||
	       (diff->table_count > 0 && boot->catalog.schema == NULL);
}

bool boot_goes_on(const struct boot *boot, struct error *err)
{
	return !stop_is_asked(&boot->settings.stop) || stop_error(err);
}

/* Half a comparison, or half a plan, is none. */
static void forget_look(struct boot *boot)
{
	boot->looked = false;
	boot->diff = (struct diff){0};
	boot->plan = (struct plan){0};
}

/* One query; more of them only when there is something to ask or to show to people. */
bool boot_look(struct boot *boot, struct error *err)
{
	bool brief = !boot->config->detail;

	forget_look(boot);
	if (!boot_goes_on(boot, err))
		return false;
	arena_release(boot->round);
	if (!boot_connect(boot, err) || !boot_settle(boot, err))
		return false;
	bool fine = read_catalog(boot, brief, err) && compare(boot, err);
	if (fine && brief && is_short(boot))
		fine = read_catalog(boot, false, err) && compare(boot, err);
	boot->looked = fine && plan(boot, err);
	if (!boot->looked) {
		forget_look(boot);
		return false;
	}
	boot->stale = false;
	return true;
}

static bool is_nobody_to_ask(const struct error *why)
{
	bool lost = why->class == ERROR_LOST || why->class == ERROR_UNKNOWN;
	return !lost && (why->class == ERROR_BUSY || why->status == RECONCILE_UNREACHABLE ||
			 why->status == RECONCILE_NOT_PERMITTED);
}

/* The same look, by what is known now. */
static bool plan_again(struct boot *boot, struct error *err)
{
	if (compare(boot, err) && plan(boot, err))
		return true;
	forget_look(boot);
	return false;
}

bool boot_prepare(struct boot *boot, struct error *err)
{
	bool applies = boot->config->mode == RECONCILE_MODE_APPLY, asked = false;
	struct error why = {0};

	/* Whose a table is comes first: who may not alter it had better not be let. */
	if (!oracle_custody(boot, false, &asked, err) || (asked && !plan_again(boot, err)))
		return false;
	if (!boot_lacks(boot))
		return true;
	asked = false;
	if (applies && !boot_inspect(boot, err))
		return false;
	/* Who may change nothing sends not even a temporary table. */
	if (applies && !boot_may_work(boot))
		return boot_foresee(boot, err);
	/* To those who only look a cost that nobody could be asked about is an answer too. */
	if (!oracle_costs(boot, &asked, &why) && (applies || !is_nobody_to_ask(&why))) {
		*err = why;
		return false;
	}
	/* Who was not reached is not waited for once more. */
	bool reached = why.status != RECONCILE_UNREACHABLE;
	error_clear(&why);
	if (asked && !plan_again(boot, err))
		return false;
	/* What others must run is what is planned in the end. */
	if (!reached || boot_foresee(boot, &why) || (!applies && is_nobody_to_ask(&why)))
		return true;
	*err = why;
	return false;
}

/* ---- patience ----------------------------------------------------------- */

static bool can_reconnect(const struct boot *boot)
{
	return boot->config->pg == NULL && boot->config->sqlite == NULL;
}

static double choose_pause(struct boot *boot, const struct error *err)
{
	unsigned attempt = boot->pauses < 16 ? boot->pauses : 16;
	if (strcmp(err->sqlstate, "55P03") != 0) /* lock_not_available */
		return chance_backoff_ms(&boot->chance, attempt, PAUSE_BASE_MS, PAUSE_CAP_MS);
	double queue = (double)boot->config->lock_timeout_ms;
	return queue + chance_backoff_ms(&boot->chance, attempt, queue,
					 LOCK_PAUSE_CAP_MS > queue ? LOCK_PAUSE_CAP_MS : queue);
}

/* The budget is spent: says who is in the way and what is still to run. */
static bool give_up(const struct boot *boot, const struct table_diff *table,
		    const struct blocked *blocked, struct error *err)
{
	struct error why = *err;
	const char *by = blocked->by, *advice = blocked->advice;
	error_clear(err);
	error_set(err, RECONCILE_BUSY, "gave up, budget_ms is %ld and there %s %lld %s: %s%s%s",
		  boot->config->budget_ms, word_for(boot->attempts, "was", "were"), boot->attempts,
		  word_for(boot->attempts, "try", "tries"), why.message, by[0] != '\0' ? "; " : "",
		  by);
	snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", why.sqlstate);
	const char *next = why.hint[0] != '\0' ? why.hint : "try again";
	error_hint(err, "%s; what is done stays done, and the next start goes on%s%s",
		   advice[0] != '\0' ? advice : next, table != NULL ? " with table " : "",
		   table != NULL ? table->table->name : "");
	return false;
}

/* Met again and again, it is no other starter that was faster, but something that a look does not
 * show. */
static bool is_collision(const struct error *err)
{
	return strcmp(err->sqlstate, "42P07") == 0 || strcmp(err->sqlstate, "42701") == 0 ||
	       strcmp(err->sqlstate, "42710") == 0;
}

static bool refuse_collision(struct error *err)
{
	if (strcmp(err->sqlstate, "42710") == 0) { /* duplicate_object: a table is a type too */
		err->status = RECONCILE_CONFLICT;
		error_hint(err, "a type has the table's name: rename one of them");
	} else {
		err->status = RECONCILE_NOT_PERMITTED;
		error_hint(err, "it exists, but this role does not see it through "
				"information_schema: grant it a privilege, or set "
				"catalog = pg_catalog");
	}
	return false;
}

void boot_explain(struct boot *boot, struct error *err)
{
	struct error ignored = {0};
	if (err->limit == NULL || boot->backend->explain_limit == NULL)
		return;
	/* The limit may have ended the session, too. */
	if (can_reconnect(boot)) {
		close_sessions(boot);
		boot_connect_worker(boot, &ignored);
	}
	if (boot->worker != NULL)
		boot->backend->explain_limit(boot->worker, err);
}

static bool may_try_again(struct boot *boot, struct error *err)
{
	bool lost = err->class == ERROR_LOST || err->class == ERROR_UNKNOWN;
	/* Whether a COMMIT happened is worth a look even so. */
	if (err->exhausted && err->class != ERROR_UNKNOWN)
		return false;
	if (err->class == ERROR_FATAL) {
		boot_explain(boot, err);
		return false;
	}
	boot->collisions = is_collision(err) ? boot->collisions + 1 : 0;
	if (boot->collisions > COLLISIONS_MAX)
		return refuse_collision(err);
	if (!lost)
		return true;
	if (!can_reconnect(boot))
		return false;
	note_left(boot);
	close_sessions(boot);
	return true;
}

static void tell_waiting(struct boot *boot, const struct table_diff *table,
			 const struct blocked *blocked, const struct error *err, double now)
{
	/* A table's own lock is held by somebody else than a starter. */
	bool is_starter = strcmp(err->sqlstate, "55P03") != 0;
	double alarm = boot->waiting_since_ms + STARTER_MS, next = now + WAITING_EVERY_MS;
	bool is_usual = is_starter && now < alarm;
	announce_waiting(boot, table, blocked->by, is_usual);
	boot->next_waiting_ms = is_usual && alarm < next ? alarm : next;
}

bool boot_pause(struct boot *boot, const struct table_diff *table, struct error *err)
{
	if (!boot_goes_on(boot, err) || !may_try_again(boot, err))
		return false;
	boot_begin_budget(boot);
	double now = clock_ms();
	if (boot->pauses == 0)
		boot->waiting_since_ms = now;
	/* The last try begins early enough to end inside the budget. */
	double last_try = boot->deadline_ms - (double)boot->config->lock_timeout_ms;
	bool ends = now >= last_try;
	/* Behind a starter that is at work for milliseconds there is nothing to tell. */
	bool tells = err->class == ERROR_BUSY && boot->pauses >= 2 && now >= boot->next_waiting_ms;
	struct blocked blocked = {.by = "", .advice = ""};
	if ((ends || tells) &&
	    !blocker_name(boot, table != NULL ? table->table->name : NULL, &blocked, err) &&
	    !may_try_again(boot, err))
		return false;
	if (ends)
		return give_up(boot, table, &blocked, err);
	double pause = choose_pause(boot, err);
	if (now + pause > last_try)
		pause = last_try - now;
	announce_retry(boot, table, err, pause);
	if (tells)
		tell_waiting(boot, table, &blocked, err, now);
	boot->pauses++;
	stop_sleep_ms(&boot->settings.stop, pause);
	if (!boot_goes_on(boot, err))
		return false;
	error_clear(err);
	return true;
}
