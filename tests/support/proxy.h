/*
 * A server that misbehaves: a relay in front of a real PostgreSQL server that does one wrong thing
 * at one place of one connection. It listens on a port of the loopback that the kernel chooses, and
 * runs in threads of the test, so that a fork of the test may be its client.
 */
#ifndef SUPPORT_PROXY_H
#define SUPPORT_PROXY_H

#include <stddef.h>

enum proxy_fault {
	PROXY_NOTHING,
	/* At byte `place` of what the client (or the server) sends: */
	PROXY_CUT_CLIENT, /* both ends are closed */
	PROXY_CUT_SERVER,
	PROXY_RESET_CLIENT, /* the client gets an RST */
	PROXY_RESET_SERVER,
	PROXY_STALL_CLIENT, /* nothing passes any more */
	PROXY_STALL_SERVER,
	/* Not at a place: the answer to the first COMMIT is kept, both ends are closed. */
	PROXY_LOSE_COMMIT,
	/* In front of message `place` of the server, counted behind its first ReadyForQuery, for
	 * ever: */
	PROXY_FLOOD_NOTICES,
	PROXY_FLOOD_PARAMETERS,
	PROXY_FLOOD_NOTIFICATIONS,
	PROXY_DRIP_NOTICES, /* one every few milliseconds */
	PROXY_DRIP_ROW,     /* a row that never ends, byte by byte */
	/* In front of it, once: */
	PROXY_COPY_IN,
	PROXY_COPY_OUT,
	PROXY_COPY_BOTH,
	PROXY_GARBAGE,
	PROXY_HUGE,  /* the head of a message of 1.9 GB */
	PROXY_READY, /* a ReadyForQuery */
	PROXY_EMPTY, /* an EmptyQueryResponse */
	/* That message: */
	PROXY_DROP,
	PROXY_TWICE,
	/* From that message on, the first row (or its description): */
	PROXY_NO_ROW,
	PROXY_FEWER_COLUMNS, /* the last column of the description and its rows is gone */
	PROXY_MORE_COLUMNS,
	PROXY_NO_COLUMNS,
	PROXY_NULLS,   /* every value is NULL */
	PROXY_NULL,    /* one value, which the seed chooses, is NULL */
	PROXY_EMPTIED, /* it has no bytes */
	PROXY_SHORTER, /* its last byte is gone */
	PROXY_LONGER,  /* it has one more */
	PROXY_RANDOM,  /* some of its bytes are others */
	PROXY_FAULTS,  /* how many there are */
};

struct proxy;

/* In front of the server of that URL, whose socket is local. */
struct proxy *proxy_new(const char *url);
/* For clients; the proxy's. */
const char *proxy_url(const struct proxy *proxy);
/* What happens to the connection that comes `connection` connections after this call, 0: the next
 * one. seed chooses what is left to choice. Counts from 0 again. */
void proxy_set(struct proxy *proxy, enum proxy_fault fault, unsigned connection, long place,
	       unsigned long seed);
const char *proxy_fault_name(enum proxy_fault fault);
/* What that connection has sent so far. */
struct proxy_count {
	long client_bytes, server_bytes, server_messages;
	int met; /* the fault has happened */
};
struct proxy_count proxy_count(struct proxy *proxy);
/* From now on nothing that clients send is even acknowledged, as when their cable is cut. */
void proxy_silence(struct proxy *proxy);
/* Closes, at both ends, every connection that there is now. */
void proxy_cut(struct proxy *proxy);
/* Closes all connections, and waits for the threads. */
void proxy_free(struct proxy *proxy);

#endif
