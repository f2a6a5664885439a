/* Exact numbers of events, where the contract gives one: promises 2, 4 and 7. */

#include <stdatomic.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define MANY 16
#define BOTH (RDY_READABLE | RDY_WRITABLE)

static const struct kind *const readers[] = {&pipe_reader,        &unix_pair, &tcp_pair,
                                             &unix_datagram_pair, &udp_pair,  &event_counter};
static const struct kind *const duplex[] = {&unix_pair, &tcp_pair, &unix_datagram_pair, &udp_pair,
                                            &event_counter};

static struct pair pairs[MANY];

/* Tokens 0 ... MANY - 1. */
static void watch_many(const struct kind *kind, rdy_interest interest)
{
    for (int i = 0; i < MANY; i++) {
        pairs[i] = kind->open();
        watch(pairs[i].end, (rdy_token)i, interest);
    }
}

static void watch_many_again(rdy_interest interest)
{
    for (int i = 0; i < MANY; i++)
        watch_again(pairs[i].end, (rdy_token)i, interest);
}

static void feed_many(void)
{
    for (int i = 0; i < MANY; i++)
        feed(pairs[i].peer);
}

static void drain_many(void)
{
    for (int i = 0; i < MANY; i++)
        drain(pairs[i].end);
}

static void resize_events(int capacity)
{
    rdy_events_free(&subject.events);
    ck_assert_int_eq(rdy_events_alloc((size_t)capacity, &subject.events), 0);
}

/* Waits for that many events, and then for none: each token has had exactly one. */
static void expect_one_each(int tokens)
{
    int counts[MANY] = {0};
    for (int total = 0; total < tokens; total += (int)subject.events.count) {
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        for (size_t i = 0; i < subject.events.count; i++)
            counts[subject.events.items[i].token]++;
    }
    for (int i = 0; i < tokens; i++)
        ck_assert_msg(counts[i] == 1, "%d events for token %d", counts[i], i);
    expect_silence();
}

/* ---- edge ---- */

START_TEST(one_change_of_many_drained_edges_is_one_event_each)
{
    watch_many(readers[_i], RDY_READABLE);
    expect_silence();
    for (int round = 0; round < 5; round++) {
        feed_many();
        expect_one_each(MANY);
        drain_many();
        expect_silence();
    }
}
END_TEST

START_TEST(an_edge_that_is_reregistered_undrained_is_one_event_more)
{
    watch_many(readers[_i], RDY_READABLE);
    feed_many();
    expect_one_each(MANY);
    for (int round = 0; round < 5; round++) {
        watch_many_again(RDY_READABLE);
        expect_one_each(MANY);
    }
    drain_many();
    watch_many_again(RDY_READABLE);
    expect_silence();
}
END_TEST

START_TEST(an_end_is_one_event_for_who_reads_alone)
{
    static const struct kind *const streams[] = {&pipe_reader, &unix_pair, &tcp_pair};
    watch_many(streams[_i], RDY_READABLE);
    for (int i = 0; i < MANY; i++)
        rdy_source_close(pairs[i].peer);
    expect_one_each(MANY);
}
END_TEST

/* ---- oneshot ---- */

START_TEST(a_oneshot_is_one_event_whatever_happens_until_it_is_reregistered)
{
    static const int capacities[] = {1, 5, MANY};
    resize_events(capacities[_i % COUNT(capacities)]);
    watch_many(duplex[_i / COUNT(capacities)], BOTH | RDY_ONESHOT);
    for (int round = 0; round < 3; round++) {
        expect_one_each(MANY);
        feed_many();
        expect_silence();
        drain_many();
        feed_many();
        expect_silence();
        watch_many_again(BOTH | RDY_ONESHOT);
    }
    expect_one_each(MANY);
}
END_TEST

START_TEST(a_close_and_an_error_are_one_event_of_a_oneshot)
{
    watch_many(_i ? &tcp_pair : &unix_pair, RDY_READABLE | RDY_ONESHOT);
    for (int i = 0; i < MANY; i++) {
        feed(pairs[i].end);
        feed(pairs[i].peer);
        reset(pairs[i].peer);
    }
    expect_one_each(MANY);
    watch_many_again(BOTH | RDY_ONESHOT);
    expect_one_each(MANY);
}
END_TEST

/* ---- level ---- */

static void expect_one_in_a_wait(int first, int end)
{
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), end - first);
    for (int i = first; i < end; i++)
        ck_assert_int_eq(events_for((rdy_token)i), 1);
}

