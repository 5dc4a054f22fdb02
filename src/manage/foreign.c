#include "foreign.h"

#include "content.h"

#include <errno.h>
#include <locale.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Longer lines are not looked at behind that: a mark is short. */
#define LINE_ROOM 256

#define BOTH_WAYS                                                                                  \
	"both ways stand in it, and a script runs as a whole: put each into a file of its own, "   \
	"NNN_name.up.sql and NNN_name.down.sql; 'manage script stamp NAME' records what is "       \
	"applied already"
#define CALLED                                                                                     \
	"only that tool calls what stands in it: write its SQL into NNN_name.up.sql and "          \
	"NNN_name.down.sql; 'manage script stamp NAME' records what is applied already"
#define ALEMBIC                                                                                    \
	"only Alembic calls what stands in it: `alembic upgrade A:B --sql` and `alembic "          \
	"downgrade B:A --sql` print the SQL for NNN_name.up.sql and NNN_name.down.sql; 'manage "   \
	"script stamp NAME' records what is applied already"
#define RENAME                                                                                     \
	"it would never run: call it NNN_name.up.sql, and what takes it back NNN_name.down.sql; "  \
	"'manage script stamp NAME' records what is applied already"

/*
 * A line that ordinary files do not have. Each tool's own parser wants it on a line of its own, so
 * that a comment which mentions it in a sentence is none. Sources: the tools' manuals and parsers.
 */
struct recogniser {
	const char *format;
	const char *endings; /* "py|pyi" */
	const char *line;    /* POSIX extended, letters in either case */
	const char *also;    /* another line of the same file; NULL: that one is enough */
	const char *advice;
};

#define SQL "sql|psql|pgsql"
#define JAVASCRIPT "js|cjs|mjs|ts|cts|mts"
#define BLANK "[ \t]*"
#define END "[ \t\r]*$"
#define COMMENT "^" BLANK "--" BLANK

/* clang-format off */
static const struct recogniser recognisers[] = {
	{"dbmate", SQL,
		COMMENT "migrate:(up|down)([ \t]+[a-z_]+:[a-z_]+)*" END, NULL, BOTH_WAYS},
	{"goose", SQL,
		COMMENT "[+]goose[ \t]+(up|down|statementbegin|statementend|no transaction|envsub "
		"o(n|ff))" END, NULL, BOTH_WAYS},
	{"goose", "go",
		"goose[.]AddMigration|goose[.]AddNamedMigration", NULL, CALLED},
	{"sql-migrate", SQL,
		COMMENT "[+]migrate[ \t]+(up|down|statementbegin|statementend)"
		"([ \t]+notransaction)?" END, NULL, BOTH_WAYS},
	{"micrate", SQL,
		COMMENT "[+]micrate[ \t]+(up|down|statementbegin|statementend)" END, NULL, BOTH_WAYS},
	{"rambler", SQL,
		COMMENT "rambler[ \t]+(up|down)" END, NULL, BOTH_WAYS},
	{"tern", SQL,
		"^----" BLANK "create above" BLANK "/" BLANK "drop below" BLANK "----" END, NULL,
		BOTH_WAYS},
	{"MyBatis Migrations", SQL,
		"^" BLANK "--" BLANK "//" BLANK "@undo" END, NULL, BOTH_WAYS},
	{"Play evolutions", SQL,
		"^" BLANK "(#|--)[ \t-]*!(ups|downs)" END, NULL, BOTH_WAYS},
	{"node-pg-migrate", SQL,
		COMMENT "down migration" END, COMMENT "up migration" END, BOTH_WAYS},
	{"shmig", SQL,
		COMMENT "====" BLANK "down" BLANK "====" END, COMMENT "====" BLANK "up" BLANK "====" END,
		BOTH_WAYS},
	{"Sqitch", SQL,
		"^-- (deploy|revert|verify) [^ \t]+ (to|from|on) (pg|sqlite|cockroach)" END, NULL,
		RENAME},
	{"Liquibase", SQL,
		COMMENT "liquibase[ \t]+formatted[ \t]+sql([ \t]+[a-z]+:[^ \t]+)*" END, NULL,
		"only Liquibase reads its comments (preconditions, contexts, --rollback): write each "
		"changeset into NNN_name.up.sql, and its --rollback into NNN_name.down.sql; 'manage "
		"script stamp NAME' records what is applied already"},
	{"Liquibase", "xml", "<databaseChangeLog", NULL, CALLED},
	{"Liquibase", "yaml|yml", "^databaseChangeLog" BLANK ":", NULL, CALLED},
	{"Liquibase", "json", "\"databaseChangeLog\"" BLANK ":", NULL, CALLED},
	{"Alembic", "py", "^down_revision" BLANK "(:[^=]*)?=", NULL, ALEMBIC},
	{"Alembic", "py", "^from alembic import (.*, *)?op([, \t\r]|$)", NULL, ALEMBIC},
	{"Django", "py", "^class Migration[(](migrations[.])?Migration[)]" BLANK ":", NULL, CALLED},
	{"yoyo", "py", "^from yoyo import ", NULL, CALLED},
	{"Rails", "rb", "^" BLANK "class [a-z0-9_:]+ < ActiveRecord::Migration", NULL, CALLED},
	{"Sequel", "rb", "^" BLANK "(Sequel|ROM::SQL)[.]migration", NULL, CALLED},
	{"Sequelize", JAVASCRIPT,
		"^" BLANK "(async )?(up|down)" BLANK "[:(].*queryInterface", NULL, CALLED},
	{"migrate-mongo", JAVASCRIPT,
		"^" BLANK "async (up|down)" BLANK "[(]" BLANK "db[,)]", NULL, CALLED},
	{"TypeORM", JAVASCRIPT,
		"^(export )?class .* implements MigrationInterface|"
		"^" BLANK "async (up|down)" BLANK "[(]" BLANK "queryRunner", NULL, CALLED},
	{"MikroORM", JAVASCRIPT, "^(export )?class .* extends Migration([^a-z]|$)", NULL, CALLED},
	{"knex", JAVASCRIPT,
		"^(module[.])?exports[.](up|down)" BLANK "=|"
		"^export (async )?(function|const|let) (up|down)[^a-z0-9_]", NULL, CALLED},
	{"Laravel, Phinx or Doctrine", "php", "extends " BLANK "(Abstract)?Migration([^a-z]|$)", NULL,
		CALLED},
	{"Ecto", "exs", "^" BLANK "use Ecto[.]Migration", NULL, CALLED},
};

