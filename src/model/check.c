/* Is this a registry that can be used? Every rule, with the row that breaks it. */
#include "../base/hash.h"
#include "finding.h"
#include "lookup.h"
#include "sql.h"
#include "text.h"

#include <string.h>

/* NAMEDATALEN - 1 (manual, section 4.1.1): PostgreSQL truncates what is longer. */
#define NAME_MAX_BYTES 63

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the registry itself -------------------------------------------------- */

static bool registry_name_is_good(const char *name)
{
	size_t length = strlen(name);
	return length >= 1 && length <= NAME_MAX_BYTES &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
		       length;
}

/* false: its rows cannot be looked at. */
static bool check_registry(struct check *check)
{
	const struct reconcile_registry *registry = check->registry;
	const struct subject none = {0};
	if (!registry) {
		finding_problem(check, true, "registry: error: there is none: the pointer is NULL");
		return false;
	}
	if (registry->layout != RECONCILE_REGISTRY_LAYOUT) {
		/* Nothing behind the number can be trusted, not even the name. */
		struct buffer buf = BUFFER_INIT(check->arena);
		buffer_addf(&buf,
			    "registry: error: its layout is %u and this library reads layout %d: "
			    "compile it with the reconcile.h of this library",
			    registry->layout, RECONCILE_REGISTRY_LAYOUT);
		finding_problem(check, true, buffer_text(&buf));
		return false;
	}
	if (!registry->name || !registry_name_is_good(registry->name))
		finding_fault(
			check, &none,
			"a registry's name is 1 to 63 characters, each a letter of ASCII, a digit, "
			"'_' or '-'");
	if (!registry->tables && registry->table_count > 0)
		finding_fault(check, &none, "tables is NULL although table_count is not 0");
	if (!registry->columns && registry->column_count > 0)
		finding_fault(check, &none, "columns is NULL although column_count is not 0");
	return (registry->tables || registry->table_count == 0) &&
	       (registry->columns || registry->column_count == 0);
}

/* ---- one row -------------------------------------------------------------- */

static const char *name_problem(const char *name)
{
	if (!name)
		return "the name is missing";
	if (!*name)
		return "the name is empty";
	if (strlen(name) > NAME_MAX_BYTES)
		return "the name is over 63 bytes, and PostgreSQL would truncate it";
	if (text_is_utf8(name, true))
		return NULL;
	return text_is_utf8(name, false) ? "the name has a control character"
					 : "the name is not valid UTF-8";
}

static void check_description(struct check *check, const struct subject *subject,
			      const char *description)
{
	if (description && !text_is_utf8(description, false))
		finding_fault(check, subject, "the description is not valid UTF-8");
}

/* false: its name is not one to compare with others. */
static bool check_table(struct check *check, const struct reconcile_table *row)
{
	struct subject subject = table_subject(row);
	const char *problem = name_problem(row->name);
	if (!problem && text_equal(row->name, HISTORY_TABLE, true))
		problem = "the name is taken by the history of reconcile itself";
	if (problem)
		finding_fault(check, &subject, problem);
	check_description(check, &subject, row->description);
	return problem == NULL;
}

/* "serial" is not a type but a notation (manual, section 8.1.4): no cast to it, no column of it. */
static bool is_serial(const char *type)
{
	static const char *const names[] = {
		"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8",
	};
	size_t begin = strspn(type, " "), end = strlen(type);
	while (end > begin && type[end - 1] == ' ')
		end--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == end - begin &&
		    text_equal_n(type + begin, names[i], end - begin, true))
			return true;
	return false;
}

static void check_type(struct check *check, const struct subject *subject, const char *type)
{
	if (!type) {
		finding_fault(check, subject, "the type is missing");
		return;
	}
	size_t known = COUNT(check->good_types);
	for (size_t i = 0; i < known; i++)
		if (check->good_types[i] == type)
			return;
	const char *problem = type_text_problem(type);
	if (problem) {
		struct buffer buf = BUFFER_INIT(check->arena);
		buffer_addf(&buf, " %s", problem);
		if (!buffer_text(&buf))
			check->failed = true;
		else
			finding_add(check, true, subject, "the type", type, buffer_text(&buf));
	} else if (is_serial(type)) {
		finding_add(
			check, true, subject, "the type", type,
			" is not a type but a notation for INTEGER with a sequence: declare the "
			"integer type and DEFAULT_SQL(\"nextval('...')\")");
	} else {
		check->good_types[check->good_type_count++ % known] = type;
	}
}

/* NULL, or what is wrong with the default by itself; *quote: its text is worth showing. */
static const char *default_problem(const struct reconcile_default *value, bool *quote)
{
	*quote = false;
	switch ((int)value->kind) {
	case RECONCILE_NO_DEFAULT:
		return value->text ? "the default has a text but the kind 'none'" : NULL;
	case RECONCILE_DEFAULT_VALUE:
		if (!value->text)
			return "the default has no text";
		return text_is_utf8(value->text, false) ? NULL : "the default is not valid UTF-8";
	case RECONCILE_DEFAULT_SQL:
		if (!value->text)
			return "the default has no text";
		*quote = true;
		return expression_text_problem(value->text);
	default:
		return "the default is of no known kind";
	}
}

