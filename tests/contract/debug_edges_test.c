/* The debug mode and edges: one that is left undrained is reported once, and nothing that is right. */

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/stream.h"
#include "net/tcp_listener.h"
#include "tests/contract/printed.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

#define UNDRAINED                                                                                            \
    "descriptor %d (token 7): an edge is left undrained: after readable, read or accept until -EAGAIN or a " \
    "short read; say rdy_source_blocked of a raw descriptor, rdy_source_defer if reading will go on\n"
#define UNDRAINED_END                                                                                        \
    "descriptor %d (token 7): an edge is left undrained: it told of a close or an error, so read to the "    \
    "end or "                                                                                                \
    "-EAGAIN; say rdy_source_blocked of a raw descriptor, rdy_source_defer if reading will go on\n"

static void wait_once(void)
{
    ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, SILENCE), 0);
}

static struct pair tell_readable(rdy_interest trigger)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE | trigger);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_no_report();
    return pair;
}

static void read_all_but_not_on(rdy_source *source)
{
    char bytes[FED];
    ck_assert_int_eq(rdy_stream_read(source, bytes, sizeof bytes), FED);
}

START_TEST(an_edge_that_nobody_read_is_reported_once)
{
    struct pair pair = tell_readable(RDY_EDGE);
    wait_once();
    expect_report(UNDRAINED, rdy_source_fd(pair.end));
    wait_once();
    watch_again(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    wait_once();
    expect_no_report();
}
END_TEST

START_TEST(a_read_that_got_all_it_asked_for_does_not_drain_an_edge)
{
    struct pair pair = tell_readable(RDY_EDGE);
    read_all_but_not_on(pair.end);
    wait_once();
    expect_report(UNDRAINED, rdy_source_fd(pair.end));
}
END_TEST

START_TEST(a_read_of_nothing_does_not_drain_an_edge)
{
    char byte;
    struct pair pair = tell_readable(RDY_EDGE);
    ck_assert_int_eq(rdy_stream_read(pair.end, &byte, 0), 0);
    wait_once();
    expect_report(UNDRAINED, rdy_source_fd(pair.end));
}
END_TEST

START_TEST(one_accept_does_not_drain_a_listener)
{
    struct pair pair = open_listener();
    rdy_tcp_listener listener = {.source = *pair.end};
    rdy_tcp_stream stream;
    *pair.end = (rdy_source){0};
    watch(&listener.source, TOKEN, RDY_READABLE);
    connect_to_end(&(struct pair){.end = &listener.source, .peer = pair.peer});
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), 0);
    wait_once();
    expect_report(UNDRAINED, rdy_source_fd(&listener.source));
    rdy_tcp_stream_close(&stream);
    rdy_tcp_listener_close(&listener);
}
END_TEST

START_TEST(a_short_read_does_not_drain_an_edge_that_told_of_an_end)
{
    char bytes[2 * FED];
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    ck_assert_int_eq(shutdown(rdy_source_fd(pair.peer), SHUT_WR), 0);
    watch(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED);
    ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), FED);
    wait_once();
    expect_report(UNDRAINED_END, rdy_source_fd(pair.end));
}
END_TEST

static void read_until_blocked(struct pair *pair)
{
    char byte;
    read_all_but_not_on(pair->end);
    ck_assert_int_eq(rdy_stream_read(pair->end, &byte, 1), -EAGAIN);
}

static void read_short(struct pair *pair)
{
    char bytes[FED + 1];
    ck_assert_int_eq(rdy_stream_read(pair->end, bytes, sizeof bytes), FED);
}

static void read_to_the_end(struct pair *pair)
{
    char byte;
    read_all_but_not_on(pair->end);
    rdy_source_close(pair->peer);
    ck_assert_int_eq(rdy_stream_read(pair->end, &byte, 1), 0);
}

static void read_to_an_error(struct pair *pair)
{
    char byte;
    ck_assert_int_eq(rdy_stream_write(pair->end, "x", 1), 1);
    rdy_source_close(pair->peer); /* with a byte unread: unix(7) answers as to a reset */
    read_all_but_not_on(pair->end);
    ck_assert_int_eq(rdy_stream_read(pair->end, &byte, 1), -ECONNRESET);
}

static void read_raw_and_say_so(struct pair *pair)
{
    ck_assert_uint_eq(drain(pair->end), FED);
}

static void defer(struct pair *pair)
{
    rdy_source_defer(pair->end);
}

static void reregister_the_other_direction(struct pair *pair)
{
    watch_again(pair->end, TOKEN, RDY_WRITABLE | RDY_ONESHOT);
}

static void deregister(struct pair *pair)
{
    ck_assert_int_eq(rdy_source_deregister(pair->end), 0);
}

static void only_look(struct pair *pair)
{
    ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
    deregister(pair);
}

static void (*const right_ways[])(struct pair *pair) = {
    read_until_blocked, read_short,          read_to_the_end,
    read_to_an_error,   read_raw_and_say_so, defer,
    deregister,         only_look,           reregister_the_other_direction,
};

START_TEST(an_edge_that_was_drained_or_taken_back_or_put_off_is_fine)
{
    struct pair pair = tell_readable(RDY_EDGE);
    right_ways[_i](&pair);
    wait_once();
    wait_once();
    expect_no_report();
}
END_TEST

START_TEST(what_is_put_off_is_so_through_more_events_until_it_is_read)
{
    struct pair pair = tell_readable(RDY_EDGE);
    rdy_source_defer(pair.end);
    feed(pair.peer);
    wait_once();
    wait_once();
    expect_no_report();
    ck_assert_uint_eq(drain(pair.end), 2 * FED);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    wait_once();
    expect_report(UNDRAINED, rdy_source_fd(pair.end));
}
END_TEST

static const rdy_interest other_triggers[] = {RDY_LEVEL, RDY_ONESHOT};

START_TEST(other_triggers_may_be_left_undrained)
{
    (void)tell_readable(other_triggers[_i]);
    wait_once();
    wait_once();
    expect_no_report();
}
END_TEST

int main(void)
{
    setenv("RDY_DEBUG", "1", 1);
    Suite *suite = contract_suite("debug_edges");
    TCase *edges = contract_case(suite, "edges");

    tcase_add_checked_fixture(edges, capture_stderr, release_stderr);
    tcase_add_test(edges, an_edge_that_nobody_read_is_reported_once);
    tcase_add_test(edges, a_read_that_got_all_it_asked_for_does_not_drain_an_edge);
    tcase_add_test(edges, a_read_of_nothing_does_not_drain_an_edge);
    tcase_add_test(edges, one_accept_does_not_drain_a_listener);
    tcase_add_test(edges, a_short_read_does_not_drain_an_edge_that_told_of_an_end);
    tcase_add_loop_test(edges, an_edge_that_was_drained_or_taken_back_or_put_off_is_fine, 0,
                        COUNT(right_ways));
    tcase_add_test(edges, what_is_put_off_is_so_through_more_events_until_it_is_read);
    tcase_add_loop_test(edges, other_triggers_may_be_left_undrained, 0, COUNT(other_triggers));
    return run_suite(suite);
}
