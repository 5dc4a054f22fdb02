/* What only SQLite has: files that are not there, not databases, or not for this user. */
#include "../support/disk.h"
#include "../support/run.h"
#include "contract.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL, "%s", path);
	fputs(text, file);
	fclose(file);
}

struct outcome {
	struct error err;
	char read_only[80]; /* "" if it may be written */
};

/* Opens, reads and inspects; what went wrong, if anything. */
static struct outcome try_url(const char *url_text, bool create)
{
	struct arena arena = {0};
	struct outcome outcome = {0};
	struct url url;
	cr_assert(url_parse(&url, url_text, &arena, &outcome.err), "%s", outcome.err.message);
	struct session_settings settings = {.url = &url,
					    .application = "test",
					    .lock_timeout_ms = 20,
					    .create_database = create};
	struct session *session;
	struct catalog catalog;
	struct session_facts facts;
	const char *name = "t";
	struct read_request request = {.names = &name, .name_count = 1};
	size_t bad_type;
	if (backend_sqlite.open(&session, NULL, &settings, &outcome.err) &&
	    backend_sqlite.read(session, &request, &catalog, &bad_type, &arena, &outcome.err) &&
	    backend_sqlite.inspect(session, &name, 1, &facts, &arena, &outcome.err) &&
	    facts.read_only != NULL)
		snprintf(outcome.read_only, sizeof(outcome.read_only), "%s", facts.read_only);
	backend_sqlite.close(session);
	arena_release(&arena);
	return outcome;
}

Test(sqlite, what_cannot_be_opened_is_named)
{
	struct database *database = database_new(ENGINE_SQLITE);
	static const struct {
		const char *file, *query;
		enum reconcile_status status;
		const char *message; /* is part of it; the path is, too */
	} cases[] = {
		{"typo.db", "", RECONCILE_UNREACHABLE, "does not exist"},
		{"typo.db", "?mode=ro", RECONCILE_UNREACHABLE, "does not exist"},
		{"no/such/x.db", "", RECONCILE_UNREACHABLE, "no/such' does not exist"},
		{"no/such/x.db", "?mode=rwc", RECONCILE_UNREACHABLE, "no/such' does not exist"},
		{"folder", "", RECONCILE_UNREACHABLE, "is a directory"},
		{"folder", "?mode=ro", RECONCILE_UNREACHABLE, "is a directory"},
		{"fifo", "", RECONCILE_UNREACHABLE, "not a regular file"},
		{"text.db/x.db", "", RECONCILE_UNREACHABLE, "Not a directory"},
		{"text.db", "", RECONCILE_FAILED, "is not a SQLite database"},
		{"text.db", "?mode=ro", RECONCILE_FAILED, "is not a SQLite database"},
		{"empty.db", "", RECONCILE_OK, ""},
		{"new.db", "?mode=rwc", RECONCILE_OK, ""},
	};
	char path[600];
	snprintf(path, sizeof(path), "%s/folder", database->folder);
	cr_assert(mkdir(path, 0700) == 0);
	snprintf(path, sizeof(path), "%s/fifo", database->folder);
	cr_assert(mkfifo(path, 0600) == 0);
	snprintf(path, sizeof(path), "%s/text.db", database->folder);
	write_file(path, "This is a letter and not a database, although its name ends so.\n");
	snprintf(path, sizeof(path), "%s/empty.db", database->folder);
	write_file(path, "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char url[700];
		snprintf(path, sizeof(path), "%s/%s", database->folder, cases[i].file);
		snprintf(url, sizeof(url), "sqlite:///%s%s", path, cases[i].query);
		struct outcome outcome = try_url(url, false);
		const struct error *err = &outcome.err;
		cr_expect(err->status == cases[i].status, "%s: %d: %s", url, err->status,
			  err->message);
		cr_expect(strstr(err->message, cases[i].message) != NULL, "%s: %s", url,
			  err->message);
		if (cases[i].status != RECONCILE_OK)
			cr_expect(strstr(err->message, path) != NULL, "%s: %s", url, err->message);
	}
	snprintf(path, sizeof(path), "%s/typo.db", database->folder);
	cr_expect(access(path, F_OK) != 0, "a mistyped path makes no file");
	snprintf(path, sizeof(path), "%s/new.db", database->folder);
	cr_expect(access(path, F_OK) == 0, "mode=rwc makes one");
	database_free(database);
}

