/* What every database's way of executing a script has in common. */
#include "executor.h"

#include <string.h>

const struct executor *executor_of(const struct session *session)
{
	static const struct {
		const struct backend *backend;
		const struct executor *executor;
	} executors[] = {
		{WITH_PG ? &backend_postgres : NULL, WITH_PG ? &executor_postgres : NULL},
		{WITH_SQLITE ? &backend_sqlite : NULL, WITH_SQLITE ? &executor_sqlite : NULL},
	};
	bool first = session->backend == executors[0].backend;
	return executors[first ? 0 : 1].executor;
}

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
