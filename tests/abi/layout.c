/*
 * Where the members of version 0.2.0's structs lie. Compiled with its headers and with today's, it
 * must print the same: members are only ever added behind these.
 */
#include <reconcile.h>

#include <stdio.h>

#define MEMBER(name, member)                                                                       \
	printf(#name "." #member " %zu %zu\n", offsetof(struct name, member),                      \
	       sizeof(((struct name *)0)->member))

static void print_input(void)
{
	MEMBER(reconcile_default, kind);
	MEMBER(reconcile_default, text);
	MEMBER(reconcile_table, name);
	MEMBER(reconcile_table, description);
	MEMBER(reconcile_table, file);
	MEMBER(reconcile_table, line);
	MEMBER(reconcile_column, table);
	MEMBER(reconcile_column, column);
	MEMBER(reconcile_column, type);
	MEMBER(reconcile_column, nullability);
	MEMBER(reconcile_column, default_value);
	MEMBER(reconcile_column, description);
	MEMBER(reconcile_column, file);
	MEMBER(reconcile_column, line);
	MEMBER(reconcile_registry, layout);
	MEMBER(reconcile_registry, name);
	MEMBER(reconcile_registry, tables);
	MEMBER(reconcile_registry, table_count);
	MEMBER(reconcile_registry, columns);
	MEMBER(reconcile_registry, column_count);
	/* These lie in arrays: they cannot grow at all. */
	printf("arrays %d %zu %zu %zu\n", RECONCILE_REGISTRY_LAYOUT, sizeof(struct reconcile_table),
	       sizeof(struct reconcile_column), sizeof(struct reconcile_registry));
}

static void print_options(void)
{
	MEMBER(reconcile_options, size);
	MEMBER(reconcile_options, url);
	MEMBER(reconcile_options, config_file);
	MEMBER(reconcile_options, section);
	MEMBER(reconcile_options, schema);
	MEMBER(reconcile_options, mode);
	MEMBER(reconcile_options, catalog);
	MEMBER(reconcile_options, on_conflict);
	MEMBER(reconcile_options, allow_rewrite);
	MEMBER(reconcile_options, lock_timeout_ms);
	MEMBER(reconcile_options, statement_timeout_ms);
	MEMBER(reconcile_options, budget_ms);
	MEMBER(reconcile_options, connect_timeout_ms);
	MEMBER(reconcile_options, ddl_url);
	MEMBER(reconcile_options, ddl_role);
	MEMBER(reconcile_options, pg);
	MEMBER(reconcile_options, sqlite);
	MEMBER(reconcile_options, log);
	MEMBER(reconcile_options, log_context);
	MEMBER(reconcile_options, log_level);
	MEMBER(reconcile_options, log_format);
	MEMBER(reconcile_options, application);
	MEMBER(reconcile_options, create_database);
	MEMBER(reconcile_options, detail);
}

static void print_log(void)
{
	MEMBER(reconcile_field, key);
	MEMBER(reconcile_field, kind);
	MEMBER(reconcile_field, text);
	MEMBER(reconcile_field, integer);
	MEMBER(reconcile_field, ms);
	MEMBER(reconcile_log_record, level);
	MEMBER(reconcile_log_record, event);
	MEMBER(reconcile_log_record, message);
	MEMBER(reconcile_log_record, fields);
	MEMBER(reconcile_log_record, field_count);
	printf("array %zu\n", sizeof(struct reconcile_field));
}