static void check_default(struct check *check, const struct subject *subject,
			  const struct reconcile_column *row)
{
	bool quote;
	const char *problem = default_problem(&row->default_value, &quote);
	if (problem && quote) {
		struct buffer buf = BUFFER_INIT(check->arena);
		buffer_addf(&buf, " %s", problem);
		if (!buffer_text(&buf))
			check->failed = true;
		else
			finding_add(check, true, subject, "the default", row->default_value.text,
				    buffer_text(&buf));
	} else if (problem) {
		finding_fault(check, subject, problem);
	}
	if (problem)
		return;

	switch ((int)row->nullability) {
	case RECONCILE_NULLABLE:
	case RECONCILE_PRIMARY_KEY:
		return;
	case RECONCILE_NOT_NULL:
		if (row->default_value.kind == RECONCILE_NO_DEFAULT)
			finding_fault(
				check, subject,
				"NOT_NULL without a default cannot be added to a table with rows; "
				"use NULLABLE, DEFAULT(...) or, when it only ever comes with its "
				"table, REQUIRED");
		else if (!column_has_default(row))
			finding_fault(check, subject,
				      "NOT_NULL with the default NULL accepts no row");
		return;
	case RECONCILE_REQUIRED:
		if (row->default_value.kind != RECONCILE_NO_DEFAULT)
			finding_fault(check, subject, "REQUIRED has no default; use NOT_NULL");
		return;
	default:
		finding_fault(check, subject, "the nullability is of no known kind");
	}
}

static void check_table_of_column(struct check *check, const struct subject *subject)
{
	const char *name = subject->table;
	if (name && check->table && strcmp(name, check->table) == 0)
		return;
	const char *problem = name_problem(name);
	if (problem) {
		finding_add(check, true, subject, "its table: ", NULL, problem);
	} else if (text_equal(name, HISTORY_TABLE, true)) {
		finding_fault(check, subject,
			      "the table's name is taken by the history of reconcile itself");
	} else {
		check->table = name;
		check->table_hash = hash_name(HASH_INIT, name);
	}
}

static void check_column(struct check *check, const struct reconcile_column *row)
{
	struct subject subject = column_subject(row);
	check_table_of_column(check, &subject);
	const char *problem = name_problem(row->column);
	if (problem)
		finding_fault(check, &subject, problem);
	check_type(check, &subject, row->type);
	check_default(check, &subject, row);
	check_description(check, &subject, row->description);
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
		if (text_equal(other->table, row->table, true) &&
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
		if (!name || (last && strcmp(last, name) == 0))
			continue;
		last = name;
		size_t similar;
		size_t table =
			find_table(check, lookup, hash_name(HASH_INIT, name), name, &similar);
		if (table != LOOKUP_NONE)
			facts[table].has_columns = true;
	}
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
	if (facts->similar != LOOKUP_NONE)
		finding_add(check, false, &subject, "the name differs only in case from",
			    tables[facts->similar].name, ", and SQLite cannot have both");
	if (!facts->has_columns)
		finding_fault(check, &subject, "it has a TABLE row and no COLUMN row");
}

static void check_column_twins(struct check *check, struct lookup *columns, size_t position)
{
	const struct reconcile_column *row = &check->registry->columns[position];
	if (!row->table || !row->column)
		return;
	struct subject subject = column_subject(row);
	uint64_t table_hash = check->table && strcmp(check->table, row->table) == 0
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
	if (similar == LOOKUP_NONE)
		return;
	const struct reconcile_column *other = &check->registry->columns[similar];
	struct buffer name = BUFFER_INIT(check->arena);
	buffer_addf(&name, "%s.%s", other->table, other->column);
	if (!buffer_text(&name))
		check->failed = true;
	else
		finding_add(check, false, &subject, "the name differs only in case from",
			    buffer_text(&name), ", and SQLite cannot have both");
}

static bool check_rows(struct check *check, struct arena *scratch)
{
	const struct reconcile_registry *registry = check->registry;
	struct lookup tables, columns;
	struct table_facts *facts = arena_array(scratch, registry->table_count, sizeof(*facts));
	if (!facts || !lookup_init(&tables, registry->table_count, scratch) ||
	    !lookup_init(&columns, registry->column_count, scratch))
		return false;
	learn_tables(check, &tables, facts);
	for (size_t i = 0; i < registry->table_count; i++) {
		if (check_table(check, &registry->tables[i]))
			check_table_facts(check, &registry->tables[i], &facts[i]);
	}
	for (size_t i = 0; i < registry->column_count; i++) {
		check_column(check, &registry->columns[i]);
		check_column_twins(check, &columns, i);
	}
	return !check->failed;
}

bool registry_check(const struct reconcile_registry *registry, struct arena *arena,
		    struct problem **problems, struct error *err)
{
	*problems = NULL;
	struct check check = {.registry = registry, .arena = arena, .next = problems};
	struct arena scratch = {0};
	bool enough = true;
	if (check_registry(&check))
		enough = check_rows(&check, &scratch);
	arena_release(&scratch);
	if (!enough || check.failed)
		return error_memory(err);
	return check.fatal == 0;
}
