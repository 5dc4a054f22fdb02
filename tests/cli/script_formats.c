/* Migration files of other tools in a folder of scripts: each is refused, nothing of the folder
 * runs, and an ordinary file is none. */
#include "../support/run.h"
#include "expect.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A file as its tool makes it. */
struct sample {
	const char *file;
	const char *text;
	const char *said; /* of `script up` and `script validate`, behind the file's name */
};

/* clang-format off */
static const struct sample foreign[] = {
	{"002_g.sql", "-- migrate:up\nCREATE TABLE g (a INTEGER);\n\n-- migrate:down\nDROP TABLE g;\n",
		":1: '-- migrate:up': this is a migration of dbmate, not a script"},
	{"20240101120000_g.sql", "\n--migrate:up transaction:false\nDROP TABLE g;\n",
		":2: '--migrate:up transaction:false': this is a migration of dbmate"},
	{"002_g.up.sql", "DROP TABLE g;\r\n-- migrate:down\r\nDROP TABLE g;\r\n",
		":2: '-- migrate:down': this is a migration of dbmate"},
	{"00002_g.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n"
		"-- +goose Down\nDROP TABLE g;\n",
		":1: '-- +goose Up': this is a migration of goose"},
	{"002_g.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nDROP TABLE g;\n",
		":1: '-- +goose NO TRANSACTION': this is a migration of goose"},
	{"002_g.go", "package migrations\nfunc init() {\n\tgoose.AddMigrationContext(up, down)\n}\n",
		":3: 'goose.AddMigrationContext(up, down)': this is a migration of goose"},
	{"002_g.sql", "\xef\xbb\xbf-- +migrate Up notransaction\nSELECT 1;\n-- +migrate Down\nDROP TABLE g;\n",
		":1: '-- +migrate Up notransaction': this is a migration of sql-migrate"},
	{"002_g.sql", "-- +micrate Up\nSELECT 1;\n-- +micrate Down\nDROP TABLE g;\n",
		":1: '-- +micrate Up': this is a migration of micrate"},
	{"002_g.sql", "-- rambler up\nSELECT 1;\n-- rambler down\nDROP TABLE g;\n",
		":1: '-- rambler up': this is a migration of rambler"},
	{"002_g.sql", "SELECT 1;\n---- create above / drop below ----\nDROP TABLE g;\n",
		":2: '---- create above / drop below ----': this is a migration of tern"},
	{"002_g.sql", "--// a comment\nSELECT 1;\n--//@UNDO\nDROP TABLE g;\n",
		":3: '--//@UNDO': this is a migration of MyBatis Migrations"},
	{"002_g.sql", "-- !Ups\nSELECT 1;\n-- !Downs\nDROP TABLE g;\n",
		":1: '-- !Ups': this is a migration of Play evolutions"},
	{"002_g.sql", "-- Up Migration\nSELECT 1;\n\n-- Down Migration\nDROP TABLE g;\n",
		":4: '-- Down Migration': this is a migration of node-pg-migrate"},
	{"002_g.sql", "-- ==== UP ====\nSELECT 1;\n-- ==== DOWN ====\nDROP TABLE g;\n",
		":3: '-- ==== DOWN ====': this is a migration of shmig"},
	{"002_g.sql", "-- Revert app:g from pg\nBEGIN;\nDROP TABLE g;\nCOMMIT;\n",
		":1: '-- Revert app:g from pg': this is a migration of Sqitch"},
	{"002_g.sql", "--liquibase formatted sql\n\n--changeset nvoxland:1\nDROP TABLE g;\n"
		"--rollback SELECT 1;\n",
		":1: '--liquibase formatted sql': this is a migration of Liquibase"},
	{"db.changelog.xml", "<?xml version=\"1.0\"?>\n<databaseChangeLog\n>\n</databaseChangeLog>\n",
		":2: '<databaseChangeLog': this is a migration of Liquibase"},
	{"changelog.yaml", "databaseChangeLog:\n  - changeSet:\n",
		":1: 'databaseChangeLog:': this is a migration of Liquibase"},
	{"V9__x.sql", "DROP TABLE g;\n", ": by its name this is a migration of Flyway"},
	{"V1.2__x.sql", "DROP TABLE g;\n", ": by its name this is a migration of Flyway"},
	{"U9__x.sql", "DROP TABLE g;\n", ": by its name this is a migration of Flyway"},
	{"R__views.sql", "DROP TABLE g;\n", ": by its name this is a migration of Flyway"},
	{"B5__base.sql", "DROP TABLE g;\n", ": by its name this is a migration of Flyway"},
	{"002.undo.g.sql", "DROP TABLE g;\n", ": by its name this is a migration of Postgrator"},
	{"0002_g.rollback.sql", "DROP TABLE g;\n", ": by its name this is a migration of yoyo"},
	{"002_g.py", "\"\"\"g\n\nRevision ID: 002\n\"\"\"\nfrom alembic import op\n\nrevision = '002'\n"
		"down_revision = '001'\n\n\ndef upgrade():\n    op.drop_table('g')\n",
		":5: 'from alembic import op': this is a migration of Alembic"},
	{"1975ea83b712_g.py", "revision: str = '1975ea83b712'\n"
		"down_revision: Union[str, None] = None\n\n\ndef upgrade() -> None:\n    pass\n",
		":2: 'down_revision: Union[str, None] = None': this is a migration of Alembic"},
	{"20260223_1800_002_g.py", "down_revision = None\ndef upgrade():\n    pass\n",
		":1: 'down_revision = None': this is a migration of Alembic"},
	{"0002_g.py", "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
		"    dependencies = []\n",
		":4: 'class Migration(migrations.Migration):': this is a migration of Django"},
	{"0002_g.py", "from yoyo import step\nsteps = [step('DROP TABLE g')]\n",
		":1: 'from yoyo import step': this is a migration of yoyo"},
	{"20240101120000_g.rb", "class DropG < ActiveRecord::Migration[7.0]\n  def change\n",
		":1: 'class DropG < ActiveRecord::Migration[7.0]': this is a migration of Rails"},
	{"002_g.rb", "Sequel.migration do\n  up { drop_table(:g) }\nend\n",
		":1: 'Sequel.migration do': this is a migration of Sequel"},
	{"20240101120000_g.js", "exports.up = function (knex) {\n};\n",
		":1: 'exports.up = function (knex) {': this is a migration of knex"},
	{"20240101120000_g.ts", "import { Knex } from 'knex';\n"
		"export async function up(knex: Knex): Promise<void> {\n}\n",
		":2: 'export async function up(knex: Knex): Promise<void> {': this is a migration of knex"},
	{"20240101120000-g.js", "module.exports = {\n  async up(queryInterface, Sequelize) {\n",
		":2: 'async up(queryInterface, Sequelize) {': this is a migration of Sequelize"},
	{"002_g.js", "module.exports = {\n  async up(db, client) {\n",
		":2: 'async up(db, client) {': this is a migration of migrate-mongo"},
	{"1700000000000_g.ts", "export class G1 implements MigrationInterface {\n",
		":1: 'export class G1 implements MigrationInterface {': this is a migration of TypeORM"},
	{"002_g.js", "module.exports = class G1 {\n  async up(queryRunner) {\n",
		":2: 'async up(queryRunner) {': this is a migration of TypeORM"},
	{"002_g.ts", "export class G1 extends Migration {\n",
		":1: 'export class G1 extends Migration {': this is a migration of MikroORM"},
	{"V10__y.SQL", "DROP TABLE g;\n", ": by its name this is a migration of Flyway"},
	{"2024_01_01_000000_g.php", "<?php\nreturn new class extends Migration\n{\n",
		":2: 'return new class extends Migration': this is a migration of Laravel, Phinx or Doctrine"},
	{"20240101120000_g.exs", "defmodule G do\n  use Ecto.Migration\n",
		":2: 'use Ecto.Migration': this is a migration of Ecto"},
};

