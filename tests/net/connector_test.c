#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "net/connector.h"
#include "net/stream.h"
#include "tests/net/connections.h"

#define TOKEN ((rdy_token)7)

static rdy_tcp_listener listener;
static rdy_connector connector;
static rdy_tcp_stream stream, server;

static void close_all(void)
{
    rdy_connector_close(&connector);
    rdy_tcp_stream_close(&stream);
    rdy_tcp_stream_close(&server);
    rdy_tcp_listener_close(&listener);
}

static void start(const rdy_address *peer, int64_t deadline)
{
    ck_assert_int_eq(rdy_connector_start(peer, NULL, deadline, &connector), 0);
}

static void start_towards_listener(int64_t deadline)
{
    listener = listen_on("127.0.0.1:0", NULL);
    const rdy_address peer = address_of_listener(&listener);
    start(&peer, deadline);
    ck_assert_int_eq(connector.state, RDY_CONNECTOR_CONNECTING);
    ck_assert_int_eq(connector.error, 0);
}

/* As its header says: registered, and asked at each event. A refusal may be known before. */
static rdy_connector_state advance_until_decided(int64_t now)
{
    if (connector.state == RDY_CONNECTOR_CONNECTING)
        watch(&connector.stream.source, TOKEN, RDY_WRITABLE);
    while (connector.state == RDY_CONNECTOR_CONNECTING) {
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
        ck_assert_int_eq(rdy_connector_advance(&connector, now), connector.state);
    }
    return connector.state;
}

static void check_closed_with(rdy_connector_state state, int error)
{
    ck_assert_int_eq(connector.state, state);
    ck_assert_int_eq(connector.error, error);
    ck_assert_int_eq(rdy_source_fd(&connector.stream.source), -1);
    ck_assert(!rdy_source_is_registered(&connector.stream.source));
}

/* ---- answers ---- */

START_TEST(an_answer_connects_and_stays_an_answer)
{
    start_towards_listener(RDY_NEVER);
    ck_assert_int_eq(advance_until_decided(0), RDY_CONNECTOR_CONNECTED);
    ck_assert_int_eq(connector.error, 0);
    ck_assert_int_eq(rdy_connector_advance(&connector, RDY_NEVER), RDY_CONNECTOR_CONNECTED);
    server = accept_server(&listener);
}
END_TEST

START_TEST(an_answer_that_is_there_wins_over_a_deadline_that_has_passed)
{
    start_towards_listener(1);
    watch(&connector.stream.source, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_connector_advance(&connector, rdy_clock_now()), RDY_CONNECTOR_CONNECTED);
}
END_TEST

START_TEST(a_taken_stream_is_still_registered_and_talks)
{
    char byte = '\0';
    start_towards_listener(RDY_NEVER);
    ck_assert_int_eq(advance_until_decided(0), RDY_CONNECTOR_CONNECTED);
    ck_assert_int_eq(rdy_connector_take(&connector, &stream), 0);
    check_closed_with(RDY_CONNECTOR_IDLE, 0);
    ck_assert(rdy_source_is_registered(&stream.source));
    watch_again(&stream.source, TOKEN, RDY_READABLE);
    server = accept_server(&listener);
    write_exactly(&server.source, "x", 1);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_tcp_stream_read(&stream, &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    rdy_connector_close(&connector);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), 0);
}
END_TEST

START_TEST(the_local_address_may_be_chosen)
{
    listener = listen_on("127.0.0.1:0", NULL);
    const rdy_address peer = address_of_listener(&listener), from = address_of("127.0.0.3:0");
    rdy_address local;
    ck_assert_int_eq(rdy_connector_start(&peer, &from, RDY_NEVER, &connector), 0);
    ck_assert_int_eq(advance_until_decided(0), RDY_CONNECTOR_CONNECTED);
    ck_assert_int_eq(rdy_tcp_stream_local_address(&connector.stream, &local), 0);
    ck_assert_int_eq(rdy_address_set_port(&local, 0), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &from), 0);
}
END_TEST

START_TEST(a_refusal_fails_and_stays_a_failure)
{
    const rdy_address nobody = address_of_nobody();
    start(&nobody, RDY_NEVER);
    ck_assert_int_eq(advance_until_decided(0), RDY_CONNECTOR_FAILED);
    check_closed_with(RDY_CONNECTOR_FAILED, -ECONNREFUSED);
    ck_assert_int_eq(rdy_connector_advance(&connector, RDY_NEVER), RDY_CONNECTOR_FAILED);
    check_closed_with(RDY_CONNECTOR_FAILED, -ECONNREFUSED);
}
END_TEST

