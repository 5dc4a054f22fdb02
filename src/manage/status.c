#include "manage.h"

#include "item.h"
#include "json.h"
#include "notice.h"

#include <string.h>

#define TABLE_INDENT 3
#define COLUMN_INDENT 5
#define TEXT_INDENT 7
#define LONGEST_NAME 32 /* a longer one has its description on the next line */

/* A part of the listing; every item belongs to exactly one. */
struct section {
	bool (*holds)(const struct reconcile_item *item);
	enum mark mark;
	enum mark line_mark;
	enum style style;
	const char *title;
};

static const struct section sections[] = {
	{item_is_applied, MARK_APPLIED, MARK_TICK, STYLE_GREEN, "Applied"},
	{item_is_pending, MARK_PENDING, MARK_ADD, STYLE_YELLOW, "Pending"},
	{item_is_conflict, MARK_CONFLICT, MARK_CROSS, STYLE_RED, "Conflict"},
	{item_is_extra, MARK_EXTRA, MARK_DOT, STYLE_CYAN, "Extra, not declared"},
};

static const char *table_description(const struct reconcile_registry *registry, const char *table)
{
	for (size_t i = 0; i < registry->table_count; i++) {
		if (strcmp(registry->tables[i].name, table) == 0)
			return registry->tables[i].description;
	}
	return NULL;
}

static int name_width(const struct reconcile_item *item)
{
	return text_width(item->table) + (item->column ? 1 + text_width(item->column) : 0);
}

/* The widest name of the section's part that begins at item first, up to the limit. */
static int widest_name(const struct reconcile_report *report, const struct section *section,
		       size_t first)
{
	const char *table = reconcile_report_item(report, first)->table;
	int widest = 0;

	for (size_t i = first; i < reconcile_report_item_count(report); i++) {
		const struct reconcile_item *item = reconcile_report_item(report, i);

		if (strcmp(item->table, table) != 0)
			break;
		if (section->holds(item) && item->column && name_width(item) <= LONGEST_NAME &&
		    name_width(item) > widest)
			widest = name_width(item);
	}
	return widest;
}

static void print_detail(const struct terminal *terminal, const char *text)
{
	terminal_spaces(terminal, TEXT_INDENT);
	terminal_wrap(terminal, STYLE_DIM, TEXT_INDENT, text);
}

/* "type VARCHAR(255) is declared, the database has TEXT", a line each kind. */
static void print_conflicts(const struct terminal *terminal, const struct reconcile_item *item)
{
	char line[1024];

	for (unsigned kind = RECONCILE_CONFLICT_TYPE; kind <= RECONCILE_CONFLICT_GENERATED;
	     kind <<= 1) {
		if (!(item->conflicts & kind))
			continue;
		item_describe_conflict(item, kind, line, sizeof(line));
		terminal_spaces(terminal, TEXT_INDENT);
		terminal_wrap(terminal, STYLE_PLAIN, TEXT_INDENT, line);
	}
}

/* What a person could run about it; the library never does. */
static void print_by_hand(const struct terminal *terminal, const struct reconcile_item *item)
{
	if (item_is_pending(item) || !item->sql)
		return;
	print_detail(terminal, "by hand:");
	terminal_lines(terminal, STYLE_CYAN, TEXT_INDENT + 2, item->sql);
}

/* What stands below a column's own line. */
static void print_details(const struct terminal *terminal, const struct reconcile_item *item,
			  bool verbose)
{
	char line[1024];

	if (item->state == RECONCILE_CONFLICTING)
		print_conflicts(terminal, item);
	if (item_is_extra(item)) {
		if (item->has_live)
			print_detail(terminal, item_definition(&item->live, line, sizeof(line)));
		if (item->state == RECONCILE_EXTRA_REQUIRED)
			print_detail(terminal, "NOT NULL without default: INSERTs that do not know "
					       "it will fail");
		print_by_hand(terminal, item);
		return;
	}
	if (item->declared.type &&
	    (verbose || (item_is_pending(item) && !item_comes_with_table(item))))
		print_detail(terminal, item_definition(&item->declared, line, sizeof(line)));
	if (item_is_pending(item) && item->sql && item->column) {
		char table[80];

		snprintf(line, sizeof(line), "cost: %s%s%s%s%s%s", reconcile_cost_name(item->cost),
			 item->refused
				 ? ""
				 : item_table_size(item->rows, item->bytes, table, sizeof(table)),
			 item->refused ? ", refused" : "", item->reason ? " (" : "",
			 item->reason ? item->reason : "", item->reason ? ")" : "");
		print_detail(terminal, line);
	} else if (item->state == RECONCILE_FOREIGN && item->reason) {
		snprintf(line, sizeof(line), "the name is taken by %s", item->reason);
		print_detail(terminal, line);
	} else if (item->reason && !item_comes_with_table(item)) {
		print_detail(terminal, item->reason);
	}
	if (verbose && item->has_live && !item->default_compared && item->declared.default_value &&
	    item->live.default_value) {
		snprintf(line, sizeof(line), "default in the database: %s (not compared)",
			 item->live.default_value);
		print_detail(terminal, line);
	}
	print_by_hand(terminal, item);
	if (item->file && (verbose || item_is_conflict(item))) {
		snprintf(line, sizeof(line), "%s:%d", item->file, item->line);
		print_detail(terminal, line);
	}
}

/* Behind the name, which ends at column `used`; on the next line when the name is too long. */
static void print_description(const struct terminal *terminal, const char *description, int used,
			      int column)
{
	if (!description || !*description) {
		fputc('\n', terminal->stream);
		return;
	}
	if (used >= column) {
		fputc('\n', terminal->stream);
		used = 0;
		column = TEXT_INDENT + 2;
	}
	terminal_spaces(terminal, column - used);
	terminal_wrap(terminal, STYLE_PLAIN, column, description);
}

