/*
 * A PostgreSQL server of one test's own: its settings, its standbys and its death are nobody
 * else's. A copy of the empty cluster that scripts/with-postgres made, on a socket in its folder,
 * without a TCP port. When a test breaks off, with-postgres ends the server and removes the folder.
 */
#ifndef SUPPORT_CLUSTER_H
#define SUPPORT_CLUSTER_H

struct cluster {
	char folder[160]; /* data, socket, and "log" */
	char url[400];    /* database postgres, as superuser */
};

/* Made and started. settings: lines for postgresql.conf, or NULL. Skips the test (Criterion) when
 * there is no server to make one of. */
struct cluster cluster_new(const char *settings);
/*
 * A hot standby of the primary, which calls itself name there (application_name); started. It
 * replays all that the primary ever did. settings: its own, or NULL.
 */
struct cluster cluster_standby(const struct cluster *primary, const char *name,
			       const char *settings);
void cluster_start(const struct cluster *cluster);
/* mode: "fast", or "immediate", which is a crash. */
void cluster_stop(const struct cluster *cluster, const char *mode);
/* More lines for postgresql.conf, of settings that a reload takes up; waits for no session. */
void cluster_configure(const struct cluster *cluster, const char *settings);
/* Makes a standby a primary, and waits until it is one. */
void cluster_promote(const struct cluster *cluster);
/* Stops it, if it is running, and removes its folder. */
void cluster_free(struct cluster *cluster);

/* Waits until the query gives true, a minute at most; otherwise fails the test. */
void cluster_wait(const struct cluster *cluster, const char *query);

#endif