/* Files of ours, whatever they mention. */
static const struct sample ordinary[] = {
	{"002_g.sql", "-- was -- +goose Up once; see -- migrate:up of dbmate and flyway\nSELECT 1;\n", NULL},
	{"002_g.sql", "-- migrate:up was what dbmate wanted here\nSELECT 1;\n", NULL},
	{"002_g.sql", "-- +goose Up is what goose reads\n-- goose Up\nSELECT 1;\n", NULL},
	{"002_g.sql", "-- liquibase formatted sql is what this was before\nSELECT 1;\n", NULL},
	{"002_g.sql", "-- migrated: up to here\n-- migrate up\n-- up\n-- down\nSELECT 1;\n", NULL},
	{"002_g.up.sql", "-- Up Migration\nSELECT 1;\n", NULL},
	{"002_g.sql", "-- Down migration: see 003\nSELECT '-- +goose Up', 'down_revision = 1';\n", NULL},
	{"002_g.sql", "/* databaseChangeLog: exports.up = 1 */ SELECT 'class Migration(migrations.Migration):';\n",
		NULL},
	{"002_g.sql", "-- Deploy this to production on pg day\nSELECT 1;\n", NULL},
	{"002_g.py", "# the next down_revision = '002' was Alembic's\n"
		"from alembic import command\nimport os\nprint('def upgrade(')\n", NULL},
	{"002_g.py", "def upgrade():\n    pass\n\n\nupgrade()\n", NULL},
	{"002_g.js", "const up = 1; // exports.up\nconsole.log(up);\n", NULL},
	{"notes.txt", "-- +goose Up\n", NULL},
	{"README.md", "-- migrate:up\n", NULL},
	{"common.py", "import os\n", NULL},
	{"V9.txt", "x\n", NULL},
};
/* clang-format on */

static void write_file(const struct database *database, const char *name, const char *text)
{
	char path[1200];
	snprintf(path, sizeof(path), "%s/m/%s", database->folder, name);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "'%s': %s", path,
		  strerror(errno));
}

