/*
 * The manage command as a function, so that a service can build one for its own tables:
 *
 *	int main(int argc, char **argv)
 *	{
 *		return manage_main(argc, argv, (const struct reconcile_registry *[]){&mine}, 1);
 *	}
 */
#ifndef RECONCILE_MANAGE_H
#define RECONCILE_MANAGE_H

#include <reconcile.h>

/*
 * Runs one command: arguments as main() has them, data on standard output, log and
 * prompts on standard error. registries holds count (at least 1) of them; the first is
 * used unless --registry or the configuration names another. Returns the exit code.
 */
int manage_main(int argc, char **argv, const struct reconcile_registry *const *registries,
		size_t count);

#endif
