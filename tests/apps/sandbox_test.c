#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/common/sandbox.h"
#include "tests/apps/sandbox_attempts.h"
#include "tests/suite.h"

enum { SKIPPED = 77 }; /* as meson takes it */

/* ---- each attempt in a process of its own ---- */

static void fail_unless_confined(int error)
{
    if (error == 0)
        return;
    fprintf(stderr, "sandbox_enter: %d\n", error);
    _exit(EXIT_FAILURE);
}

static void make_attempt(const attempt *one)
{
    fail_unless_confined(sandbox_enter(one->needs));
    const long result = one->make != NULL ? one->make() : syscall(one->number, 0L, 0L, 0L, 0L, 0L, 0L);
    _exit(result < 0 ? errno : DONE);
}

static int outcome_of(pid_t child)
{
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
    return KILLED;
}

START_TEST(what_is_needed_goes_on_and_the_rest_is_refused)
{
    const attempt *one = &attempts[_i];
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        make_attempt(one);
    ck_assert_msg(outcome_of(child) == one->expected, "%s is not as expected", one->name);
}
END_TEST

static void *open_when_told(void *unused)
{
    char byte;
    if (read(ends[0], &byte, 1) == 1 && open_file() < 0)
        _exit(errno);
    _exit(DONE);
    return unused;
}

START_TEST(threads_that_run_already_are_confined_too)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, open_when_told, NULL) != 0)
            _exit(EXIT_FAILURE);
        fail_unless_confined(sandbox_enter(0));
        (void)!write(ends[1], "x", 1);
        pthread_join(thread, NULL);
    }
    ck_assert_int_eq(outcome_of(child), ENOSYS);
}
END_TEST

START_TEST(where_there_is_none_it_is_said)
{
    ck_assert_ptr_null(sandbox_name());
    ck_assert_int_eq(sandbox_enter(0), -ENOTSUP);
}
END_TEST

/* A filter that lets all pass: asked without the sandbox, so that one which is broken still fails. */
static int enter_filter(void)
{
    uint32_t deadly = SECCOMP_RET_KILL_PROCESS;
    struct sock_filter all = {.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW};
    struct sock_fprog program = {.len = 1, .filter = &all};
    const bool entered =
        prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 &&
        syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0L, &deadly) == 0 &&
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
    return entered ? 0 : errno;
}

/* The errno by which a kernel without filters refuses, or 0. */
static int refusal_of_kernel(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(enter_filter());
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return 0;
    return WEXITSTATUS(status);
}

int main(void)
{
    const int refusal = sandbox_name() != NULL ? refusal_of_kernel() : 0;
    if (refusal != 0) {
        printf("skipped: this kernel takes no filter: %s\n", strerror(refusal));
        return SKIPPED;
    }
    Suite *suite = suite_create("sandbox");
    TCase *cases = tcase_create("sandbox");
    if (sandbox_name() != NULL) {
        tcase_set_tags(cases,
                       WITHOUT_EMULATOR " " WITHOUT_VALGRIND); /* which call the kernel for themselves */
        tcase_add_checked_fixture(cases, open_all, close_all);
        tcase_add_loop_test(cases, what_is_needed_goes_on_and_the_rest_is_refused, 0, attempt_count);
        tcase_add_test(cases, threads_that_run_already_are_confined_too);
    } else {
        tcase_add_test(cases, where_there_is_none_it_is_said);
    }
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