static void print_column(const struct terminal *terminal, const struct section *section,
			 const struct reconcile_item *item, int name_column, bool verbose)
{
	bool alarming = item->state == RECONCILE_EXTRA_REQUIRED || item->refused ||
			item->cost == RECONCILE_COST_IMPOSSIBLE;
	int used;

	terminal_spaces(terminal, COLUMN_INDENT);
	terminal_mark(terminal, alarming ? STYLE_RED : section->style,
		      alarming ? MARK_CROSS : section->line_mark);
	fputc(' ', terminal->stream);
	used = terminal_text(terminal, item->table);
	fputc('.', terminal->stream);
	used += 1 + terminal_text(terminal, item->column);
	print_description(terminal, item->description, TEXT_INDENT + used,
			  TEXT_INDENT + name_column + 2);
	print_details(terminal, item, verbose);
}

/* The line above a table's columns; item is the first of them, or the table itself. */
static void print_table(const struct manage *manage, const struct section *section,
			const struct reconcile_item *item)
{
	const struct terminal *terminal = &manage->out;
	const char *description = table_description(manage->registry, item->table);
	bool missing = !item->column && item->state == RECONCILE_MISSING;
	int used = TABLE_INDENT;

	terminal_spaces(terminal, TABLE_INDENT);
	used += terminal_styled(terminal, STYLE_BOLD, item->table);
	if (missing)
		used += terminal_styled(terminal, section->style,
					item->cost == RECONCILE_COST_IMPOSSIBLE
						? " (missing)"
						: " (to be created)");
	if (description && *description) {
		fputs(": ", terminal->stream);
		terminal_wrap(terminal, STYLE_DIM, used + 2, description);
	} else {
		fputc('\n', terminal->stream);
	}
	if (!item->column)
		print_details(terminal, item, manage->arguments.verbose);
}

static void print_section(const struct manage *manage, const struct section *section,
			  const struct reconcile_report *report)
{
	const struct terminal *terminal = &manage->out;
	const char *table = NULL;
	int name_column = 0;

	for (size_t i = 0; i < reconcile_report_item_count(report); i++) {
		const struct reconcile_item *item = reconcile_report_item(report, i);

		if (!section->holds(item))
			continue;
		if (!table) {
			fputc('\n', terminal->stream);
			terminal_mark(terminal, section->style, section->mark);
			fputc(' ', terminal->stream);
			terminal_styled(terminal, STYLE_BOLD, section->title);
			fputs(":\n", terminal->stream);
		}
		if (!table || strcmp(table, item->table) != 0) {
			table = item->table;
			name_column = widest_name(report, section, i);
			print_table(manage, section, item);
		}
		if (item->column)
			print_column(terminal, section, item, name_column,
				     manage->arguments.verbose);
	}
}

static void print_summary(const struct manage *manage, const struct reconcile_counts *counts)
{
	FILE *out = manage->out.stream;

	fprintf(out, "\nTotal columns defined: %zu in %zu table%s\n", counts->columns,
		counts->tables, plural(counts->tables));
	fprintf(out, "Applied: %zu\n", counts->present);
	fprintf(out, "Pending: %zu", counts->missing);
	if (counts->tables_missing)
		fprintf(out, " (%zu table%s missing)", counts->tables_missing,
			plural(counts->tables_missing));
	fprintf(out, "\nConflicts: %zu\n", counts->conflicts);
	fprintf(out, "Extra: %zu", counts->extra);
	if (counts->extra_required)
		fprintf(out, " (%zu required)", counts->extra_required);
	fputc('\n', out);
}

static void print_verdict(const struct manage *manage, int status)
{
	const struct terminal *terminal = &manage->out;
	enum style style = status == RECONCILE_OK ? STYLE_GREEN : STYLE_YELLOW;

	if (status == RECONCILE_OK)
		terminal_styled(terminal, style, "In sync: nothing to do.");
	else if (status == RECONCILE_PENDING)
		manage_print(manage, style,
			     "Next: 'manage plan' shows the SQL, 'manage apply' runs it.");
	else
		terminal_styled(terminal, STYLE_RED,
				"Conflicts are for a person: change the registry or the database.");
	fputc('\n', terminal->stream);
}

static void print_status(const struct manage *manage, int status,
			 const struct reconcile_report *report)
{
	const struct terminal *terminal = &manage->out;

	terminal_rule(terminal);
	terminal_styled(terminal, STYLE_BOLD, "DATABASE MIGRATION STATUS");
	fputc('\n', terminal->stream);
	manage_print_place(manage, terminal, reconcile_report_database(report));
	fputc('\n', terminal->stream);
	terminal_rule(terminal);
	print_summary(manage, reconcile_report_counts(report));
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		print_section(manage, &sections[i], report);
	notices_print(terminal, report);
	fputc('\n', terminal->stream);
	terminal_rule(terminal);
	print_verdict(manage, status);
}

int status_command(struct manage *manage)
{
	struct reconcile_report *report;
	int status = manage_look(manage, true, &report);

	if (!report)
		return status;
	if (manage->arguments.format == FORMAT_TEXT)
		print_status(manage, status, report);
	else if (!json_report(manage, status, report))
		status = manage_out_of_memory(manage);
	reconcile_report_free(report);
	if (status == RECONCILE_PENDING || status == RECONCILE_CONFLICT)
		return manage->arguments.exit_code ? status : RECONCILE_OK;
	return status;
}