Test(sqlite, a_role_is_refused)
{
	struct database *database = database_new(ENGINE_SQLITE);
	struct error err = {0};
	struct arena arena = {0};
	struct url url;
	database_execute(database, "CREATE TABLE t (x)");
	cr_assert(url_parse(&url, database->url, &arena, &err), "%s", err.message);
	struct session_settings settings = {.url = &url, .application = "test", .role = "owner"};
	struct session *session;
	cr_expect(!backend_sqlite.open(&session, NULL, &settings, &err) && session == NULL);
	cr_expect(err.status == RECONCILE_BAD_CONFIG && err.class == ERROR_FATAL, "%d", err.status);
	cr_expect(strstr(err.message, "ddl_role") != NULL && strstr(err.hint, "ddl_role") != NULL,
		  "%s: %s", err.message, err.hint);
	arena_release(&arena);
	database_free(database);
}

Test(sqlite, create_database_makes_the_file)
{
	struct database *database = database_new(ENGINE_SQLITE);
	struct outcome outcome = try_url(database->url, true);
	cr_expect(outcome.err.status == RECONCILE_OK, "%s", outcome.err.message);
	cr_expect(access(database->path, F_OK) == 0);
	database_free(database);
}

Test(sqlite, a_damaged_file_is_said_to_be_one)
{
	struct database *database = database_new(ENGINE_SQLITE);
	database_execute(database, "CREATE TABLE t (x INTEGER)");
	/* The root page of the schema, behind the header of 100 bytes (fileformat2.html). */
	FILE *file = fopen(database->path, "r+");
	cr_assert(file != NULL && fseek(file, 100, SEEK_SET) == 0);
	for (int i = 0; i < 200; i++)
		fputc(0x5a, file);
	fclose(file);
	struct outcome outcome = try_url(database->url, false);
	cr_expect(outcome.err.status == RECONCILE_FAILED, "%d", outcome.err.status);
	cr_expect(outcome.err.class == ERROR_FATAL);
	cr_expect(strstr(outcome.err.message, database->path) != NULL, "%s", outcome.err.message);
	cr_expect(strstr(outcome.err.message, "damaged") != NULL, "%s", outcome.err.message);
	database_free(database);
}

/* Rights mean nothing to root: the rest of the test is somebody else. */
static void become_nobody(void)
{
	if (geteuid() == 0)
		cr_assert(seteuid(65534) == 0);
}

