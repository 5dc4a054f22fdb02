#include "../../src/base/arena.h"
#include "model.h"

#include <stdalign.h>

Test(arena, memory_is_zeroed_aligned_and_apart)
{
	static const size_t sizes[] = {1, 3, 8, 17, 0, 64, 4095, 5000, 1, 300000, 2, 0};
	struct arena arena = {0};
	unsigned char *places[COUNT(sizes)];
	for (size_t i = 0; i < COUNT(sizes); i++) {
		places[i] = arena_alloc(&arena, sizes[i]);
		cr_assert(places[i], "size %zu", sizes[i]);
		cr_expect((uintptr_t)places[i] % alignof(max_align_t) == 0, "size %zu", sizes[i]);
		for (size_t j = 0; j < sizes[i]; j++)
			cr_assert(places[i][j] == 0, "size %zu, byte %zu", sizes[i], j);
		memset(places[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			cr_assert(places[i][j] == i + 1, "size %zu was overwritten", sizes[i]);
		for (size_t j = 0; j < i; j++)
			cr_expect(places[i] != places[j], "sizes %zu and %zu", sizes[i], sizes[j]);
	}
	arena_release(&arena);
}

Test(arena, blocks_grow_so_that_many_small_requests_cost_few)
{
	struct arena arena = {0};
	for (size_t i = 0; i < 65536; i++)
		cr_assert(arena_alloc(&arena, 16));
	/* 4 + 8 + ... + 256 KiB is 508 KiB, then 256 KiB each: 1 MiB needs 10. */
	cr_expect(arena.block_count <= 10, "%zu blocks", arena.block_count);
	cr_expect(arena.bytes >= 65536 * 16, "%zu bytes", arena.bytes);
	arena_release(&arena);
}

Test(arena, a_large_request_does_not_waste_the_block_in_use)
{
	struct arena arena = {0};
	cr_assert(arena_alloc(&arena, 16));
	cr_assert(arena_alloc(&arena, 1000000));
	cr_assert(arena_alloc(&arena, 16));
	cr_expect(arena.block_count == 2, "%zu blocks", arena.block_count);
	cr_expect(arena.bytes < 1000000 + 2 * 4096, "%zu bytes", arena.bytes);
	arena_release(&arena);
}

Test(arena, release_makes_it_ready_again)
{
	struct arena arena = {0};
	cr_assert(arena_alloc(&arena, 10000));
	arena_release(&arena);
	cr_expect(arena.bytes == 0 && arena.block_count == 0 && !arena.blocks);
	cr_expect(arena_alloc(&arena, 1));
	arena_release(&arena);
	arena_release(&arena);
}

Test(arena, an_overflowing_request_fails)
{
	struct arena arena = {0};
	cr_expect_null(arena_alloc(&arena, SIZE_MAX));
	cr_expect_null(arena_alloc(&arena, SIZE_MAX - 40));
	cr_expect_null(arena_array(&arena, SIZE_MAX / 2, 3));
	cr_expect_null(arena_array(&arena, 3, SIZE_MAX / 2));
	cr_expect_null(arena_text_n(&arena, "x", SIZE_MAX));
	cr_expect_not_null(arena_array(&arena, 0, 8));
	cr_expect_not_null(arena_array(&arena, 8, 0));
	arena_release(&arena);
}

Test(arena, text_is_copied)
{
	struct arena arena = {0};
	char text[] = "memories";
	char *whole = arena_text(&arena, text);
	char *part = arena_text_n(&arena, text, 3);
	text[0] = 'X';
	expect_text("whole", whole, "memories");
	expect_text("part", part, "mem");
	expect_text("empty", arena_text(&arena, ""), "");
	expect_text("NULL", arena_text(&arena, NULL), NULL);
	arena_release(&arena);
}

Test(arena, failure_is_injected_at_the_block_asked_for)
{
	struct arena arena = {0};
	arena_fail_after(2);
	cr_expect_not_null(arena_alloc(&arena, 4000));
	cr_expect_null(arena_alloc(&arena, 4000));
	cr_expect_null(arena_alloc(&arena, 100000));
	cr_expect(arena.block_count == 1, "what failed is not counted");
	arena_fail_after(0);
	cr_expect_not_null(arena_alloc(&arena, 4000));
	arena_release(&arena);
}
