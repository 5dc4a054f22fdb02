/*
 * SQLite files that a disk, a copy or another program has damaged: a start ends with a status of
 * ours and words that name the file, and soon, whatever stands in it. A file whose start was
 * refused before it changed anything is byte for byte as it was.
 */
#include "../../registry/registry.h"
#include "../support/hostile.h"
#include "../support/part.h"
#include "memstack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <reconcile.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 3000
/* Far more than any start takes, on any machine: SIGALRM then ends one that hangs. */
#define PATIENCE_S 60

struct bytes {
	unsigned char *at;
	size_t length;
};

static struct bytes read_bytes(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes bytes = {0};
	cr_assert(file != NULL && fseek(file, 0, SEEK_END) == 0, "'%s': %s", path, strerror(errno));
	bytes.length = (size_t)ftell(file);
	bytes.at = malloc(bytes.length + 1);
	rewind(file);
	cr_assert(bytes.at != NULL && fread(bytes.at, 1, bytes.length, file) == bytes.length);
	fclose(file);
	return bytes;
}

static void write_bytes(const char *path, const struct bytes *bytes)
{
	FILE *file = fopen(path, "wb");
	cr_assert(file != NULL && fwrite(bytes->at, 1, bytes->length, file) == bytes->length &&
			  fclose(file) == 0,
		  "'%s': %s", path, strerror(errno));
}

/* ---- what can happen to a file --------------------------------------------- */

enum { PAGE = 4096, HEADER = 100 };

static void flip_bits(struct bytes *file, struct dice *dice, size_t from, size_t below)
{
	for (size_t left = 1 + dice_roll(dice, 8); left > 0; left--)
		file->at[from + dice_roll(dice, below)] ^= (unsigned char)(1 << dice_roll(dice, 8));
}

static void anywhere(struct bytes *file, struct dice *dice)
{
	flip_bits(file, dice, 0, file->length);
}

static void in_the_header(struct bytes *file, struct dice *dice)
{
	flip_bits(file, dice, 0, HEADER);
}

static void in_the_schema(struct bytes *file, struct dice *dice)
{
	flip_bits(file, dice, HEADER, PAGE - HEADER);
}

static void truncated(struct bytes *file, struct dice *dice)
{
	file->length = dice_roll(dice, file->length);
}

static void page_of(struct bytes *file, struct dice *dice, int filling)
{
	size_t page = dice_roll(dice, file->length / PAGE);
	for (size_t i = 0; i < PAGE; i++)
		file->at[page * PAGE + i] =
			(unsigned char)(filling < 0 ? (int)dice_roll(dice, 256) : filling);
}

static void page_of_zeros(struct bytes *file, struct dice *dice)
{
	page_of(file, dice, 0);
}

static void page_of_noise(struct bytes *file, struct dice *dice)
{
	page_of(file, dice, -1);
}

static void pages_exchanged(struct bytes *file, struct dice *dice)
{
	unsigned char kept[PAGE];
	unsigned char *one = file->at + PAGE * dice_roll(dice, file->length / PAGE);
	unsigned char *other = file->at + PAGE * dice_roll(dice, file->length / PAGE);
	memcpy(kept, one, PAGE);
	memmove(one, other, PAGE);
	memcpy(other, kept, PAGE);
}

/* A b-tree's page header: type, first free block, cells, start of the cells
 * (fileformat2.html, 1.6). */
static void in_a_page_header(struct bytes *file, struct dice *dice)
{
	size_t page = dice_roll(dice, file->length / PAGE);
	flip_bits(file, dice, page * PAGE + (page == 0 ? HEADER : 0), 12);
}

static const struct damage {
	const char *name;
	void (*make)(struct bytes *file, struct dice *dice);
} damages[] = {
	{"bits anywhere", anywhere},
	{"bits in the header", in_the_header},
	{"bits in the schema", in_the_schema},
	{"truncated", truncated},
	{"a page of zeros", page_of_zeros},
	{"a page of noise", page_of_noise},
	{"two pages exchanged", pages_exchanged},
	{"bits in the header of a page", in_a_page_header},
};
#define DAMAGES (sizeof(damages) / sizeof(damages[0]))

/* ---- a start ---------------------------------------------------------------- */

/* What the child tells its parent. */
struct told {
	int status;
	bool changed; /* it applied something */
	char message[1200];
};

