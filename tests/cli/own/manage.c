/* The command with a registry of its own, as a service builds it. */
#define RECONCILE_REGISTRY events
#define RECONCILE_REGISTRY_FILE "events.def"
#include <reconcile-registry.h>

#include "faulty.h"
#include <reconcile-manage.h>

int main(int argc, char **argv)
{
	static const struct reconcile_registry *const registries[] = {
		&events_registry, &faulty_registry, &strange_registry};

	return manage_main(argc, argv, registries, 3);
}
