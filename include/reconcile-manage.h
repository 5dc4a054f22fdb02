/*
 * The manage command as a function, so that a service can build one for its own tables:
 *
 *	int main(int argc, char **argv)
 *	{
 *		return manage_main(argc, argv, (const struct reconcile_registry *[]){&mine}, 1);
 *	}
 *
 * It is in libreconcile-manage: `pkg-config --cflags --libs reconcile-manage`.
 */
#ifndef RECONCILE_MANAGE_H
#define RECONCILE_MANAGE_H

#include <reconcile.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Runs one command: arguments as main() has them, data on standard output, log and
 * prompts on standard error, which call the command as argv[0] does. registries holds count of
 * them; the first is used unless --registry or the configuration names another. count 0
 * (registries may be NULL): what needs a registry wants --registry FILE.so:NAME, which loads the
 * NAME_registry of a shared object. Call it once a process. Returns the exit code.
 * Meanwhile it handles SIGTERM and SIGINT, unless they are ignored: what runs is rolled
 * back, and the exit code is 128 and the signal's number. SIGPIPE is ignored from then on.
 */
RECONCILE_API int manage_main(int argc, char **argv,
			      const struct reconcile_registry *const *registries, size_t count);

#ifdef __cplusplus
}
#endif

#endif
