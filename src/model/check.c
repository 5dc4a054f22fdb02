/* Is this a registry that can be used? The registry itself, and its rows against each other. */
#include "../base/hash.h"
#include "finding.h"
#include "lookup.h"
#include "name.h"
#include "row.h"
#include "text.h"

#include <string.h>

/* ---- the registry itself -------------------------------------------------- */

static bool registry_name_is_good(const char *name)
{
	size_t length = strlen(name);
	return length >= 1 && length <= NAME_MAX_BYTES &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
		       length;
}

/* Nothing behind the number can be trusted, not even the name. */
static void refuse_layout(struct check *check, unsigned layout)
{
	struct buffer buf = BUFFER_INIT(check->arena);
	buffer_addf(&buf, "its layout is %u and this library reads layout %d", layout,
		    RECONCILE_REGISTRY_LAYOUT);
	const char *text = buffer_text(&buf);
	if (text)
		finding_say(check, RULE_LAYOUT, &(struct subject){0}, text);
	else
		check->failed = true;
}

/* false: its rows cannot be looked at. */
static bool check_registry(struct check *check)
{
	const struct reconcile_registry *registry = check->registry;
	const struct subject none = {0};
	if (!registry) {
		finding_say(check, RULE_REGISTRY_MISSING, &none,
			    "there is none: the pointer is NULL");
		return false;
	}
	if (registry->layout != RECONCILE_REGISTRY_LAYOUT) {
		refuse_layout(check, registry->layout);
		return false;
	}
	if (!registry->name || !registry_name_is_good(registry->name))
		finding_say(
			check, RULE_REGISTRY_NAME, &none,
			"a registry's name is 1 to 63 characters, each a letter of ASCII, a digit, "
			"'_' or '-'");
	if (!registry->tables && registry->table_count > 0)
		finding_say(check, RULE_ROWS_MISSING, &none,
			    "tables is NULL although table_count is not 0");
	if (!registry->columns && registry->column_count > 0)
		finding_say(check, RULE_ROWS_MISSING, &none,
			    "columns is NULL although column_count is not 0");
	return (registry->tables || registry->table_count == 0) &&
	       (registry->columns || registry->column_count == 0);
}

/* ---- rows against each other ---------------------------------------------- */

/* What is known about a TABLE row. */
struct table_facts {
	size_t same;    /* an earlier row of the same name, or LOOKUP_NONE */
	size_t similar; /* an earlier row of a name that differs in case, or LOOKUP_NONE */
	bool has_columns;
};

/* Looks a table up; LOOKUP_NONE: not there. *similar: one of a name that differs in case. */
static size_t find_table(const struct check *check, const struct lookup *tables, uint64_t hash,
			 const char *name, size_t *similar)
{
	size_t probe = 0, i;
	*similar = LOOKUP_NONE;
	while ((i = lookup_next(tables, hash, &probe)) != LOOKUP_NONE) {
		const char *other = check->registry->tables[i].name;
		if (strcmp(other, name) == 0)
			return i;
		if (text_equal(other, name, true))
			*similar = i;
	}
	return LOOKUP_NONE;
}

static size_t find_column(const struct check *check, const struct lookup *columns, uint64_t hash,
			  const struct reconcile_column *row, size_t *similar)
{
	size_t probe = 0, i;
	*similar = LOOKUP_NONE;
	while ((i = lookup_next(columns, hash, &probe)) != LOOKUP_NONE) {
		const struct reconcile_column *other = &check->registry->columns[i];
		if (strcmp(other->table, row->table) == 0 &&
		    strcmp(other->column, row->column) == 0)
			return i;
		if (strcmp(other->table, row->table) == 0 &&
		    text_equal(other->column, row->column, true))
			*similar = i;
	}
	return LOOKUP_NONE;
}

static void learn_tables(const struct check *check, struct lookup *lookup,
			 struct table_facts *facts)
{
	const struct reconcile_registry *registry = check->registry;
	for (size_t i = 0; i < registry->table_count; i++) {
		facts[i].same = facts[i].similar = LOOKUP_NONE;
		const char *name = registry->tables[i].name;
		if (!name)
			continue;
		uint64_t hash = hash_name(HASH_INIT, name);
		facts[i].same = find_table(check, lookup, hash, name, &facts[i].similar);
		/* One of a crowd of equal rows is enough: the look-up stays linear. */
		if (facts[i].same == LOOKUP_NONE)
			lookup_add(lookup, hash, i);
	}
	const char *last = NULL;
	for (size_t i = 0; i < registry->column_count; i++) {
		const char *name = registry->columns[i].table;
		if (!name || (last && text_same(last, name)))
			continue;
		last = name;
		size_t similar;
		size_t table =
			find_table(check, lookup, hash_name(HASH_INIT, name), name, &similar);
		if (table != LOOKUP_NONE)
			facts[table].has_columns = true;
	}
}

