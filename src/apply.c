/* What is missing is added: a table, a transaction. */
#include "blocker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t table_place(const struct boot *boot, const struct table_diff *table)
{
	return (size_t)(table->table - boot->index.tables);
}

/* ---- one table ---------------------------------------------------------- */

static bool list_columns(struct change *change, const struct table_diff *table,
			 const struct sql *sql)
{
	struct change_column *columns =
		arena_array(sql->arena, table->missing_count, sizeof(*columns));
	if (columns == NULL)
		return false;
	for (size_t i = 0; i < table->missing_count; i++) {
		columns[i].name = table->missing[i]->row->column;
		columns[i].definition = sql_definition(sql, table->missing[i]->row);
		if (columns[i].definition == NULL)
			return false;
	}
	change->columns = columns;
	change->column_count = table->missing_count;
	return true;
}

/* The history rows of a change: the table, or each column. */
static bool list_entries(struct change *change, const struct table_diff *table, struct arena *arena)
{
	size_t count = table->create ? 1 : change->column_count;
	struct history_entry *entries = arena_array(arena, count, sizeof(*entries));
	if (entries == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		entries[i].sql = change->statements[change->statement_count == 1 ? 0 : i];
		entries[i].action = table->create ? "create_table" : "add_column";
		if (table->create)
			break;
		entries[i].column = change->columns[i].name;
		entries[i].definition = change->columns[i].definition;
	}
	change->entries = entries;
	change->entry_count = count;
	return true;
}

struct change boot_change(struct boot *boot, const char *table, const struct relation *history)
{
	if (boot->fingerprint[0] == '\0')
		snprintf(boot->fingerprint, sizeof(boot->fingerprint), "%016" PRIx64,
			 index_fingerprint(&boot->index));
	struct change change = {
		.table = table,
		.run_id = boot->run_id,
		.registry = boot->index.registry->name,
		.fingerprint = boot->fingerprint,
		.attempts = boot->attempts,
		.host = boot->host,
		.application = boot->config->application,
		.history = history,
	};
	blocker_pass(boot, &change);
	return change;
}

static bool describe_change(struct change *change, struct boot *boot,
			    const struct table_diff *table, const struct relation *history,
			    const struct sql *sql, struct error *err)
{
	struct reconcile_step step;
	if (!plan_step(&step, table, sql, &boot->terms, sql->arena, err))
		return false;
	*change = boot_change(boot, table->table->name, history);
	change->statements = step.statements;
	change->statement_count = step.statement_count;
	return (list_columns(change, table, sql) && list_entries(change, table, sql->arena)) ||
	       error_memory(err);
}

/* Remembers what was committed, so that the report can say so. */
static bool remember(struct boot *boot, const struct table_diff *done, struct error *err)
{
	size_t place = table_place(boot, done);
	bool *added = boot->added[place];
	if (added == NULL)
		added = arena_array(boot->arena, done->table->column_count, sizeof(*added));
	if (added == NULL)
		return error_memory(err);
	boot->added[place] = added;
	boot->stale = true;
	/* Somebody may drop a column in between: it is added again, and counts once. */
	for (size_t i = 0; i < done->missing_count; i++) {
		bool *flag = &added[done->missing[i] - done->table->columns];
		boot->added_count += !*flag;
		*flag = true;
	}
	if (done->create) {
		boot->created_count += !boot->created[place];
		boot->created[place] = true;
	}
	return true;
}

/* In the open transaction: changes what is still missing, and proves it. *done stays empty when
 * another starter was faster. */
static bool change_table(struct boot *boot, const struct read_request *request,
			 const struct catalog *before, struct table_diff *done, struct arena *arena,
			 struct error *err)
{
	struct sql sql = boot->sql;
	struct catalog after = {0};
	struct change change;

	sql.arena = arena;
	if (!boot_expect_table(boot, done->table, &before->relations[0], err) ||
	    !diff_table(done, done->table, &before->relations[0], &boot->terms, &sql, arena, err))
		return false;
	if (done->missing_count == 0)
		return true;
	return describe_change(&change, boot, done, &before->history, &sql, err) &&
	       boot->backend->change(boot->worker, &change, request, &after, arena, err) &&
	       diff_verify(done, &before->relations[0], &after.relations[0], &boot->catalog,
			   boot->worker->dialect, err);
}

/* What a transaction for that table reads. */
struct apply_request {
	const char *names[1];
	struct read_request read;
};

static const struct read_request *apply_request(struct apply_request *request,
						const struct table_diff *table)
{
	if (table == NULL)
		return NULL;
	request->names[0] = table->table->name;
	request->read = (struct read_request){.names = request->names, .name_count = 1};
	return &request->read;
}

/* One short transaction: lock, read again, change, verify, commit. next, unless NULL, is the table
 * whose turn it is then. */
static bool apply_table(struct boot *boot, const struct table_diff *table,
			const struct table_diff *next, struct error *err)
{
	const struct backend *backend = boot->backend;
	struct apply_request this_request, next_request;
	const struct read_request *request = apply_request(&this_request, table);
	struct arena arena = {0};
	struct catalog before = {0};
	struct table_diff done = {.table = table->table};
	double began = clock_ms();
	bool fine = false;

	boot->attempts++;
	if (!boot_goes_on(boot, err)) {
		backend->rollback(boot->worker); /* what commit() has begun */
		goto out;
	}
	if (!backend->begin(boot->worker, request, &before, &arena, err))
		goto out;
	if (!change_table(boot, request, &before, &done, &arena, err) || done.missing_count == 0) {
		fine = err->status == RECONCILE_OK;
		backend->rollback(boot->worker);
		goto out;
	}
	if (!backend->commit(boot->worker, apply_request(&next_request, next), err)) {
		if (err->class == ERROR_UNKNOWN)
			boot->unknown_table = table_place(boot, &done) + 1;
		goto out;
	}
	fine = remember(boot, &done, err);
	announce_change(boot, &done, clock_ms() - began);
	if (!fine)
		backend->rollback(boot->worker); /* what commit() may have begun */
out:
	if (!fine)
		blocker_note(boot, table->table->name, err);
	if (!fine && err->status != RECONCILE_OK)
		error_prefix(err, "table '%s': %s", table->table->name,
			     table->create ? "create it" : "add columns");
	arena_release(&arena);
	return fine;
}

