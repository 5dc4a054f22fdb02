#include "item.h"

bool item_declare(struct reconcile_item *item, const struct reconcile_column *row,
		  const struct sql *sql)
{
	item->column = row->column;
	item->description = row->description;
	item->file = row->file;
	item->line = row->line;
	item->declared.type = row->type;
	item->declared.nullable = row->nullability == RECONCILE_NULLABLE;
	item->declared.default_value = sql_default(sql, row);
	return item->declared.default_value || !column_has_default(row);
}

static const char *filled_by(const struct attribute *live)
{
	if (live->generated)
		return "generated";
	return live->identity ? "identity" : NULL;
}

void item_show(struct reconcile_item *item, const struct attribute *live)
{
	item->has_live = true;
	item->live.type = live->type_text;
	item->live.nullable = !live->not_null && !live->primary_key;
	item->live.default_value = live->default_value;
	item->live.filled_by = filled_by(live);
}

bool item_add_reason(struct reconcile_item *item, const char *reason, struct arena *arena)
{
	if (!item->reason || !reason) {
		item->reason = reason ? reason : item->reason;
		return true;
	}
	struct buffer buf = BUFFER_INIT(arena);
	buffer_addf(&buf, "%s; %s", item->reason, reason);
	item->reason = buffer_text(&buf);
	return item->reason != NULL;
}

bool item_advise(struct reconcile_item *item, const struct reconcile_column *row,
		 const struct attribute *live, const struct sql *sql)
{
	const char *obstacle = sql_alter_obstacle(sql->dialect, live);
	if (obstacle)
		return item->reason == obstacle || item_add_reason(item, obstacle, sql->arena);
	item->sql = sql_alter_column(sql, item->table, row, live, item->conflicts);
	return item->sql != NULL;
}
