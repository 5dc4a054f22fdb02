/*
 * A PgBouncer of one test's own, in front of a server with a local socket. When a test breaks off,
 * with-postgres ends it and removes its folder.
 */
#ifndef SUPPORT_POOLER_H
#define SUPPORT_POOLER_H

struct pooler {
	char folder[160]; /* its socket */
	char url[400];    /* the database of the server's URL, as superuser */
};

/* In front of the server of that URL. settings: lines for its [pgbouncer] section. Skips the test
 * (Criterion) when there is no server. */
struct pooler pooler_new(const char *server_url, const char *settings);
void pooler_free(struct pooler *pooler);

#endif
