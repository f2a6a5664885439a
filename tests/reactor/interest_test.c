#include <string.h>

#include "reactor/interest.h"
#include "tests/suite.h"

static const struct {
    rdy_interest interest;
    const char *expected;
} rows[] = {
    {0, "(empty)"},
    {RDY_READABLE, "READABLE"},
    {RDY_WRITABLE, "WRITABLE"},
    {RDY_PRIORITY, "PRIORITY"},
    {RDY_READABLE | RDY_EDGE, "READABLE"},
    {RDY_READABLE | RDY_WRITABLE | RDY_LEVEL, "READABLE | WRITABLE | LEVEL"},
    {RDY_WRITABLE | RDY_ONESHOT, "WRITABLE | ONESHOT"},
    {RDY_READABLE | RDY_EXCLUSIVE, "READABLE | EXCLUSIVE"},
    {RDY_READABLE | RDY_WRITABLE | RDY_PRIORITY | RDY_LEVEL | RDY_ONESHOT | RDY_EXCLUSIVE,
     "READABLE | WRITABLE | PRIORITY | LEVEL | ONESHOT | EXCLUSIVE"},
};

START_TEST(an_interest_is_printed_as_its_names_and_has_room_in_the_promised_size)
{
    char text[RDY_INTEREST_TEXT_MAX];
    const int length = rdy_interest_print(rows[_i].interest, text, sizeof text);
    ck_assert_str_eq(text, rows[_i].expected);
    ck_assert_int_eq(length, (int)strlen(rows[_i].expected));
}
END_TEST

START_TEST(the_length_is_that_of_the_whole_text_also_when_it_was_cut)
{
    char text[4];
    const int length = (int)strlen(rows[_i].expected);
    ck_assert_int_eq(rdy_interest_print(rows[_i].interest, text, sizeof text), length);
    ck_assert_int_eq(strncmp(text, rows[_i].expected, 3), 0);
    ck_assert_uint_eq(strlen(text), 3);
    ck_assert_int_eq(rdy_interest_print(rows[_i].interest, NULL, 0), length);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interest");
    TCase *tests = tcase_create("printing");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, an_interest_is_printed_as_its_names_and_has_room_in_the_promised_size, 0,
                        COUNT(rows));
    tcase_add_loop_test(tests, the_length_is_that_of_the_whole_text_also_when_it_was_cut, 0, COUNT(rows));
    return run_suite(suite);
}
