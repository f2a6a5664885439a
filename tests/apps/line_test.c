#include <check.h>
#include <stdlib.h>

#include "apps/probe/line.h"
#include "tests/suite.h"

static struct line line;

static void set_up(void)
{
    ck_assert_int_eq(line_open(&line, 3), 0);
}

static void tear_down(void)
{
    line_close(&line);
}

START_TEST(the_fresh_ones_come_in_the_order_of_the_list)
{
    for (size_t i = 0; i < 3; i++) {
        ck_assert(line_may_take(&line, i));
        ck_assert_uint_eq(line_take(&line), i);
    }
    ck_assert(!line_may_take(&line, 3));
    ck_assert(!line_may_take(&line, 0));
}
END_TEST

START_TEST(one_that_was_put_back_waits_behind_the_fresh_ones)
{
    line_put_back(&line, line_take(&line));
    ck_assert_uint_eq(line_take(&line), 1);
    ck_assert_uint_eq(line_take(&line), 2);
    ck_assert(!line_may_take(&line, 2));
}
END_TEST

START_TEST(one_that_was_put_back_may_try_when_others_are_through)
{
    for (int i = 0; i < 3; i++)
        line_put_back(&line, line_take(&line));
    ck_assert(!line_may_take(&line, 5));
    line_allow_retry(&line);
    ck_assert(line_may_take(&line, 5));
    ck_assert_uint_eq(line_take(&line), 0);
    ck_assert_uint_eq(line_take(&line), 1);
    ck_assert(!line_may_take(&line, 5));
}
END_TEST

START_TEST(one_that_was_put_back_may_try_when_it_is_alone)
{
    for (int i = 0; i < 3; i++)
        line_put_back(&line, line_take(&line));
    ck_assert(line_may_take(&line, 0));
    ck_assert_uint_eq(line_take(&line), 0);
    ck_assert_uint_eq(line.tries, 0);
}
END_TEST

START_TEST(however_often_they_are_put_back_nobody_is_lost)
{
    for (int i = 0; i < 100; i++)
        line_put_back(&line, line_take(&line));
    int seen[3] = {0};
    while (line_may_take(&line, 0))
        seen[line_take(&line)]++;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(seen[i], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("line");
    TCase *cases = tcase_create("line");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_fresh_ones_come_in_the_order_of_the_list);
    tcase_add_test(cases, one_that_was_put_back_waits_behind_the_fresh_ones);
    tcase_add_test(cases, one_that_was_put_back_may_try_when_others_are_through);
    tcase_add_test(cases, one_that_was_put_back_may_try_when_it_is_alone);
    tcase_add_test(cases, however_often_they_are_put_back_nobody_is_lost);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
