/* What a change would meet, and what it would do to others: said before it is made. */
#include "boot.h"

/* What is not known in the mode that only looks is asked, of the session that would do it. */
static bool learn_facts(struct boot *boot, struct error *err)
{
	if (boot->inspected)
		return true;
	return boot_connect_worker(boot, err) &&
	       boot->backend->inspect(boot->worker, boot->index.table_names,
				      boot->index.table_count, &boot->facts, boot->arena, err);
}

static void add(struct boot *boot, const struct reconcile_finding *finding)
{
	boot->findings[boot->finding_count++] = *finding;
}

/* false: out of memory. */
static bool add_history(struct boot *boot)
{
	const struct denial *denial = &boot->facts.history;
	if (denial->why == NULL)
		return true;
	struct buffer hint = BUFFER_INIT(boot->arena);
	buffer_addf(&hint, "%s%s", denial->grant != NULL ? "let somebody who may run: " : "",
		    denial->grant != NULL ? denial->grant
					  : "give that name, or those columns, back to history");
	add(boot, &(struct reconcile_finding){
			  .error = denial->conflict,
			  .code = "history",
			  .text = denial->why,
			  .hint = buffer_text(&hint),
		  });
	return !hint.failed;
}

static bool add_right(struct boot *boot, const char *table, const struct denial *denial)
{
	struct buffer text = BUFFER_INIT(boot->arena), hint = BUFFER_INIT(boot->arena);
	buffer_addf(&text, "this role would apply nothing to %s%s%s: %s",
		    table != NULL ? "table '" : "tables that are missing",
		    table != NULL ? table : "", table != NULL ? "'" : "", denial->why);
	if (denial->grant != NULL)
		buffer_addf(&hint, "let the owner run: %s ", denial->grant);
	buffer_addf(&hint, "%swhat `%s plan --format sql` prints",
		    denial->grant != NULL ? "or " : "let the owner run ", boot->config->command);
	const char *of = NULL;
	if ((table != NULL && !arena_copy(&of, boot->arena, table)) || text.failed || hint.failed)
		return false;
	add(boot, &(struct reconcile_finding){
			  .code = "rights",
			  .text = buffer_text(&text),
			  .hint = buffer_text(&hint),
			  .table = of,
		  });
	return true;
}

/* To those who apply announce_denial() says it. All new tables lack the same. */
static bool add_rights(struct boot *boot)
{
	bool looks = boot->config->mode == RECONCILE_MODE_CHECK ||
		     boot->config->mode == RECONCILE_MODE_WARN;
	bool created = false;
	for (size_t i = 0; looks && i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		const struct denial *denial =
			table->create ? &boot->facts.create
				      : &boot->facts.alter[table->table - boot->index.tables];
		if (table->missing_count == 0 || denial->why == NULL || (table->create && created))
			continue;
		created = created || table->create;
		if (!add_right(boot, table->create ? NULL : table->table->name, denial))
			return false;
	}
	return true;
}

/* What makes that table on the other side; NULL: out of memory. */
static const char *statements_of(const struct boot *boot, const char *table)
{
	struct buffer buf = BUFFER_INIT(boot->arena);
	for (size_t i = 0; i < boot->plan.step_count; i++) {
		const struct reconcile_step *step = &boot->plan.steps[i];
		if (step->refused || step->table != table)
			continue;
		for (size_t s = 0; s < step->statement_count; s++)
			buffer_addf(&buf, "%s%s", buf.length > 0 ? "\n" : "", step->statements[s]);
	}
	return buffer_text(&buf);
}

static bool add_audience(struct boot *boot, const char *table, bool is_new,
			 const char *publications, const char *statements)
{
	struct buffer text = BUFFER_INIT(boot->arena), hint = BUFFER_INIT(boot->arena);
	buffer_addf(&text,
		    "publication %s sends table '%s' to its subscribers: one that lacks %s stops",
		    publications, table != NULL ? table : HISTORY_TABLE,
		    is_new ? "the table" : "the new columns");
	buffer_addf(&hint, "run on every subscriber first: %s",
		    statements != NULL ? statements : "");
	const char *of;
	if (!arena_copy(&of, boot->arena, table) || statements == NULL || text.failed ||
	    hint.failed)
		return false;
	add(boot, &(struct reconcile_finding){
			  .code = "publication",
			  .text = buffer_text(&text),
			  .hint = buffer_text(&hint),
			  .table = of,
		  });
	return true;
}

static bool add_audiences(struct boot *boot)
{
	const struct session_facts *facts = &boot->facts;
	const char *publications = NULL;
	size_t count = 0;
	for (size_t i = 0; facts->audiences != NULL && i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		const struct audience *audience =
			&facts->audiences[table->table - boot->index.tables];
		if (table->missing_count == 0 || audience->publications == NULL)
			continue;
		publications = audience->publications;
		count++;
		if (!add_audience(boot, table->table->name, table->create, publications,
				  statements_of(boot, table->table->name)))
			return false;
	}
	const struct audience *history = &facts->history_audience;
	if (history->publications != NULL && history->sql[0] != '\0') {
		publications = history->publications;
		count++;
		if (!add_audience(boot, NULL, history->creates, publications, history->sql))
			return false;
	}
	announce_foresight(boot, publications, count);
	return true;
}

bool boot_foresee(struct boot *boot, struct error *err)
{
	if (boot->foreseen)
		return true;
	if (!learn_facts(boot, err))
		return false;
	boot->foreseen = true;
	boot->finding_count = 0;
	boot->findings =
		arena_array(boot->arena, 2 * boot->diff.table_count + 2, sizeof(*boot->findings));
	return (boot->findings != NULL && add_history(boot) && add_rights(boot) &&
		add_audiences(boot)) ||
	       error_memory(err);
}

bool boot_is_barred(const struct boot *boot)
{
	return boot->foreseen && boot->facts.history.conflict && boot_has_work(boot);
}