/* Tools that have names of their own for the ways of a file. */
static const struct {
	const char *format;
	const char *name; /* POSIX extended, letters as they stand */
	const char *advice;
} names[] = {
	{"Flyway", "^[VUB][0-9][0-9._]*__.*[.][a-zA-Z]+$", RENAME},
	{"Flyway", "^R__.*[.][a-zA-Z]+$", RENAME},
	{"Postgrator", "^[0-9]+[.](do|undo)[.].*sql$", RENAME},
	{"yoyo", "^[0-9].*[.]rollback[.](sql|py)$",
		"it takes back, and would run as a script: call it NNN_name.down.sql"},
};
/* clang-format on */

#define RECOGNISERS (sizeof(recognisers) / sizeof(recognisers[0]))

static bool has_ending(const char *endings, const char *ending)
{
	size_t length = strlen(ending);

	while (*endings) {
		size_t one = strcspn(endings, "|");

		if (one == length && strncasecmp(endings, ending, one) == 0)
			return true;
		endings += one + (endings[one] == '|');
	}
	return false;
}

static bool matches(const char *pattern, int flags, const char *text, bool *failed)
{
	regex_t compiled;
	bool found;

	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB | flags) != 0) {
		*failed = true;
		return false;
	}
	found = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return found;
}

/* ---- by the name ----------------------------------------------------------- */

static enum foreign_answer look_at_name(struct foreign *foreign, const char *base)
{
	bool failed = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!matches(names[i].name, 0, base, &failed))
			continue;
		foreign->format = names[i].format;
		foreign->advice = names[i].advice;
		snprintf(foreign->mark, sizeof(foreign->mark), "%s", base);
		return FOREIGN_YES;
	}
	if (!failed)
		return FOREIGN_NOT;
	errno = ENOMEM;
	return FOREIGN_UNREADABLE;
}

/* ---- by what is in it ------------------------------------------------------ */

/* The patterns of one ending, made once for all lines. */
struct reading {
	regex_t lines[RECOGNISERS], others[RECOGNISERS];
	bool has_line[RECOGNISERS], has_other[RECOGNISERS];
	bool other_seen[RECOGNISERS];
	size_t line_seen[RECOGNISERS]; /* 0: not yet */
	char marks[RECOGNISERS][80];
	bool sql;
};