START_TEST(a_refusal_wins_over_a_deadline_that_has_passed)
{
    const rdy_address nobody = address_of_nobody();
    start(&nobody, 1);
    ck_assert_int_eq(advance_until_decided(rdy_clock_now()), RDY_CONNECTOR_FAILED);
}
END_TEST

/* TCP lets a socket connect to itself, and nobody else is there. */
START_TEST(a_connection_to_itself_is_a_refusal)
{
    const rdy_address nobody = address_of_nobody();
    ck_assert_int_eq(rdy_connector_start(&nobody, &nobody, RDY_NEVER, &connector), 0);
    ck_assert_int_eq(advance_until_decided(0), RDY_CONNECTOR_FAILED);
    check_closed_with(RDY_CONNECTOR_FAILED, -ECONNREFUSED);
}
END_TEST

/* ---- what connect(2) says at once (meson.build) ---- */

static int said_at_once;

int __real_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if (said_at_once == 0)
        return __real_connect(fd, address, length);
    errno = said_at_once;
    said_at_once = 0;
    return -1;
}

static const struct {
    int error;
    bool is_answer;
} sayings[] = {
    {ECONNREFUSED, true}, {ECONNRESET, true},     {ETIMEDOUT, true}, {EHOSTUNREACH, true},
    {ENETUNREACH, false}, {EADDRNOTAVAIL, false}, {ENOMEM, false},   {EACCES, false},
};

START_TEST(an_error_at_once_is_an_answer_of_the_peer_or_a_failure_to_start)
{
    const rdy_address peer = address_of("127.0.0.1:1");
    const int error = -sayings[_i].error;
    said_at_once = sayings[_i].error;
    ck_assert_int_eq(rdy_connector_start(&peer, NULL, RDY_NEVER, &connector),
                     sayings[_i].is_answer ? 0 : error);
    check_closed_with(sayings[_i].is_answer ? RDY_CONNECTOR_FAILED : RDY_CONNECTOR_IDLE,
                      sayings[_i].is_answer ? error : 0);
}
END_TEST

/* ---- deadlines ---- */

START_TEST(without_an_answer_the_deadline_decides)
{
    struct full_queue queue = fill_queue();
    start(&queue.address, 1000);
    const int fd = rdy_source_fd(&connector.stream.source);
    watch(&connector.stream.source, TOKEN, RDY_WRITABLE);
    expect_silence();
    ck_assert_int_eq(rdy_connector_advance(&connector, 999), RDY_CONNECTOR_CONNECTING);
    ck_assert_int_eq(rdy_connector_advance(&connector, 1000), RDY_CONNECTOR_TOO_LATE);
    check_closed_with(RDY_CONNECTOR_TOO_LATE, -ETIMEDOUT);
    ck_assert(!is_open(fd));
    ck_assert_int_eq(rdy_connector_advance(&connector, 0), RDY_CONNECTOR_TOO_LATE);
    check_closed_with(RDY_CONNECTOR_TOO_LATE, -ETIMEDOUT);
    free_queue(&queue);
}
END_TEST

START_TEST(without_a_deadline_it_is_never_too_late)
{
    struct full_queue queue = fill_queue();
    start(&queue.address, RDY_NEVER);
    ck_assert_int_eq(rdy_connector_advance(&connector, RDY_NEVER - 1), RDY_CONNECTOR_CONNECTING);
    free_queue(&queue);
}
END_TEST

/* ---- what it does not do ---- */

START_TEST(an_attempt_that_cannot_be_made_leaves_the_connector_untouched)
{
    const rdy_address local = address_of("unix:/nowhere"), none = {0}, peer = address_of("127.0.0.1:1"),
                      elsewhere = address_of("192.0.2.1:0");
    ck_assert_int_eq(rdy_connector_start(&local, NULL, RDY_NEVER, &connector), -EAFNOSUPPORT);
    ck_assert_int_eq(rdy_connector_start(&none, NULL, RDY_NEVER, &connector), -EAFNOSUPPORT);
    ck_assert_int_eq(rdy_connector_start(&peer, &elsewhere, RDY_NEVER, &connector), -EADDRNOTAVAIL);
    check_closed_with(RDY_CONNECTOR_IDLE, 0);
}
END_TEST

