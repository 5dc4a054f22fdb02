/*
 * A small file system in memory that only this process and its children see. That takes root's
 * rights, or a user namespace; without them the test is skipped.
 */
#ifndef SUPPORT_DISK_H
#define SUPPORT_DISK_H

/* Mounts one of that many KiB at path, a folder. */
void disk_mount(const char *path, long kib);
/* Nothing can be written to it from now on. */
void disk_make_read_only(const char *path);
void disk_unmount(const char *path);

#endif
