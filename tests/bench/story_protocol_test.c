#include <string.h>

#include "bench/story/protocol.h"
#include "tests/suite.h"

static const struct {
    const char *said;
    unsigned heard;
} rows[] = {
    {"", 0},
    {"HELLO 7", 0},
    {"HELLO 7\n", STORY_ANSWER},
    {"HELLO 7\nHELLO ", STORY_ANSWER},
    {"HELLO 7\nHELLO 9", STORY_ANSWER},
    {"HELLO 7\nHELLO 9\n", STORY_ANSWER | STORY_DONE},
    {"HELLO 0\nHELLO 2\n", STORY_ANSWER | STORY_DONE},
    {"HELLO 8\nHELLO 10\n", STORY_ANSWER | STORY_DONE},
    {"HELLO 999999999\nHELLO 1000000001\n", STORY_ANSWER | STORY_DONE},

    {"HELLO 1000000000", STORY_REFUSED},
    {"HELLO 4294967296", STORY_REFUSED},
    {"HELLO 00", STORY_REFUSED},
    {"HELLO 07", STORY_REFUSED},
    {"HELLO \n", STORY_REFUSED},
    {"HELLO\n", STORY_REFUSED},
    {"HELLO  ", STORY_REFUSED},
    {"HELLO -", STORY_REFUSED},
    {"HELLO +", STORY_REFUSED},
    {"HELLO 7 ", STORY_REFUSED},
    {"HELLO 7\r", STORY_REFUSED},
    {"HELLO 7/", STORY_REFUSED},
    {"HELLO 7:", STORY_REFUSED},
    {"HELLO 7\xb0", STORY_REFUSED},
    {"h", STORY_REFUSED},
    {"HELP", STORY_REFUSED},
    {" ", STORY_REFUSED},
    {"\n", STORY_REFUSED},
    {"\xff", STORY_REFUSED},
    {"HELLO 7\n\n", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 7\nHELLO 8\n", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 7\nHELLO 7\n", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 7\nHELLO 10\n", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 7\nHELLO 09", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 7\nHELLO \n", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 999999999\nHELLO 1000000002", STORY_ANSWER | STORY_REFUSED},
    {"HELLO 7\nHELLO 9\n\n", STORY_ANSWER | STORY_DONE | STORY_REFUSED},
    {"HELLO 7\nHELLO 9\nH", STORY_ANSWER | STORY_DONE | STORY_REFUSED},
};

START_TEST(what_is_heard_does_not_depend_on_the_pieces)
{
    const size_t size = strlen(rows[_i].said);
    for (size_t piece = 1; piece <= size + 1; piece++) {
        story_exchange exchange = {0};
        unsigned heard = 0;
        for (size_t begin = 0; begin < size; begin += piece) {
            const size_t left = size - begin;
            heard |= story_hear(&exchange, rows[_i].said + begin, left < piece ? left : piece);
        }
        ck_assert_uint_eq(heard, rows[_i].heard);
    }
}
END_TEST

START_TEST(the_byte_that_is_wrong_is_the_one_that_is_refused)
{
    story_exchange exchange = {0};
    const char *const said = rows[_i].said;
    const size_t size = strlen(said);
    for (size_t i = 0; i < size; i++) {
        const unsigned expected = i + 1 == size ? rows[_i].heard & STORY_REFUSED : 0;
        ck_assert_uint_eq(story_hear(&exchange, said + i, 1) & STORY_REFUSED, expected);
    }
}
END_TEST

START_TEST(the_answer_is_the_next_number)
{
    static const struct {
        const char *said, *answer;
    } answers[] = {
        {"HELLO 0\n", "HELLO 1\n"},
        {"HELLO 9\nHEL", "HELLO 10\n"},
        {"HELLO 999999999\nHELLO 1", "HELLO 1000000000\n"},
    };
    for (int i = 0; i < COUNT(answers); i++) {
        story_exchange exchange = {0};
        char line[STORY_LINE_MAX];
        ck_assert_uint_eq(story_hear(&exchange, answers[i].said, strlen(answers[i].said)), STORY_ANSWER);
        ck_assert_uint_eq(story_answer(&exchange, line), strlen(answers[i].answer));
        ck_assert_str_eq(line, answers[i].answer);
    }
}
END_TEST

START_TEST(the_longest_line_has_room)
{
    char line[STORY_LINE_MAX];
    ck_assert_uint_eq(story_line(STORY_MOST + 2, line), STORY_LINE_MAX - 1);
    ck_assert_str_eq(line, "HELLO 1000000001\n");
}
END_TEST

START_TEST(after_a_refusal_the_right_words_do_not_help)
{
    static const char right[] = "HELLO 7\nHELLO 9\n";
    story_exchange exchange = {0};
    ck_assert_uint_eq(story_hear(&exchange, "?", 1), STORY_REFUSED);
    ck_assert_uint_eq(story_hear(&exchange, right, sizeof right - 1), STORY_REFUSED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("story protocol");
    TCase *tests = tcase_create("protocol");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, what_is_heard_does_not_depend_on_the_pieces, 0, COUNT(rows));
    tcase_add_loop_test(tests, the_byte_that_is_wrong_is_the_one_that_is_refused, 0, COUNT(rows));
    tcase_add_test(tests, the_answer_is_the_next_number);
    tcase_add_test(tests, the_longest_line_has_room);
    tcase_add_test(tests, after_a_refusal_the_right_words_do_not_help);
    return run_suite(suite);
}
