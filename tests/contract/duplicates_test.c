/*
 * Descriptors that are not the only ones of their file, or no more what they were: duplicated (dup(2)), and closed
 * behind the library's back. Promises 1 and 5, and the errors that registry.h names.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};

/* ---- duplicates ---- */

static rdy_source *duplicate(const rdy_source *source)
{
    return source_of(fcntl(rdy_source_fd(source), F_DUPFD_CLOEXEC, 0));
}

static void wait_for_both(void)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    uint32_t one = 0;
    uint32_t other = 0;
    while ((one & other & RDY_EVENT_READABLE) == 0) {
        const int64_t left = rdy_clock_until(rdy_clock_now(), deadline);
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, left), 0);
        ck_assert_int_le(events_for(TOKEN), 1);
        ck_assert_int_le(events_for(OTHER), 1);
        one |= flags_for(TOKEN);
        other |= flags_for(OTHER);
    }
}

START_TEST(registered_duplicates_have_their_events_each)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE | triggers[_i]);
    watch(duplicate(pair.end), OTHER, RDY_READABLE | triggers[_i]);
    feed(pair.peer);
    wait_for_both();
}
END_TEST

/* Whichever of the two was there first. */
START_TEST(closing_one_of_two_registered_duplicates_leaves_the_other)
{
    const rdy_interest interest = RDY_READABLE | triggers[_i / 2];
    struct pair pair = open_unix_pair();
    rdy_source *twin = duplicate(pair.end);
    rdy_source *closed = _i % 2 ? twin : pair.end;
    rdy_source *kept = _i % 2 ? pair.end : twin;
    watch(closed, TOKEN, interest);
    watch(kept, OTHER, interest);
    rdy_source_close(closed);
    feed(pair.peer);
    wait_for(OTHER, RDY_EVENT_READABLE);
    drain(kept);
    expect_silence();
    watch_again(kept, OTHER, interest);
    rdy_source_close(pair.peer);
    wait_for(OTHER, RDY_EVENT_READABLE);
    rdy_source_close(kept);
    expect_silence();
}
END_TEST

START_TEST(an_event_of_a_duplicate_that_waits_is_dropped_by_its_close_alone)
{
    const rdy_interest interest = RDY_READABLE | triggers[_i];
    struct pair pair = open_unix_pair();
    rdy_source *twin = duplicate(pair.end);
    watch(pair.end, TOKEN, interest);
    watch(twin, OTHER, interest);
    feed(pair.peer);
    rdy_source_close(pair.end);
    wait_for(OTHER, RDY_EVENT_READABLE);
}
END_TEST

/* ---- closed behind the library's back ---- */

static struct pair watch_ready_pair(rdy_interest trigger)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE | trigger);
    return pair;
}

/* The number may be another file's soon: nobody is to close it by this source. */
static int close_behind_our_back(const rdy_source *source)
{
    const int number = rdy_source_fd(source);
    ck_assert_int_eq(close(number), 0);
    return number;
}

static void forget(rdy_source *source)
{
    (void)rdy_source_deregister(source);
    *source = (rdy_source){0};
}

/* A wait that ends by its time-out alone, and has slept until then. */
static void expect_sleep(void)
{
    const int64_t timeout_ns = 200 * RDY_MILLISECOND;
    const int64_t ran = processor_time();
    const int64_t begin = rdy_clock_now();
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeout_ns), 0);
    ck_assert_int_ge(rdy_clock_now() - begin, timeout_ns);
    ck_assert_int_lt(processor_time() - ran, timeout_ns / 2);
}

START_TEST(what_was_closed_behind_our_back_is_silent_and_does_not_spin)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    close_behind_our_back(pair.end);
    expect_sleep();
    forget(pair.end);
}
END_TEST

START_TEST(what_was_closed_behind_our_back_leaves_the_others_alone)
{
    struct pair kept = open_unix_pair();
    struct pair pair = watch_ready_pair(triggers[_i]);
    watch(kept.end, OTHER, RDY_READABLE | triggers[_i]);
    close_behind_our_back(pair.end);
    for (int round = 0; round < 3; round++) {
        feed(kept.peer);
        wait_for(OTHER, RDY_EVENT_READABLE);
        drain(kept.end);
        watch_again(kept.end, OTHER, RDY_READABLE | triggers[_i]);
    }
    forget(pair.end);
}
END_TEST

START_TEST(what_was_closed_behind_our_back_is_ebadf)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    close_behind_our_back(pair.end);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, OTHER, RDY_READABLE), -EBADF);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), -EBADF);
    ck_assert(!rdy_source_is_registered(pair.end));
    ck_assert_int_eq(rdy_registry_register(subject.registry, pair.end, OTHER, RDY_READABLE), -EBADF);
    forget(pair.end);
    expect_silence();
}
END_TEST

