/* LD_PRELOAD: a disk whose folders can be read up to their third entry. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

struct dirent *readdir(DIR *directory)
{
	static unsigned calls;
	struct dirent *(*next)(DIR *);
	/* POSIX wants this form: a pointer to data is no pointer to a function in ISO C. */
	*(void **)&next = dlsym(RTLD_NEXT, "readdir");
	if (++calls <= 3)
		return next(directory);
	errno = EIO;
	return NULL;
}
