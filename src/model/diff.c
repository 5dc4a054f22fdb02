#include "diff.h"
#include "compare.h"
#include "custody.h"
#include "item.h"
#include "lack.h"

#include <string.h>

/* A diff on its way. */
struct work {
	struct diff *diff;
	const struct catalog *catalog;
	const struct sql *sql;
	const struct terms *terms;
	bool everything;
	struct arena *arena;
	struct matching matching; /* of the current table */
	size_t item_capacity;
	struct table_diff *tables;
	size_t table_capacity;
	size_t pair_capacity;
};

/* ---- lists that grow ------------------------------------------------------ */

static void *grow(struct arena *arena, const void *old, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity ? 2 * *capacity : 16;
	void *fresh = arena_array(arena, more, size);
	if (!fresh)
		return NULL;
	if (count > 0)
		memcpy(fresh, old, count * size);
	*capacity = more;
	return fresh;
}

static struct reconcile_item *add_item(struct work *work, const char *table,
				       enum reconcile_state state)
{
	struct diff *diff = work->diff;
	if (diff->item_count == work->item_capacity) {
		struct reconcile_item *items = grow(work->arena, diff->items, diff->item_count,
						    &work->item_capacity, sizeof(*items));
		if (!items)
			return NULL;
		diff->items = items;
	}
	struct reconcile_item *item = &diff->items[diff->item_count++];
	*item = (struct reconcile_item){
		.table = table, .state = state, .default_compared = true, .rows = -1, .bytes = -1};
	return item;
}

static struct table_diff *add_table(struct work *work)
{
	struct diff *diff = work->diff;
	if (diff->table_count == work->table_capacity) {
		struct table_diff *tables = grow(work->arena, work->tables, diff->table_count,
						 &work->table_capacity, sizeof(*tables));
		if (!tables)
			return NULL;
		work->tables = tables;
		diff->tables = tables;
	}
	return &work->tables[diff->table_count++];
}

static struct default_pair *add_pair(struct work *work)
{
	struct diff *diff = work->diff;
	if (diff->pair_count == work->pair_capacity) {
		struct default_pair *pairs = grow(work->arena, diff->pairs, diff->pair_count,
						  &work->pair_capacity, sizeof(*pairs));
		if (!pairs)
			return NULL;
		diff->pairs = pairs;
	}
	return &diff->pairs[diff->pair_count++];
}

/* ---- items ---------------------------------------------------------------- */

/* An item for the table itself; for one without a TABLE row, at its first column's place. */
static struct reconcile_item *add_table_item(struct work *work, const struct indexed_table *table,
					     enum reconcile_state state)
{
	struct reconcile_item *item = add_item(work, table->name, state);
	if (item && table->row) {
		item->description = table->row->description;
		item->file = table->row->file;
		item->line = table->row->line;
	} else if (item && table->column_count > 0) {
		item->file = table->columns[0].row->file;
		item->line = table->columns[0].row->line;
	}
	return item;
}

static struct reconcile_item *add_missing_item(struct work *work, const struct indexed_table *table,
					       const struct indexed_column *column)
{
	struct reconcile_item *item = add_item(work, table->name, RECONCILE_MISSING);
	return item && item_declare(item, column->row, work->sql) ? item : NULL;
}

/* ---- tables that are not there -------------------------------------------- */

static bool diff_absent(struct work *work, const struct indexed_table *table,
			const struct relation *relation)
{
	struct table_diff *lack = add_table(work);
	if (!lack || !lack_find(lack, table, relation, NULL, work->terms, work->sql, work->arena))
		return false;
	enum reconcile_cost cost =
		lack->create ? RECONCILE_COST_CATALOG : RECONCILE_COST_IMPOSSIBLE;
	work->diff->counts.tables_missing++;
	work->diff->counts.missing += table->column_count;
	struct reconcile_item *item = add_table_item(work, table, RECONCILE_MISSING);
	if (!item)
		return false;
	item->cost = cost;
	item->reason = lack->obstacle;
	if (lack->create && !(item->sql = sql_create_table(work->sql, table)))
		return false;
	for (size_t i = 0; i < table->column_count; i++) {
		item = add_missing_item(work, table, &table->columns[i]);
		if (!item)
			return false;
		item->cost = cost;
		item->reason = lack->obstacle;
	}
	return true;
}