/* What epoll(7) then goes on to report is nobody's to take off (registry.h); the answer is the same. */
START_TEST(a_duplicate_that_is_left_changes_nothing_about_ebadf)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    (void)duplicate(pair.end);
    close_behind_our_back(pair.end);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), -EBADF);
    forget(pair.end);
}
END_TEST

struct closing {
    rdy_source *source;
    rdy_waker *waker;
};

static void *close_and_wake(void *opaque)
{
    const struct closing *closing = opaque;
    wait_until_main_sleeps();
    close_behind_our_back(closing->source);
    rdy_waker_wake(closing->waker);
    return NULL;
}

START_TEST(what_is_closed_behind_the_back_of_a_sleeping_wait_does_not_spin)
{
    struct pair pair = open_unix_pair();
    struct closing closing = {.source = pair.end};
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &closing.waker), 0);
    watch(pair.end, TOKEN, RDY_READABLE | triggers[_i]);
    pthread_t thread = start_thread(close_and_wake, &closing);
    wait_for(OTHER, RDY_EVENT_READABLE);
    join_thread(thread);
    expect_sleep();
    forget(pair.end);
    rdy_waker_close(closing.waker);
}
END_TEST

/* ---- and another file under the number ---- */

/* Another pair, ready, whose end has exactly this number and is nobody's source. */
static rdy_source *move_ready_pair_to(int number)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    if (rdy_source_fd(pair.end) != number) {
        ck_assert_int_eq(dup3(rdy_source_fd(pair.end), number, O_CLOEXEC), number);
        rdy_source_close(pair.end);
        pair.end = source_of(number);
    }
    return pair.end;
}

START_TEST(another_file_under_the_number_has_no_event_of_the_old_one)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    (void)move_ready_pair_to(close_behind_our_back(pair.end));
    expect_sleep();
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), -ENOENT);
    forget(pair.end);
}
END_TEST

static void *replace_and_wake(void *opaque)
{
    const struct closing *closing = opaque;
    wait_until_main_sleeps();
    (void)move_ready_pair_to(close_behind_our_back(closing->source));
    rdy_waker_wake(closing->waker);
    return NULL;
}

START_TEST(another_file_under_the_number_of_which_a_wait_sleeps_has_no_event)
{
    struct pair pair = open_unix_pair();
    struct closing closing = {.source = pair.end};
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &closing.waker), 0);
    watch(pair.end, TOKEN, RDY_READABLE | triggers[_i]);
    pthread_t thread = start_thread(replace_and_wake, &closing);
    wait_for(OTHER, RDY_EVENT_READABLE);
    join_thread(thread);
    expect_sleep();
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), -ENOENT);
    forget(pair.end);
    rdy_waker_close(closing.waker);
}
END_TEST

START_TEST(another_file_under_the_number_registers_in_place_of_the_old_one)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    rdy_source *new = move_ready_pair_to(close_behind_our_back(pair.end));
    watch(new, OTHER, RDY_READABLE | triggers[_i]);
    wait_for(OTHER, RDY_EVENT_READABLE);
    drain(new);
    expect_silence();
    forget(pair.end);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("duplicates");
    TCase *duplicates = contract_case(suite, "duplicates");
    TCase *closed = contract_case(suite, "closed behind our back");

    tcase_add_loop_test(duplicates, registered_duplicates_have_their_events_each, 0, COUNT(triggers));
    tcase_add_loop_test(duplicates, closing_one_of_two_registered_duplicates_leaves_the_other, 0,
                        2 * COUNT(triggers));
    tcase_add_loop_test(duplicates, an_event_of_a_duplicate_that_waits_is_dropped_by_its_close_alone, 0,
                        COUNT(triggers));
    tcase_add_loop_test(closed, what_was_closed_behind_our_back_is_silent_and_does_not_spin, 0,
                        COUNT(triggers));
    tcase_add_loop_test(closed, what_was_closed_behind_our_back_leaves_the_others_alone, 0, COUNT(triggers));
    tcase_add_loop_test(closed, what_was_closed_behind_our_back_is_ebadf, 0, COUNT(triggers));
    tcase_add_loop_test(closed, a_duplicate_that_is_left_changes_nothing_about_ebadf, 0, COUNT(triggers));
    tcase_add_loop_test(closed, what_is_closed_behind_the_back_of_a_sleeping_wait_does_not_spin, 0,
                        COUNT(triggers));
    tcase_add_loop_test(closed, another_file_under_the_number_has_no_event_of_the_old_one, 0,
                        COUNT(triggers));
    tcase_add_loop_test(closed, another_file_under_the_number_of_which_a_wait_sleeps_has_no_event, 0,
                        COUNT(triggers));
    if (!filters_outlive_descriptors())
        tcase_add_loop_test(closed, another_file_under_the_number_registers_in_place_of_the_old_one, 0,
                            COUNT(triggers));
    return run_suite(suite);
}
