#include "backend.h"

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

bool change_loses(const struct change *change, long long count, struct error *err)
{
	const char *column = change->loss->column;
	error_set(err, RECONCILE_CONFLICT, "%s'%s' holds %lld %s%s, which would be lost",
		  column != NULL ? "column " : "", column != NULL ? column : change->table, count,
		  column != NULL ? "value" : "row", word_for(count, "", "s"));
	error_hint(err, "somebody wrote it in between: look again");
	return false;
}

int backend_descriptor(const struct pg_conn *lent)
{
	return WITH_PG && lent ? postgres_descriptor(lent) : -1;
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
