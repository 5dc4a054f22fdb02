/* A service with a registry of the size that RECONCILE_REGISTRY_FILE has, and nothing else to do.
 */
#define RECONCILE_REGISTRY bench
#include <reconcile-registry.h>

int main(void)
{
	return reconcile(&bench_registry, NULL, NULL);
}
