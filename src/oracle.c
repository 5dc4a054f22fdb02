/* What the database itself is asked, where the texts and the rules do not tell. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

/* ---- do two defaults mean the same? ---------------------------------------- */

bool oracle_defaults(struct boot *boot, struct error *err)
{
	struct diff *diff = &boot->diff;
	if (diff->pair_count == 0)
		return true;
	return boot->backend->compare_defaults(boot->session, diff->pairs, diff->pair_count,
					       boot->round, err) &&
	       (diff_settle(diff, &boot->sql) || error_memory(err));
}

/* ---- what does adding a column cost? --------------------------------------- */

static int compare_questions(const void *left, const void *right)
{
	const struct cost_question *a = left, *b = right;
	return strcmp(a->definition, b->definition);
}

static int compare_answers(const void *left, const void *right)
{
	const struct cost_answer *a = left, *b = right;
	return strcmp(a->definition, b->definition);
}

static bool add_questions(struct cost_question *questions, size_t *count, const struct sql *sql,
			  const struct indexed_column *const *columns, size_t column_count)
{
	for (size_t i = 0; i < column_count; i++) {
		const struct reconcile_column *row = columns[i]->row;
		const char *definition = sql_definition(sql, row);
		if (definition == NULL)
			return false;
		questions[(*count)++] =
			(struct cost_question){.definition = definition, .type = row->type};
	}
	return true;
}

/* Every distinct definition that is missing in a table that is there, and not answered yet. NULL:
 * out of memory. */
static struct cost_question *list_questions(const struct boot *boot, size_t *count,
					    struct arena *scratch)
{
	struct sql sql = boot->sql;
	size_t total = 0, found = 0;
	sql.arena = scratch;
	for (size_t i = 0; i < boot->diff.table_count; i++)
		total += boot->diff.tables[i].missing_count + boot->diff.tables[i].refused_count;
	struct cost_question *questions = arena_array(scratch, total, sizeof(*questions));
	if (questions == NULL)
		return NULL;
	for (size_t i = 0; i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		if (table->create)
			continue;
		if (!add_questions(questions, &found, &sql, table->missing, table->missing_count) ||
		    !add_questions(questions, &found, &sql, table->refused, table->refused_count))
			return NULL;
	}
	if (found > 0)
		qsort(questions, found, sizeof(*questions), compare_questions);
	*count = 0;
	for (size_t i = 0; i < found; i++) {
		bool twin = i > 0 && compare_questions(&questions[i - 1], &questions[i]) == 0;
		if (!twin && terms_answer(&boot->terms, questions[i].definition) == NULL)
			questions[(*count)++] = questions[i];
	}
	return questions;
}

/* Adds the answers to those of earlier looks. */
static bool keep_answers(struct boot *boot, const struct cost_question *questions, size_t count)
{
	struct terms *terms = &boot->terms;
	size_t old_count = terms->answer_count;
	struct cost_answer *answers = arena_array(boot->arena, old_count + count, sizeof(*answers));
	if (answers == NULL)
		return false;
	if (old_count > 0)
		memcpy(answers, terms->answers, old_count * sizeof(*answers));
	for (size_t i = 0; i < count; i++) {
		struct cost_answer *answer = &answers[old_count + i];
		answer->definition = arena_text(boot->arena, questions[i].definition);
		answer->cost.cost = questions[i].cost;
		if (answer->definition == NULL ||
		    !arena_copy(&answer->cost.reason, boot->arena, questions[i].reason))
			return false;
	}
	qsort(answers, old_count + count, sizeof(*answers), compare_answers);
	terms->answers = answers;
	terms->answer_count = old_count + count;
	return true;
}

static bool assess(struct boot *boot, bool *asked, struct error *err)
{
	struct arena scratch = {0};
	size_t count = 0;
	struct cost_question *questions = list_questions(boot, &count, &scratch);
	bool fine = questions != NULL || error_memory(err);
	if (fine && count > 0) {
		*asked = true;
		fine = boot_connect_worker(boot, err) &&
		       boot->backend->assess(boot->worker, questions, count, &scratch, err) &&
		       (keep_answers(boot, questions, count) || error_memory(err));
	}
	arena_release(&scratch);
	return fine;
}

/* ---- how large are the tables? --------------------------------------------- */

/* *dear: is there a column that is? false: memory ran out. */
static bool find_dear(bool *dear, const struct boot *boot, const struct table_diff *table)
{
	*dear = false;
	for (size_t i = 0; i < table->missing_count + table->refused_count; i++) {
		const struct indexed_column *column =
			i < table->missing_count ? table->missing[i]
						 : table->refused[i - table->missing_count];
		struct cost cost;
		if (!terms_cost(&cost, &boot->terms, &boot->sql, table->table, column->row))
			return false;
		*dear = *dear || cost_is_dear(cost.cost);
	}
	return true;
}

