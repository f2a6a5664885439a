#include "apps/common/option.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reactor/clock.h"
#include "tests/suite.h"

static const struct {
    const char *text;
    int64_t ns; /* -1 for text that is refused */
} durations[] = {
    {"0", 0},
    {"5", 5 * RDY_SECOND},
    {"5s", 5 * RDY_SECOND},
    {"1.5s", 1500 * RDY_MILLISECOND},
    {"0.25", 250 * RDY_MILLISECOND},
    {"250us", 250 * RDY_MICROSECOND},
    {"250ms", 250 * RDY_MILLISECOND},
    {"0.0015ms", 1500},
    {"2m", 120 * RDY_SECOND},
    {"1h", 3600 * RDY_SECOND},
    {"0.0000000019s", 1},
    {"9223372035s", 9223372035 * RDY_SECOND},
    {"9223372037s", -1},
    {"18446744073709551616s", -1},
    {"", -1},
    {"s", -1},
    {".5s", -1},
    {"5.s", -1},
    {"1.2.3s", -1},
    {"-1s", -1},
    {"+1s", -1},
    {" 1s", -1},
    {"1 s", -1},
    {"1s ", -1},
    {"5x", -1},
    {"5S", -1},
    {"0x10", -1},
    {"inf", -1},
};

START_TEST(duration_takes_whole_texts_with_a_known_unit)
{
    int64_t ns = -1;
    const int error = option_duration("--timeout", durations[_i].text, &ns);
    ck_assert_int_eq(error, durations[_i].ns < 0 ? -EINVAL : 0);
    ck_assert_int_eq(ns, durations[_i].ns);
}
END_TEST

START_TEST(timeout_is_a_duration_above_0)
{
    int64_t ns = -1;
    ck_assert_int_eq(option_timeout("--timeout", "0s", &ns), -EINVAL);
    ck_assert_int_eq(option_timeout("--timeout", "soon", &ns), -EINVAL);
    ck_assert_int_eq(ns, -1);
    ck_assert_int_eq(option_timeout("--timeout", "1us", &ns), 0);
    ck_assert_int_eq(ns, RDY_MICROSECOND);
}
END_TEST

START_TEST(shard_is_one_of_so_many)
{
    static const struct {
        const char *text;
        size_t index; /* 0 for text that is refused */
        size_t count;
    } shards[] = {
        {"1/1", 1, 1},  {"3/8", 3, 8},  {"8/8", 8, 8},
        {"0/8", 0, 0},  {"9/8", 0, 0},  {"1/0", 0, 0},
        {"", 0, 0},     {"/", 0, 0},    {"1/", 0, 0},
        {"/8", 0, 0},   {"1", 0, 0},    {"1/8/2", 0, 0},
        {"1/8x", 0, 0}, {" 1/8", 0, 0}, {"1 /8", 0, 0},
        {"-1/8", 0, 0}, {"1/+8", 0, 0}, {"1/99999999999999999999", 0, 0},
    };
    for (size_t i = 0; i < sizeof shards / sizeof shards[0]; i++) {
        size_t index = 0;
        size_t count = 0;
        const int error = option_shard("--shard", shards[i].text, &index, &count);
        ck_assert_int_eq(error, shards[i].index == 0 ? -EINVAL : 0);
        ck_assert_uint_eq(index, shards[i].index);
        ck_assert_uint_eq(count, shards[i].count);
    }
}
END_TEST

START_TEST(backend_is_one_that_was_built_in)
{
    static const char *const others[] = {"", "abacus", "epol", "epoll ", "SELECT"};
    char word[] = "select";
    const char *name = NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_int_eq(option_backend("--backend", others[i], &name), -EINVAL);
    ck_assert_ptr_null(name);
    ck_assert_int_eq(option_backend("--backend", word, &name), 0);
    ck_assert_str_eq(name, "select");
    ck_assert_ptr_ne(name, word);
}
END_TEST

static const struct {
    const char *text;
    size_t bytes; /* UNTOUCHED for text that is refused */
} sizes[] = {
#define UNTOUCHED 77
    {"0", 0},
    {"512", 512},
    {"64KiB", 64 * 1024},
    {"1MiB", 1024 * 1024},
    {"1GiB", 1024 * 1024 * 1024},
    {"64K", 64 * 1024},
    {"1M", 1024 * 1024},
    {"1G", 1024 * 1024 * 1024},
    {"64kB", 64000},
    {"1MB", 1000000},
    {"1GB", 1000000000},
    {"", UNTOUCHED},
    {"KiB", UNTOUCHED},
    {"1.5K", UNTOUCHED},
    {"-1", UNTOUCHED},
    {"64kb", UNTOUCHED},
    {"64 K", UNTOUCHED},
    {"18446744073709551616", UNTOUCHED},
    {"18446744073709551615K", UNTOUCHED},
};