Test(sqlite, rights_are_told_apart)
{
	static const struct {
		mode_t file, folder;
		const char *query;
		enum reconcile_status status;
		const char *read_only; /* is part of the fact; "" if it may be written */
	} cases[] = {
		{0666, 0777, "", RECONCILE_OK, ""},
		{0666, 0777, "?mode=ro", RECONCILE_OK, "mode=ro"},
		{0444, 0777, "", RECONCILE_OK, "the file is read-only"},
		{0666, 0555, "", RECONCILE_OK, "folder is read-only"},
		{0000, 0777, "", RECONCILE_NOT_PERMITTED, ""},
		{0666, 0000, "", RECONCILE_NOT_PERMITTED, ""},
	};
	/* Not in the test's own folder: another user may not be able to reach that. */
	char folder[] = "/tmp/reconcile-rights-XXXXXX";
	cr_assert(mkdtemp(folder) != NULL);
	char path[100], url[120];
	snprintf(path, sizeof(path), "%s/x.db", folder);
	sqlite3 *connection;
	cr_assert(sqlite3_open(path, &connection) == SQLITE_OK);
	cr_assert(sqlite3_exec(connection, "CREATE TABLE t (x)", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(connection);

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_assert(chmod(path, cases[i].file) == 0 && chmod(folder, cases[i].folder) == 0);
		snprintf(url, sizeof(url), "sqlite:///%s%s", path, cases[i].query);
		uid_t before = geteuid();
		become_nobody();
		struct outcome outcome = try_url(url, false);
		cr_assert(seteuid(before) == 0);
		cr_assert(chmod(folder, 0700) == 0);
		cr_expect(outcome.err.status == cases[i].status, "file %o, folder %o: %d: %s",
			  cases[i].file, cases[i].folder, outcome.err.status, outcome.err.message);
		cr_expect(cases[i].read_only[0] != '\0'
				  ? strstr(outcome.read_only, cases[i].read_only) != NULL
				  : outcome.read_only[0] == '\0',
			  "file %o, folder %o: '%s'", cases[i].file, cases[i].folder,
			  outcome.read_only);
	}
	cr_assert(unlink(path) == 0 && rmdir(folder) == 0);
}

static void expect_words(const char *where, const char *text, const char *one, const char *other)
{
	cr_expect(strstr(text, one) != NULL && strstr(text, other) != NULL, "%s: '%s', '%s': %s",
		  where, one, other, text);
}

/* "wal.db": in WAL mode and closed. "log.db": as a process leaves it that was killed, without its
 * -shm. "shared.db": that one without its -wal. "hot.db": a change was cut off, its -journal is
 * there. */
static void leave_files(const char *folder)
{
	static const char commands[] =
		"umask 0; cd '%s' && "
		"sqlite3 wal.db 'PRAGMA journal_mode = wal; CREATE TABLE t (x)' >/dev/null && "
		"cp wal.db log.db && cp wal.db shared.db && "
		"sqlite3 log.db 'INSERT INTO t VALUES (1)' '.shell cp log.db-wal w; cp log.db-shm "
		"shared.db-shm' && mv w log.db-wal && "
		"sqlite3 making.db 'PRAGMA cache_size = 1' 'CREATE TABLE t (x)' BEGIN 'INSERT INTO "
		"t "
		"VALUES (randomblob(200000))' '.shell cp making.db hot.db; cp making.db-journal "
		"hot.db-journal' ROLLBACK && chmod a+rw *";
	struct run left = run(commands, folder);
	cr_assert_eq(left.status, 0, "%s", left.err);
	run_free(&left);
}

/* Who may not write beside the files reads them not at all, and is told why. */
static void expect_what_is_missing(const char *folder, const char *cause)
{
	static const struct {
		const char *file, *text, *cause, *hint;
	} cases[] = {
		{"wal.db", "is in WAL mode and needs the file '", "/wal.db-", "journal_mode"},
		{"log.db", "is in WAL mode and needs the file '", "/log.db-shm'", "journal_mode"},
		{"shared.db", "is in WAL mode and needs the file '", "/shared.db-wal'",
		 "journal_mode"},
		{"hot.db", "a change to it was cut off", "/hot.db-journal'", "may be written"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int reads = 0; reads < 2; reads++) {
			char url[700];
			snprintf(url, sizeof(url), "sqlite:///%s/%s%s", folder, cases[i].file,
				 reads ? "?mode=ro" : "");
			struct error err = try_url(url, false).err;
			cr_expect(err.status == RECONCILE_NOT_PERMITTED && err.class == ERROR_FATAL,
				  "%s: %d: %s", url, err.status, err.message);
			expect_words(url, err.message, folder, cases[i].file);
			expect_words(url, err.message, cases[i].text, cases[i].cause);
			if (i < 3)
				expect_words(url, err.message, "cannot be made", cause);
			expect_words(url, err.hint, cases[i].hint, "");
		}
	}
}

Test(sqlite, what_must_be_made_beside_a_file_in_a_folder_without_rights)
{
	char folder[] = "/tmp/reconcile-beside-XXXXXX";
	cr_assert(mkdtemp(folder) != NULL);
	leave_files(folder);
	cr_assert(chmod(folder, 0555) == 0);
	uid_t before = geteuid();
	become_nobody();
	expect_what_is_missing(folder, "Permission denied");
	cr_assert(seteuid(before) == 0 && chmod(folder, 0700) == 0);
	struct run removed = run("rm -r '%s'", folder);
	cr_expect_eq(removed.status, 0, "%s", removed.err);
	run_free(&removed);
}

Test(sqlite, what_must_be_made_beside_a_file_of_a_read_only_file_system)
{
	struct database *database = database_new(ENGINE_SQLITE);
	disk_mount(database->folder, 2048);
	leave_files(database->folder);
	disk_make_read_only(database->folder);
	expect_what_is_missing(database->folder, "Read-only file system");
	disk_unmount(database->folder);
	database_free(database);
}

Test(sqlite, what_is_beside_a_wal_file_and_may_not_be_read)
{
	static const char *const suffixes[] = {"-shm", "-wal"};
	char folder[] = "/tmp/reconcile-beside-XXXXXX";
	cr_assert(mkdtemp(folder) != NULL);
	leave_files(folder);
	struct run kept = run("cd '%s' && cp shared.db-shm log.db-shm && chmod a+rw log* && "
			      "chmod 777 .",
			      folder);
	cr_assert_eq(kept.status, 0, "%s", kept.err);
	run_free(&kept);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		char path[100], url[120];
		snprintf(path, sizeof(path), "%s/log.db%s", folder, suffixes[i]);
		snprintf(url, sizeof(url), "sqlite:///%s/log.db", folder);
		cr_assert(chmod(path, 0) == 0);
		uid_t before = geteuid();
		become_nobody();
		struct error err = try_url(url, false).err;
		cr_assert(seteuid(before) == 0 && chmod(path, 0666) == 0);
		cr_expect_eq(err.status, RECONCILE_NOT_PERMITTED, "%s", err.message);
		expect_words(url, err.message, path, "may not be read: Permission denied");
		expect_words(url, err.hint, "right to read and write", suffixes[i]);
	}
	struct run removed = run("rm -r '%s'", folder);
	cr_expect_eq(removed.status, 0, "%s", removed.err);
	run_free(&removed);
}

