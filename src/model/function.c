#include "function.h"
#include "text.h"

#include <string.h>

#define VOLATILE (FUNCTION_VOLATILE | FUNCTION_NOT_IN_SQLITE)
#define PG FUNCTION_NOT_IN_SQLITE
#define LITE FUNCTION_NOT_IN_POSTGRESQL
#define WORD (FUNCTION_WORD | FUNCTION_NOT_IN_SQLITE)

const struct function functions[] = {
	/* manual, sections 9.3, 9.9, 9.14, 9.17 */
	{"random", FUNCTION_VOLATILE},
	{"random_normal", VOLATILE},
	{"clock_timestamp", VOLATILE},
	{"timeofday", VOLATILE},
	{"nextval", VOLATILE},
	{"currval", VOLATILE},
	{"lastval", VOLATILE},
	{"gen_random_uuid", VOLATILE},
	{"uuidv4", VOLATILE},
	{"uuidv7", VOLATILE},
	/* uuid-ossp (v3 and v5 are immutable) and pgcrypto */
	{"uuid_generate_v1", VOLATILE},
	{"uuid_generate_v1mc", VOLATILE},
	{"uuid_generate_v3", PG},
	{"uuid_generate_v4", VOLATILE},
	{"uuid_generate_v5", PG},
	{"gen_random_bytes", VOLATILE},
	{"gen_salt", VOLATILE},
	/* stable or immutable */
	{"now", PG},
	{"transaction_timestamp", PG},
	{"statement_timestamp", PG},
	{"to_char", PG},
	{"to_date", PG},
	{"to_timestamp", PG},
	{"date_trunc", PG},
	{"make_date", PG},
	{"make_interval", PG},
	{"md5", PG},
	{"current_setting", PG},
	{"jsonb_build_object", PG},
	{"jsonb_build_array", PG},
	{"current_catalog", WORD},
	{"current_role", WORD},
	{"current_schema", WORD},
	{"current_user", WORD},
	{"localtime", WORD},
	{"localtimestamp", WORD},
	{"session_user", WORD},
	{"system_user", WORD},
	{"user", WORD},
	/* sqlite.org/lang_datefunc.html, lang_corefunc.html */
	{"datetime", LITE},
	{"julianday", LITE},
	{"strftime", LITE},
	{"unixepoch", LITE},
	{"hex", LITE},
	{"ifnull", LITE},
	{"iif", LITE},
	{"last_insert_rowid", LITE},
	{"printf", LITE},
	{"randomblob", LITE},
	{"zeroblob", LITE},
};

const size_t function_count = sizeof(functions) / sizeof(functions[0]);

unsigned function_flags(const char *name, size_t length)
{
	for (size_t i = 0; i < function_count; i++)
		if (strlen(functions[i].name) == length &&
		    text_equal_n(functions[i].name, name, length, true))
			return functions[i].flags;
	return 0;
}
