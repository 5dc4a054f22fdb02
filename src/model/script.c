/* A plan as a script. Whatever stands in a comment stays in it: text_add_visible(). */
#include "plan.h"
#include "text.h"

#include <string.h>

static const char *cost_phrase(enum reconcile_cost cost)
{
	switch (cost) {
	case RECONCILE_COST_CATALOG:
		return "changes the catalog only";
	case RECONCILE_COST_SCAN:
		return "reads the whole table under the lock";
	case RECONCILE_COST_REWRITE:
		return "rewrites the whole table under the lock";
	default:
		return "its cost is not assessed";
	}
}

static void add_line(struct buffer *buf, const char *text)
{
	if (!text || !*text)
		return;
	buffer_add(buf, text);
	if (!buf->failed && buf->data[buf->length - 1] != '\n')
		buffer_add_char(buf, '\n');
}

static void add_comment(struct buffer *buf, const struct reconcile_step *step)
{
	buffer_add(buf, "\n-- table '");
	text_add_visible(buf, step->table);
	if (step->cost == RECONCILE_COST_IMPOSSIBLE) {
		buffer_add(buf, "': cannot be done: ");
		text_add_visible(buf, step->reason);
	} else {
		buffer_addf(buf, "': %s %zu column%s; %s",
			    step->creates_table ? "create with" : "add", step->column_count,
			    step->column_count == 1 ? "" : "s", cost_phrase(step->cost));
		if (step->rows >= 0)
			buffer_addf(buf, " (about %lld row%s)", step->rows,
				    step->rows == 1 ? "" : "s");
	}
	buffer_add_char(buf, '\n');
}

/* What is refused stands there to be read, not to be run: a line each behind "-- ". */
static void add_refused(struct buffer *buf, const struct reconcile_step *step)
{
	buffer_add(buf, "-- refused without allow_rewrite: ");
	text_add_visible(buf, step->reason);
	buffer_add_char(buf, '\n');
	for (size_t i = 0; i < step->statement_count; i++) {
		const char *line = step->statements[i];
		while (*line) {
			size_t length = strcspn(line, "\r\n");
			buffer_addf(buf, "-- %.*s\n", (int)length, line);
			line += length + (line[length] != '\0');
		}
	}
}

static void add_step(struct buffer *buf, const struct reconcile_step *step,
		     const struct dialect *dialect)
{
	add_comment(buf, step);
	if (step->cost == RECONCILE_COST_IMPOSSIBLE)
		return;
	if (step->refused) {
		add_refused(buf, step);
		return;
	}
	add_line(buf, dialect->script_begin);
	for (size_t i = 0; i < step->statement_count; i++)
		add_line(buf, step->statements[i]);
	add_line(buf, dialect->script_end);
}

const char *plan_script(const struct plan *plan, const struct sql *sql, const char *registry_name)
{
	if (plan->step_count == 0)
		return "";
	struct buffer buf = BUFFER_INIT(sql->arena);
	buffer_add(&buf, "-- reconcile: registry ");
	text_add_visible(&buf, registry_name);
	buffer_addf(&buf, ": %zu of %zu table%s need%s a change\n", plan->changed_tables,
		    plan->declared_tables, plan->declared_tables == 1 ? "" : "s",
		    plan->changed_tables == 1 ? "s" : "");
	for (size_t i = 0; i < plan->step_count; i++)
		add_step(&buf, &plan->steps[i], sql->dialect);
	return buffer_text(&buf);
}