static bool prepare(struct reading *reading, const char *ending)
{
	const int flags = REG_EXTENDED | REG_NOSUB | REG_ICASE;

	*reading = (struct reading){.sql = has_ending(SQL, ending)};
	for (size_t i = 0; i < RECOGNISERS; i++) {
		if (!has_ending(recognisers[i].endings, ending))
			continue;
		reading->has_line[i] = regcomp(&reading->lines[i], recognisers[i].line, flags) == 0;
		if (!reading->has_line[i])
			return false;
		if (!recognisers[i].also)
			continue;
		reading->has_other[i] =
			regcomp(&reading->others[i], recognisers[i].also, flags) == 0;
		if (!reading->has_other[i])
			return false;
	}
	return true;
}

static void finish(struct reading *reading)
{
	for (size_t i = 0; i < RECOGNISERS; i++) {
		if (reading->has_line[i])
			regfree(&reading->lines[i]);
		if (reading->has_other[i])
			regfree(&reading->others[i]);
	}
}

static bool take_line(struct reading *reading, struct foreign *foreign, const char *line,
		      size_t number)
{
	for (size_t i = 0; i < RECOGNISERS; i++) {
		if (!reading->has_line[i])
			continue;
		if (!reading->line_seen[i] && regexec(&reading->lines[i], line, 0, NULL, 0) == 0) {
			reading->line_seen[i] = number;
			snprintf(reading->marks[i], sizeof(reading->marks[i]), "%.79s", line);
		}
		if (reading->has_other[i] && regexec(&reading->others[i], line, 0, NULL, 0) == 0)
			reading->other_seen[i] = true;
		if (!reading->line_seen[i] || (reading->has_other[i] && !reading->other_seen[i]))
			continue;
		foreign->format = recognisers[i].format;
		foreign->advice = recognisers[i].advice;
		foreign->line = reading->line_seen[i];
		snprintf(foreign->mark, sizeof(foreign->mark), "%s",
			 reading->marks[i] + strspn(reading->marks[i], " \t"));
		return true;
	}
	return false;
}

/* In SQL only a comment can be a mark, and there may be millions of other lines. */
static bool may_be_mark(const struct reading *reading, const char *text)
{
	text += strspn(text, " \t");
	return !reading->sql || strncmp(text, "--", 2) == 0 || *text == '#';
}

static bool look_at_lines(struct reading *reading, struct foreign *foreign, const char *text)
{
	char line[LINE_ROOM];

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (size_t number = 1; *text; number++) {
		size_t length = strcspn(text, "\n");

		if (may_be_mark(reading, text)) {
			snprintf(line, sizeof(line), "%.*s",
				 (int)(length < LINE_ROOM ? length : LINE_ROOM), text);
			line[strcspn(line, "\r")] = '\0';
			if (take_line(reading, foreign, line, number))
				return true;
		}
		text += length + (text[length] == '\n');
	}
	return false;
}

static bool is_known_ending(const char *ending)
{
	for (size_t i = 0; i < RECOGNISERS; i++)
		if (has_ending(recognisers[i].endings, ending))
			return true;
	return false;
}

static enum foreign_answer look_at_text(struct foreign *foreign, const char *path,
					const char *ending)
{
	enum foreign_answer answer = FOREIGN_UNREADABLE;
	struct reading *reading = malloc(sizeof(*reading));
	struct content content;
	int why;

	if (!reading)
		return FOREIGN_UNREADABLE;
	if (!prepare(reading, ending)) {
		errno = ENOMEM;
	} else if (content_read(&content, path)) {
		answer = look_at_lines(reading, foreign, content.text) ? FOREIGN_YES : FOREIGN_NOT;
		content_free(&content);
	}
	why = errno;
	finish(reading);
	free(reading);
	errno = why;
	return answer;
}

static enum foreign_answer look(struct foreign *foreign, const char *path, bool readable)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	enum foreign_answer answer;

	*foreign = (struct foreign){0};
	answer = look_at_name(foreign, base);
	if (answer != FOREIGN_NOT || !readable || !dot || !is_known_ending(dot + 1))
		return answer;
	return look_at_text(foreign, path, dot + 1);
}

enum foreign_answer foreign_look(struct foreign *foreign, const char *path, bool readable)
{
	/* The patterns are ASCII. With characters of many bytes, regcomp() of glibc 2.36 frees a
	 * range of them twice when memory runs out. */
	locale_t plain = newlocale(LC_ALL_MASK, "C", NULL), before = uselocale(plain);
	enum foreign_answer answer = look(foreign, path, readable);
	int why = errno;

	uselocale(before);
	if (plain)
		freelocale(plain);
	errno = why;
	return answer;
}
