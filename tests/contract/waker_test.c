/* Promise 7: wakers. */

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static rdy_waker *open_waker(rdy_token token)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(subject.registry, token, &waker), 0);
    return waker;
}

static void wake(rdy_waker *waker)
{
    ck_assert_int_eq(rdy_waker_wake(waker), 0);
}

/* The library's waits come here (meson.build): a signal ends one as another thread wakes it. */
static rdy_waker *woken_as_a_signal_comes;

static bool is_interrupted(void)
{
    if (woken_as_a_signal_comes == NULL)
        return false;
    wake(woken_as_a_signal_comes);
    woken_as_a_signal_comes = NULL;
    errno = EINTR;
    return true;
}

int __real_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout)
{
    return is_interrupted() ? -1 : __real_epoll_wait(fd, events, capacity, timeout);
}

int __real_select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout);
int __wrap_select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout);
int __wrap_select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout)
{
    return is_interrupted() ? -1 : __real_select(count, read, write, except, timeout);
}

START_TEST(a_signal_does_not_hide_a_wake_that_came_with_it)
{
    rdy_waker *waker = open_waker(TOKEN);
    woken_as_a_signal_comes = strcmp(rdy_poll_backend(subject.poll), "kqueue") == 0 ? NULL : waker;
    if (woken_as_a_signal_comes != NULL)
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER), 1);
    ck_assert_ptr_null(woken_as_a_signal_comes);
    rdy_waker_close(waker);
}
END_TEST

START_TEST(a_wake_before_the_wait_is_kept)
{
    rdy_waker *waker = open_waker(TOKEN);
    wake(waker);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_silence();
    rdy_waker_close(waker);
}
END_TEST

START_TEST(a_look_without_sleep_finds_a_wake)
{
    rdy_waker *waker = open_waker(TOKEN);
    wake(waker);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 1);
    ck_assert_uint_eq(flags_for(TOKEN), RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
    rdy_waker_close(waker);
}
END_TEST

START_TEST(two_wakes_at_different_times_give_two_events)
{
    rdy_waker *waker = open_waker(TOKEN);
    for (int round = 0; round < 5; round++) {
        wake(waker);
        wait_for(TOKEN, RDY_EVENT_READABLE);
    }
    expect_silence();
    rdy_waker_close(waker);
}
END_TEST

START_TEST(wakes_that_were_not_seen_merge)
{
    rdy_waker *waker = open_waker(TOKEN);
    for (int i = 0; i < 1000; i++)
        wake(waker);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 1);
    expect_silence();
    rdy_waker_close(waker);
}
END_TEST

START_TEST(two_wakers_of_one_poll_have_an_event_each)
{
    rdy_waker *one = open_waker(TOKEN);
    rdy_waker *other = open_waker(OTHER);
    wake(other);
    wait_for(OTHER, RDY_EVENT_READABLE);
    wake(one);
    wake(other);
    wake(one);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 2);
    ck_assert_int_eq(events_for(TOKEN), 1);
    ck_assert_int_eq(events_for(OTHER), 1);
    expect_silence();
    rdy_waker_close(one);
    wake(other);
    wait_for(OTHER, RDY_EVENT_READABLE);
    rdy_waker_close(other);
}
END_TEST

START_TEST(any_value_is_a_wakers_token_also_one_that_a_source_has)
{
    static const rdy_token tokens[] = {0, TOKEN, UINTPTR_MAX};
    struct pair pair = open_unix_pair();
    rdy_waker *waker = open_waker(tokens[_i]);
    watch(pair.end, TOKEN, RDY_READABLE);
    wake(waker);
    wait_for(tokens[_i], RDY_EVENT_READABLE);
    expect_silence();
    rdy_waker_close(waker);
}
END_TEST