Test(sqlite, a_path_that_looks_like_a_uri_is_a_path)
{
	struct database *database = database_new(ENGINE_SQLITE);
	cr_assert(chdir(database->folder) == 0);
	struct outcome outcome = try_url("sqlite:///file:x.db", true);
	cr_expect(outcome.err.status == RECONCILE_OK, "%s", outcome.err.message);
	cr_expect(access("file:x.db", F_OK) == 0, "as it is");
	cr_assert(chdir("/") == 0);
	database_free(database);
}

Test(sqlite, a_database_in_memory_can_be_opened)
{
	struct outcome outcome = try_url("sqlite://:memory:", false);
	cr_expect(outcome.err.status == RECONCILE_OK, "%s", outcome.err.message);
	cr_expect(outcome.read_only[0] == '\0', "%s", outcome.read_only);
}

Test(sqlite, a_schema_that_is_not_attached_is_a_mistake)
{
	struct arena arena = {0};
	struct error err = {0};
	struct url url;
	cr_assert(url_parse(&url, "sqlite://:memory:", &arena, &err));
	struct session_settings settings = {.url = &url, .application = "test", .schema = "app"};
	struct session *session;
	cr_expect(!backend_sqlite.open(&session, NULL, &settings, &err) && session == NULL);
	cr_expect(err.status == RECONCILE_BAD_CONFIG && strstr(err.message, "'app'") != NULL,
		  "%d: %s", err.status, err.message);
	arena_release(&arena);
}
