#include "name.h"
#include "keyword.h"
#include "text.h"

#include <string.h>

static bool broken(enum rule_id which, const char *reason, enum rule_id *rule, const char **why)
{
	*rule = which;
	*why = reason;
	return false;
}

bool name_is_good(const char *name, enum rule_id *rule, const char **why)
{
	if (!name)
		return broken(RULE_NAME_EMPTY, "the name is missing", rule, why);
	if (!*name)
		return broken(RULE_NAME_EMPTY, "the name is empty", rule, why);
	if (strlen(name) > NAME_MAX_BYTES)
		return broken(RULE_NAME_TOO_LONG,
			      "the name is over 63 bytes, and PostgreSQL would truncate it", rule,
			      why);
	if (text_is_utf8(name, true))
		return true;
	return broken(RULE_NAME_ENCODING,
		      text_is_utf8(name, false) ? "the name has a control character"
						: "the name is not valid UTF-8",
		      rule, why);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

/* What both take for a name without quotes (manual, section 4.1.1; sqlite's tokenize.c). */
bool name_is_plain(const char *name)
{
	if (!is_letter(*name))
		return false;
	for (; *name; name++)
		if (!is_letter(*name) && !(*name >= '0' && *name <= '9') && *name != '$')
			return false;
	return true;
}

/* PostgreSQL folds letters of ASCII only, in a database of UTF-8. */
bool name_has_capitals(const char *name)
{
	for (; *name; name++)
		if (*name >= 'A' && *name <= 'Z')
			return true;
	return false;
}

/* Manual, section 5.5. Names are exact: "Xmin" is free. */
bool name_is_system_column(const char *name)
{
	static const char *const names[] = {"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool name_is_sqlite_table(const char *name)
{
	static const char prefix[] = "sqlite_";
	return text_equal_n(name, prefix, sizeof(prefix) - 1, true);
}

unsigned name_reserved(const char *name, bool table)
{
	unsigned flags = keyword_flags(name, strlen(name));
	unsigned sqlite = table ? KEYWORD_SQLITE_TABLE : KEYWORD_SQLITE_COLUMN;
	return (flags & KEYWORD_POSTGRESQL ? FOR_POSTGRESQL : 0) |
	       (flags & sqlite ? FOR_SQLITE : 0);
}
