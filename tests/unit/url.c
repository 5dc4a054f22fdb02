#include "../../src/backend/url.h"
#include "model.h"

Test(url, what_a_text_means)
{
	static const struct {
		const char *text;
		enum url_engine engine;
		const char *conninfo;
		const char *path;
		enum url_access access;
	} cases[] = {
		{"postgresql://u:p@h:5433/db?sslmode=require", URL_POSTGRES,
		 "postgresql://u:p@h:5433/db?sslmode=require", NULL, URL_READ_WRITE},
		{"postgres://h/db", URL_POSTGRES, "postgresql://h/db", NULL, URL_READ_WRITE},
		{"postgresql+asyncpg://u:p@h/db", URL_POSTGRES, "postgresql://u:p@h/db", NULL,
		 URL_READ_WRITE},
		{"postgresql+psycopg_async://h/db", URL_POSTGRES, "postgresql://h/db", NULL,
		 URL_READ_WRITE},
		{"POSTGRES+pg8000://h/DB", URL_POSTGRES, "postgresql://h/DB", NULL, URL_READ_WRITE},
		{"postgresql://", URL_POSTGRES, "postgresql://", NULL, URL_READ_WRITE},
		{"postgresql://u:%00@h/db", URL_POSTGRES, "postgresql://u:%00@h/db", NULL,
		 URL_READ_WRITE}, /* libpq's to refuse */
		{"host=db1 dbname=main", URL_POSTGRES, "host=db1 dbname=main", NULL,
		 URL_READ_WRITE},
		{" host = db1", URL_POSTGRES, " host = db1", NULL, URL_READ_WRITE},
		{"service=app", URL_POSTGRES, "service=app", NULL, URL_READ_WRITE},
		{"password='a://b' host=h", URL_POSTGRES, "password='a://b' host=h", NULL,
		 URL_READ_WRITE},
		{"", URL_POSTGRES, "", NULL, URL_READ_WRITE},
		{" \n", URL_POSTGRES, "", NULL, URL_READ_WRITE},
		{NULL, URL_POSTGRES, "", NULL, URL_READ_WRITE},
		{"sqlite:///app.db", URL_SQLITE, NULL, "app.db", URL_READ_WRITE},
		{"sqlite:////var/lib/app.db", URL_SQLITE, NULL, "/var/lib/app.db", URL_READ_WRITE},
		{"sqlite+aiosqlite:///data/app.db", URL_SQLITE, NULL, "data/app.db",
		 URL_READ_WRITE},
		{"SQLite:///app.db", URL_SQLITE, NULL, "app.db", URL_READ_WRITE},
		{"sqlite://:memory:", URL_SQLITE, NULL, ":memory:", URL_READ_WRITE},
		{"sqlite:///:memory:", URL_SQLITE, NULL, ":memory:", URL_READ_WRITE},
		{"sqlite://", URL_SQLITE, NULL, ":memory:", URL_READ_WRITE},
		{"sqlite:///app.db?mode=ro", URL_SQLITE, NULL, "app.db", URL_READ_ONLY},
		{"sqlite:///app.db?mode=rw", URL_SQLITE, NULL, "app.db", URL_READ_WRITE},
		{"sqlite:///app.db?mode=rwc", URL_SQLITE, NULL, "app.db", URL_CREATE},
		{"sqlite:///app.db?", URL_SQLITE, NULL, "app.db", URL_READ_WRITE},
		{"sqlite:///a%20b%3Fc%25.db", URL_SQLITE, NULL, "a b?c%.db", URL_READ_WRITE},
		{"sqlite:///gr%C3%B6%c3%9fe#1+2.db", URL_SQLITE, NULL, "größe#1+2.db",
		 URL_READ_WRITE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].text ? cases[i].text : "NULL";
		struct arena arena = {0};
		struct error err = {0};
		struct url url;
		cr_expect(url_parse(&url, cases[i].text, &arena, &err), "%s: %s", name,
			  err.message);
		cr_expect(url.engine == cases[i].engine, "%s: engine", name);
		cr_expect(url.access == cases[i].access, "%s: access", name);
		expect_text(name, url.conninfo, cases[i].conninfo);
		expect_text(name, url.path, cases[i].path);
		arena_release(&arena);
	}
}

