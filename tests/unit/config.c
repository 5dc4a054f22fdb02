#include "../../src/config.h"
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static char folder[] = "/tmp/reconcile-config-XXXXXX";

/* An empty folder to stand in, and an environment that says nothing. */
static void enter_folder(void)
{
	cr_assert(mkdtemp(folder));
	cr_assert(chdir(folder) == 0);
	for (char **entry = environ; *entry;) {
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*entry, "="), *entry);
		bool ours = strncmp(name, "RECONCILE_", 10) == 0 || !strcmp(name, "DATABASE_URL");
		if (ours && unsetenv(name) == 0)
			entry = environ;
		else
			entry++;
	}
}

static void leave_folder(void)
{
	static const char *const names[] = {"reconcile.ini", "other.ini", "url"};
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	rmdir(folder);
}

TestSuite(config, .init = enter_folder, .fini = leave_folder);

static void write_bytes(const char *name, const char *data, size_t length)
{
	FILE *file = fopen(name, "w");
	cr_assert(file && fwrite(data, 1, length, file) == length && fclose(file) == 0);
}

static void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

struct resolved {
	struct arena arena;
	struct config config;
	struct error err;
	bool ok;
};

static struct resolved resolve(const struct reconcile_options *options)
{
	struct resolved resolved = {0};
	resolved.ok = config_resolve(&resolved.config, options, &resolved.arena, &resolved.err);
	cr_expect(resolved.ok == (resolved.err.status == RECONCILE_OK), "%s", resolved.err.message);
	return resolved;
}

static void expect_refused(const char *name, const struct reconcile_options *options,
			   const char *message, const char *hint)
{
	struct resolved resolved = resolve(options);
	cr_expect(!resolved.ok && resolved.err.status == RECONCILE_BAD_CONFIG, "%s", name);
	expect_part(name, resolved.err.message, message);
	if (hint)
		expect_part(name, resolved.err.hint, hint);
	cr_expect(!strstr(resolved.err.message, "secret") && !strstr(resolved.err.hint, "secret"),
		  "%s: %s", name, resolved.err.message);
	arena_release(&resolved.arena);
}

Test(config, defaults)
{
	struct resolved resolved = resolve(NULL);
	const struct config *config = &resolved.config;
	cr_assert(resolved.ok, "%s", resolved.err.message);
	cr_expect(config->url.engine == URL_POSTGRES);
	expect_text("libpq's own defaults", config->url.conninfo, "");
	cr_expect(config->mode == RECONCILE_MODE_APPLY);
	cr_expect(config->catalog == RECONCILE_CATALOG_AUTO);
	cr_expect(config->on_conflict == RECONCILE_ON_CONFLICT_WARN);
	cr_expect(config->lock_timeout_ms == 250);
	cr_expect(config->statement_timeout_ms == 5000);
	cr_expect(config->budget_ms == 60000);
	cr_expect(config->connect_timeout_ms == 10000);
	cr_expect(config->log.level == RECONCILE_LOG_INFO);
	cr_expect(config->log.format == RECONCILE_LOG_TEXT);
	cr_expect(config->allow_rewrite == 0);
	cr_expect(!config->has_ddl_url);
	expect_text("ddl_role", config->ddl_role, NULL);
	expect_text("schema", config->schema, NULL);
	expect_text("registry", config->registry, NULL);
	expect_text("color", config->color, NULL);
	expect_text("application", config->application, program_invocation_short_name);
	for (size_t i = 0; config_keys[i]; i++)
		expect_text(config_keys[i], config->values[i], NULL);
	arena_release(&resolved.arena);
}

Test(config, every_key_is_taken_from_the_file)
{
	write_text("reconcile.ini", "\xef\xbb\xbf; a comment\r\n"
				    "[reconcile]\r\n"
				    "url = sqlite:///app.db?mode=rwc\r\n"
				    "registry = memstack\n"
				    "schema: app\n"
				    "mode = check ; only look\n"
				    "  # an indented comment\n"
				    "\n"
				    "lock_timeout_ms = 1s\n"
				    "statement_timeout_ms = 2m\n"
				    "budget_ms = 90\n"
				    "connect_timeout_ms = 70ms\n"
				    "catalog = information_schema\n"
				    "on_conflict = fail\n"
				    "allow_rewrite = 10000\n"
				    "log_level = warn\n"
				    "log_format = json\n"
				    "color = never");
	struct resolved resolved = resolve(NULL);
	const struct config *config = &resolved.config;
	cr_assert(resolved.ok, "%s", resolved.err.message);
	expect_text("url", config->url.path, "app.db");
	cr_expect(config->url.access == URL_CREATE);
	expect_text("registry", config->registry, "memstack");
	expect_text("schema", config->schema, "app");
	cr_expect(config->mode == RECONCILE_MODE_CHECK);
	cr_expect(config->lock_timeout_ms == 1000);
	cr_expect(config->statement_timeout_ms == 120000);
	cr_expect(config->budget_ms == 90);
	cr_expect(config->connect_timeout_ms == 70);
	cr_expect(config->catalog == RECONCILE_CATALOG_INFORMATION_SCHEMA);
	cr_expect(config->on_conflict == RECONCILE_ON_CONFLICT_FAIL);
	cr_expect(config->allow_rewrite == 10000);
	cr_expect(config->log.level == RECONCILE_LOG_WARN);
	cr_expect(config->log.format == RECONCILE_LOG_JSON);
	expect_text("color", config->color, "never");
	arena_release(&resolved.arena);
}

