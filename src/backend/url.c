#include "url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LONGEST_NAMED 32

static const char supported_hint[] =
	"write postgresql://USER@HOST/DATABASE, libpq's key=value form, sqlite:///relative.db or "
	"sqlite:////absolute.db";

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

/*
 * The length of the scheme when text begins with "SCHEME://", else 0. RFC 3986, 3.1; the
 * underscore is SQLAlchemy's (postgresql+psycopg_async).
 */
static size_t scheme_length(const char *text)
{
	size_t length = 0;
	if (!is_letter(text[0]))
		return 0;
	while (is_word(text[length]) || (text[length] && strchr("+.-", text[length])))
		length++;
	return strncmp(text + length, "://", 3) == 0 ? length : 0;
}

/* Is it NAME, or NAME+DRIVER? Schemes do not depend on case. */
static bool scheme_is(const char *scheme, size_t length, const char *name)
{
	size_t name_length = strlen(name);
	if (length < name_length || strncasecmp(scheme, name, name_length) != 0)
		return false;
	return length == name_length || (length > name_length + 1 && scheme[name_length] == '+');
}

/* "key = value ...": what stands before the first '=' is a keyword and not, say, half a URL. */
static bool looks_like_conninfo(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	const char *end = text;
	while (is_word(*end))
		end++;
	if (end == text)
		return false;
	while (isspace((unsigned char)*end))
		end++;
	return *end == '=';
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n\f\v")] == '\0';
}

/* A stray line break would become part of the last component: the database's or the file's name. */
static bool check_control_characters(const char *text, struct error *err)
{
	for (; *text; text++) {
		if ((unsigned char)*text >= 0x20 && *text != 0x7f)
			continue;
		error_set(err, RECONCILE_BAD_CONFIG,
			  "the database URL has a line break or another control character in it");
		error_hint(err, "remove it, or write it percent-encoded");
		return false;
	}
	return true;
}

static bool refuse_scheme(const char *scheme, size_t length, struct error *err)
{
	/* Named only when it cannot be anything but a name. */
	bool can_be_named = length <= LONGEST_NAMED && !memchr(scheme, '_', length);
	if (can_be_named)
		error_set(err, RECONCILE_BAD_CONFIG,
			  "the database URL has the scheme '%.*s', which is not supported",
			  (int)length, scheme);
	else
		error_set(err, RECONCILE_BAD_CONFIG,
			  "the database URL has a scheme that is not supported");
	error_hint(err, "%s", supported_hint);
	return false;
}

static bool refuse_text(struct error *err)
{
	error_set(err, RECONCILE_BAD_CONFIG,
		  "the database URL is neither a URL nor libpq's key=value form");
	error_hint(err, "for a SQLite file write sqlite:///app.db, for PostgreSQL "
			"postgresql://USER@HOST/DATABASE");
	return false;
}

static bool keep_conninfo(struct url *url, const char *text, struct arena *arena, struct error *err)
{
	url->engine = URL_POSTGRES;
	url->conninfo = arena_text(arena, text);
	return url->conninfo ? true : error_memory(err);
}

/* libpq knows neither drivers nor capital letters in the scheme. */
static bool parse_postgres(struct url *url, const char *rest, struct arena *arena,
			   struct error *err)
{
	static const char scheme[] = "postgresql";
	size_t length = strlen(rest);
	url->engine = URL_POSTGRES;
	char *conninfo = arena_alloc(arena, sizeof(scheme) + length);
	if (!conninfo)
		return error_memory(err);
	memcpy(conninfo, scheme, sizeof(scheme) - 1);
	memcpy(conninfo + sizeof(scheme) - 1, rest, length + 1);
	url->conninfo = conninfo;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Percent-escapes decoded (RFC 3986, 2.1). NULL: *err says why. */
static const char *decode(const char *text, size_t length, struct arena *arena, struct error *err)
{
	char *decoded = arena_alloc(arena, length + 1);
	if (!decoded) {
		error_memory(err);
		return NULL;
	}
	size_t written = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '%') {
			decoded[written++] = text[i];
			continue;
		}
		int high = length - i > 2 ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
		if (low < 0) {
			error_set(err, RECONCILE_BAD_CONFIG,
				  "the SQLite URL has a '%%' that two hexadecimal digits do not "
				  "follow");
			error_hint(err, "write a percent sign as %%25");
			return NULL;
		}
		if (high == 0 && low == 0) {
			error_set(err, RECONCILE_BAD_CONFIG,
				  "the SQLite URL has a NUL (%%00) in it");
			return NULL;
		}
		decoded[written++] = (char)(high * 16 + low);
		i += 2;
	}
	return decoded;
}