static void add_clash(struct check *check, const struct subject *subject, const char *other)
{
	finding_add(
		check, RULE_CASE_CLASH, subject,
		(struct wording){.before = "the name differs only in case from", .quoted = other});
}

static void check_table_facts(struct check *check, const struct reconcile_table *row,
			      const struct table_facts *facts)
{
	const struct reconcile_table *tables = check->registry->tables;
	struct subject subject = table_subject(row);
	if (facts->same != LOOKUP_NONE) {
		struct subject first = table_subject(&tables[facts->same]);
		finding_twice(check, &subject, &first);
		return;
	}
	if (!facts->has_columns)
		finding_say(check, RULE_TABLE_WITHOUT_COLUMNS, &subject,
			    "it has a TABLE row and no COLUMN row");
	if (!finding_counts(check, RULE_CASE_CLASH))
		return;
	if (facts->similar != LOOKUP_NONE)
		add_clash(check, &subject, tables[facts->similar].name);
	check->adviser->table(check, &subject);
}

static void check_column_twins(struct check *check, struct lookup *columns, size_t position)
{
	const struct reconcile_column *row = &check->registry->columns[position];
	if (!row->table || !row->column)
		return;
	struct subject subject = column_subject(row);
	uint64_t table_hash = check->table && text_same(check->table, row->table)
				      ? check->table_hash
				      : hash_name(HASH_INIT, row->table);
	uint64_t hash = hash_name(table_hash, row->column);
	size_t similar;
	size_t same = find_column(check, columns, hash, row, &similar);
	if (same != LOOKUP_NONE) {
		struct subject first = column_subject(&check->registry->columns[same]);
		finding_twice(check, &subject, &first);
		return;
	}
	lookup_add(columns, hash, position);
	if (similar != LOOKUP_NONE && finding_counts(check, RULE_CASE_CLASH))
		add_clash(check, &subject, check->registry->columns[similar].column);
}

/* Somebody else's tables have no row of their own: advice about their names stands at the first
 * row that names them. */
static void advise_other_table(struct check *check, const struct lookup *tables,
			       struct lookup *others, size_t position)
{
	const struct reconcile_column *columns = check->registry->columns,
				      *row = &columns[position];
	size_t similar, probe = 0, i;
	if (!check->table || strcmp(check->table, row->table) != 0 ||
	    find_table(check, tables, check->table_hash, row->table, &similar) != LOOKUP_NONE)
		return;
	const char *clash = similar != LOOKUP_NONE ? check->registry->tables[similar].name : NULL;
	while ((i = lookup_next(others, check->table_hash, &probe)) != LOOKUP_NONE) {
		if (strcmp(columns[i].table, row->table) == 0)
			return;
		if (text_equal(columns[i].table, row->table, true))
			clash = columns[i].table;
	}
	lookup_add(others, check->table_hash, position);
	struct subject subject = column_subject(row);
	subject.kind = TABLE;
	if (clash)
		add_clash(check, &subject, clash);
	check->adviser->table(check, &subject);
}

static bool check_rows(struct check *check, struct arena *scratch)
{
	const struct reconcile_registry *registry = check->registry;
	const struct adviser *adviser = check->adviser;
	struct lookup tables, columns, others;
	struct table_facts *facts = arena_array(scratch, registry->table_count, sizeof(*facts));
	if (!facts || !lookup_init(&tables, registry->table_count, scratch) ||
	    !lookup_init(&columns, registry->column_count, scratch) ||
	    (adviser && !lookup_init(&others, registry->column_count, scratch)))
		return false;
	learn_tables(check, &tables, facts);
	for (size_t i = 0; i < registry->table_count; i++) {
		if (row_check_table(check, &registry->tables[i]))
			check_table_facts(check, &registry->tables[i], &facts[i]);
	}
	for (size_t i = 0; i < registry->column_count; i++) {
		bool good = row_check_column(check, &registry->columns[i]);
		if (adviser && registry->columns[i].table)
			advise_other_table(check, &tables, &others, i);
		check_column_twins(check, &columns, i);
		if (adviser && good)
			adviser->column(check, &registry->columns[i]);
	}
	return !check->failed;
}

bool registry_check(const struct reconcile_registry *registry, const struct adviser *adviser,
		    struct arena *arena, struct finding **findings, struct error *err)
{
	*findings = NULL;
	struct check check = {
		.registry = registry, .adviser = adviser, .arena = arena, .next = findings};
	struct arena scratch = {0};
	bool enough = true;
	if (check_registry(&check))
		enough = check_rows(&check, &scratch);
	arena_release(&scratch);
	if (!enough || check.failed)
		return error_memory(err);
	return check.errors == 0;
}
