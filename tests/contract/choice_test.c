/* Which backend a poll takes: the explicit option, else RDY_BACKEND, else the best that opens. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/contract/support.h"

static int open_backend(const char *name, rdy_poll **poll)
{
    const rdy_poll_options options = {.backend = name};
    return rdy_poll_open(&options, poll);
}

static void expect_and_close(rdy_poll *poll, const char *name)
{
    ck_assert_str_eq(rdy_poll_backend(poll), name);
    rdy_poll_close(poll);
}

START_TEST(the_list_has_the_backend_under_test_and_no_name_twice)
{
    const char *const *names = rdy_backends();
    int found = 0;
    for (int i = 0; names[i] != NULL; i++) {
        found += strcmp(names[i], rdy_poll_backend(subject.poll)) == 0;
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(names[i], names[j]);
    }
    ck_assert_int_eq(found, 1);
}
END_TEST

START_TEST(each_listed_backend_opens_by_name_whatever_the_environment_says)
{
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        rdy_poll *poll;
        ck_assert_int_eq(setenv("RDY_BACKEND", _i ? "none such" : rdy_backends()[0], 1), 0);
        ck_assert_int_eq(open_backend(*name, &poll), 0);
        expect_and_close(poll, *name);
    }
}
END_TEST

START_TEST(the_environment_chooses_when_no_option_does)
{
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        const rdy_poll_options options = {0};
        rdy_poll *poll;
        ck_assert_int_eq(setenv("RDY_BACKEND", *name, 1), 0);
        ck_assert_int_eq(rdy_poll_open(&options, &poll), 0);
        expect_and_close(poll, *name);
        ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
        expect_and_close(poll, *name);
    }
}
END_TEST

START_TEST(without_a_choice_the_best_is_taken)
{
    rdy_poll *poll;
    ck_assert_int_eq(unsetenv("RDY_BACKEND"), 0);
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    expect_and_close(poll, rdy_backends()[0]);
}
END_TEST

/* A busy server's next worker must not become slow without a word. */
START_TEST(a_lack_of_descriptors_is_an_error_and_no_worse_backend)
{
    rdy_poll *poll = NULL;
    struct rlimit limits;
    const int lowest_free = dup(STDIN_FILENO);
    close(lowest_free);
    ck_assert_int_eq(unsetenv("RDY_BACKEND"), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limits), 0);
    limits.rlim_cur = (rlim_t)lowest_free + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limits), 0);
    const int error = rdy_poll_open(NULL, &poll);
    if (error == 0)
        expect_and_close(poll, rdy_backends()[0]);
    else
        ck_assert_int_eq(error, -EMFILE);
}
END_TEST

static const char *const unknown[] = {"none such", "Epoll", "epoll ", "selec", "selects"};

START_TEST(an_unknown_option_is_enotsup_and_no_other_backend)
{
    rdy_poll *untouched = NULL;
    ck_assert_int_eq(open_backend(unknown[_i], &untouched), -ENOTSUP);
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(an_unknown_environment_is_enotsup_and_no_other_backend)
{
    rdy_poll *untouched = NULL;
    ck_assert_int_eq(setenv("RDY_BACKEND", unknown[_i], 1), 0);
    ck_assert_int_eq(rdy_poll_open(NULL, &untouched), -ENOTSUP);
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(polls_of_different_backends_live_side_by_side)
{
    struct pair pairs[8];
    rdy_poll *polls[8];
    int count = 0;
    for (const char *const *name = rdy_backends(); *name != NULL && count < 8; name++, count++) {
        pairs[count] = open_unix_pair();
        ck_assert_int_eq(open_backend(*name, &polls[count]), 0);
        ck_assert_int_eq(
            rdy_registry_register(rdy_poll_registry(polls[count]), pairs[count].end, 1, RDY_WRITABLE), 0);
    }
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(rdy_poll_wait(polls[i], &subject.events, GENEROUS), 1);
        rdy_poll_close(polls[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("choice");
    TCase *tests = contract_case(suite, "choice");

    tcase_add_test(tests, the_list_has_the_backend_under_test_and_no_name_twice);
    tcase_add_loop_test(tests, each_listed_backend_opens_by_name_whatever_the_environment_says, 0, 2);
    tcase_add_test(tests, the_environment_chooses_when_no_option_does);
    tcase_add_test(tests, without_a_choice_the_best_is_taken);
    tcase_add_test(tests, a_lack_of_descriptors_is_an_error_and_no_worse_backend);
    tcase_add_loop_test(tests, an_unknown_option_is_enotsup_and_no_other_backend, 0, COUNT(unknown));
    tcase_add_loop_test(tests, an_unknown_environment_is_enotsup_and_no_other_backend, 0, COUNT(unknown));
    tcase_add_test(tests, polls_of_different_backends_live_side_by_side);
    return run_suite(suite);
}
