#include <reconcile-manage.h>

#include "../../registry/registry.h"

int main(int argc, char **argv)
{
	static const struct reconcile_registry *const registries[] = {&memstack_registry};

	return manage_main(argc, argv, registries, sizeof(registries) / sizeof(registries[0]));
}
