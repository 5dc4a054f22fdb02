/* The command with a small registry: a run of it makes few calls, so that each of them may fail. */
#define RECONCILE_REGISTRY shop
#define RECONCILE_REGISTRY_FILE "shop.def"
#include <reconcile-registry.h>

#include <reconcile-manage.h>

int main(int argc, char **argv)
{
	static const struct reconcile_registry *const registries[] = {&shop_registry};

	return manage_main(argc, argv, registries, 1);
}
