#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "apps/common/option.h"
#include "apps/common/progress.h"
#include "reactor/clock.h"
#include "tests/suite.h"

#define START "\r\033[K"

static int terminal;
static int real_stderr;

static const struct progress_tally tallies[] = {{"ok", 3}, {"reset", 0}, {"timed out", 2}};
static const struct progress_state state = {
    .done = 5, .total = 10, .in_flight = 4, .tallies = tallies, .tally_count = 3};

static void open_terminal(unsigned short columns)
{
    const struct winsize size = {.ws_col = columns, .ws_row = 24};
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(grantpt(terminal), 0);
    ck_assert_int_eq(unlockpt(terminal), 0);
    const int tty = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(tty, 0);
    ck_assert_int_eq(ioctl(tty, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(dup2(tty, STDERR_FILENO), STDERR_FILENO);
    close(tty);
}

static void set_up(void)
{
    real_stderr = dup(STDERR_FILENO);
    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    ck_assert_int_eq(unsetenv("NO_COLOR"), 0);
    open_terminal(200);
}

static void tear_down(void)
{
    progress_clear();
    (void)dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(terminal);
}

/* All that was written to the terminal since the last time. */
static const char *drawn(void)
{
    static const char end[] = "<end>";
    static char text[4096];
    size_t length = 0;
    ck_assert_int_eq(write(STDERR_FILENO, end, strlen(end)), (ssize_t)strlen(end));
    do {
        const ssize_t count = read(terminal, text + length, sizeof text - 1 - length);
        ck_assert_int_gt(count, 0);
        length += (size_t)count;
        text[length] = '\0';
    } while (strstr(text, end) == NULL);
    *strstr(text, end) = '\0';
    return text;
}

static void draw_one(bool wanted)
{
    struct progress progress;
    progress_begin(&progress, wanted);
    progress_draw(&progress, &state);
}

START_TEST(the_line_tells_how_far_how_fast_and_what_came_of_it)
{
    draw_one(true);
    const char *text = drawn();
    const char *begin = START "5/10 done, 4 in flight, ";
    ck_assert_msg(strncmp(text, begin, strlen(begin)) == 0, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "/s, 0:"));
    ck_assert_ptr_nonnull(strstr(text, " left, \033[32m3 ok\033[0m, \033[31m2 timed out\033[0m"));
    ck_assert_ptr_null(strstr(text, "reset"));
}
END_TEST

START_TEST(without_colour_where_that_is_not_wanted)
{
    ck_assert_int_eq(setenv("NO_COLOR", "1", 1), 0);
    draw_one(true);
    const char *text = drawn();
    ck_assert_ptr_nonnull(strstr(text, " left, 3 ok, 2 timed out"));
    ck_assert_ptr_null(strchr(text + strlen(START), '\033'));
}
END_TEST

START_TEST(the_line_is_narrower_than_the_terminal)
{
    close(terminal);
    open_terminal(20);
    draw_one(true);
    ck_assert_str_eq(drawn(), START "5/10 done, 4 in fli");
}
END_TEST

START_TEST(one_that_nobody_wants_or_sees_is_not_drawn)
{
    struct progress progress;
    draw_one(false);
    ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
    draw_one(true);
    ck_assert_int_eq(unsetenv("TERM"), 0);
    draw_one(true);
    ck_assert_str_eq(drawn(), "");
    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    ck_assert_int_eq(dup2(real_stderr, STDERR_FILENO), STDERR_FILENO);
    const int null = open("/dev/null", O_WRONLY);
    ck_assert_int_eq(dup2(null, STDERR_FILENO), STDERR_FILENO);
    close(null);
    progress_begin(&progress, true);
    ck_assert_int_eq(progress_due_ns(&progress), RDY_NEVER);
}
END_TEST

START_TEST(it_is_drawn_when_it_is_due_and_not_before)
{
    struct progress progress;
    progress_begin(&progress, true);
    ck_assert_int_le(progress_due_ns(&progress), rdy_clock_now());
    progress_draw(&progress, &state);
    ck_assert_str_ne(drawn(), "");
    ck_assert_int_gt(progress_due_ns(&progress), progress.begun_ns);
    progress.next_ns = rdy_clock_now() + 3600 * RDY_SECOND;
    progress_draw(&progress, &state);
    ck_assert_str_eq(drawn(), "");
}
END_TEST

START_TEST(the_line_is_wiped_once_and_before_a_complaint)
{
    draw_one(true);
    (void)drawn();
    progress_clear();
    ck_assert_str_eq(drawn(), START);
    progress_clear();
    ck_assert_str_eq(drawn(), "");
    draw_one(true);
    (void)drawn();
    complain("trouble");
    ck_assert_str_eq(drawn(), START "rdy: trouble\r\n");
}
END_TEST

START_TEST(the_line_stands_while_a_file_is_printed_to_and_gives_way_to_the_terminal)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    draw_one(true);
    (void)drawn();
    progress_clear_for(file);
    ck_assert_str_eq(drawn(), "");
    progress_clear_for(stderr);
    ck_assert_str_eq(drawn(), START);
    ck_assert_int_eq(fclose(file), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *cases = tcase_create("progress");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_line_tells_how_far_how_fast_and_what_came_of_it);
    tcase_add_test(cases, without_colour_where_that_is_not_wanted);
    tcase_add_test(cases, the_line_is_narrower_than_the_terminal);
    tcase_add_test(cases, one_that_nobody_wants_or_sees_is_not_drawn);
    tcase_add_test(cases, it_is_drawn_when_it_is_due_and_not_before);
    tcase_add_test(cases, the_line_is_wiped_once_and_before_a_complaint);
    tcase_add_test(cases, the_line_stands_while_a_file_is_printed_to_and_gives_way_to_the_terminal);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
