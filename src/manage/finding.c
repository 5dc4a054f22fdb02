#include "finding.h"

#include <string.h>

#define INDENT 4
#define HINT_INDENT 10 /* behind "    hint: " */

static const char *level_name(const struct reconcile_finding *finding)
{
	return finding->error ? "error" : "warning";
}

/* "error[CODE]" in the text: what is before it is the place. */
static const char *find_label(const struct reconcile_finding *finding, char *label, size_t size)
{
	snprintf(label, size, "%s[%s]", level_name(finding), finding->code);
	return strstr(finding->text, label);
}

const char *finding_message(const struct reconcile_finding *finding)
{
	char label[64];
	const char *found = find_label(finding, label, sizeof(label));

	found = found ? found + strlen(label) : finding->text;
	return found + strspn(found, ": ");
}

/* Behind what stands in `used` columns already. */
static void print_wrapped(const struct terminal *terminal, int used, int indent, const char *text)
{
	if (terminal->is_terminal) {
		terminal_wrap_on(terminal, STYLE_PLAIN, used, indent, text);
		return;
	}
	/* A line a finding is what editors and grep understand. */
	fputc(' ', terminal->stream);
	terminal_text(terminal, text);
	fputc('\n', terminal->stream);
}

void finding_print(const struct terminal *terminal, const struct reconcile_finding *finding)
{
	char label[64], place[1024];
	const char *found = find_label(finding, label, sizeof(label));
	size_t length = found ? (size_t)(found - finding->text) : 0;
	int used;

	if (length < sizeof(place)) {
		memcpy(place, finding->text, length);
		place[length] = '\0';
		used = terminal_styled(terminal, STYLE_BOLD, place);
	} else {
		used = terminal_styled(terminal, STYLE_BOLD, finding->file);
		used += terminal_text(terminal, ": ");
	}
	used += terminal_styled(terminal, finding->error ? STYLE_RED : STYLE_YELLOW, label);
	used += terminal_text(terminal, ":");
	print_wrapped(terminal, used, INDENT, finding_message(finding));
	if (!finding->hint)
		return;
	terminal_spaces(terminal, INDENT);
	used = INDENT + terminal_styled(terminal, STYLE_CYAN, "hint:");
	print_wrapped(terminal, used, HINT_INDENT, finding->hint);
}
