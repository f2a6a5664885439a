#include <check.h>
#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

/*
 * The slab is compiled into this test, with allocations that can be made to fail and with its slots in sight:
 * no test could count a generation up to its end by calls.
 */
static int allocations_left = -1;

static bool allocation_fails(void)
{
    if (allocations_left < 0)
        return false;
    return allocations_left-- == 0;
}

static void *test_aligned_alloc(size_t alignment, size_t size)
{
    return allocation_fails() ? NULL : aligned_alloc(alignment, size);
}

static void *test_realloc(void *memory, size_t size)
{
    return allocation_fails() ? NULL : realloc(memory, size);
}

#define aligned_alloc test_aligned_alloc
#define realloc       test_realloc
#include "reactor/slab.c"
#undef aligned_alloc
#undef realloc

#define MANY 3000

static rdy_slab slab;
static rdy_token tokens[MANY];
static int *objects[MANY];

static void insert_numbers(int from, int to)
{
    for (int i = from; i < to; i++) {
        objects[i] = rdy_slab_insert(&slab, &tokens[i]);
        ck_assert_ptr_nonnull(objects[i]);
        ck_assert_int_eq(*objects[i], 0);
        *objects[i] = i;
    }
}

static void check_numbers(int from, int to)
{
    for (int i = from; i < to; i++) {
        ck_assert_ptr_eq(rdy_slab_get(&slab, tokens[i]), objects[i]);
        ck_assert_int_eq(*objects[i], i);
    }
}

static void begin(void)
{
    allocations_left = -1;
    rdy_slab_init(&slab, sizeof(int));
}

static void end(void)
{
    rdy_slab_free(&slab);
}

START_TEST(objects_are_found_by_token_and_never_move)
{
    insert_numbers(0, MANY);
    check_numbers(0, MANY);
    ck_assert_uint_eq(rdy_slab_count(&slab), MANY);
}
END_TEST

START_TEST(a_dead_token_never_finds_the_object_that_took_its_place)
{
    insert_numbers(0, 1);
    rdy_token dead = tokens[0];

    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(rdy_slab_remove(&slab, tokens[0]), 0);
        ck_assert_ptr_null(rdy_slab_get(&slab, tokens[0]));
        insert_numbers(0, 1);
        ck_assert_ptr_null(rdy_slab_get(&slab, dead));
        ck_assert_int_eq(rdy_slab_remove(&slab, dead), -ENOENT);
    }
    ck_assert_uint_eq(place_of(dead), place_of(tokens[0]));
    ck_assert_uint_eq(rdy_slab_count(&slab), 1);
}
END_TEST

START_TEST(a_generation_that_has_come_to_its_end_begins_anew)
{
    insert_numbers(0, 1);
    rdy_token last = token_of(GENERATION_MASK, 0);
    slab.slots[0] = last;

    ck_assert_ptr_eq(rdy_slab_get(&slab, last), objects[0]);
    ck_assert_int_eq(rdy_slab_remove(&slab, last), 0);
    ck_assert_ptr_null(rdy_slab_get(&slab, 0));
    rdy_token first = tokens[0];
    insert_numbers(0, 1);
    ck_assert_uint_eq(tokens[0], first);
    ck_assert_ptr_null(rdy_slab_get(&slab, last));
}
END_TEST

START_TEST(it_grows_by_whole_pages_to_the_last_place_and_no_further)
{
    uint32_t count = 0;
    while (count < SLOTS_AT_MOST) {
        const uint32_t larger = larger_slot_count(count);
        ck_assert_uint_gt(larger, count);
        ck_assert_uint_le(larger, SLOTS_AT_MOST);
        ck_assert_uint_eq(larger % OBJECTS_PER_PAGE, 0);
        count = larger;
    }
    ck_assert_uint_eq(larger_slot_count(count), count);
    ck_assert_uint_le(count, PLACE_MASK);
}
END_TEST

START_TEST(a_full_one_gives_no_object_and_leaves_the_token_as_it_was)
{
    rdy_slab full;
    rdy_slab_init(&full, sizeof(int));
    full.slot_count = full.first_free = SLOTS_AT_MOST; /* without the places, which nothing may touch */
    rdy_token token = 7;
    ck_assert_ptr_null(rdy_slab_insert(&full, &token));
    ck_assert_uint_eq(token, 7);
    ck_assert_uint_eq(rdy_slab_count(&full), 0);
}
END_TEST