bool boot_settle(struct boot *boot, struct error *err)
{
	if (boot->unknown_table == 0)
		return true;
	const struct indexed_table *table = &boot->index.tables[boot->unknown_table - 1];
	struct table_diff done = {.table = table};
	const struct history_filter filter = {.table = table->name, .limit = table->column_count};
	struct reconcile_history_row *rows;
	size_t count;
	struct arena arena = {0};
	bool fine = boot_connect_worker(boot, err) &&
		    boot->backend->history(boot->worker, &filter, &rows, &count, &arena, err);
	/* Who may not read history, or all of it, does not know, and counts nothing as its own. */
	if (!fine &&
	    (err->status == RECONCILE_NOT_PERMITTED || err->status == RECONCILE_CONFLICT)) {
		error_clear(err);
		fine = true;
		count = 0;
	}
	const struct indexed_column **missing =
		arena_array(&arena, table->column_count, sizeof(*missing));
	if (fine && missing == NULL)
		fine = error_memory(err);
	for (size_t i = 0; fine && i < count; i++) {
		if (rows[i].run_id == NULL || strcmp(rows[i].run_id, boot->run_id) != 0)
			continue;
		done.create = done.create || rows[i].column_name == NULL;
		for (size_t c = 0; c < table->column_count; c++) {
			if (rows[i].column_name == NULL ||
			    strcmp(rows[i].column_name, table->columns[c].row->column) == 0)
				missing[done.missing_count++] = &table->columns[c];
		}
		if (done.create)
			break;
	}
	done.missing = missing;
	if (fine && done.missing_count > 0) {
		fine = remember(boot, &done, err);
		announce_change(boot, &done, 0);
	}
	if (fine)
		boot->unknown_table = 0;
	arena_release(&arena);
	return fine;
}

/* Another starter may have been faster, once; after that, what a look misses is there for the
 * worker: a standby that lags behind, or a reader that may not see it. */
static bool check_progress(struct boot *boot, struct error *err)
{
	boot->fruitless = boot->stale ? 0 : boot->fruitless + 1;
	if (boot->fruitless <= 1)
		return true;
	error_set(err, RECONCILE_BUSY, "what is missing for one session is there for the other: %s",
		  boot->config->has_ddl_url
			  ? "the server of url does not show yet what that of ddl_url has"
			  : "the role that looks may not see what the other one made");
	err->class = ERROR_BUSY;
	return false;
}

/* The next one behind table, or the first, that lacks what may be added; NULL: there is none. */
static const struct table_diff *next_table(const struct boot *boot, const struct table_diff *table)
{
	const struct table_diff *end = boot->diff.tables + boot->diff.table_count;
	for (table = table == NULL ? boot->diff.tables : table + 1; table < end; table++)
		if (table->missing_count > 0 && boot_denial(boot, table) == NULL)
			return table;
	return NULL;
}

bool boot_apply(struct boot *boot, const struct table_diff **failed, struct error *err)
{
	const struct table_diff *next;
	*failed = NULL;
	boot_begin_budget(boot);
	for (const struct table_diff *table = next_table(boot, NULL); table != NULL; table = next) {
		struct error one = {0};
		if (clock_ms() >= boot->deadline_ms) {
			boot->backend->rollback(boot->worker);
			*failed = err->status == RECONCILE_OK ? table : *failed;
			error_set(err, RECONCILE_BUSY, "table '%s': its turn did not come",
				  table->table->name);
			err->class = ERROR_BUSY;
			break;
		}
		next = next_table(boot, table);
		if (apply_table(boot, table, next, &one)) {
			boot->pauses = 0;
			continue;
		}
		/* A table's own lock is the only trouble that the next table may not have; any
		 * other says more about what to do now. */
		bool own_lock = strcmp(one.sqlstate, "55P03") == 0;
		if (err->status == RECONCILE_OK || !own_lock) {
			*err = one;
			*failed = table;
		}
		if (!own_lock)
			break;
	}
	return err->status == RECONCILE_OK && check_progress(boot, err);
}

void boot_mark_applied(struct boot *boot)
{
	size_t t = 0, c = 0;
	boot->diff.counts.applied = boot->added_count;
	boot->diff.counts.tables_created = boot->created_count;
	if (boot->added_count == 0)
		return;
	/* Items and index are in the same order; items leave out the columns of foreign tables. */
	for (size_t i = 0; i < boot->diff.item_count; i++) {
		struct reconcile_item *item = &boot->diff.items[i];
		if (item->column == NULL || item->state == RECONCILE_EXTRA ||
		    item->state == RECONCILE_EXTRA_REQUIRED)
			continue;
		while (t < boot->index.table_count &&
		       (c >= boot->index.tables[t].column_count ||
			boot->index.tables[t].columns[c].row->column != item->column ||
			boot->index.tables[t].name != item->table)) {
			if (++c >= boot->index.tables[t].column_count) {
				t++;
				c = 0;
			}
		}
		if (t == boot->index.table_count)
			return;
		item->applied = boot->added[t] != NULL && boot->added[t][c];
	}
}
