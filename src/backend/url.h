/* Which database a URL means. Connection strings are libpq's to parse; only the scheme is ours. */
#ifndef BACKEND_URL_H
#define BACKEND_URL_H

#include "../base/arena.h"
#include "../base/error.h"

enum url_engine { URL_POSTGRES, URL_SQLITE };
enum url_access { URL_READ_WRITE, URL_READ_ONLY, URL_CREATE };

struct url {
	enum url_engine engine;
	const char *conninfo;   /* PostgreSQL: for libpq, driver suffix dropped; "" = defaults */
	const char *path;       /* SQLite: a file, or ":memory:" */
	enum url_access access; /* SQLite: ?mode=rw (default), ro, rwc */
};

/*
 * postgresql:// postgres:// postgresql+DRIVER:// "key=value ..." "" ; sqlite:///relative
 * sqlite:////absolute sqlite://:memory: sqlite+DRIVER:// , percent-escapes in the path decoded.
 * Anything else is BAD_CONFIG. No message ever repeats the URL or a part that could be secret:
 * only a scheme of letters is named.
 */
bool url_parse(struct url *url, const char *text, struct arena *arena, struct error *err);

#endif
