#include <check.h>
#include <string.h>

#include "bench/load/content.h"
#include "tests/suite.h"

enum { SIZE = 100 };

static uint8_t message[SIZE];

START_TEST(any_part_of_a_message_is_that_part_of_the_whole)
{
    const uint64_t key = content_key(3, 5);
    content_fill(message, SIZE, key, 0);
    for (size_t offset = 0; offset <= SIZE; offset++)
        for (size_t count = 0; offset + count <= SIZE; count++) {
            uint8_t part[SIZE + 1];
            memset(part, 0xA5, sizeof part);
            content_fill(part, count, key, offset);
            ck_assert_mem_eq(part, message + offset, count);
            ck_assert_uint_eq(part[count], 0xA5);
            ck_assert(content_matches(message + offset, count, key, offset));
        }
}
END_TEST

START_TEST(any_wrong_bit_is_found)
{
    const uint64_t key = content_key(3, 5);
    content_fill(message, SIZE, key, 0);
    for (size_t offset = 0; offset < 9; offset++)
        for (size_t bit = 8 * offset; bit < 8 * SIZE; bit++) {
            message[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ck_assert(!content_matches(message + offset, SIZE - offset, key, offset));
            message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}
END_TEST

START_TEST(messages_of_connections_differ_and_from_themselves_elsewhere)
{
    content_fill(message, SIZE, content_key(3, 5), 0);
    ck_assert(!content_matches(message, 8, content_key(3, 6), 0));
    ck_assert(!content_matches(message, 8, content_key(4, 5), 0));
    ck_assert(!content_matches(message, 8, content_key(5, 3), 0));
    for (size_t offset = 1; offset < SIZE - 8; offset++)
        ck_assert(!content_matches(message + offset, 8, content_key(3, 5), 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("content of the load");
    TCase *cases = tcase_create("content");
    tcase_add_test(cases, any_part_of_a_message_is_that_part_of_the_whole);
    tcase_add_test(cases, any_wrong_bit_is_found);
    tcase_add_test(cases, messages_of_connections_differ_and_from_themselves_elsewhere);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