START_TEST(a_level_is_one_event_in_each_wait_for_as_long_as_it_holds)
{
    watch_many(readers[_i], RDY_READABLE | RDY_LEVEL);
    expect_silence();
    feed_many();
    for (int drained = 0; drained < MANY; drained++) {
        for (int wait = 0; wait < 3; wait++)
            expect_one_in_a_wait(drained, MANY);
        drain(pairs[drained].end);
    }
    expect_silence();
}
END_TEST

START_TEST(a_level_of_both_directions_is_one_event_in_each_wait)
{
    watch_many(duplex[_i], BOTH | RDY_LEVEL);
    feed_many();
    for (int wait = 0; wait < 5; wait++) {
        expect_one_in_a_wait(0, MANY);
        for (int i = 0; i < MANY; i++)
            ck_assert_uint_eq(flags_for((rdy_token)i) & BOTH, BOTH);
    }
}
END_TEST

/* ---- wakers ---- */

START_TEST(each_of_many_wakers_that_was_woken_is_one_event)
{
    rdy_waker *wakers[MANY];
    resize_events(_i);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(rdy_waker_open(subject.registry, (rdy_token)i, &wakers[i]), 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3 * MANY; i++)
            ck_assert_int_eq(rdy_waker_wake(wakers[i % MANY]), 0);
        expect_one_each(MANY);
    }
    for (int i = 0; i < MANY; i++)
        rdy_waker_close(wakers[i]);
}
END_TEST

#define WAKES 100

struct conversation {
    rdy_waker *waker;
    atomic_int seen;
};

static void *wake_after_each_event(void *opaque)
{
    struct conversation *conversation = opaque;
    for (int wake = 1; wake <= rounds(WAKES); wake++) {
        rdy_waker_wake(conversation->waker);
        while (atomic_load(&conversation->seen) < wake)
            pause_briefly();
    }
    return NULL;
}

START_TEST(wakes_of_threads_that_wait_for_their_event_are_one_event_each)
{
    static struct conversation conversations[3];
    pthread_t threads[COUNT(conversations)];
    int total = 0;
    for (int i = 0; i < COUNT(conversations); i++) {
        ck_assert_int_eq(rdy_waker_open(subject.registry, (rdy_token)i, &conversations[i].waker), 0);
        threads[i] = start_thread(wake_after_each_event, &conversations[i]);
    }
    while (total < rounds(WAKES) * COUNT(conversations)) {
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        total += (int)subject.events.count;
        for (int i = 0; i < COUNT(conversations); i++) {
            ck_assert_int_le(events_for((rdy_token)i), 1);
            atomic_fetch_add(&conversations[i].seen, events_for((rdy_token)i));
        }
    }
    for (int i = 0; i < COUNT(conversations); i++) {
        join_thread(threads[i]);
        ck_assert_int_eq(atomic_load(&conversations[i].seen), rounds(WAKES));
        rdy_waker_close(conversations[i].waker);
    }
    expect_silence();
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("counts");
    TCase *edge = contract_case(suite, "edge");
    TCase *oneshot = contract_case(suite, "oneshot");
    TCase *level = contract_case(suite, "level");
    TCase *waker = contract_case(suite, "waker");

    tcase_add_loop_test(edge, one_change_of_many_drained_edges_is_one_event_each, 0, COUNT(readers));
    tcase_add_loop_test(edge, an_edge_that_is_reregistered_undrained_is_one_event_more, 0, COUNT(readers));
    tcase_add_loop_test(edge, an_end_is_one_event_for_who_reads_alone, 0, 3);
    tcase_add_loop_test(oneshot, a_oneshot_is_one_event_whatever_happens_until_it_is_reregistered, 0,
                        3 * COUNT(duplex));
    tcase_add_loop_test(oneshot, a_close_and_an_error_are_one_event_of_a_oneshot, 0, 2);
    tcase_add_loop_test(level, a_level_is_one_event_in_each_wait_for_as_long_as_it_holds, 0, COUNT(readers));
    tcase_add_loop_test(level, a_level_of_both_directions_is_one_event_in_each_wait, 0, COUNT(duplex));
    tcase_add_loop_test(waker, each_of_many_wakers_that_was_woken_is_one_event, 1, 4);
    tcase_add_test(waker, wakes_of_threads_that_wait_for_their_event_are_one_event_each);
    return run_suite(suite);
}
