/* reactor/signals.h: signals as an ordinary source. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/signals.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static rdy_signals signals;
static rdy_signals more;

static void close_signals(void)
{
    rdy_signals_close(&signals);
    rdy_signals_close(&more);
}

static void open_two(rdy_interest interest)
{
    static const int numbers[] = {SIGUSR1, SIGTERM};
    ck_assert_int_eq(rdy_signals_open(numbers, 2, &signals), 0);
    watch(&signals.source, TOKEN, interest);
}

START_TEST(a_signal_makes_the_source_readable_and_is_told_once)
{
    static const rdy_interest interests[] = {RDY_READABLE, RDY_READABLE | RDY_LEVEL};
    open_two(interests[_i]);
    expect_silence();
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(raise(round % 2 ? SIGUSR1 : SIGTERM), 0);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(rdy_signals_next(&signals), round % 2 ? SIGUSR1 : SIGTERM);
        ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
        expect_silence();
    }
}
END_TEST

START_TEST(a_signal_before_the_registration_is_kept)
{
    static const int number = SIGUSR2;
    ck_assert_int_eq(rdy_signals_open(&number, 1, &signals), 0);
    ck_assert_int_eq(raise(SIGUSR2), 0);
    watch(&signals.source, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_signals_next(&signals), SIGUSR2);
}
END_TEST

START_TEST(signals_of_one_number_merge_and_those_of_others_do_not)
{
    open_two(RDY_READABLE);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    const int first = rdy_signals_next(&signals);
    const int second = rdy_signals_next(&signals);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
    ck_assert_int_eq(first + second, SIGUSR1 + SIGTERM);
    ck_assert(first == SIGUSR1 || first == SIGTERM);
    expect_silence();
}
END_TEST

START_TEST(two_objects_have_their_own_signals)
{
    static const int number = SIGUSR2;
    open_two(RDY_READABLE);
    ck_assert_int_eq(rdy_signals_open(&number, 1, &more), 0);
    watch(&more.source, OTHER, RDY_READABLE);
    ck_assert_int_eq(raise(SIGUSR2), 0);
    wait_for(OTHER, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
    ck_assert_int_eq(rdy_signals_next(&more), SIGUSR2);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_signals_next(&more), -EAGAIN);
    ck_assert_int_eq(rdy_signals_next(&signals), SIGUSR1);
}
END_TEST

static void *signal_main_while_it_sleeps(void *opaque)
{
    wait_until_main_sleeps();
    pthread_kill(*(const pthread_t *)opaque, SIGTERM);
    return NULL;
}

/* The handler runs in the sleeping thread: -EINTR may come first, but the event comes. */
START_TEST(a_signal_that_interrupts_the_wait_is_not_lost)
{
    pthread_t self = pthread_self();
    open_two(RDY_READABLE);
    for (int round = 0; round < 5; round++) {
        pthread_t thread = start_thread(signal_main_while_it_sleeps, &self);
        int count = rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER);
        if (count == -EINTR)
            count = rdy_poll_wait(subject.poll, &subject.events, GENEROUS);
        ck_assert_int_eq(count, 1);
        ck_assert_uint_eq(flags_for(TOKEN) & RDY_EVENT_READABLE, RDY_EVENT_READABLE);
        ck_assert_int_eq(rdy_signals_next(&signals), SIGTERM);
        ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
        join_thread(thread);
    }
}
END_TEST

static void *raise_here(void *opaque)
{
    wait_until_main_sleeps();
    raise(SIGTERM);
    return opaque;
}

START_TEST(a_signal_that_another_thread_takes_ends_the_wait)
{
    open_two(RDY_READABLE);
    pthread_t thread = start_thread(raise_here, NULL);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    join_thread(thread);
    ck_assert_int_eq(rdy_signals_next(&signals), SIGTERM);
}
END_TEST

/* ---- handlers ---- */

static volatile sig_atomic_t handled;

static void count_signal(int number)
{
    (void)number;
    handled++;
}

START_TEST(handlers_ask_for_the_alternate_stack_if_there_is_one)
{
    static const int number = SIGUSR2;
    const size_t size = 1 << 16;
    const stack_t stack = {.ss_sp = malloc(size), .ss_size = size, .ss_flags = _i == 0 ? SS_DISABLE : 0};
    stack_t before;
    struct sigaction action;
    ck_assert_int_eq(sigaltstack(&stack, &before), 0);
    ck_assert_int_eq(rdy_signals_open(&number, 1, &signals), 0);
    ck_assert_int_eq(sigaction(number, NULL, &action), 0);
    ck_assert_int_eq((action.sa_flags & SA_ONSTACK) != 0, _i);
    ck_assert_int_eq(raise(number), 0);
    ck_assert_int_eq(rdy_signals_next(&signals), number);
    ck_assert_int_eq(sigaltstack(&before, NULL), 0);
    free(stack.ss_sp);
}
END_TEST

START_TEST(closing_restores_the_handlers_that_were_there_before)
{
    struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    struct sigaction before;
    struct sigaction after;
    sigemptyset(&action.sa_mask);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(sigaction(SIGTERM, NULL, &before), 0);
    open_two(RDY_READABLE);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(handled, 0);
    rdy_signals_close(&signals);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(handled, 1);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &after), 0);
    ck_assert_int_eq(after.sa_flags & SA_RESTART, SA_RESTART);
    ck_assert_int_eq(sigaction(SIGTERM, NULL, &after), 0);
    ck_assert(after.sa_handler == before.sa_handler);
}
END_TEST