/* holder: what has the name, "a view". */
static bool diff_foreign(struct work *work, const struct indexed_table *table,
			 const struct relation *relation, const char *holder)
{
	struct table_diff *lack = add_table(work);
	if (!lack ||
	    !lack_find(lack, table, relation, &work->matching, work->terms, work->sql, work->arena))
		return false;
	work->diff->counts.conflicts += table->column_count;
	struct reconcile_item *item = add_table_item(work, table, RECONCILE_FOREIGN);
	if (item)
		item->reason = holder;
	return item != NULL;
}

/* ---- tables that are there ------------------------------------------------ */

static bool diff_missing(struct work *work, const struct indexed_table *table,
			 const struct indexed_column *column)
{
	work->diff->counts.missing++;
	struct reconcile_item *item = add_missing_item(work, table, column);
	if (!item)
		return false;
	struct cost cost;
	struct table_size size = terms_size(work->terms, table);
	const char *refusal;
	if (!terms_cost(&cost, work->terms, work->sql, table, column->row) ||
	    !terms_refusal(&refusal, work->terms, table, cost, work->arena))
		return false;
	item->cost = cost.cost;
	item->refused = refusal != NULL;
	item->reason = refusal ? refusal : cost.reason;
	item->rows = size.rows;
	item->bytes = size.bytes;
	item->sql = sql_add_columns(work->sql, table, &column, 1);
	return item->sql != NULL;
}

/* The database is to be asked about the two defaults of the item that comes last. */
static bool diff_pair(struct work *work, const struct reconcile_column *row,
		      const struct attribute *attribute)
{
	struct reconcile_item *item = &work->diff->items[work->diff->item_count - 1];
	if (attribute->default_unread)
		return item_add_reason(item, "the text of the live default was not to be had",
				       work->arena);
	/* A default is compared as a value of the column's type. */
	if (item->conflicts & RECONCILE_CONFLICT_TYPE)
		return item_add_reason(item,
				       "the types differ, so that the defaults were not compared",
				       work->arena);
	struct default_pair *pair = add_pair(work);
	if (!pair)
		return false;
	*pair = (struct default_pair){
		.type = row->type,
		.declared = item->declared.default_value,
		.live = attribute->default_value,
		.item = work->diff->item_count - 1,
		.row = row,
		.attribute = attribute,
	};
	return true;
}

static bool diff_live(struct work *work, const struct indexed_table *table,
		      const struct indexed_column *column, const struct attribute *attribute)
{
	unsigned conflicts = column_conflicts(column, attribute, work->catalog);
	bool compared = default_is_compared(column->row, attribute);
	bool typed = type_is_compared(column, attribute, work->catalog);
	if (conflicts) {
		work->diff->counts.conflicts++;
		work->diff->conflict_count++;
	} else {
		work->diff->counts.present++;
		if (!work->everything && compared && typed)
			return true;
	}
	struct reconcile_item *item =
		add_item(work, table->name, conflicts ? RECONCILE_CONFLICTING : RECONCILE_PRESENT);
	if (!item || !item_declare(item, column->row, work->sql))
		return false;
	item_show(item, attribute);
	item->conflicts = conflicts;
	item->default_compared = compared;
	if (!typed && !item_add_reason(item,
				       "information_schema does not show the modifier of such a "
				       "type, which was not compared",
				       work->arena))
		return false;
	if (conflicts && !item_advise(item, column->row, attribute, work->sql))
		return false;
	return compared || diff_pair(work, column->row, attribute);
}

/* Nobody who does not know this column can insert a row. */
static bool is_required(const struct attribute *attribute)
{
	return attribute->not_null && !attribute_has_default(attribute) && !attribute->generated &&
	       !attribute->identity;
}

static bool diff_extra(struct work *work, const struct indexed_table *table,
		       const struct attribute *attribute)
{
	bool required = is_required(attribute);
	work->diff->counts.extra++;
	work->diff->counts.extra_required += required;
	if (!required && !work->everything)
		return true;
	struct reconcile_item *item =
		add_item(work, table->name, required ? RECONCILE_EXTRA_REQUIRED : RECONCILE_EXTRA);
	if (!item)
		return false;
	item->column = attribute->name;
	item_show(item, attribute);
	return !required || item_advise(item, NULL, attribute, work->sql);
}

