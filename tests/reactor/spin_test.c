#include "reactor/spin.h"

#include "reactor/clock.h"
#include "tests/suite.h"

/* Of any limit, the whole window is a few sleeps away from shut, and back. */
#define A_FEW 5

static const int64_t limits[] = {1, 2, 7, 8, 9, 50 * RDY_MICROSECOND, 50 * RDY_MICROSECOND + 1, RDY_SECOND};

START_TEST(short_sleeps_open_the_window_to_its_limit_and_no_further)
{
    struct rdy_spin spin = {.limit_ns = limits[_i]};
    int64_t before = 0;
    for (int sleeps = 0; sleeps < A_FEW; sleeps++) {
        rdy_spin_learn(&spin, limits[_i], true);
        ck_assert_int_ge(spin.window_ns, before);
        ck_assert_int_gt(spin.window_ns, 0);
        ck_assert_int_le(spin.window_ns, limits[_i]);
        before = spin.window_ns;
    }
    ck_assert_int_eq(spin.window_ns, limits[_i]);
}
END_TEST

START_TEST(long_sleeps_close_the_window_by_halves_until_it_is_shut)
{
    struct rdy_spin spin = {.limit_ns = limits[_i], .window_ns = limits[_i]};
    for (int sleeps = 0; sleeps < A_FEW; sleeps++) {
        const int64_t before = spin.window_ns;
        rdy_spin_learn(&spin, 3 * limits[_i], true);
        ck_assert_msg(spin.window_ns == before / 2 || spin.window_ns == 0, "not halved");
    }
    ck_assert_int_eq(spin.window_ns, 0);
}
END_TEST

START_TEST(one_long_sleep_does_not_shut_a_wide_window)
{
    struct rdy_spin spin = {.limit_ns = RDY_MILLISECOND, .window_ns = RDY_MILLISECOND};
    rdy_spin_learn(&spin, RDY_SECOND, true);
    ck_assert_int_eq(spin.window_ns, RDY_MILLISECOND / 2);
}
END_TEST

static const struct {
    int64_t slept;
    bool answered;
    bool opens;
} sleeps[] = {
    {0, true, true},          {1000, true, true}, {2000, true, true},   {2001, true, false},
    {RDY_NEVER, true, false}, {0, false, false},  {1000, false, false},
};

START_TEST(only_an_answer_within_twice_the_limit_opens_the_window)
{
    struct rdy_spin shut = {.limit_ns = 1000};
    struct rdy_spin open = {.limit_ns = 1000, .window_ns = 500};
    rdy_spin_learn(&shut, sleeps[_i].slept, sleeps[_i].answered);
    rdy_spin_learn(&open, sleeps[_i].slept, sleeps[_i].answered);
    ck_assert_int_eq(shut.window_ns > 0, sleeps[_i].opens);
    ck_assert_int_eq(open.window_ns, sleeps[_i].opens ? 1000 : 250);
}
END_TEST

START_TEST(without_a_limit_there_is_never_a_window)
{
    struct rdy_spin spin = {0};
    for (int i = 0; i < A_FEW; i++) {
        rdy_spin_learn(&spin, 0, i != 2);
        ck_assert_int_eq(spin.window_ns, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spin");
    TCase *tests = tcase_create("window");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, short_sleeps_open_the_window_to_its_limit_and_no_further, 0, COUNT(limits));
    tcase_add_loop_test(tests, long_sleeps_close_the_window_by_halves_until_it_is_shut, 0, COUNT(limits));
    tcase_add_test(tests, one_long_sleep_does_not_shut_a_wide_window);
    tcase_add_loop_test(tests, only_an_answer_within_twice_the_limit_opens_the_window, 0, COUNT(sleeps));
    tcase_add_test(tests, without_a_limit_there_is_never_a_window);
    return run_suite(suite);
}
