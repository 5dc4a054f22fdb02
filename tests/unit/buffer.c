#include "../../src/base/buffer.h"
#include "model.h"

#include <stdio.h>

Test(buffer, begins_as_the_empty_text)
{
	struct arena arena = {0};
	struct buffer buf = BUFFER_INIT(&arena);
	expect_text("untouched", buffer_text(&buf), "");
	buffer_add(&buf, NULL);
	buffer_add(&buf, "");
	buffer_add_n(&buf, NULL, 0);
	buffer_addf(&buf, "%s", "");
	expect_text("with nothing added", buffer_text(&buf), "");
	arena_release(&arena);
}

Test(buffer, joins_what_is_added)
{
	struct arena arena = {0};
	struct buffer buf = BUFFER_INIT(&arena);
	buffer_add(&buf, "ALTER TABLE ");
	buffer_add_char(&buf, '"');
	buffer_add_n(&buf, "orders and more", 6);
	buffer_add_char(&buf, '"');
	buffer_addf(&buf, " -- %d of %s", 2, "6");
	expect_text("joined", buffer_text(&buf), "ALTER TABLE \"orders\" -- 2 of 6");
	cr_expect(buf.length == strlen(buffer_text(&buf)));
	arena_release(&arena);
}

Test(buffer, grows_past_every_size)
{
	struct arena arena = {0};
	struct buffer buf = BUFFER_INIT(&arena);
	for (unsigned i = 0; i < 20000; i++)
		buffer_addf(&buf, "%05u", i);
	const char *text = buffer_text(&buf);
	cr_assert(text && strlen(text) == 100000);
	for (unsigned i = 0; i < 20000; i++) {
		char expected[8];
		snprintf(expected, sizeof(expected), "%05u", i);
		cr_assert(memcmp(text + i * 5, expected, 5) == 0, "piece %u", i);
	}
	arena_release(&arena);
}

Test(buffer, keeps_a_nul_byte)
{
	struct arena arena = {0};
	struct buffer buf = BUFFER_INIT(&arena);
	buffer_add_n(&buf, "a\0b", 3);
	cr_expect(buf.length == 3 && memcmp(buffer_text(&buf), "a\0b", 4) == 0);
	arena_release(&arena);
}

Test(buffer, failure_stays)
{
	struct arena arena = {0};
	struct buffer buf = BUFFER_INIT(&arena);
	buffer_add(&buf, "before");
	char large[8192];
	memset(large, 'x', sizeof(large));
	arena_fail_after(1);
	buffer_add_n(&buf, large, sizeof(large));
	arena_fail_after(0);
	buffer_add(&buf, "after");
	buffer_addf(&buf, "%d", 1);
	cr_expect_null(buffer_text(&buf));
	arena_release(&arena);
}

Test(buffer, a_number_chooses_the_word)
{
	static const struct {
		long long number;
		const char *word;
	} cases[] = {{0, "tries"}, {1, "try"}, {2, "tries"}, {11, "tries"}, {101, "tries"}};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_text("word", word_for(cases[i].number, "try", "tries"), cases[i].word);
}
