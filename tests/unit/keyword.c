#include "../../src/model/keyword.h"
#include "model.h"

Test(keyword, the_list_is_sorted_and_every_word_is_found_in_any_case)
{
	for (size_t i = 0; i < keyword_count; i++) {
		const char *word = keywords[i].word;
		char capitals[64];
		size_t length = strlen(word);
		cr_expect(i == 0 || strcmp(keywords[i - 1].word, word) < 0, "%s", word);
		cr_expect(keywords[i].flags != 0, "%s", word);
		for (size_t j = 0; j <= length; j++)
			capitals[j] =
				word[j] >= 'a' && word[j] <= 'z' ? (char)(word[j] - 32) : word[j];
		cr_expect(keyword_flags(word, length) == keywords[i].flags, "%s", word);
		cr_expect(keyword_flags(capitals, length) == keywords[i].flags, "%s", capitals);
	}
}

Test(keyword, a_part_of_a_word_is_none)
{
	static const char *const others[] = {"", "a", "al", "alll", "users", "zzz", "\xc3\xa9"};
	for (size_t i = 0; i < COUNT(others); i++)
		cr_expect(keyword_flags(others[i], strlen(others[i])) == 0, "%s", others[i]);
	cr_expect(keyword_flags("selects", 6) != 0);
}
