#include "shop.h"

#include "../../support/run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char old_shop[] = "CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER);\n"
			       "INSERT INTO orders VALUES (1, 100), (2, NULL), (3, 300)";

static const char *const tables[] = {"orders", "customers", "things", "reconcile_history"};

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "'%s': %s", path,
		  strerror(errno));
}

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return NULL;
	struct stat status;
	cr_assert(fstat(fileno(file), &status) == 0);
	char *text = malloc((size_t)status.st_size + 1);
	cr_assert(text != NULL);
	*length = fread(text, 1, (size_t)status.st_size, file);
	fclose(file);
	return text;
}

static void copy_file(const char *from, const char *to)
{
	size_t length;
	char *text = read_file(from, &length);
	FILE *file = fopen(to, "w");
	cr_assert(text != NULL && file != NULL && fwrite(text, 1, length, file) == length &&
			  fclose(file) == 0,
		  "'%s' to '%s': %s", from, to, strerror(errno));
	free(text);
}

static void journal_path(const struct shop *shop, char *path, size_t size)
{
	snprintf(path, size, "%s-journal", shop->database->path);
}

static void manage(const struct shop *shop, const char *words)
{
	struct run done = run("exec '%s' --config '%s' %s", shop->program, shop->config, words);
	cr_assert_eq(done.status, 0, "%s: %s", words, done.err);
	run_free(&done);
}

static void make_state(struct shop *shop)
{
	database_execute(shop->database, "%s", old_shop);
	/* The estimate of its rows is part of a plan, and must not change on its own. */
	if (shop->database->engine == ENGINE_POSTGRES)
		database_execute(shop->database,
				 "ALTER TABLE orders SET (autovacuum_enabled = false);\n"
				 "ANALYZE orders");
	if (shop->state == SHOP_OLD)
		return;
	manage(shop, "apply --yes -q");
	if (shop->state == SHOP_BY_HAND)
		database_execute(shop->database, "DROP TABLE reconcile_history");
}

static void make_files(struct shop *shop)
{
	const char *folder = shop->database->folder;
	char path[700], text[700];
	snprintf(shop->config, sizeof(shop->config), "%s/reconcile.ini", folder);
	snprintf(text, sizeof(text), "[reconcile]\nurl_file = %s/url\nbudget_ms = 3000\n", folder);
	write_text(shop->config, text);
	snprintf(path, sizeof(path), "%s/url", folder);
	write_text(path, shop->database->url);
	snprintf(shop->plan, sizeof(shop->plan), "%s/plan.json", folder);
	snprintf(shop->agreed_plan, sizeof(shop->agreed_plan), "%s/agreed.json", folder);
	snprintf(shop->saved, sizeof(shop->saved), "%s/saved.db", folder);
	snprintf(shop->scripts, sizeof(shop->scripts), "%s/scripts", folder);
	cr_assert(mkdir(shop->scripts, 0700) == 0);
	snprintf(path, sizeof(path), "%s/001_things.up.sql", shop->scripts);
	write_text(path, "CREATE TABLE things (id INTEGER PRIMARY KEY);\n"
			 "INSERT INTO things VALUES (1);\n");
	snprintf(path, sizeof(path), "%s/002_more.up.sql", shop->scripts);
	write_text(path, "INSERT INTO things VALUES (2);\n");
}

struct shop *shop_new(enum engine engine, enum shop_state state)
{
	struct shop *shop = calloc(1, sizeof(*shop));
	char build[PATH_MAX];
	cr_assert(shop != NULL && realpath(build_dir(), build) != NULL);
	shop->database = database_new(engine);
	shop->state = state;
	snprintf(shop->program, sizeof(shop->program), "%s/tests/torture/fault/manage", build);
	setenv("LANG", "C.UTF-8", 1);
	/* Without it libpq asks getpwuid_r(), in which glibc 2.36 aborts when memory runs out
	 * (nss_database_reload_1). */
	setenv("HOME", shop->database->folder, 1);
	make_files(shop);
	if (engine == ENGINE_POSTGRES)
		database_execute(shop->database, "ALTER DATABASE %s SET synchronous_commit = off",
				 shop->database->name);
	make_state(shop);
	if (engine == ENGINE_SQLITE)
		copy_file(shop->database->path, shop->saved);
	char words[700];
	snprintf(words, sizeof(words), "plan -q --out '%s'", shop->agreed_plan);
	manage(shop, words);
	return shop;
}

void shop_free(struct shop *shop)
{
	database_free(shop->database);
	free(shop);
}

void shop_reset(struct shop *shop)
{
	if (shop->database->engine == ENGINE_SQLITE) {
		char journal[700];
		journal_path(shop, journal, sizeof(journal));
		unlink(journal);
		copy_file(shop->saved, shop->database->path);
		return;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		database_execute(shop->database, "DROP TABLE IF EXISTS %s", tables[i]);
	make_state(shop);
}

bool shop_is_untouched(struct shop *shop)
{
	char journal[700];
	size_t now_length = 0, then_length = 0;
	if (shop->database->engine != ENGINE_SQLITE)
		return false;
	journal_path(shop, journal, sizeof(journal));
	if (access(journal, F_OK) == 0)
		return false;
	char *now = read_file(shop->database->path, &now_length);
	char *then = read_file(shop->saved, &then_length);
	bool same = now != NULL && then != NULL && now_length == then_length &&
		    memcmp(now, then, now_length) == 0;
	free(now);
	free(then);
	return same;
}

struct faulted shop_apply(struct shop *shop)
{
	struct run done = run("exec '%s' --config '%s' apply --yes", shop->program, shop->config);
	return (struct faulted){.status = done.status, .out = done.out, .err = done.err};
}

/* Each table's rows, one a line. */
static const char *rows_sql(const char *table)
{
	static const char *const texts[][2] = {
		{"orders", "SELECT * FROM orders ORDER BY id"},
		{"customers", "SELECT * FROM customers ORDER BY id"},
		{"things", "SELECT * FROM things ORDER BY id"},
		{"reconcile_history", "SELECT action, table_name, column_name, definition, sql,\n"
				      "       outcome, object, checksum\n"
				      "  FROM reconcile_history ORDER BY id"},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i][0], table) == 0)
			return texts[i][1];
	return NULL;
}

char *shop_contents(struct shop *shop)
{
	char *schema = database_schema(shop->database), *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	cr_assert(out != NULL);
	fputs(schema, out);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char first[40];
		snprintf(first, sizeof(first), "%s.", tables[i]);
		if (strstr(schema, first) == NULL)
			continue;
		struct cells cells = database_cells(shop->database, "%s", rows_sql(tables[i]));
		for (size_t j = 0; j < cells.rows * cells.columns; j++)
			fprintf(out, "%s%c", cells.cells[j] != NULL ? cells.cells[j] : "NULL",
				(j + 1) % cells.columns == 0 ? '\n' : '|');
		cells_free(&cells);
	}
	fclose(out);
	free(schema);
	return text;
}
