#include "manage.h"

#include "json.h"

#include <string.h>

#define INDENT 2
#define ROW_INDENT 4
#define GAP 2

/* "error[CODE]" in its colour. */
static void print_label(const struct terminal *terminal, const struct reconcile_rule *rule)
{
	enum style style = rule->error ? STYLE_RED : STYLE_YELLOW;
	char label[64];

	snprintf(label, sizeof(label), "%s[%s]", rule->error ? "error" : "warning", rule->code);
	terminal_styled(terminal, style, label);
}

static void print_row(const struct terminal *terminal, enum style style, const char *what,
		      const char *row)
{
	fputc('\n', terminal->stream);
	terminal_spaces(terminal, INDENT);
	terminal_styled(terminal, style, what);
	fputs(":\n", terminal->stream);
	terminal_lines(terminal, STYLE_PLAIN, ROW_INDENT, row);
}

static void print_rule(const struct terminal *terminal, const struct reconcile_rule *rule)
{
	print_label(terminal, rule);
	fputs(": ", terminal->stream);
	terminal_styled(terminal, STYLE_BOLD, rule->summary);
	fputs("\n\n", terminal->stream);
	terminal_spaces(terminal, INDENT);
	terminal_wrap(terminal, STYLE_PLAIN, INDENT, rule->explanation);
	print_row(terminal, STYLE_RED, "Wrong", rule->wrong);
	print_row(terminal, STYLE_GREEN, "Right", rule->right);
}

/* All errors, or all warnings. */
static void print_list(const struct terminal *terminal, bool error)
{
	int column = 0;

	for (size_t i = 0; i < reconcile_rule_count(); i++) {
		int width = text_width(reconcile_rule(i)->code);

		column = width > column ? width : column;
	}
	column += INDENT + GAP;
	for (size_t i = 0; i < reconcile_rule_count(); i++) {
		const struct reconcile_rule *rule = reconcile_rule(i);
		int used = INDENT;

		if (rule->error != error)
			continue;
		terminal_spaces(terminal, INDENT);
		used += terminal_styled(terminal, error ? STYLE_RED : STYLE_YELLOW, rule->code);
		terminal_spaces(terminal, column - used);
		terminal_wrap(terminal, STYLE_PLAIN, column, rule->summary);
	}
}

static void print_line(const struct terminal *terminal, enum style style, const char *line)
{
	terminal_styled(terminal, style, line);
	fputc('\n', terminal->stream);
}

static void print_rules(const struct manage *manage)
{
	const struct terminal *terminal = &manage->out;

	print_line(terminal, STYLE_BOLD, "Errors: the registry cannot be used");
	print_list(terminal, true);
	fputc('\n', terminal->stream);
	print_line(terminal, STYLE_BOLD, "Warnings: it can be used, and will hurt");
	print_list(terminal, false);
	fputc('\n', terminal->stream);
	manage_print(manage, STYLE_DIM, "'manage explain CODE' says more about one.");
	fputc('\n', terminal->stream);
}

int explain_command(struct manage *manage)
{
	const char *code = manage->arguments.topic;
	const struct reconcile_rule *rule = reconcile_rule_find(code);

	if (manage->arguments.format == FORMAT_JSON)
		return json_rules(manage, rule) ? RECONCILE_OK : manage_out_of_memory(manage);
	if (rule)
		print_rule(&manage->out, rule);
	else
		print_rules(manage);
	return RECONCILE_OK;
}
