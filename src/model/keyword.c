#include "keyword.h"
#include "text.h"

#include <stdlib.h>

#define PG KEYWORD_POSTGRESQL
#define COLUMN KEYWORD_SQLITE_COLUMN
#define TABLE KEYWORD_SQLITE_TABLE
#define LITE (KEYWORD_SQLITE_COLUMN | KEYWORD_SQLITE_TABLE)

const struct keyword keywords[] = {
	{"add", LITE},
	{"all", PG | LITE},
	{"alter", LITE},
	{"analyse", PG},
	{"analyze", PG},
	{"and", PG | LITE},
	{"any", PG},
	{"array", PG},
	{"as", PG | LITE},
	{"asc", PG},
	{"asymmetric", PG},
	{"authorization", PG},
	{"autoincrement", LITE},
	{"between", LITE},
	{"binary", PG},
	{"both", PG},
	{"case", PG | LITE},
	{"cast", PG | COLUMN},
	{"check", PG | LITE},
	{"collate", PG | LITE},
	{"collation", PG},
	{"column", PG},
	{"commit", LITE},
	{"concurrently", PG},
	{"constraint", PG | LITE},
	{"create", PG | LITE},
	{"cross", PG},
	{"current_catalog", PG},
	{"current_date", PG | COLUMN},
	{"current_role", PG},
	{"current_schema", PG},
	{"current_time", PG | COLUMN},
	{"current_timestamp", PG | COLUMN},
	{"current_user", PG},
	{"default", PG | LITE},
	{"deferrable", PG | LITE},
	{"delete", LITE},
	{"desc", PG},
	{"distinct", PG | LITE},
	{"do", PG},
	{"drop", LITE},
	{"else", PG | LITE},
	{"end", PG},
	{"escape", LITE},
	{"except", PG | LITE},
	{"exists", LITE},
	{"false", PG},
	{"fetch", PG},
	{"for", PG},
	{"foreign", PG | LITE},
	{"freeze", PG},
	{"from", PG | LITE},
	{"full", PG},
	{"grant", PG},
	{"group", PG | LITE},
	{"having", PG | LITE},
	{"if", TABLE},
	{"ilike", PG},
	{"in", PG | LITE},
	{"index", LITE},
	{"initially", PG},
	{"inner", PG},
	{"insert", LITE},
	{"intersect", PG | LITE},
	{"into", PG | LITE},
	{"is", PG | LITE},
	{"isnull", PG | LITE},
	{"join", PG | LITE},
	{"lateral", PG},
	{"leading", PG},
	{"left", PG},
	{"like", PG},
	{"limit", PG | LITE},
	{"localtime", PG},
	{"localtimestamp", PG},
	{"natural", PG},
	{"not", PG | LITE},
	{"nothing", LITE},
	{"notnull", PG | LITE},
	{"null", PG | LITE},
	{"offset", PG},
	{"on", PG | LITE},
	{"only", PG},
	{"or", PG | LITE},
	{"order", PG | LITE},
	{"outer", PG},
	{"overlaps", PG},
	{"placing", PG},
	{"primary", PG | LITE},
	{"raise", COLUMN},
	{"references", PG | LITE},
	{"returning", PG | LITE},
	{"right", PG},
	{"select", PG | LITE},
	{"session_user", PG},
	{"set", LITE},
	{"similar", PG},
	{"some", PG},
	{"symmetric", PG},
	{"system_user", PG},
	{"table", PG | LITE},
	{"tablesample", PG},
	{"then", PG | LITE},
	{"to", PG | LITE},
	{"trailing", PG},
	{"transaction", LITE},
	{"true", PG},
	{"union", PG | LITE},
	{"unique", PG | LITE},
	{"update", LITE},
	{"user", PG},
	{"using", PG | LITE},
	{"values", LITE},
	{"variadic", PG},
	{"verbose", PG},
	{"when", PG | LITE},
	{"where", PG | LITE},
	{"window", PG},
	{"with", PG},
};

const size_t keyword_count = sizeof(keywords) / sizeof(keywords[0]);

struct word {
	const char *text;
	size_t length;
};

static int compare(const void *left, const void *right)
{
	const struct word *word = left;
	const struct keyword *keyword = right;
	for (size_t i = 0; i < word->length; i++) {
		char a = text_lower(word->text[i]), b = keyword->word[i];
		if (a != b)
			return (unsigned char)a < (unsigned char)b ? -1 : 1;
	}
	return keyword->word[word->length] == '\0' ? 0 : -1;
}

unsigned keyword_flags(const char *text, size_t length)
{
	struct word word = {text, length};
	const struct keyword *found =
		bsearch(&word, keywords, keyword_count, sizeof(keywords[0]), compare);
	return found ? found->flags : 0;
}
