#include "json.h"

#include "finding.h"
#include "json_memory.h"
#include "script.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define FORMAT_VERSION 1

/*
 * How this file handles memory that runs out: jansson's functions take NULL for a value and fail;
 * json_pack() frees what was handed to it; so only the whole document is looked at.
 */

/* Text as JSON. Invalid UTF-8, which a database may hold, becomes '?' (cut at 4 KiB then). */
static json_t *text(const char *value)
{
	json_t *json = value ? json_string(value) : json_null();
	char copy[4096];
	size_t length = 0, size;
	mbstate_t state;

	if (json || json_is_exhausted())
		return json;
	for (; *value && length + MB_LEN_MAX < sizeof(copy); value += size) {
		memset(&state, 0, sizeof(state));
		size = mbrlen(value, strlen(value), &state);
		if (size == (size_t)-1 || size == (size_t)-2) {
			copy[length++] = '?';
			size = 1;
			continue;
		}
		memcpy(copy + length, value, size);
		length += size;
	}
	return json_stringn(copy, length);
}

static json_t *number(size_t value)
{
	return json_integer((json_int_t)value);
}

static bool set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool print(const struct manage *manage, json_t *document, bool complete)
{
	char *printed = NULL;

	if (complete && document && manage->gathered) {
		complete = json_object_update(manage->gathered, document) == 0;
	} else if (complete && document) {
		/* As a whole or not at all; a failing stream is seen at the end of the run. */
		printed = json_dumps(document, JSON_INDENT(2));
		/* jansson may leave out a part that it has no memory for, and not say so. */
		complete = printed && !json_is_exhausted();
		fputs(complete ? printed : "", manage->out.stream);
		fputs(complete ? "\n" : "", manage->out.stream);
	}
	complete = complete && document;
	free(printed);
	json_decref(document);
	return complete;
}

bool json_gather(struct manage *manage)
{
	manage->gathered = json_object();
	return manage->gathered != NULL;
}

bool json_gathered(struct manage *manage)
{
	json_t *document = manage->gathered;

	manage->gathered = NULL;
	return print(manage, document, true);
}

static json_t *document_begin(const struct manage *manage)
{
	const struct command *command = manage->arguments.command;
	const struct reconcile_registry *registry = manage->registry;

	return json_pack("{s:i,s:o,s:o}", "format_version", FORMAT_VERSION, "command",
			 text(command ? command->name : NULL), "registry",
			 text(registry ? registry_name(registry) : NULL));
}

static json_t *database_json(const struct reconcile_database *database)
{
	return json_pack("{s:o,s:o,s:o,s:o}", "engine", text(database->engine), "version",
			 text(database->version), "schema", text(database->schema), "place",
			 text(database->place));
}

static json_t *summary_json(const struct reconcile_counts *counts)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "tables",
			 number(counts->tables), "columns", number(counts->columns), "present",
			 number(counts->present), "missing", number(counts->missing), "conflict",
			 number(counts->conflicts), "extra", number(counts->extra), "applied",
			 number(counts->applied), "extra_required", number(counts->extra_required),
			 "tables_created", number(counts->tables_created), "tables_missing",
			 number(counts->tables_missing), "stamped", number(counts->stamped));
}

static json_t *side_json(const struct reconcile_side *side, bool known)
{
	if (!known)
		return json_null();
	return json_pack("{s:o,s:b,s:o,s:o}", "type", text(side->type), "nullable", side->nullable,
			 "default", text(side->default_value), "filled_by", text(side->filled_by));
}

/* What is not known is null. */
static json_t *amount(long long value)
{
	return value < 0 ? json_null() : json_integer((json_int_t)value);
}

static json_t *source_json(const char *file, int line)
{
	return file ? json_sprintf("%s:%d", file, line) : json_null();
}

