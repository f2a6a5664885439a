#include "reactor/os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/suite.h"

START_TEST(close_on_exec_is_set_and_no_other_flag_changes)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const int status = fcntl(ends[0], F_GETFL);
    ck_assert_int_eq(fcntl(ends[0], F_GETFD), 0);
    ck_assert_int_eq(rdy_sys_set_close_on_exec(ends[0]), 0);
    ck_assert_int_eq(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(ends[0], F_GETFL), status);
    close(ends[0]);
    close(ends[1]);
    ck_assert_int_eq(rdy_sys_set_close_on_exec(ends[0]), -EBADF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys");
    TCase *tests = tcase_create("flags");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, close_on_exec_is_set_and_no_other_flag_changes);
    return run_suite(suite);
}