START_TEST(closing_frees_the_signals_and_leaves_silence)
{
    open_two(RDY_READABLE);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    rdy_signals_close(&signals);
    expect_silence();
    rdy_signals_close(&signals);
    rdy_signals_close(NULL);
    open_two(RDY_READABLE);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
    expect_silence();
}
END_TEST

/* ---- refusals ---- */

static const struct {
    int numbers[RDY_SIGNALS_MAX + 1];
    size_t count;
    int error;
} refusals[] = {
    {{0}, 0, -EINVAL},
    {{SIGUSR2, SIGUSR2}, 2, -EINVAL},
    {{SIGUSR2, SIGKILL}, 2, -EINVAL},
    {{SIGSTOP}, 1, -EINVAL},
    {{SIGUSR2, 0}, 2, -EINVAL},
    {{SIGUSR2, -1}, 2, -EINVAL},
    {{SIGUSR2, 12345}, 2, -EINVAL},
    {{1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18}, RDY_SIGNALS_MAX + 1, -EINVAL},
    {{SIGUSR2, SIGUSR1}, 2, -EBUSY},
};

START_TEST(a_refusal_changes_nothing)
{
    static const rdy_signals zeroed;
    struct sigaction after;
    open_two(RDY_READABLE);
    signal(SIGUSR2, count_signal);
    const int lowest = fcntl(0, F_DUPFD_CLOEXEC, 0);
    source_of(lowest);
    ck_assert_int_eq(rdy_signals_open(refusals[_i].numbers, refusals[_i].count, &more), refusals[_i].error);
    ck_assert_int_eq(memcmp(&more, &zeroed, sizeof more), 0);
    ck_assert_int_eq(sigaction(SIGUSR2, NULL, &after), 0);
    ck_assert(after.sa_handler == count_signal);
    rdy_source *next = source_of(fcntl(lowest, F_DUPFD_CLOEXEC, 0));
    ck_assert_int_eq(rdy_source_fd(next), lowest + 1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_signals_next(&signals), SIGUSR1);
}
END_TEST

/* Otherwise a worker that was forked could not be told to end. */
START_TEST(in_a_child_a_signal_does_what_it_did_before)
{
    static const int numbers[] = {SIGUSR2};
    int status = 0;
    ck_assert_int_eq(rdy_signals_open(numbers, 1, &signals), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        raise(SIGUSR2);
        _exit(7);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
}
END_TEST

START_TEST(in_a_child_a_handler_that_was_there_before_takes_the_signal)
{
    static const int numbers[] = {SIGUSR2};
    int status = 0;
    signal(SIGUSR2, count_signal);
    ck_assert_int_eq(rdy_signals_open(numbers, 1, &signals), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        raise(SIGUSR2);
        rdy_signals_close(&signals); /* which waits for no handler of the parent's threads */
        _exit(handled);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
}
END_TEST

/* ---- between the looks of rdy_signals_next ---- */

static bool comes_before_the_drain;

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    if (comes_before_the_drain)
        raise(SIGTERM);
    comes_before_the_drain = false;
    return __real_read(fd, bytes, size);
}

START_TEST(a_signal_whose_notice_is_drained_with_another_is_told_at_once)
{
    open_two(RDY_READABLE);
    comes_before_the_drain = true;
    ck_assert_int_eq(rdy_signals_next(&signals), SIGTERM);
    ck_assert(!comes_before_the_drain);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
}
END_TEST

START_TEST(closed_ones_have_no_next)
{
    ck_assert_int_eq(rdy_signals_next(&signals), -EBADF);
    open_two(RDY_READABLE);
    rdy_signals_close(&signals);
    ck_assert_int_eq(rdy_signals_next(&signals), -EBADF);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("signals");
    TCase *events = contract_case(suite, "events");
    TCase *handlers = contract_case(suite, "handlers");

    tcase_add_checked_fixture(events, NULL, close_signals);
    tcase_add_loop_test(events, a_signal_makes_the_source_readable_and_is_told_once, 0, 2);
    tcase_add_test(events, a_signal_before_the_registration_is_kept);
    tcase_add_test(events, signals_of_one_number_merge_and_those_of_others_do_not);
    tcase_add_test(events, two_objects_have_their_own_signals);
    tcase_add_test(events, a_signal_that_interrupts_the_wait_is_not_lost);
    tcase_add_test(events, a_signal_that_another_thread_takes_ends_the_wait);
    tcase_add_test(events, a_signal_whose_notice_is_drained_with_another_is_told_at_once);
    tcase_add_test(events, closed_ones_have_no_next);
    tcase_add_checked_fixture(handlers, NULL, close_signals);
    tcase_add_loop_test(handlers, handlers_ask_for_the_alternate_stack_if_there_is_one, 0, 2);
    tcase_add_test(handlers, closing_restores_the_handlers_that_were_there_before);
    tcase_add_test(handlers, in_a_child_a_signal_does_what_it_did_before);
    tcase_add_test(handlers, in_a_child_a_handler_that_was_there_before_takes_the_signal);
    tcase_add_test(handlers, closing_frees_the_signals_and_leaves_silence);
    tcase_add_loop_test(handlers, a_refusal_changes_nothing, 0, COUNT(refusals));
    return run_suite(suite);
}