/* Places are switched on one by one, from the weakest to the strongest: each must win. */
Test(config, precedence_of_a_setting)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	static const char *const expected[] = {"common", "section", "environment", "option"};
	for (size_t i = 0; i < COUNT(expected); i++) {
		if (i == 0)
			write_text("reconcile.ini", "[reconcile]\nschema = common\n[prod]\n");
		if (i == 1) {
			write_text("reconcile.ini", "[prod]\nschema = section\n"
						    "[reconcile]\nschema = common\n");
			options.section = "prod";
		}
		if (i == 2)
			setenv("RECONCILE_SCHEMA", "environment", 1);
		if (i == 3)
			options.schema = "option";
		struct resolved resolved = resolve(&options);
		cr_assert(resolved.ok, "%s", resolved.err.message);
		expect_text(expected[i], resolved.config.schema, expected[i]);
		arena_release(&resolved.arena);
	}
}

Test(config, precedence_of_the_url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	static const char *const expected[] = {
		"",
		"host=common",
		"host=section",
		"host=database_url",
		"host=env_env",
		"host=env_file",
		"host=env_url",
		"host=option",
	};
	setenv("OTHER", "host=env_env", 1);
	write_text("url", "host=env_file\r\nsecond line\n");
	for (size_t i = 0; i < COUNT(expected); i++) {
		if (i == 1)
			write_text("reconcile.ini", "[reconcile]\nurl = host=common\n");
		if (i == 2) {
			write_text("reconcile.ini", "[reconcile]\nurl = host=common\n"
						    "[prod]\nurl_env = SECTION_URL\n");
			setenv("SECTION_URL", "host=section", 1);
			setenv("RECONCILE_ENV", "prod", 1);
		}
		if (i == 3)
			setenv("DATABASE_URL", "host=database_url", 1);
		if (i == 4)
			setenv("RECONCILE_URL_ENV", "OTHER", 1);
		if (i == 5)
			setenv("RECONCILE_URL_FILE", "url", 1);
		if (i == 6)
			setenv("RECONCILE_URL", "host=env_url", 1);
		if (i == 7)
			options.url = "host=option";
		struct resolved resolved = resolve(&options);
		cr_assert(resolved.ok, "%s", resolved.err.message);
		expect_text(expected[i], resolved.config.url.conninfo, expected[i]);
		arena_release(&resolved.arena);
	}
}

/* The url's own three keys say nothing about the other connection, and the other way round. */
Test(config, the_other_connection)
{
	static const struct {
		const char *ini;
		const char *name, *value; /* of the environment */
		const char *conninfo;     /* NULL: there is none */
		const char *role;
	} cases[] = {
		{"url = host=a\n", "OTHER", "x", NULL, NULL},
		{"url = host=a\nddl_url = host=b\n", "OTHER", "x", "host=b", NULL},
		{"ddl_url_file = url\nddl_role = owner\n", "OTHER", "x", "host=file", "owner"},
		{"url_env = OTHER\nddl_url_env = OTHER\n", "OTHER", "host=env", "host=env", NULL},
		{"ddl_url = host=b\n", "RECONCILE_DDL_URL", "host=env", "host=env", NULL},
		{"ddl_url = host=b\n", "RECONCILE_DDL_URL_FILE", "url", "host=file", NULL},
		{"ddl_url = host=b\n", "DATABASE_URL", "host=a", "host=b", NULL},
		{"ddl_role = a\n", "RECONCILE_DDL_ROLE", "b", NULL, "b"},
	};
	write_text("url", "host=file\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char ini[256];
		snprintf(ini, sizeof(ini), "[reconcile]\n%s", cases[i].ini);
		write_text("reconcile.ini", ini);
		setenv(cases[i].name, cases[i].value, 1);
		struct resolved resolved = resolve(NULL);
		cr_assert(resolved.ok, "%s", resolved.err.message);
		cr_expect(resolved.config.has_ddl_url == (cases[i].conninfo != NULL), "%s", ini);
		if (resolved.config.has_ddl_url)
			expect_text(ini, resolved.config.ddl_url.conninfo, cases[i].conninfo);
		expect_text(ini, resolved.config.ddl_role, cases[i].role);
		arena_release(&resolved.arena);
		unsetenv(cases[i].name);
	}
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.ddl_url = "host=option";
	options.ddl_role = "owner";
	options.allow_rewrite = RECONCILE_REWRITE_NONE;
	setenv("RECONCILE_ALLOW_REWRITE", "yes", 1);
	struct resolved resolved = resolve(&options);
	cr_assert(resolved.ok, "%s", resolved.err.message);
	expect_text("option", resolved.config.ddl_url.conninfo, "host=option");
	expect_text("option", resolved.config.ddl_role, "owner");
	cr_expect(resolved.config.allow_rewrite == 0);
	arena_release(&resolved.arena);
	resolved = resolve(NULL);
	cr_expect(resolved.config.allow_rewrite == -1);
	arena_release(&resolved.arena);
	unsetenv("RECONCILE_ALLOW_REWRITE");
}

