#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/torrent/tracker_tiers.h"
#include "tests/suite.h"

static struct tracker_tiers tiers;

static void tear_down(void)
{
    tracker_tiers_free(&tiers);
}

static int add(struct tracker_tiers *to, size_t tier, const char *url)
{
    return tracker_tiers_add(to, tier, url, strlen(url));
}

/* The URLs, those of a tier side by side: "a b | c". */
static void assert_tiers(const char *expected)
{
    char text[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < tiers.count; i++) {
        const struct tracker *tracker = &tiers.trackers[i];
        const char *gap = i == 0 ? "" : tracker->tier == tracker[-1].tier ? " " : " | ";
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", gap, tracker->url);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(trackers_stand_by_tier_and_within_it_as_they_came)
{
    static const struct tracker given[] = {{"c", 5}, {"a", 0}, {"d", 5}, {"b", 0}, {"m", 2}};
    for (int i = 0; i < COUNT(given); i++)
        ck_assert_int_eq(add(&tiers, given[i].tier, given[i].url), 0);
    assert_tiers("a b | m | c d");
}
END_TEST

START_TEST(a_tracker_is_there_once)
{
    ck_assert_int_eq(add(&tiers, 0, "http://a/b"), 0);
    ck_assert_int_eq(add(&tiers, 1, "http://a/b"), 0);
    ck_assert_int_eq(add(&tiers, 1, "http://a/"), 0);
    ck_assert_int_eq(add(&tiers, 1, "http://a/bc"), 0);
    assert_tiers("http://a/b | http://a/ http://a/bc");
}
END_TEST

START_TEST(white_space_around_a_url_is_not_of_it)
{
    ck_assert_int_eq(add(&tiers, 0, " \t\r\n\v\fhttp://a/b\f\v\n\r\t "), 0);
    ck_assert_int_eq(add(&tiers, 0, "http://a/b"), 0);
    ck_assert_int_eq(add(&tiers, 0, "c "), 0);
    assert_tiers("http://a/b c");
}
END_TEST

static const char *const no_urls[] = {"", " ", " \n", "http://a/ b", "http://a/\nb", "http://a/\x01", "\x7F"};

START_TEST(what_is_no_url_is_refused)
{
    ck_assert_int_eq(add(&tiers, 0, no_urls[_i]), -EINVAL);
    ck_assert_int_eq(tracker_tiers_add(&tiers, 0, "a\0b", 3), -EINVAL);
    ck_assert_int_eq(tracker_tiers_add(&tiers, 0, "a\0", 2), -EINVAL);
    ck_assert_uint_eq(tiers.count, 0);
}
END_TEST

START_TEST(the_number_of_trackers_is_bounded)
{
    char url[16];
    for (int i = 0; i < TRACKER_TIERS_MAX; i++) {
        (void)snprintf(url, sizeof url, "%d", i);
        ck_assert_int_eq(add(&tiers, 0, url), 0);
    }
    ck_assert_int_eq(add(&tiers, 0, "0"), 0);
    ck_assert_int_eq(add(&tiers, 0, "x"), -E2BIG);
    ck_assert_uint_eq(tiers.count, TRACKER_TIERS_MAX);
}
END_TEST

START_TEST(what_is_appended_stands_in_tiers_behind)
{
    struct tracker_tiers more = {0};
    ck_assert_int_eq(add(&more, 0, "a"), 0);
    ck_assert_int_eq(add(&more, 0, "b"), 0);
    ck_assert_int_eq(add(&more, 3, "c"), 0);
    ck_assert_int_eq(tracker_tiers_append(&tiers, &more), 0);
    assert_tiers("a b | c");
    ck_assert_int_eq(add(&more, 9, "d"), 0);
    ck_assert_int_eq(tracker_tiers_append(&tiers, &more), 0);
    assert_tiers("a b | c | d");
    tracker_tiers_free(&more);
}
END_TEST

/* The numbers that are given, one after the other. */
static uint32_t next_number(void *context)
{
    const uint32_t **next = context;
    return *(*next)++;
}

START_TEST(each_tier_is_shuffled_by_itself)
{
    static const uint32_t numbers[] = {0, UINT32_MAX, UINT32_C(1) << 31};
    const uint32_t *next = numbers;
    static const struct tracker given[] = {{"a", 0}, {"b", 0}, {"c", 0}, {"x", 1}, {"y", 2}, {"z", 2}};
    for (int i = 0; i < COUNT(given); i++)
        ck_assert_int_eq(add(&tiers, given[i].tier, given[i].url), 0);
    tracker_tiers_shuffle(&tiers, next_number, &next);
    assert_tiers("c b a | x | y z");
    ck_assert_ptr_eq(next, numbers + COUNT(numbers));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tracker_tiers");
    TCase *cases = tcase_create("tracker_tiers");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_test(cases, trackers_stand_by_tier_and_within_it_as_they_came);
    tcase_add_test(cases, a_tracker_is_there_once);
    tcase_add_test(cases, white_space_around_a_url_is_not_of_it);
    tcase_add_loop_test(cases, what_is_no_url_is_refused, 0, COUNT(no_urls));
    tcase_add_test(cases, the_number_of_trackers_is_bounded);
    tcase_add_test(cases, what_is_appended_stands_in_tiers_behind);
    tcase_add_test(cases, each_tier_is_shuffled_by_itself);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
