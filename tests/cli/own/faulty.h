#include <reconcile.h>

extern const struct reconcile_registry faulty_registry, strange_registry;