Test(config, an_empty_environment_variable_is_not_set)
{
	static const char *const names[] = {
		"RECONCILE_URL",    "RECONCILE_URL_FILE", "RECONCILE_URL_ENV", "DATABASE_URL",
		"RECONCILE_SCHEMA", "RECONCILE_MODE",     "RECONCILE_CONFIG",  "RECONCILE_ENV",
		"RECONCILE_COLOR",  "RECONCILE_BUDGET_MS"};
	write_text("reconcile.ini", "[reconcile]\nurl = host=common\nschema = app\n");
	for (size_t i = 0; i < COUNT(names); i++)
		setenv(names[i], "", 1);
	struct resolved resolved = resolve(NULL);
	cr_assert(resolved.ok, "%s", resolved.err.message);
	expect_text("url", resolved.config.url.conninfo, "host=common");
	expect_text("schema", resolved.config.schema, "app");
	arena_release(&resolved.arena);
}

Test(config, which_file)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	write_text("reconcile.ini", "[reconcile]\nschema = here\n");
	write_text("other.ini", "[reconcile]\nschema = other\n");
	setenv("RECONCILE_CONFIG", "other.ini", 1);
	struct resolved resolved = resolve(&options);
	expect_text("RECONCILE_CONFIG", resolved.config.schema, "other");
	arena_release(&resolved.arena);
	options.config_file = "reconcile.ini";
	resolved = resolve(&options);
	expect_text("the option", resolved.config.schema, "here");
	arena_release(&resolved.arena);
}

Test(config, a_file_that_was_asked_for_must_be_there)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	setenv("RECONCILE_CONFIG", "absent.ini", 1);
	expect_refused("RECONCILE_CONFIG", NULL,
		       "configuration file 'absent.ini': cannot open the file: No such file", NULL);
	options.config_file = "also.ini";
	expect_refused("option", &options, "configuration file 'also.ini': cannot open", NULL);
	options.config_file = ".";
	expect_refused("a folder", &options, "configuration file '.': cannot read", NULL);
}

Test(config, a_file_that_may_not_be_read)
{
	write_text("reconcile.ini", "[reconcile]\n");
	chmod("reconcile.ini", 0);
	if (geteuid() == 0) /* root may read everything: be somebody else */
		cr_assert(chmod(".", 0755) == 0 && seteuid(65534) == 0);
	struct resolved resolved = resolve(NULL);
	if (getuid() == 0)
		cr_assert(seteuid(0) == 0);
	cr_expect(!resolved.ok && resolved.err.status == RECONCILE_BAD_CONFIG);
	expect_text("message", resolved.err.message,
		    "configuration file 'reconcile.ini': cannot open the file: Permission denied");
	arena_release(&resolved.arena);
}

