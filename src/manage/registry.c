/* The registries: those compiled in, one of a shared object, or none. */
#include "manage.h"

#include <dlfcn.h>
#include <string.h>

#define LONGEST_NAME 64

/* ---- what one says of itself ---------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool named_before(const struct reconcile_registry *registry, size_t index)
{
	const char *name = registry->columns[index].table;

	for (size_t i = 0; i < registry->table_count; i++) {
		if (same_name(registry->tables[i].name, name))
			return true;
	}
	for (size_t i = 0; i < index; i++) {
		if (same_name(registry->columns[i].table, name))
			return true;
	}
	return false;
}

bool registry_is_readable(const struct reconcile_registry *registry)
{
	return registry->layout == RECONCILE_REGISTRY_LAYOUT &&
	       (registry->tables || !registry->table_count) &&
	       (registry->columns || !registry->column_count);
}

const char *registry_name(const struct reconcile_registry *registry)
{
	bool known = registry->layout == RECONCILE_REGISTRY_LAYOUT && registry->name;

	return known ? registry->name : "?";
}

size_t registry_table_count(const struct reconcile_registry *registry)
{
	size_t count;

	if (!registry_is_readable(registry))
		return 0;
	count = registry->table_count;
	for (size_t i = 0; i < registry->column_count; i++) {
		/* The columns of a table usually stand together. */
		bool same = i > 0 &&
			    same_name(registry->columns[i].table, registry->columns[i - 1].table);

		if (!same && !named_before(registry, i))
			count++;
	}
	return count;
}

size_t registry_column_count(const struct reconcile_registry *registry)
{
	return registry_is_readable(registry) ? registry->column_count : 0;
}

/* ---- choosing one --------------------------------------------------------- */

static int fail(struct manage *manage, bool configured)
{
	if (configured)
		manage->arguments.error.status = RECONCILE_BAD_CONFIG;
	return manage_fail(manage, &manage->arguments.error, NULL);
}

static bool is_identifier(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_");

	return length > 0 && length <= LONGEST_NAME && !text[length];
}

static void hint_at_loading(struct arguments *arguments, const char *name)
{
	/* The .def file, or the library without its name, is not what stands behind the colon. */
	if (name && !is_identifier(name))
		name = NULL;

	snprintf(arguments->hint, sizeof(arguments->hint),
		 "compile yours with `cc -I. -shared -fPIC -o service.so registry.c $(pkg-config "
		 "--cflags reconcile)`, and name it with --registry ./service.so:%.*s; scripts, "
		 "history and show need none",
		 LONGEST_NAME, name ? name : "NAME");
}

/* "./service.so:shop", or what was meant to be that. */
static bool is_file(const char *text)
{
	size_t length = strlen(text);

	return strpbrk(text, "/:") || (length > 3 && strcmp(text + length - 3, ".so") == 0);
}

/* The NAME_registry of FILE.so:NAME, which stays loaded. */
static int load(struct manage *manage, const char *text, bool configured)
{
	struct arguments *arguments = &manage->arguments;
	const char *place = configured ? "configuration: " : "", *colon = strrchr(text, ':');
	char path[1024], symbol[LONGEST_NAME + sizeof("_registry")];

	if (!colon || colon == text || !is_identifier(colon + 1)) {
		arguments_complain(arguments, "%sregistry '%.100s' is not FILE.so:NAME", place,
				   text);
		snprintf(arguments->hint, sizeof(arguments->hint),
			 "NAME is what RECONCILE_REGISTRY was defined as, as in "
			 "./service.so:shop");
		return fail(manage, configured);
	}
	/* Without a slash the linker would look in the system's folders, and not here. */
	snprintf(path, sizeof(path), "%s%.*s",
		 memchr(text, '/', (size_t)(colon - text)) ? "" : "./", (int)(colon - text), text);
	snprintf(symbol, sizeof(symbol), "%s_registry", colon + 1);
	manage->loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!manage->loaded) {
		const char *why = dlerror();

		arguments_complain(arguments, "%sthe registry cannot be loaded: %.300s", place,
				   why ? why : path);
		hint_at_loading(arguments, colon + 1);
		return fail(manage, configured);
	}
	manage->registry = dlsym(manage->loaded, symbol);
	if (!manage->registry) {
		arguments_complain(arguments, "%s'%.200s' has no registry '%s'", place, path,
				   colon + 1);
		snprintf(arguments->hint, sizeof(arguments->hint),
			 "there is no '%s' in it: NAME is what RECONCILE_REGISTRY was defined as",
			 symbol);
		return fail(manage, configured);
	}
	manage->registries = &manage->registry;
	manage->registry_count = 1;
	return RECONCILE_OK;
}

/* None of those compiled in. */
static int refuse(struct manage *manage, const char *name, bool configured)
{
	struct arguments *arguments = &manage->arguments;
	size_t length;

	if (name)
		arguments_complain(arguments, "%sno registry '%.100s' is compiled in",
				   configured ? "configuration: " : "", name);
	else
		arguments_complain(arguments, "'%s' needs a registry, and none is compiled in",
				   arguments->command->name);
	if (!manage->registry_count) {
		hint_at_loading(arguments, name);
		return fail(manage, configured && name);
	}
	snprintf(arguments->hint, sizeof(arguments->hint), "there is");
	for (size_t i = 0; i < manage->registry_count; i++) {
		length = strlen(arguments->hint);
		snprintf(arguments->hint + length, sizeof(arguments->hint) - length, "%s '%s'",
			 i ? "," : "", registry_name(manage->registries[i]));
	}
	return fail(manage, configured);
}

int registry_choose(struct manage *manage, const char *name, bool configured)
{
	bool needed = manage->arguments.command->needs_registry;

	if (name && is_file(name))
		return load(manage, name, configured);
	for (size_t i = 0; i < manage->registry_count; i++) {
		if (!name || strcmp(registry_name(manage->registries[i]), name) == 0) {
			manage->registry = manage->registries[i];
			return RECONCILE_OK;
		}
	}
	/* The name in the configuration is for the service, which has that registry. */
	if (!manage->registry_count && !needed && (configured || !name))
		return RECONCILE_OK;
	return refuse(manage, name, configured);
}

const struct reconcile_registry *registry_or_none(const struct manage *manage)
{
	static const struct reconcile_registry none = {.layout = RECONCILE_REGISTRY_LAYOUT,
						       .name = "none"};

	return manage->registry ? manage->registry : &none;
}

void registry_unload(struct manage *manage)
{
	if (manage->loaded)
		dlclose(manage->loaded);
}