static json_t *item_json(const struct reconcile_item *item)
{
	bool declared = item->column && item->state != RECONCILE_EXTRA &&
			item->state != RECONCILE_EXTRA_REQUIRED;
	const char *cost =
		item->cost == RECONCILE_COST_NONE ? NULL : reconcile_cost_name(item->cost);

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b,s:b,s:o,s:o}",
			 "table", text(item->table), "column", text(item->column), "state",
			 text(reconcile_state_name(item->state)), "kind",
			 text(reconcile_conflict_name(item->conflicts)), "declared",
			 side_json(&item->declared, declared), "live",
			 side_json(&item->live, item->has_live), "cost", text(cost), "reason",
			 text(item->reason), "sql", text(item->sql), "description",
			 text(item->description), "source", source_json(item->file, item->line),
			 "applied", item->applied, "default_compared", item->default_compared,
			 "refused", item->refused, "rows", amount(item->rows), "bytes",
			 amount(item->bytes));
}

static json_t *step_json(const struct reconcile_step *step)
{
	json_t *statements = json_array();

	for (size_t i = 0; i < step->statement_count; i++) {
		if (json_array_append_new(statements, text(step->statements[i])) != 0) {
			json_decref(statements);
			return NULL;
		}
	}
	return json_pack("{s:o,s:b,s:o,s:o,s:b,s:o,s:o,s:o,s:o}", "table", text(step->table),
			 "creates_table", step->creates_table, "columns",
			 number(step->column_count), "cost", text(reconcile_cost_name(step->cost)),
			 "refused", step->refused, "rows", amount(step->rows), "bytes",
			 amount(step->bytes), "reason", text(step->reason), "statements",
			 statements);
}

static json_t *items_json(const struct reconcile_report *report)
{
	json_t *items = json_array();

	for (size_t i = 0; i < reconcile_report_item_count(report); i++) {
		if (json_array_append_new(items, item_json(reconcile_report_item(report, i))) !=
		    0) {
			json_decref(items);
			return NULL;
		}
	}
	return items;
}

static json_t *steps_json(const struct reconcile_report *report)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < reconcile_report_step_count(report); i++) {
		if (json_array_append_new(steps, step_json(reconcile_report_step(report, i))) !=
		    0) {
			json_decref(steps);
			return NULL;
		}
	}
	return steps;
}

static json_t *notices_json(const struct reconcile_report *report)
{
	json_t *notices = json_array();

	for (size_t i = 0; i < reconcile_report_finding_count(report); i++) {
		const struct reconcile_finding *finding = reconcile_report_finding(report, i);

		if (json_array_append_new(
			    notices,
			    json_pack("{s:b,s:o,s:o,s:o,s:o}", "error", finding->error, "code",
				      text(finding->code), "table", text(finding->table), "text",
				      text(finding->text), "hint", text(finding->hint))) != 0) {
			json_decref(notices);
			return NULL;
		}
	}
	return notices;
}

static json_t *fingerprint_json(const struct reconcile_report *report)
{
	const char *fingerprint = reconcile_report_fingerprint(report);

	return text(*fingerprint ? fingerprint : NULL);
}

/* All that a report says, but its error. */
static bool report_json(json_t *document, int status, const struct reconcile_report *report)
{
	return set(document, "database", database_json(reconcile_report_database(report))) &&
	       set(document, "in_sync", json_boolean(status == RECONCILE_OK)) &&
	       set(document, "summary", summary_json(reconcile_report_counts(report))) &&
	       set(document, "items", items_json(report)) &&
	       set(document, "steps", steps_json(report)) &&
	       set(document, "notices", notices_json(report)) &&
	       set(document, "fingerprint", fingerprint_json(report)) &&
	       set(document, "elapsed_ms", json_real(reconcile_report_elapsed_ms(report)));
}

json_t *json_report_document(const struct manage *manage, int status,
			     const struct reconcile_report *report)
{
	json_t *document = document_begin(manage);

	if (report_json(document, status, report))
		return document;
	json_decref(document);
	return NULL;
}

bool json_report(const struct manage *manage, int status, const struct reconcile_report *report)
{
	json_t *document = json_report_document(manage, status, report);

	return print(manage, document, true);
}

static json_t *error_json(const struct reconcile_error *error)
{
	return json_pack("{s:o,s:i,s:o,s:o,s:o}", "status",
			 text(reconcile_status_name(error->status)), "exit_code", error->status,
			 "message", text(error->message), "hint", text(error->hint), "sqlstate",
			 text(error->sqlstate));
}