Test(config, mistakes_in_the_file)
{
	/* 199 bytes with the key. */
	char long_line[300], limit_line[300], long_key[100], long_section[100];
	memset(long_line, 'x', sizeof(long_line));
	memcpy(long_line, "[reconcile]\nurl = host=", 23);
	memcpy(long_line + 12 + 199, "\n", 2);
	memset(limit_line, ' ', sizeof(limit_line));
	memcpy(limit_line, "[reconcile]\nmode = check", 24);
	memcpy(limit_line + 12 + 198, "\n", 2);
	snprintf(long_key, sizeof(long_key), "[reconcile]\n%050d = x\n", 0);
	snprintf(long_section, sizeof(long_section), "[%050d]\n", 0);

	const struct {
		const char *text;
		const char *message;
		const char *hint;
	} cases[] = {
		{"[reconcile]\n\nurll = host=secret\n", "reconcile.ini:3: unknown key 'urll'",
		 "'url'"},
		{"[reconcile]\nlock_timeout = 5\n", "reconcile.ini:2: unknown key 'lock_timeout'",
		 "'lock_timeout_ms'"},
		{"[reconcile]\npassword = secret\n", "reconcile.ini:2: unknown key 'password'",
		 "url_file"},
		{"[reconcile]\nURL = host=secret\n", "reconcile.ini:2: unknown key 'URL'", NULL},
		{"[runner]\n.py = python3 {file}\n",
		 "reconcile.ini:2: '.py' is no ending of a file: write 'py', not '.py'", NULL},
		{"[runner]\npy = python3\n",
		 "reconcile.ini:2: the command of 'py' does not say where the file goes",
		 "write {file} in it"},
		{"[runner]\nsql = psql -f {file}\n", "reconcile.ini:2: SQL needs no runner", NULL},
		{"[runner]\npy = a {file}\npy = b {file}\n",
		 "reconcile.ini:3: duplicate key 'py', which line 2 has already", NULL},
		{"[reconcile]\nurl = sqlite:///x\nallow_fresh = maybe\n",
		 "reconcile.ini:3: allow_fresh: 'maybe' is none of no, yes", NULL},
		{"[other]\nurll = host=secret\n", "reconcile.ini:2: unknown key 'urll'", NULL},
		{"[reconcile]\nurl = postgresql://u:x\nsecret@h/db?a=b\n",
		 "reconcile.ini:3: unknown key", "url_file"},
		{"[reconcile]\nmode = off\nschema = a\nmode = warn\n",
		 "reconcile.ini:4: duplicate key 'mode', which line 2 has already", NULL},
		{"[reconcile]\nmode = off\n[x]\n[reconcile]\nmode = warn\n",
		 "reconcile.ini:5: duplicate key 'mode', which line 2", NULL},
		{"[reconcile]\nurl = host=secret\nurl_env = X\n",
		 "reconcile.ini:3: 'url_env' beside 'url' of line 2", NULL},
		{"[a]\nurl_file = secret\nurl = host=secret\n",
		 "reconcile.ini:3: 'url' beside 'url_file' of line 2", NULL},
		{long_line, "reconcile.ini:2: the line has 199 bytes", "url_file"},
		{long_key, "reconcile.ini:2: a key name of more than 49 bytes", NULL},
		{long_section, "reconcile.ini:1: a section name of more than 49 bytes", NULL},
		{"[reconcile]\nurl = host=h password=a ;secret\n",
		 "reconcile.ini:2: ' ;' begins a comment", "%3B"},
		{"[reconcile]\nurl_file = a\t;secret\n", "reconcile.ini:2: ' ;' begins", NULL},
		{"[reconcile]\nurl = host=h\n  password=secret\n",
		 "reconcile.ini:3: the line is indented", "margin"},
		{"[reconcile]\nurl =\n", "reconcile.ini:2: 'url' has no value", NULL},
		{"[reconcile]\nmode = ; off\n", "reconcile.ini:2: 'mode' has no value", NULL},
		{"\nmode = off\n", "reconcile.ini:2: 'mode' stands before the first section",
		 "[reconcile]"},
		{"[reconcile\nmode = off\n", "reconcile.ini:1: a section line without ']'", NULL},
		{"[]\n", "reconcile.ini:1: a section name is made of", NULL},
		{"[ prod ]\n", "reconcile.ini:1: a section name is made of", NULL},
		{"[reconcile] url = host=secret\n", "reconcile.ini:1: there is something behind",
		 NULL},
		{"[reconcile]\nsecret\n", "reconcile.ini:2: the line is neither", NULL},
		{"[reconcile]\nmode = o\x01n\n", "reconcile.ini:2: the line has a control", NULL},
		{"[reconcile]\rmode = off\r", "reconcile.ini:1: the line has a control", NULL},
		{"[reconcile]\nmode = of\n",
		 "reconcile.ini:2: mode: 'of' is none of apply, check, warn, off, stamp", NULL},
		{"[reconcile]\nbudget_ms = soon\n", "reconcile.ini:2: budget_ms: 'soon'", "5s"},
		{"[reconcile]\nurl = mysql://u:secret@h/db\n",
		 "reconcile.ini:2: url: the database URL has the scheme 'mysql'", "sqlite:///"},
		{"[reconcile]\nurl = \"postgresql://u:secret@h/db\"\n",
		 "reconcile.ini:2: url: the database URL is neither", NULL},
		{"[reconcile]\nurl_env = postgresql://u:secret@h/db\n",
		 "reconcile.ini:2: url_env: the environment variable that it names is not set",
		 NULL},
		{"[reconcile]\nurl_file = postgresql://u:secret@h/db\n",
		 "reconcile.ini:2: url_file: cannot open the file: No such file", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_text("reconcile.ini", cases[i].text);
		expect_refused(cases[i].text, NULL, cases[i].message, cases[i].hint);
	}
	write_text("reconcile.ini", limit_line);
	struct resolved resolved = resolve(NULL);
	cr_expect(resolved.ok, "198 bytes: %s", resolved.err.message);
	arena_release(&resolved.arena);
}

Test(config, bytes_that_text_does_not_have)
{
	static const char nul[] = "[reconcile]\n\nurl = host=h\0secret\n";
	write_bytes("reconcile.ini", nul, sizeof(nul) - 1);
	expect_refused("NUL", NULL, "reconcile.ini:3: the line has a NUL", NULL);

	static char large[65 * 1024];
	memset(large, '\n', sizeof(large));
	write_bytes("reconcile.ini", large, sizeof(large));
	expect_refused("65 KiB", NULL, "'reconcile.ini': the file is larger than 64 KiB", NULL);
	write_bytes("reconcile.ini", large, 64 * 1024);
	struct resolved resolved = resolve(NULL);
	cr_expect(resolved.ok, "64 KiB: %s", resolved.err.message);
	arena_release(&resolved.arena);
}

Test(config, a_section_must_be_there)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.section = "prod";
	expect_refused("no file", &options, "option section: 'reconcile.ini' has no section [prod]",
		       "not there");
	write_text("reconcile.ini", "[reconcile]\nmode = off\n[staging]\n[test-1]\nmode=off\n");
	expect_refused("option", &options, "option section: 'reconcile.ini' has no section [prod]",
		       "[reconcile], [staging], [test-1]");
	options.section = NULL;
	setenv("RECONCILE_ENV", "prod", 1);
	expect_refused("environment", &options, "RECONCILE_ENV: 'reconcile.ini' has no section",
		       "[staging]");
	setenv("RECONCILE_ENV", "staging", 1);
	struct resolved resolved = resolve(&options);
	cr_expect(resolved.ok && resolved.config.mode == RECONCILE_MODE_OFF,
		  "a section without keys is one: %s", resolved.err.message);
	arena_release(&resolved.arena);
}

