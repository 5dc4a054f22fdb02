/*
 * The files that SQLite makes beside a database file (sqlite.org/tempfiles.html), and what a user
 * who may not make or read them is told. SQLite says "unable to open database file", and the
 * system's number is that of its last attempt: to read what could not be made.
 */
#include "sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *sqlite_folder(const char *file, struct arena *arena)
{
	const char *slash = strrchr(file, '/');
	if (slash == NULL)
		return ".";
	if (slash == file)
		return "/";
	return arena_text_n(arena, file, (size_t)(slash - file));
}

static const char *companion(const char *file, const char *suffix, struct arena *arena)
{
	struct buffer buf = BUFFER_INIT(arena);
	buffer_add(&buf, file);
	buffer_add(&buf, suffix);
	return buffer_text(&buf);
}

bool sqlite_may(const char *path, int access)
{
	return faccessat(AT_FDCWD, path, access, AT_EACCESS) == 0;
}

bool sqlite_journal_may_be_made(const char *file, struct arena *arena, bool *possible)
{
	static const char *const suffixes[] = {"-wal", "-journal"};
	*possible = true;
	if (strcmp(file, ":memory:") == 0)
		return true;
	const char *folder = sqlite_folder(file, arena);
	if (folder == NULL || sqlite_may(folder, W_OK))
		return folder != NULL;
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		const char *path = companion(file, suffixes[i], arena);
		if (path == NULL)
			return false;
		if (sqlite_may(path, W_OK))
			return true;
	}
	*possible = false;
	return true;
}

/* Read-only access needs both, too (sqlite.org/wal.html#readonly). true: it is said. */
static bool explain_log(struct sqlite_session *session, struct error *err)
{
	static const char *const suffixes[] = {"-shm", "-wal"};
	const char *folder = sqlite_folder(session->file, &session->arena);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		const char *path = companion(session->file, suffixes[i], &session->arena);
		if (folder == NULL || path == NULL)
			return !error_memory(err);
		bool there = sqlite_may(path, F_OK);
		if (there ? sqlite_may(path, R_OK) : errno != ENOENT || sqlite_may(folder, W_OK))
			continue;
		int number = errno;
		error_set(
			err,
			sqlite_refused(number) ? RECONCILE_NOT_PERMITTED : RECONCILE_UNREACHABLE,
			"sqlite file '%s' is in WAL mode and needs the file '%s' beside it, which "
			"%s: %s",
			session->file, path, there ? "may not be read" : "cannot be made",
			strerror(number));
		if (there)
			error_hint(err, "give this user the right to read and write '%s'", path);
		else if (number == EROFS)
			error_hint(err,
				   "mount it writable, or run PRAGMA journal_mode = delete on "
				   "the file where it may be written: then it can be read here");
		else
			error_hint(
				err,
				"give this user the right to write the folder '%s', or run PRAGMA "
				"journal_mode = delete on the file as somebody who may",
				folder);
		return true;
	}
	return false;
}

bool sqlite_explain_companion(struct sqlite_session *session, int code, struct error *err)
{
	struct sqlite_header header;
	int number = sqlite3_system_errno(session->connection);
	/* The folder's rights are missed when the journal, rolled back, is to be removed. */
	if (code == SQLITE_READONLY_ROLLBACK ||
	    (code == SQLITE_IOERR_DELETE && sqlite_refused(number))) {
		error_set(err, RECONCILE_NOT_PERMITTED,
			  "sqlite file '%s': a change to it was cut off; rolling it back from "
			  "'%s-journal' needs the right to write the file and its folder",
			  session->file, session->file);
		error_hint(err, "open it once with mode=rw where the file and its folder may be "
				"written");
		return true;
	}
	if ((code & 0xff) != SQLITE_CANTOPEN && (code & 0xff) != SQLITE_READONLY)
		return false;
	sqlite_header_read(session, &header);
	return header.format == 2 && explain_log(session, err);
}