bool json_error(const struct manage *manage, const struct reconcile_error *error,
		const struct reconcile_report *report)
{
	json_t *document = document_begin(manage);
	/* A report that never got to see a database says nothing. */
	bool seen = report && reconcile_report_counts(report)->columns > 0;
	bool complete = !seen || report_json(document, error->status, report);

	complete = complete && set(document, "error", error_json(error));
	return print(manage, document, complete);
}

static json_t *history_row_json(const struct reconcile_history_row *row)
{
	return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:f,s:I,s:o,s:o,s:o,s:o,s:o,s:o,"
			 "s:o,s:o,s:o}",
			 "id", (json_int_t)row->id, "run_id", text(row->run_id), "applied_at",
			 text(row->applied_at), "registry", text(row->registry), "fingerprint",
			 text(row->fingerprint), "action", text(row->action), "table",
			 text(row->object ? NULL : row->table_name), "column",
			 text(row->column_name), "definition", text(row->definition), "sql",
			 text(row->sql), "duration_ms", row->duration_ms, "attempts",
			 (json_int_t)row->attempts, "db_user", text(row->db_user), "host",
			 text(row->host), "application", text(row->application), "version",
			 text(row->version), "started_at", text(row->started_at), "outcome",
			 text(row->outcome), "object", text(row->object), "checksum",
			 text(row->checksum), "schema", text(row->schema_name));
}

bool json_change(const struct manage *manage, const struct reconcile_history *history)
{
	json_t *document = document_begin(manage);
	bool complete =
		set(document, "database", database_json(reconcile_history_database(history))) &&
		set(document, "change", history_row_json(reconcile_history_row(history, 0)));

	return print(manage, document, complete);
}

bool json_history(const struct manage *manage, const struct reconcile_history *history)
{
	json_t *document = document_begin(manage), *rows = json_array();
	bool complete = true;

	for (size_t i = 0; i < reconcile_history_count(history); i++)
		complete = complete &&
			   json_array_append_new(
				   rows, history_row_json(reconcile_history_row(history, i))) == 0;
	complete = set(document, "database", database_json(reconcile_history_database(history))) &&
		   set(document, "history", rows) && complete;
	return print(manage, document, complete);
}

static json_t *undo_json(const struct reconcile_undo *undo)
{
	return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id", (json_int_t)undo->id,
			 "table", text(undo->table), "column", text(undo->column), "definition",
			 text(undo->definition), "applied_at", text(undo->applied_at), "state",
			 text(reconcile_undo_state_name(undo->state)), "reason", text(undo->reason),
			 "sql", text(undo->sql), "values", amount(undo->values));
}

bool json_rollback(const struct manage *manage, const struct reconcile_rollback *rollback)
{
	const struct reconcile_error *error = reconcile_rollback_error(rollback);
	json_t *document = document_begin(manage), *undos = json_array();
	bool complete =
		set(document, "database", database_json(reconcile_rollback_database(rollback)));

	for (size_t i = 0; i < reconcile_rollback_count(rollback); i++)
		complete = complete &&
			   json_array_append_new(
				   undos, undo_json(reconcile_rollback_undo(rollback, i))) == 0;
	complete = set(document, "undo", undos) && complete;
	if (error->status != RECONCILE_OK)
		complete = set(document, "error", error_json(error)) && complete;
	return print(manage, document, complete);
}

static json_t *script_json(const struct scripts *scripts, const struct script_file *file)
{
	const struct reconcile_script_state *state = scripts_state(scripts, file);
	const struct script_database *where = scripts_database(scripts, file->name);
	struct checksum now;
	const char *then;

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "name", text(file->name), "place",
			 text(reconcile_scripts_database(where->history)->place), "status",
			 text(reconcile_script_status_name(scripts_status(scripts, file))),
			 "applied_at", text(state ? state->applied_at : NULL), "checksum",
			 text(state ? state->checksum : NULL), "up", text(file->up), "down",
			 text(file->down), "edited",
			 (int)(scripts_match(scripts, file, &now, &then) == SCRIPT_EDITED));
}