Test(config, mistakes_in_the_environment)
{
	static const struct {
		const char *name;
		const char *value;
		const char *message;
	} cases[] = {
		{"RECONCILE_URL", "mysql://u:secret@h/db", "RECONCILE_URL: the database URL has"},
		{"RECONCILE_URL", "app.secret", "RECONCILE_URL: the database URL is neither"},
		{"DATABASE_URL", "http://u:secret@h/db", "DATABASE_URL: the database URL has"},
		{"DATABASE_URL", "postgresql://u:secret@h/db\n",
		 "DATABASE_URL: the database URL has a line break"},
		{"RECONCILE_URL_FILE", "/secret", "RECONCILE_URL_FILE: cannot open the file"},
		{"RECONCILE_URL_FILE", "url",
		 "RECONCILE_URL_FILE: the first line of the file is "
		 "empty"},
		{"RECONCILE_URL_ENV", "secret", "RECONCILE_URL_ENV: the environment variable"},
		{"RECONCILE_MODE", "aply", "RECONCILE_MODE: 'aply' is none of apply"},
		{"RECONCILE_CATALOG", "x", "RECONCILE_CATALOG: 'x' is none of auto, pg_catalog"},
		{"RECONCILE_ON_CONFLICT", "x", "RECONCILE_ON_CONFLICT: 'x' is none of warn, fail"},
		{"RECONCILE_LOG_LEVEL", "x", "RECONCILE_LOG_LEVEL: 'x' is none of debug"},
		{"RECONCILE_LOG_FORMAT", "x", "RECONCILE_LOG_FORMAT: 'x' is none of text"},
		{"RECONCILE_COLOR", "x", "RECONCILE_COLOR: 'x' is none of auto"},
		{"RECONCILE_ALLOW_REWRITE", "true",
		 "RECONCILE_ALLOW_REWRITE: 'true' is none of no"},
		{"RECONCILE_ALLOW_REWRITE", "10k", "RECONCILE_ALLOW_REWRITE: '10k' is none of no"},
		{"RECONCILE_ALLOW_REWRITE", "99999999999999999999",
		 "RECONCILE_ALLOW_REWRITE: '99999999999999999999' is"},
		{"RECONCILE_DDL_URL", "mysql://u:secret@h/db",
		 "RECONCILE_DDL_URL: the database URL has"},
		{"RECONCILE_DDL_URL", "sqlite:///secret.db",
		 "RECONCILE_DDL_URL: it is for PostgreSQL only"},
		{"RECONCILE_DDL_URL_ENV", "secret",
		 "RECONCILE_DDL_URL_ENV: the environment variable"},
		{"RECONCILE_LOCK_TIMEOUT_MS", "0", "RECONCILE_LOCK_TIMEOUT_MS: '0' is not a"},
		{"RECONCILE_BUDGET_MS", "-1", "RECONCILE_BUDGET_MS: '-1' is not a duration"},
		{"RECONCILE_CONNECT_TIMEOUT_MS", "2147483648",
		 "RECONCILE_CONNECT_TIMEOUT_MS: '2147483648' is more than 2147483647 ms"},
		{"RECONCILE_STATEMENT_TIMEOUT_MS", "250",
		 "RECONCILE_STATEMENT_TIMEOUT_MS: 250 ms is not more than the 250 ms"},
	};
	write_text("url", "\nhost=secret\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv(cases[i].name, cases[i].value, 1);
		expect_refused(cases[i].name, NULL, cases[i].message, NULL);
		unsetenv(cases[i].name);
	}
}

