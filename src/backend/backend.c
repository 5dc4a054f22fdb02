#include "backend.h"

#include <string.h>

/* What this build has, indexed by enum url_engine. */
static const struct {
	const struct backend *backend;
	const char *left_out;
} engines[] = {
	[URL_POSTGRES] = {WITH_PG ? &backend_postgres : NULL,
			  "this build has no PostgreSQL: it was made with WITH_PG=0"},
	[URL_SQLITE] = {WITH_SQLITE ? &backend_sqlite : NULL,
			  "this build has no SQLite: it was made with WITH_SQLITE=0"},
};

const char *script_begin(const struct script_text *script)
{
	static const char mark[] = "\xef\xbb\xbf";
	bool marked = script->length >= 3 && memcmp(script->text, mark, 3) == 0;
	return marked ? script->text + 3 : script->text;
}

bool script_is_text(const struct script_text *script, struct error *err)
{
	const char *nul = memchr(script->text, '\0', script->length);
	if (nul == NULL)
		return true;
	error_set(err, RECONCILE_BAD_REGISTRY, "%s: byte %zu is a NUL: this is no text",
		  script->file, (size_t)(nul - script->text) + 1);
	error_hint(err, "save the file as UTF-8");
	return false;
}

struct text_place text_place(const char *text, size_t character)
{
	struct text_place place = {.line = 1, .column = 1};
	for (size_t i = 1; *text != '\0' && i < character; i++) {
		place.line += *text == '\n';
		place.column = *text == '\n' ? 1 : place.column + 1;
		/* The bytes behind the first of a character. */
		do
			text++;
		while (((unsigned char)*text & 0xc0) == 0x80);
	}
	return place;
}

bool change_loses(const struct change *change, long long count, struct error *err)
{
	const char *column = change->loss->column;
	error_set(err, RECONCILE_CONFLICT, "%s'%s' holds %lld %s%s, which would be lost",
		  column != NULL ? "column " : "", column != NULL ? column : change->table, count,
		  column != NULL ? "value" : "row", count == 1 ? "" : "s");
	error_hint(err, "somebody wrote it in between: look again");
	return false;
}

const struct backend *backend_for(const struct session_settings *settings, struct error *err)
{
	enum url_engine engine;
	if (settings->pg)
		engine = URL_POSTGRES;
	else if (settings->sqlite)
		engine = URL_SQLITE;
	else
		engine = settings->url->engine;

	if (!engines[engine].backend)
		error_set(err, RECONCILE_BAD_CONFIG, "%s", engines[engine].left_out);
	return engines[engine].backend;
}
