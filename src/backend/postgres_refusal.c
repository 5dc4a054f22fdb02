/* Why there is no connection, and whether a later attempt may have one. */
#include "postgres.h"
#include <stdio.h>
#include <string.h>

const char connect_encode_hint[] = "percent-encode special characters in the user and password";

/* "FATAL:  28P01: password ..." as PQERRORS_VERBOSE prints it: the code's place, or NULL. */
static const char *find_sqlstate(const char *message)
{
	for (const char *at = strstr(message, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
		size_t length = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (length == 5 && strncmp(at + 8, ": ", 2) == 0)
			return at + 3;
	}
	return NULL;
}

/*
 * Failures, in libpq's English (attempt() of postgres_connect.c sees to that), and strerror()'s.
 * Whatever is not here is waited for: a server that starts, fails over or is short of something
 * says a lot, and what a proxy says is its own.
 */
static const struct failure {
	const char *text;
	bool final; /* however often it is tried */
	const char *hint;
} failures[] = {
	/* target_session_attrs: the others of a cluster, until one of them is promoted */
	{"session is read-only", false, "no host of the URL takes writes (target_session_attrs)"},
	{"session is not read-only", false,
	 "no host of the URL is read-only (target_session_attrs)"},
	{"server is in hot standby mode", false,
	 "no host of the URL is a primary (target_session_attrs)"},
	{"server is not in hot standby mode", false,
	 "no host of the URL is a standby (target_session_attrs)"},
	{"Connection refused", false, "is the server running on that host and port?"},
	{"timed out", false, "is the network open to that host and port?"},
	{"timeout expired", false, "is the network open to that host and port?"},
	{"Temporary failure in name resolution", false, "is the name server there?"},
	/* fe-secure-openssl.c, fe-secure-gssapi.c and fe-auth.c */
	{"server does not support SSL", true, "turn SSL on at the server, or change sslmode"},
	{"certificate", true, "look at sslrootcert, sslcert, sslkey and sslmode"},
	{"private key file", true, "look at sslkey"},
	{"GSSAPI encryption required", true, "look at gssencmode"},
	{"authentication method requirement", true, "look at require_auth and channel_binding"},
	{"channel binding", true, "look at channel_binding"},
	{"Permission denied", true, "may this user use the server's socket?"},
	{"is too long (maximum", true, "name a shorter folder as host"},
};

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* true: the server may accept connections later. */
static bool classify_sqlstate(const char *sqlstate, const char *message, struct error *err)
{
	err->status = RECONCILE_UNREACHABLE;
	if (starts(sqlstate, "28") || starts(sqlstate, "42501")) {
		err->status = RECONCILE_NOT_PERMITTED;
		error_hint(err, "check user, password and the server's pg_hba.conf");
		return false;
	}
	if (starts(sqlstate, "3D000")) {
		error_hint(err, "create the database, or correct its name");
		return false;
	}
	/* A setting in options, PGOPTIONS or PGTZ that there is not, or of a wrong value. */
	if (starts(sqlstate, "22023") || starts(sqlstate, "42704") || starts(sqlstate, "42601") ||
	    starts(sqlstate, "0A000")) {
		error_hint(err, "correct the options that the connection asks for");
		return false;
	}
	if (starts(sqlstate, "53300"))
		error_hint(err, "the server has too few connections: wait, or use a pooler");
	/* PgBouncer's only code, for a server that is away and for wrong names alike. */
	if (starts(sqlstate, "08"))
		return strstr(message, "no such") == NULL &&
		       strstr(message, "unsupported") == NULL &&
		       strstr(message, "config error") == NULL;
	return true;
}

/* A text of libpq's about one host, wherever there are several. */
static const char server_text[] = "connection to server ",
		  name_text[] = "could not translate host name ";

/* The one about the host that was tried last, or all. *several: it is not the only one. */
static const char *last_host(const char *message, bool *several)
{
	const char *last = message;
	size_t count = 0;
	for (const char *at = message; *at != '\0'; at++)
		if (starts(at, server_text) || starts(at, name_text)) {
			last = at;
			count++;
		}
	*several = count > 1;
	return last;
}

/* What a missing socket's folder and a missing certificate have in common. */
static bool is_missing_socket(const char *text)
{
	return strstr(text, "on socket") != NULL &&
	       strstr(text, "No such file or directory") != NULL;
}

static bool classify_text(const char *text, bool several, struct error *err)
{
	if (strstr(text, "no password supplied") != NULL) {
		err->status = RECONCILE_NOT_PERMITTED;
		error_hint(err, "give a password: in the URL, PGPASSWORD or ~/.pgpass");
		return false;
	}
	if (is_missing_socket(text)) {
		error_hint(err, "is the server running, with its socket in that folder?");
		return true;
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (strstr(text, failures[i].text) == NULL)
			continue;
		error_hint(err, "%s", failures[i].hint);
		return !failures[i].final;
	}
	if (starts(text, name_text)) {
		error_hint(err, "is the host name right?");
		return several;
	}
	return true;
}

bool connect_classify(const char *message, struct error *err)
{
	/* With several hosts or TLS fall-back there is a text for each. What a server refuses ends
	 * the row of hosts, anything else goes on to the next one: the last text decides. */
	bool several;
	const char *last = last_host(message, &several);
	const char *sqlstate = find_sqlstate(last);
	err->status = RECONCILE_UNREACHABLE;
	if (sqlstate != NULL) {
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%.5s", sqlstate);
		return classify_sqlstate(sqlstate, last, err);
	}
	if (!starts(last, server_text) && !starts(last, name_text)) {
		/* It never got as far as a server: an option is wrong. */
		err->status = RECONCILE_BAD_CONFIG;
		error_hint(err, "%s", connect_encode_hint);
		return false;
	}
	return classify_text(last, several, err);
}