Test(config, mistakes_in_the_options)
{
	static const struct {
		const char *message;
		struct reconcile_options options;
	} cases[] = {
		{"option url: the database URL has", {.url = "mysql://u:secret@h/db"}},
		{"option schema: it is empty", {.schema = ""}},
		{"option allow_rewrite: '-7' is none of", {.allow_rewrite = -7}},
		{"option ddl_role: it is empty", {.ddl_role = ""}},
		{"option ddl_role: it is for PostgreSQL only",
		 {.url = "sqlite:///a.db", .ddl_role = "x"}},
		{"option history_schema: it is empty", {.history_schema = ""}},
		{"option history_schema: it is for PostgreSQL only",
		 {.url = "sqlite:///a.db", .history_schema = "x"}},
		{"option ddl_url: it is for PostgreSQL only",
		 {.url = "sqlite:///a.db", .ddl_url = "host=x"}},
		{"option mode: 9 is not one", {.mode = (enum reconcile_mode)9}},
		{"option catalog: 4 is not one", {.catalog = (enum reconcile_catalog)4}},
		{"option on_conflict: 3 is not one",
		 {.on_conflict = (enum reconcile_on_conflict)3}},
		{"option log_level: 6 is not one", {.log_level = (enum reconcile_log_level)6}},
		{"option log_format: 4 is not one", {.log_format = (enum reconcile_log_format)4}},
		{"option lock_timeout_ms: '-5' is not a duration", {.lock_timeout_ms = -5}},
		{"option budget_ms: '-1' is not a duration", {.budget_ms = -1}},
		{"option statement_timeout_ms: 100 ms is not more than the 200 ms",
		 {.lock_timeout_ms = 200, .statement_timeout_ms = 100}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_options options = cases[i].options;
		options.size = sizeof(options);
		expect_refused(cases[i].message, &options, cases[i].message, NULL);
	}
	struct reconcile_options options = {0};
	expect_refused("without initialiser", &options, "unknown size 0", "RECONCILE_OPTIONS_INIT");
	options.size = sizeof(options) + 8;
	expect_refused("another release", &options, "unknown size", NULL);
}

Test(config, a_longer_wait_for_locks_makes_room_in_the_statement_timeout)
{
	static const struct {
		const char *name;
		long lock_ms, statement_ms;
		long expected_ms;
	} cases[] = {
		{"neither", 0, 0, 5000},
		{"below the usual", 4999, 0, 5000},
		{"raised", 5000, 0, 10000},
		{"both", 5000, 5001, 5001},
		{"at the limit", 2147483646, 0, 2147483647},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reconcile_options options = RECONCILE_OPTIONS_INIT;
		options.lock_timeout_ms = cases[i].lock_ms;
		options.statement_timeout_ms = cases[i].statement_ms;
		struct resolved resolved = resolve(&options);
		cr_expect(resolved.ok, "%s: %s", cases[i].name, resolved.err.message);
		cr_expect(resolved.config.statement_timeout_ms == cases[i].expected_ms, "%s: %ld",
			  cases[i].name, resolved.config.statement_timeout_ms);
		arena_release(&resolved.arena);
	}
}

Test(config, a_lent_connection_needs_no_url)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	char stand_in;
	setenv("DATABASE_URL", "mysql://u:secret@h/db", 1);
	options.pg = (struct pg_conn *)(void *)&stand_in; /* passed on, never looked into */
	struct resolved resolved = resolve(&options);
	cr_expect(resolved.ok && resolved.config.pg == options.pg, "%s", resolved.err.message);
	arena_release(&resolved.arena);

	options.sqlite = (struct sqlite3 *)(void *)&stand_in;
	resolved = resolve(&options);
	cr_expect(!resolved.ok && resolved.err.status == RECONCILE_USAGE);
	expect_part("two", resolved.err.message, "two connections");
	arena_release(&resolved.arena);
}

static void ignore(void *context, const struct reconcile_log_record *record)
{
	(void)context;
	(void)record;
}

Test(config, the_log_is_usable_on_failure)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.log = ignore;
	options.log_context = &options;
	setenv("RECONCILE_LOG_FORMAT", "json", 1);
	setenv("RECONCILE_LOG_LEVEL", "error", 1);
	write_text("reconcile.ini", "nonsense\n");
	struct resolved resolved = resolve(&options);
	cr_expect(!resolved.ok);
	cr_expect(resolved.config.log.emit == ignore && resolved.config.log.context == &options);
	cr_expect(resolved.config.log.format == RECONCILE_LOG_JSON);
	cr_expect(resolved.config.log.level == RECONCILE_LOG_ERROR);
	arena_release(&resolved.arena);
}

