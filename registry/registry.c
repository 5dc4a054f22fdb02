#include "registry.h"

#define RECONCILE_REGISTRY memstack
#define RECONCILE_REGISTRY_FILE "memstack.def"
#include <reconcile-registry.h>
