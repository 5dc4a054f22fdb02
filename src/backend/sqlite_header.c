/*
 * What a file says of itself before its schema is read: its format, and which SQLite wrote it last
 * (sqlite.org/fileformat2.html, section 1.3). Read through SQLite's own handles: to open and close
 * the file once more would give up this process's locks on it (fcntl(2)).
 */
#include "sqlite.h"
#include <string.h>

enum { HEADER_SIZE = 100, WAL_HEADER_SIZE = 32, FRAME_HEADER_SIZE = 24, VERSION_AT = 96 };

static sqlite3_uint64 big_endian(const unsigned char *at)
{
	return (sqlite3_uint64)at[0] << 24 | (sqlite3_uint64)at[1] << 16 |
	       (sqlite3_uint64)at[2] << 8 | at[3];
}

static bool read_at(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
	return file->pMethods->xRead(file, bytes, count, offset) == SQLITE_OK;
}

/* NULL: there is none. */
static sqlite3_file *handle(struct sqlite_session *session, int which)
{
	sqlite3_file *file = NULL;
	if (sqlite3_file_control(session->connection, session->schema, which, &file) != SQLITE_OK)
		return NULL;
	return file != NULL && file->pMethods != NULL ? file : NULL;
}

/* The newest first page in the write-ahead log (section 4.1) stands for that of the file. */
static void read_log(sqlite3_file *log, unsigned char *header)
{
	unsigned char begin[WAL_HEADER_SIZE], frame[FRAME_HEADER_SIZE];
	if (!read_at(log, begin, sizeof(begin), 0) || (big_endian(begin) | 1) != 0x377f0683)
		return;
	sqlite3_int64 page = (sqlite3_int64)big_endian(begin + 8), at = WAL_HEADER_SIZE;
	for (; read_at(log, frame, sizeof(frame), at); at += FRAME_HEADER_SIZE + page) {
		/* The salts of another round: what follows is old. */
		if (memcmp(frame + 8, begin + 16, 8) != 0)
			return;
		if (big_endian(frame) == 1)
			read_at(log, header, HEADER_SIZE, at + FRAME_HEADER_SIZE);
	}
}

void sqlite_header_read(struct sqlite_session *session, struct sqlite_header *header)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char bytes[HEADER_SIZE];
	sqlite3_file *file = handle(session, SQLITE_FCNTL_FILE_POINTER),
		     *log = handle(session, SQLITE_FCNTL_JOURNAL_POINTER);
	*header = (struct sqlite_header){0};
	if (file == NULL || !read_at(file, bytes, sizeof(bytes), 0) ||
	    memcmp(bytes, magic, sizeof(magic)) != 0)
		return;
	header->format = bytes[19];
	if (header->format == 2 && log != NULL)
		read_log(log, bytes);
	header->writer = (int)big_endian(bytes + VERSION_AT);
}
