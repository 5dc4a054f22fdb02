/* The public headers in C++: no warning with any of its standards, and the same values as in C. */
#include <reconcile-manage.h>

#include <cstring>

int main()
{
	const struct reconcile_options none = RECONCILE_OPTIONS_INIT;
	struct reconcile_options options = RECONCILE_OPTIONS_INIT;
	struct reconcile_history_filter filter = RECONCILE_HISTORY_FILTER_INIT;
	struct reconcile_rollback_request request = RECONCILE_ROLLBACK_INIT;
	struct reconcile_script script = RECONCILE_SCRIPT_INIT;
	struct reconcile_config *config = nullptr;

	options.url = "sqlite://:memory:";
	options.mode = RECONCILE_MODE_CHECK;
	bool right = none.size == sizeof(none) && none.url == nullptr && !none.detail &&
		     none.command == nullptr && filter.size == sizeof(filter) &&
		     filter.limit == 0 && request.size == sizeof(request) &&
		     script.size == sizeof(script) && script.run == nullptr;
	right = right && reconcile_config_load(&options, &config) == RECONCILE_OK &&
		std::strcmp(reconcile_status_name(RECONCILE_OK), "ok") == 0;
	reconcile_config_free(config);
	char name[] = "shopctl", word[] = "version";
	char *arguments[] = {name, word, nullptr};
	return right && manage_main(2, arguments, nullptr, 0) == 0 ? 0 : 1;
}
