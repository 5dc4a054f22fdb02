/* A service with a registry of the size that RECONCILE_REGISTRY_FILE has, and nothing else to do.
 * With an argument it only reads its registry: what that takes is not the library's. */
#define RECONCILE_REGISTRY bench
#include <reconcile-registry.h>
#include <string.h>

static size_t length_of(const char *text)
{
	return text != NULL ? strlen(text) : 0;
}

static size_t read_registry(void)
{
	size_t length = 0;
	for (size_t i = 0; i < bench_registry.column_count; i++) {
		const struct reconcile_column *row = &bench_registry.columns[i];
		length += length_of(row->table) + length_of(row->column) + length_of(row->type) +
			  length_of(row->default_value.text) + length_of(row->description);
	}
	return length;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return read_registry() == 0;
	return reconcile(&bench_registry, NULL, NULL);
}
