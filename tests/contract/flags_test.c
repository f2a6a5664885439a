/*
 * Promise 3: readable and writable are guaranteed, also for closes and errors. One table (situations.c) says, for
 * every situation, what both must say; it is the same on every backend. The other flags are hints, and nothing
 * here asks for them but where the library itself has shut a direction down.
 */

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/contract/situations.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define BOTH  (RDY_READABLE | RDY_WRITABLE)

enum order { ARRANGE_THEN_REGISTER, REGISTER_THEN_ARRANGE };

struct attempt {
    const struct situation *situation;
    rdy_interest interest;
    enum order order;
};

static void check_flags(const struct attempt *attempt, uint32_t seen)
{
    const struct situation *situation = attempt->situation;
    const uint32_t guaranteed = guaranteed_flags(situation, attempt->interest);
    const uint32_t expected = expected_flags(situation, attempt->interest) & guaranteed;
    char text[RDY_INTEREST_TEXT_MAX];
    rdy_interest_print(attempt->interest, text, sizeof text);
    ck_assert_msg((seen & guaranteed) == expected, "%s, %s, asked for %s, %s: expected %#x, got %#x",
                  situation->kind->name, situation->name, text,
                  attempt->order == ARRANGE_THEN_REGISTER ? "before" : "after", expected, seen);
}

/* Waits until all that is expected has come, or a while in which nothing may come. Oneshots are re-armed. */
static uint32_t collect(rdy_source *source, rdy_interest interest, uint32_t expected, uint32_t seen)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), expected == 0 ? SILENCE : GENEROUS);
    int64_t left = 1;
    while (left > 0 && ((seen & expected) != expected || expected == 0)) {
        left = rdy_clock_until(rdy_clock_now(), deadline);
        const int count = rdy_poll_wait(subject.poll, &subject.events, left);
        seen |= flags_for(TOKEN);
        if (count > 0 && (interest & RDY_ONESHOT))
            watch_again(source, TOKEN, interest);
    }
    return seen;
}

static void try(const struct attempt *attempt)
{
    const struct situation *situation = attempt->situation;
    const rdy_interest interest = attempt->interest;
    struct pair pair = situation->kind->open();
    uint32_t before = 0;

    if (attempt->order == ARRANGE_THEN_REGISTER)
        situation->arrange(&pair);
    watch(pair.end, TOKEN, interest);
    if (attempt->order == REGISTER_THEN_ARRANGE) {
        before = wait_for(TOKEN, situation->kind->idle & interest);
        situation->arrange(&pair);
        if (interest & RDY_ONESHOT)
            watch_again(pair.end, TOKEN, interest);
    }
    const uint32_t expected = expected_flags(situation, interest);
    const uint32_t kept = interest & (RDY_LEVEL | RDY_ONESHOT) ? 0 : before & expected;
    check_flags(attempt, collect(pair.end, interest, expected, kept));
    close_sources();
}

static void try_both_orders(const struct situation *situation, rdy_interest interest)
{
    for (enum order order = ARRANGE_THEN_REGISTER; order <= REGISTER_THEN_ARRANGE; order++)
        try(&(struct attempt){situation, interest, order});
}

START_TEST(each_situation_sets_the_guaranteed_flags_and_no_other)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};
    const struct situation *situation = &situations[_i];
    for (int i = 0; i < COUNT(triggers); i++)
        for (rdy_interest conditions = 1; conditions <= BOTH; conditions++)
            if ((conditions & ~situation->kind->sensible) == 0)
                try_both_orders(situation, conditions | triggers[i]);
}
END_TEST

/* ---- never hang, lose nothing ---- */

static const struct kind *const readers[] = {&pipe_reader, &unix_pair, &tcp_pair};

/* A program that looks at readable alone and reads when it is told to. */
static size_t read_to_the_end(rdy_source *source)
{
    char bytes[3];
    size_t total = 0;
    ssize_t count = -1;
    while (count != 0) {
        wait_for(TOKEN, RDY_EVENT_READABLE);
        while ((count = read(rdy_source_fd(source), bytes, sizeof bytes)) > 0)
            total += (size_t)count;
        if (count < 0)
            ck_assert_int_eq(rdy_source_blocked(source, RDY_READABLE), 0);
    }
    return total;
}

START_TEST(read_closed_never_means_that_no_data_is_left)
{
    struct pair pair = readers[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE);
    for (int i = 0; i < 100; i++)
        feed(pair.peer);
    rdy_source_close(pair.peer);
    ck_assert_uint_eq(read_to_the_end(pair.end), 100 * FED);
}
END_TEST

static void *feed_and_close(void *opaque)
{
    rdy_source *source = opaque;
    for (int i = 0; i < 20; i++) {
        feed(source);
        pause_briefly();
    }
    rdy_source_close(source);
    return NULL;
}

START_TEST(who_looks_at_readable_alone_reaches_the_end)
{
    struct pair pair = readers[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE);
    pthread_t writer = start_thread(feed_and_close, pair.peer);
    ck_assert_uint_eq(read_to_the_end(pair.end), 20 * FED);
    join_thread(writer);
}
END_TEST