Test(config, nothing_of_the_caller_is_kept)
{
	char url[] = "postgresql://h/db", schema[] = "app", application[] = "billing";
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.url = url;
	options.schema = schema;
	options.application = application;
	struct resolved resolved = resolve(&options);
	memset(url, 'X', sizeof(url) - 1);
	memset(schema, 'X', sizeof(schema) - 1);
	memset(application, 'X', sizeof(application) - 1);
	expect_text("url", resolved.config.url.conninfo, "postgresql://h/db");
	expect_text("schema", resolved.config.schema, "app");
	expect_text("application", resolved.config.application, "billing");
	arena_release(&resolved.arena);
}

/* What the public handle says of a key. */
static void expect_get(const struct reconcile_options *options, const char *key, const char *value)
{
	struct reconcile_config *config;
	cr_expect(reconcile_config_load(options, &config) == RECONCILE_OK, "%s",
		  reconcile_config_error(config)->message);
	expect_text(key, reconcile_config_get(config, key), value);
	reconcile_config_free(config);
}

Test(config, programs_for_files_that_are_no_sql)
{
	write_text("reconcile.ini",
		   "[runner]\npy = python3 {file}\ncql = cypher-shell -f {file} ; Neo4j\n"
		   "[reconcile]\nurl = sqlite:///x.db\nscripts = db/migrations\n");
	expect_get(NULL, "runner.py", "python3 {file}");
	expect_get(NULL, "runner.cql", "cypher-shell -f {file}");
	expect_get(NULL, "runner.js", NULL);
	expect_get(NULL, "runner.", NULL);
	expect_get(NULL, "scripts", "db/migrations");
}

Test(config, fresh_is_allowed_beside_the_url_only)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	write_text("reconcile.ini", "[reconcile]\nurl = sqlite:///x.db\n"
				    "[dev]\nurl = sqlite:///dev.db\nallow_fresh = yes\n"
				    "[loose]\nallow_fresh = yes\n");
	expect_get(NULL, "allow_fresh", NULL);
	options.section = "loose";
	expect_get(&options, "allow_fresh", NULL);
	options.section = "dev";
	expect_get(&options, "allow_fresh", "yes");
	options.url = "sqlite:///production.db";
	expect_get(&options, "allow_fresh", NULL);
	options.url = NULL;
	cr_assert(setenv("DATABASE_URL", "sqlite:///production.db", 1) == 0);
	expect_get(&options, "allow_fresh", NULL);
}

Test(config, another_database_is_where_its_section_says)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	write_text("reconcile.ini",
		   "[reconcile]\nurl = postgresql://h/usual\nschema = app\nddl_role = owner\n"
		   "budget_ms = 7s\nmode = check\n"
		   "[metrics]\nurl_env = METRICS_DSN\nbudget_ms = 9s\n"
		   "[other]\nurl = sqlite:///other.db\nallow_fresh = yes\n"
		   "[prod]\nmode = warn\nschema = prod\nddl_url = postgresql://h/ddl\n");
	setenv("METRICS_DSN", "postgresql://h/metrics", 1);
	setenv("DATABASE_URL", "postgresql://h/from_environment", 1);
	setenv("RECONCILE_SCHEMA", "from_environment", 1);
	options.url = "postgresql://h/from_option";
	options.schema = "from_option";
	options.ddl_role = "from_option";
	options.section = "prod";
	options.database = "metrics";
	struct resolved resolved = resolve(&options);
	cr_assert(resolved.ok, "%s", resolved.err.message);
	expect_text("url", resolved.config.url.conninfo, "postgresql://h/metrics");
	expect_text("schema", resolved.config.schema, NULL);
	expect_text("ddl_role", resolved.config.ddl_role, NULL);
	cr_expect(!resolved.config.has_ddl_url);
	/* The rest goes as ever, its own section first. */
	cr_expect(resolved.config.mode == RECONCILE_MODE_WARN);
	cr_expect(resolved.config.budget_ms == 9000);
	arena_release(&resolved.arena);

	/* SQLite knows no roles, and is told of none. */
	options.database = "other";
	resolved = resolve(&options);
	cr_assert(resolved.ok, "%s", resolved.err.message);
	expect_text("file", resolved.config.url.path, "other.db");
	arena_release(&resolved.arena);
	expect_get(&options, "allow_fresh", "yes");

	struct reconcile_config *config;
	cr_assert(reconcile_config_load(NULL, &config) == RECONCILE_OK);
	cr_expect(reconcile_config_has_database(config, "metrics"));
	cr_expect(reconcile_config_has_database(config, "other"));
	cr_expect(reconcile_config_has_database(config, "reconcile"));
	cr_expect(!reconcile_config_has_database(config, "prod"), "it has a ddl_url alone");
	cr_expect(!reconcile_config_has_database(config, "nowhere"));
	reconcile_config_free(config);
}

