#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/latency.h"
#include "tests/suite.h"

enum { TIMES = 5000 };

static int64_t times[TIMES];
static struct latency latency;

static int compare_times(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Times of every size, the same in each run (xorshift, from a fixed seed), in order afterwards. */
static void set_up(void)
{
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    memset(&latency, 0, sizeof latency);
    for (size_t i = 0; i < TIMES; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        times[i] = (int64_t)(state >> (24 + state % 40));
        latency_add(&latency, times[i]);
    }
    qsort(times, TIMES, sizeof *times, compare_times);
}

START_TEST(places_are_in_the_order_of_times_and_none_is_left_out)
{
    ck_assert_uint_eq(latency_place(0), 0);
    ck_assert_uint_eq(latency_place(255), 255);
    ck_assert_uint_eq(latency_place(256), 256);
    ck_assert_uint_eq(latency_place(257), 256);
    ck_assert_uint_eq(latency_place(258), 257);
    ck_assert_uint_eq(latency_place(INT64_MAX), LATENCY_PLACES - 1);
    for (int bit = 8; bit < 63; bit++) {
        const int64_t power = INT64_C(1) << bit;
        ck_assert_uint_eq(latency_place(power), latency_place(power - 1) + 1);
    }
}
END_TEST

START_TEST(count_mean_and_most_are_exact)
{
    int64_t total_ns = 0;
    for (size_t i = 0; i < TIMES; i++)
        total_ns += times[i];
    ck_assert_uint_eq(latency.count, TIMES);
    ck_assert_int_eq(latency.most_ns, times[TIMES - 1]);
    ck_assert_double_eq_tol(latency_mean(&latency), (double)total_ns / TIMES, 1);
}
END_TEST

START_TEST(a_percentile_is_that_of_its_rank_within_less_than_half_a_percent)
{
    for (size_t rank = 1; rank <= TIMES; rank++) {
        const double exact = (double)times[rank - 1];
        const double found = (double)latency_percentile(&latency, ((double)rank - 0.5) / TIMES);
        ck_assert_double_le(fabs(found - exact), 0.004 * exact);
    }
}
END_TEST

START_TEST(a_percentile_is_never_beyond_the_most)
{
    memset(&latency, 0, sizeof latency);
    latency_add(&latency, 1000001);
    ck_assert_int_le(latency_percentile(&latency, 0.001), 1000001);
    ck_assert_int_le(latency_percentile(&latency, 1), 1000001);
}
END_TEST

START_TEST(an_empty_one_has_percentiles_of_0)
{
    memset(&latency, 0, sizeof latency);
    ck_assert_int_eq(latency_percentile(&latency, 0.5), 0);
    ck_assert_double_eq(latency_mean(&latency), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("latency");
    TCase *cases = tcase_create("latency");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, places_are_in_the_order_of_times_and_none_is_left_out);
    tcase_add_test(cases, count_mean_and_most_are_exact);
    tcase_add_test(cases, a_percentile_is_that_of_its_rank_within_less_than_half_a_percent);
    tcase_add_test(cases, a_percentile_is_never_beyond_the_most);
    tcase_add_test(cases, an_empty_one_has_percentiles_of_0);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
