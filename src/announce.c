/* The log of a boot: what the person on call reads. Events as in reconcile.h. */
#include "boot.h"

#include <string.h>

static const char *table_name(const struct table_diff *table)
{
	return table != NULL ? table->table->name : NULL;
}

void announce_connected(const struct boot *boot)
{
	LOG(&boot->config->log, RECONCILE_LOG_DEBUG, "connected", "connected",
	    LOG_TEXT("database", boot->session->place),
	    LOG_TEXT("engine", boot->session->backend->engine),
	    LOG_TEXT("version", boot->session->version),
	    LOG_MS("elapsed", clock_ms() - boot->began_ms));
}

void announce_starting(void *context, const struct error *why)
{
	struct boot *boot = context;
	double now = clock_ms();
	if (now < boot->next_waiting_ms)
		return;
	boot->next_waiting_ms = now + 5000;
	LOG(&boot->config->log, RECONCILE_LOG_WARN, "waiting",
	    "the database is not there yet, trying again", LOG_TEXT("why", why->message),
	    LOG_INTEGER("connect_timeout_ms", boot->config->connect_timeout_ms),
	    LOG_MS("elapsed", now - boot->began_ms));
}

static void announce_columns(const struct boot *boot, const struct table_diff *table,
			     double elapsed_ms)
{
	struct arena arena = {0};
	struct sql sql = boot->sql;
	sql.arena = &arena;
	for (size_t i = 0; i < table->missing_count; i++) {
		const struct reconcile_column *column = table->missing[i]->row;
		LOG(&boot->config->log, RECONCILE_LOG_INFO, "column_added", "column added",
		    LOG_TEXT("table", column->table), LOG_TEXT("column", column->column),
		    LOG_TEXT("definition", sql_definition(&sql, column)),
		    LOG_MS("elapsed", elapsed_ms));
	}
	arena_release(&arena);
}

void announce_change(const struct boot *boot, const struct table_diff *table, double elapsed_ms)
{
	if (!table->create) {
		announce_columns(boot, table, elapsed_ms);
		return;
	}
	LOG(&boot->config->log, RECONCILE_LOG_INFO, "table_created", "table created",
	    LOG_TEXT("table", table->table->name), LOG_INTEGER("columns", table->missing_count),
	    LOG_MS("elapsed", elapsed_ms));
}

void announce_undo(const struct boot *boot, const struct reconcile_undo *undo, double elapsed_ms)
{
	LOG(&boot->config->log, RECONCILE_LOG_WARN,
	    undo->column != NULL ? "column_dropped" : "table_dropped", "rolled back",
	    LOG_TEXT("table", undo->table), LOG_TEXT("column", undo->column),
	    LOG_INTEGER("change", undo->id), LOG_MS("elapsed", elapsed_ms));
}

void announce_script(const struct boot *boot, const struct reconcile_script *script,
		     const char *what, double elapsed_ms)
{
	LOG(&boot->config->log, RECONCILE_LOG_INFO, "script", what,
	    LOG_TEXT("script", script->name), LOG_MS("elapsed", elapsed_ms));
}

void announce_stamp(const struct boot *boot, const struct indexed_table *table)
{
	LOG(&boot->config->log, RECONCILE_LOG_INFO, "stamped", "recorded as it is",
	    LOG_TEXT("table", table->name));
}

void announce_retry(const struct boot *boot, const struct table_diff *table,
		    const struct error *err, double pause_ms)
{
	/* Losing a race is a start's daily bread; losing the connection is not. */
	bool lost = err->class == ERROR_LOST || err->class == ERROR_UNKNOWN;
	LOG(&boot->config->log, lost ? RECONCILE_LOG_WARN : RECONCILE_LOG_DEBUG, "retry",
	    "trying again", LOG_TEXT("table", table_name(table)), LOG_TEXT("why", err->message),
	    LOG_TEXT("sqlstate", err->sqlstate[0] != '\0' ? err->sqlstate : NULL),
	    LOG_INTEGER("attempt", boot->attempts), LOG_MS("pause", pause_ms));
}

