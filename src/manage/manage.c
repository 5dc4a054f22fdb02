#include "manage.h"

#include "interruption.h"
#include "json.h"
#include "json_memory.h"

#include <reconcile-manage.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

void manage_print_place(const struct manage *manage, const struct terminal *terminal,
			const struct reconcile_database *database)
{
	const char *engine = database->engine ? database->engine : "";
	FILE *stream = terminal->stream;

	if (manage->registry) {
		terminal_styled(terminal, STYLE_BOLD, registry_name(manage->registry));
		fputs(" on ", stream);
	}
	terminal_styled(terminal, STYLE_BOLD, database->place ? database->place : "a database");
	fputs(" (", stream);
	if (strcmp(engine, "postgresql") == 0)
		engine = "PostgreSQL";
	else if (strcmp(engine, "sqlite") == 0)
		engine = "SQLite";
	terminal_text(terminal, engine);
	if (database->version) {
		fputc(' ', stream);
		terminal_text(terminal, database->version);
	}
	if (database->schema) {
		fputs(", schema ", stream);
		terminal_text(terminal, database->schema);
	}
	fputc(')', stream);
}

void manage_print(const struct manage *manage, enum style style, const char *text)
{
	char named[1024];

	naming_copy(named, sizeof(named), text, manage->program, false);
	terminal_styled(&manage->out, style, named);
}

/* "manage: " */
static void print_program(const struct manage *manage)
{
	char text[80];

	snprintf(text, sizeof(text), "%s: ", manage->program);
	terminal_styled(&manage->err, STYLE_RED, text);
}

int manage_fail(struct manage *manage, const struct reconcile_error *error,
		const struct reconcile_report *report)
{
	char message[2048], hint[2048];
	struct reconcile_error named = *error;

	naming_copy(message, sizeof(message), error->message, manage->program, false);
	naming_copy(hint, sizeof(hint), error->hint ? error->hint : "", manage->program, false);
	named.message = message;
	named.hint = *hint ? hint : NULL;
	/* What is on standard output stands before it. */
	fflush(manage->out.stream);
	print_program(manage);
	terminal_text(&manage->err, message);
	fputc('\n', manage->err.stream);
	if (*hint) {
		terminal_styled(&manage->err, STYLE_CYAN, "hint: ");
		terminal_lines(&manage->err, STYLE_PLAIN, 0, hint);
	}
	if (manage->arguments.format == FORMAT_JSON && !json_error(manage, &named, report)) {
		fputs("manage: out of memory, the document is not printed\n", manage->err.stream);
		return RECONCILE_FAILED;
	}
	return error->status;
}

int manage_say(struct manage *manage, enum reconcile_status status, const char *hint,
	       const char *format, ...)
{
	char message[2048];
	va_list list;

	va_start(list, format);
	vsnprintf(message, sizeof(message), format, list);
	va_end(list);
	return manage_fail(
		manage,
		&(struct reconcile_error){.status = (int)status, .message = message, .hint = hint},
		NULL);
}

int manage_out_of_memory(struct manage *manage)
{
	return manage_fail(
		manage,
		&(struct reconcile_error){.status = RECONCILE_FAILED, .message = "out of memory"},
		NULL);
}

void manage_quiet_log(struct manage *manage, struct reconcile_options *options,
		      enum reconcile_log_level level)
{
	if (!manage->own_log)
		return;
	console_begin(&manage->console, manage->program, &manage->err, 0);
	options->log = console_log;
	options->log_context = &manage->console;
	options->log_level = level;
}

int manage_look(struct manage *manage, bool detail, struct reconcile_report **report)
{
	struct reconcile_options options = manage->options;
	int status;

	options.mode = RECONCILE_MODE_CHECK;
	options.detail = detail;
	manage_quiet_log(manage, &options,
			 manage->arguments.quiet ? RECONCILE_LOG_ERROR : RECONCILE_LOG_WARN);
	status = reconcile(manage->registry, &options, report);
	if (!*report)
		return manage_out_of_memory(manage);
	if (status == RECONCILE_OK || status == RECONCILE_PENDING || status == RECONCILE_CONFLICT)
		return status;
	manage_fail(manage, reconcile_report_error(*report), *report);
	reconcile_report_free(*report);
	*report = NULL;
	return status;
}

/* The arguments as the library's options. The mode is each command's own. */
static void take_options(struct manage *manage)
{
	const struct arguments *arguments = &manage->arguments;

	manage->options = (struct reconcile_options){
		.size = sizeof(struct reconcile_options),
		.url = *arguments->url.text ? arguments->url.text : NULL,
		.ddl_url = *arguments->ddl_url.text ? arguments->ddl_url.text : NULL,
		.ddl_role = arguments->ddl_role,
		.allow_rewrite = arguments->allow_rewrite,
		.config_file = arguments->config_file,
		.section = arguments->section,
		.database = arguments->database,
		.schema = arguments->schema,
		.history_schema = arguments->history_schema,
		.catalog = (enum reconcile_catalog)arguments->catalog,
		.on_conflict = RECONCILE_ON_CONFLICT_FAIL,
		.lock_timeout_ms = arguments->lock_timeout_ms,
		.statement_timeout_ms = arguments->statement_timeout_ms,
		.budget_ms = arguments->budget_ms,
		.connect_timeout_ms = arguments->connect_timeout_ms,
		.log_level = (enum reconcile_log_level)arguments->log_level,
		.log_format = (enum reconcile_log_format)arguments->log_format,
		.application = manage->program,
		.command = manage->program,
		.stop = interruption_asked,
		.create_database = arguments->create,
	};
	if (!arguments->log_level && arguments->verbose)
		manage->options.log_level = RECONCILE_LOG_DEBUG;
	if (!arguments->log_level && arguments->quiet)
		manage->options.log_level = RECONCILE_LOG_ERROR;
}

