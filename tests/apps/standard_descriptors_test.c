#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "apps/common/standard_descriptors.h"
#include "tests/suite.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(what_is_closed_is_taken_and_is_still_an_error_to_use)
{
    char byte = 'x';
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        ck_assert_int_eq(close(fd), 0);
    fill_standard_descriptors();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        ck_assert(is_open(fd));
    ck_assert_int_eq(read(STDIN_FILENO, &byte, 1), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(write(STDOUT_FILENO, &byte, 1), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(what_is_open_stays_and_no_other_is_opened)
{
    int ends[2];
    char byte = 'x';
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    const int next = dup(STDOUT_FILENO);
    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(close(STDIN_FILENO), 0);
    fill_standard_descriptors();
    ck_assert(!is_open(next));
    ck_assert_int_eq(write(STDOUT_FILENO, &byte, 1), 1);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("standard_descriptors");
    TCase *cases = tcase_create("standard_descriptors");
    tcase_add_test(cases, what_is_closed_is_taken_and_is_still_an_error_to_use);
    tcase_add_test(cases, what_is_open_stays_and_no_other_is_opened);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