void announce_waiting(const struct boot *boot, const struct table_diff *table, const char *blockers,
		      bool is_usual)
{
	LOG(&boot->config->log, is_usual ? RECONCILE_LOG_INFO : RECONCILE_LOG_WARN, "waiting",
	    "waiting for a lock", LOG_TEXT("table", table_name(table)),
	    LOG_TEXT("blockers", blockers[0] != '\0' ? blockers : NULL),
	    LOG_INTEGER("attempt", boot->attempts), LOG_MS("left", boot->deadline_ms - clock_ms()));
}

/* The statement as one line that can be pasted: white space outside quotes is one space. */
static const char *one_line(const char *statement, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	char quote = '\0';
	for (const char *c = statement; *c != '\0'; c++) {
		if (quote == '\0' && (*c == '\'' || *c == '"'))
			quote = *c;
		else if (*c == quote)
			quote = '\0';
		if (quote != '\0' || (*c != '\n' && *c != ' '))
			buffer_add_char(&buf, *c);
		else if (buf.length > 0 && buf.data[buf.length - 1] != ' ')
			buffer_add_char(&buf, ' ');
	}
	return buffer_text(&buf);
}

/* The statements of one table's steps, to be run by somebody else or later. */
static void announce_statements(const struct boot *boot, const char *table, const char *event,
				const char *message, const struct denial *denial)
{
	struct arena arena = {0};
	for (size_t i = 0; i < boot->plan.step_count; i++) {
		const struct reconcile_step *step = &boot->plan.steps[i];
		if (strcmp(step->table, table) != 0 || (step->refused && denial == NULL))
			continue;
		for (size_t s = 0; s < step->statement_count; s++)
			LOG(&boot->config->log, RECONCILE_LOG_WARN, event, message,
			    LOG_TEXT("table", table),
			    LOG_TEXT("why", denial != NULL ? denial->why : NULL),
			    LOG_TEXT("cost",
				     step->refused ? reconcile_cost_name(step->cost) : NULL),
			    LOG_SQL("grant", denial != NULL ? denial->grant : NULL),
			    LOG_SQL("sql", one_line(step->statements[s], &arena)));
	}
	arena_release(&arena);
}

void announce_denial(const struct boot *boot, const struct table_diff *table,
		     const struct denial *denial)
{
	announce_statements(boot, table->table->name, "verify_only",
			    "no right to change a table; somebody who may has to run this", denial);
}

void announce_left(const struct boot *boot)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		if (table->missing_count > 0 && boot_denial(boot, table) == NULL)
			announce_statements(boot, table->table->name, "waiting",
					    "not done yet; the next start will run this", NULL);
	}
}

/* ---- what is not as declared, and stays so ------------------------------- */

static const char *place_of(const struct reconcile_item *item, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	if (item->file == NULL)
		return NULL;
	buffer_addf(&buf, "%s:%d", item->file, item->line);
	return buffer_text(&buf);
}

static const char *side_text(const struct reconcile_side *side, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, side->type);
	buffer_add(&buf, side->nullable ? "" : " NOT NULL");
	if (side->default_value != NULL)
		buffer_addf(&buf, " DEFAULT %s", side->default_value);
	if (side->filled_by != NULL)
		buffer_addf(&buf, " (%s)", side->filled_by);
	return buffer_text(&buf);
}

/* announce_denial() has said it all. */
static bool is_denied(const struct boot *boot, const char *table)
{
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *one = &boot->diff.tables[i];
		if (one->table->name == table)
			return boot_denial(boot, one) != NULL;
	}
	return false;
}