static void start_in_child(const char *url, enum reconcile_mode mode, int out)
{
	struct told told = {0};
	struct reconcile_report *report;
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	alarm(PATIENCE_S);
	options.url = url;
	options.mode = mode;
	options.log_level = RECONCILE_LOG_OFF;
	options.budget_ms = 5000;
	told.status = reconcile(&memstack_registry, &options, &report);
	snprintf(told.message, sizeof(told.message), "%s", reconcile_report_error(report)->message);
	const struct reconcile_counts *counts = reconcile_report_counts(report);
	told.changed = counts->applied > 0 || counts->tables_created > 0;
	reconcile_report_free(report);
	_exit(write(out, &told, sizeof(told)) == sizeof(told) ? 0 : 1);
}

/* false: it was killed by a signal, which *signal then is. */
static bool start(const char *url, enum reconcile_mode mode, struct told *told, int *signal)
{
	int ends[2], status;
	cr_assert(pipe(ends) == 0, "pipe: %s", strerror(errno));
	pid_t child = fork();
	if (child == 0)
		start_in_child(url, mode, ends[1]);
	close(ends[1]);
	bool whole = read(ends[0], told, sizeof(*told)) == (ssize_t)sizeof(*told);
	close(ends[0]);
	cr_assert(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
	*signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_ours(int status)
{
	return status == RECONCILE_OK || status == RECONCILE_FAILED ||
	       status == RECONCILE_PENDING || status == RECONCILE_CONFLICT ||
	       status == RECONCILE_UNREACHABLE;
}

/* NULL: it survived. */
static const char *fault_of(const struct database *database, enum reconcile_mode mode,
			    const struct bytes *damaged, char *why, size_t size)
{
	struct told told;
	int signal;
	if (!start(database->url, mode, &told, &signal)) {
		snprintf(why, size, "it was killed by signal %d", signal);
		return why;
	}
	bool failed = told.status == RECONCILE_FAILED || told.status == RECONCILE_UNREACHABLE;
	/* Every failure names the file, or the table that is not what was written into it. */
	bool names = strstr(told.message, database->path) != NULL ||
		     strncmp(told.message, "table '", strlen("table '")) == 0;
	if (!is_ours(told.status) || (failed && !names)) {
		snprintf(why, size, "status %d: '%s'", told.status, told.message);
		return why;
	}
	if (mode == RECONCILE_MODE_APPLY && (told.status == RECONCILE_OK || told.changed))
		return NULL;
	struct bytes now = read_bytes(database->path);
	bool same = now.length == damaged->length && memcmp(now.at, damaged->at, now.length) == 0;
	free(now.at);
	snprintf(why, size, "status %d, '%s', and the file is another", told.status, told.message);
	return same ? NULL : why;
}

Test(damage, sqlite_files)
{
	struct database *database = database_new(ENGINE_SQLITE);
	struct dice dice = dice_new(part_seed());
	int tried[DAMAGES] = {0}, survived[DAMAGES] = {0};
	memstack_make_old(database);
	database_execute(database, "CREATE INDEX by_title ON memories (title);"
				   "CREATE TABLE blobs (id INTEGER PRIMARY KEY, b BLOB);"
				   "INSERT INTO blobs (b) VALUES (zeroblob(20000))");
	struct bytes whole = read_bytes(database->path);
	cr_assert(whole.length % PAGE == 0);
	for (int i = 0; i < part_of(FILES, 8); i++) {
		static const char *const endings[] = {"-journal", "-wal", "-shm"};
		const struct damage *damage = &damages[i % (int)DAMAGES];
		enum reconcile_mode mode =
			i / (int)DAMAGES % 2 == 0 ? RECONCILE_MODE_APPLY : RECONCILE_MODE_CHECK;
		struct bytes file = {.at = malloc(whole.length), .length = whole.length};
		char why[1400], path[600];
		cr_assert(file.at != NULL, "out of memory");
		memcpy(file.at, whole.at, whole.length);
		damage->make(&file, &dice);
		write_bytes(database->path, &file);
		for (size_t e = 0; e < sizeof(endings) / sizeof(endings[0]); e++) {
			snprintf(path, sizeof(path), "%s%s", database->path, endings[e]);
			unlink(path);
		}
		const char *fault = fault_of(database, mode, &file, why, sizeof(why));
		cr_expect(fault == NULL, "TEST_SEED=%llu, file %d, %s: %s", part_seed(), i,
			  damage->name, fault);
		tried[i % (int)DAMAGES]++;
		survived[i % (int)DAMAGES] += fault == NULL;
		free(file.at);
	}
	for (size_t i = 0; i < DAMAGES; i++)
		printf("damaged SQLite file, %s: %d tried, %d survived\n", damages[i].name,
		       tried[i], survived[i]);
	/* Whoever removes it finds a file of SQLite. */
	write_bytes(database->path, &whole);
	free(whole.at);
	database_free(database);
}