static bool keep_sizes(struct boot *boot, const struct size_question *questions, size_t count,
		       const size_t *places)
{
	if (boot->sizes == NULL) {
		boot->sizes =
			arena_array(boot->arena, boot->index.table_count, sizeof(*boot->sizes));
		boot->measured =
			arena_array(boot->arena, boot->index.table_count, sizeof(*boot->measured));
		if (boot->sizes == NULL || boot->measured == NULL)
			return false;
		for (size_t i = 0; i < boot->index.table_count; i++)
			boot->sizes[i] = (struct table_size){.rows = -1, .bytes = -1};
	}
	for (size_t i = 0; i < count; i++) {
		boot->sizes[places[i]] = questions[i].size;
		boot->measured[places[i]] = true;
	}
	boot->terms.sizes = boot->sizes;
	return true;
}

/* Rows are counted only where a column may be refused for them; a boot that only wants to get on
 * asks about no other table. */
static bool measure(struct boot *boot, bool *asked, struct error *err)
{
	struct arena scratch = {0};
	size_t count = 0;
	struct size_question *questions =
		arena_array(&scratch, boot->diff.table_count, sizeof(*questions));
	size_t *places = arena_array(&scratch, boot->diff.table_count, sizeof(*places));
	bool fine = (questions != NULL && places != NULL) || error_memory(err);
	for (size_t i = 0; fine && i < boot->diff.table_count; i++) {
		const struct table_diff *table = &boot->diff.tables[i];
		size_t place = (size_t)(table->table - boot->index.tables);
		bool known = boot->measured != NULL && boot->measured[place];
		bool dear;
		if (!find_dear(&dear, boot, table)) {
			fine = error_memory(err);
			break;
		}
		bool shown = boot->config->mode != RECONCILE_MODE_APPLY;
		if (known || table->create || (!dear && !shown) ||
		    table->missing_count + table->refused_count == 0)
			continue;
		places[count] = place;
		questions[count++] = (struct size_question){
			.name = table->table->name,
			.count_to = dear ? boot->terms.allowed_rows : -1,
			.size = {.rows = -1, .bytes = -1},
		};
	}
	if (fine && count > 0) {
		*asked = true;
		fine = boot_connect_worker(boot, err) &&
		       boot->backend->measure(boot->worker, questions, count, &scratch, err) &&
		       (keep_sizes(boot, questions, count, places) || error_memory(err));
	}
	arena_release(&scratch);
	return fine;
}

bool oracle_costs(struct boot *boot, bool *asked, struct error *err)
{
	*asked = false;
	return assess(boot, asked, err) && measure(boot, asked, err);
}

/* ---- whose are the tables? ------------------------------------------------- */

static bool make_custodies(struct boot *boot)
{
	size_t count = boot->index.table_count;
	if (boot->custodies != NULL)
		return true;
	struct custody *custodies = arena_array(boot->arena, count, sizeof(*custodies));
	boot->recognised = arena_array(boot->arena, count, sizeof(*boot->recognised));
	if (custodies == NULL || boot->recognised == NULL)
		return false;
	boot->custodies = custodies;
	boot->terms.custodies = custodies;
	return true;
}

static bool recognise(struct boot *boot, const size_t *places, size_t count, struct arena *scratch,
		      struct error *err)
{
	const char **names = arena_array(scratch, count, sizeof(*names));
	struct custody *found = arena_array(scratch, count, sizeof(*found));
	if (names == NULL || found == NULL || !make_custodies(boot))
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		names[i] = boot->index.table_names[places[i]];
	if (!boot->backend->recognise(boot->session, names, count, found, boot->arena, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		boot->custodies[places[i]] = found[i];
		boot->recognised[places[i]] = true;
	}
	return true;
}

bool oracle_custody(struct boot *boot, bool all, bool *asked, struct error *err)
{
	struct arena scratch = {0};
	size_t count = 0, total = all ? boot->index.table_count : boot->diff.table_count;
	size_t *places = arena_array(&scratch, total, sizeof(*places));
	bool fine = places != NULL || error_memory(err);
	for (size_t i = 0; fine && i < total; i++) {
		const struct table_diff *table = all ? NULL : &boot->diff.tables[i];
		size_t place = all ? i : (size_t)(table->table - boot->index.tables);
		bool known = boot->custodies != NULL && boot->recognised[place];
		if (!known && boot->catalog.relations[place].kind == RELATION_TABLE)
			places[count++] = place;
	}
	*asked = fine && count > 0;
	fine = fine && (count == 0 || recognise(boot, places, count, &scratch, err));
	arena_release(&scratch);
	return fine;
}
