/* Reading history: a log for people. */
#include "boot.h"
#include "report.h"

struct reconcile_history {
	struct arena arena; /* holds the history itself: released last */
	struct error failure;
	struct reconcile_error error;
	struct reconcile_database database;
	struct reconcile_history_row *rows;
	size_t count;
};

static bool read_history(struct reconcile_history *history, const struct config *config,
			 const char *table, size_t limit, struct error *err)
{
	/* Nothing is compared: a registry without rows will do. */
	static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT,
						       .name = "none"};
	struct arena round = {0};
	struct boot boot;
	bool fine = boot_begin(&boot, &none, config, &history->arena, &round, err) &&
		    boot_connect(&boot, err);
	if (boot.session != NULL) {
		struct session_facts facts = {0};
		history->database.engine = boot.backend->engine;
		history->database.version = arena_text(&history->arena, boot.session->version);
		history->database.place = arena_text(&history->arena, boot.session->place);
		fine = boot.backend->inspect(boot.session, NULL, 0, &facts, &history->arena, err) &&
		       boot.backend->history(boot.session, table, limit, &history->rows,
					     &history->count, &history->arena, err);
		history->database.schema = facts.schema;
	}
	if (!fine)
		error_prefix(err, "history");
	boot_end(&boot);
	arena_release(&round);
	return fine;
}

int reconcile_history_read(const struct reconcile_options *options, const char *table, size_t limit,
			   struct reconcile_history **history_out)
{
	struct arena arena = {0};
	struct config config;
	struct reconcile_history *history = arena_alloc(&arena, sizeof(*history));

	if (history_out == NULL) {
		arena_release(&arena);
		return RECONCILE_USAGE;
	}
	*history_out = history;
	if (history == NULL)
		return RECONCILE_FAILED;
	history->arena = arena;
	if (!config_resolve(&config, options, &history->arena, &history->failure) ||
	    !read_history(history, &config, table, limit, &history->failure))
		announce_failure(&config.log, &history->failure);
	history->error = error_publish(&history->failure);
	return history->error.status;
}

size_t reconcile_history_count(const struct reconcile_history *history)
{
	return history->count;
}

const struct reconcile_history_row *reconcile_history_row(const struct reconcile_history *history,
							  size_t index)
{
	return index < history->count ? &history->rows[index] : NULL;
}

const struct reconcile_error *reconcile_history_error(const struct reconcile_history *history)
{
	return &history->error;
}

const struct reconcile_database *reconcile_history_database(const struct reconcile_history *history)
{
	return &history->database;
}

void reconcile_history_free(struct reconcile_history *history)
{
	if (history == NULL)
		return;
	struct arena arena = history->arena; /* the history lies in it */
	arena_release(&arena);
}
