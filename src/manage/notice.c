#include "notice.h"

#define HINT_INDENT 3

void notices_print(const struct terminal *terminal, const struct reconcile_report *report)
{
	for (size_t i = 0; i < reconcile_report_finding_count(report); i++) {
		const struct reconcile_finding *finding = reconcile_report_finding(report, i);

		fputs(i == 0 ? "\n" : "", terminal->stream);
		terminal_styled(terminal, finding->error ? STYLE_RED : STYLE_YELLOW,
				finding->error ? "error" : "warning");
		fputs(": ", terminal->stream);
		terminal_text(terminal, finding->text);
		fputc('\n', terminal->stream);
		if (finding->hint)
			terminal_lines(terminal, STYLE_CYAN, HINT_INDENT, finding->hint);
	}
}