START_TEST(a_wake_and_a_ready_source_come_both)
{
    struct pair pair = open_unix_pair();
    rdy_waker *waker = open_waker(OTHER);
    watch(pair.end, TOKEN, RDY_READABLE);
    feed(pair.peer);
    wake(waker);
    int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    int sources = 0;
    int wakes = 0;
    while (sources + wakes < 2 && rdy_clock_now() < deadline) {
        ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        sources += events_for(TOKEN);
        wakes += events_for(OTHER);
    }
    ck_assert_int_eq(sources, 1);
    ck_assert_int_eq(wakes, 1);
    expect_silence();
    rdy_waker_close(waker);
}
END_TEST

START_TEST(closing_a_waker_loses_its_wake_and_no_other)
{
    rdy_waker *wakers[3];
    for (int i = 0; i < 3; i++) {
        wakers[i] = open_waker((rdy_token)i);
        wake(wakers[i]);
    }
    rdy_waker_close(wakers[_i]);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 2);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(events_for((rdy_token)i), i != _i);
    expect_silence();
    for (int i = 0; i < 3; i++)
        if (i != _i)
            rdy_waker_close(wakers[i]);
}
END_TEST

START_TEST(waking_a_poll_that_is_gone_is_safe)
{
    rdy_waker *waker = open_waker(TOKEN);
    rdy_waker *pending = open_waker(OTHER);
    wake(pending);
    reopen_subject(NULL);
    ck_assert_int_eq(rdy_waker_wake(waker), 0);
    ck_assert_int_eq(rdy_waker_wake(pending), 0);
    expect_silence();
    rdy_waker_close(waker);
    rdy_waker_close(pending);
    rdy_waker_close(NULL);
}
END_TEST

START_TEST(a_closed_poll_has_no_new_wakers)
{
    rdy_waker *untouched = NULL;
    rdy_registry *clone = rdy_registry_clone(subject.registry);
    reopen_subject(NULL);
    ck_assert_int_eq(rdy_waker_open(clone, TOKEN, &untouched), -EBADF);
    ck_assert_ptr_null(untouched);
    rdy_registry_free(clone);
}
END_TEST

/* ---- threads ---- */

/* Plain memory: only the waker orders what the two threads do with it. */
struct mailbox {
    rdy_waker *waker;
    int letter;
    bool sleeper_first;
    atomic_int answered;
};

#define LETTERS 200

static void *write_letters(void *opaque)
{
    struct mailbox *mailbox = opaque;
    for (int letter = 1; letter <= rounds(LETTERS); letter++) {
        if (mailbox->sleeper_first)
            wait_until_main_sleeps();
        mailbox->letter = letter;
        rdy_waker_wake(mailbox->waker);
        while (atomic_load(&mailbox->answered) < letter)
            pause_briefly();
    }
    return NULL;
}

START_TEST(what_was_written_before_the_wake_is_seen_after_the_event)
{
    struct mailbox mailbox = {.waker = open_waker(TOKEN), .sleeper_first = _i};
    pthread_t thread = start_thread(write_letters, &mailbox);
    for (int letter = 1; letter <= rounds(LETTERS); letter++) {
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(mailbox.letter, letter);
        atomic_store(&mailbox.answered, letter);
    }
    join_thread(thread);
    expect_silence();
    rdy_waker_close(mailbox.waker);
}
END_TEST

#define THREADS 4
#define WAKES   2000

/* The last wake of each thread is behind its last number: if that is seen, no wake was lost. */
static struct counter {
    rdy_waker *waker;
    rdy_token token;
    atomic_int number;
} counters[THREADS];

static void *count_and_wake(void *opaque)
{
    struct counter *counter = opaque;
    for (int i = 1; i <= WAKES; i++) {
        atomic_store(&counter->number, i);
        rdy_waker_wake(counter->waker);
    }
    return NULL;
}

/* How many counters are known to have come to their end, by events alone. */
static int note_ends(bool ended[THREADS])
{
    int count = 0;
    for (int i = 0; i < THREADS; i++) {
        if (events_for(counters[i].token) > 0)
            ended[i] = atomic_load(&counters[i].number) == WAKES;
        count += ended[i];
    }
    return count;
}

