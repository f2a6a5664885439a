#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "apps/probe/report/histogram.h"
#include "tests/suite.h"

enum { TIMES = 5000 };

static int64_t times[TIMES];
static struct histogram histogram;

/* Times of every size, the same in each run (xorshift, from a fixed seed). */
static void set_up(void)
{
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < TIMES; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        times[i] = (int64_t)(state >> (14 + state % 50));
    }
}

static void tear_down(void)
{
    histogram_free(&histogram);
}

static void add_all(struct histogram *to, const int64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(histogram_add(to, from[i]), 0);
}

static int compare_times(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

START_TEST(every_time_has_a_place_and_places_are_in_the_order_of_times)
{
    ck_assert_uint_eq(histogram_place(0), 0);
    ck_assert_uint_eq(histogram_place(255), 255);
    ck_assert_uint_eq(histogram_place(256), 256);
    ck_assert_uint_eq(histogram_place(257), 256);
    ck_assert_uint_eq(histogram_place(258), 257);
    ck_assert_uint_eq(histogram_place(INT64_MAX), HISTOGRAM_PLACES - 1);
    for (int bit = 8; bit < 63; bit++) {
        const int64_t power = INT64_C(1) << bit;
        ck_assert_uint_eq(histogram_place(power), histogram_place(power - 1) + 1);
    }
}
END_TEST

START_TEST(count_total_least_and_most_are_exact)
{
    add_all(&histogram, (const int64_t[]){1000001, 7, 123456789}, 3);
    ck_assert_uint_eq(histogram.count, 3);
    ck_assert_int_eq(histogram.total_ns, 1000001 + 7 + 123456789);
    ck_assert_int_eq(histogram.least_ns, 7);
    ck_assert_int_eq(histogram.most_ns, 123456789);
}
END_TEST

START_TEST(a_total_that_is_too_large_stays_the_largest)
{
    add_all(&histogram, (const int64_t[]){INT64_MAX, INT64_MAX}, 2);
    ck_assert_int_eq(histogram.total_ns, INT64_MAX);
}
END_TEST

static const double percents[] = {0, 0.1, 1, 25, 50, 75, 90, 99, 99.9, 100};

START_TEST(a_percentile_is_that_of_its_rank_within_less_than_half_a_percent)
{
    add_all(&histogram, times, TIMES);
    qsort(times, TIMES, sizeof times[0], compare_times);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        const double rank = percents[i] / 100 * TIMES;
        const size_t above = (size_t)rank + ((double)(size_t)rank < rank);
        const int64_t exact = times[above == 0 ? 0 : above - 1];
        const double off = (double)(histogram_percentile(&histogram, percents[i]) - exact);
        ck_assert_double_le(off < 0 ? -off : off, (double)exact * 0.004);
    }
}
END_TEST

START_TEST(a_percentile_is_never_beyond_the_least_and_the_most)
{
    add_all(&histogram, (const int64_t[]){1000003, 1000003, 1000003}, 3);
    ck_assert_int_eq(histogram_percentile(&histogram, 0), 1000003);
    ck_assert_int_eq(histogram_percentile(&histogram, 50), 1000003);
    ck_assert_int_eq(histogram_percentile(&histogram, 100), 1000003);
}
END_TEST

START_TEST(nearest_rank_is_the_time_that_so_many_do_not_exceed)
{
    add_all(&histogram, (const int64_t[]){40, 10, 30, 20}, 4);
    ck_assert_int_eq(histogram_percentile(&histogram, 25), 10);
    ck_assert_int_eq(histogram_percentile(&histogram, 50), 20);
    ck_assert_int_eq(histogram_percentile(&histogram, 51), 30);
    ck_assert_int_eq(histogram_percentile(&histogram, 100), 40);
}
END_TEST

START_TEST(an_empty_one_has_percentiles_of_0)
{
    ck_assert_int_eq(histogram_percentile(&histogram, 50), 0);
}
END_TEST

static void assert_equal(const struct histogram *left, const struct histogram *right)
{
    ck_assert_uint_eq(left->count, right->count);
    ck_assert_int_eq(left->total_ns, right->total_ns);
    ck_assert_int_eq(left->least_ns, right->least_ns);
    ck_assert_int_eq(left->most_ns, right->most_ns);
    ck_assert_uint_eq(left->bucket_count, right->bucket_count);
    for (size_t i = 0; i < left->bucket_count; i++) {
        ck_assert_uint_eq(left->buckets[i].place, right->buckets[i].place);
        ck_assert_uint_eq(left->buckets[i].count, right->buckets[i].count);
    }
}

/* Seven parts, one of them empty, are added from the last to the first. */
START_TEST(merged_parts_are_the_histogram_of_the_whole)
{
    enum { PARTS = 7 };
    struct histogram parts[PARTS] = {{0}};
    struct histogram merged = {0};
    add_all(&histogram, times, TIMES);
    for (size_t i = 0; i < TIMES; i++)
        add_all(&parts[(size_t)times[i] % (PARTS - 1)], &times[i], 1);
    for (size_t i = PARTS; i-- > 0;) {
        ck_assert_int_eq(histogram_merge(&merged, &parts[i]), 0);
        histogram_free(&parts[i]);
    }
    assert_equal(&merged, &histogram);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
        ck_assert_int_eq(histogram_percentile(&merged, percents[i]),
                         histogram_percentile(&histogram, percents[i]));
    histogram_free(&merged);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("histogram");
    TCase *cases = tcase_create("histogram");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, every_time_has_a_place_and_places_are_in_the_order_of_times);
    tcase_add_test(cases, count_total_least_and_most_are_exact);
    tcase_add_test(cases, a_total_that_is_too_large_stays_the_largest);
    tcase_add_test(cases, a_percentile_is_that_of_its_rank_within_less_than_half_a_percent);
    tcase_add_test(cases, a_percentile_is_never_beyond_the_least_and_the_most);
    tcase_add_test(cases, nearest_rank_is_the_time_that_so_many_do_not_exceed);
    tcase_add_test(cases, an_empty_one_has_percentiles_of_0);
    tcase_add_test(cases, merged_parts_are_the_histogram_of_the_whole);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
