/* A registry as --registry loads it: the three lines of README.md, in a shared object. */
#define RECONCILE_REGISTRY events
#define RECONCILE_REGISTRY_FILE "events.def"
#include <reconcile-registry.h>