static bool is_short(const struct matching *matching, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (matching->attribute_of[i] == LOOKUP_NONE)
			return true;
	return false;
}

static bool diff_columns(struct work *work, const struct indexed_table *table,
			 const struct relation *relation)
{
	struct matching *matching = &work->matching;
	const struct dialect *dialect = work->sql->dialect;
	matching_fill(matching, table->columns, table->column_count, relation,
		      dialect->ignores_case);
	const struct custody *custody = terms_custody(work->terms, table);
	if (custody && custody->owner && is_short(matching, table->column_count))
		return diff_foreign(work, table, relation, custody->owner);
	bool lacks = false;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct indexed_column *column = &table->columns[i];
		size_t live = matching->attribute_of[i];
		if (live == LOOKUP_NONE) {
			lacks = true;
			if (!diff_missing(work, table, column))
				return false;
		} else if (!diff_live(work, table, column, &relation->attributes[live])) {
			return false;
		}
	}
	for (size_t i = 0; i < relation->attribute_count; i++)
		if (!matching->declared[i] && !diff_extra(work, table, &relation->attributes[i]))
			return false;
	if (!lacks)
		return true;
	struct table_diff *lack = add_table(work);
	return lack &&
	       lack_find(lack, table, relation, matching, work->terms, work->sql, work->arena);
}

/* ---- all of it ------------------------------------------------------------ */

static bool diff_relation(struct work *work, const struct indexed_table *table,
			  const struct relation *relation)
{
	switch (relation->kind) {
	case RELATION_TABLE:
		return diff_columns(work, table, relation);
	case RELATION_FOREIGN:
		return diff_foreign(work, table, relation, relation->kind_text);
	default:
		return diff_absent(work, table, relation);
	}
}

static bool work_init(struct work *work, const struct index *index, struct arena *scratch)
{
	size_t columns = 0, attributes = 0;
	for (size_t i = 0; i < index->table_count; i++) {
		const struct relation *relation = &work->catalog->relations[i];
		if (index->tables[i].column_count > columns)
			columns = index->tables[i].column_count;
		if (relation->attribute_count > attributes)
			attributes = relation->attribute_count;
		work->diff->counts.columns += index->tables[i].column_count;
	}
	work->diff->counts.tables = index->table_count;
	return matching_init(&work->matching, columns, attributes, scratch);
}

bool diff_build(struct diff *diff, const struct index *index, const struct catalog *catalog,
		const struct sql *sql, const struct terms *terms, bool everything,
		struct arena *arena, struct error *err)
{
	*diff = (struct diff){0};
	if (catalog->relation_count != index->table_count)
		return error_set(err, RECONCILE_FAILED,
				 "the catalog was read for %zu tables, the registry has %zu",
				 catalog->relation_count, index->table_count);
	struct work work = {.diff = diff,
			    .catalog = catalog,
			    .sql = sql,
			    .terms = terms,
			    .everything = everything,
			    .arena = arena};
	struct arena scratch = {0};
	bool enough = work_init(&work, index, &scratch);
	for (size_t i = 0; enough && i < index->table_count; i++)
		enough = diff_relation(&work, &index->tables[i], &catalog->relations[i]);
	arena_release(&scratch);
	return enough || error_memory(err);
}

bool diff_table(struct table_diff *diff, const struct indexed_table *table,
		const struct relation *relation, const struct terms *terms, const struct sql *sql,
		struct arena *arena, struct error *err)
{
	struct arena scratch = {0};
	struct matching matching;
	bool enough =
		matching_init(&matching, table->column_count, relation->attribute_count, &scratch);
	if (enough && relation->kind == RELATION_TABLE)
		matching_fill(&matching, table->columns, table->column_count, relation,
			      sql->dialect->ignores_case);
	enough = enough && lack_find(diff, table, relation, &matching, terms, sql, arena);
	arena_release(&scratch);
	return enough || error_memory(err);
}
