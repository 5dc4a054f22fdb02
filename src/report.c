#include "report.h"

#include <string.h>

struct reconcile_report *report_new(void)
{
	struct arena arena = {0};
	struct reconcile_report *report = arena_alloc(&arena, sizeof(*report));
	if (report == NULL)
		return NULL;
	report->arena = arena;
	report->fingerprint = "";
	report->error = error_publish(&report->failure);
	return report;
}

void reconcile_report_free(struct reconcile_report *report)
{
	if (report == NULL)
		return;
	struct arena arena = report->arena; /* the report lies in it */
	arena_release(&report->round);
	arena_release(&arena);
}

/* One word, copied; equal pointers that follow each other share the copy. */
struct word {
	const char *from;
	const char *kept;
};

static bool keep_word(const char **text, struct word *last, struct arena *arena)
{
	if (*text == NULL)
		return true;
	if (*text != last->from)
		*last = (struct word){*text, arena_text(arena, *text)};
	*text = last->kept;
	return *text != NULL;
}

bool report_keep_words(struct reconcile_report *report, struct reconcile_item *items,
		       struct reconcile_step *steps)
{
	struct arena *arena = &report->arena;
	struct word table = {0}, column = {0}, type = {0}, description = {0}, file = {0};
	bool enough = true;
	for (size_t i = 0; enough && i < report->item_count; i++) {
		struct reconcile_item *item = &items[i];
		enough = keep_word(&item->table, &table, arena) &&
			 keep_word(&item->column, &column, arena) &&
			 keep_word(&item->declared.type, &type, arena) &&
			 keep_word(&item->description, &description, arena) &&
			 keep_word(&item->file, &file, arena);
	}
	for (size_t i = 0; enough && i < report->plan.step_count; i++)
		enough = keep_word(&steps[i].table, &table, arena);
	return enough;
}

struct reconcile_error error_publish(const struct error *err)
{
	return (struct reconcile_error){
		.status = (int)err->status,
		.message = err->message,
		.hint = err->hint[0] != '\0' ? err->hint : NULL,
		.sqlstate = err->sqlstate[0] != '\0' ? err->sqlstate : NULL,
	};
}

const struct reconcile_error *reconcile_report_error(const struct reconcile_report *report)
{
	return &report->error;
}

const struct reconcile_counts *reconcile_report_counts(const struct reconcile_report *report)
{
	return &report->counts;
}

const struct reconcile_database *reconcile_report_database(const struct reconcile_report *report)
{
	return &report->database;
}

double reconcile_report_elapsed_ms(const struct reconcile_report *report)
{
	return report->elapsed_ms;
}

size_t reconcile_report_item_count(const struct reconcile_report *report)
{
	return report->item_count;
}

const struct reconcile_item *reconcile_report_item(const struct reconcile_report *report,
						   size_t index)
{
	return index < report->item_count ? &report->items[index] : NULL;
}

size_t reconcile_report_step_count(const struct reconcile_report *report)
{
	return report->plan.step_count;
}

const struct reconcile_step *reconcile_report_step(const struct reconcile_report *report,
						   size_t index)
{
	return index < report->plan.step_count ? &report->plan.steps[index] : NULL;
}

size_t reconcile_report_finding_count(const struct reconcile_report *report)
{
	return report->finding_count;
}

const struct reconcile_finding *reconcile_report_finding(const struct reconcile_report *report,
							 size_t index)
{
	return index < report->finding_count ? &report->findings[index] : NULL;
}

const char *reconcile_report_fingerprint(const struct reconcile_report *report)
{
	return report->fingerprint;
}

const char *reconcile_report_script(struct reconcile_report *report)
{
	if (report->script == NULL)
		report->script = plan_script(&report->plan, report->registry_name, &report->arena);
	return report->script;
}

/* ---- words -------------------------------------------------------------- */

const char *reconcile_version(void)
{
	return RECONCILE_VERSION;
}

const char *reconcile_status_name(int status)
{
	switch (status) {
	case RECONCILE_OK:
		return "ok";
	case RECONCILE_FAILED:
		return "failed";
	case RECONCILE_PENDING:
		return "pending";
	case RECONCILE_CONFLICT:
		return "conflict";
	case RECONCILE_USAGE:
		return "usage";
	case RECONCILE_BAD_REGISTRY:
		return "bad_registry";
	case RECONCILE_UNREACHABLE:
		return "unreachable";
	case RECONCILE_BUSY:
		return "busy";
	case RECONCILE_NOT_PERMITTED:
		return "not_permitted";
	case RECONCILE_BAD_CONFIG:
		return "bad_config";
	default:
		return "unknown";
	}
}

static const char *word(const char *const *words, size_t count, unsigned number)
{
	return number < count ? words[number] : "unknown";
}

const char *reconcile_state_name(enum reconcile_state state)
{
	static const char *const words[] = {"present", "missing", "conflict",
					    "foreign", "extra",   "extra_required"};
	return word(words, sizeof(words) / sizeof(*words), (unsigned)state);
}

const char *reconcile_cost_name(enum reconcile_cost cost)
{
	static const char *const words[] = {"none", "unknown", "catalog",
					    "scan", "rewrite", "impossible"};
	return word(words, sizeof(words) / sizeof(*words), (unsigned)cost);
}

const char *reconcile_conflict_name(unsigned conflicts)
{
	if (conflicts & RECONCILE_CONFLICT_TYPE)
		return "type";
	if (conflicts & RECONCILE_CONFLICT_NULLABILITY)
		return "nullability";
	if (conflicts & RECONCILE_CONFLICT_DEFAULT)
		return "default";
	return conflicts & RECONCILE_CONFLICT_GENERATED ? "generated" : NULL;
}