/* What looks like a script and never runs. */
static json_t *ignored_json(const struct folder *folder)
{
	json_t *list = json_array();

	for (size_t i = 0; i < folder->stray_count; i++) {
		const struct stray_file *stray = &folder->strays[i];

		if (stray->why &&
		    json_array_append_new(list, json_pack("{s:o,s:o}", "file", text(stray->path),
							  "reason", text(stray->why))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

bool json_scripts(const struct manage *manage, const struct scripts *scripts,
		  const struct script_file *const *files, size_t count)
{
	json_t *document = document_begin(manage), *list = json_array();
	bool complete = set(document, "database",
			    database_json(reconcile_scripts_database(scripts->databases->history)));

	for (size_t i = 0; i < count; i++)
		complete =
			complete &&
			json_array_append_new(
				list, script_json(scripts, files ? files[i]
								 : &scripts->folder.files[i])) == 0;
	complete = set(document, "scripts", list) &&
		   set(document, "ignored", ignored_json(&scripts->folder)) && complete;
	return print(manage, document, complete);
}

bool json_version(const struct manage *manage)
{
	json_t *document = document_begin(manage), *registries = json_array();
	bool complete = set(document, "version", text(reconcile_version()));

	for (size_t i = 0; i < manage->registry_count; i++) {
		const struct reconcile_registry *registry = manage->registries[i];

		complete = complete &&
			   json_array_append_new(
				   registries,
				   json_pack("{s:o,s:o,s:o}", "registry",
					     text(registry_name(registry)), "tables",
					     number(registry_table_count(registry)), "columns",
					     number(registry_column_count(registry)))) == 0;
	}
	complete = set(document, "registries", registries) && complete;
	return print(manage, document, complete);
}

json_t *json_validation_begin(void)
{
	return json_array();
}

static const char *level(bool error)
{
	return error ? "error" : "warning";
}

static json_t *finding_json(const struct reconcile_finding *finding)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "file", text(finding->file),
			 "line", finding->line > 0 ? json_integer(finding->line) : json_null(),
			 "level", text(level(finding->error)), "code", text(finding->code), "text",
			 text(finding->text), "message", text(finding_message(finding)), "hint",
			 text(finding->hint), "table", text(finding->table), "column",
			 text(finding->column));
}

bool json_validation_add(json_t *registries, const struct reconcile_registry *registry, int status,
			 const struct reconcile_report *report)
{
	json_t *findings = json_array();
	bool complete = true;

	for (size_t i = 0; i < reconcile_report_finding_count(report); i++)
		complete =
			complete &&
			json_array_append_new(
				findings, finding_json(reconcile_report_finding(report, i))) == 0;
	return json_array_append_new(
		       registries,
		       json_pack("{s:o,s:o,s:o,s:b,s:o}", "registry", text(registry_name(registry)),
				 "tables", number(registry_table_count(registry)), "columns",
				 number(registry_column_count(registry)), "valid",
				 status == RECONCILE_OK, "findings", findings)) == 0 &&
	       complete;
}

bool json_validation_print(const struct manage *manage, json_t *registries)
{
	json_t *document = document_begin(manage);

	return print(manage, document, set(document, "registries", registries));
}

bool json_rules(const struct manage *manage, const struct reconcile_rule *wanted)
{
	json_t *document = document_begin(manage), *rules = json_array();
	bool complete = true;

	for (size_t i = 0; i < reconcile_rule_count(); i++) {
		const struct reconcile_rule *rule = reconcile_rule(i);

		if (wanted && rule != wanted)
			continue;
		complete = complete &&
			   json_array_append_new(
				   rules,
				   json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "code", text(rule->code),
					     "level", text(level(rule->error)), "summary",
					     text(rule->summary), "explanation",
					     text(rule->explanation), "wrong", text(rule->wrong),
					     "right", text(rule->right))) == 0;
	}
	complete = set(document, "rules", rules) && complete;
	return print(manage, document, complete);
}
