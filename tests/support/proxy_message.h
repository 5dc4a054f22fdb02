/* The proxy's messages of PostgreSQL's protocol, version 3 (manual, "Message Formats"). */
#ifndef SUPPORT_PROXY_MESSAGE_H
#define SUPPORT_PROXY_MESSAGE_H

#include "proxy.h"

#include <stdbool.h>

/* What came of the server and was not looked at yet. */
struct message_buffer {
	char *data;
	size_t length, room, taken;
};

void message_buffer_add(struct message_buffer *buffer, const char *data, size_t size);
/* The next whole message, in the buffer until the next call; NULL: there is none yet. */
char *message_buffer_next(struct message_buffer *buffer, size_t *size);
void message_buffer_free(struct message_buffer *buffer);

/* Message `number` of a flood; its size. */
size_t message_to_flood(char *message, size_t room, enum proxy_fault fault, unsigned long number);
/* What is sent once, in front of another message; its size, 100 at most. */
size_t message_in_front(char *message, enum proxy_fault fault, unsigned long seed);

/* What a connection's damage knows from one message to the next. */
struct message_damage {
	bool open; /* a description was changed: its rows have to be, too */
	bool done;
};

/* Damages a description or a row: *changed is another message, to be freed, *size its size (0: it
 * is not sent). false: the message stays as it is. */
bool message_damage(struct message_damage *damage, enum proxy_fault fault, unsigned long seed,
		    const char *message, size_t length, char **changed, size_t *size);

#endif