START_TEST(no_wake_of_many_threads_is_lost)
{
    const int wakers = _i;
    rdy_waker *waker[THREADS];
    pthread_t threads[THREADS];
    bool ended[THREADS] = {false};
    for (int i = 0; i < wakers; i++)
        waker[i] = open_waker((rdy_token)i);
    for (int i = 0; i < THREADS; i++) {
        counters[i].waker = waker[i % wakers];
        counters[i].token = (rdy_token)(i % wakers);
        threads[i] = start_thread(count_and_wake, &counters[i]);
    }
    do
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
    while (note_ends(ended) < THREADS);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    for (int i = 0; i < wakers; i++)
        rdy_waker_close(waker[i]);
}
END_TEST

static void *open_wake_and_close(void *opaque)
{
    rdy_registry *registry = opaque;
    int error = 0;
    for (int i = 0; i < WAKES && error == 0; i++) {
        rdy_waker *waker;
        error = rdy_waker_open(registry, OTHER, &waker);
        if (error == 0) {
            error = rdy_waker_wake(waker);
            rdy_waker_close(waker);
        }
    }
    return error == 0 ? opaque : NULL;
}

START_TEST(wakers_come_and_go_while_the_poll_waits)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(open_wake_and_close, subject.registry);
    for (int i = 0; i < 100; i++)
        ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, RDY_MILLISECOND), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_ptr_nonnull(join_thread(threads[i]));
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
}
END_TEST

struct doomed {
    atomic_int begun, ended; /* rounds */
    rdy_waker *waker;
};

enum { CLOSINGS = 3000 };

static void *close_when_told(void *argument)
{
    struct doomed *doomed = argument;
    for (int round = 1; round <= CLOSINGS; round++) {
        while (atomic_load(&doomed->begun) < round)
            sched_yield();
        rdy_waker_close(doomed->waker);
        atomic_store(&doomed->ended, round);
    }
    return NULL;
}

/* It would sleep for ever on the wake that was there before it. */
START_TEST(a_wait_keeps_the_wakes_of_others_while_a_waker_closes)
{
    struct doomed doomed = {.waker = NULL};
    rdy_waker *waker = open_waker(TOKEN);
    pthread_t thread = start_thread(close_when_told, &doomed);
    for (int round = 1; round <= CLOSINGS; round++) {
        doomed.waker = open_waker(OTHER);
        wake(waker);
        wake(doomed.waker);
        atomic_store(&doomed.begun, round);
        do
            ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER), 0);
        while (events_for(TOKEN) == 0);
        while (atomic_load(&doomed.ended) < round)
            sched_yield();
        while (rdy_poll_wait(subject.poll, &subject.events, 0) > 0)
            ;
    }
    join_thread(thread);
    rdy_waker_close(waker);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("waker");
    TCase *alone = contract_case(suite, "one thread");
    TCase *threads = contract_case(suite, "threads");

    tcase_add_test(alone, a_wake_before_the_wait_is_kept);
    tcase_add_test(alone, a_look_without_sleep_finds_a_wake);
    tcase_add_test(alone, two_wakes_at_different_times_give_two_events);
    tcase_add_test(alone, wakes_that_were_not_seen_merge);
    tcase_add_test(alone, two_wakers_of_one_poll_have_an_event_each);
    tcase_add_loop_test(alone, any_value_is_a_wakers_token_also_one_that_a_source_has, 0, 3);
    tcase_add_test(alone, a_wake_and_a_ready_source_come_both);
    tcase_add_loop_test(alone, closing_a_waker_loses_its_wake_and_no_other, 0, 3);
    tcase_add_test(alone, waking_a_poll_that_is_gone_is_safe);
    tcase_add_test(alone, a_signal_does_not_hide_a_wake_that_came_with_it);
    tcase_add_test(alone, a_closed_poll_has_no_new_wakers);
    tcase_add_loop_test(threads, what_was_written_before_the_wake_is_seen_after_the_event, 0, 2);
    tcase_add_loop_test(threads, no_wake_of_many_threads_is_lost, 1, THREADS + 1);
    tcase_add_test(threads, wakers_come_and_go_while_the_poll_waits);
    tcase_add_test(threads, a_wait_keeps_the_wakes_of_others_while_a_waker_closes);
    return run_suite(suite);
}