START_TEST(size_takes_whole_texts_with_a_known_unit)
{
    size_t bytes = UNTOUCHED;
    const int error = option_size("--buffer", sizes[_i].text, &bytes);
    ck_assert_int_eq(error, sizes[_i].bytes == UNTOUCHED ? -EINVAL : 0);
    ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

static const struct {
    const char *text;
    long least;
    long most;
    long count; /* -1 for text that is refused */
} counts[] = {
    {"1", 1, 64, 1},   {"64", 1, 64, 64}, {"0", 0, 5, 0},    {"007", 1, 64, 7},
    {"9", 1, 5, -1},   {"65", 1, 64, -1}, {"0", 1, 64, -1},  {"", 0, 64, -1},
    {"-1", 0, 64, -1}, {"1x", 1, 64, -1}, {" 1", 1, 64, -1}, {"99999999999999999999999", 1, 64, -1},
};

START_TEST(count_takes_decimal_numbers_within_its_bounds)
{
    long count = -1;
    const int error = option_count("--workers", counts[_i].text, counts[_i].least, counts[_i].most, &count);
    ck_assert_int_eq(error, counts[_i].count < 0 ? -EINVAL : 0);
    ck_assert_int_eq(count, counts[_i].count);
}
END_TEST

START_TEST(port_is_a_number_from_1_to_65535)
{
    uint16_t port = 7;
    ck_assert_int_eq(option_port("--port", "0", &port), -EINVAL);
    ck_assert_int_eq(option_port("--port", "65536", &port), -EINVAL);
    ck_assert_uint_eq(port, 7);
    ck_assert_int_eq(option_port("--port", "65535", &port), 0);
    ck_assert_uint_eq(port, 65535);
}
END_TEST

START_TEST(a_backend_of_the_environment_must_be_known_where_it_is_set)
{
    ck_assert_int_eq(unsetenv("RDY_BACKEND"), 0);
    ck_assert_int_eq(option_backend_of_environment(), 0);
    ck_assert_int_eq(setenv("RDY_BACKEND", "select", 1), 0);
    ck_assert_int_eq(option_backend_of_environment(), 0);
    ck_assert_int_eq(setenv("RDY_BACKEND", "abacus", 1), 0);
    ck_assert_int_eq(option_backend_of_environment(), -EINVAL);
}
END_TEST

START_TEST(only_one_at_a_time_fits_to_one_after_another)
{
    ck_assert_int_eq(option_order(true, 0), 0);
    ck_assert_int_eq(option_order(true, 1), 0);
    ck_assert_int_eq(option_order(false, 2), 0);
    ck_assert_int_eq(option_order(true, 2), -EINVAL);
}
END_TEST

/* Runs `report` with stderr sent to a file, and gives back what it wrote. */
static const char *stderr_of(void (*report)(void))
{
    static char text[2048];
    FILE *const file = tmpfile();
    ck_assert_ptr_nonnull(file);
    const int earlier = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    report();
    ck_assert_int_ge(dup2(earlier, STDERR_FILENO), 0);
    close(earlier);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void ask_for_bad_duration(void)
{
    int64_t ns;
    option_set_program("rdy-echo");
    (void)option_duration("--idle-timeout", "5 s", &ns);
}

START_TEST(complaint_names_program_option_and_value)
{
    ck_assert_str_eq(stderr_of(ask_for_bad_duration),
                     "rdy-echo: --idle-timeout: expected a duration such as 250ms, 5s or 2m, not '5 s'\n");
    ck_assert_str_eq(option_program(), "rdy-echo");
}
END_TEST

static void complain_of_control_characters(void)
{
    complain("%s", "one\ntwo\x1b[2J \xC3\xA9 \xE2\x82\xAC \xC2\x9B\x31m \x9B\x31m \xE4");
}

START_TEST(complaint_stays_one_line_whatever_it_quotes)
{
    option_set_program("rdy");
    ck_assert_str_eq(stderr_of(complain_of_control_characters),
                     "rdy: one?two?[2J \xC3\xA9 \xE2\x82\xAC ??1m ?1m \xE4\n");
}
END_TEST

int main(void)
{
    TCase *const values = tcase_create("values");
    tcase_add_loop_test(values, duration_takes_whole_texts_with_a_known_unit, 0, COUNT(durations));
    tcase_add_test(values, timeout_is_a_duration_above_0);
    tcase_add_test(values, shard_is_one_of_so_many);
    tcase_add_test(values, backend_is_one_that_was_built_in);
    tcase_add_loop_test(values, size_takes_whole_texts_with_a_known_unit, 0, COUNT(sizes));
    tcase_add_loop_test(values, count_takes_decimal_numbers_within_its_bounds, 0, COUNT(counts));

    tcase_add_test(values, port_is_a_number_from_1_to_65535);
    tcase_add_test(values, a_backend_of_the_environment_must_be_known_where_it_is_set);
    tcase_add_test(values, only_one_at_a_time_fits_to_one_after_another);

    TCase *const messages = tcase_create("messages");
    tcase_add_test(messages, complaint_names_program_option_and_value);
    tcase_add_test(messages, complaint_stays_one_line_whatever_it_quotes);

    Suite *const suite = suite_create("option");
    suite_add_tcase(suite, values);
    suite_add_tcase(suite, messages);
    return run_suite(suite);
}
