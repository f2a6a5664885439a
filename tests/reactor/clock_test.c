#include <stdint.h>
#include <time.h>

#include "reactor/clock.h"
#include "tests/suite.h"

static int64_t monotonic_clock(void)
{
    struct timespec time;
    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

START_TEST(the_clock_is_the_monotonic_one_in_nanoseconds)
{
    for (int i = 0; i < 1000; i++) {
        const int64_t before = monotonic_clock();
        const int64_t now = rdy_clock_now();
        const int64_t after = monotonic_clock();
        ck_assert_msg(before <= now && now <= after, "not between two looks at the system's clock");
    }
}
END_TEST

START_TEST(a_second_has_a_thousand_milliseconds_of_a_thousand_microseconds)
{
    ck_assert_int_eq(RDY_MICROSECOND, 1000);
    ck_assert_int_eq(RDY_MILLISECOND, 1000 * RDY_MICROSECOND);
    ck_assert_int_eq(RDY_SECOND, 1000 * RDY_MILLISECOND);
}
END_TEST

static const struct {
    int64_t now;
    int64_t delay;
    int64_t deadline;
} sums[] = {
    {0, 0, 0},
    {5, 0, 5},
    {5, 7, 12},
    {5, -1, RDY_NEVER},
    {5, INT64_MIN, RDY_NEVER},
    {5, INT64_MAX, RDY_NEVER},
    {5, INT64_MAX - 6, INT64_MAX - 1},
    {5, INT64_MAX - 5, RDY_NEVER},
    {5, INT64_MAX - 4, RDY_NEVER},
    {INT64_MAX, INT64_MAX, RDY_NEVER},
    {RDY_NEVER, 0, RDY_NEVER},
    {RDY_NEVER, 1, RDY_NEVER},
};

START_TEST(a_moment_too_late_to_be_told_is_never)
{
    ck_assert_int_eq(rdy_clock_after(sums[_i].now, sums[_i].delay), sums[_i].deadline);
}
END_TEST

static const struct {
    int64_t now;
    int64_t deadline;
    int64_t timeout;
} differences[] = {
    {5, 12, 7},
    {5, 6, 1},
    {5, 5, 0},
    {5, 4, 0},
    {5, 0, 0},
    {INT64_MAX, 0, 0},
    {0, INT64_MAX - 1, INT64_MAX - 1},
    {5, RDY_NEVER, -1},
    {0, RDY_NEVER, -1},
    {RDY_NEVER, RDY_NEVER, -1},
    {-5, 7, 12},
    {-5, INT64_MAX - 5, INT64_MAX},
    {-5, INT64_MAX - 4, INT64_MAX},
    {INT64_MIN, INT64_MAX - 1, INT64_MAX},
    {INT64_MIN, INT64_MIN, 0},
    {INT64_MAX, INT64_MIN, 0},
    {INT64_MIN, RDY_NEVER, -1},
};

START_TEST(a_deadline_gives_the_timeout_of_a_wait)
{
    ck_assert_int_eq(rdy_clock_until(differences[_i].now, differences[_i].deadline), differences[_i].timeout);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, the_clock_is_the_monotonic_one_in_nanoseconds);
    tcase_add_test(tests, a_second_has_a_thousand_milliseconds_of_a_thousand_microseconds);
    tcase_add_loop_test(tests, a_moment_too_late_to_be_told_is_never, 0, COUNT(sums));
    tcase_add_loop_test(tests, a_deadline_gives_the_timeout_of_a_wait, 0, COUNT(differences));
    return run_suite(suite);
}
