#include "proxy_message.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t get_int32(const char *at)
{
	uint32_t big;
	memcpy(&big, at, sizeof(big));
	return be32toh(big);
}

static unsigned get_int16(const char *at)
{
	return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

static void put_int32(char *at, uint32_t number)
{
	uint32_t big = htobe32(number);
	memcpy(at, &big, sizeof(big));
}

static void put_int16(char *at, unsigned number)
{
	at[0] = (char)(number >> 8);
	at[1] = (char)number;
}

/* Its type and length in front of size bytes of body; the size of all. */
static size_t finish(char *message, char type, size_t size)
{
	message[0] = type;
	put_int32(message + 1, (uint32_t)size + 4);
	return size + 5;
}

/* ---- the buffer ----------------------------------------------------------- */

void message_buffer_add(struct message_buffer *buffer, const char *data, size_t size)
{
	if (buffer->taken > 0)
		memmove(buffer->data, buffer->data + buffer->taken, buffer->length - buffer->taken);
	buffer->length -= buffer->taken;
	buffer->taken = 0;
	if (buffer->length + size > buffer->room) {
		buffer->room = 2 * (buffer->length + size);
		buffer->data = realloc(buffer->data, buffer->room);
		cr_assert_not_null(buffer->data);
	}
	memcpy(buffer->data + buffer->length, data, size);
	buffer->length += size;
}

char *message_buffer_next(struct message_buffer *buffer, size_t *size)
{
	char *message = buffer->data + buffer->taken;
	size_t left = buffer->length - buffer->taken;
	if (left < 5)
		return NULL;
	*size = get_int32(message + 1) + (size_t)1;
	if (left < *size)
		return NULL;
	buffer->taken += *size;
	return message;
}

void message_buffer_free(struct message_buffer *buffer)
{
	free(buffer->data);
}

/* ---- what is not the server's --------------------------------------------- */

size_t message_to_flood(char *message, size_t room, enum proxy_fault fault, unsigned long number)
{
	static const char notice[] = "SNOTICE\0C00000\0Mhello\0";
	char *body = message + 5;
	memset(message, 0, room);
	switch (fault) {
	case PROXY_FLOOD_PARAMETERS: {
		int name = snprintf(body, 40, "p.n%lu", number % 50);
		return finish(message, 'S', (size_t)name + 1 + 2);
	}
	case PROXY_FLOOD_NOTIFICATIONS:
		strcpy(body + 4, "channel");
		return finish(message, 'A', 4 + sizeof("channel") + 1);
	case PROXY_DRIP_ROW:
		if (number > 0)
			return 1;
		finish(message, 'D', 100000000);
		return 5;
	default:
		memcpy(body, notice, sizeof(notice));
		return finish(message, 'N', sizeof(notice));
	}
}

size_t message_in_front(char *message, enum proxy_fault fault, unsigned long seed)
{
	char *body = message + 5;
	memset(message, 0, 100);
	switch (fault) {
	case PROXY_COPY_IN:
		return finish(message, 'G', 3);
	case PROXY_COPY_OUT:
		return finish(message, 'H', 3);
	case PROXY_COPY_BOTH:
		return finish(message, 'W', 3);
	case PROXY_HUGE:
		finish(message, 'D', 1900000000);
		return 5;
	case PROXY_READY:
		body[0] = 'I';
		return finish(message, 'Z', 1);
	case PROXY_EMPTY:
		return finish(message, 'I', 0);
	default:
		for (size_t i = 0; i < 60; i++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			message[i] = (char)(seed >> 56);
		}
		return 60;
	}
}

/* ---- rows and their description ------------------------------------------- */

/* The size of a field of a description: name, table, column, type, size, modifier, format. */
static size_t field_size(const char *field)
{
	return strlen(field) + 1 + 18;
}

/* The size of a value with its length. */
static size_t value_size(const char *value)
{
	int32_t length = (int32_t)get_int32(value);
	return 4 + (size_t)(length > 0 ? length : 0);
}

static size_t part_size(char type, const char *part)
{
	return type == 'T' ? field_size(part) : value_size(part);
}

/* Another number of columns. */
static size_t damage_columns(enum proxy_fault fault, const char *message, char *changed)
{
	static const char field[] = "more\0\0\0\0\0\0\0\0\0\0\x17\0\x04\0\0\0\0\0";
	unsigned count = get_int16(message + 5), wanted = count + 1;
	if (fault == PROXY_NO_COLUMNS)
		wanted = 0;
	else if (fault == PROXY_FEWER_COLUMNS)
		wanted = count == 0 ? 0 : count - 1;
	const char *part = message + 7;
	char *to = changed + 7;
	for (unsigned i = 0; i < count && i < wanted; i++) {
		size_t size = part_size(message[0], part);
		memcpy(to, part, size);
		part += size;
		to += size;
	}
	if (wanted > count && message[0] == 'T') {
		memcpy(to, field, sizeof(field));
		to += sizeof(field);
	} else if (wanted > count) {
		put_int32(to, UINT32_MAX);
		to += 4;
	}
	put_int16(changed + 5, wanted);
	return finish(changed, message[0], (size_t)(to - changed) - 5);
}

static void randomize(char *bytes, size_t length, unsigned long seed)
{
	for (size_t i = 0; i < 1 + length / 8 && length > 0; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		char *byte = &bytes[(seed >> 33) % length];
		static const char likely[] = {0, 1, 2, 4, 8, 127, -128, -1};
		*byte = likely[(seed >> 60) % 8];
	}
}

/* One value at `from` becomes another at `to`; its size. */
static size_t damage_value(enum proxy_fault fault, unsigned long seed, const char *from, char *to)
{
	size_t size = value_size(from), length = size - 4;
	memcpy(to, from, size);
	switch (fault) {
	case PROXY_NULL:
	case PROXY_NULLS:
		put_int32(to, UINT32_MAX);
		return 4;
	case PROXY_EMPTIED:
		put_int32(to, 0);
		return 4;
	case PROXY_SHORTER:
		length -= length > 0;
		put_int32(to, (uint32_t)length);
		return 4 + length;
	case PROXY_LONGER:
		put_int32(to, (uint32_t)length + 1);
		to[size] = 0;
		return size + 1;
	default:
		randomize(to + 4, length, seed);
		return size;
	}
}

static size_t damage_row(enum proxy_fault fault, unsigned long seed, const char *message,
			 char *changed)
{
	unsigned count = get_int16(message + 5);
	const char *part = message + 7;
	char *to = changed + 7;
	put_int16(changed + 5, count);
	for (unsigned i = 0; i < count; i++) {
		if (fault == PROXY_NULLS || i == seed % count) {
			to += damage_value(fault, seed, part, to);
		} else {
			memcpy(to, part, value_size(part));
			to += value_size(part);
		}
		part += value_size(part);
	}
	return finish(changed, 'D', (size_t)(to - changed) - 5);
}

bool message_damage(struct message_damage *damage, enum proxy_fault fault, unsigned long seed,
		    const char *message, size_t length, char **changed, size_t *size)
{
	bool columns = fault == PROXY_FEWER_COLUMNS || fault == PROXY_MORE_COLUMNS ||
		       fault == PROXY_NO_COLUMNS;
	if (damage->open && message[0] != 'D')
		damage->open = false;
	if (damage->done && !damage->open)
		return false;
	if (message[0] != 'D' && !(columns && message[0] == 'T'))
		return false;
	if (columns && message[0] == 'D' && !damage->open)
		return false;
	damage->open = columns;
	damage->done = true;
	*size = 0;
	if (fault == PROXY_NO_ROW)
		return true;
	*changed = malloc(length + 100);
	cr_assert_not_null(*changed);
	*size = columns ? damage_columns(fault, message, *changed)
			: damage_row(fault, seed, message, *changed);
	return true;
}

const char *proxy_fault_name(enum proxy_fault fault)
{
	static const char *const names[PROXY_FAULTS] = {
		"nothing",
		"cut at the client's bytes",
		"cut at the server's bytes",
		"reset at the client's bytes",
		"reset at the server's bytes",
		"stall at the client's bytes",
		"stall at the server's bytes",
		"COMMIT's answer lost",
		"flood of notices",
		"flood of parameters",
		"flood of notifications",
		"dripping notices",
		"a dripping row",
		"COPY IN",
		"COPY OUT",
		"COPY BOTH",
		"garbage",
		"a huge message",
		"an early ReadyForQuery",
		"an EmptyQueryResponse",
		"a message dropped",
		"a message twice",
		"no row",
		"a column too few",
		"a column too many",
		"no columns",
		"all NULL",
		"a NULL",
		"an empty value",
		"a value too short",
		"a value too long",
		"random bytes",
	};
	return names[fault];
}