START_TEST(a_full_descriptor_table_is_no_answer_of_the_peer)
{
    const rdy_address peer = address_of("127.0.0.1:1");
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int result = rdy_connector_start(&peer, NULL, RDY_NEVER, &connector);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(result, -EMFILE);
    check_closed_with(RDY_CONNECTOR_IDLE, 0);
}
END_TEST

static void make_idle(void)
{
    rdy_connector_close(&connector);
}

static void make_connecting(void)
{
    start_towards_listener(1);
}

static void make_failed(void)
{
    const rdy_address nobody = address_of_nobody();
    ck_assert_int_eq(rdy_connector_start(&nobody, &nobody, RDY_NEVER, &connector), 0);
    advance_until_decided(0);
}

static void make_too_late(void)
{
    struct full_queue queue = fill_queue();
    start(&queue.address, 1);
    rdy_connector_advance(&connector, 1);
    free_queue(&queue);
}

static const struct {
    void (*make)(void);
    rdy_connector_state state;
} without_stream[] = {
    {make_idle, RDY_CONNECTOR_IDLE},
    {make_connecting, RDY_CONNECTOR_CONNECTING},
    {make_failed, RDY_CONNECTOR_FAILED},
    {make_too_late, RDY_CONNECTOR_TOO_LATE},
};

START_TEST(only_a_connected_stream_can_be_taken)
{
    without_stream[_i].make();
    ck_assert_int_eq(connector.state, without_stream[_i].state);
    ck_assert_int_eq(rdy_connector_take(&connector, &stream), -EINVAL);
    ck_assert_int_eq(rdy_source_fd(&stream.source), -1);
    ck_assert_int_eq(connector.state, without_stream[_i].state);
}
END_TEST

START_TEST(closing_gives_up_and_leaves_a_zeroed_connector)
{
    without_stream[_i].make();
    const int fd = rdy_source_fd(&connector.stream.source);
    rdy_connector_close(&connector);
    check_closed_with(RDY_CONNECTOR_IDLE, 0);
    ck_assert(fd < 0 || !is_open(fd));
    ck_assert_int_eq(rdy_connector_advance(&connector, RDY_NEVER), RDY_CONNECTOR_IDLE);
    rdy_connector_close(&connector);
    rdy_connector_close(NULL);
}
END_TEST

START_TEST(closing_a_registered_attempt_leaves_silence)
{
    start_towards_listener(RDY_NEVER);
    watch(&connector.stream.source, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    rdy_connector_close(&connector);
    expect_silence();
}
END_TEST

static TCase *closing_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, NULL, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("connector");
    TCase *answers = closing_case(suite, "answers"), *deadlines = closing_case(suite, "deadlines"),
          *refusals = closing_case(suite, "what it does not do");

    tcase_add_test(answers, an_answer_connects_and_stays_an_answer);
    tcase_add_test(answers, an_answer_that_is_there_wins_over_a_deadline_that_has_passed);
    tcase_add_test(answers, a_taken_stream_is_still_registered_and_talks);
    tcase_add_test(answers, the_local_address_may_be_chosen);
    tcase_add_test(answers, a_connection_to_itself_is_a_refusal);
    if (!socket_errors_are_eaten()) {
        tcase_add_test(answers, a_refusal_fails_and_stays_a_failure);
        tcase_add_test(answers, a_refusal_wins_over_a_deadline_that_has_passed);
    }

    tcase_add_loop_test(answers, an_error_at_once_is_an_answer_of_the_peer_or_a_failure_to_start, 0,
                        COUNT(sayings));

    tcase_add_test(deadlines, without_an_answer_the_deadline_decides);
    tcase_add_test(deadlines, without_a_deadline_it_is_never_too_late);

    tcase_add_test(refusals, an_attempt_that_cannot_be_made_leaves_the_connector_untouched);
    tcase_add_test(refusals, a_full_descriptor_table_is_no_answer_of_the_peer);
    tcase_add_loop_test(refusals, only_a_connected_stream_can_be_taken, 0, COUNT(without_stream));
    tcase_add_loop_test(refusals, closing_gives_up_and_leaves_a_zeroed_connector, 0, COUNT(without_stream));
    tcase_add_test(refusals, closing_a_registered_attempt_leaves_silence);
    return run_suite(suite);
}
