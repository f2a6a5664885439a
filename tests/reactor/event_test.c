#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reactor/event.h"
#include "tests/suite.h"

#define ALL_FLAGS UINT32_C(63)

/* ---- flags ---- */

static const struct {
    uint32_t flag;
    bool (*is_set)(rdy_event event);
} questions[] = {
    {RDY_EVENT_READABLE, rdy_event_is_readable}, {RDY_EVENT_WRITABLE, rdy_event_is_writable},
    {RDY_EVENT_ERROR, rdy_event_is_error},       {RDY_EVENT_READ_CLOSED, rdy_event_is_read_closed},
    {RDY_EVENT_PRIORITY, rdy_event_is_priority}, {RDY_EVENT_WRITE_CLOSED, rdy_event_is_write_closed},
};

START_TEST(each_question_is_about_its_own_flag)
{
    const rdy_event alone = {.flags = questions[_i].flag};
    const rdy_event others = {.flags = ~questions[_i].flag};
    ck_assert(questions[_i].is_set(alone));
    ck_assert(!questions[_i].is_set(others));
}
END_TEST

START_TEST(an_event_takes_no_more_than_was_promised)
{
    ck_assert_uint_le(sizeof(rdy_event), sizeof(void *) == 8 ? 16 : 12);
}
END_TEST

/* ---- drained ---- */

static const struct {
    ptrdiff_t count;
    size_t wanted;
    bool drained;
} reads[] = {
    {1, 2, true},
    {99, 100, true},
    {1, SIZE_MAX, true},
    {PTRDIFF_MAX, SIZE_MAX, true},
    {100, 100, false},
    {1, 1, false},
    {0, 100, false},
    {0, 0, false},
    {-1, 100, false},
    {-11, SIZE_MAX, false},
    {PTRDIFF_MIN, SIZE_MAX, false},
};

START_TEST(a_short_read_has_drained_the_stream_and_no_other_read_has)
{
    const rdy_event event = {.flags = RDY_EVENT_READABLE | RDY_EVENT_WRITABLE};
    ck_assert_int_eq(rdy_event_is_drained(event, reads[_i].count, reads[_i].wanted), reads[_i].drained);
}
END_TEST

START_TEST(after_a_close_an_error_or_urgent_data_no_read_has_drained_the_stream)
{
    static const uint32_t ends[] = {RDY_EVENT_ERROR, RDY_EVENT_READ_CLOSED, RDY_EVENT_WRITE_CLOSED,
                                    RDY_EVENT_PRIORITY};
    const rdy_event event = {.flags = RDY_EVENT_READABLE | ends[_i]};
    for (int i = 0; i < COUNT(reads); i++)
        ck_assert(!rdy_event_is_drained(event, reads[i].count, reads[i].wanted));
}
END_TEST

/* ---- printing ---- */

static const struct {
    rdy_event event;
    const char *expected;
} rows[] = {
    {{7, RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED}, "Event { token: 7, flags: READABLE | READ_CLOSED }"},
    {{0, 0}, "Event { token: 0, flags: (empty) }"},
    {{1, RDY_EVENT_READABLE}, "Event { token: 1, flags: READABLE }"},
    {{1, RDY_EVENT_WRITABLE}, "Event { token: 1, flags: WRITABLE }"},
    {{1, RDY_EVENT_ERROR}, "Event { token: 1, flags: ERROR }"},
    {{1, RDY_EVENT_READ_CLOSED}, "Event { token: 1, flags: READ_CLOSED }"},
    {{1, RDY_EVENT_PRIORITY}, "Event { token: 1, flags: PRIORITY }"},
    {{1, RDY_EVENT_WRITE_CLOSED}, "Event { token: 1, flags: WRITE_CLOSED }"},
};

START_TEST(an_event_is_printed_with_its_token_and_the_names_of_its_flags)
{
    char text[RDY_EVENT_TEXT_MAX];
    const int length = rdy_event_print(rows[_i].event, text, sizeof text);
    ck_assert_str_eq(text, rows[_i].expected);
    ck_assert_int_eq(length, (int)strlen(rows[_i].expected));
}
END_TEST

START_TEST(the_longest_event_has_room_in_the_promised_size)
{
    const rdy_event event = {.token = UINTPTR_MAX, .flags = ALL_FLAGS};
    char text[RDY_EVENT_TEXT_MAX];
    char token[32];
    const int length = rdy_event_print(event, text, sizeof text);
    snprintf(token, sizeof token, "token: %" PRIuPTR ",", UINTPTR_MAX);
    ck_assert_int_eq(length, (int)strlen(text));
    ck_assert_ptr_nonnull(strstr(text, token));
    ck_assert_str_eq(text + length - 2, " }");
}
END_TEST

START_TEST(the_length_is_that_of_the_whole_text_also_when_it_was_cut)
{
    char text[12];
    const int length = (int)strlen(rows[_i].expected);
    ck_assert_int_eq(rdy_event_print(rows[_i].event, text, sizeof text), length);
    ck_assert_str_eq(text, "Event { tok");
    ck_assert_int_eq(rdy_event_print(rows[_i].event, NULL, 0), length);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event");
    TCase *flags = tcase_create("flags");
    TCase *printing = tcase_create("printing");

    tcase_add_loop_test(flags, each_question_is_about_its_own_flag, 0, COUNT(questions));
    tcase_add_test(flags, an_event_takes_no_more_than_was_promised);
    tcase_add_loop_test(flags, a_short_read_has_drained_the_stream_and_no_other_read_has, 0, COUNT(reads));
    tcase_add_loop_test(flags, after_a_close_an_error_or_urgent_data_no_read_has_drained_the_stream, 0, 4);
    tcase_add_loop_test(printing, an_event_is_printed_with_its_token_and_the_names_of_its_flags, 0,
                        COUNT(rows));
    tcase_add_test(printing, the_longest_event_has_room_in_the_promised_size);
    tcase_add_loop_test(printing, the_length_is_that_of_the_whole_text_also_when_it_was_cut, 0, COUNT(rows));
    suite_add_tcase(suite, flags);
    suite_add_tcase(suite, printing);
    return run_suite(suite);
}
