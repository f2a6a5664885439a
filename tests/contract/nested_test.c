/* The descriptor of a poll is itself a source of another: what the inner one has to report is readable outside. */

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define OUTER ((rdy_token)7)
#define INNER ((rdy_token)8)

static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL};

static struct {
    rdy_poll *poll;
    rdy_events events;
    rdy_source source;
} inner;

/* The best backend, which has a descriptor, in a poll of the one under test. */
static void open_inner(void)
{
    const rdy_poll_options best = {.backend = rdy_backends()[0]};
    ck_assert_int_eq(rdy_poll_open(&best, &inner.poll), 0);
    ck_assert_int_eq(rdy_events_alloc(4, &inner.events), 0);
}

static void close_inner(void)
{
    (void)rdy_source_deregister(&inner.source);
    rdy_poll_close(inner.poll);
    rdy_events_free(&inner.events);
}

/* Watches the inner poll; false where that is not possible. */
static bool nest(rdy_interest trigger)
{
    const int fd = rdy_poll_fd(inner.poll);
    ck_assert_int_ge(fd, 0);
    if (nesting_is_missing())
        return false;
    inner.source = rdy_source_from_fd(fd);
    watch(&inner.source, OUTER, RDY_READABLE | trigger);
    return true;
}

/* Takes what the inner poll has, and says so, as with any raw descriptor; returns the number of events. */
static int take_all(void)
{
    int total = 0;
    int count;
    while ((count = rdy_poll_wait(inner.poll, &inner.events, 0)) > 0)
        total += count;
    ck_assert_int_eq(count, 0);
    (void)rdy_source_blocked(&inner.source, RDY_READABLE);
    return total;
}

static void watch_inside(rdy_source *source)
{
    ck_assert_int_eq(rdy_registry_register(rdy_poll_registry(inner.poll), source, INNER, RDY_READABLE), 0);
}

START_TEST(a_ready_source_of_the_inner_poll_is_readable_outside_and_silent_once_taken)
{
    struct pair pair = open_unix_pair();
    if (!nest(triggers[_i]))
        return;
    watch_inside(pair.end);
    expect_silence();
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(OUTER, RDY_EVENT_READABLE);
        ck_assert_int_ge(take_all(), 1);
        ck_assert_uint_eq(inner.events.items[0].token, INNER);
        drain(pair.end);
        take_all();
    }
    close_sources();
    take_all();
}
END_TEST

START_TEST(a_wake_of_the_inner_poll_is_readable_outside_although_nobody_sleeps_in_it)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(rdy_poll_registry(inner.poll), INNER, &waker), 0);
    if (nest(triggers[_i]))
        for (int round = 0; round < 3; round++) {
            ck_assert_int_eq(rdy_waker_wake(waker), 0);
            wait_for(OUTER, RDY_EVENT_READABLE);
            ck_assert_int_eq(take_all(), 1);
        }
    rdy_waker_close(waker);
}
END_TEST

START_TEST(a_wake_before_the_nesting_is_not_lost)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(rdy_poll_registry(inner.poll), INNER, &waker), 0);
    ck_assert_int_eq(rdy_waker_wake(waker), 0);
    if (nest(triggers[_i])) {
        wait_for(OUTER, RDY_EVENT_READABLE);
        ck_assert_int_eq(take_all(), 1);
    }
    rdy_waker_close(waker);
}
END_TEST

/* Whoever takes one event at a time, and looks outside in between, gets all of them. */
START_TEST(wakes_for_which_there_was_no_room_stay_readable_outside)
{
    rdy_waker *wakers[3];
    rdy_events one;
    ck_assert_int_eq(rdy_events_alloc(1, &one), 0);
    for (int i = 0; i < COUNT(wakers); i++)
        ck_assert_int_eq(rdy_waker_open(rdy_poll_registry(inner.poll), INNER, &wakers[i]), 0);
    const bool nested = nest(RDY_LEVEL);
    for (int i = 0; i < COUNT(wakers); i++)
        ck_assert_int_eq(rdy_waker_wake(wakers[i]), 0);
    for (int taken = 0; nested && taken < COUNT(wakers);) {
        wait_for(OUTER, RDY_EVENT_READABLE);
        taken += rdy_poll_wait(inner.poll, &one, 0);
    }
    for (int i = 0; i < COUNT(wakers); i++)
        rdy_waker_close(wakers[i]);
    rdy_events_free(&one);
}
END_TEST

static void *wake_many_times(void *waker)
{
    for (int i = 0; i < 1000; i++)
        rdy_waker_wake(waker);
    return NULL;
}

/* With edges outside, a wake that were told before it is there, or not told, would end this in a time-out. */
START_TEST(the_last_of_many_wakes_from_another_thread_is_seen)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(rdy_poll_registry(inner.poll), INNER, &waker), 0);
    if (nest(triggers[_i]))
        for (int round = 0; round < 20; round++) {
            pthread_t thread = start_thread(wake_many_times, waker);
            wait_for(OUTER, RDY_EVENT_READABLE);
            join_thread(thread);
            take_all();
            ck_assert_int_eq(rdy_waker_wake(waker), 0);
            wait_for(OUTER, RDY_EVENT_READABLE);
            ck_assert_int_ge(take_all(), 1);
        }
    rdy_waker_close(waker);
}
END_TEST

START_TEST(poll_2_finds_the_descriptor_readable_while_something_is_to_report)
{
    struct pair pair = open_unix_pair();
    const int fd = rdy_poll_fd(inner.poll);
    struct pollfd outer = {.fd = fd, .events = POLLIN};
    if (nesting_is_missing())
        return;
    watch_inside(pair.end);
    ck_assert_int_eq(poll(&outer, 1, 0), 0);
    feed(pair.peer);
    ck_assert_int_eq(poll(&outer, 1, (int)(GENEROUS / RDY_MILLISECOND)), 1);
    ck_assert_int_eq(take_all(), 1);
    ck_assert_int_eq(poll(&outer, 1, 0), 0);
}
END_TEST

START_TEST(select_has_no_descriptor)
{
    const rdy_poll_options select = {.backend = "select"};
    rdy_poll *poll;
    ck_assert_int_eq(rdy_poll_open(&select, &poll), 0);
    ck_assert_int_eq(rdy_poll_fd(poll), -ENOTSUP);
    rdy_poll_close(poll);
}
END_TEST

START_TEST(a_child_of_fork_has_no_descriptor)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(rdy_poll_fd(inner.poll) == -ECHILD ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("nested");
    TCase *tests = contract_case(suite, "nested");
    tcase_add_checked_fixture(tests, open_inner, close_inner);

    tcase_add_loop_test(tests, a_ready_source_of_the_inner_poll_is_readable_outside_and_silent_once_taken, 0,
                        2);
    tcase_add_loop_test(tests, a_wake_of_the_inner_poll_is_readable_outside_although_nobody_sleeps_in_it, 0,
                        2);
    tcase_add_loop_test(tests, a_wake_before_the_nesting_is_not_lost, 0, 2);
    tcase_add_test(tests, wakes_for_which_there_was_no_room_stay_readable_outside);
    tcase_add_loop_test(tests, the_last_of_many_wakes_from_another_thread_is_seen, 0, 2);
    tcase_add_test(tests, poll_2_finds_the_descriptor_readable_while_something_is_to_report);
    tcase_add_test(tests, select_has_no_descriptor);
    tcase_add_test(tests, a_child_of_fork_has_no_descriptor);
    return run_suite(suite);
}
