#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/probe/svg/svg_writer.h"
#include "reactor/clock.h"
#include "tests/suite.h"

static const struct {
    const char *plain;
    size_t most;
    const char *written;
} texts[] = {
    {"", 5, ""},
    {"[::1]:80", 8, "[::1]:80"},
    {"a<b>&\"'", 9, "a&#60;b&#62;&#38;&#34;&#39;"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 3, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\x01\t\n\x7f", 9, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc2\x85z", 9, "\xef\xbf\xbdz"},                           /* a control character of two bytes */
    {"\xef\xbf\xbe\xef\xbf\xbf", 9, "\xef\xbf\xbd\xef\xbf\xbd"}, /* U+FFFE, U+FFFF: not in XML */
    {"\x80\xc3", 9, "\xef\xbf\xbd\xef\xbf\xbd"},                 /* no UTF-8 */
    {"\xed\xa0\x80", 9, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
    {"abcdefgh", 7,
     "abc\xe2\x80\xa6"
     "fgh"},
    {"abcdefgh", 6,
     "ab\xe2\x80\xa6"
     "fgh"},
    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 3, "\xc3\xa9\xe2\x80\xa6\xc3\xa9"},
};

START_TEST(a_text_is_escaped_and_shortened_in_the_middle)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    svg_put_text(file, texts[_i].plain, texts[_i].most);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(text, texts[_i].written);
    free(text);
}
END_TEST

static const struct {
    int64_t ns;
    const char *exact;
    const char *tick;
} times[] = {
    {0, "0 s", "0"},
    {1250, "1.25 µs", "1.25 µs"},
    {999400, "999 µs", "999.4 µs"},
    {999500, "1.00 ms", "0.9995 ms"},
    {50 * RDY_MILLISECOND, "50.0 ms", "50 ms"},
    {99949999, "99.9 ms", "99.95 ms"},
    {99950000, "100 ms", "99.95 ms"},
    {RDY_SECOND, "1.00 s", "1 s"},
    {117 * RDY_SECOND, "117 s", "117 s"},
    {36000 * RDY_SECOND, "36000 s", "36000 s"},
};

START_TEST(a_time_has_three_digits_and_at_an_axis_those_it_needs)
{
    char text[SVG_TIME_SIZE];
    ck_assert_str_eq(svg_time(times[_i].ns, text), times[_i].exact);
    ck_assert_str_eq(svg_tick(times[_i].ns, times[_i].ns, text), times[_i].tick);
}
END_TEST

START_TEST(the_times_of_an_axis_have_one_unit)
{
    char text[SVG_TIME_SIZE];
    ck_assert_str_eq(svg_tick(500 * RDY_MILLISECOND, 2 * RDY_SECOND, text), "0.5 s");
    ck_assert_str_eq(svg_tick(20, 100 * RDY_MICROSECOND, text), "0.02 µs");
}
END_TEST

static const struct {
    int64_t range;
    int64_t parts;
    int64_t step;
} steps[] = {
    {0, 4, 1},
    {4, 4, 1},
    {5, 4, 2},
    {9, 4, 2},
    {10, 4, 5},
    {5 * RDY_SECOND, 8, RDY_SECOND},
    {INT64_MAX, 8, 2000000000000000000},
};

START_TEST(the_steps_of_an_axis_are_round_and_no_more_than_fit)
{
    ck_assert_int_eq(svg_step(steps[_i].range, steps[_i].parts), steps[_i].step);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svg_writer");
    TCase *cases = tcase_create("svg_writer");
    tcase_add_loop_test(cases, a_text_is_escaped_and_shortened_in_the_middle, 0, COUNT(texts));
    tcase_add_loop_test(cases, a_time_has_three_digits_and_at_an_axis_those_it_needs, 0, COUNT(times));
    tcase_add_loop_test(cases, the_steps_of_an_axis_are_round_and_no_more_than_fit, 0, COUNT(steps));
    tcase_add_test(cases, the_times_of_an_axis_have_one_unit);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