/* A folder with a script of ours, and in it a folder for each of the files; and a runner for
 * everything. */
static struct database *prepare(const struct sample *samples, size_t count)
{
	struct database *database = database_new(ENGINE_SQLITE);
	expect_environment(database);
	struct run made =
		run("mkdir $DIR/m && cd $DIR/m && mkdir $(seq -f 'f%%02g' 0 %zu) && : > "
		    "$FILE && { echo '[runner]'; for ending in py js ts rb php go exs; do "
		    "echo \"$ending = true {file}\"; done; } > $DIR/r.ini",
		    count - 1);
	cr_assert(made.status == 0, "%s", made.err);
	run_free(&made);
	write_file(database, "001_first.sql", "CREATE TABLE first (a INTEGER);\n");
	for (size_t i = 0; i < count; i++) {
		char name[600];
		snprintf(name, sizeof(name), "f%02zu/%s", i, samples[i].file);
		write_file(database, name, samples[i].text);
	}
	return database;
}

static struct run script(const char *verb)
{
	return run("$MANAGE script %s --dir $DIR/m -c $DIR/r.ini -u $URL", verb);
}

Test(script_formats, of_other_tools_are_refused, .timeout = 60)
{
	struct database *database = prepare(foreign, COUNT(foreign));
	struct run up = script("up"), valid = script("validate");
	cr_expect(up.status == 65 && strstr(up.err, "f00/002_g.sql:1: '-- migrate:up': ") != NULL,
		  "%d: %s%s", up.status, up.out, up.err);
	cr_expect(strstr(up.err, "hint: nothing was run; both ways stand in it") != NULL, "%s",
		  up.err);
	cr_expect(valid.status == 65, "%d: %s", valid.status, valid.err);
	for (size_t i = 0; i < COUNT(foreign); i++) {
		char said[900];
		snprintf(said, sizeof(said), "/m/f%02zu/%s%s", i, foreign[i].file, foreign[i].said);
		cr_expect(strstr(valid.out, said) != NULL, "no '%s' in:\n%s", said, valid.out);
	}
	run_free(&up);
	run_free(&valid);
	char *schema = database_schema(database);
	cr_expect(strstr(schema, "first") == NULL, "something ran: %s", schema);
	free(schema);
	database_free(database);
}

Test(script_formats, are_not_seen_where_they_are_mentioned, .timeout = 60)
{
	struct database *database = prepare(ordinary, COUNT(ordinary));
	struct run valid = script("validate"), up = script("up");
	cr_expect(strstr(valid.out, "migration of") == NULL, "%s", valid.out);
	cr_expect(up.status == 0 && up.err[0] == '\0', "%d: %s", up.status, up.err);
	run_free(&valid);
	run_free(&up);
	database_free(database);
}

/* Each alone stops what else is in the folder. */
Test(script_formats, keep_the_whole_folder_from_running, .timeout = 60)
{
	static const char *const files[] = {"002_g.go", "V9__x.sql", "db.changelog.xml"};
	for (size_t i = 0; i < COUNT(files); i++)
		for (size_t j = 0; j < COUNT(foreign); j++) {
			if (strcmp(foreign[j].file, files[i]) != 0)
				continue;
			struct database *database = prepare(&foreign[j], 1);
			struct run up = script("up");
			cr_expect(up.status == 65 && strstr(up.err, foreign[j].said) != NULL,
				  "%s: %d: %s%s", files[i], up.status, up.out, up.err);
			run_free(&up);
			database_free(database);
		}
}

/* What was applied, by whom ever, is history: only what might run is refused. */
Test(script_formats, that_are_applied_do_not_matter, .timeout = 60)
{
	static const struct expectation rows[] = {
		{"refused", "$MANAGE script up --dir $DIR/m -u $URL", 65, "", "of goose", NULL},
		{"even in a look", "$MANAGE script up --dry-run --dir $DIR/m -u $URL", 65, "",
		 "of goose", NULL},
		{"recorded", "$MANAGE script stamp 002 --dir $DIR/m -u $URL", 0,
		 "recorded as applied f00/002_g\n", "", NULL},
		{"the others run", "$MANAGE script up --dir $DIR/m -u $URL", 0,
		 "applied 001_first\n", "", NULL},
		{"a way back of theirs",
		 "cd $DIR/m/f00 && printf -- '-- +goose Down\nDROP TABLE first;\n' > "
		 "002_g.down.sql && mv 002_g.sql 002_g.up.sql && $MANAGE script down --dir $DIR/m "
		 "-u $URL",
		 65, "", "002_g.down.sql:1: '-- +goose Down': this is a migration of goose", NULL},
	};
	const struct sample sample = {"002_g.sql", "-- +goose Up\nSELECT 1;\n", NULL};
	struct database *database = prepare(&sample, 1);
	EXPECT(rows);
	database_free(database);
}