/* How many of the values are tokens; asserting each of them would take libcheck long. */
static int count_tokens(rdy_token step, int count)
{
    int found = 0;

    for (int i = 0; i < count; i++)
        found += rdy_slab_get(&slab, step * (rdy_token)i) != NULL;
    return found;
}

START_TEST(small_constants_are_never_tokens)
{
    insert_numbers(0, MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_uint_gt(tokens[i], 65535);
    ck_assert_int_eq(count_tokens(1, 65536), 0);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(rdy_slab_remove(&slab, tokens[i]), 0);
    ck_assert_int_eq(count_tokens(1, 65536), 0);
}
END_TEST

START_TEST(any_value_may_be_asked)
{
    ck_assert_ptr_null(rdy_slab_get(&slab, UINTPTR_MAX));
    insert_numbers(0, 100);
    for (int i = 0; i < 100; i += 2)
        ck_assert_int_eq(rdy_slab_remove(&slab, tokens[i]), 0);
    ck_assert_int_eq(count_tokens(UINTPTR_MAX / 9973, 9973), 0);
    for (int bit = 0; bit < (int)sizeof(rdy_token) * 8; bit++)
        ck_assert_ptr_ne(rdy_slab_get(&slab, tokens[51] ^ (rdy_token)1 << bit), objects[51]);
    ck_assert_ptr_null(rdy_slab_get(&slab, UINTPTR_MAX));
}
END_TEST

START_TEST(a_new_object_is_zeroed_and_aligned_for_anything)
{
    static const unsigned char zeros[64];
    size_t size = (size_t)_i;
    rdy_token token;

    rdy_slab_init(&slab, size);
    for (int i = 0; i < 200; i++) {
        unsigned char *object = rdy_slab_insert(&slab, &token);
        ck_assert_uint_eq((uintptr_t)object % alignof(max_align_t), 0);
        if (size == 64)
            ck_assert_uint_eq((uintptr_t)object % 64, 0);
        ck_assert_mem_eq(object, zeros, size);
        memset(object, 0xff, size);
        if (i % 3 != 0)
            ck_assert_int_eq(rdy_slab_remove(&slab, token), 0);
    }
}
END_TEST

START_TEST(a_page_is_freed_with_its_last_object)
{
    insert_numbers(0, 2 * OBJECTS_PER_PAGE);
    for (int i = 0; i < OBJECTS_PER_PAGE; i++) {
        ck_assert_ptr_nonnull(slab.pages[0].objects);
        ck_assert_int_eq(rdy_slab_remove(&slab, tokens[i]), 0);
    }
    ck_assert_ptr_null(slab.pages[0].objects);
    for (int i = 0; i < OBJECTS_PER_PAGE; i++)
        ck_assert_ptr_null(rdy_slab_get(&slab, tokens[i]));
    check_numbers(OBJECTS_PER_PAGE, 2 * OBJECTS_PER_PAGE);
    insert_numbers(0, OBJECTS_PER_PAGE);
    check_numbers(0, 2 * OBJECTS_PER_PAGE);
}
END_TEST

START_TEST(the_place_freed_last_is_taken_first)
{
    insert_numbers(0, 100);
    ck_assert_int_eq(rdy_slab_remove(&slab, tokens[7]), 0);
    ck_assert_int_eq(rdy_slab_remove(&slab, tokens[3]), 0);
    int *seventh = objects[7];
    int *third = objects[3];

    insert_numbers(100, 102);
    ck_assert_ptr_eq(objects[100], third);
    ck_assert_ptr_eq(objects[101], seventh);
}
END_TEST

/* Allocations of an insert into a full slab: the slots, the pages, the page. */
START_TEST(out_of_memory_leaves_the_slab_as_before)
{
    for (int full = 0; full <= 2 * OBJECTS_PER_PAGE; full += OBJECTS_PER_PAGE) {
        rdy_token token = 42;
        begin();
        insert_numbers(0, full);
        allocations_left = _i;
        ck_assert_ptr_null(rdy_slab_insert(&slab, &token));
        ck_assert_uint_eq(token, 42);
        ck_assert_uint_eq(rdy_slab_count(&slab), (size_t)full);
        check_numbers(0, full);
        allocations_left = -1;
        insert_numbers(full, MANY);
        check_numbers(0, MANY);
        rdy_slab_free(&slab);
    }
}
END_TEST

START_TEST(an_object_size_that_is_too_large_to_round_up_does_not_become_small)
{
    rdy_slab_init(&slab, SIZE_MAX - 3);
    ck_assert_uint_ge(slab.object_size, SIZE_MAX - 3);
}
END_TEST

START_TEST(objects_of_which_a_page_would_wrap_around_are_out_of_memory)
{
    rdy_token token = 42;
    rdy_slab_init(&slab, SIZE_MAX / OBJECTS_PER_PAGE + 1);
    ck_assert_ptr_null(rdy_slab_insert(&slab, &token));
    ck_assert_uint_eq(token, 42);
}
END_TEST

START_TEST(a_walk_meets_each_object_once_and_may_remove_it)
{
    size_t cursor = 0;
    int met = 0;
    rdy_token token;

    insert_numbers(0, 1000);
    for (int i = 0; i < 1000; i += 3)
        ck_assert_int_eq(rdy_slab_remove(&slab, tokens[i]), 0);
    for (int *object; (object = rdy_slab_walk(&slab, &cursor, &token)) != NULL; met++) {
        int i = *object;
        ck_assert_int_ne(i % 3, 0);
        ck_assert_uint_eq(token, tokens[i]);
        if (i % 2 == 0)
            ck_assert_int_eq(rdy_slab_remove(&slab, token), 0);
        else
            *object = 3;
    }
    ck_assert_int_eq(met, 666);
    ck_assert_uint_eq(rdy_slab_count(&slab), 333);
    ck_assert_ptr_null(rdy_slab_walk(&slab, &cursor, &token));
}
END_TEST

START_TEST(a_freed_slab_is_empty_and_serves_again)
{
    rdy_slab zeroed = {0};
    size_t cursor = 0;

    insert_numbers(0, 1000);
    rdy_slab_free(&slab);
    ck_assert_uint_eq(rdy_slab_count(&slab), 0);
    ck_assert_ptr_null(rdy_slab_get(&slab, tokens[0]));
    ck_assert_ptr_null(rdy_slab_walk(&slab, &cursor, &tokens[0]));
    insert_numbers(0, 1000);
    check_numbers(0, 1000);
    rdy_slab_free(NULL);
    rdy_slab_free(&zeroed);
    ck_assert_ptr_null(rdy_slab_get(&zeroed, tokens[0]));
    ck_assert_int_eq(rdy_slab_remove(&zeroed, tokens[0]), -ENOENT);
}
END_TEST

static Suite *slab_suite(void)
{
    Suite *suite = suite_create("slab");
    TCase *tokens_case = tcase_create("tokens");
    TCase *memory = tcase_create("memory");

    tcase_add_checked_fixture(tokens_case, begin, end);
    tcase_add_test(tokens_case, objects_are_found_by_token_and_never_move);
    tcase_add_test(tokens_case, a_dead_token_never_finds_the_object_that_took_its_place);
    tcase_add_test(tokens_case, a_generation_that_has_come_to_its_end_begins_anew);
    tcase_add_test(tokens_case, it_grows_by_whole_pages_to_the_last_place_and_no_further);
    tcase_add_test(tokens_case, a_full_one_gives_no_object_and_leaves_the_token_as_it_was);
    tcase_add_test(tokens_case, small_constants_are_never_tokens);
    tcase_add_test(tokens_case, any_value_may_be_asked);
    tcase_add_test(tokens_case, a_walk_meets_each_object_once_and_may_remove_it);
    tcase_add_checked_fixture(memory, begin, end);
    tcase_add_loop_test(memory, a_new_object_is_zeroed_and_aligned_for_anything, 1, 65);
    tcase_add_test(memory, a_page_is_freed_with_its_last_object);
    tcase_add_test(memory, the_place_freed_last_is_taken_first);
    tcase_add_loop_test(memory, out_of_memory_leaves_the_slab_as_before, 0, 3);
    tcase_add_test(memory, an_object_size_that_is_too_large_to_round_up_does_not_become_small);
    tcase_add_test(memory, objects_of_which_a_page_would_wrap_around_are_out_of_memory);
    tcase_add_test(memory, a_freed_slab_is_empty_and_serves_again);
    suite_add_tcase(suite, tokens_case);
    suite_add_tcase(suite, memory);
    return suite;
}

int main(void)
{
    return run_suite(slab_suite());
}
