/* Promise 4: one event for a registration, never more than the capacity, and nobody starves. */

#include <errno.h>
#include <signal.h>

#include "reactor/signals.h"
#include "reactor/waker.h"
#include "tests/contract/support.h"

#define MANY    12
#define WAKER   MANY
#define SIGNALS (MANY + 1)

static struct pair pairs[MANY];

/* Pairs with tokens 0 ... MANY - 1, each ready to be read. */
static void watch_many(rdy_interest interest)
{
    for (int i = 0; i < MANY; i++) {
        pairs[i] = open_unix_pair();
        feed(pairs[i].peer);
        watch(pairs[i].end, (rdy_token)i, interest);
    }
}

static void resize_events(size_t capacity)
{
    rdy_events_free(&subject.events);
    ck_assert_int_eq(rdy_events_alloc(capacity, &subject.events), 0);
}

/* One wait, counted by token. */
static void wait_and_count(int counts[MANY + 2])
{
    const int count = rdy_poll_wait(subject.poll, &subject.events, GENEROUS);
    ck_assert_int_gt(count, 0);
    ck_assert_uint_eq(subject.events.count, (size_t)count);
    ck_assert_uint_le(subject.events.count, subject.events.capacity);
    for (int i = 0; i < count; i++)
        counts[subject.events.items[i].token]++;
}

static int least_of(const int *counts, int size)
{
    int least = counts[0];
    for (int i = 1; i < size; i++)
        least = counts[i] < least ? counts[i] : least;
    return least;
}

START_TEST(both_directions_come_as_one_event)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, 3, RDY_READABLE | RDY_WRITABLE | triggers[_i]);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 1);
    ck_assert_uint_eq(flags_for(3) & (RDY_EVENT_READABLE | RDY_EVENT_WRITABLE),
                      RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
}
END_TEST

START_TEST(each_of_many_has_at_most_one_event_in_a_wait)
{
    int totals[MANY + 2] = {0};
    watch_many(RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    for (int wait = 0; wait < 5; wait++) {
        int counts[MANY + 2] = {0};
        wait_and_count(counts);
        for (int i = 0; i < MANY; i++) {
            ck_assert_int_le(counts[i], 1);
            totals[i] += counts[i];
        }
    }
    ck_assert_int_ge(least_of(totals, MANY), 1);
}
END_TEST

START_TEST(what_does_not_fit_comes_next_and_comes_once)
{
    const size_t capacity = (size_t)_i;
    int counts[MANY + 2] = {0};
    resize_events(capacity);
    watch_many(RDY_READABLE);
    for (size_t wait = 0; wait < (MANY + capacity - 1) / capacity; wait++)
        wait_and_count(counts);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(counts[i], 1);
    expect_silence();
}
END_TEST

START_TEST(oneshots_that_do_not_fit_are_not_lost)
{
    int counts[MANY + 2] = {0};
    resize_events(1);
    watch_many(RDY_READABLE | RDY_ONESHOT);
    for (int wait = 0; wait < MANY; wait++)
        wait_and_count(counts);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(counts[i], 1);
    expect_silence();
}
END_TEST

START_TEST(nobody_starves_among_sources_that_are_always_ready)
{
    const size_t capacity = (size_t)_i;
    int counts[MANY + 2] = {0};
    resize_events(capacity);
    watch_many(RDY_READABLE | RDY_LEVEL);
    for (int wait = 0; wait < 10 * MANY; wait++)
        wait_and_count(counts);
    ck_assert_int_ge(least_of(counts, MANY), 5);
}
END_TEST

START_TEST(two_directions_of_one_do_not_starve_the_others)
{
    int counts[MANY + 2] = {0};
    resize_events(1);
    watch_many(RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    for (int wait = 0; wait < 20 * MANY; wait++)
        wait_and_count(counts);
    ck_assert_int_ge(least_of(counts, MANY), 5);
}
END_TEST

START_TEST(a_source_kept_busy_does_not_starve_the_others)
{
    int counts[MANY + 2] = {0};
    resize_events(1);
    watch_many(RDY_READABLE | RDY_LEVEL);
    for (int wait = 0; wait < 20 * MANY; wait++) {
        feed(pairs[0].peer);
        watch_again(pairs[0].end, 0, RDY_READABLE | RDY_LEVEL);
        wait_and_count(counts);
    }
    ck_assert_int_ge(least_of(counts + 1, MANY - 1), 5);
}
END_TEST

START_TEST(hammering_wakers_and_ready_sources_share_the_room)
{
    int counts[MANY + 2] = {0};
    rdy_waker *wakers[2];
    resize_events((size_t)_i);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rdy_waker_open(subject.registry, (rdy_token)(MANY + i), &wakers[i]), 0);
    watch_many(RDY_READABLE | RDY_LEVEL);
    for (int wait = 0; wait < 20 * MANY; wait++) {
        ck_assert_int_eq(rdy_waker_wake(wakers[0]), 0);
        ck_assert_int_eq(rdy_waker_wake(wakers[1]), 0);
        wait_and_count(counts);
    }
    ck_assert_int_ge(least_of(counts, MANY + 2), 5);
    rdy_waker_close(wakers[0]);
    rdy_waker_close(wakers[1]);
}
END_TEST

static void watch_signals(rdy_signals *signals)
{
    static const int number = SIGUSR1;
    ck_assert_int_eq(rdy_signals_open(&number, 1, signals), 0);
    watch(&signals->source, SIGNALS, RDY_READABLE);
}

/* A wait gives an event at once: with no time-out as it does to who has timers that are due in each turn, with 0. */
START_TEST(in_the_room_of_one_sources_wakers_and_signals_each_have_their_turn)
{
    static const int64_t timeouts[] = {0, 1, GENEROUS, RDY_FOREVER};
    int counts[MANY + 2] = {0};
    rdy_signals signals;
    rdy_waker *waker;
    resize_events(1);
    ck_assert_int_eq(rdy_waker_open(subject.registry, WAKER, &waker), 0);
    watch_signals(&signals);
    watch_many(RDY_READABLE | RDY_LEVEL);
    for (int wait = 0; wait < 20 * MANY; wait++) {
        ck_assert_int_eq(rdy_waker_wake(waker), 0);
        ck_assert_int_eq(raise(SIGUSR1), 0);
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeouts[_i]), 1);
        counts[subject.events.items[0].token]++;
        while (events_for(SIGNALS) > 0 && rdy_signals_next(&signals) == SIGUSR1)
            ;
    }
    ck_assert_int_ge(least_of(counts, MANY + 2), 5);
    rdy_signals_close(&signals);
    rdy_waker_close(waker);
}
END_TEST

