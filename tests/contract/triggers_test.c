/* Promise 2: edge, level and oneshot. */

#include <unistd.h>

#include "net/stream.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

static const struct kind *const readers[] = {&pipe_reader, &unix_pair, &tcp_pair, &udp_pair, &event_counter};
static const struct kind *const writers[] = {&pipe_writer, &unix_pair, &tcp_pair};
static const struct kind *const duplex[] = {&unix_pair, &tcp_pair, &udp_pair};

/* ---- edge ---- */

START_TEST(after_a_read_would_block_new_data_gives_an_event)
{
    struct pair pair = readers[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE);
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_uint_eq(drain(pair.end), FED);
        expect_silence();
    }
}
END_TEST

START_TEST(after_a_write_would_block_new_room_gives_an_event)
{
    struct pair pair = writers[_i]->open();
    watch(pair.end, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    for (int round = 0; round < 3; round++) {
        fill(pair.end);
        expect_silence();
        while (drain(pair.peer) > 0)
            ;
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
    }
}
END_TEST

START_TEST(a_drained_edge_is_silent_until_something_changes)
{
    struct pair pair = duplex[_i]->open();
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
    drain(pair.end);
    expect_silence();
}
END_TEST

/* rdy_event_is_drained promises that the read that would only say -EAGAIN can be saved. */
START_TEST(a_short_read_of_net_is_as_good_as_a_would_block)
{
    char bytes[FED + 1];
    struct pair pair = open_tcp_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), FED);
        expect_silence();
    }
}
END_TEST

START_TEST(net_says_by_itself_that_a_read_would_have_blocked)
{
    char bytes[FED];
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), FED);
        ck_assert_int_lt(rdy_stream_read(pair.end, bytes, sizeof bytes), 0);
    }
}
END_TEST

static void write_until_short(rdy_source *source)
{
    static char bytes[1 << 20];
    while (rdy_stream_write(source, bytes, sizeof bytes) == (ptrdiff_t)sizeof bytes)
        ;
}

START_TEST(net_says_by_itself_that_a_write_would_have_blocked)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_WRITABLE);
    for (int round = 0; round < 3; round++) {
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
        write_until_short(pair.end);
        drain(pair.peer);
    }
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
}
END_TEST

/* ---- level ---- */

START_TEST(level_reports_data_in_each_wait_until_it_is_read)
{
    struct pair pair = readers[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_LEVEL);
    for (int round = 0; round < 2; round++) {
        feed(pair.peer);
        for (int wait = 0; wait < 3; wait++)
            ck_assert_uint_eq(wait_for(TOKEN, RDY_EVENT_READABLE) & RDY_EVENT_WRITABLE, 0);
        drain(pair.end);
        expect_silence();
    }
}
END_TEST

START_TEST(level_reports_room_in_each_wait_until_it_is_used)
{
    struct pair pair = writers[_i]->open();
    watch(pair.end, TOKEN, RDY_WRITABLE | RDY_LEVEL);
    for (int round = 0; round < 2; round++) {
        for (int wait = 0; wait < 3; wait++)
            wait_for(TOKEN, RDY_EVENT_WRITABLE);
        fill(pair.end);
        expect_silence();
        while (drain(pair.peer) > 0)
            ;
    }
}
END_TEST

START_TEST(level_reports_a_close_in_each_wait)
{
    struct pair pair = writers[_i]->open();
    const rdy_interest interest = writers[_i]->sensible;
    watch(pair.end, TOKEN, interest | RDY_LEVEL);
    rdy_source_close(pair.peer);
    for (int wait = 0; wait < 3; wait++)
        wait_for(TOKEN, interest);
}
END_TEST

START_TEST(level_needs_no_word_about_a_would_block)
{
    char bytes[2 * FED];
    struct pair pair = open_pipe_reader();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_LEVEL);
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(read(rdy_source_fd(pair.end), bytes, sizeof bytes), FED);
        expect_silence();
    }
}
END_TEST

/* ---- oneshot ---- */

START_TEST(oneshot_gives_one_event_and_then_silence_until_it_is_reregistered)
{
    struct pair pair = readers[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_ONESHOT);
    for (int round = 0; round < 3; round++) {
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        feed(pair.peer);
        expect_silence();
        drain(pair.end);
        feed(pair.peer);
        expect_silence();
        watch_again(pair.end, TOKEN, RDY_READABLE | RDY_ONESHOT);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair.end);
        watch_again(pair.end, TOKEN, RDY_READABLE | RDY_ONESHOT);
    }
}
END_TEST

START_TEST(oneshot_is_spent_for_both_directions_and_for_closes)
{
    struct pair pair = writers[_i]->open();
    const rdy_interest interest = writers[_i]->sensible;
    watch(pair.end, TOKEN, interest | RDY_ONESHOT);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    if (interest & RDY_READABLE)
        feed(pair.peer);
    expect_silence();
    rdy_source_close(pair.peer);
    expect_silence();
    watch_again(pair.end, TOKEN, interest | RDY_ONESHOT);
    wait_for(TOKEN, interest);
    expect_silence();
}
END_TEST

/* ---- from one to another ---- */

START_TEST(reregistering_changes_the_trigger)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_ONESHOT);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    watch_again(pair.end, TOKEN, RDY_READABLE | RDY_LEVEL);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    watch_again(pair.end, TOKEN, RDY_READABLE | RDY_EDGE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_silence();
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("triggers");
    TCase *edge = contract_case(suite, "edge");
    TCase *level = contract_case(suite, "level");
    TCase *oneshot = contract_case(suite, "oneshot");

    tcase_add_loop_test(edge, after_a_read_would_block_new_data_gives_an_event, 0, COUNT(readers));
    tcase_add_loop_test(edge, after_a_write_would_block_new_room_gives_an_event, 0, COUNT(writers));
    tcase_add_loop_test(edge, a_drained_edge_is_silent_until_something_changes, 0, COUNT(duplex));
    tcase_add_test(edge, a_short_read_of_net_is_as_good_as_a_would_block);
    tcase_add_test(edge, net_says_by_itself_that_a_read_would_have_blocked);
    tcase_add_test(edge, net_says_by_itself_that_a_write_would_have_blocked);
    tcase_add_loop_test(level, level_reports_data_in_each_wait_until_it_is_read, 0, COUNT(readers));
    tcase_add_loop_test(level, level_reports_room_in_each_wait_until_it_is_used, 0, COUNT(writers));
    tcase_add_loop_test(level, level_reports_a_close_in_each_wait, 0, COUNT(writers));
    tcase_add_test(level, level_needs_no_word_about_a_would_block);
    tcase_add_loop_test(oneshot, oneshot_gives_one_event_and_then_silence_until_it_is_reregistered, 0,
                        COUNT(readers));
    tcase_add_loop_test(oneshot, oneshot_is_spent_for_both_directions_and_for_closes, 0, COUNT(writers));
    tcase_add_test(oneshot, reregistering_changes_the_trigger);
    return run_suite(suite);
}
