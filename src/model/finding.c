#include "finding.h"
#include "text.h"

struct subject table_subject(const struct reconcile_table *row)
{
	return (struct subject){
		.kind = TABLE, .file = row->file, .line = row->line, .table = row->name};
}

struct subject column_subject(const struct reconcile_column *row)
{
	return (struct subject){.kind = COLUMN,
				.file = row->file,
				.line = row->line,
				.table = row->table,
				.column = row->column};
}

static void add_place(struct buffer *buf, const struct subject *subject)
{
	text_add_visible(buf, subject->file);
	if (subject->line > 0)
		buffer_addf(buf, ":%d", subject->line);
}

static void add_head(struct check *check, struct buffer *buf, bool fatal,
		     const struct subject *subject)
{
	if (subject->file) {
		add_place(buf, subject);
	} else {
		buffer_add(buf, "registry '");
		text_add_visible(buf, check->registry->name);
		buffer_add(buf, "'");
	}
	buffer_add(buf, fatal ? ": error: " : ": warning: ");
	if (subject->kind == REGISTRY)
		return;
	buffer_add(buf, subject->kind == TABLE ? "table '" : "column '");
	text_add_visible(buf, subject->table);
	if (subject->kind == COLUMN) {
		buffer_add(buf, ".");
		text_add_visible(buf, subject->column);
	}
	buffer_add(buf, "': ");
}

void finding_problem(struct check *check, bool fatal, const char *text)
{
	struct problem *problem = text ? arena_alloc(check->arena, sizeof(*problem)) : NULL;
	if (!problem) {
		check->failed = true;
		return;
	}
	problem->fatal = fatal;
	problem->text = text;
	*check->next = problem;
	check->next = &problem->next;
	check->fatal += fatal;
}

/* "HEAD what 'quoted' rest"; quoted NULL: "HEAD what". */
void finding_add(struct check *check, bool fatal, const struct subject *subject, const char *what,
		 const char *quoted, const char *rest)
{
	struct buffer buf = BUFFER_INIT(check->arena);
	add_head(check, &buf, fatal, subject);
	buffer_add(&buf, what);
	if (quoted) {
		buffer_add(&buf, " '");
		text_add_visible(&buf, quoted);
		buffer_add(&buf, "'");
	}
	buffer_add(&buf, rest);
	finding_problem(check, fatal, buffer_text(&buf));
}

void finding_fault(struct check *check, const struct subject *subject, const char *what)
{
	finding_add(check, true, subject, what, NULL, NULL);
}

void finding_twice(struct check *check, const struct subject *subject, const struct subject *first)
{
	struct buffer buf = BUFFER_INIT(check->arena);
	add_head(check, &buf, true, subject);
	buffer_add(&buf, "declared twice");
	if (first->file) {
		buffer_add(&buf, ", first at ");
		add_place(&buf, first);
	}
	finding_problem(check, true, buffer_text(&buf));
}
