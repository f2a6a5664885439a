/* Promise 12: spinning is opt-in, adapts, and changes no result. */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static const int64_t windows[] = {1, 50 * RDY_MICROSECOND, 2 * RDY_MILLISECOND, INT64_MAX};

static void spin_for(int64_t spin_ns)
{
    const rdy_poll_options options = {.spin_ns = spin_ns};
    reopen_subject(&options);
}

#define ROUNDS 30

static void *answer(void *opaque)
{
    const struct pair *pair = opaque;
    rdy_source peer = *pair->peer;
    for (int answers = 0; answers < ROUNDS;) {
        sched_yield();
        if (drain(&peer) > 0) {
            feed(&peer);
            answers++;
        }
    }
    return NULL;
}

/* Answers come so soon that looking again pays: the window opens. */
static void open_window(struct pair *pair)
{
    pthread_t thread = start_thread(answer, pair);
    for (int round = 0; round < ROUNDS; round++) {
        feed(pair->end);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair->end);
    }
    join_thread(thread);
}

static struct pair spin_and_open_window(int64_t spin_ns)
{
    spin_for(spin_ns);
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    open_window(&pair);
    return pair;
}

START_TEST(events_come_while_it_looks_and_while_it_sleeps)
{
    struct pair pair = spin_and_open_window(windows[_i]);
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair.end);
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
    }
    rdy_source_close(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(a_wait_is_never_early)
{
    static const int64_t timeouts[] = {1, 10 * RDY_MICROSECOND, 300 * RDY_MICROSECOND, 5 * RDY_MILLISECOND};
    spin_and_open_window(windows[_i]);
    for (int i = 0; i < COUNT(timeouts); i++) {
        const int64_t begin = rdy_clock_now();
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeouts[i]), 0);
        ck_assert_int_ge(rdy_clock_now() - begin, timeouts[i]);
    }
}
END_TEST

#define WAKES 100

struct conversation {
    rdy_waker *waker;
    bool pauses;
    atomic_int seen;
};

static void *wake_and_wait_for_the_answer(void *opaque)
{
    struct conversation *conversation = opaque;
    for (int wake = 1; wake <= WAKES; wake++) {
        rdy_waker_wake(conversation->waker);
        while (atomic_load(&conversation->seen) < wake)
            if (conversation->pauses && wake % 20 == 0)
                pause_briefly();
            else
                sched_yield();
    }
    return NULL;
}

START_TEST(each_wake_is_one_event)
{
    struct conversation conversation = {.pauses = true};
    spin_for(windows[_i]);
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &conversation.waker), 0);
    pthread_t thread = start_thread(wake_and_wait_for_the_answer, &conversation);
    for (int wake = 1; wake <= WAKES; wake++) {
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 1);
        ck_assert_int_eq(events_for(OTHER), 1);
        atomic_store(&conversation.seen, wake);
    }
    join_thread(thread);
    expect_silence();
    rdy_waker_close(conversation.waker);
}
END_TEST

/* By then a source that is ready has had its turn. */
#define PATIENCE 20

START_TEST(wakes_without_end_keep_no_source_waiting)
{
    struct conversation conversation = {0};
    struct pair pair = spin_and_open_window(windows[_i]);
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &conversation.waker), 0);
    pthread_t thread = start_thread(wake_and_wait_for_the_answer, &conversation);
    int seen_after = WAKES;
    for (int wakes = 0; wakes < WAKES;) {
        if (wakes == WAKES / 2 && seen_after == WAKES)
            feed(pair.peer);
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        if (events_for(TOKEN) > 0) {
            drain(pair.end);
            seen_after = wakes;
        }
        wakes += events_for(OTHER);
        atomic_store(&conversation.seen, wakes);
    }
    ck_assert_int_ge(seen_after, WAKES / 2);
    ck_assert_int_le(seen_after, WAKES / 2 + PATIENCE);
    join_thread(thread);
    rdy_waker_close(conversation.waker);
}
END_TEST

static void do_nothing(int number)
{
    (void)number;
}

START_TEST(a_signal_ends_the_sleep_with_eintr)
{
    const struct sigaction action = {.sa_handler = do_nothing};
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    spin_and_open_window(windows[_i]);
    start_signals();
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER), -EINTR);
    stop_signals();
}
END_TEST

/* The window is as long as the wait: open, each wait would burn all of it. */
START_TEST(an_idle_program_stops_looking)
{
    spin_and_open_window(20 * RDY_MILLISECOND);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 20 * RDY_MILLISECOND), 0);
    const int64_t begin = processor_time();
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 20 * RDY_MILLISECOND), 0);
    ck_assert_int_lt(processor_time() - begin, 100 * RDY_MILLISECOND);
}
END_TEST

START_TEST(a_negative_window_is_einval)
{
    static const int64_t bad[] = {-1, INT64_MIN};
    rdy_poll *untouched = NULL;
    for (int i = 0; i < COUNT(bad); i++) {
        const rdy_poll_options options = {.spin_ns = bad[i]};
        ck_assert_int_eq(rdy_poll_open(&options, &untouched), -EINVAL);
        ck_assert_ptr_null(untouched);
    }
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("spin");
    TCase *tests = contract_case(suite, "spinning");

    tcase_add_loop_test(tests, events_come_while_it_looks_and_while_it_sleeps, 0, COUNT(windows));
    tcase_add_loop_test(tests, a_wait_is_never_early, 0, COUNT(windows));
    tcase_add_loop_test(tests, each_wake_is_one_event, 0, COUNT(windows));
    tcase_add_loop_test(tests, wakes_without_end_keep_no_source_waiting, 0, COUNT(windows));
    tcase_add_loop_test(tests, a_signal_ends_the_sleep_with_eintr, 0, COUNT(windows));
    tcase_add_test(tests, an_idle_program_stops_looking);
    tcase_add_test(tests, a_negative_window_is_einval);
    return run_suite(suite);
}
