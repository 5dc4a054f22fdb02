#include "item.h"

#include "manage.h"

#include <stdio.h>

bool item_is_applied(const struct reconcile_item *item)
{
	return item->state == RECONCILE_PRESENT;
}

bool item_is_pending(const struct reconcile_item *item)
{
	return item->state == RECONCILE_MISSING;
}

bool item_is_conflict(const struct reconcile_item *item)
{
	return item->state == RECONCILE_CONFLICTING || item->state == RECONCILE_FOREIGN;
}

bool item_is_extra(const struct reconcile_item *item)
{
	return item->state == RECONCILE_EXTRA || item->state == RECONCILE_EXTRA_REQUIRED;
}

bool item_comes_with_table(const struct reconcile_item *item)
{
	return item_is_pending(item) && item->column && !item->sql;
}

const char *item_definition(const struct reconcile_side *side, char *line, size_t size)
{
	snprintf(line, size, "%s%s%s%s%s%s%s", side->type ? side->type : "(type not known)",
		 side->nullable ? "" : " NOT NULL", side->default_value ? " DEFAULT " : "",
		 side->default_value ? side->default_value : "", side->filled_by ? " (" : "",
		 side->filled_by ? side->filled_by : "", side->filled_by ? ")" : "");
	return line;
}

/* 1234567 as "1,234,567", as the library has it in its reasons. */
static const char *grouped(long long number, char text[32])
{
	char plain[24];
	size_t length = (size_t)snprintf(plain, sizeof(plain), "%lld", number), at = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = plain[i];
	}
	text[at] = '\0';
	return text;
}

/* With units as pg_size_pretty() has them: changed at ten of the next. */
static void add_bytes(long long bytes, char *line, size_t size)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t unit = 0;
	char text[32];

	for (; bytes >= 10240 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		bytes = (bytes + 512) / 1024;
	snprintf(line, size, ", %s %s", grouped(bytes, text), units[unit]);
}

const char *item_table_size(long long rows, long long bytes, char *line, size_t size)
{
	int length = 0;
	char text[32];

	line[0] = '\0';
	if (rows >= 0)
		length = snprintf(line, size, ", about %s row%s", grouped(rows, text),
				  plural((size_t)rows));
	if (bytes >= 0 && length >= 0 && (size_t)length < size)
		add_bytes(bytes, line + length, size - (size_t)length);
	return line;
}

/* The live default, or what fills the column instead of one. */
static const char *live_default(const struct reconcile_side *live)
{
	if (live->default_value)
		return live->default_value;
	return live->filled_by ? live->filled_by : "none";
}

static const char *nullability(const struct reconcile_side *side)
{
	return side->nullable ? "NULL" : "NOT NULL";
}

const char *item_describe_conflict(const struct reconcile_item *item, unsigned kind, char *line,
				   size_t size)
{
	const char *declared = NULL, *live = NULL;

	switch ((enum reconcile_conflict_kind)kind) {
	case RECONCILE_CONFLICT_TYPE:
		declared = item->declared.type;
		live = item->live.type;
		break;
	case RECONCILE_CONFLICT_NULLABILITY:
		declared = nullability(&item->declared);
		live = item->has_live ? nullability(&item->live) : NULL;
		break;
	case RECONCILE_CONFLICT_DEFAULT:
		declared = item->declared.default_value ? item->declared.default_value : "none";
		live = live_default(&item->live);
		break;
	case RECONCILE_CONFLICT_GENERATED:
		snprintf(line, size, "generated: in the database it cannot be written");
		return line;
	}
	snprintf(line, size, "%s: declared %s, in the database %s", reconcile_conflict_name(kind),
		 declared ? declared : "?", live ? live : "?");
	return line;
}
