#include "disk.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

void disk_mount(const char *path, long kib)
{
	char size[40];
	snprintf(size, sizeof(size), "size=%ldk", kib);
	if (unshare(CLONE_NEWNS) != 0)
		cr_skip_test("unshare: %s", strerror(errno));
	/* What is mounted here is nobody else's business. */
	cr_assert(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "%s", strerror(errno));
	cr_assert(mount("none", path, "tmpfs", 0, size) == 0, "mount '%s': %s", path,
		  strerror(errno));
}

void disk_make_read_only(const char *path)
{
	cr_assert(mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0, "'%s': %s", path,
		  strerror(errno));
}

void disk_unmount(const char *path)
{
	cr_assert(umount2(path, MNT_DETACH) == 0, "'%s': %s", path, strerror(errno));
}
