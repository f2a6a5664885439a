#include <string.h>

#include "reactor/text.h"
#include "tests/suite.h"

static const struct rdy_text_bit names[] = {{1, "ONE"}, {4, "FOUR"}, {2, "TWO"}};

static const struct {
    unsigned bits;
    const char *expected;
} rows[] = {
    {0, "(empty)"},   {8, "(empty)"},          {1, "ONE"},      {2, "TWO"},
    {3, "ONE | TWO"}, {7, "ONE | FOUR | TWO"}, {8 | 4, "FOUR"},
};

START_TEST(the_bits_that_are_set_are_named_in_the_order_of_the_table)
{
    char bytes[64] = "";
    struct rdy_text text = {.bytes = bytes, .size = sizeof bytes};
    rdy_text_add_bits(&text, names, COUNT(names), rows[_i].bits);
    ck_assert_str_eq(bytes, rows[_i].expected);
    ck_assert_uint_eq(text.length, strlen(rows[_i].expected));
}
END_TEST

static void add_all(struct rdy_text *text)
{
    rdy_text_add(text, "%s-%d ", "number", 42);
    rdy_text_add_bits(text, names, COUNT(names), 7);
    rdy_text_add(text, "%s", "");
    rdy_text_add(text, " end");
}

static const char whole[] = "number-42 ONE | FOUR | TWO end";

/* The size is that of the loop: from one byte up to room to spare. */
START_TEST(text_is_cut_where_the_room_ends_and_counted_to_its_end)
{
    const size_t size = (size_t)_i;
    const size_t written = size < sizeof whole ? size - 1 : sizeof whole - 1;
    char bytes[sizeof whole + 8];
    memset(bytes, '#', sizeof bytes);
    struct rdy_text text = {.bytes = bytes, .size = size};
    add_all(&text);
    ck_assert_uint_eq(text.length, sizeof whole - 1);
    ck_assert_mem_eq(bytes, whole, written);
    ck_assert_int_eq(bytes[written], '\0');
    for (size_t i = size; i < sizeof bytes; i++)
        ck_assert_int_eq(bytes[i], '#');
}
END_TEST

START_TEST(text_without_room_is_counted_and_nothing_is_written)
{
    char untouched = '#';
    struct rdy_text nowhere = {0};
    struct rdy_text no_room = {.bytes = &untouched};
    add_all(&nowhere);
    add_all(&no_room);
    ck_assert_uint_eq(nowhere.length, sizeof whole - 1);
    ck_assert_uint_eq(no_room.length, sizeof whole - 1);
    ck_assert_int_eq(untouched, '#');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, the_bits_that_are_set_are_named_in_the_order_of_the_table, 0, COUNT(rows));
    tcase_add_loop_test(tests, text_is_cut_where_the_room_ends_and_counted_to_its_end, 1,
                        (int)sizeof whole + 4);
    tcase_add_test(tests, text_without_room_is_counted_and_nothing_is_written);
    return run_suite(suite);
}
