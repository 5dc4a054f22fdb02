/* The registries that manage is built with: one `extern` a .def file of this folder. */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <reconcile.h>

extern const struct reconcile_registry memstack_registry;

#endif