static bool parse_mode(struct url *url, const char *value, size_t length, struct error *err)
{
	static const struct {
		const char *name;
		enum url_access access;
	} modes[] = {{"ro", URL_READ_ONLY}, {"rw", URL_READ_WRITE}, {"rwc", URL_CREATE}};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strlen(modes[i].name) == length && memcmp(modes[i].name, value, length) == 0) {
			url->access = modes[i].access;
			return true;
		}
	}
	return error_set(err, RECONCILE_BAD_CONFIG,
			 "the SQLite URL's mode is none of 'ro', 'rw' and 'rwc'");
}

static bool parse_query(struct url *url, const char *query, struct error *err)
{
	bool has_mode = false;
	while (*query) {
		size_t length = strcspn(query, "&");
		size_t name_length = strcspn(query, "&=");
		bool has_value = name_length < length;
		if (has_value && name_length == 4 && memcmp(query, "mode", 4) == 0) {
			if (has_mode)
				return error_set(err, RECONCILE_BAD_CONFIG,
						 "the SQLite URL has two 'mode' parameters");
			has_mode = true;
			if (!parse_mode(url, query + 5, length - 5, err))
				return false;
		} else {
			bool can_be_named =
				has_value && name_length > 0 && name_length <= LONGEST_NAMED;
			for (size_t i = 0; i < name_length; i++)
				can_be_named = can_be_named && is_word(query[i]);
			if (can_be_named)
				error_set(err, RECONCILE_BAD_CONFIG,
					  "the SQLite URL has an unknown parameter '%.*s'",
					  (int)name_length, query);
			else
				error_set(err, RECONCILE_BAD_CONFIG,
					  "the SQLite URL has something behind the '?' that is not "
					  "understood");
			error_hint(err, "only mode=ro, mode=rw and mode=rwc are known; write a "
					"question mark in a file's name as %%3F");
			return false;
		}
		query += length;
		if (*query == '&')
			query++;
	}
	return true;
}

/* rest is what follows "sqlite://", as SQLAlchemy reads it. */
static bool parse_sqlite(struct url *url, const char *rest, struct arena *arena, struct error *err)
{
	url->engine = URL_SQLITE;
	url->access = URL_READ_WRITE;
	size_t length = strcspn(rest, "?");
	if (rest[length] == '?' && !parse_query(url, rest + length + 1, err))
		return false;

	const char *path = decode(rest, length, arena, err);
	if (!path)
		return false;
	if (*path == '\0' || strcmp(path, ":memory:") == 0) {
		url->path = ":memory:";
		return true;
	}
	if (*path != '/') {
		error_set(err, RECONCILE_BAD_CONFIG, "the SQLite URL names a host");
		error_hint(err, "write sqlite:///relative.db with three slashes, or "
				"sqlite:////absolute.db with four");
		return false;
	}
	if (path[1] == '\0') {
		error_set(err, RECONCILE_BAD_CONFIG, "the SQLite URL names no file");
		error_hint(err, "write sqlite:///relative.db, sqlite:////absolute.db or "
				"sqlite://:memory:");
		return false;
	}
	url->path = path + 1;
	return true;
}

bool url_parse(struct url *url, const char *text, struct arena *arena, struct error *err)
{
	*url = (struct url){0};
	if (!text || is_blank(text))
		return keep_conninfo(url, "", arena, err);

	size_t length = scheme_length(text);
	if (length == 0) {
		if (looks_like_conninfo(text))
			return keep_conninfo(url, text, arena, err);
		return refuse_text(err);
	}
	const char *rest = text + length;
	bool is_postgres =
		scheme_is(text, length, "postgresql") || scheme_is(text, length, "postgres");
	if (!is_postgres && !scheme_is(text, length, "sqlite"))
		return refuse_scheme(text, length, err);
	if (!check_control_characters(text, err))
		return false;
	if (is_postgres)
		return parse_postgres(url, rest, arena, err);
	return parse_sqlite(url, rest + 3, arena, err);
}