static void announce_item(const struct boot *boot, const struct reconcile_item *item,
			  struct arena *arena)
{
	const struct log *log = &boot->config->log;
	if (item->state == RECONCILE_EXTRA_REQUIRED)
		LOG(log, RECONCILE_LOG_WARN, "extra_required",
		    "an undeclared column is NOT NULL without a default: INSERTs will fail",
		    LOG_TEXT("table", item->table), LOG_TEXT("column", item->column),
		    LOG_TEXT("live", side_text(&item->live, arena)));
	if (item->state == RECONCILE_CONFLICTING)
		LOG(log, RECONCILE_LOG_WARN, "conflict", "the column is not as declared",
		    LOG_TEXT("table", item->table), LOG_TEXT("column", item->column),
		    LOG_TEXT("kind", reconcile_conflict_name(item->conflicts)),
		    LOG_TEXT("declared", side_text(&item->declared, arena)),
		    LOG_TEXT("live", side_text(&item->live, arena)),
		    LOG_TEXT("source", place_of(item, arena)),
		    LOG_SQL("sql", item->sql != NULL ? one_line(item->sql, arena) : NULL));
	if (item->state == RECONCILE_FOREIGN)
		LOG(log, RECONCILE_LOG_WARN, "conflict", "the name is taken",
		    LOG_TEXT("table", item->table), LOG_TEXT("by", item->reason),
		    LOG_TEXT("source", place_of(item, arena)));
	if (item->refused && !is_denied(boot, item->table))
		LOG(log, RECONCILE_LOG_WARN, "conflict",
		    "the column is missing and is not added without allow_rewrite",
		    LOG_TEXT("table", item->table), LOG_TEXT("column", item->column),
		    LOG_TEXT("cost", reconcile_cost_name(item->cost)),
		    LOG_TEXT("why", item->reason), LOG_TEXT("source", place_of(item, arena)),
		    LOG_SQL("sql", one_line(item->sql, arena)));
	if (item->state == RECONCILE_MISSING && item->cost == RECONCILE_COST_IMPOSSIBLE)
		LOG(log, RECONCILE_LOG_WARN, "conflict",
		    item->column != NULL ? "the column is missing and cannot be added"
					 : "the table is missing and will not be created",
		    LOG_TEXT("table", item->table), LOG_TEXT("column", item->column),
		    LOG_TEXT("why", item->reason), LOG_TEXT("source", place_of(item, arena)));
}

void announce_foresight(const struct boot *boot, const char *publications, size_t tables)
{
	const struct denial *history = &boot->facts.history;
	/* To those who apply announce_denial() says it, with each table. */
	if (history->why != NULL && boot->config->mode != RECONCILE_MODE_APPLY)
		LOG(&boot->config->log, RECONCILE_LOG_WARN, "history",
		    history->conflict
			    ? "nothing will be applied: history has no place"
			    : "this role could not write history, and would apply nothing",
		    LOG_TEXT("why", history->why), LOG_SQL("grant", history->grant));
	if (publications != NULL)
		LOG(&boot->config->log, RECONCILE_LOG_WARN, "publication",
		    "subscribers that lack what is new will stop: change them first",
		    LOG_TEXT("publications", publications), LOG_INTEGER("tables", tables));
}

void announce_findings(const struct boot *boot)
{
	struct arena arena = {0};
	const char *absent = NULL;
	for (size_t i = 0; i < boot->diff.item_count; i++) {
		const struct reconcile_item *item = &boot->diff.items[i];
		/* One line for a table that cannot be had is enough. */
		if (item->column == NULL)
			absent = item->table;
		if (item->column == NULL || item->table != absent)
			announce_item(boot, item, &arena);
	}
	arena_release(&arena);
}

void announce_summary(const struct boot *boot)
{
	const struct reconcile_counts *counts = &boot->diff.counts;
	struct reconcile_field fields[10];
	size_t count = 0;

	fields[count++] = LOG_TEXT("registry", boot->index.registry->name);
	fields[count++] = LOG_TEXT("database", boot->session != NULL ? boot->session->place : NULL);
	fields[count++] = LOG_INTEGER("tables", counts->tables);
	fields[count++] = LOG_INTEGER("columns", counts->columns);
	fields[count++] = LOG_INTEGER("present", counts->present - counts->applied);
	fields[count++] = LOG_INTEGER("added", counts->applied);
	if (counts->missing > 0)
		fields[count++] = LOG_INTEGER("missing", counts->missing);
	fields[count++] = LOG_INTEGER("conflicts", counts->conflicts);
	if (counts->extra_required > 0)
		fields[count++] = LOG_INTEGER("extra_required", counts->extra_required);
	fields[count++] = LOG_MS("elapsed", clock_ms() - boot->began_ms);
	log_event(&boot->config->log, RECONCILE_LOG_INFO, "summary", NULL, fields, count);
}

void announce_failure(const struct config *config, struct error *err)
{
	const struct log *log = &config->log;
	error_name_command(err, config->command);
	LOG(log, RECONCILE_LOG_ERROR, "failed", err->message,
	    LOG_TEXT("status", reconcile_status_name((int)err->status)),
	    LOG_TEXT("sqlstate", err->sqlstate[0] != '\0' ? err->sqlstate : NULL),
	    LOG_TEXT("hint", err->hint[0] != '\0' ? err->hint : NULL));
}