/* Each text holds the word 'secret' where a password could stand: it must not come back. */
Test(url, what_is_refused_and_never_echoed)
{
	static const struct {
		const char *text;
		const char *part; /* of the message */
		const char *hint; /* a part of it; NULL: any */
	} cases[] = {
		{"mysql://u:secret@h/db", "scheme 'mysql'", "sqlite:///"},
		{"http://u:secret@h/", "scheme 'http'", "postgresql://"},
		{"mysql+aiomysql://u:secret@h/db", "scheme 'mysql+aiomysql'", NULL},
		{"postgresqlx://u:secret@h/db", "scheme 'postgresqlx'", NULL},
		{"postgresql+://u:secret@h/db", "scheme 'postgresql+'", NULL},
		{"a123456789012345678901234567890123secret://h", "a scheme that is not supported",
		 NULL},
		{"top_secret://h", "a scheme that is not supported", NULL},
		{"app.secret", "neither a URL nor", "sqlite:///app.db"},
		{"/var/secret.db", "neither a URL nor", "sqlite:///app.db"},
		{"u:secret@h/db", "neither a URL nor", NULL},
		{" postgresql://u:secret@h/db?sslmode=require", "neither a URL nor", NULL},
		{"postgresql:/u:secret@h/db?sslmode=require", "neither a URL nor", NULL},
		{"'postgresql://u:secret@h/db?a=b'", "neither a URL nor", NULL},
		{"://u:secret@h/db", "neither a URL nor", NULL},
		{"1sql://u:secret@h/?a=b", "neither a URL nor", NULL},
		{"=secret", "neither a URL nor", NULL},
		{"postgresql://u:secret@h/db\n", "control character", "percent-encoded"},
		{"sqlite:///secret.db\r\n", "control character", NULL},
		{"sqlite://secret.db", "names a host", "sqlite:///relative.db"},
		{"sqlite://u:secret@h/app.db", "names a host", NULL},
		{"sqlite:///", "names no file", NULL},
		{"sqlite:///secret%00.db", "NUL", NULL},
		{"sqlite:///secret%", "'%'", "%25"},
		{"sqlite:///secret%4", "'%'", NULL},
		{"sqlite:///secret%4g", "'%'", NULL},
		{"sqlite:///secret%g4", "'%'", NULL},
		{"sqlite:///a.db?mode=secret", "mode is none of", NULL},
		{"sqlite:///a.db?mode=", "mode is none of", NULL},
		{"sqlite:///a.db?mode=ro&mode=rw", "two 'mode'", NULL},
		{"sqlite:///a.db?cache=secret", "unknown parameter 'cache'", "mode=rwc"},
		{"sqlite:///a.db?mode=ro&password=secret", "unknown parameter 'password'", NULL},
		{"sqlite:///a.db?secret", "behind the '?'", NULL},
		{"sqlite:///a.db?my:secret=1", "behind the '?'", NULL},
		{"sqlite:///a.db?mode", "behind the '?'", NULL},
		{"sqlite:///a.db?&mode=ro", "behind the '?'", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = {0};
		struct error err = {0};
		struct url url;
		cr_expect(!url_parse(&url, cases[i].text, &arena, &err), "%s", cases[i].text);
		cr_expect(err.status == RECONCILE_BAD_CONFIG, "%s", cases[i].text);
		expect_part(cases[i].text, err.message, cases[i].part);
		if (cases[i].hint)
			expect_part(cases[i].text, err.hint, cases[i].hint);
		cr_expect(!strstr(err.message, "secret") && !strstr(err.hint, "secret"), "%s: %s",
			  cases[i].text, err.message);
		arena_release(&arena);
	}
}

Test(url, memory_runs_out)
{
	static const char *const texts[] = {"postgresql://h/db", "host=h", "sqlite:///a.db", ""};
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct arena arena = {0};
		struct error err = {0};
		struct url url;
		arena_fail_after(1);
		cr_expect(!url_parse(&url, texts[i], &arena, &err), "%s", texts[i]);
		arena_fail_after(0);
		expect_text(texts[i], err.message, "out of memory");
		arena_release(&arena);
	}
}