/* Reads once for each event, unless the event says that this was not all. Returns 0 at the end. */
static ssize_t read_until_drained(rdy_source *source, rdy_event event, size_t *total)
{
    char bytes[4096];
    ssize_t count;
    do {
        count = read(rdy_source_fd(source), bytes, sizeof bytes);
        *total += count > 0 ? (size_t)count : 0;
    } while (count > 0 && !rdy_event_is_drained(event, count, sizeof bytes));
    if (count != 0)
        ck_assert_int_eq(rdy_source_blocked(source, RDY_READABLE), 0);
    return count;
}

START_TEST(who_saves_the_read_after_a_short_one_reaches_the_end)
{
    static const struct kind *const streams[] = {&unix_pair, &tcp_pair};
    for (int round = 0; round < 20; round++) {
        struct pair pair = streams[_i]->open();
        size_t total = 0;
        watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE);
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
        if (round % 2 == 0)
            feed(pair.peer);
        pthread_t writer = start_thread(feed_and_close, pair.peer);
        do
            ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 1);
        while (read_until_drained(pair.end, subject.events.items[0], &total) != 0);
        ck_assert_uint_eq(total, (20 + (round % 2 == 0)) * FED);
        join_thread(writer);
        rdy_source_close(pair.end);
    }
}
END_TEST

START_TEST(a_close_behind_bytes_that_wait_is_told_with_them)
{
    static const struct kind *const streams[] = {&unix_pair, &tcp_pair};
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    feed(pair.peer);
    rdy_source_close(pair.peer);
    const rdy_event event = {.flags = wait_for(TOKEN, RDY_EVENT_READABLE)};
    ck_assert(!rdy_event_is_drained(event, FED, FED + 1));
}
END_TEST

START_TEST(who_looks_at_writable_alone_learns_that_the_reader_has_gone)
{
    static const struct kind *const writers[] = {&pipe_writer, &unix_pair};
    struct pair pair = writers[_i]->open();
    watch(pair.end, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    fill(pair.end);
    rdy_source_close(pair.peer);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
}
END_TEST

static void *close_what_main_waits_for(void *source)
{
    wait_until_main_sleeps();
    rdy_source_close(source);
    return NULL;
}

/* Byte by byte: it takes the kernel longer to throw so many small messages away. */
static void fill_bytewise(rdy_source *source)
{
    while (send(rdy_source_fd(source), "x", 1, MSG_NOSIGNAL) == 1)
        ;
    (void)rdy_source_blocked(source, RDY_WRITABLE);
}

/* The kernel tells of the close first, and of the room that the unread bytes leave only when they are gone.
 */
START_TEST(a_writer_that_sleeps_hears_of_the_close)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};
    for (int round = 0; round < 40; round++) {
        struct pair pair = open_unix_pair();
        fill_bytewise(pair.end);
        watch(pair.end, TOKEN, RDY_WRITABLE | triggers[_i]);
        pthread_t thread = start_thread(close_what_main_waits_for, pair.peer);
        ck_assert_uint_ne(wait_for(TOKEN, RDY_EVENT_WRITABLE) & RDY_EVENT_WRITABLE, 0);
        join_thread(thread);
        rdy_source_close(pair.end);
    }
}
END_TEST

START_TEST(urgent_data_is_readable_for_who_asked_for_priority)
{
    struct pair pair = open_tcp_pair();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_PRIORITY);
    urgent_data_arrives(&pair);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

/* Or a read that stops at the mark would be taken for the last one. */
START_TEST(urgent_data_between_data_is_told_to_who_asked_for_priority)
{
    struct pair pair = open_tcp_pair();
    feed(pair.peer);
    urgent_data_arrives(&pair);
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_PRIORITY);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_PRIORITY);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("flags");
    TCase *table = contract_case(suite, "table");
    TCase *ends = contract_case(suite, "ends");

    tcase_add_loop_test(table, each_situation_sets_the_guaranteed_flags_and_no_other, 0, situation_count);
    tcase_add_test(table, urgent_data_is_readable_for_who_asked_for_priority);
    tcase_add_test(table, urgent_data_between_data_is_told_to_who_asked_for_priority);
    tcase_add_loop_test(ends, read_closed_never_means_that_no_data_is_left, 0, COUNT(readers));
    tcase_add_loop_test(ends, who_looks_at_readable_alone_reaches_the_end, 0, COUNT(readers));
    tcase_add_loop_test(ends, who_looks_at_writable_alone_learns_that_the_reader_has_gone, 0, 2);
    tcase_add_loop_test(ends, who_saves_the_read_after_a_short_one_reaches_the_end, 0, 2);
    tcase_add_loop_test(ends, a_close_behind_bytes_that_wait_is_told_with_them, 0, 2);
    tcase_add_loop_test(ends, a_writer_that_sleeps_hears_of_the_close, 0, 3);
    return run_suite(suite);
}