static void print_report(void)
{
	MEMBER(reconcile_side, type);
	MEMBER(reconcile_side, nullable);
	MEMBER(reconcile_side, default_value);
	MEMBER(reconcile_side, filled_by);
	MEMBER(reconcile_item, table);
	MEMBER(reconcile_item, column);
	MEMBER(reconcile_item, state);
	MEMBER(reconcile_item, conflicts);
	MEMBER(reconcile_item, applied);
	MEMBER(reconcile_item, default_compared);
	MEMBER(reconcile_item, refused);
	MEMBER(reconcile_item, declared);
	MEMBER(reconcile_item, live);
	MEMBER(reconcile_item, has_live);
	MEMBER(reconcile_item, cost);
	MEMBER(reconcile_item, rows);
	MEMBER(reconcile_item, bytes);
	MEMBER(reconcile_item, reason);
	MEMBER(reconcile_item, sql);
	MEMBER(reconcile_item, description);
	MEMBER(reconcile_item, file);
	MEMBER(reconcile_item, line);
	MEMBER(reconcile_counts, tables);
	MEMBER(reconcile_counts, columns);
	MEMBER(reconcile_counts, present);
	MEMBER(reconcile_counts, missing);
	MEMBER(reconcile_counts, conflicts);
	MEMBER(reconcile_counts, extra);
	MEMBER(reconcile_counts, extra_required);
	MEMBER(reconcile_counts, applied);
	MEMBER(reconcile_counts, tables_created);
	MEMBER(reconcile_counts, tables_missing);
	MEMBER(reconcile_step, table);
	MEMBER(reconcile_step, creates_table);
	MEMBER(reconcile_step, column_count);
	MEMBER(reconcile_step, cost);
	MEMBER(reconcile_step, refused);
	MEMBER(reconcile_step, rows);
	MEMBER(reconcile_step, bytes);
	MEMBER(reconcile_step, reason);
	MEMBER(reconcile_step, statements);
	MEMBER(reconcile_step, statement_count);
}

static void print_rest(void)
{
	MEMBER(reconcile_database, engine);
	MEMBER(reconcile_database, version);
	MEMBER(reconcile_database, schema);
	MEMBER(reconcile_database, place);
	MEMBER(reconcile_error, status);
	MEMBER(reconcile_error, message);
	MEMBER(reconcile_error, hint);
	MEMBER(reconcile_error, sqlstate);
	MEMBER(reconcile_finding, error);
	MEMBER(reconcile_finding, code);
	MEMBER(reconcile_finding, text);
	MEMBER(reconcile_finding, hint);
	MEMBER(reconcile_finding, table);
	MEMBER(reconcile_finding, column);
	MEMBER(reconcile_finding, file);
	MEMBER(reconcile_finding, line);
	MEMBER(reconcile_rule, code);
	MEMBER(reconcile_rule, error);
	MEMBER(reconcile_rule, summary);
	MEMBER(reconcile_rule, explanation);
	MEMBER(reconcile_rule, wrong);
	MEMBER(reconcile_rule, right);
	MEMBER(reconcile_history_row, id);
	MEMBER(reconcile_history_row, run_id);
	MEMBER(reconcile_history_row, applied_at);
	MEMBER(reconcile_history_row, registry);
	MEMBER(reconcile_history_row, fingerprint);
	MEMBER(reconcile_history_row, action);
	MEMBER(reconcile_history_row, table_name);
	MEMBER(reconcile_history_row, column_name);
	MEMBER(reconcile_history_row, definition);
	MEMBER(reconcile_history_row, sql);
	MEMBER(reconcile_history_row, duration_ms);
	MEMBER(reconcile_history_row, attempts);
	MEMBER(reconcile_history_row, db_user);
	MEMBER(reconcile_history_row, host);
	MEMBER(reconcile_history_row, application);
	MEMBER(reconcile_history_row, version);
}

/* Numbers that programs have compiled in. */
static void print_numbers(void)
{
#define X(name, value, meaning) printf(#name " %d\n", value);
	RECONCILE_STATUS_LIST(X)
#undef X
	printf("%d %d %d %d %d %d %d %d %d %d %d %d\n", RECONCILE_PRIMARY_KEY,
	       RECONCILE_DEFAULT_SQL, RECONCILE_LOG_OFF, RECONCILE_LOG_JSON, RECONCILE_FIELD_SQL,
	       RECONCILE_MODE_OFF, RECONCILE_CATALOG_INFORMATION_SCHEMA, RECONCILE_ON_CONFLICT_FAIL,
	       RECONCILE_REWRITE_NONE, RECONCILE_EXTRA_REQUIRED, RECONCILE_CONFLICT_GENERATED,
	       RECONCILE_COST_IMPOSSIBLE);
}

int main(void)
{
	print_input();
	print_options();
	print_log();
	print_report();
	print_rest();
	print_numbers();
	return 0;
}
