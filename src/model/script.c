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

/* A statement as comment lines: a person takes the "-- " away and runs it. Of control characters
 * only tabs stay; a carriage return ends a comment for psql. */
static void add_commented(struct buffer *buf, const char *statement)
{
	while (*statement) {
		buffer_add(buf, "-- ");
		while (*statement && *statement != '\n') {
			size_t length = strcspn(statement, "\t\n");
			struct buffer piece = BUFFER_INIT(buf->arena);
			buffer_add_n(&piece, statement, length);
			text_add_visible(buf, buffer_text(&piece));
			buf->failed = buf->failed || piece.failed;
			statement += length;
			if (*statement == '\t')
				buffer_add_char(buf, *statement++);
		}
		statement += *statement == '\n';
		buffer_add_char(buf, '\n');
	}
}

/* "; about 1,200 rows, 96 KB" */
static void add_size(struct buffer *buf, const struct reconcile_step *step)
{
	struct table_size size = {step->rows, step->bytes, step->rows == 0};
	if (step->creates_table || (step->rows < 0 && step->bytes < 0))
		return;
	const char *text = size_text(&size, buf->arena);
	buf->failed = buf->failed || !text;
	buffer_add(buf, "; ");
	buffer_add(buf, text);
}

static void add_comment(struct buffer *buf, const struct reconcile_step *step)
{
	buffer_add(buf, "\n-- table '");
	text_add_visible(buf, step->table);
	if (step->cost == RECONCILE_COST_IMPOSSIBLE) {
		buffer_add(buf, "': cannot be done: ");
		text_add_visible(buf, step->reason);
	} else if (step->refused) {
		buffer_add(buf, "': refused without --allow-rewrite: ");
		text_add_visible(buf, step->reason);
	} else {
		buffer_addf(buf, "': %s %zu column%s; %s",
			    step->creates_table ? "create with" : "add", step->column_count,
			    word_for((long long)step->column_count, "", "s"),
			    cost_phrase(step->cost));
		add_size(buf, step);
	}
	buffer_add_char(buf, '\n');
}

static void add_step(struct buffer *buf, const struct plan *plan, const struct reconcile_step *step)
{
	add_comment(buf, step);
	if (step->cost == RECONCILE_COST_IMPOSSIBLE)
		return;
	if (!step->refused)
		add_line(buf, plan->script_begin);
	for (size_t i = 0; i < step->statement_count; i++) {
		if (step->refused)
			add_commented(buf, step->statements[i]);
		else
			add_line(buf, step->statements[i]);
	}
	if (!step->refused)
		add_line(buf, plan->script_end);
}

const char *plan_script(const struct plan *plan, const char *registry_name, struct arena *arena)
{
	if (plan->step_count == 0)
		return "";
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, "-- reconcile: registry ");
	text_add_visible(&buf, registry_name);
	buffer_addf(&buf, ": %zu of %zu table%s need%s a change\n", plan->changed_tables,
		    plan->declared_tables, word_for((long long)plan->declared_tables, "", "s"),
		    word_for((long long)plan->changed_tables, "s", ""));
	for (size_t i = 0; i < plan->step_count; i++)
		add_step(&buf, plan, &plan->steps[i]);
	return buffer_text(&buf);
}