Test(config, another_database_that_is_nowhere)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	write_text("reconcile.ini", "[reconcile]\nurl = sqlite:///x.db\n[prod]\nmode = warn\n");
	options.database = "prod";
	struct resolved resolved = resolve(&options);
	cr_expect(!resolved.ok && resolved.err.status == RECONCILE_BAD_CONFIG);
	expect_text("message", resolved.err.message,
		    "option database: section [prod] of 'reconcile.ini' does not say where one is");
	expect_text("hint", resolved.err.hint, "give it url, url_file or url_env");
	arena_release(&resolved.arena);
	options.database = "nowhere";
	resolved = resolve(&options);
	cr_expect(!resolved.ok && resolved.err.status == RECONCILE_BAD_CONFIG);
	expect_text("message", resolved.err.message,
		    "option database: 'reconcile.ini' has no section [nowhere]");
	arena_release(&resolved.arena);
}

Test(config, the_public_handle_never_tells_a_url)
{
	struct reconcile_config *config;
	write_text("reconcile.ini", "[reconcile]\nurl = postgresql://u:secret@h/db\n"
				    "ddl_url = postgresql://owner:secret@h/db\n"
				    "registry = memstack\nbudget_ms = 5s\n");
	cr_assert(reconcile_config_load(NULL, &config) == RECONCILE_OK && config);
	expect_text("registry", reconcile_config_get(config, "registry"), "memstack");
	expect_text("budget_ms", reconcile_config_get(config, "budget_ms"), "5s");
	expect_text("not set", reconcile_config_get(config, "color"), NULL);
	expect_text("no key", reconcile_config_get(config, "nonsense"), NULL);
	expect_text("url", reconcile_config_get(config, "url"), NULL);
	expect_text("ddl_url", reconcile_config_get(config, "ddl_url"), NULL);
	cr_expect(reconcile_config_error(config)->status == RECONCILE_OK);
	reconcile_config_free(config);

	setenv("RECONCILE_MODE", "nonsense", 1);
	cr_assert(reconcile_config_load(NULL, &config) == RECONCILE_BAD_CONFIG && config);
	expect_part("error", reconcile_config_error(config)->message, "RECONCILE_MODE: 'nonsense'");
	expect_text("hint", reconcile_config_error(config)->hint, NULL);
	expect_text("nothing", reconcile_config_get(config, "registry"), NULL);
	reconcile_config_free(config);
	reconcile_config_free(NULL);
}

/* Memory fails at the first block, at the second, ... until it is enough. */
Test(config, memory_runs_out_anywhere)
{
	write_text("reconcile.ini", "[reconcile]\nschema = app\n[prod]\nurl_file = url\n");
	char text[9000];
	memset(text, 'x', sizeof(text));
	memcpy(text, "host=", 5);
	write_bytes("url", text, sizeof(text));
	setenv("RECONCILE_ENV", "prod", 1);
	unsigned n = 1;
	for (;; n++) {
		cr_assert(n < 100);
		arena_fail_after(n);
		struct resolved resolved = resolve(NULL);
		arena_fail_after(0);
		bool ok = resolved.ok;
		if (!ok) {
			expect_part("message", resolved.err.message, "out of memory");
			cr_expect(resolved.err.status == RECONCILE_FAILED);
		}
		arena_release(&resolved.arena);
		if (ok)
			break;
	}
	cr_expect(n > 3, "only %u blocks were asked for", n - 1);
	struct reconcile_config *config;
	arena_fail_after(1);
	cr_expect(reconcile_config_load(NULL, &config) == RECONCILE_FAILED && !config);
	arena_fail_after(0);
}

Test(config, durations)
{
	static const struct {
		const char *text;
		long expected;
	} cases[] = {
		{"250", 250},
		{"250ms", 250},
		{"5s", 5000},
		{"2m", 120000},
		{"0", 0},
		{"007", 7},
		{"9223372036854775807", 9223372036854775807L},
		{"9223372036854775808", -1},
		{"9223372036854775807s", -1},
		{"99999999999999999999999", -1},
		{"", -1},
		{"-1", -1},
		{"+1", -1},
		{" 1", -1},
		{"1 ", -1},
		{"1 s", -1},
		{"1h", -1},
		{"1S", -1},
		{"ms", -1},
		{"1.5s", -1},
		{"1s2m", -1},
		{"0x10", -1},
		{NULL, -1},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect(reconcile_duration_parse(cases[i].text) == cases[i].expected, "%s: %ld",
			  cases[i].text ? cases[i].text : "NULL",
			  reconcile_duration_parse(cases[i].text));
}
