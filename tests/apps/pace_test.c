#include <check.h>

#include "apps/connect/pace.h"
#include "reactor/clock.h"
#include "tests/suite.h"

static const int64_t begin_ns = 1000 * RDY_SECOND;

/* How many steps are taken by `end_ns` by somebody who looks every `period_ns`, beginning at `now_ns`. */
static int64_t steps_until(struct pace *pace, int64_t now_ns, int64_t end_ns, int64_t period_ns)
{
    int64_t count = 0;
    for (; now_ns < end_ns; now_ns += period_ns)
        for (; pace_next(pace) <= now_ns; count++)
            pace_step(pace, now_ns);
    return count;
}

static const unsigned rates[] = {1, 3, 9, 10, 50, 1000, 30000};

START_TEST(in_the_first_seconds_there_are_no_more_steps_than_the_rate_says_and_hardly_fewer)
{
    enum { SECONDS = 3 };
    const unsigned rate = rates[_i];
    struct pace pace;
    pace_init(&pace, rate, begin_ns);
    const int64_t count = steps_until(&pace, begin_ns, begin_ns + SECONDS * RDY_SECOND, 10 * RDY_MICROSECOND);
    ck_assert_int_le(count, SECONDS * (int64_t)rate);
    ck_assert_int_ge(count, SECONDS * (int64_t)rate - 1 - rate / 1000);
}
END_TEST

START_TEST(after_a_pause_a_tenth_of_a_second_is_caught_up_on_and_no_more)
{
    const unsigned rate = rates[_i];
    struct pace pace;
    pace_init(&pace, rate, begin_ns);
    const int64_t now_ns = begin_ns + 10 * RDY_SECOND;
    const int64_t count = steps_until(&pace, now_ns, now_ns + 1, 1);
    ck_assert_int_eq(count, rate < 10 ? 1 : rate / 10);
}
END_TEST

START_TEST(the_first_step_may_be_taken_at_once_and_the_second_may_not)
{
    struct pace pace;
    pace_init(&pace, 100, begin_ns);
    ck_assert_int_eq(pace_next(&pace), begin_ns);
    pace_step(&pace, begin_ns);
    ck_assert_int_eq(pace_next(&pace), begin_ns + RDY_SECOND / 100);
}
END_TEST

START_TEST(without_a_rate_every_step_may_be_taken_at_once)
{
    struct pace pace;
    pace_init(&pace, 0, begin_ns);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_le(pace_next(&pace), begin_ns);
        pace_step(&pace, begin_ns);
    }
}
END_TEST

int main(void)
{
    const int count = sizeof rates / sizeof rates[0];
    Suite *suite = suite_create("pace");
    TCase *steps = tcase_create("steps");
    tcase_add_loop_test(
        steps, in_the_first_seconds_there_are_no_more_steps_than_the_rate_says_and_hardly_fewer, 0, count);
    tcase_add_loop_test(steps, after_a_pause_a_tenth_of_a_second_is_caught_up_on_and_no_more, 0, count);
    tcase_add_test(steps, the_first_step_may_be_taken_at_once_and_the_second_may_not);
    tcase_add_test(steps, without_a_rate_every_step_may_be_taken_at_once);
    suite_add_tcase(suite, steps);
    return run_suite(suite);
}