/* The words of --color, which the configuration uses too. */
static int color_number(const char *word)
{
	if (word && strcmp(word, "always") == 0)
		return COLOR_ALWAYS;
	return word && strcmp(word, "never") == 0 ? COLOR_NEVER : 0;
}

static void open_terminals(struct manage *manage, int color)
{
	terminal_open(&manage->out, manage->output.stream, STDOUT_FILENO, color);
	terminal_open(&manage->err, stderr, STDERR_FILENO, color);
}

/* What the environment and the INI file have to say to this command itself. */
static int take_settings(struct manage *manage)
{
	const struct arguments *arguments = &manage->arguments;
	struct reconcile_config *config;
	const char *registry = arguments->registry;
	int status;

	take_options(manage);
	status = reconcile_config_load(&manage->options, &config);
	if (!config)
		return manage_out_of_memory(manage);
	manage->config = config;
	if (status != RECONCILE_OK)
		return manage_fail(manage, reconcile_config_error(config), NULL);
	if (!arguments->color)
		open_terminals(manage, color_number(reconcile_config_get(config, "color")));
	manage->own_log = !manage->options.log_level && !manage->options.log_format &&
			  !reconcile_config_get(config, "log_level") &&
			  !reconcile_config_get(config, "log_format");
	/* Failures only, and those the command prints: still the console's. */
	if (arguments->quiet && !arguments->log_level && !arguments->log_format)
		manage->own_log = true;
	if (!registry)
		registry = reconcile_config_get(config, "registry");
	return registry_choose(manage, registry, !arguments->registry);
}

/*
 * The registry, of a command that needs no database: the one that is named, else those compiled in,
 * else the configuration's. What else is wrong there, as a URL whose variable is not set where a
 * registry is checked, is said only when there is no registry to be had from it.
 */
static int take_registry(struct manage *manage)
{
	const char *named = manage->arguments.registry;
	int status;

	if (named || manage->registry_count || manage->arguments.command->run != validate_command)
		return named ? registry_choose(manage, named, false) : RECONCILE_OK;
	take_options(manage);
	status = reconcile_config_load(&manage->options, &manage->config);
	if (!manage->config)
		return manage_out_of_memory(manage);
	named = reconcile_config_get(manage->config, "registry");
	if (!named && status != RECONCILE_OK)
		return manage_fail(manage, reconcile_config_error(manage->config), NULL);
	return registry_choose(manage, named, true);
}

static int run(struct manage *manage)
{
	struct arguments *arguments = &manage->arguments;
	const struct command *command = arguments->command;
	int status;

	if (arguments->error.status)
		return manage_fail(manage, &arguments->error, NULL);
	if (arguments->help)
		return help_command(manage);
	if (arguments->version)
		return version_command(manage);
	if (!command) {
		arguments_complain(arguments, "a command is missing");
		manage_fail(manage, &arguments->error, NULL);
		help_usage(manage, manage->err.stream);
		return RECONCILE_USAGE;
	}
	status = command->needs_settings ? take_settings(manage) : take_registry(manage);
	return status == RECONCILE_OK ? command->run(manage) : status;
}

/*
 * A descriptor of the first three that is closed would become a file's or the server's, and a line
 * for standard error would be written there. It becomes the wrong end of /dev/null instead: to
 * read from it, or to write to it, goes on failing (EBADF).
 */
static bool keep_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int opened;

		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		do
			opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
		while (opened < 0 && errno == EINTR);
		/* The lowest that is free: this one. */
		if (opened != fd)
			return false;
	}
	return true;
}

/* Data that did not arrive is a failure, whatever the command's own result. */
static int finish(struct manage *manage, int status)
{
	int why = output_close(&manage->output);

	if (!why)
		return status;
	/* A reader that has seen enough, as `head`, is no news. */
	if (why != EPIPE) {
		print_program(manage);
		fprintf(stderr, "cannot write to standard output: %s\n", strerror(why));
	}
	return RECONCILE_FAILED;
}

int manage_main(int argc, char **argv, const struct reconcile_registry *const *registries,
		size_t count)
{
	struct manage manage = {.program = naming_of(argc > 0 ? argv[0] : NULL),
				.registries = registries,
				.registry_count = count};
	int status;

	/* A reader that goes away must not kill an apply: writing fails instead. */
	signal(SIGPIPE, SIG_IGN);
	interruption_begin();
	if (!keep_descriptors() || !output_open(&manage.output)) {
		fprintf(stderr, "manage: cannot begin: %s\n", strerror(errno));
		return RECONCILE_FAILED;
	}
	json_watch_memory();
	/* Registries and databases are UTF-8 whatever the locale. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	arguments_parse(&manage.arguments, argc, argv);
	open_terminals(&manage, manage.arguments.color);
	status = run(&manage);
	reconcile_config_free(manage.config);
	registry_unload(&manage);
	status = finish(&manage, status);
	interruption_end();
	/* As a shell has it of who was ended by a signal. */
	return interruption_signal() ? 128 + interruption_signal() : status;
}
