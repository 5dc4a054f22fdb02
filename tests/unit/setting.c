/* What the environment and the INI file may say, and from where its paths count. */
#include "../../src/config.h"
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static char folder[] = "/tmp/reconcile-setting-XXXXXX";

static void enter_folder(void)
{
	cr_assert(mkdtemp(folder) && chdir(folder) == 0 && mkdir("etc", 0755) == 0);
	clearenv();
}

static void leave_folder(void)
{
	static const char *const names[] = {"reconcile.ini", "etc/reconcile.ini", "etc/url"};
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	rmdir("etc");
	rmdir(folder);
}

TestSuite(setting, .init = enter_folder, .fini = leave_folder);

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

struct resolved {
	struct arena arena;
	struct config config;
	struct error err;
};

static struct resolved resolve(const struct reconcile_options *options)
{
	struct resolved resolved = {0};
	config_resolve(&resolved.config, options, &resolved.arena, &resolved.err);
	return resolved;
}

/* A variable that nobody reads is a setting that somebody believes in. */
Test(setting, an_unknown_variable_is_an_error)
{
	static const struct {
		const char *name, *hint;
	} cases[] = {
		{"RECONCILE_MOD", "did you mean 'RECONCILE_MODE'?"},
		{"RECONCILE_LOCKTIMEOUT_MS", "did you mean 'RECONCILE_LOCK_TIMEOUT_MS'?"},
		{"RECONCILE_CONFIGS", "did you mean 'RECONCILE_CONFIG'?"},
		{"RECONCILE_ENVS", "did you mean 'RECONCILE_ENV'?"},
		{"RECONCILE_mode", "did you mean 'RECONCILE_MODE'?"},
		{"RECONCILE_SOMETHING_OF_ANOTHER_PROGRAM", "unset it"},
		{"RECONCILE_", "unset it"},
		{"RECONCILE_"
		 "A_NAME_THAT_IS_LONGER_THAN_ALL_OF_THE_BUFFERS_IN_WHICH_ONE_OF_OURS_WOULD_FIT_"
		 "A_NAME_THAT_IS_LONGER_THAN_ALL_OF_THE_BUFFERS_IN_WHICH_ONE_OF_OURS_WOULD_FIT",
		 "unset it"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv(cases[i].name, "secret", 1);
		struct resolved resolved = resolve(NULL);
		cr_expect(resolved.err.status == RECONCILE_BAD_CONFIG, "%s", cases[i].name);
		expect_part(cases[i].name, resolved.err.message, "the environment variable 'RECON");
		expect_part(cases[i].name, resolved.err.hint, cases[i].hint);
		cr_expect(!strstr(resolved.err.message, "secret"));
		arena_release(&resolved.arena);
		setenv(cases[i].name, "", 1);
	}
	struct resolved resolved = resolve(NULL);
	cr_expect(resolved.err.status == RECONCILE_OK, "empty is not set: %s",
		  resolved.err.message);
	arena_release(&resolved.arena);
}

Test(setting, a_variable_that_has_a_purpose_is_none)
{
	write_text("reconcile.ini", "[reconcile]\nurl_env = RECONCILE_PRODUCTION_DSN\n"
				    "[timescaledb]\nurl_env = RECONCILE_TIMESCALE_DSN\n"
				    "ddl_url_env = RECONCILE_TIMESCALE_OWNER\n");
	static const struct {
		const char *name, *value;
	} cases[] = {
		/* the INI file names them, for this start or for another section */
		{"RECONCILE_PRODUCTION_DSN", "host=a"},
		{"RECONCILE_TIMESCALE_DSN", "host=b"},
		{"RECONCILE_TIMESCALE_OWNER", "host=c"},
		/* a variable names one */
		{"RECONCILE_DDL_URL_ENV", "RECONCILE_OWNER_DSN"},
		{"RECONCILE_OWNER_DSN", "host=d"},
		/* Kubernetes has a service "reconcile" and one "reconcile-web" in the namespace */
		{"RECONCILE_SERVICE_HOST", "10.0.0.11"},
		{"RECONCILE_SERVICE_PORT", "8080"},
		{"RECONCILE_SERVICE_PORT_HTTP", "8080"},
		{"RECONCILE_PORT", "tcp://10.0.0.11:8080"},
		{"RECONCILE_PORT_8080_TCP", "tcp://10.0.0.11:8080"},
		{"RECONCILE_PORT_8080_TCP_ADDR", "10.0.0.11"},
		{"RECONCILE_WEB_SERVICE_HOST", "10.0.0.12"},
		{"RECONCILE_WEB_PORT", "tcp://10.0.0.12:80"},
		{"RECONCILE_WEB_PORT_80_TCP_PROTO", "tcp"},
		/* others' altogether */
		{"MY_RECONCILE_MOD", "check"},
		{"RECONCILER", "x"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		setenv(cases[i].name, cases[i].value, 1);
	struct resolved resolved = resolve(NULL);
	cr_expect(resolved.err.status == RECONCILE_OK, "%s", resolved.err.message);
	arena_release(&resolved.arena);
}

Test(setting, paths_count_from_the_folder_of_the_file)
{
	write_text("etc/url", "sqlite:///of_the_process.db\n");
	static const struct {
		const char *ini, *path, *scripts, *registry;
	} cases[] = {
		{"url = sqlite:///app.db", "etc/app.db", NULL, NULL},
		{"url = sqlite:////srv/app.db", "/srv/app.db", NULL, NULL},
		{"url = sqlite://:memory:", ":memory:", NULL, NULL},
		/* its text stands in another file, or in a variable */
		{"url_file = url", "of_the_process.db", NULL, NULL},
		{"url_env = SOME_URL", "of_a_variable.db", NULL, NULL},
		{"url = sqlite:///a.db\nscripts = migrations", "etc/a.db", "etc/migrations", NULL},
		{"url = sqlite:///a.db\nscripts = /srv/scripts", "etc/a.db", "/srv/scripts", NULL},
		{"url = sqlite:///a.db\nregistry = ./shop.so:shop", "etc/a.db", NULL,
		 "etc/./shop.so:shop"},
		{"url = sqlite:///a.db\nregistry = /lib/shop.so:shop", "etc/a.db", NULL,
		 "/lib/shop.so:shop"},
		{"url = sqlite:///a.db\nregistry = shop", "etc/a.db", NULL, "shop"},
	};
	char absolute[128];
	snprintf(absolute, sizeof(absolute), "%s/etc/reconcile.ini", folder);
	setenv("SOME_URL", "sqlite:///of_a_variable.db", 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[200], whole[200];
		snprintf(text, sizeof(text), "[reconcile]\n%s\n", cases[i].ini);
		write_text("etc/reconcile.ini", text);
		struct reconcile_options options = RECONCILE_OPTIONS_INIT;
		options.config_file = "etc/reconcile.ini";
		struct resolved resolved = resolve(&options);
		cr_expect(resolved.err.status == RECONCILE_OK, "%s: %s", text,
			  resolved.err.message);
		if (resolved.err.status == RECONCILE_OK) {
			expect_text(text, resolved.config.url.path, cases[i].path);
			expect_text(text, resolved.config.values[KEY_SCRIPTS], cases[i].scripts);
			expect_text(text, resolved.config.values[KEY_REGISTRY], cases[i].registry);
		}
		arena_release(&resolved.arena);
		options.config_file = absolute;
		resolved = resolve(&options);
		bool relative = strncmp(cases[i].path, "etc/", 4) == 0;
		snprintf(whole, sizeof(whole), "%s/%s", folder, cases[i].path);
		if (resolved.err.status == RECONCILE_OK)
			expect_text(text, resolved.config.url.path,
				    relative ? whole : cases[i].path);
		arena_release(&resolved.arena);
	}
	/* Another database's section, too. */
	write_text("etc/reconcile.ini", "[reconcile]\nurl = sqlite:///a.db\n"
					"[other]\nurl = sqlite:///b.db\n");
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.config_file = "etc/reconcile.ini";
	options.database = "other";
	struct resolved resolved = resolve(&options);
	expect_text("database", resolved.config.url.path, "etc/b.db");
	arena_release(&resolved.arena);
	/* A flag or a variable that is stronger is not the file's. */
	options.database = NULL;
	options.url = "sqlite:///mine.db";
	setenv("RECONCILE_SCRIPTS", "mine", 1);
	resolved = resolve(&options);
	expect_text("option", resolved.config.url.path, "mine.db");
	expect_text("variable", resolved.config.values[KEY_SCRIPTS], "mine");
	arena_release(&resolved.arena);
}

Test(setting, words_are_taken_in_any_case)
{
	static const struct {
		const char *name, *value;
		enum key key;
		const char *taken;
	} cases[] = {
		{"RECONCILE_LOG_LEVEL", "WARN", KEY_LOG_LEVEL, "warn"},
		{"RECONCILE_LOG_LEVEL", "warning", KEY_LOG_LEVEL, "warn"},
		{"RECONCILE_LOG_LEVEL", "Warning", KEY_LOG_LEVEL, "warn"},
		{"RECONCILE_LOG_LEVEL", "Debug", KEY_LOG_LEVEL, "debug"},
		{"RECONCILE_LOG_FORMAT", "JSON", KEY_LOG_FORMAT, "json"},
		{"RECONCILE_MODE", "Check", KEY_MODE, "check"},
		{"RECONCILE_COLOR", "NEVER", KEY_COLOR, "never"},
		{"RECONCILE_ALLOW_REWRITE", "YES", KEY_ALLOW_REWRITE, NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv(cases[i].name, cases[i].value, 1);
		struct resolved resolved = resolve(NULL);
		cr_expect(resolved.err.status == RECONCILE_OK, "%s", resolved.err.message);
		if (resolved.err.status == RECONCILE_OK && cases[i].taken)
			expect_text(cases[i].value, resolved.config.values[cases[i].key],
				    cases[i].taken);
		if (cases[i].key == KEY_LOG_LEVEL && cases[i].taken[0] == 'w')
			cr_expect(resolved.config.log.level == RECONCILE_LOG_WARN);
		arena_release(&resolved.arena);
		unsetenv(cases[i].name);
	}
	/* It is a level's other name, not another word for everything. */
	setenv("RECONCILE_MODE", "warning", 1);
	struct resolved resolved = resolve(NULL);
	cr_expect(resolved.err.status == RECONCILE_BAD_CONFIG);
	arena_release(&resolved.arena);
}

/* A program that was compiled with an older header has fewer members. */
Test(setting, options_of_an_older_header)
{
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	options.schema = "app";
	options.database = "nowhere";
	options.command = "nonsense";
	options.size = offsetof(struct reconcile_options, expected); /* version 0.2.0 */
	struct resolved resolved = resolve(&options);
	cr_assert(resolved.err.status == RECONCILE_OK, "%s", resolved.err.message);
	expect_text("schema", resolved.config.schema, "app");
	expect_text("command", resolved.config.command, "manage");
	arena_release(&resolved.arena);

	static const size_t sizes[] = {0,
				       8,
				       offsetof(struct reconcile_options, detail),
				       sizeof(options) + 1,
				       sizeof(options) + 8,
				       (size_t)-1};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		options.size = sizes[i];
		resolved = resolve(&options);
		cr_expect(resolved.err.status == RECONCILE_BAD_CONFIG, "%zu", sizes[i]);
		arena_release(&resolved.arena);
	}
}
