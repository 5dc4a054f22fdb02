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

static const struct rule_facts *facts_of(const struct check *check, enum rule_id rule)
{
	return rule < RULE_FIRST_WARNING ? &rule_errors[rule]
					 : &check->adviser->warnings[rule - RULE_FIRST_WARNING];
}

/* A warning becomes one when all of the databases refuse it in any case. */
static bool is_error(const struct check *check, enum rule_id rule)
{
	return rule < RULE_FIRST_WARNING ||
	       (check->adviser->databases & ~facts_of(check, rule)->refused_by) == 0;
}

static void add_place(struct buffer *buf, const struct subject *subject)
{
	text_add_visible(buf, subject->file);
	if (subject->line > 0)
		buffer_addf(buf, ":%d", subject->line);
}

static void add_head(const struct check *check, struct buffer *buf, enum rule_id rule,
		     const struct subject *subject)
{
	if (subject->file) {
		add_place(buf, subject);
	} else if (rule == RULE_REGISTRY_MISSING || rule == RULE_LAYOUT) {
		/* Its name is not to be had. */
		buffer_add(buf, "registry");
	} else {
		buffer_add(buf, "registry '");
		text_add_visible(buf, check->registry->name);
		buffer_add(buf, "'");
	}
	buffer_addf(buf, ": %s[%s]: ", is_error(check, rule) ? "error" : "warning",
		    facts_of(check, rule)->shown.code);
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

/* NULL stays NULL; memory that runs out is noted. */
static const char *copy(struct check *check, const char *text)
{
	const char *made = arena_text(check->arena, text);
	check->failed = check->failed || (text && !made);
	return made;
}

/* text NULL: memory ran out. */
static void append(struct check *check, enum rule_id rule, const struct subject *subject,
		   const char *text, const char *hint)
{
	struct finding *finding = text ? arena_alloc(check->arena, sizeof(*finding)) : NULL;
	if (!finding) {
		check->failed = true;
		return;
	}
	bool error = is_error(check, rule);
	finding->shown = (struct reconcile_finding){
		.error = error,
		.code = facts_of(check, rule)->shown.code,
		.text = text,
		.hint = copy(check, hint ? hint : facts_of(check, rule)->hint),
		.file = copy(check, subject->file),
		.line = subject->line,
	};
	if (subject->kind != REGISTRY)
		finding->shown.table = copy(check, subject->table ? subject->table : "?");
	if (subject->kind == COLUMN)
		finding->shown.column = copy(check, subject->column ? subject->column : "?");
	*check->next = finding;
	check->next = &finding->next;
	check->errors += error;
}

bool finding_counts(const struct check *check, enum rule_id rule)
{
	return rule < RULE_FIRST_WARNING ||
	       (check->adviser && (facts_of(check, rule)->about & check->adviser->databases) != 0);
}

void finding_add(struct check *check, enum rule_id rule, const struct subject *subject,
		 struct wording wording)
{
	struct buffer buf = BUFFER_INIT(check->arena);
	add_head(check, &buf, rule, subject);
	buffer_add(&buf, wording.before);
	if (wording.quoted) {
		buffer_add(&buf, wording.before ? " '" : "'");
		text_add_visible(&buf, wording.quoted);
		buffer_add(&buf, "'");
	}
	buffer_add(&buf, wording.after);
	append(check, rule, subject, buffer_text(&buf), wording.hint);
}

void finding_say(struct check *check, enum rule_id rule, const struct subject *subject,
		 const char *what)
{
	finding_add(check, rule, subject, (struct wording){.before = what});
}

void finding_add_token(struct check *check, enum rule_id rule, const struct subject *subject,
		       struct wording wording, const struct token *quoted)
{
	wording.quoted = arena_text_n(check->arena, quoted->text, quoted->length);
	if (wording.quoted)
		finding_add(check, rule, subject, wording);
	else
		check->failed = true;
}

void finding_twice(struct check *check, const struct subject *subject, const struct subject *first)
{
	struct buffer place = BUFFER_INIT(check->arena);
	if (first->file)
		add_place(&place, first);
	const char *text = buffer_text(&place);
	if (!text)
		check->failed = true;
	else
		finding_add(check, RULE_DECLARED_TWICE, subject,
			    (struct wording){
				    .before = first->file ? "declared twice, first at "
							  : "declared twice",
				    .after = text,
			    });
}
