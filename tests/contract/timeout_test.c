/* Promise 6: time-outs in nanoseconds, never early, never a busy loop; signals and inner wake-ups. */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

/*
 * The library's call comes here (meson.build). A wait looks at the clock as it begins and each time it comes back from
 * the kernel with nothing: so many turns it has taken.
 */
static atomic_int clock_looks;

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    atomic_fetch_add(&clock_looks, 1);
    return __real_clock_gettime(clock, time);
}

static const int64_t timeouts[] = {
    1,
    999,
    RDY_MICROSECOND,
    300 * RDY_MICROSECOND,
    999999,
    RDY_MILLISECOND,
    2500 * RDY_MICROSECOND,
    20 * RDY_MILLISECOND,
};

static void expect_not_early(int64_t timeout_ns)
{
    const int64_t begin = rdy_clock_now();
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeout_ns), 0);
    ck_assert_int_ge(rdy_clock_now() - begin, timeout_ns);
    ck_assert_uint_eq(subject.events.count, 0);
}

START_TEST(a_wait_is_never_early)
{
    for (int round = 0; round < 5; round++)
        expect_not_early(timeouts[_i]);
}
END_TEST

START_TEST(a_wait_is_never_early_while_a_source_is_silent)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    for (int round = 0; round < 5; round++)
        expect_not_early(timeouts[_i]);
}
END_TEST

START_TEST(a_wait_sleeps_and_does_not_spin)
{
    const int64_t begin = processor_time();
    expect_not_early(200 * RDY_MILLISECOND);
    ck_assert_int_lt(processor_time() - begin, 100 * RDY_MILLISECOND);
}
END_TEST

START_TEST(a_wait_that_times_out_takes_few_turns)
{
    atomic_store(&clock_looks, 0);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeouts[_i]), 0);
    ck_assert_int_ge(atomic_load(&clock_looks), 2);
    ck_assert_int_le(atomic_load(&clock_looks), 4);
}
END_TEST

START_TEST(zero_only_looks)
{
    struct pair pair = open_unix_pair();
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
    feed(pair.peer);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 1);
}
END_TEST

/* ---- absurd time-outs ---- */

static void *wake_the_sleeper(void *opaque)
{
    wait_until_main_sleeps();
    rdy_waker_wake(opaque);
    return NULL;
}

/* 2^31 and 2^32 of each unit that a kernel counts in, and of whatever is kept in 32 bits on the way there. */
START_TEST(an_absurd_timeout_waits_until_it_is_woken)
{
    static const int64_t absurd[] = {
        INT64_MAX,
        INT64_MAX - 1,
        INT64_MAX / 2,
        INT64_MAX / 1000,
        INT_MAX * RDY_MILLISECOND - 1,
        INT_MAX * RDY_MILLISECOND,
        INT_MAX * RDY_MILLISECOND + 1,
        (INT64_C(1) << 31) * RDY_MILLISECOND,
        (INT64_C(1) << 31) * RDY_MILLISECOND + 1,
        UINT_MAX * RDY_MILLISECOND,
        (INT64_C(1) << 32) * RDY_MILLISECOND,
        (INT64_C(1) << 32) * RDY_MILLISECOND + 1,
        INT_MAX * RDY_SECOND,
        (INT64_C(1) << 31) * RDY_SECOND,
        UINT_MAX * RDY_SECOND + 1,
        (INT64_C(1) << 32) * RDY_SECOND,
        24 * 3600 * RDY_SECOND - 1,
        24 * 3600 * RDY_SECOND + 1,
        RDY_FOREVER,
        -2,
        INT64_MIN,
    };
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(subject.registry, TOKEN, &waker), 0);
    for (int i = 0; i < COUNT(absurd); i++) {
        pthread_t thread = start_thread(wake_the_sleeper, waker);
        atomic_store(&clock_looks, 0);
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, absurd[i]), 1);
        ck_assert_int_le(atomic_load(&clock_looks), 2);
        ck_assert_uint_eq(subject.events.items[0].token, TOKEN);
        join_thread(thread);
    }
    rdy_waker_close(waker);
}
END_TEST

/* ---- signals ---- */

static void do_nothing(int number)
{
    (void)number;
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    ck_assert_int_eq(sigaction(number, &action, NULL), 0);
}

START_TEST(a_signal_ends_the_wait_with_eintr_and_loses_no_event)
{
    static const int flags[] = {0, SA_RESTART};
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    handle(SIGUSR1, flags[_i]);
    start_signals();
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER), -EINTR);
    stop_signals();
    ck_assert_uint_eq(subject.events.count, 0);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(an_event_that_waits_is_given_although_signals_arrive)
{
    struct pair pair = open_unix_pair();
    handle(SIGUSR1, 0);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_LEVEL);
    feed(pair.peer);
    start_signals();
    for (int round = 0; round < 200; round++)
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 1);
    stop_signals();
}
END_TEST

/* ---- wake-ups from inside ---- */

static atomic_bool over;

static void *register_and_deregister_for_ever(void *opaque)
{
    const struct pair *pair = opaque;
    while (!atomic_load(&over)) {
        rdy_registry_register(subject.registry, pair->end, TOKEN, RDY_READABLE);
        rdy_registry_reregister(subject.registry, pair->end, TOKEN, RDY_READABLE | RDY_LEVEL);
        rdy_registry_deregister(subject.registry, pair->end);
    }
    return NULL;
}

/* If a wake-up restarted the time-out, the wait would never end. */
START_TEST(registrations_by_another_thread_neither_end_the_wait_nor_restart_its_timeout)
{
    struct pair pair = open_unix_pair();
    pthread_t thread = start_thread(register_and_deregister_for_ever, &pair);
    for (int round = 0; round < 3; round++)
        expect_not_early(60 * RDY_MILLISECOND);
    atomic_store(&over, true);
    join_thread(thread);
}
END_TEST

static void *say_blocked_for_ever(void *opaque)
{
    const struct pair *pair = opaque;
    while (!atomic_load(&over))
        rdy_source_blocked(pair->end, RDY_READABLE);
    return NULL;
}

START_TEST(would_blocks_of_another_thread_neither_end_the_wait_nor_restart_its_timeout)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    pthread_t thread = start_thread(say_blocked_for_ever, &pair);
    for (int round = 0; round < 3; round++)
        expect_not_early(60 * RDY_MILLISECOND);
    atomic_store(&over, true);
    join_thread(thread);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("timeout");
    TCase *length = contract_case(suite, "length");
    TCase *signals = contract_case(suite, "signals");
    TCase *threads = contract_case(suite, "threads");

    tcase_add_loop_test(length, a_wait_is_never_early, 0, COUNT(timeouts));
    tcase_add_loop_test(length, a_wait_is_never_early_while_a_source_is_silent, 0, COUNT(timeouts));
    tcase_add_test(length, a_wait_sleeps_and_does_not_spin);
    tcase_add_loop_test(length, a_wait_that_times_out_takes_few_turns, 0, COUNT(timeouts));
    tcase_add_test(length, zero_only_looks);
    tcase_add_test(length, an_absurd_timeout_waits_until_it_is_woken);
    tcase_add_loop_test(signals, a_signal_ends_the_wait_with_eintr_and_loses_no_event, 0, 2);
    tcase_add_test(signals, an_event_that_waits_is_given_although_signals_arrive);
    tcase_add_test(threads, registrations_by_another_thread_neither_end_the_wait_nor_restart_its_timeout);
    tcase_add_test(threads, would_blocks_of_another_thread_neither_end_the_wait_nor_restart_its_timeout);
    return run_suite(suite);
}