START_TEST(no_capacity_is_einval)
{
    rdy_events empty = {0};
    rdy_events untouched = subject.events;
    ck_assert_int_eq(rdy_events_alloc(0, &untouched), -EINVAL);
    ck_assert_ptr_eq(untouched.items, subject.events.items);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &empty, 0), -EINVAL);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &empty, RDY_FOREVER), -EINVAL);
}
END_TEST

START_TEST(a_wait_forgets_the_events_of_the_one_before)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, 3, RDY_WRITABLE);
    wait_for(3, RDY_EVENT_WRITABLE);
    ck_assert_uint_eq(subject.events.count, 1);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
    ck_assert_uint_eq(subject.events.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("capacity");
    TCase *merging = contract_case(suite, "merging");
    TCase *room = contract_case(suite, "room");
    TCase *fairness = contract_case(suite, "fairness");

    tcase_add_loop_test(merging, both_directions_come_as_one_event, 0, 3);
    tcase_add_test(merging, each_of_many_has_at_most_one_event_in_a_wait);
    tcase_add_loop_test(room, what_does_not_fit_comes_next_and_comes_once, 1, MANY + 1);
    tcase_add_test(room, oneshots_that_do_not_fit_are_not_lost);
    tcase_add_test(room, no_capacity_is_einval);
    tcase_add_test(room, a_wait_forgets_the_events_of_the_one_before);
    tcase_add_loop_test(fairness, nobody_starves_among_sources_that_are_always_ready, 1, 4);
    tcase_add_test(fairness, two_directions_of_one_do_not_starve_the_others);
    tcase_add_test(fairness, a_source_kept_busy_does_not_starve_the_others);
    tcase_add_loop_test(fairness, in_the_room_of_one_sources_wakers_and_signals_each_have_their_turn, 0, 4);
    tcase_add_loop_test(fairness, hammering_wakers_and_ready_sources_share_the_room, 1, 4);
    return run_suite(suite);
}
